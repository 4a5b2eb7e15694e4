"""Rule D12-RXNO: one prescription number in several sales of pharmacies."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Evidence,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Text,
    Undecidable,
    Use,
    Window,
    assumption,
    clock,
    ends_after,
    evidence,
    listed,
    of_burst,
    parameter,
    reached,
)

_TOO_MANY = 400
"""A number with more sales in the window is no number of one prescription."""
_PROOF = 10
"""So many sales prove a finding, the judged one among them; earlier ones are in the findings before it."""
MOST_SALES = 5
"""So many are named in the sentence; the rows of evidence have more."""


class PrescriptionUsedAgain(Rule[Use]):
    """One prescription is used for a second person, or by one person for the same drug at a second pharmacy.

    Why: "伪造药品处方" (She county, 2025-04-30): printed forms and stamps of hospitals. The paper cannot be seen, but a
    prescription has a number of its own and is written for one person. A number that comes again is a copy, or was made
    up. No number of uses is published: two is the contradiction itself.

    Looked at are the standing settlements of pharmacies (2102, or a med_type that begins with 41) by the rxno of their
    lines with a positive quantity (cnt). A number of fewer than 10 characters, or of one character again and again, is
    a shop's own count or stands for none, and is left out. A sale is circulated if one of its lines on this number has
    rx_circ_flag 1: only such a number is surely given out once in all hospitals.

    A use is a person and an institution; it is judged at its first sale in (t - `days`, t]. An earlier sale in that
    window contradicts it
    - of another person: if both are at one institution, or both are circulated;
    - of the same person: if it is at another institution, and both have a drug of the same substance
      (docs/rules/supply.md).
    The value is the number of uses whose sales contradict the judged one, and itself. It is a finding from `limit` on:
    `high` if a sale of another person contradicts, else `warning`, for the second pharmacy may have handed out what the
    first one lacked. With more than 400 sales of a number in the window the rule does not decide (counted as `too many
    sales on one number`).

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 500 sales on a prescription
    a day, in one of 5,000 the number of the customer before is sent again; one of 2,000 is fetched in parts of one drug
    at two pharmacies): 0.35 alerts a day, 0.1 as `high` and 0.25 as `warning`. That is 10.5 alerts a month in 200,000.

    Known gaps: who fetches the same prescription again at the same pharmacy; a paper prescription that two people use
    at two pharmacies, for the numbers of different hospitals may be the same; a settlement that does not carry its
    lines. What is handed back by a negative line still counts; what is reversed (2103) does not.

    Example:
        >>> from rules.testing import at, judge, use
        >>> rule = PrescriptionUsedAgain()
        >>> judge(rule, [use(at("10:00"), circulated="0"), use(at("10:00", day=9), "p2", "P2", circulated="0")])
        []
        >>> found = judge(rule, [use(at("10:00")), use(at("10:00", day=9), "p2", "P2")])
        >>> [(one.value, one.severity) for one in found]
        [(2, 'high')]

    """

    card = Card(
        id="D12-RXNO",
        name=Text("处方重复使用", "Prescription used again"),
        family="drug",
        ledger="prescriptions",
        subject="prescription",
        why=Text(
            "一张处方只开给一名参保人；同一处方号用于他人，或在另一家药店再配同一药品，可能是伪造或复制的处方",
            "A prescription is written for one person; used for another, or for the same drug again, it may be a copy",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县方案（2025-04-30）“伪造药品处方骗保”",
        advice=Text(
            "10日内向药店调取处方原件，并向开方医院核对处方号、患者、医师与药品，是否药店自编处方号、录错患者，或分次取药",
            "within 10 days the prescription itself from each pharmacy; number, patient, physician and drug at the "
            "hospital; whether the shop makes up its numbers, mixed up two patients, or handed out in parts",
        ),
        judges_pre=True,
        decided=("rxno", "rx_circ_flag", "med_list_codg", "bilg_dr_codg"),
    )

    days: int = parameter(
        90,
        "向前查找同一处方号的天数",
        "how far back sales on the same number are looked for",
        unit="days",
        origin=assumption("不短于最长12周的处方", "no shorter than the longest prescription of 12 weeks"),
    )
    limit: int = parameter(
        2,
        "同一处方号的使用（按参保人与药店计）达到该次数即触发",
        "number of uses of one prescription, by person and pharmacy, that sets the rule off",
        unit="sales",
        origin=assumption("一张处方只应使用一次", "a prescription should be used once"),
    )
    quiet: int = ends_after(2_592_000, "30天：同一处方号的后续使用并入同一预警", "30 days: further uses stay one alert")

    @property
    def span(self) -> int:
        """How far back sales are looked for, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many sales as uses."""
        return Guard(fewest=self.limit)

    def check(self, entry: Use, window: Window[Use], reference: Reference) -> Finding | None:
        """Hold the use that begins with this sale against the sales before it.

        Long because the same buyer at the same place, and what cannot contradict, are set aside first.
        """
        if window.count > _TOO_MANY:
            raise Undecidable("too many sales on one number")
        before = [one for one in window.entries if (one.time, one.id) < (entry.time, entry.id)]
        own = (entry.person, entry.institution)
        if any((one.person, one.institution) == own for one in before):
            return None
        against = [one for one in before if _contradict(one, entry, reference)]
        uses = {(one.person, one.institution) for one in against} | {own}
        if not against or len(uses) < self.limit:
            return None
        persons = {one.person for one in against} | {entry.person}
        return Finding(
            measure="uses_of_one_prescription",
            value=len(uses),
            limit=self.limit,
            unit="sales",
            severity="high" if len(persons) > 1 else "warning",
            evidence=evidence([*against[1 - _PROOF :], entry], self.card),
            details={"number": entry.number, "persons": str(len(persons))},
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first sale on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often the number was used, for how many persons, when and where."""
        found = episode.peak
        number, persons, limit = found.details["number"], found.details["persons"], reached(found.limit, _TIMES)
        sales = listed([_sale_text(one, names) for one in found.evidence], MOST_SALES)
        return Text(
            f"同一处方号{number}用于{persons}名参保人的{found.value:g}次购药（{limit.zh}）：{sales.zh}",
            f"prescription number {number} was used {found.value:g} times, for {persons} person(s) "
            f"({limit.en}): {sales.en}",
        )


_TIMES = Text("次", "uses")


def _contradict(one: Use, other: Use, reference: Reference) -> bool:
    """Whether one prescription cannot be in both sales."""
    is_same_place = one.institution == other.institution
    if one.person != other.person:
        return is_same_place or one.circulated == other.circulated == "1"
    return not is_same_place and not _substances(one, reference).isdisjoint(_substances(other, reference))


def _substances(sale: Use, reference: Reference) -> set[str]:
    """What was sold, without solvents."""
    return {reference.substance(item, sale.time) for item in sale.items} - {""}


def _sale_text(row: Evidence, names: Names) -> Text:
    at, where = clock(row.time), names.of(row)
    return Text(f"{at}在{where.zh}", f"{at} at {where.en}")

"""Rule D01-DUP: two drugs that act alike on one day."""

from __future__ import annotations

from collections.abc import Hashable

from rules import (
    DAY,
    Card,
    Episode,
    Fill,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Text,
    Window,
    again,
    assumption,
    day_of,
    ends_after,
    evidence,
    listed,
    of_row,
    parameter,
    reached,
)


class SameAction(Rule[Fill]):
    """A person gets, in one visit or on one day, two drugs that act alike, or the same drug at two institutions.

    Why: "重复开药" (Mei county forwarding Baoji city, 2024-09-27): in the national review rules it means that one visit
    has two drugs of the same or a similar action. Drugs act alike if they have the same ATC code to level 4, which
    stands in characters 2 to 6 of a national western drug code; that these characters are it is our own reading of
    10,044 codes.

    What a drug line, a substance and its ATC code are stands in docs/rules/supply.md; lines without an ATC code of
    five characters are left out. The lines of a person, of one action and Beijing day are put together by institution
    and substance; where their quantities (cnt) add up to 0 or less, they are returned and not counted. A group that
    has an rxno of an earlier group of another institution is that prescription, filled there, and not counted. It is a
    finding if at least `limit` groups are left; the judged line is the first one of its group, and groups that begin
    after it do not count. Two products of one substance at one institution are one group: D01, D02 and D03 add them up.

    `warning` if the groups are of two institutions, for the second could not know; else `info`: a reminder to the
    physician, who may have a reason. Actions that begin with one of `exempt` are combined on purpose: insulins (A10A),
    vitamins (A11), blood products (B02, B03), skin (D), drugs against tuberculosis (J04) and HIV (J05), cancer (L01),
    immunity (L04), epilepsy (N03), psychoses (N05A), inhaled drugs (R03), eyes (S01).

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 2,800 visits a day, one
    in 2,000 with a second drug that is meant, one in 200,000 with another institution on that day that gives what
    acts alike): 1.4 alerts a day as `info`, 0.014 as `warning`. That is 42 alerts a month in 200,000; one in a
    hundred is a `warning`.

    Known gaps: Chinese patent medicines have no ATC code unless the table `drugs` gives one. Two drugs that act alike
    by different ways (ATC level 3). A drug that is changed on one day without a negative line or a cancel is told.

    Example:
        >>> from rules.testing import at, fill, judge
        >>> other_maker, ramipril = "XC09AAA001A001010200002", "XC09AAA002A001010100001"
        >>> judge(SameAction(), [fill(at("10:00")), fill(at("10:00"), item=other_maker)])
        []
        >>> found = judge(SameAction(), [fill(at("10:00")), fill(at("10:00"), item=ramipril)])
        >>> [(one.value, one.severity) for one in found]
        [(2, 'info')]

    """

    card = Card(
        id="D01-DUP",
        name=Text("同日重复开药", "Same action twice"),
        family="drug",
        ledger="therapies",
        subject="person",
        why=Text(
            "同一就诊或同日配用两种作用相同或相近的药品，可能重复开药",
            "Two drugs of the same or a similar action in one visit or on one day may be one too many",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；眉县转发宝鸡市通知（2024-09-27）“重复开药”",
        advice=Text(
            "10日内查阅两张处方与病历，询问医师是否有意联合用药或当日换药，未用的药品是否已退",
            "within 10 days both prescriptions and the record: are the drugs meant to go together, or was one changed "
            "for the other and handed back",
        ),
        judges_pre=True,
        institution_facing=True,
        decided=("rxno", "bilg_dr_codg"),
    )

    limit: int = parameter(
        2,
        "同日作用相同的药品达到该种数（不同机构分别计）即触发",
        "number of drugs that act alike on one day, of each institution, that sets the rule off",
        unit="drugs",
        origin=assumption("两种即为重复", "two are one too many"),
    )
    exempt: tuple[str, ...] = parameter(
        ("A10A", "A11", "B02", "B03", "D", "J04", "J05", "L01", "L04", "N03", "N05A", "R03", "S01"),
        "常需联合使用、不予提示的药品（ATC编码开头）",
        "drugs that are combined on purpose, by the beginning of the ATC code",
        unit="ATC",
        origin=assumption("按临床常规联合用药", "by what is usually given together"),
    )
    quiet: int = ends_after(2_592_000, "30天：每月续方只有一条预警", "30 days: monthly refills stay one alert")

    @property
    def span(self) -> int:
        """A day, ms; only the Beijing day is counted."""
        return DAY

    @property
    def guard(self) -> Guard:
        """So many lines."""
        return Guard(fewest=self.limit)

    @property
    def ahead(self) -> int:
        """The rest of the day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Count the groups of the day up to the one that begins with this line."""
        if reference.action(entry.item, entry.time).startswith(self.exempt):
            return None
        groups: dict[Hashable, list[Fill]] = {}
        for line in window.of_day(day_of(entry.time)):
            groups.setdefault((line.institution, reference.substance(line.item, line.time)), []).append(line)
        counted: list[list[Fill]] = []
        for lines in groups.values():
            if sum(line.quantity for line in lines) > 0 and not _is_filled(lines, counted):
                counted.append(lines)
            if lines[0].id == entry.id:
                return self._finding(counted) if counted and counted[-1] is lines else None
        return None

    def _finding(self, counted: list[list[Fill]]) -> Finding | None:
        if len(counted) < self.limit:
            return None
        lines = sorted((line for group in counted for line in group), key=lambda one: (one.time, one.id))
        return Finding(
            measure="drugs_of_one_action",
            value=len(counted),
            limit=self.limit,
            unit="drugs",
            severity="warning" if len({line.institution for line in lines}) > 1 else "info",
            evidence=evidence(lines, self.card),
        )

    def scene(self, episode: Episode) -> Scene:
        """The last line of the day with the most."""
        return of_row(episode.peak.evidence[-1])

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which drugs, where, against the limit."""
        found, times = episode.peak, again(episode)
        drugs = listed(dict.fromkeys(names.drug(row) for row in found.evidence), 5)
        where, limit = names.institutions(found.evidence), reached(found.limit, Text("种", "drugs"))
        return Text(
            f"1名参保人同日配作用相同或相近的药品{found.value:g}种（{limit.zh}，不同机构分别计）：{drugs.zh}，"
            f"配药机构：{where.zh}{times.zh}",
            f"a person got {found.value:g} drugs of the same or a similar action on one day ({limit.en}, each "
            f"institution by itself): {drugs.en}, at {where.en}{times.en}",
        )


def _is_filled(lines: list[Fill], earlier: list[list[Fill]]) -> bool:
    """Whether these lines fill a prescription that another institution wrote."""
    written = {(line.prescription, line.institution) for group in earlier for line in group if line.prescription}
    return any(line.prescription == number and line.institution != place for line in lines for number, place in written)

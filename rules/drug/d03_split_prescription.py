"""Rule D03: one prescription made into several on one day, which together exceed what one may be."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Fill,
    Finding,
    Guard,
    Names,
    Reference,
    Scene,
    Text,
    Window,
    above,
    again,
    day_of,
    ends_after,
    evidence,
    of_row,
    period,
)

from ._supply import DaysAllowed, Dispensing, allowed_and_pack, dispensed, prescription_and_day, told_days


class SplitPrescription(DaysAllowed):
    """A person gets a substance on several prescriptions of one institution on one day, together beyond one's limit.

    Why: "分解处方" (Mei county forwarding Baoji city, 2024-09-27): what one prescription may not hold is written on
    two. The limits are those of D02, one pack on top.

    Prescriptions are told apart by rxno, else by visit; the first line of each is judged, from the second on. What a
    pharmacy sells without a prescription is not counted, nor a prescription that is taken back on the same day.
    `warning`; where the lines name several physicians `info`: two departments that do not know of each other.
    Supply comes from prd_days, else from the drug table; where what is unknown could decide, it is not decidable, nor
    where 2204 came without the med_type of its visit (see D02).

    Honest county of 200,000 (tests/honest/test_drugs.py, our assumption: 2,800 outpatient visits a day, one in
    thirty with a second department, one in forty of those with the same substance again, in packs of 3 to 14 days):
    1.6 alerts a day, all of them `info`.

    Known gaps: two forms of one substance (tablets and ointment) count as one. Prescriptions spread over days, over
    institutions or over persons are seen by D01, not here.

    Example:
        >>> from rules.testing import HOSPITAL, at, fill, judge
        >>> rule = SplitPrescription()
        >>> def twice(days):
        ...     one = {"visit_type": "11", "institution": HOSPITAL, "days": days, "quantity": 10_000}
        ...     return [fill(at(time), prescription=time, **one) for time in ("10:00", "10:02")]
        >>> judge(rule, twice(7))
        []
        >>> [(found.value, found.limit) for found in judge(rule, twice(8))]
        [(16.0, 15.0)]

    """

    card = Card(
        id="D03",
        name=Text("分解处方", "Split prescription"),
        family="drug",
        ledger="supply",
        subject="person",
        why=Text(
            "一张处方不能开的量被拆成同日几张处方",
            "What one prescription may not hold is written on several of one day",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；眉县转发宝鸡市通知（2024-09-27）“分解处方”",
        advice=Text(
            "是否不同科室各自开具、是否更正后重开，或将一张处方拆开",
            "two departments that did not know of each other, a corrected prescription, or one that was split",
        ),
        judges_pre=True,
        institution_facing=True,
        decided=("prd_days", "med_type", "rxno", "bilg_dr_codg", "drugs.pack_units", "drugs.daily_units"),
    )

    quiet: int = ends_after(86_400, "按日判断", "a day is judged at a time")

    @property
    def span(self) -> int:
        """A day, ms; only what lies on the same Beijing day is looked at."""
        return DAY

    @property
    def guard(self) -> Guard:
        """Two prescriptions."""
        return Guard(fewest=2)

    @property
    def ahead(self) -> int:
        """The rest of that day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Judge the prescription that begins with this line together with those of the same day and place before it."""
        found = dispensed(entry, window, prescription_and_day)
        if found is None or found[1].returned:
            return None
        seen = self._of_the_day(*found)
        if len(seen) < 2 or seen[-1] is not found[1]:
            return None
        return self._judge(seen, reference)

    def _of_the_day(self, before: list[Dispensing], now: Dispensing) -> list[Dispensing]:
        """The prescriptions of the same day and place up to this one that stand and have a limit."""
        same = [one for one in before if one.institution == now.institution and day_of(one.time) == day_of(now.time)]
        return [one for one in (*same, now) if not one.returned and self.allowed(one.lines) is not None]

    def _judge(self, seen: list[Dispensing], reference: Reference) -> Finding | None:
        """Hold the supply of all of them against what one of them may be."""
        supplies = [one.supply(reference) for one in seen]
        supply = sum(one or 0 for one in supplies)
        pack = max(one.pack(reference) for one in seen)
        allowed = max(self.allowed(one.lines) or 0 for one in seen)
        if supply > allowed + pack:
            return self._finding(seen, supply, allowed, pack)
        self.must_be_decidable(supplies, [line for one in seen for line in one.lines], supply - pack)
        return None

    def _finding(self, seen: list[Dispensing], supply: int, allowed: int, pack: int) -> Finding:
        lines = [line for one in seen for line in one.lines]
        physicians = {line.physician for line in lines} - {""}
        return Finding(
            measure="days_of_supply",
            value=round(supply / DAY, 1),
            limit=round((allowed + pack) / DAY, 1),
            unit="days",
            severity="info" if len(physicians) > 1 else "warning",
            evidence=evidence(lines, self.card),
            details={"prescriptions": str(len(seen)), "allowed": told_days(allowed), "pack": told_days(pack)},
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first line of these prescriptions to the last."""
        rows = episode.peak.evidence
        return of_row(rows[-1])._replace(when=period(rows[0].time, rows[-1].time))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many prescriptions, for how many days together, against the limit of one."""
        found, details = episode.peak, episode.peak.details
        drug, number, times = names.drug(found.evidence[-1]), details["prescriptions"], again(episode)
        most, value = allowed_and_pack(found), above(found.value, found.limit)
        return Text(
            f"同一机构同日为1名参保人开具{number}张处方，{drug.zh}共{value.zh}天用量"
            f"（提示阈值：超过单张处方可开的{most.zh}）{times.zh}",
            f"a person got {number} prescriptions on one day, {value.en} days' supply of {drug.en} "
            f"(threshold: more than {most.en} on one prescription){times.en}",
        )

"""Rule D03: one prescription made into several on one day, which together exceed what one may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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

from ._supply import (
    DaysAllowed,
    Dispensing,
    allowed_and_pack,
    at_least,
    dispensed,
    doubt,
    doubt_of,
    prescription_and_day,
    told_days,
)


class SplitPrescription(DaysAllowed):
    """A person gets a substance on several prescriptions of one institution on one day, together beyond one's limit.

    Why: "分解处方" (Mei county forwarding Baoji city, 2024-09-27): what one prescription may not hold is written on
    two. The limits are those of D02.

    What a drug line, a substance, supply, one pack and the days allowed are stands in docs/rules/supply.md. A
    prescription is what is called a dispensing there, with one difference: lines of one institution and Beijing day
    belong together by their rxno, without one by mdtrt_id.

    Judged are the prescriptions of one institution and day that have a limit and are not returned, from the second
    on: each with those before it. It is a finding if their supply is together more than the widest of their limits
    and the largest of their packs. A negative line that names no rxno takes its supply off if it is of the visit of
    one of them. `warning`; `info` where the lines name more than one physician: two departments that do not know of
    each other.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 2,800 outpatient visits
    a day, one in thirty with a second department, one in forty of those with the same substance again, in packs of
    3 to 14 days): 1.6 alerts a day. That is 48 alerts a month in 200,000, all of them `info`.

    Known gaps: two forms of one substance (tablets and ointment) count as one. Prescriptions that are spread over days,
    institutions or persons are not seen here; D01 sees some of them.

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
        before, now = found
        same = [one for one in (*before, now) if _is_beside(one, now) and self.allowed(one.lines) is not None]
        seen = [one for one in same if not one.returned]
        if len(seen) < 2 or seen[-1] is not now:
            return None
        given_back = _given_back(seen, window.of_day(day_of(now.time)))
        return self._judge(seen, given_back, reference)

    def _judge(self, seen: list[Dispensing], given_back: list[Dispensing], reference: Reference) -> Finding | None:
        """Hold the supply of all of them against what one of them may be."""
        supplies = [one.supply(reference) for one in (*seen, *given_back)]
        supply = at_least(supplies)
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
            details={"prescriptions": str(len(seen)), "allowed": told_days(allowed), "pack": told_days(pack)}
            | doubt(lines),
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first line of these prescriptions to the last."""
        rows = episode.peak.evidence
        return of_row(rows[-1])._replace(when=period(rows[0].time, rows[-1].time))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many prescriptions, for how many days together, against the limit of one."""
        found, details, doubts = episode.peak, episode.peak.details, doubt_of(episode.peak)
        drug, number, times = names.drug(found.evidence[-1]), details["prescriptions"], again(episode)
        most, value = allowed_and_pack(found), above(found.value, found.limit)
        return Text(
            f"同一机构同日为1名参保人开具{number}张处方，{drug.zh}共{value.zh}天用量"
            f"（提示阈值：超过单张处方可开的{most.zh}）{times.zh}{doubts.zh}",
            f"a person got {number} prescriptions on one day, {value.en} days' supply of {drug.en} "
            f"(threshold: more than one prescription may hold, {most.en}){times.en}{doubts.en}",
        )


def _is_beside(one: Dispensing, now: Dispensing) -> bool:
    """Whether a prescription is of the same institution and Beijing day."""
    return one.institution == now.institution and day_of(one.time) == day_of(now.time)


def _given_back(seen: Sequence[Dispensing], of_day: Iterable[Fill]) -> list[Dispensing]:
    """The negative lines of the visits of these prescriptions that do not say which prescription they give back."""
    visits = {(line.institution, line.visit) for one in seen for line in one.lines if line.visit and line.prescription}
    negative = (line for line in of_day if line.quantity < 0 and not line.prescription)
    return [Dispensing((line,)) for line in negative if (line.institution, line.visit) in visits]

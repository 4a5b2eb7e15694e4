"""Rule E01: in two hospitals at once."""

from __future__ import annotations

from math import ceil

from rules import (
    BY_NATURE,
    DAY,
    HOUR,
    TRANSFER,
    Card,
    Episode,
    Evidence,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Stay,
    Text,
    Undecidable,
    WholeStay,
    Window,
    again,
    assumption,
    clock,
    ends_after,
    evidence,
    exceeded,
    of_row,
    parameter,
    pieces_within,
    stays_in,
)

OPEN = {
    "0": Text("", ""),
    "1": Text("，其中一次尚未上报出院", ", one of them without a discharge so far"),
    "2": Text("，均尚未上报出院", ", both without a discharge so far"),
}
"""How many of the two stays have no known end, in words."""


class OverlappingStays(Rule[Stay]):
    """A person is in the care of a second hospital for more than a day while the first has not let go.

    Why: "重复享受医保待遇" (She county, 2025-04-30): another person lies in one of the two beds, or no person does. No
    number is published; a day leaves room for admissions and discharges that are entered late in the day.

    What a stay, its end and its settlement are stands in docs/rules/whole-stays.md. An admission is compared with
    each stay of the person at another institution that was admitted before it, less than `longest_days` before. Pairs
    are left out where one of the two is of an exempt kind, or was left in an exempt way.

    The deadline is the admission and `over_hours`. It is a finding if no stay of the pair is known to have ended at or
    before the deadline. A stay that is settled for good without a known end hides its end: the rule does not decide
    (counted as `settled without an end`), unless another pair is a finding. The value is the time from the admission to
    the earlier known end, in hours, rounded up to a tenth; without any known end it is `over_hours`.

    As long as the end of one of the two is not known, the finding holds from the deadline on, and is a `warning`: a
    discharge may still come, and withdraws it where it lies earlier. It is `high` when both ends are known and both
    stays are settled. Of several pairs the most certain is told, then the longest overlap.

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: 36,000 stays a year,
    1.5 % of them followed by one elsewhere within three days, 30 % of these not marked as transfers, 3 % of
    discharges uploaded more than a day late): 0.01 alerts a day, each a warning that is withdrawn when the
    discharge comes. That is 0.3 alerts a month in 200,000.

    Known gaps: a stay whose admission was not seen, or is older than `longest_days`. A hospital of several sites with a
    code for each. A first stay that was forgotten (neither 2402 nor a final settlement) keeps its warning. The closing
    tick, also at the end of a file, counts as after every deadline: of an admission of the last day, an overlap is told
    that may still turn out shorter.

    Example:
        >>> from rules.testing import HOSPITAL, at, judge, stay
        >>> def discharged(hour):
        ...     other = {"institution": "H34102100002"}
        ...     return [stay(at("09:00"), "admission", "v1"), stay(at("09:00", day=2), "admission", "v2", **other),
        ...             stay(at(hour, day=3), "discharge", "v1"), stay(at("09:00", day=5), "discharge", "v2", **other)]
        >>> rule = OverlappingStays()
        >>> judge(rule, discharged("09:00"))
        []
        >>> [(found.value, found.severity) for found in judge(rule, discharged("10:00"))]
        [(25.0, 'warning')]

    """

    card = Card(
        id="E01",
        name=Text("重叠住院", "Overlapping stays"),
        family="entitlement",
        ledger="stays",
        subject="person",
        why=Text(
            "同一参保人不能同时住在两家医院：其中一处可能为冒名住院或挂床",
            "Nobody lies in two hospitals at once: in one of the beds is somebody else, or nobody",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十一条；歙县方案（2025-04-30）“重复享受医保待遇”",
        advice=Text(
            "核对两院床位、护理与检查记录，患者重叠期间实际在哪家医院，是否漏传出院登记",
            "bed, nursing and test records of both: where was the patient, or was a discharge not uploaded",
        ),
        renamed={"overlap_hours": "over_hours"},
        decided=("med_type", "dscg_way", "mid_setl_flag", "dscg_time"),
    )

    over_hours: int = parameter(
        24,
        "两次住院重叠超过该时间才触发",
        "the stays must overlap by more than this",
        unit="h",
        origin=assumption("出入院登记可能当天较晚补录", "admissions and discharges are entered late in the day"),
    )
    exempt_types: tuple[str, ...] = parameter(
        ("5212", "28"),
        "可与另一次住院并存的医疗类别：新生儿（5212，用母亲的号）、日间手术（28）；家庭病床无国家代码，请补充本地代码",
        "kinds that may lie beside another stay: newborn (5212, on the mother's number), day surgery (28); beds at "
        "home have no national code, add the local one",
        unit="med_type",
        origin=BY_NATURE,
    )
    exempt_ways: tuple[str, ...] = parameter(
        ("2",),
        "任一次住院以该离院方式结束则不计：转院",
        "ways of leaving after which the rule says nothing: transfer",
        unit="dscg_way",
        origin=TRANSFER,
    )
    longest_days: int = pieces_within(180)
    quiet: int = ends_after(604_800, "同一次重叠只有一条预警", "one overlap is one alert")

    @property
    def span(self) -> int:
        """How far back a stay that still lasts may have begun, ms."""
        return self.longest_days * DAY

    @property
    def guard(self) -> Guard:
        """Two pieces of stays."""
        return Guard(fewest=2)

    @property
    def shown(self) -> int:
        """The overlap that is too long, ms."""
        return self.over_hours * HOUR

    @property
    def ahead(self) -> int:
        """How long the ends and settlements of both stays are waited for, ms."""
        return self.longest_days * DAY

    def check(self, entry: Stay, window: Window[Stay], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Look from an admission at the stays elsewhere that began before it.

        Long because a stay whose end is not known silences no other, and only itself is undecidable.
        """
        if entry.piece != "admission":
            return None
        stays = stays_in(window, self.ahead)
        second = next(one for one in stays if one.admission is entry)
        earlier = [one for one in stays[: stays.index(second)] if one.admission and self._is_elsewhere(one, second)]
        lasting = [one for one in earlier if self._lasts(one, second)]
        overlaps = [self._finding(one, second) for one in lasting if not _hides_an_end(one, second)]
        if overlaps:
            return max(overlaps, key=lambda found: (found.severity == "high", found.due == 0, found.value))
        if lasting:
            raise Undecidable("settled without an end")
        return None

    def _is_elsewhere(self, first: WholeStay, second: WholeStay) -> bool:
        if first.institution == second.institution:
            return False
        return not any(one.is_of(self.exempt_types) or one.way in self.exempt_ways for one in (first, second))

    def _deadline(self, second: WholeStay) -> int:
        """The last moment at which one of the stays may end without overlapping for too long."""
        return second.admitted + self.over_hours * HOUR

    def _lasts(self, first: WholeStay, second: WholeStay) -> bool:
        """Whether nothing says that one of the stays ended in time."""
        return all(one.ended is None or one.ended > self._deadline(second) for one in (first, second))

    def _finding(self, first: WholeStay, second: WholeStay) -> Finding:
        """The overlap of two stays; where an end is not known, as if that stay went on."""
        ends = [one.ended for one in (first, second) if one.ended is not None]
        certain = len(ends) == len((first, second))
        until = min(ends, default=self._deadline(second))
        return Finding(
            measure="overlap_hours",
            value=ceil((until - second.admitted) * 10 / HOUR) / 10,
            limit=self.over_hours,
            unit="h",
            severity="high" if certain and first.settled and second.settled else "warning",
            evidence=evidence([*first.pieces, *second.pieces], self.card),
            due=0 if certain else self._deadline(second),
            details={"first": first.institution, "open": str(2 - len(ends))},
        )

    def scene(self, episode: Episode) -> Scene:
        """The second admission."""
        return of_row(_admissions(episode.peak)[-1])

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Where the person was already, since when, and for how long in both."""
        found = episode.peak
        first = next(one for one in _admissions(found) if one.institution == found.details["first"])
        where, since, limit = names.of(first), clock(first.time), exceeded(found.limit, Text("小时", "h"))
        over = Text("已超过", "more than ") if found.value == found.limit else Text("", "")
        open_, times = OPEN[found.details["open"]], again(episode)
        return Text(
            f"收治1名参保人入院，该参保人{since}起已在{where.zh}住院，"
            f"两次住院重叠{over.zh}{found.value:g}小时（{limit.zh}）{open_.zh}{times.zh}",
            f"a person was admitted who had been in {where.en} since {since}; the stays overlap by "
            f"{over.en}{found.value:g} h ({limit.en}){open_.en}{times.en}",
        )


def _admissions(found: Finding) -> list[Evidence]:
    """The admissions of both stays, the earlier first."""
    return sorted((one for one in found.evidence if one.role == "admission"), key=lambda one: (one.time, one.id))


def _hides_an_end(*stays: WholeStay) -> bool:
    """Whether one of them is settled for good, and nothing says when it ended."""
    return any(one.settled and one.ended is None for one in stays)

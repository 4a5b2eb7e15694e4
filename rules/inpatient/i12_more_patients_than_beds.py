"""Rule I12: more patients in hospital than beds are approved."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor

from rules import (
    BY_NATURE,
    DAY,
    Admitted,
    Card,
    Departed,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Text,
    Window,
    assumption,
    beds_at,
    day_of,
    ends_after,
    evidence,
    of_days,
    parameter,
    reached,
)

Inside = dict[str, Admitted]
"""Who is in hospital: person -> the admission."""


class MorePatientsThanBeds(Rule[Admitted | Departed]):
    """For a whole day more patients are in hospital than the register approves beds.

    Why: "医疗机构超编制设立床位" (She county, 2025-04-30). Published cases: 108 patients in a house of 30 beds, 218 in
    one of 80. Either the beds are not approved, or the patients are not there. No limit is published; the figures are
    our assumption.

    A patient comes at begntime of the admission (2401) and leaves at endtime of the discharge (2402) or at setl_time of
    the final settlement (2304, mid_setl_flag not 1) of that visit, whichever is earlier. A person counts once, by the
    last admission. An admission with a med_type of `exempt_types` does not count, nor one `longest_days` or more before
    the day begins. The value is the smallest number of patients that are there at any time of a day (Beijing). Approved
    beds are `beds` of the row of `institutions` that is valid as the day begins; where it names none, the rule is
    silent. It is a finding if the value is more than `over_percent` of the beds and exceeds them by `least_more` at
    least; `warning`, and `high` from `percent_high` of the beds on. A day is judged by the first admission or departure
    of the next day, and told `wait_days` after it is over: discharges come late, and withdraw it.

    Honest county of 200,000 (`python -m pytest tests/honest/test_beds.py`, our assumption: 36,000 stays a year, half of
    them longer than 7 days, lognormal with a sigma of 0.6; a hospital with 400 beds of which 90 % are taken on average,
    one with 200 and 85 %, twelve with 40 and 60 %, a tenth more in winter; one stay in two hundred is never ended):
    0.002 alerts a day. A hospital of 400 beds of which 95 % are taken all year is told twice a year. That is 0.05
    alerts a month in 200,000.

    Known gaps: patients who are not insured, or of whom no admission is sent. Stays of `longest_days` or more, as in
    psychiatry: all are then found only where they are settled and begun anew. Where no discharges are sent, a patient
    counts until the final settlement. Beds at home have no national med_type; add the local one to `exempt_types`. A
    register that lags behind a new ward: correct `beds`. Several sites under one code are one house. A day is not
    judged if nobody comes or leaves on the next.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import HOSPITAL, admitted, at, departed, judge
        >>> reference = Reference()
        >>> row = {"fixmedins_code": HOSPITAL, "status": "active", "kind": "hospital", "beds": "50"}
        >>> reference.put("institutions", row)
        >>> def full_of(count):
        ...     came = [admitted(at("09:00", seconds=n), f"p{n}", visit=f"v{n}") for n in range(count)]
        ...     return [*came, departed(at("09:00", day=2), "p0", visit="v0")]
        >>> judge(MorePatientsThanBeds(), full_of(55), reference)
        []
        >>> [(found.value, found.severity) for found in judge(MorePatientsThanBeds(), full_of(56), reference)]
        [(56, 'warning')]

    """

    card = Card(
        id="I12",
        name=Text("超编制床位", "More patients than beds"),
        family="inpatient",
        ledger="beds",
        subject="institution",
        why=Text(
            "同时在院的参保人多于核准床位，可能擅自加设床位，或患者并不在院",
            "More patients are in hospital than beds are approved: beds were added, or the patients are not there",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县方案（2025-04-30）“医疗机构超编制设立床位”",
        advice=Text(
            "先核对核准床位数是否为最新，再突击清点在院人数与实有床位，与在院登记逐人比对，并核对日间手术、出院登记是否及时上传",
            "first whether the register is up to date; then an unannounced count of patients and beds against the "
            "admissions, and whether day surgery is coded as such and discharges are uploaded in time",
        ),
        tables=("institutions",),
        decided=("med_type", "institutions.beds"),
    )

    over_percent: int = parameter(
        110,
        "全天在院人数超过核准床位的该百分比才触发",
        "patients in hospital all day, in per cent of the approved beds, above which the rule is set off",
        unit="%",
        origin=assumption(
            "允许少量加床；公开案例为30张床108人、80张床218人",
            "some beds may be added; published cases: 108 patients in 30 beds, 218 in 80",
        ),
    )
    least_more: int = parameter(
        5,
        "且至少比核准床位多该人数",
        "and so many patients more than approved beds",
        unit="persons",
        origin=assumption("小机构多一两人不足为疑", "one or two more in a small house mean nothing"),
    )
    percent_high: int = parameter(
        150,
        "达到核准床位的该百分比，定为高",
        "from this per cent of the approved beds on it is of high severity",
        unit="%",
        origin=assumption("公开案例均在其上", "the published cases lie above it"),
    )
    longest_days: int = parameter(
        60,
        "入院已达该天数的不再计入，其出院可能漏报",
        "who was admitted so long before is not counted: the discharge may have been forgotten",
        unit="days",
        origin=assumption("长于绝大多数住院", "longer than nearly all stays"),
    )
    wait_days: int = parameter(
        8,
        "当日结束后等待的天数，其间补报的出院使预警不再成立",
        "how long after the day late discharges are waited for",
        unit="days",
        origin=assumption("有的机构每周批量上传出院登记", "some houses upload their discharges once a week"),
    )
    exempt_types: tuple[str, ...] = parameter(
        ("28", "5212"),
        "不占床位的医疗类别：日间手术（28）、新生儿（5212）；家庭病床无国家代码，请补充本地代码",
        "kinds that take no approved bed: day surgery (28), newborn (5212); beds at home have no national code, add "
        "the local one",
        unit="med_type",
        origin=BY_NATURE,
    )
    quiet: int = ends_after(
        604_800, "按日判断，间隔一周以内视为同一情形", "days are judged; up to a week apart are one"
    )

    @property
    def span(self) -> int:
        """The judged day, the day of the entry that judges it, and the days before, ms."""
        return (self.longest_days + 2) * DAY

    @property
    def shown(self) -> int:
        """The judged day, and that of the entry that judges it, ms."""
        return 2 * DAY

    @property
    def guard(self) -> Guard:
        """As many entries as patients above the approved beds."""
        return Guard(fewest=max(self.least_more, 1))

    def check(
        self, entry: Admitted | Departed, window: Window[Admitted | Departed], reference: Reference
    ) -> Finding | None:
        """Hold the patients of the day before against the beds, if this is the first entry of its day."""
        today = day_of(entry.time)
        if window.since(today)[0] is not entry:
            return None
        day = today - DAY
        beds = beds_at(entry.institution, day, reference)
        least = max(floor(beds * self.over_percent / 100) + 1, ceil(beds) + self.least_more)
        if not beds or window.count < least:
            return None
        patients = self._fewest(window.entries, day)
        if len(patients) < least:
            return None
        return Finding(
            measure="patients_in_hospital",
            value=len(patients),
            limit=least,
            unit="persons",
            severity="high" if len(patients) * 100 >= beds * self.percent_high else "warning",
            evidence=evidence(patients.values(), self.card),
            due=today + self.wait_days * DAY,
            details={"beds": f"{beds:g}"},
        )

    def _fewest(self, entries: Iterable[Admitted | Departed], day: int) -> Inside:
        """Who is in hospital at that time of a day at which the fewest are."""
        inside: Inside = {}
        fewest: Inside | None = None
        for one in entries:
            if one.time >= day + DAY:
                break
            if one.time > day and fewest is None:
                fewest = dict(inside)
            self._move(inside, one, day - self.longest_days * DAY)
            if fewest is not None and len(inside) < len(fewest):
                fewest = dict(inside)
        return inside if fewest is None else fewest

    def _move(self, inside: Inside, one: Admitted | Departed, after: int) -> None:
        """Let a patient come or leave."""
        if isinstance(one, Departed):
            known = inside.get(one.person)
            if known is not None and known.visit == one.visit:
                del inside[one.person]
        elif one.time > after and one.visit_type not in self.exempt_types:
            inside[one.person] = one

    def scene(self, episode: Episode) -> Scene:
        """The days that were judged."""
        return of_days(episode, DAY)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many patients at least, on how many days, against how many beds."""
        found = episode.peak
        limit = reached(found.limit, Text("人", "patients"))
        days = Text(f"{episode.count}天", f"{episode.count} d")
        return Text(
            f"在院参保人全天不少于{found.value:g}人，核准床位{found.details['beds']}张（{limit.zh}），共{days.zh}如此",
            f"at least {found.value:g} patients were in hospital all day, with {found.details['beds']} approved beds "
            f"({limit.en}); so on {days.en}",
        )

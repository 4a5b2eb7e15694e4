"""Rule I08: an institution suddenly admits many first-time patients who are insured elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, sqrt
from statistics import median

from rules import (
    DAY,
    Admitted,
    Card,
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
    ends_after,
    evidence,
    is_outsider,
    of_burst,
    parameter,
    reached,
)

from ._convoy import injuries

DEVIATIONS = 5
"""So many standard deviations above the mean: as S01 has it."""


class FirstTimeFromElsewhere(Rule[Admitted]):
    """Within a week many persons from elsewhere are admitted for the first time, and are a large part of all patients.

    Why: "以“车接车送”、“包吃包住”、提供补助等形式诱导参保人住院" (Baoji city, 2024-09-27), "通过车接车送，提供免费
    吃喝、免费体检，赠送礼品、返还现金等方式，诱导参保人虚假住院骗保" (She county, 2025-04-30). The bus, the meal and
    the money are in no message. Whom they bring is: people who never were there, from where the institution has few
    patients. No number is published; the figures are our assumption.

    Counted are persons whose admission (2401) at the institution has its begntime in (t - `days`, t]. An admission is
    left out if its med_type is one of `exempt_types`, if its diagnosis begins with one of `exempt_diagnoses`, or if
    insuplc_admdvs or mdtrtarea_admvs is missing. A person is an outsider if these two differ in the latest of the
    admissions. The value is the number of outsiders with no such admission there in the `weeks` stretches of the same
    length before. The usual share is the median, over those of the stretches in which anybody was admitted, of the
    share of outsiders among the persons; there must be `least_weeks` of them. With n persons in all and m = n times the
    usual share, it is a finding, `warning`, if the value is at least `limit`, at least `percent` of n, and at least m +
    5 times the root of m. The judged admission must be of a person who is counted in the value.

    Honest county of 200,000 (`python -m pytest tests/honest/test_outsiders.py`, our assumption: two hospitals with 250
    and 140 admissions a week, twelve with 25, one in twenty of the patients from elsewhere, three times as many in the
    four weeks around New Year; a special hospital with 40 a week, half of them from elsewhere; an epidemic that doubles
    the admissions of a month): 0.002 alerts a day. That is 0.05 alerts a month in 200,000.

    Known gaps: a bus that fetches people of the same county; I06-VILLAGE sees those of one village. An institution
    where most always come from elsewhere, and whoever brings them every week: that is usual there. A new institution in
    its first month. In the first nine weeks of the data it is not known who was there before, and the alert says until
    when (`warming_until`). A new department, a health resort whose season begins, or a hospital across the border that
    closes, are honest and look the same. Regions are compared as they are written: where a city insures under a code of
    its own, its people are outsiders, always as many.

    Example:
        >>> from rules.testing import admitted, at, judge
        >>> def of_week(week, persons, region):
        ...     start = at("09:00", day=7 * week)
        ...     return [admitted(start + n, f"{region}-{week}-{n}", insured_in=region, place="341021")
        ...             for n in range(persons)]
        >>> usual = [one for week in range(8) for one in of_week(week, 10, "341021")]
        >>> judge(FirstTimeFromElsewhere(), [*usual, *of_week(8, 9, "341004")])
        []
        >>> found = judge(FirstTimeFromElsewhere(), [*usual, *of_week(8, 10, "341004")])
        >>> [(one.value, one.usual, one.severity) for one in found]
        [(10, 0.0, 'warning')]

    """

    card = Card(
        id="I08",
        name=Text("外地首次住院突增", "First-time patients from elsewhere"),
        family="inpatient",
        ledger="outsiders",
        subject="institution",
        why=Text(
            "一周内首次来院的外地参保人突然增多，可能以车接车送、包吃包住、免费体检、返现等方式诱导住院",
            "Suddenly many patients from elsewhere are admitted who never were there: free transport, meals, "
            "examinations or money may have brought them",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；眉县转发宝鸡市通知（2024-09-27）"
        "“以“车接车送”、“包吃包住”、提供补助等形式诱导参保人住院”；"
        "歙县方案（2025-04-30）“通过车接车送，提供免费吃喝、免费体检，赠送礼品、返还现金等方式，诱导参保人虚假住院骗保”",
        advice=Text(
            "10日内电话回访其中10人，何人介绍、如何到院、有无免费接送食宿或返现、自付是否减免，并核对是否在床、入院指征；"
            "先排除新开科室、医共体转诊、季节性疗养",
            "within 10 days call ten of them: who told them, how they came, what was free or paid back, whether they "
            "were there and had to be; first rule out a new department, an alliance, or the season of a resort",
        ),
        decided=("insuplc_admdvs", "mdtrtarea_admvs", "med_type", "dscg_maindiag_code"),
    )

    days: int = parameter(
        7,
        "向前统计入院的天数",
        "length of the time in which admissions are counted",
        unit="days",
        origin=assumption("一周", "a week"),
    )
    limit: int = parameter(
        10,
        "首次来院的外地参保人达到该人数才触发",
        "number of first-time patients from elsewhere that sets the rule off",
        unit="persons",
        origin=assumption("一辆小客车所载人数", "as many as a minibus holds"),
    )
    percent: int = parameter(
        40,
        "且达到入院总人数的该百分比",
        "and so many per cent of all who were admitted",
        unit="%",
        origin=assumption("节假日返乡人员住院不会达到", "people who are home for the holidays do not come to so many"),
    )
    weeks: int = parameter(
        8,
        "平日占比取此前多少个同样长度的时段，首次来院也以此为准",
        "the usual share, and whether a person was there before, is read from so many stretches of the same length",
        unit="weeks",
        origin=assumption("约两个月", "about two months"),
    )
    least_weeks: int = parameter(
        4,
        "其中有入院的时段少于该数的，不判断",
        "with fewer stretches in which anybody was admitted, nothing is judged",
        unit="weeks",
        origin=assumption(
            "新开业的机构最初一个月没有平日可言", "in its first month a new institution has no usual share"
        ),
    )
    exempt_types: tuple[str, ...] = parameter(
        ("23", "28", "52", "5212"),
        "不计入的医疗类别：转外就医、日间手术、生育、新生儿",
        "kinds that are not counted: transferred out, day surgery, maternity, newborn",
        unit="med_type",
        origin=assumption(
            "转诊、产妇择院、手术排期均属正常", "a transfer, a birth at a chosen place and planned surgery are honest"
        ),
    )
    exempt_diagnoses: tuple[str, ...] = injuries()
    quiet: int = ends_after(604_800, "按周统计", "weeks are counted")

    @property
    def span(self) -> int:
        """The days that are counted, and those before them, ms."""
        return (1 + self.weeks) * self.shown

    @property
    def shown(self) -> int:
        """The days that are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """So many admissions within the days."""
        return Guard(fewest=self.limit, within=self.shown)

    def check(self, entry: Admitted, window: Window[Admitted], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Hold the outsiders of the days up to this admission against all patients, and against the usual share."""
        if not self._counts(entry) or not is_outsider(entry):
            return None
        now = self._persons(window.last(self.shown))
        outsiders = _outsiders(now)
        floor = max(self.limit, self.percent * len(now) / 100)
        if len(outsiders) < floor:
            return None
        before = [one for one in window.entries if one.time <= entry.time - self.shown]
        new = outsiders - self._persons(before).keys()
        usual = self._usual(entry.time - self.shown, before)
        if entry.person not in new or usual is None:
            return None
        mean = usual * len(now)
        limit = max(floor, mean + DEVIATIONS * sqrt(mean))
        if len(new) < limit:
            return None
        return Finding(
            measure="first_time_from_elsewhere",
            value=len(new),
            limit=round(limit, 1),
            usual=round(mean, 1),
            unit="persons",
            severity="warning",
            evidence=evidence([one for one in now.values() if one.person in new], self.card),
            details={"least": str(ceil(limit)), "all": str(len(now))},
        )

    def _usual(self, until: int, before: list[Admitted]) -> float | None:
        """The usual share of outsiders; None where too little is known."""
        shares = []
        for week in range(self.weeks):
            end = until - week * self.shown
            persons = self._persons(one for one in before if end - self.shown < one.time <= end)
            if persons:
                shares.append(len(_outsiders(persons)) / len(persons))
        return median(shares) if len(shares) >= max(self.least_weeks, 1) else None

    def _persons(self, admissions: Iterable[Admitted]) -> dict[str, Admitted]:
        """Who was admitted, each with the latest of the admissions that count."""
        return {one.person: one for one in admissions if self._counts(one)}

    def _counts(self, entry: Admitted) -> bool:
        exempt = entry.diagnosis.upper().startswith(self.exempt_diagnoses)
        return not exempt and entry.visit_type not in self.exempt_types

    def scene(self, episode: Episode) -> Scene:
        """From the first of these admissions on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many of how many, how many are usual, and from how many regions."""
        found = episode.peak
        least = reached(float(found.details["least"]), Text("人", "persons"))
        regions = len({one.decided["insuplc_admdvs"] for one in found.evidence})
        return Text(
            f"{self.days}天内入院{found.details['all']}人，其中{found.value:g}人参保地在外地、此前{self.weeks}周未在该机构住院"
            f"（{least.zh}；按平日占比外地约{found.usual:g}人），来自{regions}个参保地",
            f"of {found.details['all']} persons admitted within {self.days} d {found.value:g} are insured elsewhere "
            f"and were not admitted there in the {self.weeks} weeks before ({least.en}; by the usual share "
            f"{found.usual:g} would be from elsewhere); they come from {regions} regions",
        )


def _outsiders(persons: dict[str, Admitted]) -> set[str]:
    return {person for person, admission in persons.items() if is_outsider(admission)}

"""Rule S04: many people of one employer, new to a pharmacy, settle there on one day."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Swipe,
    Text,
    Window,
    assumption,
    day_of,
    ends_after,
    evidence,
    of_burst,
    parameter,
    reached,
)


class EmployerDrive(Rule[Swipe]):
    """Eight people of one employer settle at one pharmacy on a day, and most of them were not there before.

    Why: "组织前往其他单位、企业，诱导员工虚假购药骗保" (She county, 2025-04-30). A pharmacy that goes to a firm with
    its till has many customers of one employer at once, whom it never had before. No number is published; the figures
    are our assumption.

    Counted are the distinct persons with a standing settlement of the pharmacy (2102, or med_type 41) on the Beijing
    day of the judged settlement, up to it, who have the same employer: by the row of the table `employers` that is
    valid at setl_time. Who has none is left out. New is who has no such settlement at this pharmacy on the `days` days
    before that day. It is a finding if they are `limit` or more, and at least `new_percent` % of them are new: `high`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_cards.py`, our assumption: 40 employers have a
    pharmacy next door, to which eight or more of them go on one day a year, and on one such day in five most of them
    are new there): 0.022 alerts a day. That is 0.7 alerts a month in 200,000.

    Known gaps: persons whose employer is not in the table. An employer with one code for many work sites. A pharmacy
    that spreads a firm over several days.

    Example:
        >>> from rules.testing import at, judge, swipe
        >>> def staff(count, days_before=0):
        ...     return [swipe(at("12:00", day=-days_before, seconds=300 * n), f"p{n}") for n in range(count)]
        >>> judge(EmployerDrive(), staff(7))
        []
        >>> [(found.value, found.severity) for found in judge(EmployerDrive(), staff(8))]
        [(8, 'high')]
        >>> judge(EmployerDrive(), [*staff(3, days_before=14), *staff(8)])
        []

    """

    card = Card(
        id="S04",
        name=Text("同单位集体刷卡", "A firm at the till"),
        family="credential",
        ledger="employers",
        subject="institution",
        why=Text(
            "药店到单位、企业组织员工虚假购药时，同一单位多名此前未到过该店的员工会在同一天刷卡",
            "A pharmacy that goes to a firm with its till has many customers of one employer at once, and all are new",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "歙县方案（2025-04-30）“组织前往其他单位、企业，诱导员工虚假购药骗保”"
        ),
        advice=Text(
            "5日内向该单位抽访员工，问明由谁组织、凭证由谁使用、是否领到药品，并核对该店当日出库与监控",
            "within 5 days ask some of the employees who organised it, who held the cards and whether they got drugs; "
            "then the stock and the video of that day",
        ),
        tables=("employers",),
        decided=("employers.employer",),
    )

    limit: int = parameter(
        8,
        "同一单位当日刷卡的参保人达到该人数即触发",
        "number of persons of one employer on a day that sets the rule off",
        unit="persons",
        origin=assumption("相邻单位一日多为三五人", "a firm next door sends a few people a day"),
    )
    new_percent: int = parameter(
        70,
        "其中此前未到过该店的至少占该比例",
        "at least this part of them is new to the pharmacy",
        unit="%",
        origin=assumption("相邻单位的员工多为老顾客", "people of a firm next door are mostly known there"),
    )
    days: int = parameter(
        14,
        "此前多少天内未在该店结算视为新顾客",
        "who did not settle there on so many days before is new",
        unit="days",
        origin=assumption("两周；更久须多留存数据", "two weeks; more of them take more memory"),
    )
    quiet: int = ends_after(86_400, "一日：连续数日并入同一预警", "a day: days in a row stay one alert")

    @property
    def span(self) -> int:
        """The day, and those before it, ms."""
        return (self.days + 1) * DAY

    @property
    def shown(self) -> int:
        """The day, ms."""
        return DAY

    @property
    def guard(self) -> Guard:
        """As many persons."""
        return Guard(fewest=self.limit, distinct=("person", self.limit))

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the people of the day up to this settlement, and those of them who are new."""
        today = day_of(entry.time)
        settled = window.since(today)
        persons = {one.person for one in settled}
        if len(persons) < self.limit:
            return None
        known = {one.person for one in window.since(today - self.days * DAY) if one.time < today}
        new = len(persons - known)
        if 100 * new < self.new_percent * len(persons):
            return None
        return Finding(
            measure="persons_of_one_employer",
            value=len(persons),
            limit=self.limit,
            unit="persons",
            severity="high",
            evidence=evidence(settled, self.card),
            details={"new": str(new)},
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first of these settlements on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many of one employer, and how many of them are new."""
        found, days = episode.peak, self.days
        limit, new = reached(found.limit, Text("人", "persons")), found.details["new"]
        return Text(
            f"同一单位{found.value:g}名参保人同日刷卡结算（{limit.zh}），其中{new}人此前{days}天未在该店结算",
            f"{found.value:g} insured persons of one employer settled on one day ({limit.en}), {new} of whom had not "
            f"settled there in the {days} d before",
        )

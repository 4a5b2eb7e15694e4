"""Rule B08: somebody carries out more on a day than the hours of a day allow."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Listed,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    above,
    assumption,
    clock,
    day_of,
    ends_after,
    evidence,
    exceeded,
    parameter,
)

ONE = 10_000
"""A quantity of one."""
HOUR_OF_MINUTES = 60


class MoreThanADay(Rule[Listed]):
    """Services are charged that one physician or therapist cannot have carried out within a day.

    Why: "通过编造麻醉记录、手术记录、理疗记录等方式，虚构诊疗服务项目骗保" (She county, 2025-04-30), "虚构服务项目"
    (Baoji city, 2024-09-27). An anaesthesia, an operation or a session of physiotherapy binds whoever carries it out;
    what exceeds the hours of a day was not done, or not by that person.

    Looked at are the lines, of a settlement or uploaded before it (2204, 2301), of items that have `minutes` in the
    table `items`, by the row that is valid at fee_ocur_time, and that name in `orders_dr_code` who carries them out: a
    code of ten characters or more. Added up is cnt times `minutes` of all lines of one institution and code on the
    Beijing day of fee_ocur_time, also of those that come after it on that day; what was given back on it counts off. A
    line with cnt above 0 is judged. It is a finding, `high`, if the sum is above `over_hours`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 150 therapists and
    anaesthetists, of whom each is on duty for more than twelve hours with hardly a break once in three years): 0.14
    alerts a day. That is 4.2 alerts a month in 200,000.

    Known gaps: lines that do not name who carries them out. One code that a whole department shares is found each day;
    let it be told apart, or take `minutes` out. Group treatments, of which several are carried out at once: give them
    the minutes of one part. Rooms and machines are not in the messages. What was charged before the table had the item
    is not seen: lines of other items are not sent to their institution. A line that a cancel of all lines of a visit
    takes back still counts: at the institution only a cancel that names it is known.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, listed
        >>> reference = Reference()
        >>> reference.put("items", {"med_list_codg": "001", "minutes": "40"})
        >>> def treated(count):
        ...     line = {"item": "001", "quantity": 10_000, "performer": "D341021000017"}
        ...     return [listed(at("08:00", seconds=n), **line) for n in range(count)]
        >>> judge(MoreThanADay(), treated(18), reference)
        []
        >>> [(round(found.value, 2), found.severity) for found in judge(MoreThanADay(), treated(19), reference)][-1]
        (12.67, 'high')

    """

    card = Card(
        id="B08",
        name=Text("一日工时超限", "More than a day has hours"),
        family="billing",
        ledger="performed",
        subject="institution",
        why=Text(
            "同一人员一日执行的项目所需时间超过一天可能的工时，部分服务可能没有提供",
            "What one person carried out on a day takes longer than the day: some of it was not done",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县专项整治方案（2025-04-30）“通过编造麻醉记录、手术记录、理疗记录等方式，"
        "虚构诊疗服务项目骗保”；宝鸡市通知（2024-09-27）“虚构服务项目”",
        advice=Text(
            "两日内调取该人员当日的排班、麻醉或治疗记录与监控，逐条核对起止时间，并走访部分患者",
            "within two days the rota, the records and the cameras of that day, each with its beginning and end; ask "
            "some of the patients",
        ),
        tables=("items",),
        decided=("orders_dr_code", "items.minutes"),
    )

    over_hours: int = parameter(
        12,
        "一人一日执行的项目合计超过该时长即触发",
        "hours that one person carries out on a day; more set the rule off",
        unit="h",
        origin=assumption(
            "正常班次8小时，连台手术偶至12小时", "a shift has eight hours, a day of operations up to twelve"
        ),
    )
    quiet: int = ends_after(604_800, "一周内的并入同一预警", "those of a week stay one alert")

    @property
    def span(self) -> int:
        """A day, ms."""
        return DAY

    @property
    def ahead(self) -> int:
        """The rest of that day, ms."""
        return DAY

    def check(self, entry: Listed, window: Window[Listed], reference: Reference) -> Finding | None:
        """Add up the day of this line."""
        if entry.quantity <= 0:
            return None
        today = window.of_day(day_of(entry.time))
        hours = sum(_minutes(one, reference) for one in today) / HOUR_OF_MINUTES
        if hours <= self.over_hours:
            return None
        return Finding(
            measure="hours_carried_out_on_a_day",
            value=hours,
            limit=self.over_hours,
            unit="h",
            severity="high",
            evidence=evidence(today, self.card),
            details={"day": clock(day_of(entry.time), "%Y-%m-%d"), "patients": f"{len({one.person for one in today})}"},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """Who, on which day, how many hours, for how many patients."""
        found = episode.peak
        limit, hours = exceeded(found.limit, Text("小时", "h")), above(round(found.value, 1), found.limit)
        code = found.evidence[-1].decided["orders_dr_code"]
        day, patients = found.details["day"], found.details["patients"]
        return Text(
            f"{day}执行人员{code}为{patients}名参保人执行的项目合计需{hours.zh}小时（{limit.zh}）",
            f"what {code} carried out on {day} for {patients} patients takes {hours.en} h ({limit.en})",
        )


def _minutes(line: Listed, reference: Reference) -> float:
    """How long a line takes; below 0 where it is given back."""
    row = reference.row("items", line.item, line.time) or {}
    return line.quantity / ONE * float(row.get("minutes") or 0)

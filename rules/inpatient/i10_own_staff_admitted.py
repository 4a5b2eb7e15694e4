"""Rule I10: a hospital admits its own staff again and again."""

from __future__ import annotations

from rules import (
    Card,
    Episode,
    Names,
    Reference,
    Stay,
    Text,
    assumption,
    ends_after,
    parameter,
    pieces_within,
    published,
    works_here,
)

from ._frequency import FrequentStays, not_counted_types, not_counted_ways, words


class OwnStaffAdmitted(FrequentStays):
    """A person who works at an institution is admitted there more than once within a year.

    Why: "本院职工一年内多次在本院住院的" (Baoji city, 2024-09-27) is a key population: staff can be on record in
    their own hospital without being ill. The year is the notice's; "many times" is not published, twice is our
    assumption.

    Honest county of 100,000 persons, of whom 800 work in hospitals, with 0.18 stays a year each, so unequal as
    those of I05, seven of ten of them at home (`python -m pytest tests/honest/test_stays.py`): 1.4 alerts a month.
    That is 2.8 alerts a month in 200,000.

    As I05-PAIR, but only stays count at whose begntime the person works at that institution: by the row of the table
    `staff` that is valid then.

    Known gaps: a bill under the number of a relative. A roster without dates keeps those who left.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import HOSPITAL, at, judge, stay
        >>> reference = Reference()
        >>> reference.put("staff", {"psn_no": "p1", "fixmedins_code": HOSPITAL})
        >>> stays = [stay(at("09:00", day=day), "admission", f"v{day}") for day in (0, 364)]
        >>> judge(OwnStaffAdmitted(), stays[1:], reference)
        []
        >>> judge(OwnStaffAdmitted(), [stays[0], stay(at("09:00", day=365), "admission", "v2")], reference)
        []
        >>> [found.value for found in judge(OwnStaffAdmitted(), stays, reference)]
        [2]

    """

    card = Card(
        id="I10",
        name=Text("本院职工多次住院", "Own staff admitted again"),
        family="inpatient",
        ledger="stays_at",
        subject="person",
        why=Text(
            "本院职工无需在床即可办理住院；一年内多次在本院住院时提示",
            "Staff can be on record in their own hospital without being in bed: admitted there more than once a year",
        ),
        basis=("《医疗保障基金使用监督管理条例》第四十条；宝鸡市通知（2024-09-27）“本院职工一年内多次在本院住院的”"),
        advice=Text(
            "三日内比对住院期间的排班、考勤与医嘱，核对是否在床，查看住院指征",
            "within three days hold the duty roster against the days in bed, and see whether each stay was needed",
        ),
        tables=("staff",),
        decided=("dscg_maindiag_code", "med_type", "dscg_way", "mid_setl_flag", "staff.role"),
    )

    days: int = parameter(
        365,
        "统计期的天数",
        "length of the count",
        unit="days",
        origin=published(
            "宝鸡市通知（2024-09-27）“一年内多次”", "notice of Baoji city (2024-09-27): many times within a year"
        ),
    )
    limit: int = parameter(
        2,
        "在本院住院达到该次数即触发",
        "number of stays at the own institution that sets the rule off",
        unit="stays",
        origin=assumption(
            "10万人的正常县每月约1.4条；文件未公布次数",
            "an honest county of 100,000 opens about 1.4 alerts a month; no number is published",
        ),
    )
    exempt_types: tuple[str, ...] = not_counted_types()
    exempt_ways: tuple[str, ...] = not_counted_ways()
    longest_days: int = pieces_within(180)
    quiet: int = ends_after(604_800, "每年只在首次达到时预警", "told once in a year, when the limit is first reached")

    def counts(self, admission: Stay, reference: Reference) -> bool:
        """Whether the person works at the institution when the stay begins."""
        return works_here(admission, reference)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How often, in how long."""
        return words(episode.peak, Text("系该机构职工", "on the staff of this institution"))

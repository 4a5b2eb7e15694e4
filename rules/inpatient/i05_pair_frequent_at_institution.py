"""Rule I05-PAIR: a person whom one hospital admits again and again."""

from __future__ import annotations

from rules import (
    Card,
    Episode,
    Names,
    Text,
    ends_after,
    parameter,
    pieces_within,
    published,
)

from ._frequency import HONEST_COUNTY, FrequentStays, not_counted_types, not_counted_ways, words


class FrequentAtInstitution(FrequentStays):
    """One institution admits the same person more often within a year than illness explains.

    Why: "一年内多次在同一定点医疗机构住院的" (Baoji city, 2024-09-27) is a key population. The year is the notice's;
    how often "many times" is, is not published: five is our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: that of I05, where four
    of five stays are at the same hospital): 0.18 alerts a day. That is 5 alerts a month in 200,000.

    As I05, with the stays of one institution and one limit.

    Known gaps: as of I05; stays spread over the institutions of one group are not added up.

    Example:
        >>> from rules.testing import at, judge, stay
        >>> def admitted(times, every):
        ...     return [stay(at("09:00", day=every * n), "admission", f"v{n}") for n in range(times)]
        >>> rule = FrequentAtInstitution()
        >>> judge(rule, admitted(4, every=60))
        []
        >>> [found.value for found in judge(rule, admitted(6, every=60))]
        [5]

    """

    card = Card(
        id="I05-PAIR",
        name=Text("同一机构频繁住院", "Frequent admission to one institution"),
        family="inpatient",
        ledger="stays_at",
        subject="person",
        why=Text(
            "同一机构一年内多次收治同一参保人住院，可能诱导住院或挂床",
            "One institution admits the same person again and again within a year: talked into it, or never there",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“一年内多次在同一定点医疗机构住院的”"
        ),
        advice=Text(
            "历次病历是否雷同，住院指征是否充分，是否存在挂床或诱导住院",
            "whether the records repeat one another, and whether each stay was needed and took place",
        ),
        decided=("dscg_maindiag_code", "med_type", "dscg_way", "mid_setl_flag"),
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
        5,
        "在同一机构住院达到该次数即触发",
        "number of stays at one institution that sets the rule off",
        unit="stays",
        origin=HONEST_COUNTY,
    )
    exempt_types: tuple[str, ...] = not_counted_types()
    exempt_ways: tuple[str, ...] = not_counted_ways()
    longest_days: int = pieces_within(180)
    quiet: int = ends_after(604_800, "每年只在首次达到时预警", "told once in a year, when the limit is first reached")

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How often, in how long."""
        return words(episode.peak, Text("均在该机构", "all at this one institution"))

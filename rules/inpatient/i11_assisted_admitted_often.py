"""Rule I11: a person in need of assistance is admitted again and again."""

from __future__ import annotations

from rules import Card, Episode, Names, Reference, Stay, Text, assumption, ends_after, parameter, pieces_within

from ._frequency import FrequentStays, not_counted_types, not_counted_ways, words


class AssistedAdmittedOften(FrequentStays):
    """A person with a low income or in destitution is admitted more often within a year than illness explains.

    Why: "低保对象、特困人员等困难群体" (Baoji city, 2024-09-27) is a key population, and "特困人员就医" (Anyue county,
    2024-11-11) is to be watched: who pays next to nothing for a stay is easily talked into one. No number is published;
    five stays are our assumption, one fewer than I05 has for everybody. The lead is about who admits, and never a
    reason to refuse the person a bed.

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: 10,000 persons in the
    table, each with 0.4 stays a year, as unequal as those of I05): 0.28 alerts a day. That is 8 alerts a month in
    200,000.

    As I05, with one limit, of the stays of one person at whichever institutions; but only stays count at whose begntime
    the person is in the table `assisted`.

    Known gaps: those of I05. A person who is in the table and chronically ill looks the same. Long stays in a home for
    the destitute that has its own ward are few, and are not found here.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, stay
        >>> reference = Reference()
        >>> reference.put("assisted", {"psn_no": "p1"})
        >>> def admitted(times, every):
        ...     return [stay(at("09:00", day=every * n), "admission", f"v{n}") for n in range(times)]
        >>> rule = AssistedAdmittedOften()
        >>> judge(rule, admitted(5, every=60), Reference())
        []
        >>> judge(rule, admitted(4, every=60), reference)
        []
        >>> [found.value for found in judge(rule, admitted(5, every=60), reference)]
        [5]

    """

    card = Card(
        id="I11",
        name=Text("困难群体频繁住院", "Assisted person admitted often"),
        family="inpatient",
        ledger="stays",
        subject="person",
        why=Text(
            "低保、特困等人员住院自付很少，容易被诱导住院；一年内住院次数过多时提示",
            "Who pays next to nothing for a stay is easily talked into one: admitted very often within a year",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“低保对象、特困人员等困难群体”；"
            "安岳县八条措施（2024-11-11）“特困人员就医”"
        ),
        advice=Text(
            "10日内查看各次住院指征与在床情况，回访本人或供养机构，有无车接车送、免费体检等诱导；不得因此拒绝其就医",
            "within 10 days whether each stay was needed and took place, and whether the person was fetched or given a "
            "free examination; nobody is to be refused treatment for it",
        ),
        tables=("assisted",),
        decided=("dscg_maindiag_code", "med_type", "dscg_way", "mid_setl_flag", "assisted.assistance"),
    )

    days: int = parameter(
        365,
        "统计期的天数",
        "length of the count",
        unit="days",
        origin=assumption("与I05相同：一年", "as I05: a year"),
    )
    limit: int = parameter(
        5,
        "住院达到该次数即触发",
        "number of stays that sets the rule off",
        unit="stays",
        origin=assumption(
            "正常县取4次时每月预警约18条，取5次时约8条",
            "with 4 an honest county opens about 18 alerts a month, with 5 about 8",
        ),
    )
    exempt_types: tuple[str, ...] = not_counted_types()
    exempt_ways: tuple[str, ...] = not_counted_ways()
    longest_days: int = pieces_within(180)
    quiet: int = ends_after(604_800, "每年只在首次达到时预警", "told once in a year, when the limit is first reached")

    def counts(self, admission: Stay, reference: Reference) -> bool:
        """Whether the person is in the table when the stay begins."""
        return reference.row("assisted", admission.person, admission.time) is not None

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often, in how long, at which institutions."""
        where = names.institutions(episode.peak.evidence)
        zh, en = f"系登记的困难群体，住院机构：{where.zh}", f"who is registered as in need of help, at {where.en}"
        return words(episode.peak, Text(zh, en))

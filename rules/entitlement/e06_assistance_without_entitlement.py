"""Rule E06: medical assistance pays for a person who is not entitled to it."""

from __future__ import annotations

from rules import Card, Episode, Names, Reference, Text, Visit, ends_after, is_away

from ._withheld import Withheld, least


class AssistanceWithoutEntitlement(Withheld):
    """Medical assistance pays a part of a bill for a person who is not in its register.

    Why: "医疗救助" (She county, 2025-04-30): assistance is for those whom civil affairs have recognised.

    Honest county of 200,000: the register decides, so there is no alert but for errors in it. A person whose row is
    missing has one for as long as assistance pays at least once in 30 days. That is 0 alerts a month in 200,000 where
    the register is right.

    Judged are settlements (2102, 2207, 2304), at setl_time, with maf_pay above 0. It is a finding, `high`, if the table
    `assisted` has no row of the person that is valid at setl_time. Where insuplc_admdvs and mdtrtarea_admvs are stated
    and differ nothing is judged: the table is that of the county. The value is the number of such settlements in the 30
    days up to the judged one. Reversals and refunds never count.

    Known gaps: assistance that is paid later, outside of the settlement. A family that falls into poverty by illness
    and is recognised afterwards. The amount of the assistance is not told, only the fund's whole part.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, visit
        >>> reference = Reference()
        >>> reference.put("assisted", {"psn_no": "p1", "valid_to": "2026-03-04"})
        >>> rule = AssistanceWithoutEntitlement()
        >>> judge(rule, [visit(at("23:59", day=-1), assisted=True), visit(at("00:00"))], reference)
        []
        >>> [(one.value, one.severity) for one in judge(rule, [visit(at("00:00"), assisted=True)], reference)]
        [(1, 'high')]

    """

    card = Card(
        id="E06",
        name=Text("非救助对象享受医疗救助", "Assistance without entitlement"),
        family="entitlement",
        ledger="unassisted",
        subject="person",
        why=Text(
            "医疗救助只支付给经认定的救助对象，不在名册内而享受救助的，可能冒领",
            "Assistance is for those who are recognised: who is not in the register may draw it wrongly",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；歙县方案（2025-04-30）“医疗救助”",
        advice=Text(
            "三日内与民政部门核对该人员的认定情况与起止日期，名册无误的，查明救助资金由谁核准、支付给谁",
            "within three days compare with civil affairs since when the person is recognised; if not at all, who "
            "granted the assistance, and to whom it went",
        ),
        tables=("assisted",),
    )

    quiet: int = ends_after(2_592_000, "30天：持续享受只有一条预警", "30 days: continued use is one alert")

    def is_hit(self, one: Visit, reference: Reference) -> bool:
        """Whether assistance paid for a person who is not in its register."""
        return one.assisted and not is_away(one) and reference.row("assisted", one.person, one.time) is None

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often and where."""
        found, where, limit = episode.peak, names.institutions(episode.evidence), least(episode.peak)
        return Text(
            f"1名参保人不在救助对象名册内，结算中仍有医疗救助支付，30天内{found.value:g}笔（{limit.zh}），发生在{where.zh}",
            f"medical assistance paid for a person who is not in its register; settlements within 30 days: "
            f"{found.value:g} ({limit.en}), at {where.en}",
        )

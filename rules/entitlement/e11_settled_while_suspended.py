"""Rule E11: a person settles whose network settlement is suspended."""

from __future__ import annotations

from rules import Card, Episode, Names, Reference, Text, Visit, ends_after, withheld

from ._withheld import InRegister, between, least


class SettledWhileSuspended(InRegister):
    """A person settles through the network while the register has the person's network settlement suspended.

    Why: Article 41 of the regulation lets the bureau suspend the network settlement of an insured person for 3 to
    12 months.

    Honest county of 200,000: the register decides, so there is no alert but for errors in it. A person with a wrong
    row has one for as long as the person settles at least once in 30 days. That is 0 alerts a month in 200,000
    where the register is right.

    Judged are settlements (2102, 2207, 2304), at setl_time, whatever the fund paid. It is a finding, `high`, if the row
    of the person that is valid at setl_time has state `suspended`. The value is the number of such settlements in the
    30 days up to the judged one. Reversals and refunds never count.

    Known gaps: a settlement of costs that arose before the suspension is reported too, for what is suspended is the
    settlement. Where two rows are valid at once the one with the later valid_from counts. Questions before settlement
    are not answered by this rule.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, visit
        >>> reference = Reference()
        >>> reference.put("insured", {"psn_no": "p1", "state": "suspended", "valid_from": "2026-03-05"})
        >>> judge(SettledWhileSuspended(), [visit(at("23:59", day=-1))], reference)
        []
        >>> [(found.value, found.severity) for found in judge(SettledWhileSuspended(), [visit(at("00:00"))], reference)]
        [(1, 'high')]

    """

    card = Card(
        id="E11",
        name=Text("暂停联网结算期间结算", "Settlement of a suspended person"),
        family="entitlement",
        ledger="insured",
        subject="person",
        why=Text(
            "暂停联网结算期间，参保人的医疗费用不得联网结算",
            "The costs of a suspended person may not be settled through the network",
        ),
        basis=("《医疗保障基金使用监督管理条例》第四十一条（暂停医疗费用联网结算3个月至12个月）"),
        advice=Text(
            "三日内核对暂停决定的起止日期，查明结算系统为何仍予受理，并核实就医购药的是否本人",
            "within three days compare the dates of the decision, why it was accepted, and whether the person came",
        ),
        tables=("insured",),
        decided=("insured.state",),
    )

    quiet: int = ends_after(2_592_000, "30天：持续结算只有一条预警", "30 days: continued use is one alert")

    def is_hit(self, one: Visit, reference: Reference) -> bool:
        """Whether network settlement was suspended when it was settled."""
        return withheld(one, reference) == "suspended"

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often and where."""
        found, where = episode.peak, names.institutions(episode.evidence)
        limit, when = least(found), between(found)
        return Text(
            f"1名参保人在暂停联网结算期间{when.zh}仍有结算，30天内{found.value:g}笔（{limit.zh}），发生在{where.zh}",
            f"a person settled while network settlement is suspended{when.en}; settlements within 30 days: "
            f"{found.value:g} ({limit.en}), at {where.en}",
        )

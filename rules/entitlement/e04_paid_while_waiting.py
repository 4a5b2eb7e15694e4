"""Rule E04: the fund pays for a person who still waits."""

from __future__ import annotations

from rules import Card, Episode, Names, Reference, Text, Visit, ends_after, withheld

from ._withheld import InRegister, between, least


class PaidWhileWaiting(InRegister):
    """The fund pays for a person whom the register still has in the waiting period.

    Why: "违规为尚在医保待遇等待期的人员办理医保待遇" (She county, 2025-04-30).

    Honest county of 200,000: the register decides, so there is no alert but for errors in it. A person with a wrong
    row has one for as long as the fund pays at least once in 30 days. That is 0 alerts a month in 200,000 where the
    register is right.

    Judged are settlements (2102, 2207, 2304), at setl_time, with fund_pay_sumamt above 0. It is a finding, `high`, if
    the row of the person that is valid at setl_time has state `waiting`. The value is the number of such settlements in
    the 30 days up to the judged one. Reversals and refunds never count.

    Known gaps: what is settled after the waiting period for care within it. Where two rows are valid at once the one
    with the later valid_from counts. Of a question before settlement it is not known whether the fund will pay, so none
    is answered.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, visit
        >>> reference = Reference()
        >>> reference.put("insured", {"psn_no": "p1", "state": "waiting", "valid_from": "2026-03-05"})
        >>> judge(PaidWhileWaiting(), [visit(at("23:59", day=-1)), visit(at("00:00"), amount=0)], reference)
        []
        >>> found = judge(PaidWhileWaiting(), [visit(at("00:00"), amount=1)], reference)
        >>> [(one.value, one.severity) for one in found]
        [(1, 'high')]

    """

    card = Card(
        id="E04",
        name=Text("等待期内享受待遇", "Benefit during the waiting period"),
        family="entitlement",
        ledger="insured",
        subject="person",
        why=Text(
            "待遇等待期内，医保基金不予支付",
            "The fund does not pay during the waiting period",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；"
            "歙县专项整治方案（2025-04-30）“违规为尚在医保待遇等待期的人员办理医保待遇”"
        ),
        advice=Text(
            "三日内核对参保、缴费与等待期起止日期，查明待遇由何人何时开通，费用是否应当退回",
            "within three days compare the dates of enrolment and payment, who opened the benefit, and what to return",
        ),
        tables=("insured",),
        decided=("insured.state",),
    )

    quiet: int = ends_after(2_592_000, "30天：持续结算只有一条预警", "30 days: continued use is one alert")

    def is_hit(self, one: Visit, reference: Reference) -> bool:
        """Whether the fund paid while the person waited."""
        return one.amount > 0 and withheld(one, reference) == "waiting"

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often and where."""
        found, where = episode.peak, names.institutions(episode.evidence)
        limit, when = least(found), between(found)
        return Text(
            f"1名参保人在待遇等待期{when.zh}内由基金支付，30天内{found.value:g}笔（{limit.zh}），发生在{where.zh}",
            f"the fund paid for a person in the waiting period{when.en}; settlements within 30 days: "
            f"{found.value:g} ({limit.en}), at {where.en}",
        )

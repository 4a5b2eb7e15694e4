"""Rule S09: an institution settles although its agreement is suspended or ended."""

from __future__ import annotations

from rules import (
    DAY,
    WITHOUT_AGREEMENT,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Rule,
    Swipe,
    Text,
    Window,
    agreement_at,
    ends_after,
    evidence,
    reached,
)

from ._agreement import lapse_text, lapsed_at


class NoAgreement(Rule[Swipe]):
    """An institution settles on a day on which the register has its agreement suspended or terminated.

    Why: "违规为非定点医药机构或处于中止医保协议期间的医药机构提供医保结算" (Mei county forwarding Baoji city,
    2024-09-27).

    Honest county of 200,000: the register decides, so there is no alert but for errors in it. An institution with a
    wrong row has one a day. That is 0 alerts a month in 200,000 where the register is right.

    Judged are the settlements of 2102 and 2207. Of a stay S09-STAY judges the admission, and nothing judges the bill
    (2304): those who were admitted before may be treated to the end. The time of service is the first fee_ocur_time of
    the lines that a settlement carries, else its setl_time. It is a finding, `critical`, if the row of the institution
    that is valid at the time of service has status `suspended` or `terminated`. Where no row is valid then, the rule
    does not decide (counted as `institution not in the register`).

    The Beijing day of the time of service is the day: each institution and day has one alert. The value is the number
    of such settlements of the day up to the judged one. Reversals and refunds never count.

    Known gaps: a settlement through another institution's code. Questions before settlement are not answered by this
    rule.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import PHARMACY, at, judge, swipe
        >>> reference, row = Reference(), {"fixmedins_code": PHARMACY, "kind": "pharmacy"}
        >>> reference.put("institutions", row | {"status": "active", "valid_to": "2026-03-04"})
        >>> reference.put("institutions", row | {"status": "suspended", "valid_from": "2026-03-05"})
        >>> judge(NoAgreement(), [swipe(at("23:59", day=-1))], reference)
        []
        >>> [(one.value, one.severity) for one in judge(NoAgreement(), [swipe(at("00:00"))], reference)]
        [(1, 'critical')]

    """

    card = Card(
        id="S09",
        name=Text("协议中止期间结算", "Settlement without an agreement"),
        family="entitlement",
        ledger="agreements",
        subject="institution",
        why=Text(
            "医保协议中止或解除期间，机构不得进行医保结算",
            "An institution may not settle while its agreement is suspended or terminated",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；"
            "眉县转发宝鸡市通知（2024-09-27）“违规为非定点医药机构或处于中止医保协议期间的医药机构提供医保结算”"
        ),
        advice=Text(
            "协议状态及起止日期登记是否正确，结算系统为何仍予受理",
            "whether the register has the right dates, and why the settlement was accepted",
        ),
        tables=("institutions",),
        decided=("fee_ocur_time", "institutions.status"),
    )

    quiet: int = ends_after(
        432_000,
        "五天：结算至多比首条明细晚三天多；台账按机构和日期分开，每日一条预警",
        "five days: a settlement may follow its first line by three and some minutes; the ledger's key is institution "
        "and day, so each day has one alert",
    )

    @property
    def span(self) -> int:
        """A day, and the days by which a settlement may follow its first line, ms."""
        return 5 * DAY

    @property
    def shown(self) -> int:
        """A day, ms."""
        return DAY

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:
        """Ask the register about the time of service, and count what the day has brought so far."""
        lapsed = lapsed_at(entry.institution, entry.began, reference)
        if not lapsed:
            return None
        return Finding(
            measure="settlements",
            value=sum(
                agreement_at(one.institution, one.began, reference) in WITHOUT_AGREEMENT for one in window.entries
            ),
            limit=0,
            unit="settlements",
            severity="critical",
            evidence=evidence([entry], self.card),
            details=lapsed,
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """That the agreement is suspended or ended, and how much was settled."""
        found = episode.peak
        lapse, limit = lapse_text(found.details), reached(found.limit + 1, Text("笔", "in a day"))
        return Text(
            f"{lapse.zh}，当日仍有结算{found.value:g}笔（{limit.zh}）",
            f"{lapse.en}, yet {found.value:g} settlements that day ({limit.en})",
        )

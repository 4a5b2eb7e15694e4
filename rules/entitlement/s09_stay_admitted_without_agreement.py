"""Rule S09-STAY: an institution admits although its agreement is suspended or ended."""

from __future__ import annotations

from rules import (
    DAY,
    WITHOUT_AGREEMENT,
    Admitted,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    agreement_at,
    day_of,
    ends_after,
    evidence,
    reached,
)

from ._agreement import lapse_text, lapsed_at


class AdmittedWithoutAgreement(Rule[Admitted]):
    """An institution admits a patient at a time at which the register has its agreement suspended or terminated.

    Why: "违规为非定点医药机构或处于中止医保协议期间的医药机构提供医保结算" (Mei county forwarding Baoji city,
    2024-09-27). A stay is held against its beginning: those who were admitted before may be treated to the end.

    Honest county of 200,000: the register decides, so there is no alert but for errors in it. An institution with a
    wrong row has one for as long as it admits every day. That is 0 alerts a month in 200,000 where the register is
    right.

    Judged are admissions (2401), at begntime. It is a finding, `critical`, if the row of the institution that is valid
    at begntime has status `suspended` or `terminated`. Where no row is valid then, the rule does not decide (counted as
    `institution not in the register`). Of an admission that is sent again the latest upload counts, also where its
    begntime is another one.

    The value is the number of such admissions of the institution on the Beijing day of begntime, up to the judged one.

    Known gaps: an admission through another institution's code. An admission carries no money, so the alert has no
    amount: the bills of these stays come later.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import HOSPITAL, admitted, at, judge
        >>> reference, row = Reference(), {"fixmedins_code": HOSPITAL, "kind": "hospital"}
        >>> reference.put("institutions", row | {"status": "active", "valid_to": "2026-03-04"})
        >>> reference.put("institutions", row | {"status": "suspended", "valid_from": "2026-03-05"})
        >>> judge(AdmittedWithoutAgreement(), [admitted(at("23:59", day=-1))], reference)
        []
        >>> found = judge(AdmittedWithoutAgreement(), [admitted(at("00:00"))], reference)
        >>> [(one.value, one.severity) for one in found]
        [(1, 'critical')]

    """

    card = Card(
        id="S09-STAY",
        name=Text("协议中止期间收治住院", "Admission without an agreement"),
        family="entitlement",
        ledger="admissions",
        subject="institution",
        why=Text(
            "医保协议中止或解除期间，机构不得收治医保住院患者",
            "An institution may not admit insured patients while its agreement is suspended or terminated",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；"
            "眉县转发宝鸡市通知（2024-09-27）“违规为非定点医药机构或处于中止医保协议期间的医药机构提供医保结算”"
        ),
        advice=Text(
            "协议状态及起止日期登记是否正确，每次入院登记为何仍予受理，这些住院此后30天内是否申报结算",
            "whether the register has the right dates, why each admission was accepted, and whether these stays are "
            "billed within the next 30 days",
        ),
        tables=("institutions",),
        decided=("institutions.status",),
    )

    quiet: int = ends_after(
        86_400, "每天都有新入院的，持续为一条预警", "as long as there are admissions every day it is one alert"
    )

    @property
    def span(self) -> int:
        """A day, ms."""
        return DAY

    def check(self, entry: Admitted, window: Window[Admitted], reference: Reference) -> Finding | None:
        """Ask the register about the admission, and count what the day has brought so far."""
        lapsed = lapsed_at(entry.institution, entry.time, reference)
        if not lapsed:
            return None
        today = window.since(day_of(entry.time))
        return Finding(
            measure="admissions",
            value=sum(agreement_at(one.institution, one.time, reference) in WITHOUT_AGREEMENT for one in today),
            limit=1,
            unit="admissions",
            severity="critical",
            evidence=evidence([entry], self.card),
            details=lapsed,
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """That the agreement is suspended or ended, how many were admitted, and how many on the busiest day."""
        found = episode.peak
        lapse, limit = lapse_text(found.details), reached(found.limit, Text("笔", "in a day"))
        return Text(
            f"{lapse.zh}，其间仍有入院登记{episode.count}笔，最多的一天{found.value:g}笔（{limit.zh}）",
            f"{lapse.en}, yet patients were admitted: {episode.count}, up to {found.value:g} in a day ({limit.en})",
        )

"""Rule E05: settled as a chronic illness that nobody recognised."""

from __future__ import annotations

from rules import BY_ENTITLEMENT, Card, Episode, Names, Reference, Severity, Text, Visit, ends_after, is_away

from ._withheld import Withheld, least


class WithoutRecognition(Withheld):
    """The fund pays for the chronic or special illness of an outpatient whom the register does not recognise.

    Why: "门诊慢特病认定" (She county, 2025-04-30). A recognised illness is paid for at a higher rate: who has no
    recognition, or whose recognition has ended, is not to be settled so.

    Honest county of 200,000 (`python -m pytest tests/honest/test_offices.py`, our assumption: 20,000 persons are
    recognised, and one in a thousand of them a month is settled before the row is there): 0.67 alerts a day where the
    table is loaded once a month, and next to none where it is loaded every night. That is 20 alerts a month in 200,000.

    Judged are settlements (2102, 2207), at setl_time, with a med_type that begins with 14 or 15 and fund_pay_sumamt
    above 0. It is a finding, `warning`, if the table `recognised` has no row of the person that is valid at setl_time.
    Where insuplc_admdvs and mdtrtarea_admvs are stated and differ nothing is judged: the table is that of the county.
    The value is the number of such settlements in the 30 days up to the judged one. Reversals and refunds never count.

    Known gaps: a person who is recognised for another illness than the one that is treated; the settlement does not say
    which it is. Drugs that have nothing to do with the illness. Questions before settlement are not answered by this
    rule, for it is not known what the fund will pay.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, visit
        >>> reference = Reference()
        >>> reference.put("recognised", {"psn_no": "p1", "valid_to": "2026-03-04"})
        >>> def settled(time, **fields):
        ...     return visit(time, transaction="2207", visit_type="14", **fields)
        >>> rule = WithoutRecognition()
        >>> judge(rule, [settled(at("23:59", day=-1)), settled(at("00:00"), amount=0)], reference)
        []
        >>> [(one.value, one.severity) for one in judge(rule, [settled(at("00:00"), amount=1)], reference)]
        [(1, 'warning')]

    """

    card = Card(
        id="E05",
        name=Text("未经认定享受慢特病待遇", "Chronic illness without recognition"),
        family="entitlement",
        ledger="unrecognised",
        subject="person",
        why=Text(
            "未认定门诊慢特病或认定已到期的参保人，不得按慢特病待遇结算",
            "Who is not recognised as chronically ill, or no more, may not be settled at that rate",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县方案（2025-04-30）“门诊慢特病认定”",
        advice=Text(
            "三日内核对认定名册是否及时更新、认定的病种与起止日期，名册无误的，查明机构按何依据结算",
            "within three days whether the register is up to date, for which illness and until when; if it is right, "
            "on what the institution relied",
        ),
        tables=("recognised",),
        decided=("med_type",),
    )

    quiet: int = ends_after(2_592_000, "30天：持续结算只有一条预警", "30 days: continued use is one alert")

    @property
    def severity(self) -> Severity:
        """The table may lag behind."""
        return "warning"

    def is_hit(self, one: Visit, reference: Reference) -> bool:
        """Whether the fund paid for an illness that is not recognised."""
        by_entitlement = one.visit_type[:2] in BY_ENTITLEMENT and one.amount > 0 and not is_away(one)
        return by_entitlement and reference.row("recognised", one.person, one.time) is None

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often and where."""
        found, where, limit = episode.peak, names.institutions(episode.evidence), least(episode.peak)
        return Text(
            f"1名参保人未认定门诊慢特病，仍按慢特病待遇结算，30天内{found.value:g}笔（{limit.zh}），发生在{where.zh}",
            f"the chronic illness of a person who is not recognised was settled; settlements within 30 days: "
            f"{found.value:g} ({limit.en}), at {where.en}",
        )

"""Rule I02: a patient in hospital settles elsewhere day by day."""

from __future__ import annotations

from rules import Card, Text, Visit, assumption, parameter

from ._elsewhere import SettledElsewhere


class EmptyBed(SettledElsewhere):
    """A person is a patient of a hospital, and settles elsewhere in person on so many days that the bed seems empty.

    Why: "挂床住院" (Mei county forwarding Baoji city, 2024-09-27; She county, 2025-04-30): the hospital charges a bed
    in which nobody lies. The empty bed is not in the data; the patient who is elsewhere is. No number is published.

    What a stay, its end and its settlement are stands in docs/rules/whole-stays.md. Judged is a settlement of an
    outpatient or at a pharmacy (2207, 2102) that says where the person was and that the fund pays a part of. These say
    nothing: one made at a terminal or by telephone (opter_type 2, 3), of an internet or mail-order institution, with
    the electronic credential on the account of the family, on the account alone, for a chronic or special illness
    (med_type 14, 15: a relative may come for it), or on a prescription that was sent (rx_circ_flag 1). It counts if it
    lies on a day after that of the admission and before that of the discharge, at an institution that is neither the
    hospital nor of its group. A stay of an exempt kind does not count. The value is the number of such days of the stay
    up to the settlement; it is a finding from `fewest` on.

    It is `high` where the end of the stay is known. Before, it is a `warning` that is told `wait_hours` after the
    settlement: a discharge that comes late withdraws it. A stay that is settled for good without a known end is not
    decided (counted as `settled without an end`).

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: 36,000 stays a year, of 8
    days, one in ten of 20; on 0.8 % of the days a relative buys in person with the patient's card, in one family of ten
    four times as often): 0.037 alerts a day. That is 1.1 alerts a month in 200,000.

    Known gaps: a patient who is at home and settles nothing. What is settled on the account alone. Purchases for
    several days at once. A hospital of several sites with a code for each and no group. A stay of which neither
    discharge nor bill ever comes keeps its warning.

    Example:
        >>> from rules.testing import at, judge, stay, visit
        >>> def bought(*days):
        ...     return [stay(at("09:00"), "admission", "v1"), stay(at("09:00", day=6), "discharge", "v1"),
        ...             *(visit(at("10:00", day=day)) for day in days)]
        >>> judge(EmptyBed(), bought(0, 2, 3, 6))
        []
        >>> [(found.value, found.severity) for found in judge(EmptyBed(), bought(2, 3, 4))]
        [(3, 'high')]

    """

    card = Card(
        id="I02",
        name=Text("疑似挂床住院", "Nominal stay"),
        family="inpatient",
        ledger="whereabouts",
        subject="person",
        why=Text(
            "住院期间多日在别处刷卡，人可能不在床上，住院费用却照收",
            "Day by day the patient is elsewhere, so the bed may be empty while the stay is charged",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；眉县转发宝鸡市通知（2024-09-27）、歙县方案（2025-04-30）“挂床住院”",
        advice=Text(
            "尽快到病房查看患者是否在床，核对护理、用药和检查记录，是否家属代为购药或请假外出",
            "look soon whether the patient is in bed; nursing, drug and test records; did a relative buy, or was the "
            "patient on leave",
        ),
        decided=("med_type", "opter_type", "mdtrt_cert_type", "dscg_time"),
    )

    fewest: int = parameter(
        3,
        "住院期间在别处结算的天数达到该值即触发",
        "number of days of a stay with a settlement elsewhere that sets the rule off",
        unit="days",
        origin=assumption("家属代购、外出检查一般不超过两天", "relatives and tests elsewhere make one day or two"),
    )

    @property
    def least(self) -> int:
        """As many days."""
        return self.fewest

    def counts(self, visit: Visit) -> bool:  # noqa: ARG002 - as S07
        """All that the ledger keeps."""
        return True

"""Rule S07: the credential of a patient in hospital is used for treatment elsewhere."""

from __future__ import annotations

from rules import Card, Text, Visit, assumption, parameter

from ._elsewhere import SettledElsewhere


class TreatedElsewhere(SettledElsewhere):
    """A person lies in one hospital, and is treated as an outpatient of another on several days.

    Why: "冒用他人医保凭证就医购药" (She county, 2025-04-30) and "诱导、协助他人冒名或者虚假就医、住院、购药" (Mei
    county forwarding Baoji city, 2024-09-27): either another person uses the credential, or the stay is not real. No
    number is published.

    What a stay, its end and its settlement are stands in docs/rules/whole-stays.md. Judged is an outpatient settlement
    (2207) that says where the person was and that the fund pays a part of. These say nothing: one made at a terminal
    or by telephone (opter_type 2, 3), of an internet institution, with the electronic credential on the account of
    the family, on the account alone, for a chronic or special illness (med_type 14, 15: a relative may come for it),
    or on a prescription that was sent. It counts if it lies on a day after that of the admission and before that of
    the discharge, at an institution that is neither the hospital nor of its group. A stay of an exempt kind does not
    count. The value is the number of such days of the stay up to the settlement; it is a finding from `fewest` on.

    It is `high` where the end of the stay is known. Before, it is a `warning` that is told `wait_hours` after the
    settlement: a discharge that comes late withdraws it. A stay that is settled for good without a known end is not
    decided (counted as `settled without an end`).

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: 36,000 stays a year of 8
    days; 1 % are sent to another hospital for a test, and a tenth of these again on another day): 0.1 alerts a
    day. That is 3 alerts a month in 200,000.

    Known gaps: a person whose credential is used on one day only; a test elsewhere looks the same. What is settled on
    the account alone. A hospital of several sites with a code for each and no group. A stay of which neither discharge
    nor bill ever comes keeps its warning.

    Example:
        >>> from rules.testing import at, judge, stay, visit
        >>> def seen(*days):
        ...     there = {"institution": "H34102100002", "transaction": "2207", "visit_type": "11"}
        ...     return [stay(at("09:00"), "admission", "v1"), stay(at("09:00", day=5), "discharge", "v1"),
        ...             *(visit(at("10:00", day=day), **there) for day in days)]
        >>> judge(TreatedElsewhere(), seen(0, 2, 5))
        []
        >>> [(found.value, found.severity) for found in judge(TreatedElsewhere(), seen(1, 2))]
        [(2, 'high')]

    """

    card = Card(
        id="S07",
        name=Text("住院期间他院就诊", "Treated elsewhere while in hospital"),
        family="inpatient",
        ledger="whereabouts",
        subject="person",
        why=Text(
            "同一参保人住院期间又在别院门诊就诊：凭证可能被他人冒用，或住院并不真实",
            "A patient in hospital is treated elsewhere: another person uses the credential, or the stay is not real",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十一条；歙县方案（2025-04-30）“冒用他人医保凭证就医购药”；"
            "眉县转发宝鸡市通知（2024-09-27）“冒名或者虚假就医、住院、购药”"
        ),
        advice=Text(
            "三日内核对两处的身份核验记录、病历和监控，患者本人当时在哪里，是否外出检查",
            "within three days the identity checks, records and cameras of both: where was the patient, "
            "was it a test that the hospital ordered",
        ),
        decided=("med_type", "opter_type", "mdtrt_cert_type", "dscg_time"),
    )

    fewest: int = parameter(
        2,
        "住院期间在别院就诊的天数达到该值即触发",
        "number of days of a stay with a treatment elsewhere that sets the rule off",
        unit="days",
        origin=assumption("一次可能是外出检查", "one may be a test elsewhere"),
    )

    @property
    def least(self) -> int:
        """As many days."""
        return self.fewest

    def counts(self, visit: Visit) -> bool:
        """Of an outpatient at a hospital."""
        return visit.transaction == "2207"

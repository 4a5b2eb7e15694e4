"""Rule B12: a physician orders whose registration is not valid."""

from __future__ import annotations

from rules import INVALID, Card, Episode, Names, Severity, Text, assumption, parameter, reached

from ._register import AgainstRegister

STATUS = {
    "suspended": Text("中止", "suspended"),
    "revoked": Text("吊销", "revoked"),
    "cancelled": Text("注销", "cancelled"),
    "expired": Text("过期", "expired"),
}
"""The status of a registration in words."""


class InvalidRegistration(AgainstRegister):
    """A physician orders at an institution though the register says that the registration is not valid.

    Why: "非法执业、超范围执业" (She county, 2025-04-30). What a physician orders whose registration is suspended,
    revoked, cancelled or expired, the fund does not owe.

    Judged are the standing lines of outpatients (2204) with a positive quantity (cnt), by their bilg_dr_codg and their
    fee_ocur_time. Left out are codes of fewer than 10 characters, and codes that are one character again and again
    behind the first one: they are an institution's own. Counted are the lines of one code at one institution in
    the `days` that end with the judged line, at the time of which the row of the table `physicians` says `suspended`,
    `revoked`, `cancelled` or `expired`. It is a finding, `high`, from `fewest` on.

    A code that the table does not have then is not decided (counted as `a physician who is not in the register`).
    Without a row in the table the rule is silent.

    Honest county of 200,000 (`python -m pytest tests/honest/test_outpatients.py`, our assumption: of 600 physicians 30
    a year are registered anew, and of one in 10 the new row comes a week late): 0.0082 alerts a day. That is 0.25
    alerts a month in 200,000.

    Known gaps: lines of stays (2301) and sales of pharmacies. A person without any code who orders under the code of a
    registered one; B11 sees it where both are at work. A register that is behind.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, ordered
        >>> reference = Reference()
        >>> reference.put("physicians", {"bilg_dr_codg": "D341021000017", "status": "revoked"})
        >>> def lines(count):
        ...     return [ordered(at("10:00", day=n), line=str(n)) for n in range(count)]
        >>> judge(InvalidRegistration(), lines(2), reference)
        []
        >>> [(found.value, found.severity) for found in judge(InvalidRegistration(), lines(3), reference)]
        [(3, 'high')]

    """

    card = Card(
        id="B12",
        name=Text("执业注册无效仍开单", "Orders without a valid registration"),
        family="billing",
        ledger="unregistered",
        subject="physician",
        why=Text(
            "执业注册已中止、吊销、注销或过期，仍以其编码开单，属非法执业或冒用名义",
            "The registration is not valid and the code still orders: unlawful practice, or a name that others use",
        ),
        basis="《中华人民共和国医师法》第十三条；《医疗保障基金使用监督管理条例》第三十八条；"
        "歙县方案（2025-04-30）“非法执业、超范围执业”",
        advice=Text(
            "三日内向卫生健康部门核对注册状态与起止日期，查实际接诊人，是否名册更新滞后",
            "within three days the registration and its dates at the health authority, and who saw the patients; "
            "was the register behind",
        ),
        tables=("physicians",),
        decided=("bilg_dr_codg", "physicians.status"),
    )

    fewest: int = parameter(
        3,
        "统计天数内注册无效而开单的明细达到该条数即触发",
        "number of lines without a valid registration that sets the rule off",
        unit="lines",
        origin=assumption("一两条可能是补录或编码有误", "one or two may be entered late, or under a wrong code"),
    )

    @property
    def least(self) -> int:
        """As many lines."""
        return self.fewest

    @property
    def severity(self) -> Severity:
        """It may be no physician at all."""
        return "high"

    def is_meant(self, found: str) -> bool:
        """Of the states of a registration that is not valid."""
        return found in INVALID

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many lines, and what the register says."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("条明细", "lines"))
        state = STATUS[found.details["against"]]
        return Text(
            f"同一医师编码的执业注册已{state.zh}，{self.days}天内仍开单{found.value:g}条明细（{limit.zh}）",
            f"a physician's registration is {state.en}, and the code ordered {found.value:g} lines within "
            f"{self.days} d ({limit.en})",
        )

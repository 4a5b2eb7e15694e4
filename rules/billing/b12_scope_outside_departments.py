"""Rule B12-SCOPE: a physician orders for departments outside the registered scope."""

from __future__ import annotations

from rules import Card, Episode, Names, Text, assumption, parameter, reached

from ._register import AgainstRegister, last_of


class OutsideDepartments(AgainstRegister):
    """A physician orders for a department that the register does not name, not once but as a habit.

    Why: "非法执业、超范围执业" (She county, 2025-04-30). A registration holds for a scope; what lies outside it another
    physician has to order.

    Judged are the standing lines of outpatients (2204) with a positive quantity (cnt), by their bilg_dr_codg and their
    fee_ocur_time. Left out are codes of fewer than 10 characters, and codes that are one character again and again
    behind the first one: they are an institution's own. Counted are the lines of one code at one institution in
    the `days` that end with the judged line whose bilg_dept_codg is none of the `departments` of the row of the table
    `physicians` at their time. A row without departments allows any; a line
    without a department is not counted. It is a finding, `warning`, from `fewest` on.

    A code that the table does not have then is not decided (counted as `a physician who is not in the register`). One
    whose registration is not valid is B12.

    Honest county of 200,000 (`python -m pytest tests/honest/test_outpatients.py`, our assumption: on 20 days a year a
    physician of each of 6 hospitals stands in for a day in another department, where half of them order 30 lines or
    more): 0.16 alerts a day. That is 4.9 alerts a month in 200,000.

    Known gaps: lines of stays (2301). An item outside the scope within the right department. Departments that the
    institution writes in codes of its own.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, ordered
        >>> reference = Reference()
        >>> row = {"bilg_dr_codg": "D341021000017", "status": "valid", "departments": "A03 A04"}
        >>> reference.put("physicians", row)
        >>> def lines(count, department):
        ...     return [ordered(at("10:00", seconds=n), line=str(n), department=department) for n in range(count)]
        >>> judge(OutsideDepartments(), lines(30, "A04") + lines(29, "A13"), reference)
        []
        >>> [(found.value, found.severity) for found in judge(OutsideDepartments(), lines(30, "A13"), reference)]
        [(30, 'warning')]

    """

    card = Card(
        id="B12-SCOPE",
        name=Text("超执业范围开单", "Orders outside the registered scope"),
        family="billing",
        ledger="unregistered",
        subject="physician",
        why=Text(
            "医师经常在注册执业范围以外的科室开单，可能超范围执业或由他人使用其编码",
            "Again and again the code orders for a department outside the scope: the physician, or others who use it",
        ),
        basis="《中华人民共和国医师法》第十四条；歙县方案（2025-04-30）“非法执业、超范围执业”",
        advice=Text(
            "10日内核对执业范围、科室排班与实际接诊人，是否临时顶岗，名册科室是否登记不全",
            "within 10 days the scope, the rosters and who saw the patients; did the physician stand in, does the "
            "register lack a department",
        ),
        tables=("physicians",),
        decided=("bilg_dr_codg", "bilg_dept_codg", "physicians.departments"),
    )

    fewest: int = parameter(
        30,
        "统计天数内在执业范围以外的科室开单，明细达到该条数即触发",
        "number of lines outside the scope that sets the rule off",
        unit="lines",
        origin=assumption("临时顶岗一天的量以内不提示", "about what one day in place of another makes"),
    )

    @property
    def least(self) -> int:
        """As many lines."""
        return self.fewest

    def is_meant(self, found: str) -> bool:
        """Of a department that is not among those of the row."""
        return found == "department"

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many lines, and the department of the last one."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("条明细", "lines"))
        department = last_of(episode, "bilg_dept_codg")
        return Text(
            f"同一医师编码{self.days}天内在执业范围以外的科室开单{found.value:g}条明细，末条的科室为{department}"
            f"（{limit.zh}）",
            f"one physician's code ordered {found.value:g} lines within {self.days} d for departments outside the "
            f"registered scope, the last one for department {department} ({limit.en})",
        )

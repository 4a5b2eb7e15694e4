"""Points against the payment qualification of staff: what a confirmed lead lets propose. A proposal, never a deduction.

By the guidance of 2024 (医保发〔2024〕23号，《关于建立定点医药机构相关人员医保支付资格管理制度的指导意见》) a
person gets 1 to 3, 4 to 6, 7 to 9 or 10 to 12 points at once, the last for fraud. They add up within a calendar
year; from 9 on the qualification is suspended for 1 to 6 months, at 12 it ends. Emergencies and rescues are
exempt. Points follow a decision about the institution; so the bureau decides whether, whom and how many.

Which of the four a lead falls under is our assumption: a rule whose legal basis is Article 40 of the regulation (fraud
by institutions) the last; of the others `warning` and below the first, `high` the second, `critical` the third.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from monitor.contract.text import Language, Said
from rules.ledgers.physicians import SHORTEST_CODE

Alert = Mapping[str, Any]
Acts = Sequence[Mapping[str, Any]]

FRAUD = "第四十条"
BY_SEVERITY: Mapping[str, tuple[int, int]] = {"info": (1, 3), "warning": (1, 3), "high": (4, 6), "critical": (7, 9)}
OF_FRAUD = (10, 12)
SUSPENDED, ENDED = 9, 12
"""Points in a calendar year from which on the qualification is suspended, and at which it ends."""

HEADING = Said(
    "支付资格记分建议（处罚或协议处理后由经办机构认定，急诊、抢救除外）",
    "points proposed (the agency decides, after a decision about the institution; not for emergencies)",
)
_WHO = {"physician": Said("医师{}", "physician {}"), "staff": Said("工作人员{}", "member of staff {}")}
_LINE = Said("{}：建议{}至{}分", "{}: {} to {} points")
_SUM = Said("{}：{}条线索，合计建议{}至{}分{}", "{}: {} leads, {} to {} points in all{}")
_ENDS = Said("，可能达到12分（终止支付资格）", ", may reach 12 (the qualification ends)")
_SUSPENDS = Said("，可能达到9分（暂停支付资格1至6个月）", ", may reach 9 (suspended for 1 to 6 months)")


class Proposal(NamedTuple):
    """Points that a confirmed lead lets propose for one person.

    kind: `physician`, then who is the code; or `staff`, then who is a pseudonym. at: when the lead was confirmed, ISO
    8601.
    """

    kind: str
    who: str
    institution: str
    alert_id: str
    rule_id: str
    least: int
    most: int
    at: str


class Total(NamedTuple):
    """What is proposed for one person in a calendar year."""

    kind: str
    who: str
    least: int
    most: int
    proposals: list[Proposal]


def proposals_of(alert: Alert, said: Acts) -> list[Proposal]:
    """What an alert lets propose; nothing unless its last disposition is that it is confirmed.

    said: its dispositions, the first one first.
    """
    if not said or said[-1]["disposition"] != "confirmed" or alert["shadow"] or alert["status"] == "withdrawn":
        return []
    least, most = OF_FRAUD if FRAUD in alert["basis"] else BY_SEVERITY[alert["severity"]]
    return [
        Proposal(kind, who, institution, alert["alert_id"], alert["rule_id"], least, most, said[-1]["at"])
        for (kind, who), institution in sorted(_staff_in(alert).items())
    ]


def _staff_in(alert: Alert) -> dict[tuple[str, str], str]:
    """Who of the staff is named, with the institution: physicians by code, others by the register of staff."""
    subject, found = alert["subject"], dict[tuple[str, str], str]()
    if subject["kind"] == "physician":
        found["physician", subject["id"]] = alert["fixmedins_code"]
    for row in alert["evidence"]:
        decided = row.get("decided") or {}
        if len(code := decided.get("bilg_dr_codg", "")) >= SHORTEST_CODE:
            found.setdefault(("physician", code), row["fixmedins_code"])
        if decided.get("role") and row["person"]:
            found.setdefault(("staff", row["person"]), row["fixmedins_code"])
    return found


def totals_of(proposals: Iterable[Proposal], year: int) -> list[Total]:
    """What is proposed for each person in a calendar year, by when leads were confirmed; the most points first."""
    by_person: dict[tuple[str, str], list[Proposal]] = {}
    for one in proposals:
        if one.at.startswith(f"{year}-"):
            by_person.setdefault((one.kind, one.who), []).append(one)
    totals = (
        Total(kind, who, sum(one.least for one in some), sum(one.most for one in some), some)
        for (kind, who), some in by_person.items()
    )
    return sorted(totals, key=lambda total: (-total.most, total.kind, total.who))


def facts_of_points(alert: Alert, said: Acts, language: Language) -> Iterator[tuple[str, str]]:
    """The proposals as a fact of the alert, with its heading; none where nothing is proposed."""
    lines = [_line(one, language) for one in proposals_of(alert, said)]
    if lines:
        yield HEADING.of(language), ("；" if language == "zh" else "; ").join(lines)


def _line(one: Proposal, language: Language) -> str:
    return _LINE.of(language).format(_WHO[one.kind].of(language).format(one.who), one.least, one.most)


def total_lines(total: Total, language: Language) -> Iterator[str]:
    """What is proposed for one person, and below it the leads."""
    who = _WHO[total.kind].of(language).format(total.who)
    warning = _ENDS if total.most >= ENDED else _SUSPENDS if total.most >= SUSPENDED else Said("", "")
    yield _SUM.of(language).format(who, len(total.proposals), total.least, total.most, warning.of(language))
    for one in total.proposals:
        yield f"  {one.alert_id} {one.rule_id} {one.institution} {one.at[:10]} {one.least}-{one.most}"

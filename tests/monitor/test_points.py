"""Points that confirmed leads let propose."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.points import facts_of_points, proposals_of, total_lines, totals_of

CODE = "D341021000017"
ALERT: dict[str, Any] = {
    "alert_id": "a", "rule_id": "B11", "shadow": False, "status": "opened", "severity": "high",
    "basis": "条例第三十八条", "subject": {"kind": "physician", "id": CODE}, "fixmedins_code": "H1", "evidence": [],
}  # fmt: skip


def said(*dispositions: str) -> list[dict[str, str]]:
    """Dispositions, one a day."""
    return [{"disposition": one, "at": f"2026-03-0{day}T10:00:00+08:00"} for day, one in enumerate(dispositions, 1)]


def row(person: str = "", **decided: str) -> dict[str, object]:
    """A row of evidence."""
    return {"person": person, "fixmedins_code": "P1", "decided": decided}


@pytest.mark.parametrize(
    ("severity", "basis", "points"),
    [
        ("info", "条例第三十八条", (1, 3)),
        ("warning", "条例第三十八条", (1, 3)),
        ("high", "条例第三十八条", (4, 6)),
        ("critical", "条例第三十九条", (7, 9)),
        ("info", "条例第四十条", (10, 12)),
        ("critical", "条例第四十一条", (7, 9)),
    ],
)
def test_the_band_follows_from_the_law_and_the_severity(severity: str, basis: str, points: tuple[int, int]) -> None:
    """Fraud by an institution is the last one; Article 41 is about the insured."""
    [one] = proposals_of(ALERT | {"severity": severity, "basis": basis}, said("confirmed"))

    assert points == (one.least, one.most)


def test_only_a_lead_that_is_confirmed_now_proposes_anything() -> None:
    """Not one that was found wrong after that, nor one of a rule on trial, nor one that was withdrawn."""
    assert 1 == len(proposals_of(ALERT, said("explained", "confirmed")))
    for dispositions in ((), ("referred",), ("confirmed", "false_positive")):
        assert [] == proposals_of(ALERT, said(*dispositions))
    for more in ({"shadow": True}, {"status": "withdrawn"}):
        assert [] == proposals_of(ALERT | more, said("confirmed"))


def test_who_is_named() -> None:
    """The subject, physicians of the evidence with a national code, and staff by the register; each once."""
    rows = [row(bilg_dr_codg="D341021000025"), row(bilg_dr_codg=CODE), row(bilg_dr_codg="D1"), row("p_1", role="药师"),
            row("p_1", role="药师"), row("p_2")]  # fmt: skip
    found = proposals_of(ALERT | {"evidence": rows}, said("confirmed"))

    assert [("physician", CODE, "H1"), ("physician", "D341021000025", "P1"), ("staff", "p_1", "P1")] == [
        (one.kind, one.who, one.institution) for one in found
    ]


def test_points_add_up_within_a_calendar_year() -> None:
    """By when leads were confirmed; the most points stand first, and what they would lead to is said."""
    two = [*proposals_of(ALERT, said("confirmed")), *proposals_of(ALERT | {"alert_id": "b"}, said("confirmed"))]
    other = proposals_of(ALERT | {"subject": {"kind": "physician", "id": "D341021000033"}}, said("confirmed"))
    totals = totals_of([*other, *two], 2026)

    assert [(CODE, 8, 12), ("D341021000033", 4, 6)] == [(one.who, one.least, one.most) for one in totals]
    assert [] == totals_of(two, 2025)
    assert f"医师{CODE}：2条线索，合计建议8至12分，可能达到12分（终止支付资格）" == next(total_lines(totals[0], "zh"))
    assert "physician D341021000033: 1 leads, 4 to 6 points in all" == next(total_lines(totals[1], "en"))


def test_a_lead_shows_its_own() -> None:
    """As a proposal, in both languages; nothing where there is none."""
    [(heading, value)] = facts_of_points(ALERT, said("confirmed"), "zh")

    assert "建议" in heading
    assert f"医师{CODE}：建议4至6分" == value
    assert [] == list(facts_of_points(ALERT, [], "en"))

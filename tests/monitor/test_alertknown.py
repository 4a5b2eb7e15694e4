"""What an alert's rows say together, and what the reference tables say of them."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.alertknown import asked_of, diagnoses_of, known_of
from monitor.alerttext import alert_lines
from rules.catalogue import catalogue
from rules.reference import Reference
from tests.monitor.test_alerttext import as_read
from tests.rules._examples import alerts_of

PLACE, PHYSICIAN = "P34102100009", "D34102199000"


def lead(*decided: dict[str, str], seconds: int = 0) -> dict[str, Any]:
    """A lead with a row for each of these."""
    rows = [
        {"event_time": f"2026-03-12T10:00:{seconds:02}+08:00", "fixmedins_code": PLACE, "decided": one}
        for one in decided
    ]
    times = {"event_time": "2026-03-12T10:00:00+08:00", "last_time": "2026-03-13T10:00:00+08:00"}
    return times | {"fixmedins_code": PLACE, "evidence": rows}


def tables(*rows: tuple[str, dict[str, str]]) -> Reference:
    """Reference tables with these rows."""
    reference = Reference()
    for table, row in rows:
        reference.put(table, row)
    return reference


def place(status: str, since: str, until: str = "") -> tuple[str, dict[str, str]]:
    """A row of an institution."""
    row = {"fixmedins_code": PLACE, "name": "甲药房", "kind": "pharmacy", "status": status}
    return "institutions", row | {"valid_from": since, "valid_to": until}


def diagnosis(code: str, name: str = "") -> tuple[str, dict[str, str]]:
    """A row of a diagnosis."""
    return "diagnoses", {"code": code, "exempt": "0", "name": name}


def test_a_diagnosis_has_the_name_of_the_longest_code_that_has_one() -> None:
    """A diagnosis that the table does not have keeps its code alone."""
    reference = tables(diagnosis("N39", "泌尿系统其他疾患"), diagnosis("N39.0"), diagnosis("Z51.1", "化疗"))
    alert = lead(*({"dscg_maindiag_code": code} for code in ("N39.0", "Z51.1", "I10")))

    assert {"N39.0": "泌尿系统其他疾患", "Z51.1": "化疗"} == diagnoses_of(alert, reference)
    assert {("diagnoses", "N39.0"), ("diagnoses", "N39."), ("diagnoses", "N39")} <= asked_of(alert)


@pytest.mark.parametrize(
    ("uploaded", "zh", "en"),
    [
        (["10:00:05"], "5秒", "5 s"),
        (["10:00:05", "10:03:59"], "5秒至3分钟", "5 s to 3 min"),
        (["09:59:00", "13:30:00"], "0秒至3小时", "0 s to 3 h"),
    ],
)
def test_how_late_it_was_uploaded(uploaded: list[str], zh: str, en: str) -> None:
    """The shortest and the longest time; an upload before the business time is none."""
    alert = lead(*({"inf_time": f"2026-03-12T{one}+08:00"} for one in uploaded))

    assert {"发生至上传间隔": zh} == dict(known_of(alert, Reference(), "zh"))
    assert {"from business time to upload": en} == dict(known_of(alert, Reference(), "en"))


def test_how_many_physicians_there_are() -> None:
    """And in how many rows none is named; of a single row the row itself says it."""
    of_two = lead({"bilg_dr_codg": "d2"}, {"bilg_dr_codg": "d1"}, {"bilg_dr_codg": "d2"}, {})

    assert {"开单医师": "2名（d1、d2），1条未填"} == dict(known_of(of_two, Reference(), "zh"))
    assert {"physicians": "1 (d1)"} == dict(known_of(lead(*[{"bilg_dr_codg": "d1"}] * 2), Reference(), "en"))
    assert {} == dict(known_of(lead({"bilg_dr_codg": "d1"}), Reference(), "zh"))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (place("suspended", "2026-03-12"), {f"医保协议 {PLACE}": "中止 2026-03-12起，未登记截止日期"}),
        (place("terminated", "2026-03-01", "2026-03-20"), {f"医保协议 {PLACE}": "解除 2026-03-01起至2026-03-20"}),
        (place("suspended", "2026-03-14"), {}),
        (place("suspended", "2026-01-01", "2026-03-11"), {}),
        (place("active", "2026-01-01"), {}),
        (
            ("physicians", {"bilg_dr_codg": PHYSICIAN, "status": "revoked", "valid_from": "2026-01-01"}),
            {f"执业注册 {PHYSICIAN}": "吊销 2026-01-01起，未登记截止日期"},
        ),
    ],
)
def test_what_was_suspended_while_it_happened(row: tuple[str, dict[str, str]], told: dict[str, str]) -> None:
    """With the dates of the row; what was suspended before or after is not told."""
    alert = lead({"bilg_dr_codg": PHYSICIAN})

    assert told == dict(known_of(alert, tables(row), "zh"))
    assert {(row[0], PLACE if row[0] == "institutions" else PHYSICIAN)} <= asked_of(alert)


@pytest.mark.parametrize("rule", catalogue())
def test_what_is_known_of_an_example_is_told(rule: str) -> None:
    """Of every rule: the lead in full begins with it."""
    for _, alert in alerts_of(catalogue()[rule]):
        read = as_read(alert)
        known = [f"{heading}：{value}" for heading, value in known_of(read, Reference(), "zh")]
        assert known == list(alert_lines(read, "zh"))[2 : 2 + len(known)]

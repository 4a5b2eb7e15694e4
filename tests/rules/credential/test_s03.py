"""S03 and S03-MONTH: the cards of a pharmacy's own staff."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.credential.s03_month_of_own_staff import MonthOfOwnStaff
from rules.credential.s03_own_staff_swiping import OwnStaffSwiping
from rules.ledgers import Visit
from rules.reference import Reference
from rules.testing import PHARMACY, at, fill, judge, swipe, visit
from rules.times import DAY, HOUR, MINUTE, SECOND
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._log import END, standing
from tests.rules._log import told as told_of

HOURLY, MONTHLY = OwnStaffSwiping(), MonthOfOwnStaff()


def roster(*persons: str, place: str = PHARMACY, **columns: str) -> Reference:
    """A table in which these persons work there."""
    reference = Reference()
    for person in persons:
        reference.put("staff", {"psn_no": person, "fixmedins_code": place} | columns)
    return reference


STAFF = roster("p0", "p1", "p2", "p3")


def test_an_hour_is_half_open() -> None:
    """The third employee an hour after the first, or a second less."""
    two = [swipe(at("19:00"), "p0"), swipe(at("19:30"), "p1")]

    assert [] == judge(HOURLY, [*two, swipe(at("20:00"), "p2")], STAFF)
    assert [3] == [one.value for one in judge(HOURLY, [*two, swipe(at("20:00") - SECOND, "p2")], STAFF)]
    assert [3] == [one.value for one in judge(replace(HOURLY, window=3_601), [*two, swipe(at("20:00"), "p2")], STAFF)]
    assert [2] == [one.value for one in judge(replace(HOURLY, limit=2), two, STAFF)]


def test_an_employee_counts_once_and_a_customer_never() -> None:
    """However often she settles; a customer between them is not judged either."""
    again = [swipe(at("19:00", seconds=60 * n), f"p{n % 2}") for n in range(6)]
    mixed = [*again, swipe(at("19:10"), "customer"), swipe(at("19:11"), "p2"), swipe(at("19:12"), "customer")]

    assert [] == judge(HOURLY, again, STAFF)
    assert [3] == [one.value for one in judge(HOURLY, mixed, STAFF)]
    assert [7] == [len(one.evidence) for one in judge(HOURLY, mixed, STAFF)]


@pytest.mark.parametrize(
    ("reference", "count"),
    [
        (STAFF, 1),
        (roster("p0", "p1", "p2", place=PHARMACY.lower()), 1),
        (roster("p0", "p1", "p2", place="P34102100030"), 0),
        (roster("p0", "p1", "p2", valid_to="2026-03-04"), 0),
        (roster("p0", "p1", "p2", valid_from="2026-03-05"), 1),
        (roster("p0", "p1"), 0),
    ],
)
def test_who_works_here(reference: Reference, count: int) -> None:
    """By the row that is valid at the settlement."""
    rows = [swipe(at("19:00", seconds=600 * n), f"p{n}") for n in range(3)]

    assert count == len(judge(HOURLY, rows, reference))


def bought(count: int, **more: object) -> list[Visit]:
    """So many settlements of one employee, every six days."""
    return [visit(at("18:00", day=6 * n), "p1", **more) for n in range(count)]  # type: ignore[arg-type]


def test_thirty_days_are_half_open() -> None:
    """Of five settlements the first lies thirty days before the last, or a second less."""
    four, last = bought(4), at("18:00", day=30)

    assert [] == judge(MONTHLY, [*four, visit(last, "p1")], STAFF)
    assert [5] == [one.value for one in judge(MONTHLY, [*four, visit(last - SECOND, "p1")], STAFF)]
    assert [5] == [one.value for one in judge(replace(MONTHLY, days=31), [*four, visit(last, "p1")], STAFF)]
    assert [4] == [one.value for one in judge(replace(MONTHLY, limit=4), four, STAFF)]


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({}, 1),
        ({"transaction": "2207", "visit_type": "4101"}, 1),
        ({"transaction": "2207", "visit_type": "11"}, 0),
        ({"institution": "P34102100030"}, 0),
        ({"person": "customer"}, 0),
    ],
)
def test_which_settlements_count(more: dict[str, object], count: int) -> None:
    """Those of a pharmacy at which the person works."""
    last = visit(at("18:00", day=24), **{"person": "p1"} | more)  # type: ignore[arg-type]

    assert count == len(judge(MONTHLY, [*bought(4), last], STAFF))


def test_a_line_is_no_settlement() -> None:
    """Lines that a hospital prescribed lie in the same ledger."""
    assert [] == judge(MONTHLY, [*bought(4), fill(at("18:00", day=24), person="p1")], STAFF)


@pytest.mark.parametrize(("after", "alerts"), [(HOUR, 1), (HOUR + SECOND, 2)])
def test_an_alert_of_an_hour_ends_after_an_hour(after: int, alerts: int) -> None:
    """Each time three employees in one moment."""
    rows = [swipe(at("19:00") + later, f"p{n}") for later in (0, after) for n in range(3)]

    assert alerts == len(standing(told_of(HOURLY, [*rows, END], STAFF)))


@pytest.mark.parametrize(("after", "alerts"), [(30 * DAY, 1), (30 * DAY + SECOND, 2)])
def test_an_alert_of_a_month_ends_after_thirty_days(after: int, alerts: int) -> None:
    """Each time five settlements in one moment."""
    rows = [visit(at("18:00") + later, "p1") for later in (0, after) for _ in range(5)]

    assert alerts == len(standing(told_of(MONTHLY, [*rows, END], STAFF)))


def told(rule: OwnStaffSwiping | MonthOfOwnStaff, sent: list[wire.Body], persons: int) -> tuple[str, str, str]:
    """Status and texts of the last alert."""
    [log] = logs([(0, wire.raw(one), wire.MONDAY + 40 * DAY) for one in sent])
    works = roster(*(Pseudonyms("key").person(f"{n}") for n in range(persons)), place=wire.SHOP)
    last = run(log, [rule], works).alerts[-1]
    return last.status, last.text.zh, last.text.en


def bodies(step: int, count: int, persons: int) -> list[wire.Body]:
    """So many settlements at one pharmacy, of these persons in turn."""
    return [
        wire.settlement(
            wire.MONDAY + n * step, "2102", setl_id=f"S{n}", mdtrt_id=f"V{n}", msgid=f"M{n}", psn_no=f"{n % persons}"
        )
        for n in range(count)
    ]


def test_the_sentence_of_an_hour() -> None:
    """How many employees; a reversed settlement takes the alert back."""
    sent = bodies(10 * MINUTE, 3, 3)
    back = wire.reversal("S2", wire.MONDAY + HOUR, "2103", psn_no="2", msgid="R")
    _, zh, en = told(HOURLY, sent, 3)

    assert "任意60分钟内最多3名本店员工刷卡结算（提示阈值：3人及以上）" in zh
    assert "3 persons on the staff of this pharmacy settled there within 60 min (threshold: 3 persons or more)" in en
    assert "withdrawn" == told(HOURLY, [*sent, back], 3)[0]


def test_the_sentence_of_a_month() -> None:
    """How often, within how many days."""
    _, zh, en = told(MONTHLY, bodies(5 * DAY, 5, 1), 1)

    assert "1名本店员工30天内在本店刷卡结算5次（提示阈值：5次及以上）" in zh
    assert "settled there 5 times within 30 d (threshold: 5 settlements or more)" in en

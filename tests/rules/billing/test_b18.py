"""B18 and D10-DEL: records that are deleted."""

from __future__ import annotations

import pytest

from rules.billing.b18_mass_deletion import MassDeletion
from rules.billing.d10_del_stock_records_deleted import StockRecordsDeleted
from rules.engine.rule import Rule
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, HOUR, MINUTE, SECOND
from tests.oracle.wire import HOSPITAL, Body, deletion, message, message_reversal, reversal, settlement
from tests.rules._messages import effects_of, standing_after

MASS, STOCK = MassDeletion(), StockRecordsDeleted()
LINES: Body = {"mdtrt_id": "V1", "feedetl_sn": ["1"]}


def cancels(count: int, clock: str = "18:00", gap: int = MINUTE, infno: str = "2302", **fields: object) -> list[Body]:
    """So many deletions, one after the other."""
    return [message(infno, at(clock) + n * gap, **LINES | fields) for n in range(count)]


def rows(count: int, clock: str = "09:00", gap: int = 10 * MINUTE) -> list[Body]:
    """So many rows of stock that are deleted."""
    return [deletion(f"N{n}", at(clock) + n * gap) for n in range(count)]


def values(rule: Rule, bodies: list[Body]) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, Reference())]


@pytest.mark.parametrize(("count", "expected"), [(29, []), (30, [30]), (45, [45])])
def test_thirty_within_an_hour(count: int, expected: list[float]) -> None:
    """Fewer are no finding, more are one alert."""
    assert expected == values(MASS, cancels(count))


@pytest.mark.parametrize(("last", "expected"), [(HOUR, []), (HOUR - SECOND, [30])])
def test_the_hour_is_half_open(last: int, expected: list[float]) -> None:
    """To the second, by inf_time."""
    first, *others = cancels(30, gap=0)
    moved = [message("2302", at("18:00") + last, **LINES) for _ in others]

    assert expected == values(MASS, [first, *moved])


def test_of_every_kind_but_not_what_gives_money_back() -> None:
    """Lines, admissions, discharges and stock; reversals leave both rows."""
    kinds = [one for infno in ("2205", "2302", "2404", "2405") for one in cancels(7, gap=3 * MINUTE, infno=infno)]

    assert [28 + 5] == values(MASS, [*kinds, *rows(5, "18:10", MINUTE)])
    assert [] == values(MASS, [reversal(f"S{n}", at("18:00") + n * SECOND) for n in range(60)])
    assert [] == values(MASS, [message_reversal(f"M{n}", at("18:00") + n * SECOND) for n in range(60)])


def test_each_institution_by_itself_and_each_message_once() -> None:
    """Two with twenty each are no forty; what is sent twice counts once."""
    sent = cancels(20)

    assert [] == values(MASS, [*sent, *cancels(20, fixmedins_code=HOSPITAL), *sent])


def test_a_deletion_that_is_itself_taken_back_was_still_sent() -> None:
    """2601 undoes it; that so many were sent stays true."""
    sent = cancels(30)
    undone = message_reversal(sent[0]["msgid"], at("19:00"), oinfno="2302")

    assert [30] == values(MASS, [*sent, undone])


@pytest.mark.parametrize(("count", "expected"), [(19, []), (20, [20]), (31, [31])])
def test_twenty_rows_of_stock_on_a_day(count: int, expected: list[float]) -> None:
    """Fewer are no finding, more are one alert."""
    assert expected == values(STOCK, rows(count))


def test_the_day_begins_at_midnight_and_lines_do_not_count() -> None:
    """Ten before and fifteen after it are no twenty, nor are fifteen rows and fifteen lines."""
    assert [] == values(STOCK, rows(25, "22:25"))
    assert [] == values(STOCK, [*rows(15), *cancels(15, "12:00")])


@pytest.mark.parametrize(("after", "alerts"), [(DAY, 1), (DAY + SECOND, 2)])
def test_an_alert_of_a_mass_ends_after_a_day(after: int, alerts: int) -> None:
    """Each time thirty deletions in one moment."""
    sent = [message("2302", at("18:00") + later, **LINES) for later in (0, after) for _ in range(30)]

    assert alerts == len(values(MASS, sent))


@pytest.mark.parametrize(("after", "alerts"), [(2 * DAY, 1), (2 * DAY + SECOND, 2)])
def test_an_alert_of_stock_ends_after_two_days(after: int, alerts: int) -> None:
    """Each time twenty rows in one moment."""
    sent = [deletion(f"N{later}-{n}", at("09:00") + later) for later in (0, after) for n in range(20)]

    assert alerts == len(values(STOCK, sent))


def test_other_messages_are_not_kept() -> None:
    """They cost no memory."""
    sent = [settlement(at("09:00") + n * DAY) for n in range(3)]

    assert 0 == effects_of(MASS, sent, Reference()).counts.entries["deletions"]


def test_the_sentences() -> None:
    """How many, within what."""
    [mass], [stock] = (
        standing_after(rule, bodies, Reference()) for rule, bodies in ((MASS, cancels(31)), (STOCK, rows(21)))
    )

    assert "60分钟内删除已上传的记录31次（提示阈值：30次及以上）" in mass.text.zh
    assert "uploaded records were deleted 31 times within 60 min (threshold: 30 deletions or more)" in mass.text.en
    assert "一日内删除已上报的进销存记录21次（提示阈值：20次及以上）" in stock.text.zh
    assert "deleted 21 times on one day (threshold: 20 deletions or more)" in stock.text.en

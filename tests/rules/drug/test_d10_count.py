"""D10-COUNT: a count finds more of a drug than the book leaves."""

from __future__ import annotations

import pytest

from rules.drug.d10_count_still_on_shelf import StillOnShelf
from rules.testing import at, judge, listed
from rules.testing import counted as row_of_count
from rules.times import DAY, SECOND
from tests.oracle.wire import RAMIPRIL, Body, deletion, text
from tests.rules._messages import effects_of, standing_after

from ._books import bought, changed, counted, found, given_back, late, moment, opened, settled, table

RULE = StillOnShelf()
S = SECOND / DAY


@pytest.mark.parametrize(
    ("there", "expected"),
    [(69, []), (70, [(70, 70, "warning")]), (79, [(79, 70, "warning")]), (80, [(80, 70, "high")])],
)
def test_ten_more_than_is_left(there: int, expected: list[object]) -> None:
    """Of a hundred, of which forty were settled; half of these is high."""
    assert expected == found(RULE, counted(0, 100), settled(9, 40), counted(30, there))


@pytest.mark.parametrize(
    ("there", "expected"),
    [(120, []), (121, [(121, 120, "warning")]), (299, [(299, 120, "warning")]), (300, [(300, 120, "high")])],
)
def test_more_than_a_twentieth_of_what_was_settled(there: int, expected: list[object]) -> None:
    """Of 500, of which 400 were settled; half of these is high."""
    assert expected == found(RULE, counted(0, 500), settled(9, 400), counted(30, there))


def test_less_than_nothing_is_nothing() -> None:
    """More was settled than there was: that is another rule, and what is counted is held against nothing."""
    assert [] == found(RULE, counted(0, 10), settled(9, 40), counted(30, 9))
    assert [(10, 10, "warning")] == found(RULE, counted(0, 10), settled(9, 40), counted(30, 10))
    assert [] == judge(RULE, [row_of_count(at("00:00"), 10), row_of_count(at("00:00", day=30), 90)])
    assert [] == found(RULE, counted(0, 10), settled(9, 2), settled(9.5, -2), counted(30, 90))


@pytest.mark.parametrize(("day", "expected"), [(30 - S, []), (30, [(90, 70, "high")]), (31, [(90, 70, "high")])])
def test_the_earlier_count_is_thirty_days_before(day: float, expected: list[object]) -> None:
    """By its day."""
    assert expected == found(RULE, counted(0, 100), settled(9, 40), counted(day, 90))


@pytest.mark.parametrize(("day", "expected"), [(179.9, [(90, 70, "high")]), (180 - S, [(90, 70, "high")]), (180, [])])
def test_and_at_most_half_a_year(day: float, expected: list[object]) -> None:
    """Its whole day."""
    assert expected == found(RULE, counted(0, 50), counted(0.5, 50), settled(9, 40), counted(day, 90))


def test_the_last_count_that_is_so_long_before() -> None:
    """One in between does not count; all rows of a day do, and they are judged at the last one."""
    rows = [counted(-40, 7), counted(0, 100), settled(9, 40), counted(20, 3)]

    assert [(70, 70, "warning")] == found(RULE, *rows, counted(30, 50), counted(30.5, 20))
    assert [] == found(RULE, *rows, counted(30, 50), counted(30.5, 19))
    [alert] = standing_after(RULE, [*rows, counted(30, 80), counted(30.5, 20)], table())
    assert (1, text(moment(30.5)).replace(" ", "T")) == (alert.triggers, alert.first_time[:19])


@pytest.mark.parametrize(("day", "counts"), [(1 - S, False), (1, True), (30 - S, True), (30, False)])
def test_what_was_settled_between_the_days(day: float, *, counts: bool) -> None:
    """On neither of the two."""
    rows = [counted(0, 100), settled(9, 20), settled(day, 20), counted(30, 70)]

    assert ([(70, 70, "warning")] if counts else []) == found(RULE, *rows)


@pytest.mark.parametrize(("day", "counts"), [(1 - S, False), (1, True), (30 - S, True), (30, False)])
def test_what_went_out_between_the_days(day: float, *, counts: bool) -> None:
    """As what was settled."""
    for row in (given_back(day, 20), changed(day, 20, "102")):
        rows = [counted(0, 100), settled(9, 20), row, counted(30, 70)]
        assert ([(70, 70, "high")] if counts else []) == found(RULE, *rows)


@pytest.mark.parametrize(("day", "counts"), [(-S, False), (0, True), (30, True), (37, True), (37 + S, False)])
def test_what_came_in_until_a_week_after(day: float, *, counts: bool) -> None:
    """From the day of the earlier count on: it may be entered late."""
    rows = [counted(0, 70), settled(9, 40), bought(day, 30), counted(30, 50)]

    assert ([] if counts else [(50, 40, "high")]) == found(RULE, *rows)


@pytest.mark.parametrize(("day", "alerts"), [(60, 1), (60 + S, 2)])
def test_counts_of_thirty_days_are_one_alert(day: float, alerts: int) -> None:
    """Later ones open another."""
    rows = [counted(0, 100), settled(9, 40), counted(30, 90), settled(40, 40), counted(day, 90)]

    assert alerts == len(found(RULE, *rows))


def test_a_count_that_is_sent_again() -> None:
    """Of its rows with one number those of the last upload count; of the earlier count all do."""
    rows = [counted(0, 100), settled(9, 40)]
    first, other = counted(30, 69, fixmedins_bchno="a"), counted(30, 1, fixmedins_bchno="b")
    again, less = late(first | {"msgid": "x1"}, 30.1), late(first | {"msgid": "x2", "cnt": 68}, 30.2)

    assert [] == found(RULE, *rows, first, again)
    assert [(70, 70, "warning")] == found(RULE, *rows, first, other, again)
    assert [] == found(RULE, *rows, first, other, again, less)
    assert [] == found(RULE, counted(0, 50, fixmedins_bchno="a"), counted(0, 50, fixmedins_bchno="a"), *rows[1:], first)
    [nameless, too] = [counted(30, much, fixmedins_bchno="") for much in (60, 10)]
    assert [(70, 70, "warning")] == found(RULE, *rows, nameless, late(too, 30.1))


def test_lots_of_one_message_are_no_repetition() -> None:
    """Some give all of them one number."""
    lots = [
        {"med_list_codg": RAMIPRIL, "inv_cnt": much, "invdate": text(moment(30))[:10], "fixmedins_bchno": "a"}
        for much in (30, 40)
    ]
    head = counted(30, 0, infno="3501A", msgid="x")
    for name in ("cnt", "time", "med_list_codg", "fixmedins_bchno"):
        del head[name]

    batch = head | {"input": {"invinfoDetail": lots}}

    assert [(70, 70, "warning")] == found(RULE, counted(0, 100), settled(9, 40), batch)


def test_packs_that_are_opened() -> None:
    """Nothing is decided, and that is counted."""
    rows = [counted(0, 100), settled(9, 40), counted(30, 90)]

    assert [] == found(RULE, *rows, opened(1))
    assert [(90, 70, "high")] == found(RULE, *rows, opened(-S))
    assert {("D10-COUNT", "packs are opened"): 1} == dict(
        effects_of(RULE, [rows[0], opened(1), *rows[1:]], table()).counts.undecidable
    )


def test_rows_that_are_deleted_in_time() -> None:
    """A count that is deleted was none."""
    row = counted(30, 90)

    def after(days: float) -> Body:
        return deletion(str(row["fixmedins_bchno"]), moment(30 + days), inv_data_type="1", msgid=f"x{days}")

    assert [] == found(RULE, counted(0, 100), settled(9, 40), row, after(3))
    assert [(90, 70, "high")] == found(RULE, counted(0, 100), settled(9, 40), row, after(3 + S))


def test_it_is_told_a_week_after_the_count() -> None:
    """What is uploaded until then is waited for, and what comes later takes it back."""
    rows = [counted(0, 100), settled(9, 40), counted(30, 90)]
    sold = listed(at("10:00", day=2), institution="P1", quantity=400_000)
    [one] = judge(RULE, [row_of_count(at("00:00"), 100), sold, row_of_count(at("00:00", day=30), 90)])

    assert at("00:00", day=37) == one.due
    assert [] == found(RULE, *rows, late(bought(29, 30), 40))


def test_only_where_the_table_says_so() -> None:
    """For others nothing is kept."""
    rows = [counted(0, 100), settled(9, 40), counted(30, 90)]

    assert [] == found(RULE, *rows, reference=table(stock_uploaded="0"))


def test_the_sentence_and_the_rows() -> None:
    """What was counted, and how the book comes to less; the rows of both counts, and the part that was paid for it."""
    rows = [counted(0, 60), counted(0.1, 40), bought(2, 5), changed(3, 2, "105"), settled(9, 40), counted(30, 93)]
    [alert] = standing_after(RULE, rows, table())

    assert (
        f"2026-04-04盘点药品{RAMIPRIL}93个计价单位（提示阈值：73个计价单位及以上），账面应剩63："
        "2026-03-05盘点100，其后入库5、出库2、医保结算40"
    ) in alert.text.zh
    assert (
        f"the count of 2026-04-04 found 93 units of the drug {RAMIPRIL} (threshold: 73 units or more) where the book "
        "leaves 63: 100 counted on 2026-03-05, 5 came in since, 2 went out and 40 were settled"
    ) in alert.text.en
    assert [60, 40, 93] == [row.quantity for row in alert.evidence]
    assert ("post", "high", 12.3) == (alert.stage, alert.severity, alert.vola_amt)

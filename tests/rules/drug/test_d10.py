"""D10: more of a drug is settled than was counted and came in since."""

from __future__ import annotations

import pytest

from rules.drug.d10_settled_beyond_stock import SettledBeyondStock
from rules.engine.watch import Watch
from rules.ledgers import kinds_read
from rules.testing import at, judge, listed
from rules.testing import counted as row_of_count
from rules.times import DAY, SECOND
from tests.oracle.wire import METFORMIN, OTHER_SHOP, RAMIPRIL, SHOP, Body, deletion, fee_lines, line, reversal
from tests.rules._messages import effects_of, standing_after

from ._books import bought, changed, counted, found, given_back, late, moment, opened, settled, table

RULE = SettledBeyondStock()
S = SECOND / DAY


@pytest.mark.parametrize(
    ("packs", "expected"),
    [(219, []), (220, [(220, 220, "warning")]), (299, [(299, 220, "warning")]), (300, [(300, 220, "high")])],
)
def test_a_tenth_more_than_there_was(packs: int, expected: list[object]) -> None:
    """Of two hundred that were counted; one and a half times is high."""
    assert expected == found(RULE, counted(0, 200), settled(2, packs))


@pytest.mark.parametrize(("packs", "expected"), [(49, []), (50, [(50, 50, "warning")])])
def test_ten_more_than_there_was(packs: int, expected: list[object]) -> None:
    """Of forty: a tenth is less."""
    assert expected == found(RULE, counted(0, 40), settled(2, packs))


@pytest.mark.parametrize(
    ("kind", "comes"),
    [("101", 1), ("102", -1), ("103", 1), ("104", 0), ("105", -1), ("106", 1), ("107", -1), ("108", 1), ("109", -1),
     ("110", 1), ("111", -1), ("199", 1), ("", 1)],
)  # fmt: skip
def test_changes_count_by_their_kind(kind: str, comes: int) -> None:
    """Whatever their sign; of an unknown kind what is positive."""
    limit = 50 + comes * 20

    for sign in (1, -1):
        there = 50 if sign < 0 and kind in ("199", "") else limit
        rows = [counted(0, 40), changed(1.5, sign * 20, kind)]
        assert [] == found(RULE, *rows, settled(2, there - 1))
        assert [(there, there)] == [one[:2] for one in found(RULE, *rows, settled(2, there))]


def test_purchases_count_and_what_goes_back_does_not() -> None:
    """Both since the count."""
    rows = [counted(0, 40), bought(3, 30), given_back(4, 10)]

    assert [] == found(RULE, *rows, settled(5, 69))
    assert [(70, 70, "warning")] == found(RULE, *rows, settled(5, 70))
    assert [(50, 20, "high")] == found(RULE, counted(0, 4), given_back(1.2, 9), bought(3, 15), settled(5, 50))
    assert [(10, 10, "high")] == found(RULE, counted(0, 4), given_back(1.2, 9), settled(5, 10))


@pytest.mark.parametrize(("day", "comes_in"), [(-S, False), (0, True), (1 - S, True), (9, True), (9 + S, False)])
def test_what_comes_in_from_the_day_of_the_count_on(day: float, *, comes_in: bool) -> None:
    """Until a week after the line."""
    rows = [counted(0, 40), bought(day, 30), settled(2, 60)]

    assert ([] if comes_in else [(60, 50, "high")]) == found(RULE, *rows)


@pytest.mark.parametrize(("day", "counts"), [(1 - S, False), (1, True), (2, True), (2 + S, False)])
def test_what_goes_out_from_the_next_day_on(day: float, *, counts: bool) -> None:
    """Up to the line."""
    rows = [counted(0, 40), changed(day, 20, "102"), settled(2, 40)]

    assert ([(40, 30, "high")] if counts else []) == found(RULE, *rows)


@pytest.mark.parametrize(("day", "expected"), [(1 - S, []), (1, [(50, 50, "warning")])])
def test_what_is_settled_on_the_day_of_the_count_is_before_it(day: float, expected: list[object]) -> None:
    """From the next day on it counts."""
    assert expected == found(RULE, counted(0, 40), settled(day, 50))


def test_all_that_was_settled_counts() -> None:
    """What was given back against it, also in 2204; of another drug, of services, of stays and of other shops not."""
    of_hospital = fee_lines("V", [line("1", moment(2), cnt=5)], moment(2), msgid="f")
    rows = [counted(0, 40), *(settled(1 + n / 100, 1) for n in range(45)), settled(1.6, -1), of_hospital]
    others = [
        settled(1.7, 9, item=METFORMIN),
        settled(1.7, 9, feedetail=[line("1", moment(1.7), cnt=9, list_type="201")]),
        settled(1.7, 9, feedetail=[line("1", moment(1.7), cnt=9, med_list_codg="001" + "0" * 12)]),
        settled(1.7, 9, infno="2304", med_type="21"),
        settled(1.7, 9, fixmedins_code=OTHER_SHOP),
    ]

    assert [] == found(RULE, *rows, *others)
    assert [(50, 50, "warning")] == found(RULE, *rows, settled(2.1))
    assert [] == found(RULE, *rows, settled(2.1, -3))


def test_a_line_that_gives_back_is_not_judged() -> None:
    """And a settlement that is taken back does not count."""
    gone = settled(2, 50)

    assert [(60, 50, 1)] == [
        (one.measure.value, one.measure.limit, one.triggers)
        for one in standing_after(RULE, [counted(0, 40), settled(1.5, 60), settled(2, -1)], table())
    ]
    assert [] == found(RULE, counted(0, 40), gone, reversal(str(gone["setl_id"]), moment(3), psn_no=gone["psn_no"]))


def test_the_last_count_on_an_earlier_day() -> None:
    """All its rows together; one on the day of the line does not count yet."""
    rows = [counted(0, 100), counted(5, 30), counted(5.4, 10), counted(9, 0)]

    assert [] == found(RULE, *rows, settled(9.5, 49))
    assert [(50, 50, "warning")] == found(RULE, *rows, settled(9.5, 50))
    assert [] == found(RULE, settled(9.5, 500))
    assert [] == found(RULE, counted(9, 0), settled(9.5, 500))


@pytest.mark.parametrize(("day", "expected"), [(180 - S, [(50, 50, "warning")]), (180, [])])
def test_a_count_is_looked_for_within_half_a_year(day: float, expected: list[object]) -> None:
    """Its whole day."""
    assert expected == found(RULE, counted(0, 0), counted(0.5, 40), settled(day, 50))


@pytest.mark.parametrize(("day", "alerts"), [(32, 1), (32 + S, 2)])
def test_lines_of_thirty_days_are_one_alert(day: float, alerts: int) -> None:
    """Later ones open another."""
    assert alerts == len(found(RULE, counted(0, 40), settled(2, 60), settled(day)))


def test_a_line_of_nothing_is_neither_judged_nor_shown() -> None:
    """It says that a line was corrected."""
    sold = [
        listed(at("10:00", day=day), institution="P1", quantity=much) for day, much in ((2, 600_000), (3, 0), (4, 1))
    ]
    [first, second] = judge(RULE, [row_of_count(at("00:00"), 40), *sold])

    assert (60, 60.0001) == (first.value, second.value)
    assert [400_000, 600_000, 1] == [row.quantity for row in second.evidence]


def test_packs_that_are_opened() -> None:
    """Since the count, in a report of stock or in a settlement: nothing is decided, and that is counted."""
    box = {"drug_trac_codg": "81234560000000000017", "feedetl_sn": "1", "trdn_flag": "1"}
    rows = [counted(0, 40), settled(2, 50)]

    assert [] == found(RULE, *rows, opened(1))
    assert [] == found(RULE, *rows, settled(1.5, 0.1, drug_trac_info=[box]))
    assert [] == found(RULE, *rows, opened(9))
    assert [] == found(RULE, *rows, opened(0))
    assert [(50, 50, "warning")] == found(RULE, *rows, opened(-S))
    assert [(50, 50, "warning")] == found(RULE, *rows, opened(9 + S))
    taken_back = settled(1.5, 3, drug_trac_info=[box])
    reversed_ = reversal(str(taken_back["setl_id"]), moment(2), psn_no=taken_back["psn_no"])
    assert [] == found(RULE, *rows, taken_back, reversed_)
    assert {("D10", "packs are opened"): 1} == dict(
        effects_of(RULE, [counted(0, 40), opened(1), settled(2, 50)], table()).counts.undecidable
    )


@pytest.mark.parametrize("number", ["0", "1"])
def test_a_pack_that_is_opened_whatever_the_number_of_its_line(number: str) -> None:
    """Lines are numbered by their institution, some from nothing on."""
    first, own = ("1", "0") if number == "0" else ("0", "1")
    lines = [
        line(first, moment(2), cnt=1, med_list_codg=METFORMIN),
        line(own, moment(2), cnt=50, med_list_codg=RAMIPRIL),
    ]
    boxes = [
        {"drug_trac_codg": f"8123456000000000001{n}", "feedetl_sn": n, "trdn_flag": "1"}
        for n in ((own, first) if own == "0" else (first, own))
    ]

    assert [(50, 50, "warning")] == found(RULE, counted(0, 40), settled(2, feedetail=lines))
    assert [] == found(RULE, counted(0, 40), settled(2, feedetail=lines, drug_trac_info=boxes))


def test_a_settlement_is_taken_back_with_its_earlier_lines() -> None:
    """They occurred two days before it, and it is taken back 71 h after it."""
    gone = settled(4, feedetail=[line("1", moment(2), cnt=60, med_list_codg=RAMIPRIL)])

    def after(hours: float) -> Body:
        return reversal(str(gone["setl_id"]), moment(4 + hours / 24), psn_no=gone["psn_no"])

    assert [(60, 50, "high")] == found(RULE, counted(0, 40), gone)
    assert [] == found(RULE, counted(0, 40), gone, after(71))
    assert [(60, 50, "high")] == found(RULE, counted(0, 40), gone, after(73))


def test_rows_that_are_deleted_in_time() -> None:
    """A purchase that is deleted never came in; 72 h after it the deletion comes too late."""
    row = bought(3, 30)

    def after(days: float) -> Body:
        return deletion(str(row["fixmedins_bchno"]), moment(3 + days), inv_data_type="3", msgid=f"x{days}")

    assert [(60, 50, "high")] == found(RULE, counted(0, 40), row, settled(5, 60), after(3))
    assert [] == found(RULE, counted(0, 40), row, settled(5, 60), after(3 + S))


def test_it_is_told_a_week_after_the_line() -> None:
    """What is uploaded until then is waited for, and what comes later takes it back."""
    rows = [counted(0, 40), settled(2, 60)]
    [one] = judge(RULE, [row_of_count(at("00:00"), 40), listed(at("10:00", day=2), institution="P1", quantity=600_000)])

    assert at("10:00", day=9) == one.due
    assert [] == found(RULE, *rows, late(bought(4, 30), 12))


def test_only_where_the_table_says_so() -> None:
    """For others nothing is kept, and nothing sent; the row of the day decides."""
    rows, watches = [counted(0, 40), settled(2, 60)], [Watch(RULE)]

    assert [] == found(RULE, *rows, reference=table(stock_uploaded="0"))
    assert 0 == effects_of(RULE, rows, table(stock_uploaded="0")).counts.entries["stock_book"]
    assert [] == found(RULE, *rows, reference=table(valid_to="2026-03-06"))
    assert {"Moved", "Listed", f"book:{SHOP}"} <= kinds_read(watches, table(valid_from="2030-01-01"))
    assert f"book:{SHOP}" not in kinds_read(watches, table(stock_uploaded="0"))


def test_the_sentence_and_the_rows() -> None:
    """What there was, and what was settled; the count, and the lines that are beyond."""
    rows = [counted(0, 22.5), counted(0.1, 17.5), bought(1.5, 5), changed(1.6, 3, "105")]
    lines = [settled(2, 42), settled(3, 2), settled(3.1, -2), settled(3.2, 10), settled(4, 2)]
    [alert] = standing_after(RULE, [*rows, *lines], table())

    assert (
        f"自2026-03-05盘点以来，药品{RAMIPRIL}医保结算54个计价单位（提示阈值：52个计价单位及以上）；盘点40，其后入库5、出库3"
    ) in alert.text.zh
    assert (
        f"since the count of 2026-03-05, 54 units of the drug {RAMIPRIL} were settled (threshold: 52 units or more); "
        "40 were counted, 5 came in since and 3 went out"
    ) in alert.text.en
    assert [("message", 22.5), ("message", 17.5), ("fee_line", 10), ("fee_line", 2)] == [
        (row.role, row.quantity) for row in alert.evidence
    ]
    assert ("post", "warning") == (alert.stage, alert.severity)

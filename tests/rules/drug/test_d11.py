"""D11: boxes are sold that never came in."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from rules.drug.d11_never_taken_in import NeverTakenIn
from rules.engine.watch import Watch
from rules.ledgers import kinds_read
from rules.reference import Reference
from rules.testing import at, dispensed, judge, received
from rules.times import DAY, SECOND
from tests.oracle.wire import (
    OTHER_SHOP,
    RAMIPRIL,
    RAMIPRIL_TOO,
    SHOP,
    Body,
    deletion,
    line,
    question,
    reversal,
    settlement,
    stock,
    text,
)
from tests.rules._messages import effects_of, standing_after

RULE = NeverTakenIn()
S = SECOND / DAY


def table(**row: str) -> Reference:
    """A shop that uploads what it buys."""
    reference = Reference()
    of_shop = {"fixmedins_code": SHOP, "status": "active", "kind": "pharmacy", "traced_purchases": "1"}
    reference.put("institutions", of_shop | row)
    return reference


def known(number: int) -> str:
    """The code of a box that is bought."""
    return f"8123456{number:013d}"


def unknown(number: int) -> str:
    """The code of one that is not."""
    return f"8999999{number:013d}"


def moment(day: float) -> int:
    """So many days after 2026-03-05 12:00."""
    return at("12:00") + round(day * DAY)


def came_in(day: float, codes: Iterable[str], infno: str = "3503", /, **fields: object) -> Body:
    """Boxes that came in; uploaded at once."""
    boxes = [{"drug_trac_codg": code} for code in codes]
    numbers: Body = {"fixmedins_bchno": f"N{day}", "msgid": f"b{infno}{day}{len(boxes)}"}
    return stock(infno, moment(day), **numbers | {"drugtracinfo": boxes} | fields)


def sold(day: float, code: str, /, **fields: object) -> Body:
    """A box that was sold in one settlement."""
    name = f"{day}-{code}"
    own = line("1", moment(day), med_list_codg=fields.pop("item", RAMIPRIL))
    box = {"drug_trac_codg": code, "feedetl_sn": "1", "trdn_flag": "0"}
    ids: Body = {"msgid": f"s{name}", "setl_id": f"S{name}", "mdtrt_id": f"V{name}"}
    return settlement(moment(day), feedetail=[own], drug_trac_info=[box], **ids | fields)


def before(count: int = 10, strange: int = 0) -> list[Body]:
    """So many boxes that came in and were sold before the days that are judged, and some that did not come in."""
    rows = [came_in(-60, map(known, range(count)))]
    rows += [sold(-40 + number / 10, known(number)) for number in range(count)]
    return rows + [sold(-38 + number / 10, unknown(900 + number)) for number in range(strange)]


def lately(strange: int, usual: int = 0, after: float = 6) -> list[Body]:
    """Boxes that were sold in the days that are judged, and a last one that comes in later."""
    rows = [came_in(-1, map(known, range(100, 100 + usual)))] if usual else []
    rows += [sold(number / 10, known(100 + number)) for number in range(usual)]
    rows += [sold(5 - strange / 10 + number / 10, unknown(number)) for number in range(strange)]
    return [*rows, came_in(after, [known(999)])]


def values(*bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands, uploaded in order of their times."""
    order = sorted(bodies, key=lambda one: str(one["inf_time"]))
    return [one.measure.value for one in standing_after(RULE, order, reference or table())]


@pytest.mark.parametrize(("count", "expected"), [(4, []), (5, [5]), (8, [8])])
def test_five_boxes_that_never_came_in(count: int, expected: list[float]) -> None:
    """Where ten came in before."""
    assert expected == values(*before(), *lately(count))


@pytest.mark.parametrize(("usual", "expected"), [(19, [5]), (20, []), (30, [])])
def test_more_than_a_fifth_of_what_was_sold(usual: int, expected: list[float]) -> None:
    """Five of 24 are more than a fifth, of 25 they are not."""
    assert expected == values(*before(), *lately(5, usual))


@pytest.mark.parametrize(
    ("count", "strange", "expected"), [(9, 0, []), (10, 0, [5]), (9, 1, [5]), (8, 1, []), (17, 2, []), (18, 2, [5])]
)
def test_only_where_most_boxes_came_in_before(count: int, strange: int, expected: list[float]) -> None:
    """At least ten were sold, of which nine of ten came in."""
    assert expected == values(*before(count, strange), *lately(5))


@pytest.mark.parametrize(("first", "expected"), [(-25.1, []), (-25.1 + S, [5])])
def test_the_days_are_half_open(first: float, expected: list[float]) -> None:
    """30 days, up to the last sale."""
    rest = [sold(4.5 + number / 10, unknown(number)) for number in range(4)]
    last = [sold(4.9, unknown(8)), came_in(6, [known(999)])]

    assert [5] == values(*before(), sold(4.4, unknown(7)), *rest[:3], *last)
    assert expected == values(*before(), sold(first, unknown(7)), *rest[:3], *last)


@pytest.mark.parametrize(("first", "expected"), [(-115.1, []), (-115.1 + S, [5])])
def test_the_days_before_are_half_open(first: float, expected: list[float]) -> None:
    """90 days, up to 30 days before the last sale."""
    rows = [came_in(-130, map(known, range(10))), sold(first, known(0))]
    rows += [sold(-40 + number, known(number)) for number in range(1, 10)]

    assert expected == values(*rows, *lately(5))


@pytest.mark.parametrize(("last", "expected"), [(-25.1 + S, []), (-25.1, [5])])
def test_the_days_before_end_where_the_others_begin(last: float, expected: list[float]) -> None:
    """A sale of that moment is one before."""
    rows = [came_in(-60, map(known, range(10))), sold(last, known(0))]
    rows += [sold(-40 + number, known(number)) for number in range(1, 10)]

    assert expected == values(*rows, *lately(5))


@pytest.mark.parametrize(("after", "expected"), [(4.5, []), (4.5 + S, [5]), (19, [5]), (21, [])])
def test_the_drug_must_come_in_again(after: float, expected: list[float]) -> None:
    """After the first of the sales, and not later than 15 days after the last: else its uploads have ended."""
    assert expected == values(*before(), *lately(5, after=after))


@pytest.mark.parametrize(("after", "expected"), [(15, []), (15 + S, [5])])
def test_a_box_may_come_in_later(after: float, expected: list[float]) -> None:
    """Up to 15 days after the sale that is judged."""
    assert expected == values(*before(), *lately(5), came_in(4.9 + after, [unknown(0)]))


@pytest.mark.parametrize("late", [0, 9])
def test_a_purchase_may_be_uploaded_later(late: float) -> None:
    """By then nothing was told."""
    row = came_in(-1, map(unknown, range(5)), inf_time=text(moment(4.9 + late)))
    order = sorted([*before(), *lately(5), row], key=lambda one: str(one["inf_time"]))

    assert [] == effects_of(RULE, order, table()).alerts


@pytest.mark.parametrize(("day", "expected"), [(-360.1, [5]), (-360.1 + S, [])])
def test_what_came_in_is_remembered_for_a_year(day: float, expected: list[float]) -> None:
    """Up to the last sale."""
    assert expected == values(came_in(day, [unknown(4)]), *before(), *lately(5))


def test_it_is_told_once_a_purchase_may_no_longer_come() -> None:
    """15 days after the sale."""
    bought = [known(number) for number in range(10)]
    rows = [received(moment(-60), bought), *(dispensed(moment(-40 + n), code) for n, code in enumerate(bought))]
    rows += [dispensed(moment(n), unknown(n)) for n in range(5)]
    [found] = judge(RULE, [*rows, received(moment(6), [known(99)])])

    assert moment(4 + 15) == found.due


@pytest.mark.parametrize(("after", "alerts"), [(30, 1), (30 + S, 2)])
def test_an_alert_ends_after_30_days(after: float, alerts: int) -> None:
    """Once the last sale of a code that did not come in is so long ago."""
    later = [sold(4.9 + after, unknown(50 + number)) for number in range(6)]
    more = [came_in(0, map(known, range(200, 220))), *(sold(n / 10, known(200 + n)) for n in range(20))]
    far = [*before(100), *lately(9), *more, *later, came_in(6 + after, [known(998)])]

    assert alerts == len(values(*far))


@pytest.mark.parametrize("infno", ["3501", "3502", "3503"])
def test_whatever_says_that_a_box_is_there(infno: str) -> None:
    """Also a count, and a change of stock; not a return to the supplier."""
    assert [] == values(*before(), *lately(5), came_in(0, [unknown(2)], infno))
    assert [5] == values(*before(), *lately(5), came_in(0, [unknown(2)], "3504"))


def test_codes_count_once() -> None:
    """A sale that is reported from stock too, and a box that is sold twice."""
    again = [came_in(4.5 + n / 10 + S, [unknown(n)], "3505", setl_id=f"S{4.5 + n / 10}-{unknown(n)}") for n in range(4)]
    twice = sold(4.95, unknown(3))

    assert [] == values(*before(), *lately(5)[:-2], *again, twice, came_in(6, [known(999)]))


def test_what_stock_alone_reports_counts() -> None:
    """Of an institution whose settlements name no items."""
    rows = [came_in(4 + number / 10, [unknown(number)], "3505") for number in range(5)]

    assert [5] == values(*before(), *rows, came_in(6, [known(999)]))


def test_what_is_taken_back_does_not_count() -> None:
    """A sale for 90 days, a purchase for three."""
    back = reversal(f"S4.9-{unknown(4)}", moment(80))
    row = came_in(0, [unknown(4)], inf_time=text(moment(0)))

    assert [] == values(*before(), *lately(5), back)
    assert [5] == values(*before(), *lately(5), row, deletion("N0", moment(3), inv_data_type="3"))
    assert [] == values(*before(), *lately(5), row, deletion("N0", moment(3 + S), inv_data_type="3"))
    assert [] == values(*before(), *lately(5), row, deletion("N0", moment(3), inv_data_type="4"))


def test_each_institution_and_each_drug_by_itself() -> None:
    """A purchase elsewhere, or of another drug, does not count."""
    row = came_in(0, map(unknown, range(5)))

    assert [] == values(*before(), *lately(5), row)
    assert [5] == values(*before(), *lately(5), row | {"fixmedins_code": OTHER_SHOP})
    assert [5] == values(*before(), *lately(5), row | {"med_list_codg": RAMIPRIL_TOO})
    assert [] == values(*before(), *lately(4), sold(4.95, unknown(8), item=RAMIPRIL_TOO))


def test_what_stands_for_no_pack_does_not_count() -> None:
    """Nor what a question names, nor a code without its line."""
    no_pack = [sold(4.8 + number / 100, f"{number}123") for number in range(5)]
    bare = [sold(4.8 + number / 100, unknown(20 + number)) | {"feedetail": []} for number in range(5)]
    asked = [
        question(moment(4.95), "2101", feedetail=[line("1", moment(4.95))],
                 drug_trac_info=[{"drug_trac_codg": unknown(30), "feedetl_sn": "1"}])
    ]  # fmt: skip

    assert [] == values(*before(), *lately(4), *no_pack)
    assert [] == values(*before(), *lately(4), *bare)
    assert [] == values(*before(), *lately(4), *asked)


def test_only_where_the_table_says_so() -> None:
    """For others nothing is kept, and nothing sent; the row of the day decides."""
    rows = sorted([*before(), *lately(5)], key=lambda one: str(one["inf_time"]))
    watches = [Watch(RULE)]

    assert [] == values(*rows, reference=table(traced_purchases="0"))
    assert 0 == effects_of(RULE, rows, table(traced_purchases="0")).counts.entries["received"]
    assert [] == values(*rows, reference=table(valid_to="2026-03-05"))
    assert {"Dispensed", "Received", f"stock:{SHOP}"} <= kinds_read(watches, table(valid_from="2030-01-01"))
    assert f"stock:{SHOP}" not in kinds_read(watches, table(traced_purchases="0"))


def test_the_sentence_and_the_rows() -> None:
    """Which drug, how many codes of how many, and what was usual; the boxes as they were settled."""
    stock_first = came_in(4.5 - S, [unknown(0)], "3505", setl_id=f"S4.5-{unknown(0)}")
    order = sorted([*before(11, 1), *lately(5, 3), stock_first], key=lambda one: str(one["inf_time"]))
    [alert] = standing_after(RULE, order, table())

    assert (
        f"30天内售出药品{RAMIPRIL}，共8个追溯码，其中5个没有购进、盘点或调入记录（提示阈值：5个追溯码及以上，且超过20%）；"
        "此前90天售出12个，有记录的11个"
    ) in alert.text.zh
    assert (
        f"of 8 trace codes of the drug {RAMIPRIL} sold within 30 d, 5 were never bought, counted or moved in"
    ) in alert.text.en
    assert "and more than 20 %); of 12 sold in the 90 d before, 11 were" in alert.text.en
    assert [("sale", {"drug_trac_codg": unknown(number)}) for number in range(5)] == [
        (row.role, row.decided) for row in alert.evidence
    ]
    assert ("post", "warning") == (alert.stage, alert.severity)
    assert alert.window.start == "2026-02-08T09:36:00+08:00"

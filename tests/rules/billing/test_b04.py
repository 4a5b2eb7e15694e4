"""B04, B05 and B06: items that may not be charged, not by themselves, or not to the fund."""

from __future__ import annotations

import pytest

from rules.billing.b04_unregistered_item import UnregisteredItem
from rules.billing.b05_not_separately_charged import NotSeparatelyCharged
from rules.billing.b06_out_of_scope import OutOfScope
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.ledgers import kinds_read
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

RULES: dict[str, Rule] = {"registered": UnregisteredItem(), "separate": NotSeparatelyCharged(), "covered": OutOfScope()}
UNREGISTERED, OUT_OF_SCOPE = RULES["registered"], RULES["covered"]
CARD, DRAPE = "003103000010000", "003301000010000"


def table(column: str, value: str = "0", **row: str) -> Reference:
    """An item of which this column says this."""
    reference = Reference()
    reference.put("items", {"med_list_codg": CARD, column: value} | row)
    return reference


def charged(after: float, /, **fields: object) -> Body:
    """A line of a stay, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    names = ("med_list_codg", "cnt", "det_item_fee_sumamt", "inscp_scp_amt", "init_feedetl_sn")
    plain = {"med_list_codg": CARD, "det_item_fee_sumamt": 12, "inscp_scp_amt": 10}
    of_line = plain | {name: fields.pop(name) for name in names if name in fields}
    own = line(str(fields.pop("number", f"f{after}")), moment, **of_line)
    return fee_lines("V1", [own], moment, "2301", med_type="21", fixmedins_code=HOSPITAL) | fields


def values(rule: Rule, reference: Reference, *bodies: Body) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, reference)]


@pytest.mark.parametrize("column", RULES)
@pytest.mark.parametrize(("count", "expected"), [(2, []), (3, [3]), (5, [5])])
def test_three_lines_within_a_week(column: str, count: int, expected: list[float]) -> None:
    """Each rule by its own column."""
    lines = [charged(n) for n in range(count)]

    assert expected == values(RULES[column], table(column), *lines)
    assert [] == values(RULES[column], table(column, "1", most_per_day="1"), *lines)
    assert [[]] * 2 == [values(rule, table(column), *lines) for name, rule in RULES.items() if name != column]


@pytest.mark.parametrize(("last", "expected"), [(7, []), (7 - SECOND / DAY, [3])])
def test_the_week_is_half_open(last: float, expected: list[float]) -> None:
    """By fee_ocur_time."""
    assert expected == values(UNREGISTERED, table("registered"), charged(0), charged(1), charged(last))


@pytest.mark.parametrize(("after", "alerts"), [(7, 1), (7 + SECOND / DAY, 2)])
def test_an_alert_ends_after_a_week(after: float, alerts: int) -> None:
    """Each time three lines in one moment."""
    lines = [charged(start, number=f"{start}-{n}") for start in (0, after) for n in range(3)]

    assert alerts == len(values(UNREGISTERED, table("registered"), *lines))


@pytest.mark.parametrize(
    ("fields", "unregistered", "out_of_scope"),
    [
        ({"inscp_scp_amt": 0}, [3], []),
        ({"inscp_scp_amt": None}, [3], []),
        ({"det_item_fee_sumamt": 0}, [], [3]),
        ({"cnt": 0}, [], []),
        ({"cnt": -1, "init_feedetl_sn": "1", "det_item_fee_sumamt": -12}, [], []),
    ],
)
def test_only_what_charges_something(
    fields: dict[str, object], unregistered: list[float], out_of_scope: list[float]
) -> None:
    """To whomever, or to the fund; what is not stated is in no scope."""
    lines = [charged(n, **fields) for n in range(3)]

    assert unregistered == values(UNREGISTERED, table("registered"), *lines)
    assert out_of_scope == values(OUT_OF_SCOPE, table("covered"), *lines)


def test_each_institution_and_each_item_by_itself() -> None:
    """Whose they are does not matter."""
    reference = table("registered")
    reference.put("items", {"med_list_codg": DRAPE, "registered": "0"})
    two = [charged(0), charged(1)]

    assert [] == values(UNREGISTERED, reference, *two, charged(2, fixmedins_code="H34102100002"))
    assert [] == values(UNREGISTERED, reference, *two, charged(2, med_list_codg=DRAPE))
    assert [3] == values(UNREGISTERED, reference, *(charged(n, psn_no=f"{n}", mdtrt_id=f"V{n}") for n in range(3)))


def test_the_row_of_the_day_counts() -> None:
    """An item that is abolished on the second day was rightly charged on the first."""
    reference = table("registered", "1", valid_to="2026-03-05")
    reference.put("items", {"med_list_codg": CARD, "registered": "0", "valid_from": "2026-03-06"})

    assert [] == values(UNREGISTERED, reference, *(charged(n) for n in range(3)))
    assert [3] == values(UNREGISTERED, reference, *(charged(n) for n in range(4)))


def test_what_is_cancelled_does_not_count() -> None:
    """A line of a stay may be cancelled weeks later."""
    cancel = message("2302", at("09:00", day=40), mdtrt_id="V1", feedetl_sn="x", fixmedins_code=HOSPITAL)

    assert [] == values(UNREGISTERED, table("registered"), charged(0), charged(1), charged(2, number="x"), cancel)


def test_other_items_leave_nothing() -> None:
    """They cost no memory; of items that no row points out nothing is sent either."""
    reference, watches = table("registered", "1"), [Watch(UNREGISTERED)]
    effects = effects_of(UNREGISTERED, [charged(0)], reference)

    assert 0 == effects.counts.entries["flagged"]
    assert f"item:{CARD}" not in kinds_read(watches, reference)
    assert {"Listed", f"item:{CARD}"} <= kinds_read(watches, table("registered", valid_from="2030-01-01"))
    assert "Listed" not in kinds_read(watches, Reference())


def test_a_flag_is_0_or_1() -> None:
    """Anything else is refused."""
    with pytest.raises(BadRowError, match=r"items\.covered: expected one of 0, 1"):
        table("covered", "no")


def test_the_sentences_and_the_rows() -> None:
    """Which item, how many lines, how much."""
    found = [
        standing_after(rule, [charged(n) for n in range(3)], table(column, name="磁卡"))[0]
        for column, rule in RULES.items()
    ]
    zh, en = [one.text.zh for one in found], [one.text.en for one in found]

    assert f"7天内收取未列入本地价格目录的磁卡（{CARD}）3条明细，合计36.00元（提示阈值：3条明细及以上）" in zh[0]
    assert f"7天内单独收取不可单独收费的磁卡（{CARD}）3条明细，合计36.00元" in zh[1]
    assert f"7天内基金不予支付的磁卡（{CARD}）有3条明细计入支付范围，计30.00元" in zh[2]
    assert f"磁卡 ({CARD}), which is not on the list of prices, was charged in 3 lines within 7 d, 36.00 yuan" in en[0]
    assert f"磁卡 ({CARD}), which may not be charged by itself, was charged in 3 lines within 7 d, 36.00 yuan" in en[1]
    assert "which the fund does not pay, stood in its scope in 3 lines within 7 d, with 30.00 yuan" in en[2]
    assert [{"inscp_scp_amt": "10.00", "covered": "0"}] * 3 == [row.decided for row in found[2].evidence]

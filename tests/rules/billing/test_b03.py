"""B03 and D19: prices above the limit that the platform answers."""

from __future__ import annotations

import pytest

from rules.billing.b03_price_above_limit import PriceAboveLimit
from rules.billing.d19_drug_above_limit import DrugAboveLimit
from rules.engine.rule import Rule
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, HOUR, SECOND
from tests.oracle.wire import HOSPITAL, METFORMIN, RAMIPRIL, Body, fee_lines, line, message, reversal, settlement
from tests.rules._messages import effects_of, standing_after

SERVICE, DRUG = PriceAboveLimit(), DrugAboveLimit()
SCAN = "002103000010000"


def charged(after: float, price: float = 120, most: float = 100, item: str = SCAN, /, **fields: object) -> Body:
    """A line of a stay, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    of_line = {name: fields.pop(name) for name in ("list_type", "cnt", "init_feedetl_sn", "number") if name in fields}
    own = line(str(of_line.pop("number", f"{item}-{after}")), moment, med_list_codg=item, pric=price, **of_line)
    limited = own | {"pric_uplmt_amt": most, "det_item_fee_sumamt": price}
    return fee_lines("V1", [limited], moment, "2301", med_type="21", fixmedins_code=HOSPITAL) | fields


def values(rule: Rule, *bodies: Body) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, Reference())]


@pytest.mark.parametrize(("count", "expected"), [(2, []), (3, [3]), (5, [5])])
def test_three_lines_within_a_week(count: int, expected: list[float]) -> None:
    """Fewer are no finding, more are one alert."""
    assert expected == values(SERVICE, *(charged(n) for n in range(count)))


@pytest.mark.parametrize(("last", "expected"), [(7, []), (7 - SECOND / DAY, [3])])
def test_the_week_is_half_open(last: float, expected: list[float]) -> None:
    """By fee_ocur_time."""
    assert expected == values(SERVICE, charged(0), charged(1), charged(last))


@pytest.mark.parametrize(
    ("price", "most", "expected"),
    [(100, 100, []), (100.5, 100, []), (100.52, 100, [3]), (120, 0, []), (120, 999_999, [])],
)
def test_what_rounding_makes_is_allowed(price: float, most: float, expected: list[float]) -> None:
    """Half a per cent; 0 and 999999 stand for no limit."""
    assert expected == values(SERVICE, *(charged(n, price, most) for n in range(3)))


@pytest.mark.parametrize(("after", "alerts"), [(7, 1), (7 + SECOND / DAY, 2)])
def test_an_alert_ends_after_a_week(after: float, alerts: int) -> None:
    """Each time three lines in one moment."""
    lines = [charged(start, number=f"{start}-{n}") for start in (0, after) for n in range(3)]

    assert alerts == len(values(SERVICE, *lines))


def test_drugs_and_services_by_themselves() -> None:
    """By list_type, else by the code."""
    for item, fields in ((RAMIPRIL, {}), (SCAN, {"list_type": "101"})):
        drugs = [charged(n, 12, 10, item, **fields) for n in range(3)]
        assert ([], [3]) == (values(SERVICE, *drugs), values(DRUG, *drugs))
    scans = [charged(n) for n in range(3)]

    assert ([3], []) == (values(SERVICE, *scans), values(DRUG, *scans))


def test_each_institution_and_each_item_by_itself() -> None:
    """Two here and one there are no three; whose they are does not matter."""
    assert [] == values(SERVICE, charged(0), charged(1), charged(2, fixmedins_code="H34102100002"))
    assert [] == values(DRUG, *(charged(n, 12, 10, item) for n, item in enumerate((RAMIPRIL, RAMIPRIL, METFORMIN))))
    assert [3] == values(SERVICE, *(charged(n, psn_no=str(n), mdtrt_id=f"V{n}") for n in range(3)))


def test_what_is_given_back_or_cancelled_does_not_count() -> None:
    """A negative quantity charges nothing; a line of a stay may be cancelled weeks later."""
    cancel = message("2302", at("09:00", day=40), mdtrt_id="V1", feedetl_sn="x", fixmedins_code=HOSPITAL)

    assert [] == values(SERVICE, charged(0), charged(1), charged(2, cnt=-1, init_feedetl_sn="1"))
    assert [] == values(SERVICE, charged(0), charged(1), charged(2, number="x"), cancel)


def test_the_lines_of_a_settlement_are_taken_back_with_it() -> None:
    """At a pharmacy they stand in the settlement itself."""
    over = {"pric": 12, "pric_uplmt_amt": 10}
    sold = [
        settlement(at("09:00") + n * HOUR, setl_id=f"S{n}", feedetail=[line(f"f{n}", at("09:00") + n * HOUR, **over)])
        for n in range(3)
    ]

    assert [3] == values(DRUG, *sold)
    assert [] == values(DRUG, *sold, reversal("S2", at("20:00")))


def test_lines_at_their_limit_leave_nothing() -> None:
    """They cost no memory, and nothing on the topic inside."""
    assert 0 == effects_of(SERVICE, [charged(0, 100, 100)], Reference()).counts.entries["overpriced"]


def test_the_sentences_and_the_rows() -> None:
    """Which item, how many, at which price; each row has the price and its limit."""
    [service] = standing_after(SERVICE, [charged(n) for n in range(3)], Reference())
    [drug] = standing_after(DRUG, [charged(n, 12.5, 10, RAMIPRIL) for n in range(3)], Reference())

    assert f"7天内项目{SCAN}有3条明细单价高于限价，末条120元，限价100元（提示阈值：3条明细及以上）" in service.text.zh
    assert (
        "in 3 lines within 7 d, the last one at 120 yuan with a limit of 100 yuan (threshold: 3 lines"
        in service.text.en
    )
    assert f"7天内药品{RAMIPRIL}有3条明细单价高于限价，末条12.5元，限价10元" in drug.text.zh
    assert [{"pric": "12.5", "pric_uplmt_amt": "10"}] * 3 == [row.decided for row in drug.evidence]

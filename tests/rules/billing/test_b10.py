"""B10: cosmetic surgery that may be charged as an item which the fund pays."""

from __future__ import annotations

import pytest

from rules.billing.b10_cosmetic_as_treatment import CosmeticAsTreatment
from rules.engine.watch import Watch
from rules.ledgers import kinds_read
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

RULE = CosmeticAsTreatment()
LID, NOSE = "003304010000914", "003306020000001"


def table(departments: str = "A14", **row: str) -> Reference:
    """An item that may be cosmetic in these departments."""
    reference = Reference()
    reference.put("items", {"med_list_codg": LID, "cosmetic_in": departments} | row)
    return reference


def charged(number: int, after: float | None = None, /, **fields: object) -> Body:
    """A line of a person's visit, so many days after 2026-03-05 00:00; a day each by default."""
    moment = at("00:00") + round((number if after is None else after) * DAY)
    plain: Body = {
        "med_list_codg": LID, "det_item_fee_sumamt": 960, "inscp_scp_amt": 900, "bilg_dept_codg": "A14", "cnt": 1,
    }  # fmt: skip
    names = {*plain, "init_feedetl_sn"}
    of_line = plain | {name: fields.pop(name) for name in list(fields) if name in names}
    own = line(f"f{number}", moment, **of_line)
    header: Body = {"psn_no": f"p{number}", "fixmedins_code": HOSPITAL} | fields
    return fee_lines(f"V{number}", [own], moment, "2301", med_type="21") | header


def values(*bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(RULE, bodies, reference or table())]


@pytest.mark.parametrize(("count", "expected"), [(9, []), (10, [10]), (12, [12])])
def test_ten_persons_within_a_month(count: int, expected: list[float]) -> None:
    """Of one item in a department where it may be cosmetic."""
    assert expected == values(*(charged(n) for n in range(count)))


def test_persons_count_not_lines() -> None:
    """A course of treatments is that of one person."""
    again = [charged(n, psn_no=f"p{n % 9}") for n in range(18)]

    assert [] == values(*again)
    assert [10] == values(*again, charged(18))


@pytest.mark.parametrize(("last", "expected"), [(30, []), (30 - SECOND / DAY, [10])])
def test_the_month_is_half_open(last: float, expected: list[float]) -> None:
    """By fee_ocur_time."""
    assert expected == values(*(charged(n) for n in range(9)), charged(9, last))


@pytest.mark.parametrize(("count", "severity"), [(19, "warning"), (20, "high")])
def test_twice_as_many_are_high(count: int, severity: str) -> None:
    """From the limit itself on."""
    found = standing_after(RULE, [charged(n) for n in range(count)], table())

    assert [severity] == [one.severity for one in found]


@pytest.mark.parametrize(
    "fields",
    [
        {"bilg_dept_codg": "A10"}, {"bilg_dept_codg": None}, {"bilg_dept_codg": ""}, {"bilg_dept_codg": "A1"},
        {"inscp_scp_amt": 0}, {"inscp_scp_amt": None}, {"cnt": 0},
        {"cnt": -1, "init_feedetl_sn": "1", "det_item_fee_sumamt": -960}, {"med_list_codg": NOSE},
        {"fixmedins_code": "H34102100002"},
    ],
)  # fmt: skip
def test_what_does_not_count(fields: dict[str, object]) -> None:
    """Other departments, what the patient pays, what gives nothing, another item, and another institution."""
    assert [] == values(*(charged(n) for n in range(9)), charged(9, **fields))


def test_any_of_the_departments() -> None:
    """They stand apart by a blank."""
    mixed = [charged(n, bilg_dept_codg=("A14", "A04.08")[n % 2]) for n in range(10)]

    assert [] == values(*mixed)
    assert [10] == values(*mixed, reference=table("A14 A04.08"))
    assert [] == values(*mixed, reference=table(""))


def test_the_row_of_the_day_counts() -> None:
    """What the table says later does not reach back."""
    reference = table("", most_per_day="1", valid_to="2026-03-05")
    reference.put("items", {"med_list_codg": LID, "cosmetic_in": "A14", "valid_from": "2026-03-06"})

    assert [] == values(*(charged(n) for n in range(10)), reference=reference)
    assert [10] == values(*(charged(n) for n in range(11)), reference=reference)


@pytest.mark.parametrize(("after", "alerts"), [(30, 1), (30 + SECOND / DAY, 2)])
def test_an_alert_ends_after_a_month(after: float, alerts: int) -> None:
    """Each time ten persons in one moment."""
    lines = [charged(n + 20 * part, start) for part, start in enumerate((0, after)) for n in range(10)]

    assert alerts == len(values(*lines))


def test_what_is_cancelled_does_not_count() -> None:
    """A line of a stay may be cancelled weeks later."""
    of_line: Body = {"mdtrt_id": "V9", "feedetl_sn": "f9", "psn_no": "p9", "fixmedins_code": HOSPITAL}
    cancel = message("2302", at("09:00", day=40), **of_line)

    assert [] == values(*(charged(n) for n in range(10)), cancel)


def test_other_departments_leave_nothing() -> None:
    """They cost no memory; of items that no row points out nothing is sent either."""
    effects = effects_of(RULE, [charged(0, bilg_dept_codg="A10")], table())
    watches = [Watch(RULE)]

    assert 0 == effects.counts.entries["cosmetic"]
    assert {"Listed", f"item:{LID}"} <= kinds_read(watches, table())
    assert f"item:{LID}" not in kinds_read(watches, table("", most_per_day="1"))


def test_the_sentence_and_the_rows() -> None:
    """Which department and item, how many persons, how much."""
    [found] = standing_after(RULE, [charged(n) for n in range(10)], table(name="上睑下垂矫正术"))

    assert (
        f"科室A14在30天内对10名参保人收取上睑下垂矫正术（{LID}），计入支付范围9,000.00元（提示阈值：10人及以上）"
        in found.text.zh
    )
    assert (
        f"department A14 charged 上睑下垂矫正术 ({LID}) to 10 persons within 30 d, with 9,000.00 yuan" in found.text.en
    )
    assert {"bilg_dept_codg": "A14", "inscp_scp_amt": "900.00", "cosmetic_in": "A14"} == found.evidence[0].decided

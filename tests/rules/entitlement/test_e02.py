"""E02: dear just after being insured."""

from __future__ import annotations

import pytest

from rules.entitlement.e02_dear_newcomer import DearNewcomer
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import SECOND
from tests.oracle.wire import HOSPITAL, Body, reversal, settlement
from tests.rules._messages import effects_of, standing_after

RULE = DearNewcomer()


def register(**row: str) -> Reference:
    """Person 1 is insured from 2026-03-05 on."""
    reference = Reference()
    reference.put("enrolled", {"psn_no": "1", "insured_from": "2026-03-05"} | row)
    return reference


def twice_insured() -> Reference:
    """Person 1 is insured from 2026-03-05, and again from 2026-04-14 on."""
    reference = register(valid_to="2026-04-13")
    reference.put("enrolled", {"psn_no": "1", "insured_from": "2026-04-14", "valid_from": "2026-04-14"})
    return reference


def settled(day: int, fund: float, seconds: int = 0, /, **fields: object) -> Body:
    """The bill of a stay, so many days after 2026-03-05 00:00."""
    more: Body = {
        "setl_id": f"S{day}", "mdtrt_id": f"V{day}", "med_type": "21", "medfee_sumamt": fund + 50,
        "fund_pay_sumamt": fund, "fixmedins_code": HOSPITAL,
    }  # fmt: skip
    return settlement(at("00:00", day=day) + seconds * SECOND, "2304") | more | fields


def values(*bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(RULE, bodies, reference or register())]


@pytest.mark.parametrize(("fund", "expected"), [(20_000, []), (20_000.01, [20_000.01])])
def test_more_than_twenty_thousand(fund: float, expected: list[float]) -> None:
    """To the fen."""
    assert expected == values(settled(3, fund))


@pytest.mark.parametrize(("day", "seconds", "expected"), [(0, 0, 1), (-1, 86_399, 0), (30, -1, 1), (30, 0, 0)])
def test_within_the_first_thirty_days(day: int, seconds: int, expected: int) -> None:
    """From the first moment of the first day on."""
    assert expected == len(values(settled(day, 30_000, seconds)))


def test_the_first_moment_counts_to_the_last() -> None:
    """The fund pays when the insurance begins, and a second before the thirty days are over."""
    assert [30_000] == values(settled(0, 15_000), settled(30, 15_000, -1))


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (1, 2)])
def test_thirty_days_without_one_end_the_alert(late: int, expected: int) -> None:
    """To the second, of a person who is insured a second time."""
    assert expected == len(values(settled(20, 30_000), settled(50, 30_000, late), reference=twice_insured()))


@pytest.mark.parametrize(("fund", "expected"), [(20_000, []), (20_000.01, [20_000.01])])
def test_what_was_settled_under_an_earlier_insurance_does_not_count(fund: float, expected: list[float]) -> None:
    """Though it was within the same thirty days."""
    assert expected == values(settled(28, 15_000), settled(45, fund), reference=twice_insured())


def test_what_was_settled_before_does_not_count() -> None:
    """Under an earlier insurance."""
    assert [] == values(settled(-2, 15_000), settled(3, 15_000))
    assert [30_000] == values(settled(1, 15_000), settled(3, 15_000))


@pytest.mark.parametrize(
    ("row", "expected"),
    [({"newborn": "1"}, 0), ({"newborn": "0"}, 1), ({"psn_no": "2"}, 0), ({"valid_to": "2026-03-06"}, 0)],
)
def test_only_who_is_new_in_the_table(row: dict[str, str], expected: int) -> None:
    """No newborn child, nobody else."""
    assert expected == len(values(settled(3, 30_000), reference=register(**row)))


def test_what_is_taken_back_does_not_count() -> None:
    """Also weeks later, of a stay."""
    back = reversal("S3", at("09:00", day=50), "2305", fixmedins_code=HOSPITAL)

    assert [] == values(settled(3, 30_000), back)


def test_without_the_table_it_is_off_and_later_nothing_is_kept() -> None:
    """Beyond 90 days."""
    assert [] == effects_of(RULE, [settled(3, 30_000)], Reference()).alerts
    assert 0 == effects_of(RULE, [settled(90, 30_000)], register()).counts.entries["newcomers"]


def test_the_table_needs_a_day() -> None:
    """Anything else is refused."""
    with pytest.raises(BadRowError, match=r"enrolled\.insured_from: expected yyyy-mm-dd"):
        register(insured_from="2026")


def test_the_sentence_says_since_when_and_how_much() -> None:
    """Against the limit, and where."""
    [alert] = standing_after(RULE, [settled(3, 23_456.5)], register())

    assert "1名参保人2026-03-05起参保，30天内基金支付23,456.50元（提示阈值：超过20000元），医疗机构：" in alert.text.zh
    assert "a person is insured from 2026-03-05 on, and within 30 d the fund paid 23,456.50 yuan" in alert.text.en

"""E07, E07-SUM and E08: bills that were handed in, and what is settled away from home."""

from __future__ import annotations

from typing import Any

import pytest

from rules.engine.rule import Rule
from rules.entitlement.e07_many_claims import ManyClaims
from rules.entitlement.e07_sum_large_claim import LargeClaim
from rules.entitlement.e08_away_from_home import AwayFromHome
from rules.reference import Reference
from rules.testing import at, judge, visit
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, reversal, settlement
from tests.rules._messages import standing_after

MANY, LARGE, AWAY = ManyClaims(), LargeClaim(), AwayFromHome()
AWAY_FROM_HOME: Body = {"insuplc_admdvs": "341021", "mdtrtarea_admvs": "330100"}


def settled(after: float, fund: float = 100, /, **fields: object) -> Body:
    """A settlement so many days after 2026-03-05."""
    moment = at("09:00") + round(after * DAY)
    more: Body = {
        "infno": "2207", "fixmedins_code": HOSPITAL, "setl_id": f"S{after}", "mdtrt_id": f"V{after}", "med_type": "11",
        "medfee_sumamt": fund + 20, "fund_pay_sumamt": fund,
    }  # fmt: skip
    return settlement(moment) | more | fields


def claim(after: float, fund: float = 100, /, **fields: object) -> Body:
    """The same of a bill that was handed in."""
    return settled(after, fund, **{"setl_type": "1"} | fields)


def values(rule: Rule, *bodies: Body) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, Reference())]


@pytest.mark.parametrize(("last", "expected"), [(90, []), (90 - SECOND / DAY, [3]), (40, [3])])
def test_three_claims_within_ninety_days(last: float, expected: list[float]) -> None:
    """Half open; of whichever institution and kind."""
    bodies = [claim(0), claim(30, infno="2304", med_type="21"), claim(last, fixmedins_code="H33010000001")]

    assert expected == values(MANY, *bodies)


@pytest.mark.parametrize("way", ["2", "3", None])
def test_only_bills_that_were_handed_in_count(way: str | None) -> None:
    """The others went through the network."""
    assert [] == values(MANY, claim(0), claim(10), settled(20, setl_type=way))
    assert [] == values(LARGE, settled(0, 60_000, setl_type=way))


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_as_long_without_one_ends_the_alert(late: int, expected: int) -> None:
    """To the second: thirty days for many claims, a day for a large one."""
    after = late / DAY

    assert expected == len(values(MANY, claim(0), claim(1), claim(2), claim(32 + after)))
    assert expected == len(values(LARGE, claim(0, 60_000), claim(1 + after, 60_000)))


def test_claims_of_another_person_do_not_count() -> None:
    """Each person has a count of their own."""
    assert [] == values(MANY, claim(0), claim(10), claim(20, psn_no="2"))


@pytest.mark.parametrize(("fund", "expected"), [(50_000, []), (50_000.01, [50_000.01]), (80_000, [80_000])])
def test_a_claim_of_more_than_fifty_thousand(fund: float, expected: list[float]) -> None:
    """To the fen, each by itself."""
    assert expected == values(LARGE, claim(0, 30_000), claim(0.5, fund))


def test_what_is_taken_back_is_none() -> None:
    """Also weeks later, of a stay."""
    stay = claim(20, 60_000, infno="2304", med_type="21")
    back = reversal("S20", at("09:00", day=70), "2305", fixmedins_code=HOSPITAL)

    assert [] == values(MANY, claim(0), claim(10), stay, back)
    assert [] == values(LARGE, stay, back)


def away(count: int, fund: float, **fields: object) -> list[Body]:
    """So many settlements away from home, every ten days."""
    return [settled(10 * n, fund, **AWAY_FROM_HOME | fields) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "fund", "expected"),
    [(4, 20_000, []), (5, 10_000, []), (5, 10_000.01, [50_000.05]), (6, 10_000, [60_000])],
)
def test_five_times_and_more_than_fifty_thousand(count: int, fund: float, expected: list[float]) -> None:
    """Both are needed."""
    assert expected == values(AWAY, *away(count, fund))


@pytest.mark.parametrize("fields", [{"mdtrtarea_admvs": "341021"}, {"mdtrtarea_admvs": None}, {"insuplc_admdvs": None}])
def test_what_is_settled_at_home_does_not_count(fields: Body) -> None:
    """Nor where one of the two counties is not stated."""
    assert [] == values(AWAY, *away(4, 20_000), settled(45, 20_000, **AWAY_FROM_HOME | fields))


@pytest.mark.parametrize(("fen", "expected"), [(1_000_000, []), (1_000_001, [50_000.05])])
def test_fifty_thousand_are_exceeded_also_where_no_guard_asks(fen: int, expected: list[float]) -> None:
    """By the rule alone."""
    there: dict[str, Any] = {"insured_in": "341021", "county": "330100", "amount": fen}

    assert expected == [one.value for one in judge(AWAY, [visit(at("09:00", day=n), **there) for n in range(5)])]


def test_ninety_days_away_are_half_open() -> None:
    """The first lies exactly so long before the last, or a second less."""
    four = away(4, 20_000)

    assert [] == values(AWAY, *four, settled(90, 1, **AWAY_FROM_HOME))
    assert [80_001] == values(AWAY, *four, settled(90 - SECOND / DAY, 1, **AWAY_FROM_HOME))


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_at_home_end_the_alert(late: int, expected: int) -> None:
    """To the second, after the fifth settlement on the fortieth day."""
    again = settled(70 + late / DAY, 100, **AWAY_FROM_HOME)

    assert expected == len(values(AWAY, *away(5, 10_001), again))


def test_the_sentences() -> None:
    """How often, how much, against which limit, and where."""
    [many] = standing_after(MANY, [claim(day) for day in (0, 10, 20)], Reference())
    [large] = standing_after(LARGE, [claim(0, 61_234.4)], Reference())
    [far] = standing_after(AWAY, away(5, 12_000.1), Reference())

    assert f"1名参保人90天内手工报销3次（提示阈值：3次及以上），开票机构：{HOSPITAL}" in many.text.zh
    assert "a person was reimbursed by hand 3 times within 90 d (threshold: 3 claims or more)" in many.text.en
    assert "1名参保人单笔手工报销，基金支付61,234元（提示阈值：超过50,000元）" in large.text.zh
    assert "the fund paid 61,234 yuan for one bill that a person handed in (threshold: more than" in large.text.en
    assert "90天内在参保地以外结算5次，基金共支付60,000.50元（提示阈值：超过50,000元，且5次及以上）" in far.text.zh
    assert "away from the county of insurance, for which the fund paid 60,000.50 yuan (threshold: more" in far.text.en

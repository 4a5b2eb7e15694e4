"""B01 and B07: services that are charged too often on a day, or within some days."""

from __future__ import annotations

import pytest

from rules.billing.b01_charged_too_often_a_day import ChargedTooOftenADay
from rules.billing.b07_repeated_too_soon import RepeatedTooSoon
from rules.engine.rule import Rule
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import DAY, HOUR, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

DAILY, SOON = ChargedTooOftenADay(), RepeatedTooSoon()
BED, SCAN, SCAN_TOO = "001101000010000", "002103000010000", "002103000020000"


def table(**row: str) -> Reference:
    """A bed once a day; of two scans that are alike at most two within a week."""
    reference = Reference()
    reference.put("items", {"med_list_codg": BED, "most_per_day": "1", "name": "普通床位"} | row)
    for code in (SCAN, SCAN_TOO):
        scans = {"med_list_codg": code, "group": "CT", "most_per_period": "2", "period_days": "7"}
        reference.put("items", scans | {"name": "胸部CT"} if code == SCAN else scans)
    return reference


def charged(item: str, after: float, count: float = 1, /, **fields: object) -> Body:
    """A line of a stay, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    number = fields.pop("number", f"{item}-{after}")
    own = line(str(number), moment, med_list_codg=item, cnt=count)
    more: Body = {"fixmedins_code": HOSPITAL, "med_type": "21"} | fields
    return fee_lines("V1", [own], moment, "2301") | more


def given_back(item: str, after: float, count: float) -> Body:
    """The same with a negative quantity."""
    moment = at("00:00") + round(after * DAY)
    own = line(f"b{after}", moment, med_list_codg=item, cnt=-count, init_feedetl_sn="1", det_item_fee_sumamt=-1)
    return fee_lines("V1", [own], moment, "2301") | {"fixmedins_code": HOSPITAL, "med_type": "21"}


def values(rule: Rule, *bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, reference or table())]


@pytest.mark.parametrize(("second", "expected"), [(0.5, [2]), (1 - SECOND / DAY, [2]), (1, []), (-SECOND / DAY, [])])
def test_a_bed_twice_on_a_day(second: float, expected: list[float]) -> None:
    """By the Beijing day."""
    assert expected == values(DAILY, charged(BED, 0), charged(BED, second))


@pytest.mark.parametrize(("count", "expected"), [(1, []), (1.5, [1.5]), (3, [3])])
def test_one_line_with_a_larger_count(count: float, expected: list[float]) -> None:
    """Quantities may have fractions."""
    assert expected == values(DAILY, charged(BED, 0, count))


def test_only_of_one_visit_at_one_institution_and_of_one_item() -> None:
    """Else it may be honest."""
    for other in ({"mdtrt_id": "V2"}, {"fixmedins_code": "H34102100002"}, {"psn_no": "2"}):
        assert [] == values(DAILY, charged(BED, 0), charged(BED, 0.5, **other))
    assert [] == values(DAILY, charged(BED, 0), charged(SCAN, 0.5))


def test_a_line_that_is_sent_again_counts_once() -> None:
    """By its number."""
    assert [] == values(DAILY, charged(BED, 0, number="1"), charged(BED, 0, number="1"))


@pytest.mark.parametrize(("back", "expected"), [(0.9, []), (1.1, [2])])
def test_what_is_given_back_on_the_same_day(back: float, expected: list[float]) -> None:
    """Counts off, also after the line; on the next day it is too late."""
    assert expected == values(DAILY, charged(BED, 0), charged(BED, 0.5), given_back(BED, back, 1))


def test_a_cancelled_line_does_not_count() -> None:
    """2302, also weeks later."""
    cancel: Body = {"mdtrt_id": "V1", "feedetl_sn": "2", "fixmedins_code": HOSPITAL}
    bodies = [charged(BED, 0), charged(BED, 0.5, number="2"), message("2302", at("09:00", day=40), **cancel)]

    assert [] == values(DAILY, *bodies)


@pytest.mark.parametrize(("last", "expected"), [(7, []), (7 - SECOND / DAY, [3])])
def test_three_scans_within_a_week(last: float, expected: list[float]) -> None:
    """Half open; of either code, at whichever institution."""
    bodies = [charged(SCAN, 0), charged(SCAN_TOO, 3, fixmedins_code="H34102100002"), charged(SCAN, last)]

    assert expected == values(SOON, *bodies)


@pytest.mark.parametrize(("back", "expected"), [(5.5, []), (6.1, [3])])
def test_a_scan_that_is_given_back(back: float, expected: list[float]) -> None:
    """Within a day after the last one it counts off."""
    bodies = [charged(SCAN, 0), charged(SCAN, 3), charged(SCAN, 5), given_back(SCAN, back, 1)]

    assert expected == values(SOON, *bodies)


@pytest.mark.parametrize(("last", "expected"), [(30, []), (30 - SECOND / DAY, [2])])
def test_a_period_has_an_end(last: float, expected: list[float]) -> None:
    """60 days of the table are read as the 30 that the rule looks back on at most."""
    reference = table(most_per_period="1", period_days="60")

    told = standing_after(SOON, [charged(BED, 0), charged(BED, last)], reference)

    assert expected == [one.measure.value for one in told]
    assert all("1名参保人30天内" in one.text.zh and "within 30 d" in one.text.en for one in told)


@pytest.mark.parametrize(("after", "alerts"), [(7, 1), (7 + SECOND / DAY, 2)])
def test_an_alert_ends_after_a_week(after: float, alerts: int) -> None:
    """From the last line that is too many to the next."""
    for rule, item, lines in ((DAILY, BED, 2), (SOON, SCAN, 3)):
        bodies = [charged(item, start, number=f"{start}-{n}") for start in (0, after) for n in range(lines)]
        assert alerts == len(values(rule, *bodies))


def test_a_line_of_nothing_proves_nothing() -> None:
    """It may be sent; what is given back is a row, and this is not."""
    bodies = [charged(SCAN, n) for n in range(3)]
    [alert] = standing_after(SOON, [*bodies, charged(SCAN, 2.5, 0)], table())

    assert (1, 3) == (alert.triggers, alert.evidence_count)


@pytest.mark.parametrize("rule", [DAILY, SOON])
def test_items_without_a_cap_are_not_kept(rule: Rule) -> None:
    """They cost no memory; without a table the rule is off."""
    reference = Reference()
    reference.put("items", {"med_list_codg": BED})
    effects = effects_of(rule, [charged(BED, 0, 9)], reference)

    assert ([], 0) == (effects.alerts, effects.counts.entries["capped"])
    assert [] == effects_of(rule, [charged(BED, 0, 9)], Reference()).alerts


def test_a_cap_is_a_number() -> None:
    """Anything else is refused."""
    with pytest.raises(BadRowError, match=r"items\.most_per_day: expected a number"):
        table(most_per_day="one")


def test_the_row_of_the_day_counts() -> None:
    """A cap that is lifted later still counts for what was before."""
    reference = Reference()
    reference.put("items", {"med_list_codg": BED, "most_per_day": "1", "valid_to": "2026-03-05"})
    reference.put("items", {"med_list_codg": BED, "most_per_day": "2", "valid_from": "2026-03-06"})

    assert [2] == values(DAILY, charged(BED, 0), charged(BED, 0.5), reference=reference)
    assert [] == values(DAILY, charged(BED, 1), charged(BED, 1.5), reference=reference)


def test_the_sentences() -> None:
    """Which service, how often, against which limit; without a name its code."""
    hours = [charged(BED, n * HOUR / DAY) for n in range(3)]
    [daily] = standing_after(DAILY, hours, table())
    [soon] = standing_after(SOON, [charged(SCAN_TOO, n) for n in range(3)], table())

    assert f"1名参保人一次就诊中，普通床位（{BED}）一日内收费3次（提示阈值：超过1次）" in daily.text.zh
    assert f"普通床位 ({BED}) was charged 3 times on one day of a visit (threshold: more than 1 times)" in daily.text.en
    assert f"1名参保人7天内项目{SCAN_TOO}3次（提示阈值：超过2次），医疗机构：{HOSPITAL}" in soon.text.zh
    assert f"a person had the service {SCAN_TOO} 3 times within 7 d (threshold: more than 2 times)" in soon.text.en

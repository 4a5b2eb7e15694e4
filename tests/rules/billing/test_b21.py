"""B21: settlements that are uploaded late."""

from __future__ import annotations

import pytest

from rules.billing.b21_late_uploads import LateUploads
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, HOUR, MINUTE, SECOND
from tests.oracle.wire import HOSPITAL, SHOP, Body, reversal, settlement, text
from tests.rules._messages import effects_of, standing_after

RULE = LateUploads()


def sold(
    count: int, clock: str = "10:00", delay: int = 30 * HOUR, *, after: int = 0, **fields: object
) -> list[Body]:  # fmt: skip
    """So many settlements, one a minute, uploaded so much later."""
    times = [at(clock) + after + n * MINUTE for n in range(count)]
    return [
        settlement(time, psn_no=f"{n}", inf_time=text(time + delay), setl_id=f"S{clock}{n}-{after}") | fields
        for n, time in enumerate(times)
    ]


def values(bodies: list[Body]) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(RULE, bodies, Reference())]


@pytest.mark.parametrize(("count", "expected"), [(19, []), (20, [20]), (31, [31])])
def test_twenty_of_a_day(count: int, expected: list[float]) -> None:
    """Fewer are no finding, more are one alert."""
    assert expected == values(sold(count))


@pytest.mark.parametrize(("delay", "expected"), [(DAY, []), (DAY + SECOND, [20]), (0, []), (71 * HOUR, [20])])
def test_late_is_more_than_a_day(delay: int, expected: list[float]) -> None:
    """To the second."""
    assert expected == values(sold(20, delay=delay))


def test_the_day_begins_at_midnight() -> None:
    """Fifteen before and ten after it are no twenty."""
    assert [] == values(sold(25, "23:45"))


def test_each_institution_by_itself_and_of_every_kind() -> None:
    """A pharmacy and a hospital; visits and bills of stays count too."""
    visits = sold(10, "11:00", infno="2207", med_type="11", fixmedins_code=HOSPITAL)
    bills = sold(10, "12:00", infno="2304", med_type="21", fixmedins_code=HOSPITAL)

    assert [] == values([*sold(10), *visits])
    assert [20] == values([*visits, *bills])


def test_what_is_reversed_does_not_count() -> None:
    """The reversal is not late itself."""
    back = reversal("S10:003-0", at("10:00", day=2), fixmedins_code=SHOP, psn_no="3")

    assert [] == values([*sold(20), back])


@pytest.mark.parametrize(("after", "alerts"), [(2 * DAY, 1), (2 * DAY + SECOND, 2)])
def test_an_alert_ends_after_two_days(after: int, alerts: int) -> None:
    """From the twentieth of one day to that of another."""
    assert alerts == len(values([*sold(20), *sold(20, after=after)]))


def test_what_is_in_time_is_not_kept() -> None:
    """It costs no memory."""
    assert 0 == effects_of(RULE, sold(30, delay=HOUR), Reference()).counts.entries["late_uploads"]


def test_the_sentence_says_how_many() -> None:
    """Of one day."""
    [alert] = standing_after(RULE, sold(22), Reference())

    assert "一日内22笔结算迟于24小时才上传（提示阈值：20笔及以上）" in alert.text.zh
    assert "22 settlements of one day were uploaded more than 24 h late (threshold: 20 settlements" in alert.text.en
    assert "info" == alert.severity

"""The clock of the ticks: which hours the uploads of the events bring, and what does not move it."""

from __future__ import annotations

from streams.router import TickClock
from tests.oracle.wire import DAY, HOUR, MONDAY


def clock_at(hour: int) -> TickClock:
    """A clock that has told this hour."""
    clock = TickClock()
    clock.move_to(hour)
    return clock


def told(clock: TickClock, *uploads: tuple[int, str]) -> list[int]:
    """The hours that uploads of institutions bring, each appended when it was uploaded."""
    return [hour for uploaded, institution in uploads for hour in clock.passed(uploaded, institution, uploaded)]


def test_small_traffic_moves_the_clock_after_a_long_rest() -> None:
    """An event an hour, after a week without any: the hundredth of three institutions confirms all hours before."""
    resumed = MONDAY + 7 * DAY
    hours = told(clock_at(MONDAY), *((resumed + n * HOUR, "ABC"[n % 3]) for n in range(110)))

    assert [resumed + n * HOUR for n in range(99, 110)] == hours


def test_what_is_confirmed_ends_where_a_step_is_longer_than_a_day() -> None:
    """A hundred events confirm the first hour ahead, and what follows it closely; not the wildest date among them."""
    resumed = MONDAY + 7 * DAY
    wild = (resumed + 400 * DAY, "A")
    near = [(resumed + n % 3 * HOUR, "ABC"[n % 3]) for n in range(99)]

    assert [resumed + 2 * HOUR] == told(clock_at(MONDAY), wild, *near)


def test_dates_of_two_institutions_never_confirm_each_other() -> None:
    """However many they are, and what is remembered of them is bounded."""
    clock = clock_at(MONDAY)
    hours = told(clock, *((MONDAY + 2 * DAY + n * HOUR, "AB"[n % 2]) for n in range(20_000)))

    assert [] == hours
    assert len(clock._hours) <= 10_000


def test_what_is_ahead_is_counted_since_the_last_hour_alone() -> None:
    """As long as the hours pass, single wild dates do not add up."""
    clock = clock_at(MONDAY)
    wild = [told(clock, (MONDAY + n * HOUR, "A"), (MONDAY + 400 * DAY, "BCD"[n % 3])) for n in range(1, 200)]

    assert [[MONDAY + n * HOUR] for n in range(1, 200)] == wild


def test_a_clock_that_goes_on_is_as_wary_as_before() -> None:
    """A new owner's first event may be a wild one."""
    assert [] == told(clock_at(MONDAY), (MONDAY + 400 * DAY, "A"))


def test_an_hour_told_by_others_is_not_told_again_nor_taken_back() -> None:
    """When the input rests the broker's hours pass; an earlier one changes nothing."""
    clock = clock_at(MONDAY + 40 * DAY)
    clock.move_to(MONDAY)

    assert [MONDAY + 40 * DAY + HOUR] == told(clock, (MONDAY + 40 * DAY, "A"), (MONDAY + 40 * DAY + HOUR, "A"))

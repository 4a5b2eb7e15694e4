"""The clock of an input partition, and who waits for whom."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.route.alignment import JUMP, LOOK_AHEAD, Announcement, Board, Lane
from tests.oracle.wire import DAY, HOUR, MONDAY

LIMIT = 24 * HOUR
HOLD = 900.0


def passed(uploads: Iterable[int], clock: int = MONDAY, *, whole: bool = True) -> list[int]:
    """Where the clock stands after each record, as far as that can be told."""
    lane: Lane[None] = Lane(clock)
    for uploaded in uploads:
        lane.push(None, uploaded)
    stood = []
    while lane.ahead(whole=whole) is not None:
        lane.take()
        stood.append(lane.clock)
    return stood


def test_the_clock_is_the_largest_hour_and_never_goes_back() -> None:
    """Stragglers and what moves no clock leave it where it is."""
    uploads = [MONDAY + 5, MONDAY + 2 * HOUR + 7, MONDAY + HOUR, 0, MONDAY + 26 * HOUR]

    assert [MONDAY, *[MONDAY + 2 * HOUR] * 3, MONDAY + 26 * HOUR] == passed(uploads)


def test_a_wild_date_moves_nothing_and_a_holiday_does() -> None:
    """What follows decides: after a holiday all the others have made the same step."""
    after = MONDAY + 4 * DAY
    wild = [MONDAY + 400 * DAY, *[MONDAY + n * HOUR for n in range(20)]]
    holiday = [after + n * HOUR for n in range(20)]

    assert [MONDAY, *[MONDAY + n * HOUR for n in range(20)]] == passed(wild)
    assert holiday == passed(holiday)


def test_a_straggler_of_before_the_holiday_does_not_hide_it() -> None:
    """At most one in ten of those that follow may lie before the step."""
    after = MONDAY + 4 * DAY
    uploads = [after, *[after + HOUR] * 9, MONDAY + HOUR, after + 2 * HOUR]

    assert [after, *[after + HOUR] * 10, after + 2 * HOUR] == passed(uploads)


def test_a_step_of_a_day_needs_no_witness_and_one_longer_does() -> None:
    """Beyond a day it cannot be told before a hundred more are read, or the end."""
    assert [MONDAY + JUMP] == passed([MONDAY + JUMP], whole=False)
    assert [] == passed([MONDAY + JUMP + HOUR] * LOOK_AHEAD, whole=False)
    assert [MONDAY + JUMP + HOUR] == passed([MONDAY + JUMP + HOUR] * (LOOK_AHEAD + 1), whole=False)[:1]
    assert [MONDAY + JUMP + HOUR] == passed([MONDAY + JUMP + HOUR])


def test_the_first_record_of_a_partition_is_asked_like_a_step() -> None:
    """A wild date in front leaves the clock unknown until the next."""
    assert [0, MONDAY, MONDAY] == passed([MONDAY + 90 * DAY, MONDAY, MONDAY], clock=0)


def test_a_last_record_alone_is_borne_out_by_nothing() -> None:
    """Neither what was before it nor what moves no clock says whether it is wild or follows a silence."""
    lane: Lane[str] = Lane(MONDAY)
    lane.push("a day on", MONDAY + JUMP)
    assert not lane.is_lone
    lane.ahead(whole=True)
    lane.take()
    lane.push("far ahead", MONDAY + 90 * DAY)
    lane.push("question", 0)
    assert lane.is_lone
    assert (lane.next_hour, lane.ahead(whole=False)) == (MONDAY + 90 * DAY, None)
    lane.push("near", MONDAY + DAY)
    assert not lane.is_lone


def test_two_last_records_alone_bear_one_another_out() -> None:
    """Else a history that comes record by record would stand still at the first silence."""
    lane: Lane[str] = Lane(MONDAY)
    lane.push("after holidays", MONDAY + 5 * DAY)
    assert lane.is_lone
    assert "after holidays" == lane.pass_by()
    assert (MONDAY, 0) == (lane.clock, len(lane))
    lane.push("far from it", MONDAY + 7 * DAY)
    assert lane.is_lone
    lane.pass_by()
    lane.push("near it", MONDAY + 7 * DAY + HOUR)
    assert not lane.is_lone
    assert MONDAY + 7 * DAY + HOUR == lane.ahead(whole=True)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=40), st.integers(0, 40))
def test_where_batches_end_does_not_matter_to_the_clock(hours: list[int], cut: int) -> None:
    """What is told before all is there is told likewise when it is, but that it may wait."""
    uploads = [MONDAY + hour * HOUR for hour in hours]
    early = passed(uploads[:cut], whole=False)

    assert early == passed(uploads)[: len(early)]


class Clock:
    """Seconds of a worker."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """As of time.monotonic."""
        return self.now


def board(partitions: int = 3, generation: int = 7) -> tuple[Board, Clock]:
    """What a worker knows at the beginning of a generation."""
    clock = Clock()
    made = Board("area", LIMIT, HOLD, clock)
    made.begin(generation, partitions)
    return made, clock


def hear(one: Board, partition: int, announced: Announcement) -> None:
    """One announcement comes by itself."""
    one.hear([(partition, announced)])


def left_out(one: Board) -> set[int]:
    """What nobody waits for any more."""
    one.look()
    return one.left_out


def said(hour: int, offset: int = 0, *, generation: int = 7, **further: int) -> Announcement:
    """An announcement."""
    return Announcement("area", generation, offset, hour, **further)


def test_nobody_passes_before_all_have_spoken_in_this_generation() -> None:
    """What was announced in another generation, or area, counts for nothing; what moves no clock passes always."""
    one, _ = board(2)
    hear(one, 0, said(MONDAY))
    hear(one, 1, said(MONDAY, generation=6))
    assert not one.may_pass(MONDAY, MONDAY)
    hear(one, 1, Announcement("other", 7, 0, MONDAY))
    assert not one.may_pass(MONDAY, MONDAY)
    assert one.may_pass(0, MONDAY)
    assert {1} == one.waits_for()
    hear(one, 1, said(MONDAY))

    assert one.may_pass(MONDAY, MONDAY)


def test_a_partition_may_be_a_day_ahead_of_the_earliest_and_no_more() -> None:
    """The common hour is the least that is announced."""
    one, _ = board()
    for partition, hour in enumerate((MONDAY, MONDAY + 20 * HOUR, MONDAY + 25 * HOUR)):
        hear(one, partition, said(hour))

    assert one.may_pass(MONDAY + LIMIT, MONDAY)
    assert not one.may_pass(MONDAY + LIMIT + HOUR, MONDAY)
    assert {0} == one.waits_for()
    assert one.tick() == MONDAY


def test_what_is_read_to_its_end_holds_nothing_that_was_appended_before() -> None:
    """What came later may stand on it already."""
    one, _ = board(2)
    hear(one, 0, said(MONDAY + 9 * DAY))
    hear(one, 1, said(MONDAY, end_at=MONDAY + 10 * DAY))

    assert one.may_pass(MONDAY + 9 * DAY, MONDAY + 10 * DAY)
    assert not one.may_pass(MONDAY + 9 * DAY, MONDAY + 10 * DAY + 1)
    assert MONDAY + 9 * DAY == one.tick()


def test_what_rests_is_not_waited_for_as_long_as_its_owner_says_so_anew() -> None:
    """A partition to which nobody writes is no fault; an owner that told of its end and then hangs is one."""
    one, clock = board(2)
    hear(one, 0, said(MONDAY + 9 * DAY))
    for second in range(3):
        hear(one, 1, said(MONDAY, end_at=MONDAY + 9 * DAY + second))
        clock.now += 1
        assert set() == one.waits_for()
    clock.now += 60

    assert {1} == one.waits_for()


def test_a_partition_that_never_got_an_event_lets_others_pass_once_its_end_is_known() -> None:
    """No hour is announced for it, only that there is nothing."""
    one, _ = board(2)
    hear(one, 0, said(MONDAY))
    hear(one, 1, said(0))
    assert not one.may_pass(MONDAY, MONDAY)
    hear(one, 1, said(0, end_at=MONDAY + HOUR))

    assert one.may_pass(MONDAY, MONDAY + HOUR)


def test_a_history_that_is_loaded_does_not_jump_to_today() -> None:
    """All is read to its end now, years after what it says: the hour is the latest that was announced."""
    one, _ = board(2)
    hear(one, 0, said(MONDAY, end_at=MONDAY + 900 * DAY, behind=900 * DAY))
    hear(one, 1, said(MONDAY + HOUR, end_at=MONDAY + 900 * DAY, behind=900 * DAY))

    assert MONDAY + HOUR == one.tick()
    assert not one.is_live()


def test_the_input_is_live_where_all_of_it_is_of_its_own_day() -> None:
    """A partition without any event says nothing about that."""
    one, _ = board(3)
    hear(one, 0, said(MONDAY, behind=HOUR))
    hear(one, 1, said(0, end_at=MONDAY))
    assert one.is_live()
    hear(one, 2, said(MONDAY, behind=25 * HOUR))

    assert not one.is_live()


def test_what_does_not_move_is_left_out_after_the_hold_limit_until_it_moves() -> None:
    """Whatever the cause: it said nothing, or says the same offset again and again."""
    one, clock = board(2)
    hear(one, 0, said(MONDAY + 3 * DAY))
    clock.now += HOLD
    hear(one, 1, said(MONDAY, 5))
    assert set() == left_out(one)
    clock.now += HOLD
    hear(one, 1, said(MONDAY, 5))
    assert set() == left_out(one)
    clock.now += 1
    assert {1} == left_out(one)
    assert one.may_pass(MONDAY + 3 * DAY, MONDAY)
    hear(one, 1, said(MONDAY, 5))
    assert {1} == one.left_out
    hear(one, 1, said(MONDAY, 6))

    assert set() == one.left_out
    assert not one.may_pass(MONDAY + 3 * DAY, MONDAY)


def test_who_says_nothing_at_all_is_left_out_too() -> None:
    """An owner that hangs while it heartbeats."""
    one, clock = board(2)
    hear(one, 0, said(MONDAY))
    clock.now += HOLD + 1

    assert {1} == left_out(one)
    assert one.may_pass(MONDAY, MONDAY)


def test_a_record_that_ends_every_owner_is_found_though_nobody_lives_long_enough() -> None:
    """Each owner goes on counting where the one before it stopped."""
    one, _ = board(2)
    hear(one, 0, said(MONDAY + 3 * DAY))
    hear(one, 1, said(MONDAY, 5, stalled=int(HOLD * 1000) + 1))

    assert {1} == one.left_out


@pytest.mark.parametrize("held_for", [1.0, 100 * HOLD])
def test_what_was_held_itself_has_its_own_time_once_it_is_free(held_for: float) -> None:
    """Partitions that waited for one that is left out do not fall with it."""
    one, clock = board(3)
    hear(one, 0, said(MONDAY, 1))
    hear(one, 1, said(MONDAY + 2 * DAY, 1))
    hear(one, 2, said(MONDAY + 9 * DAY, 1))
    clock.now += max(held_for, HOLD + 1)
    assert {0} == left_out(one)

    assert set() == left_out(one) - {0}
    assert one.may_pass(MONDAY + 3 * DAY, MONDAY)
    assert not one.may_pass(MONDAY + 9 * DAY, MONDAY)


def test_what_rests_is_not_left_out_when_others_come_to_need_it() -> None:
    """After a night without an event its owner has the hold limit to say that there is none."""
    one, clock = board(2)
    hear(one, 0, said(MONDAY, 1))
    hear(one, 1, said(MONDAY, 1))
    clock.now += 50 * HOLD
    hear(one, 0, said(MONDAY + 3 * DAY, 2))
    assert set() == left_out(one)
    clock.now += HOLD + 1

    assert {1} == left_out(one)


def test_many_generations_do_not_hide_what_does_not_move() -> None:
    """A record that ends every owner makes a new generation each time, long before the hold limit."""
    one, clock = board(2)
    for generation in range(8, 8 + 40):
        one.begin(generation, 2)
        hear(one, 0, said(MONDAY + 3 * DAY, 4, generation=generation))
        hear(one, 1, said(MONDAY, 4, generation=generation))
        clock.now += 25.0

    assert {1} == left_out(one)


def test_a_new_generation_waits_for_everybody_again() -> None:
    """Also for what was left out: it is left out still, for it has not moved."""
    one, clock = board(2)
    hear(one, 0, said(MONDAY + 3 * DAY, 4))
    hear(one, 1, said(MONDAY, 4))
    clock.now += HOLD + 1
    left_out(one)
    one.begin(8, 2)
    assert not one.may_pass(MONDAY + 3 * DAY, MONDAY)
    hear(one, 0, said(MONDAY + 3 * DAY, 4, generation=8))

    assert one.may_pass(MONDAY + 3 * DAY, MONDAY)
    assert {1} == one.left_out


@given(
    st.lists(st.tuples(*(st.integers(0, most) for most in (3, 1, 60, 60))), max_size=12),
    st.integers(0, 90),
    st.integers(0, 60),
)
def test_what_always_passes_passes_whenever_it_was_appended(
    heard: list[tuple[int, int, int, int]], hour: int, appended: int
) -> None:
    """It is asked first, and must hold nobody less: after every announcement, generation and hold limit."""
    one, clock = board(generation=0)
    for partition, generation, at, end in heard:
        if partition == 3:  # no partition: another generation
            one.begin(generation, 3)
            clock.now += HOLD * at / 50
        else:
            hear(one, partition, said(at * HOUR, generation=generation, end_at=end * HOUR))
        always = one.always_passes(hour * HOUR)

        assert one.may_pass(hour * HOUR, 1 << 62) == always
        assert one.may_pass(hour * HOUR, appended * HOUR) >= always


def all_told(one: Board) -> tuple[object, ...]:
    """All that a board tells that does not depend on a record."""
    return one.left_out, one.common(1 << 62), one.waits_for(), one.tick(), one.latest(), one.is_live()


@given(
    st.lists(
        st.tuples(
            st.dictionaries(
                st.integers(0, 3), st.tuples(*(st.integers(0, most) for most in (1, 3, 90, 90))), min_size=1
            ),
            st.sampled_from([0.0, 1.0, HOLD / 2, HOLD + 1]),
        ),
        max_size=8,
    )
)
def test_what_is_heard_together_tells_what_it_tells_one_after_the_other(
    batches: list[tuple[dict[int, tuple[int, int, int, int]], float]],
) -> None:
    """A look after each announcement is the slow way to the same."""
    together, clock = board(4, generation=0)
    singly, other = board(4, generation=0)
    for batch, seconds in batches:
        announced = [
            (partition, said(hour * HOUR, offset, generation=generation, end_at=end * HOUR))
            for partition, (generation, offset, hour, end) in batch.items()
        ]
        together.hear(announced)
        for one in announced:
            singly.hear([one])

        assert all_told(together) == all_told(singly)
        for hour in range(0, 120, 6):
            assert together.always_passes(hour * HOUR) == singly.may_pass(hour * HOUR, 1 << 62)
        clock.now = other.now = clock.now + seconds
        together.look()
        singly.look()
        assert all_told(together) == all_told(singly)


def test_what_comes_together_is_looked_at_once() -> None:
    """Where each of many partitions announces several times a second, a look for each would take the core."""
    one, _ = board(256)
    looks = 0
    look = one.look

    def count() -> None:
        nonlocal looks
        looks += 1
        look()

    one.look = count  # type: ignore[method-assign]  # what it costs is what is asked
    one.hear((partition, said(MONDAY, 1)) for partition in range(256))

    assert looks == 1
    assert one.tick() == MONDAY

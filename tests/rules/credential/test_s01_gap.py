"""S01-GAP: one card after the other."""

from __future__ import annotations

import pytest

from rules.credential.s01_gap import Gap
from rules.engine.window import Window
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import PHARMACY, at, judge, swipe
from rules.times import DAY, HOUR, MINUTE
from tests.rules._log import END, standing, told

RULE = Gap()


def run(count: int, gap: int, **all_of: object) -> list[Swipe]:
    """So many persons, one every `gap` seconds."""
    return [swipe(at("10:00", seconds=gap * number), f"p{number}", **all_of) for number in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "gap", "expected"), [(7, 60, []), (8, 120, [8]), (8, 121, []), (9, 120, [8, 9])])
def test_a_run_needs_enough_persons_without_a_longer_pause(count: int, gap: int, expected: list[int]) -> None:
    """Eight persons, each at most two minutes after the one before."""
    assert expected == [found.value for found in judge(RULE, list(run(count, gap)))]


def test_a_person_counts_once() -> None:
    """Eight swipes of seven persons are seven."""
    seven = run(7, 60)

    assert [] == judge(RULE, [*seven, swipe(at("10:07"), "p0")])


@pytest.mark.parametrize(("last", "expected"), [(7_199, [8]), (7_200, [])])
def test_only_the_last_two_hours_of_a_run_are_looked_at(last: int, expected: list[int]) -> None:
    """A run that is longer is judged by its end: seven persons who swipe all the time, and one at its beginning."""
    between = [swipe(at("10:00", seconds=100 * number), f"p{number % 6}") for number in range(1, 72)]
    entries = [swipe(at("10:00"), "first"), *between, swipe(at("10:00", seconds=last), "last")]

    assert expected == [found.value for found in judge(RULE, list(entries))]


@pytest.mark.parametrize(("after", "alerts"), [(600, 1), (601, 2)])
def test_an_alert_ends_after_ten_minutes(after: int, alerts: int) -> None:
    """Each time eight cards in one moment."""
    again = [swipe(at("10:00", seconds=after), one.person) for one in run(8, 0)]

    assert alerts == len(standing(told(RULE, [*run(8, 0), *again, END])))


@pytest.mark.parametrize(("usual", "expected"), [("1.0158", [8]), ("1.016", [])])
def test_the_limit_follows_the_length_of_the_run(usual: str, expected: list[int]) -> None:
    """Sixteen minutes with the pause before it, to the second: 1.6253 are usual there (limit 7.9996), or 1.6256."""
    reference = Reference()
    reference.put(
        "institutions", {"fixmedins_code": PHARMACY, "kind": "pharmacy", "status": "active", "usual_per_10min": usual}
    )

    assert expected == [found.value for found in judge(RULE, list(run(8, 120)), reference)]
    assert [8] == [found.value for found in judge(Gap(baseline=False), list(run(8, 120)), reference)]


def test_a_late_swipe_joins_two_runs() -> None:
    """Two runs of four, between which the missing swipe arrives later, are one run of nine."""
    nine = run(9, 100)
    in_order, late = told(RULE, [*nine, END]), told(RULE, [*nine[:4], *nine[5:], nine[4], END])

    assert [(2, 9.0)] == [(one[4], one[5]) for one in standing(in_order)]
    assert standing(in_order) == standing(late)


def test_the_slowest_run_is_an_alert() -> None:
    """With two minutes between each two it takes no less time than the engine looks for."""
    assert 1 == len(standing(told(RULE, [*run(8, 120), END])))


@pytest.mark.parametrize(
    ("late", "count", "expected"), [(3, 8, "warning"), (4, 8, "info"), (0, 15, "warning"), (0, 16, "high")]
)
def test_severity(late: int, count: int, expected: str) -> None:
    """Twice the limit is high; where half was uploaded late it may be an outage."""
    swipes = [
        swipe(one.time, one.person, uploaded=one.time + (6 * MINUTE if number < late else MINUTE))
        for number, one in enumerate(run(count, 60))
    ]

    assert expected == judge(RULE, list(swipes))[-1].severity


def test_the_past_of_a_shop_raises_its_limit() -> None:
    """Where 12 an hour are usual, 3.7 are in the run and its pause: the limit is 13.3, on a pension day 20.9."""
    swipes = run(14, 76)
    bins = {at("10:00", day=-day) // HOUR * HOUR: [12, 0] for day in range(1, 46)}
    reference = Reference()
    reference.put("calendar", {"date": "2026-03-05", "kind": "pension"})
    window = Window(list(swipes), RULE.span, bins)
    window.move_to(13)
    found = RULE.check(swipes[13], window, Reference())

    assert found is not None
    assert (14, 13.3, 3.7) == (found.value, found.limit, found.usual)
    assert RULE.check(swipes[13], window, reference) is None


def test_the_past_counts_only_when_it_is_long_enough() -> None:
    """Thirteen days with traffic are no habit, fourteen are."""
    swipes = run(8, 60)

    def limit(days: int) -> float:
        bins = {at("10:00", day=-13 - day) // HOUR * HOUR: [60, 0] for day in range(1, days + 1)}
        window = Window(list(swipes), RULE.span, bins)
        window.move_to(7)
        found = Gap(limit=1).check(swipes[7], window, Reference())
        return found.limit if found else 0

    assert (1, 0) == (limit(13), limit(14))


def test_the_sentence_says_how_long_and_how_many() -> None:
    """Minutes, persons, pause and limit, in both languages."""
    (alert,) = told(RULE, run(8, 100, name="示例大药房"))[:1]

    assert "12分钟内有8名参保人连续刷卡结算，相邻两次间隔均不超过2分钟（提示阈值：8人及以上）" in alert.text.zh
    assert (
        "8 insured persons settled within 12 min, never over 2 min apart (threshold: 8 persons or more)"
        in alert.text.en
    )
    assert alert.window.start[11:16] == "08:11"
    assert RULE.span == DAY // 12

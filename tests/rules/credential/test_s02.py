"""S02: the same cards together, day after day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rules.credential.s02_cards_together import CardsTogether
from rules.engine.window import Window
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import at, judge, swipe
from rules.times import DAY, MINUTE, SECOND
from tests.oracle import wire
from tests.oracle.twin import ListWindow
from tests.oracle.world import logs, run
from tests.rules._log import END, standing, told

RULE = CardsTogether()


def drawer(cards: int, days: Sequence[int] = (0, 4, 9), step: int = 60) -> list[Swipe]:
    """So many cards, one after the other, on these days."""
    return [swipe(at("10:00", day=day, seconds=step * n), f"p{n}") for day in days for n in range(cards)]


def values(rows: list[Swipe], rule: CardsTogether = RULE, reference: Reference | None = None) -> list[float]:
    """The values of the findings."""
    return [one.value for one in judge(rule, rows, reference)]


def test_how_many_cards_on_how_many_days() -> None:
    """The limits are reached; each further card is a finding, too."""
    assert [] == values(drawer(3))
    assert [4, 5] == values(drawer(5))
    assert [3] == values(drawer(3), replace(RULE, limit=3))
    assert [] == values(drawer(4, days=(0, 9)))
    assert [4] == values(drawer(4, days=(0, 9)), replace(RULE, fewest_days=2))


def test_fourteen_days_before_are_looked_at() -> None:
    """By days of Beijing, not by hours."""
    assert [4] == values(drawer(4, days=(0, 5, 14)))
    assert [] == values(drawer(4, days=(0, 5, 15)))
    assert [4] == values(drawer(4, days=(0, 5, 15)), replace(RULE, days=15))


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(at("00:00"), at("23:59", day=14, seconds=59), [4] * 4), (at("00:00") - SECOND, at("10:00", day=14), [])],
)
def test_the_first_of_these_days_is_a_whole_one(first: int, last: int, found: list[float]) -> None:
    """Also for who settles in the last second of the day."""
    moments = (first, at("10:00", day=5), last)

    assert found == values([swipe(moment, f"p{n}") for moment in moments for n in range(4)])


def test_twice_on_a_day_is_one_day() -> None:
    """Also where the first time is at midnight."""
    moments = (at("10:00", day=4), at("00:00", day=9), at("10:00", day=9))

    assert [] == values([swipe(moment, f"p{n}") for moment in moments for n in range(4)])


@pytest.mark.parametrize(("before", "today", "count"), [(299, 299, 1), (300, 299, 0), (299, 300, 0)])
def test_cards_are_together_within_five_minutes(before: int, today: int, count: int) -> None:
    """The last card is held against the first, on the days before and on this one; 300 s are too long."""
    last = [swipe(at("10:00", day=day, seconds=after), "p3") for day, after in ((0, before), (4, before), (9, today))]

    assert count == len(values([*drawer(3), *last]))


@pytest.mark.parametrize(("after", "alerts"), [(7 * DAY, 1), (7 * DAY + SECOND, 2)])
def test_an_alert_ends_after_a_week(after: int, alerts: int) -> None:
    """Four cards in one moment, and again."""
    rows = drawer(4, (0, 4, 9), 0)
    again = [swipe(one.time + after, one.person) for one in rows[-4:]]

    assert alerts == len(standing(told(RULE, [*rows, *again, END])))


def test_a_day_in_other_company_does_not_count() -> None:
    """Each companion must have been together with the judged card; a stranger among them is not counted."""
    apart = [*drawer(4, days=(0, 9)), *(swipe(at("12:00", day=4) + n * 5 * MINUTE, f"p{n}") for n in range(4))]
    strangers = [swipe(at("10:00", day=day, seconds=30), f"x{day}") for day in (0, 4, 9)]

    assert [] == values(apart)
    assert [] == values([*drawer(3), *strangers])
    assert [4] == values([*drawer(4), *strangers])


def test_midnight_parts_two_days() -> None:
    """Two cards around midnight are not together on either day."""
    late = [swipe(at("23:58", day=day) + n * MINUTE, f"p{n}") for day in (0, 4, 9) for n in range(4)]

    assert [] == values(late)


def test_a_household_or_a_care_home_counts_once() -> None:
    """By the table; who is not in it counts alone."""
    families, homes = Reference(), Reference()
    for n in range(2):
        families.put("households", {"psn_no": f"p{n}", "household": "h"})
        homes.put("households", {"psn_no": f"p{n}", "household": f"h{n}", "care_home": "c"})

    assert [] == values(drawer(4), reference=families)
    assert [4] == values(drawer(5), reference=families)
    assert [4] == values(drawer(5), reference=homes)


def test_what_is_remembered_of_a_day_is_what_a_slow_window_says() -> None:
    """Also where a window is asked again and again on one day."""
    rows = sorted(drawer(5, days=(0, 1, 4, 9, 9, 12)), key=lambda one: (one.time, one.id))
    window: Window[Swipe] = Window(rows, RULE.span)
    for position, entry in enumerate(rows):
        window.move_to(position)
        slow = ListWindow(rows, RULE.span, {}, entry.time)

        assert RULE.check(entry, slow, Reference()) == RULE.check(entry, window, Reference())  # type: ignore[arg-type]  # it answers the same questions


def test_the_sentence() -> None:
    """How many cards, within how much time, how often before; a reversed settlement takes the alert back."""
    sent = [
        wire.settlement(wire.MONDAY + day * DAY + n * MINUTE, "2102", setl_id=f"S{day}-{n}", mdtrt_id=f"V{day}-{n}",
                        msgid=f"M{day}-{n}", psn_no=f"{n}")
        for day in (0, 4, 9) for n in range(4)
    ]  # fmt: skip
    back = wire.reversal("S9-3", wire.MONDAY + 9 * DAY + 300 * SECOND, "2103", psn_no="3", msgid="R")
    last = []
    for some in (sent, [*sent, back]):
        [log] = logs([(0, wire.raw(one), wire.MONDAY + 20 * DAY) for one in some])
        last.append(run(log, [RULE], Reference()).alerts[-1])

    assert "5分钟内4张医保卡前后刷卡（提示阈值：4张及以上），且此前14天内至少2天也曾同时刷卡" in last[0].text.zh
    assert "4 cards were swiped within 5 min (threshold: 4 cards or more), as they were together" in last[0].text.en
    assert "withdrawn" == last[1].status

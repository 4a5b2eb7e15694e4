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


@pytest.mark.parametrize(("step", "count"), [(99, 1), (100, 0)])
def test_cards_are_together_within_five_minutes(step: int, count: int) -> None:
    """Three steps of 99 s are less than 300 s; the last card is held against the first."""
    assert count == len(values(drawer(4, step=step)))


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

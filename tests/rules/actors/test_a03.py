"""A03: the same persons in leads of several institutions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rules.actors.a03_ring_of_persons import RingOfPersons
from rules.ledgers import Beside
from rules.testing import at, beside, judge
from rules.times import SECOND

RULE = RingOfPersons()


def leads(
    places: list[str], others: tuple[str, ...] = ("p2", "p3"), *, said: str = "", stands: bool = True
) -> list[Beside]:
    """Leads of p1 with others, one a day."""
    more: dict[str, Any] = {"others": others, "said": said, "stands": stands}
    return [beside(at("10:00", day=n), institution=one, **more) for n, one in enumerate(places)]


def test_three_persons_at_three_institutions() -> None:
    """Not two persons, and not two institutions."""
    assert [3] == [one.value for one in judge(RULE, leads(["P1", "P2", "P3"]))]
    assert [] == judge(RULE, leads(["P1", "P2", "P1", "P2"]))
    assert [] == judge(RULE, leads(["P1", "P2", "P3"], ("p2",)))
    assert [2] == [one.value for one in judge(replace(RULE, limit=2), leads(["P1", "P2", "P3"], ("p2",)))]
    assert [3] == [one.value for one in judge(replace(RULE, institutions_limit=2), leads(["P1", "P2"]))]


def test_a_companion_stands_beside_the_person_each_time() -> None:
    """Who was there only twice is none."""
    rows = [*leads(["P1", "P2"]), beside(at("10:00", day=2), others=("p2", "p4"), institution="P3")]

    assert [] == judge(RULE, rows)


def test_it_is_told_of_the_first_person_alone() -> None:
    """The others would say the same."""
    assert [] == judge(RULE, leads(["P1", "P2", "P3"], ("p0", "p2")))


def test_a_lead_without_a_companion_is_no_trigger() -> None:
    """Though the ring is known by then."""
    rows = [*leads(["P1", "P2", "P3"]), beside(at("10:00", day=3), others=("p9",), institution="P4")]

    assert [at("10:00", day=2)] == [one.evidence[-1].time for one in judge(RULE, rows)]


def test_what_was_found_wrong_or_withdrawn_is_left_out() -> None:
    """Each takes an institution away."""
    assert [] == judge(RULE, [*leads(["P1", "P2"]), *leads(["P3"], stands=False)])
    for said in ("false_positive", "explained", "data_error"):
        assert [] == judge(RULE, [*leads(["P1", "P2"]), *leads(["P3"], said=said)])


def test_the_window_is_half_open() -> None:
    """180 days before the last lead are over."""
    rows = leads(["P1", "P2"])

    assert [] == judge(RULE, [*rows, beside(at("10:00", day=180), others=("p2", "p3"), institution="P3")])
    just_within = beside(at("10:00", day=180) - SECOND, others=("p2", "p3"), institution="P3")
    assert 1 == len(judge(RULE, [*rows, just_within]))

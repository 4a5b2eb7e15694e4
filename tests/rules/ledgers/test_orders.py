"""The lines of physicians, as they are cancelled, sent again and taken back, against the twin."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rules.billing.b11_two_places_at_once import TwoPlacesAtOnce
from rules.reference import Reference
from tests.oracle.profile import examples
from tests.oracle.twin import episodes
from tests.oracle.world import (
    DENSE,
    SHORT,
    Draft,
    Scale,
    accepted,
    body_of,
    drafts,
    from_sources,
    in_some_order,
    logs,
    run,
    standing_at_end,
    with_repeats,
)

KINDS = (*("lines",) * 4, "cancel_lines", "cancel_lines", "message_reversal", "pharmacy")
WORLDS = st.sampled_from([SHORT, DENSE]).flatmap(
    lambda scale: st.tuples(st.just(scale), drafts(scale, largest=30, kinds=KINDS, pool=2))
)
RULES = [TwoPlacesAtOnce(window=10_800)]


@examples(80)
@given(world=WORLDS, seed=st.integers(0, 1 << 32))
def test_lines_end_as_those_of_the_twin(world: tuple[Scale, list[Draft]], seed: int) -> None:
    """In any order within the grace, with repeats, over several partitions."""
    (scale, made), random = world, Random(seed)
    events = accepted(body_of(draft, scale) for draft in made)
    arrived = from_sources(in_some_order(with_repeats(events, random), random), random, sources=3)
    expected = episodes([event for event, _ in events], RULES, Reference())

    inside = logs(arrived, random.choice((1, 3)), by_append_time=random.random() < 0.5)

    assert expected == standing_at_end([alert for log in inside for alert in run(log, RULES, Reference()).alerts])

"""What counts as lost, and the line that says it."""

import pytest

from streams.kafka.lost import Bounds, Gap, entries_are_lost, events_are_lost, line_of


@pytest.mark.parametrize(
    ("bounds", "has_heads", "has_others", "lost"),
    [
        (Bounds(0, 9, 0), True, True, False),
        (Bounds(5, 9, 5), True, True, False),
        (Bounds(5, 9, 9), True, True, False),
        (Bounds(5, 9, 4), True, True, True),  # trimmed behind the group
        (Bounds(0, 9, 10), True, True, True),  # made anew under the group
        (Bounds(5, 9, 4), False, True, True),  # nothing needs to be saved for that
        (Bounds(0, 9, None), False, False, False),  # the first start
        (Bounds(5, 9, None), False, False, False),  # the first start, on events that are older
        (Bounds(0, 9, None), True, True, False),  # the topic has grown
        (Bounds(5, 9, None), True, True, True),
        (Bounds(0, 9, None), True, False, True),  # the group is gone
    ],
)
def test_what_is_lost_of_the_events(bounds: Bounds, has_heads: bool, has_others: bool, lost: bool) -> None:  # noqa: FBT001 - columns
    """A group without offsets begins at the beginning only where nothing was saved, and on a partition that is new."""
    assert lost == events_are_lost(bounds, has_heads=has_heads, has_others=has_others)


@pytest.mark.parametrize(
    ("bounds", "head", "has_heads", "lost"),
    [
        (Bounds(5, 9, 0), 5, True, False),  # the group's offset does not matter where there is a head
        (Bounds(5, 9, 9), 9, True, False),
        (Bounds(5, 9, 9), 4, True, True),  # trimmed behind the head
        (Bounds(0, 3, 9), 4, True, True),  # made anew under the head
        (Bounds(0, 9, None), None, False, False),  # the first start
        (Bounds(5, 9, None), None, False, False),
        (Bounds(0, 9, None), None, True, False),  # nothing was written to this partition yet
        (Bounds(0, 9, 7), None, True, False),  # judged again from the beginning, to the same state
        (Bounds(5, 9, 5), None, True, False),  # begun there, and nothing saved yet
        (Bounds(5, 9, None), None, True, True),
        (Bounds(5, 9, 7), None, False, True),  # the changelog is gone, and the beginning too
        (Bounds(5, 9, 4), None, False, True),
        (Bounds(0, 9, 10), None, False, True),
    ],
)
def test_what_is_lost_inside(bounds: Bounds, head: int | None, has_heads: bool, lost: bool) -> None:  # noqa: FBT001 - columns
    """The head says where to go on; without one, only a log that is whole gives the state again."""
    assert lost == entries_are_lost(bounds, head, has_heads=has_heads)


TICK, THERE = 1_772_683_200_000, 1_772_690_400_000


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (
            Gap("p.events", 3, 4, 7, 9, TICK, THERE),
            (
                "p.events/3: offsets 4 to 6 are gone before they were read (from about 2026-03-05T12:00:00+08:00, the last "
                "hour judged, to 2026-03-05T14:00:00+08:00, the first record that is there)"
            ),
        ),
        (
            Gap("p.events", 3, 12, 0, 0),
            (
                "p.events/3: offset 12 is beyond the end 0: the topic was made anew or cut off (from an unknown moment to "
                "now)"
            ),
        ),
        (
            Gap("p.events", 3, None, 7, 9, None, THERE),
            (
                "p.events/3: the group's offset is gone, and saved state is there; records are there from 7 (from an "
                "unknown moment to 2026-03-05T14:00:00+08:00, the first record that is there)"
            ),
        ),
        (
            Gap("p.internal.entries", 0, 9, 7, 9, TICK, None),
            (
                "p.internal.entries/0: the state saved at offset 9 is gone, and records are there from 7 only (from about "
                "2026-03-05T12:00:00+08:00, the last hour judged, to now)"
            ),
        ),
    ],
)
def test_a_gap_says_what_is_lost_and_from_when_to_when(gap: Gap, said: str) -> None:
    """As far as it can be known."""
    assert said == gap.what


def test_one_line_has_the_command_that_accepts_it() -> None:
    """For one gap it names the partition, for several the area."""
    gaps = [Gap("p.events", 3, 4, 7, 9), Gap("p.events", 4, 4, 7, 9)]
    one, two = line_of(gaps[:1], "p"), line_of(gaps, "p")

    assert "monitor topics accept-gap --prefix p --topic p.events --partition 3 --yes" in one
    assert "monitor topics accept-gap --prefix p --yes" in two
    assert all(gap.what in two for gap in gaps)
    assert "\n" not in two

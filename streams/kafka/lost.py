"""Offsets at which a worker should go on and cannot: what stood there is gone, or the topic is another one.

Nothing is skipped and nothing is read again in silence. A worker ends with exit code 3 and one line; a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from rules.times import iso

LOST = 3
"""Exit code: something was lost that a person must decide about."""


class LostOffsetsError(Exception):
    """Offsets are gone: exit code 3. One line: what is gone, from when to when, and the command that accepts it."""


class Bounds(NamedTuple):
    """What there is of a partition, and how far the group is."""

    first: int
    """Offset of the first record that is there; the end where there is none."""
    end: int
    committed: int | None
    """The group's offset."""

    def holds(self, offset: int) -> bool:
        """Whether a reader can go on at this offset."""
        return self.first <= offset <= self.end


Loss = Literal["offset", "end", "records", "state"]
"""The group's offset is gone; it lies beyond the end; records are gone unread; the saved state is gone."""

_LOSSES: Mapping[Loss, str] = {
    "offset": "the group's offset is gone, and saved state is there; records are there from {first}",
    "end": "offset {position} is beyond the end {end}: the topic was made anew or cut off",
    "records": "offsets {position} to {last} are gone before they were read",
    "state": "the state saved at offset {position} is gone, and records are there from {first} only",
}


@dataclass(frozen=True)
class Gap:
    """One partition on which a worker cannot go on. Times are ms UTC, None where they are not known."""

    topic: str
    partition: int
    position: int | None
    """Where to go on; None where the group's offset is gone."""
    first: int
    end: int
    judged_to: int | None = None
    """Up to which hour of the log everything was judged."""
    there_from: int | None = None
    """When the first record that is there was appended."""

    @property
    def what(self) -> str:
        """What is lost, and from when to when as far as it is known."""
        since = "an unknown moment" if self.judged_to is None else f"about {iso(self.judged_to)}, the last hour judged,"
        until = "now" if self.there_from is None else f"{iso(self.there_from)}, the first record that is there"
        return f"{self.topic}/{self.partition}: {self._loss} (from {since} to {until})"

    @property
    def loss(self) -> Loss:
        """What kind of loss it is."""
        if self.position is None:
            return "offset"
        if self.position > self.end:
            return "end"
        return "records" if self.position < self.first else "state"

    @property
    def _loss(self) -> str:
        return _LOSSES[self.loss].format_map(vars(self) | {"last": self.first - 1})


def line_of(gaps: Sequence[Gap], prefix: str) -> str:
    """One line for all gaps of an area, with the command that accepts them."""
    command = f"monitor topics accept-gap --prefix {prefix}"
    if len(gaps) == 1:
        command += f" --topic {gaps[0].topic} --partition {gaps[0].partition}"
    return (
        f"lost: {'; '.join(gap.what for gap in gaps)}. "
        f"To go on at the first record that is there: {command} --yes (without --yes it only says what is lost)"
    )


def events_are_lost(bounds: Bounds, *, has_heads: bool, has_others: bool) -> bool:
    """Whether an input partition cannot be read on.

    Without an offset of the group it begins at the beginning where nothing was ever saved (has_heads), and where it is
    new: whole, while the group has offsets of others (has_others).
    """
    if bounds.committed is None:
        is_new = bounds.first == 0 and has_others
        return has_heads and not is_new
    return not bounds.holds(bounds.committed)


def entries_are_lost(bounds: Bounds, head: int | None, *, has_heads: bool) -> bool:
    """Whether a partition of the topic inside cannot be judged on from its head.

    Without a head it is judged from the beginning, where that is whole, or where the group's offset is: a person
    accepted that, or the group has begun there and saved nothing yet. A log that was deleted up to that very offset
    looks the same.
    """
    if head is not None:
        return not bounds.holds(head)
    if bounds.committed is None:
        return bounds.first > 0 and has_heads
    if bounds.first == 0:
        return not bounds.holds(bounds.committed)
    return bounds.committed != bounds.first


async def bounds_of(consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Bounds]:
    """Bounds of these partitions, for the group of this consumer."""
    tps = list(partitions)
    first, end = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
    return {tp: Bounds(first[tp], end[tp], await consumer.committed(tp)) for tp in tps}


async def gap_of(
    consumer: AIOKafkaConsumer, tp: TopicPartition, position: int | None, bounds: Bounds, judged_to: int | None = None
) -> Gap:
    """A gap, with the append time of the first record behind it."""
    found: Mapping[TopicPartition, object] = await consumer.offsets_for_times({tp: 0})
    there_from = getattr(found.get(tp), "timestamp", None)
    return Gap(tp.topic, tp.partition, position, bounds.first, bounds.end, judged_to or None, there_from)

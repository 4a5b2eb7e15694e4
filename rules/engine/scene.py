"""Where and when it was of which the sentence of an alert tells."""

from __future__ import annotations

from typing import NamedTuple

from .episode import Episode
from .finding import Evidence
from .text import Text, days, period


class Scene(NamedTuple):
    """An institution as a message names it, when it was in words, and a moment of it, ms UTC."""

    institution: str
    name: str
    when: Text
    at: int


def of_triggers(episode: Episode) -> Scene:
    """Where the first trigger was, from the first to the last of them."""
    return _at_first(episode, period(episode.first.time, episode.last_time))


def of_burst(episode: Episode) -> Scene:
    """Where the first entry was that proves it, from that to the last trigger."""
    first = min(episode.evidence, key=lambda one: one.time, default=None)
    if first is None:
        return of_triggers(episode)
    return Scene(first.institution, first.name, period(first.time, episode.last_time), first.time)


def of_days(episode: Episode, length: int) -> Scene:
    """The days (of this length, ms) whose ends are the triggers."""
    return _at_first(episode, days(episode.first.time - length, episode.last_time - length))


def of_row(row: Evidence) -> Scene:
    """Where and when one entry was."""
    return Scene(row.institution, row.name, period(row.time, row.time), row.time)


def _at_first(episode: Episode, when: Text) -> Scene:
    first = episode.first
    return Scene(first.institution, first.name, when, first.time)


def again(episode: Episode) -> Text:
    """That it was so more than once, and from when to when; empty for a single trigger."""
    if episode.count < 2:
        return Text("", "")
    when = period(episode.first.time, episode.last_time)
    return Text(f"，同类情形{when.zh}共{episode.count}次", f", {episode.count} findings of this kind {when.en}")

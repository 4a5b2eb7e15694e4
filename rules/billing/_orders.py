"""What the rules on one physician in two places share: which lines count, and which codes are of several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rules import (
    HOUR,
    SECOND,
    Episode,
    Evidence,
    Finding,
    Guard,
    Names,
    Ordered,
    Reference,
    Rule,
    Scene,
    Text,
    Undecidable,
    Window,
    assumption,
    clock,
    is_online,
    listed,
    of_row,
    parameter,
    period,
)

MOST_STOPS = 5
"""So many are named in the sentence; the rows of evidence have all."""


def crowd_of_one_code() -> int:
    """The parameter `crowd` of these rules."""
    return parameter(
        30,
        "一小时内在同一家机构有这么多名参保人及以上的编码，视为多人共用，不作判断",
        "a code with so many persons or more at one institution within an hour is one that several share: not judged",
        unit="persons",
        origin=assumption("与D14相同：看诊并开单至少约2分钟", "as D14: two minutes for a patient at the least"),
    )


class Orders(Rule[Ordered]):
    """One physician orders in two places, and cannot have been in both."""

    window: int
    crowd: int

    @property
    def span(self) -> int:
        """The window, and the hour in which the persons of a code are counted, ms."""
        return max(self.shown, HOUR)

    @property
    def shown(self) -> int:
        """The window in ms."""
        return self.window * SECOND

    @property
    def guard(self) -> Guard:
        """Two institutions."""
        return Guard(fewest=2, distinct=("institution", 2))

    def check(self, entry: Ordered, window: Window[Ordered], reference: Reference) -> Finding | None:
        """Hold a line against those of the window that were ordered elsewhere; a code that several share has none."""
        if is_online(entry, reference):
            return None
        here = place_of(entry, reference)
        present = [one for one in window.last(self.shown) if not is_online(one, reference)]
        elsewhere = [one for one in present if place_of(one, reference) != here]
        found = self.compare(entry, elsewhere, reference) if elsewhere else None
        if found is not None and self._is_shared(window):
            raise Undecidable("a code that several physicians share")
        return found

    def compare(self, entry: Ordered, elsewhere: Sequence[Ordered], reference: Reference) -> Finding | None:
        """Whether the physician can have been here and elsewhere."""
        raise NotImplementedError

    def _is_shared(self, window: Window[Ordered]) -> bool:
        persons: defaultdict[str, set[str]] = defaultdict(set)
        for one in window.last(HOUR):
            persons[one.institution].add(one.person)
        return max(map(len, persons.values())) >= self.crowd

    def scene(self, episode: Episode) -> Scene:
        """Where the physician was last, from the first place on."""
        rows = episode.peak.evidence
        return of_row(rows[-1])._replace(when=period(rows[0].time, rows[-1].time))


def place_of(entry: Ordered, reference: Reference) -> str:
    """The group of an institution, else itself: within a group physicians see patients of other houses by video."""
    row = reference.row("institutions", entry.institution, entry.time) or {}
    return row.get("group") or entry.institution


def stops_text(rows: Sequence[Evidence], names: Names) -> Text:
    """The last line at each institution, with its time."""
    last = {one.institution: one for one in rows}
    stops = sorted(last.values(), key=lambda one: one.time)
    return listed([_stop_text(one, names) for one in stops], MOST_STOPS)


def _stop_text(row: Evidence, names: Names) -> Text:
    at, where = clock(row.time, "%H:%M"), names.of(row)
    return Text(f"{at}在{where.zh}", f"{at} at {where.en}")

"""Judges the log of leads: the same engine as of messages, with the ledgers of leads and the rules over leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.inforce.rulebook import all_rules
from monitor.inforce.versions import defined
from monitor.leads.book import Book
from monitor.leads.facts import Fact, Hour, InForce
from rules.catalogue import OVER_LEADS
from rules.engine.engine import Engine
from rules.engine.item import Tick
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS_OF_LEADS
from rules.reference import Reference
from streams.detect.detector import Outcome, outcome

State = tuple[bytes, bytes | None]
"""A record of the engine's state, None where it is gone."""
KnownAs = tuple[str, bytes]
"""The id of a lead, and what is known of it."""


def watches_of(in_force: InForce) -> list[Watch]:
    """The rules over leads that are in force: their defaults, but for those that a definition says otherwise."""
    defined_here = {watch.rule.id: watch for watch in map(defined, in_force.definitions)}
    over_leads = (watch for watch in all_rules() if watch.rule.card.family == OVER_LEADS)
    return [defined_here.get(watch.rule.id, watch) for watch in over_leads]


class Judging:
    """The engine of rules over leads, and the book that feeds it. The same log gives the same revisions.

    book: every lead as it stands. in_force: what the log said last of the rules. clock: the latest append, ms UTC.
    """

    def __init__(self, watches: Sequence[Watch] = ()) -> None:
        """Take the rules that are in force until the log says others; of rules over messages nothing is judged."""
        self.book = Book()
        self.in_force: InForce | None = None
        self.clock = 0
        self._engine = Engine(watches, Reference(), LEDGERS_OF_LEADS)

    @property
    def hour(self) -> int:
        """The hour to which the log has come, ms UTC."""
        return self._engine.tick

    def take(self, fact: Fact, appended: int) -> Outcome:
        """Take in the next fact of the log, appended at this moment (ms UTC); gives what follows."""
        self.clock = max(self.clock, appended)
        if isinstance(fact, Hour):
            self._engine.feed(Tick(fact.hour), self.clock)
        elif isinstance(fact, InForce):
            self.in_force = fact
            self._engine.turn(watches_of(fact), Reference(), self.clock)
        else:
            for record in self.book.take(fact, self.clock):
                self._engine.feed(record, self.clock)
        return outcome(self._engine.effects.drain())

    def leave_unsaved(self) -> None:
        """Let pages rest as after `drain_changes`, where nobody saves what changed."""
        self._engine.leave_unsaved()

    def drain_changes(self) -> tuple[list[State], list[KnownAs]]:
        """What changed since the last call, in the engine and of leads."""
        return self._engine.drain_changes(), self.book.drain_changes()

    def load(self, clock: int, in_force: InForce | None, state: Iterable[State], known: Iterable[KnownAs]) -> None:
        """Go on where another stood: its clock and rules, and all that `drain_changes` gave of it."""
        self.clock, self.in_force = clock, in_force
        if in_force is not None:
            self._engine.turn(watches_of(in_force), Reference(), clock)
        self._engine.load(state)
        self.book.load(known)

"""One router and one engine back to back: messages go in, revisions come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.ledger import Ledger
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.times import HOUR
from streams.detect.detector import Outcome, process
from streams.route.router import Router, bundles, encode_tick
from tests.oracle import wire
from tests.oracle.wire import Body
from tests.oracle.world import a_door

LATER = 1 << 42
"""An append time after every upload."""

EVERY_LEDGER = [replace(LEDGERS[0], needs=tuple(one.name for one in LEDGERS)), *LEDGERS[1:]]
"""All ledgers, each of them kept whatever the rules read: the first always is, and needs the others."""


class Desk:
    """Feeds messages one after another; ticks come only when they are asked for."""

    def __init__(self, *rules: Rule, shadows: Sequence[Rule] = (), ledgers: Sequence[Ledger] = LEDGERS) -> None:
        self.watches = [*(Watch(rule) for rule in rules), *(Watch(rule, shadow=True) for rule in shadows)]
        self.reference = Reference()
        self._ledgers = ledgers
        self.engine = Engine(self.watches, self.reference, ledgers)
        self.state: dict[bytes, bytes | None] = {}
        self.said: list[Alert] = []

    def tell(self, *bodies: Body, appended: int = LATER) -> Outcome:
        """Feed messages."""
        routed = Router(a_door()).route([(wire.raw(body), appended) for body in bodies])
        assert not routed.dead_letters, routed.dead_letters
        assert not routed.late
        return self._feed(list(bundles(value for _, value in routed.entries)), appended)

    def tick(self, moment: int) -> Outcome:
        """Let the log come to the hour of this moment."""
        return self._feed([encode_tick(moment // HOUR * HOUR)], moment)

    def end(self) -> Outcome:
        """Nothing more comes."""
        return self._feed([encode_tick(0, final=True)], LATER)

    def take_over(self) -> None:
        """Save the state, and go on with a fresh engine that has read it."""
        self.state |= dict(self.engine.drain_changes())
        self.engine = Engine(self.watches, self.reference, self._ledgers)
        self.engine.load(self.state.items())

    def _feed(self, values: Sequence[bytes], moment: int) -> Outcome:
        outcome = process(self.engine, [(value, moment) for value in values])
        self.said += outcome.revisions
        return outcome


def short(alerts: Sequence[Alert]) -> list[tuple[str, int, int]]:
    """Status, revision and number of triggers of each."""
    return [(alert.status, alert.revision, alert.triggers) for alert in alerts]

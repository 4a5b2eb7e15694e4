"""Wrong builds of a worker, each a defence taken away, that both the model and real brokers can run."""

from __future__ import annotations

from typing import Any, cast

import pytest

from rules.engine.item import Tick, Turn
from rules.engine.ledger import Feed
from rules.engine.retraction import REACH_OF_MESSAGE_REVERSAL
from streams.detect.task import Task
from streams.kafka.changelog import Head
from streams.route.alignment import EVER, Board
from streams.route.kinds import Kinds


def no_alignment(patch: pytest.MonkeyPatch) -> None:
    """Everything may pass at once."""
    patch.setattr(Board, "may_pass", lambda *_: True)


def stale_end(patch: pytest.MonkeyPatch) -> None:
    """What was read to its end once holds nobody any more, whatever came since."""

    def reach(self: Board, partition: int, _: int = EVER) -> int:
        said = self._current(partition)
        return 0 if said is None else EVER if said.end_at else said.hour

    patch.setattr(Board, "_reach", reach)


def retention_without_skew(patch: pytest.MonkeyPatch) -> None:
    """Ledgers keep what one ordered log needs."""
    patch.setattr(Feed, "frozen_after", property(lambda one: max(one.grace, one.reach + REACH_OF_MESSAGE_REVERSAL)))


def newest_tables(patch: pytest.MonkeyPatch) -> None:
    """An heir takes what is loaded now, not what its head names."""
    turn = Task.turn

    async def newest(self: Task, to: Head | Tick | Turn, appended: int = 0) -> None:
        if isinstance(to, Head) and self._read_versions is not None:
            found = await cast(Any, self._read_versions).__self__.newest()
            to = Head(to.offset, to.tick, 0, {}, offsets=dict(found.offsets))
        await turn(self, to, appended)

    patch.setattr(Task, "turn", newest)


def rules_before_their_entries(patch: pytest.MonkeyPatch) -> None:
    """Rules are told before all send what they read."""

    async def widen(self: Kinds, needed: frozenset[str]) -> None:
        if self._sure is not None:
            self._sure = tuple(sorted({*self._sure, *needed}))
            await self._ask(self._sure)

    patch.setattr(Kinds, "widen", widen)

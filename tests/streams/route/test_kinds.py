"""Which kinds of entries are asked for and sent: what a worker makes of what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from rules import Reference
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.engine.watch import Watch
from rules.entitlement.e09_after_death import AfterDeath
from rules.ledgers import kinds_read
from streams.route.kinds import Kinds
from streams.route.router import Router
from tests.oracle import wire
from tests.oracle.world import a_door

NEEDED = frozenset({"Arrival", "Swipe"})
MORE = NEEDED | {"Sale"}


class Room:
    """Workers that hear one another."""

    def __init__(self, number: int, hold_seconds: float = 60) -> None:
        self.members = [Kinds("a", hold_seconds, self.tell) for _ in range(number)]
        for one in self.members:
            one.begin(1, number)

    async def tell(self, records: Mapping[bytes, bytes]) -> None:
        """Let all hear it, a moment later."""
        await asyncio.sleep(0)
        for one in self.members:
            for key, value in records.items():
                one.hear(key, value)


async def test_all_is_sent_until_anything_is_told() -> None:
    """By a first worker that knows of nobody's wishes; it waits for nobody, either."""
    [one] = Room(1, 0.0).members
    await one.widen(NEEDED)

    assert one.asked.kinds is None


async def test_more_is_waited_for_and_less_is_not() -> None:
    """Until every owner has said, in this generation, that it sends more."""
    owner, other = Room(2).members
    await owner.narrow(NEEDED)
    narrow = other.asked.kinds
    asking = asyncio.create_task(owner.widen(MORE))
    for _ in range(5):
        await asyncio.sleep(0)
    wide = other.asked
    await owner.say([0], 1, wide.kinds)
    await other.say([1], 0, wide.kinds)  # of an earlier generation: who owns it now has not said so
    await other.say([1], 1, narrow)
    for _ in range(5):
        await asyncio.sleep(0)
    before = asking.done()
    await other.say([1], 1, wide.kinds)
    await asking

    assert (narrow, wide.kinds, wide.told) == (tuple(sorted(NEEDED)), tuple(sorted(MORE)), False)
    assert not before


async def test_what_is_sent_by_all_is_not_waited_for_again() -> None:
    """A new owner of input partition 0 that needs no more goes on at once, whoever hangs."""
    owner, heir = Room(2, 0.0).members
    await owner.narrow(MORE)
    await heir.widen(NEEDED)

    assert heir.asked == owner.asked
    assert heir.asked.told


async def test_what_an_owner_began_to_ask_for_is_asked_for_again() -> None:
    """It ended before all had said so: nobody knows whether they do."""
    owner, heir = Room(2, 0.05).members
    await owner.narrow(NEEDED)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(owner.widen(MORE), 0.01)
    asking = asyncio.create_task(heir.widen(NEEDED))
    for _ in range(5):
        await asyncio.sleep(0)
    waits = not asking.done()
    await asking

    assert waits
    assert set(heir.asked.kinds or ()) == MORE


async def test_nobody_is_waited_for_longer_than_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    """A partition that nobody reads must not keep a rule from coming into force; it is named."""
    owner, _ = Room(2, 0.05).members
    await owner.narrow(NEEDED)
    await owner.say([0], 1, tuple(MORE))
    await owner.widen(MORE)

    assert [vars(one)["partitions"] for one in caplog.records] == [[1]]


async def test_what_another_area_says_counts_for_nobody() -> None:
    """The topics were made anew."""
    mine, theirs = Kinds("a", 1, Room(1).tell), Kinds("b", 1, Room(1).tell)
    said: dict[bytes, bytes] = {}

    async def tell(records: Mapping[bytes, bytes]) -> None:
        said.update(records)

    theirs._tell = tell
    await theirs.narrow(NEEDED)
    for key, value in said.items():
        mine.hear(key, value)

    assert said
    assert mine.asked.kinds is None


def test_what_rules_read_is_what_their_ledgers_and_those_they_need_take() -> None:
    """Arrivals always; nothing of a rule that is off, or lacks its table."""
    deaths = Watch(AfterDeath())
    off = Watch(TraceCodeReuse(), enabled=False)

    assert kinds_read([deaths, off], Reference()) == {"Arrival"}
    assert kinds_read([Watch(ConcentratedSwiping())], Reference()) == NEEDED
    assert kinds_read([Watch(ConcentratedSwiping()), Watch(TraceCodeReuse())], Reference()) == MORE


@pytest.mark.parametrize("infno", ["2102", "2101"])
def test_a_router_leaves_the_kinds_that_are_asked_for(infno: str) -> None:
    """Of a settlement. What asks before money moves leaves all: its person's partition answers it in any case."""
    make = wire.settlement if infno == "2102" else wire.question
    body = make(wire.MONDAY, infno, drug_trac_info=[{"drug_trac_codg": "81230000000000000017", "trdn_flag": "0"}])
    left = {}
    for kinds in (frozenset({"Arrival"}), NEEDED, MORE):
        [_, *others] = Router(a_door(), kinds).route([(wire.raw(body), wire.MONDAY)]).entries
        left[kinds] = [key.partition(b":")[0] for key, _ in others if key]
    everything = [b"person", b"token"]

    assert list(left.values()) == ([[], [], [b"token"]] if infno == "2102" else [everything] * 3)

"""Which kinds of entries are asked for and sent: what a worker makes of what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import msgspec
import pytest

from rules import Reference
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.engine.watch import Watch
from rules.entitlement.e09_after_death import AfterDeath
from rules.ledgers import kinds_read
from streams.route.kinds import Asked, Kinds
from streams.route.router import Router
from tests.oracle import wire
from tests.oracle.world import a_door

NEEDED = frozenset({"Arrival", "Swipe"})
MORE = NEEDED | {"Sale"}


class Room:
    """Workers that hear one another. records: what stands on the topic."""

    def __init__(self, number: int, hold_seconds: float = 60) -> None:
        self.records: dict[bytes, bytes] = {}
        self.number = number
        self.members = [Kinds("a", hold_seconds, self.tell) for _ in range(number)]
        self.begin(1)

    def begin(self, generation: int) -> None:
        """A new generation of all."""
        for one in self.members:
            one.begin(generation, self.number)

    async def tell(self, records: Mapping[bytes, bytes]) -> None:
        """Let all hear it, a moment later."""
        await asyncio.sleep(0)
        self.records |= records
        for one in self.members:
            for key, value in records.items():
                one.hear(key, value)


def kinds_of(asked: Asked | None) -> frozenset[str] | None:
    """What is asked for; None: nothing is."""
    return None if asked is None else frozenset(asked.kinds)


async def begun(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Work that has come as far as it can."""
    task = asyncio.create_task(work)
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def answer(room: Room, partition: int) -> None:
    """The owner of a partition does what is asked for."""
    asked = room.members[partition].asked
    assert asked is not None
    await room.members[partition].answer([partition], asked)


async def test_all_is_sent_until_anything_is_told() -> None:
    """By a first worker that knows of nobody's wishes; it waits for nobody, either."""
    [one] = Room(1, 0.0).members
    await one.widen(NEEDED)

    assert one.asked is None


async def test_more_is_waited_for_and_less_is_not() -> None:
    """Until every owner has said, in this generation, that it sends more."""
    room = Room(2)
    owner, other = room.members
    await owner.narrow(NEEDED)
    narrow = other.asked
    asking = await begun(owner.widen(MORE))
    await answer(room, 0)
    wide = other.asked
    assert wide is not None
    assert narrow is not None
    for early in (narrow, msgspec.structs.replace(wide, generation=0)):  # what was asked for before, by anybody
        await other.answer([1], early)
    await asyncio.sleep(0)
    before = asking.done()
    await answer(room, 1)
    await asking

    assert (kinds_of(narrow), kinds_of(wide)) == (NEEDED, MORE)
    assert not before


async def test_an_answer_of_before_is_none() -> None:
    """Who sent more once has been asked for less since, and does so perhaps by now, though nobody has heard of it."""
    room = Room(2)
    [owner, other] = room.members
    await owner.narrow(NEEDED)
    asking = await begun(owner.widen(MORE))
    await answer(room, 0)
    await answer(room, 1)
    await asking
    await owner.narrow(NEEDED)
    again = await begun(owner.widen(MORE))
    waits = not again.done()
    await answer(room, 0)
    await answer(room, 1)
    await again

    assert waits
    assert kinds_of(other.asked) == MORE


async def test_what_an_owner_before_asks_for_counts_for_nobody() -> None:
    """It was held up, and others have taken over: less would be sent than the rules read by now."""
    room = Room(2)
    late, other = room.members
    for one in room.members:
        one.begin(2, 2)
    late.begin(1, 2)
    await other.narrow(MORE)
    await late.narrow(NEEDED)

    assert kinds_of(other.asked) == MORE


async def test_who_may_have_been_replaced_waits_though_it_needs_no_more() -> None:
    """What was sent in its generation may be sent no more; once all have answered, it is still the owner."""
    room = Room(2)
    owner, heir = room.members
    await owner.narrow(MORE)
    at_once = await begun(owner.widen(MORE))
    heir.begin(2, 2)
    await heir.narrow(NEEDED)
    doubting = await begun(owner.widen(MORE))
    waits = not doubting.done()
    heir.begin(1, 2)
    await answer(room, 0)
    await answer(room, 1)
    await asyncio.wait_for(doubting, 1)
    again = await begun(owner.widen(MORE))

    assert (at_once.done(), waits, again.done()) == (True, True, True)


async def test_what_was_answered_before_the_owner_hears_of_another_is_not_forgotten() -> None:
    """A former owner of a partition says late what it sends."""
    room = Room(2)
    owner, other = room.members
    await owner.narrow(NEEDED)
    before = other.asked
    assert before is not None
    asking = await begun(owner.widen(MORE))
    await answer(room, 1)
    await other.answer([1], msgspec.structs.replace(before, generation=0))
    await answer(room, 0)
    await asyncio.wait_for(asking, 1)


async def test_in_a_new_generation_all_is_sent_until_it_is_asked_for_less() -> None:
    """Whatever was asked for before: nobody has to be waited for, whoever hangs."""
    room = Room(2, 0.0)
    _, heir = room.members
    await room.members[0].narrow(NEEDED)
    room.begin(2)
    before = heir.asked
    await heir.widen(MORE)
    await heir.narrow(MORE)
    ahead = Kinds("a", 0.0, room.tell)
    for key, value in room.records.items():
        ahead.hear(key, value)
    ahead.begin(2, 2)

    assert before is None
    assert kinds_of(room.members[0].asked) == kinds_of(ahead.asked) == MORE


async def test_what_a_forgotten_group_left_is_not_taken_for_an_answer() -> None:
    """Its generations had the same numbers; what it asked for last may be what some send, so more is waited for."""
    left = Room(2)
    await left.members[0].narrow(NEEDED)
    asking = await begun(left.members[0].widen(MORE))
    await answer(left, 0)
    await answer(left, 1)
    await asking
    await left.members[0].narrow(NEEDED)
    await answer(left, 1)
    room = Room(2)
    for one in room.members:
        one.begin(0, 2)
        for key, value in left.records.items():
            one.hear(key, value)
    room.begin(1)
    asking = await begun(room.members[0].widen(MORE))
    await answer(room, 0)
    waits = not asking.done()
    await answer(room, 1)
    await asyncio.wait_for(asking, 1)

    assert waits


async def test_what_could_not_be_asked_for_is_asked_for_again() -> None:
    """The broker was away: nobody else has heard of it."""
    room = Room(2)
    owner, other = room.members
    await owner.narrow(NEEDED)

    async def away(_: Mapping[bytes, bytes]) -> None:
        raise TimeoutError

    owner._tell = away
    with pytest.raises(TimeoutError):
        await owner.widen(MORE)
    owner._tell = room.tell
    asking = await begun(owner.widen(MORE))
    wide = other.asked
    await answer(room, 0)
    await answer(room, 1)
    await asyncio.wait_for(asking, 1)

    assert kinds_of(wide) == MORE


async def test_nobody_is_waited_for_longer_than_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    """A partition that nobody reads must not keep a rule from coming into force; it is named."""
    room = Room(2, 0.05)
    owner = room.members[0]
    await owner.narrow(NEEDED)
    asking = await begun(owner.widen(MORE))
    await answer(room, 0)
    await asking

    assert [vars(one)["partitions"] for one in caplog.records] == [[1]]


async def test_what_another_area_says_counts_for_nobody() -> None:
    """The topics were made anew."""
    room = Room(1)
    mine, theirs = room.members[0], Kinds("b", 1, room.tell)
    theirs.begin(1, 1)
    await theirs.narrow(NEEDED)

    assert room.records
    assert mine.asked is None


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

"""A week in which every twentieth message is broken: what is broken is told, and its neighbours mean what they meant.

What must hold of the alerts: a message that is set aside (refused, skipped, failed or late) is as if it had never been
sent, so the revisions are the same to the byte as without it. More cannot be asked. A broken message that is accepted
says something else: it may name another person, take back a settlement, or move the clock by an hour, and so may open
an alert, change it or prevent it. So the alerts of a broken week are not compared with those of the unbroken week.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest

from monitor.offline.replay import DeadLetter, Summary, replay
from monitor.simulate import Simulation
from rules.catalogue import catalogue
from rules.engine.watch import Watch
from rules.ledgers import Inside
from rules.ledgers.inside import entries_of
from rules.reference import Reference
from rules.times import DAY, parse
from rules.wire.door import Door, Opened
from rules.wire.fields import PERSONAL
from rules.wire.pseudonyms import Pseudonyms
from streams.route.router import Routed, Router

START = date(2026, 3, 2)
APPENDED = parse("2026-03-02") + 8 * DAY
"""When the router takes every message: after the week."""
SHARE = 0.05
"""So many of the messages are broken."""
SEEDS = range(6)
"""Each breaks other messages of the same week."""
GARBAGE: tuple[object, ...] = (
    *("", "-", "无", "x" * 300, "\x00\x1b[2J", "\u202e", "1e400", "NaN", "9999-12-31 23:59:59", "2026-02-30 10:00:00"),
    *(-1, 0, 0.5, 10**18, 10**400, 1e300, True, None, [], {}, [[]], [None], {"data": []}),
)

Message = dict[str, Any]
Place = tuple[Any, str | int]
"""An object or a list, and the key of one of its values."""


# The week as it is sent.


@cache
def simulation() -> Simulation:
    """A week of a small county in all forms and notations, with its frauds."""
    return Simulation(7, 600, 7, START, by_batch=True, form="mixed")


@cache
def week() -> list[bytes]:
    """Its messages in order; also the fields that nobody reads say who a person is."""
    return [encoded(with_names(body)) for _, body in simulation().events()]


def encoded(message: Message) -> bytes:
    """The message as it is sent."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")


def with_names(message: Message) -> Message:
    """The same message with a name and numbers beside each number of a person."""
    for holder, name in list(places(message)):
        if name in ("psn_no", "patn_id"):
            number = str(holder[name]).strip()
            holder |= {"psn_name": f"示例姓名{number[-6:]}", "certno": f"C{number}", "mdtrt_cert_no": f"K{number}"}
    return message


def places(tree: object) -> Iterator[Place]:
    """Every value below the top, as what holds it and its key."""
    items = list(tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ())
    for key, value in items:
        yield tree, key
        yield from places(value)


@cache
def personal_values() -> frozenset[str]:
    """All that says who a person is, of five characters and more."""
    found = (holder[name] for raw in week() for holder, name in places(json.loads(raw)) if name in PERSONAL)
    return frozenset(text for value in found if len(text := str(value).strip()) >= 5)


# What breaks a message.


def without_a_field(message: Message, rng: Random) -> bytes:
    """One field, item or node is not there."""
    holder, key = rng.choice(list(places(message)))
    del holder[key]
    return encoded(message)


def with_another_type(message: Message, rng: Random) -> bytes:
    """One value is of another type."""
    holder, key = rng.choice(list(places(message)))
    value = holder[key]
    holder[key] = rng.choice(([value], {"value": value}, 1.5, [value, value], {str(value): value}))
    return encoded(message)


def with_another_name(message: Message, rng: Random) -> bytes:
    """One field or node has the name of another, a name that nobody knows, or a person's number for a name."""
    found = list(places(message))
    holder, key = rng.choice([place for place in found if isinstance(place[0], dict)])
    names = [str(other) for _, other in found if other != key]
    value = holder.pop(key)
    holder[rng.choice((rng.choice(names), f"{key}_", str(key).upper(), rng.choice(sorted(personal_values()))))] = value
    return encoded(message)


def with_garbage(message: Message, rng: Random) -> bytes:
    """One value is garbage, or a person's number stands in its place."""
    holder, key = rng.choice(list(places(message)))
    holder[key] = rng.choice((*GARBAGE, *rng.sample(sorted(personal_values()), 5)))
    return encoded(message)


def cut_off(message: Message, rng: Random) -> bytes:
    """The bytes end early."""
    raw = encoded(message)
    return raw[: rng.randrange(len(raw))]


def flipped(message: Message, rng: Random) -> bytes:
    """A bit of one to four bytes is the other one."""
    raw = bytearray(encoded(message))
    for at in rng.sample(range(len(raw)), rng.randint(1, 4)):
        raw[at] ^= 1 << rng.randrange(8)
    return bytes(raw)


BREAKS: tuple[Callable[[Message, Random], bytes], ...] = (
    *(without_a_field, with_another_type, with_another_name),
    *(with_garbage, cut_off, flipped),
)


@dataclass
class Broken:
    """The week with broken messages among the others. numbers: which of its lines are broken."""

    lines: list[bytes]
    numbers: set[int]

    def unbroken(self) -> list[int]:
        """The lines that nothing broke."""
        return [number for number in range(len(self.lines)) if number not in self.numbers]

    def changed(self) -> set[int]:
        """The lines that are not as they were."""
        return {number for number, (line, was) in enumerate(zip(self.lines, week(), strict=True)) if line != was}


@cache
def broken(seed: int) -> Broken:
    """The week, a share of it broken at random, every way of it equally often."""
    rng, lines = Random(seed), list(week())
    numbers = rng.sample(range(len(lines)), round(SHARE * len(lines)))
    for turn, number in enumerate(numbers):
        was = lines[number]
        while lines[number] == was:  # garbage may be what stood there
            lines[number] = BREAKS[turn % len(BREAKS)](json.loads(was), rng)
    return Broken(lines, set(numbers))


# What becomes of it.


@dataclass
class Replayed:
    """What a replay said."""

    summary: Summary = field(default_factory=Summary)
    alerts: list[bytes] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)


@cache
def replay_of(seed: int) -> Replayed:
    """What a replay says of a broken week."""
    return replayed(broken(seed).lines)


def replayed(lines: Iterable[bytes]) -> Replayed:
    """The week through every rule."""
    found = Replayed()
    watches = [Watch(rule()) for rule in catalogue().values()]  # type: ignore[call-arg]  # every parameter has a default
    found.summary, _ = replay(
        enumerate(lines, 1), watches, reference(), a_door(),
        on_alert=lambda raw, _: found.alerts.append(raw), on_dead_letter=found.letters.append,
    )  # fmt: skip
    return found


def reference() -> Reference:
    """The tables of the county, with pseudonyms for its dead."""
    tables, door = Reference(), a_door()
    for table, rows in simulation().reference().items():
        for row in rows:
            person = {"psn_no": door.pseudonyms.person(row["psn_no"])} if "psn_no" in row else {}
            tables.put(table, row | person)
    return tables


def a_door(*, shortcut: bool = True) -> Door:
    """A door that has opened nothing yet."""
    return Door(Pseudonyms("key"), shortcut=shortcut)


@cache
def routed(seed: int) -> list[Routed]:
    """What one router makes of each line of a broken week, in the order of the stream."""
    router, found = Router(a_door(), of_file=True), list[Routed]()
    for number, line in enumerate(broken(seed).lines):
        found.append(Routed())
        router.leave(router.read(line, APPENDED), APPENDED, number, found[-1])
    return found


def sent(one: Routed) -> list[Inside]:
    """The entries of a line, as a detector reads them."""
    return [_decode(value) for _, value in one.entries]


_decode = msgspec.msgpack.Decoder(Inside).decode


def opened_alone(line: bytes) -> Opened:
    """The message as a new door opens it field by field."""
    return a_door(shortcut=False).open(line, APPENDED)


def alone(line: bytes) -> list[Inside]:
    """The same of the message by itself, read field by field."""
    opened = opened_alone(line)
    left = entries_of(opened, opened.events[0].uploaded)
    return [*left.records, *left.retractions]


# What must hold.

each_seed = pytest.mark.parametrize("seed", SEEDS)


@each_seed
def test_a_twentieth_is_really_broken(seed: int) -> None:
    """Its bytes are others, and each sort of outcome occurs: refused for several reasons, or accepted."""
    week_of_it = broken(seed)
    outcomes = routed(seed)

    assert week_of_it.numbers == week_of_it.changed()
    assert len(week_of_it.numbers) >= 0.04 * len(week())
    assert len(replay_of(seed).summary.refused_by_reason) >= 3
    assert {0, 1} == {outcomes[number].accepted for number in week_of_it.numbers}


@each_seed
def test_every_message_is_counted_once(seed: int) -> None:
    """As what the router made of it; what is accepted is counted apart from what came again."""
    summary, outcomes = replay_of(seed).summary, routed(seed)
    lines = broken(seed).lines
    accepted = [line for line, one in zip(lines, outcomes, strict=True) if one.accepted]
    different = {opened_alone(line).identity for line in accepted}
    others = Counter(noted.what for one in outcomes for noted in one.noted if noted.what in ("skipped", "failed"))

    assert len(lines) == summary.read
    assert summary.read == (
        summary.accepted + summary.duplicate + summary.skipped + summary.failed + summary.refused + summary.late
    )
    assert (len(different), len(accepted) - len(different)) == (summary.accepted, summary.duplicate)
    assert (others["skipped"], others["failed"]) == (summary.skipped, summary.failed)
    assert sum(len(one.dead_letters) for one in outcomes) == summary.refused == len(replay_of(seed).letters)
    assert sum(len(one.late) for one in outcomes) == summary.late


@each_seed
def test_nothing_unbroken_is_set_aside(seed: int) -> None:
    """Every dead letter is a broken message, as it was received."""
    week_of_it = broken(seed)
    refused = [number for number, one in enumerate(routed(seed)) if one.dead_letters]

    assert [] == [number for number in week_of_it.unbroken() if not routed(seed)[number].accepted]
    assert [week_of_it.lines[number] for number in refused] == [letter.value for letter in replay_of(seed).letters]


@each_seed
def test_broken_neighbours_change_nothing_of_a_message(seed: int) -> None:
    """Its entries in the stream are those of the message alone, read by a new door field by field."""
    lines, outcomes = broken(seed).lines, routed(seed)

    for number in broken(seed).unbroken():
        assert alone(lines[number]) == sent(outcomes[number])


@each_seed
def test_a_broken_message_means_the_same_in_both_ways(seed: int) -> None:
    """Where it is accepted all the same."""
    lines, outcomes = broken(seed).lines, routed(seed)

    for number in broken(seed).numbers:
        if outcomes[number].accepted:
            assert alone(lines[number]) == sent(outcomes[number])


@each_seed
def test_what_is_set_aside_is_as_if_it_had_never_been_sent(seed: int) -> None:
    """The revisions are the same, to the byte."""
    kept = [line for line, one in zip(broken(seed).lines, routed(seed), strict=True) if one.accepted]
    without = replayed(kept)

    assert len(without.alerts) > 10
    assert without.alerts == replay_of(seed).alerts
    assert without.summary.read < replay_of(seed).summary.read


@each_seed
def test_no_dead_letter_says_whose_message_it_was(seed: int) -> None:
    """No number, name or telephone of any person of the week stands in its reasons."""
    said = "\n".join(f"{letter.error_code} {letter.error_detail}" for letter in replay_of(seed).letters)

    assert len(personal_values()) > 500
    assert [] == [value for value in personal_values() if value in said]

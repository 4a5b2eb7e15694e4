"""Tables and rules as versions: what stands on their topics before the offsets that the log inside names.

Whoever judges a place of the log, first or again, judges with the same rows and rules, however much was loaded since.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic
from typing import Any
from weakref import WeakValueDictionary

import orjson
from aiokafka import TopicPartition

from rules.engine.watch import Watch
from rules.reference import TABLES, BadRowError, Reference, Table
from streams.kafka.clients import started
from streams.kafka.reading import read, reader
from streams.kafka.tables import ends

log = logging.getLogger("settlement_monitor.versions")

Offsets = Mapping[str, int]
"""Topic, without the prefix, to the first offset that is not in force."""

RULES = "rules"
WAIT_SECONDS = 0.2
GONE_SECONDS = 10.0
"""So long may a topic end before what the log names, until that is taken for gone (our assumption)."""


class BadRuleError(ValueError):
    """A rule definition that cannot be used; says which, what was expected and what came."""


def greatest(one: Offsets, other: Offsets) -> dict[str, int]:
    """Topic by topic the greater offset."""
    return {topic: max(one.get(topic, 0), other.get(topic, 0)) for topic in sorted({*one, *other})}


def is_ahead(one: Offsets, other: Offsets) -> bool:
    """Whether any topic has a greater offset than in the other."""
    return any(offset > other.get(topic, 0) for topic, offset in one.items())


class Rows:
    """The rows of one table. mark: of what is in it, whatever the order in which it came."""

    def __init__(self, table: Table) -> None:
        self.table = table

    @property
    def mark(self) -> int:
        """Of the table."""
        return self.table.mark

    def copy(self) -> Rows:
        """The same rows, to be changed by themselves."""
        return Rows(self.table.copy())

    def take(self, key: bytes, value: bytes | None) -> None:
        """Put a row in, or remove it where the value is None. Raises BadRowError."""
        if value is not None:
            self.table.put(_row(value))
            return
        name, _, valid_from = key.decode(errors="replace").rpartition("/")
        self.table.drop(name, valid_from)


class Definitions:
    """The last definition of each rule. read: makes a watch of one; raises BadRuleError. mark: as of Rows."""

    def __init__(self, read: Callable[[Mapping[str, object]], Watch]) -> None:
        self.mark = 0
        self.watches: dict[str, Watch] = {}
        self._read = read
        self._known: dict[str, tuple[bytes, int]] = {}

    def copy(self) -> Definitions:
        """The same definitions, to be changed by themselves."""
        other = Definitions(self._read)
        other.mark, other.watches, other._known = self.mark, self.watches.copy(), self._known.copy()
        return other

    def take(self, key: bytes, value: bytes | None) -> None:
        """Put a definition in the place of the one before it, or remove it where the value is None.

        Raises BadRuleError.
        """
        rule, _, _ = key.decode(errors="replace").partition("/")
        last, mark = self._known.get(rule, (key, 0))
        if value is None:
            if last == key:
                self.mark ^= mark
                self._known.pop(rule, None)
                self.watches.pop(rule, None)
            return
        given = _object(value, BadRuleError)
        self.watches[rule] = self._read(given)
        new = int.from_bytes(blake2b(orjson.dumps([rule, given], option=orjson.OPT_SORT_KEYS), digest_size=8).digest())
        self.mark ^= mark ^ new
        self._known[rule] = key, new


@dataclass(frozen=True)
class _Part:
    """What stood on one topic before an offset."""

    offset: int
    content: Rows | Definitions


@dataclass(frozen=True)
class InForce:
    """What is in force with some offsets. watches: of all rules, those that are off too. mark: of all of it."""

    offsets: Mapping[str, int]
    mark: str
    reference: Reference
    watches: Sequence[Watch]
    parts: Mapping[str, _Part]


class Versions:
    """Reads the tables and rules of one pooling area, once a worker, up to any offsets that the log names.

    What somebody uses is kept, and the newest; what differs is copied when it is read on.
    """

    def __init__(
        self,
        client: Mapping[str, Any],
        prefix: str,
        rules: Sequence[Watch],
        read_rule: Callable[[Mapping[str, object]], Watch],
        seconds: float = 60.0,
    ) -> None:
        """Take rules: as they are where nothing is defined on the topic. seconds: the longest that nothing may come.

        client: how to reach the cluster, as aiokafka takes it.
        """
        self._client = client
        self._prefix = prefix
        self._rules = rules
        self._seconds = seconds
        self._empty: dict[str, _Part] = {
            **{f"reference.{table}": _Part(0, Rows(Table(table))) for table in TABLES},
            RULES: _Part(0, Definitions(read_rule)),
        }
        self._newest = self._empty
        self._parts: dict[str, WeakValueDictionary[int, _Part]] = {name: WeakValueDictionary() for name in self._empty}
        self._in_force: WeakValueDictionary[tuple[int, ...], InForce] = WeakValueDictionary()
        self._reading = asyncio.Lock()

    async def ends(self) -> dict[str, int]:
        """The offsets of everything that is loaded now."""
        full = {self._topic(name): name for name in self._empty}
        found = await ends(self._client, full)
        return {full[topic]: offset for topic, offset in found.items()}

    async def newest(self) -> InForce:
        """What is loaded now."""
        return await self.at(await self.ends())

    async def at(self, offsets: Offsets, mark: str = "") -> InForce:
        """What is in force with these offsets.

        mark: what is expected; where the topics hold it no more, the newest is taken.
        """
        async with self._reading:
            there = await self._ends_from(offsets)
            lost = is_ahead(offsets, there)
            found = await self._read_to(there if lost else offsets)
            if not lost and mark in ("", found.mark):
                return found
            log.warning("versions are gone from their topics, the newest are taken",
                        extra={"expected": mark, "was": found.mark, "offsets": dict(offsets)})  # fmt: skip
            return await self._read_to(await self.ends())

    async def _ends_from(self, offsets: Offsets) -> Offsets:
        """The ends of what is loaded, as soon as they are not before these offsets; a new leader may tell of less."""
        until = monotonic() + GONE_SECONDS
        there: Offsets = self._offsets_of(self._newest)
        while is_ahead(offsets, there) and monotonic() < until:
            there = await self.ends()
            if is_ahead(offsets, there):
                await asyncio.sleep(WAIT_SECONDS)
        return there

    async def _read_to(self, offsets: Offsets) -> InForce:
        """Read what is known of neither these offsets nor later ones. Long because each step is for every topic."""
        wanted = {name: offsets.get(name, 0) for name in self._empty}
        known = self._in_force.get(tuple(wanted.values()))
        if known is not None:
            return known
        parts = {name: self._nearest(name, offset) for name, offset in wanted.items()}
        behind = [name for name, part in parts.items() if part.offset < wanted[name]]
        contents = {name: parts[name].content.copy() for name in behind}
        first = {TopicPartition(self._topic(name), 0): parts[name].offset for name in behind}
        last = {TopicPartition(self._topic(name), 0): wanted[name] for name in behind}
        if behind:
            async with started(reader(self._client)) as consumer:
                begin = await consumer.beginning_offsets(list(first))
                first = {tp: max(offset, min(begin[tp], last[tp])) for tp, offset in first.items()}
                async for records in read(consumer, first, last, self._seconds):
                    for record in records:
                        name = record.topic.removeprefix(f"{self._prefix}.")
                        _take(contents[name], name, record.offset, record.key or b"", record.value)
        parts |= {name: _Part(wanted[name], content) for name, content in contents.items()}
        return self._keep(parts)

    def _nearest(self, name: str, offset: int) -> _Part:
        """The part from which to read on: the greatest of those that are known and not beyond."""
        known = [part for part in self._parts[name].values() if part.offset <= offset]
        return max([self._empty[name], *known], key=lambda part: part.offset)

    def _keep(self, parts: dict[str, _Part]) -> InForce:
        for name, part in parts.items():
            self._parts[name][part.offset] = part
        self._newest = {name: max(part, self._newest[name], key=lambda one: one.offset) for name, part in parts.items()}
        total = 0
        for part in parts.values():
            total ^= part.content.mark
        mark = f"{total:016x}"
        tables = {name.removeprefix("reference."): part.content.table
                  for name, part in parts.items() if isinstance(part.content, Rows)}  # fmt: skip
        defined = parts[RULES].content
        given = defined.watches if isinstance(defined, Definitions) else {}
        watches = [given.get(watch.rule.id, watch) for watch in self._rules]
        found = InForce(self._offsets_of(parts), mark, Reference(mark, tables), watches, parts)
        self._in_force[tuple(found.offsets.values())] = found
        return found

    @staticmethod
    def _offsets_of(parts: Mapping[str, _Part]) -> dict[str, int]:
        return {name: part.offset for name, part in parts.items()}

    def _topic(self, name: str) -> str:
        return f"{self._prefix}.{name}"


def _take(content: Rows | Definitions, name: str, offset: int, key: bytes, value: bytes | None) -> None:
    try:
        content.take(key, value)
    except (BadRowError, BadRuleError) as error:
        log.warning("record set aside", extra={"topic": name, "offset": offset, "reason": str(error)})


def _row(value: bytes) -> dict[str, str]:
    row = _object(value, BadRowError)
    return {name: str(text) for name, text in row.items() if text is not None}


def _object(value: bytes, error: type[ValueError]) -> dict[str, object]:
    try:
        came = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise error("expected JSON") from None
    if not isinstance(came, dict):
        raise error(f"expected an object, was {type(came).__name__}")
    return came

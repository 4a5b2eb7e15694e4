"""Where partitions end: asked of each leader, as a reader of uncommitted data sees it and as a reader of committed.

The workers read committed data, so behind a publisher's open transaction, or without a leader, their own consumers know
of nothing that waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, LeaderNotAvailableError
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.kafka.clients import begin, let_go

log = logging.getLogger("settlement_monitor.streams")

T = TypeVar("T")

AGAIN_SECONDS = 0.2
"""So long after a question without an answer it is asked again."""
ANSWER_SECONDS = 2.0
"""So long a broker has for an answer (our assumption); asking again costs nothing."""
LEADER_SECONDS = 5.0
"""Who leads is asked anew after so long (our assumption): who is cut off may not know that it leads no more."""
LATEST = -1
UNCOMMITTED, COMMITTED = 0, 1


class End(NamedTuple):
    """The end of one partition."""

    offset: int
    """Of the next record that will be appended."""
    stable: int
    """Of the first record of the first open transaction; `offset` where none is open."""


async def until_answered(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again while a leader is being elected or no broker answers; the caller sets how long."""
    while True:
        try:
            return await ask()
        except (LeaderNotAvailableError, KafkaConnectionError, KafkaTimeoutError) as error:
            log.warning("%r; asking again", error)
        await asyncio.sleep(AGAIN_SECONDS)


class Ends:
    """Asks the leaders of partitions where they end, with a client of its own."""

    def __init__(self, client: Mapping[str, Any]) -> None:
        """Take client: how to reach the cluster, as aiokafka takes it."""
        self._settings = client
        self._client: AIOKafkaClient | None = None
        self._topics: set[str] = set()

    async def ask(self, partitions: Iterable[TP]) -> dict[TP, End]:
        """The end of each partition; one that no leader answers for is missing. Raises KafkaError: no broker answers.

        Each leader is asked by itself, so that one that is away hides only its own partitions. Who leads is asked only
        where nothing is known of it, or who led does not answer: a broker that leads no more says so. Without a
        partition it is only asked whether a broker answers.
        """
        wanted = list(partitions)
        led: dict[TP, int] = {}
        found: dict[TP, End] = {}
        if self._client is not None:
            led = _leaders(self._client, wanted)
            found = await self._ask_leaders(self._client, led)
        left = [tp for tp in wanted if tp not in found]
        if left or not found:
            client = await self._connected({tp.topic for tp in wanted})
            moved = {tp: leader for tp, leader in _leaders(client, left).items() if leader != led.get(tp)}
            found |= await self._ask_leaders(client, moved)
        return found

    async def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            await let_go(client)

    async def _connected(self, topics: set[str]) -> AIOKafkaClient:
        """A client that has just asked who leads these topics."""
        try:
            async with asyncio.timeout(2 * ANSWER_SECONDS):
                if self._client is None:
                    self._client = self._new_client()
                    await begin(self._client.bootstrap())
                self._topics |= topics
                self._client.set_topics(self._topics)
                if await self._client.force_metadata_update():
                    return self._client
        except (TimeoutError, KafkaError):
            pass
        await self.close()  # the next client begins with the addresses that were set: the old brokers may be gone
        servers = self._settings["bootstrap_servers"]
        raise KafkaConnectionError(
            f"no broker answers at {servers if isinstance(servers, str) else ', '.join(servers)}"
        )

    def _new_client(self) -> AIOKafkaClient:
        return AIOKafkaClient(
            request_timeout_ms=int(1000 * ANSWER_SECONDS),
            metadata_max_age_ms=int(1000 * LEADER_SECONDS),
            **self._settings,
        )

    async def _ask_leaders(self, client: AIOKafkaClient, leaders: Mapping[TP, int]) -> dict[TP, End]:
        led: defaultdict[int, list[TP]] = defaultdict(list)
        for tp, leader in leaders.items():
            led[leader].append(tp)
        answers = await asyncio.gather(*(self._ask_leader(client, leader, tps) for leader, tps in led.items()))
        return {tp: end for answer in answers for tp, end in answer.items()}

    async def _ask_leader(self, client: AIOKafkaClient, leader: int, tps: list[TP]) -> dict[TP, End]:
        try:
            offsets = await _offsets(client, leader, tps, UNCOMMITTED)
            stable = await _offsets(client, leader, tps, COMMITTED)
        except (KafkaError, OSError):
            return {}
        return {tp: End(offsets[tp], stable[tp]) for tp in tps if tp in offsets and tp in stable}


def _leaders(client: AIOKafkaClient, partitions: Iterable[TP]) -> dict[TP, int]:
    """Who leads these partitions, as far as it is known; those are missing that nobody leads."""
    known = {tp: client.cluster.leader_for_partition(TopicPartition(*tp)) for tp in partitions}
    return {tp: leader for tp, leader in known.items() if leader is not None and leader >= 0}


async def _offsets(client: AIOKafkaClient, leader: int, tps: list[TP], isolation: int) -> dict[TP, int]:
    """What a leader answers; a partition that it does not lead is missing."""
    topics: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for tp in tps:
        topics[tp.topic].append((tp.partition, LATEST))
    response = await client.send(leader, OffsetRequest(-1, isolation, list(topics.items())))
    return {
        TP(topic, partition): offset
        for topic, answers in response.topics
        for partition, error, _, offset in answers
        if not error
    }

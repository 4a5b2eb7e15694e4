"""What the last checkpoint holds about one key: read from the changelog, without disturbing the worker that owns it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from monitor.errors import ConfigurationError
from monitor.inforce.versions import versions_of
from rules.engine.engine import Engine
from rules.engine.page import Page
from rules.ledgers import LEDGERS
from rules.ledgers.inside import record_key
from rules.reference import Reference
from rules.times import iso
from streams.kafka.changelog import HEAD, Changelog, Head
from streams.kafka.reading import reader
from streams.kafka.topics import Names, partitions_of
from streams.route.router import partition_of


async def state_of(client: Mapping[str, Any], prefix: str, space: str, key: str) -> dict[str, Any]:
    """The pages of one key with their alerts, as of the last checkpoint."""
    names = Names(prefix)
    count = await partitions_of(client, names.changelog)
    if not count:
        raise ConfigurationError(f"{names.changelog}: expected a topic that exists: monitor topics create")
    partition = partition_of(record_key(space, key), count)
    state = await Changelog(
        names.changelog,
        partition,
        partial(AIOKafkaProducer, **client),  # for who writes; here nothing opens it
        partial(reader, client),
    ).read()
    engine = Engine([], Reference(), LEDGERS)
    if (head := state.pop(HEAD, None)) is not None:
        saved = msgspec.msgpack.decode(head, type=Head)
        in_force = await versions_of(client, prefix).at(saved.offsets, saved.mark)
        engine.turn(in_force.watches, in_force.reference)
    engine.load(state.items())
    everything, tick = engine.memory.all_pages().values(), engine.tick
    pages = [page for page in everything if (page.ledger.space, page.key[0]) == (space, key)]
    pages.sort(key=lambda page: page.name)
    return {"space": space, "key": key, "partition": partition, "ledgers": [_page(page, tick) for page in pages]}


def _page(page: Page, tick: int) -> dict[str, Any]:
    return {
        "ledger": page.ledger.name,
        "key": list(page.key),
        "held": len(page.held),
        "standing": len(page.order),
        "first": iso(page.order[0].time) if page.order else "-",
        "last": iso(page.order[-1].time) if page.order else "-",
        "alerts": list(_alerts(page, tick)),
    }


def _alerts(page: Page, tick: int) -> Iterator[dict[str, Any]]:
    for track in page.tracks:
        for state in track.alerts:
            if state.status == "withdrawn":
                continue
            episode = track.episode(state, tick)
            yield {
                "rule": track.watch.rule.id, "alert_id": state.id, "status": state.status, "triggers": episode.count,
                "measure": episode.peak.measure, "value": episode.peak.value, "limit": episode.peak.limit,
                "first": iso(episode.first.time), "last": iso(episode.last_time),
            }  # fmt: skip

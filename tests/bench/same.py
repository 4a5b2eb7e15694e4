"""What the stock agent does, one table update per event, over our two hops: the transport without the rules.

Each event is decoded, routed to the partition of its institution and counted there; counts are saved in the same Kafka
transactions as a worker's state. Prints one line when it has counted as many events as its argument says, then ends.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from rules.engine.effects import Effects
from rules.ledgers import Inside, Record
from streams.app import build_app
from streams.config import StreamConfig
from streams.route.router import Read, Routed, record_key
from streams.run import run

BROKERS, PREFIX, EXPECTED = os.environ["BENCH"].split()


class _Settled(msgspec.Struct):
    """Of an event what is counted."""

    fixmedins_code: str


_decode = msgspec.json.Decoder(_Settled).decode
_encode = msgspec.msgpack.Encoder().encode


class Router:
    """Leaves one record per event."""

    began = 0.0

    def read(self, value: bytes, appended: int) -> Read:
        """Read one message; its clock goes by the append time."""
        Router.began = Router.began or time.monotonic()
        return Read(cast(Any, _decode(value)), appended)

    def leave(self, read: Read, appended: int, index: int, routed: Routed) -> None:
        """Put its record into `routed`."""
        code = cast(_Settled, read.said).fixmedins_code
        routed.entries.append((record_key("institution", code), _encode(Record("institution", code, [], appended))))


class Counts:
    """An engine whose whole state is a count for each institution of its partition."""

    tick = 0
    judged = 0

    def __init__(self) -> None:
        self.effects = Effects()
        self.seen_at: Counter[str] = Counter()
        self._touched: set[str] = set()

    def steps(self, item: Inside, appended: int) -> Iterator[None]:
        """One table update; hours do not count."""
        if not isinstance(item, Record):
            return iter(())
        self.seen_at[item.key] += 1
        self._touched.add(item.key)
        Counts.judged += 1
        if Counts.judged == int(EXPECTED):
            os.write(1, f"rate {Counts.judged / (time.monotonic() - Router.began):.0f}\n".encode())
            os._exit(0)
        return iter(())

    def drain_changes(self) -> list[tuple[bytes, bytes | None]]:
        """The counts touched since the last call."""
        records: list[tuple[bytes, bytes | None]] = [
            (key.encode(), _encode(self.seen_at[key])) for key in self._touched
        ]
        self._touched.clear()
        return records

    def load(self, records: object) -> None:
        """Begin with nothing: the bench has topics of its own."""


if __name__ == "__main__":
    config = StreamConfig(brokers=BROKERS, prefix=PREFIX, group=f"{PREFIX}-same")
    run(build_app(config, lambda _: cast(Any, Counts()), lambda _: cast(Any, Router())))

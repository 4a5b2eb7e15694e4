"""What is set aside: a record as it was received, and where it stands.

The broker's limit is on what travels, compressed: a record may be many times larger than a topic takes uncompressed.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka.structs import ConsumerRecord

from streams.kafka.faust import Record

ROOM = 3 << 19
"""1.5 MiB: topics of what is set aside take records of 2 MiB."""
ROOM_OF_KEY = 64 << 10
ROOM_OF_HEADER = 16 << 10


def set_aside(record: ConsumerRecord[bytes, bytes], reasons: Sequence[tuple[str, bytes]] = ()) -> Record:
    """The record with its reasons and its source; what is too long is cut, and a header says how long it was."""
    headers = [(name, value[:ROOM_OF_HEADER]) for name, value in reasons]
    headers.append(("source", f"{record.topic}/{record.partition}/{record.offset}".encode()))
    key, value = record.key, record.value
    if key is not None and len(key) > ROOM_OF_KEY:
        headers.append(("truncated_key", str(len(key)).encode()))
        key = key[:ROOM_OF_KEY]
    room = ROOM - len(key or b"") - sum(len(name) + len(text) for name, text in headers)
    if value is not None and len(value) > room:
        headers.append(("truncated", str(len(value)).encode()))
        value = value[:room]
    return key, value, headers

"""What is set aside fits its topic, whatever was received."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.kafka.aside import ROOM_OF_HEADER, set_aside

SOURCE = ("source", b"events/3/7")
TOPIC_TAKES = 2 << 20


def received(key: bytes | None, value: bytes | None) -> Any:  # noqa: ANN401 - as much of a record as is looked at
    """A record of the events topic."""
    return cast(Any, SimpleNamespace(topic="events", partition=3, offset=7, key=key, value=value))


@pytest.mark.parametrize(("key", "value"), [(b"k", b"v"), (None, None), (b"", b""), (b"k" * 1000, b"v" * (1 << 20))])
def test_what_fits_is_kept_as_received(key: bytes | None, value: bytes | None) -> None:
    """With its reasons, and where it stands."""
    reason = ("error_code", b"not_json")

    assert (key, value, [reason, SOURCE]) == set_aside(received(key, value), [reason])


@pytest.mark.parametrize(("key", "value"), [(1, 6 << 20), (6 << 20, 1), (6 << 20, 6 << 20), (0, (2 << 20) - 1)])
def test_what_is_too_long_is_cut_and_says_how_long_it_was(key: int, value: int) -> None:
    """So that it fits with everything around it; the source names the whole of it."""
    cut_key, cut_value, headers = set_aside(received(b"k" * key, b"v" * value), [("error_detail", b"d" * (1 << 20))])
    said = dict(headers)

    size = len(cut_key or b"") + len(cut_value or b"") + sum(len(name) + len(text) for name, text in headers)
    assert size < TOPIC_TAKES - (1 << 18)
    assert len(said["error_detail"]) == ROOM_OF_HEADER
    assert said["source"] == SOURCE[1]
    assert said.get("truncated") == (str(value).encode() if value > 1 else None)
    assert said.get("truncated_key") == (str(key).encode() if key > 1 else None)

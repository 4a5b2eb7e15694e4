"""Reference tables on their topics, followed whatever the broker does."""

from __future__ import annotations

import asyncio
import contextlib

import orjson
import pytest

from rules.reference import Reference
from streams import tables
from streams.tables import TableReader

ROWS = [
    {"date": "2026-03-02", "kind": "workday"},
    {"date": "2026-03-08", "kind": "holiday"},
    {"date": "2026-03-08", "kind": "workday", "valid_from": "2026-03-01"},
]


def version(*rows: dict[str, str]) -> str:
    """The version of a reference that has read these rows, in this order."""
    reference = Reference("topics")
    reader = TableReader({}, "p", reference)
    for offset, row in enumerate(rows):
        reader._put("calendar", orjson.dumps(row), offset)
    return reference.version


def test_the_version_names_the_rows_that_are_in_force() -> None:
    """Whatever their order, how often they came, and what stood in their place before."""
    superseded = ROWS[0] | {"kind": "holiday"}

    assert version(*ROWS) == version(*reversed(ROWS)) == version(superseded, *ROWS, *ROWS)


def test_another_row_is_another_version() -> None:
    """Also one that replaces another; one that is set aside changes nothing."""
    found = {version(), version(*ROWS), version(*ROWS[:2]), version(*ROWS, ROWS[0] | {"kind": "holiday"})}

    assert len(found) == 4
    assert version(*ROWS) == version(*ROWS, {"date": "2026-03-09"})


async def test_a_broker_that_is_away_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The tables stay as they are; the worker goes on."""
    monkeypatch.setattr(tables, "AGAIN_SECONDS", 0.01)
    following = asyncio.create_task(TableReader({"bootstrap_servers": "127.0.0.1:1"}, "p", Reference()).follow())
    async with asyncio.timeout(30):
        while caplog.messages.count("tables cannot be read now") < 3:
            assert not following.done()
            await asyncio.sleep(0.01)
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following

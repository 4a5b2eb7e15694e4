"""Replay: the same router and detector over a file, without a broker. The same input gives the same bytes."""

from __future__ import annotations

import gc
import gzip
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, cast

import msgspec

from monitor.errors import ConfigurationError
from rules._alert import Alert
from rules._engine import Engine
from rules._track import Watch
from rules.reference import Reference
from rules.wire.door import Door
from streams.detector import Outcome, process
from streams.router import Routed, Router, bundles, encode_tick


@dataclass
class Summary:
    """What a replay did. read = accepted + duplicate + skipped + refused + late."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    skipped: int = 0
    refused: int = 0
    late: int = 0
    alerts_opened: int = 0
    alerts_standing: int = 0
    seconds: float = 0.0
    by_rule: dict[str, int] = field(default_factory=dict)
    not_judged: list[str] = field(default_factory=list)

    def contract(self) -> dict[str, object]:
        """The summary as --json prints it."""
        return asdict(self)


@dataclass(frozen=True)
class DeadLetter:
    """A line that was refused. value: as received."""

    value: bytes
    error_code: str
    error_detail: str
    source: str

    def as_json(self) -> bytes:
        """One line of the dead-letter file."""
        text = self.value.decode("utf-8", "backslashreplace")
        return msgspec.json.encode(
            {"error_code": self.error_code, "error_detail": self.error_detail, "source": self.source, "value": text}
        )


def replay(
    lines: Iterable[bytes],
    watches: Sequence[Watch],
    reference: Reference,
    door: Door,
    *,
    on_alert: Callable[[bytes, Alert], None] = lambda _bytes, _alert: None,
    on_dead_letter: Callable[[DeadLetter], None] = lambda _letter: None,
) -> tuple[Summary, Engine]:
    """Run lines of JSON through router and engine and close everything at the end; gives the summary and the engine."""
    gc.set_threshold(200_000, 50, 1_000)  # as in a worker: state is millions of objects without cycles
    began = time.monotonic()
    engine, router = Engine(watches, reference), Router(door, of_file=True)
    summary = Summary(not_judged=engine.degraded)
    standing: dict[str, str] = {}

    def tell(outcome: Outcome) -> None:
        summary.duplicate += outcome.counts["duplicates"]
        for published, alert in zip(outcome.alerts, outcome.revisions, strict=True):
            on_alert(published.value, alert)
            standing[alert.alert_id] = alert.rule_id if alert.status != "withdrawn" else ""
            summary.alerts_opened += alert.status == "opened" and alert.revision == 1

    uploaded = 0
    for number, line in enumerate(lines, start=1):
        summary.read += 1
        routed = Routed()
        router.route_one(line, int(time.time() * 1000), number, routed)
        uploaded = routed.uploaded or uploaded
        summary.skipped += routed.skipped
        summary.late += len(routed.late)
        for _, code, detail in routed.dead_letters:
            summary.refused += 1
            on_dead_letter(DeadLetter(line, code, detail, f"line {number}"))
        tell(process(engine, [(value, uploaded) for value in _inside(routed)]))
    tell(process(engine, [(encode_tick(0, final=True), uploaded)]))
    summary.accepted = summary.read - summary.duplicate - summary.skipped - summary.refused - summary.late
    summary.by_rule = {rule: list(standing.values()).count(rule) for rule in sorted({*standing.values()} - {""})}
    summary.alerts_standing = sum(summary.by_rule.values())
    summary.seconds = round(time.monotonic() - began, 3)
    return summary, engine


def _inside(routed: Routed) -> Iterator[bytes]:
    """What the topic inside would carry, in its order."""
    yield from bundles(value for _, value in routed.entries)
    yield from (encode_tick(hour) for hour in routed.ticks)


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, plain or gzip, without those that are empty. It is opened at once, read as it is asked for.

    Raises ConfigurationError; where the file turns out to be damaged, from the iterator.
    """
    try:
        raw = path.open("rb")
        zipped = raw.peek(2)[:2] == b"\x1f\x8b"  # not read: from a pipe it would be gone
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    return _lines(path, raw, zipped=zipped)


def _lines(path: Path, raw: IO[bytes], *, zipped: bool) -> Iterator[bytes]:
    try:
        with raw, cast("IO[bytes]", gzip.open(raw)) if zipped else raw as file:
            for line in file:
                if stripped := line.strip():
                    yield stripped
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or 'expected a whole gzip file'}") from None
    except zlib.error:
        raise ConfigurationError(f"{path}: expected a whole gzip file, it is damaged") from None
    except EOFError:
        raise ConfigurationError(f"{path}: expected a whole gzip file, it ends early") from None

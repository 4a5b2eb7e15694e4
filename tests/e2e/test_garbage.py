"""One per cent of garbage: every bad message set aside with its reasons, every good one counted, nobody named."""

import random
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from monitor.simulate import Simulation
from tests.e2e._area import Area, Event, encoded, environment, key_of, monitor, until
from tests.e2e._garbage import MARK, Bad, Body, bad_messages, marked

SEED = 5
AS_RECEIVED = ("events", "dead-letter", "late")
"""The only topics that carry messages as they came."""
INSIDE = (
    "alerts",
    "reminders",
    "internal.entries",
    "internal.changelog",
    "internal.rule-errors",
    "rules",
    "feedback",
    "work",
    "audit",
)
KINDS = {
    "2201": "registration", "2202": "registration_cancel", "2203A": "diagnosis", "2204": "fee_lines",
    "2301": "fee_lines", "2205": "fee_lines_cancel", "2302": "fee_lines_cancel", "2102": "settlement",
    "2207": "settlement", "2304": "settlement", "2103": "reversal", "2208": "reversal", "2305": "reversal",
    "2601": "message_reversal", "2401": "admission", "2404": "admission_cancel", "2402": "discharge",
    "2405": "discharge_cancel", "3507": "stock_deletion",
}  # fmt: skip
PRE = ("2101", "2206", "2303", "3101", "3102")


def kind_of(infno: str) -> str:
    """The kind under which an event is counted."""
    known = {"3101": "review", "3102": "review"} | dict.fromkeys(PRE[:3], "pre_settlement") | KINDS
    return known.get(infno, "stock")


def stream() -> tuple[list[Event], list[Body], list[Bad]]:
    """What is published: good events in order with the bad ones strewn in, each under its marked person's key."""
    good = [marked(dict(body)) for _, body in Simulation(SEED, 3000, 4, date(2026, 3, 1), 30).events()]
    settlements = [body for body in good if body["infno"] == "2102" and not body.get("init_setl_id")]
    settlement = settlements[-1]
    bad = [one for body in settlements[:2] for one in bad_messages(body)]
    events = [encoded(body) for body in good]
    # Of transactions that nothing here uses: no error, whatever they say.
    events += [encoded(marked(settlement | {"infno": infno, "msgid": f"skip{infno}"})) for infno in ("1101", MARK)]
    rng = random.Random(SEED)
    for _, value, _ in bad:
        events.insert(rng.randrange(len(events)), (key_of(settlement), value))
    return events, good, bad


def without_leak(texts: Iterable[bytes | str | None]) -> None:
    """No text holds a personal value."""
    for text in texts:
        plain = text.encode() if isinstance(text, str) else text or b""
        assert MARK.encode() not in plain, plain[:2000]


def outside_of_the_body(records: Iterable[ConsumerRecord[bytes, bytes]]) -> Iterator[bytes | str]:
    """Headers: of no topic may they name anybody."""
    for record in records:
        for name, value in record.headers:
            yield name
            yield value


@pytest.mark.kafka
@pytest.mark.slow
async def test_a_worker_sets_garbage_aside_and_names_nobody(area: Area) -> None:
    """Dead letters with their reasons, counts by kind, and no personal value but in messages as received."""
    events, good, bad = stream()
    assert len(bad) >= len(good) // 100
    area.run("topics", "create")
    worker = area.worker(log_level="debug")
    await until(worker.ready, what="the worker")
    await area.send(events)
    await area.routed()
    area.run("topics", "close")
    await area.judged()

    letters = await area.read("dead-letter")
    assert sorted((value, code) for _, value, code in bad) == sorted(
        (record.value or b"", dict(record.headers)["error_code"].decode()) for record in letters
    )
    for record in letters:
        headers = dict(record.headers)
        assert headers.keys() == {"error_code", "error_detail", "source"}
        assert headers["source"].decode().rpartition("/")[0].startswith(f"{area.prefix}.events/")
        assert "expected" in headers["error_detail"].decode()
    assert Counter(kind_of(body["infno"]) for body in good) == worker.counts("events_total")
    assert worker.counts("dead_letters_total") == {"": len(bad)}
    assert worker.counts("events_skipped_total") == {"1101": 1, "other": 1}
    assert worker.counts("events_refused_total").keys() >= {code for *_, code in bad}
    alerts = await area.read("alerts")
    assert len(alerts) > 0
    assert len(await area.read("reminders")) == len({b["msgid"] for b in good if b["infno"] in PRE})

    for topic in INSIDE:
        without_leak(part for record in await area.read(topic) for part in (record.key, record.value))
    for topic in (*INSIDE, *AS_RECEIVED):
        without_leak(outside_of_the_body(await area.read(topic)))
    without_leak([worker.scrape(), worker.scrape("/healthz"), worker.scrape("/readyz")])
    without_leak([area.run("deadletter", "list", "--limit", "1000"), area.run("deadletter", "list", "--json")])
    assert worker.end(signal.SIGTERM) == 0
    without_leak([worker.said()])


@pytest.mark.long
def test_replay_sets_garbage_aside_and_names_nobody(tmp_path: Path) -> None:
    """The same stream as a file: the same refusals, and nobody named on the terminal or in the alerts."""
    events, good, bad = stream()
    # A file is read by lines: what is empty is no line, and what holds a line break would be two.
    lines = [value for _, value in events if value.strip() and b"\n" not in value]
    told = [(value, code) for _, value, code in bad if value in lines]
    paths = {name: tmp_path / f"{name}.jsonl" for name in ("events", "alerts", "letters")}
    paths["events"].write_bytes(b"\n".join(lines))
    arguments = ["replay", str(paths["events"]), "--alerts", str(paths["alerts"])]
    shown = monitor(*arguments, env=environment())
    counted = monitor(*arguments, "--json", "--dead-letters", str(paths["letters"]), env=environment())

    assert (shown.returncode, counted.returncode) == (0, 0)
    summary: dict[str, Any] = orjson.loads(counted.stdout)
    assert summary["refused"] == len(told)
    assert summary["skipped"] == 2
    assert summary["accepted"] + summary["duplicate"] + summary["late"] == len(good)
    letters = [orjson.loads(line) for line in paths["letters"].read_bytes().splitlines()]
    assert Counter(code for _, code in told) == Counter(letter["error_code"] for letter in letters)
    without_leak(letter["error_code"] + letter["error_detail"] + letter["source"] for letter in letters)
    without_leak([shown.stdout, shown.stderr, counted.stdout, counted.stderr, paths["alerts"].read_bytes()])
    assert summary["alerts_opened"] > 0


def test_the_marks_would_show(tmp_path: Path) -> None:
    """The tests above would prove nothing if no personal value could come through: with raw persons it does."""
    events, _, _ = stream()
    path, alerts = tmp_path / "events.jsonl", tmp_path / "alerts.jsonl"
    path.write_bytes(b"\n".join(value for _, value in events if b"\n" not in value))
    monitor("replay", str(path), "--alerts", str(alerts), env=environment(persons="raw"))

    assert MARK.encode() in alerts.read_bytes()

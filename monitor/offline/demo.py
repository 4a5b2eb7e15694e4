"""Everything in one go on this machine: embedded broker, one worker, simulated or recorded traffic, a live board."""

from __future__ import annotations

import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.request import urlopen

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from rich.console import Console
from rich.live import Live

from monitor.alerttext import alert_line
from monitor.contract.text import Language
from monitor.lines import read_lines
from monitor.offline.board import Board
from monitor.offline.embedded import PARTITIONS, STILL_SECONDS, UNREAD, EmbeddedBroker, Feeder
from monitor.offline.page import Page, page
from monitor.offline.processes import logged, monitor
from monitor.offline.replay import SetAside
from monitor.offline.replaytext import nothing_accepted
from monitor.settings import Settings
from monitor.simulate import Simulation, write_reference
from monitor.text import complain, printable
from rules.times import clock, parse
from rules.wire.door import Door, Failed, Late, Refused, Skipped

PERSONS, DAYS = 6000, 30
SECONDS = 60.0
"""The simulated month is played in about so many seconds."""
SLICE = 0.1
AT_ONCE = 500


@dataclass
class Understood:
    """What the door says of a file that is played: how many messages were read and accepted, and why not the others."""

    door: Door
    read: int = 0
    accepted: int = 0
    aside: SetAside = field(default_factory=SetAside)

    def take(self, line: bytes) -> None:
        """Count a message."""
        self.read += 1
        try:
            self.door.open(line, int(time.time() * 1000))
        except Refused as refused:
            self.aside.note(refused.reasons[0].code, refused.reasons[0].text)
        except (Skipped, Failed, Late) as other:
            self.aside.note(type(other).__name__.lower())
        else:
            self.accepted += 1


@dataclass
class Source:
    """What is played: record keys and events in order, their labels, the reference tables beside them.

    understood: of a file. warnings: about what was passed over in it.
    """

    events: Iterator[tuple[str, bytes, int]]
    labels: list[dict[str, Any]] = field(default_factory=list)
    reference: Path | None = None
    understood: Understood | None = None
    warnings: list[str] = field(default_factory=list)


def run_demo(settings: Settings, events: Path | None, seed: int | None, lang: Language, *, keep: bool = False) -> int:
    """Play until the traffic ends or a signal comes; gives the exit code. keep: the page stays until a signal comes.

    1 where the worker failed or nothing was accepted; 128 and its number where a signal other than Ctrl-C ended it.
    """
    with ends() as came:
        try:
            return _run(settings, events, seed, lang, came, keep=keep)
        except (KeyboardInterrupt, OSError):  # what writes to a terminal that was closed raises OSError
            if not came:
                raise
            return 128 + came[0]


def _run(
    settings: Settings, events: Path | None, seed: int | None, lang: Language, came: list[int], *, keep: bool
) -> int:
    """Start everything, play, and end everything in the order turned round. Returns the exit code.

    Long because it is that order, and each way in which a demo ends leaves it at another place.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    seed = None if events else random.SystemRandom().randrange(1, 1_000_000) if seed is None else seed
    board, is_read = Board(seed, lang), True
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="settlement-monitor-")))
        source = recorded(events, settings) if events else simulated(seed or 1, folder)
        broker = stack.enter_context(EmbeddedBroker())
        playing = f"seed {seed}: the same traffic again with --seed {seed}" if seed else f"playing {events}"
        console.print(printable(playing), soft_wrap=True)
        feeder = Feeder(broker.bootstrap, settings.prefix, f"{settings.prefix}-monitor")
        worker = stack.enter_context(
            worker_process(settings, broker.bootstrap, source.reference, folder / "worker.log")
        )
        shown = stack.enter_context(page(settings, broker.bootstrap, folder, source.reference))
        if shown is not None:
            console.print(f"{board.words['page']}: {shown.address}", soft_wrap=True)
        reader = stack.enter_context(alert_reader(broker.bootstrap, settings.prefix, board, source.labels, shown))
        must_go_on = partial(_must_go_on, worker, came)
        try:
            wait_until_ready(worker, folder / "worker.log")
            play(source, feeder, board, must_go_on, console)
            feeder.close_log()
            is_read = feeder.wait_until_read(must_go_on)
            board.waiting = feeder.lag()
        except KeyboardInterrupt:
            if came != [signal.SIGINT]:
                raise
            source.understood = None  # of what was not played nothing is known
        except WorkerEndedError:
            said = (folder / "worker.log").read_text(encoding="utf-8", errors="replace")[-4000:]
            console.print("\n".join(map(printable, said.splitlines())))
            return 1
        reader.set()
        if keep and is_read and shown is not None and not came:
            tell_end(board, console, events)
            stay(board, console, shown.address)
            return 0
        feeder.close()
    tell_end(board, console, events)
    if not is_read:
        complain(f"the worker stands still: expected it to judge everything, {sum(board.waiting)} records wait")
        return 1
    return tell_understood(source, lang)


def stay(board: Board, console: Console, address: str) -> None:
    """Wait for a signal; the page answers meanwhile."""
    console.print(f"{board.words['stays']}: {address}", soft_wrap=True)
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)


def tell_end(board: Board, console: Console, events: Path | None) -> None:
    """Print what was found, by rule, the figures, and what to do next. events: the file that was played."""
    if not console.is_terminal:
        tell(board, console)
    console.print(board.table() if board.alerts else board.words["no_alerts"])
    console.print(board.line(), soft_wrap=True)
    simulated_by = f"--seed {board.seed} --persons {PERSONS} --days {DAYS}"
    for line in board.next_lines(simulated_by, quote(str(events)) if events else ""):
        console.print(printable(line), soft_wrap=True)


def tell_understood(source: Source, lang: Language) -> int:
    """Say what was passed over in a file, and why nothing of it was accepted; gives the exit code."""
    for warning in source.warnings:
        complain(warning)
    understood = source.understood
    if understood is None or understood.accepted:
        return 0
    complain(nothing_accepted(understood.read, understood.aside, lang))
    return 1


class WorkerEndedError(Exception):
    """The worker process is gone."""


@contextmanager
def ends() -> Iterator[list[int]]:
    """The signals that came to end the demo: Ctrl-C, SIGTERM, and the SIGHUP of a terminal that is closed.

    They are remembered: an interruption that falls into the callback of a library is lost there. Only the first
    interrupts, so that nothing breaks off the end of the worker. A signal that is ignored (nohup) stays ignored.
    """
    came: list[int] = []

    def interrupt(number: int, _: object) -> None:
        came.append(number)
        if len(came) == 1:
            raise KeyboardInterrupt

    asked = [number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
             if signal.getsignal(number) is not signal.SIG_IGN]  # fmt: skip
    before = {number: signal.signal(number, interrupt) for number in asked}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _must_go_on(worker: subprocess.Popen[bytes], came: list[int]) -> None:
    """Raise WorkerEndedError where the worker is gone, KeyboardInterrupt where a signal came."""
    if came:
        raise KeyboardInterrupt
    if worker.poll() is not None:
        raise WorkerEndedError


def simulated(seed: int, folder: Path) -> Source:
    """A month of a small county, up to yesterday."""
    simulation = Simulation(seed, PERSONS, DAYS, date.today() - timedelta(days=DAYS))  # noqa: DTZ011 - yesterday as people count
    write_reference(simulation.reference(), folder)
    events = (
        (
            event.get("fixmedins_code" if str(event["infno"]).startswith("35") else "psn_no", ""),
            orjson.dumps(event),
            uploaded,
        )
        for uploaded, event in simulation.events()
    )
    return Source(events, simulation.labels(), folder)


def recorded(path: Path, settings: Settings) -> Source:
    """A file of events, as it stands; without labels. Raises what `read_lines` does."""
    understood, warnings = Understood(Door(settings.pseudonyms, settings.limits)), list[str]()
    lines = read_lines(path, warnings.append)

    def events() -> Iterator[tuple[str, bytes, int]]:
        for line in lines:
            understood.take(line)
            try:
                event = orjson.loads(line)
                event = event if isinstance(event, dict) else {}
            except orjson.JSONDecodeError:
                event = {}
            stock = str(event.get("infno", "")).startswith("35")
            yield str(event.get("fixmedins_code" if stock else "psn_no", "")), line, _uploaded(event)

    return Source(events(), reference=settings.reference, understood=understood, warnings=warnings)


def _uploaded(event: dict[str, Any]) -> int:
    try:
        return parse(event["inf_time"])
    except (KeyError, TypeError, ValueError):
        return 0


def worker_process(
    settings: Settings, bootstrap: str, reference: Path | None, log: Path
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A worker of its own process against the embedded broker, ended with the demo."""
    more = {"MONITOR_EMBEDDED": "true", "MONITOR_ALLOW_FINAL": "true"}
    if reference is not None:
        more["MONITOR_REFERENCE"] = str(reference)
    return monitor("worker", settings, bootstrap, log, more)


def wait_until_ready(worker: subprocess.Popen[bytes], log: Path, seconds: float = 120.0) -> None:
    """Wait until the worker has its partitions; its log says on which port it answers. Raises WorkerEndedError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if worker.poll() is not None:
            raise WorkerEndedError
        port = logged(log, "metrics_port")
        try:
            if port and urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except OSError:
            pass  # not yet: it answers 503, or not at all
        time.sleep(0.1)
    raise WorkerEndedError


@contextmanager
def alert_reader(
    bootstrap: str, prefix: str, board: Board, labels: list[dict[str, Any]], shown: Page | None
) -> Iterator[threading.Event]:
    """A thread that reads the alerts onto the board, and onto the page where there is one."""
    stop = threading.Event()
    tally = Tally(board, labels)

    def read() -> None:
        # By itself, without the group: what joins one may still wait for its partitions when all is over.
        consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": f"{prefix}-board", "enable.auto.commit": False, "log_level": 0}
        )
        partitions = [TopicPartition(f"{prefix}.alerts", number, OFFSET_BEGINNING) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        while not (stop.is_set() and _is_at_end(consumer, partitions)):
            values = [message.value() or b"{}" for message in consumer.consume(AT_ONCE, 0.2) if message.error() is None]
            for value in values:
                tally.take(orjson.loads(value), time.time())
            if values and shown is not None:
                shown.take(values)
        consumer.close()

    thread = threading.Thread(target=read, name="alerts", daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(STILL_SECONDS)


def _is_at_end(consumer: Consumer, partitions: list[TopicPartition]) -> bool:
    ends = (consumer.get_watermark_offsets(partition, timeout=10)[1] for partition in partitions)
    return all(max(0, at.offset) >= end for at, end in zip(consumer.position(partitions), ends, strict=True))


class Tally:
    """Counts alerts against labels."""

    def __init__(self, board: Board, labels: list[dict[str, Any]]) -> None:
        self._board = board
        self._by_message: dict[str, list[dict[str, Any]]] = {}
        for label in labels:
            for message in label["msgids"]:
                self._by_message.setdefault(message, []).append(label)

    def take(self, alert: Mapping[str, Any], now: float) -> None:
        """Take in a revision read at this moment (s since 1970)."""
        board = self._board
        if alert["alert_id"] not in board.alerts:
            board.latencies.append(max(0.0, now - parse(alert["detected_at"]) / 1000))
        board.take(alert)
        if alert["status"] in ("opened", "updated"):
            self._score(alert)

    def _score(self, alert: Mapping[str, Any]) -> None:
        labels = [label for one in alert["evidence"] for label in self._by_message.get(one["msgid"], ())]
        if not labels and alert["revision"] == 1:
            self._board.score.unlabelled += 1
        for label in labels:
            if alert["rule_id"] in label["rules"]:
                score = self._board.score
                (score.found if label["label"] == "fraud" else score.false).add(id(label))


def tell(board: Board, console: Console) -> None:
    """Print the alerts that were not printed yet, for a terminal without a board."""
    for name, alert in list(board.alerts.items()):
        if name not in board.told:
            board.told.add(name)
            console.print(printable(alert_line(alert, board.lang)), soft_wrap=True)


def play(source: Source, feeder: Feeder, board: Board, must_go_on: Callable[[], None], console: Console) -> None:
    """Feed the events in slices, at the pace of the source, and keep the board fresh; raises what must_go_on does."""
    began = time.monotonic()
    upcoming = sorted(source.labels, key=lambda label: label["last_time"])
    with ExitStack() as stack:
        live = stack.enter_context(Live(board, console=console, refresh_per_second=4)) if console.is_terminal else None
        said, uploaded = began, 0
        for batch in _slices(source, feeder, board, must_go_on):
            feeder.send((key, value) for key, value, _ in batch)
            now = time.monotonic()
            board.sent, board.per_second = feeder.sent, feeder.sent / (now - began)
            uploaded = max((at for *_, at in batch), default=uploaded)
            board.clock = clock(uploaded) if uploaded else ""
            while upcoming and parse(upcoming[0]["last_time"]) <= uploaded:
                board.score.end(upcoming.pop(0))
            if live is None and now - said >= 2:
                said = now
                tell(board, console)
                console.print(board.line(), soft_wrap=True)


def _slices(
    source: Source, feeder: Feeder, board: Board, must_go_on: Callable[[], None]
) -> Iterator[list[tuple[str, bytes, int]]]:
    """The events in small slices: no faster than the pace, and never far ahead of the worker.

    Long because it waits for two things at once: the pace, and the worker.
    """
    batch: list[tuple[str, bytes, int]] = []
    first: int | None = None
    began = time.monotonic()
    asked = 0.0
    for item in source.events:
        first = first or item[2]
        batch.append(item)
        due = began + (item[2] - (first or 0)) / (DAYS * 86_400_000) * SECONDS if source.labels else 0
        if len(batch) < 100 and time.monotonic() + SLICE > due:
            continue
        yield batch
        batch = []
        while True:
            must_go_on()
            now = time.monotonic()
            if now - asked >= 0.25 or board.waiting[0] + board.waiting[1] > UNREAD:
                asked, board.waiting = now, feeder.lag()
            if now >= due and sum(board.waiting) <= UNREAD:
                break
            time.sleep(min(SLICE, max(0.01, due - now)))
    yield batch

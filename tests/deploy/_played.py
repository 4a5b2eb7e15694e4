"""A process with the metrics of a worker and of those beside it, fed with the demo's traffic until it is ended.

Simulated settlements pass a real router, a real engine and the real book of leads, some every half second, with
messages among them that are refused, skipped, failed or odd. One rule is in shadow, one institution has fallen silent.
"""

import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import msgspec
from faust.types import TP

from monitor import serving
from monitor.console.metrics import ConsoleMetrics
from monitor.exporter.metrics import UseMetrics
from monitor.exporter.process import Tally
from monitor.inforce.rulebook import load_rules
from monitor.notify.book import Book, Policy
from monitor.notify.lead import read
from monitor.notify.metrics import NotifyMetrics
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.simulate import Simulation
from monitor.worker.health import serve
from monitor.worker.metrics import Metrics
from rules.catalogue import catalogue
from rules.engine.engine import Engine
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.times import DAY
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from streams.detect.detector import process
from streams.detect.meter import Standing
from streams.detect.task import Saved
from streams.route.router import Router, bundles
from tests.deploy._endpoint import settlement

AT_ONCE = 150
PAUSE_SECONDS = 0.5
SHADOW = "S01"
Batch = list[tuple[bytes, int]]


def traffic() -> Iterator[tuple[bytes, int]]:
    """Messages with their append times, for ever: one seed after the other."""
    for seed in itertools.count(7):
        for uploaded, body in Simulation(seed, 600, 6, date(2026, 3, 2), form="mixed").events():
            yield json.dumps(body).encode(), uploaded


def odd(batch: Batch) -> Batch:
    """Messages that nothing is made of, at the time of the last one of a batch."""
    value, appended = batch[-1]
    reply = {"infcode": "-1", "input": {}, "infno": "2207", "msgid": "f", "fixmedins_code": "P34102100001"}
    aged = json.dumps(json.loads(settlement(0, appended / 1000)) | {"age": 850}).encode()
    return [(one, appended) for one in (b"{", b'{"infno": "9999"}', json.dumps(reply).encode(), aged, value)]


class Played:
    """The five processes in one."""

    def __init__(self) -> None:
        self.worker, self.notify, self.read_model = Metrics(), NotifyMetrics(), ReadModelMetrics()
        self.worker.partitions(1, 1)
        watches = [replace(watch, shadow=watch.rule.id == SHADOW) for watch in load_rules(None)]
        self.engine = self.worker.watch(0, Engine(watches, Reference("test"), LEDGERS))
        self.router = Router(Door(Pseudonyms("test")))
        advice = {rule_id: rule.card.advice for rule_id, rule in catalogue().items()}
        self.book = Book(Policy("settlement", 50, 36_500 * DAY, "08:30-17:30"), advice)
        self.read_model.loaded([("deaths", time.time() - 86_400)])
        self.read_model.heard({"P34102100029": 200_000.0})
        self.read_model.leads.stands(3, int(time.time() * 1000), 0)
        self.console = ConsoleMetrics()
        self.console.readable.set(1)
        self.console.said.labels("confirmed").inc()
        self.console.logins.labels("token", "accepted").inc()
        self.use = UseMetrics(10_000, {"341021": 120_000_000.0})
        self.tally = Tally(Door(Pseudonyms("test")), self.use, "")

    def feed(self, batch: Batch) -> None:
        """One batch through all."""
        for value, appended in batch:
            self.tally.take_event(value, appended)
        routed = self.router.route(batch)
        for _ in routed.entries[:1]:
            self.use.remind("P34102100001")
        self.worker.routed(routed, 0.004)
        inside = bundles(value for _, value in routed.entries)
        outcome = process(self.engine, [(value, batch[-1][1]) for value in inside])
        self.worker.detected(0, outcome, 0.003)
        self.worker.checkpointed(0, Saved(offset=9, records=12, size=4096, seconds=0.02))
        self.worker.standing({TP("settlement.events", 0): Standing(11, 11, None)})
        now = int(time.time() * 1000)
        for alert in outcome.revisions:
            self.book.take(read(msgspec.json.encode(alert)), now, now)
        self.notify.noted(self.book.fates, self.book.open, self.book.misfiring(now))
        self.book.fates.clear()
        self.notify.taken([now - 200] * len(outcome.revisions), 0)
        self.read_model.read(len(outcome.revisions), 0, 0)
        self.console.seconds.labels("/leads", 200).observe(0.05)


if __name__ == "__main__":
    played = Played()
    servers = [
        serve(played.worker, "127.0.0.1", 0),
        serving.serve(played.notify.registry, {}, "127.0.0.1", 0),
        serving.serve(played.read_model.registry, {}, "127.0.0.1", 0),
        serving.serve(played.use.registry, {}, "127.0.0.1", 0),
        serving.serve(played.console.registry, {}, "127.0.0.1", 0),
    ]
    sys.stdout.write(" ".join(str(server.server_address[1]) for server in servers) + "\n")
    sys.stdout.flush()
    messages = traffic()
    while True:
        several = list(itertools.islice(messages, AT_ONCE))
        played.feed(several + odd(several))
        time.sleep(PAUSE_SECONDS)

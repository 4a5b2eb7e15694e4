"""A process with the metrics of a worker, fed by a real router and a real engine; it lasts until it is ended.

Nine pharmacy settlements, eight of them of persons within 80 s at one shop, the ninth at one whose agreement is
suspended; one more that is garbage, and one transaction of no use. So S09 opens a critical lead.
"""

import json
import signal
import sys
import time
from datetime import UTC, datetime

from faust.types import TP

from monitor.inforce.rulebook import load_rules
from monitor.worker.health import serve
from monitor.worker.metrics import Metrics
from rules.engine.engine import Engine
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from streams.detect.detector import process
from streams.detect.meter import Standing
from streams.detect.task import Saved
from streams.route.router import Router, bundles

SETTLEMENTS = 9
SUSPENDED = "P34102100099"


def settlement(number: int, now: float) -> bytes:
    """A settlement at a pharmacy, ten seconds after the one before."""
    when = datetime.fromtimestamp(now - 600 + 10 * number, UTC).isoformat(timespec="seconds")
    place = SUSPENDED if number == SETTLEMENTS - 1 else "P34102100001"
    return json.dumps({
        "msgid": f"m{number}", "infno": "2102", "fixmedins_code": place, "inf_time": when,
        "psn_no": f"34102100000{number}", "setl_id": f"s{number}", "mdtrt_id": f"v{number}", "med_type": "41",
        "setl_time": when, "medfee_sumamt": 50.0, "fund_pay_sumamt": 40.0, "mdtrt_cert_type": "03", "feedetail": [],
    }).encode()  # fmt: skip


def fed(now: float) -> tuple[Metrics, Engine]:
    """Metrics after one batch of each agent and a checkpoint; and the engine, whose state they count."""
    tables = Reference("test")
    tables.put("institutions", {"fixmedins_code": SUSPENDED, "status": "suspended", "kind": "pharmacy"})
    metrics = Metrics()
    metrics.partitions(1, 1)
    engine = metrics.watch(0, Engine(load_rules(None), tables, LEDGERS))
    values = [*(settlement(number, now) for number in range(SETTLEMENTS)), b"{", b'{"infno": "9999"}']
    routed = Router(Door(Pseudonyms("test"))).route([(value, int(now * 1000)) for value in values])
    metrics.routed(routed, 0.004)
    inside = bundles(value for _, value in routed.entries)
    metrics.detected(0, process(engine, [(value, int(now * 1000)) for value in inside]), 0.003)
    metrics.checkpointed(0, Saved(offset=9, records=12, size=4096, seconds=0.02))
    metrics.standing({TP("settlement.events", 0): Standing(11, 11, None)})
    return metrics, engine


if __name__ == "__main__":
    metrics, engine = fed(time.time())
    server = serve(metrics, "127.0.0.1", 0)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    signal.pause()

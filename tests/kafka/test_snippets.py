"""The snippets of docs/ do what docs/operations.md says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests._servers import unavailable
from tests.kafka._cluster import Kafka

pytestmark = pytest.mark.kafka
SNIPPETS = Path(__file__).parents[2] / "docs" / "snippets"
EVENT = {
    "msgid": "m1", "infno": "2207", "fixmedins_code": "H1", "inf_time": "2026-03-05 10:00:00", "psn_no": "341",
    "setl_id": "s", "mdtrt_id": "v", "med_type": "11", "setl_time": "2026-03-05 10:00:00",
    "medfee_sumamt": 1, "fund_pay_sumamt": 1,
}  # fmt: skip


def run(command: list[str], kafka: Kafka, prefix: str, given: bytes = b"") -> bytes:
    """What a snippet prints."""
    env = os.environ | {"MONITOR_BROKERS": kafka.bootstrap, "MONITOR_PREFIX": prefix}
    return subprocess.run(command, env=env, input=given, capture_output=True, check=True, timeout=180).stdout


async def test_aiokafka_publishes_and_reads(kafka: Kafka, prefix: str) -> None:
    """What publish.py sends is on the events topic under psn_no; read.py keeps the latest revision."""
    await kafka.create(f"{prefix}.events", 1, 1)
    await kafka.create(f"{prefix}.alerts", 1, 1)
    alert = {"alert_id": "a", "revision": 1, "status": "opened", "severity": "high", "rule_id": "S01"}
    run([sys.executable, str(SNIPPETS / "publish.py")], kafka, prefix, orjson.dumps(EVENT))
    as_alerts = (SNIPPETS / "publish.py").read_text(encoding="utf-8").replace('".events"', '".alerts"')
    first = alert | {"infno": "-", "psn_no": "s"}
    revisions = [first, first | {"revision": 2, "status": "closed"}]
    run([sys.executable, "-c", as_alerts], kafka, prefix, b"\n".join(orjson.dumps(one) for one in revisions))

    printed = run([sys.executable, str(SNIPPETS / "read.py")], kafka, prefix)
    sent = [(one.key, orjson.loads(one.value or b"")) for one in await kafka.read(f"{prefix}.events")]

    assert [(b"341", EVENT)] == sent
    assert b"a closed high S01\n" == printed


async def test_kcat_publishes_and_reads(kafka: Kafka, prefix: str) -> None:
    """What publish.sh sends is on the events topic under psn_no; read.sh reads to the end."""
    if shutil.which("kcat") is None:
        unavailable("kcat", "not installed: apt-get install kcat")
    await kafka.create(f"{prefix}.events", 1, 1)

    run(["sh", str(SNIPPETS / "publish.sh")], kafka, prefix)
    sent = [(one.key, orjson.loads(one.value or b"")) for one in await kafka.read(f"{prefix}.events")]
    reader = (SNIPPETS / "read.sh").read_text(encoding="utf-8").replace(".alerts", ".events")
    printed = run(["sh", "-c", reader], kafka, prefix)

    assert [(b"34102100000000000001", "S1")] == [(key, value["setl_id"]) for key, value in sent]
    assert orjson.loads(printed.split(b"\t")[1])["setl_id"] == "S1"

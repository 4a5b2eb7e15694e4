"""The snippets of docs/ do what docs/publishing.md and docs/operations.md say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from monitor.handbook.examples import examples
from tests._servers import unavailable
from tests.kafka._cluster import SCRIPT, Kafka

pytestmark = pytest.mark.kafka
SNIPPETS = Path(__file__).parents[2] / "docs" / "snippets"
PERSON = "34102199000000101234"


def run(command: list[str], kafka: Kafka, prefix: str, given: bytes = b"") -> bytes:
    """What a snippet prints."""
    env = os.environ | {"MONITOR_BROKERS": kafka.bootstrap, "MONITOR_PREFIX": prefix}
    return subprocess.run(command, env=env, input=given, capture_output=True, check=True, timeout=180).stdout


def aiokafka() -> list[str]:
    """The publisher in Python."""
    return [sys.executable, str(SNIPPETS / "publish.py")]


def java() -> list[str]:
    """The publisher in Java, compiled against the jars of deploy/kafka, among which the clients are."""
    if shutil.which("javac") is None:
        unavailable("java", "no Java compiler: apt-get install openjdk-17-jdk-headless")
    fetched = subprocess.run(["sh", SCRIPT, "fetch"], capture_output=True, text=True, check=False)
    if fetched.returncode:
        unavailable("java", fetched.stderr.splitlines()[-1])
    return ["java", "-cp", str(SCRIPT.parent / ".libs" / "*"), str(SNIPPETS / "Publish.java")]


def kcat() -> list[str]:
    """The publisher on the command line."""
    if shutil.which("kcat") is None:
        unavailable("kcat", "not installed: apt-get install kcat")
    return ["sh", str(SNIPPETS / "publish.sh")]


def messages() -> list[tuple[bytes, bytes]]:
    """Every transaction in every form, with the key that it should have; each transaction is of another person."""
    found: list[tuple[bytes, bytes]] = []
    for one in examples():
        person = f"3410210{one.infno.removesuffix('A')}"
        line = orjson.dumps(one.message).replace(PERSON.encode(), person.encode())
        stock = one.infno.startswith("35")
        found.append((str(one.message["fixmedins_code"]).encode() if stock else person.encode(), line))
    return found


@pytest.mark.parametrize("publisher", [aiokafka, java, kcat])
async def test_a_publisher_sends_every_message_as_it_is(
    publisher: Callable[[], list[str]], kafka: Kafka, prefix: str
) -> None:
    """Unchanged, in order for each key, under the person's number wherever the form has it; stock by institution."""
    command = publisher()
    await kafka.create(f"{prefix}.events", 4, 1)
    expected = messages()

    run(command, kafka, prefix, b"\n".join(line for _, line in expected) + b"\n\n")
    sent = await kafka.read(f"{prefix}.events")

    keys = {key for key, _ in expected}
    assert len(expected) == len(sent)
    assert keys == {one.key for one in sent}
    for key in keys:
        of_key = [one for one in sent if one.key == key]
        assert [line for name, line in expected if name == key] == [one.value for one in of_key]
        assert len({one.partition for one in of_key}) == 1


async def test_all_publishers_take_the_same_partition_for_a_person(kafka: Kafka, prefix: str) -> None:
    """Two systems that publish about one person do not change the order of its messages."""
    await kafka.create(f"{prefix}.events", 4, 1)
    given = b"\n".join(line for _, line in messages())

    installed = (aiokafka, java, kcat) if shutil.which("kcat") else (aiokafka, java)
    for publisher in installed:
        run(publisher(), kafka, prefix, given)
    sent = await kafka.read(f"{prefix}.events")

    partitions = {(one.key, one.partition) for one in sent}
    assert len(partitions) == len({one.key for one in sent})


async def test_aiokafka_reads_the_latest_revision(kafka: Kafka, prefix: str) -> None:
    """read.py keeps the latest revision of each alert, and read.sh reads to the end."""
    await kafka.create(f"{prefix}.alerts", 1, 1)
    as_alerts = (SNIPPETS / "publish.py").read_text(encoding="utf-8").replace('".events"', '".alerts"')
    alert = {"alert_id": "a", "revision": 1, "status": "opened", "severity": "high", "rule_id": "S01"}
    first = alert | {"infno": "-", "psn_no": "s"}
    revisions = [first, first | {"revision": 2, "status": "closed"}]
    run([sys.executable, "-c", as_alerts], kafka, prefix, b"\n".join(orjson.dumps(one) for one in revisions))

    printed = run([sys.executable, str(SNIPPETS / "read.py")], kafka, prefix)

    assert b"a closed high S01\n" == printed


async def test_kcat_reads_every_revision(kafka: Kafka, prefix: str) -> None:
    """read.sh reads to the end."""
    command = kcat()
    await kafka.create(f"{prefix}.events", 1, 1)
    lines = [line for _, line in messages()]
    run(command, kafka, prefix, b"\n".join(lines))
    reader = (SNIPPETS / "read.sh").read_text(encoding="utf-8").replace(".alerts", ".events")

    printed = run(["sh", "-c", reader], kafka, prefix)

    assert lines == [line.partition(b"\t")[2] for line in printed.splitlines()]

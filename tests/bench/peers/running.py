"""A peer as a process that is watched: what it uses from its first event to its last, and what it tells."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import orjson

from tests.bench.brute import Told, episodes
from tests.bench.ours import ROOT, SAVED, Raw
from tests.bench.peers.job import Task
from tests.bench.usage import cpu, peak
from tests.kafka._cluster import Kafka


def run(command: Callable[[Task], list[str]], task: Task) -> Raw:
    """Start a peer and end it once it has judged everything and has had the time to save that."""
    env = os.environ | {"BENCH": " ".join(map(str, task))}
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(command(task), env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        try:
            return _watch(process)
        except EOFError:
            text = Path(log.name).read_text("utf-8", "replace")[-4000:]
            raise SystemExit(f"the peer ended before it was done: {text}") from None
        finally:
            process.kill()
            process.wait()


def _watch(process: subprocess.Popen[bytes]) -> Raw:
    assert process.stdout is not None
    _wait_for(process.stdout, b"began")
    began, before = time.monotonic(), cpu(process.pid)
    _wait_for(process.stdout, b"ended")
    ended = time.monotonic()
    time.sleep(SAVED)
    return cpu(process.pid) - before, ended - began, peak(process.pid)


def _wait_for(lines: IO[bytes], word: bytes) -> None:
    for line in lines:
        if line.strip() == word:
            return
    raise EOFError


def told(kafka: Kafka, topic: str) -> set[Told]:
    """What a peer has told: its triggers, as episodes."""
    records = asyncio.run(kafka.read(topic))
    return episodes((rule, subject, time) for rule, subject, time in (orjson.loads(one.value) for one in records))

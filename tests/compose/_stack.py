"""The stack of docker-compose.yml, started from a copy of the tree as the top of the file says it."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.compose._engine import FailedError, run
from tests.deploy._compose import FILE
from tests.deploy._processes import ROOT, eventually

BROKERS = "127.0.0.1:29092"
EVENTS = "settlement.events"
ALERTS = "settlement.alerts"
GROUP = "settlement-monitor"
PATIENCE = 600.0
"""For anything. A broker that was killed reads its logs again: four minutes on a machine that has much else to do."""

Offsets = dict[str, dict[int, int]]


@dataclass(frozen=True)
class Container:
    """One container of the stack, as the engine describes it."""

    name: str
    service: str
    running: bool
    health: str
    restarts: int
    main: int
    """Number of its main process, as it is outside of the container; 0 while there is none."""


def copy_tree(to: Path) -> None:
    """Copy what git knows of the tree, as a clone under umask 077 has it: nobody but the owner may read it."""
    to.mkdir(mode=0o700)
    listed = "git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from -"
    run("sh", "-euc", f'umask 077; {listed} | tar -x --no-same-permissions -C "$0"', str(to), cwd=ROOT)


def top_of_file(pattern: str) -> str:
    """The command at the top of docker-compose.yml that fits, without what is said about it."""
    [line] = re.findall(rf"^# +({pattern}.*)$", FILE.read_text(), re.MULTILINE)
    return re.sub(r" {2,}#.*", "", line)


@dataclass(frozen=True)
class Stack:
    """The stack in a folder."""

    folder: Path

    def shell(self, line: str, codes: tuple[int, ...] = (0,)) -> str:
        """Do what a person types in the folder."""
        return run("sh", "-c", line, cwd=self.folder, codes=codes)

    def doctor(self, codes: tuple[int, ...] = (0, 1)) -> str:
        """What `doctor` says, in English."""
        return self.monitor("doctor", "--lang", "en", codes=codes)

    def monitor(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Give a command to the monitor, as an operator does."""
        return run("docker", "compose", "run", "--rm", "monitor", *arguments, cwd=self.folder, codes=codes)

    def containers(self) -> list[Container]:
        """All containers of the stack that are or were running."""
        ids = run("docker", "compose", "ps", "--all", "--quiet", cwd=self.folder).split()
        return sorted((_container(one) for one in json.loads(run("docker", "inspect", *ids))), key=lambda one: one.name)

    def wait_until_healthy(self) -> None:
        """Wait until whatever lasts is healthy."""
        eventually(lambda: not self.ill(), "all to be healthy", PATIENCE)

    def ill(self) -> list[str]:
        """The containers that are not as they should be."""
        return [one.name for one in self.containers() if one.service != "topics" and one.health != "healthy"]

    def kill(self, names: Collection[str]) -> None:
        """End the main processes of containers as the kernel would that is out of memory; wait until they run again."""

        def found() -> dict[str, Container]:
            return {one.name: one for one in self.containers() if one.name in names}

        eventually(lambda: all(one.main for one in found().values()), f"{names} to run", PATIENCE)
        before = found()
        for one in before.values():
            assert one.main > 0, one
            os.kill(one.main, signal.SIGKILL)

        def are_back() -> bool:
            now = found()
            return all(now[name].running and now[name].restarts > one.restarts for name, one in before.items())

        eventually(are_back, f"{names} to be started again", PATIENCE)

    def logs(self, service: str) -> str:
        """What the containers of a service have said."""
        return run("docker", "compose", "logs", "--no-log-prefix", service, cwd=self.folder)

    def lines(self, service: str) -> int:
        """How many lines stand in the logs of a service."""
        return len(self.logs(service).splitlines())

    def publish(self, events: list[dict[str, Any]]) -> None:
        """Publish events over the port for this machine, until the broker has them."""
        producer = Producer({"bootstrap.servers": BROKERS, "acks": "all", "log_level": 0})
        for event in events:
            producer.produce(EVENTS, json.dumps(event).encode(), key=event["psn_no"].encode())
        if left := producer.flush(PATIENCE):
            raise FailedError(f"{left} events could not be published")

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of the read model; none where it, or Redis, does not answer."""
        done = subprocess.run(
            ["docker", "compose", "exec", "-T", "readmodel", "monitor", "alerts", "list", "--json", "--limit", "1000"],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        found: list[dict[str, Any]] = [] if done.returncode else json.loads(done.stdout)
        return found

    def offsets(self) -> Offsets:
        """How far the workers have read the events, and the ends of the events and the alerts, by partition."""
        consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": GROUP, "log_level": 0})
        try:
            topics = {name: consumer.list_topics(name, 30).topics[name].partitions for name in (EVENTS, ALERTS)}
            ends = {
                f"end of {name}": {
                    one: consumer.get_watermark_offsets(TopicPartition(name, one), 30)[1] for one in found
                }
                for name, found in topics.items()
            }
            committed = consumer.committed([TopicPartition(EVENTS, one) for one in topics[EVENTS]], timeout=30)
            return ends | {"read": {one.partition: max(0, one.offset) for one in committed}}
        finally:
            consumer.close()

    def all_read(self) -> bool:
        """Whether the workers have read all events."""
        offsets = self.offsets()
        return offsets["read"] == offsets[f"end of {EVENTS}"]


def _container(found: dict[str, Any]) -> Container:
    state, labels = found["State"], found["Config"]["Labels"]
    return Container(
        found["Name"].strip("/"), labels["com.docker.compose.service"], state["Running"],
        state.get("Health", {}).get("Status", ""), found["RestartCount"],
        _child_of(state["Pid"]) if found["HostConfig"].get("Init") else state["Pid"],
    )  # fmt: skip


def _child_of(init: int) -> int:
    """The process below the small init that Compose puts first; 0 while there is none."""
    children = Path(f"/proc/{init}/task/{init}/children")
    return int(next(iter(children.read_text().split()), 0)) if children.exists() else 0

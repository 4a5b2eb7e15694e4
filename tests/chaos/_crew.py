"""Workers as a process manager runs them: one that ends by itself is started again, and that is counted."""

import json
import random
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from tests.chaos._log import TooLateError, wait_for
from tests.e2e._area import ROOT, Area, Worker

BACK_OFF = 1.0
"""So long after its end a worker is started again, seconds."""
START_SECONDS = 150.0
"""So long a worker may take until it is ready, seconds: after an ungraceful end a group waits for the dead."""
LOST = 3
"""Exit code of a worker that found something lost: a person decides, and no process manager starts it again."""
GIVE_UP = 25
"""After so many restarts that nobody asked for a run is over."""


@dataclass
class Member:
    """One worker of the crew. wanted: whether it is to be started again when it ends."""

    worker: Worker
    wanted: bool = True
    extra: dict[str, str] = field(default_factory=dict)


class Crew:
    """The workers of an area."""

    def __init__(self, area: Area, mutant: str | None = None) -> None:
        self._area = area
        self._mutant = mutant
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._started = 0
        self.members: list[Member] = []
        self.ended: list[str] = []
        """How each ended that was not told to: exit code and last line."""
        self._watcher = threading.Thread(target=self._watch, name="crew", daemon=True)
        self._watcher.start()

    def start(self, **extra: str) -> Member:
        """Start a worker; extra: environment of its own."""
        with self._lock:
            member = Member(self._process(extra), extra=extra)
            self.members.append(member)
        return member

    def ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until all are at work. Raises TooLateError with the last end of a worker."""
        try:
            wait_for(lambda: self.hopeless or self.are_ready(), seconds, "the workers")
        except TooLateError as error:
            raise TooLateError(f"{error}; {self.last_end()}") from None
        if self.hopeless:
            raise TooLateError(f"{len(self.ended)} restarts; {self.last_end()}")

    def are_ready(self) -> bool:
        """Whether all are at work; one that has just ended is not."""
        return all('"ok": true' in member.worker.scrape("/readyz") for member in self.members)

    @property
    def lost(self) -> bool:
        """Whether one ended because something is lost, and waits for a person."""
        return any(not m.wanted and m.worker.process.returncode == LOST for m in self.members)

    def last_end(self) -> str:
        """How the last one ended that was not told to."""
        return self.ended[-1] if self.ended else "none ended by itself"

    def at_work(self, rng: random.Random) -> Member:
        """One of those that have partitions, at random; any one where none has."""
        return rng.choice([one for one in self.members if self.partitions_of(one)] or self.members)

    def partitions_of(self, member: Member) -> set[int]:
        """The partitions that it took over after everybody else, by what the workers say in their logs."""
        owner: dict[int, tuple[str, Member]] = {}
        for one in self.members:
            for at, partition in _taken(one.worker.said()):
                if partition not in owner or owner[partition][0] < at:
                    owner[partition] = at, one
        return {partition for partition, (_, one) in owner.items() if one is member}

    def kill(self, member: Member) -> None:
        """End a worker at once; it is not started again by itself."""
        with self._lock:
            member.wanted = False
        member.worker.end(signal.SIGKILL)

    def ask_to_end(self, member: Member) -> None:
        """Ask a worker to end in order; it is not started again by itself."""
        with self._lock:
            member.wanted = False
        member.worker.process.send_signal(signal.SIGTERM)

    def wait_for_end(self, member: Member, seconds: float = 60) -> None:
        """Wait for the end of a worker that was asked. One that does not end in order is killed, and counted."""
        with suppress(subprocess.TimeoutExpired):
            member.worker.process.wait(seconds)
        if code := member.worker.end(signal.SIGKILL):
            self.ended.append(f"exit code {code} after SIGTERM: {_last_line(member.worker)}")

    def replace(self, member: Member, **extra: str) -> None:
        """Start a worker in the place of one that was ended."""
        with self._lock:
            member.worker, member.extra, member.wanted = self._process(extra), extra, True

    def dismiss(self, member: Member) -> None:
        """Do without a worker that was asked to end."""
        self.wait_for_end(member)
        self.members.remove(member)

    def end(self) -> None:
        """Leave no worker behind."""
        self._over.set()
        self._watcher.join()
        for member in self.members:
            if member.worker.runs:
                member.worker.process.send_signal(signal.SIGCONT)
            member.worker.end(signal.SIGKILL)

    def _process(self, extra: dict[str, str]) -> Worker:
        log = self._area.folder / f"worker-{self._started}.log"
        self._started += 1
        given = ["-m", "tests.chaos.worker", self._mutant] if self._mutant else ["-m", "monitor", "worker"]
        file = log.open("ab")
        env = self._area.env() | extra
        return Worker(
            subprocess.Popen([sys.executable, *given], env=env, cwd=ROOT, stdout=file, stderr=file), log, file
        )

    @property
    def hopeless(self) -> bool:
        """Whether it is started again and again in vain."""
        return len(self.ended) > GIVE_UP

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            for member in [one for one in self.members if one.wanted and not one.worker.runs]:
                code = member.worker.process.returncode
                self.ended.append(f"exit code {code}: {_last_line(member.worker)}")
                if code == LOST:
                    member.wanted = False
                elif not self._over.wait(BACK_OFF) and not self.hopeless:
                    self._restart(member)

    def _restart(self, member: Member) -> None:
        """Start it again, unless somebody has ended it for good meanwhile, or has replaced it."""
        with self._lock:
            if member.wanted and not member.worker.runs:
                member.worker.end()
                member.worker = self._process(member.extra)


def _taken(said: str) -> list[tuple[str, int]]:
    """When which internal partition was taken over, by a worker's log."""
    lines = [json.loads(line) for line in said.splitlines() if "partition taken over" in line and line[-1:] == "}"]
    return [(line["timestamp"], line["partition"]) for line in lines]


def _last_line(worker: Worker) -> str:
    lines = [line for line in worker.said().splitlines() if line.strip()]
    event = re.search(r'"event": "((?:[^"\\]|\\.)*)"', lines[-1]) if lines else None
    return (event[1] if event else "".join(lines[-1:])).partition(": File")[0][:160]

"""One run: an area of its own, faults of one kind while traffic comes in, and the verdict on what was said."""

import random
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import _traffic
from tests.chaos._crew import Crew
from tests.chaos._faults import KINDS
from tests.chaos._log import Log, TooLateError
from tests.chaos._publisher import Publisher
from tests.chaos._scene import SESSION_SECONDS, Kind, Scene
from tests.chaos._verdict import Verdict, hanging_on_habit, judge, spread
from tests.e2e._area import ROOT, Area
from tests.e2e.checker import Revision
from tests.kafka._cluster import Kafka

LEAST = 2
"""So many injections there are also on a slow machine."""
CYCLE_SECONDS = 15.0
"""About so long an injection takes: decides how much each one publishes."""


@dataclass(frozen=True)
class Wanted:
    """What a run is to be."""

    kind: str
    seed: int
    minutes: float
    workers: int = 2
    partitions: int | None = None
    behind: float = 0.0
    mutant: str | None = None

    @property
    def command(self) -> str:
        """How to run it again."""
        more = f" --workers {self.workers}" if self.workers != 2 else ""
        more += f" --partitions {self.partitions}" if self.partitions else ""
        more += f" --behind {self.behind:g}" if self.behind else ""
        more += f" --mutant {self.mutant}" if self.mutant else ""
        return f"make chaos ARGS='{self.kind} --seed {self.seed} --minutes {self.minutes:g}{more}'"


@dataclass
class Told:
    """What happened in a run. in_flight: records, of each injection that counts. idle: injections without any."""

    in_flight: list[int] = field(default_factory=list)
    idle: int = 0
    recovery: list[float] = field(default_factory=list)
    stuck: str = ""
    """Why the run could not be ended as it should; empty where it could."""


def run(wanted: Wanted, folder: Path, kafka: Kafka) -> dict[str, Any]:
    """Play one run on a cluster of as many brokers as its kind asks for; gives its line of results."""
    kind = KINDS[wanted.kind]
    played = _played(kind, wanted, folder)
    area = _area(kafka, kind, wanted, folder)
    if played.tables:
        area.run("reference", "load", str(played.tables))
    crew, told = Crew(area, wanted.mutant), Told()
    with closing(Log(kafka.bootstrap, area.prefix)) as log:
        publisher = Publisher(kafka.bootstrap, log.name("events"), played.events)
        scene = Scene(
            kafka, area, crew, log, publisher, random.Random(wanted.seed), played.tables, turn=0, portion=played.portion
        )
        try:
            _play(scene, kind, wanted, told)
        except (TooLateError, AssertionError) as error:
            told.stuck = str(error)[-1000:]
        finally:
            crew.end()
        publisher.flush()
        verdict = _verdict(scene, kind, folder)
    row = _row(wanted, kind, told, crew, played) | asdict(verdict)
    row["sound"] = verdict.sound and not told.stuck
    if kind.played == "backlog":  # nothing is live in it
        since = _traffic.LAST_WEEKS
        row["hang_on_habit"] = hanging_on_habit(played.without_first_weeks, since, played.tables, folder)
        row["detection"] = []
    return row


def _play(scene: Scene, kind: Kind, wanted: Wanted, told: Told) -> None:
    kind.prepare(scene)
    if kind.played == "backlog":
        scene.publisher.send(scene.publisher.left)
        scene.publisher.flush()
    for _ in range(wanted.workers):
        scene.crew.start()
    if kind.played != "backlog":
        scene.crew.ready()
    _inject(scene, kind, time.monotonic() + 60 * wanted.minutes, told)
    scene.publisher.send(scene.publisher.left)
    scene.publisher.flush()
    started = time.monotonic()
    scene.finished(scene.log.ends("events"))
    if kind.played == "backlog":
        told.recovery.append(time.monotonic() - started)
    scene.area.run("topics", "close")
    scene.finished(scene.log.ends("events"))


def _inject(scene: Scene, kind: Kind, end: float, told: Told) -> None:
    """Injection after injection, each recovered from before the next, until the time is over; LEAST at the least."""
    fixed = scene.portion
    while (rest := end - time.monotonic()) > 0 or (len(told.in_flight) < LEAST and scene.turn < 2 * LEAST):
        if kind.played == "backlog":
            if scene.log.reached("events", scene.log.ends("events")):
                return
        elif fixed:
            if scene.publisher.left < fixed:
                return
        else:
            scene.portion = int(scene.publisher.left / max(1 + LEAST, rest / CYCLE_SECONDS))
        _inject_once(scene, kind, told)
        scene.turn += 1


def _inject_once(scene: Scene, kind: Kind, told: Told) -> None:
    with kind.hit(scene) as partitions:
        began, ends = time.monotonic(), scene.log.ends("events")
        if left := scene.log.left(partitions):
            told.in_flight.append(left)
        else:
            told.idle += 1
    if kind.played != "backlog":
        scene.finished(ends)
        told.recovery.append(time.monotonic() - began)
        scene.crew.ready()


def _played(kind: Kind, wanted: Wanted, folder: Path) -> _traffic.Played:
    plays: dict[str, Callable[[], _traffic.Played]] = {
        "live": lambda: _traffic.live(wanted.seed, wanted.minutes, folder),
        "backlog": lambda: _traffic.backlog(wanted.seed, folder, wanted.behind),
        "waves": lambda: _traffic.waves(wanted.seed, wanted.minutes),
    }
    return plays[kind.played]()


def _area(kafka: Kafka, kind: Kind, wanted: Wanted, folder: Path) -> Area:
    partitions = wanted.partitions or kind.partitions
    settings: dict[str, object] = {
        "events_partitions": partitions, "entries_partitions": partitions, "session_seconds": SESSION_SECONDS,
        "replication": kind.brokers,
    }  # fmt: skip
    prefix = f"{wanted.kind}-{wanted.seed}-{wanted.mutant or 'as-built'}-{time.time_ns() % 1_000_000}"
    area = Area(kafka, prefix, folder, settings)
    area.run("topics", "create")
    return area


def _verdict(scene: Scene, kind: Kind, folder: Path) -> Verdict:
    """The verdict; of waves of which something was lost for good nothing is expected."""
    if not scene.spoiled:
        return judge(scene.log, scene.publisher.sent, scene.tables, folder, kind.counts)
    scene.keep()

    def counts(revision: Revision) -> bool:
        return _traffic.wave_of(revision["fixmedins_code"]) not in scene.spoiled

    return judge(scene.log, scene.publisher.sent, scene.tables, folder, counts, list(scene.kept.values()))


def _row(wanted: Wanted, kind: Kind, told: Told, crew: Crew, played: _traffic.Played) -> dict[str, Any]:
    return {
        "fault": wanted.kind, "mutant": wanted.mutant, "seed": wanted.seed, "minutes": wanted.minutes,
        "command": wanted.command, "commit": _commit(), "brokers": kind.brokers, "workers": wanted.workers,
        "events": len(played.events), "injections": len(told.in_flight), "in_flight": sum(told.in_flight),
        "idle_injections": told.idle,
        "recovery": spread(sorted(told.recovery)), "restarts": len(crew.ended),
        "restart_reasons": sorted(set(crew.ended))[:5], "stuck": told.stuck,
    }  # fmt: skip


def _commit() -> str:
    """The commit of what was tried; -dirty where it differs from it."""

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    changed = git("diff", "--quiet", "HEAD", "--", "monitor", "rules", "streams").returncode
    return git("rev-parse", "--short", "HEAD").stdout.strip() + ("-dirty" if changed else "")

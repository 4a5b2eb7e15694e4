"""Where a fault is played: an area under work, and what a fault may do to it."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.chaos._crew import Crew
from tests.chaos._log import Log, Record, TooLateError, wait_for
from tests.chaos._publisher import Publisher
from tests.e2e._area import Area
from tests.e2e.checker import Revision
from tests.kafka._cluster import Kafka, ScriptKafka

RECOVERY_SECONDS = 180.0
"""After so long without recovery a run is over."""
SESSION_SECONDS = 8


@dataclass
class Scene:
    """An area under work. portion: how many events the next injection publishes."""

    kafka: Kafka
    area: Area
    crew: Crew
    log: Log
    publisher: Publisher
    rng: random.Random
    tables: Path | None
    portion: int = 0
    wave: int = -1
    turn: int = 0
    """How many injections there were."""
    kept: dict[tuple[int, int], Record] = field(default_factory=dict)
    """Events that stood on the topic before something was trimmed, by partition and offset."""
    spoiled: set[int] = field(default_factory=set)
    """Waves of which something was lost for good."""

    def burst(self) -> None:
        """Publish a portion, a third of it slowly, and let the workers begin."""
        self.wave += 1
        left = self.publisher.left
        self.publisher.trickle(self.portion // 3, self.rng.uniform(0.3, 1.5))
        self.publisher.send(self.portion - (left - self.publisher.left))
        self.publisher.flush()
        self.pause(0, 0.3)

    @property
    def brokers(self) -> ScriptKafka:
        """The cluster, where its brokers can be killed."""
        assert isinstance(self.kafka, ScriptKafka)
        return self.kafka

    def pause(self, least: float, most: float) -> None:
        """Let some time go by: how long a fault lasts is drawn."""
        time.sleep(self.rng.uniform(least, most))

    def keep(self) -> None:
        """Remember the events that stand on the topic now."""
        self.kept |= {(one.partition, one.offset): one for one in self.log.read("events")}

    def finished(self, ends: dict[int, int]) -> None:
        """Wait until the events up to `ends` are routed, and what they left inside is judged and saved."""
        self._reached("events", ends)
        self._reached("internal.entries", self.log.ends("internal.entries"))

    def _reached(self, topic: str, ends: dict[int, int]) -> None:
        def reached() -> bool:
            if self.crew.hopeless:
                raise TooLateError(f"{len(self.crew.ended)} restarts; {self.crew.last_end()}")
            return self.log.reached(topic, ends)

        wait_for(reached, RECOVERY_SECONDS, f"{topic} to be read; {self.crew.last_end()}")


Hit = Callable[[Scene], AbstractContextManager[set[int] | None]]
"""Publishes, and lets the fault happen; where the block begins work in flight is looked for. A fault in which the
cluster could not answer comes right after. Gives the partitions whose work stops, None for all."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault. words: what is done. counts: whether an alert is to be compared."""

    words: str
    hit: Hit
    brokers: Literal[1, 3] = 1
    partitions: int = 4
    played: Literal["live", "backlog", "waves"] = "live"
    prepare: Callable[[Scene], None] = lambda _: None
    counts: Callable[[Revision], bool] = lambda _: True

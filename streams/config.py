"""What the worker has to know about Kafka."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from faust.types.auth import CredentialsT

from rules.times import HOUR


@dataclass(frozen=True)
class StreamConfig:
    """What the worker has to know about Kafka; seconds and bytes."""

    brokers: str
    """host:port, comma separated."""
    prefix: str = "settlement"
    group: str = "settlement-monitor"
    area: str = ""
    """Id of the pooling area, made with its topics; workers of another one are not waited for."""
    client_id: str = "settlement-monitor"
    """What the group's list of members calls this worker."""
    state_dir: str = ""
    """Folder in which pages rest, of this machine; empty: in memory."""
    changelog: bool = True
    """False: state in memory only, one worker (embedded broker)."""
    allow_final: bool = False
    """Honour the closing record: tests and recorded runs."""
    checkpoint_seconds: float = 2.0
    step_seconds: float = 10.0
    """Longest time of one checkpoint step; the broker ends a transaction after twice as long."""
    commit_seconds: float = 0.2
    """How often the group's offsets are committed; a router that is killed repeats what came since."""
    session_seconds: float = 20.0
    rebalance_seconds: float = 60.0
    tally_seconds: float = 60.0
    """How often what was noted of senders is written; a worker that crashes loses what came since."""
    idle_seconds: float = 600.0
    """All input unread and unwritten for so long: the broker's hour ticks."""
    alignment_hours: float = 24.0
    """So far may an input partition be read ahead of the earliest one (our assumption)."""
    hold_seconds: float = 900.0
    """An input partition that has not moved for so long while others wait for it is left out until it moves."""
    batch_records: int = 4000
    fetch_bytes: int = 256 << 10
    """From one partition at a time."""
    send_bytes: int = 512 << 10
    """One batch to one partition; a single record may be larger."""
    record_bytes: int = 16 << 20
    """Largest state record."""
    credentials: CredentialsT | None = None
    ssl_context: ssl.SSLContext | None = None

    @property
    def alignment_ms(self) -> int:
        """The same in ms."""
        return int(self.alignment_hours * HOUR)

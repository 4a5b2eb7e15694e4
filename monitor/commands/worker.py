"""The command `monitor worker`."""

from __future__ import annotations

from monitor.commands.cluster import Brokers, Prefix
from monitor.commands.common import say_key
from monitor.settings import load_settings


def worker(brokers: Brokers = None, prefix: Prefix = None) -> None:
    """One Faust worker process against a real Kafka, by the rules of its cluster; ends with SIGTERM or Ctrl-C."""
    from monitor.worker.worker import check_key, run_worker

    settings = load_settings(brokers=brokers, prefix=prefix)
    check_key(settings)
    say_key(settings)
    run_worker(settings)

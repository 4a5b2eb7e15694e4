"""The command `monitor notify`."""

from __future__ import annotations

from monitor.commands.cluster import Brokers, Prefix
from monitor.settings import load_settings


def notify(brokers: Brokers = None, prefix: Prefix = None) -> None:
    """Tell Alertmanager of leads, one process for an area; ends with SIGTERM or Ctrl-C."""
    from monitor.notify.notify import run_notify

    run_notify(load_settings(brokers=brokers, prefix=prefix))

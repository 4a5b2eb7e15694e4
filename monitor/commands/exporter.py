"""The command `monitor exporter`."""

from __future__ import annotations

from monitor.commands.cluster import Brokers, Prefix
from monitor.settings import load_settings


def exporter(brokers: Brokers = None, prefix: Prefix = None) -> None:
    """Count the use of the fund for Prometheus, one process for an area; ends with SIGTERM or Ctrl-C."""
    from monitor.exporter.process import run_exporter

    run_exporter(load_settings(brokers=brokers, prefix=prefix))

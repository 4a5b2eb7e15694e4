"""The command `monitor console`."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix
from monitor.settings import load_settings


def console(
    brokers: Brokers = None,
    prefix: Prefix = None,
    host: Annotated[
        str | None, typer.Option(help="Address on which it answers; off loopback MONITOR_CONSOLE_ACCESS is required.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port on which it answers.")] = None,
) -> None:
    """Show leads on a page and take what reviewers say of them. Without an access file on this machine alone."""
    from monitor.console.process import run_console

    run_console(load_settings(brokers=brokers, prefix=prefix, console_host=host, console_port=port))

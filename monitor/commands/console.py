"""The command `monitor console`."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix
from monitor.settings import load_settings


def console(
    brokers: Brokers = None,
    prefix: Prefix = None,
    port: Annotated[int | None, typer.Option(help="Where it answers on this machine.")] = None,
) -> None:
    """Show leads on a page and take what reviewers say of them; reached from this machine alone. Ends with Ctrl-C."""
    from monitor.console.process import run_console

    run_console(load_settings(brokers=brokers, prefix=prefix, console_port=port))

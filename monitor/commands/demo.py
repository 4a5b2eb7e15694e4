"""The command `monitor demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.common import LangOption, TablesFolder, say_key
from monitor.settings import load_settings
from monitor.text import complain


def demo(
    events: Annotated[
        Path | None, typer.Argument(help="Play this file instead of simulated traffic; - is stdin.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=1, help="Of the simulated traffic; else a random one, which is printed.")
    ] = None,
    reference: TablesFolder = None,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Let the page stay when all is played, until Ctrl-C.")] = False,
    lang: LangOption,
) -> None:
    """Everything in one go on this machine: embedded broker, worker, labelled traffic, a live board and a page.

    Exit code 1: nothing of a file was accepted.
    """
    from monitor.inforce.reference import files_of
    from monitor.offline.demo import run_demo

    settings = load_settings(reference=reference)
    if settings.reference is not None:
        files_of(settings.reference)
    if reference is not None and events is None:
        complain("--reference: only for a file of events; the simulated county has tables of its own")
    say_key(settings)
    raise typer.Exit(run_demo(settings, events, seed, lang.value, keep=keep))

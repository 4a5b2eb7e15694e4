"""The command `monitor demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.common import Lang, LangOption, TablesFolder, say_key
from monitor.settings import load_settings


def demo(
    events: Annotated[
        Path | None, typer.Argument(help="Play this file instead of simulated traffic; - is stdin.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=1, help="Of the simulated traffic; else a random one, which is printed.")
    ] = None,
    reference: TablesFolder = None,
    lang: LangOption = Lang.zh,
) -> None:
    """Everything in one go on this machine: embedded broker, worker, labelled traffic, a live board.

    Exit code 1: nothing of a file was accepted.
    """
    from monitor.offline.demo import run_demo

    settings = load_settings(reference=reference)
    say_key(settings)
    raise typer.Exit(run_demo(settings, events, seed, lang.value))

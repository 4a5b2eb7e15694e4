"""The command `monitor simulate`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer

from monitor.commands.common import Json, Lang, LangOption, check_apart, out, out_json, writing
from monitor.errors import ConfigurationError


def simulate(
    out_file: Annotated[
        Path,
        typer.Option(
            "--out", help="Write the events here, one JSON object a line; as gzip where the name ends with .gz."
        ),
    ],
    labels: Annotated[Path, typer.Option("--labels", help="Write what is fraud and what only looks like it here.")],
    *,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    persons: Annotated[int, typer.Option("--persons", min=100, help="How many insured persons the county has.")] = 3000,
    days: Annotated[int, typer.Option("--days", min=1, help="How many days.")] = 30,
    start: Annotated[
        str, typer.Option("--start", help="First day, yyyy-mm-dd; else so that the last day was yesterday.")
    ] = "",
    form: Annotated[
        Literal["flat", "reply", "mixed"],
        typer.Option("--form", help="flat, reply (request with reply), or mixed (as different systems send it)."),
    ] = "flat",
    reference: Annotated[
        Path | None, typer.Option("--reference", help="Write the county's reference tables into this folder.")
    ] = None,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Labelled traffic of a small county."""
    from monitor.simulate import Simulation, write_reference

    check_apart({"--out": out_file, "--labels": labels})
    simulation = Simulation(seed, persons, days, _first_day(start, days), form=form)
    if reference is not None:
        write_reference(simulation.reference(), reference)
    count = 0
    with writing(out_file) as file:
        for _, event in simulation.events():
            file.write(orjson.dumps(event) + b"\n")
            count += 1
    with writing(labels) as file:
        for label in simulation.labels():
            file.write(orjson.dumps(label) + b"\n")
    if as_json:
        out_json({"events": count, "labels": len(simulation.labels())})
    else:
        marked = len(simulation.labels())
        out(f"{count} 条报文，{marked} 条标注" if lang is Lang.zh else f"{count} events, {marked} labels")


def _first_day(start: str, days: int) -> date:
    if not start:
        return date.today() - timedelta(days=days)  # noqa: DTZ011 - a default for people at a terminal
    try:
        return date.fromisoformat(start)
    except ValueError:
        raise ConfigurationError(f"--start: expected yyyy-mm-dd, was {start}") from None

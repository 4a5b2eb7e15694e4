"""Commands about who may log in to the console, and whom it may name: token, persons."""

from __future__ import annotations

import csv
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.common import Json, Lang, LangOption, group, out, out_json, say_key
from monitor.errors import ConfigurationError
from monitor.settings import load_settings

access_app = group("Who may log in to the console.")


class RoleName(StrEnum):
    """A role of the access file."""

    viewer = "viewer"
    reviewer = "reviewer"
    approver = "approver"
    admin = "admin"


@access_app.command("token")
def access_token(
    name: Annotated[str, typer.Argument(help="Whose token it is; dispositions bear this name.")],
    role: Annotated[
        RoleName,
        typer.Option(
            help="viewer reads; reviewer also disposes; approver also approves, asks for persons; admin also snoozes."
        ),
    ] = RoleName.viewer,
    region: Annotated[
        list[str] | None, typer.Option(help="Only leads of this region: 2, 4 or 6 digits; may be repeated.")
    ] = None,
    institution: Annotated[
        list[str] | None, typer.Option(help="Only leads of this institution, or of the regions; may be repeated.")
    ] = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Make a token: prints it once, and what to add to access.toml, in which only its hash stands."""
    from monitor.console.access import Token, entry_of, hash_of, new_token, wrong_in

    token = new_token()
    made = Token(name, hash_of(token), role.value, tuple(region or ()), tuple(institution or ()))
    if wrong := wrong_in(made):
        raise ConfigurationError(wrong)
    if as_json:
        out_json({"token": token, "entry": entry_of(made)})
        return
    give, add = ("交给本人，不再显示", "加入") if lang is Lang.zh else ("for its owner, shown once", "add to")
    out(f"# {give}\n{token}\n# {add} access.toml\n{entry_of(made)}")


@access_app.command("persons")
def access_persons(
    numbers: Annotated[Path, typer.Argument(help="Numbers of persons as the messages have them (psn_no), one a line.")],
    table: Annotated[Path, typer.Option("--out", help="CSV for MONITOR_CONSOLE_PERSONS; read by its owner alone.")],
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Make the table from pseudonyms to persons, with MONITOR_PERSON_KEY of the area. It never leaves the bureau."""
    from monitor.console.persons import COLUMNS

    settings = load_settings()
    if settings.pseudonyms.raw:
        raise ConfigurationError("MONITOR_PERSONS: expected pseudonym, was raw: there is nothing to look up")
    say_key(settings)
    name, made = settings.pseudonyms.person, 0
    try:
        descriptor = os.open(table, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file,
            numbers.open(encoding="utf-8-sig") as lines,
        ):
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for number in filter(None, map(str.strip, lines)):
                writer.writerow((name(number), number))
                made += 1
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "expected UTF-8"
        raise ConfigurationError(f"{numbers} or {table}: {said}") from None
    if as_json:
        out_json({"persons": made})
        return
    out(f"已写入 {made} 人：{table}" if lang is Lang.zh else f"{made} persons: {table}")

"""Commands about who may log in to the console: token."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from monitor.commands.common import Json, Lang, LangOption, group, out, out_json
from monitor.errors import ConfigurationError

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
        typer.Option(help="viewer reads; reviewer also disposes; approver and admin also ask who a person is."),
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

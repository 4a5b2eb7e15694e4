"""Commands about dead letters: list, retry."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, group, out_json, out_line
from monitor.settings import load_settings

deadletter_app = group("What was refused.")

Code = Annotated[str | None, typer.Option("--code", help="Only with this error code, such as not_json.")]


@deadletter_app.command("list")
def deadletter_list(
    code: Code = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """What was refused and why, who sent it, and its record key as a pseudonym; never what it said."""
    from monitor.area.deadletters import list_letters

    settings = load_settings(brokers=brokers, prefix=prefix)
    letters = talk(settings, lambda: list_letters(client(settings), settings.prefix, code, limit, settings.pseudonyms))
    if as_json:
        out_json(letters)
        return
    for one in letters:
        out_line(
            f"{one['at']}  {one['source']:30} {one['institution'] or '-':12} {one['infno'] or '-':5} "
            f"{one['key'] or '-':22} {one['bytes']:8} bytes  {one['error_code']:18} {one['error_detail']}"
        )
    out_line(f"{len(letters)} dead letters")


@deadletter_app.command("retry")
def deadletter_retry(code: Code = None, brokers: Brokers = None, prefix: Prefix = None, as_json: Json = False) -> None:
    """Send once more what was refused and not yet sent again, as it was received."""
    from monitor.area.deadletters import retry

    settings = load_settings(brokers=brokers, prefix=prefix)
    sent = talk(settings, lambda: retry(client(settings), settings.prefix, code))
    if as_json:
        out_json({"sent": sent})
    else:
        out_line(f"{sent} sent again")

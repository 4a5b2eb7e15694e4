"""Commands about dead letters: list, retry."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, Lang, LangOption, group, out_json, out_line
from monitor.contract.text import MEANING, Said
from monitor.settings import load_settings

deadletter_app = group("What was refused.")

_BYTES = Said("字节", "bytes")
_LISTED = Said("死信 {number} 条", "{number} dead letters")
_SENT = Said("已重新发送 {number} 条", "{number} sent again")

Code = Annotated[str | None, typer.Option("--code", help="Only with this error code, such as not_json.")]


@deadletter_app.command("list")
def deadletter_list(
    code: Code = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
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
            f"{one['key'] or '-':22} {one['bytes']:8} {_BYTES.of(lang.value)}  "
            f"{one['error_code']:18} {_meaning(one['error_code'], lang)}  {one['error_detail']}"
        )
    out_line(_LISTED.of(lang.value).format(number=len(letters)))


def _meaning(code: str, lang: Lang) -> str:
    """What an error code means; nothing where it is none of ours."""
    return MEANING[code].of(lang.value) if code in MEANING else ""


@deadletter_app.command("retry")
def deadletter_retry(
    code: Code = None, brokers: Brokers = None, prefix: Prefix = None, *, lang: LangOption, as_json: Json = False
) -> None:
    """Send once more what was refused and not yet sent again, as it was received."""
    from monitor.area.deadletters import retry

    settings = load_settings(brokers=brokers, prefix=prefix)
    sent = talk(settings, lambda: retry(client(settings), settings.prefix, code))
    if as_json:
        out_json({"sent": sent})
    else:
        out_line(_SENT.of(lang.value).format(number=sent))

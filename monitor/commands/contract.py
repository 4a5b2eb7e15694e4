"""Commands about the contract: export, check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.common import Json, LangOption, group, out, out_json
from monitor.settings import load_settings
from monitor.text import complain

contract_app = group("What goes in and what comes out, for other systems.")


@contract_app.command("export")
def contract_export() -> None:
    """JSON Schema of every event and of what goes out, AsyncAPI of the topics."""
    from monitor.contract.export import export

    out_json(export())


@contract_app.command("check")
def contract_check(
    file: Annotated[Path, typer.Argument(help="File of messages, one JSON object a line, plain or gzip; - is stdin.")],
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """How much of a file of messages is understood, and why the rest is not. Exit code 1 where something is refused."""
    from monitor.contract.check import check
    from monitor.contract.text import report_lines
    from monitor.lines import read_lines
    from rules.wire.door import Door

    settings = load_settings()
    report = check(read_lines(file, complain), Door(settings.pseudonyms, settings.limits))
    if as_json:
        out_json(report.contract())
    else:
        for line in report_lines(report, lang.value):
            out(line)
    raise typer.Exit(0 if report.is_well else 1)

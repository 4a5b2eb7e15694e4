"""The commands `monitor readmodel` and `monitor readmodel rebuild`."""

from __future__ import annotations

import typer

from monitor.commands.cluster import Brokers, Prefix, talk
from monitor.commands.common import Json, LangOption, out_json, out_line
from monitor.contract.text import Said
from monitor.settings import load_settings

_WRITTEN = Said("已写入记录 {number} 条", "{number} records written")

readmodel_app = typer.Typer(invoke_without_command=True)


@readmodel_app.callback()
def readmodel(context: typer.Context, brokers: Brokers = None, prefix: Prefix = None) -> None:
    """Keep every alert and what was said of it in a file, one process for an area; ends with SIGTERM or Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    from monitor.readmodel.process import run_readmodel

    run_readmodel(load_settings(brokers=brokers, prefix=prefix))


@readmodel_app.command("rebuild")
def readmodel_rebuild(
    brokers: Brokers = None, prefix: Prefix = None, *, lang: LangOption, as_json: Json = False
) -> None:
    """Build the read model again from the topics, beside the one that counts until then; nothing has to be stopped."""
    from monitor.readmodel.process import rebuild

    settings = load_settings(brokers=brokers, prefix=prefix)
    written = talk(settings, lambda: rebuild(settings))
    if as_json:
        out_json({"records": written})
        return
    out_line(_WRITTEN.of(lang.value).format(number=written))

"""Commands about alerts: list, show."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from monitor.commands.common import Json, Lang, LangOption, check_one_of, group, out_json, out_line
from monitor.settings import load_settings

alerts_app = group("Alerts in the read model.")


@alerts_app.command("list")
def alerts_list(
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    severity: Annotated[str | None, typer.Option(help="info, warning, high or critical.")] = None,
    status: Annotated[str | None, typer.Option(help="opened, updated, withdrawn or closed.")] = None,
    institution: Annotated[str | None, typer.Option(help="Only of this institution.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    lang: LangOption = Lang.zh,
    as_json: Json = False,
) -> None:
    """The newest alerts, as the read model has them."""
    from monitor.alerttext import alert_line
    from monitor.readmodel.readmodel import ReadModel, Wanted
    from rules.engine.alert import Status
    from rules.engine.finding import SEVERITIES

    check_one_of("--severity", severity, SEVERITIES)
    check_one_of("--status", status, get_args(Status))
    settings = load_settings()
    found = ReadModel(settings.redis, settings.prefix).newest(Wanted(rule, severity, status, institution), limit)
    if as_json:
        out_json(found)
        return
    for alert in found:
        out_line(alert_line(alert, lang.value, with_id=True))
    out_line(f"共 {len(found)} 条线索" if lang is Lang.zh else f"{len(found)} alerts")


@alerts_app.command("show")
def alerts_show(
    alert_id: Annotated[str, typer.Argument(help="Id of an alert.")], lang: LangOption = Lang.zh, as_json: Json = False
) -> None:
    """One alert with its evidence. Exit code 1 where the read model has none of that id."""
    from monitor.alerttext import alert_lines
    from monitor.readmodel.readmodel import ReadModel

    settings = load_settings()
    alert = ReadModel(settings.redis, settings.prefix).one(alert_id)
    if alert is None:
        missing = "读模型中没有该线索" if lang is Lang.zh else "no such alert in the read model"
        out_line(f"{alert_id}: {missing}")
        raise typer.Exit(1)
    if as_json:
        out_json(alert)
        return
    for line in alert_lines(alert, lang.value):
        out_line(line)

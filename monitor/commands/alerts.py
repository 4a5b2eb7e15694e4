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
        out_line(
            f"{alert['alert_id']} {alert['severity']:8} {alert['status']:9} {alert['rule_id']:9} "
            f"{alert['text'][lang.value]}"
        )
    out_line(f"{len(found)} alerts")


@alerts_app.command("show")
def alerts_show(
    alert_id: Annotated[str, typer.Argument(help="Id of an alert.")], lang: LangOption = Lang.zh, as_json: Json = False
) -> None:
    """One alert with its evidence. Exit code 1 where the read model has none of that id."""
    from monitor.readmodel.readmodel import ReadModel

    settings = load_settings()
    alert = ReadModel(settings.redis, settings.prefix).one(alert_id)
    if alert is None:
        out_line(f"{alert_id}: no such alert in the read model")
        raise typer.Exit(1)
    if as_json:
        out_json(alert)
        return
    out_line(
        f"{alert['rule_id']} {alert['rule_name']} · {alert['severity']} · {alert['status']} · {alert['stage']}"
        f" · {alert['rule_version']}"
    )
    out_line(alert["text"][lang.value])
    out_line(f"{alert['basis']}")
    for one in alert["evidence"]:
        out_line(f"  {one['event_time']}  {one['setl_id'] or one['msgid']}  {one['person']}  {one['amount']:.2f}")
    if alert["evidence_count"] > len(alert["evidence"]):
        out_line(f"  and {alert['evidence_count'] - len(alert['evidence'])} more")

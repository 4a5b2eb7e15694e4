"""Commands about alerts: list, show, dispose, export, verify."""

from __future__ import annotations

import getpass
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, Lang, LangOption, check_one_of, group, out_json, out_json_line, out_line
from monitor.contract.feedback import DISPOSITIONS, TODO, WAITING, Disposition
from monitor.contract.text import Said
from monitor.errors import ConfigurationError, InputError
from monitor.settings import Settings, load_settings
from rules.times import DAY, HOUR, MINUTE, parse

if TYPE_CHECKING:
    from monitor.area.deeds import Deed
    from monitor.readmodel.readmodel import ReadModel, Wanted

LeadId = Annotated[str, typer.Argument(help="Id of an alert, or its beginning.")]
LeadIds = Annotated[list[str], typer.Argument(help="Ids of alerts, or their beginnings.")]
By = Annotated[str, typer.Option(help="Who says it; else who is logged in on this machine.")]
_WAITS = Said("（待审批）", "(waits for approval)")
_EXPORTED = Said("已导出，并已记入审计主题。", "Exported; the audit topic has it.")
_UNCHANGED = Said("与导出时一致", "as it was exported")
_CHANGED = Said("与导出时不一致，内容已被改动", "not as it was exported: it was changed")

AT_ONCE = 500
"""So many incidents are asked for at once where all are wanted."""

alerts_app = group("Alerts in the read model.")


@alerts_app.command("list")
def alerts_list(
    *,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    severity: Annotated[str | None, typer.Option(help="info, warning, high or critical.")] = None,
    min_severity: Annotated[str | None, typer.Option(help="Of this severity or a higher one.")] = None,
    status: Annotated[str | None, typer.Option(help="opened, updated, withdrawn or closed.")] = None,
    is_open: Annotated[bool, typer.Option("--open", help="Only those that are neither withdrawn nor closed.")] = False,
    since: Annotated[
        str | None,
        typer.Option(help="With a trigger since then: 24h, 7d, 2026-03-05 or '2026-03-05 14:00:00' (Beijing)."),
    ] = None,
    institution: Annotated[str | None, typer.Option(help="Only of this institution.")] = None,
    person: Annotated[
        str | None, typer.Option(help="Only about this person, or with it in the evidence: number or pseudonym.")
    ] = None,
    disposition: Annotated[
        str | None, typer.Option(help=f"Only with this disposition, or {TODO}, or {WAITING} for approval.")
    ] = None,
    assignee: Annotated[str | None, typer.Option(help="Only those that this person works on; - is nobody.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that should have been judged by now.")] = False,
    order: Annotated[
        str, typer.Option(help="newest, amount, severity or due: the earliest due date first.")
    ] = "newest",
    limit: Annotated[
        int, typer.Option(min=1, help="Alerts of at most so many incidents, the newest first; all are counted.")
    ] = 50,
    follow: Annotated[
        bool, typer.Option("--follow", help="Then print every new revision until Ctrl-C; with --json one a line.")
    ] = False,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Alerts as the read model has them, the newest first unless --order says else, and how many there are in all.

    Of an incident the highest alert speaks; the others stand below it, with a + in front.
    """
    from monitor.alerttext import alert_line, incident_lines
    from monitor.readmodel.readmodel import Order, ReadModel, Wanted
    from rules.catalogue import catalogue
    from rules.engine.alert import Status
    from rules.engine.finding import SEVERITIES

    check_one_of("--rule", rule, catalogue())
    check_one_of("--severity", severity, SEVERITIES)
    check_one_of("--min-severity", min_severity, SEVERITIES)
    check_one_of("--status", status, get_args(Status))
    check_one_of("--disposition", disposition, (TODO, WAITING, *DISPOSITIONS))
    check_one_of("--order", order, get_args(Order))
    settings = load_settings()
    if person is not None and not person.startswith("p_"):
        person = settings.pseudonyms.person(person)
    moment = None if since is None else moment_of(since)
    alerts = ReadModel(settings)
    before = alerts.working_days().overdue_before(int(time.time() * 1000)) if overdue else None
    wanted = Wanted(
        rule, severity, status, institution, min_severity, moment, is_open, person,
        disposition=disposition, assignee=assignee, overdue_before=before,
    )  # fmt: skip
    if follow:
        with suppress(KeyboardInterrupt):
            for alert in alerts.follow(wanted, limit):
                out_json_line(alert) if as_json else out_line(alert_line(alert, lang.value, with_id=True))
        return
    found = alerts.search(wanted, limit, cast("Order", order))
    if as_json:
        out_json(found.newest)
        return
    for line in incident_lines(found.newest, lang.value, with_id=True):
        out_line(line)
    shown, of = len(found.newest), found.total
    out_line(f"共 {of} 条线索，显示 {shown} 条" if lang is Lang.zh else f"{shown} of {of} alerts")


_SPAN = re.compile(r"(\d{1,5})([mhd])")


def moment_of(since: str) -> int:
    """Milliseconds UTC of --since: so long before now, or a day or moment in Beijing. Raises ConfigurationError."""
    if found := _SPAN.fullmatch(since):
        return int(time.time() * 1000) - int(found[1]) * {"m": MINUTE, "h": HOUR, "d": DAY}[found[2]]
    try:
        return parse(since)
    except ValueError:
        raise ConfigurationError(f"--since: expected 24h, 7d, yyyy-mm-dd or yyyy-mm-dd hh:mm:ss, was {since}") from None


@alerts_app.command("show")
def alerts_show(
    alert_id: Annotated[str, typer.Argument(help="Id of an alert.")], *, lang: LangOption, as_json: Json = False
) -> None:
    """One alert with its evidence, and the others of its incident. Exit code 1 where there is none of that id."""
    from monitor.alertknown import asked_of
    from monitor.alerttext import alert_lines
    from monitor.points import facts_of_points
    from monitor.readmodel.readmodel import ReadModel

    settings = load_settings()
    model = ReadModel(settings)
    alert = model.one(alert_id)
    if alert is None:
        missing = "读模型中没有该线索" if lang is Lang.zh else "no such alert in the read model"
        out_line(f"{alert_id}: {missing}")
        raise typer.Exit(1)
    if as_json:
        out_json(alert)
        return
    for line in alert_lines(alert, lang.value, model.beside(alert), model.reference_of(asked_of(alert))):
        out_line(line)
    for heading, value in facts_of_points(alert, model.said_of(alert["alert_id"]), lang.value):
        out_line(f"{heading}{'：' if lang is Lang.zh else ': '}{value}")


@alerts_app.command("points")
def alerts_points(
    year: Annotated[int, typer.Option(help="Calendar year in which leads were confirmed; else this one.")] = 0,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Points proposed against the payment qualification of staff, by person: from confirmed leads, no deductions."""
    from datetime import datetime

    from monitor.points import HEADING, proposals_of, total_lines, totals_of
    from monitor.readmodel.readmodel import ReadModel, Wanted
    from rules.times import BEIJING

    settings = load_settings()
    model = ReadModel(settings)
    confirmed = list(_every(model, Wanted(disposition="confirmed")))
    acts = model.acts_on([one["alert_id"] for one in confirmed])
    proposals = [found for one in confirmed for found in proposals_of(one, acts[one["alert_id"]][0])]
    totals = totals_of(proposals, year or datetime.now(BEIJING).year)
    if as_json:
        out_json([one._asdict() | {"proposals": [each._asdict() for each in one.proposals]} for one in totals])
        return
    out_line(HEADING.of(lang.value))
    for line in chain.from_iterable(total_lines(total, lang.value) for total in totals):
        out_line(line)


def _every(model: ReadModel, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """All alerts that are wanted, however many."""
    at: int | None = 0
    while at is not None:
        listed = model.search(wanted, AT_ONCE, at=at)
        yield from listed.newest
        at = listed.next_at


@alerts_app.command("dispose")
def alerts_dispose(
    alert_ids: LeadIds,
    disposition: Annotated[str, typer.Option("--as", help=f"One of {', '.join(DISPOSITIONS)}.")],
    reason: Annotated[str, typer.Option(help="Why; required unless it is confirmed.")] = "",
    incident: Annotated[
        bool, typer.Option("--incident", help="Also of the other leads of their incidents that wait for a disposition.")
    ] = False,
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Say what became of leads: onto the feedback topic, and onto the audit topic who said it. All of them or none.

    Where MONITOR_SECOND_REVIEWER is set it waits until somebody else approves it.
    """
    from monitor.area.disposing import said_now
    from monitor.readmodel.readmodel import ReadModel

    check_one_of("--as", disposition, DISPOSITIONS)
    settings = load_settings(brokers=brokers, prefix=prefix)
    model = ReadModel(settings)
    leads = [known(model.one(one), one) for one in alert_ids]
    beside = _due_beside(model, leads) if incident else []
    deeds = []
    for found in dict.fromkeys(one["alert_id"] for one in [*leads, *beside]):
        deed = said_now(
            settings.prefix, found, disposition, reason, by or getpass.getuser(), earlier=model.said_of(found),
            done=model.done_with(found), needs_approval=settings.second_reviewer,
        )  # fmt: skip
        deeds.append(deed)
    write(settings, deeds)
    if as_json:
        out_json([deed.after for deed in deeds])
        return
    words = [DISPOSITIONS[cast("Disposition", disposition)], *([_WAITS] if settings.second_reviewer else [])]
    for deed in deeds:
        out_line(" ".join([deed.after["alert_id"], *(word.of(lang.value) for word in words)]))


def _due_beside(model: ReadModel, leads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The other leads of the incidents of leads that wait for a disposition."""
    beside = chain.from_iterable(map(model.beside, leads))
    return [one for one in beside if model.state_of(one["alert_id"]).is_due]


def write(settings: Settings, deeds: Sequence[Deed]) -> None:
    """Write deeds, all of them or none. Raises ConfigurationError where the brokers do not answer."""
    from monitor.area.deeds import record

    talk(settings, lambda: record(client(settings), settings.prefix, deeds))


def known(alert: dict[str, Any] | None, alert_id: str) -> dict[str, Any]:
    """An alert that is there. Raises InputError where it is not."""
    if alert is None:
        raise InputError(f"{alert_id}: expected the id of an alert in the read model")
    return alert


@alerts_app.command("export")
def alerts_export(
    alert_id: LeadId,
    to: Annotated[str, typer.Option(help="To whom it is referred: market, health, police or discipline.")] = "",
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
) -> None:
    """Print one lead with its evidence chain as JSON, with a SHA-256 over it; the audit topic has who exported it."""
    from monitor.area.exporting import TARGETS, document_of, exported, parameters_as_in_force
    from monitor.readmodel.readmodel import ReadModel

    check_one_of("--to", to, TARGETS)
    settings = load_settings(brokers=brokers, prefix=prefix)
    model = ReadModel(settings)
    alert = known(model.one(alert_id), alert_id)
    parameters = talk(settings, lambda: parameters_as_in_force(client(settings), settings.prefix, alert))
    document = document_of(
        alert, beside=model.beside(alert), said=model.said_of(alert["alert_id"]),
        done=model.done_with(alert["alert_id"]), parameters=parameters, target=to, by=by or getpass.getuser(),
        prefix=settings.prefix,
    )  # fmt: skip
    write(settings, [exported(document)])
    out_json(document)
    sys.stderr.write(_EXPORTED.of(lang.value) + "\n")


@alerts_app.command("verify")
def alerts_verify(
    file: Annotated[Path, typer.Argument(help="File with an exported lead.")],
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Whether an exported lead is as it was exported. Exit code 1 where it was changed."""
    from monitor.area.exporting import is_unchanged

    try:
        is_whole = is_unchanged(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
    if as_json:
        out_json({"unchanged": is_whole})
    else:
        out_line(f"{file}: {(_UNCHANGED if is_whole else _CHANGED).of(lang.value)}")
    if not is_whole:
        raise typer.Exit(1)

"""Commands about work on alerts: assign, comment, approve, return, snooze, unsnooze."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.commands.alerts import By, LeadId, LeadIds, known, write
from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, Lang, LangOption, out_json, out_line
from monitor.contract.text import Said
from monitor.contract.work import LONGEST_SNOOZE_DAYS
from monitor.errors import ConfigurationError, InputError
from monitor.settings import Settings, load_settings

if TYPE_CHECKING:
    from monitor.area.deeds import Deed
    from monitor.contract.work import Assigned, Commented, Snooze
    from monitor.readmodel.readmodel import ReadModel

_WRITTEN = Said("{} 已记录", "{} written")
Incident = Annotated[
    bool, typer.Option("--incident", help="Also of the other leads of their incidents of which the same waits.")
]


def assign(
    alert_ids: LeadIds,
    to: Annotated[str, typer.Option(help="Who works on them from now on; else who says it.")] = "",
    back: Annotated[bool, typer.Option("--back", help="Nobody works on them any more.")] = False,
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Say who works on leads: onto the topic of work, and onto the audit topic who said it. All of them or none."""
    from monitor.contract.work import Assigned, act_of

    if to and back:
        raise ConfigurationError("--back: expected it without --to")
    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    acts = _work(settings, alert_ids, lambda one: act_of(Assigned, name, alert_id=one, to="" if back else to or name))
    _tell(acts, "", lang, as_json)


def comment(
    alert_id: LeadId,
    text: Annotated[str, typer.Argument(help="What is noted, at most 1,000 characters.")],
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Note something of a lead that is no disposition; it stands in its history."""
    from monitor.contract.work import Commented, act_of

    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    acts = _work(settings, [alert_id], lambda one: act_of(Commented, name, alert_id=one, text=text))
    _tell(acts, "", lang, as_json)


def approve(
    alert_ids: LeadIds,
    incident: Incident = False,
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Approve pending dispositions: they count from now on. Who approves must not be who proposed.

    All of them or none.
    """
    from monitor.area.disposing import approved

    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    deeds = _review(settings, alert_ids, incident, lambda proposal: approved(settings.prefix, proposal, name))
    _tell(deeds, "", lang, as_json)


def give_back(
    alert_ids: LeadIds,
    reason: Annotated[str, typer.Option(help="Why.")],
    incident: Incident = False,
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Return the dispositions that wait of leads, with a reason: they do not count. All of them or none."""
    from monitor.area.disposing import returned

    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    deeds = _review(settings, alert_ids, incident, lambda proposal: returned(settings.prefix, proposal, name, reason))
    _tell(deeds, "", lang, as_json)


def snooze(
    alert_id: LeadId,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_SNOOZE_DAYS, help="It ends by itself after so many days.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Notify nobody of the leads of an alert's rule about its subject for a while; they are listed as before."""
    from datetime import datetime, timedelta

    from monitor.contract.work import Snoozed
    from rules.times import BEIJING

    until = datetime.now(BEIJING) + timedelta(days=days)
    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    _tell(_snooze(settings, alert_id, Snoozed, name, reason=reason, until=until), alert_id, lang, as_json)


def unsnooze(
    alert_id: LeadId,
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Notify of the leads of an alert's rule about its subject again."""
    from monitor.contract.work import SnoozeEnded

    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    _tell(_snooze(settings, alert_id, SnoozeEnded, name), alert_id, lang, as_json)


def _snooze(settings: Settings, alert_id: str, kind: type[Snooze], by: str, **given: object) -> list[Deed]:
    """Write what is said of a snooze. Raises InputError, ConfigurationError."""
    from monitor.area.working import snoozed
    from monitor.contract.work import snooze_of, subject_of
    from monitor.readmodel.readmodel import ReadModel

    model = ReadModel(settings)
    alert = known(model.one(alert_id), alert_id)
    deed = snoozed(settings.prefix, snooze_of(alert, kind, by, **given), model.snoozes().get(subject_of(alert)))
    write(settings, [deed])
    return [deed]


def _review(
    settings: Settings,
    alert_ids: list[str],
    incident: bool,
    made: Callable[[Mapping[str, Any]], Deed],
) -> list[Deed]:
    """Write what becomes of the proposals that wait. Raises InputError, ConfigurationError."""
    from monitor.area.reviewing import record_reviews
    from monitor.readmodel.readmodel import ReadModel

    model = ReadModel(settings)
    read_until = model.read_until()
    leads = [known(model.one(one), one) for one in alert_ids]
    waiting = {lead["alert_id"]: _waiting(model, lead) for lead in leads}
    for lead in leads if incident else ():
        waiting = _like_it(model, lead, waiting[lead["alert_id"]]) | waiting
    deeds = [made(proposal) for proposal in waiting.values()]
    where, checks = (client(settings), settings.prefix), not settings.embedded
    talk(settings, lambda: record_reviews(*where, deeds, read_until, check_crcs=checks))
    return deeds


def _waiting(model: ReadModel, lead: Mapping[str, Any]) -> Mapping[str, Any]:
    """The proposal of a lead that waits. Raises InputError where none does."""
    from monitor.contract.work import proposal_in

    proposal = proposal_in(model.done_with(lead["alert_id"]))
    if proposal is None:
        raise InputError(f"{lead['alert_id']}: expected a disposition that waits for approval")
    return proposal


def _like_it(model: ReadModel, lead: dict[str, Any], proposal: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The proposals of the other leads of an incident that say the same as that of one of them, by lead."""
    from monitor.area.disposing import alike

    return alike(proposal, {one["alert_id"]: model.done_with(one["alert_id"]) for one in model.beside(lead)})


def _work(settings: Settings, alert_ids: list[str], made: Callable[[str], Assigned | Commented]) -> list[Deed]:
    """Write an act on each alert. Raises InputError, ConfigurationError."""
    from monitor.area.working import worked
    from monitor.readmodel.readmodel import ReadModel

    model, deeds = ReadModel(settings), []
    for one in dict.fromkeys(alert_ids):
        found = known(model.one(one), one)["alert_id"]
        deeds.append(worked(settings.prefix, made(found), model.done_with(found)))
    write(settings, deeds)
    return deeds


def _tell(deeds: list[Deed], alert_id: str, lang: Lang, as_json: bool) -> None:
    """Say what was written."""
    if as_json:
        out_json([deed.after for deed in deeds])
        return
    for deed in deeds:
        out_line(_WRITTEN.of(lang.value).format(deed.after.get("alert_id", alert_id)))

"""Commands about work on alerts: assign, comment, approve, return, snooze, unsnooze."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.commands.alerts import By, LeadId, LeadIds, known, write
from monitor.commands.cluster import Brokers, Prefix
from monitor.commands.common import Json, Lang, LangOption, out_json, out_line
from monitor.contract.text import Said
from monitor.contract.work import LONGEST_SNOOZE_DAYS
from monitor.errors import ConfigurationError, InputError
from monitor.settings import Settings, load_settings

if TYPE_CHECKING:
    from monitor.area.deeds import Deed
    from monitor.contract.work import Assigned, Commented, Snooze

_WRITTEN = Said("{} 已记录", "{} written")


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
    alert_id: LeadId,
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Approve the disposition that waits of a lead, as another person than who proposed it: it counts from now on."""
    from monitor.area.disposing import approved

    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    _tell(_review(settings, alert_id, lambda proposal: approved(settings.prefix, proposal, name)), "", lang, as_json)


def give_back(
    alert_id: LeadId,
    reason: Annotated[str, typer.Option(help="Why.")],
    by: By = "",
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Return the disposition that waits of a lead, with a reason: it does not count."""
    from monitor.area.disposing import returned

    settings, name = load_settings(brokers=brokers, prefix=prefix), by or getpass.getuser()
    _tell(_review(settings, alert_id, lambda one: returned(settings.prefix, one, name, reason)), "", lang, as_json)


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

    model = ReadModel(settings.redis, settings.prefix)
    alert = known(model.one(alert_id), alert_id)
    deed = snoozed(settings.prefix, snooze_of(alert, kind, by, **given), model.snoozes().get(subject_of(alert)))
    write(settings, [deed])
    return [deed]


def _review(settings: Settings, alert_id: str, made: Callable[[Mapping[str, Any]], Deed]) -> list[Deed]:
    """Write what becomes of the proposal that waits. Raises InputError, ConfigurationError."""
    from monitor.area.disposing import proposal_in
    from monitor.readmodel.readmodel import ReadModel

    model = ReadModel(settings.redis, settings.prefix)
    found = known(model.one(alert_id), alert_id)["alert_id"]
    proposal = proposal_in(model.done_with(found))
    if proposal is None:
        raise InputError(f"{found}: expected a disposition that waits for approval")
    deed = made(proposal)
    write(settings, [deed])
    return [deed]


def _work(settings: Settings, alert_ids: list[str], made: Callable[[str], Assigned | Commented]) -> list[Deed]:
    """Write an act on each alert. Raises InputError, ConfigurationError."""
    from monitor.area.working import worked
    from monitor.readmodel.readmodel import ReadModel

    model, deeds = ReadModel(settings.redis, settings.prefix), []
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

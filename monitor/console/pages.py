"""What is read: the pages, and the API beside them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from monitor.alerttext import evidence_of, facts_of, standing_of, why_of
from monitor.area.disposing import proposal_in
from monitor.area.exporting import TARGETS
from monitor.console.asked import Asked
from monitor.console.context import Console, found, language_of, said_in
from monitor.console.csvtext import csv_of
from monitor.console.history import history_of
from monitor.console.plot import plot_of
from monitor.console.words import words_in
from monitor.contract.feedback import DISPOSITIONS, TODO
from monitor.contract.text import Language
from monitor.contract.work import subject_of
from monitor.incidents import incidents_of
from monitor.readmodel.layout import CORRECTED
from monitor.readmodel.readmodel import Listed, Wanted
from monitor.workdays import Due
from rules.catalogue import catalogue
from rules.engine.finding import SEVERITIES
from rules.engine.parameter import UNITS, origin_text
from rules.times import BEIJING, to_ms

PAGE = 50
"""So many incidents stand on a page."""
LATEST = 12
"""So many stand on the first page."""
MOST_SILENT = 20
PING_SECONDS = 15.0
"""So often a page that waits for news hears that the connection is there."""

_DONE = {
    "assigned": "done_assigned", "commented": "done_commented", "proposed": "done_proposed",
    "approved": "done_approved", "returned": "done_returned", "snoozed": "done_snoozed",
    "snooze_ended": "done_snooze_ended",
}  # fmt: skip
"""Kind of an act -> its key among the words."""
_OUTCOMES = [*DISPOSITIONS, CORRECTED]
MONTHS = 12
"""So many months of a rule are shown."""
AskedFor = Annotated[Asked, Query()]


def pages_of(console: Console) -> APIRouter:
    """Lists, leads and subjects."""
    router, model = APIRouter(include_in_schema=False, default_response_class=HTMLResponse), console.model

    @router.get("/")
    def now(request: Request) -> Response:
        counts = {one: model.count(Wanted(severity=one, is_open=True)) for one in SEVERITIES}
        todo = model.count(Wanted(disposition=TODO))
        silent = {code: round(seconds / 3600) for code, seconds in [*console.silent().items()][:MOST_SILENT]}
        shown = {"counts": counts, "todo": todo, "silent": silent}
        return console.page(request, "now", shown | _listed(console, model.search(Wanted(), LATEST)))

    @router.get("/leads")
    def leads(request: Request, asked: AskedFor) -> Response:
        name = "_leads" if request.headers.get("HX-Request") == "true" else "leads"
        return console.page(
            request, name, {"asked": asked, "rules": catalogue(), **_listed(console, _search(console, asked))}
        )

    @router.get("/leads.csv")
    def leads_csv(request: Request, asked: AskedFor) -> Response:
        listed = _search(console, asked)
        text = csv_of(listed.newest, listed.dispositions, language_of(request))
        headers = {"Content-Disposition": 'attachment; filename="leads.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/leads/{alert_id}")
    def lead(request: Request, alert_id: str) -> Response:
        return console.page(request, "lead", _lead(console, request, alert_id))

    @router.get("/institutions/{code}")
    def institution(request: Request, code: str, asked: AskedFor) -> Response:
        asked = asked.model_copy(update={"institution": code})
        return console.page(request, "subject", _subject(console, asked, "institution", code))

    @router.get("/persons/{pseudonym}")
    def person(request: Request, pseudonym: str, asked: AskedFor) -> Response:
        asked = asked.model_copy(update={"person": pseudonym})
        return console.page(request, "subject", _subject(console, asked, "person", pseudonym))

    @router.get("/news")
    async def news(request: Request) -> StreamingResponse:
        return StreamingResponse(_news(console, request), media_type="text/event-stream")

    return router


def rules_of(console: Console) -> APIRouter:
    """The rules, and what became of their leads."""
    router, model = APIRouter(include_in_schema=False, default_response_class=HTMLResponse), console.model

    @router.get("/rules")
    def rules(request: Request) -> Response:
        snoozes = sorted(model.snoozes().values(), key=lambda one: one.until)
        shown = {"rules": catalogue(), "snoozes": snoozes, "found": model.precision_of(catalogue(), _OUTCOMES)}
        return console.page(request, "rules", shown)

    @router.get("/rules/{rule_id}")
    def rule(request: Request, rule_id: str) -> Response:
        of_id = found(catalogue().get(rule_id))
        defaults = asdict(of_id())  # type: ignore[call-arg]  # every parameter has a default
        parameters = [
            (name, defaults[name], UNITS[said.unit], said.meaning, origin_text(said.origin))
            for name, said in of_id.parameters().items()
        ]
        precision = model.precision_of([rule_id], _OUTCOMES)[rule_id]
        months = model.by_month(rule_id, [*DISPOSITIONS], _months(datetime.now(BEIJING).date()))
        shown = {"card": of_id.card, "found": precision, "parameters": parameters, "months": months}
        return console.page(request, "rule", shown)

    return router


def api_of(console: Console) -> APIRouter:
    """What other programs read, as JSON."""
    router, model = APIRouter(prefix="/api"), console.model

    @router.get("/leads")
    def leads(asked: AskedFor) -> dict[str, Any]:
        """Leads that are asked for: {leads, total, is_more, dispositions, states, next_at}."""
        listed = _search(console, asked)
        return {
            "leads": listed.newest, "total": listed.total, "is_more": listed.is_more,
            "dispositions": listed.dispositions, "next_at": listed.next_at,
            "states": {one: msgspec.structs.asdict(state) for one, state in listed.states.items()},
        }  # fmt: skip

    @router.get("/leads/{alert_id}")
    def lead(alert_id: str) -> dict[str, Any]:
        """One lead, the ids of the others of its incident, what was said and done: {lead, beside, said, done}."""
        alert = found(model.one(alert_id))
        beside = [one["alert_id"] for one in model.beside(alert)]
        return {
            "lead": alert,
            "beside": beside,
            "said": model.said_of(alert["alert_id"]),
            "done": model.done_with(alert["alert_id"]),
        }

    @router.get("/snoozes")
    def snoozes() -> list[dict[str, Any]]:
        """The snoozes that are in force, as they stand on the topic of work."""
        return [one.model_dump(mode="json") for one in model.snoozes().values()]

    @router.get("/rules")
    def rules() -> dict[str, dict[str, Any]]:
        """Each rule: how many leads, of how many was said what, precision, and whether shadow is proposed."""
        precisions = model.precision_of(catalogue(), _OUTCOMES)
        return {
            rule: {**one._asdict(), "precision": one.precision, "propose_shadow": one.is_poor}
            for rule, one in precisions.items()
        }

    return router


def _months(today: date) -> list[str]:
    """The last months, yyyy-mm, the latest first."""
    number = 12 * today.year + today.month - 1
    return [f"{one // 12}-{one % 12 + 1:02}" for one in range(number, number - MONTHS, -1)]


def _search(console: Console, asked: Asked) -> Listed:
    try:
        now = datetime.now(UTC)
        wanted = asked.wanted(now, console.model.working_days().overdue_before(to_ms(now)) if asked.overdue else 0)
    except ValueError as error:
        raise HTTPException(422, f"rule: {error}") from None
    return console.model.search(wanted, PAGE, asked.order, asked.at)


def _listed(console: Console, listed: Listed) -> dict[str, object]:
    """What a list shows."""
    days = console.model.working_days()
    due = {one: Due.of(days, state.opened) for one, state in listed.states.items() if state.is_due}
    return {"listed": listed, "incidents": incidents_of(listed.newest), "due": due}


def _lead(console: Console, request: Request, alert_id: str) -> dict[str, object]:
    """What the page of a lead shows."""
    alert, language = found(console.model.one(alert_id)), language_of(request)
    rule = catalogue().get(alert["rule_id"])
    beside, state = console.model.beside(alert), console.model.state_of(alert["alert_id"])
    said, done = console.model.said_of(alert["alert_id"]), console.model.done_with(alert["alert_id"])
    [incident] = incidents_of([alert, *beside])
    return {
        "alert": alert, "standing": standing_of(alert, language), "facts": facts_of(alert, language),
        "evidence": evidence_of(alert, language), "why": why_of(alert, language), "plot": plot_of(alert),
        "advice": "" if rule is None else rule.card.advice.zh if language == "zh" else rule.card.advice.en,
        "beside": [one for one in (incident.speaker, *incident.attached) if one is not alert],
        "speaker": incident.speaker["alert_id"], "history": history_of(said, done), "proposal": proposal_in(done),
        "snooze": console.model.snoozes().get(subject_of(alert)),
        "saved": _saved(request, language), "targets": TARGETS, "state": state,
        "due": Due.of(console.model.working_days(), state.opened) if state.is_due else None,
    }  # fmt: skip


def _subject(console: Console, asked: Asked, kind: str, code: str) -> dict[str, object]:
    """What the page of an institution or a person shows."""
    listed = _search(console, asked)
    if not listed.newest and not asked.at:
        raise HTTPException(404)
    names = [one.get("fixmedins_name") or "" for one in listed.newest if one.get("fixmedins_code") == code]
    by_rule = Counter(one["rule_id"] for one in listed.newest).most_common()
    name = next(filter(None, names), "")
    shown = {"asked": asked, "kind": kind, "code": code, "name": name, "by_rule": by_rule, "catalogue": catalogue()}
    return shown | _listed(console, listed)


def _saved(request: Request, language: Language) -> str:
    """What was saved just now, in words."""
    saved, words = request.query_params.get("saved", ""), words_in(language)
    done = {kind: words[key] for kind, key in _DONE.items()}
    said = said_in(language).get(saved, "") or done.get(saved, "")
    return words["saved"].format(said) if said else ""


async def _news(console: Console, request: Request) -> AsyncIterator[str]:
    """Say that something came, at most once a second; and every while that the connection is there."""
    async with AsyncRedis.from_url(console.settings.redis) as redis:
        news = redis.pubsub(ignore_subscribe_messages=True)
        try:
            await news.subscribe(console.keys.news)
            yield ": here\n\n"
            while not await request.is_disconnected():
                came = await news.get_message(timeout=PING_SECONDS)
                yield "event: news\ndata: 1\n\n" if came else ": here\n\n"
                if came:
                    await asyncio.sleep(1)
                    while await news.get_message(timeout=0):
                        pass
        except RedisError:
            return  # the page asks again by itself
        finally:
            await news.aclose()  # type: ignore[no-untyped-call]  # as redis has it

"""What is read: the pages, and the API beside them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from monitor.alertknown import asked_of, diagnoses_of, known_of
from monitor.alerttext import evidence_of, facts_of, standing_of, why_of
from monitor.area.disposing import alike
from monitor.area.exporting import TARGETS
from monitor.console.asked import Asked, Told
from monitor.console.context import Console, found, language_of, said_in
from monitor.console.csvtext import csv_of
from monitor.console.growth import growth_of, peers_of, picture_of, spans_of
from monitor.console.guard import user_of
from monitor.console.history import history_of
from monitor.console.persons import persons_in, shown_to
from monitor.console.plot import plot_of
from monitor.console.stays import stays_of
from monitor.console.timeline import timeline_of
from monitor.console.words import words_in
from monitor.contract.feedback import DISPOSITIONS, TODO
from monitor.contract.text import Language, Said
from monitor.contract.work import Snoozed, proposal_in, subject_of
from monitor.errors import ConfigurationError
from monitor.incidents import incidents_of
from monitor.points import facts_of_points
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.layout import CORRECTED, OPEN
from monitor.readmodel.readmodel import Listed, Wanted
from monitor.workdays import Due
from rules.catalogue import catalogue
from rules.engine.finding import SEVERITIES
from rules.engine.parameter import UNITS, origin_text
from rules.times import BEIJING, clock, to_ms

PAGE = 50
"""So many incidents stand on a page."""
LATEST = 12
"""So many stand on the first page."""
MOST_SILENT = 20
MOST_PLACES = 5
"""Of so many institutions of a lead the page says what became of their other leads."""
MOST_ASSIGNEES = 100
"""So many names are offered; another one may be written."""
PING_SECONDS = 15.0
"""So often a page that waits for news hears that the connection is there."""

ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": Told, "description": "Log in first."},
    403: {"model": Told, "description": "The role does not allow this."},
    404: {"model": Told, "description": "There is no such lead."},
    422: {"model": Told, "description": "What is asked for is wrong."},
    429: {"model": Told, "description": "Too many requests; the header Retry-After says for how many seconds."},
    503: {"model": Told, "description": "The read model does not answer."},
}
"""What the API answers in place of leads."""
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
        within = user_of(request).within
        counts = {one: model.count(Wanted(severity=one, is_open=True, within=within)) for one in SEVERITIES}
        todo = model.count(Wanted(disposition=TODO, within=within))
        silent = {code: round(seconds / 3600) for code, seconds in [*console.silent(within).items()][:MOST_SILENT]}
        shown = {"counts": counts, "todo": todo, "silent": silent}
        return console.page(
            request, "now", shown | _listed(console, _shown(request, model.search(Wanted(within=within), LATEST)))
        )

    @router.get("/leads")
    def leads(request: Request, asked: AskedFor) -> Response:
        name = "_leads" if request.headers.get("HX-Request") == "true" else "leads"
        listed = _search(console, request, asked)
        shown = {"asked": asked, "rules": catalogue(), "assignees": _assignees(console, request)}
        return console.page(request, name, shown | _listed(console, listed))

    @router.get("/leads.csv")
    def leads_csv(request: Request, asked: AskedFor) -> Response:
        listed = _search(console, request, asked)
        text = csv_of(listed.newest, listed.dispositions, language_of(request))
        headers = {"Content-Disposition": 'attachment; filename="leads.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/leads/{alert_id}")
    def lead(request: Request, alert_id: str) -> Response:
        return console.page(request, "lead", _lead(console, request, alert_id))

    @router.get("/institutions/{code}")
    def institution(request: Request, code: str, asked: AskedFor) -> Response:
        asked = asked.model_copy(update={"institution": code})
        shown = _subject(console, request, asked, "institution", code) | _growth(console, request, code.upper())
        return console.page(request, "subject", shown)

    @router.get("/persons/{pseudonym}")
    def person(request: Request, pseudonym: str, asked: AskedFor) -> Response:
        asked = asked.model_copy(update={"person": pseudonym})
        return console.page(request, "subject", _subject(console, request, asked, "person", pseudonym))

    @router.get("/news")
    async def news(request: Request) -> StreamingResponse:
        return StreamingResponse(news_of(console, request), media_type="text/event-stream")

    return router


def rules_of(console: Console) -> APIRouter:
    """The rules, and what became of their leads."""
    router, model = APIRouter(include_in_schema=False, default_response_class=HTMLResponse), console.model

    @router.get("/rules")
    def rules(request: Request) -> Response:
        found = model.precision_of(catalogue(), _OUTCOMES, user_of(request).within)
        shown = {"rules": catalogue(), "snoozes": _snoozes(console, request), "found": found}
        return console.page(request, "rules", shown)

    @router.get("/rules/{rule_id}")
    def rule(request: Request, rule_id: str) -> Response:
        of_id = found(catalogue().get(rule_id))
        defaults = asdict(of_id())  # type: ignore[call-arg]  # every parameter has a default
        parameters = [
            (name, defaults[name], UNITS[said.unit], said.meaning, origin_text(said.origin))
            for name, said in of_id.parameters().items()
        ]
        within, months = user_of(request).within, _months(datetime.now(BEIJING).date())
        shown = {
            "card": of_id.card, "parameters": parameters,
            "found": model.precision_of([rule_id], _OUTCOMES, within)[rule_id],
            "months": model.by_month(rule_id, [*DISPOSITIONS], months, within),
        }  # fmt: skip
        return console.page(request, "rule", shown)

    return router


def api_of(console: Console) -> APIRouter:
    """What other programs read, as JSON."""
    router, model = APIRouter(prefix="/api", responses=ERRORS), console.model

    @router.get("/leads")
    def leads(request: Request, asked: AskedFor) -> dict[str, Any]:
        """Leads that are asked for: {leads, total, is_more, dispositions, states, next_at}."""
        listed = _search(console, request, asked)
        return {
            "leads": listed.newest, "total": listed.total, "is_more": listed.is_more,
            "dispositions": listed.dispositions, "next_at": listed.next_at,
            "states": {one: msgspec.structs.asdict(state) for one, state in listed.states.items()},
        }  # fmt: skip

    @router.get("/leads/{alert_id}")
    def lead(request: Request, alert_id: str) -> dict[str, Any]:
        """One lead, the ids of the others of its incident, what was said and done: {lead, beside, said, done}."""
        user = user_of(request)
        alert = found(model.one(alert_id, user.within))
        return {
            "lead": shown_to(user, alert),
            "beside": [one["alert_id"] for one in model.beside(alert, user.within)],
            "said": model.said_of(alert["alert_id"]),
            "done": model.done_with(alert["alert_id"]),
        }

    @router.get("/snoozes")
    def snoozes(request: Request) -> list[dict[str, Any]]:
        """The snoozes that are in force, as they stand on the topic of work."""
        return [one.model_dump(mode="json") for one in _snoozes(console, request)]

    @router.get("/rules")
    def rules(request: Request) -> dict[str, dict[str, Any]]:
        """Each rule: how many leads, of how many was said what, precision, and whether shadow is proposed."""
        precisions = model.precision_of(catalogue(), _OUTCOMES, user_of(request).within)
        return {
            rule: {**one._asdict(), "precision": one.precision, "propose_shadow": one.is_poor}
            for rule, one in precisions.items()
        }

    return router


def _months(today: date) -> list[str]:
    """The last months, yyyy-mm, the latest first."""
    number = 12 * today.year + today.month - 1
    return [f"{one // 12}-{one % 12 + 1:02}" for one in range(number, number - MONTHS, -1)]


def _snoozes(console: Console, request: Request) -> list[Snoozed]:
    """The snoozes in force that a reader may see, the first end first.

    Whoever is limited to regions sees those of their institutions: of other subjects it is not known where they belong.
    """
    user = user_of(request)
    found = sorted(console.model.snoozes().values(), key=lambda one: one.until)
    return [one for one in found if user.may("reviewer") and _may_see(user.within, one)]


def _may_see(within: Jurisdiction | None, snooze: Snoozed) -> bool:
    return within is None or (snooze.subject_kind == "institution" and within.has_institution(snooze.subject_id))


def _search(console: Console, request: Request, asked: Asked) -> Listed:
    try:
        now = datetime.now(UTC)
        overdue_before = console.model.working_days().overdue_before(to_ms(now)) if asked.overdue else 0
        wanted = asked.wanted(now, overdue_before, user_of(request).within)
    except ValueError as error:
        raise HTTPException(422, f"rule: {error}") from None
    if asked.person is not None and not user_of(request).may("reviewer"):
        raise HTTPException(403, "forbidden")
    return _shown(request, console.model.search(wanted, PAGE, asked.order, asked.at))


def _shown(request: Request, listed: Listed) -> Listed:
    """A list as the reader may see it."""
    return replace(listed, newest=[shown_to(user_of(request), one) for one in listed.newest])


def _listed(console: Console, listed: Listed) -> dict[str, object]:
    """What a list shows."""
    days = console.model.working_days()
    due = {one: Due.of(days, state.opened) for one, state in listed.states.items() if state.is_due}
    return {"listed": listed, "incidents": incidents_of(listed.newest), "due": due}


def _assignees(console: Console, request: Request) -> list[str]:
    """Who may be chosen when a lead is assigned; whoever sees some regions alone is told nobody of the others."""
    user = user_of(request)
    return console.model.assignees(MOST_ASSIGNEES) if user.may("reviewer") and user.within is None else []


def _lead(console: Console, request: Request, alert_id: str) -> dict[str, object]:
    """What the page of a lead shows."""
    user, language = user_of(request), language_of(request)
    whole = found(console.model.one(alert_id, user.within))
    alert, advice = shown_to(user, whole), _advice(whole["rule_id"])
    beside = [shown_to(user, one) for one in console.model.beside(whole, user.within)]
    state = console.model.state_of(alert["alert_id"])
    said, done = console.model.said_of(alert["alert_id"]), console.model.done_with(alert["alert_id"])
    [incident] = incidents_of([alert, *beside])
    reference = console.model.reference_of(asked_of(whole))
    others = [one for one in (incident.speaker, *incident.attached) if one is not alert]
    return {
        "alert": alert, "standing": standing_of(alert, language),
        "facts": [*facts_of(alert, language), *facts_of_points(alert, said, language)],
        "evidence": evidence_of(alert, language, diagnoses_of(whole, reference)), "why": why_of(alert, language),
        "known": [*known_of(whole, reference, language), *_earlier(console, request, whole, state.disposition)],
        "assignees": _assignees(console, request), "plot": plot_of(whole), "stays": stays_of(whole),
        "advice": advice.of(language), "within_days": "日内" in advice.zh,
        "beside": others, "beside_open": _going_on(alert, others),
        "due_beside": [(one["alert_id"], one) for one in others if _is_due(console, one)],
        "speaker": incident.speaker["alert_id"], "history": history_of(said, done), "proposal": proposal_in(done),
        "proposed_beside": _proposed_beside(console, proposal_in(done), others),
        "snooze": console.model.snoozes().get(subject_of(whole)),
        "saved": _saved(request, language), "targets": TARGETS, "state": state,
        "due": Due.of(console.model.working_days(), state.opened) if state.is_due else None,
        "found_on": clock(state.opened, "%Y-%m-%d"),
        "persons": persons_in(whole) if console.settings.console_persons and user.name else [],
    }  # fmt: skip


def _advice(rule_id: str) -> Said:
    """What to check; nothing where this build has no such rule."""
    rule = catalogue().get(rule_id)
    return Said("", "") if rule is None else Said(rule.card.advice.zh, rule.card.advice.en)


def _earlier(console: Console, request: Request, alert: Mapping[str, Any], own: str) -> Iterator[tuple[str, str]]:
    """What became of the other leads of each of its institutions, of its rule there, and of the same person.

    own: its own disposition.
    """
    user, words, rule = user_of(request), words_in(language_of(request)), alert["rule_id"]
    places = dict.fromkeys(one["fixmedins_code"] for one in (*alert["evidence"], alert) if one.get("fixmedins_code"))
    for code in [*places][:MOST_PLACES]:
        wanted = Wanted(institution=code, within=user.within)
        is_own = [own] if code == alert.get("fixmedins_code") else []
        said = [_said_of_others(console, request, one, is_own) for one in (wanted, replace(wanted, rule=rule))]
        yield words["earlier_there"].format(code), words["earlier_rule"].format(said[0], rule, said[1])
    if alert["subject"]["kind"] == "person" and user.may("reviewer"):
        of_person = Wanted(person=alert["subject"]["id"], within=user.within)
        yield words["earlier_person"], _said_of_others(console, request, of_person, [own])


def _said_of_others(console: Console, request: Request, wanted: Wanted, own: Iterable[str]) -> str:
    """How many of these leads have each disposition. own: that of the lead itself, where it is one of them."""
    language = language_of(request)
    words, counted = words_in(language), console.model.dispositions_of(wanted)
    counted.subtract(own)
    said = said_in(language) | {TODO: words[TODO]}
    return words["comma"].join(f"{said[one]} {counted[one]}" for one in said if counted[one] > 0) or words["none_of_it"]


def _going_on(alert: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> int:
    """How many other leads of an incident are open; of a lead that is open itself nobody asks."""
    return 0 if alert["status"] in OPEN else sum(one["status"] in OPEN for one in others)


def _is_due(console: Console, alert: Mapping[str, Any]) -> bool:
    return console.model.state_of(alert["alert_id"]).is_due


def _proposed_beside(
    console: Console, proposal: Mapping[str, Any] | None, others: list[Mapping[str, Any]]
) -> list[tuple[str, Mapping[str, Any]]]:
    """The other leads of which the same disposition waits, said by the same person, each with the name of that."""
    if proposal is None:
        return []
    by_id = {one["alert_id"]: one for one in others}
    same = alike(proposal, {one: console.model.done_with(one) for one in by_id})
    return [(f"{one} {waiting['at']}", by_id[one]) for one, waiting in same.items()]


def _subject(console: Console, request: Request, asked: Asked, kind: str, code: str) -> dict[str, object]:
    """What the page of an institution or a person shows."""
    listed = _search(console, request, asked)
    if not listed.newest and not asked.at:
        raise HTTPException(404)
    acts = {one: history_of(*both) for one, both in console.model.acts_on([*listed.states]).items()}
    names = [one.get("fixmedins_name") or "" for one in listed.newest if one.get("fixmedins_code") == code]
    by_rule = Counter(one["rule_id"] for one in listed.newest).most_common()
    name = next(filter(None, names), "")
    shown = {"asked": asked, "kind": kind, "code": code, "name": name, "by_rule": by_rule, "catalogue": catalogue()}
    shown |= {"timeline": timeline_of(listed.newest, listed.states, acts)}
    return shown | _listed(console, listed)


def _growth(console: Console, request: Request, code: str) -> dict[str, object]:
    """The leads of an institution by week beside its peers; nothing for whoever may not see the whole institution."""
    within = user_of(request).within
    if within is not None and not within.has_institution(code):
        return {"growth": None}
    others = console.institutions()
    peers = [one for one in peers_of(code, others) if within is None or within.has_institution(one)]
    spans = spans_of(console.model.newest_trigger())
    own, *of_peers = console.model.numbers_of([code, *peers], spans)
    growth = growth_of(spans, own, of_peers)
    return {"growth": growth, "peers": len(peers), "picture": picture_of(growth)}


def _saved(request: Request, language: Language) -> str:
    """What was saved just now, in words."""
    saved, words = request.query_params.get("saved", ""), words_in(language)
    done = {kind: words[key] for kind, key in _DONE.items()}
    said = said_in(language).get(saved, "") or done.get(saved, "")
    return words["saved"].format(said) if said else ""


async def news_of(console: Console, request: Request) -> AsyncIterator[str]:
    """Say that a lead came that the reader may see, at most once a second; and that the connection is there.

    Ends with the session.
    """
    within = user_of(request).within
    async with AsyncRedis.from_url(console.settings.redis) as redis:
        news = redis.pubsub(ignore_subscribe_messages=True)
        try:
            await news.subscribe(console.keys.news)
            yield ": here\n\n"
            while await console.still_there(request) and not await request.is_disconnected():
                came = await news.get_message(timeout=PING_SECONDS)
                is_theirs = came is not None and _is_within(within, came)
                yield "event: news\ndata: 1\n\n" if is_theirs else ": here\n\n"
                if is_theirs:
                    await asyncio.sleep(1)
                    while await news.get_message(timeout=0):
                        pass
        except (RedisError, ConfigurationError):
            return  # the page asks again by itself
        finally:
            await news.aclose()  # type: ignore[no-untyped-call]  # as redis has it


def _is_within(within: Jurisdiction | None, message: Mapping[str, Any]) -> bool:
    return within is None or within.covers(orjson.loads(message["data"]))

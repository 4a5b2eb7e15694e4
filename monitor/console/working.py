"""What is done with leads beside dispositions: who works on one, and what is noted of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.area.deeds import Deed
from monitor.area.disposing import approved, is_same, returned
from monitor.area.working import snoozed, worked
from monitor.console.asked import MOST_AT_ONCE
from monitor.console.context import Console, found
from monitor.console.guard import user_of
from monitor.console.who import by_of, remember
from monitor.contract.feedback import LONGEST_REASON
from monitor.contract.work import (
    LONGEST_SNOOZE_DAYS,
    LONGEST_TEXT,
    Assigned,
    Commented,
    Snooze,
    Snoozed,
    SnoozeEnded,
    act_of,
    is_name,
    proposal_in,
    snooze_of,
    subject_of,
)
from rules.times import BEIJING

Ids = Annotated[list[str] | None, Form(max_length=MOST_AT_ONCE)]
Text = Annotated[str, Form()]
Act = Assigned | Commented


def work_of(console: Console) -> APIRouter:
    """Work on leads.

    Long because it is three routes, each with its own form.
    """
    router = APIRouter(include_in_schema=False)

    @router.post("/assignments")
    async def assign(
        request: Request, who: Annotated[Literal["me", "other", "nobody"], Form()], alert_id: Ids = None,
        to: Text = "", text: Text = "", by: Text = "",
    ) -> Response:  # fmt: skip
        def made(one: str, name: str) -> list[Act]:
            given = act_of(Assigned, name, alert_id=one, to={"me": name, "other": to, "nobody": ""}[who])
            return [act_of(Commented, name, alert_id=one, text=text), given] if text.strip() else [given]

        wrong = _wrong_text(text) if text.strip() else ""
        if who == "other" and not is_name(to):
            wrong = "to_missing"
        return await _done(console, request, made, alert_id or [], by, wrong)

    @router.post("/comments")
    async def comment(request: Request, alert_id: Ids = None, text: Text = "", by: Text = "") -> Response:
        def made(one: str, name: str) -> list[Act]:
            return [act_of(Commented, name, alert_id=one, text=text)]

        return await _done(console, request, made, alert_id or [], by, _wrong_text(text))

    @router.post("/reviews")
    async def review(
        request: Request, verdict: Annotated[Literal["approve", "return"], Form()], proposal: Ids = None,
        reason: Text = "", by: Text = "",
    ) -> Response:  # fmt: skip
        if wrong := _wrong_in(verdict, reason) or ("" if proposal else "none_chosen"):
            return console.wrong(request, wrong)
        known, name, deeds = await asyncio.to_thread(console.model.read_until), by_of(request, by), list[Deed]()
        for one in dict.fromkeys(proposal or []):
            waiting, wrong = await _waiting(console, request, one, verdict, name)
            if waiting is None or wrong:
                return console.told(request, 409, wrong)
            deeds.append(_reviewed(console.settings.prefix, waiting, verdict, name, reason))
        await console.write_reviews(deeds, known)
        return _shown(console, request, deeds, name, deeds[0].after["alert_id"])

    return router


def snoozes_of(console: Console) -> APIRouter:
    """For how long nobody is told of the leads of a rule about a subject."""
    router = APIRouter(include_in_schema=False)

    @router.post("/snoozes")
    async def snooze(
        request: Request, alert_id: Text, days: Annotated[int, Form(ge=1, le=LONGEST_SNOOZE_DAYS)], reason: Text = "",
        by: Text = "",
    ) -> Response:  # fmt: skip
        if wrong := _wrong_in("return", reason):
            return console.wrong(request, wrong)
        until = datetime.now(BEIJING) + timedelta(days=days)
        return await _snooze(console, request, alert_id, by_of(request, by), Snoozed, reason=reason, until=until)

    @router.post("/snoozes/end")
    async def end(request: Request, alert_id: Text, by: Text = "") -> Response:
        return await _snooze(console, request, alert_id, by_of(request, by), SnoozeEnded)

    return router


async def _waiting(
    console: Console, request: Request, named: str, verdict: str, by: str
) -> tuple[Mapping[str, Any] | None, str]:
    """The proposal that a form names, as `<id of the lead> <when it was made>`; and what is wrong, among the words."""
    alert_id, _, made_at = named.partition(" ")
    lead = found(await asyncio.to_thread(console.model.one, alert_id, user_of(request).within))
    proposal = proposal_in(await asyncio.to_thread(console.model.done_with, lead["alert_id"]))
    if proposal is None or proposal["at"] != made_at:
        return None, "not_waiting"
    return proposal, "same_person" if verdict == "approve" and is_same(proposal, by) else ""


def _reviewed(prefix: str, proposal: Mapping[str, Any], verdict: str, by: str, reason: str) -> Deed:
    return approved(prefix, proposal, by) if verdict == "approve" else returned(prefix, proposal, by, reason)


async def _snooze(
    console: Console, request: Request, alert_id: str, by: str, kind: type[Snooze], **given: object
) -> Response:
    """Write an act on all leads of the rule of a lead about its subject."""
    lead = found(await asyncio.to_thread(console.model.one, alert_id, user_of(request).within))
    before = (await asyncio.to_thread(console.model.snoozes)).get(subject_of(lead))
    deed = snoozed(console.settings.prefix, snooze_of(lead, kind, by, **given), before)
    return await _written(console, request, [deed], by, lead["alert_id"])


def _wrong_text(text: str) -> str:
    """What is wrong with a comment, by its key among the words; empty where nothing is."""
    return "" if 0 < len(text.strip()) <= LONGEST_TEXT else "text_missing"


def _wrong_in(verdict: str, reason: str) -> str:
    """What is wrong with a review, by its key among the words; empty where nothing is."""
    if verdict == "return" and not reason.strip():
        return "reason_missing"
    return "too_long" if len(reason.strip()) > LONGEST_REASON else ""


async def _done(
    console: Console, request: Request, made: Callable[[str, str], list[Act]], ids: Sequence[str], by: str, wrong: str
) -> Response:
    """Write acts on each lead of a form."""
    if wrong := wrong or ("" if ids else "none_chosen"):
        return console.wrong(request, wrong)
    name = by_of(request, by)
    deeds = []
    for one in dict.fromkeys(ids):
        lead = found(await asyncio.to_thread(console.model.one, one, user_of(request).within))
        earlier = await asyncio.to_thread(console.model.done_with, lead["alert_id"])
        deeds += [worked(console.settings.prefix, act, earlier) for act in made(lead["alert_id"], name)]
    only = deeds[0].after["alert_id"] if len({*ids}) == 1 else ""
    return await _written(console, request, deeds, name, only)


async def _written(console: Console, request: Request, deeds: Sequence[Deed], by: str, shown: str = "") -> Response:
    """Write deeds, and show the lead, or the list where there are several. shown: the lead where no deed names it."""
    await console.write(deeds)
    return _shown(console, request, deeds, by, shown or (deeds[0].after["alert_id"] if len(deeds) == 1 else ""))


def _shown(console: Console, request: Request, deeds: Sequence[Deed], by: str, alert_id: str) -> Response:
    """The page of a lead behind what was written; the list where none is named."""
    console.log.info("worked", alerts=len(deeds), what=deeds[0].what)
    to = f"/leads/{alert_id}?saved={deeds[-1].after['kind']}" if alert_id else "/leads"
    response = RedirectResponse(to, 303)
    remember(console, request, response, by)
    return response

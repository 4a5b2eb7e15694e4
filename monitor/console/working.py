"""What is done with leads beside dispositions: who works on one, and what is noted of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.area.deeds import Deed
from monitor.area.disposing import approved, is_same, proposal_in, returned
from monitor.area.working import worked
from monitor.console.asked import MOST_AT_ONCE
from monitor.console.context import Console, found
from monitor.console.guard import user_of
from monitor.console.who import by_of, remember
from monitor.contract.feedback import LONGEST_REASON
from monitor.contract.work import LONGEST_TEXT, Assigned, Commented, act_of, is_name

Ids = Annotated[list[str] | None, Form(max_length=MOST_AT_ONCE)]
Text = Annotated[str, Form()]
Act = Assigned | Commented


def work_of(console: Console) -> APIRouter:
    """Work on leads."""
    router = APIRouter(include_in_schema=False)

    @router.post("/assignments")
    async def assign(
        request: Request, who: Annotated[Literal["me", "other", "nobody"], Form()], alert_id: Ids = None,
        to: Text = "", by: Text = "",
    ) -> Response:  # fmt: skip
        def made(one: str, name: str) -> Assigned:
            return act_of(Assigned, name, alert_id=one, to={"me": name, "other": to, "nobody": ""}[who])

        wrong = "to_missing" if who == "other" and not is_name(to) else ""
        return await _done(console, request, made, alert_id or [], by, wrong)

    @router.post("/comments")
    async def comment(request: Request, alert_id: Ids = None, text: Text = "", by: Text = "") -> Response:
        def made(one: str, name: str) -> Commented:
            return act_of(Commented, name, alert_id=one, text=text)

        wrong = "" if 0 < len(text.strip()) <= LONGEST_TEXT else "text_missing"
        return await _done(console, request, made, alert_id or [], by, wrong)

    @router.post("/reviews")
    async def review(
        request: Request, verdict: Annotated[Literal["approve", "return"], Form()], of: Text, alert_id: Text,
        reason: Text = "", by: Text = "",
    ) -> Response:  # fmt: skip
        if wrong := _wrong_in(verdict, reason):
            return console.wrong(request, wrong)
        name = by_of(request, by)
        lead = found(await asyncio.to_thread(console.model.one, alert_id, user_of(request).within))
        proposal = proposal_in(await asyncio.to_thread(console.model.done_with, lead["alert_id"]))
        wrong = "not_waiting" if proposal is None or proposal["at"] != of else ""
        wrong = wrong or ("same_person" if verdict == "approve" and is_same(proposal, name) else "")
        if proposal is None or wrong:
            return console.told(request, 409, wrong)
        prefix = console.settings.prefix
        deed = approved(prefix, proposal, name) if verdict == "approve" else returned(prefix, proposal, name, reason)
        return await _written(console, request, [deed], name)

    return router


def _wrong_in(verdict: str, reason: str) -> str:
    """What is wrong with a review, by its key among the words; empty where nothing is."""
    if verdict == "return" and not reason.strip():
        return "reason_missing"
    return "too_long" if len(reason.strip()) > LONGEST_REASON else ""


async def _done(
    console: Console, request: Request, made: Callable[[str, str], Act], ids: Sequence[str], by: str, wrong: str
) -> Response:
    """Write an act on each lead of a form."""
    if wrong := wrong or ("" if ids else "none_chosen"):
        return console.wrong(request, wrong)
    name = by_of(request, by)
    deeds = []
    for one in dict.fromkeys(ids):
        lead = found(await asyncio.to_thread(console.model.one, one, user_of(request).within))
        earlier = await asyncio.to_thread(console.model.done_with, lead["alert_id"])
        deeds.append(worked(console.settings.prefix, made(lead["alert_id"], name), earlier))
    return await _written(console, request, deeds, name)


async def _written(console: Console, request: Request, deeds: Sequence[Deed], by: str) -> Response:
    """Write deeds, and show the lead, or the list where there are several."""
    await console.write(deeds)
    console.log.info("worked", alerts=len(deeds), what=deeds[0].what)
    last = deeds[-1].after
    response = RedirectResponse(f"/leads/{last['alert_id']}?saved={last['kind']}" if len(deeds) == 1 else "/leads", 303)
    remember(console, request, response, by)
    return response

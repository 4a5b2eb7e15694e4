"""What is done with leads beside dispositions: who works on one, and what is noted of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.area.working import worked
from monitor.console.asked import MOST_AT_ONCE
from monitor.console.context import Console, found
from monitor.console.forms import refused
from monitor.console.who import by_of, remember
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
        to: Text = "", by: Text = "", csrf: Text = "",
    ) -> Response:  # fmt: skip
        def made(one: str, name: str) -> Assigned:
            return act_of(Assigned, name, alert_id=one, to={"me": name, "other": to, "nobody": ""}[who])

        wrong = "to_missing" if who == "other" and not is_name(to) else ""
        return await _done(console, request, made, alert_id or [], by, csrf, wrong)

    @router.post("/comments")
    async def comment(
        request: Request, alert_id: Ids = None, text: Text = "", by: Text = "", csrf: Text = ""
    ) -> Response:
        def made(one: str, name: str) -> Commented:
            return act_of(Commented, name, alert_id=one, text=text)

        wrong = "" if 0 < len(text.strip()) <= LONGEST_TEXT else "text_missing"
        return await _done(console, request, made, alert_id or [], by, csrf, wrong)

    return router


async def _done(
    console: Console, request: Request, made: Callable[[str, str], Act], ids: Sequence[str], by: str, csrf: str,
    wrong: str,
) -> Response:  # fmt: skip
    """Write an act on each lead of a form, and show the lead, or the list where there are several."""
    if refusal := refused(console, request, csrf, wrong or ("" if ids else "none_chosen")):
        return refusal
    name = by_of(request, by)
    deeds = []
    for one in dict.fromkeys(ids):
        lead = found(await asyncio.to_thread(console.model.one, one))
        earlier = await asyncio.to_thread(console.model.done_with, lead["alert_id"])
        deeds.append(worked(console.settings.prefix, made(lead["alert_id"], name), earlier))
    await console.write(deeds)
    console.log.info("worked", alerts=len(deeds), what=deeds[0].what)
    last = deeds[-1].after
    response = RedirectResponse(f"/leads/{last['alert_id']}?saved={last['kind']}" if len(deeds) == 1 else "/leads", 303)
    remember(response, name)
    return response

"""One lead with its evidence chain, as a file and as a page for the printer."""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
from fastapi import APIRouter, Form, Request, Response

from monitor.alertknown import asked_of, diagnoses_of
from monitor.alerttext import evidence_of, facts_of, standing_of, why_of
from monitor.area.exporting import TARGETS, Document, document_of, exported, parameters_as_in_force
from monitor.console.context import Console, found, language_of
from monitor.console.guard import user_of
from monitor.console.history import history_of
from monitor.console.who import by_of, remember

Target = Annotated[str, Form(pattern=f"^({'|'.join(TARGETS)})$")]
By = Annotated[str, Form()]


def exports_of(console: Console) -> APIRouter:
    """Exports of a lead; who exported it stands on the audit topic before it is handed out."""
    router = APIRouter(include_in_schema=False)

    @router.post("/leads/{alert_id}/export.json")
    async def as_file(request: Request, alert_id: str, target: Target = "", by: By = "") -> Response:
        document = await _document(console, request, alert_id, target, by_of(request, by))
        name = f"lead-{document['lead']['alert_id']}.json"
        response = Response(
            orjson.dumps(document, option=orjson.OPT_INDENT_2), media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )  # fmt: skip
        remember(console, request, response, document["exported"]["by"])
        return response

    @router.post("/leads/{alert_id}/print")
    async def as_page(request: Request, alert_id: str, target: Target = "", by: By = "") -> Response:
        document = await _document(console, request, alert_id, target, by_of(request, by))
        response = console.page(request, "print", await asyncio.to_thread(_shown, console, document, request))
        remember(console, request, response, document["exported"]["by"])
        return response

    return router


async def _document(console: Console, request: Request, alert_id: str, target: str, by: str) -> Document:
    """The document of a lead; that it was exported is written first. Raises as `Console.write` does."""
    model, prefix, within = console.model, console.settings.prefix, user_of(request).within
    alert = found(await asyncio.to_thread(model.one, alert_id, within))
    beside = await asyncio.to_thread(model.beside, alert, within)
    said = await asyncio.to_thread(model.said_of, alert["alert_id"])
    done = await asyncio.to_thread(model.done_with, alert["alert_id"])
    parameters = await parameters_as_in_force(console.client, prefix, alert)
    document = document_of(
        alert, beside=beside, said=said, done=done, parameters=parameters, target=target, by=by, prefix=prefix
    )
    await console.write([exported(document)])
    console.log.info("exported", rule=alert["rule_id"], target=target)
    return document


def _shown(console: Console, document: Document, request: Request) -> dict[str, object]:
    """What the page for the printer shows."""
    alert, language = document["lead"] | {"evidence": document["evidence"]}, language_of(request)
    diagnoses = diagnoses_of(alert, console.model.reference_of(asked_of(alert)))
    return {
        "document": document, "history": history_of(document["dispositions"], document["work"]),
        "alert": alert, "standing": standing_of(alert, language),
        "facts": facts_of(alert, language), "evidence": evidence_of(alert, language, diagnoses),
        "why": why_of(alert, language),
    }  # fmt: skip

"""The console as a web application: what surrounds every page, what is told of errors, and what is written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any, cast

from aiokafka.errors import KafkaError
from fastapi import APIRouter, FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from monitor import __version__
from monitor.console.asked import MOST_AT_ONCE
from monitor.console.context import HERE, Console, found, language_of
from monitor.console.exports import exports_of
from monitor.console.forms import refused
from monitor.console.metrics import ConsoleMetrics
from monitor.console.pages import api_of, pages_of, rules_of
from monitor.console.who import WhoError, by_of, remember
from monitor.console.words import words_in
from monitor.console.working import snoozes_of, work_of
from monitor.contract.feedback import LONGEST_REASON, Disposition
from monitor.errors import ConfigurationError, InputError
from monitor.settings import Settings
from streams.kafka.reading import UnreadError

_HERE_ALONE = ["localhost", "127.0.0.1", "[::1]"]
"""By these names it is reached: a page elsewhere that points its own name at this machine is not answered."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Nothing is fetched from outside, no script runs but ours, and no other page shows ours."""
_OF_FILES = {"Cache-Control": "public, max-age=3600"}


def app_of(settings: Settings, metrics: ConsoleMetrics) -> FastAPI:
    """The console of an area. Raises ConfigurationError where a setting is wrong."""
    console = Console(settings, metrics)
    app = FastAPI(
        title="settlement-monitor console", version=__version__, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", description="Leads and what is said of them. Leads are never verdicts.",
    )  # fmt: skip
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HERE_ALONE, www_redirect=False)
    _surround(app, metrics)
    _tell_errors(app, console)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for router_of in (exports_of, work_of, snoozes_of, pages_of, rules_of, api_of, _saying):
        app.include_router(router_of(console))
    return app


def _surround(app: FastAPI, metrics: ConsoleMetrics) -> None:
    """Measure every answer, and put the headers around it."""

    @app.middleware("http")
    async def surrounded(request: Request, call_next: Any) -> Response:  # noqa: ANN401 - as starlette has it
        begun = time.monotonic()
        response = cast("Response", await call_next(request))
        route = getattr(request.scope.get("route"), "path", "other")
        metrics.seconds.labels(route, response.status_code).observe(time.monotonic() - begun)
        response.headers.update(_HEADERS | (_OF_FILES if request.url.path.startswith("/static/") else {}))
        return response


def _tell_errors(app: FastAPI, console: Console) -> None:
    """What cannot be shown is said in the language of the reader, on a page or as JSON."""

    def told(request: Request, status: int, key: str, detail: str = "") -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": words_in("en")[key].format(detail)}, status)
        return console.page(request, "error", {"said": words_in(language_of(request))[key].format(detail)}, status)

    @app.exception_handler(ConfigurationError)
    def redis_is_away(request: Request, _: ConfigurationError) -> Response:
        return told(request, 503, "redis_away")

    @app.exception_handler(InputError)
    def begins_several(request: Request, _: InputError) -> Response:
        return told(request, 404, "not_found")

    @app.exception_handler(HTTPException)
    def refused_by_route(request: Request, error: HTTPException) -> Response:
        key = "not_found" if error.status_code == 404 else "wrong_form"
        return told(request, error.status_code, key, str(error.detail))

    @app.exception_handler(RequestValidationError)
    def is_wrong(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return told(request, 422, "wrong_form", f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")

    @app.exception_handler(WhoError)
    def nobody_says_who(request: Request, _: WhoError) -> Response:
        return told(request, 422, "wrong_form", words_in(language_of(request))["by_missing"])

    @app.exception_handler(UnreadError)
    @app.exception_handler(KafkaError)
    @app.exception_handler(OSError)  # a time-out is one
    def kafka_is_away(request: Request, error: Exception) -> Response:
        console.log.warning("the brokers do not answer", reason=type(error).__name__)
        return told(request, 503, "kafka_away")


def _saying(console: Console) -> APIRouter:
    """What reviewers say."""
    router = APIRouter(include_in_schema=False)

    @router.post("/dispositions")
    async def said(
        request: Request,
        disposition: Annotated[Disposition, Form()],
        alert_id: Annotated[list[str] | None, Form(max_length=MOST_AT_ONCE)] = None,
        reason: Annotated[str, Form()] = "",
        by: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        ids = [*dict.fromkeys(alert_id or [])]
        if refusal := refused(console, request, csrf, _wrong_in(ids, disposition, reason)):
            return refusal
        by = by_of(request, by)
        leads = [found(await asyncio.to_thread(console.model.one, one)) for one in ids]
        await console.say(leads, disposition, reason, by)
        saved = "proposed" if console.settings.second_reviewer else disposition
        to = f"/leads/{leads[0]['alert_id']}?saved={saved}" if len(leads) == 1 else "/leads?disposition=todo"
        response = RedirectResponse(to, 303)
        remember(response, by)
        return response

    return router


def _wrong_in(ids: Sequence[str], disposition: str, reason: str) -> str:
    """What is wrong with a form, by its key among the words; empty where nothing is."""
    if not ids:
        return "none_chosen"
    if disposition != "confirmed" and not reason.strip():
        return "reason_missing"
    return "too_long" if len(reason.strip()) > LONGEST_REASON else ""

"""The console as a web application: what surrounds every page, what is told of errors, and what is written."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from monitor import __version__
from monitor.area.reviewing import NotWaitingError
from monitor.console.asked import MOST_AT_ONCE
from monitor.console.context import HERE, Console, found
from monitor.console.exports import exports_of
from monitor.console.guard import Guard, LoginNeededError, TooOftenError, check_table, login_address, user_of
from monitor.console.health import health_of
from monitor.console.login import login_of
from monitor.console.metrics import ConsoleMetrics
from monitor.console.oidc import oidc_of
from monitor.console.pages import api_of, pages_of, rules_of
from monitor.console.persons import TableError, persons_of
from monitor.console.persons import check_table as check_persons
from monitor.console.who import WhoError, by_of, remember
from monitor.console.words import words_in
from monitor.console.working import snoozes_of, work_of
from monitor.contract.feedback import LONGEST_REASON, Disposition
from monitor.errors import ConfigurationError, InputError
from monitor.incidents import incident_of
from monitor.settings import Settings
from streams.kafka.reading import UnreadError

_HERE_ALONE = ["localhost", "127.0.0.1", "[::1]"]
"""By these names it is reached where no other is set: a page elsewhere that points its own name at this machine is not
answered."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""Nothing is fetched from outside, no script runs but ours, and no other page shows ours."""
_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}
_OF_FILES = {"Cache-Control": "public, max-age=3600"}


def app_of(settings: Settings, metrics: ConsoleMetrics) -> FastAPI:
    """The console of an area. Raises ConfigurationError where a setting is wrong."""
    console = Console(settings, metrics)
    check_persons(settings.console_persons)
    app = FastAPI(
        title="settlement-monitor console", version=__version__, docs_url=None, redoc_url=None,
        openapi_url=None, description="Leads and what is said of them. Leads are never verdicts.",
        dependencies=[Depends(Guard(console))],
    )  # fmt: skip
    app.add_middleware(
        SessionMiddleware, secret_key=settings.console_secret or secrets.token_urlsafe(32),
        session_cookie=console.cookie("session"), max_age=int(3600 * settings.console_hours),
        https_only=console.is_secure,
    )  # fmt: skip
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(settings), www_redirect=False)
    _surround(app, console)
    _tell_refusals(app, console)
    _tell_errors(app, console)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    routers = [login_of(console), pages_of(console), rules_of(console), api_of(console), _saying(console)]
    routers += [oidc_of(console), work_of(console), snoozes_of(console), exports_of(console), persons_of(console)]
    routers += [health_of(console), _description_of(app)]
    check_table(route for router in routers for route in router.routes)
    for router in routers:
        app.include_router(router)
    return app


def _hosts(settings: Settings) -> list[str]:
    host = urlsplit(settings.console_address).hostname
    if host is None:
        return _HERE_ALONE
    return [f"[{host}]" if ":" in host else host]


def _description_of(app: FastAPI) -> APIRouter:
    """The description of the API."""
    router = APIRouter(prefix="/api", include_in_schema=False)

    @router.get("/openapi.json")
    def description() -> dict[str, Any]:
        return app.openapi()

    return router


def _surround(app: FastAPI, console: Console) -> None:
    """Measure every answer, and put the headers around it."""

    @app.middleware("http")
    async def surrounded(request: Request, call_next: Any) -> Response:  # noqa: ANN401 - as starlette has it
        begun = time.monotonic()
        response = cast("Response", await call_next(request))
        route = getattr(request.scope.get("route"), "path", "other")
        console.metrics.seconds.labels(route, response.status_code).observe(time.monotonic() - begun)
        response.headers.update(_HEADERS | (_OF_FILES if request.url.path.startswith("/static/") else {}))
        response.headers.update(_OVER_TLS if console.is_secure else {})
        return response


def _tell_refusals(app: FastAPI, console: Console) -> None:
    """Who is not let through is sent to log in, or told when to try again."""

    @app.exception_handler(LoginNeededError)
    def has_to_log_in(request: Request, _: LoginNeededError) -> Response:
        if request.headers.get("HX-Request") == "true":
            return Response(status_code=401, headers={"HX-Redirect": "/login"})
        if request.url.path.startswith("/api/") or "text/event-stream" in request.headers.get("Accept", ""):
            answer = JSONResponse({"detail": words_in("en")["log_in_first"]}, 401)
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        return RedirectResponse(login_address(request), 303)

    @app.exception_handler(TooOftenError)
    def too_often(request: Request, error: TooOftenError) -> Response:
        answer = console.told(request, 429, "too_often", str(error.seconds))
        answer.headers["Retry-After"] = str(error.seconds)
        return answer


def _tell_errors(app: FastAPI, console: Console) -> None:
    """What cannot be shown is said in the language of the reader, on a page or as JSON."""
    told = console.told

    @app.exception_handler(ConfigurationError)
    def model_is_away(request: Request, _: ConfigurationError) -> Response:
        return told(request, 503, "model_away")

    @app.exception_handler(NotWaitingError)
    def waits_no_more(request: Request, _: NotWaitingError) -> Response:
        return told(request, 409, "not_waiting")

    @app.exception_handler(InputError)
    def begins_several(request: Request, _: InputError) -> Response:
        return told(request, 404, "not_found")

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        if error.status_code == 403:
            return told(request, 403, str(error.detail))
        key = "not_found" if error.status_code == 404 else "wrong_form"
        return told(request, error.status_code, key, str(error.detail))

    @app.exception_handler(RequestValidationError)
    def is_wrong(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return told(request, 422, "wrong_form", f"{'.'.join(map(str, first['loc'][1:]))}: {first['msg']}")

    @app.exception_handler(TableError)
    def table_is_away(request: Request, error: TableError) -> Response:
        console.log.error("the table of persons cannot be read", reason=str(error))
        return told(request, 503, "table_away")

    @app.exception_handler(WhoError)
    def nobody_says_who(request: Request, _: WhoError) -> Response:
        return console.wrong(request, "by_missing")

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
    ) -> Response:
        ids = [*dict.fromkeys(alert_id or [])]
        if wrong := _wrong_in(ids, disposition, reason):
            return console.wrong(request, wrong)
        by, within = by_of(request, by), user_of(request).within
        leads = [found(await asyncio.to_thread(console.model.one, one, within)) for one in ids]
        await console.say(leads, disposition, reason, by)
        saved = "proposed" if console.settings.second_reviewer else disposition
        is_one = len({incident_of(lead) for lead in leads}) == 1
        to = f"/leads/{leads[0]['alert_id']}?saved={saved}" if is_one else "/leads?disposition=todo"
        response = RedirectResponse(to, 303)
        remember(console, request, response, by)
        return response

    return router


def _wrong_in(ids: Sequence[str], disposition: str, reason: str) -> str:
    """What is wrong with a form, by its key among the words; empty where nothing is."""
    if not ids:
        return "none_chosen"
    if disposition != "confirmed" and not reason.strip():
        return "reason_missing"
    return "too_long" if len(reason.strip()) > LONGEST_REASON else ""

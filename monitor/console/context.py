"""What every route of the console needs: read model, brokers, templates, the language of the reader."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
import structlog
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException

from monitor import __version__
from monitor.alerttext import severity_word, stage_word, status_word
from monitor.area.deeds import Deed, record
from monitor.area.disposing import said_now
from monitor.area.reviewing import record_reviews
from monitor.console.access import Access, User
from monitor.console.accessfile import AccessFile
from monitor.console.buckets import Buckets
from monitor.console.metrics import ConsoleMetrics
from monitor.console.sessions import Sessions
from monitor.console.words import words_in
from monitor.contract.feedback import DISPOSITIONS, LONGEST_NAME, LONGEST_REASON
from monitor.contract.text import Language
from monitor.contract.work import LONGEST_SNOOZE_DAYS, LONGEST_TEXT, NOBODY
from monitor.errors import ConfigurationError
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.layout import Keys
from monitor.readmodel.projector import Projector
from monitor.readmodel.readmodel import ReadModel
from monitor.readmodel.silence import Silence
from monitor.readmodel.watcher import Saved
from monitor.settings import Settings
from rules.engine.finding import SEVERITIES
from rules.times import clock, parse

HERE = Path(__file__).parent
YEAR = 366 * 86_400
TRIES = (10, 6.0)
"""So many tries to log in at once from one address, and another one after so many seconds. Our assumption."""
POSTS = (60, 1.0)
"""The same of forms, for each user and address. Our assumption: nobody disposes of leads faster."""

Lead = dict[str, Any]
T = TypeVar("T")


class Console:
    """What the routes share."""

    def __init__(self, settings: Settings, metrics: ConsoleMetrics) -> None:
        self.settings, self.metrics = settings, metrics
        self.model = ReadModel(settings)
        metrics.readable.set_function(self.model.is_readable)
        self.keys = Keys(settings.prefix)
        self._projector = Projector(settings)
        self.client = {"bootstrap_servers": settings.brokers}
        self.log = structlog.get_logger("settlement_monitor.console")
        self._access_file = AccessFile(settings)
        self.sessions = Sessions(settings.redis, self.keys)
        self.is_secure = settings.console_address.startswith("https://")
        self.tries, self.posts = Buckets(*TRIES), Buckets(*POSTS)
        self._templates = Jinja2Templates(HERE / "templates")
        self._templates.env.filters |= {"moment": _moment, "money": _money, "plain": _plain}
        self._writing = asyncio.Lock()

    @property
    def access(self) -> Access | None:
        """Who may come in now; None where nobody has to log in."""
        return self._access_file.now()

    def page(self, request: Request, name: str, shown: Mapping[str, object], status: int = 200) -> Response:
        """A page in the language of the reader."""
        language = language_of(request)
        token = request.cookies.get(self.cookie("csrf")) or secrets.token_urlsafe(24)
        user: User | None = getattr(request.state, "user", None)
        context = {
            "lang": language, "w": words_in(language),
            "other": _other_language(request, language, is_error=status >= 400),
            "dispositions": said_in(language), "severities": SEVERITIES, "csrf": token, "version": __version__,
            "moment_of": clock,
            "severity_word": lambda one: severity_word(one, language),
            "status_word": lambda one: status_word(one, language), "stage_word": lambda one: stage_word(one, language),
            "longest_reason": LONGEST_REASON, "longest_text": LONGEST_TEXT, "longest_name": LONGEST_NAME,
            "longest_snooze": LONGEST_SNOOZE_DAYS,
            "nobody": NOBODY, "needs_approval": self.settings.second_reviewer,
            "by": unquote(request.cookies.get("by", "")), "area": self.settings.prefix, "user": user,
            "may": lambda role: user is not None and user.may(role), "has_login": self.access is not None,
            "has_oidc": self.access is not None and self.access.oidc is not None,
        }  # fmt: skip
        response = self._templates.TemplateResponse(request, f"{name}.html", {**context, **shown}, status_code=status)
        if "lang" in request.query_params:
            self.set_cookie(response, "lang", language, YEAR)
        if token != request.cookies.get(self.cookie("csrf")):
            self.set_cookie(response, self.cookie("csrf"), token)
        return response

    def told(self, request: Request, status: int, key: str, detail: str = "") -> Response:
        """What cannot be shown or done, in the language of the reader, on a page or as JSON."""
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": words_in("en")[key].format(detail)}, status)
        return self.page(request, "error", {"said": words_in(language_of(request))[key].format(detail)}, status)

    def wrong(self, request: Request, key: str) -> Response:
        """A form that is not taken. key: what is wrong with it, among the words."""
        return self.told(request, 422, "wrong_form", words_in(language_of(request))[key])

    def cookie(self, name: str) -> str:
        """The name of a cookie of ours. Off this machine it is one that no other host of the domain can set."""
        return f"__Host-{name}" if self.is_secure else name

    def set_cookie(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie that no script reads. seconds: how long it is kept; None: until the browser is closed."""
        response.set_cookie(name, value, max_age=seconds, samesite="strict", httponly=True, secure=self.is_secure)

    def session_user(self, session: Mapping[str, Any]) -> User | None:
        """Whose session it is; None where it is nobody's or has ended. Raises ConfigurationError."""
        who, access = session.get("who"), self.access
        if access is None or who is None or time.time() >= session["until"]:
            return None
        return access.of_session(who) if self.sessions.goes_on(session.get("name", "")) else None

    async def still_there(self, request: Request) -> bool:
        """Whether whoever asked may still see what comes: a stream of news lasts longer than a request.

        Raises ConfigurationError.
        """
        return self.access is None or await asyncio.to_thread(self.session_user, request.session) is not None

    def tell_login(self, way: str, user: User | None) -> None:
        """Count and log that somebody logged in, or was refused: user None. No name: it may be a person's number."""
        result = "refused" if user is None else "accepted"
        self.metrics.logins.labels(way, result).inc()
        self.log.info("log-in", way=way, result=result, role=user.role if user else "")

    def institutions(self) -> list[str]:
        """Those that sent a message within the watched days."""
        value = self.model.heard()
        return [] if value is None else [*msgspec.json.decode(value, type=Saved).heard]

    def silent(self, within: Jurisdiction | None) -> dict[str, float]:
        """Institution -> seconds, of those that normally send and fell silent; of those that the reader may see."""
        value = self.model.heard()
        silent = {} if value is None else Silence(msgspec.json.decode(value, type=Saved).heard).silent()
        return {code: one for code, one in silent.items() if within is None or within.has_institution(code)}

    async def say(self, leads: Iterable[Lead], disposition: str, reason: str, by: str) -> None:
        """Write a disposition of each lead, or a proposal; the brokers have it when this is over.

        Raises InputError where it is none, KafkaError, OSError or TimeoutError where it could not be written.
        """
        deeds = []
        for lead in leads:
            one = lead["alert_id"]
            deed = said_now(
                self.settings.prefix, one, disposition, reason, by,
                earlier=await asyncio.to_thread(self.model.said_of, one),
                done=await asyncio.to_thread(self.model.done_with, one), needs_approval=self.settings.second_reviewer,
            )  # fmt: skip
            deeds.append(deed)
        await self.write(deeds)
        self.metrics.said.labels(disposition).inc(len(deeds))
        self.log.info("disposed", alerts=len(deeds), disposition=disposition)

    async def write(self, deeds: Sequence[Deed]) -> None:
        """Write deeds; the brokers have them when this is over. Raises KafkaError, OSError or TimeoutError."""
        async with self._writing:
            await record(self.client, self.settings.prefix, deeds)
        await self._show(deeds)

    async def write_reviews(self, deeds: Sequence[Deed], known: Mapping[tuple[str, int], int]) -> None:
        """Write what was decided of proposals, as of `record_reviews`; raises what that raises."""
        async with self._writing:
            await record_reviews(self.client, self.settings.prefix, deeds, known, check_crcs=not self.settings.embedded)
        await self._show(deeds)

    async def _show(self, deeds: Sequence[Deed]) -> None:
        # The read model hears of it from the topics; whoever looks at once sees it already.
        with suppress(sqlite3.Error, ConfigurationError):
            messages = [message for deed in deeds for message in deed.messages]
            await asyncio.to_thread(self._projector.put_messages, messages)


def found(one: T | None) -> T:
    """What is there; a page that says so where it is not."""
    if one is None:
        raise HTTPException(404)
    return one


def language_of(request: Request) -> Language:
    """The language of the reader: asked for in the address, or remembered; else Chinese."""
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    return "en" if asked == "en" else "zh"


def said_in(language: Language) -> dict[str, str]:
    """The dispositions in a language."""
    return {key: said.of(language) for key, said in DISPOSITIONS.items()}


def _other_language(request: Request, language: Language, *, is_error: bool) -> str:
    """The address of the same page in the other language; of the first page from an error, which repeats nothing."""
    url = request.url.include_query_params(lang="en" if language == "zh" else "zh")
    return f"/?{url.query.rpartition('&')[2]}" if is_error else f"{url.path}?{url.query}"


def _moment(text: str) -> str:
    """A time as people in Beijing write it."""
    return clock(parse(text), "%Y-%m-%d %H:%M")


def _plain(value: object, words: Mapping[str, str]) -> object:
    """A value as people write it: a yes or a no in words."""
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    return value


def _money(yuan: float | None) -> str:
    return f"{yuan:,.2f}" if yuan else ""

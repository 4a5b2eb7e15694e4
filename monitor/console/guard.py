"""What each route needs, and who is let through. A route that the table does not have makes no console."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from hmac import compare_digest
from urllib.parse import quote

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from monitor.console.access import LOCAL, Role, User
from monitor.console.buckets import Buckets
from monitor.console.context import Console

NEEDED: Mapping[tuple[str, str], Role | None] = {
    ("GET", "/login"): None,
    ("POST", "/login"): None,
    ("POST", "/logout"): None,
    ("GET", "/login/oidc"): None,
    ("GET", "/login/oidc/back"): None,
    ("GET", "/"): "viewer",
    ("GET", "/leads"): "viewer",
    ("GET", "/leads.csv"): "viewer",
    ("GET", "/leads/{alert_id}"): "viewer",
    ("GET", "/institutions/{code}"): "viewer",
    ("GET", "/persons/{pseudonym}"): "reviewer",
    ("GET", "/news"): "viewer",
    ("GET", "/rules"): "viewer",
    ("GET", "/rules/{rule_id}"): "viewer",
    ("GET", "/health"): "viewer",
    ("POST", "/leads/{alert_id}/export.json"): "reviewer",
    ("POST", "/leads/{alert_id}/print"): "reviewer",
    ("POST", "/dispositions"): "reviewer",
    ("POST", "/assignments"): "reviewer",
    ("POST", "/comments"): "reviewer",
    ("POST", "/reviews"): "approver",
    ("POST", "/snoozes"): "admin",
    ("POST", "/snoozes/end"): "admin",
    ("POST", "/persons"): "approver",
    ("GET", "/api/leads"): "viewer",
    ("GET", "/api/leads/{alert_id}"): "viewer",
    ("GET", "/api/rules"): "viewer",
    ("GET", "/api/snoozes"): "reviewer",
    ("GET", "/api/health"): "viewer",
    ("GET", "/api/openapi.json"): "viewer",
}
"""Method and route -> the least role; None: nobody has to have logged in."""
LOGIN_ROUTES = frozenset({("POST", "/login"), ("GET", "/login/oidc"), ("GET", "/login/oidc/back")})
"""Routes on which somebody tries to log in: limited by the address of the browser."""


class LoginNeededError(Exception):
    """Somebody has to log in first."""


class TooOftenError(Exception):
    """Somebody tries too often. seconds: after so long there is another try."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def check_table(routes: Iterable[BaseRoute]) -> None:
    """Refuse a route of which the table does not say what it needs, and a row of no route."""
    found = {(method, getattr(one, "path", "")) for one in routes for method in getattr(one, "methods", None) or ()}
    if found != NEEDED.keys():
        raise AssertionError(f"routes and what they need differ: {sorted(found ^ NEEDED.keys())}")


def user_of(request: Request) -> User:
    """Who asks. The guard has let this request through."""
    user: User = request.state.user
    return user


class Guard:
    """Stands before every route: how often, who, with which role, from which page."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def __call__(self, request: Request) -> None:
        """Let a request through. Raises TooOftenError, LoginNeededError, and HTTPException 403."""
        route = request.method, request.scope["route"].path
        needed = NEEDED[route]
        if route in LOGIN_ROUTES:
            self._take(self._console.tries, address_of(request))
        user = await self._user(request)
        request.state.user = user
        if needed is not None and user is None:
            raise LoginNeededError
        if needed is not None and user is not None and not user.may(needed):
            raise HTTPException(403, "forbidden")
        if request.method == "POST":
            self._take(self._console.posts, f"{user.name if user else ''}@{address_of(request)}")
            form = await request.form()
            if not is_ours(request, self._console.cookie("csrf"), str(form.get("csrf", ""))):
                raise HTTPException(403, "stale_form")

    async def _user(self, request: Request) -> User | None:
        access = self._console.access
        if access is None:
            return LOCAL
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and request.url.path.startswith("/api/"):
            known = access.of_token(token)
            if known is None:
                self._take(self._console.tries, address_of(request))
            return None if known is None else known[1]
        return await asyncio.to_thread(self._console.session_user, request.session)

    @staticmethod
    def _take(buckets: Buckets, key: str) -> None:
        if seconds := buckets.wait(key):
            raise TooOftenError(seconds)


def address_of(request: Request) -> str:
    """The address of the browser; of a proxy that is not known as one, its own."""
    return request.client.host if request.client else ""


def is_ours(request: Request, cookie: str, token: str) -> bool:
    """Whether a form came from one of our pages: it has its token, and the browser names no other origin."""
    origin, expected = request.headers.get("origin"), request.cookies.get(cookie, "")
    is_here = origin is None or origin.partition("://")[2] == request.headers.get("host")
    return is_here and bool(expected) and compare_digest(token.encode(), expected.encode())


def login_address(request: Request) -> str:
    """Where somebody logs in, and comes back from to the page that was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/login?to={quote(asked)}" if request.method == "GET" else "/login"


def place_on_this_site(text: str) -> str:
    """A path of ours to go to; the first page where somebody put another site there."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if is_path else "/"

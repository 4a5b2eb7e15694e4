"""Logging in and out."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from monitor.console.access import User
from monitor.console.context import Console
from monitor.console.guard import place_on_this_site

LONGEST_TOKEN = 200


def login_of(console: Console) -> APIRouter:
    """The pages on which people log in and out."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    def login(request: Request, to: str = "/") -> Response:
        to = place_on_this_site(to)
        if request.state.user is not None:
            return RedirectResponse(to, 303)
        return console.page(request, "login", {"to": to, "is_wrong": False})

    @router.post("/login")
    def log_in(
        request: Request,
        token: Annotated[str, Form(max_length=LONGEST_TOKEN)] = "",
        to: Annotated[str, Form()] = "/",
    ) -> Response:
        to = place_on_this_site(to)
        access = console.access
        known = None if access is None else access.of_token(token)
        if known is None:
            console.tell_login("token", None)
            return console.page(request, "login", {"to": to, "is_wrong": True}, 401)
        hashed, user = known
        begin(console, request, {"token": hashed}, "token", user)
        return RedirectResponse(to, 303)

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        name = request.session.get("name", "")
        request.session.clear()
        console.sessions.end(name)
        return RedirectResponse("/login", 303)

    return router


def begin(console: Console, request: Request, who: dict[str, Any], way: str, user: User) -> None:
    """A session begins; what a browser had of another is gone. Raises ConfigurationError."""
    seconds = int(3600 * console.settings.console_hours)
    request.session.clear()
    request.session.update({"who": who, "name": console.sessions.begin(seconds), "until": int(time.time()) + seconds})
    console.tell_login(way, user)

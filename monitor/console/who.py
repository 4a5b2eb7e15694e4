"""Who acts: the one place in which the console learns it."""

from __future__ import annotations

from urllib.parse import quote, unquote

from fastapi import Request, Response

from monitor.console.context import YEAR, Console
from monitor.console.guard import user_of
from monitor.contract.feedback import LONGEST_NAME


class WhoError(Exception):
    """Nobody says who acts, or the name is too long."""


def by_of(request: Request, typed: str) -> str:
    """Who acts: who is logged in; without a log-in as typed, else as remembered of the last time. Raises WhoError."""
    name = user_of(request).name or typed.strip() or unquote(request.cookies.get("by", ""))
    if not 0 < len(name) <= LONGEST_NAME:
        raise WhoError
    return name


def remember(console: Console, request: Request, response: Response, by: str) -> None:
    """Let the next form begin with this name, where nobody logs in."""
    if not user_of(request).name:
        console.set_cookie(response, "by", quote(by), YEAR)

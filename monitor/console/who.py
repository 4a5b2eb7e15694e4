"""Who acts: the one place in which the console learns it."""

from __future__ import annotations

from urllib.parse import quote, unquote

from fastapi import Request, Response

from monitor.console.context import YEAR
from monitor.contract.feedback import LONGEST_NAME


class WhoError(Exception):
    """Nobody says who acts, or the name is too long."""


def by_of(request: Request, typed: str) -> str:
    """Who acts: as typed, else as remembered of the last time. Raises WhoError."""
    name = typed.strip() or unquote(request.cookies.get("by", ""))
    if not 0 < len(name) <= LONGEST_NAME:
        raise WhoError
    return name


def remember(response: Response, by: str) -> None:
    """Let the next form begin with this name."""
    response.set_cookie("by", quote(by), max_age=YEAR, samesite="strict", httponly=True)

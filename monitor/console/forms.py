"""What every form of the console must have."""

from __future__ import annotations

from hmac import compare_digest

from fastapi import Request, Response

from monitor.console.context import Console, language_of
from monitor.console.words import words_in


def refused(console: Console, request: Request, csrf: str, wrong: str) -> Response | None:
    """The page that says why a form is not taken; None where it is. wrong: a key among the words, or empty."""
    words = words_in(language_of(request))
    if not _is_ours(request, csrf):
        return console.page(request, "error", {"said": words["stale_form"]}, 403)
    if wrong:
        return console.page(request, "error", {"said": words["wrong_form"].format(words[wrong])}, 422)
    return None


def _is_ours(request: Request, token: str) -> bool:
    """Whether a form came from one of our pages: it has its token, and the browser names no other origin."""
    origin, expected = request.headers.get("origin"), request.cookies.get("csrf", "")
    is_here = origin is None or origin.partition("://")[2] == request.headers.get("host")
    return is_here and bool(expected) and compare_digest(token.encode(), expected.encode())

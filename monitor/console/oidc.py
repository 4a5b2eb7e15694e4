"""Logging in at a provider by OpenID Connect: code flow with PKCE, state and nonce. Authlib checks the ID token."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from joserfc.errors import JoseError

from monitor.console.access import Oidc
from monitor.console.context import Console
from monitor.console.guard import place_on_this_site
from monitor.console.login import begin

SECONDS = 10.0
"""So long may the provider take. Our assumption."""
_REFUSED = (OAuthError, JoseError, httpx2.HTTPError, ValueError, KeyError, RuntimeError)
"""What goes wrong with a provider: it refuses, signs otherwise, is away, or answers something else."""


def oidc_of(console: Console) -> APIRouter:
    """The way to the provider and back."""
    router = APIRouter(include_in_schema=False)
    begun = console.access
    client = None if begun is None or begun.oidc is None else _client(begun.oidc, begun.secret)

    @router.get("/login/oidc")
    async def to_provider(request: Request, to: str = "/") -> Response:
        if client is None:
            return console.told(request, 404, "not_found")
        request.session["to"] = place_on_this_site(to)
        base = console.settings.console_address or str(request.base_url).rstrip("/")
        try:
            answer: Response = await client.authorize_redirect(request, f"{base}/login/oidc/back")
        except _REFUSED as error:
            return _refuse(console, request, type(error).__name__)
        return answer

    @router.get("/login/oidc/back")
    async def from_provider(request: Request) -> Response:
        access = console.access
        if client is None or access is None:
            return console.told(request, 404, "not_found")
        to = place_on_this_site(str(request.session.pop("to", "/")))
        try:
            claims = dict((await client.authorize_access_token(request))["userinfo"])
        except _REFUSED as error:
            return _refuse(console, request, type(error).__name__)
        user = access.of_claims(claims)
        if user is None:
            return _refuse(console, request, "no name, role or region")
        within = None if user.within is None else [[*user.within.regions], [*user.within.institutions]]
        who = {"name": user.name, "roles": access.roles_in(claims), "within": within}
        await asyncio.to_thread(begin, console, request, who, "oidc", user)
        return RedirectResponse(to, 303)

    return router


def _client(oidc: Oidc, secret: str) -> Any:  # noqa: ANN401 - Authlib has no types
    registry = OAuth()
    registry.register(
        "oidc", client_id=oidc.client_id, client_secret=secret,
        server_metadata_url=f"{oidc.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": oidc.scope, "code_challenge_method": "S256", "timeout": SECONDS},
    )  # fmt: skip
    return registry.oidc


def _refuse(console: Console, request: Request, reason: str) -> Response:
    """Nobody comes in. reason: for the log; nothing of what the provider said, which may name a person."""
    console.log.warning("the provider let nobody in", reason=reason)
    console.tell_login("oidc", None)
    return console.told(request, 403, "oidc_refused")

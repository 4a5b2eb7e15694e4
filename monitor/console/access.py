"""Who may come in: named tokens and the provider of log-ins, as the access file has them, and what each one may do."""

from __future__ import annotations

import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from monitor.contract.feedback import LONGEST_NAME
from monitor.errors import ConfigurationError
from monitor.readmodel.jurisdiction import LEVELS, Jurisdiction
from monitor.settings import Settings, is_loopback

Role = Literal["viewer", "reviewer", "approver", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the most: each may do what those before it may."""
EVERYTHING = "*"
"""The value of a claim that stands for all regions and institutions."""
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class User:
    """Somebody who came in. name: empty where nobody had to log in. within: None: sees every lead."""

    name: str
    role: Role
    within: Jurisdiction | None = None

    def may(self, needed: Role) -> bool:
        """Whether the role is enough."""
        return ROLES.index(self.role) >= ROLES.index(needed)


LOCAL = User("", "admin")
"""Whoever sits at this machine, where no access file says more: does all that needs no name that is known for sure."""


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named token. hash: sha256: and the hex hash of the token. No region and no institution: sees every lead."""

    name: str
    hash: str
    role: Role
    regions: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()


class Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which claims of an ID token say what; a claim within a claim as `realm_access.roles`.

    regions, institutions: empty: whoever logs in sees every lead.
    """

    name: str = "name"
    role: str = "roles"
    regions: str = ""
    institutions: str = ""


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provider of log-ins. secret_file: beside the access file. roles: value of the claim -> role."""

    issuer: str
    client_id: str
    secret_file: str
    roles: dict[str, Role]
    claims: Claims = Claims()
    scope: str = "openid profile"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tokens: tuple[Token, ...] = ()
    oidc: Oidc | None = None


class Access:
    """Who may come in. secret: of the provider; empty where there is none."""

    def __init__(self, tokens: Iterable[Token], oidc: Oidc | None = None, secret: str = "") -> None:
        self.oidc, self.secret = oidc, secret
        self._users = {
            one.hash: User(one.name, one.role, _within(one.regions, one.institutions)) for one in tokens
        }  # fmt: skip

    def of_token(self, token: str) -> tuple[str, User] | None:
        """The hash of a token and whose it is; None where it is nobody's."""
        hashed = hash_of(token.strip())
        user = self._users.get(hashed)
        return None if user is None else (hashed, user)

    def of_session(self, who: Mapping[str, Any]) -> User | None:
        """Whose session it is; None where the file has the token, the provider or its roles no more."""
        if "token" in who:
            return self._users.get(who["token"])
        if self.oidc is None:
            return None
        within = None if who["within"] is None else Jurisdiction(*map(tuple, who["within"]))
        role = self._highest(who["roles"])
        return None if role is None else User(who["name"], role, within)

    def roles_in(self, claims: Mapping[str, Any]) -> list[str]:
        """The roles that an ID token gives, in the words of the provider."""
        return [] if self.oidc is None else _values(claims, self.oidc.claims.role)

    def _highest(self, held: Iterable[str]) -> Role | None:
        """The highest role of the console among roles in the words of the provider; None where the file has none."""
        roles = {} if self.oidc is None else self.oidc.roles
        return max((roles[one] for one in held if one in roles), key=ROLES.index, default=None)

    def of_claims(self, claims: Mapping[str, Any]) -> User | None:
        """Who an ID token says that it is; None where it gives no name, no role or no region.

        Where the file names a claim for regions or institutions, an ID token without a value there sees nothing.
        Long because it reads four claims, and refuses where one says nothing.
        """
        if self.oidc is None:
            return None
        named = self.oidc.claims
        name = " ".join(_values(claims, named.name)).strip()[:LONGEST_NAME]
        role = self._highest(self.roles_in(claims))
        given = _values(claims, named.regions), _values(claims, named.institutions)
        sees_all = not (named.regions or named.institutions) or any(EVERYTHING in one for one in given)
        within = None if sees_all else _within(*given)
        if not name or role is None or (within is None and not sees_all):
            return None
        return User(name, role, within)


def load_access(settings: Settings) -> Access | None:
    """The access file of the settings; None where everybody who reaches the console is on this machine.

    Raises ConfigurationError where others reach it and there is no access file or no address with TLS.
    """
    host, address = settings.console_host, settings.console_address
    is_local = is_loopback(host) and (not address or is_loopback(urlsplit(address).hostname or ""))
    if settings.console_access is not None:
        if not is_loopback(host) and not address:
            raise ConfigurationError(
                "MONITOR_CONSOLE_ADDRESS: expected https://..., the address of the proxy that ends TLS before the "
                f"console: others reach MONITOR_CONSOLE_HOST ({host})"
            )
        return _read(settings.console_access)
    if is_local:
        return None
    raise ConfigurationError(
        "MONITOR_CONSOLE_ACCESS: expected a file that says who may log in: others reach "
        f"{f'MONITOR_CONSOLE_ADDRESS ({address})' if is_loopback(host) else f'MONITOR_CONSOLE_HOST ({host})'}"
    )


def new_token() -> str:
    """A token that nobody guesses: 256 bits. `smt_` in front, so that a search for secrets finds it."""
    return f"smt_{secrets.token_urlsafe(32)}"


def hash_of(token: str) -> str:
    """What the access file has of a token. It holds 256 bits, so a fast hash is enough."""
    return f"sha256:{sha256(token.encode()).hexdigest()}"


def entry_of(token: Token) -> str:
    """A token as it stands in the access file."""
    lines = [f"name = {_quoted(token.name)}", f'hash = "{token.hash}"', f'role = "{token.role}"']
    for name, codes in (("regions", token.regions), ("institutions", token.institutions)):
        if codes:
            lines.append(f"{name} = [{', '.join(map(_quoted, codes))}]")
    return "\n".join(("[[tokens]]", *lines))


def wrong_in(token: Token) -> str:
    """What is wrong with a token of an access file; empty where nothing is."""
    if not 0 < len(token.name.strip()) <= LONGEST_NAME or not token.name.isprintable():
        return f"name: expected 1 to {LONGEST_NAME} characters"
    if not _HASH.fullmatch(token.hash):
        return "hash: expected sha256: and 64 hex digits, as monitor access token prints"
    return next((f"regions: expected codes of 2, 4 or 6 digits, was {one}" for one in token.regions
                 if not _is_region(one)), "")  # fmt: skip


def _read(path: Path) -> Access:
    """An access file. Raises ConfigurationError: file, what was expected, what came; never a hash or a secret."""
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
        secret = "" if file.oidc is None else (path.parent / file.oidc.secret_file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"MONITOR_CONSOLE_ACCESS: {error.filename}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"MONITOR_CONSOLE_ACCESS: {path}: {error}") from None
    if wrong := _wrong_in(file, secret):
        raise ConfigurationError(f"MONITOR_CONSOLE_ACCESS: {path}: {wrong}")
    return Access(file.tokens, file.oidc, secret)


def _wrong_in(file: _File, secret: str) -> str:
    """What is wrong with an access file, in a sentence; empty where nothing is.

    Long because each thing that can be wrong has a sentence of its own.
    """
    if not file.tokens and file.oidc is None:
        return "expected [[tokens]] or [oidc], found neither: nobody could log in"
    for one in file.tokens:
        if wrong := wrong_in(one):
            return f"token {one.name}: {wrong}"
    for name in ("name", "hash"):
        if len({getattr(one, name) for one in file.tokens}) < len(file.tokens):
            return f"expected tokens that each have a {name} of their own"
    if file.oidc is None:
        return ""
    issuer = urlsplit(file.oidc.issuer)
    if not issuer.hostname or not (issuer.scheme == "https" or is_loopback(issuer.hostname)):
        return "oidc.issuer: expected https://..."
    return "" if secret else "oidc.secret_file: expected a secret in it, it is empty"


def _within(regions: Iterable[str], institutions: Iterable[str]) -> Jurisdiction | None:
    found = Jurisdiction(tuple(filter(_is_region, regions)), tuple(one.upper() for one in institutions))
    return found if found.names else None


def _is_region(code: str) -> bool:
    return code.isascii() and code.isdigit() and len(code) in LEVELS


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """The texts of a claim, one or a list of them."""
    found: Any = claims if path else None
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, str) and one]


def _quoted(text: str) -> str:
    """A text of TOML."""
    return msgspec.json.encode(text).decode()

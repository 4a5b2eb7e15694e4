"""What decides what an alert says: the fingerprint that all workers of an area must share."""

from __future__ import annotations

from hashlib import blake2b, scrypt

from monitor.settings import DEVELOPMENT_KEY, MAY_DIFFER, Settings, variable
from rules.catalogue import catalogue
from rules.engine.records import VERSION as STATE_VERSION

SECRET = (variable("person_key"),)
"""Of these only a hash is kept, and neither value is ever told."""


def fingerprint_of(settings: Settings, area: str) -> dict[str, str]:
    """Name -> value of every setting that decides, of the catalogue and of the form of saved state.

    area: id of the area, the salt of what is secret.
    """
    names = [name for name in Settings.model_fields if name not in MAY_DIFFER]
    found = {variable(name): _text(getattr(settings, name)) for name in names}
    found[variable("person_key")] = _hidden(settings.person_key or DEVELOPMENT_KEY, area)
    return found | {"catalogue": catalogue_version(), "state": STATE_VERSION}


def catalogue_version() -> str:
    """A hash over the rules that there are, and the versions of their code."""
    rules = [(rule_id, rule.card.version) for rule_id, rule in catalogue().items()]
    return blake2b(repr(rules).encode(), digest_size=4).hexdigest()


def _hidden(secret: str, salt: str) -> str:
    """A hash by which nobody can try many guesses.

    scrypt, for each guess costs 16 MiB and some 50 ms, where blake2b would allow millions a second; with the area's id
    as salt, so that equal keys of two areas do not show, and no table of guesses can be made before.
    """
    return scrypt(secret.encode(), salt=salt.encode(), n=1 << 14, r=8, p=1, dklen=8).hex()


def _text(value: object) -> str:
    """A value as people write it: 72, not 72.0."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)

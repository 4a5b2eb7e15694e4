"""Which rules are in force, with which parameters: the catalogue's defaults and what rules.toml says over them."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from monitor.errors import ConfigurationError
from rules._rule import Rule
from rules._track import Watch
from rules.catalogue import catalogue

LONGEST_QUIET = 30 * 86_400


class Life(BaseModel):
    """What a table of rules.toml says beside parameters. shadow: judge and publish, but page nobody."""

    model_config = ConfigDict(extra="ignore", strict=True)

    enabled: bool = True
    status: Literal["live", "shadow"] = "live"


def load_rules(path: Path | None) -> list[Watch]:
    """The rules in force, by id. Raises ConfigurationError: file, rule, parameter, expected, came."""
    given = _read(path) if path else {}
    classes = catalogue()
    watches = []
    for rule_id in given:
        if rule_id not in classes:
            raise ConfigurationError(f"{path}: [{rule_id}]: expected a rule id{_did_you_mean(rule_id, list(classes))}")
    for rule_id, rule_class in classes.items():
        life, rule = configure(rule_class, given.get(rule_id, {}), f"{path}: [{rule_id}]")
        if life.enabled:
            watches.append(Watch(rule, shadow=life.status == "shadow"))
    return watches


def configure(rule_class: type[Rule], given: object, place: str) -> tuple[Life, Rule]:
    """A rule with these parameters over its defaults. Raises ConfigurationError."""
    if not isinstance(given, dict):
        raise ConfigurationError(f"{place}: expected a table of parameters, was {type(given).__name__}")
    names = [one.name for one in fields(rule_class)]
    for name in given:
        if name not in names and name not in Life.model_fields:
            raise ConfigurationError(f"{place}.{name}: expected a parameter{_did_you_mean(name, names)}")
    try:
        life = Life.model_validate({name: value for name, value in given.items() if name in Life.model_fields})
        parameters = {name: value for name, value in given.items() if name in names}
        rule = TypeAdapter(rule_class).validate_python(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{place}.{where}: {first['msg']}, was {first['input']!r}") from None
    if not 0 <= rule.quiet <= LONGEST_QUIET:
        raise ConfigurationError(f"{place}.quiet: expected 0 to {LONGEST_QUIET} seconds, was {rule.quiet}")
    for name, value in parameters.items():
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            raise ConfigurationError(f"{place}.{name}: expected 0 or more, was {value}")
    return life, rule


def parameters_of(rule_class: type[Rule]) -> dict[str, object]:
    """The parameters of a rule with their defaults."""
    return {one.name: one.default for one in fields(rule_class) if one.default is not MISSING}


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: expected TOML: {error}") from None


def _did_you_mean(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f", did you mean {close[0]}?" if close else f" (one of {', '.join(known)})"

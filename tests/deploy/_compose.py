"""docker-compose.yml as Compose reads it: variables put in, anchors resolved."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.deploy._processes import ROOT

FILE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<word>[^}]*))?\}")


class MissingError(Exception):
    """A variable that has to be set is not."""


def compose(environment: Mapping[str, str]) -> dict[str, Any]:
    """The file under these variables; a setting without a value has that of its variable. Raises MissingError."""

    def value(variable: re.Match[str]) -> str:
        if given := environment.get(variable["name"]):
            return given
        if variable["kind"] == "?":
            raise MissingError(f"{variable['name']}: {variable['word']}")
        return variable["word"] or ""

    parsed: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(value, FILE.read_text()))
    for service in parsed["services"].values():
        stated = service.get("environment", {})
        given = {name: environment.get(name) if one is None else one for name, one in stated.items()}
        service["environment"] = {name: one for name, one in given.items() if one is not None}
    return parsed


def services() -> dict[str, dict[str, Any]]:
    """The services by name, the one secret being set."""
    found: dict[str, dict[str, Any]] = compose({"MONITOR_PERSON_KEY": "test"})["services"]
    return found


def words(service: str) -> list[str]:
    """The words of a service's command."""
    return [str(word) for word in services()[service]["command"]]


def health_check(service: str) -> list[str]:
    """The words of a service's health check, after CMD or CMD-SHELL."""
    return [str(word) for word in services()[service]["healthcheck"]["test"][1:]]

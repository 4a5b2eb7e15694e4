"""The catalogue: every rule class in the folders of this package, by id."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from .engine.rule import Rule

FAMILIES = ("credential", "drug", "inpatient", "billing", "entitlement", "actors")
OVER_LEADS = "actors"
"""The family of the rules that judge leads, dispositions and work on leads, and no message."""


def catalogue() -> dict[str, type[Rule]]:
    """Rule id -> class, sorted by id; found by looking into the folders, so adding a file adds the rule."""
    return {**_found()}


@cache
def _found() -> dict[str, type[Rule]]:
    found: dict[str, type[Rule]] = {}
    for family in FAMILIES:
        package = importlib.import_module(f"{__package__}.{family}")
        for module in pkgutil.iter_modules(package.__path__):
            members = vars(importlib.import_module(f"{package.__name__}.{module.name}")).values()
            found |= {one.card.id: one for one in members if _is_rule(one, f"{package.__name__}.{module.name}")}
    return dict(sorted(found.items()))


def of_messages() -> dict[str, type[Rule]]:
    """The rules that judge messages: all but those over leads."""
    return {name: rule for name, rule in catalogue().items() if rule.card.family != OVER_LEADS}


def _is_rule(member: object, module: str) -> bool:
    """Whether it is a rule of this file: it has a card of its own."""
    return (
        isinstance(member, type) and issubclass(member, Rule) and "card" in vars(member) and member.__module__ == module
    )

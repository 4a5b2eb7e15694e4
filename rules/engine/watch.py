"""A watch: a version of a rule as it is in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from ..reference import Reference
from ..times import BEFORE_ALL
from .guard import Guard
from .rule import Rule


@dataclass(frozen=True)
class Watch:
    """A version of a rule as it is in force; shadow alerts page nobody.

    enabled: False of a rule that is off: its open alerts close at the next tick. since: business time from which this
    version judges, ms UTC. before: the version that judges what lies before. warm_at: from when on its window is full,
    ms UTC: a rule does not know what came before it was in force.
    """

    rule: Rule
    shadow: bool = False
    enabled: bool = True
    since: int = BEFORE_ALL
    before: Watch | None = None
    warm_at: int = BEFORE_ALL

    @property
    def name(self) -> str:
        """What tells a rule apart from its own shadow, in the saved state."""
        return f"{self.rule.id}/shadow" if self.shadow else self.rule.id

    @cached_property
    def guard(self) -> Guard:
        """The guard of the rule, made once."""
        return self.rule.guard

    @cached_property
    def fewest(self) -> int:
        """The fewest entries with which any version may have a finding."""
        return min(version.guard.fewest for version in self.versions())

    def at(self, time: int) -> Watch | None:
        """The version that judges what happened at this time (ms UTC); None where the rule was not in force."""
        version: Watch | None = self
        while version is not None and time < version.since:
            version = version.before
        return version

    @property
    def span(self) -> int:
        """The longest window of all versions, ms."""
        return self.rule.span if self.before is None else max(self.rule.span, self.before.span)

    @property
    def ahead(self) -> int:
        """How far any version looks ahead, ms."""
        return self.rule.ahead if self.before is None else max(self.rule.ahead, self.before.ahead)

    def versions(self) -> Iterator[Watch]:
        """This version and all before it, the newest first."""
        version: Watch | None = self
        while version is not None:
            yield version
            version = version.before

    def after(self, known: Watch | None, now: int) -> Watch:
        """This version as it comes into force at a time (ms UTC), after the one that was known then.

        Where that was off, though open alerts of it have not closed yet, it warms anew: what it reads was not sent.
        """
        was_off = known is not None and not known.enabled
        while known is not None and known.since >= now:  # it was to come, and never came into force
            known = known.before
        if known is not None and was_off:
            known = replace(known, enabled=True, warm_at=max(known.warm_at, now + known.span))
        if known is not None and known.rule == self.rule:
            return known
        since = max(self.since, now)
        if known is not None and known.rule.span >= self.rule.span:
            return replace(self, since=since, before=known, warm_at=known.warm_at)
        return replace(self, since=since, before=known, warm_at=since + self.rule.span if since > BEFORE_ALL else since)


def able_of(watches: Iterable[Watch], reference: Reference) -> tuple[list[Watch], list[str]]:
    """Those of these rules that are on and have the tables that they need, and the ids of those that lack one."""
    enabled = [watch for watch in watches if watch.enabled]
    missing = {one.rule.id for one in enabled for table in one.rule.card.tables if not reference.has(table)}
    return [one for one in enabled if one.rule.id not in missing], sorted(missing)

"""A watch: a version of a rule as it is in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

from ..reference import Reference
from ..times import BEFORE_ALL
from .entry import Entry
from .guard import Guard
from .rule import Rule
from .tags import REPORTED, TAGS, has_tag


@dataclass(frozen=True)
class Watch:
    """A version of a rule as it is in force; shadow alerts page nobody.

    enabled: False of a rule that is off: its open alerts close at the next tick. since: business time from which this
    version judges, ms UTC. before: the version that judges what lies before. warm_at: from when on its window is full,
    ms UTC: a rule does not know what came before it was in force. tagged: the rule with other thresholds for those of
    whom a tag is said, in the order of `TAGS`; their windows are the same.
    """

    rule: Rule
    shadow: bool = False
    enabled: bool = True
    since: int = BEFORE_ALL
    before: Watch | None = None
    warm_at: int = BEFORE_ALL
    tagged: tuple[tuple[str, Watch], ...] = ()

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
        return min(one.guard.fewest for version in self.versions() for one in version.with_tagged())

    @property
    def full_version(self) -> str:
        """The full version of the rule, with a mark of its thresholds for tags where it has such."""
        if not self.tagged:
            return self.rule.full_version
        said = repr([(tag, one.rule.full_version) for tag, one in self.tagged])
        return f"{self.rule.full_version}+{blake2b(said.encode(), digest_size=3).hexdigest()}"

    def with_tagged(self) -> list[Watch]:
        """This version, and what it is for those of whom a tag is said."""
        return [self, *(one for _, one in self.tagged)]

    def tag_of(self, entry: Entry, reference: Reference) -> str:
        """The first tag for which there are other thresholds and that is said of whom an entry names; empty: none.

        A person is asked about only where the rule is about persons. What asks before money moves is judged as if
        nobody had reported the institution, for that reads the answer.
        """
        for tag, _ in self.tagged:
            if entry.pre and tag == REPORTED:
                continue
            person = entry.person if self.rule.card.subject == "person" else ""
            if has_tag(tag, entry.institution, person, entry.time, reference):
                return tag
        return ""

    def with_tag(self, tag: str) -> Watch:
        """What it is for those of whom this tag is said; itself where that moves nothing."""
        return next((one for name, one in self.tagged if name == tag), self)

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
        if known is not None and (known.rule, known.tagged) == (self.rule, self.tagged):
            return known
        since = max(self.since, now)
        if known is not None and known.rule.span >= self.rule.span:
            return replace(self, since=since, before=known, warm_at=known.warm_at)
        return replace(self, since=since, before=known, warm_at=since + self.rule.span if since > BEFORE_ALL else since)


def with_thresholds(watch: Watch, tagged: Mapping[str, Rule]) -> Watch:
    """A watch with other thresholds for those of whom a tag is said."""
    return replace(watch, tagged=tuple((tag, Watch(tagged[tag])) for tag in TAGS if tag in tagged))


def able_of(watches: Iterable[Watch], reference: Reference) -> tuple[list[Watch], list[str]]:
    """Those of these rules that are on and have the tables that they need, and the ids of those that lack one."""
    enabled = [watch for watch in watches if watch.enabled]
    missing = {one.rule.id for one in enabled for table in one.rule.card.tables if not reference.has(table)}
    return [one for one in enabled if one.rule.id not in missing], sorted(missing)

"""A rule: parameters, a pure check, and the words of its alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import ClassVar, Literal

from ..reference import Reference
from ..times import DAY, SECOND
from .entry import Entry
from .episode import Episode
from .finding import Finding
from .text import Text
from .window import Window


@dataclass(frozen=True)
class Rule:
    """One condition over one ledger. A subclass adds its parameters as fields with defaults.

    quiet: an episode ends when no trigger came for so long, seconds (at most 30 d).
    """

    id: ClassVar[str]
    name_zh: ClassVar[str]
    name_en: ClassVar[str]
    family: ClassVar[str]
    stage: ClassVar[Literal["in", "post"]] = "in"
    ledger: ClassVar[str]
    subject: ClassVar[str]
    basis: ClassVar[str]
    version: ClassVar[str] = "1"
    tables: ClassVar[tuple[str, ...]] = ()
    """Reference tables without which the rule cannot run at all."""
    judges_pre: ClassVar[bool] = False
    """Whether a pre-settlement is judged too."""
    institution_facing: ClassVar[bool] = False
    """Whether a finding on a pre-settlement may be told to the institution that asks."""
    to_check: ClassVar[Text]
    """What an inspector should look at first."""

    quiet: int

    @property
    def span(self) -> int:
        """Length of the window, ms."""
        raise NotImplementedError

    @property
    def fewest(self) -> int:
        """So many standing entries of one key are needed before any of them can give a finding."""
        return 1

    @property
    def shown(self) -> int:
        """Length of the window that an alert names, ms: of what is counted, not of the past beside it."""
        return self.span

    @property
    def looks_back(self) -> int:
        """How far before what is judged the sums reach that it is held against, ms; 0 where none are read."""
        return 0

    @property
    def ahead(self) -> int:
        """How far after its own time an entry's judgement looks, ms; what arrives there is judged anew."""
        return 0

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:
        """Judge one standing entry over the window that ends with it. Pure.

        Raises Undecidable where it lacks what it needs.
        """
        raise NotImplementedError

    def sentence(self, episode: Episode) -> Text:
        """What was seen, the value against the limit and the usual value; place, time and amount stand around it."""
        raise NotImplementedError

    @property
    def quiet_ms(self) -> int:
        """Quiet in ms."""
        return self.quiet * SECOND

    @property
    def full_version(self) -> str:
        """The version of the rule's code, with a mark of its parameters where they are not the defaults."""
        changed = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        if not changed:
            return self.version
        return f"{self.version}+{blake2b(repr(sorted(changed.items())).encode(), digest_size=3).hexdigest()}"


@dataclass(frozen=True)
class DayRule(Rule):
    """A rule over the sums of whole days; each day is judged once it is over and its late entries have come."""

    def check_day(
        self, day: int, bins: Mapping[int, list[int]], reference: Reference, institution: str
    ) -> Finding | None:
        """Judge one day (its first moment, ms UTC). bins: {first moment of a day: [entries, fen]}."""
        raise NotImplementedError

    @property
    def span(self) -> int:
        """How many days a day's sums are looked back on, ms."""
        return 66 * DAY

    @property
    def looks_back(self) -> int:
        """The same."""
        return self.span

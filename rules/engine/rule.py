"""A rule: a card, parameters, a pure check, and the words of its alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import ClassVar, Generic, Self, cast, dataclass_transform

import msgspec

from ..reference import Reference
from ..times import DAY, SECOND
from .card import Card, Subject
from .entry import E_co
from .episode import Episode
from .finding import Finding
from .guard import Guard
from .names import Names
from .parameter import Parameter, of_field
from .scene import Scene, of_days, of_triggers
from .text import Text
from .window import Window


@dataclass_transform(frozen_default=True)
@dataclass(frozen=True)
class Rule(Generic[E_co]):
    """One condition over one ledger: `class ManySwipes(Rule[Swipe])` judges swipes.

    A subclass is a frozen dataclass without saying so. It states its card, and its parameters as fields, each made with
    `parameter`. A class without a card of its own is no rule: what several rules share may stand in one.

    quiet: an alert ends when no trigger came for longer than this, seconds (at most 30 d).
    """

    card: ClassVar[Card]

    quiet: int

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(frozen=True)(cls)

    @property
    def id(self) -> str:
        """The id on the card."""
        return self.card.id

    @property
    def span(self) -> int:
        """Length of the window, ms."""
        raise NotImplementedError

    @property
    def guard(self) -> Guard:
        """The cheapest condition that every finding needs; the engine tests it before it asks `check`."""
        return Guard()

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

    def check(self, entry: E_co, window: Window[E_co], reference: Reference) -> Finding | None:  # type: ignore[misc]  # the engine asks a rule only about entries of its ledger
        """Judge one standing entry over the window that ends with it. Pure.

        Raises Undecidable where it lacks what it needs.
        """
        raise NotImplementedError

    def scene(self, episode: Episode) -> Scene:
        """Where and when it was of which the sentence tells."""
        return of_triggers(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """What was seen, the value against the limit and the usual value; place, time and amount stand around it."""
        raise NotImplementedError

    def about(self, scope: tuple[str, ...]) -> tuple[Subject, str]:
        """Kind and id of what an alert with this scope is about. A rule about actors says it by itself."""
        return cast("Subject", self.card.subject), scope[0]

    @property
    def quiet_ms(self) -> int:
        """Quiet in ms."""
        return self.quiet * SECOND

    @property
    def full_version(self) -> str:
        """The version of the rule's code, with a mark of its parameters where they are not the defaults."""
        changed = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        if not changed:
            return self.card.version
        return f"{self.card.version}+{blake2b(repr(sorted(changed.items())).encode(), digest_size=3).hexdigest()}"

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """What each parameter means, its unit and its origin, by its name."""
        return {one.name: of_field(one) for one in fields(cls)}

    @classmethod
    def present_names(cls, given: Mapping[str, object]) -> dict[str, object]:
        """Parameters under their present names, where some were written down under an earlier one."""
        return {cls.card.renamed.get(name, name): value for name, value in given.items()}

    @classmethod
    def from_saved(cls, packed: msgspec.Raw) -> Self:
        """The rule as it was saved, also by an earlier build that had other names of parameters."""
        given = msgspec.msgpack.decode(packed, type=dict[str, object])
        return msgspec.convert(cls.present_names(given), cls)


class DayRule(Rule):
    """A rule over the sums of whole days; each day is judged once it is over and its late entries have come."""

    def check_day(
        self, day: int, bins: Mapping[int, list[int]], reference: Reference, institution: str
    ) -> Finding | None:
        """Judge one day (its first moment, ms UTC).

        bins: {first moment of a day: [entries, what the ledger sums up: fen, unless it says otherwise]}.
        """
        raise NotImplementedError

    def scene(self, episode: Episode) -> Scene:
        """The institution, and the days that were judged."""
        return of_days(episode, DAY)

    @property
    def span(self) -> int:
        """How many days a day's sums are looked back on, ms."""
        return 66 * DAY

    @property
    def looks_back(self) -> int:
        """The same."""
        return self.span

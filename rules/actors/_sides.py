"""What the rules on persons whom two kinds of leads at one institution name have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from rules import DAY, Finding, Guard, Here, Reference, Rule, Text, Window, evidence

from ._actor import adds_up


class OnBothSides(Rule[Here]):
    """Persons at one institution whom leads of the one kind name, and leads of the other kind too."""

    days: int
    limit: int

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """A lead of each kind."""
        return Guard(fewest=2, distinct=("rule", 2))

    @property
    def sides(self) -> tuple[AbstractSet[str], AbstractSet[str]]:
        """The rules of the one kind and of the other, by id."""
        raise NotImplementedError

    def people_of(self, lead: Here, leads: Sequence[Here]) -> AbstractSet[str]:  # noqa: ARG002 - S05 asks
        """Of whom a lead speaks, among these leads."""
        return {*lead.persons}

    def is_enough(self, proof: Sequence[Here]) -> bool:  # noqa: ARG002 - S05 asks
        """Whether these leads suffice, however many persons they name."""
        return True

    def details(self, proof: Sequence[Here]) -> dict[str, str]:
        """The leads of each side, by rule."""
        one, other = self.sides
        return {"one": _by_rule(proof, one), "other": _by_rule(proof, other)}

    def check(self, entry: Here, window: Window[Here], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the persons on both sides, in the window that ends with this lead."""
        leads = [one for one in window.entries if adds_up(one)]
        one, other = (self._people_on(side, leads) for side in self.sides)
        proof = self._proof(leads, one & other)
        if len(one & other) < self.limit or entry not in proof or not self.is_enough(proof):
            return None
        return self._finding(len(one & other), proof)

    def _finding(self, persons: int, proof: Sequence[Here]) -> Finding:
        holds = any(lead.holds for lead in proof)
        return Finding(
            measure="persons_on_both_sides",
            value=persons,
            limit=self.limit,
            unit="persons",
            severity="critical" if holds else "high",
            evidence=evidence(proof, self.card),
            details=self.details(proof),
        )

    def _people_on(self, side: AbstractSet[str], leads: Sequence[Here]) -> set[str]:
        return {one for lead in leads if lead.rule in side for one in self.people_of(lead, leads)}

    def _proof(self, leads: Sequence[Here], persons: AbstractSet[str]) -> list[Here]:
        """The leads of either kind that speak of one of these persons."""
        one, other = self.sides
        on_a_side = [lead for lead in leads if lead.rule in one or lead.rule in other]
        return [lead for lead in on_a_side if not persons.isdisjoint(self.people_of(lead, leads))]


def _by_rule(leads: Iterable[Here], side: AbstractSet[str]) -> str:
    """Each rule of a side with the number of its leads: S01×2 S02×1."""
    counted = Counter(lead.rule for lead in leads if lead.rule in side)
    return " ".join(f"{rule}×{count}" for rule, count in sorted(counted.items()))


def leads_text(counted: str) -> Text:
    """Rules and how many leads each has, for a sentence."""
    parts = counted.split()
    return Text("、".join(parts), ", ".join(parts))

"""What rules about a person, a physician or an institution in several leads have in common."""

from __future__ import annotations

from typing import cast

from rules import Lead, Rule, Text
from rules.engine.card import Subject
from rules.engine.finding import SEVERITIES

WARNING, HIGH, CRITICAL = (SEVERITIES.index(one) for one in ("warning", "high", "critical"))
"""Of a lead: one below a warning says too little to be added up or waited for. Our assumption."""
NOUNS = {
    "person": Text("该参保人", "this person"),
    "physician": Text("该医师", "this physician"),
    "institution": Text("该机构", "this institution"),
}
"""What a sentence calls whom the leads are about, by kind: no person's number stands in it."""


class AboutActors(Rule[Lead]):
    """A rule over leads about one person, physician or institution; its scope begins with the id and the kind."""

    def about(self, scope: tuple[str, ...]) -> tuple[Subject, str]:
        """Kind and id, as the leads have them."""
        return cast("Subject", scope[1]), scope[0]


def adds_up(lead: Lead) -> bool:
    """Whether a lead is added up with others."""
    return lead.speaks and lead.severity >= WARNING

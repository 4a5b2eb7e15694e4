"""How many prescriptions of one physician pharmacies sell on: D14 and D14-DAY judge by these words.

Looked at are the standing settlements of pharmacies (2102, or a med_type that begins with 41) by the bilg_dr_codg of
their lines that have an rxno and a positive quantity (cnt). A physician's code of fewer than 10 characters is an
institution's own, which others have too, and is left out. The time of a prescription is that of the settlement
(setl_time): when it was written is not in the messages. A settlement counts as one prescription of a physician, that of
the first such line; settlements with the same rxno there count once.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules import Episode, Finding, Guard, Names, Rule, Scene, Text, Written, evidence, of_burst, reached


class Prescribing(Rule[Written]):
    """Too many prescriptions of one physician within some time."""

    limit: int

    @property
    def guard(self) -> Guard:
        """As many prescriptions."""
        return Guard(fewest=self.limit, distinct=("number", self.limit))

    def pace(self, sales: Sequence[Written]) -> Finding | None:
        """A finding if these sales are on so many prescriptions; the latest `limit` of them prove it."""
        count = len({one.number for one in sales})
        if count < self.limit:
            return None
        return Finding(
            measure="prescriptions_of_one_physician",
            value=count,
            limit=self.limit,
            unit="prescriptions",
            severity="high",
            evidence=evidence(sales[-self.limit :], self.card),
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first of these sales on."""
        return of_burst(episode)

    def pace_text(self, episode: Episode, names: Names, length: Text) -> Text:
        """How many prescriptions in which length of time, and where they were sold."""
        found = episode.peak
        limit, places = reached(found.limit, Text("张", "prescriptions")), names.institutions(found.evidence)
        return Text(
            f"同一医师{length.zh}有{found.value:g}张处方在药店结算（{limit.zh}），药店：{places.zh}",
            f"{found.value:g} prescriptions of one physician were sold {length.en} ({limit.en}), at {places.en}",
        )

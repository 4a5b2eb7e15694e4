"""What the rules on very many visits of one person share: which visits count, and how they are told."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    Episode,
    Fill,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Visit,
    Window,
    assumption,
    evidence,
    parameter,
    reached,
)


def ordinary_visits() -> tuple[str, ...]:
    """The parameter `counted_types` of these rules."""
    return parameter(
        ("11", "12", "13", "16"),
        "计入的医疗类别（取前两位）：普通门诊、挂号、急诊等；门诊慢特病等按计划就诊的不计",
        "kinds of visits that count, by their first two digits: ordinary, registration, emergency; not those by plan, "
        "as of a chronic illness with an entitlement",
        unit="med_type",
        origin=assumption("慢特病、生育等须按疗程就诊", "chronic illness and maternity come by plan"),
    )


class Attending(Rule[Visit | Fill]):
    """A person sees doctors more often than illness explains."""

    limit: int
    counted_types: tuple[str, ...]

    @property
    def guard(self) -> Guard:
        """As many settlements."""
        return Guard(fewest=self.limit)

    def check(self, entry: Visit | Fill, window: Window[Visit | Fill], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the visits up to this settlement; the last settlement of each proves it."""
        if not self._counts(entry):
            return None
        visits = {_visit_of(one): one for one in self.among(entry, window) if self._counts(one)}
        if len(visits) < self.limit:
            return None
        return Finding(
            measure="visits",
            value=len(visits),
            limit=self.limit,
            unit="visits",
            severity="warning",
            evidence=evidence(sorted(visits.values(), key=lambda one: (one.time, one.id)), self.card),
        )

    def among(self, entry: Visit | Fill, window: Window[Visit | Fill]) -> Sequence[Visit | Fill]:
        """The entries in which visits are counted, up to this one."""
        raise NotImplementedError

    def _counts(self, one: Visit | Fill) -> bool:
        """Whether it is the bill of a hospital for an ordinary visit."""
        return isinstance(one, Visit) and one.transaction == "2207" and one.visit_type[:2] in self.counted_types

    def visits_text(self, episode: Episode, names: Names, length: Text) -> Text:
        """How many visits in which length of time, and where."""
        found = episode.peak
        limit, places = reached(found.limit, Text("次", "visits")), names.institutions(found.evidence)
        return Text(
            f"1名参保人{length.zh}门诊就诊{found.value:g}次（{limit.zh}），医疗机构：{places.zh}",
            f"a person made {found.value:g} outpatient visits {length.en} ({limit.en}), at {places.en}",
        )


def _visit_of(one: Visit | Fill) -> tuple[str, str]:
    """What makes settlements one visit: institution and visit, else the settlement alone."""
    return (one.institution, f"v{one.visit}" if one.visit else f"s{one.settlement}")

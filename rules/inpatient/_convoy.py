"""What the rules on convoys share: persons of one circle who are admitted together.

Counted are the distinct persons of the admissions (2401) of one circle whose begntime lies in (t - `days`, t], where t
is the begntime of the judged admission. An admission counts unless its med_type is one of `exempt_types`, or its
diagnosis (dscg_maindiag_code, else the first diag_code of diseinfo) begins with one of `exempt_diagnoses`; what states
no diagnosis counts. The judged admission must count itself.

The severity is `high` if the persons are at least twice the limit, or at least half of them have the same diagnosis
group (the first three characters) in their latest admission; else `warning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from typing_extensions import TypeVar

from rules import (
    DAY,
    Admitted,
    Episode,
    Finding,
    Guard,
    Origin,
    Reference,
    Rule,
    Scene,
    Severity,
    Text,
    Window,
    assumption,
    evidence,
    of_burst,
    parameter,
    reached,
)

A = TypeVar("A", bound=Admitted, default=Admitted)
"""The kind of the admissions that a rule judges."""
GROUPS = 3
"""So many diagnosis groups are named in a sentence."""
PERSONS = Text("人", "persons")
NOTHING = Text("", "")


def maternity_types() -> tuple[str, ...]:
    """The parameter `exempt_types` of a rule on convoys."""
    return parameter(
        ("28", "52", "5212"),
        "不计入的医疗类别：日间手术、生育、新生儿",
        "kinds that are not counted: day surgery, maternity, newborn",
        unit="med_type",
        origin=assumption(
            "母婴同时住院属正常，日间手术按批次安排", "mother and child stay together; surgery is planned"
        ),
    )


def injuries() -> tuple[str, ...]:
    """The parameter `exempt_diagnoses` of a rule on convoys."""
    return parameter(
        ("S", "T"),
        "不计入的诊断：损伤、中毒",
        "diagnoses that are not counted: injuries and poisoning",
        unit="ICD-10",
        origin=assumption("交通事故、聚餐中毒常使同行者一起住院", "an accident or a meal brings all who were there"),
    )


def days_counted(days: int, origin: Origin) -> int:
    """The parameter `days` of a rule on convoys."""
    return parameter(
        days, "向前统计入院的天数", "length of the time in which admissions are counted", unit="days", origin=origin
    )


def persons_counted(limit: int, origin: Origin) -> int:
    """The parameter `limit` of a rule on convoys."""
    return parameter(
        limit,
        "不同参保人达到该人数即触发",
        "number of distinct persons that sets the rule off",
        unit="persons",
        origin=origin,
    )


class Convoy(Rule[A]):
    """Distinct persons of one circle whom one window of admissions holds."""

    days: int
    limit: int
    exempt_types: tuple[str, ...]
    exempt_diagnoses: tuple[str, ...]

    @property
    def span(self) -> int:
        """The window, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many admissions as persons."""
        return Guard(fewest=self.limit, distinct=("person", self.limit))

    def check(self, entry: A, window: Window[A], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the persons of the circle up to this admission."""
        return self.together(entry, window, self.limit)

    def together(self, entry: A, window: Window[A], limit: float, usual: float | None = None) -> Finding | None:
        """The finding that so many persons were admitted together. usual: how many are usual, where that is known."""
        if not self._counts(entry):
            return None
        admitted = [one for one in window.entries if self._counts(one)]
        by_person = {one.person: one for one in admitted}
        if len(by_person) < limit:
            return None
        groups = _groups(list(by_person.values()))
        return Finding(
            measure="persons_admitted_together",
            value=len(by_person),
            limit=round(limit, 1),
            usual=None if usual is None else round(usual, 1),
            unit="persons",
            severity=_severity(len(by_person), limit, groups),
            evidence=evidence(admitted, self.card),
            details={"groups": "、".join(list(groups)[:GROUPS]), "least": str(ceil(limit))},
        )

    def _counts(self, entry: Admitted) -> bool:
        exempt = entry.diagnosis.upper().startswith(self.exempt_diagnoses)
        return not exempt and entry.visit_type not in self.exempt_types

    def scene(self, episode: Episode) -> Scene:
        """From the first of these admissions on."""
        return of_burst(episode)

    def told(self, found: Finding, circle: Text, rest: Text = NOTHING) -> Text:
        """How many persons of the circle, in how many days, against the limit. rest: what stands beside the limit."""
        least, ill = reached(float(found.details["least"]), PERSONS), found.details["groups"]
        zh = f"，主诊断类目：{ill}" if ill else ""
        en = f"; diagnosis groups: {ill.replace('、', ', ')}" if ill else ""
        return Text(
            f"{self.days}天内{circle.zh}的{found.value:g}名参保人入院（{least.zh}{rest.zh}）{zh}",
            f"{found.value:g} insured persons {circle.en} were admitted within {self.days} d ({least.en}{rest.en}){en}",
        )


def _groups(admitted: Sequence[Admitted]) -> dict[str, int]:
    """How many persons have each diagnosis group, the most frequent first."""
    known = [one.diagnosis[:3].upper() for one in admitted if one.diagnosis]
    counts = {group: known.count(group) for group in known}
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _severity(persons: int, limit: float, groups: dict[str, int]) -> Severity:
    alike = max(groups.values(), default=0)
    return "high" if persons >= 2 * limit or 2 * alike >= persons else "warning"

"""What the rules about supply share: the lines that make one dispensing, how long it lasts, how long it may last."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import cast

from rules import (
    DAY,
    PHARMACY,
    Fill,
    Finding,
    Reference,
    Rule,
    Text,
    Undecidable,
    Window,
    assumption,
    day_of,
    listed,
    parameter,
    published,
)

UNIT = 10_000
"""One cnt, as quantities are kept."""
_ENOUGH = 3
"""So many dispensings of an item show how fast a person uses it."""


@dataclass(frozen=True, slots=True)
class Dispensing:
    """Lines of one substance that were dispensed together, by (time, id); it counts from its first line on."""

    lines: tuple[Fill, ...]

    @property
    def time(self) -> int:
        """When its first line was, ms UTC."""
        return self.lines[0].time

    @property
    def institution(self) -> str:
        """Where."""
        return self.lines[0].institution

    @property
    def returned(self) -> bool:
        """Whether negative lines take back all of it, or something of an earlier one."""
        quantities = [line.quantity for line in self.lines]
        return min(quantities) < 0 and sum(quantities) <= 0

    def supply(self, reference: Reference, pace: Mapping[str, int] | None = None) -> int | None:
        """How long it lasts, ms, negative for a return; None where nobody knows.

        prd_days of each line, else the person's own pace (see `own_pace`), else packs * pack_units / daily_units.
        """
        parts = [_lasts(line, reference, pace or {}) for line in self.lines]
        return None if None in parts else sum(cast("list[int]", parts))

    def pack(self, reference: Reference) -> int:
        """How long the largest pack among its lines lasts, ms: by the drug table, else what one cnt of prd_days is."""
        return max(_table_days(line, UNIT, reference) or _one_lasts(line) for line in self.lines)


def visit_and_day(fill: Fill) -> Hashable:
    """What makes lines one dispensing: the visit (else the message) and the Beijing day.

    The day, because some hospitals keep one visit number for a patient's refills of a whole year.
    """
    return (fill.institution, fill.visit or fill.identity, day_of(fill.time))


def prescription_and_day(fill: Fill) -> Hashable:
    """What makes lines one prescription: its number (else the visit, else the message), and the Beijing day."""
    return (fill.institution, fill.prescription or fill.visit or fill.identity, day_of(fill.time))


def dispensed(
    entry: Fill, window: Window[Fill], key: Callable[[Fill], Hashable] = visit_and_day
) -> tuple[list[Dispensing], Dispensing] | None:
    """The dispensings that began before this line, and the one that begins with it; None where it continues one.

    So one dispensing is judged once. Its later lines of the same day belong to it, those of the others not yet.
    """
    groups: dict[Hashable, list[Fill]] = {}
    for fill in window.entries:
        groups.setdefault(key(fill), []).append(fill)
    own = key(entry)
    if groups[own][0].id != entry.id:
        return None
    later = [fill for fill in window.after(DAY) if key(fill) == own]
    before = list(groups)[: list(groups).index(own)]
    return [Dispensing(tuple(groups[one])) for one in before], Dispensing((*groups[own], *later))


def own_pace(dispensings: Iterable[Dispensing]) -> dict[str, int]:
    """How long one cnt of an item lasts this person, ms, by what at least three dispensings of it show.

    The lower median of (time to the next one) / quantity: a pause between two does not make the others last longer.
    """
    taken: dict[str, list[tuple[int, int]]] = {}
    for one in dispensings:
        for item in sorted({line.item for line in one.lines}):
            quantity = sum(line.quantity for line in one.lines if line.item == item)
            if quantity > 0:
                taken.setdefault(item, []).append((one.time, quantity))
    found = {}
    for item, rows in taken.items():
        paces = sorted((after - time) * UNIT // quantity for (time, quantity), (after, _) in pairwise(rows))
        if len(rows) >= _ENOUGH:
            found[item] = paces[(len(paces) - 1) // 2]
    return found


def told_days(time: int) -> str:
    """A length of time as days, to a tenth.

    >>> told_days(30 * DAY + DAY // 3)
    '30.3'
    """
    return f"{round(time / DAY, 1):g}"


def allowed_and_pack(found: Finding) -> Text:
    """What one dispensing of this kind may be, in words: the days allowed, and one pack of so many days."""
    allowed, pack = found.details["allowed"], found.details["pack"]
    sent = sorted({row.decided["med_type"] for row in found.evidence if "med_type" in row.decided})
    kinds = listed([Text(one, one) for one in sent], 3)
    of_kind = Text(f"；医疗类别{kinds.zh}", f"; kind of visit {kinds.en}") if kinds.zh else Text("", "")
    packed = Text("", "") if float(pack) < 1 else Text(f"（{pack}天用量）", f" of {pack} days")
    return Text(f"{allowed}天加1盒{packed.zh}{of_kind.zh}", f"{allowed} days and one pack{packed.en}{of_kind.en}")


def _lasts(line: Fill, reference: Reference, pace: Mapping[str, int]) -> int | None:
    quantity = abs(line.quantity)
    known = line.days or pace.get(line.item, 0) * quantity // UNIT or _table_days(line, quantity, reference)
    if not known:
        return None
    return -known if line.quantity < 0 else known


def _table_days(line: Fill, quantity: int, reference: Reference) -> int | None:
    """How long this quantity of the line's item lasts by the drug table, ms; one cnt is one pack."""
    row = reference.row("drugs", line.item, line.time)
    if row is None:
        return None
    try:
        pack, daily = Fraction(row.get("pack_units") or 0), Fraction(row.get("daily_units") or 0)
    except ValueError:
        return None
    return int(Fraction(quantity, UNIT) * pack / daily * DAY) if pack > 0 and daily > 0 else None


def _one_lasts(line: Fill) -> int:
    return line.days * UNIT // line.quantity if line.quantity > 0 else 0


_NORM = published(
    "《处方管理办法》（卫生部令第53号，2007-05-01施行）第十九条",
    "Measures on prescriptions (Ministry of Health, order 53, in force 2007-05-01), article 19",
)
_LONG = published(
    "《长期处方管理规范（试行）》（2021-08-10）第十二条：最长12周",
    "Rules on long-term prescriptions (trial, 2021-08-10), article 12: at most 12 weeks",
)
_WIDE = assumption("按12周取整放宽", "12 weeks, rounded up")


class DaysAllowed(Rule[Fill]):
    """How many days' supply one dispensing may be, by med_type; the parameters of every rule that asks it.

    More than one pack above it is a finding. 41 without rxno has no limit, for it is not prescribed. 140101 and the
    like count as their first two digits.
    """

    acute: int = parameter(
        7,
        "普通门诊（11、16）一次配药允许的天数",
        "days allowed in one dispensing: outpatient (11, 16)",
        unit="days",
        origin=_NORM,
    )
    emergency: int = parameter(
        3, "急诊（13）一次配药允许的天数", "days allowed in one dispensing: emergency (13)", unit="days", origin=_NORM
    )
    chronic: int = parameter(
        84,
        "门诊慢特病（14、15、18）一次配药允许的天数",
        "days allowed in one dispensing: chronic illness (14, 15, 18)",
        unit="days",
        origin=_LONG,
    )
    prescription: int = parameter(
        90,
        "凭处方（有rxno）药店购药（41）一次允许的天数",
        "days allowed in one dispensing: pharmacy (41) with rxno",
        unit="days",
        origin=_WIDE,
    )
    other: int = parameter(
        90,
        "其他类别（含未上传类别）一次配药允许的天数",
        "days allowed in one dispensing: any other kind, also where none is sent",
        unit="days",
        origin=_WIDE,
    )

    def allowed(self, lines: Iterable[Fill]) -> int | None:
        """The widest limit that any of these lines has, ms; None where one has none."""
        limits = [self._days(line) for line in lines]
        return None if None in limits else max(cast("list[int]", limits)) * DAY

    def is_unsure(self, lines: Iterable[Fill], supply: int) -> bool:
        """Whether the kind of a line was not sent, and one of the kinds allows less than this, ms."""
        narrowest = min(self.acute, self.emergency, self.chronic, self.prescription, self.other)
        return supply > narrowest * DAY and any(not line.visit_type for line in lines)

    def must_be_decidable(self, supplies: Iterable[int | None], lines: Iterable[Fill], supply: int) -> None:
        """Raise Undecidable where what is not known could make it a finding. supply: beyond one pack, ms."""
        if None in supplies:
            raise Undecidable("supply unknown")
        if self.is_unsure(lines, supply):
            raise Undecidable("med_type not sent")

    def _days(self, line: Fill) -> int | None:
        kind = line.visit_type[:2]
        if kind == PHARMACY:
            return self.prescription if line.prescription else None
        if kind in ("11", "16"):
            return self.acute
        if kind in ("14", "15", "18"):
            return self.chronic
        return self.emergency if kind == "13" else self.other

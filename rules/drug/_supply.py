"""Drug lines, their supply, and what one dispensing may be: D01, D01-DUP, D02, D03, D05 and D09 judge by these words.

A drug line is a fee line of an outpatient or of a pharmacy: of 2204, of a settlement that carries its lines (2102,
2207), or of a question before settlement. Not of a stay (2301, 2303, 2304, med_type 2x). Where list_type is sent, it
must begin with 1; else the item must not be a service, whose code has 15 digits and begins with 00, unless the table
`drugs` has that code. The time of a line is its fee_ocur_time; of a question its inf_time.

The substance of an item is its `group` in the table `drugs`; without one, the first 10 characters of a national western
drug code (X and 22 more characters); else the whole code. Solvents have none, and their lines are left out: ATC B05 and
V07. The ATC code is `atc` of the table, else characters 2 to 6 of a western code. A rule looks at one person and one
substance at a time, D01-DUP at one person and one action. Of one line (institution, mdtrt_id,
feedetl_sn) that was sent again the latest upload counts; where it names another substance, both count until a cancel
takes the first one back.

A dispensing is the drug lines of one institution, mdtrt_id (without one: of one message) and Beijing day. It counts
from its first line on, with all of its lines, also those after the line that is judged; it is judged once, at its first
line. It is returned where a line is negative and its quantities (cnt) add up to 0 or less. What is returned is not
judged.

The supply of a line is prd_days, for the whole line and however large (D01 only: else the person's own pace); else
cnt * pack_units / daily_units by the table `drugs`, where one cnt is one pack; else unknown. That of a negative line
counts against the others. Supply is summed over the lines whose supply is known. A negative line of which it is not
known counts as a return of all that came before. Where this gives no finding and the supply of any line is unknown,
the rule does not decide (counted as `supply unknown`).

One pack is the largest pack among the lines of a dispensing: pack_units / daily_units days by the table; else what one
cnt lasts by prd_days, if that is less than 100 days; else nothing.

The days allowed in one dispensing go by the first two digits of med_type: 140101 counts as 14.

    11, 16                           `acute` (7)
    13                               `emergency` (3)
    14, 15, 18                       `chronic` (84)
    41 with an rxno                  `prescription` (90)
    41 without an rxno               no limit
    any other, and where none is sent `other` (90)

Lines of one dispensing that differ have the widest of their limits; none, where one of them has none. Where a line
without med_type has a supply of one pack more than the narrowest of these, and there is no finding, the rule does not
decide (counted as `med_type not sent`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple, cast

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
    code_text,
    day_of,
    listed,
    parameter,
    published,
)

UNIT = 10_000
"""One cnt, as quantities are kept."""
TOO_MANY_DAYS = 100 * DAY
"""More than prd_days can hold, a number (4,2). It is read as sent; but a cnt that lasts so long is no pack."""
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

    def supply(self, reference: Reference, pace: Mapping[str, int] | None = None) -> Supply:
        """How long it lasts.

        prd_days of each line, else the person's own pace (see `own_pace`), else packs * pack_units / daily_units.
        """
        parts = [(line.quantity < 0, _lasts(line, reference, pace or {})) for line in self.lines]
        return Supply(
            known=sum(part for _, part in parts if part is not None),
            adds_unknown=any(part is None and not is_return for is_return, part in parts),
            takes_unknown=any(part is None and is_return for is_return, part in parts),
        )

    def pack(self, reference: Reference) -> int:
        """How long the largest pack among its lines lasts, ms: by the drug table, else what one cnt of prd_days is."""
        return max(_table_days(line, UNIT, reference) or _one_lasts(line) for line in self.lines)


class Supply(NamedTuple):
    """How long a dispensing lasts.

    known: by the lines of which it is known, ms, negative for a return. adds_unknown, takes_unknown: whether there is a
    line, or a negative line, of which it is not.
    """

    known: int
    adds_unknown: bool = False
    takes_unknown: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is known of every line."""
        return not self.adds_unknown and not self.takes_unknown


def at_least(supplies: Iterable[Supply]) -> int:
    """How long dispensings last together at least, ms.

    A line of unknown supply adds nothing. A negative line of unknown supply takes back all that came before it.
    """
    total = 0
    for one in supplies:
        total = 0 if one.takes_unknown else total + one.known
    return total


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

    So one dispensing is judged once. To each belong all of its lines, also those that come after this one: what is
    given back on the same day was not dispensed.
    """
    groups: dict[Hashable, list[Fill]] = {}
    for fill in (*window.entries, *window.after(DAY)):
        groups.setdefault(key(fill), []).append(fill)
    own = key(entry)
    if groups[own][0].id != entry.id:
        return None
    *before, now = list(groups)[: list(groups).index(own) + 1]
    return [Dispensing(tuple(groups[one])) for one in before], Dispensing(tuple(groups[now]))


def own_pace(dispensings: Iterable[Dispensing]) -> dict[str, int]:
    """How long one cnt of an item lasts this person, ms, by what at least three dispensings of it show.

    The shortest of (time to the next one) / quantity: whoever comes late once in a while has nothing more left for it.
    Not counted are those of less than a third of the lower median: a fill that is far too early is not a person's pace.
    """
    found = {}
    for item, rows in _taken(dispensings).items():
        paces = sorted((after - time) * UNIT // quantity for (time, quantity), (after, _) in pairwise(rows))
        if len(rows) >= _ENOUGH:
            usual = paces[(len(paces) - 1) // 2]
            found[item] = next(pace for pace in paces if 3 * pace >= usual)
    return found


def _taken(dispensings: Iterable[Dispensing]) -> dict[str, list[tuple[int, int]]]:
    """Of each item when it was dispensed, and how much of it."""
    taken: dict[str, list[tuple[int, int]]] = {}
    for one in dispensings:
        for item in sorted({line.item for line in one.lines}):
            quantity = sum(line.quantity for line in one.lines if line.item == item)
            if quantity > 0:
                taken.setdefault(item, []).append((one.time, quantity))
    return taken


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
    kinds = listed([code_text("med_type", one) for one in sent], 3)
    by_prescription = any(one.startswith(PHARMACY) for one in sent)
    how = Text("，凭处方", ", with a prescription") if by_prescription else Text("", "")
    of_kind = Text(f"；医疗类别：{kinds.zh}{how.zh}", f"; kind of visit: {kinds.en}{how.en}") if sent else Text("", "")
    if float(pack) < 1:
        return Text(f"{allowed}天加1盒{of_kind.zh}", f"{allowed} days and one pack{of_kind.en}")
    most = f"{found.limit:g}"
    return Text(
        f"{allowed}天加1盒（{pack}天用量），即{most}天{of_kind.zh}",
        f"{allowed} days and one pack of {pack} days, which is {most}{of_kind.en}",
    )


def doubt(lines: Iterable[Fill]) -> dict[str, str]:
    """The detail of a finding that rests on more prd_days than the field can hold: they are read as sent."""
    return {"doubtful": "1"} if any(line.days >= TOO_MANY_DAYS for line in lines) else {}


def doubt_of(found: Finding) -> Text:
    """The same in words, to stand at the end of a sentence; empty where there is no doubt."""
    if "doubtful" not in found.details:
        return Text("", "")
    return Text(
        "，其中上传的用药天数（prd_days）超出接口规定的位数，可能误填，仍按上传值计算",
        "; the days as sent (prd_days) have more digits than the interface allows, perhaps mistyped, and count as sent",
    )


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
    """How long one cnt lasts by prd_days, ms; 0 where it is not known, and where no pack lasts so long."""
    one = line.days * UNIT // line.quantity if line.quantity > 0 else 0
    return one if one < TOO_MANY_DAYS else 0


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

    def must_be_decidable(self, supplies: Iterable[Supply], lines: Iterable[Fill], supply: int) -> None:
        """Raise Undecidable where what is not known could make it a finding. supply: beyond one pack, ms."""
        if not all(one.is_known for one in supplies):
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

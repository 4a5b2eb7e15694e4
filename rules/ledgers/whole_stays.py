"""Whole stays, put together from their pieces in any order: E01, I01, I04, I05 and I05-PAIR judge by these words.

The pieces of a stay are its admission (2401, at begntime), its discharge (2402, at endtime) and its settlements (2304,
at setl_time) that stand under one institution and mdtrt_id; what happened more than `longest_days` after the admission
is not read. A rule judges an admission. A person with more than 300 pieces in sight is not judged.

A stay is settled if its last settlement is final (mid_setl_flag not 1). It ended at its discharge; without one, at the
dscg_time of its last settlement if that is final and not before dscg_time; else the end is not known. It ended in an
interim settlement if its end is known and its last settlement is interim and lies after the end, or at most 24 h before
it: the books were closed, the patient stayed.

Its diagnosis is that of the discharge, else that of the admission (dscg_maindiag_code; of an admission also the first
diag_code of diseinfo); the diagnosis group is the first three characters of it. A stay comes again by plan if the
diagnosis of the admission or that of the discharge is exempt: by the longest code in the table `diagnoses`, of three
characters or more, with which it begins; where no table is loaded, Z51, Z49, Z50, N18, C00-C97, F20-F29 and O00-O99. It
is of an exempt kind if the med_type of any piece is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..engine.finding import Undecidable
from ..engine.parameter import assumption, parameter
from ..engine.window import Window
from ..reference import Reference
from ..times import DAY, clock
from .stays import Stay

_BY_PLAN = re.compile(r"Z51|Z49|Z50|N18|C([0-8]\d|9[0-7])|F2\d|O\d\d")
"""Chemotherapy, dialysis, rehabilitation, kidney failure, cancer, psychoses, childbirth: while no table is loaded."""

BY_NATURE = assumption("按业务性质", "by their nature")
"""Origin of the kinds of stays that a rule leaves out."""

TRANSFER = assumption("转院属正常衔接", "a transfer continues at once")
"""Origin of the ways of leaving that a rule leaves out."""

MOST_PIECES = 300
"""Of a stay every week for two years; more are an error of the data, and would be slow to look through."""


def pieces_within(days: int) -> int:
    """The parameter `longest_days` of a rule over whole stays."""
    return parameter(
        days,
        "入院后多少天内的出院、结算仍计入该次住院",
        "how long after an admission its discharge and settlements still count",
        unit="days",
        origin=assumption("长于绝大多数住院", "longer than nearly all stays"),
    )


@dataclass(frozen=True)
class WholeStay:
    """One stay as far as its pieces are known. bills: its settlements; pieces: everything; both by time."""

    institution: str
    admission: Stay | None
    discharge: Stay | None
    bills: tuple[Stay, ...]
    pieces: tuple[Stay, ...]

    @property
    def admitted(self) -> int:
        """When it began, ms UTC; where that is not known, when it is first heard of."""
        return self.pieces[0].time if self.admission is None else self.admission.time

    @property
    def settled(self) -> bool:
        """Whether its last settlement is final."""
        return bool(self.bills) and not self.bills[-1].interim

    @property
    def ended(self) -> int | None:
        """When it ended, ms UTC: by its discharge, else as its final settlement states it; None where neither says."""
        if self.discharge is not None:
            return self.discharge.time
        stated = self.bills[-1].discharged if self.settled else 0
        return stated if 0 < stated <= self.bills[-1].time else None

    @property
    def diagnosis(self) -> str:
        """The main diagnosis: of the discharge, else of the admission; empty where neither names one."""
        return next((one.diagnosis for one in (self.discharge, self.admission) if one and one.diagnosis), "")

    @property
    def group(self) -> str:
        """The diagnosis group: the first three characters of ICD-10."""
        return self.diagnosis[:3].upper()

    @property
    def way(self) -> str:
        """How the patient left (dscg_way); empty before the discharge."""
        return self.discharge.way if self.discharge else ""

    @property
    def closed_by_interim_bill(self) -> bool:
        """Whether it ended in an interim settlement (mid_setl_flag 1): the books are closed, the patient stays."""
        last = self.bills[-1] if self.bills else None
        return self.ended is not None and last is not None and last.interim and last.time >= self.ended - DAY

    def is_of(self, types: tuple[str, ...]) -> bool:
        """Whether one of its pieces has one of these med_type."""
        return any(one.visit_type in types for one in self.pieces)

    def is_by_plan(self, reference: Reference) -> bool:
        """Whether a diagnosis of its admission or discharge is one with which patients come back by plan."""
        return any(_is_by_plan(one.diagnosis, reference, one.time) for one in self.pieces if one.diagnosis)

    def may_come_again(self, reference: Reference, types: tuple[str, ...], ways: tuple[str, ...]) -> bool:
        """Whether another stay soon after is nothing to wonder at: by diagnosis, by med_type, by how this one ended."""
        return self.is_of(types) or self.way in ways or self.closed_by_interim_bill or self.is_by_plan(reference)


def stays_in(window: Window[Stay], longest: int) -> list[WholeStay]:
    """The stays of the window and of what comes up to `longest` ms after it, by the time at which they began.

    Raises Undecidable where there are more than anybody can have.
    """
    return stays_among((*window.entries, *window.after(longest)), longest)


def stays_among(seen: Sequence[Stay], longest: int) -> list[WholeStay]:
    """The stays of these pieces, which are in order of time, by the time at which they began.

    What is reported of a stay more than `longest` ms after its admission is not read, so that the stay is the same for
    every entry in whose window its admission lies.

    Raises Undecidable where there are more than anybody can have.
    """
    if len(seen) > MOST_PIECES:
        raise Undecidable("too many stays")
    by_visit: dict[tuple[str, str], list[list[Stay]]] = {}
    for entry in seen:
        of_visit = by_visit.setdefault((entry.institution, entry.visit), [[]])
        # A visit number that is used again: two admissions that stand are two stays.
        if entry.piece == "admission" and any(one.piece == "admission" for one in of_visit[-1]):
            of_visit.append([])
        of_visit[-1].append(entry)
    stays = [_whole(pieces, longest) for some in by_visit.values() for pieces in some]
    return sorted(stays, key=lambda one: (one.admitted, one.pieces[0].id))


def counted(
    window: Window[Stay], longest: int, reference: Reference, types: tuple[str, ...], ways: tuple[str, ...]
) -> list[WholeStay]:
    """The stays whose admission is known and which should not come again."""
    stays = stays_in(window, longest)
    return [one for one in stays if one.admission and not one.may_come_again(reference, types, ways)]


def _whole(pieces: list[Stay], longest: int) -> WholeStay:
    admission = next((one for one in pieces if one.piece == "admission"), None)
    if admission is not None:
        pieces = [one for one in pieces if one.time <= admission.time + longest]
    return WholeStay(
        institution=pieces[0].institution,
        admission=admission,
        discharge=next((one for one in pieces if one.piece == "discharge"), None),
        bills=tuple(one for one in pieces if one.piece == "settlement"),
        pieces=tuple(pieces),
    )


def _is_by_plan(diagnosis: str, reference: Reference, at: int) -> bool:
    """By the table's longest code that the diagnosis begins with; by the list above where no table is loaded."""
    if not reference.has("diagnoses"):
        return _BY_PLAN.match(diagnosis.upper()) is not None
    rows = (reference.row("diagnoses", diagnosis[:length], at) for length in range(len(diagnosis), 2, -1))
    return next((row["exempt"] == "1" for row in rows if row is not None), False)


def related(one: str, other: str, reference: Reference, at: int) -> bool:
    """Whether two institutions are the same, or of one group (column `group` of the register)."""
    if one == other:
        return True
    groups = [(reference.row("institutions", code, at) or {}).get("group") for code in (one, other)]
    return bool(groups[0]) and groups[0] == groups[1]


def over_new_year(ended: int, admitted: int, gap: int) -> bool:
    """Whether the stay was only settled out for the year: left on 31 December, in again at most `gap` ms later."""
    # Midnight is the end of the day before.
    return clock(ended - 1, "%m-%d") == "12-31" and admitted - ended <= gap

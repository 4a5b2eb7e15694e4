"""The honest traffic of a day: people kept apart at the counters, their messages, and the mishaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rules.times import MINUTE

from . import mishaps, outpatient
from .county import County
from .forms import Message, Pen
from .habits import Agenda, Circumstances, Habits, Rates
from .numbers import COUNTY
from .outpatient import Visit
from .pharmacy import Sale
from .rhythm import Spacing

MOST_AT_A_PHARMACY = 5
"""Honest customers of one pharmacy in any ten minutes; one below what any default or `limit = 6` asks for."""
MOST_AT_A_TILL = 10


class Everyday:
    """Makes one day after the other."""

    def __init__(self, county: County, pen: Pen, rates: Rates, around: Circumstances, first_day: int) -> None:
        self._county = county
        self._pen = pen
        self._spaced = around.spaced
        self._habits = Habits(county, pen, rates, around, first_day)
        self._counters = Spacing(MOST_AT_A_PHARMACY, 10 * MINUTE, around.blocked)
        self._tills = Spacing(MOST_AT_A_TILL, 10 * MINUTE, {})

    def day(self, today: int) -> Iterator[Message]:
        """The messages of what happens on the day that begins at `today` (ms UTC), in no order of time."""
        agenda = self._habits.day(today)
        yield from self._treated(agenda)
        for sale in sorted(agenda.sales, key=lambda one: one.at):
            at = self._counters.place(sale.place.code, sale.at) if self._spaced else sale.at
            yield from mishaps.sold(self._pen, replace(sale, at=at))
        for stay in agenda.stays:
            yield from mishaps.stayed(self._pen, stay)

    def _treated(self, agenda: Agenda) -> Iterator[Message]:
        """The messages of the visits; some patients walk on to the pharmacy with the prescription."""
        for visit in sorted(agenda.visits, key=lambda one: one.at):
            at = self._tills.place(f"{visit.place.code}{visit.till}", visit.at) if self._spaced else visit.at
            moved = replace(visit, at=at)
            if self._sent_on(moved):
                agenda.sales.append(self._walk(moved))
                moved = replace(moved, lines=tuple(line for line in visit.lines if not line.boxes))
                yield from outpatient.treat(self._pen, moved)
            else:
                yield from mishaps.treated(self._pen, moved)

    def _sent_on(self, visit: Visit) -> bool:
        scanned = sum(1 for line in visit.lines if line.boxes)
        local = visit.kind == "11" and visit.place.kind == "hospital" and visit.place.region == COUNTY
        return local and 0 < scanned < len(visit.lines) and self._pen.rng.random() < 0.15

    def _walk(self, visit: Visit) -> Sale:
        return Sale(
            visit.person,
            self._county.beside(visit.place),
            visit.at + (8 + int(self._pen.rng.random() * 15)) * MINUTE,
            tuple(line for line in visit.lines if line.boxes),
            rxno=visit.rxno,
            circulated=True,
            physician=visit.physician,
        )

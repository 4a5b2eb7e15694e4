"""The simulation: a county, scenarios, and everyday traffic, as one stream in order of upload."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import sqrt
from random import Random
from typing import Literal

from rules.times import DAY, parse

from . import (
    frauds_credential,
    frauds_drug,
    frauds_entitlement,
    frauds_group,
    frauds_inpatient,
    frauds_outpatient,
    frauds_register,
    frauds_shop,
    look_alikes,
    look_alikes_entitlement,
    look_alikes_group,
    look_alikes_inpatient,
    look_alikes_outpatient,
    look_alikes_shop,
    reference,
)
from .county import County, found_county
from .everyday import Everyday
from .exchange import in_form
from .forms import Message, Pen, Wire
from .habits import Circumstances, Rates, rates_of
from .numbers import Desk
from .stage import Label, NotNow, Scenario, Stage
from .variants import varied

FRAUDS = (
    *frauds_credential.FRAUDS,
    *frauds_drug.FRAUDS,
    *frauds_inpatient.FRAUDS,
    *frauds_group.FRAUDS,
    *frauds_outpatient.FRAUDS,
    *frauds_shop.FRAUDS,
    *frauds_entitlement.FRAUDS,
    *frauds_register.FRAUDS,
)
LOOK_ALIKES = (
    *look_alikes.LOOK_ALIKES,
    *look_alikes_inpatient.LOOK_ALIKES,
    *look_alikes_group.LOOK_ALIKES,
    *look_alikes_outpatient.LOOK_ALIKES,
    *look_alikes_shop.LOOK_ALIKES,
    *look_alikes_entitlement.LOOK_ALIKES,
    *frauds_register.LOOK_ALIKES,
)
START = date(2025, 9, 1)
"""A Monday; in the past, for a message uploaded in the future is refused at the door."""
_DUPLICATES = 0.002
"""Part of the messages that arrive twice; our assumption."""
_DEATHS_A_YEAR = 0.007


@dataclass(frozen=True, slots=True)
class Play:
    """What was played, and the stage as it stands afterwards."""

    stage: Stage
    labels: list[Label]


@dataclass(frozen=True)
class Simulation:
    """Traffic of so many persons over so many days from `start` on; the same arguments give the same bytes.

    settlements_per_year: of one person (6.2 in the region of nhsa.md D).
    frauds, look_alikes: whether these are played; without both, all traffic is honest and unlabelled.
    spaced: whether honest customers of a pharmacy are kept to five in ten minutes, or come as they like.
    by_batch: whether batches of fee lines and rows of stock are numbered, and cancelled by number (2205, 3507).
    form: how every message is written: flat, as request and reply, or each in another form and notation (mixed).
    only: names of scenarios; no other is played. times: how often each is played, at most; else as the county is large.
    """

    seed: int
    persons: int
    days: int
    start: date = START
    settlements_per_year: float = 6.2
    frauds: bool = True
    look_alikes: bool = True
    spaced: bool = True
    by_batch: bool = False
    form: Literal["flat", "reply", "mixed"] = "flat"
    only: frozenset[str] = frozenset()
    times: int = 0

    def events(self) -> Iterator[tuple[int, Wire]]:
        """Every event with its inf_time (ms UTC), in order of inf_time, up to the end of the last day."""
        rng = Random(f"{self.seed}/forms")
        for uploaded, body in self._flat_events():
            yield uploaded, varied(body, rng) if self.form == "mixed" else in_form(body, self.form)

    def _flat_events(self) -> Iterator[tuple[int, Wire]]:
        waiting: dict[int, list[Message]] = defaultdict(list)
        for label in self._play.labels:
            for message in label.act.messages:
                waiting[self._day_of(message)].append(message)
        rng = Random(f"{self.seed}/everyday")
        pen = Pen(self._play.stage.pen.desk.twin(), rng, by_batch=self.by_batch)
        everyday = Everyday(self.county, pen, self._rates, self._circumstances, self._first)
        for number in range(self.days):
            for message in everyday.day(self._first + number * DAY):
                waiting[self._day_of(message)].append(message)
            for message in sorted(waiting.pop(number, ()), key=lambda one: one.uploaded):
                yield message.uploaded, message.body
                if rng.random() < _DUPLICATES:
                    yield message.uploaded, message.body

    def labels(self) -> list[Wire]:
        """One row for each scenario that was played; known before the first event."""
        return [label.row() for label in self._play.labels]

    def reference(self) -> dict[str, reference.Rows]:
        """The reference tables of the county, by name."""
        stage = self._play.stage
        dates = [self.start + timedelta(days=number) for number in range(self.days)]
        campaigns = {self.start + timedelta(days=(day - self._first) // DAY) for day in stage.campaigns}
        sales = self._rates.purchases + 0.6 * len(self._circumstances.people) * 0.2 / 28
        return {
            "institutions": reference.institutions(self.county, stage.suspended, sales),
            "deaths": reference.deaths(self.county, self._circumstances.deaths),
            "households": reference.households(self.county),
            "insured": reference.insured(self.county, stage.insured),
            "staff": reference.staff(self.county, stage.employed),
            "physicians": reference.physicians(self.county),
            "employers": reference.employers(self.county),
            "enrolled": reference.enrolled(self.county, stage.enrolled),
            "assisted": reference.assisted(self.county),
            "recognised": reference.recognised(self.county, stage.pretending),
            "drugs": reference.drugs(),
            "items": reference.items(),
            "equipment": reference.equipment(self.county),
            "diagnoses": reference.diagnoses(),
            "calendar": reference.calendar(dates, campaigns),
        }

    @cached_property
    def county(self) -> County:
        """Who treats, who sells and who lives here."""
        scale = min(1.6, self.settlements_per_year / 6.2)
        return found_county(Random(f"{self.seed}/county"), self.persons, scale, self.start.year)

    @cached_property
    def _first(self) -> int:
        return parse(self.start.isoformat())

    def _day_of(self, message: Message) -> int:
        return (message.uploaded - self._first) // DAY

    @cached_property
    def _play(self) -> Play:
        """Each scenario in turn, so that where people run short every kind has been played about as often."""
        pen = Pen(Desk(), Random(f"{self.seed}/scenarios"), by_batch=self.by_batch)
        suspended = self._first + max(1, self.days // 3) * DAY
        stage = Stage(self.county, pen, self._first, self.days, suspended)
        played = [
            self._played(stage, verdict, scenario, turn)
            for apart in (False, True)
            for turn in range(self._times)
            for verdict, scenario in self._cast
            if scenario.apart == apart
        ]
        return Play(stage, [label for label in played if label is not None])

    @property
    def _cast(self) -> list[tuple[str, Scenario]]:
        """What is played, with its verdict."""
        cast = [("fraud", one) for one in FRAUDS] if self.frauds else []
        cast += [("look_alike", one) for one in LOOK_ALIKES] if self.look_alikes else []
        return [(verdict, one) for verdict, one in cast if not self.only or one.name in self.only]

    @property
    def _times(self) -> int:
        """How often each is played: three times a month in a county of 3,000, more in a larger one."""
        return self.times or max(1, min(12, round(3 * self.days / 30 * sqrt(self.persons / 3_000))))

    def _played(self, stage: Stage, verdict: str, scenario: Scenario, turn: int) -> Label | None:
        if scenario.span > self.days or (turn >= scenario.most and not self.times):
            return None
        if scenario.apart:
            chance = Random(f"{self.seed}/{scenario.name}/{turn}")
            stage.pen = Pen(stage.pen.desk, chance, by_batch=self.by_batch)
        part = (turn + stage.pen.rng.random()) / self._times
        day = self._first + int(part * (self.days - scenario.span + 1)) * DAY
        taken, pretending, employed = set(stage.taken), set(stage.pretending), dict(stage.employed)
        insured, enrolled = dict(stage.insured), dict(stage.enrolled)
        stage.strength = None
        try:
            act = scenario.play(stage, day, turn)
            if max(message.uploaded for message in act.messages) < stage.end:
                return Label(verdict, scenario, act, stage.strength)
        except NotNow:
            pass
        stage.taken, stage.pretending, stage.employed = taken, pretending, employed
        stage.insured, stage.enrolled = insured, enrolled
        return None

    @cached_property
    def _circumstances(self) -> Circumstances:
        stage = self._play.stage
        people = tuple(person for person in self.county.people if person.index not in stage.taken)
        deaths = dict(stage.deaths)
        rng = Random(f"{self.seed}/deaths")
        for person in people:
            if rng.random() < _DEATHS_A_YEAR * self.days / 365:
                deaths[person.index] = self._first + rng.randrange(self.days) * DAY
        busy = (self.start + timedelta(days=number) for number in range(self.days))
        return Circumstances(
            people=people,
            deaths=deaths,
            blocked=stage.blocked,
            busy_days=frozenset(parse(day.isoformat()) for day in busy if reference.pension_day(day)),
            suspended=stage.suspended,
            spaced=self.spaced,
        )

    @cached_property
    def _rates(self) -> Rates:
        return rates_of(self._circumstances.people, self.settlements_per_year)

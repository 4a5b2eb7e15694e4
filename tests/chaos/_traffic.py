"""What is published: simulated traffic for live runs, a backlog that hangs on habit, waves that nobody shares."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import orjson

from monitor.simulate import Simulation, write_reference
from rules.times import DAY, HOUR, MINUTE, SECOND, iso, parse
from tests.e2e._area import Event, encoded
from tests.e2e._traffic import Body, traffic

START = date(2026, 3, 1)
FIRST = parse(START.isoformat())

DAYS_A_MINUTE = 2
"""So many days pass in a minute of a live run: a partition that nobody reads for twenty seconds is less than a day
behind the others."""
PERSONS = 3_000
SETTLEMENTS_PER_YEAR = 110.0
"""Of one person; with these some 100 events come in a second."""

BACKLOG_DAYS = 60
FIRST_WEEKS = 28
GAP = range(36, 39)
"""Days of the backlog on which nothing came."""
SHOPS = 20
USUAL = 18
"""Customers of a shop in each of its two busy hours: 3 in ten minutes, so that S01 asks for 11.7 and not for 8."""
BURSTS = range(42, 60, 3)
"""Days on which each shop swipes many cards at once: long enough after the first weeks to be judged by them."""


LAST_WEEKS = FIRST + BURSTS[0] * DAY


@dataclass(frozen=True)
class Played:
    """Events in the order in which they are published. portion: where it is given, publish so many at a time."""

    events: list[Event]
    tables: Path | None
    portion: int = 0

    @property
    def without_first_weeks(self) -> list[bytes]:
        """The same without the time from which habits are read."""
        end = FIRST + FIRST_WEEKS * DAY
        return [value for _, value in self.events if parse(orjson.loads(value)["inf_time"]) >= end]


def live(seed: int, minutes: float, folder: Path) -> Played:
    """Simulated traffic with everything that contract.md E2 allows to happen to it, and a burst each half hour."""
    days = max(3, round(DAYS_A_MINUTE * minutes))
    played = traffic(folder / "tables", seed, PERSONS, days, SETTLEMENTS_PER_YEAR)
    bursts = [(parse(str(body["inf_time"])), body) for number in range(48 * days) for body in _burst(number)]
    came = sorted([*played.events, *bursts], key=lambda pair: pair[0])
    return Played([encoded(body) for _, body in came], played.tables)


def backlog(seed: int, folder: Path, behind: float = 0.0) -> Played:
    """Sixty days in the order of upload: a simulated county, and shops with a habit that burst in the last weeks.

    behind: part of the messages that come 71 h after their neighbours.
    """
    rng = random.Random(seed)
    simulation = Simulation(seed, 1500, BACKLOG_DAYS, START)
    write_reference(simulation.reference(), folder / "tables")
    came = [(at, body) for at, body in simulation.events() if (at - FIRST) // DAY not in GAP]
    came += [(parse(body["inf_time"]), body) for shop in range(SHOPS) for body in _habit(rng, shop)]
    held = [(at + 71 * HOUR * (rng.random() < behind), body) for at, body in came]
    held.sort(key=lambda pair: pair[0])
    return Played([encoded(dict(body)) for _, body in held], folder / "tables")


def waves(seed: int, minutes: float) -> Played:
    """Waves of a day each; no two share an institution or a person, so the loss of one touches no other."""
    rng = random.Random(seed)
    all_waves = [_wave(rng, number) for number in range(max(6, round(6 * minutes)))]
    return Played([encoded(body) for wave in all_waves for body in wave], None, len(all_waves[0]))


def wave_of(institution: str) -> int:
    """To which wave an institution belongs."""
    return int(institution[4:8])


def settlement(institution: str, name: str, at: int, person: str = "") -> Body:
    """A plain settlement of a pharmacy; a person of its own where none is given."""
    return {
        "msgid": f"M{name}", "infno": "2102", "inf_time": iso(at), "fixmedins_code": institution,
        "fixmedins_name": institution, "insuplc_admdvs": "341021", "mdtrtarea_admvs": "341021", "opter": "o1",
        "opter_type": "1", "psn_no": person or f"n{name}", "setl_id": f"S{name}", "mdtrt_id": f"V{name}",
        "med_type": "41", "setl_time": iso(at), "medfee_sumamt": 50, "fund_pay_sumamt": 40, "insutype": "310",
    }  # fmt: skip


def _habit(rng: random.Random, shop: int) -> Iterator[Body]:
    code = f"P348{shop:08}"
    for day in range(BACKLOG_DAYS):
        if day in GAP:
            continue
        start = FIRST + day * DAY + (9 + shop % 4) * HOUR
        for number in range(2 * USUAL):
            yield settlement(code, f"{shop}-{day}-{number}", start + number * (HOUR // USUAL) + rng.randrange(20_000))
        if day in BURSTS:
            burst = start + rng.randrange(20, 80) * MINUTE
            for number in range(rng.randrange(17, 25)):
                yield settlement(code, f"{shop}-{day}-b{number}", burst + number * 20 * SECOND)


def _burst(number: int) -> Iterator[Body]:
    """Ten cards at one of twelve shops, so that hardly a moment is without an alert."""
    start = FIRST + number * HOUR // 2
    for card in range(10):
        yield settlement(f"P347{number % 12:08}", f"b{number}-{card}", start + card * 20 * SECOND)


def _wave(rng: random.Random, number: int) -> list[Body]:
    """A quiet day at eight shops, and a burst at each."""
    found: list[Body] = []
    for shop in range(8):
        code = f"P349{number:04}{shop:04}"
        start = FIRST + number * DAY + 9 * HOUR
        found += [settlement(code, f"w{number}-{shop}-{n}", start + n * 6 * MINUTE) for n in range(60)]
        burst = start + rng.randrange(60, 300) * MINUTE
        found += [settlement(code, f"w{number}-{shop}-b{n}", burst + n * 20 * SECOND) for n in range(14)]
    return sorted(found, key=lambda body: parse(str(body["inf_time"])))

"""Recorded traffic as it really comes: late, twice, in the wrong order, taken back before it was said."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from monitor.simulate import Simulation, write_reference
from rules.times import DAY, HOUR, iso, parse
from tests.e2e._area import Event, encoded

HELD = 30 * HOUR
"""So long after its inf_time an event comes at most; with a slice more it stays within the grace of 72 h."""
SETTLEMENTS = {"2102": "2103", "2207": "2208", "2304": "2305"}
START = date(2026, 3, 1)

Body = dict[str, Any]


@dataclass(frozen=True)
class Traffic:
    """Events in the order in which they come, with the moment (ms) at which each does, and their tables."""

    events: list[tuple[int, Body]]
    tables: Path

    def write(self, path: Path) -> None:
        """The file that is replayed."""
        path.write_bytes(b"\n".join(value for _, value in self.encoded()) + b"\n")

    def encoded(self) -> list[Event]:
        """Key and value of every event."""
        return [encoded(body) for _, body in self.events]

    def slices(self, length: int) -> Iterator[list[Event]]:
        """The events in slices of so many ms: whoever waits after each keeps all partitions within it."""
        part: list[Event] = []
        until = self.events[0][0] + length
        for at, body in self.events:
            if at >= until:
                yield part
                part, until = [], at + length
            part.append(encoded(body))
        yield part


def traffic(folder: Path, seed: int, persons: int, days: int, settlements_per_year: float = 6.2) -> Traffic:
    """Simulated traffic with everything that contract.md E2 allows to happen to it."""
    simulation = Simulation(seed, persons, days, START, settlements_per_year)
    write_reference(simulation.reference(), folder)
    ordered = [dict(body) for _, body in simulation.events()]
    rng = random.Random(seed)
    more = [one for body in ordered for one in _more_of(rng, body)]
    return Traffic(_disordered(rng, ordered + more), folder)


def _uploaded(body: Body) -> int:
    return parse(body["inf_time"])


def _more_of(rng: random.Random, body: Body) -> Iterator[Body]:
    """What else may come of an event: again, corrected, too late, taken back, and that taken back too."""
    draw, at, own = rng.random(), _uploaded(body), body["msgid"]
    if draw < 0.04:
        yield body
    elif draw < 0.05:
        yield body | {"msgid": f"{own}late", "inf_time": iso(at + 80 * HOUR), "setl_id": f"{own}late"}
    elif draw < 0.06:
        # inf_time moves by a second: the same msgid with another body is another message
        yield body | {"inf_time": iso(at + 1000), "opter": "corrected"}
    elif draw < 0.08 and body["infno"] in ("2204", "2301"):
        lines = [line | {"cnt": line["cnt"] + 1} for line in body["feedetail"]]
        yield body | {"msgid": f"{own}again", "inf_time": iso(at + HOUR), "feedetail": lines}
    elif draw < 0.10 and body["infno"] in SETTLEMENTS:
        yield _back(body, SETTLEMENTS[body["infno"]], at + 2 * HOUR, setl_id=body["setl_id"], setl_time=iso(at))
    elif (draw < 0.11 and "psn_no" in body and body["infno"] != "2601") or (
        draw < 0.13 and body["infno"] in ("2103", "2208", "2305")
    ):
        yield _back(body, "2601", at + HOUR, omsgid=own, oinfno=body["infno"])
    elif draw < 0.14 and body["infno"] == "2204":
        numbers = "0000" if rng.random() < 0.5 else [body["feedetail"][0]["feedetl_sn"]]
        yield _back(body, "2205", at + HOUR, mdtrt_id=body["mdtrt_id"], feedetl_sn=numbers)
    elif draw < 0.15 and body["infno"] == "2201":
        yield _back(body, "2202", at + HOUR, mdtrt_id=body["mdtrt_id"])


def _back(body: Body, infno: str, at: int, **fields: object) -> Body:
    head = {name: body[name] for name in ("fixmedins_code", "psn_no", "mdtrtarea_admvs") if name in body}
    return head | {"msgid": f"{body['msgid']}-{infno}", "infno": infno, "inf_time": iso(at)} | fields


def _disordered(rng: random.Random, bodies: list[Body]) -> list[tuple[int, Body]]:
    """Some come late, and half of the reversals come before what they take back."""
    comes = {id(body): _uploaded(body) for body in bodies}
    reversed_at = {body["setl_id"]: _uploaded(body) for body in bodies if body["infno"] in ("2103", "2208", "2305")}
    again: list[tuple[int, Body]] = []
    for body in bodies:
        at = comes[id(body)]
        if rng.random() < 0.1:
            at += int(rng.random() * HELD)
        back = reversed_at.get(body.get("setl_id", ""), 0)
        if body["infno"] in SETTLEMENTS and 0 < back - _uploaded(body) < HELD - HOUR and rng.random() < 0.5:
            at = max(at, back + HOUR)
        again.append((at, body))
    assert all(at - _uploaded(body) <= HELD <= DAY + 6 * HOUR for at, body in again)
    return sorted(again, key=lambda pair: pair[0])

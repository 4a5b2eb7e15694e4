"""The rules on stays over random lives: the order of arrival within the grace leaves no trace."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from rules.engine.alert import Alert
from rules.engine.item import Tick
from rules.engine.retraction import Retraction
from rules.engine.rule import Rule
from rules.entitlement.e01_overlapping_stays import OverlappingStays
from rules.inpatient.i01_split_admission import SplitAdmission
from rules.inpatient.i05_frequent_admission import FrequentAdmission
from rules.inpatient.i05_pair_frequent_at_institution import FrequentAtInstitution
from rules.ledgers import AnyEntry, Stay
from rules.testing import HOSPITAL, at, stay
from rules.times import DAY, HOUR
from tests.rules._log import END, engine_of, feed, hour, standing, told

Log = list[AnyEntry | Retraction | Tick]


def life(random: Random) -> list[Stay | Retraction]:
    """The stays of one ill person: now and then split, overlapping, exempt, cancelled, without an end."""
    pieces: list[Stay | Retraction] = []
    begins = at("09:00")
    for number in range(random.randint(4, 12)):
        visit, institution = f"v{number}", random.choice((HOSPITAL, HOSPITAL, "H34102100002"))
        ends = begins + random.randint(12, 240) * HOUR
        common = {"institution": institution, "visit_type": random.choice(("21", "21", "21", "52"))}
        pieces.append(stay(begins, "admission", visit, diagnosis=random.choice(("J18.9", "J18.1", "Z51.1")), **common))  # type: ignore[arg-type]
        if random.random() < 0.9:
            pieces.append(stay(ends, "discharge", visit, way=random.choice("1112"), **common))  # type: ignore[arg-type]
        if random.random() < 0.8:
            interim = random.random() < 0.2
            pieces.append(stay(ends + HOUR, "settlement", visit, amount=100, interim=interim, **common))
        if random.random() < 0.15:
            pieces.append(cancel(random.choice("ad"), visit, ends + random.randint(1, 48) * HOUR, number))
        begins = ends + random.randint(-48, 24 * 40) * HOUR
    return pieces


def cancel(piece: str, visit: str, time: int, number: int) -> Retraction:
    """2404 or 2405."""
    return Retraction(
        retraction_keys=[f"{piece}:{HOSPITAL}:{visit}"],
        uploaded=time,
        message=f"c{number}",
        institution=HOSPITAL,
        identity=10_000_000 + number,
        earlier_only=True,
    )


def uploaded(random: Random, pieces: list[Stay | Retraction]) -> list[Stay | Retraction]:
    """The same, each uploaded within the grace."""
    late = (0, 0, random.randint(0, 70) * HOUR)
    return [
        msgspec.structs.replace(one, uploaded=one.time + random.choice(late)) if isinstance(one, Stay) else one
        for one in pieces
    ]


def log_of(pieces: list[Stay | Retraction]) -> Log:
    """A log in the order given, with the hours that pass."""
    log: Log = []
    for one in pieces:
        log += [one, hour(one.uploaded)]
    return [*log, END]


@pytest.mark.parametrize("rule", [SplitAdmission(), FrequentAdmission(), FrequentAtInstitution(), OverlappingStays()])
@pytest.mark.parametrize("seed", range(15))
def test_what_stands_at_the_end_does_not_depend_on_the_order(rule: Rule, seed: int) -> None:
    """Sorted by upload, or shuffled within the grace: the same alerts stand."""
    random = Random(seed)
    pieces = sorted(uploaded(random, life(random)), key=lambda one: one.uploaded)
    shuffled = sorted(pieces, key=lambda one: one.uploaded + random.random() * 2 * DAY)

    assert standing(told(rule, log_of(pieces))) == standing(told(rule, log_of(shuffled)))


@pytest.mark.parametrize("rule", [SplitAdmission(), FrequentAdmission(), FrequentAtInstitution(), OverlappingStays()])
@pytest.mark.parametrize("seed", range(5))
def test_a_take_over_changes_nothing(rule: Rule, seed: int) -> None:
    """Saved and loaded after every record, an engine says the same as an undisturbed one."""
    random = Random(seed)
    log = log_of(sorted(uploaded(random, life(random)), key=lambda one: one.uploaded))
    alerts: list[Alert] = []
    state: dict[bytes, bytes | None] = {}
    for item in log:
        engine = engine_of(rule)
        engine.load(state.items())
        alerts += feed(engine, [item]).alerts
        state |= dict(engine.drain_changes())

    assert told(rule, log) == alerts

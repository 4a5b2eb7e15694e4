"""The rules over leads that are built from their pages alone give the findings of the product."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from monitor.leads.facts import Found as Revision
from monitor.leads.facts import Hour, OfLead, Said, Taken
from monitor.leads.judging import Judging
from rules.catalogue import catalogue
from rules.engine.alert import Alert
from rules.engine.finding import SEVERITIES
from rules.engine.watch import Watch
from rules.times import HOUR, parse

from . import leads
from .findings import Episode, Found, episodes
from .leads import Told

START = parse("2026-01-01")
HOURS = 24 * 300
"""So long is a world: longer than half a year, that windows end."""
WORLDS = 8
SAID = ("confirmed", "false_positive", "referred", "explained")
OF_LEADS = {name: rule for name, rule in catalogue().items() if rule.card.family == "actors"}
RULES = ("S01", "S01-GAP", "D01", "S06", "E01", "I05", "B07", "D18", "S03")


def revision(one: Told, found: int, *, stands: bool = True) -> Revision:
    """A revision of a lead, found at an hour."""
    return Revision(
        one.id, found - one.found, one.rule, one.kind, one.subject, SEVERITIES.index(one.severity),
        START + one.time * HOUR, START + found * HOUR, START + (one.due + found - one.found) * HOUR, stands,
        one.place, "", "", one.area, 100,
        tuple(sorted(one.persons)), tuple((place, "", person) for place, person in sorted(one.lay)),
    )  # fmt: skip


def lead_of(rng: Random, number: int) -> Told:
    """A lead about one of a few."""
    kind = rng.choice(["person", "person", "physician", "institution", "institution", "trace_code"])
    time = rng.randrange(HOURS)
    found = time + rng.randrange(72)
    persons = set(rng.sample(["p1", "p2", "p3", "p4", "p5"], rng.randrange(4)))
    subject = f"{kind[:2]}{rng.randrange(3)}" if kind != "person" else f"p{rng.randrange(1, 4)}"
    return Told(
        id=f"{rng.getrandbits(120):032x}", rule=rng.choice(RULES), kind=kind, subject=subject,
        severity=rng.choice(SEVERITIES), place=f"P{rng.randrange(4)}",
        persons=frozenset(persons | ({subject} if kind == "person" else set())), time=time, found=found,
        due=found + rng.randrange(100, 400) + number % 2,
    )  # fmt: skip


AFFAIRS = (
    ("S01", "S01-GAP", "S01-SIGN", "S01-TILL", "S02", "S03", "S03-MONTH", "S04", "D01", "D01-DUP", "D02", "D03", "D04",
     "D05", "D06", "D06", "D06", "D07", "D08", "D08", "D08", "D09", "D12-RXNO", "D13"),
    ("I01", "I03", "I04", "I05", "I05-PAIR", "I06-HOME", "I06-TEL", "I06-VILLAGE", "I09", "I10", "I11", "I13-TEL",
     "I02", "I02", "S07", "S07", "E01", "B08"),
)  # fmt: skip
"""What sets off the rules on persons of two kinds of leads: at pharmacies, and at hospitals."""


def of_affair(rng: Random, number: int, began: int) -> Told:
    """A lead that names several persons at one of two places, within some weeks."""
    one, side = lead_of(rng, number), rng.randrange(2)
    rule = rng.choice(AFFAIRS[side])
    time = began + rng.randrange(24 * (35, 100)[side])
    persons = rng.sample(
        ["p1", "p2", "p3", "p4", "p5", "p6", "p7"], rng.randrange(3, 6) if not side else rng.randrange(1, 4)
    )
    lay = {(rng.choice(["H0", "H0", "H1"]), who) for who in persons} if side and rng.random() < 0.8 else set()
    found, length = time + rng.randrange(72), one.due - one.found
    return replace(
        one, rule=rule, kind="institution", subject="P0", place="P0" if side == 0 and rng.random() < 0.9 else "H0",
        time=time, found=found, due=found + length, lay=frozenset(lay),
        persons=frozenset() if rule in ("D06", "D08") else frozenset(persons),
    )  # fmt: skip


def of_wave(rng: Random, number: int, began: int) -> Told:
    """A lead that spending grows at one of nine institutions, within two weeks; all at midnight, as whole days are."""
    one = lead_of(rng, number)
    time, place = began + 24 * rng.randrange(14), f"W{rng.randrange(9)}"
    found, length = time + rng.randrange(72), one.due - one.found
    return replace(
        one, rule="B15", kind="institution", subject=place, place=place, persons=frozenset(), time=time, found=found,
        due=found + length, area=rng.choice(["A0", "A0", "A0", "A1", ""]),
    )  # fmt: skip


def lead_with(rng: Random, number: int, began: int) -> Told:
    """Of the first any lead, then those of affairs, at last those of a wave."""
    if number < 80:
        return lead_of(rng, number)
    return of_affair(rng, number, began) if number < 125 else of_wave(rng, number, began)


def world(seed: int) -> tuple[list[Told], list[tuple[int, OfLead]]]:
    """Leads as they stand at the end, and the facts that led there with the hour of each, in some order of arrival."""
    rng, told, facts = Random(seed), list[Told](), list[tuple[int, OfLead]]()
    began = rng.randrange(HOURS // 2)
    for number in range(150):
        one = lead_with(rng, number, began)
        first = one
        if rng.random() < 0.2:  # it began with another severity, with other persons, and in another place
            lay, area = frozenset({("H1", "p1")}) if one.lay else one.lay, rng.choice(["A0", "A1", ""])
            others = one.persons | {"p5"}
            first = replace(one, severity=rng.choice(SEVERITIES), persons=others, place="P9", lay=lay, area=area)
        facts.append((one.found, revision(first, one.found)))
        facts.append((one.found + 1, revision(one, one.found + 1)))
        is_judged = number < 80 or number >= 125 or seed % 2 == 0
        for _ in range(rng.randrange(3) if is_judged else 0):
            at, said = one.found + rng.randrange(2, 500), rng.choice(SAID)
            if at == one.said_at:
                continue
            facts += [(at, Said(one.id, said, START + at * HOUR))] * rng.randrange(1, 3)
            last = (said, at) if at > one.said_at else (one.said, one.said_at)
            one = replace(one, said=last[0], said_at=last[1], first_said=min(at, one.first_said or at))
        if rng.random() < 0.4:
            at = one.found + rng.randrange(2, 100)
            facts.append((at, Taken(one.id, START + at * HOUR)))
            one = replace(one, taken=at)
        if rng.random() < 0.15:
            at = one.found + rng.randrange(600, 700)
            facts.append((at, revision(one, at, stands=False)))
            one = replace(one, gone=at)
        told.append(one)
    rng.shuffle(facts)
    return told, sorted(facts, key=lambda pair: pair[0])


def by_the_pages(told: list[Told], now: int) -> list[Episode]:
    """What the pages say."""
    found: list[Found] = [
        *leads.repeated(told), *leads.several(told), *leads.rings(told), *leads.unattended(told, now),
        *leads.extracted(told), *leads.fictitious(told), *leads.everywhere(told),
    ]  # fmt: skip
    quiet = {name: rule().quiet // 3_600 for name, rule in OF_LEADS.items()}  # type: ignore[call-arg]  # defaults
    return episodes(found, quiet)


def by_the_product(facts: list[tuple[int, OfLead]], now: int) -> list[Episode]:
    """What stands when the log has come to an hour."""
    judging = Judging([Watch(rule()) for rule in OF_LEADS.values()])  # type: ignore[call-arg]  # defaults
    last: dict[str, Alert] = {}
    hour = 0
    for at, fact in facts:
        for passed in range(hour, at + 1, 24):
            last |= {
                one.alert_id: one for one in judging.take(Hour(START + passed * HOUR), START + passed * HOUR).revisions
            }
        hour = max(hour, at)
        last |= {one.alert_id: one for one in judging.take(fact, START + at * HOUR).revisions}
    last |= {one.alert_id: one for one in judging.take(Hour(START + now * HOUR), START + now * HOUR).revisions}
    return sorted(
        Episode(
            one.rule_id, one.scope, hours(one.first_time), hours(one.last_time), one.triggers, one.measure.value,
            one.severity,
        )
        for one in last.values() if one.status != "withdrawn"
    )  # fmt: skip


def hours(text: str) -> int:
    """A moment in hours of the world."""
    return (parse(text) - START) // HOUR


def test_the_pages_alone_give_the_same_findings() -> None:
    """In each of these worlds; the first one that differs is told with its seed. Every rule finds something."""
    now, seen = HOURS + 1_000, set[str]()
    for seed in range(WORLDS):
        told, facts = world(seed)
        expected = by_the_pages(told, now)
        seen |= {one.rule for one in expected}

        assert (seed, expected) == (seed, by_the_product(facts, now))
    assert set(OF_LEADS) == seen

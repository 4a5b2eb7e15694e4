"""A rule that is built from its page alone gives the findings of the product, in dense worlds too."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from rules.catalogue import catalogue, of_messages
from rules.engine.engine import Engine
from rules.engine.item import Tick
from rules.engine.rule import Rule
from rules.engine.watch import Watch, with_thresholds
from rules.ledgers import LEDGERS, Inside
from rules.ledgers.inside import entries_of
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle.wire import raw

from . import cards, convoys, drugs, persons, places, stock, visits
from .facts import Facts, Message, Tables, facts, seconds
from .findings import Episode, Found, episodes
from .worlds import H1, H2, WORLDS, day, tables, world

SEEDS = int(os.environ.get("MONITOR_TEST_EXAMPLES", "0")) or 4
"""So many worlds of each kind; more with MONITOR_TEST_EXAMPLES."""
FOREVER = 1 << 60


def every_rule() -> list[Rule]:
    """The rules over messages with their defaults."""
    return [rule() for rule in of_messages().values()]  # type: ignore[call-arg]  # each parameter has a default


def by_the_pages(messages: list[Message], given: Tables) -> list[Episode]:
    """What the pages say of these messages."""
    known = facts(messages, given)
    quiet = {rule.id: rule.quiet for rule in every_rule()}
    return episodes([found for judge in JUDGES for found in judge(known)], quiet)


def overlaps(known: Facts) -> list[Found]:
    """E01 when all is over."""
    return list(persons.overlaps(known, FOREVER))


JUDGES = (
    drugs.early_refills, drugs.over_quantities, drugs.split_prescriptions, drugs.accumulations, drugs.same_actions,
    drugs.dual_channels, drugs.prescriptions, drugs.prescribing, drugs.promoted, drugs.crowded,
    persons.travels, persons.deaths, persons.withheld, persons.entitled, persons.claims, persons.newcomers,
    overlaps, persons.long_stays, persons.meanwhile,
    persons.split_stays, persons.frequent_stays, persons.deliveries, places.swiping, places.tills, places.agreements,
    places.admissions, places.growths, places.identity_numbers, places.untraced, places.round_sums,
    places.minor_illnesses, places.wards, places.coaches, places.late_uploads, places.deletions,
    places.rewritten, places.clerks,
    places.bad_codes, places.boxes, places.substitutions, places.from_nowhere, stock.beyond, stock.still_there,
    convoys.convoys,
    visits.registered,
    visits.two_places, visits.attendances, visits.charges, visits.prices, visits.flags, visits.licensed,
    visits.cosmetics,
    visits.parts, visits.long_days, visits.dear_products, visits.growths,
    cards.own_staff, cards.firms, cards.rings,
)  # fmt: skip


def by_the_product(
    messages: list[Message], given: Tables, tagged: Mapping[str, Mapping[str, Rule]] | None = None
) -> list[Episode]:
    """What stands after the closing tick. tagged: by the id of a rule and by tag, the rule with other thresholds."""
    reference = Reference()
    for table, rows in given.items():
        for row in rows:
            reference.put(table, row)
    watches = [with_thresholds(Watch(rule), (tagged or {}).get(rule.id, {})) for rule in every_rule()]
    engine = Engine(watches, reference, LEDGERS)
    door = Door(Pseudonyms("key", raw=True))
    for message in messages:
        opened = door.open(raw(message), 1 << 50)
        left = entries_of(opened)
        inside: list[Inside] = [*left.records, *left.retractions]
        for item in inside:
            engine.feed(item, opened.events[0].uploaded)
    engine.feed(Tick(0, final=True), 0)
    last = {alert.alert_id: alert for alert in engine.effects.alerts}
    stands = [alert for alert in last.values() if alert.status != "withdrawn"]
    return sorted(
        Episode(
            alert.rule_id, _scope(alert.rule_id, alert.scope), seconds(alert.first_time[:19]),
            seconds(alert.last_time[:19]), alert.triggers, alert.measure.value, alert.severity,
        )
        for alert in stands
    )  # fmt: skip


def _scope(rule_id: str, scope: tuple[str, ...]) -> tuple[str, ...]:
    """The day of S09 in the seconds of the pages."""
    if rule_id != "S09":
        return scope
    return (scope[0], str(int(scope[1]) // 1000 + 8 * 3_600 - 1_577_836_800))


@pytest.mark.parametrize("name", WORLDS)
def test_the_pages_alone_give_the_same_findings(name: str) -> None:
    """In each of these worlds; the first one that differs is told with its seed."""
    given = tables()
    for seed in range(SEEDS):
        messages = world(name, seed)

        assert (seed, by_the_pages(messages, given)) == (seed, by_the_product(messages, given))


def test_thresholds_by_tag_give_the_same_findings_as_the_page_with_them() -> None:
    """Of S11, in its own worlds: tiers, key subjects and reports that come and go."""
    given, limits = tables(), {"reported": 9, "person_credit_D": 18, "key": 12, "credit_C": 20, "private": 13}
    given["reports"] = [{"fixmedins_code": H1, "valid_from": day(30), "valid_to": day(59)}]
    given["persons"] = [{"psn_no": "p1", "credit": "D", "valid_from": day(50), "valid_to": day(90)}]
    given["institutions"] = [
        one | {H1: {"ownership": "private"}, H2: {"key": "1", "credit": "C"}}.get(one["fixmedins_code"], {})
        for one in given["institutions"]
    ]
    tagged = {"S11": {tag: catalogue()["S11"](limit=limit) for tag, limit in limits.items()}}  # type: ignore[call-arg]
    met = 0

    for seed in range(SEEDS):
        messages = world("attendances", seed)
        known = facts(messages, given)
        expected = [one for one in visits.attendances(known, limits) if one.rule == "S11"]
        met += expected != [one for one in visits.attendances(known) if one.rule == "S11"]
        found = [one for one in by_the_product(messages, given, tagged) if one.rule == "S11"]
        assert (seed, episodes(expected, {"S11": catalogue()["S11"]().quiet})) == (seed, found)  # type: ignore[call-arg]

    assert met == SEEDS


def test_each_rule_finds_something_in_these_worlds() -> None:
    """Else nothing is compared."""
    given = tables()
    found = {one.rule for name in WORLDS for seed in range(SEEDS) for one in by_the_pages(world(name, seed), given)}

    assert set(of_messages()) == found

"""Thresholds by tag: credit tiers, key subjects, private institutions and those that were reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.alert import Alert
from rules.engine.parameter import is_threshold
from rules.engine.rule import Rule
from rules.engine.tags import TAGS, has_tag, tags_of
from rules.engine.watch import Watch, with_thresholds
from rules.reference import Reference
from rules.times import DAY, HOUR, MINUTE, iso
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.oracle.desk import Desk
from tests.oracle.profile import examples
from tests.oracle.sample_rules import SAMPLES, ManyPlaces, ManySwipes
from tests.oracle.twin import Tagged, episodes
from tests.oracle.wire import MONDAY
from tests.oracle.world import (
    LONG,
    SHORT,
    STEADY,
    Draft,
    Scale,
    a_reference,
    accepted,
    body_of,
    drafts,
    from_sources,
    in_some_order,
    logs,
    run,
    standing_at_end,
    whole_catalogue,
    with_repeats,
)

NINE = MONDAY + 9 * HOUR
WORLDS = st.sampled_from([SHORT, LONG, STEADY]).flatmap(
    lambda scale: st.tuples(st.just(scale), drafts(scale, largest=50))
)


def of_institution(**said: str) -> dict[str, str]:
    """A row of the register."""
    return {"fixmedins_code": wire.SHOP, "kind": "pharmacy", "status": "active"} | said


def with_tags(reference: Reference) -> Reference:
    """The tables, with tags that come and go within a world; one shop has several."""
    row = {"kind": "pharmacy", "status": "active", "valid_from": "2026-03-03"}
    reference.put("institutions", row | {"fixmedins_code": wire.SHOP, "credit": "D", "ownership": "private"})
    reference.put("institutions", row | {"fixmedins_code": wire.OTHER_SHOP, "credit": "D", "key": "1"})
    report = {"valid_from": "2026-03-02 12:00:00", "valid_to": "2026-03-04"}
    reference.put("reports", report | {"fixmedins_code": wire.OTHER_SHOP})
    for number, said in enumerate(({"key": "1", "credit": "C"}, {"credit": "C"})):
        reference.put("persons", said | {"psn_no": Pseudonyms("key").person(f"0-{number}")})
    return reference


def thresholds_of(rules: Sequence[Rule]) -> Tagged:
    """For some of whom a tag is said each rule asks for more, for others for less."""
    found = {}
    for rule in rules:
        names = [one.name for one in fields(rule) if is_threshold(one.name) and type(getattr(rule, one.name)) is int]
        less, more = (replace(rule, **{name: max(1, getattr(rule, name) + step) for name in names}) for step in (-1, 1))
        of_person = {"key_person": less, "person_credit_C": more} if rule.card.subject == "person" else {}
        found[rule.id] = {"reported": less, "key": more, "credit_D": more, "private": less} | of_person
    return found


@pytest.mark.parametrize(
    ("rules", "reference"),
    [(SAMPLES, with_tags(Reference())), (whole_catalogue(), with_tags(a_reference()))],
    ids=["samples", "catalogue"],
)
@examples(20)
@given(world=WORLDS, seed=st.integers(0, 1 << 32))
def test_the_twin_finds_the_same_whatever_the_order_and_whoever_takes_over(
    rules: Sequence[Rule], reference: Reference, world: tuple[Scale, list[Draft]], seed: int
) -> None:
    """E1 and E2 with thresholds by tag: each entry is judged by what the tables say at its own time."""
    random, (scale, made) = Random(seed), world
    events, tagged = accepted(body_of(draft, scale) for draft in made), thresholds_of(rules)
    arrived = from_sources(in_some_order(with_repeats(events, random), random), random, sources=2)
    [log] = logs(arrived, by_append_time=random.random() < 0.5)
    undisturbed = run(log, rules, reference, tagged=tagged)

    disturbed = run(log, rules, reference, random, tagged=tagged)

    expected = [one._replace(version="") for one in episodes([event for event, _ in events], rules, reference, tagged)]
    assert expected == [one._replace(version="") for one in standing_at_end(undisturbed.alerts)]
    assert (undisturbed.values, undisturbed.state) == (disturbed.values, disturbed.state)


class Facing(ManyPlaces):
    """Told to the institution that asks."""

    card = msgspec.structs.replace(ManyPlaces.card, judges_pre=True, institution_facing=True)


class Tagging(Desk):
    """A desk whose rule has another threshold for a tag."""

    def __init__(self, rule: Rule, tagged: dict[str, Rule]) -> None:
        super().__init__()
        self._sold = 0
        self.watches = [with_thresholds(Watch(rule), tagged)]
        self.engine.turn(self.watches, self.reference, MONDAY)

    def sell(self, at: int, number: int) -> list[Alert]:
        """So many settlements at one shop, a minute apart; gives what is said to them."""
        said = []
        for n in range(number):
            self._sold += 1
            fixed = {name: f"{name}{self._sold}" for name in ("msgid", "setl_id", "mdtrt_id")}
            said += self.tell(wire.settlement(at + n * MINUTE, psn_no=str(n), **fixed)).revisions
        return said


def test_a_tier_moves_the_threshold_from_the_day_of_its_row_on() -> None:
    """The alert says whose threshold it was, and has a version of its own."""
    desk = Tagging(ManySwipes(), {"credit_D": ManySwipes(limit=2)})
    desk.reference.put("institutions", of_institution(credit="D", valid_from="2026-03-03"))

    before, then = desk.sell(NINE, 2), desk.sell(NINE + DAY, 2)

    assert before == []
    [alert] = then
    assert (alert.measure.limit, alert.measure.tag, alert.tags) == (2, "credit_D", ["credit_D"])
    assert "，按“机构信用等级D”的阈值判定。" in alert.text.zh
    assert "; by the threshold for institutions of credit tier D." in alert.text.en
    assert alert.rule_version == desk.watches[0].full_version != ManySwipes().full_version


def test_the_first_tag_of_the_order_decides_also_where_a_later_one_is_stricter() -> None:
    """An institution of tier A that was reported is judged as one that was reported."""
    desk = Tagging(ManySwipes(), {"credit_A": ManySwipes(limit=9), "reported": ManySwipes(limit=2)})
    desk.reference.put("institutions", of_institution(credit="A"))
    desk.reference.put("reports", {"fixmedins_code": wire.SHOP, "valid_from": "2026-03-03", "valid_to": "2026-03-03"})

    found = [desk.sell(NINE + day * DAY, 4) for day in range(3)]

    assert [[], ["reported"], []] == [[one.measure.tag for one in said[:1]] for said in found]


def test_a_lead_says_that_the_institution_was_reported_also_where_no_threshold_moved() -> None:
    """Somebody who looks at the lead knows of the report; it is said once."""
    desk = Tagging(ManySwipes(), {})
    desk.reference.put("reports", {"fixmedins_code": wire.SHOP, "valid_from": "2026-03-02", "valid_to": "2026-03-02"})

    [first, *_], [second, *_] = desk.sell(NINE, 3), desk.sell(NINE + 2 * DAY, 3)

    assert (first.tags, second.tags) == (["reported"], [])
    assert ("，该机构此前收到投诉举报。" in first.text.zh, "举报" in second.text.zh) == (True, False)


def test_an_institution_cannot_tell_from_an_answer_that_it_was_reported() -> None:
    """Neither from the words, nor from the threshold: what it asks is judged as if nobody had reported it."""

    def answer(tag: str, table: str, row: dict[str, str]) -> list[object]:
        desk = Tagging(Facing(), {tag: Facing(limit=1)})
        desk.reference.put(table, row)
        asked = desk.tell(wire.settlement(NINE, infno="2101", msgid="q", setl_id="", mdtrt_id="v"))
        return [one.value for one in asked.reminders]

    report = {"fixmedins_code": wire.SHOP, "valid_from": "2026-03-02", "valid_to": "2026-03-31"}
    nobody = answer("reported", "reports", report | {"fixmedins_code": "P0"})

    assert nobody == answer("reported", "reports", report)
    assert nobody != answer("key", "institutions", of_institution(key="1"))


def test_each_tag_is_found_where_its_column_says_so() -> None:
    """And nowhere else: no row has another tag, no institution one of a person."""
    reference = Reference()
    reference.put("reports", {"fixmedins_code": "reported", "valid_from": "2026-03-02", "valid_to": "2026-03-31"})
    for tier in "ABCD":
        reference.put("institutions", of_institution(fixmedins_code=f"credit_{tier}", credit=tier))
        reference.put("persons", {"psn_no": f"person_credit_{tier}", "credit": tier})
    reference.put("institutions", of_institution(fixmedins_code="key", key="1"))
    reference.put("institutions", of_institution(fixmedins_code="private", ownership="private"))
    reference.put("institutions", of_institution(fixmedins_code="none", ownership="public", key="0"))
    reference.put("persons", {"psn_no": "key_person", "key": "1"})

    assert {tag: [tag] for tag in TAGS} == {tag: tags_of(tag, tag, NINE, reference) for tag in TAGS}
    assert tags_of("none", "none", NINE, reference) == []
    assert not has_tag("reported", "reported", "", NINE - 7 * DAY, reference), iso(NINE)


def test_what_a_tag_moves_comes_into_force_as_any_version_does() -> None:
    """From the hour after its item on; what happened before is judged as before."""
    desk = Tagging(ManySwipes(), {})
    desk.reference.put("institutions", of_institution(key="1"))
    desk.tick(NINE)
    desk.engine.turn([with_thresholds(Watch(ManySwipes()), {"key": ManySwipes(limit=1)})], desk.reference, MONDAY)

    assert [] == desk.sell(NINE + 30 * MINUTE, 2)
    assert ["key"] == [one.measure.tag for one in desk.sell(NINE + 5 * HOUR, 1)]

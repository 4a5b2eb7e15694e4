"""What comes out of order by the skew, in inf_time, changes nothing of what stands at the end.

Two input partitions are read at most the alignment apart, and each is out of order by at most 72 h in itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import astuple

from rules.billing.b15_outpatient_growth import OutpatientGrowth
from rules.catalogue import of_messages
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.credential.s01_gap import Gap
from rules.credential.s01_sign import Sign
from rules.credential.s01_till import Till
from rules.engine.alert import Alert
from rules.engine.item import Tick
from rules.engine.ledger import GRACE, SKEW
from rules.engine.retraction import REACH_OF_MESSAGE_REVERSAL, Retraction
from rules.engine.rule import Rule
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import HOSPITAL, PHARMACY, at, swipe
from rules.times import HOUR, MINUTE
from tests.oracle.profile import examples
from tests.oracle.sample_rules import SAMPLES
from tests.oracle.twin import episodes
from tests.oracle.world import (
    LONG,
    STEADY,
    Draft,
    Scale,
    a_reference,
    accepted,
    body_of,
    drafts,
    from_sources,
    logs,
    run,
    standing_at_end,
    uploaded_of,
    whole_catalogue,
)
from tests.rules._log import END, engine_of, feed, hour, standing

Item = Swipe | Retraction
SEEDS = st.integers(0, 1 << 32)
WORLDS = st.sampled_from((LONG, STEADY)).flatmap(
    lambda scale: st.tuples(st.just(scale), drafts(scale, largest=40, pool=2))
)
REACH = 72 * HOUR
"""Of a reversal of a settlement."""
DAYS = 48
"""So many days have a habit at their end: 28, of which the last ended thirteen days before."""


@pytest.mark.parametrize(
    ("rules", "reference"),
    [(SAMPLES, Reference()), (whole_catalogue(), a_reference())],
    ids=["samples", "catalogue"],
)
@examples(20)
@given(world=WORLDS, seed=SEEDS)
def test_every_ledger_takes_what_is_out_of_order_by_the_skew(
    rules: Sequence[Rule], reference: Reference, world: tuple[Scale, list[Draft]], seed: int
) -> None:
    """The twin, which knows no order, says the same; the hours pass by the largest inf_time, as fast as they can."""
    scale, made = world
    random, events = Random(seed), accepted(body_of(draft, scale) for draft in made)
    lags = {value: random.choice((0, SKEW)) for _, value in events}
    values = [value for _, value in sorted(events, key=lambda one: uploaded_of(one[0]) + lags[one[1]])]
    arrived = from_sources(values, random, sources=2)
    [log] = logs(arrived, by_append_time=True)

    assert episodes([event for event, _ in events], rules, reference) == standing_at_end(
        run(log, rules, reference).alerts
    )


def test_every_ledger_of_the_catalogue_is_asked() -> None:
    """No rule stands beside the test above."""
    assert {rule.card.ledger for rule in of_messages().values()} == {rule.card.ledger for rule in whole_catalogue()}


def shop(time: int, person: str, **more: int) -> Swipe:
    """A settlement of a pharmacy."""
    return swipe(time, person, PHARMACY, operator="o1", **more)


def clinic(time: int, person: str, **more: int) -> Swipe:
    """A settlement at a till of a clinic."""
    return swipe(time, person, HOSPITAL, transaction="2207", visit_type="11", operator="o1", **more)


def traffic(random: Random, of: type[Rule]) -> Iterator[Item]:
    """Every day some customers within an hour, and what takes them back: as late as anything may be, or at once."""
    made = clinic if of in (Till, OutpatientGrowth) else shop
    for day in range(DAYS):
        customers, within = random.choice(((2, HOUR), (2, HOUR), (14, 10 * MINUTE)))
        for _ in range(random.randint(customers // 2, customers)):
            time = at("10:00", day=day) + random.randrange(within)
            late = random.choice((0, GRACE))
            one = made(time, f"p{random.randrange(99)}", uploaded=time + late, amount=customers * 5_000)
            yield one
            if random.random() < 0.3:
                yield from taken_back(one, random)


def taken_back(one: Swipe, random: Random) -> Iterator[Retraction]:
    """The reversal of a settlement, and perhaps the 2601 on that."""
    uploaded = random.choice((one.uploaded, one.time + REACH))
    place, number = one.institution, 1_000_000 + 2 * one.identity
    yield Retraction(
        retraction_keys=[f"s:{place}:{one.settlement}"], uploaded=uploaded, message=f"r{number}", institution=place,
        identity=number, transaction="2103",
    )  # fmt: skip
    if random.random() < 0.5:
        yield Retraction(
            retraction_keys=[f"m:{place}:r{number}"], uploaded=uploaded + REACH_OF_MESSAGE_REVERSAL, institution=place,
            message=f"f{number}", identity=number + 1, transaction="2601", of_transaction="2103", final=True,
        )  # fmt: skip


def lag(one: Item, random: Random, of_punctual: Sequence[int]) -> int:
    """How far behind the reader of its partition is, ms: what is late may come by another one than what is punctual."""
    is_punctual = isinstance(one, Swipe) and one.uploaded == one.time
    return random.choice(of_punctual) if is_punctual else random.choice((SKEW, SKEW, random.randint(0, SKEW)))


def with_hours(items: Sequence[Item]) -> Iterator[Item | Tick]:
    """The hours pass by the largest inf_time."""
    newest = 0
    for item in items:
        yield item
        if item.uploaded > newest:
            newest = item.uploaded
            yield hour(newest)
    yield END


def measured(alerts: Sequence[Alert]) -> list[tuple[object, ...]]:
    """The alerts that stand at the end, with the limit that the past gave and what is usual."""
    last = {alert.alert_id: alert for alert in alerts}
    left = [one for one in last.values() if one.status != "withdrawn"]
    return sorted((one.scope, one.first_time, one.last_time, one.triggers, astuple(one.measure)) for one in left)


@pytest.mark.parametrize(
    ("rule", "content"),
    [
        pytest.param(ConcentratedSwiping(limit=2), measured, id="S01"),
        pytest.param(Gap(limit=2), measured, id="S01-GAP", marks=pytest.mark.long),
        pytest.param(Till(limit=2), measured, id="S01-TILL", marks=pytest.mark.long),
        pytest.param(Sign(limit=2), standing, id="S01-SIGN"),
        pytest.param(OutpatientGrowth(least_yuan=1, successive_days=1, weeks=1), standing, id="B15"),
    ],
)
@examples(10)
@given(seed=SEEDS)
@example(seed=450)  # a day that joins two episodes and is frozen later than the first of them
def test_a_habit_does_not_depend_on_the_order(
    rule: Rule, content: Callable[[Sequence[Alert]], list[tuple[object, ...]]], seed: int
) -> None:
    """A frozen past gives the same limit to a digit; one that is judged again gives the same alerts."""
    random = Random(seed)
    items, of_punctual = list(traffic(random, type(rule))), random.choice(((0,), (0,), (0, SKEW)))
    in_order = sorted(items, key=lambda one: one.uploaded)
    out_of_order = sorted(items, key=lambda one: one.uploaded + lag(one, random, of_punctual))
    expected = feed(engine_of(rule), with_hours(in_order))
    found = feed(engine_of(rule), with_hours(out_of_order))

    assert content(expected.alerts) == content(found.alerts)
    assert [] == expected.refused == found.refused


def test_the_habit_says_something_in_that_traffic() -> None:
    """Some bursts are above the limit that the past gives, others are not."""
    for kind, figure in ((ConcentratedSwiping, 2), (Till, 2)):
        items = sorted(traffic(Random(1), kind), key=lambda one: one.uploaded)
        with_habit, without = (
            measured(feed(engine_of(kind(limit=figure, baseline=known)), with_hours(items)).alerts)
            for known in (True, False)
        )

        assert 0 < len(with_habit) < len(without)

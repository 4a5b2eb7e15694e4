"""Rules and tables that change in the log: what is judged by which version, and what becomes of open alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.item import Tick
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.entitlement.s09_no_agreement import NoAgreement
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.times import iso
from tests.oracle import wire
from tests.oracle.desk import Desk, short
from tests.oracle.sample_rules import ManyPeople, ManySwipes, MuchOfIt
from tests.oracle.wire import DAY, HOUR, MINUTE, MONDAY, SHOP

NINE = MONDAY + 9 * HOUR


class Turning(Desk):
    """A desk whose rules come by the log. fragile: every step is done by another worker."""

    def __init__(self, *rules: Rule, fragile: bool = False) -> None:
        super().__init__()
        self._sold = 0
        self._fragile = fragile
        self.turn(*rules)

    def turn(self, *rules: Rule, off: Sequence[Rule] = (), since: int | None = None) -> None:
        """Bring rules into force; since: their valid_from."""
        came = [Watch(rule) if since is None else Watch(rule, since=since) for rule in rules]
        self.watches = [*came, *(Watch(rule, enabled=False) for rule in off)]
        self.engine.turn(self.watches, self.reference, MONDAY)
        self._feed([], MONDAY)  # what came of it is said with what follows

    def take_over(self) -> None:
        """Save the state, and go on with a fresh engine as a worker does it."""
        self.state |= dict(self.engine.drain_changes())
        self.engine = Engine([], Reference(), LEDGERS)
        self.engine.turn(self.watches, self.reference)
        self.engine.load(self.state.items())
        self.engine.turn(self.watches, self.reference)

    def sell(self, at: int, number: int = 1, uploaded: int | None = None) -> list[Alert]:
        """So many settlements at one shop, a minute apart; gives what is said to them."""
        said = []
        for n in range(number):
            self._sold += 1
            fixed = {name: f"{name}{self._sold}" for name in ("msgid", "setl_id", "mdtrt_id")}
            sent = wire.text(uploaded or at + n * MINUTE)
            said += self.tell(wire.settlement(at + n * MINUTE, psn_no=str(n), inf_time=sent, **fixed)).revisions
            if self._fragile:
                self.take_over()
        return said

    def hour(self, at: int) -> list[Alert]:
        """Let an hour pass; gives what is said to it."""
        said = self.tick(at).revisions
        if self._fragile:
            self.take_over()
        return said


@pytest.fixture(params=[False, True], ids=["one worker", "another worker for each step"])
def fragile(request: pytest.FixtureRequest) -> bool:
    """Whether the state is handed over after each step."""
    return bool(request.param)


def test_what_is_open_of_a_rule_that_goes_closes_at_the_next_tick(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """It judges nothing from its item on, and nothing is kept of it."""
    desk = Turning(ManySwipes(), fragile=fragile)
    opened = desk.sell(NINE, 3)
    desk.turn(off=[ManySwipes()])
    silent = desk.sell(NINE + 5 * MINUTE, 3)
    closed = desk.hour(NINE + HOUR)
    desk.take_over()

    assert [("opened", 1, 1)] == short(opened)
    assert silent == []
    assert [("closed", 2, 1, "rule_off")] == [(*short([one])[0], one.closed_by) for one in closed]
    assert not [name for name, value in desk.state.items() if value is not None and b"T01" in name]
    assert desk.hour(NINE + 9 * DAY) == []


def test_a_rule_that_comes_says_until_when_its_window_is_not_full(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """It judges what happens from the hour after its item on, and warms for one window."""
    desk = Turning(fragile=fragile)
    desk.sell(NINE, 3)
    desk.hour(NINE)
    desk.turn(ManySwipes())
    before = desk.sell(NINE + 30 * MINUTE, 3)
    full = NINE + HOUR + ManySwipes().span
    warming = desk.sell(NINE + HOUR, 3)
    warm = desk.sell(full, 3)

    assert before == []
    assert {iso(full)} == {one.warming_until for one in warming}
    assert {None} == {one.warming_until for one in warm}


def test_what_was_in_force_from_the_beginning_needs_no_warming(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """Neither at the first item, nor where another version has a window that is no longer."""
    desk = Turning(ManySwipes(), fragile=fragile)
    first = desk.sell(NINE, 3)
    desk.hour(NINE)
    desk.turn(ManySwipes(limit=2))
    changed = desk.sell(NINE + 2 * HOUR, 2)

    assert [None, None] == [one.warming_until for one in (*first, *changed)]


def test_each_entry_is_judged_by_the_version_of_its_own_time(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """Also one that comes late; an alert keeps the version of its first trigger."""
    desk = Turning(ManySwipes(limit=3), fragile=fragile)
    desk.sell(NINE, 1)
    desk.hour(NINE)
    desk.turn(ManySwipes(limit=2))
    late = desk.sell(NINE + MINUTE, 1, uploaded=NINE + 3 * HOUR)
    new = desk.sell(NINE + 5 * HOUR, 2)
    old = desk.sell(NINE + 2 * MINUTE, 1, uploaded=NINE + 3 * HOUR)

    assert late == []
    assert [("T01", ManySwipes(limit=2).full_version, 2)] == [(a.rule_id, a.rule_version, a.measure.limit) for a in new]
    assert [(ManySwipes().full_version, 3)] == [(a.rule_version, a.measure.limit) for a in old]


def test_a_version_waits_for_its_valid_from(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """Until then the one before it is in force; one that never came into force is forgotten for the next."""
    desk = Turning(ManySwipes(limit=3), fragile=fragile)
    desk.hour(NINE)
    desk.turn(ManySwipes(limit=1), since=MONDAY + 9 * DAY)
    desk.turn(ManySwipes(limit=2), since=MONDAY + 3 * DAY)
    today, then = desk.sell(NINE + 2 * HOUR, 2), desk.sell(MONDAY + 3 * DAY, 2)

    assert today == []
    assert [2] == [one.measure.limit for one in then]


def test_an_item_that_changes_nothing_changes_nothing(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """The owner of partition 0 tells what is in force whenever it comes."""
    desk = Turning(ManySwipes(), fragile=fragile)
    desk.sell(NINE, 3)
    desk.hour(NINE)
    before = desk.engine.in_force
    desk.turn(ManySwipes())

    assert before == desk.engine.in_force
    assert desk.hour(NINE + HOUR) == []


def test_a_rule_comes_with_its_table_and_goes_with_it(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """Without it the rule is degraded, and the alerts of the others say so."""
    desk = Turning(NoAgreement(), ManySwipes(), fragile=fragile)
    without = desk.sell(NINE, 3)
    desk.hour(NINE)
    desk.reference = Reference("with")
    desk.reference.put("institutions", {"fixmedins_code": SHOP, "status": "suspended", "kind": "pharmacy"})
    desk.turn(NoAgreement(), ManySwipes())
    known = desk.sell(NINE + 5 * HOUR, 3)
    desk.reference = Reference("gone")
    desk.turn(NoAgreement(), ManySwipes())
    ended = desk.hour(NINE + 6 * HOUR)

    assert [("T01", ["S09"], "none")] == [(one.rule_id, one.degraded, one.reference_version) for one in without]
    assert {("S09", (), "with"), ("T01", (), "with")} == {
        (one.rule_id, tuple(one.degraded), one.reference_version) for one in known
    }
    assert [("S09", "closed", "rule_off")] == [
        (one.rule_id, one.status, one.closed_by) for one in ended if one.closed_by == "rule_off"
    ]


def kept(desk: Desk) -> set[str]:
    """The ledgers of which something is held, without those that say which messages came."""
    pages = desk.engine.memory.all_pages().values()
    return {page.ledger.name for page in pages} - {"messages", "targets"}


def test_what_no_rule_reads_is_not_kept(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """Nor is it on the changelog; what is needed to judge cancels of lines comes with the ledger of lines."""
    desk = Turning(ManySwipes(), fragile=fragile)
    desk.sell(NINE, 3)
    by_swipes = kept(desk)
    desk.turn(MuchOfIt())
    desk.hour(NINE + HOUR)
    desk.sell(NINE + 2 * HOUR, 3)
    desk.state |= dict(desk.engine.drain_changes())

    assert by_swipes == {"swipes"}
    assert kept(desk) == {"visits"}
    assert not any(b"swipes" in name for name, value in desk.state.items() if value is not None)


def test_a_rule_that_was_off_begins_with_nothing(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """What came while it was off is not known: what came before must not stand beside such a hole."""
    desk = Turning(ManySwipes(), fragile=fragile)
    desk.sell(NINE, 2)
    desk.turn(off=[ManySwipes()])
    desk.hour(NINE + HOUR)
    desk.turn(ManySwipes())
    on_again = desk.sell(NINE + HOUR + 20 * MINUTE, 2)

    assert [] == on_again
    assert {"swipes"} == kept(desk)
    assert 2 == sum(len(page.held) for page in desk.engine.memory.pages.values() if page.ledger.name == "swipes")


def test_a_rule_that_was_off_for_moments_warms_anew(fragile: bool) -> None:  # noqa: FBT001 - a fixture
    """It goes on before anything closed; but what it reads was perhaps not sent meanwhile."""
    desk = Turning(ManySwipes(), fragile=fragile)
    desk.hour(NINE)
    desk.turn(off=[ManySwipes()])
    desk.turn(ManySwipes())
    warming = desk.sell(NINE + 20 * MINUTE, 3)
    [watch] = desk.engine.in_force.values()
    closed = desk.hour(NINE + HOUR)
    warm = desk.sell(NINE + HOUR + ManySwipes().span, 3)

    assert (watch.enabled, watch.before) == (True, None)
    assert closed == []
    assert {iso(NINE + HOUR + ManySwipes().span)} == {one.warming_until for one in warming}
    assert {None} == {one.warming_until for one in warm}


def test_what_is_no_longer_kept_is_dropped_in_slices() -> None:
    """And all of it before it is kept again, however many of the slices were done."""
    desk = Turning(ManySwipes())
    for shop in range(5):
        desk.tell(wire.settlement(NINE, fixmedins_code=f"P{shop}"))
    desk.turn(off=[ManySwipes()])
    steps = desk.engine.steps(Tick(NINE + HOUR), NINE + HOUR)
    left = [len(desk.engine.memory.pages) for _ in steps]
    desk.turn(ManySwipes())
    desk.sell(NINE + HOUR, 1)
    desk.turn(off=[ManySwipes()])
    for number, _ in enumerate(desk.engine.steps(Tick(NINE + 2 * HOUR), NINE + 2 * HOUR)):
        if number == 1:
            break
    desk.turn(ManySwipes())

    assert left == sorted(left, reverse=True)
    assert len(set(left)) > 3
    assert set() == kept(desk)


@pytest.mark.parametrize("fragile", [False, True])
@pytest.mark.parametrize("at_rest", [False, True])
def test_a_tick_drops_no_more_than_can_be_saved_at_once(fragile: bool, at_rest: bool) -> None:  # noqa: FBT001
    """The rest at the ticks after it: whether it is awake or at rest, and whoever goes on."""
    desk = Turning(ManySwipes(), MuchOfIt(), fragile=fragile)
    for shop in range(7):
        desk.tell(wire.settlement(NINE, fixmedins_code=f"P{shop}", feedetail=[wire.line(1, NINE)], psn_no=str(shop)))
    for _ in range(3 if at_rest else 0):
        desk.state |= dict(desk.engine.drain_changes())
    desk.turn(off=[ManySwipes(), MuchOfIt()])
    left = []
    for hour in range(1, 8):
        desk.engine.memory.most_dropped = 3
        desk.hour(NINE + hour * HOUR)
        left.append(sum(ledger not in ("messages", "targets") for ledger, _ in desk.engine.memory.all_pages()))

    assert left == [18, 15, 12, 9, 6, 3, 0]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(0, 40), st.integers(0, 3)),
        st.tuples(st.just("hour"), st.integers(0, 12), st.just(0)),
        st.tuples(st.just("turn"), st.integers(0, 4), st.integers(0, 3)),
    ),
    max_size=14,
)


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_who_takes_over_says_what_the_other_would_have_said(steps: list[tuple[str, int, int]]) -> None:
    """Whatever comes, goes and changes: the same bytes, with a take-over after each step and with none."""
    said = []
    for fragile in (False, True):
        desk = Turning(ManySwipes(), fragile=fragile)
        for what, one, other in steps:
            if what == "sell":
                desk.sell(NINE + one * 20 * MINUTE, other, uploaded=NINE + 14 * HOUR)
            elif what == "hour":
                desk.hour(NINE + (one * HOUR if one < 10 else one * 10 * HOUR))
            elif one:
                quiet = replace(ManySwipes(limit=one), quiet=60 if other == 1 else 3600 * (1 + 20 * other))
                desk.turn(quiet, since=None if other < 2 else NINE + other * HOUR)
            else:
                desk.turn(off=[ManySwipes()])
        desk.end()
        said.append(desk.said)

    assert said[0] == said[1]


def test_a_page_with_few_entries_is_judged_by_the_version_that_needs_fewer() -> None:
    """What lies before the turn is judged by the earlier version, whose guard is lower than the present one."""
    desk = Turning(ManyPeople(limit=2))
    desk.turn(ManyPeople(limit=3), since=NINE + DAY)
    said = desk.sell(NINE, 2)

    assert [("opened", 2.0, 2.0)] == [(one.status, one.measure.value, one.measure.limit) for one in said]

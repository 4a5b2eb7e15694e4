"""What must not be silent, by who sent it."""

from __future__ import annotations

from collections import Counter

from rules.wire.answers import OTHER
from streams.route import tallies
from streams.route.router import Noted, Router
from streams.route.tallies import Tallies, sum_of
from tests.oracle import wire
from tests.oracle.wire import MONDAY
from tests.oracle.world import a_door

SKIPPED = Noted("skipped", "", "H1", "9001")


class Clock:
    """A clock that is set by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def test_what_was_counted_is_written_once() -> None:
    """Two batches are one sum; after it everything begins at 0."""
    counted = Tallies(Clock())
    counted.add({SKIPPED: 2})
    counted.add({SKIPPED: 3})

    assert Counter({SKIPPED: 5}) == sum_of(counted.drain(), 0)
    assert [] == counted.drain()


def test_only_what_was_counted_since_is_summed() -> None:
    """By the end of the minute in which it was counted."""
    clock = Clock()
    counted = Tallies(clock)
    counted.add({SKIPPED: 1})
    first = counted.drain()
    clock.now = 2_000.0
    counted.add({SKIPPED: 10})
    second = counted.drain()

    assert Counter({SKIPPED: 10}) == sum_of([*first, *second, b"{", b"[]"], 1_500_000)


def test_there_is_an_end_to_what_is_told_apart() -> None:
    """Anything may stand where a message says who sent it."""
    counted = Tallies(Clock())
    for number in range(tallies.MOST + 10):
        counted.add({Noted("refused", "no_result", f"H{number}", "2207"): 1})

    found = sum_of(counted.drain(), 0)
    assert tallies.MOST + 1 == len(found)
    assert 10 == found[Noted("refused", "no_result", OTHER, OTHER)]


def test_what_a_router_notes_names_institution_and_transaction() -> None:
    """Of what is skipped, failed, refused and late, and of what is left out of accepted messages."""
    bodies = [
        wire.message("9001"),
        wire.settlement(infcode="-1"),
        wire.settlement() | {"input": {"data": {}}},
        wire.settlement(setl_time="soon"),
        wire.settlement(MONDAY - 4 * wire.DAY, inf_time=wire.text(MONDAY)),
        wire.settlement(feedetail=[wire.line(1, MONDAY - 4 * wire.DAY)]),
        wire.settlement(drug_trac_info=[{"drug_trac_codg": "8123"}, {"drug_trac_codg": "无"}]),
        wire.settlement(medfee_sumamt=-1, fund_pay_sumamt=-1, refd_setl_flag="1"),
        wire.settlement(age=850),
    ]
    noted = Router(a_door()).route([(wire.raw(body), MONDAY + wire.DAY) for body in bodies]).noted

    assert Counter({
        Noted("skipped", "", wire.SHOP, "9001"): 1,
        Noted("failed", "", wire.SHOP, "2102"): 1,
        Noted("refused", "no_result", wire.SHOP, "2102"): 1,
        Noted("refused", "bad_time", wire.SHOP, "2102"): 1,
        Noted("late", "", wire.SHOP, "2102"): 1,
        Noted("late_lines", "", wire.SHOP, "2102"): 1,
        Noted("bad_codes", "", wire.SHOP, "2102"): 1,
        Noted("missing_codes", "", wire.SHOP, "2102"): 1,
        Noted("refunds_without_original", "", wire.SHOP, "2102"): 1,
        Noted("cut", "age", wire.SHOP, "2102"): 1,
    }) == noted  # fmt: skip

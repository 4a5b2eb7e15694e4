"""Pages at rest: what is laid down comes back as it was, and retractions find it."""

from __future__ import annotations

from rules.engine.engine import Engine
from rules.engine.in_memory import InMemory
from rules.engine.records import name_at_rest
from tests.oracle import wire
from tests.oracle.desk import Desk
from tests.oracle.sample_rules import ManySwipes, SoldTwice
from tests.oracle.wire import DAY, MONDAY


def test_a_page_at_rest_is_taken_out_once() -> None:
    """As it was laid down."""
    resting = InMemory()
    resting.lay(b"name", b"saved", "ledger", 7, [0], is_saved=True)

    assert [b"name"] == resting.names()
    assert (b"saved", True) == resting.take(b"name")
    assert resting.take(b"name") is None
    assert len(resting) == 0


def test_what_is_told_as_untouched_is_told_once() -> None:
    """By the tick at which its last entry came, ledger by ledger."""
    resting = InMemory()
    names = [name_at_rest(("sales", (f"{number}",))) for number in range(3)]
    for name, touched in zip(names, (5, 3, 9), strict=True):
        resting.lay(name, b"", "sales", touched, [0], is_saved=True)
    resting.lay(name_at_rest(("visits", ("0",))), b"", "visits", 1, [0], is_saved=True)

    assert [names[1], names[0]] == [*resting.untouched_since("sales", 5)]
    assert [] == [*resting.untouched_since("sales", 8)]
    assert [names[2]] == [*resting.untouched_since("sales", 9)]


def days(desk: Desk, number: int) -> Engine:
    """An engine to which a settlement with a box came on each day, saved in the evening."""
    for day in range(number):
        at = MONDAY + day * DAY
        trace = [{"drug_trac_codg": wire.BOX[:-4] + f"{day:04}"}]
        ids = {"setl_id": f"S{day}", "psn_no": f"p{day}"}
        desk.tell(wire.settlement(at, **ids, drug_trac_info=trace, feedetail=[wire.line(1, at)]))
        desk.tick(at + DAY // 2)
        desk.state |= dict(desk.engine.drain_changes())
    return desk.engine


def test_a_page_rests_when_nothing_touched_it_between_two_checkpoints() -> None:
    """Nearly all do, and what is held is the same."""
    engine = days(Desk(ManySwipes(), SoldTwice()), 40)
    sizes = engine.sizes()

    assert sizes["pages_at_rest"] > 0.9 * sizes["pages"] - 20
    assert sizes["entries"] == sum(len(page.held) for page in engine.memory.all_pages().values())
    assert engine.sizes() == sizes | {"pages_at_rest": 0}


def test_a_reversal_wakes_what_it_takes_back() -> None:
    """Weeks later, and the box may be sold again."""
    desk = Desk(ManySwipes(), SoldTwice())
    engine = days(desk, 4)
    for _ in range(3):
        engine.drain_changes()
    before = set(engine.memory.resting.names())
    desk.tell(wire.reversal("S0", MONDAY + 2 * DAY, psn_no="p0"))

    assert 1 == len(before - set(engine.memory.resting.names()))
    taken = {page.ledger.name for page in engine.memory.pages.values() if page.taken}
    assert "sales" in taken


def test_what_is_touched_while_it_waits_to_rest_is_saved_first() -> None:
    """A page that has changed since it was saved stays awake until it is saved again."""
    at_once, later, never = (Desk(ManySwipes(), SoldTwice()) for _ in range(3))
    at_once.engine.memory.rests_at_once = True
    never.engine.memory.lays_new_pages = False
    for number, day in enumerate((0, 0, 1, 2, 2, 2, 9)):
        body = wire.settlement(MONDAY + day * DAY + number, setl_id=f"s{number}", psn_no="p")
        for desk in (at_once, later, never):
            desk.tell(body)
            if desk is not never:
                desk.state |= dict(desk.engine.drain_changes())
    never.state |= dict(never.engine.drain_changes())

    assert at_once.state == later.state == never.state

"""What is held stays bounded: pages, entries, names, retractions, questions, the agenda."""

from __future__ import annotations

from typing import cast

import pytest
from msgspec.structs import replace

from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.credential.s01_gap import Gap
from rules.credential.s01_sign import Sign
from rules.engine.engine import Engine
from rules.engine.entry import Entry
from rules.engine.in_memory import InMemory
from rules.engine.page import PageName
from rules.ledgers import LEDGERS, Fill
from rules.testing import at, swipe
from tests.oracle import wire
from tests.oracle.desk import Desk
from tests.oracle.sample_rules import SAMPLES
from tests.oracle.wire import BOX, DAY, HOUR, MINUTE, MONDAY
from tests.rules._log import END, engine_of, feed

DAYS = range(0, 730, 2)


def in_memory(engine: Engine) -> InMemory:
    """Where the pages of an engine rest."""
    assert isinstance(engine.memory.resting, InMemory)
    return engine.memory.resting


def held(engine: Engine) -> dict[str, int]:
    """How much of everything; nothing is at rest afterwards."""
    resting = in_memory(engine)
    at_rest = sum(len(names) for of_ledger in resting._touched.values() for names in of_ledger.values())
    pages = engine.memory.all_pages().values()
    assert 0 == len(resting)
    return {
        "pages": len(pages),
        "rested": at_rest,
        "entries": sum(len(page.held) for page in pages),
        "aside": sum(len(page.aside) for page in pages),
        "slots": sum(len(page.slots) for page in pages),
        "bins": sum(len(page.bins) for page in pages),
        "takers": len(engine.memory.takers) + len(engine._taking_back),
        "by_mark": sum(len(page._by_mark or ()) for page in pages),
        "retractions": len(engine.memory.retractions),
        "marks": sum(len(marks) for marks in engine.memory.questions.answered.values()),
        "asked": len(engine.memory.questions.alerts),
        "agenda": len(engine._agenda),
        "proofs": sum(len(track._proofs) for page in pages for track in page.tracks),
        "alerts": sum(len(track.alerts) + len(track.triggers) for page in pages for track in page.tracks),
    }


def a_day(desk: Desk, day: int) -> None:
    """What happens on one day at a shop: settlements, one of them reversed, lines, a box, a question."""
    at = MONDAY + day * DAY + 9 * HOUR
    ids = {"psn_no": str(day % 3), "drug_trac_info": [{"drug_trac_codg": BOX[:-4] + f"{day % 9999:04}"}]}
    sold = [wire.settlement(at + n * MINUTE, **ids, feedetail=[wire.line(1, at)]) for n in range(4)]
    desk.tell(
        *sold, wire.reversal(str(sold[0]["setl_id"]), at + HOUR), wire.question(at + HOUR, feedetail=[wire.line(1, at)])
    )
    desk.tick(at + 2 * HOUR)


@pytest.mark.long
def test_two_years_of_a_few_keys_hold_no_more_than_one() -> None:
    """What is past is forgotten, in memory and on the changelog."""
    desk = Desk(*SAMPLES)
    desk.engine.memory.room = desk.engine.memory.retractions.room = 20
    sizes, marks = [], [0, 0]
    for day in DAYS:
        a_day(desk, day)
        desk.state |= dict(desk.engine.drain_changes())
        year = day // 365
        marks[year] = max(marks[year], len(in_memory(desk.engine)._marked))
        if day in (DAYS[len(DAYS) // 2], DAYS[-1]):
            sizes.append(held(desk.engine) | {"records": sum(value is not None for value in desk.state.values())})

    assert all(
        later <= earlier * 1.05 + 5 for earlier, later in zip(sizes[0].values(), sizes[1].values(), strict=True)
    ), sizes
    assert marks[1] <= marks[0] * 1.05  # they go some at a time


def test_a_page_that_rests_is_dropped_only_where_there_are_very_many() -> None:
    """A key may lag behind the clock; an open alert keeps its page in any case."""
    desk = Desk(*SAMPLES)
    desk.tell(wire.settlement())
    desk.tick(MONDAY + 400 * DAY)
    kept = len(desk.engine.memory.all_pages())
    desk.engine.memory.room = 0
    desk.tick(MONDAY + 401 * DAY)

    assert kept > 0
    assert (0, 0) == (len(desk.engine.memory.all_pages()), desk.engine.memory.entries)
    desk.tick(MONDAY + 1200 * DAY)
    assert 0 == len(in_memory(desk.engine)._marked)


def test_where_nobody_saves_no_page_waits_to_be_saved() -> None:
    """Else none of those that an alert or a sum once changed would rest, and a replay would hold ever more."""
    desk = Desk(*SAMPLES)
    for day in range(5):
        a_day(desk, day)
    changed = [page for page in desk.engine.memory.pages.values() if page.changed_days or page.changed_bins]
    desk.engine.leave_unsaved()

    assert changed
    for page in desk.engine.memory.pages.values():
        assert ({}, ()) == (page.changed_days, page.changed_bins)
        assert not any(track.changed or track.changed_days for track in page.tracks)


def test_the_first_tick_forgets_nothing() -> None:
    """What came before any tick is as old as its upload."""
    desk = Desk(*SAMPLES)
    desk.engine.memory.room = desk.engine.memory.retractions.room = 0
    desk.tell(wire.settlement(), wire.reversal("S0"))
    before = held(desk.engine)
    desk.tick(MONDAY + HOUR)

    assert (before["pages"], before["retractions"]) == (
        len(desk.engine.memory.all_pages()),
        len(desk.engine.memory.retractions),
    )


def test_a_page_that_comes_back_leaves_no_old_record() -> None:
    """Dropped, made anew and dropped again between two checkpoints: the next owner finds nothing of it."""
    desk = Desk(*SAMPLES)
    desk.engine.memory.room = 0
    desk.tell(wire.settlement())
    desk.state |= dict(desk.engine.drain_changes())
    desk.tick(MONDAY + 300 * DAY)
    desk.tell(wire.settlement(MONDAY + 300 * DAY))
    desk.tick(MONDAY + 600 * DAY)
    desk.take_over()

    assert {} == desk.engine.memory.all_pages()
    assert {b"held", b"tick"} == {name[2:6] for name, value in desk.state.items() if value is not None}


def test_a_name_is_forgotten_for_the_page_alone_that_forgets_it() -> None:
    """One entry may stand in several ledgers, of which one remembers for longer."""
    desk = Desk(*SAMPLES)
    sold = wire.settlement(MONDAY, drug_trac_info=[{"drug_trac_codg": BOX}])
    desk.tell(sold, wire.settlement(MONDAY + 60 * DAY))
    pages = {page.ledger.name: len(page.order) for page in desk.engine.memory.all_pages().values()}
    desk.tell(wire.stock("3506", MONDAY + 60 * DAY, drugtracinfo=[{"drug_trac_codg": BOX}]))

    assert {"swipes": 1, "visits": 1, "sales": 1} == {name: pages[name] for name in ("swipes", "visits", "sales")}
    assert 0 == sum(len(page.order) for page in desk.engine.memory.all_pages().values() if page.ledger.name == "sales")


def test_nothing_is_saved_again_that_was_not_touched() -> None:
    """One swipe does not rewrite a month, and a duplicate rewrites nothing."""
    desk, last = Desk(*SAMPLES), wire.settlement(MONDAY + 29 * DAY)
    for day in range(29):
        a_day(desk, day)
    desk.engine.drain_changes()
    desk.tell(last)
    touched = desk.engine.drain_changes()
    desk.tell(last)

    assert 0 < len(touched) < 25
    assert [] == desk.engine.drain_changes()


def test_a_long_burst_is_saved_in_little_room() -> None:
    """Each of 800 swipes has hundreds before it as its evidence; on the changelog each stands once."""
    first = engine_of(Gap(limit=2, baseline=False, longest=7_200))
    swipes = [swipe(at("10:00", seconds=2 * number), f"p{number}") for number in range(800)]
    feed(first, swipes)
    saved = first.drain_changes()
    second = engine_of(Gap(limit=2, baseline=False, longest=7_200))
    second.load(saved)

    assert max(len(value or b"") for _, value in saved) < 1_000_000
    assert sum(len(track._proofs) for page in first.memory.all_pages().values() for track in page.tracks) == len(swipes)
    more = (swipe(at("11:00"), "q1"), END)
    assert feed(first, more).alerts == feed(second, more).alerts
    assert first.drain_changes() == second.drain_changes()


def test_what_retractions_find_is_what_a_fresh_engine_finds() -> None:
    """Lines of one message lie on pages that forget at different times; what was forgotten is found by no name."""
    desk, first = Desk(*SAMPLES), ""
    for day in range(120):
        at = MONDAY + day * DAY
        items = [wire.RAMIPRIL] if day % 3 else [wire.RAMIPRIL, wire.METFORMIN]
        lines = [wire.line(number, at, med_list_codg=item) for number, item in enumerate(items)]
        body = wire.settlement(at, mdtrt_id=f"V{day}", feedetail=lines)
        first = first or f"s:{wire.SHOP}:{body['setl_id']}"
        desk.tell(body)
    entries = [one for page in desk.engine.memory.all_pages().values() for one in page.held.values()]
    settlements = sorted({f"s:{wire.SHOP}:{one.settlement}" for one in entries if one.settlement})

    def found() -> list[list[tuple[PageName, Entry]]]:
        return [[(p.name, e) for p, e in desk.engine.memory.entries_named({key})] for key in settlements]

    running = found()
    desk.take_over()

    assert all(running)
    assert found() == running
    assert [] == desk.engine.memory.entries_named({first})


def test_what_is_refused_leaves_no_page() -> None:
    """Where an entry comes later than its ledger keeps anything, nothing is made for it."""
    engine = engine_of(Gap())
    late = swipe(at("10:00"))
    effects = feed(engine, [replace(late, uploaded=late.time + 60 * DAY)])

    assert "swipes" in {ledger for ledger, _ in effects.refused}
    assert {} == engine.memory.all_pages()


def test_a_message_of_very_many_lines_is_cancelled_and_forgotten_without_looking_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of its names leads to all of its entries: looked through name by name they would be the square of that."""
    names, asked = Fill.retraction_keys, [0]

    def counted(entry: Fill) -> list[str]:
        asked[0] += 1
        return cast("list[str]", names.__get__(entry))

    monkeypatch.setattr(Fill, "retraction_keys", property(counted))
    desk, number = Desk(*SAMPLES), 150
    lines = [wire.line(each, MONDAY, rxno="r") for each in range(number)]
    desk.tell(wire.fee_lines("V1", lines, MONDAY + HOUR))
    desk.tell(wire.message("2205", MONDAY + 2 * HOUR, mdtrt_id="V1", feedetl_sn=[str(n) for n in range(number)]))
    for day in (100, 300):
        desk.tell(wire.fee_lines("V2", [wire.line(1, MONDAY + day * DAY, rxno="r")], MONDAY + day * DAY))

    left = [one for page in desk.engine.memory.all_pages().values() for one in page.held.values() if not one.lasting]
    assert 2 == len(left)
    assert number <= asked[0] < 20 * number


def test_sums_that_were_forgotten_do_not_come_back() -> None:
    """Entries may outlive the sums that they are part of; a fresh engine counts none of them again."""
    desk = Desk(ConcentratedSwiping(), Sign(habit_days=130))
    for day in range(125):
        desk.tell(wire.settlement(MONDAY + day * DAY))
    sums = [dict(page.bins) for page in desk.engine.memory.all_pages().values()]
    desk.take_over()

    assert sorted(map(len, sums)) == sorted(len(page.bins) for page in desk.engine.memory.all_pages().values())
    assert 55 <= max(map(len, sums)) < 60


@pytest.mark.parametrize("takes_over", [False, True])
def test_which_retractions_are_forgotten_does_not_depend_on_who_holds_them(takes_over: bool) -> None:  # noqa: FBT001 - a column
    """Before the first tick a retraction is as old as its upload, whatever came before it."""
    desk = Desk(*SAMPLES)
    desk.tell(wire.reversal("S1", MONDAY + 12 * HOUR), wire.reversal("S2", MONDAY + 9 * HOUR))
    if takes_over:
        desk.take_over()
    desk.engine.memory.retractions.room = 0
    desk.tick(MONDAY + 10 * HOUR + max(ledger.frozen_after for ledger in LEDGERS))

    assert 1 == len(desk.engine.memory.retractions)

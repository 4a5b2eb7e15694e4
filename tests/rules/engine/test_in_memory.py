"""Pages at rest in memory: packed or not, they are what a dictionary would hold, and so they are saved."""

from __future__ import annotations

from collections import defaultdict
from zlib import crc32

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rules.engine import in_memory, packs
from rules.engine.in_memory import PACKED, InMemory
from rules.engine.records import (
    RECORD_NAME,
    days_at_rest,
    encode,
    name_at_rest,
    name_of,
    name_of_day,
    several_at_rest,
    what_rests,
)
from rules.engine.resting import Dropped, Taken
from tests.oracle.profile import examples

LEDGERS = ("sales", "visits")
NAMES = st.integers(0, 60).map(lambda number: name_at_rest((LEDGERS[number % 2], (f"page {number}",))))
MARKS = st.sets(st.integers(0, 5), max_size=3)


def page(name: bytes, touched: int, marks: set[int], days: list[int]) -> bytes:
    """The bytes of a page: of each day when it was touched, its marks, and one entry, which nobody reads."""
    return several_at_rest([encode((touched, sorted(marks), [f"{name.hex()} on {day}"])) for day in days])


class Machine(RuleBasedStateMachine):
    """Pages are made, marked, laid, taken, dropped and saved as the engine does it; beside it the slow obvious twin."""

    @initialize()
    def begin(self) -> None:
        """Pack early: so many pages as a test makes would all lie by themselves."""
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(in_memory, "LATELY", 4)
        self.patch.setattr(in_memory, "GATHERED", 1)
        self.resting = InMemory()
        self.laid: dict[bytes, tuple[bytes, list[int]]] = {}
        self.awake: set[bytes] = set()
        self.marks: defaultdict[bytes, set[int]] = defaultdict(set)
        self.touched: dict[bytes, tuple[str, int]] = {}
        self.state: dict[bytes, bytes] = {}
        self.to_save: dict[bytes, tuple[bytes, list[int]] | None] = {}
        """Awake pages that are to be saved by themselves; None: those that were dropped."""
        self.days: defaultdict[bytes, set[int]] = defaultdict(set)

    def teardown(self) -> None:
        """Pack as before."""
        self.patch.undo()

    @rule(
        names=st.sets(NAMES, max_size=PACKED * 2),
        marks=MARKS,
        touched=st.integers(0, 3),
        days=st.sampled_from([[7], [7, 8]]),
    )
    def lay(self, names: set[bytes], marks: set[int], touched: int, days: list[int]) -> None:
        """New pages are not saved; one that is awake is laid down as it was saved, or not before it is."""
        for name in sorted(names - self.laid.keys()):
            ledger, _ = name_of(name)
            if name in self.to_save and name in self.awake:
                continue
            is_saved = name in self.awake and all(name_of_day(name, day) in self.state for day in self.days[name])
            if is_saved and self.days[name]:
                days = sorted(self.days[name])
                saved = several_at_rest([self.state[name_of_day(name, day)] for day in days])
            else:
                is_saved, saved = False, page(name, touched, marks, days)
                self.marks[name] |= marks
                self.days[name] = {*days}
            touched_then = max(what_rests(saved)[0], touched)
            self.resting.lay(name, saved, ledger, touched_then, days, is_saved=is_saved)
            self.resting.mark(name, marks)
            self.marks[name] |= marks
            self.laid[name] = saved, days
            self.touched[name] = ledger, touched_then
            self.awake.discard(name)

    @rule(
        names=st.sets(NAMES, max_size=PACKED * 2), marks=MARKS, touched=st.integers(0, 3), day=st.sampled_from([7, 8])
    )
    def lay_first(self, names: set[bytes], marks: set[int], touched: int, day: int) -> None:
        """New pages with their first entry."""
        for name in sorted(names - self.laid.keys() - self.awake):
            ledger, saved = name_of(name)[0], page(name, touched, marks, [day])
            self.resting.lay_first(name, saved, ledger, touched, day, sorted(marks))
            self.marks[name] |= marks
            self.days[name] = {day}
            self.laid[name] = saved, [day]
            self.touched[name] = ledger, touched

    @rule(name=NAMES, marks=MARKS)
    def mark(self, name: bytes, marks: set[int]) -> None:
        """Of a page that is awake, at rest, or new and awake."""
        self.resting.mark(name, marks)
        self.marks[name] |= marks
        if name not in self.laid:
            self.awake.add(name)

    def _take(self, name: bytes) -> None:
        expected, found = self.laid.pop(name, None), self.resting.take(name)
        assert (expected and expected[0]) == (found and found.saved)
        if found is not None and expected is not None:
            self.awake.add(name)
            if not found.is_saved:
                self.to_save[name] = expected

    @rule(names=st.sets(NAMES, max_size=PACKED))
    def take(self, names: set[bytes]) -> None:
        """As the engine does when a key comes again."""
        for name in sorted(names):
            self._take(name)

    @precondition(lambda self: self.awake)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """Only what is awake is dropped."""
        name = data.draw(st.sampled_from(sorted(self.awake)))
        self.marks.pop(name, None)
        self.resting.drop(name)
        self.awake.discard(name)
        self.to_save[name] = None

    @rule(ledger=st.sampled_from(LEDGERS), tick=st.integers(0, 3))
    def ask_untouched(self, ledger: str, tick: int) -> None:
        """All that rest and were not touched since are told, for the engine takes what is told; none is lost."""
        told = [*self.resting.untouched_since(ledger, tick)]
        expected = {name for name in self.laid if self.touched[name][0] == ledger and self.touched[name][1] <= tick}

        assert expected <= set(told) <= {name for name in self.laid if self.touched[name][0] == ledger}
        for name in set(told):
            self._take(name)

    @rule(names=st.sets(NAMES, max_size=PACKED * 2), tick=st.integers(0, 3))
    def drop_untouched(self, names: set[bytes], tick: int) -> None:
        """What rests and was not touched since is dropped where it lies; neither what is awake nor anything else."""
        for name in sorted(names):
            one = self.laid.get(name)
            goes = one is not None and what_rests(one[0]).touched <= tick
            dropped = self.resting.drop_untouched(name, tick)
            assert goes == (dropped is not None)
            if one is not None and dropped is not None:
                saved, days = one
                assert Dropped(what_rests(saved).entries, [name_of_day(name, day) for day in days]) == dropped
                del self.laid[name]
                self.marks.pop(name, None)
                self.to_save[name] = None

    @rule()
    def save(self) -> None:
        """As a checkpoint does. Then each page at rest is saved in one place, and read from there it is the same."""
        changes: dict[bytes, bytes | None] = {}
        for name, one in self.to_save.items():
            changes.update({name_of_day(name, day): None for day in (7, 8)} if one is None else {})
        changes.update(self.resting.changed())
        for name, one in self.to_save.items():
            if one is not None:
                saved, days = one
                changes.update(zip((name_of_day(name, day) for day in days), days_at_rest(saved), strict=True))
        self.to_save.clear()
        self.resting.leave()
        for record, value in changes.items():
            if value is None:
                self.state.pop(record, None)
            else:
                self.state[record] = value
        together = {name: value for name, value in self.state.items() if name.startswith(packs.BEGINNING)}
        there = [record for record in self.state if record not in together]
        parted = [one for value in together.values() for one in packs.apart(value)]

        assert len({name for name, _ in parted}) == len(parted)
        assert not {name for name, _ in parted} & set(there)
        single = {name: self.state[name] for name in there}
        for name, (saved, days) in self.laid.items():
            records = [(single | dict(parted))[name_of_day(name, day)] for day in days]
            assert several_at_rest(records) == saved
        heir = InMemory()
        heir.put_back((int(RECORD_NAME.decode(name)[3]), value) for name, value in together.items())
        expected = {name: one for name, one in self.laid.items() if name_of_day(name, one[1][0]) not in single}
        assert sorted(heir.names()) == sorted(expected)
        for mark in range(6):
            stated = {name for name, (saved, _) in expected.items() if mark in what_rests(saved)[1]}
            assert stated == set(heir.named([mark]))
        for ledger in LEDGERS:
            of_ledger = sorted(name for name in expected if name_of(name)[0] == ledger)
            assert of_ledger == sorted(heir.untouched_since(ledger, 3))
        for name, (saved, _) in expected.items():
            assert Taken(saved, is_saved=False) == heir.take(name)

    @invariant()
    def the_same(self) -> None:
        """As the twin has it; for a mark it may tell pages that no longer have it."""
        assert len(self.laid) == len(self.resting)
        assert sorted(self.laid) == sorted(self.resting.names())
        there = self.laid.keys() | self.awake
        for mark in range(6):
            named = self.resting.named([mark])
            assert {name for name, marks in self.marks.items() if mark in marks} <= set(named) <= there
            assert sorted(set(named)) == named


TestMachine = Machine.TestCase
TestMachine.settings = settings(examples(60), stateful_step_count=25)


def test_a_page_that_is_awake_is_not_at_rest() -> None:
    """It has no bytes."""
    resting = InMemory()
    resting.mark(b"awake", [1])

    assert resting.take(b"awake") is None


def test_pages_with_names_that_share_their_bits_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are found by 32 bits: among millions of pages some share them."""
    monkeypatch.setattr(in_memory, "crc32", lambda name: crc32(name) & 1)
    monkeypatch.setattr(in_memory, "LATELY", 0)
    resting = InMemory()
    names = [f"page {number}".encode() for number in range(40)]
    for name in names:
        resting.lay(name, name[::-1], "sales", 0, [0], is_saved=False)

    assert resting.take(b"page 40") is None
    assert [name[::-1] for name in names] == [taken.saved for name in names if (taken := resting.take(name))]

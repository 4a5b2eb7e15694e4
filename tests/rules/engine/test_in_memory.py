"""Pages at rest in memory: packed or not, they are what a dictionary would hold."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rules.engine import in_memory
from rules.engine.in_memory import PACKED, InMemory
from tests.oracle.profile import examples

NAMES = st.integers(0, 60).map(lambda number: f"page {number}".encode())
MARKS = st.sets(st.integers(0, 5), max_size=3)
LEDGERS = ("sales", "visits")


class Machine(RuleBasedStateMachine):
    """Pages are made, marked, laid, taken, dropped, as the engine does it; beside it the slow obvious twin."""

    @initialize()
    def begin(self) -> None:
        """Pack early: so many pages as a test makes would all lie by themselves."""
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(in_memory, "LATELY", 4)
        self.resting = InMemory()
        self.laid: dict[bytes, bytes] = {}
        self.awake: set[bytes] = set()
        self.marks: defaultdict[bytes, set[int]] = defaultdict(set)
        self.touched: dict[bytes, tuple[str, int]] = {}

    def teardown(self) -> None:
        """Pack as before."""
        self.patch.undo()

    @rule(names=st.sets(NAMES, max_size=PACKED * 2), marks=MARKS, touched=st.integers(0, 3))
    def lay(self, names: set[bytes], marks: set[int], touched: int) -> None:
        """New pages, and such that are awake."""
        for name in sorted(names - self.laid.keys()):
            saved = name * (touched + 1)
            ledger = LEDGERS[name[-1] % 2]
            self.resting.lay(name, saved, ledger, touched)
            self.resting.mark(name, marks)
            self.laid[name] = saved
            self.touched[name] = ledger, touched
            self.marks[name] |= marks
            self.awake.discard(name)

    @rule(name=NAMES, marks=MARKS)
    def mark(self, name: bytes, marks: set[int]) -> None:
        """Of a page that is awake, at rest, or new and awake."""
        self.resting.mark(name, marks)
        self.marks[name] |= marks
        if name not in self.laid:
            self.awake.add(name)

    @rule(names=st.sets(NAMES, max_size=PACKED))
    def take(self, names: set[bytes]) -> None:
        """As the engine does when a key comes again."""
        for name in sorted(names):
            expected = self.laid.pop(name, None)
            assert expected == self.resting.take(name)
            if expected is not None:
                self.awake.add(name)

    @precondition(lambda self: self.awake)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """Only what is awake is dropped."""
        name = data.draw(st.sampled_from(sorted(self.awake)))
        self.marks.pop(name, None)
        self.resting.drop(name)
        self.awake.discard(name)

    @rule(ledger=st.sampled_from(LEDGERS), tick=st.integers(0, 3))
    def ask_untouched(self, ledger: str, tick: int) -> None:
        """All that rest and were not touched since are told, for the engine takes what is told; none is lost."""
        told = [*self.resting.untouched_since(ledger, tick)]
        expected = {name for name in self.laid if self.touched[name][0] == ledger and self.touched[name][1] <= tick}

        assert expected <= set(told) <= {name for name in self.laid if self.touched[name][0] == ledger}
        for name in set(told):
            assert self.laid.pop(name) == self.resting.take(name)
            self.awake.add(name)

    @invariant()
    def the_same(self) -> None:
        """As the twin has it; for a mark it may tell pages that no longer have it."""
        assert len(self.laid) == len(self.resting)
        assert sorted(self.laid) == sorted(self.resting.names())
        assert all(saved == self.resting.laid(name) for name, saved in self.laid.items())
        there = self.laid.keys() | self.awake
        for mark in range(6):
            named = self.resting.named([mark])
            assert {name for name, marks in self.marks.items() if mark in marks} <= set(named) <= there
            assert sorted(set(named)) == named


TestMachine = Machine.TestCase
TestMachine.settings = settings(examples(60), stateful_step_count=25)


def test_a_page_that_is_awake_or_unknown_is_not_at_rest() -> None:
    """It has no bytes."""
    resting = InMemory()
    resting.mark(b"awake", [1])

    assert resting.take(b"awake") is None
    with pytest.raises(KeyError):
        resting.laid(b"awake")
    with pytest.raises(KeyError):
        resting.laid(b"unknown")


def test_pages_with_names_that_share_their_bits_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are found by 32 bits: among millions of pages some share them."""
    monkeypatch.setattr(in_memory, "_BITS", 1)
    monkeypatch.setattr(in_memory, "LATELY", 0)
    resting = InMemory()
    names = [f"page {number}".encode() for number in range(40)]
    for name in names:
        resting.lay(name, name[::-1], "sales", 0)

    assert resting.take(b"page 40") is None
    assert [name[::-1] for name in names] == [resting.take(name) for name in names]

"""Taking back: retractions act on what they name, whichever of them comes first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from ..times import FAR
from .alert import Moment
from .arrival import Arrival
from .effects import Effects
from .entry import Entry
from .judge import Judge
from .ledger import WAIT
from .memory import Memory
from .page import Page
from .retraction import Retraction, comes_before


class TakingBack:
    """Lets retractions act on entries, and entries that come later be taken back; counts those that find nothing."""

    def __init__(self, memory: Memory, effects: Effects, judge: Judge) -> None:
        self._memory = memory
        self._effects = effects
        self._judge = judge
        self._takers: list[tuple[int, int]] = []

    def __len__(self) -> int:
        """How many messages wait to be asked whether they took something back."""
        return len(self._takers)

    def take(self, retraction: Retraction, now: Moment) -> None:
        """Keep a retraction, and let it act on what it names, or on the retractions that it names."""
        if retraction.identity in self._memory.retractions:
            return
        self._memory.retractions.add(retraction, max(self._memory.tick, retraction.uploaded))
        acting = (retraction, *self._memory.retractions.named_by(retraction))
        keys = {key for one in acting for key in one.retraction_keys}
        named = self._memory.entries_named(keys)
        late = 0
        for page, entry in named:
            own, reach = set(entry.retraction_keys), self._memory.reach_of(page, entry)
            if any(one.acts_on(entry, reach) and not own.isdisjoint(one.retraction_keys) for one in acting):
                self._reconsider(page, entry, now)
                self.reconsider_lines(entry, now, retraction)
            else:
                late += self._mention(retraction, page, entry, now)
        self._effects.counts.late_retractions += late > 0

    def _reconsider(self, page: Page, entry: Entry, now: Moment) -> None:
        """Take an entry back, or let it stand again."""
        reach = self._memory.reach_of(page, entry)
        taken = self.is_taken(entry, entry.marks, reach)
        changed = page.retake(entry, self._memory.reach[page.ledger.name, type(entry)], taken=taken)
        self._memory.changed_pages[page.name] = None
        self._effects.refuse_frozen(page, changed)
        if changed and page.ledger.name in self._memory.watches:
            self._judge.rejudge(page, changed, now)

    def reconsider_lines(self, bill: Entry, now: Moment, retraction: Retraction | None = None) -> None:
        """What a bill settles, or no longer settles, is taken back accordingly; other lines of its visit are not asked.

        A bill that settled those may be forgotten by now. retraction: of the bill; no cancel sent before it is asked.
        """
        if bill.paid_by not in self._memory.retractions.of_unpaid or bill.paid_by not in bill.retraction_keys:
            return
        for page, line in self._memory.entries_named({f"v{bill.paid_by[1:]}"}):
            reach = self._memory.reach_of(page, line)
            naming = self._memory.retractions.naming(line, line.retraction_keys, reach)
            cancels = (one for one in naming if one.unpaid_only and (not retraction or comes_before(retraction, one)))
            if any(_would_pay(bill, line, cancel) for cancel in cancels):
                self._reconsider(page, line, now)

    def is_taken(self, entry: Entry, marks: set[int], reach: int) -> bool:
        """Whether a standing retraction in reach (ms, of the ledger) takes this entry back, which has these marks."""
        if entry.lasting or self._memory.retractions.names_none_of(marks):
            return False
        naming = self._memory.retractions.naming(entry, entry.retraction_keys, min(reach, entry.longest_reach))
        return any(not one.unpaid_only or not self._is_paid(entry, one) for one in naming)

    def _is_paid(self, line: Entry, cancel: Retraction) -> bool:
        """Whether a bill that stood when the cancel was sent has settled the line."""
        bills = self._memory.entries_named({line.paid_by})
        return any(self._pays(page, bill, line, cancel) for page, bill in bills)

    def _pays(self, page: Page, bill: Entry, line: Entry, cancel: Retraction) -> bool:
        if not _would_pay(bill, line, cancel):
            return False
        reach = self._memory.reach_of(page, bill)
        return not self._memory.retractions.took_back_before(bill, bill.retraction_keys, reach, cancel)

    def _mention(self, retraction: Retraction, page: Page, entry: Entry, now: Moment) -> bool:
        """Tell the alerts that rest on an entry of a retraction that came too late for it. Returns True if it did."""
        if not self._is_beyond_reach(retraction, page, entry, entry.retraction_keys):
            return False
        self._memory.changed_pages[page.name] = None
        for track in page.tracks:
            self._effects.alerts += track.mention(entry.id, entry.settlement or entry.message, now)
        return True

    def _is_beyond_reach(self, retraction: Retraction, page: Page, entry: Entry, names: list[str]) -> bool:
        """Whether the retraction would take this entry back, had it come earlier."""
        reach = self._memory.reach_of(page, entry)
        named = not set(names).isdisjoint(retraction.retraction_keys) and self._memory.retractions.stands(retraction)
        return named and not retraction.acts_on(entry, reach) and retraction.acts_on(entry, FAR)

    def await_target(self, arrival: Arrival) -> None:
        """Ask, when what may still be named has come, whether a retraction has found something."""
        if arrival.takes:
            self._memory.takers[arrival.identity] = arrival
            self._memory.changed_takers.add(arrival.identity)
            self.ask_later(arrival)

    def ask_later(self, taker: Arrival) -> None:
        """Ask a message when all has come that it may name."""
        heapq.heappush(self._takers, (taker.uploaded + WAIT, taker.identity))

    def count_without_target(self) -> Iterator[None]:
        """Count those that found nothing, of the messages that are due."""
        while self._takers and self._takers[0][0] <= self._memory.tick:
            _, identity = heapq.heappop(self._takers)
            taker = self._memory.takers.pop(identity, None)
            self._memory.changed_takers.add(identity)
            if taker is not None and not self._has_target(taker):
                what = "message_reversals_without_target" if taker.of_transaction else "retractions_without_target"
                self._effects.without_target[what, taker.institution, taker.transaction] += 1
            yield

    def _has_target(self, taker: Arrival) -> bool:
        return any(
            one.identity != taker.identity and one.is_named_by(taker) and comes_before(one, taker)
            for one in self._memory.arrivals_named(set(taker.takes))
        )


def _would_pay(bill: Entry, line: Entry, cancel: Retraction) -> bool:
    """Whether a bill settles a line, if it stands: of its person and batch, after the line, before the cancel."""
    batches = {bill.batch_of_lines, line.batch_of_lines} - {""}
    if bill.person != line.person or len(batches) > 1 or not comes_before(bill, cancel):
        return False
    return bill.identity == line.identity or comes_before(line, bill)

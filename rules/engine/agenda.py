"""The agenda: what time alone will change on the pages, and which of them have something to say at the next tick."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from ..times import DAY
from .ledger import WAIT
from .page import Page, PageName


class Agenda:
    """Pages by the tick at which they are to be reviewed. unsaid: those whose open alerts have news."""

    __slots__ = ("_due", "unsaid")

    def __init__(self) -> None:
        self._due: list[tuple[int, str, tuple[str, ...]]] = []
        self.unsaid: set[PageName] = set()

    def __len__(self) -> int:
        return len(self._due)

    def schedule(self, due: int, page: Page) -> None:
        """Review a page at this tick."""
        heapq.heappush(self._due, (due, page.ledger.name, page.key))

    def plan(self, page: Page, tick: int) -> None:
        """Schedule all that time alone will change on a page that was loaded."""
        for track in page.tracks:
            for day in track.days:
                self.schedule(day + DAY + WAIT, page)
            if due := track.next_due(tick):
                self.schedule(due, page)
            if track.has_news:
                self.unsaid.add(page.name)

    def take_due(self, tick: int) -> Iterator[PageName]:
        """The pages to be reviewed at this tick, some more than once; they are off the agenda then."""
        while self._due and self._due[0][0] <= tick:
            _, name, key = heapq.heappop(self._due)
            yield (name, key)

    def take_unsaid(self) -> set[PageName]:
        """The pages that have news; they are off the agenda then."""
        unsaid, self.unsaid = self.unsaid, set()
        return unsaid

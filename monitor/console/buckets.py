"""How often somebody may do something: a bucket of tries for each, that fills again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEPT = 10_000
"""So many buckets are kept; of more, those that were used last."""


class Buckets:
    """A bucket for each key. size: tries at once. seconds: after so long there is another one.

    >>> now = iter([0, 1, 2, 12])
    >>> buckets = Buckets(size=2, seconds=10, clock=lambda: next(now))
    >>> [buckets.wait("a") for _ in range(4)]
    [0, 0, 8, 0]
    """

    def __init__(self, size: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size, self._seconds, self._clock = size, seconds, clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str) -> int:
        """Take a try: 0 where there was one; else after how many seconds there is."""
        now = self._clock()
        full_at = max(self._full_at.pop(key, now), now) + self._seconds
        over = full_at - now - self._size * self._seconds
        self._full_at[key] = full_at - self._seconds if over > 0 else full_at
        if len(self._full_at) > MOST_KEPT:
            self._full_at.popitem(last=False)
        return -int(-over // 1) if over > 0 else 0

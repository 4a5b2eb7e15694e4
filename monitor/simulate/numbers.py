"""Numbers and times as they stand on the wire: every number is given out once, every time is Beijing time."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from rules.times import DAY, HOUR, SECOND

COUNTY = "341021"
"""The region of the simulated county; it appears in no real person's number."""
_BEIJING = 8 * HOUR
_EPOCH = date(1970, 1, 1).toordinal()
# Coprime to 10**13, so that multiplying by it only shuffles the serials of the boxes.
_SHUFFLE = 7_368_787_919


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return date.fromordinal(_EPOCH + number).isoformat()


def wire_date(ms: int) -> str:
    """The Beijing day that holds this moment (ms UTC).

    >>> wire_date(0)
    '1970-01-01'
    """
    return _day((ms + _BEIJING) // DAY)


def wire_time(ms: int) -> str:
    """A moment as the interface writes it.

    >>> wire_time(0)
    '1970-01-01 08:00:00'
    """
    day, rest = divmod(ms + _BEIJING, DAY)
    minutes, second = divmod(rest // SECOND, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day(day)} {hour:02d}:{minute:02d}:{second:02d}"


class Desk:
    """Gives out every number of the county once, in order, so that the same traffic has the same numbers."""

    __slots__ = ("_given", "_sequences")

    def __init__(self) -> None:
        self._given = 0
        self._sequences: dict[str, int] = {}

    def twin(self) -> Desk:
        """A desk that goes on where this one stands."""
        other = Desk()
        other._given = self._given
        other._sequences = dict(self._sequences)
        return other

    def message(self, institution: str, made: str) -> str:
        """A msgid: institution code, time at which the message was made (as wire_time), 4 digits."""
        number = self._sequences.get(institution, 0) + 1
        self._sequences[institution] = number
        moment = f"{made[:4]}{made[5:7]}{made[8:10]}{made[11:13]}{made[14:16]}{made[17:]}"
        return f"{institution}{moment}{number % 10_000:04d}"

    def visit(self) -> str:
        """A mdtrt_id."""
        return f"{COUNTY}M{self._next():013d}"

    def settlement(self) -> str:
        """A setl_id."""
        return f"{COUNTY}S{self._next():013d}"

    def batch(self) -> str:
        """A chrg_bchno or a fixmedins_bchno."""
        return f"B{self._next():015d}"

    def line(self) -> str:
        """A feedetl_sn."""
        return f"{self._next():018d}"

    def prescription(self) -> str:
        """A rxno."""
        return f"RX{COUNTY}{self._next():012d}"

    def invoice(self) -> str:
        """An invono."""
        return f"{self._next():020d}"

    def box(self, product: int) -> str:
        """The trace code of a new box: 7 digits of the product, 13 of the box."""
        return f"{product:07d}{self._next() * _SHUFFLE % 10**13:013d}"

    def _next(self) -> int:
        self._given += 1
        return self._given

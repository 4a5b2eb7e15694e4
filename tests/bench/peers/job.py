"""The two-rule job as a program over keyed state: S01 without baseline, and D04 on codes sold at two institutions.

The peers in Python share it, so that they differ in their machinery alone. It knows no package but Python's own.
Entries may come in any order: a swipe up to KEPT late counts where it belongs. A trigger, once found, stays one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

Event = dict[str, Any]

SECOND = 1_000
HOUR = 3_600 * SECOND
WINDOW = 600 * SECOND
"""How far back S01 counts persons, ms."""
LIMIT = 6
"""So many distinct persons set S01 off."""
KEPT = 72
"""So many hours of swipes are kept of a pharmacy: the grace of our own events."""

_PHARMACY = "41"
_EPOCH = datetime(1970, 1, 1, 8)  # noqa: DTZ001 - clocks in Beijing, as the events have them
_MILLISECOND = timedelta(milliseconds=1)


class State(Protocol):
    """What is kept of one key: named values, as JSON has them."""

    def get(self, key: str) -> Any:  # noqa: ANN401 - the value of a JSON document
        """The value of a name; None where there is none."""

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401 - as above
        """Keep a value under a name."""

    def exists(self, key: str) -> bool:
        """Whether there is a value of this name."""

    def delete(self, key: str) -> None:
        """Forget the value of a name."""


class Keyed(NamedTuple):
    """What goes on under a key: a pharmacy and who swiped there, or a code and where it was sold. time: ms UTC."""

    key: str
    time: int
    of: str


def swipe_of(event: Event) -> Keyed | None:
    """The swipe at a pharmacy that a settlement is; None of a hospital's."""
    if event["infno"] != "2102" and event["med_type"] != _PHARMACY:
        return None
    return Keyed(event["fixmedins_code"], _ms(event["setl_time"]), event["psn_no"])


def sales_of(event: Event) -> Iterator[Keyed]:
    """The sales of whole packs that a settlement is."""
    packs = [one["drug_trac_codg"] for one in event.get("drug_trac_info", ()) if one["trdn_flag"] != "1"]
    if packs:
        time = _ms(event["setl_time"])
        for code in packs:
            yield Keyed(code, time, event["fixmedins_code"])


def _ms(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // _MILLISECOND


def judge_swipe(state: State, time: int, person: str) -> list[int]:
    """Keep a swipe of one pharmacy; gives the times of the swipes that now set S01 off and whose window it is in."""
    hour = time // HOUR
    if not _move_on(state, hour):
        return []
    here = [*(state.get(str(hour)) or ()), [time, person]]
    state.set(str(hour), here)
    around = [one for one in (*_beside(state, time, hour), *here) if abs(one[0] - time) < WINDOW]
    return sorted({at for at, _ in around if at >= time and _persons(around, at) >= LIMIT})


def _move_on(state: State, hour: int) -> bool:
    """Forget the hours that are over for an hour's swipe; False where the hour itself is over."""
    newest = state.get("newest")
    if newest is None or hour > newest:
        state.set("newest", hour)
        for old in _over(hour if newest is None else newest, hour):
            if state.exists(old):
                state.delete(old)
        return True
    return bool(hour > newest - KEPT)


def _over(before: int, now: int) -> Iterator[str]:
    """The hours that were kept when the newest was `before`, and are no more."""
    return map(str, range(before - KEPT + 1, min(before, now - KEPT) + 1))


def _beside(state: State, time: int, hour: int) -> list[list[Any]]:
    """The swipes of the hours before and after, where the window of one reaches there."""
    others = {(time - WINDOW + 1) // HOUR, (time + WINDOW - 1) // HOUR} - {hour}
    return [one for other in others for one in state.get(str(other)) or ()]


def _persons(swipes: list[list[Any]], end: int) -> int:
    return len({person for at, person in swipes if end - WINDOW < at <= end})


def judge_sale(state: State, time: int, institution: str) -> list[int]:
    """Keep a sale of one code; gives the times of all its sales from the first at a second institution on."""
    sales = sorted([*(state.get("sales") or ()), [time, institution]])
    state.set("sales", sales)
    first = sales[0][1]
    second = next((at for at, place in sales if place != first), None)
    return [] if second is None else sorted({at for at, _ in sales if at >= second})


class Task(NamedTuple):
    """What a peer is to do. expected: so many swipes and sales are to be judged; folder: where its state may lie."""

    brokers: str
    events: str
    alerts: str
    expected: int
    folder: str

    @classmethod
    def given(cls) -> Task:
        """The task that the environment states."""
        brokers, events, alerts, expected, folder = os.environ["BENCH"].split()
        return cls(brokers, events, alerts, int(expected), folder)


class Tally:
    """Says on stdout when the first event came and when the last swipe or sale was judged."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self._has_begun = False

    def begin(self) -> None:
        """Say that there is a first event."""
        if not self._has_begun:
            self._has_begun = True
            os.write(1, b"\nbegan\n")

    def judged(self) -> None:
        """Count one, and say so when it was the last."""
        self._left -= 1
        if not self._left:
            os.write(1, b"\nended\n")

"""In which order the input partitions of a worker are looked at."""

from collections.abc import Set as AbstractSet
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP

from rules.times import DAY, HOUR
from streams.config import StreamConfig
from streams.detect.meter import Unmetered
from streams.route import intake
from streams.route.alignment import Announcement, Lane
from streams.route.intake import Intake, _Input, _Piece
from streams.route.router import Read, Router
from tests.oracle.world import a_door

AREA = "area"
PARTITIONS = 4


class Consumer:
    """Tells what may be fetched now."""

    def __init__(self) -> None:
        self.back: set[int] = set()
        self.order: list[int] = []

    def hold_back(self, tps: AbstractSet[TP]) -> None:
        """Note it."""
        self.back = {tp.partition for tp in tps}

    def go_on_with(self, tp: TP) -> None:
        """Note it."""
        self.order.append(tp.partition)


def an_intake(consumer: Consumer) -> Intake:
    """Of a worker alone in its area, which hears itself."""
    config = StreamConfig("none", prefix="p", area=AREA, changelog=False)

    async def send(*_: object) -> None:
        """Nothing is ever routed here."""
        raise AssertionError

    return Intake(
        config, lambda _: Router(a_door()), cast(Any, lambda: consumer), cast(Any, SimpleNamespace), send, Unmetered(),
        dict,
    )  # fmt: skip


def before(generation: int, offset: int = 5, **more: int) -> Announcement:
    """What the owner before said last."""
    return Announcement(AREA, generation, offset, 100 * HOUR, **more)


@pytest.mark.parametrize(("generation", "order"), [(2, [2, 1]), (3, [1, 2])])
async def test_what_stood_still_with_its_owner_before_is_looked_at_last(
    generation: int, order: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, and each time another one first: one of them may end every owner."""
    monkeypatch.setattr(intake, "LAST_SECONDS", 0.0)
    consumer = Consumer()
    one = an_intake(consumer)
    one._board.hear([
        (0, before(1, stalled=0)),  # held
        (1, before(1, stalled=700)),
        (2, before(1, stalled=700)),
        (3, before(1, offset=4, stalled=700)),  # its owner went on after that
    ])  # fmt: skip
    one.begin(generation, PARTITIONS, dict.fromkeys(range(PARTITIONS), 5))

    assert consumer.back == set(range(PARTITIONS))
    assert consumer.order == []
    one._let_come()
    for so_far in range(3):
        assert consumer.order == [0, 3, *order[:so_far]]
        one._go_on_with_the_last()
    one._go_on_with_the_last()
    assert consumer.order == [0, 3, *order]


async def test_what_comes_last_waits_for_its_moment() -> None:
    """The others are read and announced meanwhile."""
    consumer = Consumer()
    one = an_intake(consumer)
    one._board.hear([(1, before(1, stalled=700))])
    one.begin(2, PARTITIONS, dict.fromkeys(range(PARTITIONS), 5))
    one._let_come()
    one._go_on_with_the_last()

    assert consumer.order == [0, 2, 3]


@pytest.mark.parametrize(
    ("behind", "whole", "ahead", "lone"),
    [(HOUR, True, 10 * DAY, 0), (90 * DAY, True, None, 10 * DAY), (90 * DAY, False, None, 0)],
)
def test_a_last_record_is_borne_out_by_its_append_time(
    *, behind: int, whole: bool, ahead: int | None, lone: int
) -> None:
    """What is live is uploaded when it is; of a history the broker's clock says nothing."""
    one = _Input(Lane(DAY), Router(a_door()), 0, -1, whole=whole)
    record = SimpleNamespace(timestamp=10 * DAY + behind)
    one.lane.push(_Piece(cast(Any, record), cast(Any, None), Read(cast(Any, None), 10 * DAY)), 10 * DAY)

    assert (one.ahead, one.lone, one.hour) == (ahead, lone, ahead or DAY)

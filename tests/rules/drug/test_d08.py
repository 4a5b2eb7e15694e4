"""D08: on one day most settlements of a pharmacy are of round sums."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.drug.d08_round_sums import RoundSums
from rules.ledgers.rounded import ROUNDED
from rules.reference import Reference
from rules.testing import at, judge_days, swipe
from tests.rules._log import END, told

RULE = RoundSums()


@pytest.mark.parametrize(
    ("settled", "rounded", "changed", "count"),
    [
        (20, 20, {}, 1),
        (19, 19, {}, 0),
        (40, 20, {}, 1),
        (41, 20, {}, 0),
        (400, 200, {}, 1),
        (400, 199, {}, 0),
        (19, 19, {"fewest": 19}, 1),
        (41, 20, {"least_percent": 48}, 1),
        (41, 20, {"least_percent": 49}, 0),
    ],
)
def test_both_limits_are_reached(settled: int, rounded: int, changed: dict[str, int], count: int) -> None:
    """So many, and so large a part."""
    rule = replace(RULE, **changed)

    assert count == len(judge_days(rule, {at("00:00"): [settled, rounded]}))


@pytest.mark.parametrize(
    ("total", "rounded"),
    [(10_000, 1), (1_000, 1), (12_340, 0), (10_001, 0), (10_500, 0)],
)
def test_what_is_round(total: int, rounded: int) -> None:
    """A multiple of ten yuan."""
    assert rounded == ROUNDED.summed(swipe(at("10:00"), total=total))


@pytest.mark.parametrize(
    ("infno", "kind", "total", "kept"),
    [
        ("2102", "41", 10_000, True),
        ("2207", "41", 10_001, True),
        ("2207", "11", 10_000, False),
        ("2304", "21", 10_000, False),
        ("2102", "41", 0, False),
    ],
)
def test_what_is_counted(infno: str, kind: str, total: int, kept: bool) -> None:  # noqa: FBT001 - a column
    """Settlements of pharmacies in which something was to be paid."""
    [feed] = ROUNDED.feeds
    entry = swipe(at("10:00"), transaction=infno, visit_type=kind, total=total)

    assert kept == (feed.key(entry, Reference()) is not None)


def test_from_settlements_to_the_alert() -> None:
    """20 round sums and 15 others; at another pharmacy the other way round."""
    log = [
        swipe(at("09:00", seconds=600 * n), f"p{n}", place, total=10_000 if (n < 20) == (place == "P1") else 12_345)
        for n in range(35)
        for place in ("P1", "P2")
    ]
    alerts = told(RULE, [*log, END])

    assert [("P1", "closed")] == [(one.scope[0], one.status) for one in alerts if one.status == "closed"]
    assert "P1 2026-03-05，35笔结算中有20笔总费用为10元的整数倍（提示阈值：20笔及以上，且占比50%及以上）" in (
        alerts[-1].text.zh
    )
    assert "20 of 35 settlements had a total that is a multiple of 10 yuan" in alerts[-1].text.en


def test_two_days_are_one_alert() -> None:
    """Its sentence names the larger day."""
    log = [
        swipe(at("09:00", day=day, seconds=600 * n), f"p{n}", total=20_000)
        for day, count in ((0, 20), (2, 25))
        for n in range(count)
    ]
    [closed] = [one for one in told(RULE, [*log, END]) if one.status == "closed"]

    assert 2 == closed.triggers
    assert "2026-03-05至2026-03-07，2026-03-07的25笔结算中有25笔" in closed.text.zh
    assert "25 of 25 settlements on 2026-03-07 had a total" in closed.text.en

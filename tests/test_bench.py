"""What the bench compares with: brute force, and the job that the peers share."""

from __future__ import annotations

import doctest
from random import Random
from types import ModuleType
from typing import Any

import pytest

from tests.bench import __main__ as bench
from tests.bench import brute, figures
from tests.bench.brute import episodes, expected
from tests.bench.peers.job import KEPT, judge_sale, judge_swipe, sales_of, swipe_of


class Kept(dict[str, Any]):
    """The state of one key in a dictionary."""

    def set(self, key: str, value: object) -> None:
        """Keep a value under a name."""
        self[key] = value

    def exists(self, key: str) -> bool:
        """Whether there is a value of this name."""
        return key in self

    def delete(self, key: str) -> None:
        """Forget the value of a name."""
        del self[key]


def settlement(second: int, person: int, place: int, *codes: str, split: str = "0") -> dict[str, Any]:
    """A settlement at a pharmacy, so many seconds after ten."""
    return {
        "infno": "2102", "med_type": "41", "fixmedins_code": f"P{place}", "psn_no": f"p{person}",
        "setl_time": f"2026-03-05 {10 + second // 3600}:{second // 60 % 60:02}:{second % 60:02}",
        "drug_trac_info": [{"drug_trac_codg": code, "trdn_flag": split} for code in codes],
    }  # fmt: skip


def told_by_job(events: list[dict[str, Any]]) -> set[tuple[str, str, int, int]]:
    """What the shared job says of events in this order."""
    state: dict[tuple[str, str], Kept] = {}
    triggers = []
    for event in events:
        if swipe := swipe_of(event):
            found = judge_swipe(state.setdefault(("S01", swipe.key), Kept()), swipe.time, swipe.of)
            triggers += [("S01", swipe.key, at) for at in found]
        for sale in sales_of(event):
            found = judge_sale(state.setdefault(("D04", sale.key), Kept()), sale.time, sale.of)
            triggers += [("D04", sale.key, at) for at in found]
    return episodes(triggers)


def test_six_persons_in_ten_minutes_are_one_episode() -> None:
    """The sixth is the first trigger; a window is open at its beginning; who comes twice is one person."""
    events = [settlement(100 * number, number, 1) for number in range(6)] + [settlement(599, 5, 1)]

    [(rule, subject, first, last)] = expected(events)

    assert ("S01", "P1", 99_000) == (rule, subject, last - first)
    assert set() == expected([settlement(120 * number, number, 1) for number in range(6)])


def test_a_code_counts_from_the_second_institution_on() -> None:
    """Twice at one institution is not it; a part of an opened pack is not either."""
    twice = [settlement(0, 1, 1, "c"), settlement(60, 1, 1, "c")]
    opened = settlement(120, 2, 2, "c", split="1")

    assert set() == expected([*twice, opened])
    assert {("D04", "c")} == {told[:2] for told in expected([*twice, settlement(180, 3, 3, "c")])}


@pytest.mark.parametrize("seed", range(20))
def test_the_job_says_what_brute_force_says_in_any_order(seed: int) -> None:
    """The peers keep hours of swipes and the sales of a code; neither may depend on the order of arrival."""
    rng = Random(seed)
    events = [
        settlement(rng.randrange(6 * 3600), rng.randrange(9), rng.randrange(3), f"c{rng.randrange(90)}")
        for _ in range(300)
    ]
    rng.shuffle(events)

    assert expected(events)
    assert expected(events) == told_by_job(events)


def test_the_job_keeps_no_more_hours_than_it_says() -> None:
    """What is over is forgotten, also after a gap."""
    state = Kept()
    for hour in [*range(100), *range(300, 310), 1_000]:
        judge_swipe(state, hour * 3_600_000, "p")

        assert len(state) <= KEPT + 1
    assert {"newest", "1000"} == state.keys()


@pytest.mark.parametrize("module", [bench, brute, figures], ids=["bench", "brute", "figures"])
def test_the_examples_of_the_bench_hold(module: ModuleType) -> None:
    """The bench itself is not collected."""
    found = doctest.testmod(module)

    assert (0, True) == (found.failed, found.attempted > 0)

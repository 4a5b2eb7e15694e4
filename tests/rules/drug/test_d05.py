"""D05: one drug from one institution after the other."""

from __future__ import annotations

import pytest

from rules.drug.d05_resale_accumulation import ResaleAccumulation
from rules.engine.entry import Entry
from rules.ledgers import Fill
from rules.testing import at, fill, judge
from rules.times import DAY, HOUR, SECOND
from tests.rules._log import END, standing, told

RULE = ResaleAccumulation()


def row(count: int, apart: int = DAY, start: int = 0) -> list[Fill]:
    """Dispensings at so many institutions, one after the other."""
    return [fill(at("10:00") + number * apart, institution=f"P{number}") for number in range(start, count)]


def values(entries: list[Fill], rule: ResaleAccumulation = RULE) -> list[float]:
    """How many institutions each finding tells."""
    return [one.value for one in judge(rule, list[Entry](entries))]


@pytest.mark.parametrize(("count", "expected"), [(3, []), (4, [4]), (5, [4, 5])])
def test_four_institutions(count: int, expected: list[int]) -> None:
    """Three are none."""
    assert expected == values(row(count))


@pytest.mark.parametrize(("late", "expected"), [(0, []), (-SECOND, [4])])
def test_within_thirty_days(late: int, expected: list[int]) -> None:
    """What is exactly thirty days old does not count."""
    last = fill(at("10:00") + 30 * DAY + late, institution="P9")

    assert expected == values([*row(3), last])


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_a_row_end_the_alert(late: int, expected: int) -> None:
    """To the second: four institutions at once, and four others later."""
    later = [fill(at("10:00", day=30) + late, institution=f"P{number}") for number in range(4, 8)]

    assert expected == len(standing(told(RULE, [*row(4, 0), *later, END])))


def test_an_institution_counts_once() -> None:
    """Who comes back to one of three shops is not at a fourth; one more line there is no second finding."""
    again = fill(at("11:00", day=5), institution="P0")

    assert [] == values([*row(3), again])
    assert [4] == values([*row(4), fill(at("12:00", day=6), institution="P3")])


def test_what_is_given_back_does_not_count() -> None:
    """The line and its negative one, of one visit and day, are no dispensing."""
    bought = row(4)
    back = fill(bought[1].time + HOUR, institution="P1", visit=bought[1].visit, quantity=-bought[1].quantity)

    assert [] == values([*bought, back])


def test_the_sentence_names_the_institutions() -> None:
    """All of them, in order, against the limit."""
    [alert] = [one for one in told(RULE, [*row(4), END]) if one.status == "closed"]

    assert (
        "1名参保人30天内在4家机构配药品XC09AAA001A001010100001（提示阈值：4家机构及以上）：P0、P1、P2、P3"
        in alert.text.zh
    )
    assert "at 4 institutions within 30 d (threshold: 4 institutions or more): P0, P1, P2, P3" in alert.text.en

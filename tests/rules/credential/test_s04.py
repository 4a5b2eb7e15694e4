"""S04: a firm at the till."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.credential.s04_employer_drive import EmployerDrive
from rules.ledgers import Swipe
from rules.ledgers.employers import EMPLOYERS
from rules.reference import Reference
from rules.testing import at, judge, swipe
from rules.times import DAY, HOUR, MINUTE, SECOND
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._log import END, standing, told

RULE = EmployerDrive()


def came(count: int, clock: str = "10:00", day: int = 0) -> list[Swipe]:
    """So many people, every five minutes."""
    return [swipe(at(clock, day=day) + n * 5 * MINUTE, f"p{n}") for n in range(count)]


def values(rows: list[Swipe], rule: EmployerDrive = RULE) -> list[float]:
    """The values of the findings."""
    return [one.value for one in judge(rule, rows)]


def test_the_limit_is_reached() -> None:
    """By persons, however often each settles."""
    seven = came(7)

    assert [] == values([*seven, swipe(at("11:00"), "p0")])
    assert [8] == values([*seven, swipe(at("11:00"), "p7")])
    assert [7] == values(seven, replace(RULE, limit=7))


def test_the_day_begins_at_midnight() -> None:
    """Seven in the evening and one after midnight are no eight."""
    evening = came(7, "23:00")

    assert [] == values([*evening, swipe(at("00:00", day=1), "p7")])
    assert [8] == values([*evening, swipe(at("23:59"), "p7")])


@pytest.mark.parametrize(("known", "persons", "found"), [(2, 8, [8]), (3, 8, []), (3, 10, [10]), (7, 23, [])])
def test_how_many_are_new(known: int, persons: int, found: list[float]) -> None:
    """Seven of ten are enough, 16 of 23 are not."""
    assert found == values([*came(known, day=-1), *came(persons)])


def test_who_came_long_before_is_new() -> None:
    """Fourteen whole days count; those who came earlier on the same day are of that day."""
    first = at("00:00", day=-14)
    known = [swipe(first, f"p{n}") for n in range(3)]
    forgotten = [swipe(first - SECOND, f"p{n}") for n in range(3)]

    assert [] == values([*known, *came(8)])
    assert [8] == values([*forgotten, *came(8)])
    assert [] == values([*forgotten, *came(8)], replace(RULE, days=15))
    assert [8] == values([*(swipe(at("00:00"), f"p{n}") for n in range(3)), *came(8)])
    assert [] == values([*known, *came(7), swipe(at("23:59", seconds=59), "p7")])


@pytest.mark.parametrize(("after", "alerts"), [(DAY, 1), (DAY + SECOND, 2)])
def test_an_alert_ends_after_a_day(after: int, alerts: int) -> None:
    """Each time eight others in one moment."""
    reference = Reference()
    for n in range(16):
        reference.put("employers", {"psn_no": f"p{n}", "employer": "e"})
    rows = [swipe(at("10:00") + n // 8 * after, f"p{n}") for n in range(16)]

    assert alerts == len(standing(told(RULE, [*rows, END], reference)))


@pytest.mark.parametrize(
    ("more", "kept"),
    [({}, True), ({"person": "p2"}, False), ({"transaction": "2207", "visit_type": "41"}, True),
     ({"transaction": "2207", "visit_type": "11"}, False), ({"time": at("00:00", day=1)}, False)],
)  # fmt: skip
def test_what_is_kept_of_a_firm(more: dict[str, object], kept: bool) -> None:  # noqa: FBT001 - a column of the table
    """Settlements of a pharmacy by persons who have an employer then."""
    reference = Reference()
    reference.put("employers", {"psn_no": "p1", "employer": "e", "valid_to": "2026-03-05"})
    entry = swipe(**{"time": at("10:00"), "person": "p1"} | more)  # type: ignore[arg-type]

    assert ((entry.institution, "e") if kept else None) == EMPLOYERS.feeds[0].key(entry, reference)


def test_the_sentence() -> None:
    """How many of one employer, and how many are new; a reversed settlement takes the alert back."""
    sent = [
        wire.settlement(wire.MONDAY + n * 5 * MINUTE, "2102", setl_id=f"S{n}", mdtrt_id=f"V{n}", msgid=f"M{n}",
                        psn_no=f"{n}")
        for n in range(8)
    ]  # fmt: skip
    back = wire.reversal("S7", wire.MONDAY + HOUR, "2103", psn_no="7", msgid="R")
    reference = Reference()
    for n in range(8):
        reference.put("employers", {"psn_no": Pseudonyms("key").person(f"{n}"), "employer": "E00000001"})
    last = []
    for some in (sent, [*sent, back]):
        [log] = logs([(0, wire.raw(one), wire.MONDAY + 2 * DAY) for one in some])
        last.append(run(log, [RULE], reference).alerts[-1])

    assert "同一单位8名参保人同日刷卡结算（提示阈值：8人及以上），其中8人此前14天未在该店结算" in last[0].text.zh
    assert "8 insured persons of one employer settled on one day (threshold: 8 persons or more)" in last[0].text.en
    assert {"employer": "E00000001"} == last[0].evidence[0].decided
    assert "withdrawn" == last[1].status

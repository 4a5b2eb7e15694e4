"""S11 and S11-DAY: very many visits of one person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.credential.s11_day_of_visits import DayOfVisits
from rules.credential.s11_month_of_visits import MonthOfVisits
from rules.ledgers import Visit
from rules.reference import Reference
from rules.testing import HOSPITAL, at, fill, judge, visit
from rules.times import DAY, HOUR, MINUTE, SECOND
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._log import END, standing
from tests.rules._log import told as told_of

MONTH, TODAY = MonthOfVisits(), DayOfVisits()


def seen(time: int, **more: object) -> Visit:
    """A settled visit to a hospital."""
    return visit(time, **{"institution": HOSPITAL, "transaction": "2207", "visit_type": "11"} | more)  # type: ignore[arg-type]


def days(count: int) -> list[Visit]:
    """So many visits, every other day."""
    return [seen(at("09:00", day=2 * n)) for n in range(count)]


def hours(count: int, clock: str = "09:00") -> list[Visit]:
    """So many visits, every hour."""
    return [seen(at(clock) + n * HOUR) for n in range(count)]


def values(rule: MonthOfVisits | DayOfVisits, visits: list[Visit]) -> list[float]:
    """The values of the findings."""
    return [one.value for one in judge(rule, visits)]


def test_thirty_days_are_half_open() -> None:
    """Of fifteen visits the first lies thirty days before the last, or a second less."""
    visits = days(14)

    assert [] == values(MONTH, [*visits, seen(visits[0].time + 30 * DAY)])
    assert [15] == values(MONTH, [*visits, seen(visits[0].time + 30 * DAY - SECOND)])
    assert [15] == values(replace(MONTH, days=31), [*visits, seen(visits[0].time + 30 * DAY)])
    assert [14] == values(replace(MONTH, limit=14), visits)


def test_the_day_begins_at_midnight() -> None:
    """Five in the evening and one after midnight are no six."""
    evening = [seen(at("23:00") + n * 10 * MINUTE) for n in range(5)]

    assert [] == values(TODAY, [*evening, seen(at("00:00", day=1))])
    assert [6] == values(TODAY, [*evening, seen(at("23:59"))])
    assert [5] == values(replace(TODAY, limit=5), evening)


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"visit_type": "13"}, 1),
        ({"visit_type": "1101"}, 1),
        ({"visit_type": "14"}, 0),
        ({"visit_type": "140101"}, 0),
        ({"visit_type": "51"}, 0),
        ({"visit_type": "41"}, 0),
        ({"transaction": "2102", "visit_type": "11"}, 0),
    ],
)
def test_which_visits_count(more: dict[str, object], count: int) -> None:
    """Ordinary ones of a hospital; not by plan, and not at a pharmacy."""
    found = values(TODAY, [*hours(5), seen(at("15:00"), **more)])

    assert [6] * count == found


def test_a_visit_counts_once() -> None:
    """However often it is settled; the same number elsewhere is another visit."""
    again = [*hours(5), seen(at("15:00"), visit="v"), seen(at("16:00"), visit="v")]
    elsewhere = [*again, seen(at("17:00"), visit="v", institution="H34102100002")]

    assert [6, 6] == values(TODAY, again)
    assert [6, 6, 7] == values(TODAY, elsewhere)
    assert [6, 7] == values(TODAY, [*hours(5), seen(at("15:00"), visit=""), seen(at("16:00"), visit="")])


def test_a_line_is_no_visit() -> None:
    """Lines that a hospital prescribed lie in the same ledger."""
    assert [] == judge(TODAY, [*hours(5), fill(at("15:00"), institution=HOSPITAL, transaction="2204")])


@pytest.mark.parametrize(("rule", "visits", "quiet"), [(MONTH, 15, 30 * DAY), (TODAY, 6, DAY)])
def test_an_alert_ends_with_the_next_month_or_day(rule: MonthOfVisits | DayOfVisits, visits: int, quiet: int) -> None:
    """Each time so many visits in one moment."""
    for after, alerts in ((quiet, 1), (quiet + SECOND, 2)):
        rows = [seen(at("10:00") + later) for later in (0, after) for _ in range(visits)]
        assert alerts == len(standing(told_of(rule, [*rows, END])))


def bodies(step: int, count: int) -> list[wire.Body]:
    """So many visits of one person at one hospital, then at another."""
    return [
        wire.settlement(
            wire.MONDAY + n * step, "2207", setl_id=f"S{n}", mdtrt_id=f"V{n}", med_type="11", msgid=f"M{n}",
            fixmedins_code=(wire.HOSPITAL, "H34102100009")[2 * n > count],
        )
        for n in range(count)
    ]  # fmt: skip


def told(rule: MonthOfVisits | DayOfVisits, sent: list[wire.Body], appended: int) -> tuple[str, str, str]:
    """Status and texts of the last alert."""
    [log] = logs([(0, wire.raw(one), appended) for one in sent])
    last = run(log, [rule], Reference()).alerts[-1]
    return last.status, last.text.zh, last.text.en


def test_the_sentence_of_a_month() -> None:
    """How many, against which limit, and where."""
    _, zh, en = told(MONTH, bodies(2 * DAY, 15), wire.MONDAY + 40 * DAY)

    assert f"1名参保人30天内门诊就诊15次（提示阈值：15次及以上），医疗机构：{wire.HOSPITAL}、H34102100009" in zh
    assert "a person made 15 outpatient visits within 30 d (threshold: 15 visits or more)" in en


def test_the_sentence_of_a_day() -> None:
    """The same of one day; a reversed visit takes the alert back."""
    sent = bodies(30 * MINUTE, 6)
    back = wire.reversal("S5", wire.MONDAY + 4 * HOUR, "2208", fixmedins_code=sent[5]["fixmedins_code"])
    _, zh, en = told(TODAY, sent, wire.MONDAY + 5 * HOUR)

    assert "1名参保人一日内门诊就诊6次（提示阈值：6次及以上）" in zh
    assert "a person made 6 outpatient visits on one day (threshold: 6 visits or more)" in en
    assert "withdrawn" == told(TODAY, [*sent, back], wire.MONDAY + 5 * HOUR)[0]

"""D14 and D14-DAY: how many prescriptions of one physician pharmacies sell on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.drug._prescribing import Prescribing
from rules.drug.d14_day_prescribing_all_day import PrescribingAllDay
from rules.drug.d14_prescribing_burst import PrescribingBurst
from rules.engine.rule import Rule
from rules.ledgers import Written
from rules.ledgers.inside import entries_of
from rules.reference import Reference
from rules.testing import at, judge, written
from rules.times import DAY, HOUR, SECOND
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._log import END, standing, told

BURST, ALL_DAY = PrescribingBurst(), PrescribingAllDay()
CODE = "D341021000017"


def sold(count: int, step: int, start: int = at("09:00")) -> list[Written]:
    """So many prescriptions, every so many seconds."""
    return [written(start + n * step * SECOND, f"RX{n}") for n in range(count)]


def values(rule: Rule, sales: list[Written]) -> list[float]:
    """The values of the findings."""
    return [one.value for one in judge(rule, sales)]


def test_the_hour_is_half_open() -> None:
    """Of thirty prescriptions the first lies an hour before the last, or a second less."""
    sales = sold(29, 100)

    assert [] == values(BURST, [*sales, written(sales[0].time + HOUR, "last")])
    assert [30] == values(BURST, [*sales, written(sales[0].time + HOUR - SECOND, "last")])
    assert [29] == values(replace(BURST, limit=29), sales)
    assert [30] == values(replace(BURST, window=3_601), [*sales, written(sales[0].time + HOUR, "last")])


def test_the_day_begins_at_midnight() -> None:
    """49 in the evening and one after midnight are no 50."""
    evening = sold(49, 60, at("23:00"))

    assert [] == values(ALL_DAY, [*evening, written(at("00:00", day=1), "last")])
    assert [50] == values(ALL_DAY, [*evening, written(at("23:59"), "last")])
    assert [49] == values(replace(ALL_DAY, limit=49), evening)


@pytest.mark.parametrize(("rule", "quiet"), [(BURST, HOUR), (ALL_DAY, DAY)])
@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_as_long_without_so_many_ends_the_alert(rule: Prescribing, quiet: int, late: int, expected: int) -> None:
    """To the second: so many at once, and as many later."""
    times = (at("09:00"), at("09:00") + quiet + late)
    log = [written(time, f"{time}-{n}") for time in times for n in range(rule.limit)]

    assert expected == len(standing(told(rule, [*log, END])))


def test_one_prescription_counts_once() -> None:
    """However often it is sold on."""
    sales = [*sold(29, 60), written(at("09:29"), "RX28"), written(at("09:29"), "RX27")]

    assert [] == values(BURST, sales)
    assert [30] == values(BURST, [*sales, written(at("09:30"), "RX29")])


def left_by(infno: str, *lines: wire.Body, **fields: object) -> list[Written]:
    """What a message leaves under physicians."""
    body = wire.settlement(feedetail=list(lines), **fields) | {"infno": infno}
    opened = Door(Pseudonyms("key", raw=True)).open(wire.raw(body), 1 << 50)
    return [one for record in entries_of(opened).records for one in record.entries if isinstance(one, Written)]


def line(number: int, **fields: object) -> wire.Body:
    """A line on a prescription of a physician."""
    return wire.line(number, **{"rxno": f"r{number}", "bilg_dr_codg": CODE} | fields)


def test_a_sale_is_one_prescription_of_each_physician() -> None:
    """That of her first line; her lines together are what it cost."""
    lines = [line(1), line(2), line(3, bilg_dr_codg="D341021000025"), line(4, rxno=None), wire.line(5, rxno="r5")]
    found = left_by("2102", *({name: one[name] for name in one if one[name]} for one in lines), medfee_sumamt=102.5,
                    fund_pay_sumamt=41)  # fmt: skip

    assert [(CODE, "r1", 4_100, 1_640), ("D341021000025", "r3", 2_050, 820)] == [
        (one.physician, one.number, one.total, one.amount) for one in found
    ]


@pytest.mark.parametrize(
    ("infno", "fields", "of_line", "count"),
    [
        ("2102", {}, {}, 1),
        ("2207", {"med_type": "41"}, {}, 1),
        ("2207", {"med_type": "11"}, {}, 0),
        ("2102", {}, {"bilg_dr_codg": "D341021000"}, 1),
        ("2102", {}, {"bilg_dr_codg": "D34102100"}, 0),
        ("2102", {}, {"cnt": -1, "init_feedetl_sn": "9"}, 0),
    ],
)
def test_what_counts(infno: str, fields: wire.Body, of_line: wire.Body, count: int) -> None:
    """Sales of pharmacies, by codes that no other institution can have given to somebody else."""
    assert count == len(left_by(infno, line(1, **of_line), **fields))


def test_the_sentence_does_not_name_the_physician() -> None:
    """The alert is about her; its text says how many, in how long, and where."""
    bodies = [
        wire.settlement(
            wire.MONDAY + n * 100 * SECOND, setl_id=f"S{n}", mdtrt_id=f"V{n}", psn_no=str(n), feedetail=[line(n)],
            fixmedins_code=(wire.SHOP, wire.OTHER_SHOP)[n % 2],
        )
        for n in range(30)
    ]  # fmt: skip
    [log] = logs([(0, wire.raw(one), wire.MONDAY + HOUR) for one in bodies])
    alert = run(log, [BURST], Reference()).alerts[-1]

    assert ("physician", CODE) == (alert.subject.kind, alert.subject.id)
    assert (
        f"同一医师60分钟内有30张处方在药店结算（提示阈值：30张及以上），药店：{wire.SHOP}、{wire.OTHER_SHOP}"
    ) in alert.text.zh
    assert "30 prescriptions of one physician were sold within 60 min" in alert.text.en
    assert CODE not in alert.text.zh + alert.text.en


def test_the_sentence_of_a_day() -> None:
    """Fifty sales, ten minutes apart."""
    bodies = [
        wire.settlement(
            wire.MONDAY + n * 600 * SECOND, setl_id=f"S{n}", mdtrt_id=f"V{n}", psn_no=str(n), feedetail=[line(n)]
        )
        for n in range(50)
    ]
    [log] = logs([(0, wire.raw(one), wire.MONDAY + 10 * HOUR) for one in bodies])
    text = run(log, [ALL_DAY], Reference()).alerts[-1].text

    assert "同一医师一日内有50张处方在药店结算（提示阈值：50张及以上）" in text.zh
    assert "50 prescriptions of one physician were sold on one day (threshold: 50 prescriptions or more)" in text.en

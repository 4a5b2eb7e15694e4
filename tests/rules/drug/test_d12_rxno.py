"""D12-RXNO: one prescription number in several sales of pharmacies."""

from __future__ import annotations

import pytest

from rules.drug.d12_rxno_prescription_used_again import PrescriptionUsedAgain
from rules.engine.entry import Entry
from rules.engine.finding import Undecidable
from rules.ledgers import Use
from rules.ledgers.inside import entries_of
from rules.reference import Reference
from rules.testing import at, judge, use
from rules.times import MINUTE, SECOND
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.oracle.world import logs, run, standing_at_end
from tests.rules._log import END, told

RULE = PrescriptionUsedAgain()
OTHER_MAKER, OTHER_DRUG = "XC09AAA001A001010200002", "XA10BAE001A001010100001"
NUMBER = "RX34102100017"


def found(*entries: Entry, rule: PrescriptionUsedAgain = RULE) -> list[tuple[float, str]]:
    """Value and severity of each finding."""
    return [(one.value, one.severity) for one in judge(rule, list(entries))]


@pytest.mark.parametrize(
    ("place", "flags", "expected"),
    [
        ("P1", ("0", "0"), [(2, "high")]),
        ("P1", ("", ""), [(2, "high")]),
        ("P2", ("1", "1"), [(2, "high")]),
        ("P2", ("1", "0"), []),
        ("P2", ("0", "0"), []),
        ("P2", ("", ""), []),
    ],
)
def test_another_person(place: str, flags: tuple[str, str], expected: list[tuple[float, str]]) -> None:
    """At one pharmacy always; at two only on numbers that hospitals sent, for other numbers may be the same."""
    first = use(at("10:00"), "p1", "P1", circulated=flags[0])

    assert expected == found(first, use(at("10:00", day=1), "p2", place, circulated=flags[1]))


@pytest.mark.parametrize(
    ("place", "items", "expected"),
    [
        ("P2", (OTHER_MAKER,), [(2, "warning")]),
        ("P2", (OTHER_DRUG, OTHER_MAKER), [(2, "warning")]),
        ("P2", (OTHER_DRUG,), []),
        ("P1", (OTHER_MAKER,), []),
    ],
)
def test_the_same_person(place: str, items: tuple[str, ...], expected: list[tuple[float, str]]) -> None:
    """The same substance at another pharmacy; another drug of the prescription is rightly fetched there."""
    assert expected == found(
        use(at("10:00"), "p1", "P1", circulated="0"),
        use(at("10:00", day=1), "p1", place, circulated="0", items=items),
    )


def test_solvents_are_no_drug_that_is_fetched_twice() -> None:
    """They have no substance."""
    solvent = ("XB05XAA001A001010100001",)

    assert [] == found(use(at("10:00"), "p1", "P1", items=solvent), use(at("11:00"), "p1", "P2", items=solvent))


def test_the_window_is_half_open() -> None:
    """What lies exactly 90 days back does not count any more."""
    sold = use(at("10:00"), "p1")

    assert [(2, "high")] == found(sold, use(at("10:00", day=90) - SECOND, "p2"))
    assert [] == found(sold, use(at("10:00", day=90), "p2"))


def test_a_use_is_judged_once() -> None:
    """Further sales to the same person at the same pharmacy are none."""
    sales = [use(at("10:00", day=day), person) for day, person in enumerate(("p1", "p2", "p2", "p1", "p3"))]

    assert [(2, "high"), (3, "high")] == found(*sales)


def test_more_uses_can_be_asked_for() -> None:
    """The limit is reached."""
    sales = [use(at("10:00", day=day), f"p{day}") for day in range(3)]

    assert [(3, "high")] == found(*sales, rule=PrescriptionUsedAgain(limit=3))


def test_a_number_of_hundreds_of_sales_is_not_decided() -> None:
    """400 are looked at, one more is not."""
    sales = [use(at("10:00") + n * MINUTE, f"p{n}") for n in range(401)]

    assert 399 == len(found(*sales[:400]))
    with pytest.raises(Undecidable):
        found(*sales)


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_a_use_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    uses = [use(time, f"p{n}") for n, time in enumerate((at("10:00"), at("11:00"), at("11:00", day=30) + late))]

    assert expected == len({one.alert_id for one in told(RULE, [*uses, END])})


def left_by(infno: str, *lines: wire.Body, **fields: object) -> list[Use]:
    """The sales on prescriptions that a message leaves."""
    body = wire.message(infno, **wire.settlement(feedetail=list(lines), **fields) | {"infno": infno})
    opened = Door(Pseudonyms("key", raw=True)).open(wire.raw(body), 1 << 50)
    return [one for record in entries_of(opened).records for one in record.entries if isinstance(one, Use)]


def line(number: int, rxno: str = NUMBER, **fields: object) -> wire.Body:
    """A line on a prescription."""
    return wire.line(number, rxno=rxno, **fields)


def test_what_a_sale_leaves_of_each_prescription() -> None:
    """Its drugs, its part of the money, and 1 where one line says that a hospital sent it."""
    lines = [
        line(1, rx_circ_flag="0", bilg_dr_codg="D1"), line(2, med_list_codg=wire.METFORMIN, rx_circ_flag="1"),
        line(3, rxno="RX34102100025"), wire.line(4),
    ]  # fmt: skip
    first, second = left_by("2102", *lines, medfee_sumamt=82, fund_pay_sumamt=41)

    assert (NUMBER, (wire.METFORMIN, wire.RAMIPRIL), "1", "D1") == (
        first.number, first.items, first.circulated, first.physician,
    )  # fmt: skip
    assert (4_100, 2_050) == (first.total, first.amount)
    assert ("RX34102100025", (wire.RAMIPRIL,), "", "") == (
        second.number, second.items, second.circulated, second.physician,
    )  # fmt: skip


@pytest.mark.parametrize("rxno", ["202603050", "0000000000", ""])
def test_what_is_no_number_of_a_prescription(rxno: str) -> None:
    """Nine characters, one character again and again, none; ten are enough."""
    assert [] == left_by("2102", line(1, rxno=rxno))
    assert ["2026030501"] == [one.number for one in left_by("2102", line(1, rxno="2026030501"))]


def test_only_pharmacies_and_what_is_sold() -> None:
    """A hospital that hands out itself has the number on every line; what comes back is no use."""
    assert [] == left_by("2207", line(1), med_type="11")
    assert [NUMBER] == [one.number for one in left_by("2207", line(1), med_type="410101")]
    assert [] == left_by("2102", line(1, cnt=-1, init_feedetl_sn="9"))


def test_a_sale_that_is_taken_back_was_no_use() -> None:
    """The number may go to the next counter."""
    sold = wire.settlement(wire.MONDAY, setl_id="S1", mdtrt_id="V1", feedetail=[line(1, rx_circ_flag="1")], psn_no="1")
    again = wire.settlement(
        wire.MONDAY + 20 * MINUTE, setl_id="S2", mdtrt_id="V2", feedetail=[line(1, rx_circ_flag="1")], psn_no="2",
        fixmedins_code=wire.OTHER_SHOP,
    )  # fmt: skip
    undone = wire.reversal("S1", wire.MONDAY + 9 * MINUTE, mdtrt_id="V1", psn_no="1")

    assert 1 == len(standing([sold, again]))
    assert [] == standing([sold, undone, again])


def standing(bodies: list[wire.Body]) -> list[object]:
    """The alerts that stand when all is over."""
    arrived = [(0, wire.raw(one), wire.MONDAY + 60 * MINUTE) for one in bodies]
    [log] = logs(arrived)
    return list(standing_at_end(run(log, [RULE], Reference()).alerts))


def test_the_sentence_names_both_pharmacies() -> None:
    """With the number, the persons and the times."""
    bodies = [
        wire.settlement(
            wire.MONDAY + n * MINUTE, setl_id=f"S{n}", mdtrt_id=f"V{n}", psn_no=str(n), fixmedins_code=shop,
            feedetail=[line(1, rx_circ_flag="1")],
        )
        for n, shop in enumerate((wire.SHOP, wire.OTHER_SHOP))
    ]  # fmt: skip
    [log] = logs([(0, wire.raw(one), wire.MONDAY + 60 * MINUTE) for one in bodies])
    text = run(log, [RULE], Reference()).alerts[-1].text

    assert (
        f"同一处方号{NUMBER}用于2名参保人的2次购药（提示阈值：2次及以上）："
        f"2026-03-02 00:00在{wire.SHOP}、2026-03-02 00:01在{wire.OTHER_SHOP}"
    ) in text.zh
    assert f"prescription number {NUMBER} was used 2 times, for 2 person(s) (threshold: 2 uses or more)" in text.en

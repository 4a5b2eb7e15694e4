"""D13: one physician, one drug, one pharmacy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.drug.d13_one_drug_one_pharmacy import OneDrugOnePharmacy
from rules.ledgers import Written
from rules.reference import Reference
from rules.testing import at, judge, written
from rules.times import DAY, HOUR, SECOND
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._log import END, standing, told

RULE = OneDrugOnePharmacy()
RAMIPRIL, RAMIPRIL_TOO, OTHER = wire.RAMIPRIL, wire.RAMIPRIL_TOO, "XA10BAE001A001010100001"


def sold(count: int, *items: str, **more: object) -> list[Written]:
    """So many prescriptions, ten a day."""
    name = f"{more}{items}"
    return [
        written(at("09:00", day=n // 10, seconds=600 * (n % 10)), f"{name}{n}", items=items or (RAMIPRIL,), **more)  # type: ignore[arg-type]
        for n in range(count)
    ]


def values(rows: list[Written], rule: OneDrugOnePharmacy = RULE, reference: Reference | None = None) -> list[float]:
    """The values of the findings."""
    return [one.value for one in judge(rule, rows, reference)]


def test_thirty_days_are_half_open() -> None:
    """Of thirty prescriptions the first lies thirty days before the last, or a second less."""
    some = sold(29)
    last = some[0].time + 30 * DAY

    assert [] == values([*some, written(last, "last", items=(RAMIPRIL,))])
    assert [30] == values([*some, written(last - SECOND, "last", items=(RAMIPRIL,))])
    assert [30] == values([*some, written(last, "last", items=(RAMIPRIL,))], replace(RULE, days=31))
    assert [29] == values(some, replace(RULE, limit=29))


def test_a_prescription_counts_once() -> None:
    """However often it is sold on."""
    again = [replace_number(one, n % 29) for n, one in enumerate(sold(40))]

    assert [] == values(again)


def replace_number(sale: Written, number: int) -> Written:
    """The same sale on this number."""
    return written(sale.time, f"RX{number}", items=sale.items)


@pytest.mark.parametrize(("others", "percent", "count"), [(20, 60, 1), (21, 60, 0), (21, 58, 1), (21, 59, 0)])
def test_the_part_of_all_prescriptions(others: int, percent: int, count: int) -> None:
    """30 of 50 are 60 %, 30 of 51 are not; what else she prescribed counts wherever it was sold."""
    more = [*sold(others // 2, OTHER), *sold(others - others // 2, OTHER, institution="P2")]
    last = written(at("12:00", day=5), "last", items=(RAMIPRIL,))

    assert count == len(values([*more, *sold(29), last], replace(RULE, least_percent=percent)))


@pytest.mark.parametrize(("others", "expected"), [(40, [60]), (41, [])])
def test_sixty_percent_are_reached(others: int, expected: list[float]) -> None:
    """60 of 100, or of 101; no other drug is sold at one pharmacy so often."""
    more = [*sold(20, OTHER), *sold(others - 20, OTHER, institution="P2")]

    assert expected == values([*more, *later(sold(60), 10 * DAY)])


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_so_many_end_the_alert(late: int, expected: int) -> None:
    """To the second: thirty at once, and thirty later."""
    start = at("10:00")
    log = [written(time, f"{time}-{n}") for time in (start, start + 30 * DAY + late) for n in range(30)]

    assert expected == len(standing(told(RULE, [*log, END])))


def test_another_pharmacy_counts_apart() -> None:
    """29 here and 29 there are no 30."""
    assert [] == values([*sold(29), *sold(29, institution="P2")], replace(RULE, least_percent=1))
    assert [30, 30] == values([*sold(30), *sold(30, institution="P2")], replace(RULE, least_percent=1))


def test_one_substance_of_several_makers_is_one_drug() -> None:
    """By the code, or by the group of the table; of several drugs of a sale the most frequent is told."""
    both = [*sold(15), *later(sold(15, RAMIPRIL_TOO))]
    mixed = [*sold(29, OTHER), written(at("12:00", day=5), "last", items=(OTHER, RAMIPRIL))]
    grouped = Reference()
    for item in (RAMIPRIL, OTHER):
        grouped.put("drugs", {"med_list_codg": item, "group": "g"})

    assert [30] == values(both)
    assert [30] == values(mixed)
    assert [OTHER] == [one.details["item"] for one in judge(RULE, mixed)]
    assert [30] == values([*sold(15), *later(sold(15, OTHER))], reference=grouped)
    assert [] == values([*sold(15), *later(sold(15, OTHER))])


def later(sales: list[Written], by: int = SECOND) -> list[Written]:
    """The same sales so much later."""
    return [written(one.time + by, one.number, items=one.items) for one in sales]


def test_what_is_not_judged() -> None:
    """Drugs of the dual-channel list as the table is at the settlement, and solvents."""
    listed = Reference()
    listed.put("drugs", {"med_list_codg": RAMIPRIL, "dual_channel": "1", "valid_to": "2026-03-31"})
    late = later(sold(30), 40 * DAY)

    assert [] == values(sold(30), reference=listed)
    assert [30] == values(late, reference=listed)
    assert [] == values(sold(30, "XB05AAA001A001100001010"))


def test_the_sentence() -> None:
    """How many, of which drug, at which pharmacy; a reversed sale takes the alert back."""
    sent = [
        wire.settlement(
            wire.MONDAY + n * 8 * HOUR, setl_id=f"S{n}", mdtrt_id=f"V{n}", psn_no=str(n), msgid=f"M{n}",
            feedetail=[wire.line(1, wire.MONDAY + n * 8 * HOUR, rxno=f"RX{n}", bilg_dr_codg="D341021000017")],
        )
        for n in range(30)
    ]  # fmt: skip
    back = wire.reversal("S29", wire.MONDAY + 10 * DAY, "2103", psn_no="29", msgid="R")
    reference = Reference()
    reference.put("drugs", {"med_list_codg": RAMIPRIL, "name": "雷米普利片"})
    last = []
    for some in (sent, [*sent, back]):
        [log] = logs([(0, wire.raw(one), wire.MONDAY + 20 * DAY) for one in some])
        last.append(run(log, [RULE], reference).alerts[-1])

    assert (
        f"同一医师30天内有30张处方在{wire.SHOP}配雷米普利片（{RAMIPRIL}）（提示阈值：30张及以上，且占比60%及以上），"
        "占其在药店结算处方的100%"
    ) in last[0].text.zh
    assert f"30 prescriptions of one physician for 雷米普利片 ({RAMIPRIL}) were sold at {wire.SHOP}" in last[0].text.en
    assert "D341021000017" not in last[0].text.zh + last[0].text.en
    assert "withdrawn" == last[1].status

"""B13: what needs licensed equipment is charged where no licence is valid."""

from __future__ import annotations

import pytest

from rules.billing.b13_without_licensed_equipment import WithoutLicensedEquipment
from rules.engine.watch import Watch
from rules.ledgers import kinds_read
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message, settlement
from tests.rules._messages import effects_of, standing_after

RULE = WithoutLicensedEquipment()
TRACER, BEAM, OTHER = "002301000010000", "002402000010000", "H34102100002"


def table(*rows: dict[str, str], item: str = TRACER, kind: str = "PET/CT") -> Reference:
    """An item that needs a kind of equipment, licensed elsewhere and by these rows."""
    reference = Reference()
    reference.put("items", {"med_list_codg": item, "equipment": kind, "name": "全身显像"})
    for row in ({"place_and_kind": f"elsewhere:{kind}"}, *rows):
        reference.put("equipment", row)
    return reference


def licence(place: str = HOSPITAL, kind: str = "PET/CT", /, **row: str) -> dict[str, str]:
    """A row of a place."""
    return {"place_and_kind": f"{place}:{kind}"} | row


def charged(after: float, /, **fields: object) -> Body:
    """A line of a stay, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    names = ("med_list_codg", "cnt", "det_item_fee_sumamt", "etip_flag", "init_feedetl_sn")
    of_line = {"med_list_codg": TRACER} | {name: fields.pop(name) for name in names if name in fields}
    own = line(str(fields.pop("number", f"f{after}")), moment, **of_line)
    return fee_lines("V1", [own], moment, "2301", med_type="21", fixmedins_code=HOSPITAL) | fields


def values(reference: Reference, *bodies: Body) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(RULE, bodies, reference)]


@pytest.mark.parametrize(("count", "expected"), [(2, []), (3, [3]), (5, [5])])
def test_three_lines_within_a_week(count: int, expected: list[float]) -> None:
    """Where nobody of the place has a licence; the same where it has one, by which none is meant."""
    lines = [charged(n) for n in range(count)]

    assert expected == values(table(), *lines)
    assert [] == values(table(licence()), *lines)
    assert expected == values(table(licence(HOSPITAL, "LINAC")), *lines)


@pytest.mark.parametrize(("last", "expected"), [(7, []), (7 - SECOND / DAY, [3])])
def test_the_week_is_half_open(last: float, expected: list[float]) -> None:
    """By fee_ocur_time."""
    assert expected == values(table(), charged(0), charged(1), charged(last))


@pytest.mark.parametrize(("after", "alerts"), [(30, 1), (30 + SECOND / DAY, 2)])
def test_an_alert_ends_after_30_days(after: float, alerts: int) -> None:
    """Each time three lines in one moment."""
    lines = [charged(start, number=f"{start}-{n}") for start in (0, after) for n in range(3)]

    assert alerts == len(values(table(), *lines))


@pytest.mark.parametrize(
    ("until", "after", "expected"),
    [("2026-02-02", 0, [3]), ("2026-02-02", -SECOND / DAY, []), ("2026-02-03", 0, []), ("2026-02-28", 1, [])],
)
def test_a_licence_that_ended_lately_still_counts(until: str, after: float, expected: list[float]) -> None:
    """Until 30 days after the end of its last day: that of 2 February until 5 March, 00:00."""
    lines = [charged(after, number=f"{n}") for n in range(3)]

    assert expected == values(table(licence(valid_to=until)), *lines)


def test_only_what_is_done_after_the_grace_counts() -> None:
    """Two lines of the last moments, and one behind them."""
    lines = [charged(-2 * SECOND / DAY), charged(-SECOND / DAY), charged(1), charged(2)]

    assert [] == values(table(licence(valid_to="2026-02-02")), *lines)
    assert [3] == values(table(licence(valid_to="2026-02-02")), *lines, charged(3))


def test_a_licence_that_has_not_begun_does_not_count() -> None:
    """From its first day on it does."""
    lines = [charged(n) for n in range(4)]

    assert [] == values(table(licence(valid_from="2026-03-05")), *lines)
    assert [] == values(table(licence(valid_from="2026-03-07")), *lines)
    assert [3] == values(table(licence(valid_from="2026-03-08")), *lines)


def test_a_licence_of_the_group_is_enough() -> None:
    """One hospital on two sites, while they belong together."""

    def grouped(group: str, **row: str) -> Reference:
        reference = table(licence(OTHER, **row))
        for code, of in ((HOSPITAL, "G1"), (OTHER, group)):
            register = {"fixmedins_code": code, "status": "active", "kind": "hospital", "group": of}
            reference.put("institutions", register)
        return reference

    lines = [charged(n) for n in range(3)]

    assert [] == values(grouped("G1"), *lines)
    assert [] == values(grouped("G1", valid_to="2026-02-20"), *lines)
    assert [3] == values(grouped("G1", valid_to="2026-01-20"), *lines)
    assert [3] == values(grouped("G2"), *lines)


def test_a_kind_that_nobody_has_is_not_judged() -> None:
    """The table may not have it yet."""
    reference = table(item=BEAM, kind="LINAC")
    reference.put("items", {"med_list_codg": TRACER, "equipment": "PET/CT"})

    assert [] == values(reference, *(charged(n) for n in range(3)))
    assert [3] == values(reference, *(charged(n, med_list_codg=BEAM) for n in range(3)))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"etip_flag": "1"}, []),
        ({"etip_flag": "0"}, [3]),
        ({"cnt": 0}, []),
        ({"cnt": -1, "init_feedetl_sn": "1", "det_item_fee_sumamt": -12}, []),
        ({"med_list_codg": BEAM}, []),
    ],
)
def test_only_what_is_done_there(fields: dict[str, object], expected: list[float]) -> None:
    """Not what is sent out, given back, or needs no equipment."""
    assert expected == values(table(), *(charged(n, **fields) for n in range(3)))


def test_each_institution_and_each_kind_by_itself() -> None:
    """Several items of one kind count together, and so do those of a settlement."""
    reference = table()
    reference.put("items", {"med_list_codg": BEAM, "equipment": "PET/CT"})
    two = [charged(0), charged(1)]
    own = line("x", at("00:00", day=2), med_list_codg=TRACER)
    bought = settlement(at("00:00", day=2), feedetail=[own], fixmedins_code=HOSPITAL)

    assert [] == values(reference, *two, charged(2, fixmedins_code=OTHER))
    assert [3] == values(reference, *two, charged(2, med_list_codg=BEAM))
    assert [3] == values(reference, *two, bought)
    reference.put("items", {"med_list_codg": BEAM, "equipment": "LINAC"})
    reference.put("equipment", licence("elsewhere", "LINAC"))
    assert [] == values(reference, *two, charged(2, med_list_codg=BEAM))


def test_what_is_cancelled_does_not_count() -> None:
    """A line of a stay may be cancelled weeks later."""
    cancel = message("2302", at("09:00", day=40), mdtrt_id="V1", feedetl_sn="x", fixmedins_code=HOSPITAL)

    assert [] == values(table(), charged(0), charged(1), charged(2, number="x"), cancel)


def test_where_a_licence_is_valid_nothing_is_kept() -> None:
    """Neither of items that need none, which are not sent either."""
    watches = [Watch(RULE)]
    counts = [effects_of(RULE, [charged(0)], one).counts.entries["unlicensed"] for one in (table(licence()), table())]

    assert [0, 1] == counts
    assert f"item:{TRACER}" in kinds_read(watches, table())
    assert "Listed" not in kinds_read(watches, Reference())


def test_a_row_names_its_place() -> None:
    """An empty key is refused."""
    with pytest.raises(BadRowError, match=r"equipment\.place_and_kind: expected a value"):
        table({"place_and_kind": ""})


def test_the_sentence_and_the_rows() -> None:
    """Which equipment and item, how many lines, how much, and what the table has."""
    lines = [charged(n, det_item_fee_sumamt=12) for n in range(3)]
    [none], [ended] = (standing_after(RULE, lines, one) for one in (table(), table(licence(valid_to="2026-01-20"))))

    assert (
        f"7天内收取须用PET/CT的项目（如全身显像（{TRACER}））3条明细，合计36.00元，而许可表中没有该机构这类设备的许可"
        "（提示阈值：3条明细及以上）"
    ) in none.text.zh
    assert "而机构该类设备的配置许可当时已过期或尚未生效" in ended.text.zh
    assert f"3 lines within 7 d, 36.00 yuan in all, for what needs PET/CT (such as 全身显像 ({TRACER}))" in none.text.en
    assert "the table has no licence of the institution for it (" in none.text.en
    assert "its licence for it had run out, or had not begun (" in ended.text.en
    assert [{"equipment": "PET/CT"}] * 3 == [row.decided for row in none.evidence]

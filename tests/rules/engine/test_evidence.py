"""The rows of evidence: what each entry is, and the fields on which the rule decided (contract.md, section 4)."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import asdict, replace

from rules import Entry, Reference, Rule
from rules.catalogue import catalogue
from rules.columns import names_of
from rules.credential.s06_impossible_travel import ImpossibleTravel
from rules.drug.d03_split_prescription import SplitPrescription
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.engine.proof import Proof
from rules.entitlement.e01_overlapping_stays import OverlappingStays
from rules.entitlement.e09_after_death import AfterDeath
from rules.entitlement.s09_no_agreement import NoAgreement
from rules.reference import TABLES
from rules.times import HOUR, iso
from rules.wire import fields
from tests.oracle import wire
from tests.oracle.desk import Desk
from tests.oracle.wire import BOX, DAY, HOSPITAL, MONDAY, OTHER_SHOP, RAMIPRIL, SHOP
from tests.rules._messages import standing_after
from tests.rules.test_every_rule import kinds_of

RULES = [pytest.param(rule, id=name) for name, rule in catalogue().items()]
WIRE = {
    one.encode_name
    for struct in vars(fields).values()
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
    for one in msgspec.structs.fields(struct)
}
"""Every name of the interface that is read."""
OF_ALERTS = {"alert_id", "rule_id", "disposition"}
"""What leads state, by its name in alerts and feedback."""


def rows_of(rule: Rule, bodies: list[wire.Body], reference: Reference | None = None) -> list[Proof]:
    """The evidence of the only alert."""
    [alert] = standing_after(rule, bodies, reference or Reference())
    return alert.evidence


@pytest.mark.parametrize("rule", RULES)
def test_what_a_rule_decides_on_is_in_the_interface_or_in_a_table(rule: type[Rule]) -> None:
    """And its entries state it: none of its names is one that never has a value."""
    named = [name.split(".") for name in rule.card.decided]
    asked = [name for name, *column in named if not column]
    kinds = [] if not asked else sorted(kinds_of(rule), key=lambda kind: kind.__name__)

    assert set(asked) <= WIRE | OF_ALERTS
    assert [] == [(table, *column) for table, *column in named if column and column[0] not in names_of(table)]
    assert [] == [name for name in asked if not any(filled(kind).stated(name) for kind in kinds)]
    assert {table for table, *column in named if column} <= set(TABLES)


def filled(kind: type[Entry]) -> Entry:
    """An entry that says something in every field."""
    values: dict[str, object] = {
        one.name: {"str": "1", "int": number, "bool": True}.get(str(one.type), ("1",))
        if isinstance(one.type, str)
        else {str: "1", int: number, bool: True}.get(one.type, ("1",))
        for number, one in enumerate(msgspec.structs.fields(kind), 1)
    }
    entry = kind(**values)  # type: ignore[arg-type]  # of the types that the struct names
    return replace(entry, piece="settlement") if "piece" in values else entry


def test_each_piece_of_a_stay_says_what_it_is() -> None:
    """An admission and a discharge bill nothing; the bill names its settlement, the fund's share and the whole."""
    first, second = {"fixmedins_code": HOSPITAL}, {"fixmedins_code": "H2", "fixmedins_name": "乙医院"}
    bodies = [
        wire.admission("v1", MONDAY, **first),
        wire.admission("v2", MONDAY + DAY, **second),
        wire.discharge("v1", MONDAY + 3 * DAY, **first),
        wire.settlement(MONDAY + 3 * DAY + HOUR, "2304", mdtrt_id="v1", setl_id="s1", med_type="21", **first),
        wire.discharge("v2", MONDAY + 4 * DAY, dscg_way="1", **second),
    ]
    rows = rows_of(OverlappingStays(), bodies)

    assert [
        ("admission", "2401", "v1", "", HOSPITAL, 0.0, None),
        ("admission", "2401", "v2", "", "H2", 0.0, None),
        ("discharge", "2402", "v1", "", HOSPITAL, 0.0, None),
        ("bill", "2304", "v1", "s1", HOSPITAL, 40.0, 50.0),
        ("discharge", "2402", "v2", "", "H2", 0.0, None),
    ] == [(one.role, one.infno, one.mdtrt_id, one.setl_id, one.fixmedins_code, one.amount, one.total) for one in rows]
    assert ["", "乙医院", "", "", "乙医院"] == [one.fixmedins_name for one in rows]
    assert {"dscg_way": "1"} == rows[4].decided


def test_a_fee_line_names_its_visit_its_item_and_its_days() -> None:
    """It was not settled yet, so that the visit alone leads to it."""
    reference = Reference()
    reference.put("drugs", {"med_list_codg": RAMIPRIL, "name": "雷米普利片", "pack_units": "28", "daily_units": "1"})
    lines = [
        wire.line(number, MONDAY, cnt=4, prd_days=days, rxno=f"r{number}", inscp_scp_amt=18)
        for number, days in (("1", 30), ("2", None))
    ]
    rows = rows_of(SplitPrescription(), [wire.fee_lines("v1", lines, fixmedins_code=HOSPITAL)], reference)
    of_table = {"pack_units": "28", "daily_units": "1"}

    assert ("fee_line", "", "v1", "1", 18.0, 20.5) == (
        rows[0].role, rows[0].setl_id, rows[0].mdtrt_id, rows[0].line, rows[0].amount, rows[0].total,
    )  # fmt: skip
    assert [(RAMIPRIL, "雷米普利片", 4.0)] * 2 == [(one.item, one.item_name, one.quantity) for one in rows]
    assert {"prd_days": "30", "med_type": "11", "rxno": "r1", **of_table} == rows[0].decided
    assert {"med_type": "11", "rxno": "r2", **of_table} == rows[1].decided


def test_a_sale_that_was_settled_and_one_from_stock_are_told_apart() -> None:
    """Both with the code; the report from stock puts nothing through the fund."""
    sold = wire.settlement(
        MONDAY, feedetail=[wire.line("1")], drug_trac_info=[{"feedetl_sn": "1", "drug_trac_codg": BOX}]
    )
    reported = wire.stock(
        "3505", MONDAY + 9 * DAY, drugtracinfo=[{"drug_trac_codg": BOX}], fixmedins_code=OTHER_SHOP,
        sel_retn_cnt=1, sel_retn_time=wire.text(MONDAY + 9 * DAY),
    )  # fmt: skip
    rows = rows_of(TraceCodeReuse(), [sold, reported])

    assert [("sale", SHOP, 16.4), ("stock_sale", OTHER_SHOP, 0.0)] == [
        (one.role, one.fixmedins_code, one.amount) for one in rows
    ]
    assert [{"drug_trac_codg": BOX}] * 2 == [one.decided for one in rows]


def test_the_day_of_death_stands_beside_what_came_after_it() -> None:
    """It is in no message: the register says it."""
    reference = Reference()
    reference.put("deaths", {"psn_no": "1", "die_date": "2026-02-27"})
    [row] = rows_of(AfterDeath(), [wire.settlement(MONDAY)], reference)

    assert {"die_date": "2026-02-27"} == row.decided


def test_the_register_is_asked_about_the_time_of_service() -> None:
    """Dispensed on the last day of a suspension, settled after it: the row says suspended, and when that was."""
    reference, row = Reference(), {"fixmedins_code": SHOP, "kind": "pharmacy"}
    reference.put("institutions", row | {"status": "active"})
    reference.put("institutions", row | {"status": "suspended", "valid_from": "2026-03-01", "valid_to": "2026-03-01"})
    served = MONDAY - HOUR
    [proof] = rows_of(NoAgreement(), [wire.settlement(MONDAY, feedetail=[wire.line("1", served)])], reference)

    assert {"status": "suspended", "fee_ocur_time": iso(served)} == proof.decided


def test_a_question_is_told_from_a_settlement() -> None:
    """The row of what has not been settled says so."""
    desk = Desk(ImpossibleTravel())
    desk.tell(wire.settlement(MONDAY, setl_id="s1"))
    desk.tell(wire.question(MONDAY + HOUR // 4, mdtrt_id="v2", mdtrtarea_admvs="341022", fixmedins_code=OTHER_SHOP))

    assert [("settlement", "2102", "s1", "341021"), ("pre_settlement", "2101", "", "341022")] == [
        (one.role, one.infno, one.setl_id, one.decided["mdtrtarea_admvs"]) for one in desk.said[0].evidence
    ]


def test_rows_are_the_same_after_a_take_over() -> None:
    """All of a row is in the saved state, also where the entry is not read again."""

    def closed(*, restarted: bool) -> list[dict[str, object]]:
        desk = Desk(SplitPrescription())
        lines = [wire.line(n, MONDAY, cnt=4, prd_days=30, rxno=f"r{n}", bilg_dr_codg="d1") for n in (1, 2)]
        desk.tell(wire.fee_lines("v1", lines, msgid="M1", fixmedins_code=HOSPITAL, fixmedins_name="甲医院"))
        if restarted:
            desk.take_over()
        desk.end()
        return [asdict(one) for one in desk.said[-1].evidence]

    assert closed(restarted=False) == closed(restarted=True) != []

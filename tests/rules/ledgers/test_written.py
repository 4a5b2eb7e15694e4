"""Entries are written without being made: every field of every kind comes out as what it is."""

from typing import Any

import msgspec
import pytest

from monitor.handbook.examples import FLAT
from rules.engine.entry import Entry
from rules.engine.marks import marks_of, number_of
from rules.ledgers import (
    Admitted,
    Arrival,
    Billed,
    Brought,
    Claimed,
    Departed,
    Dispensed,
    Fill,
    Listed,
    Moved,
    Ordered,
    Overpriced,
    Received,
    Sale,
    Stay,
    Swipe,
    Use,
    Visit,
    Written,
)  # fmt: skip
from rules.ledgers.inside import Left, entries_of
from rules.times import DAY, SECOND
from rules.wire.door import Door, Opened
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle.wire import BOX, HOSPITAL, METFORMIN, MINUTE, MONDAY, RAMIPRIL, SHOP, Body, message, raw, text

OTHER_BOX = "81234560000000000024"
NO_PACK = "0" * 20
HEADER: Body = {
    "msgid": "M", "fixmedins_name": "示例大药房", "insuplc_admdvs": "341002", "dev_no": "T1",
    "inf_time": text(MONDAY + 5 * SECOND), "refmsg_time": text(MONDAY + 6 * SECOND), "mdtrt_id": "V",
}  # fmt: skip
BILL: Body = {
    "setl_id": "S", "setl_time": text(MONDAY), "med_type": "41", "medfee_sumamt": 60.0, "fund_pay_sumamt": 30.0,
    "mdtrt_cert_type": "03", "balc": 1.5, "acct_mulaid_pay": 2.0, "chrg_bchno": "C", "maf_pay": 5.0, "setl_type": "1",
    "feedetail": [
        {
            "feedetl_sn": "1", "med_list_codg": RAMIPRIL, "cnt": 3, "pric": 10.0, "det_item_fee_sumamt": 30.0,
            "fee_ocur_time": text(MONDAY - MINUTE), "rxno": "RX34102100025", "rx_circ_flag": "1", "prd_days": 28,
            "bilg_dr_codg": "D341021000017", "list_type": "101",
        },
        {
            "feedetl_sn": "2", "med_list_codg": METFORMIN, "cnt": 1, "pric": 30.0, "det_item_fee_sumamt": 30.0,
            "fee_ocur_time": text(MONDAY - 2 * MINUTE), "rxno": "RX34102100017",
        },
    ],
    "drug_trac_info": [
        {"drug_trac_codg": OTHER_BOX, "feedetl_sn": "1", "trdn_flag": "1"},
        {"drug_trac_codg": BOX, "feedetl_sn": "1"},
        {"drug_trac_codg": NO_PACK, "feedetl_sn": "2"},
    ],
}  # fmt: skip


def opened(body: Body) -> Opened:
    """The message as the door reads it; persons keep their numbers."""
    return Door(Pseudonyms("key", raw=True)).open(raw(body), MONDAY + 7 * DAY)


def entries(left: Left) -> list[Entry]:
    """The entries of all records, in their order."""
    return [one for record in left.records for one in record.entries]


def with_shared(found: Opened, entry: Entry) -> Entry:
    """The entry with what every entry of the event shares."""
    event = found.events[0]
    return msgspec.structs.replace(
        entry, uploaded=MONDAY + 5 * SECOND, message="M", institution=event.body.institution, identity=event.identity,
        name="示例大药房", insured_in="341002", place="341021", transaction=event.body.transaction,
        answered=event.answered,
    )  # fmt: skip


def bare(**fields: object) -> dict[str, Any]:
    """Fields of an entry, with places for those that it shares with others."""
    return {"uploaded": 0, "message": "", "institution": "", "identity": 0, **fields}


def test_a_bill_of_a_pharmacy_is_a_swipe_a_visit_lines_and_its_tokens() -> None:
    """At the institution what stands for no pack too; the codes of one line share what it cost."""
    found = opened(message("2102", **HEADER, **BILL))
    of_bill = {"time": MONDAY, "person": "1", "settlement": "S", "visit": "V"}
    expected = [
        Swipe(**bare(
            **of_bill, amount=3_000, total=6_000, visit_type="41", elsewhere=True, credential="03", balance=150,
            operator="o1", operator_type="1", began=MONDAY - 2 * MINUTE, traced=True,
        )),
        Listed(**bare(
            **of_bill | {"time": MONDAY - MINUTE}, amount=1_500, line="1", physician="D341021000017", item=RAMIPRIL,
            quantity=30_000, total=3_000, batch="C", price=100_000, is_drug=True, paid=MONDAY,
        )),
        Listed(**bare(
            **of_bill | {"time": MONDAY - 2 * MINUTE}, amount=1_500, line="2", physician="", item=METFORMIN,
            quantity=10_000, total=3_000, batch="C", price=300_000, is_drug=True, paid=MONDAY,
        )),
        *(
            Dispensed(**bare(
                **of_bill, amount=750, line=code, code=code, split=split, item=RAMIPRIL, quantity=15_000, stock=False,
            ))
            for code, split in ((OTHER_BOX, True), (BOX, False))
        ),
        Moved(**bare(**of_bill, line="opened 0", item=RAMIPRIL, quantity=0, sort="opened")),
        Sale(**bare(
            **of_bill, amount=1_500, line=NO_PACK, code=NO_PACK, split=False, item=METFORMIN, quantity=10_000,
            stock=False, bad=True,
        )),
        Visit(**bare(
            **of_bill, amount=3_000, visit_type="41", county="341021", credential="03", operator_type="1",
            circulated=True, prescriptions=("RX34102100017", "RX34102100025"), served=MONDAY - MINUTE, shared=True,
            batch="C", total=6_000, assisted=True, claimed=True,
        )),
        Fill(**bare(
            **of_bill | {"time": MONDAY - MINUTE}, amount=1_500, line="1", item=RAMIPRIL, quantity=30_000,
            days=28 * DAY, visit_type="41", prescription="RX34102100025", physician="D341021000017", list_type="101",
            batch="C", total=3_000, paid=MONDAY, circulated="1",
        )),
        Fill(**bare(
            **of_bill | {"time": MONDAY - 2 * MINUTE}, amount=1_500, line="2", item=METFORMIN, quantity=10_000,
            days=0, visit_type="41", prescription="RX34102100017", physician="", batch="C", total=3_000,
            paid=MONDAY,
        )),
        Claimed(**bare(**of_bill, amount=3_000, operator="o1", total=6_000, of_stay=False)),
        Written(**bare(
            **of_bill, amount=1_500, line="D341021000017", physician="D341021000017", number="RX34102100025",
            total=3_000, items=(RAMIPRIL,),
        )),
        *(
            Sale(**bare(
                **of_bill, amount=750, line=code, code=code, split=split, item=RAMIPRIL, quantity=15_000, stock=False,
            ))
            for code, split in ((BOX, False), (OTHER_BOX, True))
        ),
        Use(**bare(
            **of_bill, amount=1_500, line="RX34102100017", number="RX34102100017", items=(METFORMIN,), circulated="",
            physician="", total=3_000,
        )),
        Use(**bare(
            **of_bill, amount=1_500, line="RX34102100025", number="RX34102100025", items=(RAMIPRIL,), circulated="1",
            physician="D341021000017", total=3_000,
        )),
    ]  # fmt: skip
    [arrival, *others] = entries(entries_of(found))

    assert [with_shared(found, one) for one in expected] == others
    assert isinstance(arrival, Arrival)
    assert (MONDAY + 5 * SECOND, "M", SHOP, found.identity, "1", "2102") == (
        arrival.time, arrival.message, arrival.institution, arrival.identity, arrival.person, arrival.transaction,
    )  # fmt: skip


def test_a_question_states_no_fund_and_no_balance() -> None:
    """Its time is its upload, that of its lines too; that the family pays cannot be ruled out."""
    found = opened(message("2101", **HEADER, **BILL))
    [_, *asked] = entries(entries_of(found))
    swipe, _, visit, *lines = asked[:-5]

    assert all(one.pre and one.time == MONDAY + 5 * SECOND for one in asked)
    assert [Fill, Fill, Written, Sale, Sale, Use, Use] == [type(one) for one in (*lines, *asked[-5:])]
    assert isinstance(swipe, Swipe)
    assert (0, 6_000, -1, swipe.time) == (swipe.amount, swipe.total, swipe.balance, swipe.began)
    assert isinstance(visit, Visit)
    assert (0, True, "", visit.time) == (visit.amount, visit.shared, visit.batch, visit.served)


def test_what_a_physician_orders_travels_together() -> None:
    """Her lines of a visit in one record under her code, with what is in scope of the fund."""
    of_bill = BILL["feedetail"]
    assert isinstance(of_bill, list)
    lines = [one | {"bilg_dr_codg": "D341021000017", "inscp_scp_amt": 25.0} for one in of_bill]
    header = HEADER | {"fixmedins_code": HOSPITAL}
    found = opened(message("2204", **header, med_type="11", chrg_bchno="C", feedetail=lines))
    [record] = [one for one in entries_of(found).records if one.space == "physician"]

    assert "D341021000017" == record.key
    assert [with_shared(found, one) for one in (
        Ordered(**bare(
            time=time, person="1", visit="V", line=number, amount=2_500, physician="D341021000017", item=item,
            quantity=quantity, total=3_000, batch="C",
        ))
        for number, time, item, quantity in (
            ("1", MONDAY - MINUTE, RAMIPRIL, 30_000), ("2", MONDAY - 2 * MINUTE, METFORMIN, 10_000),
        )
    )] == sorted(record.entries, key=lambda one: one.line)  # fmt: skip


def test_a_line_above_its_limit_is_remembered_at_the_institution() -> None:
    """With its price and the limit, and when it was settled; a line at its limit is not."""
    first, second = (one | {"pric_uplmt_amt": 9.5} for one in lines_of_bill())
    found = opened(message("2102", **HEADER, **BILL | {"feedetail": [first, second | {"pric_uplmt_amt": 30.0}]}))
    over = [one for one in entries(entries_of(found)) if isinstance(one, Overpriced)]

    assert [with_shared(found, Overpriced(**bare(
        time=MONDAY - MINUTE, person="1", settlement="S", visit="V", amount=1_500, line="1",
        physician="D341021000017", item=RAMIPRIL, quantity=30_000, total=3_000, batch="C", price=100_000, most=95_000,
        is_drug=True, paid=MONDAY,
    )))] == over  # fmt: skip
    assert over[0].home == ("institution", SHOP)


def test_lines_of_listed_items_alone_are_sent_to_the_institution() -> None:
    """Of the kinds that are asked for; with what is in scope of the fund, also what is given back."""
    first, second = lines_of_bill()
    back = first | {"feedetl_sn": "3", "cnt": -1, "det_item_fee_sumamt": -10.0, "init_feedetl_sn": "1"}
    lines = [first | {"inscp_scp_amt": 25.0}, second, back]
    header = HEADER | {"fixmedins_code": HOSPITAL}
    found = opened(message("2301", **header, med_type="21", chrg_bchno="C", feedetail=lines))
    sent = [one for one in entries(entries_of(found, kinds={"Listed", f"item:{RAMIPRIL}"})) if isinstance(one, Listed)]

    assert [("1", RAMIPRIL, 30_000, 2_500), ("3", RAMIPRIL, -10_000, 0)] == [
        (one.line, one.item, one.quantity, one.in_scope) for one in sent
    ]
    assert with_shared(found, Listed(**bare(
        time=MONDAY - MINUTE, person="1", visit="V", amount=2_500, line="1", physician="D341021000017",
        item=RAMIPRIL, quantity=30_000, total=3_000, batch="C", price=100_000, is_drug=True, in_scope=2_500,
    ))) == sent[0]  # fmt: skip
    assert [] == [one for one in entries(entries_of(found, kinds={"Listed"})) if isinstance(one, Listed)]


def lines_of_bill() -> list[Body]:
    """The lines of the bill."""
    of_bill = BILL["feedetail"]
    assert isinstance(of_bill, list)
    return of_bill


STAY: Body = {"fixmedins_code": HOSPITAL, "dscg_maindiag_code": "I63.9", "diseinfo": [{"diag_code": "J06.9"}]}
PIECES: dict[str, tuple[Body, Body]] = {
    "2401": (
        {**STAY, "begntime": text(MONDAY), "med_type": "21"},
        {"piece": "admission", "visit_type": "21", "diagnosis": "I63.9", "way": "", "interim": False},
    ),
    "2402": (
        {**STAY, "endtime": text(MONDAY), "dscg_way": "2"},
        {"piece": "discharge", "visit_type": "", "diagnosis": "I63.9", "way": "2", "interim": False},
    ),
    "2304": (
        {
            "setl_id": "S", "setl_time": text(MONDAY), "med_type": "21", "medfee_sumamt": 60.0, "mid_setl_flag": "1",
            "fund_pay_sumamt": 30.0, "dscg_time": text(MONDAY - DAY), "chrg_bchno": "C", "fixmedins_code": HOSPITAL,
        },
        {
            "piece": "settlement", "visit_type": "21", "diagnosis": "", "way": "", "interim": True, "settlement": "S",
            "discharged": MONDAY - DAY, "batch": "C", "amount": 3_000, "total": 6_000,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("infno", PIECES)
def test_a_piece_of_a_stay(infno: str) -> None:
    """An admission, a discharge, the bill."""
    said, expected = PIECES[infno]
    found = opened(message(infno, **HEADER | said))
    [stay] = [one for one in entries(entries_of(found)) if isinstance(one, Stay)]

    assert with_shared(found, Stay(**bare(time=MONDAY, person="1", visit="V", **expected))) == stay


@pytest.mark.parametrize(("infno", "settlement"), [("2402", ""), ("2304", "S")])
def test_the_end_of_a_stay_is_remembered_at_the_institution(infno: str, settlement: str) -> None:
    """The discharge, and the bill if it is final."""
    said, _ = PIECES[infno]
    found = opened(message(infno, **HEADER | said | {"mid_setl_flag": "0"}))
    interim = opened(message("2304", **HEADER | PIECES["2304"][0] | {"mid_setl_flag": "1"}))
    [left] = [one for one in entries(entries_of(found)) if isinstance(one, Departed)]

    assert with_shared(found, Departed(**bare(time=MONDAY, person="1", visit="V", settlement=settlement))) == left
    assert [] == [one for one in entries(entries_of(interim)) if isinstance(one, Departed)]


def test_an_admission_is_remembered_at_the_institution() -> None:
    """Beside the piece of the stay; and by its telephone, without its notation."""
    found = opened(message("2401", **HEADER | PIECES["2401"][0], tel="+86 139-0000-0012"))
    [admitted, brought] = [one for one in entries(entries_of(found)) if isinstance(one, Admitted)]

    assert with_shared(found, Admitted(**bare(
        time=MONDAY, person="1", visit="V", visit_type="21", diagnosis="I63.9", telephone="13900000012",
    ))) == admitted  # fmt: skip
    assert Brought(**msgspec.structs.asdict(admitted)) == brought


BOOKED: dict[str, tuple[Body, dict[str, object]]] = {
    "2304": (PIECES["2304"][0], {"piece": "bill", "settlement": "S", "amount": 3_000, "total": 6_000}),
    "2305": ({"setl_id": "S", "setl_time": text(MONDAY)}, {"piece": "reversal", "settlement": "S"}),
    "2302": ({"feedetl_sn": ["1", "2"]}, {"piece": "deletion"}),
    "2301": (
        {"feedetail": [{**BILL["feedetail"][0], "cnt": -1, "init_feedetl_sn": "0"}]},  # type: ignore[index]
        {"piece": "deletion"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("infno", BOOKED)
def test_the_bill_of_a_stay_and_what_undoes_it_is_remembered_at_the_institution(infno: str) -> None:
    """By its upload, and by itself: what takes the bill back does not take back that it was made."""
    said, expected = BOOKED[infno]
    found = opened(message(infno, **HEADER | {"fixmedins_code": HOSPITAL} | said))
    [billed] = [one for one in entries(entries_of(found)) if isinstance(one, Billed)]

    assert with_shared(found, Billed(**bare(time=MONDAY + 5 * SECOND, person="1", visit="V", **expected))) == billed
    assert [billed.own_key] == billed.retraction_keys


def test_a_stock_report_is_a_sale_of_each_code() -> None:
    """They share its quantity; no money is known. Under the code, and at the institution."""
    codes = [{"drug_trac_codg": BOX}, {"drug_trac_codg": OTHER_BOX, "trdn_flag": "1"}]
    said: Body = {"med_list_codg": RAMIPRIL, "sel_retn_cnt": 3, "sel_retn_time": text(MONDAY), "fixmedins_bchno": "N"}
    found = opened(message("3505", **HEADER | said, setl_id="S", drugtracinfo=codes))
    expected = [
        kind(**bare(
            time=MONDAY, person="1", settlement="S", line=code, code=code, split=split, item=RAMIPRIL,
            quantity=15_000, stock=True, number="N",
        ))
        for kind in (Dispensed, Sale)
        for code, split in ((BOX, False), (OTHER_BOX, True))
    ]  # fmt: skip
    kinds = {"Dispensed", "Sale", f"stock:{SHOP}"}
    [_, *sales] = entries(entries_of(found, kinds=kinds))

    assert [with_shared(found, one) for one in expected] == sales
    assert [one.home for one in sales] == [*[("institution", SHOP)] * 2, ("token", BOX), ("token", OTHER_BOX)]


@pytest.mark.parametrize(("infno", "sort"), [("3501", "1"), ("3502", "2"), ("3503", "3")])
def test_what_comes_into_stock_is_remembered_by_its_codes(infno: str, sort: str) -> None:
    """In one entry, without the codes that stand for no pack; a row without codes leaves nothing."""
    codes = [{"drug_trac_codg": code} for code in (BOX, OTHER_BOX, NO_PACK)]
    said: Body = {"med_list_codg": RAMIPRIL, "cnt": 2, "time": text(MONDAY), "fixmedins_bchno": "N"}
    found = opened(message(infno, **HEADER | said, drugtracinfo=codes))
    kinds = {"Received", f"stock:{SHOP}"}
    [_, row] = entries(entries_of(found, kinds=kinds))
    numbers = tuple(sorted(map(number_of, (BOX, OTHER_BOX))))

    assert row == with_shared(found, Received(**bare(
        time=MONDAY, person="1", item=RAMIPRIL, codes=numbers, sort=sort, number="N",
    )))  # fmt: skip
    assert row.retraction_keys == [f"m:{SHOP}:M", f"k:{SHOP}:{sort}:N"]
    without = opened(message(infno, **HEADER | said, drugtracinfo=codes[2:]))
    assert 1 == len(entries(entries_of(without, kinds=kinds)))


def test_boxes_are_sent_to_the_institutions_that_are_asked_for() -> None:
    """By the kinds; a return and a supplier's return leave nothing."""
    said: Body = {"med_list_codg": RAMIPRIL, "cnt": 2, "time": text(MONDAY), "drugtracinfo": [{"drug_trac_codg": BOX}]}

    def left(place: str) -> dict[str, list[type[Entry]]]:
        found = {infno: opened(message(infno, **HEADER | said)) for infno in ("3503", "3504", "3505", "3506")}
        kinds = {"Received", "Dispensed", f"stock:{place}"}
        return {infno: [type(one) for one in entries(entries_of(one, kinds=kinds))][1:] for infno, one in found.items()}

    assert left(SHOP) == {"3503": [Received], "3504": [], "3505": [Dispensed], "3506": []}
    assert left("P1") == {"3503": [], "3504": [], "3505": [], "3506": []}


def wire_line(number: str) -> Body:
    """The first line of the bill, under this number."""
    lines = BILL["feedetail"]
    assert isinstance(lines, list)
    return {**lines[0], "feedetl_sn": number}


CHANGES = {
    **dict.fromkeys(("101", "103", "106", "108", "110"), 20_000),
    **dict.fromkeys(("102", "105", "107", "109", "111"), -20_000),
    "199": 20_000,
}
"""inv_chg_type -> what a change by 2 adds, ten-thousandths."""


@pytest.mark.parametrize(
    ("infno", "fields", "quantity", "sort", "key"),
    [
        ("3501", {"inv_cnt": 7.5}, 75_000, "counted", "1"),
        ("3503", {"purc_retn_cnt": 2}, 20_000, "moved", "3"),
        ("3504", {"purc_retn_cnt": 2}, -20_000, "moved", None),
        *[("3502", {"cnt": 2, "inv_chg_type": kind}, much, "moved", "2") for kind, much in CHANGES.items()],
        *[
            ("3502", {"cnt": -2, "inv_chg_type": kind}, much, "moved", "2")
            for kind, much in CHANGES.items()
            if kind < "2"
        ],
    ],
)
def test_a_row_of_stock_is_remembered_by_what_it_adds(
    infno: str, fields: Body, quantity: int, sort: str, key: str | None
) -> None:
    """A change by its kind, whatever its sign; of an unknown kind only what comes in."""
    said: Body = {"med_list_codg": RAMIPRIL, "time": text(MONDAY), "fixmedins_bchno": "N"}
    if fields == {"cnt": -2, "inv_chg_type": "199"}:
        quantity = 0
    found = opened(message(infno, **HEADER | said | fields))
    [_, row] = entries(entries_of(found))

    assert row == with_shared(found, Moved(**bare(
        time=MONDAY, person="1", item=RAMIPRIL, quantity=quantity, sort=sort, number="N",
    )))  # fmt: skip
    assert row.retraction_keys == [f"m:{SHOP}:M", *([f"k:{SHOP}:{key}:N"] if key else [])]


def test_what_a_count_found_to_be_less_is_not_remembered() -> None:
    """The count says it itself; what is written off after it would be taken off twice."""
    said: Body = {"med_list_codg": RAMIPRIL, "cnt": 2, "inv_chg_type": "104", "time": text(MONDAY)}
    left = entries(entries_of(opened(message("3502", **HEADER | said))))

    assert [] == [one for one in left if isinstance(one, Moved)]


def test_of_sales_the_book_has_only_that_a_pack_was_opened() -> None:
    """A report of stock once, a settlement once an item; where every box is whole, nothing."""
    said: Body = {"med_list_codg": RAMIPRIL, "sel_retn_cnt": 2, "time": text(MONDAY)}
    box, opened_box = ({"drug_trac_codg": BOX, "feedetl_sn": "1", "trdn_flag": flag} for flag in "01")
    bill: Body = BILL | {"feedetail": [wire_line("1"), wire_line("2")], "drug_trac_info": [box]}

    def left(infno: str, **fields: object) -> list[Entry]:
        return [one for one in entries(entries_of(opened(message(infno, **HEADER | fields)))) if isinstance(one, Moved)]

    assert [] == left("3505", **said) == left("3505", **said, drugtracinfo=[box]) == left("2102", **bill)
    for found in (
        left("3505", **said, trdn_flag="1"),
        left("3506", **said, drugtracinfo=[opened_box]),
        left("2102", **bill | {"drug_trac_info": [opened_box, opened_box | {"drug_trac_codg": OTHER_BOX}]}),
    ):
        [row] = found
        assert isinstance(row, Moved)
        assert (row.item, row.quantity, row.sort) == (RAMIPRIL, 0, "opened")


def test_rows_and_lines_are_sent_to_the_institutions_whose_stock_is_read() -> None:
    """By the kinds; of lines only those of drugs."""
    service: Body = {"list_type": "", "med_list_codg": "0" * 15}
    lines = [wire_line("1"), wire_line("2") | {"list_type": "201"}, wire_line("3") | service]
    bill = message("2102", **HEADER, **BILL | {"feedetail": lines, "drug_trac_info": []})
    row = message("3503", **HEADER, med_list_codg=RAMIPRIL, purc_retn_cnt=2, time=text(MONDAY))

    def left(body: Body, place: str) -> list[str]:
        kinds = {"Moved", "Listed", f"book:{place}"}
        found = [one for one in entries(entries_of(opened(body), kinds=kinds)) if not isinstance(one, Arrival)]
        return [f"{type(one).__name__} {one.line}".strip() for one in found]

    assert ["Listed 1"] == left(bill, SHOP)
    assert ["Moved"] == left(row, SHOP)
    assert [] == left(bill, "P1") == left(row, "P1")


MESSAGES = {**{str(one["infno"]): one for one in FLAT}, "a whole bill": message("2102", **HEADER, **BILL)}


@pytest.mark.parametrize("name", MESSAGES)
def test_an_arrival_names_what_its_entries_are_taken_back_by(name: str) -> None:
    """But for msgid and line; and besides only a registration, and stock without codes: they leave nothing else."""
    [arrival, *others] = entries(entries_of(opened(MESSAGES[name])))
    keys = {key for one in others if not one.pre for key in one.retraction_keys if key[0] not in "mlp"}
    assert isinstance(arrival, Arrival)
    assert all(one.marks == marks_of(one.retraction_keys) for one in others)
    body = opened(MESSAGES[name]).events[0].body
    place, number = body.institution, getattr(body, "number", "")
    own = {f"r:{place}:{getattr(body, 'visit', '')}", *(f"k:{place}:{sort}:{number}" for sort in "1234")}

    assert all(arrival.is_named_by_one_of({key}) for key in keys)
    assert not any(arrival.is_named_by_one_of({f"{key}0"}) for key in keys)
    assert arrival.marks >= marks_of(keys)
    assert {*arrival.targets, *arrival.narrowed} <= {*map(number_of, keys | own)}
    assert any(key.startswith("c:") for key in keys) == arrival.coded

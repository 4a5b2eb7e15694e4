"""A purchase at a pharmacy: asked (2101), settled (2102), reported (3505), taken back (2103, 3506, 2601)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rules.times import MINUTE, SECOND

from .county import Institution
from .forms import Bill, Line, Message, Pen, Wire, Written, total_of, traced, yuan
from .numbers import wire_date, wire_time
from .people import Person

_FUND = {"310": 0.35, "390": 0.5}
"""The fund's part at a pharmacy, by insurance; our assumption."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One purchase. at: when it is settled; uploaded: when the pharmacy is back on line, None = as usual.

    circulated: on a prescription that a hospital sent. asked: whether 2101 is sent. days: prd_days filled in
    in any case. by_fund: whether the fund pays its part. credential, insured_in: other than the person's own;
    balance: left on the account, fen.
    """

    person: Person
    place: Institution
    at: int
    lines: tuple[Line, ...]
    rxno: str = ""
    circulated: bool = False
    physician: str = ""
    uploaded: int | None = None
    credential: str = ""
    insured_in: str = ""
    balance: int | None = None
    days: bool = False
    asked: bool = False
    by_fund: bool = True


def sell(pen: Pen, sale: Sale) -> list[Message]:
    """The messages of a purchase, in the order in which they are made.

    Long because it is that order: reminder asked for, settlement, report of stock; a pharmacy may leave parts out.
    """
    person, place = sale.person, sale.place
    written = Written(
        wire_time(sale.at),
        sale.rxno,
        sale.circulated,
        days=sale.days or place.writes_days,
        physician=sale.physician,
    )
    lines = [pen.line(line, written) for line in sale.lines]
    codes = traced(sale.lines, lines)
    total = total_of(sale.lines)
    common: Wire = {"med_type": "41"}
    if sale.insured_in:
        common["insuplc_admdvs"] = sale.insured_in
    counter = pen.at(place, person, sale.uploaded)
    found = []
    if sale.asked and place.asks and not place.batch and sale.uploaded is None:
        before = sale.at - 40 * SECOND
        asked: Wire = {"medfee_sumamt": yuan(total), "insutype": person.insurance}
        asked["feedetail"] = [{**line, "fee_ocur_time": wire_time(before)} for line in lines]
        found.append(counter.write("2101", before, common | asked))
    part = _FUND[person.insurance] if sale.by_fund else 0.0
    settled = pen.settled(person, Bill(total, part, sale.balance))
    if sale.credential:
        settled["mdtrt_cert_type"] = sale.credential
    rest: Wire = {
        "mdtrt_id": pen.desk.visit(),
        "setl_time": wire_time(sale.at),
        "feedetail": lines,
        "drug_trac_info": codes,
    }
    found.append(counter.write("2102", sale.at, common | settled | rest))
    if place.reports_stock:
        found += _reported(pen, "3505", sale, settled["setl_id"], sale.at + 20 * SECOND)
    return found


def _reported(pen: Pen, infno: str, sale: Sale, settlement: str, at: int) -> list[Message]:
    """3505, or 3506 for what comes back: one message for each drug of the settlement."""
    counter = pen.at(sale.place, sale.person, sale.uploaded and sale.uploaded + SECOND)
    found = []
    for line in sale.lines:
        if line.boxes:
            row = _stock(line, settlement, at)
            found += _deleted(pen, infno, sale, row, at) if pen.by_batch else []
            found.append(counter.write(infno, at, row))
    return found


def _deleted(pen: Pen, infno: str, sale: Sale, row: Wire, at: int) -> list[Message]:
    """Give the row its number. One sale in fifty was reported with a wrong lot before; 3507 deletes that row."""
    row["fixmedins_bchno"] = pen.batch()
    if infno != "3505" or sale.uploaded or sale.place.batch or pen.rng.random() > 0.02:
        return []
    wrong = {**row, "fixmedins_bchno": pen.batch(), "manu_lotnum": "L000000"}
    gone: Wire = {"fixmedins_bchno": wrong["fixmedins_bchno"], "inv_data_type": "4"}
    return [
        # An upload takes up to nine seconds, and the deletion must come after its row.
        pen.at(sale.place, sale.person).write("3505", at - 18 * SECOND, wrong),
        pen.at(sale.place).write("3507", at - 8 * SECOND, gone),
    ]


def _stock(line: Line, settlement: str, at: int) -> Wire:
    item = line.handed_out or line.item
    return {
        "med_list_codg": item.code,
        "sel_retn_cnt": line.count,
        "sel_retn_time": wire_time(at),
        "setl_id": settlement,
        "mdtrt_setl_type": "1",
        "manu_lotnum": f"L{item.product % 1000:03d}{line.boxes[0][-5:-2]}",
        "manu_date": wire_date(at - 200 * 86_400_000),
        "trdn_flag": "1" if line.split else "0",
        "drugtracinfo": [{"drug_trac_codg": box, "trdn_flag": "1" if line.split else "0"} for box in line.boxes],
    }


def settlement_among(messages: Iterable[Message]) -> Message:
    """The one settlement among the messages of a visit."""
    return next(message for message in messages if message.body["infno"] in ("2102", "2207", "2304"))


def take_back(pen: Pen, sale: Sale, messages: list[Message], at: int) -> list[Message]:
    """2103 for a sale, and 3506 for what was reported as sold."""
    settled = settlement_among(messages).body
    named: Wire = {name: settled[name] for name in ("setl_id", "mdtrt_id")}
    named["setl_time"] = wire_time(at)
    found = [pen.at(sale.place, sale.person).write("2103", at, named)]
    if sale.place.reports_stock:
        found += _reported(pen, "3506", sale, settled["setl_id"], at + 20 * SECOND)
    return found


def fail_and_repeat(pen: Pen, sale: Sale) -> list[Message]:
    """A settlement whose answer never came: 2601 takes it back, and the same boxes are settled again."""
    first = [message for message in sell(pen, sale) if message.body["infno"] not in ("3505", "3507")]
    settled = settlement_among(first)
    undo: Wire = {"omsgid": settled.id, "oinfno": "2102"}
    return [
        *first,
        pen.at(sale.place, sale.person).write("2601", sale.at + MINUTE, undo),
        *sell(pen, replace(sale, at=sale.at + 3 * MINUTE, asked=False)),
    ]

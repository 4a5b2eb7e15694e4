"""Messages in the form of the wire: headers, fee lines, and who pays what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from rules.times import HOUR, MINUTE, SECOND

from .catalogue import Item
from .county import Institution
from .numbers import Desk, wire_time
from .people import Person

Wire = dict[str, Any]
"""One JSON object, as it stands on the wire."""
_OFFSET = 8 * HOUR


class Message(NamedTuple):
    """One message. uploaded: its inf_time; at: its business time; both ms UTC, whole seconds."""

    uploaded: int
    at: int
    body: Wire

    @property
    def id(self) -> str:
        """Its msgid."""
        return str(self.body["msgid"])


@dataclass(frozen=True, slots=True)
class Line:
    """What is charged for. count: packs or times; boxes: trace codes; split: an opened pack.

    handed_out: what is in the boxes, where it is not what is charged. most: the limit of its price, fen, 0 where none
    is stated. in_scope: what of it is in scope of the fund, fen, None where that is not stated.
    performer: who carries it out, empty where nobody is named. sent_out: to another institution.
    """

    item: Item
    count: float = 1
    boxes: tuple[str, ...] = ()
    split: bool = False
    price: int = 0
    handed_out: Item | None = None
    most: int = 0
    in_scope: int | None = None
    performer: str = ""
    sent_out: bool = False

    @property
    def amount(self) -> int:
        """Fen."""
        return round((self.price or self.item.price) * self.count)


@dataclass(frozen=True, slots=True)
class Written:
    """What stands beside every line of one bill. at: as wire_time; days: whether prd_days is filled in.

    batch: chrg_bchno, empty where batches have no number.
    """

    at: str
    rxno: str = ""
    circulated: bool = False
    days: bool = False
    physician: str = ""
    department: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """What a settlement says about money. part: the fund's; balance: left on the account; money in fen."""

    total: int
    part: float
    balance: int | None = None


class Counter:
    """Writes the messages of one person at one institution."""

    __slots__ = ("_head", "_pen", "_place", "_uploaded")

    def __init__(self, pen: Pen, place: Institution, person: Person | None, uploaded: int | None) -> None:
        self._pen = pen
        self._place = place
        self._uploaded = uploaded
        self._head: Wire = {
            "msgid": "",
            "infno": "",
            "inf_time": "",
            "fixmedins_code": place.code,
            "fixmedins_name": place.name,
            "mdtrtarea_admvs": place.region,
            "opter": f"{place.code[-5:]}01",
            "opter_type": "3" if place.internet else "1",
            "dev_no": f"T{place.code}01",
        }
        if person is not None:
            self._head["insuplc_admdvs"] = person.insured_in
            self._head["psn_no"] = person.number

    def write(self, infno: str, at: int, fields: Wire, uploaded: int | None = None) -> Message:
        """A message made at `at`; uploaded: its own time of upload, before that of the counter."""
        pen, place = self._pen, self._place
        sent = uploaded or self._uploaded or uploaded_at(place, at, pen.rng)
        body = {**self._head, **fields}
        body["msgid"] = pen.desk.message(place.code, wire_time(at))
        body["infno"] = infno
        body["inf_time"] = wire_time(sent)
        return Message(sent, at, body)


class Pen:
    """Writes messages: gives them their numbers and their times. by_batch: whether batches are numbered."""

    __slots__ = ("by_batch", "desk", "rng")

    def __init__(self, desk: Desk, rng: Random, *, by_batch: bool = False) -> None:
        self.desk = desk
        self.rng = rng
        self.by_batch = by_batch

    def at(self, place: Institution, person: Person | None = None, uploaded: int | None = None) -> Counter:
        """The counter at which this person stands; uploaded: when all its messages are, None = as usual."""
        return Counter(self, place, person, uploaded)

    def line(self, line: Line, written: Written) -> Wire:
        """One entry of feedetail.

        Long because it is one field after the other.
        """
        item = line.item
        body: Wire = {
            "feedetl_sn": self.desk.line(),
            "fee_ocur_time": written.at,
            "med_list_codg": item.code,
            "cnt": line.count,
            "pric": yuan(line.price or item.price),
            "det_item_fee_sumamt": yuan(line.amount),
            "list_type": item.list_type,
            "med_chrgitm_type": item.charge_type,
        }
        if line.most:
            body["pric_uplmt_amt"] = yuan(line.most)
        if line.in_scope is not None:
            body["inscp_scp_amt"] = yuan(line.in_scope)
        if written.rxno and item.days:
            body["rxno"] = written.rxno
            body["rx_circ_flag"] = "1" if written.circulated else "0"
        if written.days and item.days:
            body["prd_days"] = round(item.days * line.count, 2)
        # 2.7 % of the lines in the region of nhsa.md D name no physician, and no pharmacy names a department.
        if written.physician and self.rng.random() > 0.027:
            body["bilg_dr_codg"] = written.physician
        if line.performer:
            body["orders_dr_code"] = line.performer
        if line.sent_out:
            body["etip_flag"] = "1"
        if written.department:
            body["bilg_dept_codg"] = written.department
        if written.batch:
            body["chrg_bchno"] = written.batch
        return body

    def batch(self) -> str:
        """The number of a new batch; empty where batches have none."""
        return self.desk.batch() if self.by_batch else ""

    def boxes(self, item: Item, count: int = 1) -> Line:
        """So many new packs, each with a trace code of its own."""
        return Line(item, count, tuple(self.desk.box(item.product) for _ in range(count)))

    def settled(self, person: Person, bill: Bill) -> Wire:
        """The fields of a settlement that say who pays what, to the fen."""
        scope = round(bill.total * (0.88 + 0.11 * self.rng.random()))
        fund = round(scope * bill.part)
        account = min(person.balance, (bill.total - fund) // 2) if person.balance else 0
        body: Wire = {
            "setl_id": self.desk.settlement(),
            "medfee_sumamt": yuan(bill.total),
            "fund_pay_sumamt": yuan(fund),
            "hifp_pay": yuan(0 if person.assisted else fund),
            "acct_pay": yuan(account),
            "psn_cash_pay": yuan(bill.total - fund - account),
            "inscp_scp_amt": yuan(scope),
            "fulamt_ownpay_amt": yuan(bill.total - scope),
            "insutype": person.insurance,
            "psn_type": person.kind,
            "mdtrt_cert_type": person.credential,
            "gend": person.sex,
            "brdy": person.born,
            "setl_type": "2",
            "refd_setl_flag": "0",
            "invono": self.desk.invoice(),
        }
        if person.assisted:
            body["maf_pay"] = yuan(fund)
        if bill.balance is not None:
            body["balc"] = yuan(bill.balance)
        elif person.balance:
            body["balc"] = yuan(1_000 + round(person.balance * self.rng.random()))
        return body


def traced(lines: Iterable[Line], written: Iterable[Wire]) -> list[Wire]:
    """drug_trac_info of a settlement: one entry for each box."""
    return [
        {
            "feedetl_sn": body["feedetl_sn"],
            "drug_trac_codg": box,
            "trdn_flag": "1" if line.split else "0",
            "min_prcunt_type": "2" if line.split else "1",
        }
        for line, body in zip(lines, written, strict=True)
        for box in line.boxes
    ]


def total_of(lines: Iterable[Line]) -> int:
    """Fen."""
    return sum(line.amount for line in lines)


def yuan(fen: int) -> float:
    """Fen as the wire writes them."""
    return fen / 100


def uploaded_at(place: Institution, at: int, rng: Random) -> int:
    """When this institution uploads what it made at `at`: within seconds, or with its next batch."""
    if not place.batch:
        return at + (1 + int(rng.random() * 9)) * SECOND
    since = (at + _OFFSET) % place.batch
    # The batch of hours goes out within five minutes, in the order in which it was made.
    return at - since + place.batch + (MINUTE + since * 300 // place.batch * SECOND)

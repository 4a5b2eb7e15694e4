"""A stay in hospital: admitted (2401), charged by the day (2301), discharged (2402), settled (2304)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.times import DAY, HOUR, MINUTE

from .catalogue import INFUSIONS, SERVICES, Illness
from .county import Institution
from .forms import Bill, Line, Message, Pen, Wire, Written, total_of, yuan
from .numbers import wire_date, wire_time
from .people import Person

_FUND = 0.7
"""The fund's part of an inpatient bill; our assumption."""
HOME, TRANSFER, DIED = "1", "2", "5"
"""dscg_way (nhsa.md, C3)."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay. settled: when 2304 is made, None = half an hour after the discharge.

    announced: when 2401 is uploaded, None = at once. heavy: charges of a day against the usual ones.
    telephone: of the contact, where it is not the person's own.
    """

    person: Person
    place: Institution
    admitted: int
    discharged: int
    illness: Illness
    kind: str = "21"
    way: str = HOME
    settled: int | None = None
    announced: int | None = None
    heavy: float = 1.0
    telephone: str = ""

    @property
    def settled_at(self) -> int:
        """When 2304 is made."""
        return self.discharged + 30 * MINUTE if self.settled is None else self.settled


def care(pen: Pen, stay: Stay) -> list[Message]:
    """The messages of a stay, in the order in which they are made."""
    number = pen.desk.visit()
    found = [_admit(pen, stay, number)]
    total = 0
    for at in _rounds(stay):
        messages, amount = _charge(pen, stay, number, at)
        found += messages
        total += amount
    return [*found, *_leave(pen, stay, number, total)]


def _rounds(stay: Stay) -> Iterator[int]:
    """The moments at which a day's care is written down."""
    at = stay.admitted + 2 * HOUR
    while at < stay.discharged - HOUR:
        yield at
        at += DAY


def _admit(pen: Pen, stay: Stay, number: str) -> Message:
    fields: Wire = {
        "mdtrt_id": number,
        "begntime": wire_time(stay.admitted),
        "med_type": stay.kind,
        "insutype": stay.person.insurance,
        "mdtrt_cert_type": stay.person.credential,
        "dscg_maindiag_code": stay.illness.code,
        "adm_dept_codg": "A03" if stay.illness.code[0] in "IJE" else "A04",
        "adm_bed": f"{pen.desk.line()[-2:]}",
        "atddr_no": _physician(pen, stay),
        "tel": stay.telephone or stay.person.telephone,
        "diseinfo": [{"diag_code": stay.illness.code, "diag_type": "1"}],
    }
    return pen.at(stay.place, stay.person, stay.announced).write("2401", stay.admitted, fields)


def _charge(pen: Pen, stay: Stay, number: str, at: int) -> tuple[list[Message], int]:
    """One day's lines (2301), and now and then a line cancelled (2302); with what they come to, fen."""
    rng = pen.rng
    day = [_service(pen, stay.heavy) for _ in range(5 + int(rng.random() * 6))]
    day += [Line(item, 1 + int(rng.random() * 3)) for item in INFUSIONS]
    written = Written(wire_time(at), physician=_physician(pen, stay), department="A03", batch=pen.batch())
    lines = [pen.line(line, written) for line in day]
    common: Wire = {"mdtrt_id": number, "med_type": stay.kind}
    # One day in fifty is uploaded days later, but before the bill.
    late = at + 2 * DAY if rng.random() < 0.02 and at + 2 * DAY < stay.discharged else None
    counter = pen.at(stay.place, stay.person)
    found = [counter.write("2301", at + 20 * MINUTE, {**common, "feedetail": lines}, late)]
    total = total_of(day)
    if late is None and rng.random() < 0.03:
        first = rng.randrange(len(day))
        gone = slice(first, first + (2 if pen.by_batch else 1))
        total -= total_of(day[gone])
        named: Wire = {"mdtrt_id": number, "feedetl_sn": [line["feedetl_sn"] for line in lines[gone]]}
        found.append(counter.write("2302", at + 30 * MINUTE, named))
    return found, total


def _service(pen: Pen, heavy: float) -> Line:
    """A service at a price that spreads as the lines of real bills do (lognormal)."""
    item = SERVICES[int(pen.rng.random() * len(SERVICES))]
    price = min(round(item.price * pen.rng.lognormvariate(-0.5, 0.7) * heavy), 2_000_000)
    return Line(item, 1, price=max(price, 100))


def _leave(pen: Pen, stay: Stay, number: str, total: int) -> list[Message]:
    person, place = stay.person, stay.place
    left: Wire = {
        "mdtrt_id": number,
        "endtime": wire_time(stay.discharged),
        "dscg_maindiag_code": stay.illness.code,
        "dscg_way": stay.way,
    }
    if stay.way == DIED:
        left["die_date"] = wire_date(stay.discharged)
    common: Wire = {"mdtrt_id": number, "med_type": stay.kind}
    asked: Wire = {"medfee_sumamt": yuan(total), "insutype": person.insurance}
    counter = pen.at(place, person)
    found = [counter.write("2402", stay.discharged, left)]
    if not place.batch:
        found.append(counter.write("2303", stay.settled_at - 10 * MINUTE, common | asked))
    found.append(_settle(pen, stay, common, total, stay.settled_at))
    return found


def _settle(pen: Pen, stay: Stay, common: Wire, total: int, at: int) -> Message:
    settled = pen.settled(stay.person, Bill(total, _FUND))
    rest: Wire = {
        "setl_time": wire_time(at),
        "dscg_time": wire_time(stay.discharged),
        "mid_setl_flag": "0",
    }
    return pen.at(stay.place, stay.person).write("2304", at, common | settled | rest)


def settle_again(pen: Pen, stay: Stay, settled: Message) -> list[Message]:
    """2305 an hour after the settlement, and the corrected 2304."""
    body, at = settled.body, stay.settled_at + HOUR
    named: Wire = {"setl_id": body["setl_id"], "mdtrt_id": body["mdtrt_id"], "setl_time": wire_time(at)}
    common: Wire = {"mdtrt_id": body["mdtrt_id"], "med_type": stay.kind}
    total = round(body["medfee_sumamt"] * 100)
    return [
        pen.at(stay.place, stay.person).write("2305", at, named),
        _settle(pen, stay, common, total, at + 10 * MINUTE),
    ]


def settle_anew(pen: Pen, stay: Stay, messages: list[Message], later: int, times: float) -> list[Message]:
    """So long after the bill it is taken back, a day's lines are charged at other prices, and it is settled again.

    times: what those lines come to then, and with them the bill, against before.
    """
    day, settled = (next(one for one in messages if one.body["infno"] == infno).body for infno in ("2301", "2304"))
    at, counter = stay.settled_at + later, pen.at(stay.place, stay.person)
    common: Wire = {name: day[name] for name in ("mdtrt_id", "med_type")}
    named: Wire = {"setl_id": settled["setl_id"], "mdtrt_id": settled["mdtrt_id"], "setl_time": wire_time(at)}
    erased: Wire = {"mdtrt_id": day["mdtrt_id"], "feedetl_sn": [line["feedetl_sn"] for line in day["feedetail"]]}
    prices = ("pric", "det_item_fee_sumamt")
    lines = [
        {**line, "feedetl_sn": pen.desk.line(), **{name: round(line[name] * times, 2) for name in prices}}
        for line in day["feedetail"]
    ]
    return [
        counter.write("2305", at, named),
        counter.write("2302", at + 10 * MINUTE, erased),
        counter.write("2301", at + 20 * MINUTE, {**common, "feedetail": lines}),
        _settle(pen, stay, common, round(settled["medfee_sumamt"] * times * 100), at + HOUR),
    ]


def discharge_again(pen: Pen, stay: Stay, messages: list[Message]) -> list[Message]:
    """The discharge was entered by mistake: 2405 takes it back, and it is entered again."""
    left = next(message for message in messages if message.body["infno"] == "2402").body
    counter = pen.at(stay.place, stay.person)
    return [
        counter.write("2405", stay.discharged + MINUTE, {"mdtrt_id": left["mdtrt_id"]}),
        counter.write("2402", stay.discharged + 3 * MINUTE, left),
    ]


def admit_in_vain(pen: Pen, stay: Stay) -> list[Message]:
    """An admission that is cancelled within the hour (2404)."""
    admitted = _admit(pen, stay, pen.desk.visit())
    cancel: Wire = {"mdtrt_id": admitted.body["mdtrt_id"]}
    return [
        admitted,
        pen.at(stay.place, stay.person).write("2404", stay.admitted + 40 * MINUTE, cancel),
    ]


def _physician(pen: Pen, stay: Stay) -> str:
    return stay.place.physicians[int(pen.rng.random() * len(stay.place.physicians))]

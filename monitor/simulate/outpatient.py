"""A visit to a hospital or clinic: registered (2201), diagnosed (2203A), charged (2204), settled (2207)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rules.times import MINUTE, SECOND

from .catalogue import COSMETOLOGY, Illness
from .county import Institution
from .forms import Bill, Line, Message, Pen, Wire, Written, total_of, traced, yuan
from .numbers import wire_time
from .people import Person

_FUND = 0.58
"""The fund's part of an outpatient bill; our assumption."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. at: when it is settled; kind: med_type; uploaded: when all of it is, None = as usual.

    days: prd_days filled in in any case; asked: whether 2206 is sent, reviewed: whether 3101 is; slip: a line
    that is charged by mistake and cancelled (2205).
    """

    person: Person
    place: Institution
    at: int
    kind: str
    illness: Illness
    lines: tuple[Line, ...]
    physician: str = ""
    till: int = 1
    rxno: str = ""
    uploaded: int | None = None
    days: bool = False
    asked: bool = False
    reviewed: bool = False
    slip: Line | None = None

    @property
    def charged_at(self) -> int:
        """When its lines are charged."""
        return self.at - 4 * MINUTE

    @property
    def department(self) -> str:
        """A code of the national list of departments, by the first letter of the diagnosis."""
        return {"J": "A03", "I": "A03", "E": "A03", "M": "A07", "L": "A13", "H": "A10", "Q": COSMETOLOGY}.get(
            self.illness.code[0], "A02"
        )


def treat(pen: Pen, visit: Visit) -> list[Message]:
    """The messages of a visit, in the order in which they are made."""
    number = pen.desk.visit()
    return [*_seen(pen, visit, number), *charge_and_settle(pen, visit, number)]


def _seen(pen: Pen, visit: Visit, number: str) -> list[Message]:
    person, place = visit.person, visit.place
    began = visit.at - (14 + int(pen.rng.random() * 30)) * MINUTE
    registered: Wire = {
        "mdtrt_id": number,
        "begntime": wire_time(began),
        "insutype": person.insurance,
        "mdtrt_cert_type": person.credential,
        "dept_code": visit.department,
        "atddr_no": visit.physician,
    }
    diagnosed: Wire = {
        "mdtrt_id": number,
        "med_type": visit.kind,
        "begntime": wire_time(began),
        "dise_codg": visit.illness.code,
        "diseinfo": [
            {
                "diag_code": visit.illness.code,
                "diag_type": "1",
                "diag_time": wire_time(visit.at - 8 * MINUTE),
                "dise_dor_no": visit.physician,
            }
        ],
    }
    counter = pen.at(place, person, visit.uploaded)
    return [
        counter.write("2201", began, registered),
        counter.write("2203A", visit.at - 8 * MINUTE, diagnosed),
    ]


def charge_and_settle(pen: Pen, visit: Visit, number: str) -> list[Message]:
    """2204 to 2207 of a visit that is registered under this number.

    Long because it is one visit from first to last message.
    """
    person, place = visit.person, visit.place
    at = visit.charged_at
    written = Written(
        wire_time(at),
        visit.rxno,
        days=visit.days or place.writes_days,
        physician=visit.physician,
        department=visit.department,
        batch=pen.batch(),
    )
    charged = (*visit.lines, visit.slip) if visit.slip and not pen.by_batch else visit.lines
    lines = [pen.line(line, written) for line in charged]
    common: Wire = {"mdtrt_id": number, "med_type": visit.kind}
    asked: Wire = {"medfee_sumamt": yuan(total_of(visit.lines)), "insutype": person.insurance}
    counter = pen.at(place, person, visit.uploaded)
    found = []
    # An institution that is off line, or uploads in batches, asks nobody.
    talks = place.asks and not place.batch and visit.uploaded is None
    if visit.reviewed and talks:
        before = at - MINUTE
        planned = [{**line, "fee_ocur_time": wire_time(before)} for line in lines[: len(visit.lines)]]
        scene: Wire = {"trig_scen": "2", "feedetail": planned}
        found.append(counter.write("3101", before, common | asked | scene))
    found.append(counter.write("2204", at, {**common, "feedetail": lines}))
    if visit.slip and pen.by_batch:
        found += _cancel_batch(pen, visit, {**common, "feedetail": lines}, pen.line(visit.slip, written))
    elif visit.slip:
        slip: Wire = {"mdtrt_id": number, "feedetl_sn": [lines[-1]["feedetl_sn"]]}
        found.append(counter.write("2205", at + MINUTE, slip))
    if visit.asked and talks:
        found.append(counter.write("2206", visit.at - 30 * SECOND, common | asked))
    codes = traced(visit.lines, lines[: len(visit.lines)])
    found.append(_settle(pen, visit, common, codes))
    return found


def _cancel_batch(pen: Pen, visit: Visit, charged: Wire, slip: Wire) -> list[Message]:
    """A line charged by mistake in a batch of its own; that batch is cancelled, or all, and the rest charged anew."""
    at = visit.charged_at
    slip["chrg_bchno"] = pen.batch()
    everything = pen.rng.random() < 0.5
    gone: Wire = {"mdtrt_id": charged["mdtrt_id"], "chrg_bchno": "0000" if everything else slip["chrg_bchno"]}
    counter = pen.at(visit.place, visit.person, visit.uploaded)
    found = [
        counter.write("2204", at + 20 * SECOND, {**charged, "feedetail": [slip]}),
        counter.write("2205", at + MINUTE, gone),
    ]
    if everything:
        found.append(counter.write("2204", at + 80 * SECOND, charged))
    return found


def _settle(pen: Pen, visit: Visit, common: Wire, codes: list[Wire]) -> Message:
    settled = pen.settled(visit.person, Bill(total_of(visit.lines), _FUND))
    rest: Wire = {
        "setl_time": wire_time(visit.at),
        "opter": f"{visit.place.code[-5:]}{visit.till:02d}",
        "dev_no": f"T{visit.place.code}{visit.till:02d}",
    }
    if codes:
        rest["drug_trac_info"] = codes
    counter = pen.at(visit.place, visit.person, visit.uploaded)
    return counter.write("2207", visit.at, common | settled | rest)


def take_back(pen: Pen, visit: Visit, settled: Message, at: int, *, as_refund: bool) -> Message:
    """The reversal of a settled visit: 2208, or a settlement row that is flagged as a refund."""
    body = settled.body
    counter = pen.at(visit.place, visit.person)
    if not as_refund:
        named: Wire = {name: body[name] for name in ("setl_id", "mdtrt_id")}
        return counter.write("2208", at, {**named, "setl_time": wire_time(at)})
    row = {name: 0.0 - value if isinstance(value, float) else value for name, value in body.items()}
    for name in ("drug_trac_info", "balc"):
        row.pop(name, None)
    row |= {
        "refd_setl_flag": "1",
        "init_setl_id": body["setl_id"],
        "setl_id": pen.desk.settlement(),
        "setl_time": wire_time(at),
    }
    return counter.write("2207", at, row)


def cancel_lines(pen: Pen, visit: Visit, settled: Message, at: int) -> Message:
    """2205 for all lines of the visit."""
    everything: Wire = {"mdtrt_id": settled.body["mdtrt_id"], "chrg_bchno" if pen.by_batch else "feedetl_sn": "0000"}
    return pen.at(visit.place, visit.person).write("2205", at, everything)


def settle_again(pen: Pen, visit: Visit, settled: Message, at: int, *, lines_stand: bool) -> list[Message]:
    """The corrected settlement of a visit that was taken back; lines_stand: only the settlement is new."""
    number = str(settled.body["mdtrt_id"])
    again = replace(visit, at=at, slip=None, reviewed=False, asked=False)
    if not lines_stand:
        fresh = tuple(pen.boxes(line.item, int(line.count)) if line.boxes else line for line in visit.lines)
        return charge_and_settle(pen, replace(again, lines=fresh), number)
    common: Wire = {"mdtrt_id": number, "med_type": visit.kind}
    codes = settled.body.get("drug_trac_info")
    return [_settle(pen, again, common, list(codes) if isinstance(codes, list) else [])]

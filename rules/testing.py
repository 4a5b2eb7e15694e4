"""Rows for examples and tests: entries made in one call, and a rule judged over a list of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import msgspec

from .engine.entry import Entry
from .engine.finding import Finding, Undecidable
from .engine.marks import number_of
from .engine.rule import DayRule, Rule
from .engine.window import Window
from .ledgers import (
    BILL,
    DELETION,
    REVERSAL,
    Admitted,
    Arrival,
    Beside,
    Billed,
    Brought,
    Claimed,
    Departed,
    Dispensed,
    Fill,
    Growing,
    Here,
    Lead,
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
    Waiting,
    Written,
)
from .reference import Reference
from .times import DAY, SECOND, parse

_numbers = count(1)
PHARMACY = "P34102100029"
HOSPITAL = "H34102100001"


def at(clock: str, *, day: int = 0, seconds: int = 0) -> int:
    """A moment on 2026-03-05 (plus days and seconds), ms UTC."""
    return parse(f"2026-03-05 {clock}:00") + day * DAY + seconds * SECOND


def _common(time: int, person: str, institution: str, amount: int, **more: object) -> dict[str, object]:
    number = next(_numbers)
    return {
        "time": time, "uploaded": time, "message": f"m{number}", "institution": institution, "identity": number,
        "person": person, "settlement": f"s{number}", "visit": f"v{number}", "amount": amount, **more,
    }  # fmt: skip


def swipe(time: int, person: str = "p1", institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Swipe:
    """A settlement at an institution."""
    defaults: dict[str, object] = {
        "total": amount, "transaction": "2102", "visit_type": "41", "elsewhere": False, "credential": "03",
        "balance": -1, "operator": "o1", "operator_type": "1", "began": time,
    }  # fmt: skip
    return Swipe(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def visit(time: int, person: str = "p1", institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Visit:
    """A settlement of a person."""
    defaults: dict[str, object] = {
        "transaction": "2102", "visit_type": "41", "county": "341021", "credential": "03", "operator_type": "1",
        "circulated": False, "prescriptions": (), "served": time,
    }  # fmt: skip
    return Visit(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def fill(
    time: int, days: float = 30, person: str = "p1", institution: str = PHARMACY, amount: int = 5_000, **more: object
) -> Fill:
    """A fee line; days of supply."""
    defaults: dict[str, object] = {
        "transaction": "2102", "item": "XC09AAA001A001010100001", "quantity": round(days * 10_000),
        "days": round(days * DAY),
        "visit_type": "41", "prescription": "", "physician": "", "line": "1",
    }  # fmt: skip
    return Fill(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def stay(
    time: int, piece: str, visit: str, person: str = "p1", institution: str = HOSPITAL, amount: int = 0, **more: object
) -> Stay:
    """A piece of a stay: admission, discharge or settlement."""
    defaults: dict[str, object] = {
        "piece": piece, "visit": visit, "visit_type": "21", "diagnosis": "J18.900", "way": "1", "interim": False,
        "transaction": {"admission": "2401", "discharge": "2402"}.get(piece, "2304"),
    }  # fmt: skip
    return Stay(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def brought(time: int, person: str = "p1", institution: str = HOSPITAL, **more: object) -> Brought:
    """The same at the telephone of the contact."""
    return Brought(**msgspec.structs.asdict(admitted(time, person, institution, **more)))


def admitted(time: int, person: str = "p1", institution: str = HOSPITAL, **more: object) -> Admitted:
    """A stay that began at an institution."""
    defaults: dict[str, object] = {
        "transaction": "2401", "settlement": "", "visit_type": "21", "diagnosis": "J18.900", "telephone": "t1",
    }  # fmt: skip
    return Admitted(**(_common(time, person, institution, 0) | defaults | more))  # type: ignore[arg-type]


def departed(time: int, person: str = "p1", institution: str = HOSPITAL, **more: object) -> Departed:
    """A patient who was discharged."""
    defaults: dict[str, object] = {"transaction": "2402", "settlement": ""}
    return Departed(**(_common(time, person, institution, 0) | defaults | more))  # type: ignore[arg-type]


def sale(time: int, person: str = "p1", institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Sale:
    """A sale of one trace code."""
    defaults: dict[str, object] = {
        "code": "81234560000000000017", "split": False, "item": "XC09AAA001A001010100001", "quantity": 10_000,
        "stock": False,
        "line": "81234560000000000017",
    }  # fmt: skip
    return Sale(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def dispensed(
    time: int, code: str = "81234560000000000017", institution: str = PHARMACY, amount: int = 5_000, **more: object
) -> Dispensed:  # fmt: skip
    """A box that an institution sold."""
    sold = sale(time, institution=institution, amount=amount, code=code, line=code)
    return Dispensed(**msgspec.structs.asdict(sold) | more)


def received(time: int, codes: Iterable[str] = (), institution: str = PHARMACY, **more: object) -> Received:
    """Boxes that an institution took into its stock."""
    own: dict[str, object] = {
        "item": "XC09AAA001A001010100001", "codes": tuple(map(number_of, codes)), "sort": "3", "settlement": "",
        "transaction": "3503",
    }  # fmt: skip
    return Received(**(_common(time, "", institution, 0) | own | more))  # type: ignore[arg-type]


def moved(time: int, packs: float = 1, institution: str = PHARMACY, **more: object) -> Moved:
    """A row of stock: so much of a drug came in, or went out where it is less than nothing."""
    own: dict[str, object] = {
        "item": "001101000010000", "quantity": round(packs * 10_000), "sort": "moved", "settlement": "",
        "transaction": "3503" if packs > 0 else "3502",
    }  # fmt: skip
    return Moved(**(_common(time, "", institution, 0) | own | more))  # type: ignore[arg-type]


def counted(time: int, packs: float, institution: str = PHARMACY, **more: object) -> Moved:
    """A row of a count: so much of a drug lay there."""
    return moved(time, packs, institution, **{"sort": "counted", "transaction": "3501"} | more)


def use(time: int, person: str = "p1", institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Use:
    """A sale of a pharmacy on a prescription."""
    defaults: dict[str, object] = {
        "transaction": "2102", "number": "RX0000000017", "items": ("XC09AAA001A001010100001",), "circulated": "1",
        "physician": "", "total": amount, "line": "RX0000000017",
    }  # fmt: skip
    return Use(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def written(
    time: int, number: str = "RX0000000017", institution: str = PHARMACY, amount: int = 5_000, **more: object
) -> Written:
    """A sale of a pharmacy on a prescription of one physician."""
    code = "D341021000017"
    defaults: dict[str, object] = {
        "transaction": "2102", "number": number, "physician": code, "total": amount, "line": code,
        "items": ("XC09AAA001A001010100001",),
    }  # fmt: skip
    return Written(**(_common(time, "p1", institution, amount) | defaults | more))  # type: ignore[arg-type]


def ordered(time: int, institution: str = HOSPITAL, person: str = "p1", amount: int = 5_000, **more: object) -> Ordered:
    """A line of an outpatient that one physician ordered."""
    defaults: dict[str, object] = {
        "transaction": "2204", "settlement": "", "physician": "D341021000017", "item": "001101000010000",
        "quantity": 10_000, "total": amount, "line": "1",
    }  # fmt: skip
    return Ordered(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def overpriced(
    time: int, institution: str = HOSPITAL, person: str = "p1", amount: int = 5_000, **more: object
) -> Overpriced:  # fmt: skip
    """A line at a price above its limit."""
    defaults = {"price": 600_000, "most": 500_000}
    return Overpriced(**msgspec.structs.asdict(ordered(time, institution, person, amount)) | defaults | more)


def listed(
    time: int, institution: str = HOSPITAL, person: str = "p1", amount: int = 5_000, **more: object
) -> Listed:  # fmt: skip
    """A line of an item that a table points out."""
    defaults = {"price": 500_000}
    return Listed(**msgspec.structs.asdict(ordered(time, institution, person, amount)) | defaults | more)


def arrival(time: int, person: str = "p1", institution: str = PHARMACY, amount: int = 0, **more: object) -> Arrival:
    """That a message came."""
    defaults: dict[str, object] = {"transaction": "2102"}
    return Arrival(**(_common(time, person, institution, amount) | defaults | more))  # type: ignore[arg-type]


def billed(time: int, piece: str = BILL, visit: str = "v1", amount: int = 0, **more: object) -> Billed:
    """A bill of a stay, what takes it back, or a deletion of its lines."""
    infno = {BILL: "2304", REVERSAL: "2305", DELETION: "2302"}[piece]
    plain = {"piece": piece, "visit": visit, "transaction": infno, "total": 2 * amount}
    return Billed(**(_common(time, "p1", HOSPITAL, amount) | plain | more))  # type: ignore[arg-type]


def rewritten(time: int, after: float, **more: object) -> list[Billed]:
    """A stay that is settled, taken back so many days later, and settled anew for more after a deletion."""
    visit, back = f"v{next(_numbers)}", time + round(after * DAY)
    old = billed(time, BILL, visit, 500_000)
    return [
        old,
        billed(back, REVERSAL, visit, settlement=old.settlement),
        billed(back + 60 * SECOND, DELETION, visit, settlement=""),
        billed(back + 3_600 * SECOND, BILL, visit, 600_000, **more),
    ]


def claimed(
    time: int, operator: str = "c1", institution: str = HOSPITAL, person: str = "p1", **more: object
) -> Claimed:
    """A bill that was handed in, as the agency paid it."""
    defaults: dict[str, object] = {
        "operator": operator, "total": 10_000, "of_stay": False, "transaction": "2207", "insured_in": "341021",
    }  # fmt: skip
    return Claimed(**(_common(time, person, institution, 8_000) | defaults | more))  # type: ignore[arg-type]


def _of_lead(time: int, person: str, institution: str, amount: int, **more: object) -> dict[str, object]:
    plain = {"rule": "S01", "kind": "person", "subject": person, "severity": 2, "settlement": "", "visit": ""}
    return _common(time, person, institution, amount) | plain | more


def lead(time: int, person: str = "p1", institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Lead:
    """A lead about a person, of high severity."""
    return Lead(**_of_lead(time, person, institution, amount, **more))  # type: ignore[arg-type]


def beside(time: int, person: str = "p1", institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Beside:
    """A person in a lead, with others."""
    return Beside(**_of_lead(time, person, institution, amount, **more))  # type: ignore[arg-type]


def here(time: int, *persons: str, institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Here:
    """A lead about an institution, at it, with the persons whom it names."""
    about = {"kind": "institution", "subject": institution, "persons": persons}
    return Here(**_of_lead(time, "", institution, amount, **(about | more)))  # type: ignore[arg-type]


def growing(time: int, institution: str = HOSPITAL, amount: int = 3_000_000, **more: object) -> Growing:
    """A lead that outpatient spending grows at an institution."""
    about = {"rule": "B15", "kind": "institution", "subject": institution, "severity": 1, "place": "341021"}
    return Growing(**_of_lead(time, "", institution, amount, **(about | more)))  # type: ignore[arg-type]


def waiting(time: int, institution: str = PHARMACY, amount: int = 5_000, **more: object) -> Waiting:
    """A lead as it waits for people, found at this time."""
    return Waiting(**_of_lead(time, "", institution, amount, **more))  # type: ignore[arg-type]


def judge(rule: Rule, entries: Iterable[Entry], reference: Reference | None = None) -> list[Finding]:
    """The findings of a rule over the entries of one ledger key, in order."""
    order = sorted(entries, key=lambda one: (one.time, one.id))
    window, findings = Window(order, rule.span), []
    for position, entry in enumerate(order):
        window.move_to(position)
        finding = rule.check(entry, window, reference or Reference())
        if finding is not None:
            findings.append(finding)
    return findings


def spent(yuan: Iterable[int], times: int = 50) -> dict[int, list[int]]:
    """What an institution spent on the days from 2026-03-05 on, as a ledger of days sums it up."""
    return {at("00:00", day=day): [times, one * 100] for day, one in enumerate(yuan)}


def judge_days(rule: DayRule, bins: dict[int, list[int]], reference: Reference | None = None) -> list[Finding]:
    """The findings of a rule over the days of one institution, in order; days that it cannot decide give none."""
    findings = []
    for day in sorted(bins):
        try:
            found = rule.check_day(day, bins, reference or Reference(), HOSPITAL)
        except Undecidable:
            continue
        if found is not None:
            findings.append(found)
    return findings

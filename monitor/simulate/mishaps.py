"""What goes wrong every day and is no fraud: reversals, lost answers, late uploads, corrections."""

from __future__ import annotations

from dataclasses import replace

from rules.times import DAY, HOUR, MINUTE, SECOND

from . import inpatient, outpatient, pharmacy
from .forms import Message, Pen

REVERSED = 0.06
"""Part of the visits and purchases that goes wrong; 5 % of all settlements are taken back (nhsa.md D)."""
_FAILED = 0.003
_HELD = 0.004
_MOST_HELD = 60
"""Hours that an upload is held back at most: well within the grace of 72 h."""


def sold(pen: Pen, sale: pharmacy.Sale) -> list[Message]:
    """The messages of an honest purchase, and of what goes wrong with it."""
    draw = pen.rng.random()
    if draw < _FAILED:
        return pharmacy.fail_and_repeat(pen, sale)
    if draw < _FAILED + _HELD and not sale.place.batch:
        return pharmacy.sell(pen, replace(sale, uploaded=_held(pen, sale.at)))
    messages = pharmacy.sell(pen, sale)
    if draw < 1 - REVERSED:
        return messages
    if draw < 1 - REVERSED / 5:
        at = sale.at + (4 + int(pen.rng.random() * 12)) * MINUTE
        return [
            *messages,
            *pharmacy.take_back(pen, sale, messages, at),
            *pharmacy.sell(pen, _again(pen, sale, at + 5 * MINUTE)),
        ]
    if any(line.item.days >= 7 for line in sale.lines):  # nobody hands back a refill for good
        return messages
    return [*messages, *pharmacy.take_back(pen, sale, messages, sale.at + DAY + HOUR)]


def _again(pen: Pen, sale: pharmacy.Sale, at: int) -> pharmacy.Sale:
    fresh = tuple(pen.boxes(line.item, int(line.count)) for line in sale.lines)
    return replace(sale, at=at, lines=fresh, asked=False)


def _held(pen: Pen, at: int) -> int:
    return at + HOUR + int(pen.rng.random() * (_MOST_HELD - 1) * 3_600) * SECOND


def treated(pen: Pen, visit: outpatient.Visit) -> list[Message]:
    """The messages of an honest visit, and of what goes wrong with it."""
    draw = pen.rng.random()
    if draw < _HELD and not visit.place.batch:
        return outpatient.treat(pen, replace(visit, uploaded=_held(pen, visit.at)))
    messages = outpatient.treat(pen, visit)
    if draw < 1 - REVERSED:
        return messages
    settled = pharmacy.settlement_among(messages)
    at = visit.at + (10 + int(pen.rng.random() * 50)) * MINUTE
    as_refund, lines_stand = pen.rng.random() < 0.2, pen.rng.random() < 0.4
    messages.append(outpatient.take_back(pen, visit, settled, at, as_refund=as_refund))
    if not lines_stand:
        messages.append(outpatient.cancel_lines(pen, visit, settled, at + MINUTE))
    again = outpatient.settle_again(pen, visit, settled, at + 10 * MINUTE, lines_stand=lines_stand)
    return [*messages, *again]


def stayed(pen: Pen, stay: inpatient.Stay) -> list[Message]:
    """The messages of an honest stay, and of what goes wrong with it."""
    draw = pen.rng.random()
    if draw < 0.01:
        return inpatient.admit_in_vain(pen, stay)
    messages = inpatient.care(pen, stay)
    if draw > 1 - REVERSED:
        return [*messages, *inpatient.settle_again(pen, stay, messages[-1])]
    if draw > 1 - REVERSED - 0.01:
        return [*messages, *inpatient.discharge_again(pen, stay, messages)]
    return messages

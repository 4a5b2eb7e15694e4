"""The check of a publisher: how much of a file of messages is understood, and why the rest is not.

Nothing is told of what a message says but its transaction: reasons name fields, never values.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from monitor.lines import object_in
from rules.times import HOUR
from rules.wire.answers import OTHER
from rules.wire.door import Door, Failed, Late, Limits, Opened, Refused, Skipped, sender_of
from rules.wire.forms import TRANSACTIONS, Node, is_absent, plain
from rules.wire.reasons import Reason
from streams.route.router import MOST_TRANSACTIONS

Fate = Literal["understood", "skipped", "failed", "late", "refused"]
FATES: tuple[Fate, ...] = ("understood", "skipped", "failed", "late", "refused")
FORMS = ("", "flat", "request", "reply")
"""Of a message: empty where it could not be read; reply is request and reply."""
FIRST_LINES = 5
"""So many line numbers are told of each reason."""

_INDEX = re.compile(r"\[\d+\]")
_SIZES = (
    (re.compile(r"(was text|was a list) of \d+$"), r"\1"),
    (re.compile(r"was \d+$"), "was more"),
    (re.compile(r"\d+ bytes are not$"), "was not"),
)
"""What in a reason tells the size of what came -> the same without it."""


@dataclass
class Group:
    """What is told once of many messages.

    count: how often it was found. messages: in how many. lines: numbers of the first lines.
    """

    count: int = 0
    messages: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int, count: int = 1) -> None:
        """Count a message in which it was found so often."""
        self.count += count
        self.messages += 1
        if len(self.lines) < FIRST_LINES:
            self.lines.append(line)


@dataclass
class Report:
    """What became of the messages of a file.

    transactions: (infno as sent, form) -> fate -> messages; both are empty where they could not be read.
    reasons: (fate, code, text) -> where. noted: (what, field), of messages that were understood -> where.
    """

    transactions: dict[tuple[str, str], Counter[Fate]] = field(default_factory=dict)
    reasons: dict[tuple[Fate, str, str], Group] = field(default_factory=dict)
    noted: dict[tuple[str, str], Group] = field(default_factory=dict)

    @property
    def fates(self) -> Counter[Fate]:
        """Messages by what became of them."""
        return sum(self.transactions.values(), Counter[Fate]())

    @property
    def is_well(self) -> bool:
        """Whether something was understood, and nothing was refused."""
        return self.fates["understood"] > 0 and self.fates["refused"] == 0

    def by_transaction(self) -> list[tuple[str, str, Counter[Fate]]]:
        """(infno as sent, form, fates), in order of infno."""
        found = [(infno, form, fates) for (infno, form), fates in self.transactions.items()]
        return sorted(found, key=lambda one: (one[0], FORMS.index(one[1])))

    def by_reason(self) -> list[tuple[Fate, Reason, Group]]:
        """What was not understood: refused first, the most frequent reason first."""
        found = [(fate, Reason(code, text), group) for (fate, code, text), group in self.reasons.items()]
        return sorted(found, key=lambda one: (-FATES.index(one[0]), -one[2].messages, one[1].text))

    def contract(self) -> dict[str, object]:
        """The report as --json prints it."""
        return {
            **numbers(self.fates),
            "transactions": [
                {"infno": infno, "form": form, **numbers(fates)} for infno, form, fates in self.by_transaction()
            ],
            "reasons": [
                {"fate": fate, "code": why.code, "text": why.text, "messages": group.messages, "lines": group.lines}
                for fate, why, group in self.by_reason()
            ],
            "noted": [
                {"what": what, "field": name, "count": group.count, "messages": group.messages, "lines": group.lines}
                for (what, name), group in sorted(self.noted.items())
            ],
        }


def numbers(fates: Counter[Fate]) -> dict[str, int]:
    """How many were read, and what became of them."""
    return {"read": fates.total(), **{fate: fates[fate] for fate in FATES}}


def check(lines: Iterable[bytes], door: Door) -> Report:
    """Open every message as a worker would that received it now."""
    report = Report()
    for number, line in enumerate(lines, start=1):
        infno, form = _told(line, report)
        fate = _open(line, number, infno, door, report)
        report.transactions.setdefault((infno, form), Counter())[fate] += 1
    return report


def _open(line: bytes, number: int, infno: str, door: Door, report: Report) -> Fate:
    """What becomes of one message; reasons and what is noted go into the report."""
    try:
        opened = door.open(line, int(time.time() * 1000))
    except Refused as refused:
        return _set_aside("refused", refused.reasons, number, report)
    except Skipped:
        why = Reason("skipped", f"infno {infno}: expected a transaction that is used")
        return _set_aside("skipped", [why], number, report)
    except Failed:
        why = Reason("failed", "infcode, of 35xx also retRslt: expected a reply of success, was one of failure")
        return _set_aside("failed", [why], number, report)
    except Late as late:
        return _set_aside("late", [_late(door.limits, late.sender.transaction)], number, report)
    for what, name, count in _noted(opened):
        report.noted.setdefault((what, name), Group()).add(number, count)
    return "understood"


def _set_aside(fate: Fate, reasons: Iterable[Reason], number: int, report: Report) -> Fate:
    """Count each reason once, wherever in the message it stands."""
    for code, text in dict.fromkeys((one.code, _grouped(one.text)) for one in reasons):
        report.reasons.setdefault((fate, code, text), Group()).add(number)
    return fate


def _late(limits: Limits, transaction: str) -> Reason:
    grace = limits.grace_of(transaction) // HOUR
    return Reason("late", f"business time: expected at most {grace} h before inf_time, was earlier")


def _grouped(text: str) -> str:
    """The text of a reason without the numbers that differ from one message to the next.

    >>> _grouped("feedetail[12].cnt: expected a number, was text of 3")
    'feedetail[].cnt: expected a number, was text'
    >>> _grouped("message: expected at most 512 bytes, was 600")
    'message: expected at most 512 bytes, was more'
    """
    text = _INDEX.sub("[]", text)
    for size, without in _SIZES:
        text = size.sub(without, text)
    return text


def _noted(opened: Opened) -> Iterator[tuple[str, str, int]]:
    """(what, field, how often) of a message that was understood."""
    counts = {
        "late_lines": opened.late_lines,
        "bad_codes": opened.bad_codes,
        "missing_codes": opened.missing_codes,
    }
    yield from ((what, "", count) for what, count in counts.items() if count)
    yield from (("cut", name, count) for name, count in opened.cut.items())


# What a message says of itself


def _told(line: bytes, report: Report) -> tuple[str, str]:
    """Transaction as sent, and form; empty where they cannot be read."""
    message = object_in(line)
    if message is None:
        return "", ""
    return _told_infno(sender_of(message).transaction, report), form_of(message)


def _told_infno(infno: str, report: Report) -> str:
    """The transaction as sent; of those that are not read the first hundred, then OTHER."""
    if not infno or plain(infno) in TRANSACTIONS:
        return infno
    told = {known for known, _ in report.transactions} - {OTHER}
    return infno if infno in told or len(told) < MOST_TRANSACTIONS else OTHER


def form_of(message: Node) -> str:
    """The form of a message: flat, request, or reply (request and reply).

    >>> asked = {"input": {"data": {"psn_no": "1"}}}
    >>> form_of({"psn_no": "1"}), form_of(asked), form_of(asked | {"infcode": 0})
    ('flat', 'request', 'reply')
    """
    if is_absent(message.get("input")):
        return "flat"
    has_reply = not is_absent(message.get("output")) or not is_absent(message.get("infcode"))
    return "reply" if has_reply else "request"

"""Did the monitor see everything: what it understood of a day, beside the settlement platform's own counts.

A platform's list says what stands of a business day (setl_time, Beijing): settlements that were made on it and are not
taken back since, and what the fund pays for them. So its numbers are held against ours without those that were taken
back, on whichever day that was said. What was accepted before that is told beside it, for lists that are drawn up at
the end of the day and never changed.

A settlement counts once per institution and setl_id, by its first message. What takes one back is read as in the
engine, but however late it comes: a reach bounds what windows remember, not what a platform has paid.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Literal, NamedTuple

import msgspec

from monitor.reconcile.platformlist import Listed
from rules.engine.entry import Entry
from rules.engine.retraction import comes_before
from rules.engine.retractions import Retractions
from rules.ledgers import Swipe
from rules.ledgers.inside import entries_of
from rules.times import day_of, parse, to_ms
from rules.wire.door import Door, Event, Failed, Late, Opened, Refused, Sender, Skipped
from rules.wire.forms import TRANSACTIONS, plain
from rules.wire.notation import Unfit, moment

KINDS = ("settlement", "reversal", "message_reversal")
"""What says that a settlement was made, or that it was taken back. No other message is counted."""
NAMES = frozenset(name for name, transaction in TRANSACTIONS.items() if transaction.kind in KINDS)

Verdict = Literal["adds_up", "differs", "before_taking_back", "never_sent", "not_listed"]

_EVER = 1 << 62
_BLANK = "?"
"""What the door puts in place of a code that is missing or wrong."""


@dataclass
class Seen:
    """What was seen of one institution: settlements of the day, their fund in fen, and messages set aside.

    taken_back: of the accepted. refused, late, failed, skipped: messages about settlements; skipped are variants of
    their transactions that nothing here knows. duplicates: messages that came again. refunds_without_original: rows
    that give money back and name no settlement; they stand in no sum.
    """

    accepted: int = 0
    accepted_fund: int = 0
    taken_back: int = 0
    taken_back_fund: int = 0
    refused: int = 0
    late: int = 0
    failed: int = 0
    skipped: int = 0
    duplicates: int = 0
    refunds_without_original: int = 0

    @property
    def net(self) -> int:
        """Settlements that stand."""
        return self.accepted - self.taken_back

    @property
    def net_fund(self) -> int:
        """What the fund pays for them, fen."""
        return self.accepted_fund - self.taken_back_fund

    def contract(self) -> dict[str, object]:
        """The same as --json prints it; sums in yuan."""
        return {
            "accepted": self.accepted,
            "accepted_sum": yuan(self.accepted_fund),
            "taken_back": self.taken_back,
            "taken_back_sum": yuan(self.taken_back_fund),
            "net": self.net,
            "net_sum": yuan(self.net_fund),
            "refused": self.refused,
            "late": self.late,
            "failed": self.failed,
            "skipped": self.skipped,
            "duplicate": self.duplicates,
            "refunds_without_original": self.refunds_without_original,
        }


class Row(NamedTuple):
    """One institution: what the list has of it, None where it has not, and what was seen."""

    institution: str
    verdict: Verdict
    listed: Listed | None
    seen: Seen

    @property
    def number(self) -> int:
        """So many settlements more stand here than on the list."""
        return self.seen.net - (self.listed.number if self.listed else 0)

    @property
    def fund(self) -> int:
        """So much more does the fund pay for them, fen."""
        return self.seen.net_fund - (self.listed.fund if self.listed else 0)

    def contract(self) -> dict[str, object]:
        """The row as --json prints it; sums in yuan."""
        return {
            "institution": self.institution,
            "verdict": self.verdict,
            "platform_number": self.listed.number if self.listed else None,
            "platform_sum": yuan(self.listed.fund) if self.listed else None,
            **self.seen.contract(),
            "difference_number": self.number,
            "difference_sum": yuan(self.fund),
        }


def yuan(fen: int) -> float:
    """Fen as yuan with two decimals.

    >>> yuan(-1050)
    -10.5
    """
    return round(fen / 100, 2)


class Count:
    """Counts the settlements of one business day, message by message, in any order.

    heard: every institution of which a message came, of whatever kind and day. nowhere: what was set aside of the day
    and does not say of which institution.
    """

    def __init__(self, day: date, door: Door) -> None:
        self._day = parse(day.isoformat())
        self._door = door
        ever = {"grace": _EVER, "grace_inpatient_lines": _EVER, "grace_slow": _EVER}
        self._door_of_late = Door(door.pseudonyms, msgspec.structs.replace(door.limits, **ever))
        self._identities: set[int] = set()
        self._settlements: dict[tuple[str, str], list[Entry]] = {}
        self._retractions = Retractions(_EVER)
        self._aside: dict[str, Seen] = {}
        self.heard: set[str] = set()
        self.nowhere = Seen()

    def take(self, raw: bytes, appended: int | None) -> None:
        """Count a message. appended: when the broker took it, ms UTC; None in a file."""
        moment_of_door = int(time.time() * 1000) if appended is None else appended
        try:
            opened = self._door.open(raw, moment_of_door)
        except Refused as refused:
            self._set_aside("refused", refused.sender, raw, appended)
        except Failed as failed:
            self._set_aside("failed", failed.sender, raw, appended)
        except Skipped as skipped:
            self._set_aside("skipped", skipped.sender, raw, appended)
        except Late as late:
            self._take_late(late, raw, moment_of_door)
        else:
            for event in opened.events:
                self._take_event(event)

    def _take_event(self, event: Event) -> None:
        self.heard.add(event.body.institution)
        if event.kind not in KINDS:
            return
        if event.identity in self._identities:
            self._of(event.body.institution, event.at).duplicates += 1
            return
        self._identities.add(event.identity)
        left = entries_of(Opened([event]))
        for retraction in left.retractions:
            self._retractions.add(retraction, 0)
        for entry in (one for record in left.records for one in record.entries):
            if isinstance(entry, Swipe):
                self._settlements.setdefault((entry.institution, entry.settlement), []).append(entry)
        self._of(event.body.institution, event.at).refunds_without_original += left.refunds_without_original

    def _take_late(self, late: Late, raw: bytes, moment_of_door: int) -> None:
        """Count a late message on its own day: a door for which no upload is too late tells it."""
        self.heard.add(late.sender.institution)
        if late.sender.transaction in NAMES:
            for event in self._door_of_late.open(raw, moment_of_door).events:
                self._of(event.body.institution, event.at).late += 1

    def _set_aside(self, what: str, sender: Sender, raw: bytes, appended: int | None) -> None:
        institution = "" if sender.institution == _BLANK else sender.institution
        self.heard.add(institution)
        infno = sender.transaction.upper()
        is_about = infno[:4] in NAMES if what == "skipped" else not infno or plain(infno) in NAMES
        if is_about:
            seen = self._of(institution, self._uploaded(raw, appended))
            setattr(seen, what, getattr(seen, what) + 1)

    def _uploaded(self, raw: bytes, appended: int | None) -> int:
        """The upload of a message that is not understood; else its append; a file is taken to be of the day."""
        try:
            said = moment(_HEADER.decode(raw.removeprefix(b"\xef\xbb\xbf")).inf_time)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Unfit):
            said = None
        if said is not None:
            return to_ms(said)
        return self._day if appended is None else appended

    def _of(self, institution: str, at: int) -> Seen:
        """Where it is counted what an institution sent about this moment; what is not of the day is thrown away."""
        if day_of(at) != self._day:
            return Seen()
        return self._aside.setdefault(institution, Seen()) if institution else self.nowhere

    def seen(self) -> dict[str, Seen]:
        """What was seen of the day, by institution."""
        found = {institution: replace(one) for institution, one in self._aside.items()}
        for (institution, _), entries in self._settlements.items():
            standing = [entry for entry in entries if not self._is_taken_back(entry)]
            counted = _first(standing or entries)
            if day_of(counted.time) == self._day:
                _count(counted, found.setdefault(institution, Seen()), stands=bool(standing))
        return found

    def _is_taken_back(self, entry: Entry) -> bool:
        return any(self._retractions.naming(entry, entry.retraction_keys, _EVER))


def _first(entries: Iterable[Entry]) -> Entry:
    """The message about a settlement that was sent first."""
    return reduce(lambda first, other: other if comes_before(other, first) else first, entries)


def _count(entry: Entry, seen: Seen, *, stands: bool) -> None:
    seen.accepted += 1
    seen.accepted_fund += entry.amount
    if not stands:
        seen.taken_back += 1
        seen.taken_back_fund += entry.amount


class _Header(msgspec.Struct):
    inf_time: object = None


_HEADER = msgspec.json.Decoder(_Header)


def compare(listed: Mapping[str, Listed], count: Count) -> list[Row]:
    """A row for each institution that the list has or that sent something about the day; largest difference first."""
    seen = count.seen()
    rows = [
        _row(institution, listed.get(institution), seen.get(institution, Seen()), heard=institution in count.heard)
        for institution in listed.keys() | seen.keys()
    ]
    return sorted(rows, key=lambda row: (row.verdict == "adds_up", -abs(row.fund), -abs(row.number), row.institution))


def _row(institution: str, listed: Listed | None, seen: Seen, *, heard: bool) -> Row:
    row = Row(institution, "adds_up", listed, seen)
    if listed is None:
        is_well = (row.number, row.fund) == (0, 0) and not seen.refused and not seen.late
        return row if is_well else row._replace(verdict="not_listed")
    if (row.number, row.fund) == (0, 0):
        return row
    if not heard:
        return row._replace(verdict="never_sent")
    is_before = (seen.accepted, seen.accepted_fund) == listed
    return row._replace(verdict="before_taking_back" if is_before else "differs")

"""The twin of the engine: slow, obvious, without memory. It takes all accepted events at once.

Written from contract.md alone (sections 3 and 4): what stands, which entries are triggers, which triggers are one
episode. It shares with the engine only what an event leaves (`entries_of`), the ledgers' keys and reaches, and the
rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar, cast

from rules.engine.entry import Entry
from rules.engine.finding import SEVERITIES, Evidence, Finding, Undecidable
from rules.engine.ledger import Ledger
from rules.engine.marks import NARROWED_BY
from rules.engine.retraction import Retraction
from rules.engine.rule import DayRule, Rule
from rules.engine.window import Window
from rules.ledgers import (
    LEDGERS,
    Admitted,
    Arrival,
    Billed,
    Claimed,
    Departed,
    Fill,
    Moved,
    Ordered,
    Received,
    Registered,
    Sale,
    Stay,
    Visit,
)
from rules.ledgers.inside import entries_of
from rules.reference import Reference
from rules.times import DAY, HOUR, clock, day_of, iso
from rules.wire.door import Opened

T = TypeVar("T")
REACH_OF_2601 = 72 * HOUR
END = 1 << 60
Tagged = Mapping[str, Mapping[str, Rule]]
"""By the id of a rule and by tag: the rule as it judges those of whom the tag is said."""


class Standing(NamedTuple):
    """An episode as the contract compares it after the closing tick (E2)."""

    rule: str
    version: str
    scope: tuple[str, ...]
    first: str
    last: str
    triggers: int
    measure: float
    severity: str
    vola_amt: float
    evidence_count: int
    evidence: tuple[tuple[object, ...], ...]


class Trigger(NamedTuple):
    """An entry (or a day) with its finding; sorts by time, then id."""

    time: int
    id: tuple[int, str]
    finding: Finding


class ListWindow:
    """A window that looks at the whole list whenever it is asked."""

    def __init__(self, order: Sequence[Entry], length: int, bins: dict[int, list[int]], time: int) -> None:
        self.length = length
        self.bins = bins
        self._order = order
        self._time = time

    @property
    def entries(self) -> list[Entry]:
        """Those in (time - length, time]."""
        return [one for one in self._order if self._time - self.length < one.time <= self._time]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.entries)

    def distinct(self, field: str) -> int:
        """How many distinct values."""
        return len({getattr(one, field) for one in self.entries})

    def sum(self, field: str) -> int:
        """Their sum."""
        return sum(getattr(one, field) for one in self.entries)

    def since(self, time: int) -> list[Entry]:
        """Those of the window at or after a time."""
        return [one for one in self.entries if one.time >= time]

    def last(self, length: int) -> list[Entry]:
        """Those of the window in (t - length, t]."""
        return [one for one in self.entries if one.time > self._time - length]

    def run(self, gap: int) -> list[Entry]:
        """The last ones of the window with no pause between them that is longer."""
        inside = self.entries
        breaks = [n for n in range(1, len(inside)) if inside[n].time - inside[n - 1].time > gap]
        return inside[max(breaks, default=0) :]

    def of_day(self, day: int) -> list[Entry]:
        """Those of a day that do not lie before the window."""
        return [one for one in self._order if day_of(one.time) == day and one.time > self._time - self.length]

    def cached(self, key: object, make: Callable[[], T]) -> T:  # noqa: ARG002 - nothing is kept
        """Made anew each time."""
        return make()

    def after(self, ahead: int) -> list[Entry]:
        """Those in (time, time + ahead]."""
        return [one for one in self._order if self._time < one.time <= self._time + ahead]


def episodes(
    messages: Iterable[Opened], rules: Iterable[Rule], reference: Reference, tagged: Tagged | None = None
) -> list[Standing]:
    """All episodes of these rules over these messages, sorted. tagged: with other thresholds for some."""
    remembered = [entries_of(message) for message in messages]
    entries: list[Entry] = [
        one for left in remembered for record in left.records for one in record.entries if not one.pre
    ]
    said = Said([one for left in remembered for one in left.retractions], entries)
    pages = [
        (ledger, key, standing(kept, said, _reach_in(ledger)))
        for ledger in LEDGERS
        for key, kept in sorted(_by_key(ledger, entries, reference).items())
    ]
    found = [
        _standing(rule, key, run)
        for rule in rules
        if all(reference.has(table) for table in rule.card.tables)
        for ledger, key, order in pages
        if ledger.name == rule.card.ledger
        for run in _runs(_triggers(rule, ledger, key, order, reference, (tagged or {}).get(rule.id, {})), rule.quiet_ms)
    ]
    return sorted(found)


class Said:
    """All that was said to be taken back, and all bills that may have settled lines."""

    def __init__(self, retractions: Iterable[Retraction], entries: Iterable[Entry]) -> None:
        self.retractions = list({one.identity: one for one in retractions}.values())
        self.bills = [
            one
            for one in entries
            if (isinstance(one, Stay) and one.piece == "settlement")
            or (isinstance(one, Visit) and one.transaction != "2304")
        ]

    def standing_by(self, moment: Retraction | None) -> list[Retraction]:
        """Those that no 2601 took back, of what was said before this one (None: ever)."""
        known = [one for one in self.retractions if moment is None or sent_before(one, moment)]
        return [one for one in known if one.final or not any(undoes(other, one) for other in known)]

    def takes_back(self, entry: Entry, reach: int) -> bool:
        """Whether a standing retraction takes the entry back."""
        return any(
            takes_back(one, entry, reach) and not (one.unpaid_only and self.is_paid(entry, one))
            for one in self.standing_by(None)
        )

    def is_paid(self, line: Entry, cancel: Retraction) -> bool:
        """Whether a bill that stood when the cancel was sent has settled the line."""
        return any(
            (bill.institution, bill.visit, bill.person) == (line.institution, line.visit, line.person)
            and bill.settlement != ""
            and (not batch_of(bill) or not batch_of(line) or batch_of(bill) == batch_of(line))
            and (bill.identity == line.identity or sent_before(line, bill))
            and sent_before(bill, cancel)
            and not any(takes_back(one, bill, _reach_of_bill(bill)) for one in self.standing_by(cancel))
            for bill in self.bills
        )


def _reach_of_bill(bill: Entry) -> int:
    return 63 * DAY if isinstance(bill, Stay) else 72 * HOUR


def batch_of(entry: Entry) -> str:
    """The chrg_bchno of a line or a bill."""
    return str(getattr(entry, "batch", ""))


def sent_before(one: Entry | Retraction, other: Entry | Retraction) -> bool:
    """By inf_time; of one second by the replies where both are known, else by msgid."""
    if one.uploaded == other.uploaded and 0 not in (one.answered, other.answered, one.answered - other.answered):
        return one.answered < other.answered
    return (one.uploaded, one.message) < (other.uploaded, other.message)


def undoes(one: Retraction, other: Retraction) -> bool:
    """Whether a 2601 names the message of a retraction: of its institution, person and transaction, sent before."""
    return (
        one.final
        and f"m:{other.institution}:{other.message}" in one.retraction_keys
        and one.of_transaction == other.transaction
        and (not one.person or not other.person or one.person == other.person)
        and sent_before(other, one)
        and one.uploaded <= other.uploaded + REACH_OF_2601
    )


def standing(entries: Iterable[Entry], said: Said, reach: Callable[[Entry], int]) -> list[Entry]:
    """Of the entries of one ledger key those that count, in order of (time, id)."""
    once: dict[tuple[int, str], Entry] = {}
    for entry in entries:
        once.setdefault(entry.id, entry)
    left = [one for one in once.values() if isinstance(one, Arrival) or not said.takes_back(one, reach(one))]
    slots: dict[object, list[Entry]] = {}
    for one in left:
        slots.setdefault(_slot(one) or one.id, []).append(one)
    heard = [
        one
        for rivals in slots.values()
        for one in rivals
        if not any(_outdoes(other, one, reach(one)) for other in rivals)
    ]
    return sorted(heard, key=lambda one: (one.time, one.id))


def takes_back(retraction: Retraction, entry: Entry, reach: int) -> bool:
    """Whether a retraction names the entry, of its institution and person, is of the right order, and within reach."""
    since = entry.time
    if isinstance(entry, Fill | Visit | Ordered) and entry.transaction not in ("2301", "2304"):
        reach = min(reach, 72 * HOUR)
        # A line that a settlement carries is taken back with it.
        since = max(entry.time, getattr(entry, "paid", 0))
    if isinstance(entry, Claimed) and entry.transaction != "2304":
        reach = min(reach, 72 * HOUR)
    if isinstance(entry, Billed) and entry.piece != "bill" and entry.transaction != "2301":
        reach = min(reach, 72 * HOUR)
    if retraction.uploaded > since + reach or retraction.institution != entry.institution:
        return False
    if retraction.person and entry.person and retraction.person != entry.person:
        return False
    if retraction.final and not (retraction.of_transaction == entry.transaction and sent_before(entry, retraction)):
        return False
    if retraction.earlier_only and not sent_before(entry, retraction):
        return False
    if retraction.batch and batch_of(entry) and batch_of(entry) != retraction.batch:
        return False
    return any(_names(name, entry) for name in retraction.retraction_keys)


_SORTS = {"3501": "1", "3502": "2", "3503": "3", "3505": "4"}
"""Transaction -> inv_data_type (contract, section 3)."""


def _names(name: str, entry: Entry) -> bool:
    kind, _, rest = name.partition(":")
    rest, narrowed, item = rest.partition(NARROWED_BY)
    of_stay = isinstance(entry, Stay) and entry.piece != "settlement"
    place = entry.institution
    return {
        "m": rest == f"{place}:{entry.message}",
        "s": bool(entry.settlement)
        and not isinstance(entry, Billed)
        and rest == f"{place}:{entry.settlement}"
        and (not narrowed or (isinstance(entry, Sale) and item == entry.item)),
        "l": isinstance(entry, Fill | Ordered) and rest == f"{place}:{entry.visit}:{entry.line}",
        "v": isinstance(entry, Fill) and rest == f"{place}:{entry.visit}",
        "b": isinstance(entry, Fill | Ordered) and bool(entry.batch) and rest == f"{place}:{entry.visit}:{entry.batch}",
        "a": (isinstance(entry, Admitted) or (of_stay and cast("Stay", entry).piece == "admission"))
        and rest == f"{place}:{entry.visit}",
        "d": (
            (isinstance(entry, Departed) and not entry.settlement)
            or (of_stay and cast("Stay", entry).piece == "discharge")
        )
        and rest == f"{place}:{entry.visit}",
        "c": isinstance(entry, Sale) and rest == f"{place}:{entry.code}",
        "k": (isinstance(entry, Sale) and entry.stock and rest == f"{place}:4:{entry.number}")
        or (isinstance(entry, Received) and bool(entry.number) and rest == f"{place}:{entry.sort}:{entry.number}")
        or (
            isinstance(entry, Moved)
            and bool(entry.number)
            and rest == f"{place}:{_SORTS.get(entry.transaction)}:{entry.number}"
        ),
        "r": isinstance(entry, Registered) and rest == f"{place}:{entry.visit}",
    }[kind]


def _slot(entry: Entry) -> object:
    """What the entry speaks of, where several may speak of the same."""
    if isinstance(entry, Arrival):
        return ("message", entry.message)
    if isinstance(entry, Fill | Ordered):
        return ("line", entry.institution, entry.visit, entry.line)
    if isinstance(entry, Sale):
        return ("sale", entry.institution, entry.stock, entry.settlement or entry.message, entry.code)
    if isinstance(entry, Stay) and entry.piece != "settlement":
        return (entry.piece, entry.institution, entry.visit)
    if isinstance(entry, Admitted | Registered) or (isinstance(entry, Departed) and not entry.settlement):
        return (type(entry), entry.institution, entry.visit)
    alone = isinstance(entry, Billed) and entry.piece != "bill"
    return ("settlement", entry.institution, entry.settlement) if entry.settlement and not alone else None


def _outdoes(other: Entry, one: Entry, reach: int) -> bool:
    """Whether, of two messages about one thing, the other counts: the later line or admission, else the earlier one.

    Uploads that lie further from the first business time than the reach do not speak of one thing.
    """
    of_stay = (isinstance(one, Stay) and one.piece != "settlement") or (
        isinstance(one, Departed) and not one.settlement
    )
    latest = of_stay or isinstance(one, Fill | Ordered | Admitted | Registered)
    first, second = sorted((one, other), key=lambda one: (one.uploaded, one.answered, one.message, one.identity))
    return other is (second if latest else first) and other is not one and second.uploaded <= first.time + reach


def _reach_in(ledger: Ledger) -> Callable[[Entry], int]:
    reaches = {feed.entry: feed.reach for feed in ledger.feeds}
    return lambda entry: reaches[type(entry)]


def _by_key(ledger: Ledger, entries: Iterable[Entry], reference: Reference) -> dict[tuple[str, ...], list[Entry]]:
    kept: dict[tuple[str, ...], list[Entry]] = {}
    for feed in ledger.feeds:
        for entry in entries:
            if type(entry) is feed.entry and (key := feed.key(entry, reference)) is not None:
                kept.setdefault(key, []).append(entry)
    return kept


def _triggers(
    rule: Rule, ledger: Ledger, key: tuple[str, ...], order: Sequence[Entry], reference: Reference,
    tagged: Mapping[str, Rule],
) -> Iterator[Trigger]:  # fmt: skip
    bins = _bins(order, ledger)
    if isinstance(rule, DayRule):
        for day in sorted(bins):
            span = {one: sums for one, sums in bins.items() if day - rule.span <= one <= day}
            of_day = cast("DayRule", _for_whom(rule, tagged, key[0], "", day, reference))
            found = _checked(lambda by=of_day, day=day, span=span: by.check_day(day, span, reference, key[0]))  # type: ignore[misc]
            if found is not None:
                yield Trigger(day + DAY, (0, clock(day, "%Y-%m-%d")), found)
        return
    for entry in order:
        window = cast("Window", ListWindow(order, rule.span, bins, entry.time))
        by = _for_whom(rule, tagged, entry.institution, entry.person, entry.time, reference)
        found = _checked(lambda by=by, entry=entry, window=window: by.check(entry, window, reference))  # type: ignore[misc]
        if found is not None:
            yield Trigger(entry.time, entry.id, found)


def _for_whom(
    rule: Rule, tagged: Mapping[str, Rule], institution: str, person: str, at: int, reference: Reference
) -> Rule:  # fmt: skip
    """The rule with the thresholds that count for these: the first of all tags that is said of them decides."""
    place = reference.row("institutions", institution, at) or {}
    who = (reference.row("persons", person, at) or {}) if rule.card.subject == "person" else {}
    said = {
        "reported": reference.row("reports", institution, at) is not None,
        "key_person": who.get("key") == "1",
        **{f"person_credit_{tier}": who.get("credit") == tier for tier in "DCBA"},
        "key": place.get("key") == "1",
        **{f"credit_{tier}": place.get("credit") == tier for tier in "DCBA"},
        "private": place.get("ownership") == "private",
    }
    return next((tagged[tag] for tag, is_said in said.items() if is_said and tag in tagged), rule)


def _checked(check: Callable[[], Finding | None]) -> Finding | None:
    """A rule that cannot decide, or is broken, has no finding."""
    try:
        return check()
    except Undecidable:
        return None
    except Exception:  # noqa: BLE001 - broken rules are part of the tests
        return None


def _bins(order: Iterable[Entry], ledger: Ledger) -> dict[int, list[int]]:
    bins: dict[int, list[int]] = {}
    for entry in order if ledger.bin else ():
        start = day_of(entry.time) if ledger.bin == DAY else entry.time - entry.time % ledger.bin
        sums = bins.setdefault(start, [0, 0])
        sums[0] += 1
        sums[1] += ledger.summed(entry)
    return bins


def _runs(triggers: Iterable[Trigger], quiet: int) -> Iterator[list[Trigger]]:
    run: list[Trigger] = []
    for one in sorted(triggers, key=lambda one: (one.time, one.id)):
        if run and one.time - run[-1].time > quiet:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _standing(rule: Rule, key: tuple[str, ...], run: list[Trigger]) -> Standing:
    findings = [one.finding for one in run]
    peak = max(findings, key=lambda finding: finding.value)
    proofs: dict[tuple[int, str], Evidence] = {one.id: one for finding in findings for one in finding.evidence}
    evidence = sorted(proofs.values(), key=lambda one: (one.time, one.id))
    return Standing(
        rule=rule.id,
        version=rule.full_version,
        scope=key,
        first=iso(run[0].time),
        last=iso(run[-1].time),
        triggers=len(run),
        measure=peak.value,
        severity=max((finding.severity_at(END) for finding in findings), key=SEVERITIES.index),
        vola_amt=(sum(one.amount for one in evidence) + peak.amount) / 100,
        evidence_count=len(evidence),
        evidence=tuple(
            (
                one.role,
                one.message,
                one.settlement,
                one.visit,
                one.line,
                iso(one.time),
                one.institution,
                one.person,
                one.amount / 100,
                one.item,
            )
            for one in evidence[:50]
        ),
    )

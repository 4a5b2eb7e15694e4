"""The twin of the engine: slow, obvious, without memory. It takes all accepted events at once.

Written from contract.md alone (sections 3 and 4): what stands, which entries are triggers, which triggers are one
episode. It shares with the engine only what an event leaves (`entries_of`), the ledgers' keys and reaches, and the
rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from rules._entries import entries_of
from rules._ledger import Entry, Ledger, Retraction
from rules._rule import SEVERITIES, DayRule, Evidence, Finding, Rule, Undecidable
from rules._window import Window
from rules.ledgers import LEDGERS, Admitted, Arrival, Fill, Sale, Stay
from rules.reference import Reference
from rules.times import DAY, HOUR, clock, day_of, iso
from rules.wire.fields import Event

REACH_OF_2601 = 72 * HOUR
END = 1 << 60


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
    evidence: tuple[tuple[str, str, str, str, float], ...]


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
        self.memo: dict[object, float] = {}
        self.entries_of_page = list(order)
        self._order = order
        self._time = time

    @property
    def entries(self) -> list[Entry]:
        """Those in (time - length, time]."""
        return [one for one in self._order if self._time - self.length < one.time <= self._time]

    @property
    def low(self) -> int:
        """How many lie before the window."""
        return sum(one.time <= self._time - self.length for one in self._order)

    @property
    def high(self) -> int:
        """How many lie before its end."""
        return sum(one.time <= self._time for one in self._order)

    @property
    def count(self) -> int:
        """How many."""
        return len(self.entries)

    @property
    def people(self) -> int:
        """How many distinct persons."""
        return len({one.person for one in self.entries})

    def after(self, ahead: int) -> list[Entry]:
        """Those in (time, time + ahead]."""
        return [one for one in self._order if self._time < one.time <= self._time + ahead]


def episodes(events: Iterable[Event], rules: Iterable[Rule], reference: Reference) -> list[Standing]:
    """All episodes of these rules over these events, sorted."""
    remembered = [entries_of(event) for event in events]
    retractions = standing_retractions([retraction for _, stated in remembered for retraction in stated])
    entries: list[Entry] = [
        one for records, _ in remembered for record in records for one in record.entries if not one.pre
    ]
    pages = [
        (ledger, key, standing(kept, retractions, _reach_in(ledger)))
        for ledger in _names_once(LEDGERS)
        for key, kept in sorted(_by_key(ledger, entries, reference).items())
    ]
    found = [
        _standing(rule, key, run)
        for rule in rules
        if all(reference.has(table) for table in rule.tables)
        for ledger, key, order in pages
        if ledger.name == rule.ledger
        for run in _runs(_triggers(rule, ledger, key, order, reference), rule.quiet_ms)
    ]
    return sorted(found)


def standing_retractions(retractions: Iterable[Retraction]) -> list[Retraction]:
    """Each retraction once, without those whose message a 2601 took back within 72 h; nothing takes back a 2601."""
    once = list({retraction.identity: retraction for retraction in retractions}.values())
    return [
        retraction
        for retraction in once
        if retraction.final
        or not any(
            against.final
            and f"m:{retraction.institution}:{retraction.message}" in against.retraction_keys
            and against.uploaded <= retraction.uploaded + REACH_OF_2601
            for against in once
        )
    ]


def standing(entries: Iterable[Entry], retractions: Sequence[Retraction], reach: Callable[[Entry], int]) -> list[Entry]:
    """Of the entries of one ledger key those that count, in order of (time, id)."""
    once: dict[tuple[int, str], Entry] = {}
    for entry in entries:
        once.setdefault(entry.id, entry)
    left = [
        one for one in once.values() if not any(takes_back(retraction, one, reach(one)) for retraction in retractions)
    ]
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
    """Whether a standing retraction names the entry, is of the right order, and came within reach."""
    if isinstance(entry, Arrival) or retraction.uploaded > entry.time + reach:
        return False
    if retraction.earlier_only and (retraction.uploaded, retraction.message) <= (entry.uploaded, entry.message):
        return False
    return any(_names(name, entry) for name in retraction.retraction_keys)


def _names(name: str, entry: Entry) -> bool:
    kind, _, rest = name.partition(":")
    of_stay = isinstance(entry, Stay) and entry.piece != "settlement"
    return {
        "m": rest == f"{entry.institution}:{entry.message}",
        "s": bool(entry.settlement) and rest == entry.settlement,
        "l": isinstance(entry, Fill) and rest == f"{entry.visit}:{entry.line}",
        "v": isinstance(entry, Fill) and rest == entry.visit,
        "a": (isinstance(entry, Admitted) or (of_stay and cast("Stay", entry).piece == "admission"))
        and rest == entry.visit,
        "d": of_stay and cast("Stay", entry).piece == "discharge" and rest == entry.visit,
        "c": isinstance(entry, Sale) and rest == f"{entry.institution}:{entry.code}",
        "k": isinstance(entry, Sale) and entry.stock and rest == f"{entry.institution}:{entry.code}",
        "b": isinstance(entry, Sale) and bool(entry.settlement) and rest == f"{entry.institution}:{entry.settlement}",
        "o": isinstance(entry, Sale) and entry.stock and rest == f"{entry.institution}:{entry.settlement}",
        "r": False,
    }[kind]


def _slot(entry: Entry) -> object:
    """What the entry speaks of, where several may speak of the same."""
    if isinstance(entry, Arrival):
        return ("message", entry.message)
    if isinstance(entry, Fill):
        return ("line", entry.visit, entry.line)
    if isinstance(entry, Sale):
        return ("sale", entry.stock, entry.settlement or entry.message, entry.code)
    if isinstance(entry, Stay) and entry.piece != "settlement":
        return (entry.piece, entry.visit)
    if isinstance(entry, Admitted):
        return ("admission", entry.visit)
    return ("settlement", entry.settlement) if entry.settlement else None


def _outdoes(other: Entry, one: Entry, reach: int) -> bool:
    """Whether, of two messages about one thing, the other counts: the later line or admission, else the earlier one.

    Uploads that lie further from the first business time than the reach do not speak of one thing.
    """
    latest = isinstance(one, Fill | Admitted) or (isinstance(one, Stay) and one.piece != "settlement")
    first, second = sorted((one, other), key=lambda entry: (entry.uploaded, entry.message, entry.identity))
    return other is (second if latest else first) and other is not one and second.uploaded <= first.time + reach


def _names_once(ledgers: Iterable[Ledger]) -> list[Ledger]:
    return list({ledger.name: ledger for ledger in ledgers}.values())


def _reach_in(ledger: Ledger) -> Callable[[Entry], int]:
    reaches = {one.entry: one.reach for one in LEDGERS if one.name == ledger.name}
    return lambda entry: reaches[type(entry)]


def _by_key(ledger: Ledger, entries: Iterable[Entry], reference: Reference) -> dict[tuple[str, ...], list[Entry]]:
    kept: dict[tuple[str, ...], list[Entry]] = {}
    for part in LEDGERS:
        if part.name != ledger.name:
            continue
        for entry in entries:
            if type(entry) is part.entry and (key := part.key(entry, reference)) is not None:
                kept.setdefault(key, []).append(entry)
    return kept


def _triggers(
    rule: Rule, ledger: Ledger, key: tuple[str, ...], order: Sequence[Entry], reference: Reference
) -> Iterator[Trigger]:
    bins = _bins(order, ledger.bin)
    if isinstance(rule, DayRule):
        for day in sorted(bins):
            found = _checked(lambda day=day: rule.check_day(day, bins, reference, key[0]))  # type: ignore[misc]
            if found is not None:
                yield Trigger(day + DAY, (0, clock(day, "%Y-%m-%d")), found)
        return
    for entry in order:
        window = cast("Window", ListWindow(order, rule.span, bins, entry.time))
        found = _checked(lambda entry=entry, window=window: rule.check(entry, window, reference))  # type: ignore[misc]
        if found is not None:
            yield Trigger(entry.time, entry.id, found)


def _checked(check: Callable[[], Finding | None]) -> Finding | None:
    """A rule that cannot decide, or is broken, has no finding."""
    try:
        return check()
    except Undecidable:
        return None
    except Exception:  # noqa: BLE001 - broken rules are part of the tests
        return None


def _bins(order: Iterable[Entry], length: int) -> dict[int, list[int]]:
    bins: dict[int, list[int]] = {}
    for entry in order if length else ():
        start = day_of(entry.time) if length == DAY else entry.time - entry.time % length
        sums = bins.setdefault(start, [0, 0])
        sums[0] += 1
        sums[1] += entry.amount
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
            (one.message, one.settlement, iso(one.time), one.person, one.amount / 100) for one in evidence[:50]
        ),
    )

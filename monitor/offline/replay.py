"""Replay: the same router and detector over a file, without a broker. The same input gives the same bytes."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

import msgspec

from monitor.lines import Warn
from monitor.offline.over_leads import OfAct, OverLeads
from monitor.text import printable_json
from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS, kinds_read
from rules.reference import Reference
from rules.times import HOUR
from rules.wire.answers import OTHER
from rules.wire.door import Door
from streams.detect.detector import GARBAGE, Outcome, process
from streams.route.alignment import Lane
from streams.route.router import MOST_TRANSACTIONS, Noted, Read, Routed, Router, bundles, encode_tick


@dataclass
class Summary:
    """What a replay did. read = accepted + duplicate + skipped + failed + refused + late, all in messages.

    What stands below by_rule is what must not be silent: messages by transaction, reason and institution, and parts of
    accepted ones. sorted_lines, without_time: what --sort put in order, and how many of them state no inf_time.
    out_of_order: messages with an inf_time earlier than one before by more than the grace.
    """

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    skipped: int = 0
    failed: int = 0
    refused: int = 0
    late: int = 0
    alerts_opened: int = 0
    alerts_standing: int = 0
    seconds: float = 0.0
    by_rule: dict[str, int] = field(default_factory=dict)
    not_judged: list[str] = field(default_factory=list)
    skipped_by_infno: dict[str, int] = field(default_factory=dict)
    failed_by_infno: dict[str, int] = field(default_factory=dict)
    refused_by_reason: dict[str, int] = field(default_factory=dict)
    late_lines: int = 0
    bad_trace_codes: int = 0
    missing_trace_codes: int = 0
    fields_cut: dict[str, int] = field(default_factory=dict)
    refunds_without_original: int = 0
    retractions_without_target: int = 0
    message_reversals_without_target: int = 0
    without_target_by_institution: dict[str, int] = field(default_factory=dict)
    sorted_lines: int = 0
    without_time: int = 0
    out_of_order: int = 0
    warnings: list[str] = field(default_factory=list)

    def contract(self) -> dict[str, object]:
        """The summary as --json prints it."""
        return asdict(self)


@dataclass(frozen=True)
class DeadLetter:
    """A line that was refused. value: as received."""

    value: bytes
    error_code: str
    error_detail: str
    source: str

    def as_json(self) -> bytes:
        """One line of the dead-letter file."""
        text = self.value.decode("utf-8", "backslashreplace")
        said = {"error_code": self.error_code, "error_detail": self.error_detail, "source": self.source, "value": text}
        return printable_json(msgspec.json.encode(said).decode()).encode()


class SetAside:
    """Why messages were not accepted: how many by reason, and the words of the first."""

    __slots__ = ("_numbers", "_words")

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._words: dict[str, str] = {}

    def note(self, code: str, words: str = "", number: int = 1) -> None:
        """Count messages under a reason."""
        self._numbers[code] += number
        self._words.setdefault(code, words)

    def most_often(self) -> tuple[str, str, int]:
        """Code, words and number of the most frequent reason; of equal ones that which came first."""
        [(code, number)] = self._numbers.most_common(1)
        return code, self._words[code], number


class Order:
    """Looks whether messages come in the order of their uploads.

    Only within the grace it does not matter in which order they are judged.
    """

    __slots__ = ("_grace", "_latest", "_line", "_warn", "out_of_order")

    def __init__(self, grace: int, warn: Warn) -> None:
        """Take the grace (ms), and what is told of the first message that comes after it."""
        self._grace = grace
        self._warn = warn
        self._latest = self._line = 0
        self.out_of_order = 0

    def look(self, number: int, uploaded: int) -> None:
        """Look at the inf_time (ms UTC) of the message in a line, 0 where it is not accepted."""
        if not uploaded:
            return
        behind = self._latest - uploaded
        if behind <= 0:
            self._latest, self._line = uploaded, number
        elif behind > self._grace:
            self.out_of_order += 1
            if self.out_of_order == 1:
                self._warn(
                    f"line {number}: expected an inf_time at most {self._grace // HOUR} h before that of a line above, "
                    f"was {behind // HOUR} h before line {self._line}: replay this file with --sort"
                )


class _Told:
    """What was told of alerts, and what must not be silent beside them."""

    def __init__(self, on_alert: Callable[[bytes, Alert], None], wanted: Callable[[Alert], bool]) -> None:
        self._on_alert = on_alert
        self._wanted = wanted
        self._standing: dict[str, str] = {}
        self._is_wanted: dict[str, bool] = {}
        self.duplicates = 0
        self.without_target: Counter[Noted] = Counter()

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Tell what follows, in order."""
        for outcome in outcomes:
            self.duplicates += outcome.counts.duplicates
            self.without_target.update(outcome.noted)
            for published, alert in zip(outcome.alerts, outcome.revisions, strict=True):
                self._tell(published.value, alert)

    def _tell(self, value: bytes, alert: Alert) -> None:
        is_wanted = self._wanted(alert)
        if is_wanted or alert.alert_id in self._standing:
            self._on_alert(value, alert)
            self._standing[alert.alert_id] = alert.rule_id if is_wanted and alert.status != "withdrawn" else ""
            self._is_wanted[alert.alert_id] = is_wanted

    @property
    def opened(self) -> int:
        """How many alerts are wanted."""
        return sum(self._is_wanted.values())

    def by_rule(self) -> dict[str, int]:
        """How many of them stand."""
        numbers = Counter(self._standing.values())
        return {rule: numbers[rule] for rule in sorted({*numbers} - {""})}


def replay(  # noqa: PLR0913 - what goes in, and a callback for each thing that is told
    lines: Iterable[tuple[int, bytes]],
    watches: Sequence[Watch],
    reference: Reference,
    door: Door,
    *,
    on_alert: Callable[[bytes, Alert], None] = lambda _bytes, _alert: None,
    on_dead_letter: Callable[[DeadLetter], None] = lambda _letter: None,
    warn: Warn = lambda _: None,
    wanted: Callable[[Alert], bool] = lambda _: True,
    acts: Sequence[OfAct] | None = None,
) -> tuple[Summary, Engine]:
    """Run numbered lines of JSON through router and engine and close everything at the end.

    Gives the summary and the engine. Warnings stand in the summary too. wanted: which alerts are told and counted; of
    an alert that was told, all later revisions are told. acts: dispositions and work, None where nothing is known of
    them: then no lead waits for anybody. Rules over leads judge what follows from both.

    Long because it is the whole way of a line, and the summary of all of them.
    """
    gc.set_threshold(*GARBAGE)
    began = time.monotonic()
    engine, router = Engine(watches, reference, LEDGERS), Router(door, kinds_read(watches, reference), of_file=True)
    over_leads = OverLeads(watches, reference, acts)
    summary = Summary(not_judged=engine.degraded)
    told = _Told(on_alert, wanted)

    def note_warning(text: str) -> None:
        summary.warnings.append(text)
        warn(text)

    uploaded = 0
    noted: Counter[Noted] = Counter()
    order = Order(door.limits.grace, note_warning)
    for number, line, read, hour in _in_turn(lines, router):
        summary.read += 1
        routed = Routed()
        router.leave(read, 0, number, routed)
        if routed.uploaded:
            uploaded = routed.uploaded
            order.look(number, uploaded)
        noted.update(routed.noted)
        summary.late += len(routed.late)
        for _, code, detail in routed.dead_letters:
            summary.refused += 1
            on_dead_letter(DeadLetter(line, code, detail, f"line {number}"))
        inside = [*bundles(value for _, value in routed.entries), *([encode_tick(hour)] if hour else [])]
        judged = process(engine, [(value, uploaded) for value in inside])
        told.take(over_leads.after(judged, uploaded, hour))
        if hour:
            engine.leave_unsaved()
    closed = process(engine, [(encode_tick(0, final=True), uploaded)])
    told.take(over_leads.after(closed, uploaded))
    told.take(over_leads.end())
    summary.duplicate = told.duplicates
    _tell_noted(summary, noted, told.without_target)
    summary.out_of_order = order.out_of_order
    set_aside = summary.skipped + summary.failed + summary.refused + summary.late
    summary.accepted = summary.read - summary.duplicate - set_aside
    summary.alerts_opened = told.opened
    summary.by_rule = told.by_rule()
    summary.alerts_standing = sum(summary.by_rule.values())
    summary.seconds = round(time.monotonic() - began, 3)
    return summary, engine


_Read = tuple[int, bytes, Read]


def _in_turn(lines: Iterable[tuple[int, bytes]], router: Router) -> Iterator[tuple[int, bytes, Read, int]]:
    """Number, line, what the door says of it, and the hour that passes with it, ms, 0 where none does."""
    lane: Lane[_Read] = Lane()
    for number, line in lines:
        read = router.read(line, int(time.time() * 1000))
        lane.push((number, line, read), read.uploaded)
        yield from _ready(lane, whole=False)
    yield from _ready(lane, whole=True)


def _ready(lane: Lane[_Read], *, whole: bool) -> Iterator[tuple[int, bytes, Read, int]]:
    while lane.ahead(whole=whole) is not None:
        before, taken = lane.clock, lane.take()
        yield (*taken, lane.clock if lane.clock > before else 0)


def _tell_noted(summary: Summary, noted: Counter[Noted], without_target: Counter[Noted]) -> None:
    """Put what must not be silent into the summary."""
    total = Counter[str]()
    for one, number in (noted + without_target).items():
        total[one.what] += number
    summary.skipped, summary.failed = total["skipped"], total["failed"]
    summary.skipped_by_infno = _by_infno(noted, "skipped")
    summary.failed_by_infno = _by_infno(noted, "failed")
    summary.refused_by_reason = _by(noted, "refused", lambda one: one.detail)
    summary.fields_cut = _by(noted, "cut", lambda one: one.detail)
    summary.late_lines = total["late_lines"]
    summary.bad_trace_codes, summary.missing_trace_codes = total["bad_codes"], total["missing_codes"]
    summary.refunds_without_original = total["refunds_without_original"]
    summary.retractions_without_target = total["retractions_without_target"]
    summary.message_reversals_without_target = total["message_reversals_without_target"]
    summary.without_target_by_institution = _by(
        without_target, "retractions_without_target", lambda one: one.institution
    )


def _by(noted: Counter[Noted], what: str, name: Callable[[Noted], str]) -> dict[str, int]:
    """How often something was noted, by name, the most frequent first."""
    found: Counter[str] = Counter()
    for one, number in noted.items():
        if one.what == what:
            found[name(one)] += number
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _by_infno(noted: Counter[Noted], what: str) -> dict[str, int]:
    found = _by(noted, what, lambda one: one.transaction)
    told = dict([pair for pair in found.items() if pair[0] != OTHER][:MOST_TRANSACTIONS])
    others = sum(found.values()) - sum(told.values())
    return told | {OTHER: others} if others else told

"""Rules over leads in a replay: they judge the alerts of the file, and what a file of acts says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import orjson

from monitor.errors import InputError
from monitor.leads.facts import Fact, Hour, Said, Taken, found_in, said_in, taken_in
from monitor.leads.judging import Judging
from monitor.lines import read_lines
from monitor.workdays import WorkingDays
from rules.engine.watch import Watch
from rules.reference import Reference
from rules.times import HOUR
from streams.detect.detector import Outcome

OfAct = Said | Taken
_KIND = msgspec.json.Decoder(dict[str, object])


def acts_in(path: Path) -> list[OfAct]:
    """Dispositions and work in a file, one message of the topics feedback and work a line; in order of time.

    Raises ConfigurationError where it cannot be read, InputError with the line where something else stands in it.
    """
    found: list[OfAct] = []
    for number, line in enumerate(read_lines(path), 1):
        try:
            act = taken_in(line) if "kind" in _KIND.decode(line) else said_in(line)
        except ValueError:
            raise InputError(
                f"{path}: line {number}: expected a disposition or work on a lead, as on the topics feedback and work"
            ) from None
        found += [act] if act else []
    return sorted(found, key=lambda act: (act.at, act.alert_id))


class OverLeads:
    """The engine of rules over leads beside that of a replay. The acts come when their time has come."""

    def __init__(self, watches: Sequence[Watch], reference: Reference, acts: Iterable[OfAct] | None) -> None:
        """acts: in order of time. None: nobody says whether anybody looks at leads, so none waits for that."""
        self._judging = Judging(watches)
        self._acts = list(reversed([*(acts or ())]))
        self._due: Callable[[int], int] = WorkingDays(reference).over_at if acts is not None else lambda _: 0
        self._clock = 0

    def after(self, outcome: Outcome, uploaded: int, hour: int = 0) -> Iterator[Outcome]:
        """An outcome, and what follows from its alerts; then from the hour that has begun, 0 where none has.

        uploaded: the inf_time of the message that led to it, ms UTC.
        """
        yield outcome
        self._clock = max(self._clock, uploaded)
        for one in outcome.alerts:
            found = found_in(orjson.loads(one.value), self._due)
            if found:
                yield self._say(found)
        if hour:
            yield from self._pass_hour(hour)

    def _pass_hour(self, hour: int) -> Iterator[Outcome]:
        """What follows when an hour (ms UTC) has begun, and from the acts before it."""
        while self._acts and self._acts[-1].at <= hour:
            yield self._say(self._acts.pop())
        yield self._say(Hour(hour))
        self._judging.leave_unsaved()

    def end(self) -> Iterator[Outcome]:
        """What follows from the acts after the end of the file; time passes until the last of them.

        Nothing is closed: what waits for time that has not passed is not known.
        """
        last = max((act.at for act in self._acts), default=self._clock)
        for hour in sorted({_next_hour(act.at) for act in self._acts} | {_next_hour(last)}):
            yield from self._pass_hour(hour)

    def _say(self, fact: Fact) -> Outcome:
        time = fact.at if isinstance(fact, Said | Taken) else fact.hour if isinstance(fact, Hour) else self._clock
        return self._judging.take(fact, time)


def _next_hour(time: int) -> int:
    return -(-time // HOUR) * HOUR

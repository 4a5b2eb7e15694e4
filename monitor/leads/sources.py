"""The topics from which facts about leads are read, and what of them stands in no fact: the calendar and the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import structlog

from monitor.history import is_historical
from monitor.inforce.versions import defined
from monitor.leads.facts import InForce, OfLead, found_in, said_in, taken_in
from monitor.workdays import WorkingDays
from rules.catalogue import OVER_LEADS
from streams.kafka.reading import Record
from streams.kafka.topics import Names
from streams.kafka.versions import BadRuleError


class Sources:
    """Reads records of topics into facts. What is no alert, disposition, work or rule is passed over and told.

    live_from: from when the area is live, ms UTC; a lead of before is history, and nobody is to judge it. 0: it always
    was.
    """

    def __init__(self, prefix: str, live_from: int) -> None:
        names = Names(prefix)
        self.of_leads = (names.alerts, names.feedback, names.work)
        self.beside = (names.rules, names.reference("calendar"))
        self._live_from = live_from
        self._rules: dict[str, tuple[bytes, dict[str, Any]]] = {}
        self._calendar: dict[bytes, bytes] = {}
        self._days: WorkingDays | None = None
        self._log = structlog.get_logger("settlement_monitor.leads")

    @property
    def in_force(self) -> InForce:
        """The rules over leads that are in force by what was read, by id."""
        return InForce(tuple(given for _, (_, given) in sorted(self._rules.items())))

    def facts_in(self, record: Record) -> Iterator[OfLead]:
        """The fact in a record of a topic about leads, if there is one."""
        try:
            fact = self._fact_in(record)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            self._log.warning("record set aside", topic=record.topic, reason=type(error).__name__)
            return
        if fact is not None:
            yield fact

    def _fact_in(self, record: Record) -> OfLead | None:
        alerts, feedback, _ = self.of_leads
        if not record.value:
            return None
        if record.topic == feedback:
            return said_in(record.value)
        if record.topic != alerts:
            return taken_in(record.value)
        alert = orjson.loads(record.value)
        is_history = bool(self._live_from) and is_historical(alert["last_time"], self._live_from)
        return found_in(alert, (lambda _: 0) if is_history else self._over_at)

    def take(self, record: Record) -> None:
        """Take a definition of a rule, or a row of the calendar."""
        try:
            if record.topic == self.beside[0]:
                self._take_rule(record)
            else:
                self._take_day(record)
        except (ValueError, KeyError, TypeError) as error:
            self._log.warning("record set aside", topic=record.topic, reason=type(error).__name__)

    def _take_rule(self, record: Record) -> None:
        """The last definition of a rule counts, as for workers. Raises BadRuleError, a ValueError."""
        key = record.key or b""
        rule = key.decode(errors="replace").partition("/")[0]
        if record.value is None:
            if self._rules.get(rule, (key,))[0] == key:
                self._rules.pop(rule, None)
            return
        given = orjson.loads(record.value)
        if not isinstance(given, dict):
            raise BadRuleError("expected an object")
        if defined(given).rule.card.family == OVER_LEADS:
            self._rules[rule] = key, given

    def _take_day(self, record: Record) -> None:
        key = record.key or b""
        if record.value is None:
            self._calendar.pop(key, None)
        else:
            WorkingDays.of_rows([record.value])
            self._calendar[key] = record.value
        self._days = None

    def _over_at(self, found: int) -> int:
        """As of WorkingDays, by the days that were read so far: they come all at once, and are put together once."""
        if self._days is None:
            self._days = WorkingDays.of_rows(self._calendar.values())
        return self._days.over_at(found)

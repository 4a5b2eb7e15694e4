"""The read model: the latest revision of every alert, and what was said of it. Its loss stops no detection.

A list goes through the condition that the fewest alerts meet, where those are few; else through all alerts in its
order, most of which are wanted then. So the answer never costs what stands in the read model, but what is shown of it.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal, NamedTuple, cast

import orjson
from redis import Redis
from redis.exceptions import RedisError

from monitor.contract.feedback import TODO, WAITING
from monitor.contract.work import NOBODY, SNOOZE, Snoozed, Subject, in_force, subject_of
from monitor.errors import ConfigurationError, InputError
from monitor.history import marked
from monitor.incidents import incident_of, incidents_of
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.layout import Keys, State, rank_of, spoken
from monitor.readmodel.rows import acts_on, json_of, letters, word_of, words_in
from monitor.readmodel.store import Store, connect
from monitor.settings import Settings
from monitor.workdays import WorkingDays
from rules.reference import Reference

Alert = dict[str, Any]
Order = Literal["newest", "amount", "severity", "due"]

SHORTEST_PREFIX = 4
"""Characters of an id that are enough to look for it."""
FEW = 10_000
"""So many alerts at most are sorted for a list: about 20 ms. Measured: docs/performance.md."""
COUNTED = 10_000
"""Alerts that meet several conditions are counted up to here: then there are at least as many."""
LOOKED_THROUGH = 10_000
"""So many alerts at most are looked through for a text that stands in many."""
TRIGRAM = 3
"""Letters of what the index of texts knows."""
BEGINNINGS = 200
"""So many trigrams at most that begin with a text of one or two letters: more of them stand in most alerts."""
LONGER = 1_000
"""So many words at most in which a part of a word stands."""


class Condition(NamedTuple):
    """What an alert has to meet. sql: ~ stands before each column.

    by_time: its index is sorted by last trigger. is_tallied: the tally has its columns.
    """

    sql: str
    values: tuple[object, ...]
    by_time: bool = False
    is_tallied: bool = False

    def of_index(self) -> str:
        """As SQLite looks it up in an index."""
        return f"({self.sql.replace('~', 'alert.')})"

    def of_tally(self) -> str:
        """As it is asked of the tally."""
        return f"({self.sql.replace('~', '')})"

    def of_row(self) -> str:
        """As SQLite asks it of a row that it has; a + keeps a column from being looked up."""
        return f"({self.sql.replace('~', '+alert.')})"


_CASELESS = re.compile(r"[0-9\u4e00-\u9fff]+")
_OF_PERSON = "~id IN (SELECT rowid FROM person WHERE person MATCH ?)"
_REGION = "(~insured >= ? AND ~insured < ?) OR (~treated >= ? AND ~treated < ?)"


def _among(within: Jurisdiction) -> Condition:
    """Alerts of a jurisdiction; none where it has no region and no institution."""
    bounds = [bound for code in within.regions for bound in 2 * (code, f"{code}\U0010ffff")]
    terms = [_REGION] * len(within.regions) + ["~institution = ?"] * len(within.institutions)
    return Condition(" OR ".join(terms) or "0", (*bounds, *within.institutions))


@dataclass(frozen=True)
class Wanted:
    """Which alerts a list shows; None takes all.

    since: ms UTC, of the last trigger. person: a pseudonym. region: insured there or treated there. text: stands in the
    sentence, the id, the name of the rule or of the institution. disposition: `todo` where nobody has said anything.
    assignee: who works on it, NOBODY where nobody does. overdue_before: ms UTC; it waits for a disposition, and opened
    before. within: what whoever asks may see.
    """

    rule: str | None = None
    severity: str | None = None
    status: str | None = None
    institution: str | None = None
    min_severity: str | None = None
    since: int | None = None
    is_open: bool = False
    person: str | None = None
    stage: str | None = None
    region: str | None = None
    disposition: str | None = None
    text: str | None = None
    assignee: str | None = None
    overdue_before: int | None = None
    within: Jurisdiction | None = None

    def conditions(self) -> list[Condition]:
        """What an alert has to meet, beside the text; what fewer meet as a rule stands first.

        Long because each thing that may be wished has a column of its own.
        """
        is_both = self.is_open and self.severity is not None
        waits = self.disposition == WAITING
        in_time, kind = (True, False), (True, True)
        asked = (
            (self.person, _OF_PERSON, word_of(self.person or "-"), (False, False)),
            (self.institution, "~institution = ?", self.institution, in_time),
            (self.rule, "~rule = ?", self.rule, kind),
            (self.assignee, "~assignee = ?", self.assignee, in_time),
            (waits or None, "~proposed > ?", "", (False, False)),
            (None if waits else self.disposition, "~disposition = ?", self.disposition, kind),
            (self.status, "~status = ?", self.status, kind),
            (self.stage, "~stage = ?", self.stage, kind),
            (self.severity if is_both else None, "~is_open = 1 AND ~severity = ?", rank_of(self.severity), kind),
            (None if is_both else self.severity, "~severity = ?", rank_of(self.severity), kind),
            (self.since, "~last >= ?", self.since, in_time),
            (self.overdue_before, "~is_due = 1 AND ~opened < ?", self.overdue_before, (False, False)),
            (self.min_severity, "~severity >= ?", rank_of(self.min_severity), (False, True)),
            ((self.is_open and not is_both) or None, "~is_open = ?", 1, (False, True)),
        )
        found = [Condition(sql, (value,), *flags) for wish, sql, value, flags in asked if wish is not None]
        among = [None if self.region is None else Jurisdiction((self.region,)), self.within]
        return found + [_among(one) for one in among if one is not None]

    def says(self, alert: Alert) -> bool:
        """Whether the text that is looked for stands in an alert."""
        if self.text is None:
            return True
        wanted = letters(self.text)
        return any(wanted in letters(part) for part in spoken(alert))

    def may_say(self, json: bytes) -> bool:
        """Whether an alert may say the text, asked of its bytes: most are passed over so, without decoding them.

        What JSON writes in another way has a backslash: such an alert is asked itself. Digits and Chinese letters have
        no other case, so they are looked for first, as they are.
        """
        if self.text is None or b"\\" in json:
            return True
        return self._caseless in json and self.text.casefold() in json.decode().casefold()

    @cached_property
    def _caseless(self) -> bytes:
        """The longest part of the text that has no upper and lower case."""
        return max(_CASELESS.findall(self.text or ""), key=len, default="").encode()


@dataclass(frozen=True)
class Listed:
    """Alerts that are wanted, in order, those of an incident together, and how many are wanted in all.

    is_more: there are more than total. states: what became of each. next_at: where the list goes on, None at its end.
    """

    newest: list[Alert]
    total: int
    is_more: bool = False
    states: dict[str, State] = field(default_factory=dict)
    next_at: int | None = None

    @property
    def dispositions(self) -> dict[str, str]:
        """What was last said of those of them of which something was."""
        return {one: state.disposition for one, state in self.states.items() if state.disposition != TODO}


ENOUGH_JUDGED = 30
"""So many judged leads say enough of a rule. Our assumption: with fewer the share is off by more than 0.15."""
LEAST_PRECISION = 0.3
"""Below it a rule costs more than it finds. Our assumption: seven wasted visits for three that find something."""


class Precision(NamedTuple):
    """What became of the leads of a rule: how many there are, and of how many was said what."""

    alerts: int
    said: dict[str, int]

    @property
    def judged(self) -> int:
        """How many leads say something of the rule: not those with an error of the data."""
        return sum(self.said.get(one, 0) for one in ("confirmed", "referred", "false_positive", "explained"))

    @property
    def is_poor(self) -> bool:
        """Whether so few of enough judged leads hold that the rule should be tried in shadow: a proposal, no more."""
        return self.judged >= ENOUGH_JUDGED and (self.precision or 0) < LEAST_PRECISION

    @property
    def precision(self) -> float | None:
        """Part of the leads that were judged and hold; None where none was judged.

        A lead that holds is confirmed or referred. A data error judges the data, and not the rule.
        """
        holds = self.said.get("confirmed", 0) + self.said.get("referred", 0)
        return holds / self.judged if self.judged else None


def check_url(url: str) -> None:
    """Refuse what is no address of a Redis. Raises ConfigurationError, without the password that may stand in it."""
    try:
        Redis.from_url(url)
    except ValueError:
        raise ConfigurationError("MONITOR_REDIS: expected redis://host:port/number, rediss:// or unix://") from None


_WAYS: dict[Order, tuple[str, ...]] = {
    "newest": ("last DESC",), "amount": ("amount DESC",), "due": ("opened",),
    "severity": ("severity DESC", "last DESC"),
}  # fmt: skip
"""By which columns a list is sorted; of equals the greater id comes first."""
_STATE = "opened, disposition, assignee, is_due, proposed, is_corrected"


class ReadModel:
    """Reads alerts, and marks what is history. Raises ConfigurationError where it is not there or cannot be read.

    Several threads may ask at once, and several processes.
    """

    def __init__(self, settings: Settings) -> None:
        check_url(settings.redis)
        self._live_from = settings.live_from_ms
        self._redis = Redis.from_url(settings.redis)
        self._keys = Keys(settings.prefix)
        self._store = Store(settings.readmodel_dir, settings.prefix)
        self._here = threading.local()

    def search(self, wanted: Wanted, limit: int, order: Order = "newest", at: int = 0) -> Listed:
        """Alerts that are wanted, and how many there are.

        limit: of incidents; most have one alert. An incident stands where its first alert in this order stands.
        at: so many alerts of the list were looked at before.
        """
        with self._reading() as db:
            listed = self._search(db, wanted, limit, order, at)
            return replace(listed, newest=self._with_snoozes(db, listed.newest))

    def count(self, wanted: Wanted) -> int:
        """How many are wanted, whatever the text; of many that meet several conditions at most COUNTED are counted."""
        with self._reading() as db:
            return _Plan(db, wanted.conditions()).count()[0]

    def dispositions_of(self, wanted: Wanted) -> Counter[str]:
        """How many of what is wanted have each disposition, whatever the text; at most COUNTED are looked at."""
        with self._reading() as db:
            plan = _Plan(db, wanted.conditions())
            some = f"SELECT disposition FROM alert WHERE {plan.where()} LIMIT ?"
            asked = f"SELECT disposition, count(*) FROM ({some}) GROUP BY 1"
            return Counter(dict(db.execute(asked, [*plan.values, COUNTED])))

    def assignees(self, most: int) -> list[str]:
        """Who works on some alert, in order; each is one step in the index of assignees."""
        asked = """
            WITH RECURSIVE one (name) AS (
              SELECT min(assignee) FROM alert
              UNION ALL SELECT (SELECT min(assignee) FROM alert WHERE assignee > name) FROM one WHERE name IS NOT NULL
            ) SELECT name FROM one WHERE name <> ? LIMIT ?
        """
        with self._reading() as db:
            return [name for (name,) in db.execute(asked, (NOBODY, most))]

    def beside(self, alert: Alert, within: Jurisdiction | None = None) -> list[Alert]:
        """The other alerts of the incident of an alert that whoever asks may see, newest first."""
        asked = "SELECT json FROM alert JOIN body USING (id) WHERE incident = ? ORDER BY last DESC, alert_id DESC"
        with self._reading() as db:
            members = [self._read(body) for (body,) in db.execute(asked, (incident_of(alert),))]
        others = [one for one in members if one["alert_id"] != alert["alert_id"]]
        return [one for one in others if within is None or within.covers(one)]

    def one(self, alert_id: str, within: Jurisdiction | None = None) -> Alert | None:
        """An alert by its id, or by the beginning of it; None also where whoever asks may not see it.

        Raises InputError where several ids begin so.
        """
        whole = [Condition("~alert_id = ?", (alert_id,))]
        begins = [Condition("~alert_id >= ? AND ~alert_id < ?", (alert_id, f"{alert_id}\U0010ffff"))]
        seen = [] if within is None else [_among(within)]
        with self._reading() as db:
            found = self._bodies(db, whole + seen)
            if not found and len(alert_id) >= SHORTEST_PREFIX:
                found = self._bodies(db, begins + seen)
            if len(found) > 1:
                raise InputError(f"{alert_id}: expected the beginning of one id, {len(found)} begin so")
            return self._with_snoozes(db, [self._read(found[0])])[0] if found else None

    def _bodies(self, db: sqlite3.Connection, conditions: list[Condition]) -> list[bytes]:
        plan = _Plan(db, conditions, conditions[0])
        asked = f"SELECT json FROM alert JOIN body USING (id) WHERE {plan.where()}"
        return [body for (body,) in db.execute(asked, plan.values)]

    def snoozes(self) -> dict[Subject, Snoozed]:
        """The snoozes that are in force, by what they are about."""
        with self._reading() as db:
            return _snoozes(db)

    def _with_snoozes(self, db: sqlite3.Connection, alerts: list[Alert]) -> list[Alert]:
        """The alerts, with `snoozed`, the end, where nobody is told of them now."""
        snoozes = _snoozes(db)
        if not snoozes:
            return alerts
        found = [(one, snoozes.get(subject_of(one))) for one in alerts]
        return [one if snooze is None else one | {"snoozed": snooze.until.isoformat()} for one, snooze in found]

    def said_of(self, alert_id: str) -> list[dict[str, str]]:
        """The dispositions of an alert, as they stand on the feedback topic; the first one first."""
        return self.acts_on([alert_id])[alert_id][0]

    def done_with(self, alert_id: str) -> list[dict[str, str]]:
        """The work on an alert, as it stands on its topic; the first act first."""
        return self.acts_on([alert_id])[alert_id][1]

    def acts_on(self, alert_ids: Sequence[str]) -> dict[str, tuple[list[dict[str, str]], list[dict[str, str]]]]:
        """What was said of each alert and done with it, as `said_of` and `done_with` give it."""
        with self._reading() as db:
            return {one: acts_on(db, one) for one in alert_ids}

    def read_until(self) -> dict[tuple[str, int], int]:
        """Topic and partition -> the offset behind what the read model has of it."""
        with self._reading() as db:
            return {(topic, partition): end for topic, partition, end in db.execute("SELECT * FROM read")}

    def is_readable(self) -> bool:
        """Whether the read model is there and can be read."""
        try:
            self.read_until()
        except ConfigurationError:
            return False
        return True

    def newest_trigger(self) -> int:
        """The last trigger of the newest alert, ms UTC; 0 where there is no alert."""
        with self._reading() as db:
            [[newest]] = db.execute("SELECT max(last) FROM alert").fetchall()
        return newest or 0

    def numbers_of(self, institutions: Sequence[str], spans: Sequence[tuple[int, int]]) -> list[Sequence[int]]:
        """For each institution how many alerts had their last trigger in each span, from and before, ms UTC."""
        asked = "SELECT count(*) FROM alert WHERE institution = ? AND last >= ? AND last < ?"
        with self._reading() as db:
            return [[db.execute(asked, (code, *span)).fetchone()[0] for span in spans] for code in institutions]

    def state_of(self, alert_id: str) -> State:
        """What became of an alert that is there."""
        with self._reading() as db:
            found = db.execute(f"SELECT {_STATE} FROM alert WHERE alert_id = ?", (alert_id,)).fetchone()
        return State() if found is None else _state(found)

    def working_days(self) -> WorkingDays:
        """Working days as the table `calendar` has them."""
        with self._reading() as db:
            return WorkingDays.of_rows(
                row for (row,) in db.execute("SELECT json FROM reference WHERE name = 'calendar'")
            )

    def reference_of(self, asked: Iterable[tuple[str, str]]) -> Reference:
        """The rows of these tables and keys, of the tables that are carried; those that are not there are left out."""
        found = Reference()
        with self._reading() as db:
            for table, key in dict.fromkeys(asked):
                for (row,) in db.execute("SELECT json FROM reference WHERE name = ? AND key = ?", (table, key)):
                    found.put(table, orjson.loads(row))
        return found

    def precision_of(
        self, rules: Iterable[str], outcomes: Sequence[str], within: Jurisdiction | None = None
    ) -> dict[str, Precision]:
        """What became of the leads of each rule, of those that whoever asks may see."""
        found = {rule: Counter[str]() for rule in rules}
        names = orjson.dumps([*found]).decode()
        of_rules = Condition("~rule IN (SELECT value FROM json_each(?))", (names,), is_tallied=True)
        for rule, outcome, number in self._tallied("rule, outcome", [of_rules], within):
            found[rule][outcome] = number
        return {rule: Precision(said.total(), {one: said[one] for one in outcomes}) for rule, said in found.items()}

    def by_month(
        self, rule: str, outcomes: Sequence[str], months: Sequence[str], within: Jurisdiction | None = None
    ) -> dict[str, Precision]:
        """What was said last in each month, yyyy-mm in Beijing, of the leads of a rule that are kept.

        Leads that corrected themselves are in none. within: what whoever asks may see.
        """
        found = {month: dict.fromkeys(outcomes, 0) for month in months}
        of_rule = Condition("~rule = ?", (rule,), is_tallied=True)
        is_judged = Condition("~month > ?", ("",), is_tallied=True)
        for month, outcome, number in self._tallied("month, outcome", [of_rule, is_judged], within):
            if month in found:
                found[month][outcome] = number
        return {month: Precision(sum(said.values()), said) for month, said in found.items()}

    def _tallied(
        self, kinds: str, conditions: list[Condition], within: Jurisdiction | None
    ) -> list[tuple[str, str, int]]:
        """How many alerts there are of each kind, alert by alert in a jurisdiction. kinds: two columns of the tally."""
        if within is None:
            terms = " AND ".join(one.of_tally() for one in conditions)
            asked = f"SELECT {kinds}, sum(number) FROM tally WHERE {terms} GROUP BY 1, 2"
        else:
            conditions = [*conditions, _among(within)]
            asked = f"SELECT {kinds}, count(*) FROM alert WHERE {_terms(conditions)} GROUP BY 1, 2"
        values = [value for one in conditions for value in one.values]
        with self._reading() as db:
            return db.execute(asked, values).fetchall()

    def heard(self) -> bytes | None:
        """When each institution was last heard of, as the watcher saved it."""
        try:
            return cast("bytes | None", self._redis.get(self._keys.heard))
        except RedisError as error:
            raise _unreachable(error) from None

    def follow(self, wanted: Wanted, limit: int) -> Iterator[Alert]:
        """The newest alerts that are wanted, oldest first; then every revision that is taken, for ever."""
        news = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # as redis has it
        try:
            news.subscribe(self._keys.news)  # before the list is read: nothing is missed in between
            yield from reversed(self.search(wanted, limit).newest)
            for message in news.listen():
                alert = marked(orjson.loads(message["data"]), self._live_from)
                if self._is_wanted(wanted, alert):
                    yield alert
        except RedisError as error:
            raise _unreachable(error) from None
        finally:
            news.close()

    def _is_wanted(self, wanted: Wanted, alert: Alert) -> bool:
        """Whether an alert is wanted that is there."""
        conditions = [Condition("~alert_id = ?", (alert["alert_id"],)), *wanted.conditions()]
        with self._reading() as db:
            return bool(self._bodies(db, conditions)) and wanted.says(alert)

    def _search(self, db: sqlite3.Connection, wanted: Wanted, limit: int, order: Order, at: int) -> Listed:
        """A page of incidents that begins at this position.

        Long because an incident is shown once, where its first alert that is wanted stands, with all that are wanted.
        """
        alerts: list[Alert] = []
        states: dict[str, State] = {}
        shown, next_at, met = 0, None, set[str]()
        conditions = wanted.conditions()
        plan = _Plan(db, conditions + _of_text(db, wanted.text))
        walked = islice(plan.walk(order, at), None if wanted.text is None else LOOKED_THROUGH)
        for position, (number, incident) in enumerate(walked, at):
            if shown == limit:
                next_at = position
                break
            if incident in met:
                continue
            members = [*self._incident(db, wanted, conditions, order, incident, number)]
            if not members:
                continue
            met.add(incident)  # it stands here, or stood before: no later alert of it is its first
            if members[0].number != number:
                continue
            shown += 1
            [of_one] = incidents_of(one.alert for one in members)
            alerts += [cast("Alert", some) for some in (of_one.speaker, *of_one.attached)]
            states |= {one.alert["alert_id"]: one.state for one in members}
        total, is_more = plan.count() if wanted.text is None else (len(alerts), next_at is not None)
        return Listed(alerts, total, is_more, states, next_at)

    def _incident(
        self,
        db: sqlite3.Connection,
        wanted: Wanted,
        conditions: list[Condition],
        order: Order,
        incident: str,
        first: int,
    ) -> Iterator[_Known]:
        """The alerts of an incident that are wanted, in order; of a text none where the first has it not."""
        if wanted.text is not None:
            [[body]] = db.execute("SELECT json FROM body WHERE id = ?", (first,)).fetchall()
            if not wanted.may_say(json_of(body)):
                return
        of_it = Condition("~incident = ?", (incident,))
        plan = _Plan(db, [of_it, *conditions], of_it)
        asked = f"SELECT id, json, {_STATE} FROM alert JOIN body USING (id) WHERE {plan.where()} {plan.sorted(order)}"
        for number, body, *state in db.execute(asked, plan.values):
            alert = self._read(body)
            if wanted.says(alert):
                yield _Known(number, alert, _state(state))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The read model as it stands at one moment. Raises ConfigurationError."""
        try:
            db = self._connection()
            db.execute("BEGIN")
            try:
                yield db
            finally:
                db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"MONITOR_READMODEL_DIR: expected a read model that can be read: {type(error).__name__}"
            ) from None

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection to the file that counts now. Raises ConfigurationError, sqlite3.Error."""
        path = self._store.path()
        if path is None:
            raise ConfigurationError(
                "MONITOR_READMODEL_DIR: expected a read model of this release: `monitor readmodel` builds it"
            )
        if getattr(self._here, "path", None) != path:
            self._here.db, self._here.path = connect(path), path
        db: sqlite3.Connection = self._here.db
        return db

    def _read(self, body: bytes) -> Alert:
        return marked(orjson.loads(json_of(body)), self._live_from)


class _Plan:
    """How alerts are found that meet all conditions. through: the one that is looked up; chosen where None is given."""

    def __init__(self, db: sqlite3.Connection, conditions: list[Condition], through: Condition | None = None) -> None:
        self._db = db
        self._conditions = conditions
        self._through = through
        self._is_few = through is not None
        if through is None and conditions:
            sizes = [self._number([one], FEW + 1, one) for one in conditions]
            self._is_few = min(sizes) <= FEW
            self._through = conditions[sizes.index(min(sizes))]

    @property
    def values(self) -> list[object]:
        """What stands in the place of each question mark."""
        return [value for one in self._conditions for value in one.values]

    def where(self) -> str:
        """The conditions; that of the plan is looked up."""
        return _terms(self._conditions, self._through)

    def sorted(self, order: Order, *, is_looked_up: bool = False) -> str:
        """The order of a list. is_looked_up: an index has it already."""
        plus = "" if is_looked_up else "+"
        return f"ORDER BY {', '.join(f'{plus}{way}' for way in (*_WAYS[order], 'alert_id DESC'))}"

    def walk(self, order: Order, at: int) -> Iterator[tuple[int, str]]:
        """Row number and incident of each alert in an order, without the first so many."""
        first = self._through
        if self._is_few:
            end = f"{self.where()} {self.sorted(order)}"
        elif first is not None and first.by_time and order == "newest":
            end = f"{self.where()} {self.sorted(order, is_looked_up=True)}"
        else:
            end = f"{_terms(self._conditions)} {self.sorted(order, is_looked_up=True)}"
        return self._db.execute(f"SELECT id, incident FROM alert WHERE {end} LIMIT -1 OFFSET ?", [*self.values, at])

    def count(self) -> tuple[int, bool]:
        """How many there are, and whether there are more than that: many that meet several conditions."""
        if self._is_few or len(self._conditions) <= 1 or all(one.is_tallied for one in self._conditions):
            return self._number(self._conditions, -1, self._through), False
        found = self._number(self._conditions, COUNTED + 1, self._through)
        return min(found, COUNTED), found > COUNTED

    def _number(self, conditions: list[Condition], most: int, through: Condition | None) -> int:
        """How many meet conditions; of what the tally has not, most at most. most: -1: all are counted."""
        values = [value for one in conditions for value in one.values]
        if all(one.is_tallied for one in conditions):
            kinds = " AND ".join(one.of_tally() for one in conditions) or "1"
            asked = f"SELECT coalesce(sum(number), 0) FROM tally WHERE {kinds}"
            return cast("int", self._db.execute(asked, values).fetchone()[0])
        asked = f"SELECT count(*) FROM (SELECT 1 FROM alert WHERE {_terms(conditions, through)} LIMIT ?)"
        [[found]] = self._db.execute(asked, [*values, most]).fetchall()
        return cast("int", found)


def _terms(conditions: Iterable[Condition], through: Condition | None = None) -> str:
    """Conditions of a question. through: the one that is looked up in an index."""
    return " AND ".join(one.of_index() if one is through else one.of_row() for one in conditions) or "1"


class _Known(NamedTuple):
    """An alert, its row, and what became of it."""

    number: int
    alert: Alert
    state: State


def _state(row: Sequence[Any]) -> State:
    """What became of an alert, of the columns of _STATE."""
    opened, disposition, assignee, is_due, proposed, is_corrected = row
    return State(opened, disposition, assignee, bool(is_due), proposed, bool(is_corrected))


def _snoozes(db: sqlite3.Connection) -> dict[Subject, Snoozed]:
    acts = [SNOOZE.validate_json(one) for (one,) in db.execute("SELECT json FROM snooze ORDER BY at, json")]
    return in_force(acts, int(time.time() * 1000))


def _of_text(db: sqlite3.Connection, text: str | None) -> list[Condition]:
    """What every alert meets in which a text stands, by the indexes of texts; nothing where it stands in many."""
    found = set[int]()
    for index, asked in (("said", _trigrams_of(db, text or "")), ("told", _words_of(db, text or ""))):
        if not asked:
            return []
        matched = db.execute(f"SELECT rowid FROM {index} WHERE {index} MATCH ? LIMIT ?", (asked, FEW + 1))
        found |= {number for (number,) in matched}
        if len(found) > FEW:
            return []
    return [Condition("~id IN (SELECT value FROM json_each(?))", (orjson.dumps([*found]).decode(),))]


def _trigrams_of(db: sqlite3.Connection, text: str) -> str:
    """What the index of trigrams is asked for a text; empty where very many may have it."""
    wanted = letters(text)
    if len(wanted) >= TRIGRAM:
        return " ".join(dict.fromkeys(_quoted(wanted[at : at + TRIGRAM]) for at in range(len(wanted) - TRIGRAM + 1)))
    asked = "SELECT term FROM trigram WHERE term >= ? AND term < ? LIMIT ?"
    begin_so = db.execute(asked, (wanted, f"{wanted}\U0010ffff", BEGINNINGS + 1)).fetchall() if wanted else []
    if not wanted or len(begin_so) > BEGINNINGS:
        return ""
    return _any_of(term for (term,) in begin_so) or _quoted(wanted)


def _words_of(db: sqlite3.Connection, text: str) -> str:
    """What the index of words is asked for a text; empty where very many may have it.

    At its ends a text may have parts of words: there every word is asked for in which the part stands.
    """
    wanted = letters(text)
    words = words_in(wanted)
    ends = [word for word in words if wanted.startswith(word) or wanted.endswith(word)]
    terms = [_quoted(word) for word in words if word not in ends]
    for end in ends:
        longer = db.execute("SELECT word FROM word WHERE instr(word, ?) LIMIT ?", (end, LONGER + 1)).fetchall()
        if len(longer) <= LONGER:
            terms.append(f"({_any_of(word for (word,) in longer) or _quoted(end)})")
    return " AND ".join(terms)


def _any_of(terms: Iterable[str]) -> str:
    return " OR ".join(map(_quoted, terms))


def _quoted(gram: str) -> str:
    """A trigram or a word in a question to its index."""
    doubled = gram.replace('"', '""')
    return f'"{doubled}"'


def _unreachable(error: RedisError) -> ConfigurationError:
    return ConfigurationError(f"MONITOR_REDIS: expected a Redis that answers: {type(error).__name__}")

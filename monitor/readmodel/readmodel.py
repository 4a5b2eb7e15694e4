"""The read model: the latest revision of every alert in Redis, and what was said of it. Its loss stops no detection."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import islice
from typing import Any, Literal, NamedTuple, cast

import msgspec
import orjson
from redis import Redis
from redis.exceptions import RedisError

from monitor.contract.feedback import TODO
from monitor.contract.work import SNOOZE, Snoozed, Subject, in_force, subject_of
from monitor.errors import ConfigurationError, InputError
from monitor.history import marked
from monitor.incidents import incident_of, incidents_of
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.layout import Keys, State, amount_of, names_of, outcome_of, score_of
from monitor.workdays import WorkingDays
from rules.engine.finding import SEVERITIES
from rules.reference import Reference
from rules.times import parse

Alert = dict[str, Any]
Order = Literal["newest", "amount", "severity", "due"]

SHORTEST_PREFIX = 4
"""Characters of an id that are enough to look for it."""
AT_ONCE = 500
"""So many ids are asked for at once."""
FETCHED = 64
"""So many alerts are fetched at once: a little more than a page."""
COUNTED = 10_000
"""Alerts under several names at once are counted up to here: then there are at least as many."""
LOOKED_THROUGH = 20_000
"""So many alerts at most are looked through for a text."""


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

    def names(self) -> list[tuple[str, ...]]:
        """Under which names it is found: under one of each.

        Long because each thing that may be wished has names of its own.
        """
        # What is open has names of its own by severity: the figures of the first page are each the size of a set.
        is_both = self.is_open and self.severity is not None
        asked = {
            "rule": self.rule, "status": self.status, "institution": self.institution,
            "severity": None if is_both else self.severity, "open": self.severity if is_both else None,
            "state": "open" if self.is_open and not is_both else None,
            "person": self.person, "stage": self.stage, "region": self.region, "disposition": self.disposition,
            "assignee": self.assignee, "due": None if self.overdue_before is None else "yes",
        }  # fmt: skip
        found: list[tuple[str, ...]] = [(f"{kind}:{value}",) for kind, value in asked.items() if value is not None]
        if self.min_severity is not None:
            found.append(tuple(f"severity:{one}" for one in SEVERITIES[SEVERITIES.index(self.min_severity) :]))
        if self.within is not None:
            found.append(self.within.names)
        return found

    def matches(self, alert: Alert, state: State) -> bool:
        """Whether an alert is wanted that is in this state."""
        under = {*names_of(alert), *state.names()}
        return (
            all(under.intersection(some) for some in self.names())
            and (self.since is None or parse(alert["last_time"]) >= self.since)
            and (self.overdue_before is None or state.opened < self.overdue_before)
            and self.says(alert)
        )

    def says(self, alert: Alert) -> bool:
        """Whether the text that is looked for stands in an alert."""
        if self.text is None:
            return True
        texts = (
            *(alert.get("text") or {}).values(), alert["alert_id"], alert.get("rule_name"), alert.get("rule_name_en"),
            alert.get("fixmedins_name"), alert.get("rule_id"),
            *(f"{row.get('setl_id')} {row.get('item_name')}" for row in alert.get("evidence") or ()),
        )  # fmt: skip
        wanted = self.text.casefold()
        return any(wanted in (text or "").casefold() for text in texts)

    def may_say(self, json: bytes) -> bool:
        """Whether an alert may say the text, asked of its bytes: most are passed over so, without decoding them.

        What JSON writes in another way has a backslash: such an alert is asked itself.
        """
        return self.text is None or b"\\" in json or self.text.casefold() in json.decode().casefold()


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


class ReadModel:
    """Reads alerts from Redis, and marks what is history. Raises ConfigurationError where Redis does not answer.

    live_from: from when the area is live, ms UTC; 0 where it always was.
    """

    def __init__(self, url: str, prefix: str, live_from: int = 0) -> None:
        check_url(url)
        self._live_from = live_from
        self._redis = Redis.from_url(url)
        self._keys = Keys(prefix)

    def search(self, wanted: Wanted, limit: int, order: Order = "newest", at: int = 0) -> Listed:
        """Alerts that are wanted, and how many there are.

        limit: of incidents; most have one alert. An incident stands where its first alert in this order stands.
        at: so many alerts of the list were looked at before.
        """
        try:
            listed = self._search(wanted, limit, order, at)
            return replace(listed, newest=self._with_snoozes(listed.newest))
        except RedisError as error:
            raise self._unreachable(error) from None

    def count(self, wanted: Wanted) -> int:
        """How many are wanted, whatever the text; of those under several names at most COUNTED are counted."""
        try:
            return self._count(wanted)[0]
        except RedisError as error:
            raise self._unreachable(error) from None

    def beside(self, alert: Alert, within: Jurisdiction | None = None) -> list[Alert]:
        """The other alerts of the incident of an alert that whoever asks may see, newest first."""
        try:
            members = self._fetch(self._under(f"incident:{incident_of(alert)}"))
        except RedisError as error:
            raise self._unreachable(error) from None
        others = [one.alert for one in members if one is not None and one.alert["alert_id"] != alert["alert_id"]]
        return [one for one in others if within is None or within.covers(one)]

    def one(self, alert_id: str, within: Jurisdiction | None = None) -> Alert | None:
        """An alert by its id, or by the beginning of it; None also where whoever asks may not see it.

        Raises InputError where several ids begin so.
        """
        try:
            value = self._value(alert_id)
            if value is None and len(alert_id) >= SHORTEST_PREFIX:
                value = self._by_prefix(alert_id, within)
        except RedisError as error:
            raise self._unreachable(error) from None
        alert = None if value is None else self._read(value)
        if alert is None or not (within is None or within.covers(alert)):
            return None
        return self._with_snoozes([alert])[0]

    def snoozes(self) -> dict[Subject, Snoozed]:
        """The snoozes that are in force, by what they are about."""
        try:
            values = cast("list[bytes]", self._redis.zrange(self._keys.snoozes, 0, -1))
        except RedisError as error:
            raise self._unreachable(error) from None
        return in_force(map(SNOOZE.validate_json, values), int(time.time() * 1000))

    def _with_snoozes(self, alerts: list[Alert]) -> list[Alert]:
        """The alerts, with `snoozed`, the end, where nobody is told of them now."""
        snoozes = self.snoozes()
        if not snoozes:
            return alerts
        found = [(one, snoozes.get(subject_of(one))) for one in alerts]
        return [one if snooze is None else one | {"snoozed": snooze.until.isoformat()} for one, snooze in found]

    def said_of(self, alert_id: str) -> list[dict[str, str]]:
        """The dispositions of an alert, as they stand on the feedback topic; the first one first."""
        try:
            values = cast("list[bytes]", self._redis.zrange(self._keys.feedback(alert_id), 0, -1))
        except RedisError as error:
            raise self._unreachable(error) from None
        return [orjson.loads(one) for one in values]

    def done_with(self, alert_id: str) -> list[dict[str, str]]:
        """The work on an alert, as it stands on its topic; the first act first."""
        try:
            values = cast("list[bytes]", self._redis.zrange(self._keys.work(alert_id), 0, -1))
        except RedisError as error:
            raise self._unreachable(error) from None
        return [orjson.loads(one) for one in values]

    def acts_on(self, alert_ids: Sequence[str]) -> dict[str, tuple[list[dict[str, str]], list[dict[str, str]]]]:
        """What was said of each alert and done with it, as `said_of` and `done_with` give it."""
        pipe = self._redis.pipeline(transaction=False)
        for one in alert_ids:
            pipe.zrange(self._keys.feedback(one), 0, -1)
            pipe.zrange(self._keys.work(one), 0, -1)
        try:
            answers = iter(cast("list[list[bytes]]", pipe.execute()))
        except RedisError as error:
            raise self._unreachable(error) from None
        return {one: ([*map(orjson.loads, next(answers))], [*map(orjson.loads, next(answers))]) for one in alert_ids}

    def newest_trigger(self) -> int:
        """The last trigger of the newest alert, ms UTC; 0 where there is no alert."""
        try:
            newest = cast("list[tuple[bytes, float]]", self._redis.zrevrange(self._keys.newest, 0, 0, withscores=True))
        except RedisError as error:
            raise self._unreachable(error) from None
        return int(newest[0][1]) if newest else 0

    def numbers_of(self, institutions: Sequence[str], spans: Sequence[tuple[int, int]]) -> list[Sequence[int]]:
        """For each institution how many alerts had their last trigger in each span, from and before, ms UTC."""
        pipe = self._redis.pipeline(transaction=False)
        for code in institutions:
            for start, end in spans:
                pipe.zcount(self._keys.by(f"institution:{code}"), start, f"({end}")
        try:
            return _rows(cast("list[int]", pipe.execute()), len(spans))
        except RedisError as error:
            raise self._unreachable(error) from None

    def state_of(self, alert_id: str) -> State:
        """What became of an alert that is there."""
        try:
            value = cast("bytes | None", self._redis.hget(self._keys.alert(alert_id), "state"))
        except RedisError as error:
            raise self._unreachable(error) from None
        return _state(value)

    def working_days(self) -> WorkingDays:
        """Working days as the table `calendar` has them."""
        try:
            rows = cast("dict[bytes, bytes]", self._redis.hgetall(self._keys.calendar))
        except RedisError as error:
            raise self._unreachable(error) from None
        reference = Reference()
        for row in rows.values():
            reference.put("calendar", orjson.loads(row))
        return WorkingDays(reference)

    def precision_of(
        self, rules: Iterable[str], outcomes: Sequence[str], within: Jurisdiction | None = None
    ) -> dict[str, Precision]:
        """What became of the leads of each rule, of those that whoever asks may see."""
        names = [*rules]
        said = self._numbers([outcome_of(rule, one) for rule in names for one in outcomes], within)
        alerts = self._numbers([f"rule:{rule}" for rule in names], within)
        of_rules = zip(names, alerts, _rows(said, len(outcomes)), strict=True)
        return {rule: Precision(number, dict(zip(outcomes, row, strict=True))) for rule, number, row in of_rules}

    def by_month(
        self, rule: str, outcomes: Sequence[str], months: Sequence[str], within: Jurisdiction | None = None
    ) -> dict[str, Precision]:
        """What was said last in each month, yyyy-mm in Beijing, of the leads of a rule that are kept.

        Leads that corrected themselves are in none. within: what whoever asks may see.
        """
        said = self._numbers([outcome_of(rule, one, month) for month in months for one in outcomes], within)
        rows = zip(months, _rows(said, len(outcomes)), strict=True)
        return {month: Precision(sum(row), dict(zip(outcomes, row, strict=True))) for month, row in rows}

    def _numbers(self, names: Sequence[str], within: Jurisdiction | None) -> list[int]:
        """How many alerts are found under each name."""
        try:
            return self._counts(names, within)
        except RedisError as error:
            raise self._unreachable(error) from None

    def heard(self) -> bytes | None:
        """When each institution was last heard of, as the watcher saved it."""
        try:
            return cast("bytes | None", self._redis.get(self._keys.heard))
        except RedisError as error:
            raise self._unreachable(error) from None

    def follow(self, wanted: Wanted, limit: int) -> Iterator[Alert]:
        """The newest alerts that are wanted, oldest first; then every revision that is taken, for ever."""
        news = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # as redis has it
        try:
            news.subscribe(self._keys.news)  # before the list is read: nothing is missed in between
            yield from reversed(self.search(wanted, limit).newest)
            for message in news.listen():
                alert = self._read(message["data"])
                if wanted.matches(alert, self.state_of(alert["alert_id"])):
                    yield alert
        except RedisError as error:
            raise self._unreachable(error) from None
        finally:
            news.close()

    def _search(self, wanted: Wanted, limit: int, order: Order, at: int) -> Listed:
        """A page of incidents that begins at this position.

        Long because an incident is shown once, where its first alert that is wanted stands, with all that are wanted.
        """
        alerts: list[Alert] = []
        states: dict[str, State] = {}
        shown, next_at = 0, None
        ids = islice(self._walk(wanted, order), at, None if wanted.text is None else at + LOOKED_THROUGH)
        for position, (one, others) in enumerate(self._with_incidents(ids, wanted), at):
            if shown == limit:
                next_at = position
                break
            incident = [some for some in (one, *others) if some is not None and wanted.matches(*some)]
            if one is None or max(incident, key=lambda some: _place(some, order), default=None) is not one:
                continue
            shown += 1
            [of_one] = incidents_of(some.alert for some in incident)
            alerts += [cast("Alert", some) for some in (of_one.speaker, *of_one.attached)]
            states |= {some.alert["alert_id"]: some.state for some in incident}
        total, is_more = self._count(wanted) if wanted.text is None else (len(alerts), next_at is not None)
        return Listed(alerts, total, is_more, states, next_at)

    def _with_incidents(
        self, ids: Iterator[str], wanted: Wanted
    ) -> Iterator[tuple[_Known | None, list[_Known | None]]]:
        """Each alert, None where it is gone meanwhile or lacks the text, and the others of its incident."""
        while some := [*islice(ids, FETCHED if wanted.text is None else AT_ONCE)]:
            known = self._fetch(some, wanted)
            pipe = self._redis.pipeline(transaction=False)
            for found in known:
                if found is not None:
                    pipe.zrange(self._keys.by(f"incident:{incident_of(found.alert)}"), 0, -1)
            members = iter(cast("list[list[bytes]]", pipe.execute()))
            for one in known:
                incident = [] if one is None else [member.decode() for member in next(members)]
                yield one, self._fetch([other for other in incident if one and other != one.alert["alert_id"]])

    def _fetch(self, ids: Sequence[str], wanted: Wanted | None = None) -> list[_Known | None]:
        """Alerts by their ids, and what became of each. wanted: None for an alert that lacks its text."""
        if not ids:
            return []
        pipe = self._redis.pipeline(transaction=False)
        for one in ids:
            pipe.hmget(self._keys.alert(one), "json", "state")
        return [
            None if json is None or (wanted and not wanted.may_say(json)) else _Known(self._read(json), _state(state))
            for json, state in pipe.execute()
        ]

    def _count(self, wanted: Wanted) -> tuple[int, bool]:
        """How many are wanted, and whether there are more than that: many that stand under several names."""
        names = wanted.names()
        if wanted.since is None and not names:
            return self._redis.zcard(self._keys.newest), False
        # Under the names of a jurisdiction an alert may stand several times.
        is_one_set = len(names) == 1 and (wanted.within is None or len(names[0]) == 1)
        if is_one_set and wanted.since is None and wanted.overdue_before is None:
            return self._sizes(names)[0], False
        found = sum(1 for _ in islice(self._walk(wanted, "newest"), COUNTED + 1))
        return min(found, COUNTED), found > COUNTED

    def _counts(self, names: Sequence[str], within: Jurisdiction | None) -> list[int]:
        """How many alerts stand under each name; of a jurisdiction those alone, in one step of Redis."""
        keys = [self._keys.by(name) for name in names]
        pipe = self._redis.pipeline(transaction=within is not None)
        if within is None:
            for key in keys:
                pipe.zcard(key)
            return cast("list[int]", pipe.execute())
        seen, some = self._keys.within, f"{self._keys.within}:some"
        pipe.zunionstore(seen, [self._keys.by(name) for name in within.names])
        for key in keys:
            pipe.zinterstore(some, [seen, key])
        pipe.delete(seen, some)
        return cast("list[int]", pipe.execute()[1:-1])

    # Ids in an order. What stands under the fewest names is gone through, and the other names are asked for each batch.

    def _walk(self, wanted: Wanted, order: Order) -> Iterator[str]:
        ids = self._named(wanted, order)
        if wanted.overdue_before is None:
            yield from ids
            return
        while some := [*islice(ids, AT_ONCE)]:
            scores = self._redis.zmscore(self._keys.due, some)
            yield from (one for one, score in zip(some, scores, strict=True) if -(score or 0) < wanted.overdue_before)

    def _named(self, wanted: Wanted, order: Order) -> Iterator[str]:
        """What stands under the names, and was triggered since."""
        names = wanted.names()
        if order in _OF_THEIR_OWN:
            key = self._keys.costliest if order == "amount" else self._keys.due
            yield from self._through([key], names, wanted.since, by_time=False)
        elif order == "severity":
            for severity in reversed(SEVERITIES):
                yield from self._through([self._keys.by(f"severity:{severity}")], names, wanted.since)
        elif names:
            sizes = self._sizes(names)
            fewest = sizes.index(min(sizes))
            others = [some for number, some in enumerate(names) if number != fewest]
            yield from self._through([self._keys.by(one) for one in names[fewest]], others, wanted.since)
        else:
            yield from self._through([self._keys.newest], [], wanted.since)

    def _sizes(self, names: Sequence[tuple[str, ...]]) -> list[int]:
        pipe = self._redis.pipeline(transaction=False)
        for some in names:
            for one in some:
                pipe.zcard(self._keys.by(one))
        counts = iter(cast("list[int]", pipe.execute()))
        return [sum(islice(counts, len(some))) for some in names]

    def _through(
        self, keys: Sequence[str], others: Sequence[tuple[str, ...]], since: int | None, *, by_time: bool = True
    ) -> Iterator[str]:
        """What stands in one of the sets and under the other names, the greatest score first, nothing twice."""
        scored = merge(*(self._scored(key, since if by_time else None) for key in keys), reverse=True)
        seen = set[bytes]()
        while batch := [one for _, one in islice(scored, AT_ONCE)]:
            fresh = [one for one in dict.fromkeys(batch) if one not in seen]
            seen.update(fresh)
            yield from self._under_all([one.decode() for one in fresh], others, None if by_time else since)

    def _under_all(self, ids: list[str], names: Sequence[tuple[str, ...]], since: int | None) -> Iterator[str]:
        """Those of the ids that stand under one name of each group, and are not older than since.

        Long because all is asked of Redis in one go, and the answers are taken apart again.
        """
        if not ids or (not names and since is None):
            yield from ids
            return
        keys = [self._keys.by(one) for some in names for one in some]
        if since is not None:
            keys.append(self._keys.newest)
        pipe = self._redis.pipeline(transaction=False)
        for key in keys:
            pipe.zmscore(key, ids)
        columns = iter(cast("list[list[float | None]]", pipe.execute()))
        groups = [[*islice(columns, len(some))] for some in names]
        is_late = [True] * len(ids) if since is None else [(last or 0) >= since for last in next(columns)]
        for at, one in enumerate(ids):
            if is_late[at] and all(any(column[at] is not None for column in group) for group in groups):
                yield one

    def _scored(self, key: str, since: int | None) -> Iterator[tuple[float, bytes]]:
        """The ids of a set with their scores, the greatest first; one that moves meanwhile may come twice."""
        start = 0
        least = "-inf" if since is None else since
        while some := self._redis.zrevrangebyscore(key, "+inf", least, start, AT_ONCE, withscores=True):
            yield from ((score, one) for one, score in cast("list[tuple[bytes, float]]", some))
            start += AT_ONCE

    def _under(self, name: str) -> list[str]:
        return [one.decode() for one in cast("list[bytes]", self._redis.zrevrange(self._keys.by(name), 0, -1))]

    def _read(self, value: bytes) -> Alert:
        return marked(orjson.loads(value), self._live_from)

    def _value(self, alert_id: str) -> bytes | None:
        return cast("bytes | None", self._redis.hget(self._keys.alert(alert_id), "json"))

    def _by_prefix(self, prefix: str, within: Jurisdiction | None) -> bytes | None:
        wanted = prefix.encode()
        ids = cast("list[bytes]", self._redis.zrange(self._keys.newest, 0, -1))
        begin_so = sorted(one.decode() for one in ids if one.startswith(wanted))
        found = [*self._under_all(begin_so, Wanted(within=within).names(), since=None)]
        if len(found) > 1:
            raise InputError(f"{prefix}: expected the beginning of one id, {len(found)} begin so")
        return self._value(found[0]) if found else None

    def _unreachable(self, error: RedisError) -> ConfigurationError:
        return ConfigurationError(f"MONITOR_REDIS: expected a Redis that answers: {type(error).__name__}")


class _Known(NamedTuple):
    """An alert, and what became of it."""

    alert: Alert
    state: State


def _state(value: bytes | None) -> State:
    """What became of an alert; nothing where an earlier release wrote it and the read model is not built again yet."""
    return State() if value is None else _decode_state(value)


_decode_state = msgspec.json.Decoder(State).decode


def _rows(numbers: Sequence[int], width: int) -> list[Sequence[int]]:
    """Numbers as rows of so many."""
    return [numbers[at : at + width] for at in range(0, len(numbers), width)]


def _place(one: _Known, order: Order) -> tuple[float, float, str]:
    """Where an alert stands in an order: the greatest comes first."""
    alert = one.alert
    last, severity = score_of(alert), alert.get("severity")
    first = {
        "newest": 0.0, "amount": amount_of(alert), "severity": float(_rank(severity)), "due": float(-one.state.opened),
    }[order]  # fmt: skip
    return first, 0.0 if order in _OF_THEIR_OWN else last, alert["alert_id"]


_OF_THEIR_OWN = ("amount", "due")
"""Orders that have a sorted set of their own, in which of equals the greater id stands first."""


def _rank(severity: object) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1

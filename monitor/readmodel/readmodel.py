"""The read model: the latest revision of every alert in Redis. It can be dropped and is built again from the topic.

An alert is a hash <prefix>:alert:<alert_id> {revision, json}; <prefix>:alerts orders the ids by the time of their
first trigger. Its loss stops no detection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import orjson
from redis import Redis
from redis.exceptions import RedisError

from monitor.errors import ConfigurationError, InputError
from monitor.history import marked
from monitor.incidents import incident_of
from rules.engine.finding import SEVERITIES
from rules.times import parse

Alert = dict[str, Any]


OPEN = ("opened", "updated")
SHORTEST_PREFIX = 4
"""Characters of an id that are enough to look for it."""
AT_ONCE = 200


@dataclass(frozen=True)
class Wanted:
    """Which alerts a list shows; None takes all. since: ms UTC, of the last trigger. person: a pseudonym."""

    rule: str | None = None
    severity: str | None = None
    status: str | None = None
    institution: str | None = None
    min_severity: str | None = None
    since: int | None = None
    is_open: bool = False
    person: str | None = None

    def matches(self, alert: Alert) -> bool:
        """Whether an alert is wanted."""
        asked = {
            "rule_id": self.rule,
            "severity": self.severity,
            "status": self.status,
            "fixmedins_code": self.institution,
        }
        return (
            all(value is None or alert[name] == value for name, value in asked.items())
            and (self.min_severity is None or _rank(alert["severity"]) >= _rank(self.min_severity))
            and (self.since is None or parse(alert["last_time"]) >= self.since)
            and (not self.is_open or alert["status"] in OPEN)
            and (self.person is None or self.person in _persons(alert))
        )


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def _persons(alert: Alert) -> set[str]:
    """The persons whom an alert is about, or who stand in its evidence."""
    return {alert["subject"]["id"], *(row["person"] for row in alert["evidence"])}


@dataclass(frozen=True)
class Listed:
    """The newest alerts that are wanted, newest first, and how many are wanted in all."""

    newest: list[Alert]
    total: int


def news_of(prefix: str) -> str:
    """The channel of Redis on which every revision is told that was taken."""
    return f"{prefix}:alerts:news"


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
        self._url, self._prefix = url, prefix

    def search(self, wanted: Wanted, limit: int) -> Listed:
        """The newest alerts that are wanted, and the others of their incidents that are; all are counted.

        limit: of incidents; most have one alert.
        """
        newest: list[Alert] = []
        incidents: set[str] = set()
        total = 0
        for alert in self._all():
            if wanted.matches(alert):
                total += 1
                incident = incident_of(alert)
                if len(incidents) < limit or incident in incidents:
                    incidents.add(incident)
                    newest.append(alert)
        return Listed(newest, total)

    def beside(self, alert: Alert) -> list[Alert]:
        """The other alerts of the incident of an alert, newest first."""
        incident = incident_of(alert)
        return [one for one in self._all() if incident_of(one) == incident and one["alert_id"] != alert["alert_id"]]

    def one(self, alert_id: str) -> Alert | None:
        """An alert by its id, or by the beginning of it. Raises InputError where several ids begin so."""
        try:
            value = self._value(alert_id)
            if value is None and len(alert_id) >= SHORTEST_PREFIX:
                value = self._by_prefix(alert_id)
        except RedisError as error:
            raise self._unreachable(error) from None
        return None if value is None else self._read(value)

    def follow(self, wanted: Wanted, limit: int) -> Iterator[Alert]:
        """The newest alerts that are wanted, oldest first; then every revision that is taken, for ever."""
        news = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # as redis has it
        try:
            news.subscribe(news_of(self._prefix))  # before the list is read: nothing is missed in between
            yield from reversed(self.search(wanted, limit).newest)
            for message in news.listen():
                alert = self._read(message["data"])
                if wanted.matches(alert):
                    yield alert
        except RedisError as error:
            raise self._unreachable(error) from None
        finally:
            news.close()

    def _read(self, value: bytes) -> Alert:
        return marked(orjson.loads(value), self._live_from)

    def _value(self, alert_id: str) -> bytes | None:
        return cast("bytes | None", self._redis.hget(f"{self._prefix}:alert:{alert_id}", "json"))

    def _by_prefix(self, prefix: str) -> bytes | None:
        wanted = prefix.encode()
        ids = cast("list[bytes]", self._redis.zrange(f"{self._prefix}:alerts", 0, -1))
        found = sorted(one for one in ids if one.startswith(wanted))
        if len(found) > 1:
            raise InputError(f"{prefix}: expected the beginning of one id, {len(found)} begin so")
        return self._value(found[0].decode()) if found else None

    def _all(self) -> Iterator[Alert]:
        start = 0
        while True:
            try:
                ids = cast("list[bytes]", self._redis.zrevrange(f"{self._prefix}:alerts", start, start + AT_ONCE - 1))
                pipe = self._redis.pipeline(transaction=False)
                for one in ids:
                    pipe.hget(f"{self._prefix}:alert:{one.decode()}", "json")
                values = pipe.execute()
            except RedisError as error:
                raise self._unreachable(error) from None
            if not ids:
                return
            yield from (self._read(value) for value in values if value is not None)
            start += AT_ONCE

    def _unreachable(self, error: RedisError) -> ConfigurationError:
        return ConfigurationError(f"MONITOR_REDIS: expected a Redis that answers: {type(error).__name__}")

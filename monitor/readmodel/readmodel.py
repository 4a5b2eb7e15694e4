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

from monitor.errors import ConfigurationError

Alert = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Which alerts a list shows; None takes all."""

    rule: str | None = None
    severity: str | None = None
    status: str | None = None
    institution: str | None = None

    def matches(self, alert: Alert) -> bool:
        """Whether an alert is wanted."""
        asked = {
            "rule_id": self.rule,
            "severity": self.severity,
            "status": self.status,
            "fixmedins_code": self.institution,
        }
        return all(value is None or alert[name] == value for name, value in asked.items())


def check_url(url: str) -> None:
    """Refuse what is no address of a Redis. Raises ConfigurationError, without the password that may stand in it."""
    try:
        Redis.from_url(url)
    except ValueError:
        raise ConfigurationError("MONITOR_REDIS: expected redis://host:port/number, rediss:// or unix://") from None


class ReadModel:
    """Reads alerts from Redis. Raises ConfigurationError where Redis does not answer."""

    def __init__(self, url: str, prefix: str) -> None:
        check_url(url)
        self._redis = Redis.from_url(url)
        self._url, self._prefix = url, prefix

    def newest(self, wanted: Wanted, limit: int) -> list[Alert]:
        """The newest alerts that are wanted, newest first."""
        found: list[Alert] = []
        for alert in self._all():
            if wanted.matches(alert):
                found.append(alert)
                if len(found) == limit:
                    break
        return found

    def one(self, alert_id: str) -> Alert | None:
        """An alert by its id."""
        try:
            value = cast("bytes | None", self._redis.hget(f"{self._prefix}:alert:{alert_id}", "json"))
        except RedisError as error:
            raise self._unreachable(error) from None
        return None if value is None else cast("Alert", orjson.loads(value))

    def _all(self, page: int = 200) -> Iterator[Alert]:
        start = 0
        while True:
            try:
                ids = cast("list[bytes]", self._redis.zrevrange(f"{self._prefix}:alerts", start, start + page - 1))
            except RedisError as error:
                raise self._unreachable(error) from None
            if not ids:
                return
            for one in ids:
                if (alert := self.one(one.decode())) is not None:
                    yield alert
            start += page

    def _unreachable(self, error: RedisError) -> ConfigurationError:
        return ConfigurationError(f"MONITOR_REDIS: expected a Redis that answers: {type(error).__name__}")

"""Which sessions go on: Redis has their names, so that one that was ended is ended at every console of the area."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import RedisError

from monitor.errors import ConfigurationError
from monitor.readmodel.layout import Keys

ANSWER_SECONDS = 3.0
"""So long may Redis take. Our assumption: who asks for a page waits no longer."""


class Sessions:
    """The sessions of an area. What Redis has lost is over: somebody logs in again.

    Raises ConfigurationError where Redis does not answer: then it is not known, and nobody is let through.
    """

    def __init__(self, url: str, keys: Keys) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=ANSWER_SECONDS, socket_timeout=ANSWER_SECONDS)
        self._keys = keys

    def begin(self, seconds: int) -> str:
        """A new session, as its name. seconds: so long it goes on, one at the least."""
        name = secrets.token_urlsafe(24)
        with _answering():
            self._redis.set(self._keys.session(name), 1, ex=max(1, seconds))
        return name

    def goes_on(self, name: str) -> bool:
        """Whether a session was begun and not ended."""
        with _answering():
            return bool(self._redis.exists(self._keys.session(name)))

    def end(self, name: str) -> None:
        """End a session; one that is none already is passed over."""
        with _answering():
            self._redis.delete(self._keys.session(name))


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise ConfigurationError(f"MONITOR_REDIS: expected a Redis that answers: {type(error).__name__}") from None

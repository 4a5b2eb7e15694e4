"""Posts to Alertmanager's API v2. What it does not take is kept by the caller, and posted again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

import aiohttp
import orjson

from monitor.notify.book import Post
from rules.times import iso

SECONDS = 10.0
"""So long an answer is waited for. Our assumption."""
AT_ONCE = 500
"""So many alerts are posted in one request. Our assumption: half a megabyte."""
PATH = "/api/v2/alerts"


class AwayError(Exception):
    """Alertmanager does not answer, or says that it cannot take anything now. Its text holds no address."""


class Alertmanager:
    """One Alertmanager, or all of a cluster: each one is told everything, as Alertmanager asks of its clients."""

    def __init__(self, addresses: str) -> None:
        self._urls = [address.strip().rstrip("/") + PATH for address in addresses.split(",")]
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, posts: Sequence[Post]) -> int:
        """Post all; gives how many requests were refused as such: posting them again would not help.

        Raises AwayError where somebody does not take it. What was taken until then may be posted again.
        """
        refused = 0
        for url in self._urls:
            for body in _bodies(posts):
                refused += await self._one(url, body)
        return refused

    async def _one(self, url: str, body: bytes) -> bool:
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError(type(error).__name__) from None
        # It may be starting, or behind a proxy that wants a name: time helps, or a person.
        if status >= 500 or status in (401, 403, 404, 408, 429):
            raise AwayError(f"status {status}")
        return status != 200


def _bodies(posts: Sequence[Post]) -> Iterator[bytes]:
    for start in range(0, len(posts), AT_ONCE):
        yield orjson.dumps([_alert(post) for post in posts[start : start + AT_ONCE]])


def _alert(post: Post) -> dict[str, object]:
    return {
        "labels": post.labels,
        "annotations": post.annotations,
        "startsAt": iso(post.starts),
        "endsAt": iso(post.ends),
    }

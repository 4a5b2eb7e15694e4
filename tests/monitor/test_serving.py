"""What a process says of itself over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from monitor.serving import Answer, serve


@pytest.fixture
def address() -> Iterator[str]:
    """Of a server with two metrics, one answer that is well and one that is not."""
    registry = CollectorRegistry()
    Counter("events", "Events.", registry=registry).inc(3)
    Gauge("lag", "Lag.", registry=registry).set(5)
    answers: dict[str, Answer] = {
        "/healthz": lambda: (True, {"lag": 5}),
        "/readyz": lambda: (False, {"why": "starting"}),
    }
    with serve(registry, answers, "127.0.0.1", 0) as server:
        yield "http://{}:{}".format(*server.server_address[:2])
        server.shutdown()


def got(url: str) -> tuple[int, str]:
    """Status and body."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a server of the test
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def samples(text: str) -> set[str]:
    """What is told, without comments."""
    return {line for line in text.splitlines() if not line.startswith("#") and "_created" not in line}


def test_all_metrics_or_those_that_are_named(address: str) -> None:
    """As Prometheus names them; no name means all."""
    asked = {
        "": {"events_total 3.0", "lag 5.0"},
        "?name[]=lag": {"lag 5.0"},
        "?name%5B%5D=events_total": {"events_total 3.0"},
        "?name[]=lag&name[]=events_total": {"events_total 3.0", "lag 5.0"},
        "?name[]=nothing": set(),
        "?other=lag": {"events_total 3.0", "lag 5.0"},
    }

    told = {query: got(f"{address}/metrics{query}") for query in asked}

    assert {query: (200, found) for query, found in asked.items()} == {
        query: (status, samples(text)) for query, (status, text) in told.items()
    }


def test_answers_and_what_is_not_there(address: str) -> None:
    """503 where it is not well."""
    assert [200, 503, 404] == [got(f"{address}/{path}")[0] for path in ("healthz?verbose", "readyz", "other")]
    assert {"ok": False, "why": "starting"} == json.loads(got(f"{address}/readyz")[1])
    assert "expected one of /metrics, /healthz, /readyz\n" == got(f"{address}/other")[1]

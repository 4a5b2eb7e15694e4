"""The read model takes what comes, and is asked in all the ways that people need."""

from __future__ import annotations

import asyncio
import contextlib

import orjson
import pytest
from prometheus_client import generate_latest
from redis import Redis
from structlog.testing import capture_logs

from monitor.errors import InputError
from monitor.readmodel.layout import Keys
from monitor.readmodel.metrics import ReadModelMetrics
from monitor.readmodel.projector import Projector
from monitor.readmodel.readmodel import ReadModel, Wanted
from monitor.readmodel.silence import Silence
from monitor.settings import load_settings
from rules.times import parse


def alert(alert_id: str, **more: object) -> dict[str, object]:
    """An alert, as far as a list looks at it."""
    return {
        "alert_id": alert_id, "revision": 1, "status": "opened", "rule_id": "S01", "severity": "high",
        "fixmedins_code": "P1", "event_time": "2026-03-05T14:00:00+08:00", "last_time": "2026-03-05T15:00:00+08:00",
        "subject": {"kind": "institution", "id": "P1"}, "evidence": [{"person": "p_1"}],
        "text": {"zh": "线索", "en": "lead"}, **more,
    }  # fmt: skip


GOOD = alert("a")
BAD = [
    b"{",
    b"[]",
    b"null",
    orjson.dumps(GOOD | {"last_time": "yesterday"}),
    orjson.dumps(GOOD | {"last_time": None, "event_time": None}),
    orjson.dumps(GOOD | {"revision": "x"}),
    orjson.dumps({"alert_id": "b"}),
    *(orjson.dumps({name: value for name, value in GOOD.items() if name != left}) for left in ("severity", "evidence")),
    orjson.dumps(GOOD | {"subject": None}),
]


@pytest.mark.redis
def test_what_is_no_alert_is_set_aside(redis_url: str, prefix: str) -> None:
    """What stands around it is kept; the log says why, and nothing of what it was."""
    with capture_logs() as said:
        model = written(redis_url, prefix, *BAD, orjson.dumps(GOOD), *BAD)

    listed = model.search(Wanted(), 10)
    assert ([GOOD], 1, {"a"}) == (listed.newest, listed.total, {*listed.states})
    assert len(said) == 2 * len(BAD)
    assert {frozenset(line) for line in said} == {frozenset({"event", "log_level", "reason"})}


@pytest.mark.redis
def test_an_older_revision_changes_nothing(redis_url: str, prefix: str) -> None:
    """Revisions may come twice and in any order."""
    newer = GOOD | {"revision": 2}
    for one in (newer, GOOD):
        written(redis_url, prefix, one)

    model = written(redis_url, prefix, newer)

    assert model.one("a") == newer


@pytest.mark.redis
def test_what_was_before_the_area_went_live_is_marked(redis_url: str, prefix: str) -> None:
    """By its last trigger, in a list and alone; where the area always was live, nothing is."""
    live = written(redis_url, prefix, alert("a"), alert("b", last_time="2026-03-06T00:00:00+08:00"))
    model = ReadModel(load_settings(redis=redis_url, prefix=prefix, live_from="2026-03-06"))

    assert {"a": True, "b": None} == {
        one["alert_id"]: one.get("historical") for one in model.search(Wanted(), 9).newest
    }
    assert alert("a") | {"historical": True} == model.one("a")
    assert alert("a") == live.one("a")


async def test_a_kafka_that_refuses_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, with a new consumer; detection goes on meanwhile."""
    monkeypatch.setattr("monitor.readmodel.projector.AGAIN_SECONDS", 0.01)
    projector = Projector(load_settings(brokers="127.0.0.1:1", redis="redis://127.0.0.1:1"))
    with capture_logs() as said:
        running = asyncio.create_task(projector.run())
        async with asyncio.timeout(30):
            while len(said) < 3:
                assert not running.done()
                await asyncio.sleep(0.01)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    assert {line["reason"] for line in said} == {"KafkaConnectionError"}


def written(redis_url: str, prefix: str, *alerts: dict[str, object] | bytes) -> ReadModel:
    """A read model that holds these alerts."""
    settings = load_settings(redis=redis_url, prefix=prefix)
    Projector(settings).put(alerts=[one if isinstance(one, bytes) else orjson.dumps(one) for one in alerts])
    return ReadModel(settings)


@pytest.mark.redis
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), "abcd"),
        (Wanted(rule="S02"), "b"),
        (Wanted(min_severity="high"), "abd"),
        (Wanted(is_open=True), "abc"),
        (Wanted(since=parse("2026-03-05 15:00:00")), "abd"),
        (Wanted(since=parse("2026-03-05 15:00:01")), "b"),
        (Wanted(person="p_1"), "abd"),
        (Wanted(person="p_2"), "bc"),
        (Wanted(institution="P1", status="closed"), "d"),
    ],
    ids=repr,
)
def test_what_is_wanted_is_found(redis_url: str, prefix: str, wanted: Wanted, found: str) -> None:
    """By rule, severity, status, institution, person and time; each bound counts in."""
    model = written(
        redis_url, prefix, alert("a"),
        alert("b", rule_id="S02", severity="critical", status="updated", subject={"kind": "person", "id": "p_2"},
              last_time="2026-03-06T00:00:00+08:00"),
        alert("c", severity="warning", evidence=[{"person": "p_2"}], last_time="2026-03-05T14:59:59+08:00"),
        alert("d", status="closed"),
    )  # fmt: skip

    assert set(found) == {one["alert_id"] for one in model.search(wanted, 50).newest}


@pytest.mark.redis
def test_all_are_counted(redis_url: str, prefix: str) -> None:
    """However few are shown."""
    model = written(redis_url, prefix, *(alert(f"a{number}") for number in range(450)))

    listed = model.search(Wanted(), 3)

    assert (3, 450) == (len(listed.newest), listed.total)


@pytest.mark.redis
def test_an_id_may_be_cut(redis_url: str, prefix: str) -> None:
    """Its beginning is enough, as long as no other id begins so."""
    model = written(redis_url, prefix, alert("abcd1"), alert("abcd22"), alert("abcd2"))

    found = model.one("abcd1"), model.one("abcd22"), model.one("abcd2"), model.one("abce"), model.one("abc")

    assert ["abcd1", "abcd22", "abcd2", None, None] == [one and one["alert_id"] for one in found]
    with pytest.raises(InputError, match="abcd: expected the beginning of one id, 3 begin so"):
        model.one("abcd")


@pytest.mark.redis
async def test_what_comes_is_followed(redis_url: str, prefix: str) -> None:
    """First what is there, then each revision that is wanted and new."""
    model = written(redis_url, prefix, alert("a"), alert("b", severity="info"))
    followed = model.follow(Wanted(min_severity="high"), 10)
    first = await asyncio.to_thread(next, followed)
    came = [alert("c", severity="info"), alert("a", revision=2, status="closed")]
    written(redis_url, prefix, *came)
    with Redis.from_url(redis_url) as redis:
        for one in came:
            redis.publish(Keys(prefix).news, orjson.dumps(one))
    second = await asyncio.to_thread(next, followed)

    assert [("a", 1), ("a", 2)] == [(one["alert_id"], one["revision"]) for one in (first, second)]


DAY_MS = 86_400_000


def heard(days: list[int], until: int) -> Silence:
    """An institution that sends at noon on these days, and another one at noon of the last day."""
    silence = Silence()
    for day in days:
        silence.hear("P34102100029", NOON + day * DAY_MS)
    silence.hear("P34102100030", NOON + until * DAY_MS)
    return silence


NOON = parse("2026-03-02 12:00:00")


@pytest.mark.parametrize(
    ("days", "until", "expected"),
    [
        ([*range(14)], 15, {}),  # 48 h
        ([*range(14)], 16, {"P34102100029": 3 * 86_400.0}),
        ([*range(4, 14)], 16, {"P34102100029": 3 * 86_400.0}),  # ten days of fourteen
        ([*range(5, 14)], 16, {}),  # nine: it may be closed as usual
        ([*range(14)], 27, {}),  # two weeks: it does not normally send any more
        ([*reversed(range(14))], 16, {"P34102100029": 3 * 86_400.0}),  # in whichever order
        ([0, 20], 24, {}),
    ],
)
def test_who_falls_silent_is_named(days: list[int], until: int, expected: dict[str, float]) -> None:
    """An institution that sent on ten of fourteen days, and nothing for more than 48 hours of the platform's clock."""
    assert expected == heard(days, until).silent()


def test_what_is_no_institution_is_not_watched() -> None:
    """A person's number in the place of an institution never becomes a label."""
    silence = Silence()
    for day in range(14):
        for name in ("341021198001011234", "34102119800101123X", "", "x" * 30, "P1\n"):
            silence.hear(name, NOON + day * DAY_MS)

    assert {} == silence.heard


def test_at_most_twenty_are_named() -> None:
    """Those that fell silent last; all are counted."""
    metrics = ReadModelMetrics()
    metrics.heard({f"P341021{number:05}": 1000.0 + number for number in range(50)})
    metrics.heard({f"P341021{number:05}": 1000.0 + number for number in range(30)})
    lines = generate_latest(metrics.registry).decode().splitlines()
    named = [line for line in lines if line.startswith("settlement_monitor_readmodel_silent_seconds{")]

    assert "settlement_monitor_readmodel_silent_institutions 30.0" in lines
    assert 20 == len(named)
    assert 'settlement_monitor_readmodel_silent_seconds{institution="P34102100000"} 1000.0' in named

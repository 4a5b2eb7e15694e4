"""The pages of institutions and persons: what happened, and leads by week beside those of the peers."""

from __future__ import annotations

import re
from statistics import median

import msgspec
import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, strategies
from redis.asyncio import Redis as AsyncRedis

from monitor.console.growth import FEWEST_PEERS, MOST_PEERS, WEEKS, growth_of, peers_of, picture_of, spans_of
from monitor.console.timeline import MOST, timeline_of
from monitor.readmodel.layout import State
from monitor.readmodel.projector import Projector
from monitor.readmodel.readmodel import ReadModel
from monitor.readmodel.silence import Heard
from monitor.readmodel.watcher import Saved
from monitor.settings import Settings
from rules.times import DAY, clock, iso, parse
from tests.monitor.console._leads import Lead, leads
from tests.monitor.console.test_console import form_of

pytestmark = pytest.mark.redis

SHOP = "P34102100029"


def lead(number: int, institution: str = SHOP, last: str = "2026-03-05T14:00:00+08:00", **more: object) -> Lead:
    """One lead about an institution."""
    [one] = [one for one in leads() if one["rule_id"] == "S01"]
    at = {"alert_id": f"{number:032x}", "incident_id": f"{number:032x}", "fixmedins_code": institution}
    return one | at | {"first_time": last, "last_time": last, "event_time": last} | more


def test_what_happened_is_told_the_last_first() -> None:
    """What was seen, when it was found, what was said, how it ended."""
    seen = "2026-03-05T14:00:00+08:00"
    one = lead(1, first_time="2026-03-05T13:00:00+08:00", status="closed", detected_at="2026-03-09T00:00:00+08:00")
    said = {"kind": "disposed", "at": "2026-03-06T09:00:00+08:00", "disposition": "explained", "by": "王五"}

    found = timeline_of([one], {one["alert_id"]: State(opened=parse(seen) + 1000)}, {one["alert_id"]: [said]})

    assert ["ended", "done", "found", "seen"] == [happened.kind for happened in found]
    assert found[-1].since == parse("2026-03-05T13:00:00+08:00")


def test_an_open_lead_has_not_ended_and_its_window_is_told() -> None:
    """Apart from the first trigger, which is told where there are several."""
    one = lead(1, window={"start": "2026-03-05T13:50:00+08:00", "end": "2026-03-05T14:00:00+08:00"})

    [seen] = timeline_of([one], {}, {})

    assert ("seen", None, parse("2026-03-05T13:50:00+08:00")) == (seen.kind, seen.since, seen.window)
    assert [None] == [one.window for one in timeline_of([lead(2, window=None)], {}, {})]


def test_a_long_history_is_cut_at_its_old_end() -> None:
    """The newest are told."""
    many = [lead(number, last=iso(parse("2026-01-01") + number * DAY)) for number in range(MOST + 5)]

    found = timeline_of(many, {}, {})

    assert [number + 5 for number in range(MOST)][::-1] == [int(one.lead["alert_id"], 16) for one in found]


CODES = strategies.from_regex(r"[PH]34102[12]0000[0-9]", fullmatch=True)


@given(code=CODES, others=strategies.lists(CODES, max_size=30))
def test_peers_are_of_the_same_class_and_region(code: str, others: list[str]) -> None:
    """Never the institution itself."""
    expected = sorted(one for one in others if one[0] == code[0] and one[1:7] == code[1:7] and one != code)

    assert expected == peers_of(code, others)


def test_a_code_of_another_form_has_no_peers_and_peers_have_an_end() -> None:
    """Anything may stand where the code of an institution stands."""
    many = [f"P341021{number:05}" for number in range(MOST_PEERS + 50)]

    assert [] == peers_of("X/../x", many)
    assert MOST_PEERS == len(peers_of(many[0], many))


@given(times=strategies.lists(strategies.integers(0, 100 * DAY), min_size=1, max_size=50))
def test_weeks_hold_each_lead_of_the_last_twelve_once(times: list[int]) -> None:
    """The newest is in the last; none is in two."""
    spans = spans_of(max(times))

    assert WEEKS == len(spans)
    assert [start for start, _ in spans[1:]] == [end for _, end in spans[:-1]]
    assert spans[-1][0] <= max(times) < spans[-1][1]


@given(numbers=strategies.lists(strategies.lists(strategies.integers(0, 9), min_size=3, max_size=3), max_size=6))
def test_the_median_needs_peers(numbers: list[list[int]]) -> None:
    """With fewer it would tell of one of them."""
    spans = spans_of(0)[:3]

    found = growth_of(spans, [1, 2, 3], numbers)

    has_enough = len(numbers) >= FEWEST_PEERS
    assert [median(of[at] for of in numbers) if has_enough else None for at in range(3)] == [one.peers for one in found]


def test_a_picture_has_a_bar_for_each_number() -> None:
    """The tallest is the largest number; without any there is no picture."""
    spans = spans_of(parse("2026-03-05"))
    own = [0] * (WEEKS - 1) + [8]
    picture = picture_of(growth_of(spans, own, [[1] * WEEKS] * 3))
    assert picture is not None

    assert [8.0] == [bar.value for bar in picture.bars if bar.height == max(one.height for one in picture.bars)]
    assert 2 * WEEKS == len(picture.bars)
    assert clock(spans[0][0], "%m-%d") == picture.words[0][1]
    assert picture_of(growth_of(spans, [0] * WEEKS, [])) is None


def put(settings: Settings, *alerts: Lead) -> None:
    """Alerts reach the read model."""
    assert Projector(settings).put(alerts=[orjson.dumps(one) for one in alerts]) == 0


async def test_the_page_of_an_institution_has_its_weeks_and_what_happened(page: TestClient, settings: Settings) -> None:
    """Beside three peers of its class and region that sent; and what was said of its leads."""
    peers = [f"P3410210010{number}" for number in range(3)]
    days = ["2099-03-01", "2099-03-05", "2099-03-05"]
    of_shop = [lead(number, last=f"{day}T14:00:00+08:00") for number, day in enumerate(days, 1)]
    of_peers = [lead(number, one, "2099-03-05T14:00:00+08:00") for number, one in enumerate(peers[:2], 10)]
    put(settings, *of_shop, *of_peers)
    async with AsyncRedis.from_url(settings.redis) as redis:
        heard = {one: Heard(1) for one in (*peers, SHOP, "H34102100001", "P34102200001")}
        await redis.set(f"{settings.prefix}:heard", msgspec.json.encode(Saved({}, heard)))
    page.post("/dispositions", data=form_of(page, of_shop[0]["alert_id"]))

    text = page.get(f"/institutions/{SHOP}").text

    assert re.search(r'<rect class="own" [^>]*><title>本机构 3</title>', text)
    assert re.search(r'<rect class="peers" [^>]*><title>同类机构中位数 1</title>', text)
    assert "共3家" in text
    timeline = text[text.index('class="timeline"') : text.index("</ol>")]
    assert "合理情形" in timeline
    assert "2099-03-05 14:00" in timeline
    model = ReadModel(settings)
    assert [[3], [1], [0]] == [
        [*row] for row in model.numbers_of([SHOP, peers[0], peers[2]], [spans_of(parse("2099-03-05"))[-1]])
    ]


async def test_without_peers_nothing_is_compared(page: TestClient, settings: Settings) -> None:
    """The page says so, and where there is no lead of late; that of a person has no weeks at all."""
    one = lead(1, last="2099-03-05T14:00:00+08:00")
    rows = [row | {"person": "p_0a"} for row in one["evidence"]]
    put(settings, one | {"evidence": rows})

    assert "同类机构不足3家，不作比较" in page.get(f"/institutions/{SHOP}").text
    quiet = next(one["fixmedins_code"] for one in leads() if one["fixmedins_code"] not in (SHOP, ""))
    assert "近12周没有线索" in page.get(f"/institutions/{quiet}").text
    text = page.get("/persons/p_0a").text
    assert "各周线索数" not in text
    assert 'class="timeline"' in text

"""The detector: records of the topic inside become records to publish."""

from __future__ import annotations

import msgspec
import pytest

from rules.engine.effects import Counts
from rules.engine.engine import Engine
from rules.ledgers import LEDGERS
from rules.reference import Reference
from streams.detect.detector import process
from streams.route.router import bundles, encode_tick
from tests.oracle import wire
from tests.oracle.desk import Desk
from tests.oracle.sample_rules import Broken, ManyPlaces, ManySwipes
from tests.oracle.wire import DAY, HOUR, MONDAY

NOON = MONDAY + 12 * HOUR


def test_an_alert_is_a_cloud_event_in_binary_mode() -> None:
    """ce_id is the alert and its revision: readers upsert by it; the record key is the subject."""
    [published] = Desk(ManySwipes(limit=1)).tell(wire.settlement(NOON), appended=NOON + 1000).alerts
    alert = msgspec.json.decode(published.value)
    headers = {name: value.decode() for name, value in published.headers}

    assert wire.SHOP.encode() == published.key
    assert {
        "ce_specversion": "1.0",
        "ce_id": f"{alert['alert_id']}.1",
        "ce_type": "settlement.alert.opened",
        "ce_source": "settlement-monitor",
        "ce_time": "2026-03-02T12:00:01+08:00",
        "ce_subject": wire.SHOP,
        "content-type": "application/json",
    } == headers
    assert ("2026-03-02T12:00:01+08:00", "2026-03-02T12:00:00+08:00") == (alert["detected_at"], alert["event_time"])


def test_each_status_has_its_type() -> None:
    """As the contract names them."""
    desk = Desk(ManySwipes(limit=1))
    sold = wire.settlement(NOON)
    outcomes = [
        desk.tell(sold),
        desk.tell(wire.reversal(str(sold["setl_id"]), NOON)),
        desk.tell(wire.settlement(NOON)),
        desk.end(),
    ]
    types = [dict(one.headers)["ce_type"] for outcome in outcomes for one in outcome.alerts]

    assert [f"settlement.alert.{name}".encode() for name in ("opened", "withdrawn", "opened", "closed")] == types


def test_a_reminder_goes_to_the_institution() -> None:
    """Under its code."""
    outcome = Desk(ManyPlaces()).tell(wire.question(NOON, msgid="Q"))
    [reminder] = outcome.reminders

    assert wire.SHOP.encode() == reminder.key
    assert "Q" == msgspec.json.decode(reminder.value)["msgid"]


def test_what_a_ledger_refuses_says_which() -> None:
    """For the topic of what came late."""
    desk = Desk(ManySwipes())
    desk.tell(wire.settlement(NOON + 60 * DAY))
    [refused] = desk.tell(wire.settlement(NOON, psn_no="2")).late

    assert b"swipes" == dict(refused.headers)["ledger"]


def test_a_fault_of_a_rule_is_published_with_its_kind_and_without_its_words() -> None:
    """An exception may quote a person."""
    [error] = Desk(Broken()).tell(wire.settlement(NOON, fund_pay_sumamt=0.01)).rule_errors

    assert [("rule", b"T09"), ("error", b"ValueError")] == error.headers
    assert b"T09" == error.key


def test_counts_are_handed_over_once() -> None:
    """A batch says what it brought, the next one begins anew."""
    desk = Desk(ManySwipes())
    first, second = desk.tell(wire.settlement(NOON)), process(desk.engine, [])

    assert first.counts.entries["swipes"] == 1
    assert (Counts(), []) == (second.counts, second.alerts)


NEWER = msgspec.msgpack.encode([["OfTomorrow", 1]])


@pytest.mark.parametrize(
    "stray", [b"", b"\xc1", b"{}", b"\x91" * 5000, NEWER, encode_tick(HOUR)[:-1], encode_tick(HOUR) + b"\xff"]
)
def test_a_record_that_is_not_ours_is_passed_over(stray: bytes) -> None:
    """Also one without a value; what stands around it is judged."""
    engine = Engine([], Reference(), LEDGERS)
    found = process(engine, [(encode_tick(HOUR), 0), (stray, 0), (encode_tick(2 * HOUR), 0), (stray, 0)])

    assert [1, 3] == found.undecodable
    assert engine.tick == 2 * HOUR


def test_what_stands_beside_a_stray_in_one_bundle_is_judged() -> None:
    """A router that is newer than this worker takes nothing else away from it; the bundle is kept for whoever asks."""
    engine = Engine([], Reference(), LEDGERS)
    hours = [msgspec.msgpack.encode(["t", hour * HOUR, False]) for hour in (1, 2)]
    [bundle] = bundles([hours[0], msgspec.msgpack.encode(["OfTomorrow", 1]), hours[1]])

    assert [0] == process(engine, [(bundle, 0)]).undecodable
    assert engine.tick == 2 * HOUR


def test_text_that_is_no_text_is_passed_over() -> None:
    """A record of ours with a broken letter in it."""
    inside = msgspec.msgpack.encode([["r", "person", "p_1", []]])
    broken = inside.replace(b"r", b"\xff", 1), inside.replace(b"person", b"pers\xffn")

    assert [0, 1] == process(Engine([], Reference(), LEDGERS), [(value, 0) for value in broken]).undecodable

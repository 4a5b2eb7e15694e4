"""What `monitor exporter` counts, against a slow count, and the bound on its series."""

from __future__ import annotations

import random
from datetime import date

import orjson
import pytest

from monitor.exporter.metrics import OTHER, UseMetrics
from monitor.exporter.process import Recent, Tally
from monitor.settings import load_settings
from monitor.simulate import Simulation
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.deploy._endpoint import settlement

START = date(2026, 3, 2)
NOW = 1_772_600_000.0


def tally_of(metrics: UseMetrics) -> Tally:
    """A tally of events."""
    return Tally(Door(Pseudonyms("test")), metrics, "reminders")


def values(metrics: UseMetrics, name: str) -> dict[tuple[str, ...], float]:
    """Labels -> value of a counter."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == f"settlement_monitor_use_{name}_total"
    }


def test_a_county_is_counted_as_a_slow_count_has_it() -> None:
    """Settlements, fund, reversals and drugs, each message once however often it is sent."""
    metrics = UseMetrics(10_000, {})
    tally = tally_of(metrics)
    fund: dict[tuple[str, str], float] = {}
    drugs: dict[str, float] = {}
    reversals = 0
    seen: set[bytes] = set()
    for uploaded, event in Simulation(5, 400, 10, START).events():
        value = orjson.dumps(event)
        tally.take_event(value, uploaded)
        if value in seen:
            continue
        seen.add(value)
        reversals += event["infno"] in ("2103", "2208", "2305")
        if event["infno"] in ("2102", "2207", "2304"):
            place = (event["fixmedins_code"], event.get("mdtrtarea_admvs", ""))
            fund[place] = fund.get(place, 0.0) + event["fund_pay_sumamt"]
            for line in event.get("feedetail", ()) if event["infno"] == "2102" else ():
                drugs[line["med_list_codg"]] = drugs.get(line["med_list_codg"], 0.0) + line["det_item_fee_sumamt"]

    assert reversals == sum(values(metrics, "reversals").values()) > 0
    assert fund == pytest.approx(values(metrics, "fund_yuan"))
    assert {(drug,): yuan for drug, yuan in drugs.items()} == pytest.approx(values(metrics, "drug_yuan"))


def test_series_are_bounded_and_nothing_is_lost() -> None:
    """What has no series left is counted under other."""
    metrics = UseMetrics(280, {})
    tally = tally_of(metrics)
    for number in range(60):
        body = orjson.loads(settlement(0, NOW)) | {"msgid": f"m{number}", "fixmedins_code": f"P341021{number:05}"}
        tally.take_event(orjson.dumps(body), int(NOW * 1000))
    samples = [
        sample
        for family in metrics.registry.collect()
        for sample in family.samples
        if {"institution", "drug"} & sample.labels.keys()
    ]

    assert 60 == sum(values(metrics, "settlements").values())
    assert 0 < values(metrics, "settlements")[OTHER, ""] < 60
    assert len(samples) <= 280
    assert values(metrics, "settlements")[OTHER, ""] == values(metrics, "unnamed")[("institution",)]


def test_no_number_of_a_person_is_a_label() -> None:
    """Where a message has one in the place of an institution, it is counted under other."""
    metrics = UseMetrics(10_000, {})
    number = "34102119600101123" + "X"
    body = orjson.loads(settlement(0, NOW)) | {"fixmedins_code": number}
    tally_of(metrics).take_event(orjson.dumps(body), int(NOW * 1000))
    metrics.remind("34102199000000101234")

    assert [(OTHER, "")] == [*values(metrics, "settlements")]
    assert [(OTHER, "")] == [*values(metrics, "reminders")]


def test_a_refund_takes_nothing_off() -> None:
    """It is a reversal; a counter never falls."""
    metrics = UseMetrics(10_000, {})
    body = orjson.loads(settlement(0, NOW)) | {"fund_pay_sumamt": -40.0, "medfee_sumamt": -50.0, "refd_setl_flag": "1"}
    tally_of(metrics).take_event(orjson.dumps(body), int(NOW * 1000))

    assert [1.0] == [*values(metrics, "reversals").values()]
    assert {} == values(metrics, "fund_yuan")


def test_only_the_last_messages_are_remembered() -> None:
    """As a list of the last ones does it."""
    chance, recent, last = random.Random(3), Recent(5), list[int]()
    for _ in range(500):
        identity = chance.randrange(12)
        expected = identity not in last
        last = [*last, identity][-5:] if expected else last

        assert expected == recent.is_new(identity)


@pytest.mark.parametrize("budgets", ["341021", "341021=x", "3410=1", "341021=1,"])
def test_a_budget_that_is_none_is_refused(budgets: str) -> None:
    """By its setting."""
    with pytest.raises(Exception, match="MONITOR_BUDGETS"):
        load_settings(budgets=budgets)


def test_budgets_are_shown() -> None:
    """Of each region."""
    settings = load_settings(budgets="341021=120000000,341022=90000000")
    metrics = UseMetrics(10_000, settings.region_budgets)

    assert 90_000_000 == metrics.registry.get_sample_value("settlement_monitor_use_budget_yuan", {"region": "341022"})

"""B15-AREA: many institutions of one place have a lead of B15 at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules import Reference
from rules.actors.b15_area_spending_grows_everywhere import SpendingGrowsEverywhere
from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.item import Record
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS_OF_LEADS, Growing
from rules.testing import at, growing, judge
from rules.times import SECOND

RULE = SpendingGrowsEverywhere()


def leads(count: int, **more: Any) -> list[Growing]:  # noqa: ANN401 - fields of several types
    """Leads at so many institutions, one each midnight; more: of the last one."""
    found = [growing(at("00:00", day=n), f"H{n}") for n in range(count - 1)]
    return [*found, growing(at("00:00", day=count - 1), f"H{count - 1}", **more)]


def values(entries: list[Growing], rule: SpendingGrowsEverywhere = RULE) -> list[float]:
    """What the findings count."""
    return [one.value for one in judge(rule, entries)]


def alerts(entries: list[Growing]) -> list[Alert]:
    """The revisions of an engine that is given these leads."""
    engine = Engine([Watch(RULE)], Reference(), LEDGERS_OF_LEADS)
    for one in entries:
        engine.feed(Record("lead", one.place, [one], one.time), one.time)
    return engine.effects.drain().alerts


def test_more_than_a_fifth_of_the_institutions() -> None:
    """Five of 25 are a fifth, six are more."""
    assert [] == values(leads(5))
    assert [6] == values(leads(6))
    assert [6, 7] == values(leads(7))
    assert [(6, "warning")] == [(one.limit, one.severity) for one in judge(RULE, leads(6))]


@pytest.mark.parametrize(
    ("changed", "least"),
    [
        ({"institutions": 24}, 5), ({"institutions": 29}, 6), ({"institutions": 30}, 7), ({"over_percent": 19}, 5),
        ({"over_percent": 23}, 6), ({"over_percent": 24}, 7), ({"institutions": 10}, 5),
        ({"institutions": 10, "fewest": 4}, 4), ({"institutions": 10, "fewest": 2}, 3),
    ],
)  # fmt: skip
def test_the_share_and_the_least_number_are_parameters(changed: dict[str, int], least: int) -> None:
    """The larger one decides; a share is exceeded, a number reached."""
    rule = replace(RULE, **changed)

    assert [] == values(leads(least - 1), rule)
    assert [(least, least)] == [(one.value, one.limit) for one in judge(rule, leads(least))]


def test_an_institution_counts_once() -> None:
    """However many leads it has."""
    assert [] == values([*leads(5), growing(at("00:00", day=5), "H1")])
    assert [6] == values([*leads(5), growing(at("00:00", day=4), "H1"), growing(at("00:00", day=5), "H9")])


def test_the_window_is_half_open() -> None:
    """Seven days before the last lead are over."""
    last = at("00:00", day=7)

    assert [] == values([*leads(5), growing(last, "H9")])
    assert [6] == values([*leads(5), growing(last - SECOND, "H9")])


@pytest.mark.parametrize("left_out", [{"stands": False}, {"said": "false_positive"}, {"said": "data_error"}])
def test_what_did_not_happen_does_not_count(left_out: dict[str, Any]) -> None:
    """As the lead that is judged, or before."""
    first = growing(at("00:00"), "H9", **left_out)

    assert [] == values(leads(6, **left_out))
    assert [] == values([first, *leads(5)])
    assert [6] == values([first, *leads(6)])
    assert [6] == values([*leads(6), growing(at("01:00", day=5), "H9", **left_out)])


@pytest.mark.parametrize("said", ["", "confirmed", "referred", "explained"])
def test_what_happened_counts_whatever_the_reason(said: str) -> None:
    """Who explains the first leads by an epidemic is told of the place all the same."""
    assert [6] == values(leads(6, said=said))


def test_the_evidence_is_the_leads_that_count() -> None:
    """Each as it stands; one that was withdrawn is not shown."""
    gone = growing(at("00:00"), "H9", stands=False)
    [found] = judge(RULE, [gone, *leads(6)])

    assert [f"H{n}" for n in range(6)] == [one.institution for one in found.evidence]
    assert {"rule_id": "B15", "mdtrtarea_admvs": "341021"}.items() <= found.evidence[0].decided.items()


def test_a_place_is_judged_by_itself() -> None:
    """Leads of two counties are not added up; one without a place is in none."""
    assert [] == alerts([*leads(5), growing(at("00:00", day=5), "H9", place="341022")])
    assert [] == alerts([growing(at("00:00", day=n), f"H{n}", place="") for n in range(6)])


def test_the_alert_is_about_the_place() -> None:
    """And its sentence is of the days that B15 judged, at no institution alone."""
    [alert] = alerts([growing(at("00:00"), "H0", name="示例医院"), *leads(6)[1:]])

    assert ("group", "341021", 6) == (alert.subject.kind, alert.subject.id, alert.evidence_count)
    assert alert.text.zh.startswith(
        "341021 2026-03-09，该就医地7天内有6家机构门诊统筹涨幅过快（提示阈值：6家及以上；此类规模的机构约25家）："
    )
    assert "：示例医院（H0）、H1、H2、H3、H4等6处，" in alert.text.zh
    assert "所列线索涉及医保基金180,000.00元" in alert.text.zh


def test_a_wave_is_one_alert() -> None:
    """It goes on while leads come within a week, and ends with the next one that comes later."""
    wave = leads(6)
    after = at("00:00", day=12)

    def opened(later: int) -> int:
        more = [growing(later, f"H{n}") for n in range(20, 26)]
        return len({one.alert_id for one in alerts([*wave, *more])})

    assert 1 == opened(after)
    assert 2 == opened(after + SECOND)

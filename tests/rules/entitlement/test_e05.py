"""E05 and E06: what the register of the county does not give a person."""

from __future__ import annotations

import pytest

from rules.engine.rule import Rule
from rules.entitlement.e05_without_recognition import WithoutRecognition
from rules.entitlement.e06_assistance_without_entitlement import AssistanceWithoutEntitlement
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, question, reversal, settlement, text
from tests.rules._messages import effects_of, standing_after

CHRONIC, ASSISTED = WithoutRecognition(), AssistanceWithoutEntitlement()
BOTH = [(CHRONIC, "recognised"), (ASSISTED, "assisted")]


def register(table: str, **row: str) -> Reference:
    """Person 1 is in the table from 2026-03-05 to 2026-03-10."""
    reference = Reference()
    reference.put(table, {"psn_no": "1", "valid_from": "2026-03-05", "valid_to": "2026-03-10"} | row)
    return reference


def settled(day: int = 0, clock: str = "10:00", /, **fields: object) -> Body:
    """A visit by entitlement, of which fund and assistance pay a part."""
    more: Body = {"med_type": "140101", "maf_pay": 12, "psn_no": "1", "fixmedins_code": HOSPITAL}
    return settlement(at(clock, day=day), "2207") | more | fields


def told(rule: Rule, bodies: list[Body], reference: Reference) -> list[tuple[int, float, str]]:
    """Triggers, value and severity of what stands."""
    return [(one.triggers, one.measure.value, one.severity) for one in standing_after(rule, bodies, reference)]


@pytest.mark.parametrize(("rule", "table"), BOTH)
@pytest.mark.parametrize(
    ("clock", "day", "expected"), [("23:59", -1, 1), ("00:00", 0, 0), ("23:59", 5, 0), ("00:00", 6, 1)]
)
def test_it_has_a_beginning_and_an_end(rule: Rule, table: str, clock: str, day: int, expected: int) -> None:
    """valid_to is its last day."""
    assert expected == len(told(rule, [settled(day, clock)], register(table)))


@pytest.mark.parametrize(("rule", "table"), BOTH)
def test_without_the_table_it_is_off(rule: Rule, table: str) -> None:
    """Nobody is in it, and nothing is kept."""
    effects = effects_of(rule, [settled()], Reference())

    assert ([], 0) == (effects.alerts, effects.counts.entries[rule.card.ledger])
    assert 1 == len(told(rule, [settled()], register(table, psn_no="2")))


@pytest.mark.parametrize(("rule", "table"), BOTH)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"insuplc_admdvs": "330100"}, 0),
        ({"insuplc_admdvs": None}, 1),
        ({"mdtrtarea_admvs": None}, 1),
    ],
)
def test_only_persons_of_the_county(rule: Rule, table: str, fields: Body, expected: int) -> None:
    """Where a person from elsewhere is registered is not known."""
    assert expected == len(told(rule, [settled(9, **fields)], register(table)))


@pytest.mark.parametrize(
    ("rule", "fields", "expected"),
    [
        (CHRONIC, {"med_type": "15"}, 1),
        (CHRONIC, {"med_type": "11"}, 0),
        (CHRONIC, {"med_type": "41", "infno": "2102"}, 0),
        (CHRONIC, {"fund_pay_sumamt": 0}, 0),
        (CHRONIC, {"maf_pay": 0}, 1),
        (ASSISTED, {"maf_pay": 0}, 0),
        (ASSISTED, {"maf_pay": None}, 0),
        (ASSISTED, {"med_type": "21", "infno": "2304"}, 1),
        (ASSISTED, {"med_type": "41", "infno": "2102"}, 1),
    ],
)
def test_which_settlements_are_judged(rule: Rule, fields: Body, expected: int) -> None:
    """E05: by entitlement, with the fund; E06: with assistance, of whichever kind."""
    table = {one.id: name for one, name in BOTH}[rule.id]

    assert expected == len(told(rule, [settled(9, **fields)], register(table)))


@pytest.mark.parametrize(("rule", "severity"), [(CHRONIC, "warning"), (ASSISTED, "high")])
def test_continued_use_is_one_alert(rule: Rule, severity: str) -> None:
    """The value counts 30 days."""
    table = {one.id: name for one, name in BOTH}[rule.id]

    assert [(3, 2, severity)] == told(rule, [settled(day) for day in (9, 30, 59)], register(table))


@pytest.mark.parametrize(("rule", "table"), BOTH)
@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_one_end_the_alert(rule: Rule, table: str, late: int, expected: int) -> None:
    """To the second."""
    moment = text(at("10:00", day=39) + late)

    assert expected == len(told(rule, [settled(9), settled(39, setl_time=moment, inf_time=moment)], register(table)))


@pytest.mark.parametrize(("rule", "table"), BOTH)
def test_what_is_taken_back_or_only_asked_is_none(rule: Rule, table: str) -> None:
    """A reversal, of a stay also 60 days later; a question settles nothing."""
    one = settled(9, setl_id="S1")
    back = reversal("S1", at("11:00", day=9), "2208", psn_no="1", fixmedins_code=HOSPITAL)
    asked = question(at("10:00", day=9), "2206", psn_no="1", fixmedins_code=HOSPITAL, med_type="14")

    assert [] == told(rule, [one, back], register(table))
    assert [] == effects_of(rule, [asked], register(table)).alerts


def test_the_bill_of_a_stay_is_taken_back_later() -> None:
    """Within 63 days."""
    stay = settled(9, setl_id="S1", infno="2304", med_type="21")
    back = reversal("S1", at("10:00", day=9) + 60 * DAY, "2305", psn_no="1", fixmedins_code=HOSPITAL)

    assert [] == told(ASSISTED, [stay, back], register("assisted"))


def test_the_sentences() -> None:
    """How often, against which limit, and where."""
    [chronic] = standing_after(CHRONIC, [settled(9)], register("recognised"))
    [assisted] = standing_after(ASSISTED, [settled(9)], register("assisted"))

    assert (
        f"未认定门诊慢特病，仍按慢特病待遇结算，30天内1笔（提示阈值：1笔及以上），发生在{HOSPITAL}" in chronic.text.zh
    )
    assert "the chronic illness of a person who is not recognised was settled" in chronic.text.en
    assert "不在救助对象名册内，结算中仍有医疗救助支付，30天内1笔（提示阈值：1笔及以上）" in assisted.text.zh
    assert "medical assistance paid for a person who is not in its register" in assisted.text.en

"""E11 and E04: settled while network settlement is suspended, or paid by the fund while the person waits."""

from __future__ import annotations

from itertools import permutations

import pytest

from rules.engine.rule import Rule
from rules.entitlement.e04_paid_while_waiting import PaidWhileWaiting
from rules.entitlement.e11_settled_while_suspended import SettledWhileSuspended
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import DAY, HOUR, SECOND
from tests.oracle.wire import HOSPITAL, OTHER_SHOP, Body, message_reversal, question, reversal, settlement
from tests.rules._messages import effects_of, standing_after

BOTH = [(SettledWhileSuspended(), "suspended"), (PaidWhileWaiting(), "waiting")]


def register(state: str, valid_to: str = "2026-03-10") -> Reference:
    """Withheld from 2026-03-05 to 2026-03-10, or another day."""
    reference = Reference()
    dates = {"valid_from": "2026-03-05", "valid_to": valid_to}
    reference.put("insured", {"psn_no": "1", "state": state, **dates})
    return reference


def settled(clock: str = "10:00", day: int = 0, **fields: object) -> Body:
    """A settlement of the person, of which the fund pays 40 yuan."""
    return settlement(at(clock, day=day), psn_no="1") | fields


def told(rule: Rule, bodies: list[Body], state: str) -> list[tuple[int, float, float]]:
    """Triggers, value and amount of what stands."""
    return [(one.triggers, one.measure.value, one.vola_amt) for one in standing_after(rule, bodies, register(state))]


@pytest.mark.parametrize(("rule", "state"), BOTH)
@pytest.mark.parametrize(
    ("clock", "day", "expected"), [("23:59", -1, 0), ("00:00", 0, 1), ("23:59", 5, 1), ("00:00", 6, 0)]
)
def test_it_has_a_beginning_and_an_end(rule: Rule, state: str, clock: str, day: int, expected: int) -> None:
    """valid_to is its last day."""
    assert expected == len(told(rule, [settled(clock, day)], state))


@pytest.mark.parametrize(("rule", "state"), BOTH)
def test_each_rule_has_its_state(rule: Rule, state: str) -> None:
    """What is withheld by the other state is no finding; nor is another person's settlement, or an empty register."""
    other = {"suspended": "waiting", "waiting": "suspended"}[state]
    effects = effects_of(rule, [settled()], Reference())

    assert [] == told(rule, [settled()], other)
    assert [] == told(rule, [settled(psn_no="2")], state)
    assert ([], 0) == (effects.alerts, effects.counts.entries["insured"])


@pytest.mark.parametrize(("rule", "state"), BOTH)
@pytest.mark.parametrize(
    ("valid_to", "zh", "en"),
    [
        ("2026-03-10", "（登记为2026-03-05至2026-03-10）", "(registered from 2026-03-05 to 2026-03-10)"),
        ("", "（登记为2026-03-05起，未登记截止日期）", "(registered from 2026-03-05, no end registered)"),
    ],
)
def test_the_sentence_has_the_dates_of_the_register(rule: Rule, state: str, valid_to: str, zh: str, en: str) -> None:
    """Whoever verifies compares them with the decision."""
    [alert] = standing_after(rule, [settled()], register(state, valid_to))

    assert zh in alert.text.zh
    assert en in alert.text.en


@pytest.mark.parametrize(("rule", "expected"), [(BOTH[0][0], [(1, 1, 0.0)]), (BOTH[1][0], [])])
def test_what_the_fund_does_not_pay(rule: Rule, expected: list[tuple[int, float, float]]) -> None:
    """A suspended person may not settle at all; one who waits may settle without the fund."""
    state = {one.id: name for one, name in BOTH}[rule.id]

    assert expected == told(rule, [settled(fund_pay_sumamt=0)], state)


@pytest.mark.parametrize(("rule", "state"), BOTH)
def test_continued_use_is_one_alert(rule: Rule, state: str) -> None:
    """Of whichever institution and kind."""
    stay = settled("11:00", 1, infno="2304", med_type="21", fixmedins_code=HOSPITAL, setl_id="S2")
    bodies = [settled(), stay, settled("12:00", 2, fixmedins_code=OTHER_SHOP)]

    assert [(3, 3, 120.0)] == told(rule, bodies, state)


@pytest.mark.parametrize(("rule", "state"), BOTH)
@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_one_end_the_alert(rule: Rule, state: str, late: int, expected: int) -> None:
    """To the second."""
    again = settlement(at("10:00", day=30) + late, psn_no="1")

    assert expected == len(standing_after(rule, [settled(), again], register(state, "2026-05-01")))


@pytest.mark.parametrize(("rule", "state"), BOTH)
def test_a_question_is_not_judged(rule: Rule, state: str) -> None:
    """It settles nothing."""
    assert [] == effects_of(rule, [question(at("10:00"), psn_no="1")], register(state)).alerts


@pytest.mark.parametrize(("rule", "state"), BOTH)
@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_what_is_taken_back_is_none(rule: Rule, state: str, order: tuple[int, ...]) -> None:
    """By a reversal or by 2601, in either order; of a stay also 60 days later."""
    one = settled(msgid="m1", setl_id="S1")
    stay = one | {"infno": "2304", "med_type": "21"}
    gone = [
        [one, reversal("S1", at("11:00"), psn_no="1")],
        [one, message_reversal("m1", at("11:00"), psn_no="1")],
        [stay, reversal("S1", at("10:00") + 60 * DAY, infno="2305", psn_no="1")],
    ]

    assert [[], [], []] == [told(rule, [bodies[position] for position in order], state) for bodies in gone]


@pytest.mark.parametrize(("rule", "state"), BOTH)
def test_a_late_reversal_takes_nothing_back(rule: Rule, state: str) -> None:
    """After 72 hours a settlement at a pharmacy stands."""
    late = reversal("S1", at("10:00") + 73 * HOUR, psn_no="1")

    assert 1 == len(told(rule, [settled(setl_id="S1"), late], state))


def test_the_register_knows_two_states() -> None:
    """Any other word is refused."""
    with pytest.raises(BadRowError, match=r"insured\.state: expected one of suspended, waiting"):
        register("active")

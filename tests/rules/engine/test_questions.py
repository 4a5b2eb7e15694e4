"""Pre-settlements: judged once on arrival, answered by a reminder, one alert a visit (contract.md, sections 3 and 5)."""

from __future__ import annotations

import pytest

from rules.engine.questions import Reminder
from streams.detect.detector import Outcome
from tests.oracle import wire
from tests.oracle.desk import Desk
from tests.oracle.sample_rules import Broken, ManyPlaces, MuchOfIt, SoldTwice
from tests.oracle.wire import DAY, HOSPITAL, HOUR, MINUTE, MONDAY, OTHER_SHOP, Body
from tests.oracle.world import decoded

NOON = MONDAY + 12 * HOUR


def visit(at: int = NOON, /, shop: object = wire.SHOP, **more: object) -> Body:
    """A settlement of the person somewhere."""
    return wire.settlement(at, **{"fixmedins_code": shop, "mdtrt_id": "V0"} | more)


def asked(at: int = NOON, /, shop: object = OTHER_SHOP, **more: object) -> Body:
    """A question of the person somewhere else."""
    return wire.question(at, **{"fixmedins_code": shop, "mdtrt_id": "V1"} | more)


def reminders(outcome: Outcome) -> list[Reminder]:
    """The answers."""
    return decoded(one.value for one in outcome.reminders)


def test_a_question_is_judged_over_what_stands_and_itself() -> None:
    """Up to its own time; the finding stands in the reminder and in an alert of stage pre."""
    desk = Desk(ManyPlaces())
    desk.tell(visit(), visit(NOON + 2 * HOUR, HOSPITAL))
    outcome = desk.tell(asked(NOON + HOUR, msgid="Q"))

    [alert] = outcome.revisions
    assert ("opened", "pre", 2.0, 1) == (alert.status, alert.stage, alert.measure.value, alert.triggers)
    [reminder] = reminders(outcome)
    assert ("Q", OTHER_SHOP, "V1") == (reminder.msgid, reminder.fixmedins_code, reminder.mdtrt_id)
    [finding] = reminder.findings
    assert (alert.alert_id, "T03", "2") == (finding.jr_id, finding.rule_id, finding.sev_deg)
    assert (finding.patn_id, "V1") == (alert.subject.id, finding.mdtrt_id)


def test_every_question_is_answered_also_with_nothing() -> None:
    """By the detector of the person, once, on the key of the institution."""
    outcome = Desk().tell(asked(), asked(infno="2206"), asked(infno="2303"), asked(infno="3101"), asked(infno="3102"))

    assert 5 == len(outcome.reminders)
    assert {OTHER_SHOP.encode()} == {one.key for one in outcome.reminders}
    assert all(one.findings == [] for one in reminders(outcome))


def test_a_question_leaves_nothing_behind() -> None:
    """Neither for a settlement that follows nor for another question."""
    desk = Desk(ManyPlaces(), MuchOfIt(limit=2), SoldTwice())
    box = {"drug_trac_info": [{"drug_trac_codg": wire.BOX}], "feedetail": [wire.line(1, NOON)]}
    desk.tell(asked(**box), asked(shop=HOSPITAL, mdtrt_id="V2", **box))
    outcome = desk.tell(visit(NOON + MINUTE, **box))

    assert [] == desk.said + outcome.revisions
    assert {"messages"} == {name for name, key in desk.engine.memory.all_pages() if OTHER_SHOP in key}


def test_the_settlement_of_the_same_visit_is_not_counted() -> None:
    """A question that is asked again after it has been settled; another institution has other visits by this number."""
    desk = Desk(MuchOfIt(limit=2))
    lines = {"feedetail": [wire.line(1, NOON)]}
    same = desk.tell(visit(NOON, OTHER_SHOP, mdtrt_id="V1", **lines), asked(NOON + MINUTE, **lines))
    other = desk.tell(asked(NOON + MINUTE, mdtrt_id="V2", **lines))
    elsewhere = desk.tell(asked(NOON + MINUTE, wire.SHOP, mdtrt_id="V1", **lines))

    assert ([], 1, 1) == (same.revisions, len(other.revisions), len(elsewhere.revisions))


def test_a_question_is_answered_once() -> None:
    """Its repeat has no effect; after a take-over neither."""
    desk, question = Desk(ManyPlaces()), asked(NOON + HOUR)
    desk.tell(visit(), question)
    again = [desk.tell(question)]
    desk.take_over()
    again.append(desk.tell(question))

    assert [([], []), ([], [])] == [(one.reminders, one.revisions) for one in again]


@pytest.mark.parametrize(
    "named", [{"mdtrt_id": "V1"}, {"mdtrt_id": ""}, {"mdtrt_id": None}], ids=["named", "empty", "absent"]
)
def test_ten_questions_of_one_visit_are_one_alert(named: Body) -> None:
    """By mdtrt_id, else by person, institution and day; each is answered with its own finding."""
    desk = Desk(MuchOfIt(limit=2))
    outcomes = [desk.tell(asked(NOON + n * MINUTE, **named, feedetail=[wire.line(1, NOON, cnt=n)])) for n in range(10)]
    told = [[finding.vola_evid for finding in one.findings] for outcome in outcomes for one in reminders(outcome)]

    assert [[], []] + [[f"{n}/2"] for n in range(2, 10)] == told
    assert 1 == len({alert.alert_id for alert in desk.said})
    assert [("opened", 2.0), ("updated", 3.0), ("updated", 4.0), ("updated", 8.0)] == [
        (alert.status, alert.measure.value) for alert in desk.said
    ]
    assert [1, 2, 3, 4] == [alert.revision for alert in desk.said]


def test_another_visit_is_another_alert() -> None:
    """Also another day where no visit is named."""
    desk = Desk(MuchOfIt(limit=2))
    lines = [wire.line(1, NOON, cnt=3)]
    desk.tell(asked(feedetail=lines), asked(feedetail=lines, mdtrt_id="V2"), asked(feedetail=lines, mdtrt_id=""))
    desk.tell(asked(NOON + 13 * HOUR, feedetail=lines, mdtrt_id=""))

    assert 4 == len({alert.alert_id for alert in desk.said})


def test_several_lines_of_one_substance_are_one_finding() -> None:
    """A question is judged as a whole."""
    outcome = Desk(MuchOfIt()).tell(asked(feedetail=[wire.line(n, NOON, cnt=2) for n in range(3)]))

    assert [6.0] == [alert.measure.value for alert in outcome.revisions]
    assert [1] == [len(one.findings) for one in reminders(outcome)]


def test_a_question_is_remembered_for_a_day() -> None:
    """Then its alert closes; what the visit asks later is another alert, with another id."""
    desk = Desk(MuchOfIt(limit=2))
    lines = [wire.line(1, NOON, cnt=3)]
    desk.tell(asked(feedetail=lines))

    assert [] == desk.tick(NOON + 23 * HOUR).revisions
    desk.take_over()
    assert [("closed", 2)] == [(alert.status, alert.revision) for alert in desk.tick(NOON + DAY).revisions]
    desk.tick(NOON + DAY + HOUR)
    assert not desk.engine.memory.questions.alerts
    desk.tell(asked(NOON + DAY + 2 * HOUR, feedetail=lines))
    assert 2 == len({alert.alert_id for alert in desk.said})


def test_a_message_that_comes_again_days_later_is_not_answered_again() -> None:
    """Thirteen days long, as every repeat is known; then it is forgotten."""
    desk, question = Desk(MuchOfIt(limit=2)), asked(feedetail=[wire.line(1, NOON, cnt=3)])
    desk.tell(question)
    desk.tick(NOON + 13 * DAY)
    desk.take_over()
    again = desk.tell(question)

    assert ([], []) == (again.revisions, again.reminders)
    desk.tick(NOON + 13 * DAY + HOUR)
    assert not desk.engine.memory.questions.answered


def test_a_question_never_joins_the_episode_of_a_settlement() -> None:
    """Nor the other way round."""
    desk = Desk(ManyPlaces())
    desk.tell(visit(), asked(NOON + MINUTE), visit(NOON + 2 * MINUTE, OTHER_SHOP, mdtrt_id="V1"))

    assert [("pre", 2), ("in", 2)] == [(alert.stage, alert.evidence_count) for alert in desk.said]
    assert ["closed", "closed"] == [alert.status for alert in desk.end().revisions]


def test_only_rules_for_institutions_speak_in_a_reminder() -> None:
    """Not a rule of the trace code, nor a shadow; alerts they are all the same."""
    boxes = {
        "drug_trac_info": [{"drug_trac_codg": wire.BOX, "feedetl_sn": "1"}],
        "feedetail": [wire.line(1, NOON, cnt=9)],
    }
    desk = Desk(SoldTwice(limit=1), shadows=[MuchOfIt()])
    outcome = desk.tell(asked(**boxes))

    assert {("T04", True), ("T06", False)} == {(alert.rule_id, alert.shadow) for alert in outcome.revisions}
    assert [[]] == [one.findings for one in reminders(outcome)]


def test_a_rule_that_does_not_judge_questions_is_not_asked() -> None:
    """Nor are its faults."""
    outcome = Desk(Broken()).tell(asked(medfee_sumamt=1.11))

    assert ({}, []) == (outcome.errors, outcome.revisions)

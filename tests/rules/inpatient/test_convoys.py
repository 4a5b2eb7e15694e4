"""I06-TEL, I06-HOME, I06-VILLAGE, I09 and I13-TEL: people who are admitted together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rules.engine.alert import Alert
from rules.engine.window import Window
from rules.inpatient._convoy import Convoy
from rules.inpatient.i06_home_household_together import HouseholdTogether
from rules.inpatient.i06_tel_shared_telephone import SharedTelephone
from rules.inpatient.i06_village_village_together import VillageTogether
from rules.inpatient.i09_care_home_together import CareHomeTogether
from rules.inpatient.i13_tel_broker_telephone import BrokerTelephone
from rules.ledgers import Admitted, Record, frozen_after
from rules.reference import Reference
from rules.testing import admitted, at, judge
from rules.times import DAY, HOUR, SECOND, day_of
from tests.oracle.wire import HOSPITAL, Body, admission, message, text
from tests.rules._log import engine_of
from tests.rules._messages import effects_of, standing_after

OTHER = "H34102100002"
RULES: dict[str, Convoy[Any]] = {
    one.id: one
    for one in (SharedTelephone(), HouseholdTogether(), VillageTogether(), CareHomeTogether(), BrokerTelephone())
}
every_rule = pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in RULES.items()])
BY_TABLE = ("I06-HOME", "I06-VILLAGE", "I09")


def register(**columns: str) -> Reference:
    """Twelve people who live together in every way, but for what is given."""
    reference = Reference()
    for number in range(12):
        row = {"psn_no": f"n{number}", "household": "h1", "village": "341021101201", "care_home": "c1"}
        reference.put("households", row | columns)
    return reference


def arrivals(rule: Convoy[Any], count: int, length: int, **fields: object) -> list[Body]:
    """So many people within so many ms, at two hospitals in turn where the rule asks for that."""
    places = [HOSPITAL, OTHER] if rule.id == "I13-TEL" else [HOSPITAL]
    return [
        admission(
            f"V{n}", at("08:00") + n * length // max(count - 1, 1), psn_no=f"n{n}", tel="13900000012",
            fixmedins_code=places[n % len(places)], **fields,
        )
        for n in range(count)
    ]  # fmt: skip


def alerts(rule: Convoy[Any], bodies: Sequence[Body], reference: Reference | None = None) -> list[Alert]:
    """What stands in the end, with everybody in one household, village and care home unless it is said otherwise."""
    return standing_after(rule, bodies, reference or register())


@every_rule
def test_so_many_persons_are_enough(rule: Convoy[Any]) -> None:
    """One fewer is not; the last of them is where the alert begins."""
    enough = arrivals(rule, rule.limit, DAY)
    [alert] = alerts(rule, enough)

    assert [] == alerts(rule, enough[1:])
    assert (rule.limit, rule.limit, 1) == (alert.measure.value, alert.evidence_count, alert.triggers)


@every_rule
@pytest.mark.parametrize(("more", "expected"), [(-1_000, 1), (0, 0)])
def test_the_window_is_open_at_its_beginning(rule: Convoy[Any], more: int, expected: int) -> None:
    """What lies exactly `days` before is outside."""
    assert expected == len(alerts(rule, arrivals(rule, rule.limit, rule.days * DAY + more)))


@pytest.mark.parametrize(
    ("name", "days"), [("I06-TEL", 30), ("I06-HOME", 3), ("I06-VILLAGE", 3), ("I09", 7), ("I13-TEL", 30)]
)
@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_group_that_comes_as_long_after_is_told_with_the_first(
    name: str, days: int, late: int, expected: int
) -> None:
    """And by itself where it comes a second later."""
    rule = RULES[name]
    group = arrivals(rule, rule.limit, 0)
    moment = text(at("08:00", day=days) + late)
    later = [
        body | {"mdtrt_id": f"W{n}", "msgid": f"w{n}", "begntime": moment, "inf_time": moment}
        for n, body in enumerate(group)
    ]

    assert expected == len(alerts(rule, [*group, *later]))


@every_rule
def test_a_person_counts_once(rule: Convoy[Any]) -> None:
    """Admitted twice is still one."""
    bodies = arrivals(rule, rule.limit, DAY)
    bodies[-1]["psn_no"] = "n0"

    assert [] == alerts(rule, bodies)


@every_rule
@pytest.mark.parametrize(
    "fields", [{"med_type": "52"}, {"med_type": "5212"}, {"med_type": "28"}, {"dscg_maindiag_code": "S82.2"},
               {"dscg_maindiag_code": "t65.9"}, {"diseinfo": [{"diag_code": "T65.9"}]}],
)  # fmt: skip
def test_what_is_exempt_does_not_count(rule: Convoy[Any], fields: Body) -> None:
    """Maternity, day surgery, and accidents: not if it is the last of them, and not if it is the first."""
    bodies = arrivals(rule, rule.limit, DAY)

    assert [] == alerts(rule, [*bodies[:-1], bodies[-1] | fields])
    assert [] == alerts(rule, [bodies[0] | fields, *bodies[1:]])


@every_rule
def test_a_cancelled_admission_is_none(rule: Convoy[Any]) -> None:
    """2404 takes it back also weeks later, whichever comes first."""
    bodies = arrivals(rule, rule.limit, DAY)
    last = bodies[-1]
    cancel = message(
        "2404",
        at("09:00", day=40),
        mdtrt_id=last["mdtrt_id"],
        fixmedins_code=last["fixmedins_code"],
        psn_no=last["psn_no"],
    )

    assert [] == alerts(rule, [*bodies, cancel])
    assert [] == alerts(rule, [cancel, *bodies])


@every_rule
def test_another_circle_is_apart(rule: Convoy[Any]) -> None:
    """Other telephones, households, villages, homes."""
    bodies = arrivals(rule, rule.limit, DAY)
    bodies[0]["tel"] = "13900000099"
    reference = register()
    reference.put("households", {"psn_no": "n0", "household": "h2", "village": "2", "care_home": "c2"})

    assert [] == alerts(rule, bodies, reference)


@pytest.mark.parametrize("name", sorted(set(RULES) - {"I13-TEL"}))
def test_another_hospital_is_apart(name: str) -> None:
    """But for the broker, who brings people to several."""
    bodies = arrivals(RULES[name], RULES[name].limit, DAY)
    bodies[0]["fixmedins_code"] = OTHER

    assert [] == alerts(RULES[name], bodies)


def test_a_broker_is_at_several_hospitals() -> None:
    """At one alone I06-TEL speaks."""
    bodies = [body | {"fixmedins_code": HOSPITAL} for body in arrivals(RULES["I13-TEL"], 4, DAY)]
    [alert] = alerts(RULES["I13-TEL"], arrivals(RULES["I13-TEL"], 4, DAY))

    assert [] == alerts(RULES["I13-TEL"], bodies)
    assert f"入院机构：{HOSPITAL}、{OTHER}" in alert.text.zh
    assert ("group", "13900000012") == (alert.subject.kind, alert.subject.id)
    assert "13900000012" not in alert.text.zh + alert.text.en


@pytest.mark.parametrize("name", ["I06-TEL", "I13-TEL"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [("+86 139 0000 0012", 1), ("139-0000-0012", 1), ("0000000", 0), ("123456", 0), ("无", 0), (None, 0)],
)
def test_what_is_no_telephone_is_no_circle(name: str, number: str | None, expected: int) -> None:
    """A number is the same in any notation; what stands in its place is none."""
    rule = RULES[name]
    bodies = arrivals(rule, rule.limit, DAY)
    bodies[0]["tel"] = number

    assert expected == len(alerts(rule, bodies))


@pytest.mark.parametrize("name", BY_TABLE)
def test_without_the_table_the_rule_is_off(name: str) -> None:
    """Nothing is kept; who has no row, or none at that time, is left out."""
    rule = RULES[name]
    bodies = arrivals(rule, rule.limit, DAY)

    assert [] == effects_of(rule, bodies, Reference()).alerts
    assert [] == alerts(rule, bodies, register(valid_from="2026-03-06"))
    assert [] == alerts(rule, bodies, register(household="", village="", care_home=""))


@every_rule
def test_it_is_high_where_they_have_the_same_or_are_many(rule: Convoy[Any]) -> None:
    """Half of them in one diagnosis group, or twice the limit."""
    several = [f"{letter}1{n}.0" for n, letter in enumerate("ABCDEFGHIJKL")]

    def severity(count: int, codes: Sequence[str]) -> str:
        bodies = [
            body | {"dscg_maindiag_code": code} for body, code in zip(arrivals(rule, count, DAY), codes, strict=False)
        ]
        [alert] = alerts(rule, bodies)
        return str(alert.severity)

    alike = -(-rule.limit // 2)

    assert severity(rule.limit, several) == "warning"
    assert severity(rule.limit, ["J18.9"] * alike + several) == "high"
    assert severity(rule.limit, ["J18.9"] * (alike - 1) + several) == "warning"
    assert severity(2 * rule.limit, several) == "high"


def busy(times: int) -> tuple[list[Admitted], dict[int, list[int]]]:
    """Six people of a village, whose past has so many admissions on the first and the last of the 84 days."""
    stays = [admitted(at("09:00", seconds=60 * n), f"p{n}") for n in range(6)]
    last = day_of(stays[-1].time - frozen_after("villages")) - DAY
    return stays, {last - 83 * DAY: [times, 0], last: [times, 0], last - 84 * DAY: [900, 0], last + DAY: [900, 0]}


@pytest.mark.parametrize(("times", "expected"), [(14, 6), (16, 0)])
def test_what_is_usual_raises_the_limit(times: int, expected: int) -> None:
    """28 in 84 days are one in three days, and a limit of 6; 32 are more. Days before and after are not read."""
    rule = VillageTogether()
    stays, bins = busy(times)
    window = Window(stays, rule.span, bins)
    window.move_to(5)
    found = rule.check(stays[-1], window, Reference())

    assert expected == (0 if found is None else found.value)
    assert replace(rule, baseline=False).check(stays[-1], window, Reference()) is not None


def test_the_sums_of_all_these_days_are_kept() -> None:
    """For the day before the last one that changes no more, too: 85 days before it is frozen."""
    rule = VillageTogether()
    engine = engine_of(rule, register())
    for day in range(300):
        one = admitted(at("09:00", day=day), "n0", identity=day, visit=f"V{day}")
        engine.feed(Record("institution", HOSPITAL, [one]), one.uploaded)
    [page] = [page for page in engine.memory.all_pages().values() if page.ledger.name == "villages"]

    assert at("00:00", day=299) - 2 * frozen_after("villages") - 85 * DAY == min(page.bins)


def test_the_frozen_days_are_those_of_the_page() -> None:
    """The page says how many days lie between."""
    assert f"{frozen_after('villages') // DAY} days before" in " ".join((VillageTogether.__doc__ or "").split())


def test_the_sentence() -> None:
    """Who is meant, how many, in how long, with which illnesses; nobody is named, and nothing is settled yet."""
    bodies = [body | {"dscg_maindiag_code": "J18.9"} for body in arrivals(RULES["I06-HOME"], 3, HOUR)]
    [alert] = alerts(RULES["I06-HOME"], bodies)

    assert "3天内同一户的3名参保人入院（提示阈值：3人及以上），主诊断类目：J18" in alert.text.zh
    assert "尚未结算" in alert.text.zh
    assert "3 insured persons of one household were admitted within 3 d (threshold: 3 persons or more)" in alert.text.en
    assert "; diagnosis groups: J18" in alert.text.en
    assert {"h1"} == {one.decided.get("household") for one in alert.evidence}


def test_judged_entry_must_count() -> None:
    """A birth after four admissions is no fifth, and no finding of its own."""
    stays = [admitted(at("09:00", day=n), f"p{n}") for n in range(4)]
    birth = admitted(at("09:00", day=5), "p5", visit_type="52")

    assert len(judge(SharedTelephone(), [*stays, birth])) == 1

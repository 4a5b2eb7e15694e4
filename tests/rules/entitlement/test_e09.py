"""E09: drawn in the name of the dead."""

from __future__ import annotations

from random import Random

import pytest

from rules.engine.entry import Entry
from rules.entitlement.e09_after_death import AfterDeath
from rules.reference import BadRowError, Reference
from rules.testing import at, fill, judge, stay, visit
from rules.times import DAY, SECOND
from tests.oracle.wire import (
    HOSPITAL,
    OTHER_SHOP,
    SHOP,
    Body,
    admission,
    discharge,
    fee_lines,
    line,
    message,
    question,
    reversal,
    settlement,
    text,
)
from tests.rules._messages import effects_of, standing_after

RULE = AfterDeath()


def register(*persons: str) -> Reference:
    """Everybody here died on 2026-03-04."""
    reference = Reference()
    for person in persons or ("p1", "1"):
        reference.put("deaths", {"psn_no": person, "die_date": "2026-03-04"})
    return reference


def seen(*entries: Entry) -> list[tuple[float, str]]:
    """Days after the death and severity of each finding."""
    return [(one.value, one.severity) for one in judge(RULE, list(entries), register())]


def alerts(*bodies: Body) -> list[tuple[str, int, float]]:
    """Severity, triggers and amount of what stands after these messages."""
    return [(one.severity, one.triggers, one.vola_amt) for one in standing_after(RULE, bodies, register())]


def bought(clock: str = "10:00", day: int = 3, **fields: object) -> Body:
    """A purchase of two lines."""
    moment = at(clock, day=day)
    return settlement(moment, feedetail=[line(1, moment), line(2, moment)]) | fields


def outpatient(day: int, **fields: object) -> Body:
    """An outpatient settlement."""
    return settlement(at("11:00", day=day), "2207", fixmedins_code=HOSPITAL, med_type="11", mdtrt_id="V1") | fields


def lines(day: int, infno: str = "2204", visit: str = "V1", **fields: object) -> Body:
    """Two fee lines at the hospital, in scope with 20.50 each."""
    moment = at("10:00", day=day)
    body = [line(f"{day}a", moment), line(f"{day}b", moment, **fields)]
    return fee_lines(visit, body, moment, infno, fixmedins_code=HOSPITAL)


@pytest.mark.parametrize(
    ("clock", "day", "expected"), [("23:59", -1, []), ("00:00", 0, []), ("12:00", 0, [(1.5, "high")])]
)
def test_from_a_day_after_the_date_of_death(clock: str, day: int, expected: list[tuple[float, str]]) -> None:
    """The day of the death and the moment a day after its beginning are allowed."""
    assert expected == seen(visit(at(clock, day=day)))


def test_a_row_that_was_closed_stands_against_nothing_later() -> None:
    """Somebody was registered by mistake, and that was found out on the tenth."""
    reference = Reference()
    reference.put("deaths", {"psn_no": "p1", "die_date": "2026-03-04", "valid_to": "2026-03-09"})
    used = [visit(at("10:00", day=4)), visit(at("10:00", day=5))]

    assert [5.4] == [one.value for one in judge(RULE, list(used), reference)]


def test_only_the_dead_are_judged() -> None:
    """Nothing is kept of anybody else."""
    effects = effects_of(RULE, [bought()], register("2"))

    assert [] == effects.alerts
    assert 0 == effects.counts.entries["services"]
    assert [] == judge(RULE, [visit(at("10:00"))], register("p2"))


@pytest.mark.parametrize(
    ("second", "severity"),
    [
        ({"time": at("11:00")}, "high"),
        ({"time": at("11:00"), "institution": "P34102100099"}, "critical"),
        ({"time": at("10:00", day=1)}, "critical"),
        ({"time": at("10:00", day=179)}, "critical"),
        ({"time": at("10:00", day=180, seconds=-1)}, "critical"),
        ({"time": at("10:00", day=180)}, "high"),
    ],
    ids=["the same place and day", "another place", "another day", "within half a year", "just within", "long after"],
)
def test_a_second_place_or_day_is_critical(second: dict[str, object], severity: str) -> None:
    """The first hit may be an error of the register."""
    assert ["high", severity] == [one for _, one in seen(visit(at("10:00")), visit(**second))]  # type: ignore[arg-type]


def test_a_purchase_is_one_hit_whatever_its_lines() -> None:
    """Two lines and their settlement are one trigger with the money of the settlement."""
    assert [("high", 1, 40.0)] == alerts(bought())


def test_the_lines_of_a_purchase_say_when_it_was() -> None:
    """Dispensed before the death, settled afterwards."""
    early = at("10:00", day=-1)

    assert [] == alerts(bought(day=1, feedetail=[line(1, early)]))
    assert [("high", 1, 40.0)] == alerts(bought(day=1, feedetail=[line(1, early), line(2, at("09:00", day=1))]))


def test_a_visit_whose_lines_spoke_is_not_counted_again() -> None:
    """The lines come first; the bill of the next morning is neither a second day nor money twice."""
    assert [("high", 2, 41.0)] == alerts(lines(3), outpatient(4))
    assert [("high", 2, 41.0)] == alerts(outpatient(4), lines(3))


def test_a_bill_for_a_visit_before_the_death_is_none() -> None:
    """Treated before, paid days later; without its lines the bill's own time counts."""
    assert [] == alerts(lines(-1), outpatient(2))
    assert [("high", 1, 40.0)] == alerts(outpatient(2))


def registered(day: int, place: str = HOSPITAL) -> Body:
    """The visit V1 is registered in the morning."""
    moment = at("08:00", day=day)
    return message("2201", moment, mdtrt_id="V1", begntime=text(moment), fixmedins_code=place)


def test_a_visit_that_was_registered_before_the_death_is_none() -> None:
    """No lines came, and it was paid after the death; the same number elsewhere says nothing of it."""
    cancelled = message("2202", at("09:00", day=-1), mdtrt_id="V1", fixmedins_code=HOSPITAL)

    assert [] == alerts(registered(-1), outpatient(2))
    assert [] == alerts(outpatient(2), registered(-1))
    assert 1 == len(alerts(registered(2), outpatient(2)))
    assert 1 == len(alerts(registered(-1, OTHER_SHOP), outpatient(2)))
    assert 1 == len(alerts(registered(-1), cancelled, outpatient(2)))


def test_a_row_counts_from_when_it_is_valid() -> None:
    """The death was registered six days later: what came before that is not held against anybody."""
    late = Reference()
    late.put("deaths", {"psn_no": "p1", "die_date": "2026-03-04", "valid_from": "2026-03-10"})
    used = [visit(at("10:00", day=4)), visit(at("10:00", day=5))]

    assert [(6.4, "high")] == [(one.value, one.severity) for one in judge(RULE, list(used), late)]


def test_an_earlier_hit_is_held_against_its_own_row() -> None:
    """Registered by mistake, and dead a week later: what stood against the first row makes the next one critical."""
    twice = Reference()
    twice.put(
        "deaths", {"psn_no": "p1", "die_date": "2026-03-01", "valid_from": "2026-03-01", "valid_to": "2026-03-10"}
    )
    twice.put("deaths", {"psn_no": "p1", "die_date": "2026-03-08", "valid_from": "2026-03-11"})
    used = [visit(at("10:00")), visit(at("10:00", day=7))]

    assert [(4.4, "high"), (4.4, "critical")] == [(one.value, one.severity) for one in judge(RULE, list(used), twice)]


@pytest.mark.parametrize("back", [{"cnt": -1, "init_feedetl_sn": "1", "det_item_fee_sumamt": -20.5}, {"cnt": 0}])
def test_lines_that_give_back_are_no_service(back: Body) -> None:
    """A negative line after the death takes something back."""
    moment = at("10:00", day=3)

    assert [] == alerts(fee_lines("V1", [line(1, moment, **back)], moment, "2301", fixmedins_code=HOSPITAL))


def billed(day: int, seconds: int = 0) -> Body:
    """The bill of a stay, so many days after 2026-03-05 00:00."""
    moment = at("00:00", day=day, seconds=seconds)
    return settlement(moment, "2304", fixmedins_code=HOSPITAL, med_type="21", mdtrt_id="V1")


@pytest.mark.parametrize(("day", "seconds", "expected"), [(2, 36_000, 0), (30, 0, 0), (30, 1, 1)])
def test_a_stay_begun_before_the_death_is_settled_for_thirty_days(day: int, seconds: int, expected: int) -> None:
    """Discharge, bill and reversal of the bill are no service; after thirty days the bill is asked about."""
    left = discharge("V1", at("09:00", day=2), fixmedins_code=HOSPITAL, dscg_way="5", die_date="2026-03-04")
    begun = admission("V1", at("09:00", day=-40), fixmedins_code=HOSPITAL)

    assert expected == len(alerts(begun, lines(-2, "2301"), left, billed(day, seconds)))


FIRST_MOMENT = at("00:00")
"""A day after the day of death has begun: what lies exactly there is not after it."""
AT_ONCE = fee_lines("V1", [line("0", FIRST_MOMENT)], FIRST_MOMENT, fixmedins_code=HOSPITAL)


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([AT_ONCE], 0),
        ([admission("V1", FIRST_MOMENT, fixmedins_code=HOSPITAL)], 0),
        ([AT_ONCE, billed(35)], 1),
        ([message("2201", FIRST_MOMENT, mdtrt_id="V1", begntime=text(FIRST_MOMENT), fixmedins_code=HOSPITAL),
          outpatient(2)], 0),
    ],
    ids=["a line", "an admission", "a line does not speak for the late bill of its stay", "a registration"],
)  # fmt: skip
def test_the_first_moment_of_the_day_after_is_not_after_the_death(bodies: list[Body], expected: int) -> None:
    """To the second."""
    assert expected == len(alerts(*bodies))


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_one_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    again = settlement(at("10:00", day=33) + late)

    assert expected == len(alerts(settlement(at("10:00", day=3)), again))


def test_a_bill_may_be_reversed_and_made_again() -> None:
    """2305 and the corrected bill within the thirty days."""
    first = billed(5) | {"setl_id": "S1"}

    assert [] == alerts(first, reversal("S1", at("10:00", day=5), "2305", fixmedins_code=HOSPITAL), billed(6))


def test_a_stay_that_begins_after_the_death() -> None:
    """Admitted, treated on two days, settled: the bill is no third hit where its lines have spoken."""
    admitted = admission("V1", at("09:00", day=3), fixmedins_code=HOSPITAL)

    assert [("critical", 5, 82.0)] == alerts(admitted, lines(3, "2301"), lines(4, "2301"), billed(5))
    assert [("critical", 2, 40.0)] == alerts(admitted, billed(5))
    assert [("high", 1, 0.0)] == alerts(admitted)


def test_a_stay_that_goes_on_after_the_death() -> None:
    """What is charged on later days is a service, though the stay began before; its bill is not."""
    begun = admission("V1", at("09:00", day=-3), fixmedins_code=HOSPITAL)

    assert [("high", 2, 41.0)] == alerts(begun, lines(-2, "2301"), lines(2, "2301"), billed(5))


def test_what_is_taken_back_is_no_hit() -> None:
    """A reversed purchase, cancelled lines, a cancelled admission."""
    cancel_lines = message("2205", at("10:05", day=3), mdtrt_id="V1", feedetl_sn="0000", fixmedins_code=HOSPITAL)
    cancel_admission = message("2404", at("10:05", day=3), mdtrt_id="V2", fixmedins_code=HOSPITAL)

    assert [] == alerts(bought(setl_id="S1"), reversal("S1", at("10:30", day=3)))
    assert [] == alerts(lines(3), cancel_lines)
    assert [] == alerts(admission("V2", at("10:00", day=3), fixmedins_code=HOSPITAL), cancel_admission)


def test_the_order_of_arrival_makes_no_difference() -> None:
    """Lines, bills and purchases within the grace, in any order."""
    bodies = [
        lines(-1),
        outpatient(1),
        lines(2, visit="V2"),
        outpatient(3, mdtrt_id="V2"),
        bought(day=2),
        bought("12:00", 3),
    ]
    in_order = standing_after(RULE, bodies, register())

    assert [("critical", 4, 121.0)] == [(one.severity, one.triggers, one.vola_amt) for one in in_order]
    for seed in range(6):
        shuffled = list(bodies)
        Random(seed).shuffle(shuffled)
        assert alerts(*bodies) == alerts(*shuffled)


def test_the_evidence_shows_the_other_place_or_day() -> None:
    """One earlier hit elsewhere, and the one that is judged."""
    uses = [visit(at("10:00", day=day), institution=f"P{day}") for day in range(3)]
    found = judge(RULE, list(uses), register())

    assert [1, 2, 2] == [len(one.evidence) for one in found]
    assert [uses[0].message, uses[2].message] == [one.message for one in found[2].evidence]


def test_pieces_that_are_no_service() -> None:
    """A discharge, a settlement's own lines, the lines of a question."""
    assert [] == seen(stay(at("10:00"), "discharge", "v1"), stay(at("10:00"), "settlement", "v1"))
    assert [] == seen(fill(at("10:00")), fill(at("10:00"), transaction="2101", settlement="", pre=True))


AT_HOSPITAL = question(at("11:00", day=3), "2206", mdtrt_id="V1", med_type="11", fixmedins_code=HOSPITAL)


@pytest.mark.parametrize(
    ("asked", "before", "expected"),
    [
        (question(at("10:00", day=3)), [], 1),
        (question(at("10:00", day=3), "2303", med_type="21", mdtrt_id="V1"), [], 0),
        (question(at("10:00", day=3), "3101", med_type="21", mdtrt_id="V1"), [], 0),
        (AT_HOSPITAL, [lines(3)], 1),
        (AT_HOSPITAL, [lines(-1)], 0),
        (AT_HOSPITAL, [AT_ONCE], 0),
        (AT_HOSPITAL, [registered(-1)], 0),
        (question(at("10:00", day=0, seconds=-36_000)), [], 0),
    ],
    ids=[
        "a purchase",
        "a stay's bill",
        "a stay's review",
        "after its lines",
        "after lines before the death",
        "after a line of the last moment that is allowed",
        "after a registration before the death",
        "in time",
    ],
)
def test_a_question_is_answered(asked: Body, before: list[Body], expected: int) -> None:
    """The institution is told before money moves."""
    effects = effects_of(RULE, [*before, asked], register())

    assert [expected] == [len(one.findings) for one in effects.reminders]


def test_without_the_register_the_rule_is_off() -> None:
    """Nothing is kept for it."""
    effects = effects_of(RULE, [bought()], Reference())

    assert ([], 0) == (effects.alerts, effects.counts.entries["services"])


def test_a_date_of_death_must_be_one() -> None:
    """The register is refused, not the first event that meets it."""
    with pytest.raises(BadRowError, match="expected yyyy-mm-dd, also with a time, was text of 10"):
        Reference().put("deaths", {"psn_no": "1", "die_date": "2026-13-04"})


def test_the_sentence_counts_days_and_hits_and_names_the_places() -> None:
    """In both languages, against the day that is allowed; nobody is named."""
    (alert,) = standing_after(RULE, [bought(), bought("11:00", 5, fixmedins_code=OTHER_SHOP)], register())

    assert (
        "登记死亡日期为2026-03-04的1名参保人，此后仍有就医购药或结算2笔，最晚在死亡日期之后6.5天（提示阈值：超过1天），"
        f"发生在{SHOP}、{OTHER_SHOP}，"
    ) in alert.text.zh
    assert "2 services or bills after it, the last 6.5 days after (threshold: more than 1 day), at" in alert.text.en
    assert 180 * DAY == RULE.span

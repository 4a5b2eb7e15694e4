"""I12: more patients in hospital than approved beds."""

from __future__ import annotations

import pytest

from rules.engine.effects import Effects
from rules.inpatient.i12_more_patients_than_beds import MorePatientsThanBeds
from rules.reference import Reference
from rules.testing import admitted, at, departed, judge
from rules.times import DAY, HOUR, MINUTE, SECOND
from tests.oracle.wire import HOSPITAL, Body, admission, discharge, message, settlement, text
from tests.rules._messages import effects_of, standing_after

RULE = MorePatientsThanBeds()
MIDNIGHT = at("00:00", day=1)
"""The day that follows is judged; patients come on the day before."""
NEXT = MIDNIGHT + DAY


def register(beds: str = "20", **more: str) -> Reference:
    """The hospital with its approved beds."""
    reference = Reference()
    row = {"fixmedins_code": HOSPITAL, "status": "active", "kind": "hospital", "beds": beds}
    reference.put("institutions", row | more)
    return reference


def comes(number: int, moment: int = MIDNIGHT - HOUR, /, **fields: object) -> Body:
    """A patient is admitted."""
    return admission(f"V{number}", moment + number * SECOND, **{"psn_no": f"{number}"} | of_hospital() | fields)


def leaves(number: int, moment: int, /, **fields: object) -> Body:
    """A patient is discharged."""
    return discharge(f"V{number}", moment, **{"psn_no": f"{number}"} | of_hospital() | fields)


def of_hospital() -> Body:
    """All messages are of one hospital."""
    return {"fixmedins_code": HOSPITAL}


def judged(moment: int = NEXT) -> Body:
    """What comes after the day and lets it be judged: somebody who leaves from another time."""
    return discharge("V0", moment, psn_no="0", **of_hospital())


def full(count: int, *bodies: Body, end: int = NEXT) -> list[Body]:
    """So many patients from the evening before on, and what follows."""
    return [*(comes(number) for number in range(1, count + 1)), *bodies, judged(end)]


def values(*bodies: Body, reference: Reference | None = None, rule: MorePatientsThanBeds = RULE) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, reference or register())]


@pytest.mark.parametrize(("count", "expected"), [(24, []), (25, [25])])
def test_five_more_than_beds(count: int, expected: list[float]) -> None:
    """Of twenty beds; 110 % of them are fewer."""
    assert expected == values(*full(count))


@pytest.mark.parametrize(("count", "expected"), [(110, []), (111, [111])])
def test_a_tenth_more_than_beds(count: int, expected: list[float]) -> None:
    """Of a hundred beds, where a tenth is more than five."""
    assert expected == values(*full(count), reference=register("100"))


@pytest.mark.parametrize(("count", "expected"), [(149, "warning"), (150, "high")])
def test_half_as_many_again_is_high(count: int, expected: str) -> None:
    """Of a hundred beds."""
    [alert] = standing_after(RULE, full(count), register("100"))

    assert (expected, 111) == (alert.severity, alert.measure.limit)


@pytest.mark.parametrize(
    ("came", "expected"), [(MIDNIGHT - 26 * SECOND, [25]), (MIDNIGHT - 25 * SECOND, [25]), (MIDNIGHT - 24 * SECOND, [])]
)
def test_the_day_begins_at_midnight(came: int, expected: list[float]) -> None:
    """The last one comes before it, at it, or a second later."""
    assert expected == values(*full(24), comes(25, came))


@pytest.mark.parametrize(
    ("left", "expected"), [(MIDNIGHT - MINUTE, []), (MIDNIGHT, []), (NEXT - SECOND, []), (NEXT, [25])]
)
def test_who_leaves_during_the_day_is_not_there_all_day(left: int, expected: list[float]) -> None:
    """To the second: at the midnight that ends it is late enough."""
    assert expected == values(*full(25, leaves(25, left), end=NEXT + MINUTE))


def test_a_bed_that_is_taken_again_later_was_free_in_between() -> None:
    """One leaves at ten and another comes at two."""
    turn = [leaves(25, MIDNIGHT + 10 * HOUR), comes(26, MIDNIGHT + 14 * HOUR)]

    assert [] == values(*full(25, *turn))
    assert [25] == values(*full(25, *reversed([leaves(25, MIDNIGHT + 14 * HOUR), comes(26, MIDNIGHT + 10 * HOUR)])))


@pytest.mark.parametrize(("days", "expected"), [(60, []), (59, [25])])
def test_who_was_admitted_very_long_ago_is_not_counted(days: int, expected: list[float]) -> None:
    """Sixty days before the day begins: the discharge may have been forgotten."""
    long_ago = comes(0, MIDNIGHT - days * DAY, psn_no="long")

    assert expected == values(long_ago, *full(24)[:-1], judged_by_another())


def judged_by_another() -> Body:
    """The same by somebody else who leaves."""
    return discharge("W", NEXT, psn_no="w", **of_hospital())


def test_to_the_second_what_is_very_long() -> None:
    """Admitted sixty days before, less a second."""
    there = comes(0, MIDNIGHT - 60 * DAY + SECOND, psn_no="long")

    assert [25] == values(there, *full(24)[:-1], judged_by_another())


@pytest.mark.parametrize(("kind", "expected"), [("28", []), ("5212", []), ("52", [25]), ("21", [25])])
def test_day_surgery_and_newborns_take_no_bed(kind: str, expected: list[float]) -> None:
    """A mother does."""
    assert expected == values(*full(24), comes(25, med_type=kind))


def test_the_rows_are_of_the_first_moment_at_which_the_fewest_are_there() -> None:
    """One leaves at ten, another comes at two and a third leaves at four."""
    turns = [leaves(1, MIDNIGHT + 10 * HOUR), comes(27, MIDNIGHT + 14 * HOUR), leaves(2, MIDNIGHT + 16 * HOUR)]
    [alert] = standing_after(RULE, full(26, *turns), register())

    assert {f"V{n}" for n in range(2, 27)} == {one.mdtrt_id for one in alert.evidence}


def test_a_person_counts_once() -> None:
    """Admitted again while the first stay is open; the discharge of that one changes nothing, that of the last does."""
    again = comes(25, psn_no="24")

    assert [] == values(*full(24, again))
    assert [25] == values(*full(25, comes(26, psn_no="25"), leaves(25, MIDNIGHT - MINUTE)))
    assert [] == values(*full(25, comes(26, psn_no="25"), leaves(26, MIDNIGHT - MINUTE, psn_no="25")))


@pytest.mark.parametrize(
    ("fields", "expected"), [({}, []), ({"mid_setl_flag": "1"}, [25]), ({"infno": "2207", "med_type": "11"}, [25])]
)
def test_the_final_settlement_ends_a_stay(fields: Body, expected: list[float]) -> None:
    """Not an interim one, nor one that is of no stay."""
    named: Body = {"mdtrt_id": "V25", "psn_no": "25", "med_type": "21", "infno": "2304", **of_hospital()}
    bill = settlement(MIDNIGHT + HOUR, **named | fields)

    assert expected == values(*full(25, bill))


def test_what_is_taken_back_does_not_count() -> None:
    """An admission (2404); a discharge (2405) or a bill (2305), and the patient stays."""
    named: Body = {"mdtrt_id": "V25", "psn_no": "25", **of_hospital()}
    bill = settlement(MIDNIGHT + HOUR, infno="2304", setl_id="S", **named | {"med_type": "21"})
    reversed_bill = message("2305", MIDNIGHT + 2 * HOUR, setl_id="S", setl_time=text(MIDNIGHT + 2 * HOUR), **named)

    assert [] == values(*full(25), message("2404", NEXT + DAY, **named))
    assert [25] == values(*full(25, leaves(25, MIDNIGHT + HOUR)), message("2405", NEXT + DAY, **named))
    assert [25] == values(*full(25, bill, reversed_bill))


def test_of_a_discharge_the_last_upload_counts() -> None:
    """Sent again with a later end."""
    wrong, right = leaves(25, MIDNIGHT + HOUR), leaves(25, NEXT + HOUR)

    assert [25] == values(*full(25, wrong), right)
    assert [] == values(*full(25, right), wrong | {"msgid": "later", "inf_time": text(NEXT + 2 * HOUR)})


def test_a_late_discharge_withdraws_it() -> None:
    """Five leave in time, and are uploaded two weeks later."""
    late = [leaves(n, MIDNIGHT - MINUTE, inf_time=text(MIDNIGHT + 14 * DAY)) for n in range(21, 26)]

    assert [] == values(*full(25), *late)


def test_it_is_told_eight_days_after_the_day() -> None:
    """Before that discharges may come; the entry that judges is of the day after."""
    came = [admitted(MIDNIGHT - HOUR + n, f"p{n}", visit=f"v{n}") for n in range(25)]
    [found] = judge(RULE, [*came, departed(NEXT + HOUR, "p0", visit="v0")], register())
    [alert] = standing_after(RULE, full(25), register())

    assert found.due == NEXT + 8 * DAY
    assert alert.first_time.startswith("2026-03-07T00:00")
    assert ("2026-03-05T00:00:00+08:00", "2026-03-07T00:00:00+08:00") == (alert.window.start, alert.window.end)


@pytest.mark.parametrize(("beds", "expected"), [("", 0), ("0", 0), ("20", 1)])
def test_without_beds_in_the_register_it_is_silent(beds: str, expected: int) -> None:
    """Nothing is kept either, where the column is empty."""
    effects = effects_of(RULE, full(40), register(beds))

    assert expected == len({one.alert_id for one in effects.alerts})
    assert bool(beds) == (kept_in(effects) > 0)


def kept_in(effects: Effects) -> int:
    """How many entries the ledger keeps."""
    return effects.counts.entries["beds"]


def test_the_beds_of_the_day_count() -> None:
    """A row that is valid from the day on, and one that is not yet."""
    more = {"valid_from": "2026-03-06"}
    later = {"valid_from": "2026-03-07"}
    for row, expected in ((more, []), (later, [25])):
        reference = register()
        reference.put(
            "institutions", {"fixmedins_code": HOSPITAL, "status": "active", "kind": "hospital", "beds": "40"} | row
        )

        assert expected == values(*full(25), reference=reference)


def test_a_day_without_a_next_one_is_not_judged() -> None:
    """Somebody leaves two days later: the day before that is judged, on which it was as full."""
    assert [] == values(*full(25)[:-1])
    assert [25] == values(*full(25, end=NEXT + DAY))


@pytest.mark.parametrize(("pause", "expected"), [(7 * DAY, 1), (7 * DAY + SECOND, 2)])
def test_a_week_without_it_ends_the_alert(pause: int, expected: int) -> None:
    """To the second, between what judges the days."""
    out = [leaves(n, NEXT + HOUR + n * SECOND) for n in range(1, 26)]
    back = [comes(n, NEXT + pause - DAY - HOUR, mdtrt_id=f"B{n}") for n in range(1, 26)]

    assert expected == len(values(*full(25, end=NEXT), *out, *back, judged_later(NEXT + pause)))


def judged_later(moment: int) -> Body:
    """What lets a later day be judged."""
    return discharge("L", moment, psn_no="l", **of_hospital())


def test_the_sentence_says_how_many_and_how_many_beds() -> None:
    """With the limit, the days, and the day that was judged."""
    [alert] = standing_after(RULE, full(30), register())

    assert "2026-03-06" in alert.text.zh
    assert "在院参保人全天不少于30人，核准床位20张（提示阈值：25人及以上），共1天如此" in alert.text.zh
    assert "at least 30 patients were in hospital all day, with 20 approved beds (threshold: 25 patients or more)" in (
        alert.text.en
    )
    assert "20" == alert.evidence[0].decided["beds"]


def test_the_longest_time_is_a_parameter() -> None:
    """With ten days, who came eleven days before is not counted."""
    rule = MorePatientsThanBeds(longest_days=10)
    there = comes(0, MIDNIGHT - 11 * DAY, psn_no="long")

    assert [] == values(there, *full(24)[:-1], judged_by_another(), rule=rule)

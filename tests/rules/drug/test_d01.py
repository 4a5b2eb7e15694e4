"""D01: dispensed again while much of it must still be there."""

from __future__ import annotations

from itertools import permutations

import pytest

from rules.drug.d01_early_refill import EarlyRefill
from rules.engine.alert import Alert
from rules.engine.finding import Finding, Undecidable
from rules.engine.retraction import Retraction
from rules.engine.window import Window
from rules.ledgers import Fill
from rules.reference import Reference
from rules.testing import at, fill, judge
from rules.times import DAY, HOUR, SECOND
from tests.oracle import wire
from tests.oracle.world import logs, run, standing_at_end
from tests.rules._log import END, standing, told

RULE = EarlyRefill()
NOON = at("12:00")
ITEM = "XC09AAA001A001010100001"


def fetched(*fills: tuple[float, float], places: str = "", **more: object) -> list[Fill]:
    """Fills of (day, days of supply) by one person; places: a letter for the institution of each."""
    letters = places or "A" * len(fills)
    return [
        fill(NOON + round(day * DAY), days, "p1", letter, **more)  # type: ignore[arg-type]
        for (day, days), letter in zip(fills, letters, strict=True)
    ]


def found(*fills: tuple[float, float], places: str = "", rule: EarlyRefill = RULE) -> list[Finding]:
    """The findings over such fills."""
    return judge(rule, fetched(*fills, places=places))


def drugs(**columns: str) -> Reference:
    """A drug table with one row."""
    reference = Reference()
    reference.put("drugs", {"med_list_codg": ITEM, **columns})
    return reference


@pytest.mark.parametrize(
    ("supply", "again_after", "alerts"),
    [
        (30, 15, 0), (30, 15 - 1 / 86_400, 1), (30, 30, 0), (20, 6, 0), (20, 6 - 1 / 86_400, 1), (84, 42, 0),
        (84, 42 - 1 / 86_400, 1), (14, 0.001, 0), (90, 45, 0),
    ],
)  # fmt: skip
def test_at_the_same_place_two_weeks_or_half_may_remain(supply: float, again_after: float, alerts: int) -> None:
    """Fourteen days or half of the last fill, whichever is more; a second beyond is a finding."""
    assert alerts == len(found((0, supply), (again_after, 30)))


@pytest.mark.parametrize(
    ("supply", "again_after", "alerts"),
    [(30, 24, 0), (30, 24 - 1 / 86_400, 1), (60, 48, 0), (60, 48 - 1 / 86_400, 1), (7, 1, 0), (7, 0.5, 1)],
)
def test_at_another_place_six_days_or_a_fifth_may_remain(supply: float, again_after: float, alerts: int) -> None:
    """Somebody else cannot see what the first one dispensed."""
    assert alerts == len(found((0, supply), (again_after, 30), places="AB"))


def test_another_place_is_another_than_that_of_the_last_fill() -> None:
    """Going back to where one was before the last time is a change too."""
    assert ["info", "info"] == [one.severity for one in found((0, 30), (22, 30), (52, 30), places="ABA")]


@pytest.mark.parametrize(
    ("supply", "again_after", "severity"),
    [
        (14, 2, "high"),
        (14, 7, "high"),
        (14, 7.1, "info"),
        (20, 7, "high"),
        (20, 7 + 1 / 86_400, "info"),
        (12, 2, "high"),
    ],
)
def test_elsewhere_within_a_week_with_half_of_it_left(supply: float, again_after: float, severity: str) -> None:
    """Nobody has used up so much so soon: `high` although little in days remains."""
    assert [severity] == [one.severity for one in found((0, supply), (again_after, 14), places="AB")]


def test_severity_says_how_strong_the_sign_is() -> None:
    """A large rest elsewhere `high`, at home `warning`; a smaller one elsewhere `info`."""
    cases = ((5, "AB"), (5, "AA"), (20, "AB"))
    told_of = [found((0, 30), (day, 30), places=places)[0].severity for day, places in cases]

    assert ["high", "warning", "info"] == told_of


def test_supply_is_used_one_fill_after_the_other() -> None:
    """Six days too early three times leave eighteen, beyond the limit that none of them reached alone."""
    findings = judge(EarlyRefill(repeats=9), fetched((0, 30), (24, 30), (48, 30), (72, 30)))

    assert [(18.0, 15.0)] == [(one.value, one.limit) for one in findings]


def test_a_pause_leaves_nothing() -> None:
    """What ran out is not made up for by the next fill."""
    assert [] == found((0, 30), (60, 30), (80, 30))


@pytest.mark.parametrize(("gap", "alerts"), [(22.9, 1), (24, 0)])
def test_the_third_early_fill_in_ninety_days(gap: float, alerts: int) -> None:
    """Each of three comes more than six days before the one before it alone has run out."""
    rule = EarlyRefill(over_days=99)
    findings = judge(rule, fetched(*((number * gap, 30) for number in range(4))))

    assert alerts == len(findings)
    assert ["3"] * alerts == [one.details["early"] for one in findings]


def test_early_fills_of_more_than_ninety_days_ago_do_not_count() -> None:
    """Two, and a third when the first is past; the reserve itself is small."""
    rule = EarlyRefill(over_days=99)

    assert [] == judge(rule, fetched((0, 30), (20, 30), (40, 30), (111, 30), (131, 30)))
    assert 1 == len(judge(rule, fetched((0, 30), (20, 30), (40, 30), (89, 30), (109, 30))))


@pytest.mark.parametrize(("day", "expected"), [(110, []), (110 - 1 / 86_400, ["warning"])])
def test_the_ninety_days_of_early_fills_are_half_open(day: float, expected: list[str]) -> None:
    """The first of three was ninety days before the last, or a second less."""
    findings = judge(EarlyRefill(over_days=99), fetched((0, 30), (20, 30), (40, 30), (90, 30), (day, 30)))

    assert expected == [one.severity for one in findings]


@pytest.mark.parametrize(("day", "expected"), [(180, []), (180 - 1 / 86_400, [420.0])])
def test_supply_is_added_up_over_half_a_year(day: float, expected: list[float]) -> None:
    """What was fetched exactly 180 days ago is left out, however much of it there must be."""
    assert expected == [one.value for one in found((0, 600), (day, 30))]


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (1 / 86_400, 2)])
def test_thirty_days_without_an_early_fill_end_the_alert(late: float, expected: int) -> None:
    """To the second."""
    assert expected == len(standing(told(RULE, [*fetched((0, 99), (1, 99), (31 + late, 99)), END])))


def test_a_reserve_that_is_kept_is_not_early_again() -> None:
    """Eight days too early once, then every thirty days: always eight days left, one early fill."""
    assert [] == found((0, 30), (22, 30), (52, 30), (82, 30), (112, 30))


def test_the_lines_of_one_visit_are_one_dispensing() -> None:
    """Two packs of one visit, together or minutes apart, are not early refills of each other, and last together."""
    visit = [fill(NOON + seconds * SECOND, 15, visit="v1", line=str(seconds)) for seconds in (0, 0, 90)]
    again = fill(NOON + 22 * DAY, 30)

    assert [] == judge(RULE, [*visit])
    assert [23.0] == [one.value for one in judge(RULE, [*visit, again])]


@pytest.mark.parametrize("seconds", [0, 90])
def test_a_dispensing_is_one_trigger_with_all_its_lines(seconds: int) -> None:
    """Its lines may bear one time or several: its first one is the trigger, whatever comes in which order."""
    lines = [
        fill(NOON, 30),
        *(fill(NOON + 5 * DAY + n * seconds * SECOND, 10, visit="v2", line=str(n), message=f"m-{n}") for n in range(3)),
    ]

    for order in permutations(lines):
        [(rule, _, first, last, triggers, *_, count)] = standing(told(RULE, [*order, END]))
        assert ("D01", 1, 4, first) == (rule, triggers, count, last)


def test_a_visit_number_of_a_whole_year_is_a_dispensing_a_day() -> None:
    """Some hospitals never close a chronic patient's visit."""
    months = [fill(NOON + 28 * n * DAY, 28, visit="v1", line=str(n)) for n in range(6)]

    assert [] == judge(RULE, [*months])
    assert 1 == len(judge(RULE, [*months, fill(NOON + 145 * DAY, 28, visit="v1", line="9")]))


def test_what_was_returned_is_no_supply() -> None:
    """Negative lines take off the days that they bring back."""
    back = fill(NOON + 3 * DAY, 30, quantity=-300_000)

    assert [] == judge(RULE, [*fetched((0, 30), (5, 30)), back])
    assert [] == judge(RULE, [fill(NOON, 30), fill(NOON + 3 * DAY, 12, quantity=-120_000), fill(NOON + 5 * DAY, 30)])
    assert 1 == len(judge(RULE, [fill(NOON, 30), fill(NOON + 3 * DAY, 5, quantity=-50_000), fill(NOON + 5 * DAY, 30)]))


def test_what_is_returned_on_the_same_day_was_not_dispensed() -> None:
    """The pack was handed back before the evening."""
    twice = fetched((0, 30), (5, 30))
    again = twice[1]

    assert [] == judge(
        RULE, [*twice, fill(again.time + SECOND, 30, institution="A", visit=again.visit, line="2", quantity=-300_000)]
    )


def test_what_was_given_back_makes_the_next_fill_not_early() -> None:
    """Three early fills, but the third was of drugs that had been brought back before: nothing remains."""
    fills = [fill(NOON + round(day * DAY), 30) for day in (0, 23, 46, 62)]
    back = fill(NOON + 47 * DAY, 30, quantity=-300_000)

    assert 1 == len(judge(EarlyRefill(over_days=99), [*fills]))
    assert [] == judge(EarlyRefill(over_days=99), [*fills, back])


def test_returns_alone_are_no_supply() -> None:
    """Nothing is known to have been dispensed before."""
    assert [] == judge(RULE, [fill(NOON, 30, quantity=-300_000), fill(NOON + DAY, 30)])


def test_supply_by_the_drug_table() -> None:
    """Two packs of 28 tablets at two a day last 28 days."""
    packs = [fill(NOON + day * DAY, 0, quantity=20_000) for day in (0, 13)]
    table = drugs(pack_units="28", daily_units="2")

    assert [15.0] == [one.value for one in judge(RULE, [*packs], table)]


@pytest.mark.parametrize("columns", [{}, {"pack_units": "28"}, {"pack_units": "28", "daily_units": "0"}])
def test_unknown_supply_is_not_decidable(columns: dict[str, str]) -> None:
    """Nothing is guessed, and a first fill needs no supply."""
    table = drugs(**columns)

    assert [] == judge(RULE, fetched((0, 0)), table)
    with pytest.raises(Undecidable):
        judge(RULE, fetched((0, 0), (1, 30)), table)


def test_what_is_known_may_be_enough() -> None:
    """An older fill without supply could only make more remain."""
    assert 25.0 == the_last(*fetched((0, 0), (1, 30), (6, 30)))
    assert the_last(*fetched((0, 0), (1, 30), (29, 30))) is None


def the_last(*entries: Fill) -> float | None:
    """How much is found to remain at the last of these fills, whatever may be said of the others."""
    window = Window(list(entries), RULE.span)
    window.move_to(len(entries) - 1)
    try:
        finding = RULE.check(entries[-1], window, Reference())
    except Undecidable:
        return None
    return None if finding is None else finding.value


def test_supply_by_the_person_s_own_pace() -> None:
    """Three fills 20 days apart: a pack lasts 20 days; the fourth after two days is early."""
    steady = [fill(NOON + day * DAY, 0, quantity=10_000) for day in (0, 20, 40)]

    assert the_last(*steady[:2], fill(NOON + 21 * DAY, 0, quantity=10_000)) is None
    assert 18.0 == the_last(*steady, fill(NOON + 42 * DAY, 0, quantity=10_000))
    assert the_last(*steady, fill(NOON + 60 * DAY, 0, quantity=10_000)) is None


def test_a_pause_does_not_slow_the_own_pace() -> None:
    """Two months without, then back to every 20 days: nothing remains that was never there."""
    days = (0, 20, 100, 120, 140)

    assert the_last(*(fill(NOON + day * DAY, 0, quantity=10_000) for day in days)) is None


def test_the_own_pace_is_the_shortest_that_is_usual() -> None:
    """Late refills leave nothing; a fill far too early, less than a third of what is usual, is no pace, a third is."""
    late = [fill(NOON + day * DAY, 0, quantity=10_000) for day in (0, 20, 50, 82)]
    early = [fill(NOON + day * DAY, 0, quantity=10_000) for day in (0, 21, 27, 48)]
    third = [fill(NOON + day * DAY, 0, quantity=10_000) for day in (0, 21, 28, 49)]

    assert 18.0 == the_last(*late, fill(NOON + 84 * DAY, 0, quantity=10_000))
    assert 34.0 == the_last(*early, fill(NOON + 50 * DAY, 0, quantity=10_000))
    assert the_last(*third, fill(NOON + 50 * DAY, 0, quantity=10_000)) is None


def test_a_reversed_fill_neither_covers_nor_triggers() -> None:
    """2103 takes back its lines; the alert goes with them."""
    first, second = fetched((0, 30), (5, 30))
    back = Retraction(
        retraction_keys=[f"s:{first.institution}:{first.settlement}"],
        uploaded=first.time + DAY,
        message="r",
        institution=first.institution,
        identity=9_999_999,
    )

    assert [] == standing(told(RULE, [first, back, second, END]))
    assert ["opened", "withdrawn"] == [alert.status for alert in told(RULE, [first, second, back, END])]


def test_solvents_services_and_materials_are_no_supply() -> None:
    """They accompany drugs, or are none; an unknown code that a drug table knows is one."""
    made = [
        ({"med_list_codg": "XB05BAA001A001010100001"}, 0),
        ({"med_list_codg": "001101000010000"}, 0),
        ({"med_list_codg": "C0101010010000000001", "list_type": "301"}, 0),
        ({"med_list_codg": "00603549321"}, 1),
        ({"med_list_codg": "ZA01AAB0001010100001", "list_type": "101"}, 1),
    ]

    assert [alerts for _, alerts in made] == [len(_settled_twice(**line)) for line, _ in made]


def test_inpatient_lines_are_no_supply() -> None:
    """What a ward uses is used there."""
    assert 0 == len(_settled_twice(med_type="21"))


@pytest.mark.parametrize("days", [99.99, 100, 1e12])
def test_days_beyond_the_field_are_read_as_sent(days: float) -> None:
    """prd_days holds two digits before the point; more is the grossest case, or a slip, which the alert says."""
    [alert] = _settled_twice(prd_days=days).values()

    assert (days >= 100) == ("prd_days" in alert.text.zh) == ("prd_days" in alert.text.en)


@pytest.mark.parametrize(("hours", "expected"), [(72, 0), (73, 1)])
def test_lines_are_taken_back_as_long_as_their_settlement(hours: int, expected: int) -> None:
    """Charged a day before it was settled: the 72 h are those after the settlement."""
    lines = [wire.line("1", wire.MONDAY + day * DAY, prd_days=60) for day in (0, 5)]
    made = [
        wire.settlement(wire.MONDAY + DAY, setl_id="S", mdtrt_id="V", feedetail=[lines[0]]),
        wire.reversal("S", wire.MONDAY + DAY + hours * HOUR),
        wire.settlement(wire.MONDAY + 5 * DAY, feedetail=[lines[1]]),
    ]
    [log] = logs([(0, wire.raw(one), 1 << 42) for one in made])

    assert expected == len(standing_at_end(run(log, [RULE], Reference()).alerts))


def _settled_twice(med_type: str = "41", **line: object) -> dict[str, Alert]:
    """The alerts by id after the same was settled on two days, through the door and the engine."""
    made = [
        wire.settlement(wire.MONDAY + day * DAY, med_type=med_type, feedetail=[
            wire.line("1", wire.MONDAY + day * DAY, **{"prd_days": 60} | line)
        ])
        for day in (0, 1)
    ]  # fmt: skip
    [log] = logs([(0, wire.raw(one), 1 << 42) for one in made])
    return {alert.alert_id: alert for alert in run(log, [RULE], Reference()).alerts}


def test_the_institution_is_told_before_it_dispenses() -> None:
    """A pre-settlement is answered, without the other institution's name and without the person's."""
    lines = [wire.line("1", wire.MONDAY + day * DAY, prd_days=30) for day in (0, 5)]
    made = [
        wire.settlement(wire.MONDAY, fixmedins_code="P1", fixmedins_name="甲药房", feedetail=[lines[0]]),
        wire.question(wire.MONDAY + 5 * DAY, fixmedins_code="P2", mdtrt_id="V", feedetail=[lines[1]]),
    ]
    [log] = logs([(0, wire.raw(one), 1 << 42) for one in made])
    result = run(log, [RULE], Reference())
    [reminder] = result.reminders

    assert "上次于2026-03-02在其他机构配30天量" in reminder.decode()
    assert not {"甲药房", "P1"} & set(reminder.decode().replace('"', " ").replace("（", " ").replace("）", " ").split())
    assert ["pre", "pre"] == [alert.stage for alert in result.alerts]


def test_the_sentence_says_what_remains_and_why_it_counts() -> None:
    """In both languages, with the limit, the last fill, the other place and the number of early fills."""
    made = fetched((0, 30), (20, 30), (40, 30), (60, 30), places="AAAB")
    [alert] = [one for one in told(RULE, [*made, END]) if one.status == "closed"]

    assert alert.text.zh == (
        "B 2026-05-04 12:00，1名参保人再次配药品XC09AAA001A001010100001，此前各次所配合计预计还可用30天"
        "（提示阈值：超过15天；上次于2026-04-14在A配30天量），90天内第3次提前配药，"
        "同类情形2026-04-14 12:00至2026-05-04 12:00共2次，"
        "涉及医保基金支付150.00元。疑点线索，待核实：是否调整剂量、外出备药、遗失补配，或超量囤药转卖。"
    )
    assert (
        "again while the earlier fills together still last 30 days (threshold: more than 15 days; "
        "the last fill on 2026-04-14 at A was"
    ) in alert.text.en

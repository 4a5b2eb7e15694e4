"""D02: more days' supply than one dispensing, or three months, may be."""

from __future__ import annotations

import pytest

from rules.drug.d02_over_quantity import OverQuantity
from rules.engine.finding import Finding, Undecidable
from rules.engine.window import Window
from rules.ledgers import Fill
from rules.reference import Reference
from rules.testing import HOSPITAL, PHARMACY, at, fill, judge
from rules.times import DAY, SECOND
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._log import END, standing, told

RULE = OverQuantity()
NOON = at("12:00")
PACK = "XC09AAA001A001010100001"


def one(days: float, kind: str, packs: float = 100, **more: object) -> Fill:
    """One dispensing of so many days in so many packs."""
    return fill(NOON, days, "p1", HOSPITAL, visit_type=kind, quantity=round(packs * 10_000), **more)  # type: ignore[arg-type]


def over(
    *fills: tuple[float, float], kind: str = "41", packs: float = 1_000_000, rule: OverQuantity = RULE
) -> list[Finding]:
    """The findings over fills of (day, days of supply), of packs so small that they do not matter."""
    entries: list[Fill] = [
        fill(NOON + round(day * DAY), days, visit_type=kind, quantity=round(packs * 10_000)) for day, days in fills
    ]
    return judge(rule, entries)


def table(units: int, daily: int) -> Reference:
    """A drug table with one pack."""
    reference = Reference()
    reference.put("drugs", {"med_list_codg": PACK, "pack_units": str(units), "daily_units": str(daily)})
    return reference


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [("11", 7), ("16", 7), ("13", 3), ("1301", 3), ("14", 84), ("140101", 84), ("15", 84), ("18", 84), ("51", 90),
     ("9903", 90)],
)  # fmt: skip
def test_one_dispensing_may_be_the_days_of_its_kind_and_one_pack(kind: str, allowed: int) -> None:
    """Ten packs that last the allowed days and one pack more; a second beyond is a finding."""
    pack = allowed / 9

    assert [] == judge(RULE, [one(allowed + pack, kind, packs=10)])
    assert [allowed + round(pack, 1)] == [
        found.value for found in judge(RULE, [one(allowed + pack + 1 / 7_000, kind, packs=10)])
    ]


def test_a_pharmacy_is_limited_by_its_prescription_only() -> None:
    """Without rxno nobody said for how long; with one it is ninety days."""
    assert [] == judge(RULE, [one(99, "41")])
    assert [] == judge(RULE, [one(90.9, "41", prescription="r1")])
    assert 1 == len(judge(RULE, [one(92, "41", prescription="r1")]))


def test_the_pack_is_that_of_the_drug_table() -> None:
    """It lasts fourteen days, whatever a cnt of the line lasts."""
    assert [] == judge(RULE, [one(21, "11")], table(28, 2))
    assert 1 == len(judge(RULE, [one(21.1, "11")], table(28, 2)))


def test_supply_by_the_drug_table() -> None:
    """Two packs of 28 days on an ordinary visit: one more than may be."""
    assert [(56.0, 35.0)] == [
        (found.value, found.limit) for found in judge(RULE, [one(0, "11", packs=2)], table(28, 1))
    ]
    assert [] == judge(RULE, [one(0, "11", packs=1)], table(28, 1))


def test_twice_the_limit_is_high() -> None:
    """And the limit exceeded by less is a warning."""
    assert ["warning", "high"] == [judge(RULE, [one(days, "11", packs=1_000)])[0].severity for days in (10, 15)]


@pytest.mark.parametrize(("days", "expected"), [(18, "warning"), (18.1, "high")])
def test_exactly_twice_the_limit_is_a_warning_yet(days: float, expected: str) -> None:
    """Nine packs of two days: seven days and a pack are allowed."""
    assert [expected] == [found.severity for found in judge(RULE, [one(days, "11", packs=9)])]


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_too_much_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    much = [
        fill(time, 30, "p1", HOSPITAL, visit_type="11", quantity=10_000_000) for time in (NOON, NOON + 30 * DAY + late)
    ]

    assert expected == len(standing(told(RULE, [*much, END])))


def test_the_lines_of_one_visit_are_one_dispensing() -> None:
    """Four days and four days; the alert is one, and no line of another visit belongs to it."""
    lines: list[Fill] = [
        fill(NOON + seconds * SECOND, 4, "p1", HOSPITAL, visit_type="11", quantity=10_000_000, visit="v1", line=str(n))
        for n, seconds in enumerate((0, 0, 60))
    ]
    [alert] = [alert for alert in told(RULE, [*lines, END]) if alert.status == "closed"]

    assert (12.0, 1, 3) == (alert.measure.value, alert.triggers, alert.evidence_count)
    assert [] == judge(RULE, [lines[0], fill(NOON + DAY, 4, "p1", HOSPITAL, visit_type="11", quantity=10_000_000)])


def test_what_is_returned_on_the_same_day_was_not_dispensed() -> None:
    """All of it, or so much that the rest is allowed."""
    much = one(20, "11")
    for days, alerts in ((20, 0), (14, 0), (5, 1)):
        back = fill(
            NOON + SECOND, days, "p1", HOSPITAL, visit_type="11", quantity=-days * 10_000, visit=much.visit, line="2"
        )
        assert alerts == len(judge(RULE, [much, back]))


@pytest.mark.parametrize(("last", "alerts"), [(27, 0), (27.01, 1)])
def test_ninety_days_dispensing_may_be_a_third_more(last: float, alerts: int) -> None:
    """117 days in 90, and not a minute more."""
    assert alerts == len(over((0, 30), (30, 30), (60, 30), (89, last)))


def test_the_ninety_days_are_half_open() -> None:
    """What was dispensed ninety days ago to the second is past."""
    assert [] == over((0, 60), (90, 60))
    assert [120.0] == [found.value for found in over((1 / 86_400, 60), (90, 60))]


@pytest.mark.parametrize(("day", "alerts"), [(20, 1), (8, 0)])
def test_the_pack_comes_on_top_of_the_sum(day: int, alerts: int) -> None:
    """Four packs of thirty days in ninety are honest, five are not."""
    fills = [(0.0, 30.0), (22.0, 30.0), (44.0, 30.0), (66.0, 30.0)] + ([(85.0, 30.0)] if alerts else [])

    assert alerts == len(over(*fills, packs=1)), day


def test_twelve_weeks_every_twelve_weeks_are_honest() -> None:
    """What the table allows for the days to come is no surplus of the days gone by; a third time in 90 days is."""
    assert [] == over((0, 84), (79, 84), (160, 84), kind="14")
    assert [252.0] == [found.value for found in over((0, 84), (40, 84), (79, 84), kind="14")]


def test_the_worse_of_two_findings_is_told() -> None:
    """By its factor: a dispensing of five times what may be, or a sum that is a little too large."""
    for every, last, value in ((6, 36, 36.0), (3, 8, 211.0)):
        fills = [(float(day), 7.0) for day in range(0, 87, every)]
        assert value == over(*fills, (88, last), kind="11")[-1].value


def test_unknown_supply_is_not_decidable() -> None:
    """Unless what is known is too much already."""
    with pytest.raises(Undecidable):
        judge(RULE, [one(0, "11")])
    with pytest.raises(Undecidable):
        over((0, 30), (1, 0))

    much: list[Fill] = [fill(NOON, 0), fill(NOON + DAY, 130)]
    assert 1 == len(_last(much))


def _last(entries: list[Fill]) -> list[Finding]:
    """The finding of the last entry, whatever may be said of the others."""
    window = Window(entries, RULE.span)
    window.move_to(len(entries) - 1)
    finding = RULE.check(entries[-1], window, Reference())
    return [] if finding is None else [finding]


def test_a_line_without_quantity_has_no_pack() -> None:
    """Then there is no tolerance."""
    assert 1 == len(judge(RULE, [one(8, "11", packs=0)]))


def test_the_own_pace_is_not_asked() -> None:
    """By it everybody gets ninety days' supply in ninety days."""
    with pytest.raises(Undecidable):
        over(*((float(day), 0.0) for day in range(0, 90, 3)))


def test_the_institution_is_told_before_it_dispenses() -> None:
    """Eight weeks in an emergency, asked by the review before the settlement."""
    line = wire.line("1", prd_days=56, cnt=2)
    asked = wire.question(infno="3101", med_type="13", mdtrt_id="V", fixmedins_code=HOSPITAL, feedetail=[line])
    [log] = logs([(0, wire.raw(asked), 1 << 42)])
    result = run(log, [RULE], Reference())

    assert (
        "共56天用量（提示阈值：超过3天加1盒（28天用量），即31天；医疗类别：急诊（13））" in result.reminders[0].decode()
    )
    assert "D02" == result.alerts[0].rule_id


def test_the_sentences_say_how_much_in_how_many_dispensings() -> None:
    """In both languages."""
    [alone] = [one for one in told(RULE, [one(30, "11"), END]) if one.status == "closed"]
    fills: list[Fill] = [fill(NOON + day * DAY, 60) for day in (0, 30)]
    [summed] = [one for one in told(RULE, [*fills, END]) if one.status == "closed"]

    drug = "XC09AAA001A001010100001"
    assert (
        f"1名参保人一次配药品{drug}共30天用量（提示阈值：超过7天加1盒；医疗类别：普通门诊（11）），涉及"
        in alone.text.zh
    )
    assert f"30 days' supply of the drug {drug} in one dispensing (threshold: more than 7 days and one" in alone.text.en
    assert (
        f"90天内2次配药品{drug}共120天用量（提示阈值：超过118天，即90天内最多117天，另加本次可配1天），"
        f"配药机构：{PHARMACY}，涉及"
    ) in summed.text.zh
    assert f"of the drug {drug} in 2 dispensings within 90 d (threshold: more than 118 days, which" in summed.text.en


def test_a_pharmacy_with_a_prescription_and_days_that_cannot_be_are_told() -> None:
    """Why ninety days are allowed there, and that the days were perhaps mistyped."""
    [alone] = [one for one in told(RULE, [one(1000, "41", prescription="r1"), END]) if one.status == "closed"]

    assert (
        "医疗类别：药店购药（41），凭处方），其中上传的用药天数（prd_days）超出接口规定的位数，可能误填，仍按上传值计算"
        in alone.text.zh
    )
    assert (
        "kind of visit: pharmacy (41), with a prescription); the days as sent (prd_days) have more digits than the "
        "interface allows, perhaps mistyped, and count as sent"
    ) in alone.text.en


def test_a_fill_adds_no_more_than_it_is() -> None:
    """Four weeks' supply every two weeks: what 12 weeks might be is nothing to those who fetch four."""
    fortnightly = [(float(day), 28.0) for day in range(0, 79, 13)]

    assert [(168.0, 145.0), (196.0, 145.0)] == [(one.value, one.limit) for one in over(*fortnightly, kind="14")]


@pytest.mark.parametrize(("kind", "days", "expected"), [("", 3, 0), ("14", 50, 0), ("", 92, 1)])
def test_a_kind_that_was_not_sent(kind: str, days: float, expected: int) -> None:
    """What any kind may be is allowed, what none may be is a finding."""
    assert expected == len(judge(RULE, [one(days, kind)]))


def test_between_the_limits_an_unknown_kind_is_not_decidable() -> None:
    """An ordinary visit or a long-term prescription: the message does not say."""
    with pytest.raises(Undecidable, match="med_type not sent"):
        judge(RULE, [one(50, "")])

"""B15: an institution's outpatient spending grows faster than its patients explain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec
import pytest

from rules.billing.b15_outpatient_growth import OutpatientGrowth
from rules.engine.finding import Undecidable
from rules.engine.item import Tick
from rules.engine.retraction import Retraction
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import HOSPITAL, at, judge_days, spent, swipe
from rules.times import DAY, HOUR, MINUTE, clock
from tests.rules._log import END, engine_of, feed, hour, standing, story, told

RULE = OutpatientGrowth()
USUAL = 10_000
"""Yuan a day."""


def growing(percent: float, days: int = 9, before: int = 63) -> dict[int, list[int]]:
    """Days as usual, and then grown ones: seven make a grown week, nine make three of them in succession."""
    return spent([USUAL] * before + [round(USUAL * (1 + percent / 100))] * days)


def calendar(kind: str, *days: int) -> Reference:
    """A calendar with these days, by their number."""
    reference = Reference()
    for day in days:
        date = clock(at("00:00", day=day), "%Y-%m-%d")
        reference.put("calendar", {"date": date, "kind": kind, "valid_from": date})
    return reference


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(49, []), (50, ["warning"]), (60, ["warning"] * 2), (99, ["warning"] * 4), (100, ["warning"] * 3 + ["high"])],
)
def test_half_more_warns_and_twice_is_high(percent: float, expected: list[str]) -> None:
    """On three successive days each time: a week that grows by 100 % passes 50 % three days before it is full."""
    assert expected == [one.severity for one in judge_days(RULE, growing(percent))]


def test_three_successive_days_are_needed() -> None:
    """The ninth grown day is the third that ends a grown week."""
    assert judge_days(RULE, growing(50, days=8)) == []
    assert len(judge_days(RULE, growing(50, days=9))) == 1
    assert len(judge_days(RULE, growing(50, days=10))) == 2


def test_small_growth_in_money_is_left_alone() -> None:
    """However much it is in per cent; 20,000 yuan in each of three weeks are enough."""
    small = spent([2_000] * 63 + [4_857] * 9)
    enough = spent([2_000] * 63 + [4_858, *[4_857] * 6, 4_858, 4_857])

    assert judge_days(RULE, small) == []
    assert [one.limit for one in judge_days(RULE, enough)] == [34_000.0]


def test_under_eight_weeks_nothing_is_said() -> None:
    """A clinic that opened seven weeks ago has no habit yet, nor one with a week of which the first day is missing."""
    enough = growing(50, before=56)
    too_few = growing(50, before=55)

    assert len(judge_days(RULE, enough)) == 1
    assert judge_days(RULE, too_few) == []
    with pytest.raises(Undecidable, match="too few weeks"):
        RULE.check_day(max(too_few), too_few, Reference(), HOSPITAL)


def test_a_small_week_is_not_counted_as_not_decidable() -> None:
    """A week of 20,000 yuan is, where there is nothing to compare it with."""
    small, enough = (spent([2_857] * 6 + [last]) for last in (2_857, 2_858))

    assert RULE.check_day(max(small), small, Reference(), HOSPITAL) is None
    with pytest.raises(Undecidable, match="too few weeks"):
        RULE.check_day(max(enough), enough, Reference(), HOSPITAL)


def test_the_median_forgives_a_wild_week() -> None:
    """One week of ten times as much among the eight changes nothing, nor one without any patient."""
    wild = growing(50)
    for day in range(30, 37):
        wild[at("00:00", day=day)] = [50, USUAL * 1_000]
    closed = growing(50, before=75)
    for day in range(30, 37):
        del closed[at("00:00", day=day)]

    assert len(judge_days(RULE, wild)) == 1
    assert len(judge_days(RULE, closed)) == 1


def test_a_week_without_any_patient_is_none_of_the_eight() -> None:
    """One of exactly eight is missing."""
    closed = growing(50, before=56)
    for day in range(28, 35):
        del closed[at("00:00", day=day)]

    assert judge_days(RULE, closed) == []


def test_holiday_weeks_are_passed_over() -> None:
    """They are compared with nothing; an earlier week takes their place."""
    quiet = growing(40, before=98)
    for day in range(56, 91):
        quiet[at("00:00", day=day)] = [5, USUAL * 20]
    holidays = calendar("holiday", *range(57, 91, 7))

    assert judge_days(RULE, quiet)
    assert judge_days(RULE, quiet, holidays) == []
    assert judge_days(RULE, growing(60, before=98), holidays)
    assert judge_days(RULE, growing(60, before=105), calendar("holiday", *range(57, 98, 7))) == []
    assert judge_days(RULE, growing(50, before=56), calendar("holiday", 40)) == []
    assert judge_days(RULE, growing(50, before=56), calendar("pension", 40))


def test_the_calendar_exempts_a_day() -> None:
    """It is not judged, so it ends the row of three days, and the others are compared with the same days before."""
    grown = growing(50)

    assert len(judge_days(RULE, grown)) == 1
    for day in (69, 70, 71):
        assert judge_days(RULE, grown, calendar("campaign", day)) == []
    one_day = spent([USUAL] * 68 + [USUAL * 8] + [USUAL] * 6)
    assert judge_days(RULE, one_day)
    assert judge_days(RULE, one_day, calendar("campaign", 68)) == []
    assert judge_days(RULE, grown, calendar("campaign", 3))


def test_a_week_with_a_day_of_the_calendar_is_compared_by_its_other_days() -> None:
    """Sixty thousand on six days are usual, however many fetch their drugs on the seventh; the sentence says so."""
    grown = growing(100)
    [*_, found] = judge_days(RULE, grown, calendar("pension", 66))

    assert (120_000, 60_000, "high") == (found.value, found.usual, found.severity)
    assert "1" == found.details["left_out"]


def test_a_week_of_which_little_is_left_is_not_judged() -> None:
    """Three days of a week, the others being in the calendar, are too few to compare; four are enough."""
    grown = growing(200, before=63, days=11)

    assert judge_days(RULE, grown, calendar("season", 65, 66, 67))
    assert judge_days(RULE, grown, calendar("season", 64, 65, 66, 67, 68, 69, 70)) == []


def test_a_season_in_the_calendar_is_silent_throughout() -> None:
    """An outbreak that the county has entered day by day."""
    assert judge_days(RULE, growing(200, days=30), calendar("season", *range(63, 93))) == []


def test_every_parameter_counts() -> None:
    """Each condition can be moved."""
    assert judge_days(replace(RULE, percent=49), growing(49))
    assert judge_days(replace(RULE, least_yuan=10_000), spent([2_000] * 63 + [4_000] * 9))
    assert judge_days(replace(RULE, high_percent=50), growing(50))[0].severity == "high"
    assert judge_days(replace(RULE, successive_days=2), growing(50, days=8))
    assert judge_days(replace(RULE, weeks=7), growing(50, before=55))
    assert judge_days(RULE, growing(60, before=70), calendar("holiday", 40))
    assert judge_days(replace(RULE, search_weeks=8), growing(60, before=70), calendar("holiday", 40)) == []


def test_growth_is_split_into_visits_and_cost() -> None:
    """More patients, dearer ones, or both."""
    bins = spent([10_000] * 63, times=100) | {at("00:00", day=day): [150, 1_800_000] for day in range(63, 72)}
    [found] = [one for one in judge_days(RULE, bins) if one.value == 126_000][-1:]

    assert found.details == {
        "until": "2026-05-15",
        "left_out": "",
        "percent": "80%",
        "times": "1050",
        "usual_times": "700",
        "cost": "120.00",
        "usual_cost": "100.00",
        "more_times": "+50%",
        "more_cost": "+20%",
    }
    assert found.amount == 5_600_000


def swipes(days: Iterable[tuple[int, int]], kind: str = "11") -> Iterator[Swipe]:
    """Two settlements a day that make so many yuan together."""
    for day, yuan in days:
        for half in (0, 1):
            time = at("09:00", day=day) + half * HOUR
            yield swipe(
                time,
                institution=HOSPITAL,
                amount=yuan * 50,
                visit_type=kind,
                transaction="2207",
                name="示例医院",
                place="341021",
            )


def with_ticks(entries: Iterable[Swipe]) -> Iterator[Swipe | Tick]:
    """A log as it comes: each entry, and then its hour."""
    for entry in entries:
        yield entry
        yield hour(entry.uploaded)


def traffic(days: int = 72) -> list[tuple[int, int]]:
    """Days as usual, then half as much again from the 63rd on."""
    return [(day, USUAL if day < 63 else USUAL * 3 // 2) for day in range(days)]


def test_a_day_is_judged_once_its_late_entries_have_come() -> None:
    """Four days after its end: the alert opens at that tick, and its time is the end of the day."""
    engine = engine_of(RULE)
    judged = at("00:00", day=76)

    assert feed(engine, with_ticks(swipes(traffic()))).alerts == []
    assert feed(engine, [hour(judged - HOUR)]).alerts == []
    [opened] = feed(engine, [hour(judged)]).alerts
    assert ("opened", "warning", "post") == (opened.status, opened.severity, opened.stage)
    assert "2026-05-16T00:00:00+08:00" == opened.event_time
    assert ("2026-05-09T00:00:00+08:00", 35_000.0) == (opened.window.start, opened.vola_amt)


def test_few_weeks_are_counted_as_not_decidable_and_stop_nothing() -> None:
    """A rule over days that cannot decide is skipped for that day, like any other rule."""
    effects = feed(engine_of(RULE), [*with_ticks(swipes(traffic(30))), END])

    assert effects.alerts == []
    assert effects.counts.undecidable["B15", "too few weeks to compare"]


@pytest.mark.parametrize(("exempt", "alerts"), [((73, 76), 1), ((73, 76, 77), 2)])
def test_an_alert_ends_after_a_week(exempt: tuple[int, ...], alerts: int) -> None:
    """The days of the calendar part two days with a finding by seven days, or by eight."""
    log = [*with_ticks(swipes(traffic(82))), END]

    assert alerts == len(standing(told(RULE, log, calendar("campaign", *exempt))))


def test_words() -> None:
    """Place and name, the week against the usual one, and what made it grow."""
    [opened, closed] = told(RULE, [*with_ticks(swipes(traffic())), END])

    assert opened.text.zh == (
        "示例医院（H34102100001）2026-05-15，截至2026-05-15的7天门诊统筹基金支出105,000.00元"
        "（提示阈值：105,000.00元及以上；该机构平日70,000.00元），较平日增加35,000.00元，增长50%："
        "人次14（平日14，+0%），次均7,500.00元（平日5,000.00元，+50%）。"
        "疑点线索，待核实：是否新开科室、集中义诊或疫情所致，抽查涨幅集中的医师与项目，核实是否诱导就医、虚记费用。"
    )
    assert "the fund paid 105,000.00 yuan for outpatients in the 7 days to 2026-05-15 (threshold:" in opened.text.en
    assert (
        "50% more: 14 person-times (usually 14, +0%) at 7,500.00 yuan each (usually 5,000.00, +50%)" in opened.text.en
    )
    assert ("341021", "closed") == (opened.mdtrtarea_admvs, closed.status)


def test_only_outpatients_count() -> None:
    """Stays and pharmacies are no outpatient spending."""
    for kind in ("21", "41"):
        assert told(RULE, [*with_ticks(swipes(traffic(), kind)), END]) == []


def test_a_late_settlement_makes_the_difference() -> None:
    """What comes within the grace counts on its day; days after it are judged again."""
    engine = engine_of(RULE)
    missing = swipe(
        at("12:00", day=71), institution=HOSPITAL, amount=1_000, visit_type="11", transaction="2207", name="示例医院"
    )
    late = msgspec.structs.replace(missing, uploaded=missing.time + 71 * HOUR)
    almost = [(day, yuan - (10 if day == 71 else 0)) for day, yuan in traffic()]

    assert feed(engine, [*with_ticks(swipes(almost)), hour(at("00:00", day=76))]).alerts == []
    assert story(feed(engine, [late]).alerts) == [("opened", "warning")]


def test_a_reversal_withdraws() -> None:
    """What is taken back makes the week small again."""
    engine = engine_of(RULE)
    entries = list(swipes(traffic()))
    taken = Retraction(
        retraction_keys=[f"s:{HOSPITAL}:{entries[-1].settlement}"],
        uploaded=entries[-1].time + 71 * HOUR,
        message="reversal",
        institution=HOSPITAL,
        identity=99,
    )

    assert story(feed(engine, [*with_ticks(entries), hour(at("00:00", day=76))]).alerts) == [("opened", "warning")]
    assert story(feed(engine, [taken]).alerts) == [("withdrawn", "warning")]


def test_the_order_within_the_grace_does_not_matter() -> None:
    """The same settlements leave the same alert, if days come a day late and backwards."""
    entries = list(swipes(traffic(80)))
    late = [
        msgspec.structs.replace(one, uploaded=one.time + (DAY + 5 * MINUTE if number % 3 else 0))
        for number, one in enumerate(entries)
    ]
    expected = standing(told(RULE, [*with_ticks(entries), END]))

    assert len(expected) == 1
    assert expected == standing(told(RULE, [*with_ticks(sorted(late, key=lambda one: (one.uploaded, -one.time))), END]))


def test_a_clinic_that_closes_for_a_fortnight_keeps_its_habit() -> None:
    """The sums of the weeks before are remembered, though nothing came for longer than entries are kept."""
    days = [(day, yuan) for day, yuan in traffic(80) if not 40 <= day < 54]
    other = (swipe(at("08:00", day=day), institution="H34102100009") for day in range(80))
    log = sorted([*swipes(days), *other], key=lambda one: one.time)

    said = story(told(RULE, [*with_ticks(log), END]))

    assert [("opened", "warning"), ("closed", "warning")] == [one for one in said if one[0] != "updated"]


def test_state_survives_a_take_over() -> None:
    """An engine that takes over before the tick says the same at the tick."""
    one = engine_of(RULE)
    feed(one, with_ticks(swipes(traffic())))
    other = engine_of(RULE)
    other.load(one.drain_changes())
    then = [hour(at("00:00", day=76))]

    assert feed(one, then).alerts == feed(other, then).alerts != []

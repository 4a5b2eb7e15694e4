"""E01: in two hospitals at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import msgspec
import pytest

from rules.engine.finding import Undecidable
from rules.engine.item import Tick
from rules.engine.retraction import Retraction
from rules.entitlement.e01_overlapping_stays import OverlappingStays
from rules.ledgers import AnyEntry, Stay
from rules.ledgers.inside import entries_of
from rules.testing import HOSPITAL, at, judge, stay
from rules.times import DAY, HOUR, SECOND, iso
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.rules._log import END, engine_of, feed, hour, standing, story, told

RULE = OverlappingStays()
OTHER = "H34102100002"
SECOND_BEGINS = at("09:00", day=2)


def first(ended: int | None = None, **all_of: object) -> list[Stay]:
    """A stay that begins two days before the other one, and ends so long after that one begins."""
    pieces = [stay(at("09:00"), "admission", "v1", name="示例医院", **all_of)]  # type: ignore[arg-type]
    if ended is not None:
        pieces.append(stay(SECOND_BEGINS + ended, "discharge", "v1", **all_of))  # type: ignore[arg-type]
    return pieces


def second(ended: int | None = None, institution: str = OTHER, **all_of: object) -> list[Stay]:
    """The other stay, and its end so long after its beginning."""
    pieces = [stay(SECOND_BEGINS, "admission", "v2", institution=institution, **all_of)]  # type: ignore[arg-type]
    if ended is not None:
        pieces.append(stay(SECOND_BEGINS + ended, "discharge", "v2", institution=institution, **all_of))  # type: ignore[arg-type]
    return pieces


def bills(day: int = 9, *, interim: bool = False, **of_first: object) -> list[Stay]:
    """The settlements of both stays."""
    return [
        stay(at("10:00", day=day), "settlement", "v1", amount=300_000, interim=interim, **of_first),  # type: ignore[arg-type]
        stay(at("11:00", day=day), "settlement", "v2", institution=OTHER, amount=200_000),
    ]


def seen(*entries: Stay) -> list[tuple[float, str, bool]]:
    """Hours, severity, and whether an end is still awaited, of each finding."""
    return [(one.value, one.severity, one.due > 0) for one in judge(RULE, list(entries))]


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (24 * HOUR, []),
        (24 * HOUR + SECOND, [(24.1, "warning", False)]),
        (-HOUR, []),
        (0, []),
        (30 * HOUR, [(30.0, "warning", False)]),
    ],
)
def test_more_than_a_day(ended: int, expected: list[tuple[float, str, bool]]) -> None:
    """A day to the second is allowed."""
    assert expected == seen(*first(ended), *second(5 * DAY))


def test_the_shorter_of_two_ends_counts() -> None:
    """A second stay of a day within the first is none; of two days it is."""
    assert seen(*first(5 * DAY), *second(24 * HOUR)) == []
    assert seen(*first(5 * DAY), *second(48 * HOUR)) == [(48.0, "warning", False)]


def test_at_one_institution_it_is_another_matter() -> None:
    """Only stays at different institutions."""
    assert seen(*first(5 * DAY), *second(5 * DAY, institution=HOSPITAL)) == []


@pytest.mark.parametrize("kind", ["5212", "28"])
def test_newborns_and_day_surgery_are_exempt(kind: str) -> None:
    """Either stay may be of such a kind, by whichever of its pieces."""
    assert seen(*first(5 * DAY, visit_type=kind), *second(5 * DAY)) == []
    assert seen(*first(5 * DAY), *second(5 * DAY, visit_type=kind)) == []
    assert seen(*first(5 * DAY), *second(5 * DAY), *bills(visit_type=kind)) == []
    assert seen(*first(5 * DAY, visit_type="52"), *second(5 * DAY)) == [(120.0, "warning", False)]


@pytest.mark.parametrize(("way", "expected"), [("2", 0), ("1", 1), ("3", 1)])
def test_transfers_are_exempt(way: str, expected: int) -> None:
    """dscg_way 2 of either."""
    assert expected == len(seen(*first(5 * DAY, way=way), *second(5 * DAY)))
    assert expected == len(seen(*first(5 * DAY), *second(5 * DAY, way=way)))


def test_a_missing_end_is_awaited() -> None:
    """Until it is known the overlap is taken to go on; the finding holds from the hour in which it is too long."""
    [found] = judge(RULE, [*first(), *second()])

    assert (24.0, "warning", SECOND_BEGINS + DAY) == (found.value, found.severity, found.due)
    assert seen(*first(), *second(24 * HOUR)) == []
    assert seen(*first(), *second(3 * DAY)) == [(72.0, "warning", True)]
    assert seen(*first(3 * DAY), *second()) == [(72.0, "warning", True)]


def test_high_when_both_are_settled() -> None:
    """One bill, or an interim one, does not yet settle it."""
    stays = [*first(3 * DAY), *second(5 * DAY)]

    assert seen(*stays, *bills()) == [(72.0, "high", False)]
    assert seen(*stays, *bills()[:1]) == [(72.0, "warning", False)]
    assert seen(*stays, *bills(interim=True)) == [(72.0, "warning", False)]


def test_a_final_bill_tells_the_end_where_there_is_no_discharge() -> None:
    """dscg_time of the settlement stands in for a discharge that never came; without it nothing can be decided."""
    in_time = SECOND_BEGINS + 24 * HOUR

    assert seen(*first(), *second(5 * DAY), *bills(discharged=in_time)) == []
    assert seen(*first(), *second(5 * DAY), *bills(discharged=in_time + HOUR)) == [(25.0, "high", False)]
    assert seen(*first(), *second(24 * HOUR), *bills()) == []
    for discharged in (0, at("10:00", day=10)):
        with pytest.raises(Undecidable, match="settled without an end"):
            seen(*first(), *second(5 * DAY), *bills(discharged=discharged))


def test_the_worst_of_several_is_told() -> None:
    """What is settled comes before what is certain, and that before what is awaited."""
    third = [
        stay(at("09:00", day=1), "admission", "v3", institution="H3"),
        stay(at("09:00", day=9), "discharge", "v3", institution="H3"),
    ]

    assert seen(*first(), *third, *second(4 * DAY))[-1] == (96.0, "warning", False)
    assert seen(*first(3 * DAY), *third, *second(4 * DAY), *bills())[-1] == (72.0, "high", False)


def test_two_that_begin_at_once_are_one_finding() -> None:
    """One of the two is the earlier one."""
    at_once = [
        stay(SECOND_BEGINS, "admission", "v3", institution="H3"),
        stay(SECOND_BEGINS + 2 * DAY, "discharge", "v3", institution="H3"),
    ]

    assert seen(*at_once, *second(3 * DAY)) == [(48.0, "warning", False)]


def test_stays_that_are_too_long_ago_are_not_looked_for() -> None:
    """Without an admission in sight nothing is known of a stay."""
    assert judge(replace(RULE, longest_days=2), [*first(), *second()]) == []
    assert judge(replace(RULE, longest_days=3), [*first(), *second()])
    assert seen(*first(3 * DAY)[1:], *second()) == []


@pytest.mark.parametrize(("late", "expected"), [(0, []), (SECOND, [(24.0, "warning", True)])])
def test_a_stay_of_half_a_year_ago_is_not_looked_for(late: int, expected: list[tuple[float, str, bool]]) -> None:
    """One that began 180 days before the second, or a second less."""
    assert expected == seen(stay(SECOND_BEGINS - 180 * DAY + late, "admission", "v1"), *second())


@pytest.mark.parametrize(("late", "awaited"), [(0, False), (SECOND, True)])
def test_an_end_of_half_a_year_later_is_not_read(late: int, *, awaited: bool) -> None:
    """The second stay ends 180 days after it began, or a second later."""
    assert [(72.0, "warning", awaited)] == seen(*first(3 * DAY), *second(180 * DAY + late))


def test_an_alert_begins_with_the_day_that_is_allowed() -> None:
    """Before the second admission."""
    [alert] = told(RULE, [*first(3 * DAY), *second(5 * DAY)])

    assert iso(SECOND_BEGINS - DAY) == alert.window.start


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_week_without_an_overlap_ends_the_alert(late: int, expected: int) -> None:
    """To the second, by the admissions."""
    third = [
        stay(SECOND_BEGINS + time, piece, "v3", institution="H3")
        for time, piece in ((7 * DAY + late, "admission"), (10 * DAY, "discharge"))
    ]

    assert expected == len(standing(told(RULE, [*first(12 * DAY), *second(3 * DAY), *third, END])))


def test_every_parameter_counts() -> None:
    """Each condition can be moved."""
    assert judge(replace(RULE, over_hours=23), [*first(24 * HOUR), *second(5 * DAY)])
    assert judge(replace(RULE, exempt_types=()), [*first(5 * DAY, visit_type="28"), *second(5 * DAY)])
    assert judge(replace(RULE, exempt_ways=()), [*first(5 * DAY, way="2"), *second(5 * DAY)])


def late_discharge(ended: int) -> Stay:
    """A discharge of the first stay that is uploaded two days after it."""
    _, discharge = first(ended)
    late: Stay = msgspec.structs.replace(discharge, uploaded=discharge.time + 2 * DAY)
    return late


def test_it_warns_at_the_hour_and_a_late_discharge_withdraws_it() -> None:
    """Nothing is said before the overlap is too long; what comes late and lies earlier takes it back."""
    engine = engine_of(RULE)

    assert feed(engine, [*first(), *second()]).alerts == []
    assert feed(engine, [hour(SECOND_BEGINS + 23 * HOUR)]).alerts == []
    warned = feed(engine, [hour(SECOND_BEGINS + 24 * HOUR)]).alerts
    withdrawn = feed(engine, [late_discharge(2 * HOUR)]).alerts

    assert story(warned) == [("opened", "warning")]
    assert story(withdrawn) == [("withdrawn", "warning")]
    assert warned[0].alert_id == withdrawn[0].alert_id


def test_a_late_discharge_that_lies_later_does_not() -> None:
    """It makes the overlap certain."""
    alerts = told(RULE, [*first(), *second(), hour(SECOND_BEGINS + 24 * HOUR), late_discharge(60 * HOUR), END])

    assert story(alerts) == [("opened", "warning"), ("updated", "warning"), ("closed", "warning")]
    assert 60.0 == alerts[-1].measure.value


def test_it_rises_when_both_are_settled() -> None:
    """The final settlements make it high, and show what they cost."""
    log: list[AnyEntry | Retraction | Tick] = [
        *first(),
        *second(),
        hour(SECOND_BEGINS + 24 * HOUR),
        first(30 * HOUR)[1],
        second(40 * HOUR)[1],
        *bills(),
        END,
    ]
    alerts = told(RULE, log)

    assert story(alerts) == [("opened", "warning"), ("updated", "high"), ("closed", "high")]
    assert 5000.0 == alerts[1].vola_amt


def test_a_cancelled_admission_withdraws() -> None:
    """2404 takes the second stay back."""
    cancel = Retraction(
        retraction_keys=[f"a:{OTHER}:v2"],
        uploaded=SECOND_BEGINS + 26 * HOUR,
        message="cancel",
        institution=OTHER,
        identity=99,
        earlier_only=True,
    )
    alerts = told(RULE, [*first(), *second(), hour(SECOND_BEGINS + 24 * HOUR), cancel])

    assert story(alerts) == [("opened", "warning"), ("withdrawn", "warning")]


def test_pieces_may_come_in_any_order() -> None:
    """The same pieces leave the same alert, whichever comes first."""
    pieces = [*first(30 * HOUR), *second(40 * HOUR), *bills()]
    expected = standing(told(RULE, [*pieces, END]))

    assert len(expected) == 1
    assert {tuple(expected)} == {tuple(standing(told(RULE, [*order, END]))) for order in permutations(pieces)}


def test_words() -> None:
    """Both institutions are named; a missing discharge is said to be missing."""
    [warned] = told(RULE, [*first(), *second(name="第二医院"), hour(SECOND_BEGINS + 24 * HOUR)])

    assert warned.text.zh.startswith(
        "第二医院（H34102100002）2026-03-07 09:00，收治1名参保人入院，该参保人2026-03-05 09:00起已在"
        "示例医院（H34102100001）住院，两次住院重叠已超过24小时（提示阈值：超过24小时），均尚未上报出院，尚未结算。"
    )
    assert "who had been in 示例医院 (H34102100001) since 2026-03-05 09:00; the stays overlap by more" in warned.text.en
    assert "both without a discharge so far; not settled yet." in warned.text.en
    [certain] = told(RULE, [*first(30 * HOUR), *second(40 * HOUR)])
    assert "两次住院重叠30小时（提示阈值：超过24小时），尚未结算。" in certain.text.zh


def test_a_visit_number_of_another_institution_is_another_stay() -> None:
    """Both count their visits from one: each discharge belongs to the stay of its own institution."""
    stays = [
        stay(at("09:00"), "admission", "v1"),
        stay(at("09:00", day=2), "admission", "v1", institution="H2"),
        stay(at("09:00", day=5), "discharge", "v1", institution="H2"),
        stay(at("09:00", day=7), "discharge", "v1"),
    ]

    assert [(72.0, "0")] == [(one.value, one.details["open"]) for one in judge(RULE, stays)]


def test_state_survives_a_take_over() -> None:
    """An engine that takes over before the hour warns at the hour."""
    one = engine_of(RULE)
    feed(one, [*first(), *second()])
    other = engine_of(RULE)
    other.load(one.drain_changes())
    then: list[AnyEntry | Retraction | Tick] = [hour(SECOND_BEGINS + 24 * HOUR), late_discharge(2 * HOUR)]

    assert story(feed(other, then).alerts) == [("opened", "warning"), ("withdrawn", "warning")]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2026-03-08 10:00:00", at("10:00", day=3)),
        ("20260308100000", at("10:00", day=3)),
        ("", 0),
        (None, 0),
    ],
)
def test_a_settlement_states_the_discharge(stated: str | None, expected: int) -> None:
    """dscg_time of a 2304 goes with its entry; where it is missing nothing is stated."""
    body = {
        "msgid": "m1",
        "infno": "2304",
        "fixmedins_code": HOSPITAL,
        "inf_time": "2026-03-09 10:00:00",
        "psn_no": "1",
        "setl_id": "s1",
        "mdtrt_id": "v1",
        "med_type": "21",
        "setl_time": "2026-03-09 10:00:00",
        "medfee_sumamt": 10.0,
        "fund_pay_sumamt": 7.0,
        "dscg_time": stated,
    }
    opened = Door(Pseudonyms("key")).open(msgspec.json.encode(body), at("10:00", day=4))
    records = entries_of(opened).records
    [piece] = [one for record in records for one in record.entries if isinstance(one, Stay)]

    assert (expected, "settlement") == (piece.discharged, piece.piece)

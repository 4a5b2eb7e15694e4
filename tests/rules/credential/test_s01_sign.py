"""S01-SIGN: few cards that have something in common."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from rules.credential.s01_sign import Sign
from rules.engine.entry import Entry
from rules.engine.window import Window
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import at, judge, swipe
from rules.times import MINUTE, SECOND
from tests.rules._log import END, standing, told

RULE = Sign()
Fields = dict[str, object]
TYPED: Fields = {"credential": "02"}
ELSEWHERE: Fields = {"elsewhere": True}


def cards(count: int, gap: int = 90, start: int = 0, /, **all_of: object) -> list[Swipe]:
    """So many persons, one every `gap` seconds from 10:00 on, of whom no two spend the same."""
    return [
        swipe(at("10:00", seconds=start + gap * number), f"p{number}", **{"total": 2_000 + 700 * number} | all_of)  # type: ignore[arg-type]
        for number in range(count)
    ]


def past(share: float, a_day: int = 40, days: int = 3, /, **sign: object) -> list[Swipe]:
    """Customers of the days before, at 9, 10 and 11; this part of them bears the sign."""
    return [
        replace(one, **sign) if number < share * a_day else one
        for day in range(1, days + 1)
        for number, one in enumerate(
            swipe(at(f"{9 + number % 3:02}:{10 + number}", day=-day), f"q{day}.{number}", total=50_000 + 2_000 * number)
            for number in range(a_day)
        )
    ]


def seen(*entries: Entry, rule: Sign = RULE) -> list[tuple[float, float, str]]:
    """Persons, limit and sign of each finding."""
    return [(one.value, one.limit, one.details["sign"]) for one in judge(rule, list(entries))]


@pytest.mark.parametrize(
    ("sign", "name"),
    [(TYPED, "typed"), (ELSEWHERE, "elsewhere"), ({"balance": 499}, "drained"), ({"total": 8_800}, "amount")],
)
def test_six_persons_who_share_a_sign(sign: Fields, name: str) -> None:
    """Each sign by itself; five are too few."""
    assert [(6, 6, name)] == seen(*cards(6, **sign))
    assert [] == seen(*cards(5, **sign))


@pytest.mark.parametrize(
    "sign",
    [{}, {"credential": "03"}, {"balance": 500}, {"balance": -1}],
    ids=["nothing in common", "by card", "five yuan are left", "an unknown balance"],
)
def test_what_is_no_sign(sign: Fields) -> None:
    """Six persons in ten minutes are not enough by themselves."""
    assert [] == seen(*cards(6, **sign))


@pytest.mark.parametrize(("total", "expected"), [(10_000, 1), (9_802, 1), (10_001, 0), (9_801, 0)])
def test_totals_are_the_same_within_one_percent(total: int, expected: int) -> None:
    """The sixth total differs from the others by at most a hundredth of itself."""
    six = [*cards(5, total=9_900), *cards(1, 90, 500, total=total)]
    six[5] = replace(six[5], person="p9")

    assert expected == len(seen(*six))


def test_nothing_spent_is_no_amount() -> None:
    """Six settlements of nothing have nothing in common."""
    assert [] == seen(*cards(6, total=0))


@pytest.mark.parametrize(("last", "expected"), [(599, [(6, 6, "typed")]), (600, [])])
def test_six_in_ten_minutes(last: int, expected: list[tuple[float, float, str]]) -> None:
    """The window is half open: a swipe 600 s back is outside."""
    sixth = swipe(at("10:00", seconds=last), "p5", total=77_000, credential="02")

    assert expected == seen(*cards(5, **TYPED), sixth)


@pytest.mark.parametrize(("after", "alerts"), [(600, 1), (601, 2)])
def test_an_alert_ends_after_ten_minutes(after: int, alerts: int) -> None:
    """Each time six cards in one moment."""
    assert alerts == len(standing(told(RULE, [*cards(6, 0, **TYPED), *cards(6, 0, after, **TYPED), END])))


def test_a_person_counts_once() -> None:
    """Six swipes of five persons are five."""
    five = cards(5, **TYPED)

    assert [] == seen(*five, swipe(at("10:08"), "p0", total=77_000, credential="02"))


def test_other_customers_between_them_do_not_hide_them() -> None:
    """Not every swipe of the window bears the sign; those that do are counted and shown."""
    between = [replace(one, person=f"{one.person}b") for one in cards(6, 90, 30)]
    (found,) = judge(RULE, [*cards(6, **TYPED), *between])

    assert (6, ["p0", "p1", "p2", "p3", "p4", "p5"]) == (found.value, [one.person for one in found.evidence])


def test_different_signs_do_not_add_up() -> None:
    """Three typed and three from elsewhere share nothing."""
    assert [] == seen(
        *cards(3, **TYPED), *(replace(one, person=f"{one.person}b") for one in cards(3, 90, 45, **ELSEWHERE))
    )


def test_the_sign_that_most_share_is_told() -> None:
    """Six are from elsewhere, all seven are typed."""
    seven = cards(7, 60, **TYPED, **ELSEWHERE)
    seven[0] = replace(seven[0], elsewhere=False)

    assert (7, 6, "typed") == seen(*seven)[-1]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, [(6, 0.0)]), (0.05, [(6, 0.2)]), (0.2, [(6, 0.5)]), (0.6, []), (1.0, [])]
)
def test_a_sign_is_measured_by_what_is_usual_for_it(share: float, expected: list[tuple[float, float]]) -> None:
    """Where it is rare the low limit stands; where many bear it the limit is higher."""
    found = judge(RULE, [*past(share, **TYPED), *cards(6, **TYPED)])

    assert expected == [(one.limit, one.usual) for one in found]


def test_the_baseline_of_a_common_sign() -> None:
    """Of 40 a day 14 at ten o'clock, all typed: 2.3 in ten minutes are usual, the limit is 10."""
    found = judge(RULE, [*past(1.0, **TYPED), *cards(10, 50, **TYPED)])

    assert [(10, 10.0, 2.3)] == [(one.value, one.limit, one.usual) for one in found]


def test_a_common_amount_needs_its_own_baseline() -> None:
    """What everybody pays here is no sign; what nobody paid before is one."""
    everybody = past(1.0, total=990)

    assert [] == seen(*everybody, *cards(6, total=990))
    assert [(6, 6, "amount")] == seen(*everybody, *cards(6, total=1_990))


@pytest.mark.parametrize(("a_day", "days", "usual"), [(4, 1, 0.3), (7, 3, 0.5), (40, 0, None)])
def test_little_is_known_of_a_small_past(a_day: int, days: int, usual: float | None) -> None:
    """A few settlements tell a little; none tell nothing."""
    found = judge(RULE, [*past(1.0, a_day, days, **TYPED), *cards(7, 70, **TYPED)])

    assert [7, usual] == [found[-1].value, found[-1].usual]


def test_days_without_traffic_do_not_thin_the_habit() -> None:
    """Closed for two of the three days: the mean is that of the day that had customers."""
    found = judge(RULE, [*past(1.0, 40, 1, **TYPED), *cards(10, 50, **TYPED)])

    assert [2.3] == [one.usual for one in found]


def test_today_is_no_habit() -> None:
    """A burst that goes on does not make its own sign common."""
    assert 25 == len(seen(*cards(30, 60, **TYPED)))


@pytest.mark.parametrize(
    ("moment", "expected"), [(at("00:00", day=-3), 0), (at("00:00", day=-3) - SECOND, 1), (at("00:00"), 1)]
)
def test_the_past_is_three_whole_days(moment: int, expected: int) -> None:
    """Half an hour after midnight: what was common in their first moment counts, not before that, and not today."""
    one_person = [swipe(moment, "q", total=50_000 + 2_000 * number, credential="02") for number in range(14)]
    six = [replace(one, time=one.time - 570 * MINUTE) for one in cards(6, **TYPED)]

    assert expected == len(seen(*one_person, *six))


def test_a_day_of_many_customers_raises_the_limit_of_a_common_sign_only() -> None:
    """On a pension day twice as many are usual: 4.7, limit 15.5."""
    reference = Reference()
    reference.put("calendar", {"date": "2026-03-05", "kind": "pension"})

    assert [6] == [found.limit for found in judge(RULE, list(cards(6, **TYPED)), reference)]
    assert [] == judge(RULE, [*past(1.0, **TYPED), *cards(15, 39, **TYPED)], reference)
    assert [15.5] == [found.limit for found in judge(RULE, [*past(1.0, **TYPED), *cards(16, 35, **TYPED)], reference)]


def test_a_late_day_of_the_past_judges_the_burst_again() -> None:
    """The order of arrival makes no difference to what stands in the end."""
    entries = [*past(0.5, 20, 2, **TYPED), *cards(8, 60, **TYPED), *cards(7, 90, 3_600, **ELSEWHERE)]
    in_order = standing(told(RULE, [*sorted(entries, key=lambda one: one.time), END]))

    assert [(3, 8.0), (2, 7.0)] == [(one[4], one[5]) for one in in_order]
    for seed in range(5):
        shuffled = sorted(entries, key=lambda one: one.id)
        Random(seed).shuffle(shuffled)
        assert in_order == standing(told(RULE, [*shuffled, END]))


def test_what_is_remembered_moves_with_the_window() -> None:
    """A window that slides over the page gives what a fresh one gives."""
    entries: list[Swipe] = [*past(0.3, **TYPED), *cards(12, 50, **TYPED)]
    entries.sort(key=lambda one: (one.time, one.id))
    sliding, fresh = Window(entries, RULE.span), []
    moved = []
    for position, entry in enumerate(entries):
        sliding.move_to(position)
        moved.append(RULE.check(entry, sliding, Reference()))
        window = Window(entries, RULE.span)
        window.move_to(position)
        fresh.append(RULE.check(entry, window, Reference()))

    assert fresh == moved
    assert any(moved)


@pytest.mark.parametrize(
    ("sign", "count", "expected"),
    [(TYPED, 6, "warning"), (ELSEWHERE, 6, "high"), ({"total": 8_800}, 6, "high"), (TYPED, 12, "high")],
)
def test_severity(sign: Fields, count: int, expected: str) -> None:
    """Equal amounts and persons from elsewhere are high at once, the others at twice the limit."""
    assert expected == judge(RULE, list(cards(count, 50, **sign)))[-1].severity


def test_a_backlog_is_for_information() -> None:
    """Where half was uploaded more than five minutes late it may be an outage, whatever the sign."""
    late = [replace(one, uploaded=one.time + 6 * MINUTE) for one in cards(6, **ELSEWHERE)]

    assert ["info"] == [found.severity for found in judge(RULE, list(late))]


def test_the_sentence_names_the_sign() -> None:
    """What they share, in both languages, with the figures of the parameters; its window is ten minutes."""
    signs: list[Fields] = [{"total": 8_800}, ELSEWHERE | {"insured_in": "341022"}, TYPED, {"balance": 0}]
    words = {}
    for alert in [told(RULE, cards(6, **sign))[0] for sign in signs]:
        words[alert.text.zh.split("，")[2].split("（提示")[0]] = alert.text.en.split(", ")[2].split(" (threshold")[0]

    assert {
        "总费用均为88.00元": "each with a total of 88.00 yuan",
        "均为异地参保（参保地341022）": "all insured elsewhere (341022)",
        "均以居民身份证为就诊凭证（凭证类型02）": "all on an identity card (credential type 02)",
        "结算后账户余额均不足5元": "all left with less than 5 yuan on the account",
    } == words


def test_the_window_of_the_alert_is_ten_minutes() -> None:
    """Not the days from which the habit is read."""
    assert "09:57" == told(RULE, cards(6, **TYPED))[0].window.start[11:16]

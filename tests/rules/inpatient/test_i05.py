"""I05 and I05-PAIR: admitted again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from rules.engine.finding import Evidence, Undecidable
from rules.engine.window import Window
from rules.inpatient.i05_frequent_admission import FrequentAdmission
from rules.inpatient.i05_pair_frequent_at_institution import FrequentAtInstitution
from rules.ledgers import Stay
from rules.reference import Reference
from rules.testing import HOSPITAL, at, judge, stay
from rules.times import DAY, SECOND, iso
from tests.rules._log import END, engine_of, feed, standing, story, told

RULE = FrequentAdmission()
PAIR = FrequentAtInstitution()


def admitted(days: Sequence[float], **all_of: object) -> list[Stay]:
    """Admissions so many days after the first moment."""
    return [
        stay(at("09:00") + round(day * DAY), "admission", f"v{number}", **all_of)  # type: ignore[arg-type]
        for number, day in enumerate(days)
    ]


def triggers(rule: FrequentAdmission | FrequentAtInstitution, stays: list[Stay]) -> list[tuple[int, float, str]]:
    """Number of the admission that triggers, value, measure."""
    order = sorted(stays, key=lambda one: (one.time, one.id))
    times = [one.time for one in order if one.piece == "admission"]
    found = judge(rule, list(stays))
    return [(times.index(_last_admission(one.evidence, order)), one.value, one.measure) for one in found]


def _last_admission(evidence: list[Evidence], order: list[Stay]) -> int:
    ids = {one.id for one in evidence}
    return max(one.time for one in order if one.piece == "admission" and one.id in ids)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([0, 30, 60, 89], [(3, 4, "stays_in_90_days")]),
        ([0, 30, 60, 90 - SECOND / DAY], [(3, 4, "stays_in_90_days")]),
        ([0, 30, 60, 90], []),
        ([0, 30, 60], []),
        ([0, 70, 140, 210, 280, 364], [(5, 6, "stays_in_365_days")]),
        ([0, 70, 140, 210, 280, 365], []),
        ([0, 70, 140, 210, 280], []),
    ],
)
def test_four_in_ninety_days_or_six_in_a_year(days: list[float], expected: list[tuple[int, float, str]]) -> None:
    """Half-open windows: what lies exactly 90 or 365 days back is out."""
    assert expected == triggers(RULE, admitted(days))


@pytest.mark.parametrize(
    ("days", "expected"), [([0, 90, 180, 270, 364], [4]), ([0, 90, 180, 270, 365], []), ([0, 90, 180, 270], [])]
)
def test_five_in_a_year_at_one_institution(days: list[float], expected: list[int]) -> None:
    """The pair has a limit of its own."""
    assert expected == [number for number, *_ in triggers(PAIR, admitted(days))]


def test_one_alert_a_year() -> None:
    """Whoever goes on is told again at the first admission of each calendar year that reaches a limit."""
    monthly = [28.0 * number for number in range(24)]

    assert triggers(RULE, admitted(monthly)) == [(3, 4, "stays_in_90_days"), (11, 4, "stays_in_90_days")]
    assert triggers(PAIR, admitted(monthly)) == [(4, 5, "stays_in_365_days"), (11, 12, "stays_in_365_days")]


@pytest.mark.parametrize(("seconds", "expected"), [(-1, [3]), (0, [3, 4])])
def test_a_year_begins_at_midnight_in_beijing(seconds: int, expected: list[int]) -> None:
    """At 2027-01-01 00:00, 302 days after the first of March the fifth."""
    midnight = 302 - 9 / 24 + seconds * SECOND / DAY

    assert expected == [number for number, *_ in triggers(RULE, admitted([260, 270, 280, 290, midnight]))]


@pytest.mark.parametrize("rule", [RULE, PAIR], ids=["I05", "I05-PAIR"])
@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_a_new_year_within_a_week_is_told_with_the_old_one(
    rule: FrequentAdmission | FrequentAtInstitution, late: int, expected: int
) -> None:
    """Reached on 26 December, and again on 2 January; a second later it is another alert."""
    often = admitted([250, 260, 270, 280, 296, 303 + late / DAY])
    few = often if rule is PAIR else often[1:]

    assert expected == len(standing(told(rule, [*few, END])))


@pytest.mark.parametrize(("late", "decided"), [(0, True), (SECOND, False)])
def test_two_years_are_in_sight(late: int, *, decided: bool) -> None:
    """What lies exactly 731 days back is not; it would be one piece too many."""
    entries = admitted([731 + number / 24 / 60 for number in range(300)])
    old = stay(entries[-1].time - 731 * DAY + late, "admission", "old")
    window = Window([old, *entries], RULE.span)
    window.move_to(300)

    if decided:
        assert RULE.check(entries[-1], window, Reference()) is None
    else:
        with pytest.raises(Undecidable, match="too many stays"):
            RULE.check(entries[-1], window, Reference())


def test_an_alert_begins_with_the_year_before() -> None:
    """The longer count."""
    [alert] = told(RULE, admitted([0, 10, 20, 30]))

    assert iso(at("09:00", day=30 - 365)) == alert.window.start


def test_every_third_institution_counts_for_the_person_not_for_the_pair() -> None:
    """The pair's ledger holds one institution only."""
    entries = [
        replace_institution(one, f"H3410210000{number % 3}") for number, one in enumerate(admitted([0, 20, 40, 60]))
    ]

    assert story(told(RULE, [*entries, END])) == [("opened", "warning"), ("closed", "warning")]
    assert told(replace(PAIR, limit=3), [*entries, END]) == []


def replace_institution(entry: Stay, institution: str) -> Stay:
    """The same piece elsewhere."""
    return stay(entry.time, entry.piece, entry.visit, institution=institution)


@pytest.mark.parametrize(
    "exempt",
    [
        {"visit_type": "23"},
        {"visit_type": "28"},
        {"visit_type": "52"},
        {"visit_type": "5212"},
        {"diagnosis": "Z51.102"},
        {"diagnosis": "N18.0"},
        {"diagnosis": "C50.900"},
        {"diagnosis": "F25.1"},
        {"diagnosis": "O80.0"},
    ],
)
def test_exempt_stays_are_not_counted(exempt: dict[str, object]) -> None:
    """Neither as one of several nor as the last."""
    for number in range(4):
        entries = admitted([0, 10, 20, 30])
        entries[number] = stay(entries[number].time, "admission", f"v{number}", **exempt)  # type: ignore[arg-type]
        assert triggers(RULE, entries) == []
        assert triggers(replace(PAIR, limit=4), entries) == []


def test_transfers_and_interim_bills_are_not_counted() -> None:
    """What the end of a stay tells makes it exempt afterwards."""
    entries = admitted([0, 10, 20, 30])
    transfer = stay(at("09:00", day=15), "discharge", "v1", way="2")
    home = stay(at("09:00", day=15), "discharge", "v1")
    interim = stay(at("10:00", day=15), "settlement", "v1", interim=True)

    assert triggers(RULE, [*entries, transfer]) == []
    assert triggers(RULE, [*entries, home, interim]) == []
    assert triggers(RULE, [*entries, home]) == [(3, 4, "stays_in_90_days")]


def test_a_table_of_diagnoses_replaces_the_list() -> None:
    """Its rows with exempt = 1 are the exempt ones."""
    reference = Reference()
    reference.put("diagnoses", {"code": "J18", "exempt": "1"})

    assert judge(RULE, list(admitted([0, 10, 20, 30])), reference) == []
    assert judge(RULE, list(admitted([0, 10, 20, 30], diagnosis="Z51.1")), reference)


def test_what_comes_more_than_half_a_year_after_the_admission_is_not_read() -> None:
    """A stay looks the same from every later admission."""
    entries = admitted([0, 10, 20, 30])

    assert triggers(RULE, [*entries, stay(entries[1].time + 180 * DAY, "discharge", "v1", way="2")]) == []
    assert triggers(RULE, [*entries, stay(entries[1].time + 180 * DAY + 1, "discharge", "v1", way="2")])


def test_more_stays_than_anybody_can_have_are_not_looked_through() -> None:
    """A number that thousands share is an error of the data; it is counted, and costs no time."""
    entries = admitted([number / 24 for number in range(301)])

    assert len(judge(RULE, list(entries[:-1]))) == 1
    with pytest.raises(Undecidable, match="too many stays"):
        judge(RULE, list(entries))


def test_every_parameter_counts() -> None:
    """Each condition can be moved."""
    assert triggers(replace(RULE, short_limit=3), admitted([0, 30, 60]))
    assert triggers(replace(RULE, short_days=91), admitted([0, 30, 60, 90]))
    assert triggers(replace(RULE, long_limit=5), admitted([0, 70, 140, 210, 280]))
    assert triggers(replace(RULE, long_days=366), admitted([0, 70, 140, 210, 280, 365]))
    assert triggers(replace(RULE, exempt_types=()), admitted([0, 10, 20, 30], visit_type="52"))
    assert triggers(replace(PAIR, limit=4), admitted([0, 90, 180, 270]))
    assert triggers(replace(PAIR, days=366), admitted([0, 90, 180, 270, 365]))


def test_a_late_admission_moves_the_crossing() -> None:
    """Which admission triggers is a matter of the set, not of the order; what no longer holds is withdrawn."""
    entries = admitted([0, 10, 20, 30, 40])
    alerts = told(RULE, [entries[0], entries[2], entries[3], entries[4], entries[1], END])

    assert ["closed", "opened", "opened", "withdrawn"] == sorted(status for status, _ in story(alerts))
    assert standing(alerts) == standing(told(RULE, [*entries, END]))


def test_a_late_transfer_withdraws() -> None:
    """A stay that turns out to be exempt is not counted any more."""
    entries = admitted([0, 10, 20, 30])
    transfer = stay(at("09:00", day=29), "discharge", "v2", way="2")

    assert story(told(RULE, [*entries, transfer])) == [("opened", "warning"), ("withdrawn", "warning")]


def test_pieces_may_come_in_any_order() -> None:
    """Two years of stays leave the same alerts, however they are shuffled."""
    random = Random(5)
    days = [0, 12, 30, 41, 80, 200, 410, 440, 445, 460, 700]
    pieces = admitted([float(day) for day in days])
    pieces += [stay(one.time + 5 * DAY, "discharge", one.visit) for one in pieces]
    pieces += [stay(one.time + 5 * DAY, "settlement", one.visit, amount=100) for one in pieces[: len(days)]]
    expected = standing(told(RULE, [*sorted(pieces, key=lambda one: one.time), END]))

    for _ in range(10):
        random.shuffle(pieces)
        assert expected == standing(told(RULE, [*pieces, END]))


def test_the_pair_is_the_scope() -> None:
    """An alert for each institution, about the person."""
    entries = [
        *admitted([0, 1, 2, 3, 4]),
        *(stay(at("15:00", day=day), "admission", f"w{day}", institution="H2") for day in range(5)),
    ]
    alerts = told(PAIR, [*entries, END])

    assert {("p1", HOSPITAL), ("p1", "H2")} == {alert.scope for alert in alerts}
    assert {("person", "p1")} == {(alert.subject.kind, alert.subject.id) for alert in alerts}


def test_words() -> None:
    """The sentence in both languages, and what the stays cost."""
    entries = admitted([0, 10, 20, 30], name="示例医院")
    bills = [stay(one.time + DAY, "settlement", one.visit, amount=100_000) for one in entries]
    alerts = told(RULE, [*sorted([*entries, *bills], key=lambda one: one.time), END])
    [pair] = told(replace(PAIR, limit=4), entries)

    assert (
        "示例医院（H34102100001）2026-04-04 09:00，1名参保人90天内住院4次（提示阈值：4次及以上），"
        "住院机构：示例医院（H34102100001），" in alerts[0].text.zh
    )
    assert (
        "a person was admitted 4 times in 90 d (threshold: 4 stays or more), at 示例医院 (H34102100001);"
        in alerts[0].text.en
    )
    assert 4000.0 == alerts[-1].vola_amt
    assert "1名参保人365天内住院4次（提示阈值：4次及以上），均在该机构" in pair.text.zh
    assert "admitted 4 times in 365 d (threshold: 4 stays or more), all at this one institution" in pair.text.en


def test_state_survives_a_take_over() -> None:
    """An engine that takes over in the middle says what the first would have said."""
    entries = admitted([0, 10, 20, 30])
    first = engine_of(RULE)
    feed(first, entries[:3])
    second = engine_of(RULE)
    second.load(first.drain_changes())

    assert feed(first, entries[3:]).alerts == feed(second, entries[3:]).alerts

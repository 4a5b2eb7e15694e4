"""I01: discharged, and in again within days for the same illness."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from rules.engine.finding import Undecidable
from rules.engine.retraction import Retraction
from rules.inpatient.i01_split_admission import SplitAdmission
from rules.ledgers import Stay
from rules.reference import Reference
from rules.testing import HOSPITAL, at, judge, stay
from rules.times import DAY, SECOND, iso, parse
from tests.rules._log import END, engine_of, feed, standing, story, told

RULE = SplitAdmission()
OTHER = "H34102100002"


def split(gap: int = 3 * DAY, **second: object) -> list[Stay]:
    """A stay of five days, and the admission that begins another so long after."""
    return [
        stay(at("09:00"), "admission", "v1"),
        stay(at("10:00", day=5), "discharge", "v1"),
        stay(at("10:00", day=5) + gap, "admission", "v2", **second),  # type: ignore[arg-type]
    ]


def first_as(piece: str, **changed: object) -> list[Stay]:
    """The same with one piece of the first stay changed."""
    admission, discharge, second = split()
    pieces = {
        "admission": stay(admission.time, "admission", "v1", **(changed if piece == "admission" else {})),  # type: ignore[arg-type]
        "discharge": stay(discharge.time, "discharge", "v1", **(changed if piece == "discharge" else {})),  # type: ignore[arg-type]
    }
    return [pieces["admission"], pieces["discharge"], second]


def institutions(*rows: dict[str, str]) -> Reference:
    """A register with these institutions."""
    reference = Reference()
    for row in rows:
        reference.put("institutions", {"status": "active", "kind": "hospital", **row})
    return reference


def found(entries: list[Stay], reference: Reference | None = None) -> int:
    """How many findings there are."""
    return len(judge(RULE, list(entries), reference))


@pytest.mark.parametrize(
    ("gap", "expected"), [(0, 1), (7 * DAY, 1), (7 * DAY + SECOND, 0), (8 * DAY, 0), (15 * DAY, 0), (-SECOND, 0)]
)
def test_seven_days_still_count(gap: int, expected: int) -> None:
    """A week to the second is within it; what begins before the discharge is no readmission."""
    assert expected == found(split(gap))


@pytest.mark.parametrize(
    ("diagnosis", "expected"), [("J18.900", 1), ("J18.1", 1), ("j18", 1), ("J17.9", 0), ("K35.8", 0)]
)
def test_the_first_three_characters_make_the_group(diagnosis: str, expected: int) -> None:
    """The same group is the same illness, whatever stands behind the dot."""
    assert expected == found(split(diagnosis=diagnosis))


def test_the_diagnosis_of_the_discharge_counts_before_that_of_the_admission() -> None:
    """Admitted with a suspicion, discharged with what it was."""
    entries = first_as("admission", diagnosis="R07.4")

    assert found(entries) == 1
    assert found([*entries, stay(at("10:00", day=12), "discharge", "v2", diagnosis="I50.900")]) == 0


def test_a_visit_number_that_is_used_again_is_another_stay() -> None:
    """Months later, beyond what an upload may correct: the first stay ends where the second begins."""
    again = [stay(one.time + 70 * DAY, one.piece, one.visit) for one in split()]

    assert 2 == found([*split(), *again])


def test_without_a_diagnosis_it_is_not_decidable() -> None:
    """Nothing is guessed."""
    with pytest.raises(Undecidable, match="no diagnosis"):
        found(split(diagnosis=""))


def test_another_institution_is_no_split_but_a_sister_is() -> None:
    """Institutions of one group count as one; an empty group is none."""
    group = {"group": "medical community 1"}
    sisters = institutions({"fixmedins_code": HOSPITAL, **group}, {"fixmedins_code": OTHER, **group})
    strangers = institutions({"fixmedins_code": HOSPITAL, "group": ""}, {"fixmedins_code": OTHER, "group": ""})

    assert found(split(institution=OTHER)) == 0
    assert found(split(institution=OTHER), strangers) == 0
    assert found(split(institution=OTHER), sisters) == 1


@pytest.mark.parametrize(
    "diagnosis",
    ["Z51.102", "C00.1", "C34.900", "C97.x00", "Z49.1", "N18.0", "Z50.9", "F20.0", "F29.x", "O00.1", "O80.9", "O99"],
)
@pytest.mark.parametrize("piece", ["admission", "discharge"])
def test_illnesses_that_come_again_by_plan_are_exempt(diagnosis: str, piece: str) -> None:
    """Chemotherapy, dialysis, rehabilitation, psychoses, childbirth; by whichever piece of either stay names it."""
    assert found([*first_as(piece, diagnosis=diagnosis)[:2], *split(diagnosis=diagnosis)[2:]]) == 0
    assert found(split(diagnosis=diagnosis)) == 0


@pytest.mark.parametrize("diagnosis", ["C98", "F19.2", "F30.1", "N17.9", "Z52.0", "P59.9"])
def test_their_neighbours_are_not(diagnosis: str) -> None:
    """The ranges end where they end."""
    entries = [*first_as("discharge", diagnosis=diagnosis)[:2], *split(diagnosis=diagnosis)[2:]]

    assert found(entries) == 1


def test_a_table_of_diagnoses_replaces_the_list() -> None:
    """Its longest code that the diagnosis begins with decides."""
    reference = Reference()
    for code, exempt in (("J18", "1"), ("J18.9", "0"), ("J18.903", "1")):
        reference.put("diagnoses", {"code": code, "exempt": exempt})
    answers = {
        code: found([*first_as("discharge", diagnosis=code)[:2], *split(diagnosis=code)[2:]], reference)
        for code in ("J18.100", "J18.900", "J18.903", "Z51.102")
    }

    assert answers == {"J18.100": 0, "J18.900": 1, "J18.903": 0, "Z51.102": 1}


@pytest.mark.parametrize("kind", ["23", "28", "52", "5212"])
def test_kinds_of_stay_that_come_again_are_exempt(kind: str) -> None:
    """Transferred out, day surgery, maternity, newborn: the first or the second."""
    assert found(split(visit_type=kind)) == 0
    assert found(first_as("admission", visit_type=kind)) == 0


@pytest.mark.parametrize(("way", "expected"), [("1", 1), ("2", 0), ("3", 1), ("4", 1), ("9", 1)])
def test_who_was_transferred_may_come_back(way: str, expected: int) -> None:
    """dscg_way 2 only."""
    assert expected == found(first_as("discharge", way=way))


@pytest.mark.parametrize(
    ("bills", "expected"),
    [
        ([(5, True)], 0),
        ([(5, False)], 1),
        ([(2, True), (5, False)], 1),
        ([(2, True)], 1),
        ([(9, True)], 0),
    ],
)
def test_a_stay_that_ended_in_an_interim_bill_went_on(bills: list[tuple[int, bool]], expected: int) -> None:
    """mid_setl_flag 1 on the last bill, at the discharge or after it; a bill in the middle of the stay is none."""
    settled = [stay(at("10:30", day=day), "settlement", "v1", interim=interim) for day, interim in bills]

    assert expected == found([*split(), *settled])


@pytest.mark.parametrize(
    ("out", "back", "expected"),
    [
        ("2026-12-31 16:00:00", "2027-01-01 08:00:00", 0),
        ("2026-12-31 10:00:00", "2026-12-31 15:00:00", 0),
        ("2026-12-31 16:00:00", "2027-01-01 16:00:00", 0),
        ("2026-12-31 16:00:00", "2027-01-01 16:00:01", 1),
        ("2026-12-30 16:00:00", "2026-12-31 08:00:00", 1),
        ("2027-01-01 00:00:00", "2027-01-01 00:01:00", 0),
        ("2026-12-31 00:00:00", "2026-12-31 00:01:00", 1),
        ("2027-01-01 08:00:00", "2027-01-01 18:00:00", 1),
    ],
)
def test_out_and_in_over_new_year_is_the_closing_of_the_books(out: str, back: str, expected: int) -> None:
    """Left on 31 December, in again a day later at most."""
    entries = [
        stay(parse("2026-12-20 09:00:00"), "admission", "v1"),
        stay(parse(out), "discharge", "v1"),
        stay(parse(back), "admission", "v2"),
    ]

    assert expected == found(entries)


def test_a_final_bill_tells_the_end_where_there_is_no_discharge() -> None:
    """dscg_time of the settlement stands in for a 2402 that never came; without it the end is not known."""
    admission, discharge, second = split()
    bill = stay(second.time - DAY, "settlement", "v1", amount=500_000)
    stating = stay(second.time - DAY, "settlement", "v1", amount=500_000, discharged=discharge.time)

    assert found([admission, bill, second]) == 0
    assert found([admission, stating, second]) == 1


def test_an_admission_long_ago_is_not_needed() -> None:
    """A stay longer than is looked back ends like another."""
    admission, discharge, second = split()

    assert found([stay(admission.time - 300 * DAY, "admission", "v1"), discharge, second]) == 1
    assert found([discharge, second]) == 1


@pytest.mark.parametrize(("late", "expected"), [(0, 0), (SECOND, 1)])
def test_what_comes_half_a_year_after_the_admission_is_not_read(late: int, expected: int) -> None:
    """A discharge that calls the second stay another illness counts for 180 days."""
    pieces = split()
    left = stay(pieces[-1].time + 180 * DAY + late, "discharge", "v2", diagnosis="I50.900")

    assert expected == found([*pieces, left])


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 0)])
def test_an_admission_of_187_days_ago_is_out_of_sight(late: int, expected: int) -> None:
    """It says that the first stay was by plan; the discharge a week ago does not."""
    second = split(7 * DAY)[-1]
    admission = stay(second.time - 187 * DAY + late, "admission", "v1", diagnosis="Z51.102")

    assert expected == found([admission, *split(7 * DAY)[1:]])


def test_an_alert_begins_with_the_week_before() -> None:
    """That is where the first discharge lies."""
    [alert] = told(RULE, split())

    assert iso(at("10:00", day=1)) == alert.window.start


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_a_split_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    other: dict[str, Any] = {"diagnosis": "K35.8"}
    later = [
        stay(at("10:00", day=20), "admission", "v3", **other),
        stay(at("10:00", day=33), "discharge", "v3", **other),
        stay(at("10:00", day=38) + late, "admission", "v4", **other),
    ]

    assert expected == len(standing(told(RULE, [*split(), *later, END])))


def test_every_parameter_counts() -> None:
    """Each condition can be moved."""
    second = split(gap=8 * DAY)

    assert judge(replace(RULE, within_days=8), list(second))
    assert judge(replace(RULE, exempt_types=()), list(split(visit_type="52")))
    assert judge(replace(RULE, exempt_ways=()), list(first_as("discharge", way="2")))
    assert not judge(replace(RULE, longest_days=3, within_days=1), list(split(gap=2 * DAY)))


def test_words() -> None:
    """The sentence in both languages, with place, time, value, limit, amount and what to check."""
    bills = [
        stay(at("10:30", day=5), "settlement", "v1", amount=512_300),
        stay(at("10:30", day=14), "settlement", "v2", amount=400_000),
    ]
    [opened, closed] = told(RULE, [*split(name="示例医院"), *bills, END])

    assert opened.text.zh == (
        "示例医院（H34102100001）2026-03-13 10:00，1名参保人2026-03-10 10:00自本院出院，3天后因同类诊断（J18）再次入院"
        "（提示阈值：出院后7天内再次入院），尚未结算。疑点线索，待核实：调阅两次住院病历，核实出院时是否达到出院标准、再入院是否为同一次治疗。"
    )
    assert (
        "discharged from the same institution on 2026-03-10 10:00 and admitted again 3 d later for the same diagnosis"
        in opened.text.en
    )
    assert (9123.0, 5) == (closed.vola_amt, closed.evidence_count)
    assert {"high"} == {opened.severity, closed.severity}


def test_pieces_may_come_in_any_order() -> None:
    """The same pieces leave the same alert, whichever comes first."""
    bills = [
        stay(at("10:30", day=5), "settlement", "v1", amount=100),
        stay(at("10:30", day=14), "settlement", "v2", amount=200),
    ]
    pieces = [*split(), *bills, stay(at("10:00", day=14), "discharge", "v2")]
    expected = standing(told(RULE, [*pieces, END]))

    assert len(expected) == 1
    assert {tuple(expected)} == {tuple(standing(told(RULE, [*order, END]))) for order in permutations(pieces)}


def test_a_late_interim_bill_withdraws() -> None:
    """What was said on admission is taken back when the first stay turns out not to have ended."""
    alerts = told(RULE, [*split(), stay(at("10:30", day=9), "settlement", "v1", interim=True)])

    assert story(alerts) == [("opened", "high"), ("withdrawn", "high")]


def test_a_cancelled_admission_withdraws() -> None:
    """2404 takes the second admission back."""
    entries = split()
    cancel = Retraction(
        retraction_keys=[f"a:{HOSPITAL}:v2"],
        uploaded=entries[-1].time + DAY,
        message="cancel",
        institution=HOSPITAL,
        identity=99,
        earlier_only=True,
    )

    assert story(told(RULE, [*entries, cancel])) == [("opened", "high"), ("withdrawn", "high")]


def test_three_stays_in_a_row_are_one_alert() -> None:
    """Splits that follow one another within the quiet time belong together."""
    third = [stay(at("10:00", day=12), "discharge", "v2"), stay(at("10:00", day=14), "admission", "v3")]
    alerts = told(RULE, [*split(), *third, END])

    assert 1 == len({alert.alert_id for alert in alerts})
    assert 2 == alerts[-1].triggers
    assert "共2次" in alerts[-1].text.zh


def test_state_survives_a_take_over() -> None:
    """An engine that takes over in the middle says what the first would have said."""
    pieces = split()
    first = engine_of(RULE)
    feed(first, pieces[:2])
    second = engine_of(RULE)
    second.load(first.drain_changes())

    assert feed(first, pieces[2:]).alerts == feed(second, pieces[2:]).alerts

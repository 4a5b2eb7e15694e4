"""S06: one credential in places between which nobody can have travelled."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace

from rules.credential.s06_impossible_travel import ImpossibleTravel
from rules.engine.entry import Entry
from rules.ledgers import AnyEntry, Visit
from rules.ledgers.places import kilometres
from rules.reference import BadRowError, Reference
from rules.testing import HOSPITAL, PHARMACY, at, fill, judge, visit
from rules.times import HOUR, MINUTE, SECOND
from tests.oracle.wire import Body, fee_lines, line, question, settlement
from tests.rules._log import END, standing, told
from tests.rules._messages import effects_of, standing_after

RULE = ImpossibleTravel()
SHOP, THIRD, FAR = "P34102100030", "P34102100031", "P34102200001"
HERE, THERE = "341021", "341022"


def register(*rows: dict[str, str]) -> Reference:
    """A register of institutions with these rows."""
    reference = Reference()
    for row in rows:
        reference.put("institutions", {"status": "active", "kind": "pharmacy"} | row)
    return reference


def north(code: str, kilometres: float, **more: str) -> dict[str, str]:
    """An institution so far north of the 30th parallel."""
    return {"fixmedins_code": code, "lat": f"{30 + kilometres / 111.195:.5f}", "lon": "118.5"} | more


def away(minutes: float, institution: str = FAR, county: str = THERE, /, **more: object) -> Visit:
    """A purchase in the other county, so long after ten o'clock."""
    fields: dict[str, object] = {"institution": institution, "county": county}
    return visit(at("10:00") + round(minutes * MINUTE), **fields | more)  # type: ignore[arg-type]


def home(**more: object) -> Visit:
    """A purchase in the own county at ten o'clock."""
    return visit(at("10:00"), county=HERE, **more)  # type: ignore[arg-type]


def seen(*entries: Entry, reference: Reference | None = None) -> list[tuple[str, float]]:
    """Measure and value of each finding."""
    return [(one.measure, one.value) for one in judge(RULE, list(entries), reference)]


@pytest.mark.parametrize(("minutes", "expected"), [(0, 2), (12, 1), (30 - 1 / 60, 1), (30, 0), (45, 0)])
def test_two_counties_within_half_an_hour(minutes: float, expected: int) -> None:
    """The window is half open: 30 minutes apart is no finding; at the same moment each is one to the other."""
    assert expected * [("counties", 2)] == seen(home(), away(minutes))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"county": HERE}),
        ({"county": ""}, {}),
        ({}, {"institution": PHARMACY}),
        ({}, {"operator_type": "2"}),
        ({"operator_type": "3"}, {}),
        ({}, {"credential": "01", "shared": True}),
        ({"transaction": "2304", "visit_type": "21"}, {}),
    ],
    ids=[
        "one county",
        "an unknown county",
        "one institution",
        "a terminal",
        "a telephone",
        "a shared family account",
        "the bill of a stay",
    ],
)
def test_what_is_no_journey(first: dict[str, object], second: dict[str, object]) -> None:
    """A quarter of an hour apart, and no finding."""
    assert [] == seen(visit(at("10:00"), **{"county": HERE} | first), away(15, **second))  # type: ignore[arg-type]


@pytest.mark.parametrize("second", [{"credential": "01"}, {"shared": True}, {"operator_type": ""}])
def test_an_electronic_credential_or_a_family_account_alone_is_no_excuse(second: dict[str, object]) -> None:
    """Only both together say that somebody else may have shown it."""
    assert [("counties", 2)] == seen(home(), away(15, **second))


def test_the_county_of_an_institution_is_known_from_the_register_too() -> None:
    """Where the message does not say it."""
    reference = register({"fixmedins_code": FAR, "admdvs": THERE})

    assert [("counties", 2)] == seen(home(), away(15, FAR, ""), reference=reference)


@pytest.mark.parametrize("row", [{"internet": "1"}, {"kind": "mail_order"}, {"kind": "internet"}])
def test_nobody_walks_into_an_internet_pharmacy(row: dict[str, str]) -> None:
    """An order to a pharmacy far away is no journey."""
    assert [] == seen(home(), away(15), reference=register({"fixmedins_code": FAR} | row))


@pytest.mark.parametrize(
    ("distance", "minutes", "expected"), [(79.9, 40, 0), (80.3, 40, 1), (91, 46, 0), (91, 45, 1), (130, 60, 0)]
)
def test_faster_than_anybody_drives(distance: float, minutes: int, expected: int) -> None:
    """Over 120 km/h within the hour, also inside one county."""
    reference = register(north(PHARMACY, 0), north(FAR, distance))

    assert expected == len(seen(home(), away(minutes, FAR, HERE), reference=reference))


def test_coordinates_must_be_numbers() -> None:
    """The register is refused, not the first journey that meets it."""
    with pytest.raises(BadRowError, match=r"institutions\.lat: expected a number, was text of 2"):
        register({"fixmedins_code": FAR, "lat": "N3", "lon": "118.5"})


def test_the_speed_is_told() -> None:
    """91 km in 40 minutes are 136.5 km/h."""
    reference = register(north(PHARMACY, 0), north(FAR, 91))

    assert [("speed", 136.5)] == seen(home(), away(40), reference=reference)


def test_without_coordinates_there_is_no_speed() -> None:
    """Unknown is not far."""
    assert [] == seen(home(), away(1, FAR, HERE), reference=register(north(PHARMACY, 0), {"fixmedins_code": FAR}))


@pytest.mark.parametrize(("distance", "expected"), [(1.9, 0), (2.1, 1)])
def test_doors_beside_each_other_are_one_place(distance: float, expected: int) -> None:
    """Across the county border, half a minute apart: nobody's clock is that good."""
    reference = register(north(PHARMACY, 0), north(FAR, distance))

    assert expected == len(seen(home(), away(0.5), reference=reference))


def test_exactly_so_far_and_exactly_so_fast_is_allowed() -> None:
    """For the county and for the speed."""
    reference = register(north(PHARMACY, 0), north(FAR, 91))
    length = kilometres(home(), away(0), reference)
    assert length is not None
    near = ImpossibleTravel(near_km=length)
    not_too_fast = ImpossibleTravel(over_speed=2 * length)  # type: ignore[arg-type]  # to the last digit

    assert [] == judge(near, [home(), away(1)], reference)
    assert [] == judge(near, [home(), away(1, FAR, HERE)], reference)
    assert [] == judge(not_too_fast, [home(), away(30, FAR, HERE)], reference)


def test_the_minutes_are_those_of_the_whole_journey() -> None:
    """Three counties: from the first of them on, not from the last."""
    stops = [
        visit(at("10:00", seconds=60 * minute), institution=f"P{n}", county=f"34102{n}")
        for n, minute in enumerate((0, 24, 29))
    ]

    assert [("24", 2), ("29", 3)] == [(one.details["minutes"], one.value) for one in judge(RULE, list(stops))]


def test_three_institutions_within_the_hour() -> None:
    """Two are a walk, three are a tour; what lies an hour back is outside."""
    second, third = away(30, SHOP, HERE), away(60 - 1 / 60, THIRD, HERE)

    assert [("institutions", 3)] == seen(home(), second, third)
    assert [] == seen(home(), second, away(60, THIRD, HERE))
    assert [] == seen(home(), second, away(59, SHOP, HERE))


def treated(minutes: float = 0, /, **more: object) -> Visit:
    """An outpatient settlement at the hospital."""
    fields: dict[str, object] = {"institution": HOSPITAL, "transaction": "2207", "visit_type": "11", "county": HERE}
    return visit(at("10:00") + int(minutes * MINUTE), **fields | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("of_hospital", "of_pharmacy", "expected"),
    [
        ({}, {"circulated": True}, 0),
        ({"prescriptions": ("rx1",)}, {"prescriptions": ("rx1", "rx2")}, 0),
        ({"prescriptions": ("rx1",)}, {"prescriptions": ("rx2",)}, 1),
        ({}, {}, 1),
        ({"transaction": "2102", "visit_type": "41", "prescriptions": ("rx1",)}, {"prescriptions": ("rx1",)}, 1),
    ],
    ids=["circulated", "its prescription", "another prescription", "none", "from a pharmacy"],
)
def test_the_walk_to_the_pharmacy(
    of_hospital: dict[str, object], of_pharmacy: dict[str, object], expected: int
) -> None:
    """From the hospital with its prescription across the county border."""
    assert expected == len(seen(treated(**of_hospital), away(14, **of_pharmacy)))


def test_the_walk_leads_from_the_hospital_to_the_pharmacy() -> None:
    """The other way round it is a journey."""
    assert [("counties", 2)] == seen(home(prescriptions=("rx1",)), treated(15, county=THERE, prescriptions=("rx1",)))


def test_a_circulated_prescription_is_enough() -> None:
    """The hospital that wrote it may be another one, or settle only after the sale."""
    assert [] == seen(home(circulated=True), treated(15, county=THERE))
    assert [("counties", 2)] == seen(treated(circulated=True), treated(15, institution="H2", county=THERE))


@pytest.mark.parametrize(("before", "expected"), [(0, 0), (6 * HOUR - SECOND, 0), (6 * HOUR, 1)])
def test_a_sale_is_held_against_its_own_hours(before: int, expected: int) -> None:
    """Not against those of the settlement that is judged, which comes 25 minutes after it."""
    sale, written = at("16:00"), at("16:00") - before
    entries: list[Entry] = [
        fill(written, institution=HOSPITAL, transaction="2204", prescription="rx1"),
        visit(sale, institution=FAR, county=THERE, prescriptions=("rx1",)),
        visit(sale + 25 * MINUTE, institution=SHOP, county=HERE),
    ]

    assert expected * [("counties", 2)] == seen(*entries)


def test_the_hours_of_the_first_sale_in_the_window_are_known() -> None:
    """The sale is as early as one that is compared can be, its prescription as early as it may be."""
    sale = at("10:00") + 1
    entries: list[Entry] = [
        fill(sale - 6 * HOUR + 1, institution=HOSPITAL, transaction="2204", prescription="rx1"),
        visit(sale, institution=SHOP, county=HERE, prescriptions=("rx1",)),
        away(30, THIRD, HERE),
        away(60),
    ]

    assert [] == seen(*entries)
    assert [("institutions", 3)] == seen(*entries[1:])


def test_two_pharmacies_on_one_prescription_are_one_place() -> None:
    """The first did not have everything."""
    shops = [away(10, SHOP, HERE, prescriptions=("rx1",)), away(20, THIRD, HERE, prescriptions=("rx1",))]

    assert [] == seen(treated(prescriptions=("rx1",)), *shops)
    assert [("institutions", 3)] == seen(home(), *shops)


def test_a_prescription_is_known_from_the_lines_of_the_visit() -> None:
    """The lines of an outpatient come by themselves (2204); they may lie hours before the sale."""
    written = fill(at("07:00"), institution=HOSPITAL, transaction="2204", prescription="rx1")

    assert [] == seen(written, treated(), away(20, prescriptions=("rx1",)))
    assert [("counties", 2)] == seen(written, treated(), away(20, prescriptions=("rx2",)))


def test_one_journey_is_one_alert() -> None:
    """There and back again within the hour: three triggers, one alert."""
    journey = [home(), away(10), visit(at("10:25"), institution=SHOP, county=HERE)]
    (alert,) = standing(told(RULE, [*journey, END]))

    assert (2, "high", 3) == (alert[4], alert[6], alert[8])


@pytest.mark.parametrize(("after", "alerts"), [(HOUR, 1), (HOUR + SECOND, 2)])
def test_an_alert_ends_after_an_hour(after: int, alerts: int) -> None:
    """Each time the second half of a journey."""
    later = [replace(one, time=one.time + after) for one in (home(), away(10))]

    assert alerts == len(standing(told(RULE, [home(), away(10), *later, END])))


def test_the_order_of_arrival_makes_no_difference() -> None:
    """A prescription that comes last still explains the walk."""
    written = fill(at("09:50"), institution=HOSPITAL, transaction="2204", prescription="rx1")
    log: list[AnyEntry] = [written, treated(), away(20, prescriptions=("rx1",))]
    log += [visit(at("10:25"), county=HERE), away(50)]
    in_order = standing(told(RULE, [*log, END]))

    assert [(1, 3)] == [(one[4], one[8]) for one in in_order]
    for seed in range(6):
        shuffled = list(log)
        Random(seed).shuffle(shuffled)
        assert in_order == standing(told(RULE, [*shuffled, END]))


def bought(minutes: int, infno: str = "2102", /, **fields: object) -> Body:
    """A purchase as the pharmacy sends it."""
    return settlement(at("10:00") + minutes * MINUTE, infno) | {"mdtrt_cert_type": "01"} | fields


ABROAD: Body = {"fixmedins_code": FAR, "mdtrtarea_admvs": THERE}


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([bought(0), bought(15, **ABROAD)], 1),
        ([bought(0), bought(15, **ABROAD, acct_mulaid_pay=12.5)], 0),
        ([bought(0), bought(15, **ABROAD, acct_mulaid_pay=0)], 1),
        ([bought(0, "2207", fixmedins_code=HOSPITAL, med_type="11"), bought(15, **ABROAD)], 1),
        (
            [
                fee_lines("V1", [line(1, at("09:50"), rxno="rx1")], at("09:50"), fixmedins_code=HOSPITAL),
                bought(0, "2207", fixmedins_code=HOSPITAL, med_type="11", mdtrt_id="V1"),
                bought(15, feedetail=[line(2, at("10:15"), rxno="rx1")], **ABROAD),
            ],
            0,
        ),
    ],
    ids=["a journey", "the family's account", "the own account", "no prescription", "the rxno of the lines"],
)
def test_as_the_messages_tell_it(bodies: list[Body], expected: int) -> None:
    """Through the door and the ledgers."""
    assert expected == len(standing_after(RULE, bodies, Reference()))


@pytest.mark.parametrize(("credential", "expected"), [("03", 1), ("01", 0)])
def test_a_question_is_answered(credential: str, expected: int) -> None:
    """Before money moves; of an electronic credential it is not known yet whose account will pay."""
    asked = question(at("10:15"), mdtrt_cert_type=credential) | ABROAD
    effects = effects_of(RULE, [bought(0), asked], Reference())

    assert [expected] == [len(one.findings) for one in effects.reminders]
    assert expected == sum(one.stage == "pre" and one.status == "opened" for one in effects.alerts)


@pytest.mark.parametrize(
    ("log", "zh", "en"),
    [
        (
            [home(), away(12)],
            f"12分钟内先后在2个县（区）结算：10:00在区划341021的{PHARMACY}、10:12在区划341022的{FAR}（提示阈值：间隔",
            f"one person settled in 2 counties within 12 min: 10:00 at {PHARMACY} in county 341021, 10:12 at {FAR} in",
        ),
        (
            [home(), away(40)],
            f"10:40在区划341022的{FAR}，折合时速136.5公里（提示阈值：时速超过120公里）",
            "in county 341022, a journey at 136.5 km/h (threshold: more than 120 km/h)",
        ),
        (
            [home(), away(30, SHOP, HERE), away(50, THIRD, HERE)],
            f"60分钟内在3家机构结算：10:00在区划341021的{PHARMACY}、10:30在区划341021的{SHOP}、10:50在区划341021的{THIRD}（",
            "in county 341021 (threshold: 3 institutions or more)",
        ),
    ],
    ids=["counties", "speed", "institutions"],
)
def test_the_sentence_says_what_cannot_be(log: list[Visit], zh: str, en: str) -> None:
    """Which of the three it was, against its limit, in both languages; the window of the alert is the hour."""
    alert = told(RULE, log, register(north(PHARMACY, 0), north(FAR, 91)))[0]

    assert zh in alert.text.zh
    assert en in alert.text.en
    assert "person" == alert.subject.kind


@pytest.mark.parametrize(("seconds", "named"), [(0, False), (1, True)])
def test_the_sentence_names_what_lies_within_half_an_hour(seconds: int, named: bool) -> None:  # noqa: FBT001 - a column
    """Of the stops before the judged one."""
    first = visit(at("10:00", seconds=seconds), institution=SHOP, county="")
    [alert] = told(RULE, [first, away(10, PHARMACY, HERE), away(30)])

    assert named == (f"10:00在{SHOP}" in alert.text.zh)


def test_a_county_is_called_by_its_name_where_the_register_has_it() -> None:
    """Only where the message says the same county as the register."""
    named = {"admdvs": THERE, "admdvs_name": "示例邻县"}
    text = told(RULE, [home(), away(12)], register(north(PHARMACY, 0, **named), north(FAR, 91, **named)))[0].text

    assert f"10:00在区划341021的{PHARMACY}、10:12在示例邻县（341022）的{FAR}" in text.zh
    assert f"10:00 at {PHARMACY} in county 341021, 10:12 at {FAR} in 示例邻县 (341022)" in text.en


def test_the_window_of_the_alert_is_the_hour() -> None:
    """Not the hours in which a prescription is looked for."""
    assert "09:12" == told(RULE, [home(), away(12)])[0].window.start[11:16]


def test_one_place_may_be_too_many() -> None:
    """Whatever the limit, a single settlement is judged where it can be a finding."""
    assert 1 == len(standing(told(ImpossibleTravel(places=1), [home(), END])))

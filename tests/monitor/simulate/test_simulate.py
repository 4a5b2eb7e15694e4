"""The simulated county: repeatable, in order, in the shapes of the wire, and honest where it is not labelled."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest

from monitor.simulate import Simulation, write_reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.monitor.simulate._plain_rules import Event, judge, read, seconds

SMALL = Simulation(seed=7, persons=1_500, days=30)
LARGE = Simulation(seed=2, persons=10_000, days=28, frauds=False, look_alikes=False)
HONEST = Simulation(seed=4, persons=3_000, days=20, frauds=False, look_alikes=False)
LOOK_ALIKES = {
    "outage_backlog", "opening_hour_queue", "family_collecting", "outreach_day", "walk_to_the_pharmacy",
    "internet_purchase", "long_term_prescription", "refill_before_a_journey", "split_packs",
    "reversed_and_sold_again", "upload_retry", "treatment_cycle", "transfer", "settled_after_death",
    "newborn_with_mother", "admitted_before_suspension", "traffic_accident", "couple_falls_ill", "birth_in_the_family",
    "staff_treated_elsewhere", "around_a_birth", "changed_at_once", "two_makers", "three_pharmacies",
    "other_maker_keyed", "dual_channel_prescribed", "around_a_suspension", "waiting_pays_alone",
    "prescription_in_parts", "cards_left_at_home", "clinic_day",
    "consultation_in_the_group", "two_practices", "nobody_named", "course_of_treatment", "chronic_programme",
    "day_of_appointments", "after_the_shift", "clerk_with_a_cold", "firm_next_door", "family_week_after_week",
    "specialist_next_door", "last_of_the_old_stock", "two_prescriptions_of_a_day",
    "set_at_a_round_price", "assisted_and_ill", "ill_without_recognition", "assisted_patient", "bills_of_a_journey",
    "treated_in_the_city", "wave_of_colds",
    "insured_for_weeks", "bed_of_a_day", "scanned_for_control", "wrong_price_of_a_day", "delivery_note_corrected",
    "service_at_its_limit", "drug_at_its_limit", "abolished_item_by_a_slip", "contained_material_by_a_slip",
    "paid_by_the_patient", "tests_of_two_days", "two_therapists", "out_of_stock", "test_in_another_hospital",
    "bought_around_a_stay", "entered_late", "stood_in", "scanned_far_away", "scanned_without_a_licence_by_a_slip",
    "offer_of_every_week", "village_and_its_relatives",
    "lids_that_droop", "week_of_day_surgery", "own_mistakes_corrected", "only_clerk",
}  # fmt: skip
RULES = {
    "S01", "S01-SIGN", "S01-GAP", "S01-TILL", "S06", "S09", "S09-STAY", "S10", "E09", "D01", "D01-DUP", "D02", "D03",
    "D04", "D05", "D07", "D09", "I01", "I05", "I06-TEL", "I06-HOME", "I06-VILLAGE", "I09", "I10", "I13-TEL", "E01",
    "E04", "E11", "D12-RXNO", "D14", "D14-DAY", "S08", "B11", "B11-SPEED", "S11", "S11-DAY", "S02", "S03", "S03-MONTH",
    "S04", "D13", "D06", "D18", "D08", "I11", "I03", "B01", "B07", "B21", "E02", "E05", "E06", "E07", "E07-SUM", "E08",
    "B18", "D10-DEL", "B03", "D19", "I05-PAIR", "B04", "B05", "B06", "B02", "B08", "D20", "S07", "I02", "B12",
    "B12-SCOPE", "B13", "S05", "I07", "B10", "I12", "B17", "B23",
}  # fmt: skip
STRADDLING = {
    "convoy_by_telephone", "convoy_of_household", "convoy_of_village", "convoy_of_care_home", "broker",
    "staff_admitted", "second_delivery", "name_lent", "name_lent_far_away", "doctor_every_other_day",
    "from_door_to_door", "never_leaves", "brought_in_again", "same_ward_again",
    "beds_for_colds", "bed_charged_twice", "scanned_again",
    "uploaded_days_later", "insured_and_admitted", "bill_after_bill", "large_bill", "dear_far_away",
    "tidied_up", "book_rewritten", "settled_without_stock", "left_on_the_shelf",
    "service_above_its_limit", "drug_above_its_limit",
    "abolished_item_charged", "contained_material_charged", "uncovered_put_into_scope", "therapist_without_a_break",
    "dear_product", "credential_of_a_patient", "bed_left_empty", "revoked_and_still_there", "skin_and_bones",
    "scanned_without_a_licence", "bought_elsewhere", "borrowed_cards", "convoy_of_empty_beds", "folds_in_the_lid",
    "beds_in_the_corridor", "fetched_by_bus",
    "bills_rewritten", "clerk_in_the_plot",
}  # fmt: skip
"""Frauds whose strength is drawn: some of them are too small to be seen."""


@cache
def stream(simulation: Simulation) -> list[tuple[int, Event]]:
    """The whole stream."""
    return list(simulation.events())


def events(simulation: Simulation) -> list[Event]:
    """The bodies of all events."""
    return [body for _, body in stream(simulation)]


def found_in(simulation: Simulation) -> list[tuple[str, list[Event]]]:
    """What the plain rules see in the traffic."""
    return judge(read(events(simulation), simulation.reference()))


def of_kind(bodies: Iterable[Event], *infno: str) -> list[Event]:
    """The events of these transactions."""
    return [body for body in bodies if body["infno"] in infno]


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Events, labels and tables are equal to the byte, also when the events are asked for twice."""
    once, again = (Simulation(seed=9, persons=400, days=6) for _ in range(2))
    written = [b"".join(orjson.dumps(body) for _, body in one.events()) for one in (once, once, again)]

    assert written[0] == written[1] == written[2]
    assert once.labels() == again.labels()
    assert once.reference() == again.reference()


def test_another_seed_gives_other_traffic() -> None:
    """The seed decides."""
    one, other = (list(Simulation(seed=seed, persons=300, days=2).events()) for seed in (1, 2))

    assert one != other


def test_the_stream_is_in_order_of_upload() -> None:
    """inf_time never goes back, says the same as the moment beside it, and stays within the days."""
    moments = [moment for moment, _ in stream(SMALL)]

    assert moments == sorted(moments)
    assert {body["inf_time"][:10] for body in events(SMALL)} <= {f"2025-09-{day:02d}" for day in range(1, 31)}


@pytest.mark.parametrize("form", ["flat", "reply"])
def test_the_door_lets_everything_in(form: Literal["flat", "reply"]) -> None:
    """No event is refused, late or skipped, and its inf_time is the moment that the stream gives."""
    door = Door(Pseudonyms("test"))
    opened = [(moment, door.open(orjson.dumps(body), moment)) for moment, body in stream(replace(SMALL, form=form))]

    assert [event.uploaded for _, one in opened for event in one.events] == [moment for moment, _ in opened]
    assert sum(one.late_lines for _, one in opened) == 0


def test_every_transaction_occurs() -> None:
    """A larger county has every kind of message in a month, without any scenario."""
    kinds = Counter(body["infno"] for body in events(LARGE))
    expected = {
        "2101", "2102", "2103", "2201", "2203A", "2204", "2205", "2206", "2207", "2208", "2301", "2302", "2303",
        "2304", "2305", "2401", "2402", "2404", "2405", "2601", "3101", "3505", "3506",
    }  # fmt: skip

    assert set(kinds) == expected


def test_numbers_have_their_shapes_and_are_given_out_once() -> None:
    """msgid, setl_id and trace codes are unique but for what is sent twice; institutions and drugs have real shapes."""
    every = list({orjson.dumps(body): body for body in events(SMALL)}.values())
    retried = {
        message for label in SMALL.labels() if label["scenario"] == "upload_retry" for message in label["msgids"]
    }
    settled = [body["setl_id"] for body in of_kind(every, "2102", "2207", "2304") if body["msgid"] not in retried]
    lines = [line for body in every for line in body.get("feedetail", ())]
    drugs = {line["med_list_codg"] for line in lines if line["list_type"] == "101"}

    assert len({body["msgid"] for body in every}) == len(every)
    assert len(set(settled)) == len(settled)
    assert all(re.fullmatch(r"[HP]\d{11}\d{14}\d{4}", body["msgid"]) for body in every)
    assert all(body["msgid"].startswith(body["fixmedins_code"]) for body in every)
    assert all(re.fullmatch(r"34102199\d{12}", body["psn_no"]) for body in every if body["infno"] != "3507")
    assert all(re.fullmatch(r"X[A-Z]\d{2}[A-Z]{2}[A-Z]\d{3}[A-Z]\d{3}\d{9}", drug) for drug in drugs)


def test_every_box_has_a_code_of_its_own() -> None:
    """20 digits; in unlabelled traffic a code is in one sale that stands, also where both channels report it."""
    traffic = read(events(HONEST), HONEST.reference())
    sales: dict[str, set[str]] = defaultdict(set)
    for settlement, _, code in traffic.sold:
        sales[code["drug_trac_codg"]].add(settlement)

    assert len(sales) > 500
    assert all(re.fullmatch(r"\d{20}", code) for code in sales)
    assert {len(settlements) for settlements in sales.values()} == {1}


def test_who_pays_adds_up_to_the_fen() -> None:
    """Fund, account and cash make up the bill, and so do the lines."""
    for body in of_kind(events(HONEST), "2102", "2207", "2304"):
        parts = [body[name] for name in ("fund_pay_sumamt", "acct_pay", "psn_cash_pay")]

        assert round(sum(parts) * 100) == round(body["medfee_sumamt"] * 100)
    for body in of_kind(events(HONEST), "2102"):
        lines = sum(round(line["det_item_fee_sumamt"] * 100) for line in body["feedetail"])

        assert lines == round(body["medfee_sumamt"] * 100)


def test_the_size_is_that_of_a_real_region() -> None:
    """6.2 settlements a person and year, 5 % taken back, 5 % stays, mean and 95th percentile in the right region."""
    every = events(LARGE)
    settled = [body for body in of_kind(every, "2102", "2207", "2304") if body["refd_setl_flag"] == "0"]
    taken_back = of_kind(every, "2103", "2208", "2305")
    amounts = sorted(float(body["medfee_sumamt"]) for body in settled)

    assert 5.8 < len(settled) * 365 / 28 / 10_000 < 7.0
    assert 0.035 < len(taken_back) / len(settled) < 0.06
    assert 0.03 < len(of_kind(every, "2401")) / len(settled) < 0.06
    assert 500 < sum(amounts) / len(amounts) < 1_200
    assert 1_000 < amounts[int(0.95 * len(amounts))] < 4_500


def test_a_pharmacy_has_its_rush_hour() -> None:
    """It is open from 8 to 21, with about 16 % of its day between 9 and 10, and quiet at noon."""
    hours = Counter(body["setl_time"][11:13] for body in of_kind(events(HONEST), "2102"))
    total = sum(hours.values())

    assert 0.12 < hours["09"] / total < 0.2
    assert hours["12"] < hours["10"]
    assert sum(hours[f"{hour:02d}"] for hour in range(8, 21)) / total > 0.95


@pytest.mark.parametrize("simulation", [HONEST, Simulation(5, 4_000, 10, frauds=False), SMALL])
def test_what_is_no_labelled_fraud_keeps_clear_of_every_default(simulation: Simulation) -> None:
    """Honest traffic and look-alikes, counted slowly: whatever a default sees is a fraud labelled for that rule."""
    frauds = [label for label in simulation.labels() if label["label"] == "fraud"]
    wrong = [
        (rule, [event["msgid"] for event in seen])
        for rule, seen in found_in(simulation)
        if not any(rule in (*label["rules"], *label["also"]) and _meet(label, seen) for label in frauds)
    ]

    assert wrong == []


def test_every_labelled_fraud_meets_its_rules() -> None:
    """Each default that a label names sees it."""
    found = found_in(SMALL)
    missed = [
        (label["scenario"], rule)
        for label in SMALL.labels()
        if label["label"] == "fraud" and label["scenario"] not in STRADDLING
        for rule in label["rules"]
        if not any(seen_by == rule and _meet(label, seen) for seen_by, seen in found)
    ]

    assert missed == []


@pytest.mark.long
def test_frauds_of_any_strength_lie_on_both_sides_of_a_default() -> None:
    """Of each kind some are seen, and over all of them some are not."""
    simulation = Simulation(seed=1, persons=7_000, days=60)
    found = found_in(simulation)
    labels = [label for label in simulation.labels() if label["scenario"] in STRADDLING]
    seen = {label["msgids"][0]: any(_meet(label, one) for rule, one in found if rule in label["rules"])
            for label in labels}  # fmt: skip
    by_scenario = {label["scenario"] for label in labels if seen[label["msgids"][0]]}

    assert by_scenario == STRADDLING
    assert not all(seen.values())


def _meet(label: dict[str, Any], seen: list[Event]) -> bool:
    return any(event["msgid"] in label["msgids"] for event in seen)


def test_a_fraud_of_drawn_strength_says_how_strong_it_is() -> None:
    """Over the whole range; nothing honest has a strength. Some of a kind that is drawn state none: it has two ends."""
    labels = Simulation(seed=1, persons=6_000, days=60).labels()
    stated = [label for label in labels if "strength" in label]
    strengths = [label["strength"] for label in stated]

    assert {label["scenario"] for label in stated} <= STRADDLING
    assert {label["label"] for label in stated} == {"fraud"}
    assert len(stated) > 50
    assert all(0 <= one <= 1 for one in strengths)
    assert {min(int(3 * one), 2) for one in strengths} == {0, 1, 2}


def test_one_scenario_is_played_again_and_again() -> None:
    """And no other; everyday traffic goes on around it."""
    simulation = Simulation(seed=1, persons=2_000, days=40, only=frozenset({"broker"}), times=20)

    assert {label["scenario"] for label in simulation.labels()} == {"broker"}
    assert len(simulation.labels()) == 20
    assert len(list(simulation.events())) > 1_000


def test_a_month_has_every_scenario_several_times() -> None:
    """6,000 persons and 30 days: each rule and each look-alike at least twice."""
    labels = Simulation(seed=2, persons=6_000, days=30).labels()
    rules = Counter(rule for label in labels if label["label"] == "fraud" for rule in label["rules"])
    honest = Counter(label["scenario"] for label in labels if label["label"] == "look_alike")

    assert set(rules) == RULES
    assert set(honest) == LOOK_ALIKES
    assert min(*rules.values(), *honest.values()) >= 2


def test_labels_name_events_that_are_there() -> None:
    """Every msgid of a label is in the stream, no message has two labels, and the times are in order."""
    known = {body["msgid"] for body in events(SMALL)}
    named = [message for label in SMALL.labels() for message in label["msgids"]]

    assert set(named) <= known
    assert len(named) == len(set(named))
    assert all(label["first_time"] <= label["needed_time"] for label in SMALL.labels())
    assert all(seconds(label["needed_time"]) <= seconds(label["last_time"]) + 86_400 for label in SMALL.labels())


def test_the_look_alikes_are_what_they_say() -> None:
    """A backlog is uploaded in minutes, a retry has one setl_id, split packs share a code, a walk is circulated."""
    by_message = {body["msgid"]: body for body in events(SMALL)}
    acts = {
        label["scenario"]: [by_message[message] for message in label["msgids"]]
        for label in SMALL.labels()
        if label["label"] == "look_alike"
    }
    backlog = of_kind(acts["outage_backlog"], "2102")
    uploads = [seconds(body["inf_time"]) for body in backlog]
    swipes = sorted(seconds(body["setl_time"]) for body in backlog)
    retry = of_kind(acts["upload_retry"], "2102")
    packs = of_kind(acts["split_packs"], "2102")
    walk = of_kind(acts["walk_to_the_pharmacy"], "2102")

    assert max(uploads) - min(uploads) < 120
    assert swipes[-1] - swipes[0] > 3 * 3_600
    assert len(retry) == 2
    assert len({body["setl_id"] for body in retry}) == 1
    assert {(code["trdn_flag"]) for body in packs for code in body["drug_trac_info"]} == {"1"}
    assert len({code["drug_trac_codg"] for body in packs for code in body["drug_trac_info"]}) == 1
    assert {line["rx_circ_flag"] for body in walk for line in body["feedetail"]} == {"1"}


def test_the_turn_of_the_year_settles_the_ward_out_and_in() -> None:
    """Where 31 December is among the days, stays end on it and begin again the next morning."""
    simulation = Simulation(seed=1, persons=1_500, days=30, start=date(2025, 12, 10))
    labels = [label for label in simulation.labels() if label["scenario"] == "year_end_settlement"]

    assert labels
    assert all(label["needed_time"].startswith("2026-01-01") for label in labels)


@pytest.mark.long
def test_what_grows_does_so_only_where_it_is_labelled() -> None:
    """Over 80 days at one institution each, or at six at once; and no other rule is confused by the length."""
    simulation = Simulation(seed=8, persons=5_000, days=80)
    found, labels = found_in(simulation), [one for one in simulation.labels() if one["label"] == "fraud"]
    for rule, count in (("B15", 6), ("B15-AREA", 6), ("D17", 1), ("B14", 1)):
        seen = {body["fixmedins_code"] for by, bodies in found for body in bodies if by == rule}
        meant = [label for label in labels if rule in label["rules"] or (rule == "B15" and rule in label["also"])]
        labelled = {code for label in meant for code in (label["fixmedins_code"], *label.get("also_at", ()))}

        assert len(labelled) == count
        assert seen == labelled


def test_reference_tables_are_written_as_csv(tmp_path: Path) -> None:
    """Fifteen files; the suspended pharmacy has two rows that meet, and the dead of the scenarios are registered."""
    files = write_reference(SMALL.reference(), tmp_path / "reference")
    tables = {path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) for path in files}
    code = next(row["fixmedins_code"] for row in tables["institutions"] if row["status"] == "suspended")
    rows = [row for row in tables["institutions"] if row["fixmedins_code"] == code]
    dead = {row["psn_no"] for row in tables["deaths"]}
    used = {
        body["psn_no"]
        for label in SMALL.labels()
        if label["scenario"] == "use_after_death"
        for body in events(SMALL)
        if body["msgid"] in label["msgids"]
    }

    assert set(tables) == {
        "institutions", "deaths", "households", "insured", "staff", "physicians", "employers", "enrolled", "assisted",
        "recognised", "drugs", "items", "equipment", "diagnoses", "calendar",
    }  # fmt: skip
    assert all("valid_from" in row and "valid_to" in row for table in tables.values() for row in table)
    assert [row["status"] for row in rows] == ["active", "suspended"]
    assert (rows[0]["valid_to"], rows[1]["valid_from"]) == ("2025-09-10", "2025-09-11")
    assert used
    assert used <= dead

"""The defaults of the rules, counted slowly and obviously over a whole file; imports nothing of the project.

Where a default can be read in two ways, the reading that alerts more often is taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise, permutations
from math import cos, dist, radians
from statistics import median
from typing import Any

Event = dict[str, Any]
Tables = dict[str, list[dict[str, str]]]
Found = tuple[str, list[Event]]
"""A rule and the events in which it sees something."""

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
OUTPATIENT = ("11", "12", "13", "14", "15", "16", "18", "19", "51", "53")
LIMIT_DAYS = {"11": 7.0, "16": 7.0, "13": 3.0, "14": 84.0, "15": 84.0, "18": 84.0}


def seconds(text: str) -> float:
    """A time or a date of the wire as seconds."""
    return (datetime.fromisoformat(text[:19]) - datetime(2020, 1, 1)).total_seconds()  # noqa: DTZ001


@dataclass
class Traffic:
    """What stands of a file, and the tables to look up."""

    settled: list[Event]
    lines: list[tuple[Event, Event]]
    stays: list[Event]
    sold: list[tuple[str, Event, Event]]
    deleted: list[Event]
    came_in: list[Event]
    booked: list[Event]
    tables: Tables


def read(events: Iterable[Event], tables: Tables) -> Traffic:
    """Leave out what is taken back or comes twice."""
    every = list({event["msgid"]: event for event in events}.values())
    taken = {event["setl_id"] for event in every if event["infno"] in ("2103", "2208", "2305")}
    taken |= {event["init_setl_id"] for event in every if "init_setl_id" in event}
    undone = {event["omsgid"] for event in every if event["infno"] == "2601"}
    cancelled = {
        (event["mdtrt_id"], line)
        for event in every
        if event["infno"] in ("2205", "2302") and event["feedetl_sn"] != "0000"
        for line in event["feedetl_sn"]
    }
    emptied = {event["mdtrt_id"]: event["inf_time"] for event in every if event.get("feedetl_sn") == "0000"}
    settled: dict[str, Event] = {}
    for event in every:
        stands = event.get("setl_id") not in taken and event["msgid"] not in undone
        if stands and event["infno"] in ("2102", "2207", "2304") and event["refd_setl_flag"] == "0":
            settled.setdefault(event["setl_id"], event)
    charged = [event for event in every if event["infno"] in ("2204", "2301")]
    charged = [event for event in charged if event["inf_time"] > emptied.get(event["mdtrt_id"], "")]
    lines = [
        (event, line)
        for event in [*charged, *settled.values()]
        for line in event.get("feedetail", ())
        if (event["mdtrt_id"], line["feedetl_sn"]) not in cancelled
    ]
    stock = [event for event in every if event["infno"] == "3505" and event["setl_id"] not in taken]
    sold = [
        (event["setl_id"], event, code)
        for event in [*settled.values(), *stock]
        for code in event.get("drug_trac_info", event.get("drugtracinfo", ()))
    ]
    deleted = [event for event in every if event["infno"] in ("2205", "2302", "2404", "2405", "3507")]
    came_in = [event for event in every if event["infno"] in ("3501", "3502", "3503")]
    of_bills = [event for event in every if event["infno"] in ("2304", "2305", "2302")]
    booked = [{**event, "setl_time": event["inf_time"]} for event in of_bills if event["msgid"] not in undone]
    return Traffic(list(settled.values()), lines, list(_stays(every)), sold, deleted, came_in, booked, tables)


def _stays(every: list[Event]) -> Iterator[Event]:
    gone = {event["mdtrt_id"] for event in every if event["infno"] == "2404"}
    left = {event["mdtrt_id"]: event for event in every if event["infno"] == "2402"}
    for event in every:
        if event["infno"] == "2401" and event["mdtrt_id"] not in gone:
            end = left.get(event["mdtrt_id"], {"endtime": "2099-01-01 00:00:00", "dscg_way": ""})
            yield {**event, "out": seconds(end["endtime"]), "in": seconds(event["begntime"]), "way": end["dscg_way"]}


def judge(traffic: Traffic) -> list[Found]:
    """Everything that any default sees."""
    rules = (
        swiping,
        typed,
        untraced,
        round_sums,
        tills,
        travel,
        agreement,
        death,
        insured,
        entitled,
        newcomers,
        charged,
        late,
        erased,
        rewritten,
        clerks,
        priced,
        flagged,
        unlicensed,
        cosmetic,
        from_nowhere,
        books,
        in_parts,
        all_day,
        dear,
        growing,
        claims,
        away,
        supply,
        split,
        boxes,
        alike,
        crowded,
        shops,
        swapped,
        dual_channel,
        numbers_again,
        prescribing,
        in_two_places,
        attending,
        registered,
        own_staff,
        firms,
        rings,
        stays,
        meanwhile,
        long_stays,
        minor,
        full_houses,
        fetched,
        convoys,
        staff,
        births,
        growth,
    )
    found = [found for rule in rules for found in rule(traffic)]
    return [*found, *extracted(found), *fictitious(found), *everywhere(found)]


def _by(events: Iterable[Event], *names: str) -> Iterable[list[Event]]:
    groups: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in events:
        groups[tuple(event[name] for name in names)].append(event)
    return [sorted(group, key=lambda one: str(one["setl_time"])) for group in groups.values()]


def _persons(events: Iterable[Event]) -> int:
    return len({event["psn_no"] for event in events})


def swiping(traffic: Traffic) -> Iterator[Found]:
    """S01: 8 in ten minutes; S01-SIGN: 6 of one sign; S01-GAP: 8 with gaps of at most 120 s."""
    for group in _by((one for one in traffic.settled if one["infno"] == "2102"), "fixmedins_code"):
        run: list[Event] = []
        for event in group:
            at = seconds(event["setl_time"])
            window = [one for one in group if at - 600 < seconds(one["setl_time"]) <= at]
            run = [*run, event] if run and at - seconds(run[-1]["setl_time"]) <= 120 else [event]
            if _persons(window) >= 8:
                yield "S01", window
            if _persons(run) >= 8:
                yield "S01-GAP", run
            for alike in _signs(window, event):
                if _persons(alike) >= 6:
                    yield "S01-SIGN", alike


def _signs(window: list[Event], event: Event) -> Iterator[list[Event]]:
    amount = event["medfee_sumamt"]
    yield [one for one in window if abs(one["medfee_sumamt"] - amount) <= 0.01 * amount]
    yield [one for one in window if one["insuplc_admdvs"] != one["mdtrtarea_admvs"]]
    yield [one for one in window if one["mdtrt_cert_type"] == "02"]
    yield [one for one in window if one.get("balc", 99.0) < 5.0]


def typed(traffic: Traffic) -> Iterator[Found]:
    """S08: 20 identity numbers on a day, and three times the share of the four weeks before."""
    for group in _by((one for one in traffic.settled if one["infno"] != "2304"), "fixmedins_code"):
        days: dict[float, list[Event]] = defaultdict(list)
        for event in group:
            days[seconds(event["setl_time"]) // DAY].append(event)
        for day, today in days.items():
            before = [event for n in range(1, 29) for event in days.get(day - n, ())]
            numbers = [event for event in today if event["mdtrt_cert_type"] == "02"]
            usual = sum(event["mdtrt_cert_type"] == "02" for event in before) / max(len(before), 1)
            if len(numbers) >= 20 and len(numbers) / len(today) > 3 * usual:
                yield "S08", numbers


def untraced(traffic: Traffic) -> Iterator[Found]:
    """D06: 20 sales without a trace code on a day, and three times the share of the four weeks before."""
    for group in _by((one for one in traffic.settled if one["infno"] == "2102"), "fixmedins_code"):
        days: dict[float, list[Event]] = defaultdict(list)
        for event in group:
            days[seconds(event["setl_time"]) // DAY].append(event)
        for day, today in days.items():
            before = [event for n in range(1, 29) for event in days.get(day - n, ())]
            without = [event for event in today if not event["drug_trac_info"]]
            usual = sum(not event["drug_trac_info"] for event in before) / max(len(before), 1)
            if len(without) >= 20 and len(without) / len(today) > 3 * usual:
                yield "D06", without


def round_sums(traffic: Traffic) -> Iterator[Found]:
    """D08: 20 sums of a day that are multiples of ten yuan, and half of all."""
    for group in _by((one for one in traffic.settled if one["infno"] == "2102"), "fixmedins_code"):
        for day in {event["setl_time"][:10] for event in group}:
            today = [event for event in group if event["setl_time"][:10] == day]
            rounded = [event for event in today if round(event["medfee_sumamt"] * 100) % 1_000 == 0]
            if len(rounded) >= max(20, 0.5 * len(today)):
                yield "D08", rounded


def tills(traffic: Traffic) -> Iterator[Found]:
    """S01-TILL: 20 in ten minutes at one till."""
    for group in _by((one for one in traffic.settled if one["infno"] == "2207"), "fixmedins_code", "opter"):
        for event in group:
            at = seconds(event["setl_time"])
            window = [one for one in group if at - 600 < seconds(one["setl_time"]) <= at]
            if _persons(window) >= 20:
                yield "S01-TILL", window


def travel(traffic: Traffic) -> Iterator[Found]:
    """S06: two counties in 30 min, over 120 km/h, or three institutions in an hour."""
    places = {row["fixmedins_code"]: row for row in traffic.tables["institutions"]}
    settled = [
        one
        for one in traffic.settled
        if not any(line.get("rx_circ_flag") == "1" for line in one.get("feedetail", ()))
        and one["opter_type"] == "1"
        and places[one["fixmedins_code"]]["internet"] == "0"
    ]
    for group in _by(settled, "psn_no"):
        for one, two in pairwise(group):
            apart = seconds(two["setl_time"]) - seconds(one["setl_time"])
            counties = one["mdtrtarea_admvs"] != two["mdtrtarea_admvs"] and apart <= 30 * MINUTE
            if counties or _km(places, one, two) > 120 * max(apart, 1.0) / HOUR:
                yield "S06", [one, two]
        for event in group:
            at = seconds(event["setl_time"])
            hour = [one for one in group if at - HOUR < seconds(one["setl_time"]) <= at]
            if len({one["fixmedins_code"] for one in hour}) >= 3:
                yield "S06", hour


def _km(places: dict[str, dict[str, str]], one: Event, two: Event) -> float:
    points = [
        (float(row["lat"]) * 111.2, float(row["lon"]) * 111.2 * cos(radians(30)))
        for row in (places[one["fixmedins_code"]], places[two["fixmedins_code"]])
    ]
    return dist(*points)


def _admitted(traffic: Traffic) -> dict[str, float]:
    return {stay["mdtrt_id"]: stay["in"] for stay in traffic.stays}


def agreement(traffic: Traffic) -> Iterator[Found]:
    """S09 and S09-STAY: service at an institution while it is suspended, stays admitted before apart."""
    since = {
        row["fixmedins_code"]: seconds(row["valid_from"] + " 00:00:00")
        for row in traffic.tables["institutions"]
        if row["status"] == "suspended"
    }
    admitted = _admitted(traffic)
    for event in traffic.settled:
        begun = admitted.get(event["mdtrt_id"], seconds(event["setl_time"]))
        if begun >= since.get(event["fixmedins_code"], float("inf")):
            yield ("S09-STAY" if event["infno"] == "2304" else "S09"), [event]


def insured(traffic: Traffic) -> Iterator[Found]:
    """E11 and E04: settled while suspended, or with the fund while waiting."""
    for event in traffic.settled:
        day = event["setl_time"][:10]
        for row in traffic.tables["insured"]:
            if row["psn_no"] == event["psn_no"] and row["valid_from"] <= day <= row["valid_to"]:
                if row["state"] == "suspended":
                    yield "E11", [event]
                elif float(event["fund_pay_sumamt"]) > 0:
                    yield "E04", [event]


def entitled(traffic: Traffic) -> Iterator[Found]:
    """E05 and E06: by entitlement, or with assistance, without being in the table."""
    recognised = {row["psn_no"] for row in traffic.tables["recognised"]}
    assisted = {row["psn_no"] for row in traffic.tables["assisted"]}
    for event in traffic.settled:
        if event["insuplc_admdvs"] != event["mdtrtarea_admvs"]:
            continue
        if event["med_type"] in ("14", "15") and event["psn_no"] not in recognised:
            yield "E05", [event]
        if float(event.get("maf_pay", 0)) > 0 and event["psn_no"] not in assisted:
            yield "E06", [event]


def charged(traffic: Traffic) -> Iterator[Found]:
    """B01: more often on a day of a visit, B07: more often within some days, than the table of items says."""
    items = {row["med_list_codg"]: row for row in traffic.tables["items"]}
    of_person: dict[tuple[str, str], list[tuple[float, Event, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        if line["med_list_codg"] in items:
            at = seconds(line["fee_ocur_time"])
            of_person[event["psn_no"], line["med_list_codg"]].append((at, event, line))
    for (_, item), lines in of_person.items():
        row = items[item]
        for at, event, _ in lines:
            visit = [one for one in lines if one[1]["mdtrt_id"] == event["mdtrt_id"] and one[0] // DAY == at // DAY]
            if row["most_per_day"] and sum(one[2]["cnt"] for one in visit) > int(row["most_per_day"]):
                yield "B01", [one[1] for one in visit]
            if row["most_per_period"]:
                recent = [one for one in lines if at - int(row["period_days"]) * DAY < one[0] <= at]
                if sum(one[2]["cnt"] for one in recent) > int(row["most_per_period"]):
                    yield "B07", [one[1] for one in recent]


def newcomers(traffic: Traffic) -> Iterator[Found]:
    """E02: more than 20,000 yuan within 30 days."""
    grown_up = (row for row in traffic.tables["enrolled"] if row["newborn"] != "1")
    since = {row["psn_no"]: seconds(row["insured_from"] + " 00:00:00") for row in grown_up}
    for group in _by((one for one in traffic.settled if one["psn_no"] in since), "psn_no"):
        first = since[group[0]["psn_no"]]
        new = [one for one in group if 0 <= seconds(one["setl_time"]) - first < 30 * DAY]
        if sum(one["fund_pay_sumamt"] for one in new) > 20_000:
            yield "E02", new


def late(traffic: Traffic) -> Iterator[Found]:
    """B21: twenty of a day that came more than 24 hours late."""
    for group in _by(traffic.settled, "fixmedins_code"):
        days: dict[str, list[Event]] = defaultdict(list)
        for event in group:
            if seconds(event["inf_time"]) - seconds(event["setl_time"]) > DAY:
                days[event["setl_time"][:10]].append(event)
        for today in days.values():
            if len(today) >= 20:
                yield "B21", today


def erased(traffic: Traffic) -> Iterator[Found]:
    """B18: thirty deletions within an hour; D10-DEL: twenty of rows of stock on a day."""
    places: dict[str, list[Event]] = defaultdict(list)
    for event in traffic.deleted:
        places[event["fixmedins_code"]].append(event)
    for group in places.values():
        for event in group:
            at = seconds(event["inf_time"])
            hour = [one for one in group if at - HOUR < seconds(one["inf_time"]) <= at]
            rows = [one for one in group if one["infno"] == "3507" and one["inf_time"][:10] == event["inf_time"][:10]]
            if len(hour) >= 30:
                yield "B18", hour
            if event["infno"] == "3507" and len(rows) >= 20:
                yield "D10-DEL", rows


def priced(traffic: Traffic) -> Iterator[Found]:
    """B03 (services) and D19 (drugs): three lines of an item within a week above the limit that they state."""
    places: dict[tuple[str, str], list[tuple[float, Event, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        if "pric_uplmt_amt" in line and line["pric"] > 1.005 * line["pric_uplmt_amt"]:
            key = (event["fixmedins_code"], line["med_list_codg"])
            places[key].append((seconds(line["fee_ocur_time"]), event, line))
    for over in places.values():
        for at, _, line in over:
            week = [event for when, event, _ in over if at - 7 * DAY < when <= at]
            if len(week) >= 3:
                yield "D19" if line["list_type"] == "101" else "B03", week


def flagged(traffic: Traffic) -> Iterator[Found]:
    """B04 to B06: three lines of an item within a week that may not be charged, not alone, or not to the fund."""
    items = {row["med_list_codg"]: row for row in traffic.tables["items"]}
    for rule, column in (("B04", "registered"), ("B05", "separate"), ("B06", "covered")):
        places: dict[tuple[str, str], list[tuple[float, Event]]] = defaultdict(list)
        for event, line in traffic.lines:
            of_fund = column != "covered" or line.get("inscp_scp_amt", 0) > 0
            if items.get(line["med_list_codg"], {}).get(column) == "0" and of_fund:
                key = (event["fixmedins_code"], line["med_list_codg"])
                places[key].append((seconds(line["fee_ocur_time"]), event))
        for charged in places.values():
            for at, _ in charged:
                week = [event for when, event in charged if at - 7 * DAY < when <= at]
                if len(week) >= 3:
                    yield rule, week


def unlicensed(traffic: Traffic) -> Iterator[Found]:
    """B13: three lines within a week of what needs equipment for which a place, and its group, has no licence."""
    items = {row["med_list_codg"]: row for row in traffic.tables["items"]}
    groups = {row["fixmedins_code"]: row["group"] for row in traffic.tables["institutions"]}
    places: dict[tuple[str, str], list[tuple[float, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        kind = items.get(line["med_list_codg"], {}).get("equipment")
        if not kind or line.get("etip_flag") == "1":
            continue
        here, at = event["fixmedins_code"], seconds(line["fee_ocur_time"])
        holders = {
            code
            for code, _, of in (row["place_and_kind"].partition(":") for row in traffic.tables["equipment"])
            if of == kind
        }
        valid = {
            row["place_and_kind"].partition(":")[0]
            for row in traffic.tables["equipment"]
            if not row["valid_to"] or at < seconds(f"{row['valid_to']} 00:00:00") + 31 * DAY
        }
        if not any(one == here or groups[one] == groups[here] != "" for one in holders & valid):
            places[here, kind].append((at, event))
    for charged in places.values():
        for at, _ in charged:
            week = [event for when, event in charged if at - 7 * DAY < when <= at]
            if len(week) >= 3:
                yield "B13", week


def cosmetic(traffic: Traffic) -> Iterator[Found]:
    """B10: ten persons in 30 days, of an item in a department where it may be cosmetic."""
    suspected = {row["med_list_codg"]: row["cosmetic_in"].split() for row in traffic.tables["items"]}
    places: dict[tuple[str, str], list[tuple[float, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        item = line["med_list_codg"]
        if line.get("bilg_dept_codg") in suspected.get(item, ()) and line.get("inscp_scp_amt", 0) > 0:
            places[event["fixmedins_code"], item].append((seconds(line["fee_ocur_time"]), event))
    for charged in places.values():
        for at, _ in charged:
            month = [event for when, event in charged if at - 30 * DAY < when <= at]
            if _persons(month) >= 10:
                yield "B10", month


def from_nowhere(traffic: Traffic) -> Iterator[Found]:
    """D11: five boxes of a drug within 30 days that never came in, more than a fifth, where most did before."""
    asked = {row["fixmedins_code"] for row in traffic.tables["institutions"] if row["traced_purchases"] == "1"}
    known, rows = set(), defaultdict(list)
    for event in traffic.came_in:
        known |= {(event["fixmedins_code"], code["drug_trac_codg"]) for code in event.get("drugtracinfo", ())}
        rows[event["fixmedins_code"], event["med_list_codg"]].append(_stock_time(event))
    items = {line["feedetl_sn"]: line["med_list_codg"] for _, line in traffic.lines}
    sales: dict[tuple[str, str], dict[str, tuple[float, Event]]] = defaultdict(dict)
    for event in traffic.settled:
        for code in event.get("drug_trac_info", ()):
            if event["fixmedins_code"] in asked and code["feedetl_sn"] in items:
                key = (event["fixmedins_code"], items[code["feedetl_sn"]])
                sales[key].setdefault(code["drug_trac_codg"], (seconds(event["setl_time"]), event))
    for (place, item), boxes in sales.items():
        for at, _ in boxes.values():
            month = {code: one for code, one in boxes.items() if at - 30 * DAY < one[0] <= at}
            before = [code for code, one in boxes.items() if at - 120 * DAY < one[0] <= at - 30 * DAY]
            missing = [one for code, one in month.items() if (place, code) not in known]
            if len(missing) < 5 or 5 * len(missing) <= len(month) or len(before) < 10:
                continue
            usual = sum((place, code) in known for code in before)
            if 10 * usual >= 9 * len(before) and max(rows[place, item]) > min(time for time, _ in missing):
                yield "D11", [event for _, event in missing]


def _stock_time(event: Event) -> float:
    return seconds(next(event[name] for name in ("purc_retn_stoin_time", "inv_chg_time", "invdate") if name in event))


def books(traffic: Traffic) -> Iterator[Found]:
    """D10 and D10-COUNT, where packs come in and none goes back: ten more than the book allows, by any count before."""
    asked = {row["fixmedins_code"] for row in traffic.tables["institutions"] if row["stock_uploaded"] == "1"}
    counts: dict[tuple[str, str], dict[float, list[Event]]] = defaultdict(lambda: defaultdict(list))
    came: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    lines: dict[tuple[str, str], list[tuple[float, float, Event]]] = defaultdict(list)
    for event in traffic.came_in:
        key, time = (event["fixmedins_code"], event["med_list_codg"]), _stock_time(event)
        if event["infno"] == "3501":
            counts[key][time].append(event)
        else:
            came[key].append((time, event.get("purc_retn_cnt") or event["cnt"]))
    for event, line in traffic.lines:
        key = (event["fixmedins_code"], line["med_list_codg"])
        if key in counts and event["fixmedins_code"] in asked:
            lines[key].append((seconds(line["fee_ocur_time"]), line["cnt"], event))
    for key, days in counts.items():
        for day in days:
            yield from _since_a_count(day, days, came[key], lines[key])


def _since_a_count(
    day: float,
    counts: dict[float, list[Event]],
    came: list[tuple[float, float]],
    lines: list[tuple[float, float, Event]],
) -> Iterator[Found]:
    there = sum(row["inv_cnt"] for row in counts[day])
    for at, _, event in lines:
        supply = there + sum(many for time, many in came if day <= time <= at + 7 * DAY)
        settled = sum(many for time, many, _ in lines if day + DAY <= time <= at)
        if at >= day + DAY and settled >= max(supply + 10, 1.1 * supply):
            yield "D10", [*counts[day], event]
    for later, found in counts.items():
        supply = there + sum(many for time, many in came if day <= time <= later + 7 * DAY)
        settled = sum(many for time, many, _ in lines if day + DAY <= time < later)
        more = sum(row["inv_cnt"] for row in found) - max(supply - settled, 0)
        if later >= day + 30 * DAY and settled > 0 and more >= max(10, 0.05 * settled):
            yield "D10-COUNT", [*counts[day], *found]


def in_parts(traffic: Traffic) -> Iterator[Found]:
    """B02: as many different parts of a service on a day of a visit as the table says."""
    items = {row["med_list_codg"]: row for row in traffic.tables["items"]}
    visits: dict[tuple[str, str, float], list[tuple[Event, str]]] = defaultdict(list)
    for event, line in traffic.lines:
        whole = items.get(line["med_list_codg"], {}).get("part_of")
        if whole:
            day = seconds(line["fee_ocur_time"]) // DAY
            visits[event["mdtrt_id"], whole, day].append((event, line["med_list_codg"]))
    for (_, whole, _), parts in visits.items():
        if len({part for _, part in parts}) >= int(items[whole]["parts"]):
            yield "B02", [event for event, _ in parts]


def all_day(traffic: Traffic) -> Iterator[Found]:
    """B08: more than twelve hours of services by one person on a day."""
    minutes = {row["med_list_codg"]: float(row["minutes"] or 0) for row in traffic.tables["items"]}
    days: dict[tuple[str, str, float], list[tuple[Event, float]]] = defaultdict(list)
    for event, line in traffic.lines:
        if minutes.get(line["med_list_codg"]) and "orders_dr_code" in line:
            key = (event["fixmedins_code"], line["orders_dr_code"], seconds(line["fee_ocur_time"]) // DAY)
            days[key].append((event, line["cnt"] * minutes[line["med_list_codg"]]))
    for done in days.values():
        if sum(part for _, part in done) > 12 * 60:
            yield "B08", [event for event, _ in done]


def dear(traffic: Traffic) -> Iterator[Found]:
    """D20: twenty lines of dear products within 30 days, more than half of all of the substance."""
    known = {row["med_list_codg"]: row for row in traffic.tables["drugs"]}
    groups: dict[tuple[str, str], list[tuple[float, Event, bool]]] = defaultdict(list)
    for event, line in traffic.lines:
        row = known.get(line["med_list_codg"], {})
        if row.get("procured") and event["infno"] in ("2204", "2102"):
            at, is_dear = seconds(line["fee_ocur_time"]), row["procured"] == "other"
            groups[event["fixmedins_code"], row["group"]].append((at, event, is_dear))
    for lines in groups.values():
        for at, _, _ in lines:
            month = [one for one in lines if at - 30 * DAY < one[0] <= at]
            others = [event for _, event, is_dear in month if is_dear]
            if len(others) >= 20 and 2 * len(others) > len(month):
                yield "D20", others


def growing(traffic: Traffic) -> Iterator[Found]:
    """D17 and B14: in a week three times as much as in the eight weeks before, and 140 or 30 more."""
    monitored = {row["med_list_codg"] for row in traffic.tables["drugs"] if row["key"] == "1"}
    pages: dict[tuple[str, ...], list[tuple[float, Event, float]]] = defaultdict(list)
    for event, line in traffic.lines:
        used = (seconds(line["fee_ocur_time"]), event, line["cnt"])
        if line["med_list_codg"] in monitored:
            pages["D17", event["fixmedins_code"], line["med_list_codg"]].append(used)
        if line.get("etip_flag") == "1":
            pages["B14", event["fixmedins_code"]].append(used)
    for (rule, *_), lines in pages.items():
        for at, _, _ in lines:
            week = [one for one in lines if at - 7 * DAY < one[0] <= at]
            earlier = [one for one in lines if at - 63 * DAY < one[0] <= at - 7 * DAY]
            amount, usual = sum(one[2] for one in week), sum(one[2] for one in earlier) / 8
            is_known = any(one[0] <= at - 56 * DAY for one in earlier)
            if is_known and amount >= max(3 * usual, usual + (140 if rule == "D17" else 30)):
                yield rule, [one[1] for one in week]


def rewritten(traffic: Traffic) -> Iterator[Found]:
    """B17: ten stays that were taken back a week after their bill, lost lines, and were settled for another sum."""
    for group in _by(traffic.booked, "fixmedins_code"):
        found = [events for events in _by(group, "mdtrt_id") if _is_rewritten(events)]
        if len(found) >= 10:
            yield "B17", [event for events in found for event in events]


def _is_rewritten(events: list[Event]) -> bool:
    bills = [event for event in events if event["infno"] == "2304"]
    return any(
        back["infno"] == "2305" and back["setl_id"] == old["setl_id"]
        and seconds(back["setl_time"]) - seconds(old["setl_time"]) >= 7 * DAY
        and any(one["infno"] == "2302" and back["setl_time"] <= one["setl_time"] <= new["setl_time"] for one in events)
        and new["medfee_sumamt"] != old["medfee_sumamt"] and new["fund_pay_sumamt"] >= old["fund_pay_sumamt"]
        for back in events for old in bills for new in bills
    )  # fmt: skip


def clerks(traffic: Traffic) -> Iterator[Found]:
    """B23: a clerk pays eight bills of an institution on four days, four fifths of all, and at most half of others."""
    paid = [event for event in traffic.settled if event["setl_type"] == "1"]
    for of_agency in _by(paid, "insuplc_admdvs"):
        for kind in (True, False):
            some = [event for event in of_agency if (event["infno"] == "2304") == kind]
            for event in some:
                now = seconds(event["setl_time"])
                month = [one for one in some if now - 30 * DAY < seconds(one["setl_time"]) <= now]
                here = [one for one in month if one["fixmedins_code"] == event["fixmedins_code"]]
                own = [one for one in here if one["opter"] == event["opter"]]
                others = [one for one in month if one["fixmedins_code"] != event["fixmedins_code"]]
                too = [one for one in others if one["opter"] == event["opter"]]
                days = {one["setl_time"][:10] for one in own}
                is_much = len(own) >= 8 and len(days) >= 4 and len(own) >= 0.8 * len(here)
                if is_much and len(others) >= 20 and 0 < len(too) <= 0.5 * len(others):
                    yield "B23", own


def claims(traffic: Traffic) -> Iterator[Found]:
    """E07: three bills by hand within 90 days; E07-SUM: one of more than 50,000 yuan."""
    for group in _by((one for one in traffic.settled if one["setl_type"] == "1"), "psn_no"):
        for event in group:
            at = seconds(event["setl_time"])
            recent = [one for one in group if at - 90 * DAY < seconds(one["setl_time"]) <= at]
            if len(recent) >= 3:
                yield "E07", recent
            if event["fund_pay_sumamt"] > 50_000:
                yield "E07-SUM", [event]


def away(traffic: Traffic) -> Iterator[Found]:
    """E08: five settlements in another county within 90 days, and more than 50,000 yuan of the fund."""
    elsewhere = [one for one in traffic.settled if one["insuplc_admdvs"] != one["mdtrtarea_admvs"]]
    for group in _by(elsewhere, "psn_no"):
        for event in group:
            at = seconds(event["setl_time"])
            recent = [one for one in group if at - 90 * DAY < seconds(one["setl_time"]) <= at]
            if len(recent) >= 5 and sum(one["fund_pay_sumamt"] for one in recent) > 50_000:
                yield "E08", recent


def death(traffic: Traffic) -> Iterator[Found]:
    """E09: service more than a day after the day of death, stays begun before apart."""
    died = {row["psn_no"]: seconds(row["die_date"] + " 00:00:00") for row in traffic.tables["deaths"]}
    admitted = _admitted(traffic)
    for event in traffic.settled:
        served = admitted.get(event["mdtrt_id"], seconds(event["setl_time"]))
        if served > died.get(event["psn_no"], float("inf")) + DAY:
            yield "E09", [event]
    for event, line in traffic.lines:
        if seconds(line["fee_ocur_time"]) > died.get(event["psn_no"], float("inf")) + DAY:
            yield "E09", [event]


def supply(traffic: Traffic) -> Iterator[Found]:
    """D01 and D02: how long what was dispensed lasts, by prd_days, else by the drug table."""
    drugs = {row["med_list_codg"]: row for row in traffic.tables["drugs"]}
    fills: dict[tuple[str, str], dict[str, list[Any]]] = defaultdict(dict)
    for event, line in sorted(traffic.lines, key=lambda one: str(one[1]["fee_ocur_time"])):
        drug = drugs.get(line["med_list_codg"])
        if drug is None or drug["atc"][:3] == "B05" or event["infno"] == "2301":
            continue
        pack = int(drug["pack_units"]) / int(drug["daily_units"])
        days = line.get("prd_days", line["cnt"] * pack)
        of_visit = fills[event["psn_no"], line["med_list_codg"][:10]]
        of_visit.setdefault(event["mdtrt_id"], [seconds(line["fee_ocur_time"]), 0.0, event])[1] += days
        limit = 90.0 if event["med_type"] == "41" and "rxno" in line else LIMIT_DAYS.get(event["med_type"], 1e9)
        if of_visit[event["mdtrt_id"]][1] > limit + pack:
            yield "D02", [event]
    for of_visit in fills.values():
        yield from _early(list(of_visit.values()))


def _early(fills: list[list[Any]]) -> Iterator[Found]:
    covered, early = -1e9, 0
    for number, (at, days, event) in enumerate(fills):
        if number:
            _, last_days, last = fills[number - 1]
            remains = max(covered, _by_own_rate(fills[:number])) - at
            tight = max(6.0, 0.2 * last_days) * DAY
            early += remains > tight
            elsewhere = last["fixmedins_code"] != event["fixmedins_code"]
            if remains > (tight if elsewhere else max(14.0, 0.5 * last_days) * DAY) or early >= 3:
                yield "D01", [last, event]
        covered = max(covered, at) + days * DAY
        if sum(one[1] for one in fills if at - 90 * DAY < one[0] <= at) > 117:
            yield "D02", [event]


def _by_own_rate(fills: list[list[Any]]) -> float:
    """Until when the last fill lasts at the pace of the fills before it; unknown below three."""
    if len(fills) < 3:
        return -1e9
    pace = (fills[-1][0] - fills[0][0]) / sum(days for _, days, _ in fills[:-1])
    return float(fills[-1][0] + fills[-1][1] * pace)


def split(traffic: Traffic) -> Iterator[Found]:
    """D03: two prescriptions of a day over the limit of one, or three settlements of one kind in a day."""
    for group in _by(traffic.settled, "psn_no", "fixmedins_code", "med_type"):
        for day in {event["setl_time"][:10] for event in group}:
            today = [event for event in group if event["setl_time"][:10] == day]
            if len(today) >= 3:
                yield "D03", today
    drugs = {row["med_list_codg"]: row for row in traffic.tables["drugs"]}
    written: dict[tuple[str, ...], list[tuple[Event, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        if "rxno" in line and event["med_type"] in LIMIT_DAYS:
            key = (event["psn_no"], event["fixmedins_code"], line["med_list_codg"][:10], line["fee_ocur_time"][:10])
            written[key].append((event, line))
    for pairs in written.values():
        drug = drugs[pairs[0][1]["med_list_codg"]]
        pack = int(drug["pack_units"]) / int(drug["daily_units"])
        days = sum(line["cnt"] * pack for _, line in pairs)
        if len({line["rxno"] for _, line in pairs}) >= 2 and days > LIMIT_DAYS[pairs[0][0]["med_type"]] + pack:
            yield "D03", [event for event, _ in pairs]


def boxes(traffic: Traffic) -> Iterator[Found]:
    """D04: one whole box in two sales that stand; both reports of one settlement are one sale."""
    sales: dict[str, dict[str, Event]] = defaultdict(dict)
    for settlement, event, code in traffic.sold:
        if code["trdn_flag"] == "0":
            sales[code["drug_trac_codg"]][settlement] = event
    for events in sales.values():
        if len(events) >= 2:
            yield "D04", list(events.values())


def _bought(traffic: Traffic, *length: int) -> Iterator[list[tuple[Event, Event]]]:
    """Drug lines outside of stays by person and the first characters of the code, in order of time."""
    groups: dict[tuple[str, str], list[tuple[Event, Event]]] = defaultdict(list)
    for event, line in sorted(traffic.lines, key=lambda one: str(one[1]["fee_ocur_time"])):
        if event["infno"] in ("2204", "2102") and line["med_list_codg"].startswith("X"):
            groups[event["psn_no"], line["med_list_codg"][slice(*length)]].append((event, line))
    yield from groups.values()


def alike(traffic: Traffic) -> Iterator[Found]:
    """D01-DUP: on one day two substances that act alike, or one of them at two institutions."""
    for pairs in _bought(traffic, 6):
        for day in {line["fee_ocur_time"][:10] for _, line in pairs}:
            today = [(event, line) for event, line in pairs if line["fee_ocur_time"][:10] == day]
            if len({(line["med_list_codg"][:10], event["fixmedins_code"]) for event, line in today}) >= 2:
                yield "D01-DUP", [event for event, _ in today]


def crowded(traffic: Traffic) -> Iterator[Found]:
    """D18: six drugs of an outpatient on one number."""
    written: dict[tuple[str, str], list[tuple[Event, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        if event["infno"] == "2204" and "rxno" in line and line["med_list_codg"][0] in "XZ":
            written[event["mdtrt_id"], line["rxno"]].append((event, line))
    for pairs in written.values():
        if len({line["med_list_codg"][:10] for _, line in pairs}) >= 6:
            yield "D18", [event for event, _ in pairs]


def shops(traffic: Traffic) -> Iterator[Found]:
    """D05: one substance at four institutions in 30 days."""
    for pairs in _bought(traffic, 10):
        for _, last in pairs:
            at = seconds(last["fee_ocur_time"])
            month = [event for event, line in pairs if at - 30 * DAY < seconds(line["fee_ocur_time"]) <= at]
            if len({event["fixmedins_code"] for event in month}) >= 4:
                yield "D05", month


def dual_channel(traffic: Traffic) -> Iterator[Found]:
    """D09: at a pharmacy a drug of the list without a number, or on one that was not sent."""
    listed = {row["med_list_codg"] for row in traffic.tables["drugs"] if row["dual_channel"] == "1"}
    for event, line in traffic.lines:
        if event["infno"] == "2102" and line["med_list_codg"] in listed and line.get("rx_circ_flag") != "1":
            yield "D09", [event]


def numbers_again(traffic: Traffic) -> Iterator[Found]:
    """D12-RXNO: one number of pharmacies for two people, or for one person's drug at two of them."""
    used: dict[str, list[tuple[Event, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        if event["infno"] == "2102" and "rxno" in line:
            used[line["rxno"]].append((event, line))
    for uses in used.values():
        for (one, line), (other, other_line) in combinations(uses, 2):
            here = one["fixmedins_code"] == other["fixmedins_code"]
            sent = line["rx_circ_flag"] == other_line["rx_circ_flag"] == "1"
            same_drug = line["med_list_codg"][:10] == other_line["med_list_codg"][:10]
            if (here or sent) if one["psn_no"] != other["psn_no"] else (same_drug and not here):
                yield "D12-RXNO", [one, other]


def prescribing(traffic: Traffic) -> Iterator[Found]:
    """D14: 30 sales on prescriptions of one physician in an hour; D14-DAY: 50 on a day; D13: 30 of one drug."""
    sales: dict[str, dict[str, Event]] = defaultdict(dict)
    for event, line in traffic.lines:
        if event["infno"] == "2102" and "rxno" in line and "bilg_dr_codg" in line:
            sales[line["bilg_dr_codg"]][event["setl_id"]] = event
    for of_physician in sales.values():
        for event in of_physician.values():
            at, day = seconds(event["setl_time"]), event["setl_time"][:10]
            hour = [one for one in of_physician.values() if at - HOUR < seconds(one["setl_time"]) <= at]
            today = [one for one in of_physician.values() if one["setl_time"][:10] == day]
            if len(hour) >= 30:
                yield "D14", hour
            if len(today) >= 50:
                yield "D14-DAY", today
            month = [one for one in of_physician.values() if at - 30 * DAY < seconds(one["setl_time"]) <= at]
            yield from _of_one_drug(month, traffic.tables)


def _of_one_drug(month: list[Event], tables: Tables) -> Iterator[Found]:
    """D13: 30 of them for one drug at one pharmacy, which are 60 %; none of the dual-channel list."""
    listed = {row["med_list_codg"] for row in tables["drugs"] if row["dual_channel"] == "1"}
    sales: dict[tuple[str, str], dict[str, Event]] = defaultdict(dict)
    for event in month:
        for line in event["feedetail"]:
            if line["med_list_codg"] not in listed:
                sales[event["fixmedins_code"], line["med_list_codg"][:10]][event["setl_id"]] = event
    for events in sales.values():
        if len(events) >= max(30, 0.6 * len(month)):
            yield "D13", list(events.values())


def in_two_places(traffic: Traffic) -> Iterator[Found]:
    """B11: two groups within ten minutes; B11-SPEED: faster than 120 km/h within an hour."""
    places = {row["fixmedins_code"]: row for row in traffic.tables["institutions"]}
    charged: dict[str, list[tuple[float, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        physician = line.get("bilg_dr_codg", "")
        if event["infno"] == "2204" and len(set(physician[1:])) > 1:
            charged[physician].append((seconds(line["fee_ocur_time"]), event))
    for lines in charged.values():
        for (at, one), (later, other) in permutations(lines, 2):
            if one["fixmedins_code"] == other["fixmedins_code"] or not 0 <= later - at < HOUR:
                continue
            here, there = places[one["fixmedins_code"]], places[other["fixmedins_code"]]
            groups = {here["group"] or here["fixmedins_code"], there["group"] or there["fixmedins_code"]}
            if later - at < 600 and len(groups) > 1:
                yield "B11", [one, other]
            if _km(places, one, other) / max(later - at, MINUTE) * HOUR > 120:
                yield "B11-SPEED", [one, other]


def registered(traffic: Traffic) -> Iterator[Found]:
    """B12: 3 lines within 7 days under a code that is not valid; B12-SCOPE: 30 for a department it is not valid for."""
    rows = {row["bilg_dr_codg"]: row for row in traffic.tables["physicians"]}
    found: dict[tuple[str, str, str], list[tuple[float, Event]]] = defaultdict(list)
    for event, line in traffic.lines:
        row = rows.get(line.get("bilg_dr_codg", ""))
        if event["infno"] != "2204" or row is None:
            continue
        at, key = seconds(line["fee_ocur_time"]), (row["bilg_dr_codg"], event["fixmedins_code"])
        if row["status"] != "valid":
            found["B12", *key].append((at, event))
        elif row["departments"] and line["bilg_dept_codg"] not in row["departments"].split():
            found["B12-SCOPE", *key].append((at, event))
    for (rule, *_), lines in found.items():
        for at, _ in lines:
            week = [event for other, event in lines if at - 7 * DAY < other <= at]
            if len(week) >= {"B12": 3, "B12-SCOPE": 30}[rule]:
                yield rule, week


def attending(traffic: Traffic) -> Iterator[Found]:
    """S11: 15 ordinary visits in 30 days; S11-DAY: 6 on a day."""
    ordinary = [
        one for one in traffic.settled if one["infno"] == "2207" and one["med_type"] in ("11", "12", "13", "16")
    ]
    for group in _by(ordinary, "psn_no"):
        for event in group:
            at, day = seconds(event["setl_time"]), event["setl_time"][:10]
            month = [one for one in group if at - 30 * DAY < seconds(one["setl_time"]) <= at]
            today = [one for one in group if one["setl_time"][:10] == day]
            if len({one["mdtrt_id"] for one in month}) >= 15:
                yield "S11", month
            if len({one["mdtrt_id"] for one in today}) >= 6:
                yield "S11-DAY", today


def own_staff(traffic: Traffic) -> Iterator[Found]:
    """S03: three of a pharmacy's staff within an hour there; S03-MONTH: one of them five times in 30 days."""
    works = {(row["psn_no"], row["fixmedins_code"]) for row in traffic.tables["staff"]}
    own = [
        one for one in traffic.settled
        if one["infno"] == "2102" and (one["psn_no"], one["fixmedins_code"]) in works
    ]  # fmt: skip
    for group in _by(own, "fixmedins_code"):
        for event in group:
            at = seconds(event["setl_time"])
            hour = [one for one in group if at - HOUR < seconds(one["setl_time"]) <= at]
            mine = [one for one in group if one["psn_no"] == event["psn_no"]]
            month = [one for one in mine if at - 30 * DAY < seconds(one["setl_time"]) <= at]
            if _persons(hour) >= 3:
                yield "S03", hour
            if len(month) >= 5:
                yield "S03-MONTH", month


def firms(traffic: Traffic) -> Iterator[Found]:
    """S04: eight of one employer on a day at one pharmacy, 70 % of them not there in the 14 days before."""
    works = {row["psn_no"]: row["employer"] for row in traffic.tables["employers"]}
    swiped = [
        {**one, "employer": works[one["psn_no"]]}
        for one in traffic.settled
        if one["infno"] == "2102" and one["psn_no"] in works
    ]
    for group in _by(swiped, "fixmedins_code", "employer"):
        for day in {event["setl_time"][:10] for event in group}:
            today = [one for one in group if one["setl_time"][:10] == day]
            before = [one for one in group if 0 < seconds(day) - seconds(one["setl_time"]) <= 14 * DAY]
            new = {one["psn_no"] for one in today} - {one["psn_no"] for one in before}
            if _persons(today) >= 8 and len(new) >= 0.7 * _persons(today):
                yield "S04", today


def rings(traffic: Traffic) -> Iterator[Found]:
    """S02: four households whose cards are within five minutes of one on three days of fifteen, at one pharmacy."""
    homes = {row["psn_no"]: row["household"] for row in traffic.tables["households"]}
    for group in _by((one for one in traffic.settled if one["infno"] == "2102"), "fixmedins_code"):
        met: dict[tuple[str, str], set[str]] = defaultdict(set)
        for number, event in enumerate(group):
            at, day = seconds(event["setl_time"]), event["setl_time"][:10]
            near = [one for one in group[:number] if at - seconds(one["setl_time"]) < 5 * MINUTE]
            for one in near:
                if one["setl_time"][:10] == day:
                    met[event["psn_no"], one["psn_no"]].add(day)
                    met[one["psn_no"], event["psn_no"]].add(day)
            ring = [event]
            for one in near:
                days = [early for early in met[event["psn_no"], one["psn_no"]] if seconds(early) > at - 15 * DAY]
                ring += [one] if len({*days, day}) >= 3 else []
            if len({homes[one["psn_no"]] for one in ring}) >= 4:
                yield "S02", ring


def swapped(traffic: Traffic) -> Iterator[Found]:
    """D07: one code under two substances."""
    named: dict[str, list[tuple[str, Event]]] = defaultdict(list)
    for _, event, code in traffic.sold:
        items = {line["feedetl_sn"]: line["med_list_codg"] for line in event.get("feedetail", ())}
        item = event.get("med_list_codg") or items.get(code["feedetl_sn"])
        if item:
            named[code["drug_trac_codg"]].append((item[:10], event))
    for pairs in named.values():
        if len({item for item, _ in pairs}) >= 2:
            yield "D07", [event for _, event in pairs]


def stays(traffic: Traffic) -> Iterator[Found]:
    """I01, I05, I05-PAIR, I11, E01."""
    assisted = {row["psn_no"] for row in traffic.tables["assisted"]}
    groups = {row["fixmedins_code"]: row["group"] or row["fixmedins_code"] for row in traffic.tables["institutions"]}
    exempt = {row["code"] for row in traffic.tables["diagnoses"] if row["exempt"] == "1"}
    people: dict[str, list[Event]] = defaultdict(list)
    for stay in sorted(traffic.stays, key=lambda one: float(one["in"])):
        people[stay["psn_no"]].append(stay)
    for mine in people.values():
        for number, two in enumerate(mine):
            for one in mine[:number]:
                yield from _two_stays(one, two, groups, exempt)
        counted = [one for one in mine if one["dscg_maindiag_code"][:3] not in exempt]
        for stay in counted:
            recent = [one for one in counted if stay["in"] - 90 * DAY < one["in"] <= stay["in"]]
            if len(recent) >= 4:
                yield "I05", recent
            if len(counted) >= 5 and stay["psn_no"] in assisted:
                yield "I11", counted
            here = [one for one in recent if one["fixmedins_code"] == stay["fixmedins_code"]]
            if len(here) >= 5:
                yield "I05-PAIR", here


def meanwhile(traffic: Traffic) -> Iterator[Found]:
    """S07: an outpatient elsewhere on two days between admission and discharge; I02: that or a purchase on three."""
    paid = [one for one in traffic.settled if one["fund_pay_sumamt"] > 0 and one["med_type"][:2] not in ("14", "15")]
    for stay in traffic.stays:
        days: dict[str, list[Event]] = defaultdict(list)
        for one in paid:
            day = seconds(one["setl_time"][:10])
            within = stay["in"] < day and day + DAY <= stay["out"]
            if one["psn_no"] == stay["psn_no"] and within and one["fixmedins_code"] != stay["fixmedins_code"]:
                days[one["setl_time"][:10]].append(one)
        treated = [found for found in days.values() if any(one["infno"] == "2207" for one in found)]
        if len(treated) >= 2:
            yield "S07", [stay, *(one for found in treated for one in found)]
        if len(days) >= 3:
            yield "I02", [stay, *(one for found in days.values() for one in found)]


def long_stays(traffic: Traffic) -> Iterator[Found]:
    """I04: 45 days in hospital, or 90 by plan."""
    exempt = {row["code"] for row in traffic.tables["diagnoses"] if row["exempt"] == "1"}
    for stay in traffic.stays:
        limit = 90 if stay["dscg_maindiag_code"][:3] in exempt else 45
        if stay["way"] and stay["out"] - stay["in"] > limit * DAY:
            yield "I04", [stay]


def minor(traffic: Traffic) -> Iterator[Found]:
    """I03: 15 admissions for a minor illness within a week."""
    codes = {row["code"] for row in traffic.tables["diagnoses"] if row["minor"] == "1"}
    places: dict[str, list[Event]] = defaultdict(list)
    for stay in traffic.stays:
        if stay["dscg_maindiag_code"] in codes:
            places[stay["fixmedins_code"]].append(stay)
    for group in places.values():
        for stay in group:
            recent = [one for one in group if stay["in"] - 7 * DAY < one["in"] <= stay["in"]]
            if len(recent) >= 15:
                yield "I03", recent


def full_houses(traffic: Traffic) -> Iterator[Found]:
    """I12: a tenth more patients than beds, and five at least, as a day begins and as it ends."""
    beds = {row["fixmedins_code"]: int(row["beds"] or 0) for row in traffic.tables["institutions"]}
    lying = [stay for stay in traffic.stays if stay["med_type"] not in ("28", "5212") and stay["way"]]
    places: dict[str, list[Event]] = defaultdict(list)
    for stay in lying:
        places[stay["fixmedins_code"]].append(stay)
    for group in places.values():
        most = beds[group[0]["fixmedins_code"]]
        first = min(stay["in"] for stay in group) // DAY * DAY
        days = int((max(stay["out"] for stay in group) - first) / DAY)
        there = [[stay for stay in group if stay["in"] <= first + day * DAY < stay["out"]] for day in range(days + 1)]
        for one, two in pairwise(there):
            fewest = min(one, two, key=len)
            if most and len(fewest) > 1.1 * most and len(fewest) >= most + 5:
                yield "I12", fewest


def fetched(traffic: Traffic) -> Iterator[Found]:
    """I08: ten from elsewhere within a week who were not there in the eight before, and two in five of all."""
    counted = [
        stay for stay in traffic.stays
        if stay["med_type"] not in ("23", "28", "52", "5212") and stay["dscg_maindiag_code"][0] not in "ST"
    ]  # fmt: skip
    places: dict[str, list[Event]] = defaultdict(list)
    for stay in counted:
        places[stay["fixmedins_code"]].append(stay)
    for group in places.values():
        for stay in group:
            now, since = stay["in"], stay["in"] - 7 * DAY
            before = [one for one in group if since - 56 * DAY < one["in"] <= since]
            known = {one["psn_no"] for one in before}
            week = [one for one in group if since < one["in"] <= now]
            new = [one for one in week if _is_outsider(one) and one["psn_no"] not in known]
            shares = []
            for n in range(8):
                end = since - n * 7 * DAY
                earlier = {one["psn_no"]: _is_outsider(one) for one in before if end - 7 * DAY < one["in"] <= end}
                if earlier:
                    shares.append(sum(earlier.values()) / len(earlier))
            persons = {one["psn_no"] for one in week}
            if len(shares) >= 4 and len({one["psn_no"] for one in new}) >= max(10, 0.4 * len(persons)):
                mean = median(shares) * len(persons)
                if len(new) >= mean + 5 * mean**0.5:
                    yield "I08", new


def _is_outsider(stay: Event) -> bool:
    return bool(stay["insuplc_admdvs"] != stay["mdtrtarea_admvs"])


def _two_stays(one: Event, two: Event, groups: dict[str, str], exempt: set[str]) -> Iterator[Found]:
    gap = (two["in"] - one["out"]) / DAY
    illness = two["dscg_maindiag_code"][:3]
    planned = illness in exempt or one["way"] == "2" or {"5212", "28"} & {one["med_type"], two["med_type"]}
    at_home = groups[one["fixmedins_code"]] == groups[two["fixmedins_code"]]
    new_year = gap <= 1 and two["begntime"][5:10] == "01-01"
    if 0 <= gap <= 7 and at_home and illness == one["dscg_maindiag_code"][:3] and not planned and not new_year:
        yield "I01", [one, two]
    if min(one["out"], two["out"]) - two["in"] > DAY and not planned:
        yield "E01", [one, two]


def convoys(traffic: Traffic) -> Iterator[Found]:
    """I06 and I09 by telephone, household, village and care home at one hospital; I13-TEL at two or more."""
    homes = {row["psn_no"]: row for row in traffic.tables["households"]}
    counted = [
        stay for stay in traffic.stays
        if stay["med_type"] not in ("52", "5212", "28") and stay["dscg_maindiag_code"][0] not in "ST"
    ]  # fmt: skip
    for rule, column, days, limit in (
        ("I06-HOME", "household", 3, 3), ("I06-VILLAGE", "village", 3, 6), ("I09", "care_home", 7, 4),
    ):  # fmt: skip
        of = [{**stay, "circle": homes[stay["psn_no"]][column]} for stay in counted]
        yield from _convoys(rule, [stay for stay in of if stay["circle"]], days, limit, ("fixmedins_code", "circle"))
    yield from _convoys("I06-TEL", counted, 30, 4, ("fixmedins_code", "tel"))
    for rule, seen in _convoys("I13-TEL", counted, 30, 4, ("tel",)):
        if len({one["fixmedins_code"] for one in seen}) >= 2:
            yield rule, seen


def staff(traffic: Traffic) -> Iterator[Found]:
    """I10: twice a patient of one's own hospital."""
    works = {(row["psn_no"], row["fixmedins_code"]) for row in traffic.tables["staff"]}
    own = [stay for stay in traffic.stays if (stay["psn_no"], stay["fixmedins_code"]) in works]
    for stay in own:
        mine = [one for one in own if one["psn_no"] == stay["psn_no"]]
        if len(mine) >= 2:
            yield "I10", mine


def births(traffic: Traffic) -> Iterator[Found]:
    """S10: two deliveries that are 15 to 179 days apart."""
    born = [stay for stay in traffic.stays if stay["dscg_maindiag_code"][:3] in ("O80", "O81", "O82", "O83", "O84")]
    for two in born:
        for one in born:
            if one["psn_no"] == two["psn_no"] and 15 * DAY <= two["in"] - one["in"] < 180 * DAY:
                yield "S10", [one, two]


def _convoys(rule: str, stays: list[Event], days: int, limit: int, names: tuple[str, ...]) -> Iterator[Found]:
    groups: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for stay in stays:
        groups[tuple(stay[name] for name in names)].append(stay)
    for group in groups.values():
        for stay in group:
            recent = [one for one in group if stay["in"] - days * DAY < one["in"] <= stay["in"]]
            if _persons(recent) >= limit:
                yield rule, recent


def growth(traffic: Traffic) -> Iterator[Found]:
    """B15: the last 7 days against the median of the 8 weeks before, on three days running."""
    visits = (one for one in traffic.settled if one["med_type"] in OUTPATIENT)
    days = [int(seconds(one["setl_time"]) // DAY) for one in traffic.settled]
    for group in _by(visits, "fixmedins_code"):
        spent: dict[int, float] = defaultdict(float)
        for event in group:
            spent[int(seconds(event["setl_time"]) // DAY)] += event["fund_pay_sumamt"]
        tripped = 0
        for today in range(min(days) + 63, max(days) + 1):
            weeks = [sum(spent[day] for day in range(end - 6, end + 1)) for end in range(today, today - 63, -7)]
            usual = median(weeks[1:])
            tripped = tripped + 1 if weeks[0] >= max(1.5 * usual, usual + 20_000) else 0
            if tripped >= 3:
                yield "B15", [event for event in group if 0 <= today - seconds(event["setl_time"]) // DAY < 7]


CARDS = {"S01", "S01-GAP", "S01-SIGN", "S02", "S03", "S03-MONTH", "S04"}
DRUGS = {"D01", "D01-DUP", "D02", "D03", "D04", "D05", "D06", "D07", "D08", "D09", "D12-RXNO"}
BROUGHT = {"I01", "I03", "I05", "I05-PAIR", "I06-HOME", "I06-TEL", "I06-VILLAGE", "I09", "I10", "I11", "I13-TEL"}
ABSENT = {"I02", "S07", "E01"}


def everywhere(found: list[Found]) -> Iterator[Found]:
    """B15-AREA: six institutions begin to grow within seven days."""
    began: dict[str, tuple[int, list[Event]]] = {}
    for rule, events in found:
        if rule == "B15":
            last = int(max(seconds(event["setl_time"]) for event in events) // DAY)
            code = events[0]["fixmedins_code"]
            began[code] = min(began.get(code, (last, events)), (last, events), key=lambda one: one[0])
    for last, _ in began.values():
        week = [events for day, events in began.values() if last - 7 < day <= last]
        if len(week) >= 6:
            yield "B15-AREA", [event for events in week for event in events]


def extracted(found: list[Found]) -> Iterator[Found]:
    """S05: five persons at one pharmacy in both kinds, on three days of 30."""
    sales: dict[str, dict[tuple[str, str], tuple[Event, set[str]]]] = defaultdict(dict)
    for rule, events in found:
        for event in events if rule in CARDS | DRUGS else ():
            if event.get("infno") == "2102" and "psn_no" in event:
                _, rules = sales[event["fixmedins_code"]].setdefault((event["msgid"], event["psn_no"]), (event, set()))
                rules.add(rule)
    for at_shop in sales.values():
        for last, _ in at_shop.values():
            end = seconds(last["setl_time"])
            month = [(one, by) for one, by in at_shop.values() if end - 30 * DAY < seconds(one["setl_time"]) <= end]
            one, other = ({event["psn_no"] for event, by in month if by & side} for side in (CARDS, DRUGS))
            both = [event for event, _ in month if event["psn_no"] in one & other]
            if _persons(both) >= 5 and len({event["setl_time"][:10] for event in both}) >= 3:
                yield "S05", both


def fictitious(found: list[Found]) -> Iterator[Found]:
    """I07: three persons at one hospital in both kinds, within 90 days."""
    there: dict[str, list[tuple[Event, str]]] = defaultdict(list)
    for rule, events in found:
        for event in events if rule in BROUGHT | ABSENT else ():
            if event["infno"] == "2401":
                there[event["fixmedins_code"]].append((event, rule))
    for stays in there.values():
        for last, _ in stays:
            quarter = [(one, by) for one, by in stays if last["in"] - 90 * DAY < one["in"] <= last["in"]]
            one, other = ({event["psn_no"] for event, by in quarter if by in side} for side in (BROUGHT, ABSENT))
            if len(one & other) >= 3:
                yield "I07", [event for event, _ in quarter if event["psn_no"] in one & other]

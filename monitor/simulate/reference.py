"""The reference tables of the simulated county, as rows and as CSV; valid_to is the last day of a row."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

from monitor.errors import ConfigurationError
from rules.columns import names_of
from rules.times import DAY

from .catalogue import (
    ABOLISHED,
    BED,
    CONTAINED,
    COSMETOLOGY,
    DRUGS,
    DUAL_CHANNEL,
    EXEMPT,
    ILLNESSES,
    IN_BULK,
    LID,
    MONITORED,
    PARTS,
    SCAN,
    SEEN,
    SESSION,
    TRACER,
    UNCOVERED,
    WHOLE,
    Item,
)
from .county import REGIONS, REVOKED, SPECIALIST, TWO_PRACTICES, County, Institution
from .numbers import wire_date
from .stage import Limited

Rows = list[dict[str, str]]
_OPEN = {"valid_from": "2020-01-01", "valid_to": ""}


def institutions(county: County, suspended: int, sales_a_day: float) -> Rows:
    """One row for each institution, two for those that are suspended (from the day `suspended`, ms)."""
    found: Rows = []
    for place in county.institutions():
        row = _institution(place, county.beds(place), sales_a_day)
        if place in (county.suspended_pharmacy, county.suspended_clinic):
            row["valid_to"] = wire_date(suspended - DAY)
            later = {"status": "suspended", "valid_from": wire_date(suspended), "valid_to": ""}
            found += [row, {**row, **later}]
        else:
            found.append(row)
    return found


def _institution(place: Institution, beds: int, sales_a_day: float) -> dict[str, str]:
    # 16 % of a pharmacy's day falls into its busiest hour (defaults.md), a sixth of that into ten minutes.
    usual = f"{place.share * sales_a_day * 0.16 / 6:.2f}" if place.kind == "pharmacy" and place.share else ""
    return {
        "fixmedins_code": place.code,
        "name": place.name,
        "kind": place.kind,
        "status": "active",
        "group": place.group,
        "class": f"{place.kind}-small" if place.share < 0.2 else f"{place.kind}-large",
        "admdvs": place.region,
        "admdvs_name": REGIONS[place.region],
        "lat": f"{place.latitude:.4f}",
        "lon": f"{place.longitude:.4f}",
        "internet": str(int(place.internet)),
        "usual_per_10min": usual,
        "beds": str(beds) if beds else "",
        "credit": "B",
        "key": "0",
        "ownership": "private" if place.kind == "pharmacy" else "public",
        "traced_purchases": str(int(place.kind == "pharmacy")),
        "stock_uploaded": str(int(place.kind == "pharmacy" and place.keeps_book)),
        **_OPEN,
    }


def deaths(county: County, died: Mapping[int, int]) -> Rows:
    """The register of deaths: one row for each person, known from the day of death."""
    return [
        {
            "psn_no": county.people[person].number,
            "die_date": wire_date(day),
            "valid_from": wire_date(day),
            "valid_to": "",
        }
        for person, day in sorted(died.items())
    ]


def households(county: County) -> Rows:
    """Who lives where: one row for each person."""
    return [
        {
            "psn_no": person.number,
            "household": f"F{person.household:08d}",
            "village": person.village,
            "care_home": person.care_home,
            **_OPEN,
        }
        for person in county.people
    ]


def insured(county: County, limited: Mapping[int, Limited]) -> Rows:
    """Who may not settle, or not with the fund."""
    return [
        {
            "psn_no": county.people[person].number,
            "state": one.state,
            "valid_from": wire_date(one.first),
            "valid_to": wire_date(one.last),
        }
        for person, one in sorted(limited.items())
    ]


def staff(county: County, employed: Mapping[int, Institution]) -> Rows:
    """Who works where. employed: at pharmacies."""
    works = ((person, employed.get(person.index) or county.workplace(person)) for person in county.people)
    return [
        {
            "psn_no": person.number,
            "fixmedins_code": place.code,
            "role": "clerk" if place.kind == "pharmacy" else "nurse",
            **_OPEN,
        }
        for person, place in works
        if place is not None
    ]


def physicians(county: County) -> Rows:
    """Whose registration is valid, and for which departments."""
    of_places = [code for place in county.institutions() for code in place.physicians]
    found = [(code, "valid", "") for code in (*of_places, *TWO_PRACTICES)]
    found += [(code, "revoked", "") for code in REVOKED]
    found += [(code, "valid", "A13") for code in SPECIALIST]
    return [
        {"bilg_dr_codg": code, "status": status, "departments": departments, **_OPEN}
        for code, status, departments in found
    ]


def employers(county: County) -> Rows:
    """For whom people work."""
    return [
        {"psn_no": person.number, "employer": person.employer, **_OPEN} for person in county.people if person.employer
    ]


def enrolled(county: County, insured_from: Mapping[int, int]) -> Rows:
    """Who was insured lately, and from which day on: grown up, or as a child from its birth on."""
    found = [
        {"psn_no": person.number, "insured_from": person.born, "newborn": "1", **_OPEN}
        for person in county.people
        if person.age < 2 and person.index not in insured_from
    ]
    found += [
        {"psn_no": county.people[person].number, "insured_from": wire_date(day), "newborn": "0", **_OPEN}
        for person, day in sorted(insured_from.items())
    ]
    return found


def assisted(county: County) -> Rows:
    """Who has a low income."""
    listed = (person for person in county.people if person.assisted)
    return [{"psn_no": person.number, "assistance": "低保", **_OPEN} for person in listed]


def recognised(county: County, pretending: Collection[int]) -> Rows:
    """Whose chronic illness is recognised: everybody's but of those who only pretend; most have no need of it."""
    ill = (person for person in county.people if person.index not in pretending)
    return [{"psn_no": person.number, **_OPEN} for person in ill]


def drugs() -> Rows:
    """What a pack of each drug holds; one cnt is one pack."""
    return [
        {
            "med_list_codg": drug.code,
            "group": drug.code[:10],
            "name": drug.name,
            "pack_units": str(drug.pack_units),
            "daily_units": str(drug.daily_units),
            "atc": drug.atc,
            "dual_channel": str(int(drug in DUAL_CHANNEL)),
            "key": str(int(drug in MONITORED)),
            "procured": {IN_BULK[0]: "won", IN_BULK[1]: "other"}.get(drug, ""),
            **_OPEN,
        }
        for drug in DRUGS
    ]


def items() -> Rows:
    """A bed may be charged once a day, a scan twice a week; what may not be charged, parts, a treatment."""
    return [
        _limited(BED, most_per_day="1"),
        _limited(SCAN, most_per_period="2", period_days="7"),
        _limited(ABOLISHED, registered="0"),
        _limited(CONTAINED, separate="0"),
        _limited(UNCOVERED, covered="0"),
        _limited(WHOLE, parts="3"),
        *(_limited(part, part_of=WHOLE.code) for part in PARTS),
        _limited(SESSION, minutes="40"),
        _limited(TRACER, equipment="PET/CT"),
        _limited(LID, cosmetic_in=COSMETOLOGY),
    ]


def equipment(county: County) -> Rows:
    """The hospital far away has a licence; that of the second hospital of the county ran out long ago."""
    second, far = county.hospitals[1], county.far_hospital
    return [
        {"place_and_kind": f"{far.code}:PET/CT", "licence": "乙皖00001", **_OPEN},
        {"place_and_kind": f"{second.code}:PET/CT", "licence": "乙皖00002", **_OPEN, "valid_to": "2024-12-31"},
    ]


def _limited(item: Item, **limits: str) -> dict[str, str]:
    """An item with what these columns say of it."""
    return dict.fromkeys(names_of("items"), "") | {"med_list_codg": item.code, "name": item.name} | limits | _OPEN


def diagnoses() -> Rows:
    """Diagnoses; exempt from the rules on readmission are prefixes, the others are whole codes."""
    exempt = [{"code": prefix, "exempt": "1", "minor": "0", "name": "", **_OPEN} for prefix in EXEMPT]
    common = [
        {
            "code": illness.code,
            "exempt": str(int(illness.cyclic)),
            "minor": str(int(illness in SEEN)),
            "name": illness.name,
            **_OPEN,
        }
        for illness in ILLNESSES
    ]
    return [*exempt, *common]


def pension_day(day: date) -> bool:
    """The tenth of every month, when pharmacies are busy."""
    return day.day == 10


_HOLIDAYS = {(1, 1): "元旦", (5, 1): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}


def calendar(days: Sequence[date], campaigns: set[date]) -> Rows:
    """Days on which more is honest than usual; one row a day."""
    found: Rows = []
    for day in days:
        holiday = _HOLIDAYS.get((day.month, day.day))
        kind, name = (
            ("holiday", holiday)
            if holiday
            else ("campaign", "义诊")
            if day in campaigns
            else ("pension", "养老金发放")
            if pension_day(day)
            else ("", "")
        )
        if kind:
            text = day.isoformat()
            found.append({"date": text, "kind": kind, "name": name, "valid_from": text, "valid_to": ""})
    return found


def write_reference(tables: Mapping[str, Rows], folder: Path) -> list[Path]:
    """Write each table as <folder>/<table>.csv (UTF-8); returns the files. Raises ConfigurationError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(folder / f"{name}.csv", rows) for name, rows in tables.items()]
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: expected to write here: {error.strerror}") from None


def _write(path: Path, rows: Rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0] if rows else names_of(path.stem), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path

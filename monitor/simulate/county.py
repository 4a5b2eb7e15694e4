"""The county: its institutions and its people, drawn once from a seed and never changed by the traffic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from rules.times import HOUR

from .numbers import COUNTY
from .people import Person, settle_people

FAR = "341022"
"""A county 91 km away."""
NEAR = "341004"
"""The county whose border runs behind the second hospital."""
_HOMEPAGE = "340100"
REVOKED = tuple(f"D{COUNTY}990{number:02d}" for number in range(8))
"""Codes of physicians whose registration was revoked."""
SPECIALIST = tuple(f"D{COUNTY}991{number:02d}" for number in range(8))
"""Codes of physicians who are registered for dermatology (A13) alone."""
TWO_PRACTICES = tuple(f"D{COUNTY}992{number:02d}" for number in range(12))
"""Codes of physicians who work in two houses: everyday traffic, which knows no way between them, has none of them."""
REGIONS = {COUNTY: "示例县", FAR: "示例邻县", NEAR: "示例邻区", _HOMEPAGE: "示例市"}
"""Regions by code, with invented names."""
_CENTRE = (30.0, 118.5)
_BEDS = 16
"""Of the smallest clinic; our assumption."""
_HEADS_A_BED = 120
"""Persons of the county for each further bed, of which about half are taken; our assumption."""


@dataclass(frozen=True, slots=True)
class Institution:
    """A pharmacy, a hospital or a township clinic.

    share: part of the county's traffic of its kind; batch: it uploads every so many ms, 0 = at once.
    asks: it sends pre-settlements; writes_days: it fills in prd_days; reports_stock: it sends 3505.
    always_open: also at night; tills: how many clerks settle; physicians: their codes.
    """

    code: str
    name: str
    kind: str
    share: float = 0.0
    region: str = COUNTY
    group: str = ""
    latitude: float = _CENTRE[0]
    longitude: float = _CENTRE[1]
    batch: int = 0
    asks: bool = True
    writes_days: bool = False
    reports_stock: bool = False
    internet: bool = False
    always_open: bool = False
    tills: int = 1
    physicians: tuple[str, ...] = ()

    @property
    def keeps_book(self) -> bool:
        """Whether it uploads its whole stock: one that reports sales, and at once."""
        return self.reports_stock and not self.batch


@dataclass(frozen=True, slots=True)
class County:
    """Who treats, who sells and who lives here.

    pharmacies, hospitals (two, and clinics): of the county, those with an agreement throughout.
    suspended: the two that lose theirs; far, near, internet: those elsewhere that treat the county's people.
    """

    pharmacies: tuple[Institution, ...]
    hospitals: tuple[Institution, ...]
    suspended_pharmacy: Institution
    suspended_clinic: Institution
    far_pharmacies: tuple[Institution, ...]
    far_hospital: Institution
    near_pharmacy: Institution
    internet_pharmacy: Institution
    people: tuple[Person, ...]

    def beside(self, hospital: Institution) -> Institution:
        """The pharmacy next door to a hospital of the county."""
        return self.pharmacies[self.hospitals.index(hospital) % len(self.pharmacies)]

    def workplace(self, person: Person) -> Institution | None:
        """The large hospital in which a person works, if any: one person in a hundred does."""
        works = person.index % 50 == 5 and 22 <= person.age < 60
        return self.hospitals[person.index // 50 % 2] if works else None

    def beds(self, place: Institution) -> int:
        """How many beds are approved; 0 of a pharmacy."""
        return 0 if place.kind == "pharmacy" else _BEDS + round(place.share * len(self.people) / _HEADS_A_BED)

    def institutions(self) -> Iterator[Institution]:
        """All of them, each once."""
        yield from self.pharmacies
        yield from self.hospitals
        yield self.suspended_pharmacy
        yield self.suspended_clinic
        yield from self.far_pharmacies
        yield self.far_hospital
        yield self.near_pharmacy
        yield self.internet_pharmacy


def found_county(rng: Random, persons: int, chronic_scale: float, year: int) -> County:
    """Draw a county of so many persons; chronic_scale: how many are chronically ill, 1 = as usual."""
    hospitals = _hospitals(rng, max(6, persons // 15_000))
    pharmacies = _pharmacies(rng, max(9, persons // 1_500), hospitals)
    return County(
        pharmacies=pharmacies[:-1],
        hospitals=hospitals,
        suspended_pharmacy=replace(pharmacies[-1], batch=0),
        suspended_clinic=_clinic(rng, 99, 0.0),
        far_pharmacies=tuple(_elsewhere("P", FAR, number, 0.82) for number in (1, 2)),
        far_hospital=_elsewhere("H", FAR, 1, 0.82),
        near_pharmacy=replace(_elsewhere("P", NEAR, 1, 0.0), latitude=hospitals[1].latitude + 0.012),
        internet_pharmacy=replace(_elsewhere("P", _HOMEPAGE, 88, 1.9), internet=True, name="示例网上药房"),
        people=settle_people(rng, persons, chronic_scale, len(pharmacies) - 1, len(hospitals), year),
    )


def _pharmacies(rng: Random, count: int, hospitals: tuple[Institution, ...]) -> tuple[Institution, ...]:
    weights = [(number + 1) ** -0.4 for number in range(count)]
    return tuple(
        replace(
            Institution(f"P{COUNTY}{number + 1:05d}", f"示例大药房{number + 1}店", "pharmacy"),
            share=weight / sum(weights),
            latitude=hospitals[number].latitude + 0.003 if number < len(hospitals) else _near(rng, 0),
            longitude=hospitals[number].longitude if number < len(hospitals) else _near(rng, 1),
            batch=6 * HOUR if number % 4 == 3 else 0,
            writes_days=number % 5 == 1,
            reports_stock=number % 5 != 2,
            always_open=number % 6 == 0,
        )
        for number, weight in enumerate(weights)
    )


def _hospitals(rng: Random, count: int) -> tuple[Institution, ...]:
    large = (("示例县人民医院", 0.34, "G01", 0.0), ("示例县中医医院", 0.2, "G02", 0.03))
    found = [
        Institution(
            code=f"H{COUNTY}{number + 1:05d}",
            name=name,
            kind="hospital",
            share=share,
            group=group,
            latitude=_CENTRE[0] + shift,
            writes_days=number == 1,
            always_open=True,
            tills=4,
            physicians=_physicians(number, 12),
        )
        for number, (name, share, group, shift) in enumerate(large)
    ]
    rest = 1.0 - sum(one.share for one in found)
    return (*found, *(_clinic(rng, number + 1, rest / (count - 2)) for number in range(2, count)))


def _clinic(rng: Random, number: int, share: float) -> Institution:
    return replace(
        Institution(f"H{COUNTY}{number:05d}", f"示例县第{number}卫生院", "clinic", share),
        latitude=_near(rng, 0),
        longitude=_near(rng, 1),
        group=f"G0{1 + number % 2}",
        batch=12 * HOUR if number % 4 == 0 else 0,
        physicians=_physicians(number, 4),
    )


def _elsewhere(letter: str, region: str, number: int, north: float) -> Institution:
    kind = "pharmacy" if letter == "P" else "hospital"
    return Institution(
        code=f"{letter}{region}{number:05d}",
        name=f"示例邻县{'药房' if letter == 'P' else '医院'}{number}",
        kind=kind,
        region=region,
        latitude=_CENTRE[0] + north,
        reports_stock=kind == "pharmacy",
        physicians=() if kind == "pharmacy" else (f"D{region}00001", f"D{region}00002"),
    )


def _physicians(institution: int, count: int) -> tuple[str, ...]:
    return tuple(f"D{COUNTY}{institution * 100 + number:05d}" for number in range(count))


def _near(rng: Random, axis: int) -> float:
    """A coordinate within 12 km of the centre; the pharmacies beside hospitals stand 300 m from them."""
    return round(_CENTRE[axis] + rng.uniform(-0.1, 0.1), 4)

"""The people of the county: synthetic numbers, no names, nothing that could belong to anybody."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .catalogue import CHRONIC, MAKERS
from .numbers import COUNTY

_HOUSEHOLDS = (1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6)
_VILLAGE = 60
"""Households of a village, some 170 persons; our assumption."""
_FIRM = 50
"""Of so many households those who are employed work for one employer, some 40 persons; our assumption."""
_CARE_HOME = 20_000
"""Persons of the county for each care home; one old person in ten lives in one; our assumption."""


@dataclass(frozen=True, slots=True)
class Person:
    """One insured person.

    number: psn_no; insured_in: a region; balance: what the account usually holds, fen, 0 = there is none.
    pharmacy, hospital: positions of where the person usually goes; chronic: of the substances taken daily.
    """

    index: int
    number: str
    household: int
    age: int
    born: str
    sex: str
    insurance: str
    insured_in: str
    credential: str
    balance: int
    assisted: bool
    pharmacy: int
    hospital: int
    chronic: tuple[int, ...]

    @property
    def telephone(self) -> str:
        """The household's number; no such numbers are given out."""
        return f"100{self.household:08d}"

    @property
    def village(self) -> str:
        """The village of the household."""
        return f"V{self.household // _VILLAGE:04d}"

    @property
    def employer(self) -> str:
        """The employer; empty for whoever has none."""
        return f"E{self.household // _FIRM:04d}" if self.kind == "11" else ""

    @property
    def care_home(self) -> str:
        """The care home; empty for whoever lives in none."""
        return f"N{self.index // _CARE_HOME:03d}" if self.age >= 70 and self.index % 10 == 0 else ""

    @property
    def kind(self) -> str:
        """psn_type: employed, retired, resident, elderly resident."""
        if self.insurance == "310":
            return "12" if self.age >= 60 else "11"
        return "16" if self.age >= 60 else "1501"


def settle_people(
    rng: Random, count: int, chronic_scale: float, pharmacies: int, hospitals: int, year: int
) -> tuple[Person, ...]:
    """Draw the people, household by household; year: that of their ages."""
    found: list[Person] = []
    household = 0
    while len(found) < count:
        household += 1
        near = (int(pharmacies * rng.random() ** 1.4), _usual_hospital(rng, hospitals))
        for member in range(min(rng.choice(_HOUSEHOLDS), count - len(found))):
            age = _age(rng, member)
            found.append(_person(rng, (len(found), household), age, year - age - 1, near, chronic_scale))
    return tuple(found)


def _usual_hospital(rng: Random, hospitals: int) -> int:
    draw = rng.random()
    if draw < 0.54:
        return 0 if draw < 0.34 else 1
    return 2 + int(rng.random() * (hospitals - 2))


def _age(rng: Random, member: int) -> int:
    """The first two of a household are grown up; 95 % of all are under 78, as in the region of nhsa.md D."""
    if member < 2:
        return int(rng.triangular(22, 88, 44))
    return int(rng.triangular(0, 30, 9)) if member < 4 else int(rng.triangular(55, 88, 66))


def _person(
    rng: Random, who: tuple[int, int], age: int, born: int, near: tuple[int, int], chronic_scale: float
) -> Person:
    index, household = who
    employed = age >= 22 and rng.random() < 0.42
    return Person(
        index=index,
        # 99 stands where a real number has the century of birth.
        number=f"{COUNTY}99{index * 7 + 100_000:012d}",
        household=household,
        age=age,
        born=f"{born}-{1 + int(rng.random() * 12):02d}-{1 + int(rng.random() * 28):02d}",
        sex="1" if rng.random() < 0.49 else "2",
        insurance="310" if employed else "390",
        insured_in=COUNTY if rng.random() < 0.98 else "330100",
        credential=rng.choices(("01", "03", "02"), (55, 43, 2))[0],
        balance=2_000 + int(rng.lognormvariate(11.5, 0.8)) if employed else 0,
        assisted=rng.random() < 0.03,
        pharmacy=near[0],
        hospital=near[1],
        chronic=_chronic(rng, age, chronic_scale),
    )


def _chronic(rng: Random, age: int, scale: float) -> tuple[int, ...]:
    chance = 0.0 if age < 35 else 0.15 if age < 50 else 0.34 if age < 65 else 0.55
    if rng.random() >= chance * scale:
        return ()
    return tuple(sorted(rng.sample(range(len(CHRONIC) // MAKERS), rng.choice((1, 1, 1, 2, 2, 3)))))

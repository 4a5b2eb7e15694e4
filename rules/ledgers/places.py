"""Where an institution is, who works there, and whether a settlement says where the person was."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from ..engine.entry import Entry
from ..reference import Reference
from .visits import Visit

ONLINE = ("internet", "mail_order")
"""kind of an institution without a counter."""
EARTH_RADIUS = 6_371.0
"""km."""
AT_A_DISTANCE = ("2", "3")
"""opter_type of a self-service terminal and of a mobile telephone: the person need not be there."""
TOKEN = "01"  # noqa: S105 - a code of mdtrt_cert_type, not a secret
"""mdtrt_cert_type of the electronic credential, which a family can show on several telephones."""
OF_STAYS = ("2303", "2304")
"""The settlement of a stay, and the question that asks for it: the office makes it when it likes."""


def is_online(entry: Entry, reference: Reference) -> bool:
    """Whether the institution of an entry has no counter."""
    row = reference.row("institutions", entry.institution, entry.time) or {}
    return row.get("internet") == "1" or row.get("kind") in ONLINE


def is_in_person(visit: Visit, reference: Reference) -> bool:
    """Whether a settlement says where the person was."""
    if visit.operator_type in AT_A_DISTANCE or visit.transaction in OF_STAYS or visit.visit_type.startswith("2"):
        return False
    if visit.credential == TOKEN and visit.shared:
        return False
    return not is_online(visit, reference)


def works_here(entry: Entry, reference: Reference) -> bool:
    """Whether the person works at the entry's institution, by the row of the table `staff` that is valid then."""
    row = reference.row("staff", entry.person, entry.time)
    return row is not None and row["fixmedins_code"].upper() == entry.institution


def kilometres(one: Entry, other: Entry, reference: Reference) -> float | None:
    """The distance of their institutions along the great circle; None where the register has no coordinates of one."""
    here, there = (reference.row("institutions", entry.institution, entry.time) or {} for entry in (one, other))
    if not all(row.get(name) for row in (here, there) for name in ("lat", "lon")):
        return None
    north, south = radians(float(here["lat"])), radians(float(there["lat"]))
    east = radians(float(there["lon"]) - float(here["lon"]))
    half = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(half))

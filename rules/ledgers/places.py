"""Where an institution is, and who works there, by the registers."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from ..engine.entry import Entry
from ..reference import Reference

ONLINE = ("internet", "mail_order")
"""kind of an institution without a counter."""
EARTH_RADIUS = 6_371.0
"""km."""


def is_online(entry: Entry, reference: Reference) -> bool:
    """Whether the institution of an entry has no counter."""
    row = reference.row("institutions", entry.institution, entry.time) or {}
    return row.get("internet") == "1" or row.get("kind") in ONLINE


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

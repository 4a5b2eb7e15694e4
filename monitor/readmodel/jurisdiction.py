"""Whose leads somebody may see: regions and institutions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVELS = (2, 4, 6)
"""Digits of the code of a province, a city and a county: each begins with the code above it (GB/T 2260)."""
_OF_INSTITUTION = re.compile(r"[A-Z](\d{6})\d{5}")
"""The code of an institution names its region: a letter, six digits of the region, five of its own."""


@dataclass(frozen=True)
class Jurisdiction:
    """Leads of these regions and of these institutions.

    regions: codes of 2, 4 or 6 digits; a code covers what is below it. A lead is of the region where the person is
    insured and of the region where the treatment was. institutions: codes in capitals.
    """

    regions: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Under which names its leads are found: under one of them."""
        regions = (f"region:{one}" for one in self.regions)
        return (*regions, *(f"institution:{one}" for one in self.institutions))

    def covers(self, alert: Mapping[str, Any]) -> bool:
        """Whether an alert is among its leads."""
        regions = (alert.get("insuplc_admdvs"), alert.get("mdtrtarea_admvs"))
        of_region = any(region and region.startswith(self.regions) for region in regions)
        return of_region or alert.get("fixmedins_code") in self.institutions

    def has_institution(self, code: str) -> bool:
        """Whether it has an institution: named, or of one of its regions by its code."""
        found = _OF_INSTITUTION.fullmatch(code)
        return code in self.institutions or (found is not None and found[1].startswith(self.regions))


def with_regions_above(region: str) -> tuple[str, ...]:
    """A code of a region, and the codes above it.

    >>> with_regions_above("341021")
    ('34', '3410', '341021')
    """
    return (*(region[:digits] for digits in LEVELS if digits < len(region)), region)

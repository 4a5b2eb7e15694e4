"""Who works where, for the rules on the cards of an institution's own staff."""

from __future__ import annotations

from rules import Entry, Reference


def works_here(entry: Entry, reference: Reference) -> bool:
    """Whether the person works at the entry's institution, by the row of the table `staff` that is valid then."""
    row = reference.row("staff", entry.person, entry.time)
    return row is not None and row["fixmedins_code"].upper() == entry.institution

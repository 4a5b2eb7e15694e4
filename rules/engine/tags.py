"""Tags: what the reference tables say of an institution or a person that may move the thresholds of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..reference import Reference
from .text import Text


class _Source(NamedTuple):
    """Where a tag stands: a table, a column and its value there; an empty column: any row that is valid."""

    table: str
    column: str
    value: str
    said: Text


_GRADES = "DCBA"

_SOURCES: Mapping[str, _Source] = {
    "reported": _Source("reports", "", "", Text("收到投诉举报的机构", "institutions that were reported")),
    "key_person": _Source("persons", "key", "1", Text("重点人员", "key persons")),
    **{
        f"person_credit_{one}": _Source(
            "persons", "credit", one, Text(f"参保人信用等级{one}", f"persons of credit tier {one}")
        )
        for one in _GRADES
    },
    "key": _Source("institutions", "key", "1", Text("重点机构", "key institutions")),
    **{
        f"credit_{one}": _Source(
            "institutions", "credit", one, Text(f"机构信用等级{one}", f"institutions of credit tier {one}")
        )
        for one in _GRADES
    },
    "private": _Source("institutions", "ownership", "private", Text("民营机构", "private institutions")),
}

TAGS: Mapping[str, Text] = {tag: source.said for tag, source in _SOURCES.items()}
"""Each tag in both languages. Where several of them would move a threshold, the first of this order does."""
REPORTED = "reported"
"""An institution is never told that it was reported, nor by which threshold one would see it."""


def is_of_person(tag: str) -> bool:
    """Whether it is said of persons, not of institutions."""
    return _SOURCES[tag].table == "persons"


def has_tag(tag: str, institution: str, person: str, at: int, reference: Reference) -> bool:
    """Whether a tag is said of this institution, or of this person, at a time (ms UTC)."""
    source = _SOURCES[tag]
    subject = person if is_of_person(tag) else institution
    row = reference.row(source.table, subject, at) if subject else None
    return row is not None and (not source.column or row.get(source.column) == source.value)


def tags_of(institution: str, person: str, at: int, reference: Reference) -> list[str]:
    """All that is said of them at a time (ms UTC), in the order of `TAGS`."""
    return [tag for tag in TAGS if has_tag(tag, institution, person, at, reference)]

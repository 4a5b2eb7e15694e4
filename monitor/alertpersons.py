"""Whom an alert names: the person whom it is about, and those of its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def named_in(alert: Mapping[str, Any]) -> Iterator[str]:
    """The pseudonyms as they stand in an alert, some of them twice, and an empty one where a row has no person.

    >>> [*named_in({"subject": {"kind": "person", "id": "p_1"}, "evidence": [{"person": "p_1"}, {"person": ""}]})]
    ['p_1', 'p_1', '']
    """
    if alert["subject"]["kind"] == "person":
        yield alert["subject"]["id"]
    for row in alert["evidence"]:
        yield row["person"]

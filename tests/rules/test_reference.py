"""Reference tables: which row counts, and which rows are refused."""

from __future__ import annotations

import pytest

from rules.reference import BadRowError, Reference
from rules.times import DAY, parse

ITEM = "00603549321"
SPRING = parse("2026-03-01")


def test_an_item_is_the_substance_that_its_row_says_at_the_time() -> None:
    """Whatever was asked before: the key of a ledger must not depend on the order of the questions."""
    reference = Reference()
    reference.put("drugs", {"med_list_codg": ITEM, "group": "old", "valid_to": "2026-02-28"})
    reference.put("drugs", {"med_list_codg": ITEM, "group": "new", "valid_from": "2026-03-01"})
    times = [SPRING - 1, SPRING, SPRING - 1]

    assert ["old", "new", "old"] == [reference.substance(ITEM, at) for at in times]
    assert ["new", "old"] == [reference.substance(ITEM, at) for at in (SPRING, SPRING - DAY)]


def test_the_latest_row_counts_until_it_is_closed() -> None:
    """Also before it is valid: a register learns of things late."""
    reference = Reference()
    reference.put("deaths", {"psn_no": "p1", "die_date": "2026-01-01", "valid_from": "2026-02-01"})
    reference.put("deaths", {"psn_no": "p2", "die_date": "2026-01-01", "valid_to": "2026-02-28"})

    assert reference.latest("deaths", "p1", parse("2026-01-05")) is not None
    assert reference.latest("deaths", "p2", SPRING - 1) is not None
    assert reference.latest("deaths", "p2", SPRING) is None
    assert reference.latest("deaths", "p3", SPRING) is None


@pytest.mark.parametrize(
    ("table", "column", "text"),
    [
        ("institutions", "usual_per_10min", "-1"), ("institutions", "lat", "-181"), ("institutions", "lon", "x"),
        ("drugs", "pack_units", "nan"), ("drugs", "daily_units", "inf"), ("drugs", "daily_units", "1e400"),
    ],
)  # fmt: skip
def test_a_number_that_no_rule_can_use_is_refused(table: str, column: str, text: str) -> None:
    """By the name of its column, and without what came."""
    row = {"fixmedins_code": "P1", "status": "active", "kind": "pharmacy", "med_list_codg": ITEM, column: text}

    with pytest.raises(BadRowError, match=rf"^{table}\.{column}: expected a number, was text of {len(text)}$"):
        Reference().put(table, row)


@pytest.mark.parametrize("text", ["H34102100001", ":PET/CT", "H34102100001:", "H34102100001: PET/CT", "H 1:PET/CT"])
def test_a_key_of_two_parts_has_both(text: str) -> None:
    """Else the row would say nothing, and whoever holds the licence would be told to have none."""
    expected = "equipment.place_and_kind: expected two texts with a colon between, was text of"
    with pytest.raises(BadRowError, match=rf"^{expected} {len(text)}$"):
        Reference().put("equipment", {"place_and_kind": text})
    Reference().put("equipment", {"place_and_kind": "H34102100001:PET/CT 64"})


def test_degrees_may_be_negative() -> None:
    """West and south are no mistake."""
    row = {"fixmedins_code": "P1", "status": "active", "kind": "pharmacy"}
    reference = Reference()
    reference.put("institutions", row | {"lat": "-31.2", "lon": "-180"})

    assert reference.has("institutions")

"""Every ledger waits for what is late, and for what takes back, as long as the contract says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rules.engine.entry import Entry
from rules.engine.ledger import Feed
from rules.ledgers import LEDGERS, Arrival, Listed, Sale
from rules.ledgers.inside import entries_of
from rules.ledgers.listed import listed_items
from rules.ledgers.stock_book import books_read
from rules.reference import Reference
from rules.times import DAY, HOUR
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.oracle.wire import BOX, MONDAY, Body

CODES: Body = {"drug_trac_info": [{"drug_trac_codg": BOX, "feedetl_sn": "1"}, {"drug_trac_codg": "8123"}]}
LINES: Body = {
    "mdtrt_cert_type": "03", "feedetail": [wire.line(1, rxno="RX34102100017", bilg_dr_codg="D341021000017")],
}  # fmt: skip

ORDERED = wire.line(1, rxno="r1", bilg_dr_codg="D341021000017")
BOUGHT = wire.stock("3503", drugtracinfo=[{"drug_trac_codg": BOX}])
STOCK = wire.stock("3505", drugtracinfo=[{"drug_trac_codg": BOX}, {"drug_trac_codg": "8123"}])
PART = "002501000010000"
PART_OF_WHOLE = wire.line(1, med_list_codg=PART, orders_dr_code="D341021000017", etip_flag="1", bilg_dept_codg="A14")
KINDS: dict[str, tuple[Body, int, int]] = {
    "pharmacy": (wire.settlement(MONDAY, "2102", **LINES | CODES), 72 * HOUR, 72 * HOUR),
    "outpatient": (wire.settlement(MONDAY, "2207", med_type="11"), 72 * HOUR, 72 * HOUR),
    "bill of a stay": (wire.settlement(MONDAY, "2304", med_type="21"), 63 * DAY, 72 * HOUR),
    "away": (wire.settlement(MONDAY, "2207", med_type="11", insuplc_admdvs="330100"), 72 * HOUR, 72 * HOUR),
    "unrecognised": (wire.settlement(MONDAY, "2207", med_type="14"), 72 * HOUR, 72 * HOUR),
    "claim": (wire.settlement(MONDAY, "2304", med_type="21", setl_type="1", maf_pay=9), 63 * DAY, 72 * HOUR),
    "late": (
        wire.settlement(MONDAY, "2207", med_type="11", inf_time=wire.text(MONDAY + 25 * HOUR)),
        72 * HOUR,
        72 * HOUR,
    ),
    "registration": (wire.message("2201", mdtrt_id="V", begntime=wire.text(MONDAY)), 72 * HOUR, 72 * HOUR),
    "outpatient lines": (wire.fee_lines("V", [ORDERED]), 72 * HOUR, 72 * HOUR),
    "lines of a stay": (wire.fee_lines("V", [wire.line(1)], MONDAY, "2301", med_type="21"), 63 * DAY, 60 * DAY),
    "overpriced": (
        wire.fee_lines("V", [wire.line(1, pric_uplmt_amt=9)], MONDAY, "2301", med_type="21"),
        63 * DAY,
        60 * DAY,
    ),
    "overpriced at a pharmacy": (
        wire.settlement(MONDAY, "2102", feedetail=[wire.line(1, pric_uplmt_amt=9)]),
        72 * HOUR,
        72 * HOUR,
    ),
    "part of a service": (
        wire.fee_lines("V", [PART_OF_WHOLE], MONDAY, "2301"),
        63 * DAY,
        60 * DAY,
    ),
    "procured by volume": (wire.fee_lines("V", [wire.line(1, med_list_codg=wire.METFORMIN)]), 72 * HOUR, 72 * HOUR),
    "admission": (wire.admission("V", tel="13900000012", dscg_maindiag_code="J06.9"), 63 * DAY, 15 * DAY),
    "discharge": (wire.discharge("V"), 63 * DAY, 15 * DAY),
    "stock": (STOCK, 90 * DAY, 15 * DAY),
    "purchase": (BOUGHT, 72 * HOUR, 15 * DAY),
    "deletion": (wire.deletion("N1"), 72 * HOUR, 72 * HOUR),
    "reversal of a bill": (wire.reversal("S", MONDAY, "2305", mdtrt_id="V"), 72 * HOUR, 72 * HOUR),
    "lines of a stay deleted": (wire.message("2302", mdtrt_id="V", feedetl_sn="1"), 72 * HOUR, 72 * HOUR),
    "claim of an outpatient": (wire.settlement(MONDAY, "2207", med_type="11", setl_type="1"), 72 * HOUR, 72 * HOUR),
}
"""Each kind of message with its reach and its grace (contract, sections 2 and 3), ms."""


def tables() -> Reference:
    """Tables with which every ledger keeps something: the shop is suspended, the person died before."""
    reference = Reference()
    row = {"fixmedins_code": wire.SHOP, "status": "suspended", "kind": "pharmacy", "beds": "9"}
    row |= {"traced_purchases": "1", "stock_uploaded": "1"}
    reference.put("institutions", row)
    reference.put("deaths", {"psn_no": "1", "die_date": "2026-02-01"})
    reference.put("insured", {"psn_no": "1", "state": "suspended"})
    reference.put("employers", {"psn_no": "1", "employer": "e"})
    reference.put("diagnoses", {"code": "J06", "exempt": "0", "minor": "1"})
    reference.put("enrolled", {"psn_no": "1", "insured_from": wire.text(MONDAY)[:10]})
    reference.put("items", {"med_list_codg": wire.RAMIPRIL, "most_per_day": "1", "registered": "0"})
    reference.put("items", {"med_list_codg": PART, "part_of": "whole", "minutes": "9", "cosmetic_in": "A14"})
    reference.put("items", {"med_list_codg": wire.METFORMIN, "equipment": "PET/CT"})
    reference.put("equipment", {"place_and_kind": "elsewhere:PET/CT"})
    reference.put("drugs", {"med_list_codg": wire.METFORMIN, "procured": "won"})
    reference.put("drugs", {"med_list_codg": wire.RAMIPRIL, "key": "1"})
    reference.put("physicians", {"bilg_dr_codg": "D341021000017", "status": "revoked"})
    reference.put("recognised", {"psn_no": "2"})
    reference.put("assisted", {"psn_no": "2"})
    reference.put("households", {"psn_no": "1", "household": "h", "village": "v", "care_home": "c"})
    return reference


def kept(body: Body) -> Iterator[tuple[str, Feed, Entry]]:
    """Each entry that a message leaves, with each ledger and feed that keeps it."""
    opened = Door(Pseudonyms("key", raw=True)).open(wire.raw(body), 1 << 50)
    entries = [one for record in entries_of(opened).records for one in record.entries]
    reference = tables()
    for ledger in LEDGERS:
        for feed in ledger.feeds:
            for entry in entries:
                if type(entry) is feed.entry and feed.key(entry, reference) is not None:
                    yield ledger.name, feed, entry


@pytest.mark.parametrize("kind", KINDS)
def test_the_reach_is_that_of_the_contract(kind: str) -> None:
    """In each ledger alike; a trace code may be taken back for 90 days whatever it came with."""
    body, reach, _ = KINDS[kind]
    wrong = [
        (ledger, type(entry).__name__)
        for ledger, feed, entry in kept(body)
        if not isinstance(entry, Arrival)
        and min(feed.reach, entry.longest_reach) != (90 * DAY if isinstance(entry, Sale) else reach)
    ]
    arrivals = [feed.reach for _, feed, entry in kept(body) if isinstance(entry, Arrival)]

    assert [] == wrong
    assert min(arrivals) >= reach


def test_a_line_is_taken_back_as_long_as_the_settlement_that_carries_it() -> None:
    """However long before it the line occurred, and whoever keeps it."""
    before = MONDAY - 71 * HOUR
    lines = [
        wire.line(n, before, med_list_codg=item, pric_uplmt_amt=9, bilg_dr_codg="D341021000017")
        for n, item in enumerate((wire.RAMIPRIL, wire.METFORMIN))
    ]
    body = wire.settlement(MONDAY, feedetail=lines)
    reach = {
        ledger: min(feed.reach, entry.longest_reach) for ledger, feed, entry in kept(body) if entry.role == "fee_line"
    }

    assert {"stock_book", "procured", "supply", "overpriced"} <= reach.keys()
    assert dict.fromkeys(reach, 143 * HOUR) == reach


@pytest.mark.parametrize("kind", KINDS)
def test_the_grace_is_that_of_the_contract_at_least(kind: str) -> None:
    """An entry that the door lets in is not too late for a ledger."""
    body, _, grace = KINDS[kind]

    assert [] == [
        (ledger, type(entry).__name__)
        for ledger, feed, entry in kept(body)
        if not isinstance(entry, Arrival) and feed.grace < grace
    ]


def test_what_is_kept_of_listed_items_is_sent() -> None:
    """A ledger keeps no line that a router, which sends those of listed items alone, leaves out."""
    kinds = listed_items(tables()) | books_read(tables()) | {"Listed"}
    for body, *_ in KINDS.values():
        opened = Door(Pseudonyms("key", raw=True)).open(wire.raw(body), 1 << 50)
        sent = {one for record in entries_of(opened, kinds=kinds).records for one in record.entries}
        assert {entry for _, feed, entry in kept(body) if feed.entry is Listed} <= sent


def test_every_feed_is_asked() -> None:
    """Of each ledger."""
    asked = {(ledger, feed.entry) for body, *_ in KINDS.values() for ledger, feed, _ in kept(body)}

    assert {(ledger.name, feed.entry) for ledger in LEDGERS for feed in ledger.feeds} == asked

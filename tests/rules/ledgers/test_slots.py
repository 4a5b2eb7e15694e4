"""Two messages that speak of one thing: a settlement is one, whatever kinds of entries it leaves."""

from __future__ import annotations

from rules.ledgers import Billed, Claimed, Departed, Stay, Swipe, Visit
from rules.ledgers.inside import entries_of
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle.wire import HOSPITAL, MONDAY, raw, settlement


def test_a_settlement_is_one_thing_in_every_ledger() -> None:
    """A number that a purchase and the bill of a stay share counts once, also where a ledger keeps both kinds."""
    body = settlement(MONDAY, "2304", fixmedins_code=HOSPITAL, setl_id="S", setl_type="1")
    left = entries_of(Door(Pseudonyms("key", raw=True)).open(raw(body), 1 << 50))
    found = {type(one): one.slot for record in left.records for one in record.entries if one.settlement}

    assert dict.fromkeys((Swipe, Billed, Departed, Visit, Stay, Claimed), f"s:{HOSPITAL}:S") == found

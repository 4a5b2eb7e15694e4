"""What a message leaves can be written down, however absurd the amounts that it states."""

import json
from itertools import product

import msgspec
import pytest

from rules.ledgers import Fill, Inside
from rules.ledgers.inside import entries_of
from rules.times import parse
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms

AMOUNTS = (5e-324, 1e-18, 0.01, 50, 1e12)
NOW = parse("2026-03-05 12:00:00")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Inside).decode


@pytest.mark.parametrize(("total", "fund", "of_line"), list(product(AMOUNTS, repeat=3)))
def test_a_line_puts_no_more_through_the_fund_than_it_costs(total: float, fund: float, of_line: float) -> None:
    """Neither does it overflow what it is written as."""
    line = {"feedetl_sn": "1", "fee_ocur_time": "2026-03-05 10:00:00", "med_list_codg": "X", "cnt": 1, "pric": 1}
    message = {
        "infno": "2102",
        "msgid": "M1",
        "inf_time": "2026-03-05 10:00:00",
        "fixmedins_code": "P1",
        "psn_no": "1",
        "med_type": "41",
        "setl_id": "S1",
        "mdtrt_id": "V1",
        "setl_time": "2026-03-05 10:00:00",
        "medfee_sumamt": total,
        "fund_pay_sumamt": fund,
        "feedetail": [line | {"det_item_fee_sumamt": of_line}],
    }
    left = entries_of(Door(Pseudonyms("key")).open(json.dumps(message).encode(), NOW)).records
    assert [_decode(_encode(one)) for one in left] == left
    fills = [entry for record in left for entry in record.entries if isinstance(entry, Fill)]
    assert [0 <= one.amount <= round(of_line * 100) for one in fills] == [True]

"""A short selection of tests.fuzz: whatever comes, the door answers in one of five ways, and in both ways alike."""

from __future__ import annotations

import pytest

from tests.fuzz import NOW, Check, Source, smallest

HEADER = b'"msgid":"1","fixmedins_code":"H1","inf_time":"2026-03-05 11:00:00","psn_no":"1","mdtrt_id":"1"'
LINE = (
    b'"feedetl_sn":"1","med_list_codg":"1","cnt":5,"pric":4,"det_item_fee_sumamt":1,'
    b'"fee_ocur_time":"2026-03-05 11:00:00"'
)


def order(flag: bytes) -> bytes:
    """A review of one order, with this flag."""
    orders = b'[{"fsi_order_dtos":[{"curr_drord_flag":%s}]}]' % flag
    return b'{"infno":"3101",%s,"input":{"data":{"patient_dtos":{"fsi_encounter_dtos":%s}}}}' % (HEADER, orders)


FOUND = [
    ("a flag of an order that is an object", order(b'{"a":1}')),
    ("a flag of an order that is a list", order(b"[1]")),
    ("a flag of an order that is too long", order(b'"%s"' % (b"1" * 201))),
    ("a delete character", b'{"infno":"2405",%s}' % HEADER.replace(b"H1", b"H1\x7f")),
    ("a delete character as an escape", b'{"infno":"2405",%s}' % HEADER.replace(b"H1", b"H1\\u007f")),
    ("a number of 5,000 digits in a field that nobody reads", b'{"infno":"2405",%s,"x":%s}' % (HEADER, b"1" * 5000)),
    ("a transaction with something behind its A", b'{"infno":"2203A.",%s}' % HEADER),
    ("a line of another person, in the other spelling",
     b'{"infno":"2204",%s,"feedetail":[{%s},{%s,"patn_id":"2"}]}' % (HEADER, LINE, LINE)),
]  # fmt: skip
"""What fuzzing has found."""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_door_answers_whatever_comes(seed: int) -> None:
    """It raises nothing else, both ways agree, nobody is named, and what it lets in can be kept."""
    source, check = Source(seed), Check()

    for _ in range(600):
        raw, appended = source.message()
        assert check.fault_in(raw, appended) is None, raw[:2000]


@pytest.mark.parametrize("raw", [pytest.param(raw, id=what) for what, raw in FOUND])
def test_what_was_found_is_mended(raw: bytes) -> None:
    """Each message for which the door once had a fault has none."""
    assert Check().fault_in(raw, NOW) is None


def test_messages_are_not_only_garbage() -> None:
    """Fuzzing that is always refused at the first step finds nothing."""
    source, check = Source(4), Check()

    for _ in range(600):
        check.fault_in(*source.message())

    assert {"opened", "refused", "skipped", "failed"} <= check.answers.keys()
    assert check.answers["opened"] > 120


@pytest.mark.parametrize(
    ("raw", "least"),
    [(b'{"a": [1, {"bad": 2}], "b": "c"}', b"bad"), (b"\xff\xfe no JSON, but bad", b"bad"), (b"[bad", b"bad")],
)
def test_a_fault_is_shown_by_as_few_bytes_as_can_be(raw: bytes, least: bytes) -> None:
    """Fields first, then bytes are left out."""
    assert least == smallest(raw, lambda shorter: b"bad" in shorter)

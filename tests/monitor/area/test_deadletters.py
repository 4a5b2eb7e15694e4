"""What is told of a dead letter."""

from __future__ import annotations

import pytest
from aiokafka.structs import ConsumerRecord

from monitor.area.deadletters import row_of
from rules.times import parse
from rules.wire.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("key")
HEADERS = (("error_code", b"not_json"), ("error_detail", b"message: expected \xff"), ("source", b"s.events/0/7"))


def letter(value: bytes | None, key: bytes | None = None) -> dict[str, object]:
    """What is told of a letter with this body and record key."""
    record: ConsumerRecord[bytes, bytes] = ConsumerRecord(
        "s.dead-letter", 0, 1, parse("2026-03-05 10:00:00"), 0, key, value, None, 0, 0, HEADERS
    )
    return row_of(record, PSEUDONYMS)


def test_a_letter_says_who_sent_what_when_and_why() -> None:
    """Headers as they were written; the person only as a pseudonym."""
    body = b'{"infno": "2207", "fixmedins_code": "H34102100021", "psn_no": "341", "input": {}}'

    assert {
        "at": "2026-03-05T10:00:00+08:00",
        "bytes": len(body),
        "institution": "H34102100021",
        "infno": "2207",
        "key": PSEUDONYMS.person("341"),
        "error_code": "not_json",
        "error_detail": "message: expected \ufffd",
        "source": "s.events/0/7",
    } == letter(body, b"341 ")


@pytest.mark.parametrize(
    ("body", "institution", "infno"),
    [
        (b'\xef\xbb\xbf{"infno": 2102, "medins_id": " p1 "}', "P1", "2102"),
        (b'{"infno": "2102", "fixmedins_code": "P1", "x": "\\ud800", "y": NaN, "z": 1e999}', "P1", "2102"),
        (b'{"infno": "\xe5\xbc\xa0\xe4\xb8\x89", "fixmedins_code": "P1"}', "P1", ""),
        (b'{"infno": "341021199001011234", "fixmedins_code": "P1"}', "P1", ""),
        (b'{"infno": ["2102"], "fixmedins_code": {}}', "", ""),
        (b"[1]", "", ""),
        (b"{", "", ""),
        (b"\xff\xfe\xfa", "", ""),
        (b"[" * 100_000, "", ""),
        (b"9" * 6000, "", ""),
        (b"", "", ""),
        (None, "", ""),
    ],
)
def test_what_cannot_be_read_of_a_body_is_empty(body: bytes | None, institution: str, infno: str) -> None:
    """The rest is told; what does not look like a transaction may be anything."""
    told = letter(body)

    assert (institution, infno) == (told["institution"], told["infno"])


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (b"P1", "P1"),
        (b"p1 ", "p1"),
        (b"341", PSEUDONYMS.person("341")),
        (b"P2", PSEUDONYMS.person("P2")),
        (b"", ""),
        (None, ""),
        (b"\xff", PSEUDONYMS.person("\ufffd")),
    ],
)
def test_a_record_key_is_a_pseudonym_unless_it_is_the_institution(key: bytes | None, told: str) -> None:
    """Of stock events it is; of every other it names a person."""
    assert told == letter(b'{"infno": "3505", "fixmedins_code": "P1"}', key)["key"]

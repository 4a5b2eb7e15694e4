"""The door: what is let in, what is refused and why, what is late, and what a message's identity is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from rules.times import HOUR, MINUTE, parse
from rules.wire.door import Door, Late, Refused, Skipped
from rules.wire.pseudonyms import Pseudonyms
from rules.wire.reasons import Reason

NOW = parse("2026-03-05 12:00:00")
DOOR = Door(Pseudonyms("key"))
PERSON = "34102119990101001X"


def settlement(**changes: object) -> dict[str, Any]:
    """A settlement on the wire."""
    return {
        "msgid": "m1", "infno": "2207", "fixmedins_code": "H1", "inf_time": "2026-03-05 10:00:00", "psn_no": PERSON,
        "setl_id": "s1", "mdtrt_id": "v1", "med_type": "11", "setl_time": "2026-03-05 10:00:00", "medfee_sumamt": 12.5,
        "fund_pay_sumamt": 10,
    } | changes  # fmt: skip


def line(**changes: object) -> dict[str, Any]:
    """A fee line on the wire."""
    return {
        "feedetl_sn": "1", "med_list_codg": "X", "cnt": 1, "pric": 1, "det_item_fee_sumamt": 1,
        "fee_ocur_time": "2026-03-05 10:00:00",
    } | changes  # fmt: skip


def refusal(message: object, appended: int = NOW) -> list[str]:
    """The codes of the reasons for which a message is refused; none where it is let in."""
    try:
        DOOR.open(message if isinstance(message, bytes) else orjson.dumps(message), appended)
    except Refused as refused:
        codes = sorted(reason.code for reason in refused.reasons)
        return [*codes, "names a person"] if PERSON in str(refused) else codes
    return []


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        (settlement(), []),
        (b"", ["not_json"]),
        (b"{", ["not_json"]),
        (b"\xff", ["not_json"]),
        (orjson.dumps(settlement(psn_name="x")).replace(b'"x"', b'"\xff"'), ["not_json"]),
        (b"[1]", ["not_object"]),
        (b"null", ["not_object"]),
        ({}, ["not_a_message"]),
        (settlement(infno=2207), []),
        (settlement(psn_no=None), ["missing_field"]),
        (settlement(psn_no={"certno": PERSON}), ["wrong_type"]),
        (settlement(med_type={"a": 1}, msgid=""), ["missing_field", "wrong_type"]),
        ({"infno": "2103", "psn_no": PERSON}, ["missing_field"] * 5),
        (settlement(setl_time="10:00:00"), ["bad_time"]),
        (settlement(setl_time="2026-02-30 10:00:00"), ["bad_time"]),
        (settlement(feedetail=[line(), line(cnt="two", fee_ocur_time=None)]), ["missing_field", "wrong_type"]),
        (settlement(medfee_sumamt=-1), ["negative_amount"]),
        (settlement(feedetail=[line(cnt=-1)]), ["negative_amount"]),
        (settlement(feedetail=[line(cnt=-1, init_feedetl_sn="0")]), []),
        (settlement(medfee_sumamt=-1, refd_setl_flag="1"), []),
        (settlement(brdy="1875-03-05"), []),
        (settlement(brdy="1877-03-05"), []),
        (settlement(age=850), []),
        (settlement(brdy="long ago"), ["bad_time"]),
        (settlement(inf_time="2099-01-01 00:00:00"), ["upload_ahead"]),
        (settlement(inf_time="1999-12-31 23:59:59", setl_time="1999-12-31 23:59:59"), ["upload_ancient"]),
        (settlement(setl_time="2026-03-05 10:10:00"), []),
        (settlement(setl_time="2026-03-05 10:10:01"), ["business_time_ahead"]),
        (settlement(memo="x" * 600_000), ["too_large"]),
        (settlement(memo=[[[[[[[1]]]]]]]), []),
        (orjson.dumps(settlement(memo="?")).replace(b'"?"', b"[" * 16 + b"]" * 16), ["too_deep"]),
        (settlement(feedetail=[line()] * 2001), ["too_many_items"]),
        (settlement(infno="2204", feedetail=[]), ["missing_field"]),
    ],
)  # fmt: skip
def test_refusals_say_every_reason(message: object, codes: list[str]) -> None:
    """Each reason has its code; nothing of a person is in the words."""
    assert codes == refusal(message)


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        (settlement(feedetail=[0] * 240_000), {"too_many_items"}),
        (settlement(feedetail=[{}] * 160_000), {"too_many_items"}),
        (settlement(feedetail=[{}] * 2_000), {"missing_field", "too_many_reasons"}),
        (settlement(feedetail=[line(cnt=-1)] * 1_900), {"negative_amount", "too_many_reasons"}),
    ],
)
def test_a_message_of_nothing_but_faults_has_few_reasons(message: dict[str, Any], codes: set[str]) -> None:
    """Fifty reasons and the remark that there are more, in 8 KB; what is over a limit is not looked into."""
    with pytest.raises(Refused) as caught:
        DOOR.open(orjson.dumps(message), NOW)

    assert codes == {reason.code for reason in caught.value.reasons}
    assert len(caught.value.reasons) <= 51
    assert len(str(caught.value)) <= 8 * 1024


def test_the_text_of_the_reasons_is_cut() -> None:
    """Whatever the reasons are, the header that they travel in stays small."""
    assert len(str(Refused([Reason("x", "x" * 10_000)]))) == 8 * 1024


def test_fifty_reasons_are_all_named() -> None:
    """Nothing is said of others where there are none."""
    assert ["negative_amount"] * 50 == refusal(settlement(feedetail=[line(cnt=-1)] * 50))


def test_an_upload_may_be_ten_minutes_ahead_of_the_broker() -> None:
    """Clocks differ a little; more than that is a wild date."""
    uploaded = parse("2026-03-05 10:00:00")

    assert [] == refusal(settlement(), uploaded - 10 * MINUTE)
    assert ["upload_ahead"] == refusal(settlement(), uploaded - 10 * MINUTE - 1)


def test_a_transaction_that_nobody_uses_is_skipped() -> None:
    """It is counted, and no error."""
    with pytest.raises(Skipped):
        DOOR.open(b'{"infno":"9001"}', NOW)


@pytest.mark.parametrize(("hours", "late"), [(72, False), (72.1, True)])
def test_late_is_later_than_the_grace(hours: float, late: bool) -> None:  # noqa: FBT001 - a column of the table
    """72 h after the business time is the last moment."""
    uploaded = parse("2026-03-05 10:00:00")
    message = orjson.dumps(settlement(setl_time="2026-03-05 10:00:00", inf_time="2026-03-08 10:00:00"))
    later = message.replace(b"2026-03-08 10:00:00", b"2026-03-08 10:06:00") if late else message

    if late:
        with pytest.raises(Late):
            DOOR.open(later, NOW + 96 * HOUR)
    else:
        assert uploaded == DOOR.open(later, NOW + 96 * HOUR).events[0].at
    assert hours


def test_single_late_lines_are_left_out() -> None:
    """An event is late only when all of its lines are."""
    fees = {k: v for k, v in settlement().items() if k in ("msgid", "fixmedins_code", "inf_time", "psn_no", "mdtrt_id")}
    old = line(feedetl_sn="2", fee_ocur_time="2026-03-01 10:00:00")

    opened = DOOR.open(orjson.dumps(fees | {"infno": "2204", "feedetail": [old, line()]}), NOW)
    assert 1 == opened.late_lines
    with pytest.raises(Late):
        DOOR.open(orjson.dumps(fees | {"infno": "2204", "feedetail": [old]}), NOW)
    assert 0 == DOOR.open(orjson.dumps(fees | {"infno": "2301", "feedetail": [old]}), NOW).late_lines


@pytest.mark.parametrize(
    "same",
    [
        settlement(memo="anything"),
        settlement(medfee_sumamt=12.50, fund_pay_sumamt=10.0),
        {"fund_pay_sumamt": 10} | settlement(),
        {
            {"fixmedins_code": "medins_id", "psn_no": "patn_id"}.get(name, name): value
            for name, value in settlement().items()
        },
    ],
)
def test_identity_is_of_the_normalised_body(same: dict[str, Any]) -> None:
    """Unknown fields, the order and the form of numbers, and other spellings make no other message."""
    assert DOOR.open(orjson.dumps(settlement()), NOW).identity == DOOR.open(orjson.dumps(same), NOW).identity


def test_another_body_is_another_message() -> None:
    """The same msgid with another amount is not the same message."""
    other = settlement(fund_pay_sumamt=9)

    assert DOOR.open(orjson.dumps(settlement()), NOW).identity != DOOR.open(orjson.dumps(other), NOW).identity


@pytest.mark.parametrize("time", ["2026-03-05 10:00:00", "2026-03-05T10:00:00+08:00", "2026-03-05T02:00:00Z"])
def test_both_forms_of_time_are_one_moment(time: str) -> None:
    """The interface's own form is Beijing time; ISO 8601 says where it is."""
    assert parse("2026-03-05 10:00:00") == DOOR.open(orjson.dumps(settlement(setl_time=time)), NOW).events[0].at


def test_persons_are_pseudonyms_from_the_door_on() -> None:
    """The key makes the name; the same number has the same one."""
    [event] = DOOR.open(orjson.dumps(settlement()), NOW).events
    [other] = Door(Pseudonyms("another key")).open(orjson.dumps(settlement()), NOW).events

    assert PERSON not in repr(event)
    assert getattr(event.body, "person", "").startswith("p_")
    assert getattr(event.body, "person", "") != getattr(other.body, "person", "")

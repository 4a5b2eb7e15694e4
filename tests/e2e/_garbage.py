"""Bad messages of every sort, and personal values by which a leak can be told."""

from collections.abc import Iterator
from typing import Any

import orjson

MARK = "ZQ7MARK"
"""Stands in every personal value of the tests, and nowhere else."""
PERSONAL = ("psn_no", "certno", "psn_name", "tel", "coner_name", "emp_name", "mdtrt_cert_no")

Body = dict[str, Any]
Bad = tuple[str, bytes, str]
"""What is wrong with it, the message, and the error code with which it is refused."""


def marked(body: Body) -> Body:
    """The same event with marked personal values, also where nobody looks for them."""
    person = {name: f"{MARK}-{name}-{body['psn_no']}" for name in PERSONAL} if "psn_no" in body else {}
    hidden = {f"{MARK}-key": [f"{MARK}-item", {f"{MARK}-inner": f"{MARK}姓名"}]}
    return body | person | {"extra": hidden, "note": [f"{MARK}-note"]}


def bad_messages(good: Body) -> Iterator[Bad]:
    """Every sort of garbage, made from a good settlement that is marked already."""
    raw = orjson.dumps(good)
    yield from _no_json(raw)
    yield from _of_wrong_types(good)
    yield from _absurd(good)
    yield from _too_large(good, raw)
    for name in ("msgid", "infno", "fixmedins_code", "inf_time", "psn_no", "setl_id", "setl_time", "medfee_sumamt"):
        yield f"without {name}", orjson.dumps({k: v for k, v in good.items() if k != name}), "missing_field"


def _no_json(raw: bytes) -> Iterator[Bad]:
    mark = MARK.encode()
    yield "empty", b"", "not_json"
    yield "text", b"%s 341021 wants his money back" % mark, "not_json"
    yield "cut off", raw[: len(raw) // 2], "not_json"
    yield "two in one", raw + raw, "not_json"
    yield "UTF-16", raw.decode().encode("utf-16"), "not_json"
    yield "a byte that is no UTF-8", raw.replace(mark, mark + b"\xff", 1), "not_json"
    yield "a byte that is no UTF-8 in a field that nobody reads", raw[:-1] + b',"x":"\xc3"}', "not_json"
    yield "NaN", _with_amount(raw, b"NaN"), "not_json"
    yield "infinity", _with_amount(raw, b"-Infinity"), "not_json"
    yield "a number beyond numbers", _with_amount(raw, b"1e999"), "wrong_type"
    yield "a number of 6,000 digits", _with_amount(raw, b"9" * 6000), "wrong_type"
    yield "a person of 6,000 digits", raw[:-1] + b',"psn_no":' + b"9" * 6000 + b"}", "wrong_type"
    yield "a list", b'["%s", 1]' % mark, "not_object"
    yield "a string", b'"%s"' % mark, "not_object"
    yield "null", b"null", "not_object"
    yield "one field twice, one of them wrong", raw[:-1] + b',"psn_no":["%s"]}' % mark, "wrong_type"


def _with_amount(raw: bytes, amount: bytes) -> bytes:
    return raw[:-1] + b',"medfee_sumamt":' + amount + b"}"


def _of_wrong_types(good: Body) -> Iterator[Bad]:
    wrong: list[tuple[str, object]] = [
        ("psn_no", 1.5), ("psn_no", [f"{MARK}-in-list"]), ("psn_no", {f"{MARK}-as-key": 1}),
        ("psn_no", MARK * 20), ("medfee_sumamt", MARK), ("medfee_sumamt", 1e300), ("setl_id", {"of": MARK}),
        ("feedetail", MARK), ("feedetail", [MARK]), ("emp_name", [MARK]),
        ("infno", {MARK: "2102"}), ("init_setl_id", [MARK]), ("drug_trac_info", [[MARK]]), ("input", MARK),
    ]  # fmt: skip
    for name, value in wrong:
        yield f"{name} is {type(value).__name__}", orjson.dumps(good | {name: value}), "wrong_type"
    yield "a line of other things", orjson.dumps(good | {"feedetail": [{MARK: MARK}]}), "missing_field"


def _absurd(good: Body) -> Iterator[Bad]:
    def of(**changes: object) -> bytes:
        return orjson.dumps(good | {"brdy": ""} | changes)  # a birthday would be absurd too

    yield "uploaded in 2099", of(inf_time="2099-01-01 00:00:00", setl_time="2099-01-01 00:00:00"), "upload_ahead"
    yield "uploaded in 9999", of(inf_time="9999-12-31 23:59:59"), "upload_ahead"
    yield "uploaded after the calendar", of(inf_time="9999-12-31T23:59:59-12:00"), "bad_time"
    yield "settled in 2099", of(setl_time="2099-01-01 00:00:00"), "business_time_ahead"
    yield (
        "uploaded in the year 1",
        of(inf_time="0001-01-01 00:00:00", setl_time="0001-01-01 00:00:00"),
        "upload_ancient",
    )
    yield "a time without a date", of(setl_time="09:30:00"), "bad_time"
    yield "the 30th of February", of(setl_time="2026-02-30 09:30:00"), "bad_time"
    yield "a name for a time", of(inf_time=MARK), "bad_time"
    yield "a name for a birthday", of(brdy=MARK), "bad_time"
    yield "negative for no reason", of(fund_pay_sumamt=-50.0), "negative_amount"


def _too_large(good: Body, raw: bytes) -> Iterator[Bad]:
    line = {
        "feedetl_sn": "1", "med_list_codg": "X", "cnt": 1, "pric": 1, "det_item_fee_sumamt": 1,
        "fee_ocur_time": good["setl_time"],
    }  # fmt: skip
    yield "1 MB", raw[:-1] + b',"x":"' + MARK.encode() + b"x" * 1_000_000 + b'"}', "too_large"
    yield "2,500 lines", orjson.dumps(good | {"feedetail": [line] * 2500}), "too_many_items"
    yield "200,000 lines that are none", orjson.dumps(good | {"feedetail": [0] * 200_000}), "too_many_items"
    yield "17 levels", raw[:-1] + b',"x":' + b"[" * 17 + b'"%s"' % MARK.encode() + b"]" * 17 + b"}", "too_deep"
    yield "100,000 levels", b'{"a":' * 50_000 + b"[" * 50_000, "too_deep"

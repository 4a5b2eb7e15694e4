"""The router: what is refused, late, skipped or let in, and what becomes of it (contract.md, section 2)."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.item import Tick
from rules.engine.marks import NARROWED_BY
from rules.engine.retraction import Retraction
from rules.ledgers import Arrival, Fill, Inside, Record, Swipe
from rules.ledgers.inside import record_key
from rules.times import parse
from rules.wire.door import Door, Limits
from rules.wire.notation import MOMENT
from rules.wire.pseudonyms import Pseudonyms
from streams.route.router import BUNDLE, Routed, Router, bundles, encode_tick, partition_of
from tests.oracle import wire
from tests.oracle.wire import DAY, HOUR, MINUTE, MONDAY, Body

_decode = msgspec.msgpack.Decoder(Inside).decode
PERSON = "341021198001011234"
NAME = "Zhang-San"
PERSONAL = {
    "psn_no": PERSON,
    "psn_name": NAME,
    "certno": PERSON,
    "tel": "13900001111",
    "emp_name": NAME,
    "coner_name": NAME,
}


def router(**limits: int) -> Router:
    """A fresh one."""
    return Router(Door(Pseudonyms("key"), Limits(**limits)))


def route(*bodies: Body | bytes, appended: int = MONDAY + DAY, **limits: int) -> Routed:
    """Route messages, given as dictionaries or as bytes."""
    values = [body if isinstance(body, bytes) else wire.raw(body) for body in bodies]
    return router(**limits).route([(value, appended) for value in values])


def reasons(body: Body | bytes, **more: int) -> set[str]:
    """Why a message is refused."""
    return reasons_of(route(body, **more))


def reasons_of(routed: Routed) -> set[str]:
    """The codes of all reasons."""
    return {noted.detail for noted in routed.noted if noted.what == "refused"}


def identity(body: Body | bytes) -> int:
    """The identity of the message as the arrival tells it."""
    [arrival] = [entry for entry in entries_of(route(body)) if isinstance(entry, Arrival)]
    return arrival.identity


def entries_of(routed: Routed) -> list[object]:
    """The entries in the records for the topic inside."""
    found = [_decode(value) for _, value in routed.entries]
    return [entry for one in found if isinstance(one, Record) for entry in one.entries]


def retractions_of(routed: Routed) -> list[Retraction]:
    """The retractions: what has no key is for every partition."""
    found = [_decode(value) for key, value in routed.entries if key is None]
    return [one for one in found if isinstance(one, Retraction)]


def keys_of(routed: Routed) -> list[str]:
    """The record keys, in order."""
    return [key.decode() for key, _ in routed.entries if key is not None]


def without(body: Body, *names: str) -> Body:
    """The message without these fields."""
    return {name: value for name, value in body.items() if name not in names}


def nested(depth: int) -> bytes:
    """A settlement with a field that nobody reads, nested so deep."""
    return json.dumps(wire.settlement())[:-1].encode() + b', "extra": ' + b"[" * depth + b"]" * depth + b"}"


LINE = wire.line(1)
REFUSED: list[tuple[str, Body | bytes, set[str]]] = [
    ("not JSON", b"{", {"not_json"}),
    ("empty", b"", {"not_json"}),
    ("not UTF-8", wire.raw(wire.settlement(fixmedins_name="x")).replace(b'"x"', b'"\xff"'), {"not_json"}),
    ("a number", b"7", {"not_object"}),
    ("a list", b"[]", {"not_object"}),
    ("null", b"null", {"not_object"}),
    ("no transaction", without(wire.settlement(), "infno"), {"missing_field"}),
    ("an object as transaction", wire.settlement() | {"infno": {"a": 1}}, {"wrong_type"}),
    ("no institution", without(wire.settlement(), "fixmedins_code"), {"missing_field"}),
    ("no person", without(wire.settlement(), "psn_no"), {"missing_field"}),
    ("an empty person", wire.settlement(psn_no=""), {"missing_field"}),
    ("null for a person", wire.settlement(psn_no=None), {"missing_field"}),
    ("two missing, one wrong", without(wire.settlement(fund_pay_sumamt="x"), "setl_id"), {"missing_field", "wrong_type"}),
    ("money with an exponent", wire.settlement(medfee_sumamt="5e1"), {"wrong_type"}),
    ("money as true", wire.settlement(medfee_sumamt=True), {"wrong_type"}),
    ("money beyond all", wire.settlement(medfee_sumamt=1e13), {"wrong_type"}),
    ("a person as a list", wire.settlement(psn_no=[1]), {"wrong_type"}),
    ("a time of day without a date", wire.settlement(setl_time="10:00:00"), {"bad_time"}),
    ("a date that is none", wire.settlement(setl_time="2026-02-30 10:00:00"), {"bad_time"}),
    ("a time as a number", wire.settlement(setl_time=1772500000000), {"wrong_type"}),
    ("a stock time of day", wire.stock("3503", time="10:00:00"), {"bad_time"}),
    ("stock without a time", without(wire.stock("3503"), "time"), {"missing_field"}),
    ("stock without a quantity", without(wire.stock("3503"), "cnt"), {"missing_field"}),
    ("stock without a quantity and a time", without(wire.stock("3503"), "cnt", "time"), {"missing_field"}),
    ("lines that are no list", wire.fee_lines("V", []) | {"feedetail": 7}, {"wrong_type"}),
    ("no line", wire.fee_lines("V", []), {"missing_field"}),
    ("a line that is no object", wire.fee_lines("V", []) | {"feedetail": [1]}, {"wrong_type"}),
    ("a line without a quantity", wire.fee_lines("V", [without(LINE, "cnt")]), {"missing_field"}),
    ("a negative settlement", wire.settlement(medfee_sumamt=-1), {"negative_amount"}),
    ("a negative fund", wire.settlement(fund_pay_sumamt=-1), {"negative_amount"}),
    ("a negative line", wire.fee_lines("V", [LINE | {"cnt": -1}]), {"negative_amount"}),
    ("a negative line of a settlement", wire.settlement(feedetail=[LINE | {"det_item_fee_sumamt": -1}]), {"negative_amount"}),
    ("a negative question", wire.question(medfee_sumamt=-1), {"negative_amount"}),
    ("a negative sale", wire.stock("3505", cnt=-1), {"negative_amount"}),
    ("a cancel of no line", wire.message("2205", mdtrt_id="V", feedetl_sn=[]), {"missing_field"}),
    ("a cancel of an empty line", wire.message("2205", mdtrt_id="V", feedetl_sn=""), {"missing_field"}),
    ("a cancel of a line beyond all", wire.message("2302", mdtrt_id="V", feedetl_sn="1" * 5000), {"wrong_type"}),
    ("a cancel of a list of those", wire.message("2302", mdtrt_id="V", feedetl_sn=["1", "1" * 65]), {"wrong_type"}),
    ("born on no day", wire.settlement(brdy="1990-13-01"), {"bad_time"}),
    ("settled 11 min after its upload", wire.settlement(setl_time=wire.text(MONDAY + 11 * MINUTE)), {"business_time_ahead"}),
    ("all lines 11 min after their upload", wire.fee_lines("V", [wire.line(2, MONDAY + 11 * MINUTE)]), {"business_time_ahead"}),
    ("uploaded in 2099", wire.settlement(inf_time="2099-01-01 00:00:00"), {"upload_ahead"}),
    ("settled in 2099", wire.settlement(setl_time="2099-01-01 00:00:00"), {"business_time_ahead"}),
    ("negative, too old and from the future", wire.settlement(parse("2099-01-01"), fund_pay_sumamt=-1, age=200),
     {"upload_ahead", "negative_amount"}),
    ("no settlement, too old, negative and from the future",
     without(wire.settlement(parse("2099-01-01"), medfee_sumamt=-5, brdy="1800-01-01"), "setl_id"),
     {"missing_field", "negative_amount", "upload_ahead"}),
    ("stock without a time and a quantity, from the future", without(wire.stock("3505", parse("2099-01-01")), "time", "cnt"),
     {"missing_field", "upload_ahead"}),
    ("stock of no time, negative", wire.stock("3505", time="10:00:00", cnt=-1), {"bad_time", "negative_amount"}),
    ("a wrong amount beside a negative one", wire.settlement(medfee_sumamt="x", fund_pay_sumamt=-1), {"wrong_type", "negative_amount"}),
    ("a wrong line before a negative one", wire.fee_lines("V", [LINE | {"pric": "x"}, LINE | {"cnt": -1}]), {"wrong_type", "negative_amount"}),
    ("a wrong field, settled in 2099", wire.settlement(setl_time="2099-01-01 00:00:00", medfee_sumamt="x"),
     {"wrong_type", "business_time_ahead"}),
    ("too many lines, one of them empty, uploaded in 2099", wire.fee_lines("V", [{}, *[LINE] * 2000], inf_time="2099-01-01 00:00:00"),
     {"too_many_items", "upload_ahead"}),
    ("uploaded in the year 1", wire.settlement(inf_time="0001-01-01 00:00:00", setl_time="0001-01-01 00:00:00"), {"upload_ancient"}),
    ("nested too deep", nested(40), {"too_deep"}),
    ("nested far too deep", nested(100_000), {"too_deep"}),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_a_bad_message_is_refused_with_every_reason(body: Body | bytes, expected: set[str]) -> None:
    """It becomes a dead letter and nothing else; the good one after it is routed."""
    routed = route(body, wire.settlement())

    assert expected == reasons_of(routed)
    assert [0] == [index for index, *_ in routed.dead_letters]
    assert routed.kinds == {"settlement": 1}


def test_every_wrong_field_has_a_reason_of_its_own() -> None:
    """The detail names each field, what was expected, and the type and length of what came."""
    body = without(
        wire.settlement(medfee_sumamt="x0", setl_time="10:00:00", feedetail=[LINE | {"cnt": "y"}]), "setl_id"
    )
    [(_, code, detail)] = route(body).dead_letters

    assert code == "missing_field"
    assert detail.split("; ") == [
        "setl_id: expected, was missing",
        f"setl_time: expected {MOMENT}, was text of 8",
        "medfee_sumamt: expected a number, was text of 2",
        "feedetail[0].cnt: expected a number, was text of 1",
    ]


GOOD: tuple[Body, ...] = (
    wire.settlement(
        feedetail=[LINE], drug_trac_info=[{"drug_trac_codg": wire.BOX}], brdy="1990-01-01", init_setl_id="S0"
    ),
    wire.fee_lines("V", [LINE]),
    wire.message("2205", mdtrt_id="V", feedetl_sn=["1"]),
    wire.question(feedetail=[LINE]),
    wire.admission("V", diseinfo=[{"diag_code": "J18"}]),
    wire.discharge("V"),
    wire.reversal("S1"),
    wire.stock("3505", drugtracinfo=[{"drug_trac_codg": wire.BOX}]),
)


@pytest.mark.parametrize("body", GOOD)
def test_one_wrong_field_gives_one_reason(body: Body) -> None:
    """What is judged beside it objects to nothing that was put in its place."""
    lists = ("feedetail", "diseinfo", "drug_trac_info", "drugtracinfo")
    wrong = [body | {name: 1.5 if name in lists else {"an": "object"}} for name in body if name != "infno"]
    missing = [without(body, name) for name in body if name != "infno"]
    details = [detail for *_, detail in route(*wrong, *missing).dead_letters]

    assert len(body) - 1 <= len(details)
    assert [] == [detail for detail in details if "; " in detail]


NEGATIVE: list[tuple[Callable[..., Body], tuple[str, ...]]] = [
    (wire.settlement, ("medfee_sumamt", "fund_pay_sumamt", "hifp_pay", "acct_pay", "maf_pay", "psn_cash_pay", "psn_part_amt",
                       "acct_mulaid_pay", "inscp_scp_amt", "fulamt_ownpay_amt")),
    (lambda **changes: wire.fee_lines("V", [LINE | changes]), ("cnt", "pric", "det_item_fee_sumamt", "inscp_scp_amt")),
    (lambda **changes: wire.stock("3505", **changes), ("cnt", "sel_retn_cnt", "purc_retn_cnt", "inv_cnt")),
    (wire.question, ("medfee_sumamt",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (wire.raw(wire.settlement()).replace(b":50,", b":" + b"9" * 32 + b","),
         "medfee_sumamt: expected a finite number from -1e12 to 1e12, was a number"),
        (wire.settlement(medfee_sumamt=1e13), "medfee_sumamt: expected a finite number from -1e12 to 1e12, was a decimal number"),
        (wire.raw(wire.settlement()).replace(b":50,", b":1e400,"),
         "medfee_sumamt: expected a finite number from -1e12 to 1e12, was a decimal number"),
        (wire.settlement(refd_setl_flag=1.5), "refd_setl_flag: expected text of 1 to 200, was a decimal number"),
        (wire.message("2302", mdtrt_id="V", feedetl_sn=[{"a": 1}]), "feedetl_sn: expected text of 1 to 64, was an object"),
        (wire.message("2302", mdtrt_id="V", feedetl_sn={"a": 1}), "feedetl_sn: expected text of 1 to 64, was an object"),
        (wire.message("2302", mdtrt_id="V", feedetl_sn=[]), "feedetl_sn: expected, was missing"),
        (wire.message("2205", mdtrt_id="V"), "chrg_bchno: expected, was missing"),
        (wire.settlement(feedetail=7), "feedetail: expected a list, was a number"),
    ],
)  # fmt: skip
def test_a_reason_tells_what_was_expected_from_what_came(body: Body | bytes, expected: str) -> None:
    """Never the same words on both sides."""
    assert [expected] == [detail for *_, detail in route(body).dead_letters]


@pytest.mark.parametrize(("make", "names"), NEGATIVE)
def test_every_negative_amount_is_named(make: Callable[..., Body], names: tuple[str, ...]) -> None:
    """Each that nothing explains has a reason of its own."""
    [(_, _, detail)] = route(make(**dict.fromkeys(names, -1))).dead_letters
    named = {one.partition(":")[0].rpartition(".")[2] for one in detail.split("; ")}

    assert set(names) == named
    assert {"negative_amount"} == set().union(*(reasons(make(**{name: -0.01})) for name in names))


def test_a_list_over_the_limit_is_named() -> None:
    """Where several are, the limit is on all of them together."""
    codes = [{"drug_trac_codg": wire.BOX}] * 2
    bodies = (
        wire.stock("3505", drugtracinfo=codes),
        wire.question(drug_trac_info=codes),
        wire.question(feedetail=[LINE], drug_trac_info=codes[:1]),
    )

    assert [
        "drugtracinfo: expected at most 1 items, was 2",
        "drug_trac_info: expected at most 1 items, was 2",
        "drug_trac_info: expected at most 1 items, was 2",
    ] == [detail for *_, detail in route(*bodies, max_items=1).dead_letters]


WRONG: tuple[object, ...] = ([PERSON], {"a": PERSON}, PERSON * 50, 7, "")


@pytest.mark.parametrize("name", PERSONAL)
def test_no_reason_repeats_a_personal_value(name: str) -> None:
    """Not even where the wrong field is the personal one."""
    transactions = ("2102", "2401", "3505", "2601", "2101")
    more: Body = {"setl_time": PERSON, "begntime": NAME, "time": PERSON}
    bodies = [wire.message(infno, **PERSONAL | more | {name: wrong}) for infno in transactions for wrong in WRONG]
    letters = route(*bodies).dead_letters

    assert len(bodies) == len(letters)
    assert not any(value in str(letter) for letter in letters for value in PERSONAL.values())


@pytest.mark.parametrize(
    ("body", "limits", "expected"),
    [
        (wire.settlement(), {"max_bytes": 100}, {"too_large"}),
        (wire.settlement(feedetail=[LINE] * 3), {"max_items": 2}, {"too_many_items"}),
        (wire.settlement(feedetail=[LINE], drug_trac_info=[{"drug_trac_codg": wire.BOX}] * 2), {"max_items": 2}, {"too_many_items"}),
        (wire.settlement(feedetail=[LINE] * 2), {"max_items": 2}, set()),
        (wire.stock("3505", drugtracinfo=[{"drug_trac_codg": wire.BOX}] * 3), {"max_items": 2}, {"too_many_items"}),
        (wire.message("2205", mdtrt_id="V", feedetl_sn=["1"] * 3), {"max_items": 2}, {"too_many_items"}),
        (wire.message("2302", mdtrt_id="V", feedetl_sn="123"), {"max_items": 2}, set()),
        (wire.message("2203A", mdtrt_id="V", diseinfo=[{}] * 3), {"max_items": 2}, {"too_many_items"}),
        (wire.admission("V", diseinfo=[{}] * 3), {"max_items": 2}, {"too_many_items"}),
        (nested(3), {"max_depth": 3}, {"too_deep"}),
        (nested(2), {"max_depth": 3}, set()),
        (wire.settlement(fixmedins_name="[" * 50 + '\\"{'), {"max_depth": 3}, set()),
        (wire.settlement(setl_time=wire.text(MONDAY + MINUTE)), {"ahead": 0}, {"business_time_ahead"}),
    ],
)  # fmt: skip
def test_limits_are_settings(body: Body | bytes, limits: dict[str, int], expected: set[str]) -> None:
    """Each limit refuses just what exceeds it."""
    assert expected == reasons(body, **limits)


@pytest.mark.parametrize(
    "body",
    [
        wire.settlement(medfee_sumamt=-1, fund_pay_sumamt=-1, refd_setl_flag="1"),
        wire.settlement(medfee_sumamt=-1, fund_pay_sumamt=-1, refd_setl_flag=1),
        wire.settlement(medfee_sumamt=-1, init_setl_id="S0", feedetail=[LINE | {"cnt": -1}]),
        wire.fee_lines("V", [LINE | {"cnt": -1, "det_item_fee_sumamt": -20.5, "init_feedetl_sn": "1"}]),
        wire.fee_lines("V", [LINE | {"pric": -1, "inscp_scp_amt": -1, "init_feedetl_sn": "1"}]),
        wire.settlement(hifp_pay=-1, psn_cash_pay=-1, init_setl_id="S0"),
        wire.settlement(balc=-1),
        wire.stock("3502", cnt=-1, inv_cnt=-1),
        wire.settlement(med_type="991401", insutype="x", mdtrt_cert_type="zz"),
        wire.settlement(unheard_of={"a": [1]}, brdy="", age=None, feedetail=[]),
        wire.settlement(brdy="1990-01-01T00:00:00", age=0, setl_time=wire.text(MONDAY + 10 * MINUTE)),
        wire.settlement(MONDAY + DAY + 10 * MINUTE),
        wire.message("2203A", mdtrt_id="V", diseinfo=[{"diag_code": "J18"}]),
        wire.stock("3501", inv_cnt=3, invdate="2026-03-02"),
        wire.stock("3504", purc_retn_cnt=3, purc_retn_stoin_time="2026-03-02 00:00:00"),
    ],
)
def test_what_is_unusual_is_not_refused(body: Body) -> None:
    """Explained negative amounts, open enumerations, unknown fields, empty strings, the edges of the limits."""
    if body["infno"] == "3501":
        body = without(body, "cnt", "time")

    assert set() == reasons(body)


@pytest.mark.parametrize("infno", ["1101", "3103", "9001", "9001A", "x"])
def test_a_transaction_that_nothing_uses_is_skipped(infno: str) -> None:
    """It is counted, and no error, whatever its fields."""
    routed = route({"infno": infno}, {"infno": infno, "psn_no": 7})

    assert (routed.count("skipped"), routed.dead_letters, routed.entries) == (2, [], [])


def lines_at(*hours: int) -> list[Body]:
    """Lines so many hours before Monday."""
    return [wire.line(number, MONDAY - ago * HOUR) for number, ago in enumerate(hours)]


GRACE, DAYS_60 = 72, 60 * 24
LATE: list[tuple[str, Body, bool, int]] = [
    ("settled just within the grace", wire.settlement(MONDAY - GRACE * HOUR, inf_time=wire.text(MONDAY)), False, 0),
    ("settled a second earlier", wire.settlement(MONDAY - GRACE * HOUR - 1000, inf_time=wire.text(MONDAY)), True, 0),
    ("settled earlier, with a line of today",
     wire.settlement(MONDAY - 73 * HOUR, inf_time=wire.text(MONDAY), feedetail=lines_at(0)), True, 0),
    ("settled today, with a line of last week", wire.settlement(feedetail=lines_at(0, 200)), False, 1),
    ("settled today, all lines of last week", wire.settlement(feedetail=lines_at(100, 200)), False, 2),
    ("lines, one of them late", wire.fee_lines("V", lines_at(0, 73, 72)), False, 1),
    ("lines, all of them late", wire.fee_lines("V", lines_at(73, 100)), True, 0),
    ("lines of a stay, two months", wire.fee_lines("V", lines_at(DAYS_60, DAYS_60 + 1), infno="2301"), False, 1),
    ("lines of a stay, all older", wire.fee_lines("V", lines_at(DAYS_60 + 1), infno="2301"), True, 0),
    ("lines, one of them in the future", wire.fee_lines("V", [LINE, wire.line(2, MONDAY + 11 * MINUTE)]), False, 1),
    ("lines, late or in the future", wire.fee_lines("V", [*lines_at(73), wire.line(2, MONDAY + 11 * MINUTE)]), True, 0),
    ("an admission of two weeks ago", wire.admission("V", MONDAY - 15 * DAY, inf_time=wire.text(MONDAY)), False, 0),
    ("an earlier admission", wire.admission("V", MONDAY - 15 * DAY - 1000, inf_time=wire.text(MONDAY)), True, 0),
    ("a discharge of two weeks ago", wire.discharge("V", MONDAY - 15 * DAY, inf_time=wire.text(MONDAY)), False, 0),
    ("an earlier discharge", wire.discharge("V", MONDAY - 15 * DAY - 1000, inf_time=wire.text(MONDAY)), True, 0),
    ("a reversal", wire.reversal("S", MONDAY - 73 * HOUR, inf_time=wire.text(MONDAY)), True, 0),
    ("stock of two weeks ago", wire.stock("3505", MONDAY - 15 * DAY, inf_time=wire.text(MONDAY)), False, 0),
    ("earlier stock", wire.stock("3505", MONDAY - 15 * DAY - 1000, inf_time=wire.text(MONDAY)), True, 0),
    ("a registration", wire.message("2201", mdtrt_id="V", begntime=wire.text(MONDAY - 73 * HOUR)), True, 0),
    ("a question has no other time than its upload", wire.question(feedetail=lines_at(0)), False, 0),
    ("a cancel neither", wire.message("2205", mdtrt_id="V", feedetl_sn="0000"), False, 0),
    ("a diagnosis without a time", wire.message("2203", mdtrt_id="V"), False, 0),
    ("a diagnosis with one", wire.message("2203", mdtrt_id="V", begntime=wire.text(MONDAY - 73 * HOUR)), True, 0),
]  # fmt: skip


@pytest.mark.parametrize(("body", "late", "lines"), [one[1:] for one in LATE], ids=[one[0] for one in LATE])
def test_lateness_is_read_from_the_event_alone(body: Body, late: bool, lines: int) -> None:  # noqa: FBT001 - a column
    """Whatever the append time: an event is late by its business time and its own inf_time; late lines are left out."""
    for appended in (MONDAY, MONDAY + 400 * DAY):
        routed = route(body, appended=appended)
        assert ([0] if late else []) == routed.late
        assert late == (not routed.entries)
        assert (lines, []) == (routed.count("late_lines"), routed.dead_letters)


def test_late_lines_leave_no_entries() -> None:
    """The others of the message do."""
    routed = route(wire.settlement(feedetail=lines_at(0, 200)))
    [fill] = [one for one in entries_of(routed) if isinstance(one, Fill)]

    assert fill.line == "0"


SAME: list[tuple[str, Callable[[Body], Body | bytes]]] = [
    ("other spellings", lambda body: renamed(body, mdtrtarea_admvs="mdtrtarea_admdvs", psn_no="patn_id", fixmedins_code="medins_id")),
    ("other spellings of money", lambda body: renamed(body, psn_part_amt="psn_pay", psn_cash_pay="cash_payamt")),
    ("the other name of the trace codes", lambda body: renamed(body, drug_trac_info="drugtracinfo")),
    ("another order of the fields", lambda body: dict(reversed(body.items()))),
    ("unknown fields", lambda body: body | {"unheard_of": 1}),
    ("null for what is absent", lambda body: body | {"invono": None, "refd_setl_flag": None}),
    ("numbers written otherwise", lambda body: wire.raw(body).replace(b":50,", b": 5.00e1 ,").replace(b":40", b":40.000")),
    ("text written otherwise", lambda body: json.dumps(body, ensure_ascii=True, indent=1).encode()),
    ("ISO 8601 in Beijing", lambda body: body | {"setl_time": "2026-03-02T00:00:00+08:00", "inf_time": "2026-03-02T00:00:00+08:00"}),
    ("ISO 8601 in UTC", lambda body: body | {"setl_time": "2026-03-01T16:00:00Z", "inf_time": "2026-03-01T16:00:00.000Z"}),
    ("a T between date and time", lambda body: body | {"setl_time": "2026-03-02T00:00:00"}),
    ("a flag as a number", lambda body: body | {"opter_type": 1}),
]  # fmt: skip


def renamed(body: Body, **names: str) -> Body:
    """The message under other names."""
    return {names.get(name, name): value for name, value in body.items()}


@pytest.mark.parametrize("write", [one[1] for one in SAME], ids=[one[0] for one in SAME])
def test_one_message_is_one_however_it_is_written(write: Callable[[Body], Body | bytes]) -> None:
    """The identity is that of the normalised body."""
    codes = [{"drug_trac_codg": wire.BOX}]
    body = wire.settlement(fixmedins_name="示例大药房", psn_part_amt=10, psn_cash_pay=0.5, drug_trac_info=codes)

    assert identity(body) == identity(write(body))


def test_the_person_of_a_sale_has_another_spelling_too() -> None:
    """Though a sale may name none: patn_id."""
    sale = wire.stock("3505")
    ours, theirs = sale | {"psn_no": PERSON}, sale | {"patn_id": PERSON}

    assert identity(ours) == identity(theirs) == identity(ours | {"patn_id": NAME})
    assert identity(sale) != identity(theirs)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (wire.settlement(), ("feedetail", "drug_trac_info", "drugtracinfo")),
        (wire.question(), ("feedetail", "drug_trac_info")),
        (wire.message("2203A", mdtrt_id="V"), ("diseinfo",)),
        (wire.admission("V"), ("diseinfo",)),
        (wire.stock("3505"), ("drugtracinfo", "drug_trac_info")),
    ],
)
def test_null_for_a_list_is_no_list(body: Body, names: tuple[str, ...]) -> None:
    """As for every other field that may be absent; the empty list says the same."""
    for name in names:
        assert identity(body) == identity(body | {name: None}) == identity(body | {name: []})


def test_null_for_lines_that_are_required_is_refused() -> None:
    """An upload of lines without lines says nothing."""
    assert {"missing_field"} == reasons(wire.fee_lines("V", []) | {"feedetail": None})


def test_line_names_have_other_spellings_too() -> None:
    """hilist_code and bilg_dr_code."""
    ours = wire.fee_lines("V", [LINE | {"bilg_dr_codg": "D1"}])
    theirs = ours | {
        "feedetail": [renamed(LINE | {"bilg_dr_codg": "D1"}, med_list_codg="hilist_code", bilg_dr_codg="bilg_dr_code")]
    }

    assert identity(ours) == identity(theirs)


@pytest.mark.parametrize(
    "change",
    [{"msgid": "M0"}, {"medfee_sumamt": 50.01}, {"fixmedins_code": "P2"}, {"psn_no": "2"}, {"setl_time": "2026-03-02 00:00:01"},
     {"infno": "2207"}, {"fixmedins_name": "x"}],
)  # fmt: skip
def test_another_body_is_another_message(change: Body) -> None:
    """Any field that is read tells two messages apart."""
    body = wire.settlement()

    assert identity(body) != identity(body | change)


def test_a_message_becomes_records_of_its_keys_and_retractions_for_all() -> None:
    """Entries travel by (key space, key); a retraction is written once here, to every partition later."""
    codes = [{"drug_trac_codg": wire.BOX}, {"drug_trac_codg": "8123"}]
    sold = route(wire.settlement(feedetail=[LINE], drug_trac_info=codes))
    reversed_ = route(wire.reversal("S1"))
    person = Pseudonyms("key").person("1")

    keys = [f"institution:{wire.SHOP}", f"person:{person}", f"token:{wire.BOX}"]
    assert (keys, keys[:1]) == (keys_of(sold), keys_of(reversed_))
    assert [] == retractions_of(sold)
    [retraction] = retractions_of(reversed_)
    assert ([f"s:{wire.SHOP}:S1"], False, False) == (
        retraction.retraction_keys,
        retraction.final,
        retraction.earlier_only,
    )


def test_no_personal_number_goes_inside() -> None:
    """Persons and telephones are pseudonyms from the door on."""
    codes = [{"drug_trac_codg": wire.BOX}]
    bodies = [
        one | PERSONAL
        for one in (
            wire.settlement(feedetail=[LINE]), wire.admission("V"), wire.question(), wire.reversal("S"),
            wire.stock("3505", drugtracinfo=codes), wire.message_reversal("M"),
        )
    ]  # fmt: skip
    inside = route(*bodies)
    written = b"".join((key or b"") + value for key, value in inside.entries)

    assert [] == inside.dead_letters
    assert not any(value.encode() in written for value in PERSONAL.values())


SHOP = wire.SHOP
RETRACTIONS: list[tuple[str, Body, list[list[str]]]] = [
    ("reversal of a purchase", wire.reversal("S1"), [[f"s:{SHOP}:S1"]]),
    ("reversal of an outpatient", wire.reversal("S1", infno="2208"), [[f"s:{SHOP}:S1"]]),
    ("reversal of a stay", wire.reversal("S1", infno="2305"), [[f"s:{SHOP}:S1"]]),
    ("refund that names its original",
     wire.settlement(medfee_sumamt=-1, fund_pay_sumamt=-1, refd_setl_flag="1", init_setl_id="S1"), [[f"s:{SHOP}:S1"]]),
    ("refund that names none", wire.settlement(medfee_sumamt=-1, fund_pay_sumamt=-1, refd_setl_flag="1"), []),
    ("a settlement said to be taken back", wire.settlement(setl_id="S1", refd_setl_flag="1"), [[f"s:{SHOP}:S1"]]),
    ("a message", wire.message_reversal("M1"), [[f"m:{SHOP}:M1"]]),
    ("a reversal of a message, which nothing takes back", wire.message_reversal("M1", oinfno="2601"), []),
    ("a line", wire.message("2205", mdtrt_id="V", feedetl_sn="7"), [[f"l:{SHOP}:V:7"]]),
    ("lines", wire.message("2302", mdtrt_id="V", feedetl_sn=["7", "8"]), [[f"l:{SHOP}:V:7", f"l:{SHOP}:V:8"]]),
    ("a batch", wire.message("2205", mdtrt_id="V", chrg_bchno="B1"), [[f"b:{SHOP}:V:B1"]]),
    ("all lines", wire.message("2205", mdtrt_id="V", chrg_bchno="0000"), [[f"v:{SHOP}:V"]]),
    ("all lines, in a list", wire.message("2302", mdtrt_id="V", feedetl_sn=["0000"]), [[f"v:{SHOP}:V"]]),
    ("an admission", wire.message("2404", mdtrt_id="V"), [[f"a:{SHOP}:V"]]),
    ("a discharge", wire.message("2405", mdtrt_id="V"), [[f"d:{SHOP}:V"]]),
    ("a registration", wire.message("2202", mdtrt_id="V"), [[f"r:{SHOP}:V"]]),
    ("a box brought back", wire.stock("3506", drugtracinfo=[{"drug_trac_codg": wire.BOX}]), [[f"c:{SHOP}:{wire.BOX}"]]),
    ("a sale brought back", wire.stock("3506", setl_id="S1"), [[f"s:{SHOP}:S1{NARROWED_BY}{wire.RAMIPRIL}", f"s:{SHOP}:S1{NARROWED_BY}"]]),
    ("a stock report deleted", wire.deletion("N1"), [[f"k:{SHOP}:4:N1"]]),
    ("a report of unknown sort deleted", wire.deletion("N1", inv_data_type=""), [[f"k:{SHOP}:{n}:N1" for n in "1234"]]),
    ("a box returned to the supplier", wire.stock("3504", drugtracinfo=[{"drug_trac_codg": wire.BOX}]), []),
    ("a return that names a lot", wire.stock("3506", manu_lotnum="L9"), []),
    ("a sale", wire.stock("3505", setl_id="S1"), []),
    ("a settlement", wire.settlement(), []),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), [one[1:] for one in RETRACTIONS], ids=[one[0] for one in RETRACTIONS])
def test_a_retraction_names_what_it_takes_back(body: Body, expected: list[list[str]]) -> None:
    """By settlement, message, line, visit, stay or trace code."""
    assert expected == [retraction.retraction_keys for retraction in retractions_of(route(body))]


def test_a_refund_without_an_original_is_counted_and_stands_in_no_sum() -> None:
    """Nobody can say which settlement it takes back."""
    routed = route(wire.settlement(medfee_sumamt=-12.34, fund_pay_sumamt=-10, refd_setl_flag="1"))

    assert [Arrival] == [type(one) for one in entries_of(routed)]
    assert 1 == routed.count("refunds_without_original")


def test_money_is_whole_fen() -> None:
    """Also where a float lies just below."""
    amounts = [0.29, 19.99, 1.15, 1234567.89, 0.07]
    routed = route(*(wire.settlement(fund_pay_sumamt=amount, medfee_sumamt=amount) for amount in amounts))
    swipes = [one for one in entries_of(routed) if isinstance(one, Swipe)]

    assert [29, 1999, 115, 123456789, 7] == [one.total for one in swipes]


def test_a_tick_travels_as_a_record() -> None:
    """The last one of a file says so."""
    ticks = [encode_tick(HOUR), encode_tick(0, final=True)]

    assert [[Tick(HOUR)], [Tick(0, final=True)]] == [msgspec.msgpack.decode(one, type=list[Inside]) for one in ticks]


@given(st.lists(st.binary(max_size=BUNDLE // 2 + 9), max_size=9))
def test_bundles_hold_everything_in_order_and_have_an_end(contents: list[bytes]) -> None:
    """None is larger than its room, but for one that is a single value; an array of no value is never sent."""
    values = [msgspec.msgpack.encode(content) for content in contents]
    made = [msgspec.msgpack.decode(one, type=list[msgspec.Raw]) for one in bundles(values)]

    assert values == [bytes(value) for one in made for value in one]
    assert all(1 == len(one) or sum(len(bytes(value)) for value in one) <= BUNDLE for one in made)
    assert [] not in made


def test_a_key_has_one_partition() -> None:
    """The same in every process; all partitions are used."""
    used = {partition_of(record_key("person", str(number)), 8) for number in range(200)}

    assert set(range(8)) == used
    assert 1 == partition_of(record_key("person", "p_1"), 8)

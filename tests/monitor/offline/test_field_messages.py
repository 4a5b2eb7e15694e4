"""Messages as institutions' systems really send them, and what must become of each: through a whole replay."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from monitor.offline.replay import Summary, replay
from rules.catalogue import catalogue
from rules.engine.engine import Engine
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from streams.detect.detector import process
from streams.route.router import Router, bundles
from tests.oracle import wire
from tests.oracle.wire import BOX, DAY, HOSPITAL, HOUR, MINUTE, MONDAY, OTHER_SHOP, SHOP, Body

MORNING = MONDAY + 10 * HOUR
PACK = "010693123456789921AB1234567890"


def result_of(lines: Iterable[Body | bytes]) -> tuple[Summary, list[Any]]:
    """The summary of a replay of these messages, and the revisions that it wrote."""
    raw = [one if isinstance(one, bytes) else json.dumps(one, ensure_ascii=False).encode() for one in lines]
    watches = [Watch(rule()) for rule in catalogue().values()]  # type: ignore[call-arg]  # every parameter has a default
    alerts: list[Any] = []
    door = Door(Pseudonyms("key"))
    summary, _ = replay(enumerate(raw, 1), watches, Reference(), door, on_alert=lambda _, alert: alerts.append(alert))
    return summary, alerts


def header(infno: str, at: int, place: str = SHOP, **more: object) -> Body:
    """The header of a message that is not flat."""
    return {
        "infno": infno, "msgid": f"{place}{infno}{at}", "inf_time": wire.text(at), "fixmedins_code": place,
        "fixmedins_name": "示例", "mdtrtarea_admvs": "341021", "opter": "1", "opter_type": "1", "infver": "V1.0",
    } | more  # fmt: skip


def swiped(number: int, infno: str = "2102", **more: object) -> Body:
    """The settlement of one of nine persons in nine minutes."""
    at = MORNING + number * MINUTE
    ids: Body = {"psn_no": f"P{number}", "setl_id": f"S{number}", "mdtrt_id": f"V{number}", "msgid": f"M{number}"}
    # Bills of different amounts, from the same card type and place: no other sign than the number of persons.
    return wire.settlement(at, infno, **ids | {"medfee_sumamt": 50 + 7 * number, "mdtrt_cert_type": "01"} | more)


NINE = [swiped(number) for number in range(9)]
BURST = {"S01": 1, "S01-GAP": 1}


def reversal_with_reply(number: int, **reply: object) -> Body:
    """A 2103 as request and reply: the reply has a number and negative amounts of its own."""
    request: Body = {"psn_no": f"P{number}", "setl_id": f"S{number}", "mdtrt_id": f"V{number}"}
    at = MORNING + HOUR + number * MINUTE
    told: Body = {
        "setl_id": f"R{number}", "setl_time": wire.text(at), "medfee_sumamt": -50.0, "fund_pay_sumamt": -40.0,
        "psn_no": f"P{number}",
    }  # fmt: skip
    answer: Body = {"infcode": 0, "output": {"setlinfo": told}} | reply
    return header("2103", at) | {"input": {"data": request}} | answer


def sold(place: str, day: int, code: object, **more: object) -> Body:
    """One box, settled at this pharmacy on this day."""
    at = MORNING + day * DAY
    traced = [{"feedetl_sn": "1", "drug_trac_codg": code, "trdn_flag": "0", "min_prcunt_type": "1"}]
    fields: Body = {"setl_id": f"S{place}{day}", "psn_no": f"{place}{day}", "drug_trac_info": traced}
    return wire.settlement(at, fixmedins_code=place, **fields | more)


def stocked(place: str, day: int, **more: object) -> Body:
    """The same box, reported by stock."""
    return wire.stock("3505", MORNING + day * DAY, fixmedins_code=place, **more)


def stay(visit: str, begins: int, infno: str = "2401") -> Body:
    """An admission or a discharge, as request and reply; the visit of an admission stands in its reply alone."""
    person: Body = {"psn_no": "P1", "insutype": "390"}
    if infno == "2402":
        fields: Body = person | {"mdtrt_id": visit, "endtime": wire.text(begins), "dscg_way": "1", "die_date": ""}
        node, reply = "dscginfo", None
    else:
        fields = person | {"begntime": wire.text(begins), "med_type": "21", "dscg_maindiag_code": "J18.900"}
        node, reply = "mdtrtinfo", {"result": {"mdtrt_id": visit}}
    diagnosed = [{"diag_type": "1", "diag_code": "J18.900", "diag_time": wire.text(begins)[:10]}]
    inside: Body = {node: fields, "diseinfo": diagnosed}
    return header(infno, begins, HOSPITAL) | {"input": inside, "infcode": "0", "output": reply}


STAYS = [stay("V1", MORNING), stay("V1", MORNING + 5 * DAY, "2402"), stay("V2", MORNING + 8 * DAY)]
SETTLED: Body = {
    "setl_id": "400125241", "setl_time": wire.text(MORNING), "fund_pay_sumamt": "40.00", "medfee_sumamt": "50.00",
}  # fmt: skip
ASKED: Body = {"psn_no": "P1", "mdtrt_id": "V1", "med_type": "11", "medfee_sumamt": "50.00", "chrg_bchno": "C1"}
LINE: Body = wire.line("1", MORNING) | {"psn_no": "P1", "mdtrt_id": "V1", "chrg_bchno": "C1"}
ORDER: Body = {
    "rx_id": "R1", "rxno": "R1", "hilist_code": wire.RAMIPRIL, "hilist_type": "101", "cnt": "2.00", "pric": "42.25",
    "sumamt": "84.50", "drord_begn_date": wire.text(MORNING), "curr_drord_flag": "1",
}  # fmt: skip
PATIENT: Body = {
    "patn_id": "P1", "patn_name": "某甲", "brdy": "1983-02-27 00:00:00", "curr_mdtrt_id": "V9",
    "fsi_encounter_dtos": [
        {"mdtrt_id": "V8", "med_type": "11", "medfee_sumamt": "1", "fsi_order_dtos": [ORDER]},
        {"mdtrt_id": "V9", "med_type": "11", "medfee_sumamt": "84.50", "ownpay_amt": "-", "hifp_payamt": "",
         "fsi_diagnose_dtos": "", "fsi_order_dtos": [ORDER, ORDER | {"rx_id": "R0", "curr_drord_flag": "0"}]},
    ],
}  # fmt: skip
REVIEW = header("3101", MORNING, HOSPITAL) | {
    "input": {"data": {"syscode": "HIS", "trig_scen": "2", "patient_dtos": PATIENT}}
}
FEES = header("2204", MORNING, HOSPITAL) | {"input": {"feedetail": [LINE]}}
PACKS = [f"(01)06931234567899(21){one}111" for one in ("AAA", "BBB", "EEE")]
CANCEL = header("2205", MORNING + HOUR, HOSPITAL) | {
    "input": {"data": {"mdtrt_id": "V1", "psn_no": "P1", "chrg_bchno": "0000"}}, "infcode": 0,
}  # fmt: skip


def other(body: Body, **more: object) -> Body:
    """The message under another msgid."""
    return body | {"msgid": f"{body['msgid']}x"} | more


CASES: list[tuple[str, list[Body | bytes], dict[str, object]]] = [
    ("a burst", [*NINE], {"accepted": 9, "by_rule": BURST}),
    ("reversals whose payload names the other pharmacy as their sender",
     [*NINE, *(header("2103", MORNING + HOUR + n, OTHER_SHOP) | {"infcode": 0, "output": {"setlinfo": {"fixmedins_code": SHOP}},
       "input": {"data": {"psn_no": f"P{n}", "setl_id": f"S{n}", "fixmedins_code": SHOP, "medins_id": SHOP}}} for n in range(3))],
     {"by_rule": BURST, "retractions_without_target": 3}),
    ("a payload that names another transaction",
     [header("2202", MORNING) | {"infcode": 0, "input": {"data": {"psn_no": "P1", "mdtrt_id": "V1", "infno": "2404", "msgid": "X"}}},
      header("3505", MORNING) | {"input": {"selinfo": {"infno": "3506", "med_list_codg": wire.RAMIPRIL, "sel_retn_cnt": 1,
       "sel_retn_time": wire.text(MORNING), "drug_trac_codg": BOX}}}, sold(OTHER_SHOP, 2, BOX)],
     {"accepted": 3, "by_rule": {"D04": 1}, "retractions_without_target": 1}),
    ("a burst under the other ids of its transaction", [swiped(n, infno="2102A") for n in range(9)],
     {"accepted": 9, "by_rule": BURST}),
    ("a 2601 of another transaction names the msgid of all nine",
     [*(swiped(n, msgid="M") for n in range(9)), wire.message_reversal("M", MORNING + HOUR, "2401", psn_no="P1")],
     {"by_rule": BURST, "message_reversals_without_target": 1}),
    ("reversals by another pharmacy",
     [*NINE, *(wire.reversal(f"S{n}", MORNING + HOUR, fixmedins_code=OTHER_SHOP, psn_no=f"P{n}") for n in range(3))],
     {"by_rule": BURST, "retractions_without_target": 3, "without_target_by_institution": {OTHER_SHOP: 3}}),
    ("reversals for another person",
     [*NINE, *(wire.reversal(f"S{n}", MORNING + HOUR, psn_no="X") for n in range(3))],
     {"by_rule": BURST, "retractions_without_target": 3}),
    ("reversals with their replies", [*NINE, *map(reversal_with_reply, range(3))],
     {"accepted": 12, "by_rule": {}, "retractions_without_target": 0}),
    ("reversals whose replies say that they failed",
     [*NINE, *(reversal_with_reply(n, infcode=-1, output=None, err_msg="失败") for n in range(3))],
     {"accepted": 9, "failed": 3, "failed_by_infno": {"2103": 3}, "by_rule": BURST}),
    ("reversals without a reply", [*NINE, *(reversal_with_reply(n, infcode="", output={}) for n in range(3))],
     {"accepted": 9, "refused": 3, "refused_by_reason": {"no_result": 3}, "by_rule": BURST}),
    ("reversals flattened with the number of the reply",
     [*NINE, *(wire.reversal(f"R{n}", MORNING + HOUR, psn_no=f"P{n}", init_setl_id=f"S{n}") for n in range(3))],
     {"by_rule": {}, "retractions_without_target": 0}),
    ("every second swipe with blanks behind the institution",
     [one | {"fixmedins_code": f"{SHOP}  " if n % 2 else SHOP.lower()} for n, one in enumerate(NINE)], {"by_rule": BURST}),
    ("a settlement without its reply", [header("2207", MORNING, HOSPITAL) | {"input": {"data": ASKED}}],
     {"accepted": 0, "refused_by_reason": {"no_result": 1}}),
    ("the same with it",
     [header("2207", MORNING, HOSPITAL) | {"input": {"data": ASKED}, "infcode": "0", "output": {"setlinfo": SETTLED}}],
     {"accepted": 1}),
    ("an admission without its reply", [{name: value for name, value in STAYS[0].items() if name not in ("infcode", "output")}],
     {"accepted": 0, "refused_by_reason": {"no_result": 1}}),
    ("stays of which only the replies name the visit", [*STAYS], {"accepted": 3, "by_rule": {"I01": 1}}),
    ("a cancel of the visit by another person",
     [*STAYS, wire.message("2404", MORNING + 9 * DAY, mdtrt_id="V2", psn_no="X", fixmedins_code=HOSPITAL)],
     {"by_rule": {"I01": 1}, "retractions_without_target": 1}),
    ("a cancel of the visit by its owner",
     [*STAYS, wire.message("2404", MORNING + 9 * DAY, mdtrt_id="V2", psn_no="P1", fixmedins_code=HOSPITAL)],
     {"by_rule": {}, "retractions_without_target": 0}),
    ("lines that say themselves whose they are", [FEES], {"accepted": 1}),
    ("lines, a cancel of all that is not settled, lines again", [FEES, CANCEL, other(FEES, inf_time=wire.text(MORNING + 2 * HOUR))],
     {"accepted": 3, "by_rule": {}, "retractions_without_target": 0}),
    ("lines of two persons in one message",
     [header("2204", MORNING, HOSPITAL) | {"input": {"feedetail": [LINE, LINE | {"psn_no": "P2", "mdtrt_id": "V2"}]}}],
     {"accepted": 1}),
    ("lines of a stay, a cancel by list, the same lines again",
     [header("2301", MORNING, HOSPITAL) | {"input": {"feedetail": [LINE, LINE | {"feedetl_sn": "2"}]}},
      header("2302", MORNING + HOUR, HOSPITAL) | {"infcode": 0, "input": {"data": [
          {"feedetl_sn": n, "mdtrt_id": "V1", "psn_no": "P1"} for n in "12"]}},
      header("2301", MORNING + 2 * HOUR, HOSPITAL) | {"input": {"feedetail": [LINE, LINE | {"feedetl_sn": "2"}]}}],
     {"accepted": 3, "retractions_without_target": 0}),
    ("a box sold twice", [sold(SHOP, 0, BOX), sold(OTHER_SHOP, 2, BOX)], {"by_rule": {"D04": 1}}),
    ("the same setl_id at both pharmacies", [sold(SHOP, 0, BOX, setl_id="1"), sold(OTHER_SHOP, 2, BOX, setl_id="1")],
     {"by_rule": {"D04": 1}}),
    ("a reversal of one of them by a third",
     [sold(SHOP, 0, BOX), sold(OTHER_SHOP, 2, BOX), wire.reversal(f"S{SHOP}0", MORNING + DAY, fixmedins_code="P9")],
     {"by_rule": {"D04": 1}}),
    ("a blank behind the code", [sold(SHOP, 0, f"{BOX} "), sold(OTHER_SHOP, 2, f"\r{BOX}")],
     {"by_rule": {"D04": 1}, "bad_trace_codes": 0}),
    ("a GS1 code scanned and typed, from two cartons",
     [sold(SHOP, 0, f"{PACK}\x1d17171231\x1d10LOT1"), sold(OTHER_SHOP, 2, "(01)06931234567899(21)ab1234567890(10)LOT2")],
     {"by_rule": {"D04": 1}, "bad_trace_codes": 0}),
    ("several GS1 codes in one text, joined in every way",
     [sold(SHOP, 0, f"{PACKS[0]},{PACKS[1]} {PACKS[2]}"), sold(OTHER_SHOP, 2, PACKS[0]), sold(OTHER_SHOP, 3, PACKS[1]),
      sold(OTHER_SHOP, 4, "010693123456789921CCC111,010693123456789921DDD111"), sold(SHOP, 5, "(01)06931234567899(21)DDD111")],
     {"accepted": 5, "by_rule": {"D04": 3}, "bad_trace_codes": 0}),
    ("values that are no trace code", [sold(SHOP, n, code) for n, code in enumerate((0.5, False, [BOX], {"code": BOX}))],
     {"accepted": 4, "bad_trace_codes": 4}),
    ("a code of the manufacturer's own: a lead, but none of the highest",
     [sold(SHOP, 0, "ABC1234567"), sold(OTHER_SHOP, 2, "ABC1234567")], {"by_rule": {"D04": 1}}),
    ("a shop's barcode in place of the code", [sold(SHOP, 0, "6901234567892"), sold(OTHER_SHOP, 2, "6901234567892")],
     {"by_rule": {"D04-DATA": 2}, "bad_trace_codes": 2}),
    ("the item in place of the code",
     [sold(SHOP, day, wire.RAMIPRIL, feedetail=[wire.line("1", MORNING + day * DAY)]) for day in (0, 2)],
     {"by_rule": {"D04-DATA": 1}, "bad_trace_codes": 2}),
    ("no code in the list", [sold(SHOP, 0, ""), sold(SHOP, 1, "无"), sold(SHOP, 2, None)],
     {"accepted": 3, "missing_trace_codes": 3, "by_rule": {}}),
    ("text, or nothing, for the list", [sold(SHOP, 0, "", drug_trac_info=BOX), sold(OTHER_SHOP, 2, "", drug_trac_info="")],
     {"accepted": 2, "missing_trace_codes": 0, "by_rule": {}}),
    ("two sales by stock, the code beside the row", [stocked(SHOP, 0, drug_trac_codg=BOX), stocked(OTHER_SHOP, 2, drug_trac_codg=BOX)],
     {"accepted": 2, "by_rule": {"D04": 1}}),
    ("a batch of sales",
     [header("3505A", MORNING) | {"selinfoDetail": [
         {"med_list_codg": wire.RAMIPRIL, "sel_retn_cnt": 1, "sel_retn_time": wire.text(MORNING),
          "drugtracinfo": [{"drug_trac_codg": f"8123456000000000001{n}"}]} for n in range(3)]}],
     {"accepted": 1, "bad_trace_codes": 0}),
    ("stock whose reply failed at its second level",
     [header("3505", MORNING) | {"input": {"selinfo": {}}, "infcode": 0, "output": {"result": {"retRslt": "0", "msgRslt": "x"}}}],
     {"failed": 1, "failed_by_infno": {"3505": 1}}),
    ("stock that failed, with its reply flattened",
     [header("3505", MORNING) | {"med_list_codg": wire.RAMIPRIL, "sel_retn_cnt": 1, "sel_retn_time": wire.text(MORNING), "retRslt": "0",
       "drugtracinfo": [{"drug_trac_codg": BOX}]}, wire.deletion("B1", MORNING) | {"retRslt": "0"}],
     {"failed": 2, "failed_by_infno": {"3505": 1, "3507": 1}}),
    ("stock whose reply says nothing at its second level",
     [header("3505", MORNING + n) | {"infcode": 0, "output": {"result": {"retRslt": said, "msgRslt": None}}, "input": {"selinfo": {
         "med_list_codg": wire.RAMIPRIL, "sel_retn_cnt": 1, "sel_retn_time": wire.text(MORNING), "drug_trac_codg": BOX}}}
      for n, said in enumerate(("", None, "-", "1", 1))], {"failed": 0, "refused": 0}),
    ("cancels that find only what was sent after them",
     [CANCEL, FEES | {"msgid": "later", "inf_time": wire.text(MORNING + 2 * HOUR)}],
     {"accepted": 2, "retractions_without_target": 1}),
    ("a colon in every number: cancels that find something, and one that does not",
     [swiped(1, fixmedins_code="A:B", setl_id="S:1"), wire.reversal("S:1", MORNING + HOUR, fixmedins_code="A:B", psn_no="P1"),
      FEES | {"fixmedins_code": "A:B", "input": {"feedetail": [LINE | {"feedetl_sn": "1:2"}]}},
      header("2302", MORNING + HOUR, "A:B") | {"infcode": 0, "input": {"data": {"mdtrt_id": "V1", "psn_no": "P1", "feedetl_sn": "1:2"}}},
      wire.reversal("S:2", MORNING + HOUR, fixmedins_code="A:B", psn_no="P1")],
     {"accepted": 5, "retractions_without_target": 1, "without_target_by_institution": {"A:B": 1}}),
    ("nothing said of the person in a line", [FEES, FEES | {"input": {"feedetail": [LINE, LINE | {"feedetl_sn": "2", "chrg_bchno": "-"}]}}
                                             , FEES | {"input": {"feedetail": [LINE, {name: value for name, value in LINE.items()
                                             if name != "chrg_bchno"} | {"feedetl_sn": "2"}]}}], {"accepted": 2, "duplicate": 1}),
    ("a deletion that finds nothing", [wire.deletion("B1", MORNING)], {"accepted": 1, "retractions_without_target": 1}),
    ("a deletion that finds its sale", [stocked(SHOP, 0, fixmedins_bchno="B1", drug_trac_codg=BOX), wire.deletion("B1", MORNING + HOUR)],
     {"accepted": 2, "retractions_without_target": 0}),
    ("one message with nothing said in three ways",
     [swiped(1, emp_name="", gend=""), swiped(1, emp_name=None, gend=None), swiped(1)], {"accepted": 1, "duplicate": 2}),
    ("numbers as text, codes as numbers", [swiped(1, medfee_sumamt="57.00", med_type=41, opter_type=1), swiped(1, opter_type="1")],
     {"accepted": 1, "duplicate": 1}),
    ("nothing for a number", [swiped(1, psn_cash_pay="")], {"accepted": 1}),
    ("the original said to be taken back, and its negative row",
     [swiped(1, refd_setl_flag="1"), swiped(2, medfee_sumamt=-50, fund_pay_sumamt=-40, init_setl_id="S1", refd_setl_flag="1")],
     {"accepted": 2, "by_rule": {}, "refunds_without_original": 0}),
    ("a byte order mark", [b"\xef\xbb\xbf" + json.dumps(sold(SHOP, 0, BOX)).encode(), sold(OTHER_SHOP, 2, BOX)],
     {"accepted": 2, "by_rule": {"D04": 1}}),
    ("half a surrogate in a field that nobody reads", [json.dumps(swiped(1)).encode()[:-1] + rb', "psn_name": "\ud800"}'],
     {"accepted": 1}),
    ("money beyond all", [json.dumps(swiped(1)).encode().replace(b'"fund_pay_sumamt": 40', b'"fund_pay_sumamt": 1e400')],
     {"refused_by_reason": {"wrong_type": 1}}),
    ("a question before it, by request alone", [REVIEW], {"accepted": 1}),
    ("transactions that no rule uses", [header(infno, MORNING) for infno in ("2406", "2406", "9001", "3103")],
     {"skipped": 4, "skipped_by_infno": {"2406": 2, "3103": 1, "9001": 1}}),
    ("an absurd age", [swiped(1, age=850), swiped(2, brdy="1850-01-01")], {"accepted": 2, "fields_cut": {"age": 1, "brdy": 1}}),
    ("a name of five hundred characters", [swiped(1, fixmedins_name="药" * 500)], {"accepted": 1, "fields_cut": {"fixmedins_name": 1}}),
    ("times in every notation",
     [swiped(n, setl_time=time) for n, time in enumerate(
         ("2026-03-02 10:00:00.123", "2026-03-02T10:00:00", "2026/3/2 9:59:00", "20260302100000", "20260302100000123",
          20260302100000, "2026-03-02T02:00:00Z"))],
     {"accepted": 7}),
    ("times in no notation",
     [swiped(n, setl_time=time) for n, time in enumerate(("2026-W10-1", "10:00:00", "2026-03-02", "2.3.2026 10:00", "1772500000"))],
     {"refused_by_reason": {"bad_time": 5}}),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_what_the_field_sends_is_understood(lines: list[Body | bytes], expected: dict[str, object]) -> None:
    """Or told what is wrong with it: nothing is silent."""
    summary, _ = result_of(lines)
    found = summary.contract()

    assert expected == {name: found[name] for name in expected}
    parts = ("accepted", "duplicate", "skipped", "failed", "refused", "late")
    assert summary.read == sum(int(str(found[name])) for name in parts)


def test_a_review_is_one_question_about_the_orders_of_now() -> None:
    """Of the current visit; what was ordered before is no part of it."""
    [event] = Door(Pseudonyms("key")).open(json.dumps(REVIEW).encode(), MORNING).events
    [reminder] = _reminders([REVIEW])

    assert [("R1", 2.0, wire.RAMIPRIL)] == [(one.line, one.count, one.item) for one in event.body.lines]  # type: ignore[attr-defined]
    assert ("V9", HOSPITAL) == (reminder["mdtrt_id"], reminder["fixmedins_code"])


def _reminders(lines: list[Body]) -> list[dict[str, Any]]:
    """What institutions are told."""
    router, engine = Router(Door(Pseudonyms("key")), of_file=True), Engine([], Reference(), LEDGERS)
    routed = router.route([(json.dumps(line).encode(), MORNING) for line in lines])
    outcome = process(engine, [(one, MORNING) for one in bundles(value for _, value in routed.entries)])
    return [json.loads(one.value) for one in outcome.reminders]


@pytest.mark.parametrize(
    "name", ["示例\x1b[2J\x1b]0;x\x07店\n伪造行 critical S01\u202e", "a\u2066b\u2069\u200fc\x9b31m"]
)
def test_no_control_character_of_a_name_stands_in_a_sentence(name: str) -> None:
    """Nor one that turns the order of letters around."""
    _, alerts = result_of([one | {"fixmedins_name": name} for one in NINE])
    texts = [text for alert in alerts for text in (alert.text.zh, alert.text.en, alert.fixmedins_name)]

    assert texts
    assert [] == [text for text in texts if not text.isprintable()]


def test_a_code_of_the_manufacturer_s_own_is_a_warning() -> None:
    """However many sold it, for however long."""
    _, alerts = result_of([sold(f"P{n}", n, "ABC1234567") for n in range(4)])

    assert {"warning"} == {alert.severity for alert in alerts}

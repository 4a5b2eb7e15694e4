"""The forms of the simulated traffic: each message means the same flat, with its reply, and as any system sends it.

`read` is the slow and obvious twin: it reads a message in every form and notation back to one plain content.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any, Literal

import orjson
import pytest

from monitor.simulate import Simulation
from monitor.simulate.exchange import EXCHANGES, in_form
from monitor.simulate.variants import varied
from rules.wire.forms import TRANSACTIONS

Event = dict[str, Any]
Form = Literal["flat", "reply", "mixed"]
COUNTY: Event = {"seed": 1, "persons": 4_000, "days": 26}
"""A county in which every transaction and every variant occurs within 26 days."""
BYTES = "1da4fee3008764208eff3cc7d611ddc221aa3d55abebe04dd8eb74cc4fd8bf83"
"""SHA-256 of the flat traffic of one seed, as it was before there were other forms."""
HEADER = {
    "msgid", "infno", "inf_time", "fixmedins_code", "fixmedins_name", "insuplc_admdvs", "mdtrtarea_admvs", "opter",
    "opter_type", "dev_no",
}  # fmt: skip
UNREAD = {
    "infver", "recer_sys_code", "opter_name", "sign_no", "dev_safe_info", "cainfo", "signtype",
    "infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg",
    "psn_name", "certno", "cvlserv_pay", "hosp_part_amt", "clr_way",
}  # fmt: skip
"""Fields that the contract does not name; the reply's time is named, but is no content."""
NAMES = {
    "bilg_dr_code": "bilg_dr_codg", "psn_pay": "psn_part_amt", "cash_payamt": "psn_cash_pay",
    "mdtrtarea_admdvs": "mdtrtarea_admvs", "hilist_code": "med_list_codg", "patn_id": "psn_no",
    "medins_id": "fixmedins_code", "drugtracinfo": "drug_trac_info", "drugdetail": "feedetail",
    "rx_id": "feedetl_sn", "sumamt": "det_item_fee_sumamt", "drord_begn_date": "fee_ocur_time",
    "drord_dr_codg": "bilg_dr_codg", "drord_dept_codg": "bilg_dept_codg", "hilist_type": "list_type",
}  # fmt: skip
LISTS = ("feedetail", "drug_trac_info", "diseinfo")
BATCHES = ("selinfoDetail", "purcinfoDetail", "goodDetail")
QUESTIONS = ("2101", "2206", "2303")
REVERSALS = ("2103", "2208", "2305")
SETTLEMENTS = ("2102", "2207", "2304")
ALONE = {*QUESTIONS, "3101", "2203", "2204", "2301", "2402", "3505", "3506", "3507"}
"""Transactions of the traffic of which the request says all."""


@cache
def simulated(form: Form = "flat", *, by_batch: bool = False) -> list[Event]:
    """The bodies of all events, in this form."""
    return [body for _, body in Simulation(**COUNTY, form=form, by_batch=by_batch).events()]


@cache
def flat() -> list[Event]:
    """The traffic with and without numbered batches, so that every transaction and every cancel is there."""
    return [*simulated(), *simulated(by_batch=True)]


@cache
def mixed() -> list[tuple[Event, Event]]:
    """Every flat body with two of its variants."""
    rng = Random(5)
    return [(body, varied(body, rng)) for body in [*flat(), *flat()]]


def named(bodies: Iterable[Event]) -> Iterator[tuple[str, object]]:
    """Every field of every body and of its parts, with its value."""
    for body in bodies:
        for name, value in body.items():
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                if isinstance(part, dict):
                    yield from named([part])
                else:
                    yield name, part


@cache
def names_of(kind: str) -> set[str]:
    """Fields that hold numbers, times or days, as the flat traffic has them."""
    if kind == "number":
        return {name for name, value in named(flat()) if isinstance(value, int | float)}
    pattern = {"time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "day": r"\d{4}-\d\d-\d\d"}[kind]
    return {name for name, value in named(flat()) if isinstance(value, str) and re.fullmatch(pattern, value)}


def moment(text: str) -> tuple[int, ...]:
    """Year to second of a time in any shape."""
    if text.isdigit():
        return tuple(int(text[start:end]) for start, end in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14)))
    numbers = re.split(r"[-/ :T.]", text.removesuffix("+08:00"))
    return tuple(int(one) for one in numbers[:6])


def plain(name: str, value: object) -> object:
    """One field in one notation; None where it says nothing."""
    if isinstance(value, bool):
        return str(int(value))
    text = "" if value is None else str(value).strip()
    if text in ("", "-"):
        return None
    if name in names_of("number"):
        return float(text)
    if name in names_of("time"):
        return moment(text)
    if name in names_of("day"):
        return moment(text)[:3]
    return text.upper() if name in ("fixmedins_code", "med_list_codg") else text


def cleaned(message: Event) -> Event:
    """A message under the interface's names and in one notation, without what says nothing."""
    parts = ((NAMES.get(name, name), value) for name, value in message.items())
    found = {name: _cleaned(name, value) for name, value in parts if name not in UNREAD}
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _cleaned(name: str, value: object) -> object:
    if isinstance(value, dict):
        return cleaned(value)
    if isinstance(value, list):
        return [_cleaned(name, part) for part in value]
    return plain(name, value)


def read(message: Event) -> Event:
    """The content of a message, flat."""
    clean = cleaned(message)
    asked, told = clean.pop("input", None), clean.pop("output", {})
    infno = clean["infno"] = clean["infno"].removesuffix("A")
    for node, value in (asked or {}).items():
        _lay(clean, node, value)
    for node in BATCHES:
        for row in clean.pop(node, ()):
            clean.update(row)
    if asked and infno == "3101":
        _lay_review(clean)
    if asked and infno not in ALONE:
        _lay_reply(clean, infno, told)
    if infno in REVERSALS and "init_setl_id" in clean:
        clean["setl_id"] = clean.pop("init_setl_id")
    _lift_from_lines(clean)
    _read_codes(clean)
    if "feedetl_sn" in clean and not isinstance(clean["feedetl_sn"], list):
        clean["feedetl_sn"] = [clean["feedetl_sn"]]
    return clean


def _lay(clean: Event, node: str, value: Event | list[Event]) -> None:
    if node in (*LISTS, *BATCHES):
        clean[node] = value
    elif isinstance(value, dict):
        clean.update(value)
    else:  # data of a cancel, an entry for each line
        clean.update(value[0])
        clean["feedetl_sn"] = [entry["feedetl_sn"] for entry in value]


def _lay_review(clean: Event) -> None:
    del clean["syscode"]
    patients = clean.pop("patient_dtos")
    patient = patients if isinstance(patients, dict) else patients[0]
    (visit,) = (one for one in patient["fsi_encounter_dtos"] if one["mdtrt_id"] == patient["curr_mdtrt_id"])
    orders = visit.pop("fsi_order_dtos")
    assert all(order.pop("curr_drord_flag") == "1" for order in orders)
    clean.update(visit, psn_no=patient["psn_no"], feedetail=orders)


def _lay_reply(clean: Event, infno: str, told: Event) -> None:
    if infno in REVERSALS:
        clean["setl_time"] = told["setlinfo"]["setl_time"]
    elif infno in SETTLEMENTS:
        clean.update(told["setlinfo"])
    elif infno in ("2201", "2401"):
        clean.update(told.get("data") or told["result"])


def _lift_from_lines(clean: Event) -> None:
    for line in clean.get("feedetail", ()) if clean["infno"] in ("2204", "2301") else ():
        for name in ("psn_no", "mdtrt_id", "med_type"):
            if name in line:
                clean[name] = line.pop(name)


def _read_codes(clean: Event) -> None:
    """Trace codes as a list of objects; one of stock is split where its row is."""
    codes = clean.pop("drug_trac_info", clean.pop("drug_trac_codg", []))
    if isinstance(codes, str):
        codes = re.split("[,; ]", codes)
    codes = [codes] if isinstance(codes, dict) else codes
    objects = [code if isinstance(code, dict) else {"drug_trac_codg": code} for code in codes]
    if clean["infno"].startswith("35"):
        objects = [{"trdn_flag": clean["trdn_flag"], **code} for code in objects]
    if objects:
        clean["drug_trac_info"] = objects


def in_reply() -> list[tuple[Event, Event]]:
    """Every flat body with its request and reply."""
    return [(body, in_form(body, "reply")) for body in flat()]


def test_the_table_has_every_transaction() -> None:
    """Whatever the door reads can be written in all forms."""
    assert TRANSACTIONS.keys() <= EXCHANGES.keys()


def test_flat_is_what_it_always_was() -> None:
    """The bytes of a seed do not change with the forms."""
    simulation = Simulation(seed=9, persons=400, days=6, frauds=False)
    written = b"".join(orjson.dumps(body) for _, body in simulation.events())

    assert BYTES == sha256(written).hexdigest()


@pytest.mark.parametrize("form", ["reply", "mixed"])
def test_the_same_seed_gives_the_same_bytes_in_every_form(form: Form) -> None:
    """Also a mix is repeatable, and another seed gives another one."""
    once, again, other = (
        [orjson.dumps(body) for _, body in Simulation(seed, 400, 4, form=form).events()] for seed in (9, 9, 10)
    )

    assert once == again
    assert once != other


@pytest.mark.parametrize("form", [pytest.param("reply", marks=pytest.mark.long), "mixed"])
def test_the_traffic_is_the_same_in_every_form(form: Form) -> None:
    """As many messages, of the same content, in the same order."""
    assert [read(body) for body in simulated()] == [read(body) for body in simulated(form)]


def test_a_request_with_its_reply_says_what_the_flat_message_says() -> None:
    """Nothing that is named is lost, and nothing that is named is added."""
    for body, message in in_reply():
        assert read(body) == read(message)


@pytest.mark.long
def test_a_variant_says_what_the_flat_message_says() -> None:
    """Whatever the form and the notation."""
    for body, message in mixed():
        assert read(body) == read(message)


def test_every_transaction_occurs() -> None:
    """The traffic has all transactions that the simulation knows."""
    expected = {
        "2101", "2102", "2103", "2201", "2203A", "2204", "2205", "2206", "2207", "2208", "2301", "2302", "2303",
        "2304", "2305", "2401", "2402", "2404", "2405", "2601", "3101", "3505", "3506", "3507",
    }  # fmt: skip

    assert expected == {body["infno"] for body in flat()}


def test_only_the_header_stands_beside_the_nodes() -> None:
    """Payload stands in nodes, and person, visit and batch of fee lines in every line."""
    for body, message in in_reply():
        lines = message["input"].get("feedetail", ())

        assert message.keys() <= HEADER | UNREAD | {"input", "output"}
        assert all(line["psn_no"] == body["psn_no"] and line["mdtrt_id"] == body["mdtrt_id"] for line in lines)


def test_the_result_of_a_settlement_stands_only_in_its_reply() -> None:
    """Number, time, shares and balance; at a pharmacy the visit too."""
    result = {"setl_id", "setl_time", "fund_pay_sumamt", "hifp_pay", "psn_cash_pay", "balc", "gend", "refd_setl_flag"}
    settled = [message for _, message in in_reply() if message["infno"] in SETTLEMENTS]
    at_pharmacies = [message["input"]["druginfo"] for message in settled if message["infno"] == "2102"]

    assert settled
    assert not any(result & dict(named([message["input"]])).keys() for message in settled)
    assert all(result - {"balc"} <= message["output"]["setlinfo"].keys() for message in settled)
    assert not any("mdtrt_id" in node for node in at_pharmacies)


def test_a_number_of_a_visit_is_given_in_the_reply() -> None:
    """Registration and admission ask without it."""
    messages = [message for _, message in in_reply() if message["infno"] in ("2201", "2401")]

    assert {message["infno"] for message in messages} == {"2201", "2401"}
    assert not any("mdtrt_id" in dict(named([message["input"]])) for message in messages)


def test_a_reversal_is_answered_under_a_number_of_its_own() -> None:
    """The request names the settlement and has no time; the reply has negative amounts."""
    reversals = [message for _, message in in_reply() if message["infno"] in REVERSALS]

    assert {message["infno"] for message in reversals} == set(REVERSALS)
    for message in reversals:
        asked, told = message["input"]["data"], message["output"]["setlinfo"]

        assert {"psn_no", "setl_id", "mdtrt_id"} == asked.keys()
        assert asked["setl_id"] != told["setl_id"]
        assert told["medfee_sumamt"] < 0


def test_a_reply_to_a_question_adds_nothing() -> None:
    """It repeats what was asked."""
    for body, message in in_reply():
        if body["infno"] in QUESTIONS:
            assert cleaned(message["output"]["setlinfo"]).items() <= cleaned(body).items()


def test_limits_join_the_lines_and_limit_nothing() -> None:
    """One for each line of 2204 and 2301, with all of it in scope where the line does not say how much is."""
    for body, message in in_reply():
        if body["infno"] in ("2204", "2301"):
            limits = message["output"]["result"]
            lines = body["feedetail"]

            assert [line["feedetl_sn"] for line in lines] == [limit["feedetl_sn"] for limit in limits]
            in_scope = [line.get("inscp_scp_amt", line["det_item_fee_sumamt"]) for line in lines]
            assert in_scope == [limit["inscp_scp_amt"] for limit in limits]
            assert [line["med_chrgitm_type"] for line in lines] == [limit["med_chrgitm_type"] for limit in limits]


def test_stock_has_two_levels_of_success() -> None:
    """That of the exchange and that of the stock: infcode and retRslt."""
    for body, message in in_reply():
        if body["infno"].startswith("35"):
            assert (0, "1") == (message["infcode"], message["output"]["result"]["retRslt"])


def test_replies_of_one_second_are_ordered_by_msgid_as_before() -> None:
    """The moment of a reply follows from inf_time, so it never decides against msgid."""
    times = {(message["inf_time"], message["refmsg_time"]) for _, message in in_reply()}

    assert len({inf_time for inf_time, _ in times}) == len(times)
    assert all(re.fullmatch(r"\d{17}", replied) for _, replied in times)


@pytest.mark.long
def test_an_institution_states_the_moment_of_replies_always_or_never() -> None:
    """Of two messages of one second either both or none are ordered by it."""
    stating = {body["fixmedins_code"] for body, message in mixed() if message.get("refmsg_time")}
    silent = {body["fixmedins_code"] for body, message in mixed() if not message.get("refmsg_time")}

    assert not stating & silent
    assert {"P", "H"} == {code[0] for code in stating} == {code[0] for code in silent}


def test_a_request_stands_alone_only_where_it_needs_no_reply() -> None:
    """Questions, lines, diagnoses, discharges and stock."""
    requests = [body["infno"] for body, message in mixed() if "input" in message and "infcode" not in message]

    assert ALONE == {infno.removesuffix("A") for infno in requests}


def test_a_message_that_comes_twice_may_come_in_two_forms() -> None:
    """The repeats of the traffic are written anew, and say the same."""
    by_content: dict[bytes, set[bytes]] = {}
    for body, written in zip(simulated(), simulated("mixed"), strict=True):
        by_content.setdefault(orjson.dumps(body), set()).add(orjson.dumps(written))

    assert len(by_content) < len(simulated())
    assert any(len(written) == 2 for written in by_content.values())


def test_a_reversal_may_keep_the_number_of_its_reply() -> None:
    """Flat, with the settlement that it takes back in init_setl_id."""
    kept = [(body, one) for body, one in mixed() if body["infno"] in REVERSALS and "init_setl_id" in one]

    assert kept
    assert all(one["init_setl_id"].strip() == body["setl_id"] for body, one in kept)


@pytest.mark.parametrize(
    "pattern",
    [
        *(f'"infno":"{infno}A"' for infno in ("2101", "2102", "2103", "2203", "2204", "2206", "2207", "2208")),
        *(f'"infno":"{infno}A"' for infno in ("2301", "2303", "2304", "2305", "2401", "3505", "3506")),
        '"infno":"2203"',
        *(f'"{node}":\\[' for node in ("selinfoDetail", "goodDetail")),
        r'"medfee_sumamt":"-?\d+\.\d\d"',
        r'"cnt":"1\.0000"',
        r'"pric":\d+[,}]',
        '"med_type":11[,}]',
        '"trdn_flag":(true|false)',
        '"mdtrtarea_admvs":341021',
        r'"psn_no":"\d+ +"',
        r'"drug_trac_codg":"\d{20}\\r"',
        r'"setl_id":"\w+\\t"',
        *(f'"emp_name":{empty}' for empty in ('""', "null", '"-"')),
        *(f'"drug_trac_info":{empty}' for empty in ('""', "null", r"\[\]")),
        r'"setl_time":"\d{14}"',
        r'"setl_time":"\d{17}"',
        r'"setl_time":"2025/9/\d+ \d+:\d\d:\d\d"',
        r'"setl_time":"[-\d]+T[:\d]+"',
        r'"setl_time":"[-\d]+T[:\d]+\+08:00"',
        r'"setl_time":"[-\d]+ [:\d]+\.000"',
        r'"brdy":"[-\d]+ 00:00:00"',
        r'"drug_trac_info":\{',
        r'"drugtracinfo":\{',
        r'"drugtracinfo":\["',
        r'"drugtracinfo":"\d{20}"',
        r'"drugtracinfo":"\d{20}[,; ]\d',
        r'"trdn_flag":\S+,"drug_trac_codg":"\d{20}"}',
        '"fixmedins_code":"p',
        '"med_list_codg":"x',
        *(f'"{name}":' for name in ("bilg_dr_code", "cash_payamt", "mdtrtarea_admdvs", "hilist_code", "medins_id")),
        '"infno":"22.*"patn_id":',
        '"infno":"35.*"drug_trac_info":',
        '"infno":"22.*"drugtracinfo":',
        '"infno":"2201".*"output":{"data"',
        '"infno":"2201".*"output":{"result"',
        '"infno":"2201".*"infcode":"0"',
        *(f'"output":{empty}' for empty in ("null", r"\{\}", '""', r"\[\]")),
        '"retRslt":1',
        *(f'"refmsg_time":{empty}' for empty in ('""', "null")),
        '"patient_dtos":\\[',
        '"patient_dtos":{',
        '"fsi_encounter_dtos":\\[{[^]]*"fsi_order_dtos":"".*curr_drord_flag',
        '^{(?!.*"input":).*"feedetail":.*"psn_no"',
        '^{(?!.*"input":)',
    ],
)
def test_every_variant_occurs(pattern: str) -> None:
    """Each of them at least once in the mix."""
    assert any(re.search(pattern, line) for line in lines_of_the_mix())


@cache
def lines_of_the_mix() -> list[str]:
    """The mix as text."""
    return [orjson.dumps(message).decode() for _, message in mixed()]


def test_batches_are_cancelled_by_number_where_they_have_one() -> None:
    """2205 names a batch of lines, or all of the visit; 2302 names several lines; 3507 names a reported row."""
    bodies = simulated(by_batch=True)
    charged = {line["chrg_bchno"] for body in bodies for line in body.get("feedetail", ()) if "chrg_bchno" in line}
    cancelled = {body["chrg_bchno"] for body in bodies if body["infno"] == "2205"}
    reported = {body["fixmedins_bchno"]: body["inf_time"] for body in bodies if body["infno"] == "3505"}
    deleted = {body["fixmedins_bchno"]: body["inf_time"] for body in bodies if body["infno"] == "3507"}

    assert "0000" in cancelled
    assert len(cancelled) > 1
    assert cancelled - {"0000"} <= charged
    assert any(len(body["feedetl_sn"]) > 1 for body in bodies if body["infno"] == "2302")
    assert deleted
    assert all(reported[number] < moment for number, moment in deleted.items())

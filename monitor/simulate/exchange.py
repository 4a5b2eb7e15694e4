"""One message in each form that the contract allows: flat, as a request, and as a request with its reply.

A flat message goes in. A table says which nodes each transaction has, and which fields only the reply states. What
the contract names is neither lost nor added on the way, so the message means the same in each form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .forms import Wire

Form = Literal["flat", "reply", "request"]
"""flat: no nodes; request: what the institution sent; reply: the request with the reply beside it."""
HEADER = (
    "infno",
    "msgid",
    "inf_time",
    "fixmedins_code",
    "fixmedins_name",
    "insuplc_admdvs",
    "mdtrtarea_admvs",
    "opter",
    "opter_type",
    "dev_no",
)
"""What stands beside `input` in a request. All other fields of a flat message are payload."""
_REST_OF_HEADER: Wire = {
    "infver": "V1.0",
    "recer_sys_code": "YBXT",
    "opter_name": "",
    "sign_no": "651918",
    "dev_safe_info": "",
    "cainfo": "",
    "signtype": "",
}
"""Fields of the header that nobody reads; the figures are invented."""

_BESIDE = ("feedetail", "drug_trac_info", "diseinfo", "warns")
"""Lists with a node of their own, beside the node of the fields."""
_NAMED_APART = {"druginfo": {"feedetail": "drugdetail"}}
"""Node of the fields -> lists that have another name beside it."""
_OF_ORDERS = {
    "feedetl_sn": "rx_id",
    "med_list_codg": "hilist_code",
    "det_item_fee_sumamt": "sumamt",
    "fee_ocur_time": "drord_begn_date",
    "bilg_dr_codg": "drord_dr_codg",
    "bilg_dept_codg": "drord_dept_codg",
    "list_type": "hilist_type",
}
"""Field of a fee line -> its name in an order of 3101 and 3102; the other fields keep their names."""

_RESULT = frozenset(
    {
        "setl_id",
        "setl_time",
        "fund_pay_sumamt",
        "hifp_pay",
        "acct_pay",
        "maf_pay",
        "psn_part_amt",
        "psn_cash_pay",
        "acct_mulaid_pay",
        "balc",
        "psn_type",
        "gend",
        "brdy",
        "age",
        "emp_name",
        "setl_type",
        "refd_setl_flag",
        "init_setl_id",
    }
)
"""What only the reply states of a settlement."""
_ONLY_ASKED = frozenset({*_BESIDE, "invono", "mid_setl_flag", "dscg_time", "chrg_bchno"})
"""What only the request states of a settlement; all other fields stand in both."""
_NO_LIMIT = 999_999.0
"""pric_uplmt_amt of an item without a price limit."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """How one transaction is asked and answered.

    node: of `input`, holds the payload. ask: makes `input`; answer: makes `output`, None = there is none; both
    from the payload. answered: fields that only the reply states. alone: whether the request needs no reply.
    """

    node: str
    ask: Callable[[Wire, Exchange], Wire]
    answer: Callable[[Wire], Wire | None]
    answered: frozenset[str] = frozenset()
    alone: bool = False


def in_form(body: Wire, form: Form) -> Wire:
    """A flat message in this form. A request is made of every transaction, also where it needs a reply."""
    if form == "flat":
        return dict(body)
    exchange = exchange_of(body)
    header = {name: body[name] for name in HEADER if name in body}
    payload = {name: value for name, value in body.items() if name not in HEADER}
    asked = {**header, **_REST_OF_HEADER, "input": exchange.ask(payload, exchange)}
    if form == "request":
        return asked
    return {**asked, **_answered_at(body), "output": exchange.answer(payload)}


def exchange_of(body: Wire) -> Exchange:
    """How the transaction of a message is asked and answered; one ending in A as the plain one."""
    return EXCHANGES[str(body["infno"]).removesuffix("A")]


def _answered_at(body: Wire) -> Wire:
    """The header of the reply. Replies come in the order of inf_time; where it is equal, msgid decides as ever."""
    moment = "".join(one for one in str(body["inf_time"]) if one.isdigit())[:14]
    return {
        "infcode": 0,
        "inf_refmsgid": f"{body.get('mdtrtarea_admvs', '')}{moment}",
        "refmsg_time": f"{moment}297",
        "respond_time": f"{moment}982",
        "err_msg": None,
    }


def _in_node(payload: Wire, exchange: Exchange) -> Wire:
    """The fields in one node, and the lists beside it."""
    apart = _NAMED_APART.get(exchange.node, {})
    left_out = {*_BESIDE, *exchange.answered}
    fields = {name: value for name, value in payload.items() if name not in left_out}
    lists = {apart.get(name, name): payload[name] for name in _BESIDE if name in payload}
    return {exchange.node: fields, **lists}


def _in_lines(payload: Wire, exchange: Exchange) -> Wire:
    """Fee lines: person, visit and kind of visit stand in every line."""
    common = {name: value for name, value in payload.items() if name != "feedetail"}
    return {exchange.node: [{**line, **common} for line in payload["feedetail"]]}


def _named_lines(payload: Wire, exchange: Exchange) -> Wire:
    """A cancel: one entry for each line that it names, or one node where it names a batch."""
    if "feedetl_sn" not in payload:
        return _in_node(payload, exchange)
    named = payload["feedetl_sn"]
    lines = named if isinstance(named, list) else [named]
    return {exchange.node: [{**payload, "feedetl_sn": line} for line in lines]}


def _reviewed(payload: Wire, exchange: Exchange) -> Wire:
    """3101 and 3102: a patient with one visit, which holds the orders."""
    visit = {name: value for name, value in payload.items() if name not in ("psn_no", "trig_scen", "feedetail")}
    visit["fsi_diagnose_dtos"] = ""
    visit["fsi_order_dtos"] = [_order(line) for line in payload.get("feedetail", ())]
    visit["fsi_operation_dtos"] = ""
    patient: Wire = {"patn_id": payload["psn_no"], "patn_name": "", "curr_mdtrt_id": payload.get("mdtrt_id", "")}
    patient["fsi_encounter_dtos"] = [visit]
    scene = {name: payload[name] for name in ("trig_scen",) if name in payload}
    data: Wire = {"syscode": "HIS", "task_id": "", "rule_ids": "", **scene, "patient_dtos": [patient]}
    return {exchange.node: data}


def _order(line: Wire) -> Wire:
    named = {_OF_ORDERS.get(name, name): value for name, value in line.items()}
    return {**named, "curr_drord_flag": "1"}


def _nothing(_payload: Wire) -> None:
    """No output: that the request was done is all that the reply says."""


def _visit_in_data(payload: Wire) -> Wire:
    return {"data": {"mdtrt_id": payload["mdtrt_id"]}}


def _visit_in_result(payload: Wire) -> Wire:
    return {"result": {"mdtrt_id": payload["mdtrt_id"]}}


def _priced(payload: Wire) -> Wire:
    """The limits of each fee line: all of it is in scope, and no price is limited, unless the line says so."""
    return {"result": [_limits(line) for line in payload["feedetail"]]}


def _limits(line: Wire) -> Wire:
    return {
        **_repeated(line),
        "inscp_scp_amt": line.get("inscp_scp_amt", line["det_item_fee_sumamt"]),
        "pric_uplmt_amt": line.get("pric_uplmt_amt", _NO_LIMIT),
    }


def _repeated(line: Wire) -> Wire:
    """A fee line in a reply, with what its request says already and with what nobody reads."""
    same = ("feedetl_sn", "det_item_fee_sumamt", "cnt", "pric", "med_chrgitm_type")
    return {**{name: line[name] for name in same if name in line}, "selfpay_prop": 0.0, "overlmt_amt": 0.0, "memo": ""}


def _settled(payload: Wire) -> Wire:
    """The result of a settlement."""
    return {
        **_quoted(payload),
        "setldetail": [{"fund_pay_type": "310100", "fund_payamt": payload["fund_pay_sumamt"], "setl_proc_info": None}],
        "detlcutinfo": [_repeated(line) for line in payload.get("feedetail", ())],
    }


def _quoted(payload: Wire) -> Wire:
    """What a settlement would be: the fields that request and reply both state."""
    stated = {name: value for name, value in payload.items() if name not in _ONLY_ASKED}
    unread: Wire = {"psn_name": "", "certno": "", "cvlserv_pay": 0, "hosp_part_amt": 0, "clr_way": "1"}
    return {"setlinfo": {**stated, **unread}}


def _taken_back(payload: Wire) -> Wire:
    """What a reversal gives back, under a number of its own. The amounts are invented: nobody reads them."""
    named = {name: payload[name] for name in ("psn_no", "mdtrt_id", "setl_time") if name in payload}
    amounts = {"medfee_sumamt": -20.0, "fund_pay_sumamt": -10.0, "psn_pay": -10.0, "cash_payamt": -10.0}
    return {"setlinfo": {"setl_id": reversal_number(payload["setl_id"]), **named, **amounts}}


def reversal_number(settlement: str) -> str:
    """The setl_id that the reply to a reversal has of its own.

    >>> reversal_number("341021S0000000000017")
    'R341021S0000000000017'
    """
    return f"R{settlement}"


def _stocked(_payload: Wire) -> Wire:
    """The second level of success."""
    return {"result": {"retRslt": "1", "msgRslt": "成功"}}


def _remarks(_payload: Wire) -> Wire:
    """A review that objects to nothing."""
    return {"result": []}


_VISIT = frozenset({"mdtrt_id"})
_TIME = frozenset({"setl_time"})
EXCHANGES: dict[str, Exchange] = {
    "2101": Exchange("druginfo", _in_node, _quoted, alone=True),
    "2102": Exchange("druginfo", _in_node, _settled, _RESULT | _VISIT),
    "2103": Exchange("data", _in_node, _taken_back, _TIME),
    "2201": Exchange("data", _in_node, _visit_in_data, _VISIT),
    "2202": Exchange("data", _in_node, _nothing),
    "2203": Exchange("mdtrtinfo", _in_node, _nothing, alone=True),
    "2204": Exchange("feedetail", _in_lines, _priced, alone=True),
    "2205": Exchange("data", _named_lines, _nothing),
    "2206": Exchange("data", _in_node, _quoted, alone=True),
    "2207": Exchange("data", _in_node, _settled, _RESULT),
    "2208": Exchange("data", _in_node, _taken_back, _TIME),
    "2301": Exchange("feedetail", _in_lines, _priced, alone=True),
    "2302": Exchange("data", _named_lines, _nothing),
    "2303": Exchange("data", _in_node, _quoted, alone=True),
    "2304": Exchange("data", _in_node, _settled, _RESULT),
    "2305": Exchange("data", _in_node, _taken_back, _TIME),
    "2401": Exchange("mdtrtinfo", _in_node, _visit_in_result, _VISIT),
    "2402": Exchange("dscginfo", _in_node, _nothing, alone=True),
    "2404": Exchange("data", _in_node, _nothing),
    "2405": Exchange("data", _in_node, _nothing),
    "2601": Exchange("data", _in_node, _nothing),
    "3101": Exchange("data", _reviewed, _remarks, alone=True),
    "3102": Exchange("data", _reviewed, _remarks, alone=True),
    "3103": Exchange("data", _in_node, _nothing, alone=True),
    "3501": Exchange("invinfo", _in_node, _stocked, alone=True),
    "3502": Exchange("invinfo", _in_node, _stocked, alone=True),
    "3503": Exchange("purcinfo", _in_node, _stocked, alone=True),
    "3504": Exchange("purcinfo", _in_node, _stocked, alone=True),
    "3505": Exchange("selinfo", _in_node, _stocked, alone=True),
    "3506": Exchange("selinfo", _in_node, _stocked, alone=True),
    "3507": Exchange("data", _in_node, _stocked, alone=True),
}
"""Transaction -> how it is asked and answered. One ending in A is the plain one."""

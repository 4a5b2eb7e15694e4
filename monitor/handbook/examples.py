"""Small examples of every transaction, in every form; docs/messages.md shows them and a test opens them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from monitor.simulate.exchange import Form, in_form
from rules.wire.forms import TRANSACTIONS, plain

Wire = dict[str, Any]

_PERSON = "34102199000000101234"
_SOON = "2026-03-05 10:00:05"
_AT = "2026-03-05 10:00:00"
_WIDTH = 108
"""Characters of a line of an example."""


class Example(NamedTuple):
    """One message in one form. infno: as sent."""

    infno: str
    form: Form
    message: Wire


def _of(infno: str, place: str, **fields: Any) -> Wire:  # noqa: ANN401 - a field holds any JSON value
    """A flat message; the last four digits of its msgid are the transaction."""
    header = {"infno": infno, "msgid": f"{place}20260305100000{infno[:4]}", "inf_time": _SOON}
    return {**header, "fixmedins_code": place, "mdtrtarea_admvs": "341021", **fields}


def _hospital(infno: str, **fields: Any) -> Wire:  # noqa: ANN401 - as above
    return _of(infno, "H34102100001", insuplc_admdvs="341021", psn_no=_PERSON, **fields)


def _pharmacy(infno: str, **fields: Any) -> Wire:  # noqa: ANN401 - as above
    return _of(infno, "P34102100001", insuplc_admdvs="341021", psn_no=_PERSON, **fields)


def _stock(infno: str, **fields: Any) -> Wire:  # noqa: ANN401 - as above
    return _of(infno, "P34102100001", **fields)


_LINE: Wire = {
    "feedetl_sn": "000000000000003238",
    "med_list_codg": "XA07FAO118E002100002180",
    "cnt": 2,
    "pric": 15.0,
    "det_item_fee_sumamt": 30.0,
    "fee_ocur_time": _AT,
}
_LINE_WITH_LIMITS: Wire = {**_LINE, "inscp_scp_amt": 28.5, "pric_uplmt_amt": 20.0, "med_chrgitm_type": "09"}
_CODE: Wire = {
    "feedetl_sn": "000000000000003238",
    "drug_trac_codg": "81002363506433461610",
    "trdn_flag": "0",
    "min_prcunt_type": "1",
}
_VISIT: Wire = {"mdtrt_id": "341021M0000000003237"}
_SETTLEMENT: Wire = {"setl_id": "341021S0000000003347"}
_MONEY: Wire = {
    "medfee_sumamt": 30.0,
    "fund_pay_sumamt": 20.0,
    "hifp_pay": 20.0,
    "psn_cash_pay": 10.0,
    "inscp_scp_amt": 28.5,
    "balc": 240.0,
}
_BILL: Wire = {**_SETTLEMENT, **_VISIT, "setl_time": _AT, "insutype": "390", "mdtrt_cert_type": "01", **_MONEY}
_DRUG: Wire = {"med_list_codg": "XA07FAO118E002100002180", "fixmedins_bchno": "B20260305001"}
_LOT: Wire = {**_DRUG, "manu_lotnum": "L236616"}
_PACK: Wire = {"drugtracinfo": [{"drug_trac_codg": "81002363506433461610", "trdn_flag": "0"}]}
_SOLD: Wire = {**_LOT, "sel_retn_cnt": 1, "sel_retn_time": _AT, "psn_no": _PERSON, **_SETTLEMENT, **_PACK}
_BOUGHT: Wire = {**_LOT, "purc_retn_cnt": 50, "purc_retn_stoin_time": _AT, "spler_name": "示例医药有限公司", **_PACK}
_DIAGNOSIS: Wire = {"diag_code": "J06.9", "diag_type": "1", "diag_time": _AT, "dise_dor_no": "D341021001"}
_ASKED: Wire = {**_VISIT, "med_type": "11", "medfee_sumamt": 30.0, "insutype": "390"}
_STAY: Wire = {**_VISIT, "med_type": "21"}

FLAT: tuple[Wire, ...] = (
    _pharmacy("2101", med_type="41", medfee_sumamt=30.0, insutype="390", feedetail=[_LINE], drug_trac_info=[_CODE]),
    _pharmacy("2102", med_type="41", **_BILL, feedetail=[_LINE], drug_trac_info=[_CODE]),
    _pharmacy("2103", **_SETTLEMENT, **_VISIT, setl_time=_AT),
    _hospital("2201", **_VISIT, begntime=_AT, insutype="390", dept_code="A02", atddr_no="D341021001"),
    _hospital("2202", **_VISIT),
    _hospital("2203", **_VISIT, med_type="11", begntime=_AT, dise_codg="J06.9", diseinfo=[_DIAGNOSIS]),
    _hospital("2204", **_VISIT, med_type="11", chrg_bchno="C20260305001", feedetail=[_LINE_WITH_LIMITS]),
    _hospital("2205", **_VISIT, chrg_bchno="C20260305001"),
    _hospital("2206", **_ASKED),
    _hospital("2207", med_type="11", **_BILL, chrg_bchno="C20260305001", drug_trac_info=[_CODE]),
    _hospital("2208", **_SETTLEMENT, **_VISIT, setl_time=_AT),
    _hospital("2301", **_STAY, feedetail=[_LINE_WITH_LIMITS]),
    _hospital("2302", **_VISIT, feedetl_sn=["000000000000003238", "000000000000003239"]),
    _hospital("2303", **_ASKED | {"med_type": "21"}),
    _hospital("2304", med_type="21", **_BILL, dscg_time="2026-03-05 09:30:00", mid_setl_flag="0"),
    _hospital("2305", **_SETTLEMENT, **_VISIT, setl_time=_AT),
    _hospital("2401", **_STAY, begntime=_AT, dscg_maindiag_code="I63.9", adm_bed="18", diseinfo=[_DIAGNOSIS]),
    _hospital("2402", **_VISIT, endtime=_AT, dscg_maindiag_code="I63.9", dscg_way="1"),
    _hospital("2404", **_VISIT),
    _hospital("2405", **_VISIT),
    _hospital("2601", omsgid="H34102100001202603050958002207", oinfno="2207"),
    _hospital("3101", **_ASKED, trig_scen="2", feedetail=[_LINE]),
    _hospital("3102", **_ASKED, trig_scen="6", feedetail=[_LINE]),
    _stock("3501", **_LOT, inv_cnt=20, invdate="2026-03-05"),
    _stock("3502", **_LOT, cnt=-2, inv_chg_type="104", inv_chg_time=_AT),
    _stock("3503", **_BOUGHT),
    _stock("3504", **_BOUGHT | {"purc_retn_cnt": 2}),
    _stock("3505", **_SOLD),
    _stock("3506", **_SOLD),
    _stock("3507", fixmedins_bchno="B20260305001", inv_data_type="4"),
)
"""One small flat message of each transaction; persons, institutions and codes are invented."""

_OF_REPLY = ("inscp_scp_amt", "pric_uplmt_amt", "med_chrgitm_type")
"""What only the reply says of a fee line."""
_SECOND_ROW: Wire = {
    "med_list_codg": "XN07CAW126E002101002261",
    "fixmedins_bchno": "B20260305002",
    "drugtracinfo": [{"drug_trac_codg": "81002533513802249529", "trdn_flag": "0"}],
}


def examples() -> Iterator[Example]:
    """Every transaction in every form that says all of it, and one batch of 35xxA."""
    for body in FLAT:
        infno = str(body["infno"])
        for form in forms_of(infno):
            yield Example(infno, form, _without_empty(_in_form(body, form)))
    for form in forms_of("3505A"):
        yield Example("3505A", form, _without_empty(_batch(form)))


def forms_of(infno: str) -> tuple[Form, ...]:
    """The forms that say all of a transaction. What needs its reply has no request alone."""
    return ("flat", "reply") if TRANSACTIONS[plain(infno)].needs_reply else ("flat", "request", "reply")


def _in_form(body: Wire, form: Form) -> Wire:
    message = in_form(body, form)
    for line in message.get("input", {}).get("feedetail", ()):
        for name in _OF_REPLY:
            line.pop(name, None)
    return message


def _batch(form: Form) -> Wire:
    """Two rows of a sale in one message."""
    body = next(one for one in FLAT if one["infno"] == "3505") | {"infno": "3505A"}
    message = in_form(body, "request" if form == "flat" else form)
    row = message["input"]["selinfo"]
    rows = {"selinfoDetail": [row, row | _SECOND_ROW]}
    if form == "flat":
        return {name: value for name, value in body.items() if name not in row} | rows
    return message | {"input": rows}


def _without_empty(message: Wire) -> Wire:
    """A message without what says nothing: an example need not show it."""
    kept = {name: _without_empty(value) if isinstance(value, dict) else value for name, value in message.items()}
    return {name: value for name, value in kept.items() if value not in ("", None, [], {}) or name == "output"}


def laid_out(value: object, indent: str = "") -> str:
    """JSON of a message: what fits stands in one line, and short members of an object share lines.

    >>> print(laid_out({"infno": "2204", "input": {"feedetail": []}}))
    {"infno": "2204", "input": {"feedetail": []}}
    """
    alone = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(alone) <= _WIDTH or not isinstance(value, dict | list):
        return alone
    inner = indent + "  "
    if isinstance(value, list):
        parts = [laid_out(one, inner) for one in value]
        opening, closing = "[", "]"
    else:
        parts = [f"{json.dumps(name)}: {laid_out(one, inner)}" for name, one in value.items()]
        opening, closing = "{", "}"
    lines = ",\n".join(inner + line for line in _filled(parts, _WIDTH - len(inner)))
    return f"{opening}\n{lines}\n{indent}{closing}"


def _filled(parts: list[str], width: int) -> list[str]:
    """Parts joined to lines of this width; what has several lines stands alone."""
    lines: list[str] = []
    for part in parts:
        short = "\n" not in part and lines and "\n" not in lines[-1]
        if short and len(lines[-1]) + len(part) + 2 <= width:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return lines

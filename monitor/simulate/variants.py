"""A message as one of many systems would send it: form, "A" transactions, trace codes, empty fields, notations.

Every variant means the same. All chances come from the generator that is passed in, so a seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from random import Random
from zlib import crc32

from .exchange import EXCHANGES, Form, exchange_of, in_form, reversal_number
from .forms import Wire
from .notations import OTHER_NAMES, drawn, respelled, rewritten

_FORMS: tuple[Form, ...] = ("flat", "reply", "request")
_COMPLETE_FORMS: tuple[Form, ...] = ("flat", "reply")
"""The forms that say what came of a request."""
_WITH_A = frozenset(
    {
        *("2101", "2102", "2103", "2203", "2204", "2206", "2207", "2208"),
        *("2301", "2303", "2304", "2305", "2401", "3501", "3503", "3505", "3506"),
    }
)
"""Transactions that some provinces send with an A behind."""
_BATCHES = {
    "3501": ("goodDetail",),
    "3503": ("purcinfoDetail", "goodDetail"),
    "3505": ("selinfoDetail", "goodDetail"),
    "3506": ("selinfoDetail", "goodDetail"),
}
"""Transaction -> nodes that hold the rows of its batch."""
_OF_LINES = ("psn_no", "mdtrt_id", "med_type", "chrg_bchno")
"""What may stand in each fee line instead of beside the header."""

_EMPTY_FIELDS = {
    "2101": ("mdtrt_cert_type",),
    "2102": ("emp_name", "init_setl_id", "maf_pay", "mid_setl_flag", "dscg_time"),
    "2207": ("emp_name", "init_setl_id", "maf_pay", "balc"),
    "2304": ("emp_name", "init_setl_id", "maf_pay", "balc"),
    "2401": ("emp_name", "coner_name", "dise_codg"),
    "2402": ("die_date",),
    "3505": ("rxno", "spler_name"),
    "3506": ("rxno", "spler_name"),
}
"""Transaction -> optional fields that some systems send empty where they have nothing to say."""
_EMPTY_LISTS = {"2101": "drug_trac_info", "2207": "drug_trac_info", "2304": "drug_trac_info", "2402": "diseinfo"}
"""Transaction -> a list, likewise."""
_EMPTY_IN_LINES = ("init_feedetl_sn", "rxno", "prd_days", "bilg_dr_codg", "etip_flag")
_EMPTY_IN_REPLY = ("emp_name", "invono", "balc")
_EMPTY = ("", None, "-")
_LINE_NODES = ("feedetail", "drugdetail")


def varied(body: Wire, rng: Random) -> Wire:
    """A flat message in a form and in notations that are drawn; it means the same. The flat one stays as it is."""
    message = _in_drawn_form(body, rng)
    for part, vary in _VARIANTS:
        if rng.random() < part:
            vary(message, rng)
    for notation in drawn(rng):
        message = rewritten(message, notation)
    return _in_drawn_spelling(message, rng)


def _in_drawn_form(body: Wire, rng: Random) -> Wire:
    answered = _always_answered(body)
    form = "reply" if answered else _form_of(body, rng)
    message = deepcopy(in_form(body, form))
    if form == "reply":
        _vary_reply(message, rng)
        if not answered:
            _lose_moment_of_reply(message, rng)
    return message


def _in_drawn_spelling(message: Wire, rng: Random) -> Wire:
    """One message in four has other names, each of them in half of the cases."""
    if rng.random() > 0.25:
        return message
    return respelled(message, {name: other for name, other in OTHER_NAMES.items() if rng.random() < 0.5})


def _always_answered(body: Wire) -> bool:
    """Whether everything of this institution comes with its reply and with the moment of the reply.

    That moment orders messages of one inf_time. So an institution states it in all of its messages or in none.
    """
    return crc32(str(body["fixmedins_code"]).encode()) % 3 == 0


def _form_of(body: Wire, rng: Random) -> Form:
    return rng.choice(_FORMS if exchange_of(body).alone else _COMPLETE_FORMS)


def _infno(message: Wire) -> str:
    return str(message["infno"]).removesuffix("A")


def _fields(message: Wire) -> Wire:
    """The node that holds the fields of a message; where it has none, the message itself."""
    if "input" not in message:
        return message
    node = message["input"].get(exchange_of(message).node)
    return node if isinstance(node, dict) else {}


def _within(message: Wire) -> Wire:
    """Where the nodes of a message stand."""
    nodes: Wire = message.get("input", message)
    return nodes


def _lines(message: Wire) -> list[Wire]:
    return [line for node in _LINE_NODES for line in _within(message).get(node, ())]


def _vary_reply(message: Wire, rng: Random) -> None:
    """Success as text or as a number, no output in several ways, the number of a visit in either node."""
    message["infcode"] = rng.choice((0, "0"))
    output = message["output"]
    if output is None:
        message["output"] = rng.choice((None, {}, "", []))
    elif _infno(message) == "2201" and rng.random() < 0.5:
        message["output"] = {"result": output["data"]}
    elif "setlinfo" in output and rng.random() < 0.5:
        _add_empty(output["setlinfo"], _EMPTY_IN_REPLY, rng)
    elif _infno(message).startswith("35"):
        output["result"]["retRslt"] = rng.choice(("1", 1))


def _lose_moment_of_reply(message: Wire, rng: Random) -> None:
    if rng.random() < 0.5:
        del message["refmsg_time"]
    else:
        message["refmsg_time"] = rng.choice(("", None))


def _add_empty(node: Wire, names: tuple[str, ...], rng: Random) -> None:
    for name in names:
        node.setdefault(name, rng.choice(_EMPTY))


def _send_empty_fields(message: Wire, rng: Random) -> None:
    infno = _infno(message)
    _add_empty(_fields(message), _EMPTY_FIELDS.get(infno, ()), rng)
    if infno in _EMPTY_LISTS:
        _within(message).setdefault(_EMPTY_LISTS[infno], rng.choice(("", None, [])))
    for line in _lines(message):
        _add_empty(line, _EMPTY_IN_LINES, rng)


def _name_in_lines(message: Wire, _rng: Random) -> None:
    """A flat message of fee lines: person, visit and kind of visit in each line."""
    if _infno(message) not in ("2204", "2301") or "input" in message:
        return
    common = {name: message.pop(name) for name in _OF_LINES if name in message}
    message["feedetail"] = [{**line, **common} for line in message["feedetail"]]


def _keep_original(message: Wire, _rng: Random) -> None:
    """A flat reversal with the reply's own setl_id; the settlement that it takes back stands in init_setl_id."""
    if _infno(message) in ("2103", "2208", "2305") and "input" not in message:
        taken_back = message["setl_id"]
        message.update(setl_id=reversal_number(taken_back), init_setl_id=taken_back)


def _simplify_codes(message: Wire, rng: Random) -> None:
    """Trace codes as one object; those of stock also as texts, or as one text."""
    codes = _within(message).get("drug_trac_info")
    if codes and len(codes) == 1:
        _within(message)["drug_trac_info"] = codes[0]
    row = _fields(message)
    if row.get("drugtracinfo"):
        _simplify_codes_of_stock(_infno(message), row, rng)


def _simplify_codes_of_stock(infno: str, row: Wire, rng: Random) -> None:
    codes: list[Wire] = row["drugtracinfo"]
    if len(codes) == 1 and rng.random() < 0.3:
        row["drugtracinfo"] = codes[0]
    elif all(_says_no_more_than(row, code) for code in codes):
        texts = [code["drug_trac_codg"] for code in codes]
        if len(texts) == 1 and infno == "3505" and rng.random() < 0.4:
            del row["drugtracinfo"]
            row["drug_trac_codg"] = texts[0]
        else:
            row["drugtracinfo"] = rng.choice((texts, rng.choice((",", ";", " ")).join(texts)))


def _says_no_more_than(row: Wire, code: Wire) -> bool:
    """Whether a trace code is all that an entry adds to its row: whether packs are split stands in the row too."""
    return code.keys() <= {"drug_trac_codg", "trdn_flag"} and code.get("trdn_flag") in (None, row.get("trdn_flag"))


def _vary_review(message: Wire, rng: Random) -> None:
    """3101 and 3102: one object in place of the list of patients, and an earlier visit beside the current one."""
    if _infno(message) not in ("3101", "3102") or "input" not in message:
        return
    data = message["input"]["data"]
    patient = data["patient_dtos"][0]
    if rng.random() < 0.5 and patient["curr_mdtrt_id"]:
        patient["fsi_encounter_dtos"].insert(0, _earlier(patient["fsi_encounter_dtos"][0]))
    if rng.random() < 0.5:
        data["patient_dtos"] = patient


def _earlier(visit: Wire) -> Wire:
    return {**visit, "mdtrt_id": f"{visit['mdtrt_id']}0", "fsi_order_dtos": ""}


def _send_as_a(message: Wire, rng: Random) -> None:
    """The transaction with an A, or without where it had one; the rows of stock in the node of a batch."""
    infno = str(message["infno"])
    if infno.endswith("A"):
        message["infno"] = infno.removesuffix("A")
    elif infno in _WITH_A:
        message["infno"] = f"{infno}A"
        if infno in _BATCHES:
            _make_batch(message, rng.choice(_BATCHES[infno]))


def _make_batch(message: Wire, node: str) -> None:
    """The one row of a stock message as a batch of one."""
    plain = EXCHANGES[_infno(message)].node
    if "input" in message:
        message["input"] = {node: [message["input"][plain]]}
        return
    payload = in_form(message, "request")["input"][plain]
    for name in payload:
        del message[name]
    message[node] = [payload]


_VARIANTS: tuple[tuple[float, Callable[[Wire, Random], None]], ...] = (
    (0.3, _send_empty_fields),
    (0.4, _name_in_lines),
    (0.3, _keep_original),
    (0.5, _simplify_codes),
    (1.0, _vary_review),
    (0.3, _send_as_a),
)
"""Share of the messages, and the variant; the last one moves what the others look for."""

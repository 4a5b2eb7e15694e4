"""Which node and field of which transaction becomes which of our words: one table, and what reads a message by it.

A message comes flat, as the request, or as request and reply (domain notes: `input`, `output`). All three are laid
over one another here, as layers of fields; which struct they fill stands in `fields`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, cast

import msgspec

from .fields import (
    OTHER_SPELLINGS,
    Admission,
    Diagnosis,
    Discharge,
    FeeLines,
    FeeLinesCancel,
    Message,
    MessageReversal,
    PreSettlement,
    Registration,
    Reversal,
    Review,
    Settlement,
    Stock,
    StockDeletion,
    VisitCancel,
)
from .notation import clean

Node: TypeAlias = dict[str, object]
Layer = tuple[str, Node]
"""The path of a node, with a dot at its end ("" for the message itself), and the node."""


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction of the interface, as it is read.

    kind, struct: what it becomes. request, reply: nodes of `input` and `output` whose fields stand beside the header.
    rows: a node that may be a list of which each item is an event of its own. lines: the node of the fee lines.
    limits: a node of `output` with more about each line, joined by feedetl_sn.
    needs_reply: what was asked is done only where the reply says so. result: fields that only the reply has.
    of_request: fields that the request names, whatever the reply says.
    """

    kind: str
    struct: type[Message]
    request: tuple[str, ...] = ("data",)
    reply: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    lines: str = ""
    limits: str = ""
    needs_reply: bool = False
    result: frozenset[str] = frozenset()
    of_request: tuple[str, ...] = ()


_RESULT = frozenset(("setl_id", "setl_time", "fund_pay_sumamt"))
_REVERSAL = Transaction(
    kind="reversal",
    struct=Reversal,
    reply=("setlinfo",),
    needs_reply=True,
    result=frozenset(("setl_time",)),
    of_request=("setl_id", "mdtrt_id", "psn_no"),
)
_LINES = Transaction(kind="fee_lines", struct=FeeLines, lines="feedetail", limits="result")
_LINES_CANCEL = Transaction(kind="fee_lines_cancel", struct=FeeLinesCancel, rows=("data",), needs_reply=True)
_DIAGNOSIS = Transaction(kind="diagnosis", struct=Diagnosis, request=("mdtrtinfo", "data"))
_QUESTION = Transaction(kind="pre_settlement", struct=PreSettlement, lines="feedetail")
_REVIEW = Transaction(kind="review", struct=Review, lines="feedetail")


def _settlement(**more: object) -> Transaction:
    basic = {"kind": "settlement", "struct": Settlement, "reply": ("setlinfo",), "needs_reply": True, "result": _RESULT}
    return Transaction(**basic | {"lines": "feedetail", "limits": "detlcutinfo"} | more)  # type: ignore[arg-type]


def _cancel(kind: str) -> Transaction:
    return Transaction(kind=kind, struct=VisitCancel, needs_reply=True)


def _stock(request: str, *rows: str) -> Transaction:
    return Transaction(kind="stock", struct=Stock, request=(request, "data"), rows=(*rows, request, "data"))


TRANSACTIONS: dict[str, Transaction] = {
    "2101": Transaction(kind="pre_settlement", struct=PreSettlement, request=("druginfo", "data"), lines="drugdetail"),
    "2102": _settlement(request=("druginfo", "data"), lines="drugdetail"),
    "2103": _REVERSAL,
    "2201": Transaction(
        kind="registration",
        struct=Registration,
        reply=("data", "result"),
        needs_reply=True,
        result=frozenset(("mdtrt_id",)),
    ),
    "2202": _cancel("registration_cancel"),
    "2203": _DIAGNOSIS,
    "2204": _LINES,
    "2205": _LINES_CANCEL,
    "2206": _QUESTION,
    "2207": _settlement(),
    "2208": _REVERSAL,
    "2301": _LINES,
    "2302": _LINES_CANCEL,
    "2303": _QUESTION,
    "2304": _settlement(),
    "2305": _REVERSAL,
    "2401": Transaction(
        kind="admission",
        struct=Admission,
        request=("mdtrtinfo", "data"),
        reply=("result", "data"),
        needs_reply=True,
        result=frozenset(("mdtrt_id",)),
    ),
    "2402": Transaction(kind="discharge", struct=Discharge, request=("dscginfo", "data")),
    "2404": _cancel("admission_cancel"),
    "2405": _cancel("discharge_cancel"),
    "2601": Transaction(kind="message_reversal", struct=MessageReversal, needs_reply=True),
    "3101": _REVIEW,
    "3102": _REVIEW,
    "3501": _stock("invinfo", "invinfoDetail", "goodDetail"),
    "3502": _stock("invinfo", "invinfoDetail", "goodDetail"),
    "3503": _stock("purcinfo", "purcinfoDetail", "goodDetail"),
    "3504": _stock("purcinfo", "purcinfoDetail", "goodDetail"),
    "3505": _stock("selinfo", "selinfoDetail", "goodDetail"),
    "3506": _stock("selinfo", "selinfoDetail", "goodDetail"),
    "3507": Transaction(kind="stock_deletion", struct=StockDeletion, rows=("data",)),
}
"""Transaction id -> how it is read. An id ending in A is the plain one; what is not here is counted and skipped."""

KINDS = {one.kind: one.struct for one in TRANSACTIONS.values()}
"""Kind of event -> its struct."""

HEADER = frozenset(one.encode_name for one in msgspec.structs.fields(Message))
WHO_AND_WHAT = ("infno", "msgid", "fixmedins_code", "inf_time")
"""Fields of the header that no node may state."""

OF_LINES = ("psn_no", "mdtrt_id", "med_type", "chrg_bchno")
"""What may stand in each fee line instead of beside the header; lines that differ in it are events of their own."""

LISTS = {
    "feedetail": ("feedetail", "drugdetail"),
    "drug_trac_info": ("drug_trac_info", "drugtracinfo"),
    "drugtracinfo": ("drugtracinfo", "drug_trac_info"),
    "diseinfo": ("diseinfo",),
}
"""A list of ours -> the nodes that may hold it, in whichever place fields may stand."""

ORDER_FIELDS = {
    "rx_id": "feedetl_sn",
    "hilist_code": "med_list_codg",
    "cnt": "cnt",
    "pric": "pric",
    "sumamt": "det_item_fee_sumamt",
    "drord_begn_date": "fee_ocur_time",
    "rxno": "rxno",
    "drord_dr_codg": "bilg_dr_codg",
    "drord_dept_codg": "bilg_dept_codg",
    "hilist_type": "list_type",
}
"""An order of 3101 / 3102 (fsi_order_dtos) -> the fee line that it will be."""

ENCOUNTER_FIELDS = ("med_type", "med_mdtrt_type", "medfee_sumamt", "insutype")
"""Of the current visit of 3101 / 3102 (fsi_encounter_dtos): what a pre-settlement says."""


def plain(infno: str) -> str:
    """The transaction without the A of its variant.

    >>> plain("2102A"), plain("2102"), plain("9001")
    ('2102', '2102', '9001')
    """
    return infno[:-1] if infno.endswith("A") and infno[:-1] in TRANSACTIONS else infno


def is_absent(value: object) -> bool:
    r"""Whether a value says no more than that there is none.

    >>> [is_absent(one) for one in (None, "", " \r", "-", [], {}, 0, False, "0")]
    [True, True, True, True, True, True, False, False, False]
    """
    if not value:
        return not isinstance(value, int | float)
    if not isinstance(value, str):
        return False
    return value.strip() in ("", "-") or (not value.isprintable() and clean(value) in ("", "-"))


def node(of: object, name: str) -> Node:
    """A node that holds fields, also as a list of just this one; empty where it is absent, or something else."""
    value = of.get(name) if isinstance(of, dict) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return cast("Node", value) if isinstance(value, dict) else {}


def is_nested(message: Node) -> bool:
    """Whether a message is a request, with or without its reply, and not flat."""
    return not is_absent(message.get("input"))


def respelled(of: Node) -> Node:
    """The fields of a node under the interface's own names; where both spellings stand, the interface's wins."""
    if OTHER_SPELLINGS.keys().isdisjoint(of):
        return of
    ours = {name: value for name, value in of.items() if name not in OTHER_SPELLINGS}
    for name, value in of.items():
        spelled = OTHER_SPELLINGS.get(name)
        if spelled is not None and is_absent(ours.get(spelled)):
            ours[spelled] = value
    return ours


class Layers:
    """The places where the fields of one event may stand, the strongest last, and what they say together."""

    __slots__ = ("layers", "said")

    def __init__(self, layers: list[Layer]) -> None:
        self.layers = layers
        head = respelled(layers[0][1])
        self.said: Node = dict(head)
        for _, over in layers[1:]:
            named = respelled(over)
            self._lay(named if HEADER.isdisjoint(named) else _without_header(named, head))

    def _lay(self, over: Node) -> None:
        said = self.said
        for name, value in over.items():
            if not value and not isinstance(value, int | float):
                continue  # None, "", [], {}
            if name in said and type(value) is str and is_absent(value):
                continue
            said[name] = value

    def path(self, name: str) -> str:
        """Where a field stands that is said, in words of the message: the strongest place that has it."""
        for prefix, one in [self.layers[0]] if name in HEADER else reversed(self.layers):
            for spelled in (name, *(other for other, ours in OTHER_SPELLINGS.items() if ours == name)):
                if not is_absent(one.get(spelled)):
                    return prefix + spelled
        return name


def _without_header(of: Node, head: Node) -> Node:
    """Who sent what, and when, is said by the header alone; the rest of it a node may add, but not change."""
    return {
        name: value
        for name, value in of.items()
        if name not in HEADER or (name not in WHO_AND_WHAT and is_absent(head.get(name)))
    }


def events_in(message: Node, transaction: Transaction, request: Node, reply: Node) -> Iterator[Layers]:
    """The layers of each event of a message: one, unless its node of rows is a list.

    request, reply: the nodes `input` and `output`; empty where the message is flat.

    Long because it is the order of the layers, from the weakest to the strongest.
    """
    layers: list[Layer] = [("", message)]
    nested = is_nested(message)
    within, prefix = (request, "input.") if nested else (message, "")
    if nested:
        layers.append(("input.", request))
    layers += _held(within, prefix, transaction.request)
    told = _held(reply, "output.", transaction.reply)
    if transaction.needs_reply and reply:
        told.insert(0, ("output.", reply))
    for name in transaction.rows:
        rows = within.get(name)
        if isinstance(rows, list) and rows:
            for number, row in enumerate(rows):
                layer: Layer = (f"{prefix}{name}[{number}].", cast("Node", row) if isinstance(row, dict) else {})
                yield Layers([*layers, layer, *told])
            return
    found = Layers([*layers, *told])
    if nested and transaction.of_request:
        for _, one in layers[1:]:
            found.said |= {name: one[name] for name in transaction.of_request if not is_absent(one.get(name))}
    yield found


def _held(of: Node, prefix: str, names: Iterable[str]) -> list[Layer]:
    """Those of these nodes that hold fields."""
    found: list[Layer] = []
    for name in names:
        if name in of:
            held = node(of, name)
            if held:
                found.append((f"{prefix}{name}.", held))
    return found

"""A message read field by field, in any form and notation: the general way, of which the typed decoder is a shortcut.

What cannot be read is a reason, and the rest is still judged: a blank stands in for it until the message is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import NamedTuple, TypeVar, cast

import msgspec

from .fields import (
    EVERYTHING,
    Diagnosed,
    FeeLines,
    FeeLinesCancel,
    Line,
    Message,
    PreSettlement,
    Reversal,
    Review,
    Settlement,
    Stock,
    TraceCode,
    item_type,
)
from .forms import (
    ENCOUNTER_FIELDS,
    HEADER,
    LISTS,
    OF_LINES,
    ORDER_FIELDS,
    Layers,
    Node,
    Transaction,
    events_in,
    is_absent,
    is_nested,
    node,
    respelled,
)
from .notation import (
    MOST_TEXT,
    Reader,
    Unfit,
    Value,
    bounds_of,
    clean,
    moment,
    plain_types,
    readable,
    reader_of,
    text_reader,
    trace_codes,
)
from .reasons import MOST_REASONS, Reason, looks_like, missing, names_in, too_many, wrong_type
from .shortcut import assemble

Part = TypeVar("Part", bound=msgspec.Struct)
Path = Callable[[str], str]

_LIMITS = ("pric_uplmt_amt", "inscp_scp_amt", "med_chrgitm_type")
"""What the reply says about a fee line."""
_NEVER_ASSEMBLED = (FeeLinesCancel, Review)
"""Of these one field may stand in several shapes."""
_STOCK_TIMES = ("time", "sel_retn_time", "purc_retn_stoin_time", "inv_chg_time", "invdate")
_STOCK_COUNTS = ("cnt", "sel_retn_cnt", "purc_retn_cnt", "inv_cnt")
_code = text_reader(1, 64)
_text = text_reader(0, 200)
LONGEST_NAME = 200
_NO_CODE = "?"
"""Stands for a trace code that cannot be read: a bad code."""


class _Field(NamedTuple):
    """How one field of a struct is read.

    most: characters of a text, 0 for what is none. is_folded: upper and lower case are one. blank: what stands for it
    where it is required and wrong.
    """

    name: str
    wire: str
    read: Reader
    required: bool
    is_name: bool
    most: int
    is_folded: bool
    blank: Value


@cache
def _fields_of(struct: type[msgspec.Struct]) -> list[_Field]:
    found: list[_Field] = []
    for one in msgspec.structs.fields(struct):
        reader = reader_of(one.type)
        if reader is not None and item_type(one.type) is None:
            bounds = bounds_of(one.type)
            extra = bounds.extra or {}
            most = 0 if "name" in extra or str not in plain_types(one.type) else bounds.max_length or MOST_TEXT
            kinds = ("name" in extra, most, "folded" in extra)
            found.append(_Field(one.name, one.encode_name, reader, one.required, *kinds, _blank(one.type)))
    return found


def _blank(field_type: object) -> Value:
    plain = plain_types(field_type)
    if datetime in plain:
        return None  # the upload, which is known where it is needed
    return 0.0 if float in plain else "?"


class Reading:
    """One message while it is read: why it will be refused, and what was left out of it.

    cut: fields that were absurd or too long, by name; missing_codes: trace codes that should be there.
    written: events that were encoded already, by id().
    """

    __slots__ = (
        "_is_broken", "_items", "_max_items", "_moment", "_reply", "_request", "cut", "missing_codes", "reasons",
        "written",
    )  # fmt: skip

    def __init__(self, max_items: int, moment_if_unknown: datetime, request: Node, reply: Node) -> None:
        """Take the nodes `input` and `output`; empty where a message has none."""
        self._max_items = max_items
        self._moment = moment_if_unknown
        self._items = 0
        self._is_broken = False
        self._request, self._reply = request, reply
        self.reasons: list[Reason] = []
        self.cut: Counter[str] = Counter()
        self.missing_codes = 0
        self.written: dict[int, bytes] = {}

    def bodies(self, message: Node, infno: str, transaction: Transaction) -> list[Message]:
        """The events of a message: their structs, in one notation. Where `reasons` are found they hold blanks."""
        message["infno"] = infno
        self._note_moment(message)
        bodies = self._bodies(message, transaction)
        if self._is_broken:
            self.reasons = [one for one in self.reasons if not _follows(one)]
        return bodies

    def _bodies(self, message: Node, transaction: Transaction) -> list[Message]:
        if transaction.struct is Review and (reviewed := list(self._review(message))):
            return [self._body(transaction, layers, message, path) for layers, path in reviewed]
        found: list[Message] = []
        for layers in self._events(message, transaction):
            path = _path_in(layers, message, transaction)
            if transaction.struct is FeeLines:
                found += self._fee_lines(transaction, layers, message, path)
            else:
                found.append(self._body(transaction, layers, message, path))
        return _one_a_visit(cast("list[FeeLinesCancel]", found)) if transaction.struct is FeeLinesCancel else found

    def _note_moment(self, message: Node) -> None:
        with suppress(Unfit):
            self._moment = moment(message.get("inf_time")) or self._moment

    def _events(self, message: Node, transaction: Transaction) -> Iterator[Layers]:
        for name, found in (("input", self._request), ("output", self._reply)):
            if not found and not is_absent(message.get(name)):
                self._break(wrong_type(name, "an object", message[name]))
        if self._request:
            self._check_nodes(transaction)
        for position, layers in enumerate(events_in(message, transaction, self._request, self._reply)):
            if position >= self._max_items:
                self.reasons.append(too_many("rows", self._max_items, position + 1))
                return
            yield layers

    def _check_nodes(self, transaction: Transaction) -> None:
        """A payload in a node of another name is no payload: say which names stand there."""
        request = self._request
        for name in transaction.request:
            came = request.get(name)
            if isinstance(came, list) and len(came) > 1 and name not in transaction.rows:
                self._break(wrong_type(f"input.{name}", "an object", came))
                return
        nodes = (*transaction.request, *transaction.rows, *LISTS["feedetail"])
        if not any(map(request.get, nodes)):
            expected = " or ".join(dict.fromkeys((*transaction.request, *filter(None, (transaction.lines,)))))
            self._break(Reason("missing_node", f"input: expected {expected}, has {names_in(request)}"))

    def _break(self, reason: Reason) -> None:
        """Note that a node is not there: that its fields are missing besides is no news."""
        self._is_broken = True
        self.reasons.append(reason)

    # One event

    def _body(self, transaction: Transaction, layers: Layers, message: Node, path: Path) -> Message:
        said, struct = layers.said, transaction.struct
        self._adapt(said, struct, message)
        lines = list(self._wire_lines(said, message, transaction)) if transaction.lines else []
        if struct not in _NEVER_ASSEMBLED and (quick := self._assembled(struct, said, lines)) is not None:
            return quick
        told = len(self.reasons)
        body = self._build(struct, said, path)
        if isinstance(body, Settlement | PreSettlement):
            body.lines = [self._build(Line, line, _path_after(prefix)) for prefix, line in lines]
            body.trace_codes = self._codes(said, "drug_trac_info")
        elif isinstance(body, Stock):
            self._fill_stock(body, {one.text.partition(":")[0].rpartition(".")[2] for one in self.reasons[told:]})
            body.trace_codes = self._codes_of_stock(body, said)
        elif isinstance(body, FeeLinesCancel):
            self._read_cancel(body, said, path)
        elif hasattr(body, "diagnoses"):
            body.diagnoses = self._diagnoses(said)
        return body

    def _adapt(self, said: Node, struct: type[Message], message: Node) -> None:
        """What one form says in another way than the flat one."""
        if struct is not Reversal:
            return
        if is_nested(message):
            # The time of a reversal stands only in its reply; the request repeats what is taken back.
            replied = (node(self._reply, "setlinfo") or self._reply).get("setl_time")
            said["setl_time"] = said.get("inf_time") if is_absent(replied) else replied
            said.pop("init_setl_id", None)
        elif not is_absent(said.get("init_setl_id")):
            said["setl_id"] = said.pop("init_setl_id")

    def _build(self, struct: type[Part], said: Node, path: Path, **values: object) -> Part:
        """Fill a struct. Long because nearly all fields take the short way, which is the first."""
        for field in _fields_of(struct):
            came, most = said.get(field.wire), field.most
            # Nearly every text and number stands as it should, and there are thirty of them.
            if most and type(came) is str and 0 < len(came) <= most and came != "-" and _is_clean(came):
                values[field.name] = came.upper() if field.is_folded else came
                continue
            told = len(self.reasons)
            value = self._read(field, came, path) if came or isinstance(came, int | float) else None
            if value is not None:
                values[field.name] = value
            elif field.required:
                if told == len(self.reasons):
                    self.reasons.append(missing(path(field.wire)))
                values[field.name] = self._moment if field.blank is None else field.blank
        return struct(**values)

    def _read(self, one: _Field, came: object, path: Path) -> Value:
        try:
            if one.is_name and isinstance(came, str):
                return self._read_name(one.wire, came)
            return one.read(came)
        except Unfit as unfit:
            reason = wrong_type(path(one.wire), unfit.expected, came)
            self.reasons.append(Reason(unfit.code if isinstance(came, str) else "wrong_type", reason.text))
            return None

    def _read_name(self, wire: str, came: str) -> str | None:
        name = readable(came)
        if len(name) > LONGEST_NAME:
            self.cut[wire] += 1
            return name[:LONGEST_NAME].rstrip()
        return None if name in ("", "-") else name

    # Lists

    def _list(self, said: Node, name: str) -> tuple[str, list[object]]:
        """The items of a list, and the node that held it."""
        for held_by in LISTS[name]:
            came = said.get(held_by)
            if is_absent(came):
                continue
            if isinstance(came, dict):
                came = [came]
            if not isinstance(came, list):
                self.reasons.append(wrong_type(held_by, "a list", came))
                return held_by, []
            self._items += len(came)
            if self._items > self._max_items:
                self.reasons.append(too_many(held_by, self._max_items, self._items))
                return held_by, []
            return held_by, came
        return LISTS[name][0], []

    def _objects(self, held_by: str, items: list[object]) -> Iterator[tuple[str, Node]]:
        for position, item in enumerate(items):
            if len(self.reasons) > MOST_REASONS:
                return
            prefix = f"{held_by}[{position}]"
            if isinstance(item, dict):
                yield f"{prefix}.", respelled(item)
            else:
                self.reasons.append(wrong_type(prefix, "an object", item))

    def _wire_lines(self, said: Node, message: Node, transaction: Transaction) -> Iterator[tuple[str, Node]]:
        """The fee lines as they came, in the interface's spelling, with what the reply says of each."""
        limits = _limits(self._reply.get(transaction.limits) or message.get(transaction.limits))
        for prefix, item in self._objects(*self._list(said, "feedetail")):
            line = item
            if limits:
                line = line | limits.get(str(line.get("feedetl_sn")).strip(), {})
            yield prefix, line

    def _fee_lines(self, transaction: Transaction, layers: Layers, message: Node, path: Path) -> list[Message]:
        """One event for each person and visit; lines name them, or the message does for all."""
        said, groups = layers.said, dict[tuple[object, ...], list[tuple[str, Node]]]()
        of_message = tuple(said.get(name) for name in OF_LINES)
        for prefix, line in self._wire_lines(said, message, transaction):
            own = (line.get(name) for name in OF_LINES)
            group = tuple(
                _key(ours if is_absent(theirs) else theirs) for theirs, ours in zip(own, of_message, strict=True)
            )
            groups.setdefault(group, []).append((prefix, line))
        if not groups:
            if not self._has_reason("feedetail", "drugdetail"):
                self.reasons.append(Reason("missing_field", "feedetail: expected at least one, was missing"))
            return [self._build(FeeLines, said, path, lines=[])]
        return [self._lines_of_visit(said, lines, path) for lines in groups.values()]

    def _lines_of_visit(self, said: Node, lines: list[tuple[str, Node]], path: Path) -> Message:
        prefix, first = lines[0]
        own = {name: first[name] for name in OF_LINES if not is_absent(first.get(name))}
        if (quick := self._assembled(FeeLines, said | own, lines)) is not None:
            return quick
        built = [self._build(Line, line, _path_after(before)) for before, line in lines]
        return self._build(FeeLines, said | own, _path_of_lines(path, prefix, said, own), lines=built)

    def _assembled(self, struct: type[Message], said: Node, lines: list[tuple[str, Node]]) -> Message | None:
        """The event at once, where every field of it stands as it should; None where it must be read one by one."""
        found = assemble(struct, said, [line for _, line in lines])
        if found is None:
            return None
        body, written = found
        items = self._items + sum(len(getattr(body, name, ())) for name in ("trace_codes", "diagnoses"))
        if items > self._max_items:
            return None
        self._items = items
        self.written[id(body)] = written
        return body

    def _has_reason(self, *names: str) -> bool:
        return any(one.text.startswith(names) for one in self.reasons)

    def _diagnoses(self, said: Node) -> list[Diagnosed]:
        return [
            self._build(Diagnosed, one, _path_after(prefix))
            for prefix, one in self._objects(*self._list(said, "diseinfo"))
        ]

    def _codes(self, said: Node, name: str) -> list[TraceCode]:
        """Trace codes in every shape: objects, one object, texts, one text with several."""
        found: list[TraceCode] = []
        came = next((said[one] for one in LISTS[name] if not is_absent(said.get(one))), None)
        items = self._list(said, name)[1] if isinstance(came, list | dict) or came is None else [came]
        for position, item in enumerate(items):
            found += self._codes_of(item, f"{name}[{position}]")
        return found

    def _codes_of(self, item: object, path: str) -> list[TraceCode]:
        if isinstance(item, dict):
            beside = self._build(_Beside, respelled(item), _path_after(f"{path}."))
            codes = self._codes_in(item.get("drug_trac_codg"))
        elif isinstance(item, list) and item:
            self.reasons.append(wrong_type(path, "an object or text", item))
            return []
        else:
            beside, codes = _Beside(), self._codes_in(item)
        return [TraceCode(code=code, line=beside.line, split=beside.split, smallest_unit=beside.smallest_unit)
                for code in codes]  # fmt: skip

    def _codes_in(self, came: object) -> list[str]:
        """The codes of a value. What is neither text nor a whole number is a bad code; it refuses nothing."""
        if isinstance(came, int) and not isinstance(came, bool) and 0 <= came < 10**64:
            came = str(came)
        if not is_absent(came) and not isinstance(came, str):
            return [_NO_CODE]
        codes = trace_codes(came) if isinstance(came, str) else []
        if not codes:
            self.missing_codes += 1
        return codes

    def _codes_of_stock(self, body: Stock, said: Node) -> list[TraceCode]:
        """Of one row: those of its list, and the one that older systems write beside it."""
        before = self.missing_codes
        codes = self._codes(said, "drugtracinfo")
        alone = said.get("drug_trac_codg")
        if not codes and not is_absent(alone):
            codes = [TraceCode(code=code) for code in self._codes_in(alone)]
        for one in codes:
            one.split = one.split or body.split  # what is not said of a code is said of its row
        if codes:
            self.missing_codes = before
        elif body.transaction == "3505":
            self.missing_codes = before + 1
        return codes

    # Cancels and reviews

    def _fill_stock(self, body: Stock, wrong: set[str]) -> None:
        """Put a blank where a time or a quantity is wrong: it is not missing besides."""
        if not wrong.isdisjoint(_STOCK_TIMES):
            body.time = body.time or self._moment
        if not wrong.isdisjoint(_STOCK_COUNTS):
            body.count = body.count or 0.0

    def _read_cancel(self, body: FeeLinesCancel, said: Node, path: Path) -> None:
        """Read which lines are cancelled. Long because the interface has four ways to name them."""
        came = said.get("feedetl_sn")
        for one in came if isinstance(came, list) else [] if is_absent(came) else [came]:
            try:
                line = _code(one)
            except Unfit as unfit:
                self.reasons.append(wrong_type(path("feedetl_sn"), unfit.expected, one))
                continue
            if line is not None:
                body.lines.append(cast("str", line))
        if len(body.lines) > self._max_items:
            self.reasons.append(too_many(path("feedetl_sn"), self._max_items, len(body.lines)))
        if body.batch == EVERYTHING:
            body.batch, body.lines = None, [EVERYTHING]
        elif EVERYTHING in body.lines:
            body.lines = [EVERYTHING]
        if not body.lines and body.batch is None and not self._has_reason(path("feedetl_sn")):
            name = "chrg_bchno" if body.transaction == "2205" else "feedetl_sn"
            self.reasons.append(missing(path(name)))

    def _review(self, message: Node) -> Iterator[tuple[Layers, Path]]:
        """3101, 3102: one question for each patient, about the visit of now, of the orders of now."""
        within, prefix = (self._request, "input.") if is_nested(message) else (message, "")
        if data := node(within, "data"):
            prefix += "data."
        data = data or within
        patients = data.get("patient_dtos")
        for position, patient in enumerate(patients if isinstance(patients, list) else [patients]):
            if isinstance(patient, dict):
                yield self._reviewed(message, data, patient, f"{prefix}patient_dtos[{position}].")

    def _reviewed(self, message: Node, data: Node, patient: Node, prefix: str) -> tuple[Layers, Path]:
        """The layers of a 3101 or 3102. Long because each field may stand in one of two places."""
        came = patient.get("fsi_encounter_dtos")
        encounters = [one for one in (came if isinstance(came, list) else [came]) if isinstance(one, dict)]
        current = next((one for one in encounters if _same(one.get("mdtrt_id"), patient.get("curr_mdtrt_id"))), None)
        encounter = current or (encounters[-1] if encounters else {})
        asked: Node = {"psn_no": patient.get("patn_id"), "trig_scen": data.get("trig_scen")}
        asked["mdtrt_id"] = patient.get("curr_mdtrt_id") or encounter.get("mdtrt_id")
        asked |= {name: encounter[name] for name in ENCOUNTER_FIELDS if not is_absent(encounter.get(name))}
        asked.setdefault("med_type", asked.pop("med_mdtrt_type", None))
        orders = self._orders_of_now(encounter, f"{prefix}fsi_encounter_dtos.")
        asked["feedetail"] = [self._ordered(one, position) for position, one in enumerate(orders)]
        layers = Layers([("", message), (prefix, asked)])
        return layers, lambda name: name if name in HEADER else prefix + {"psn_no": "patn_id"}.get(name, name)

    def _orders_of_now(self, encounter: Node, prefix: str) -> list[Node]:
        """Those with curr_drord_flag 1; where no order has the flag, all of the visit."""
        came = encounter.get("fsi_order_dtos")
        orders = [one for one in (came if isinstance(came, list) else [came]) if isinstance(one, dict)]
        flagged = [one for one in orders if not is_absent(one.get("curr_drord_flag"))]
        return [one for one in flagged if self._is_of_now(one["curr_drord_flag"], prefix)] if flagged else orders

    def _is_of_now(self, flag: object, prefix: str) -> bool:
        try:
            return _text(flag) == "1"
        except Unfit as unfit:
            self.reasons.append(wrong_type(f"{prefix}fsi_order_dtos.curr_drord_flag", unfit.expected, flag))
            return False

    def _ordered(self, order: Node, position: int) -> Node:
        """An order as a fee line; what an order may lack is not missing."""
        line = {one.wire: order[one.wire] for one in _fields_of(Line) if not is_absent(order.get(one.wire))}
        line |= {ours: order[theirs] for theirs, ours in ORDER_FIELDS.items() if not is_absent(order.get(theirs))}
        line.setdefault("feedetl_sn", str(position + 1))
        line.setdefault("fee_ocur_time", self._moment.isoformat())
        line.setdefault("pric", 0)
        line.setdefault("det_item_fee_sumamt", 0)
        return line


class _Beside(msgspec.Struct, kw_only=True):
    """What stands beside a trace code."""

    line: str | None = msgspec.field(name="feedetl_sn", default=None)
    split: str | None = msgspec.field(name="trdn_flag", default=None)
    smallest_unit: str | None = msgspec.field(name="min_prcunt_type", default=None)


def _follows(reason: Reason) -> bool:
    """Whether a field is only missing since the node is in which it should stand."""
    return reason.code == "missing_field" and reason.text.startswith(("input.", "output."))


def _path_in(layers: Layers, message: Node, transaction: Transaction) -> Path:
    """Where a field stands, or where it would be expected."""
    strongest = next((prefix for prefix, _ in reversed(layers.layers) if prefix.endswith("].")), "")
    nested = is_nested(message)

    def path(name: str) -> str:
        if name in layers.said:
            return layers.path(name)
        if strongest and name not in HEADER:
            return strongest + name
        if not nested or name in HEADER:
            return name
        if name in transaction.result:
            return f"output.{transaction.reply[0]}.{name}"
        return f"input.{transaction.request[0]}.{name}"

    return path


def _key(value: object) -> str:
    """By which lines of one visit are known, whatever the notation of its number."""
    if type(value) is str and value.isalnum():
        return value
    return "" if is_absent(value) else clean(str(value))


def _is_clean(text: str) -> bool:
    """Whether a text has no blank at an end, and nothing that cannot be printed."""
    return text[0] != " " != text[-1] and text.isprintable()


def _path_after(prefix: str) -> Path:
    return lambda name: prefix + name


def _path_of_lines(path: Path, prefix: str, said: Node, line: Node) -> Path:
    """What stands in the lines of a visit stands in its first."""

    def found(name: str) -> str:
        if name in OF_LINES and (name in line or name not in said):
            return prefix + name
        return path(name)

    return found


def _limits(came: object) -> dict[str, Node]:
    """What the reply says of each fee line, by its number."""
    rows = [one for one in came if isinstance(one, dict)] if isinstance(came, list) else []
    return {
        str(one.get("feedetl_sn")).strip(): {name: one[name] for name in _LIMITS if not is_absent(one.get(name))}
        for one in rows
    }


def _one_a_visit(cancels: list[FeeLinesCancel]) -> list[Message]:
    """Rows that cancel lines of one visit are one cancel."""
    by_visit: dict[tuple[object, ...], FeeLinesCancel] = {}
    for one in cancels:
        known = by_visit.setdefault((one.person, one.visit, one.batch), one)
        if known is not one:
            known.lines = [EVERYTHING] if EVERYTHING in known.lines + one.lines else known.lines + one.lines
    for one in by_visit.values():
        one.lines = sorted(set(one.lines))
    return list(by_visit.values())


def _same(one: object, other: object) -> bool:
    return not is_absent(one) and str(one).strip() == str(other).strip()


def reason_without_transaction(message: Node) -> Reason:
    """Why a message whose transaction is not known is refused."""
    known = HEADER & message.keys()
    if not known:
        return looks_like(message)
    came = message.get("infno")
    return missing("infno") if is_absent(came) else wrong_type("infno", "text of 1 to 64", came)

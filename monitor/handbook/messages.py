"""The page docs/messages.md: every transaction, its nodes and fields, and an example in each form.

It is made from the tables by which the door reads, so it says what is really understood.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from msgspec.inspect import Metadata, StrType, Type, UnionType, type_info

from monitor.handbook.examples import Example, examples, laid_out
from monitor.handbook.markdown import code, page, table
from rules.wire.fields import OTHER_SPELLINGS, Diagnosed, FeeLines, Line, Message, TraceCode, item_type
from rules.wire.forms import (
    ENCOUNTER_FIELDS,
    KINDS,
    LISTS,
    OF_LINES,
    ORDER_FIELDS,
    TRANSACTIONS,
    Transaction,
    plain,
)
from rules.wire.notation import day, moment, moment_or_day, number, reader_of

_FORMS = {
    "flat": "Flat",
    "request": "Request",
    "reply": "Request and reply",
}
_ABOUT = (
    "What is read of each transaction, and an example of it in each form. What is not named here is ignored. "
    "How to publish, and what is refused: [publishing](publishing.md) ([中文](publishing.zh.md))."
)
_ABOUT_FORMS = """A message may be written in three forms. They mean the same: one message in two forms counts once.

- **Flat**: header and payload side by side in one object. The nodes may stand there too.
- **Request**: the message as the institution sent it. The payload stands in nodes of `input`.
- **Request and reply**: the request, and beside it the reply: `infcode`, `refmsg_time`, `output`. Where request and
  reply both state a field, the value of the reply counts, unless a table says otherwise.

A transaction ending in A (2207A) is read as the one without it. Batches of 35xxA are as many events."""
_NOTATIONS = {
    "code": "Text. A number is its digits, true and false are 1 and 0. Blanks at the ends are cut off. "
    "Upper and lower case differ.",
    "folded code": "The same, but upper and lower case are one.",
    "name": "Text for people. What is longer than 200 characters is cut.",
    "number": 'A number, or the text of a plain decimal: `30`, `30.00`, `"30.00"`.',
    "time": "`2026-03-05 10:00:00`, also with `T` and with fractions of a second; `2026/3/5 9:05:00`; 14 or 17 digits; "
    "ISO 8601 with an offset. Without an offset it is the time of Asia/Shanghai. A date alone is refused.",
    "time or date": "The same, or a date alone: `2026-03-05`, `2026/3/5`. It means 00:00.",
    "date": "A date; a time of day after it is not looked at.",
    "list": "A list of objects. One object is a list of one.",
}
_NOTES = {
    "registration": "The reply of 2201 gives the visit its `mdtrt_id`.",
    "admission": "The reply of 2401 gives the visit its `mdtrt_id`.",
    "fee_lines": "`psn_no`, `mdtrt_id`, `med_type` and `chrg_bchno` may stand beside the lines or in each line. "
    "Lines of several persons or visits are as many events. `output.result` adds `inscp_scp_amt`, `pric_uplmt_amt` and "
    "`med_chrgitm_type` to the line of the same `feedetl_sn`.",
    "fee_lines_cancel": "One of `chrg_bchno` and `feedetl_sn` is required. `0000` stands for all lines of the visit "
    "that no settlement has paid. `data` may be a list with a row for each line.",
    "settlement": "`setl_id`, `setl_time` and `fund_pay_sumamt` stand only in the reply, so a request alone is refused "
    "(`no_result`). Amounts may be negative only with `refd_setl_flag` 1 or with `init_setl_id`.",
    "reversal": "`setl_id` is the settlement that is taken back: the one of the request. The reply has a `setl_id` of "
    "its own, which is not read. Where the reply has no `setl_time`, `inf_time` counts. A flat reversal with "
    "`init_setl_id` takes back that settlement.",
    "review": "`patient_dtos` is a list or one object; each patient is an event. The visit is the encounter whose "
    "`mdtrt_id` is `curr_mdtrt_id`. Orders with `curr_drord_flag` 1 are the fee lines; where no order has the flag, "
    "all orders of the visit.",
    "stock": "A quantity and a time are required, under any of their names; the quantity of 3502 may be negative. "
    "A node may be a list: each row is an event. A reply with `retRslt` other than 1 says that the transaction failed.",
    "stock_deletion": "`inv_data_type`: 1 count, 2 change, 3 purchase, 4 sale.",
}
_CODES = (
    "In `drug_trac_info` or `drugtracinfo`: a list of objects or texts, one object, or one text with several codes. "
    "3505 may have `drug_trac_codg` beside its row instead. A code that is absent, or stands for no pack, is counted "
    "and refuses nothing."
)
_PARTS: tuple[tuple[str, type[msgspec.Struct], str], ...] = (
    ("Fee line", Line, "In `feedetail` or `drugdetail`. A line with `init_feedetl_sn` may be negative."),
    ("Trace code", TraceCode, _CODES),
    ("Diagnosis row", Diagnosed, "In `diseinfo`."),
)
NAMES = {
    "2101": "药店预结算",
    "2102": "药店结算",
    "2103": "药店结算撤销",
    "2201": "门诊挂号",
    "2202": "门诊挂号撤销",
    "2203": "门诊就诊信息上传",
    "2204": "门诊费用明细上传",
    "2205": "门诊费用明细撤销",
    "2206": "门诊预结算",
    "2207": "门诊结算",
    "2208": "门诊结算撤销",
    "2301": "住院费用明细上传",
    "2302": "住院费用明细撤销",
    "2303": "住院预结算",
    "2304": "住院结算",
    "2305": "住院结算撤销",
    "2401": "入院办理",
    "2402": "出院办理",
    "2404": "入院撤销",
    "2405": "出院撤销",
    "2601": "冲正",
    "3101": "明细审核事前分析",
    "3102": "明细审核事中分析",
    "3501": "商品盘存上传",
    "3502": "商品库存变更",
    "3503": "商品采购",
    "3504": "商品采购退货",
    "3505": "商品销售",
    "3506": "商品销售退货",
    "3507": "商品信息删除",
}
"""Transaction -> what the interface calls it."""
_PLACES = {("reversal", "init_setl_id"): "flat message only"}
"""Kind and field -> where it is read, where the tables of the door do not say it."""
_HEADER = {one.encode_name for one in msgspec.structs.fields(Message)}


def messages_page() -> str:
    """Every transaction, with its nodes, fields and examples."""
    shown = list(examples())
    parts = [
        ("Transactions", _transactions()),
        ("Forms", _ABOUT_FORMS),
        ("Notations", table(("notation", "accepted"), _NOTATIONS.items()) + "\n\n" + _absent()),
        ("Header", _fields_table(_fields(Message), _stands_in_header)),
        *((title, f"{about}\n\n{_fields_table(_fields(struct))}") for title, struct, about in _PARTS),
        ("Other spellings", table(("also accepted", "for"), _code_rows(OTHER_SPELLINGS.items()))),
        *((kind, _kind(kind, shown)) for kind in KINDS),
    ]
    return page("Messages", _ABOUT, "\n\n".join(f"## {title}\n\n{body}" for title, body in parts))


def _transactions() -> str:
    rows = [
        (infno, NAMES[infno], f"[{one.kind}](#{one.kind})", "required" if one.needs_reply else "")
        for infno, one in TRANSACTIONS.items()
    ]
    about = "All other transactions are counted and skipped. Where the reply is required, a request alone is refused."
    return f"{table(('transaction', '名称', 'kind', 'reply'), rows)}\n\n{about}"


def _absent() -> str:
    return 'A field that is `""`, `"-"`, `null`, `[]` or `{}` is the same as one that is not there.'


# One kind


def _kind(kind: str, shown: Sequence[Example]) -> str:
    of_kind = {infno: one for infno, one in TRANSACTIONS.items() if one.kind == kind}
    first = next(iter(of_kind.values()))
    fields = [one for one in _fields(first.struct) if one.encode_name not in _HEADER]
    head = ("transaction", "nodes of `input`", "nodes of `output`", "reply")
    parts = [
        (inspect.getdoc(first.struct) or "").partition("\n")[0],
        *([_NOTES[kind]] if kind in _NOTES else []),
        table(head, map(_transaction_row, of_kind.items())),
        _fields_table(fields, lambda name: _stands_in(name, first)),
        *([_review_tables()] if kind == "review" else []),
        *(_examples_of(infno, shown) for infno in _shown_of(of_kind, shown)),
    ]
    return "\n\n".join(parts)


def _transaction_row(row: tuple[str, Transaction]) -> tuple[str, str, str, str]:
    infno, one = row
    lists = [name for ours in _lists_of(one) for name in LISTS[ours]]
    asked = dict.fromkeys((*one.request, *one.rows, *filter(None, (one.lines,)), *lists))
    told = (*one.reply, *filter(None, (one.limits,)))
    return infno, _names(asked), _names(told), "required" if one.needs_reply else ""


def _lists_of(one: Transaction) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(one.struct) if field.encode_name in LISTS]


def _stands_in(name: str, one: Transaction) -> str:
    """Where a field of the payload stands in a request and its reply."""
    if (one.kind, name) in _PLACES:
        return _PLACES[one.kind, name]
    if name in LISTS:
        return f"request: {_names(LISTS[name], ' or ')}"
    if one.struct is FeeLines and name in OF_LINES:
        return "request, or each line"
    if name in one.result:
        return "reply"
    if name in one.of_request:
        return "request, whatever the reply says"
    return "reply, else request" if one.reply else "request"


def _stands_in_header(name: str) -> str:
    return "reply" if name == "refmsg_time" else "header"


def _review_tables() -> str:
    orders = table(("order (`fsi_order_dtos`)", "fee line"), _code_rows(ORDER_FIELDS.items()))
    return f"Read of the visit (`fsi_encounter_dtos`): {_names(ENCOUNTER_FIELDS)}.\n\n{orders}"


def _shown_of(of_kind: Iterable[str], shown: Sequence[Example]) -> Iterator[str]:
    known = dict.fromkeys(one.infno for one in shown)
    yield from (infno for infno in known if plain(infno) in of_kind)


def _examples_of(infno: str, shown: Sequence[Example]) -> str:
    parts = [f"### {infno}"]
    for one in shown:
        if one.infno == infno:
            parts += [f"{_FORMS[one.form]}:", code("json", laid_out(one.message))]
    return "\n\n".join(parts)


# Fields


def _fields(struct: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(struct)


def _fields_table(fields: Iterable[msgspec.structs.FieldInfo], stands_in: Callable[[str], str] | None = None) -> str:
    head: tuple[str, ...] = ("field", "our word", "required", "notation")
    if stands_in is None:
        return table(head, map(_row, fields))
    return table((*head, "stands in"), [(*_row(one), stands_in(one.encode_name)) for one in fields])


def _row(one: msgspec.structs.FieldInfo) -> tuple[str, ...]:
    return f"`{one.encode_name}`", one.name, "yes" if one.required else "", notation(one.type)


def notation(field_type: object) -> str:
    """How a field of this type is written, in the words of the page.

    >>> notation(str), notation(list[str]), notation(float | None)
    ('code', 'list of codes, or one', 'number')
    """
    item = item_type(field_type)
    if item is not None:
        return _list_of(item)
    reader = reader_of(field_type)
    names = {number: "number", moment: "time", moment_or_day: "time or date", day: "date"}
    return names[reader] if reader in names else _text(type_info(field_type))


def _list_of(item: object) -> str:
    titles = {struct: title for title, struct, _ in _PARTS}
    if isinstance(item, type) and item in titles:
        title = titles[item]
        return f"list of [{title.lower()}](#{title.lower().replace(' ', '-')})"
    return "list of codes, or one"


def _text(info: Type) -> str:
    """A text: what is said about it decides."""
    if isinstance(info, UnionType):
        return next(_text(one) for one in info.types if isinstance(one, Metadata | StrType))
    if not isinstance(info, Metadata):
        return _sized("code", info)
    extra = info.extra or {}
    if extra.get("name"):
        return "name"
    return _sized("folded code" if extra.get("folded") else "code", info.type)


def _sized(word: str, info: Type) -> str:
    longest = info.max_length if isinstance(info, StrType) else None
    return f"{word}, up to {longest}" if longest else word


# Words


def _names(names: Iterable[str], between: str = ", ") -> str:
    return between.join(f"`{name}`" for name in names)


def _code_rows(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"`{one}`", f"`{other}`") for one, other in pairs]

"""What stands of a file of messages, found slowly and obviously; imports nothing of the project.

Written from the contract (what a message takes back, and for how long) and from docs/rules (drug lines, substances,
whole stays). Times are whole seconds, in Beijing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from re import fullmatch

Message = dict[str, object]
Row = dict[str, str]
Tables = dict[str, list[Row]]

HOUR = 3_600
DAY = 24 * HOUR
SETTLEMENTS = {"2102": "2103", "2207": "2208", "2304": "2305"}
"""Each settlement with the transaction that takes it back."""


def seconds(text: object) -> int:
    """A time, or a date, of the wire."""
    return int((datetime.fromisoformat(str(text)) - datetime(2020, 1, 1)).total_seconds())  # noqa: DTZ001 - Beijing


def day_of(time: int) -> int:
    """The first second of a day."""
    return time - time % DAY


def text_of(message: Message, name: str) -> str:
    """A field; empty where it is not sent."""
    return str(message.get(name, ""))


def row(tables: Tables, table: str, column: str, key: str, time: int) -> Row | None:
    """The latest row of a key that is valid at a time."""
    found = None
    for one in sorted(tables.get(table, []), key=lambda one: one.get("valid_from", "")):
        begins = seconds(one["valid_from"]) if one.get("valid_from") else -(1 << 60)
        ends = seconds(one["valid_to"]) + DAY if one.get("valid_to") else 1 << 60
        if one[column] == key and begins <= time < ends:
            found = one
    return found


def tags(person: str, place: str, time: int, tables: Tables) -> list[str]:
    """What is said of a person and an institution, in the order of docs/tags.md."""
    who = row(tables, "persons", "psn_no", person, time) or {}
    where = row(tables, "institutions", "fixmedins_code", place, time) or {}
    said = [("reported", row(tables, "reports", "fixmedins_code", place, time) is not None)]
    said.append(("key_person", who.get("key") == "1"))
    said += [(f"person_credit_{tier}", who.get("credit") == tier) for tier in "DCBA"]
    said.append(("key", where.get("key") == "1"))
    said += [(f"credit_{tier}", where.get("credit") == tier) for tier in "DCBA"]
    said.append(("private", where.get("ownership") == "private"))
    return [tag for tag, is_said in said if is_said]


@dataclass(frozen=True)
class Line:
    """A fee line that stands. settled: it came with a settlement, which is that."""

    person: str
    place: str
    visit: str
    number: str
    item: str
    count: float
    days: float
    kind: str
    rxno: str
    doctor: str
    list_type: str
    circulated: bool
    flag: str
    time: int
    transaction: str
    message: str
    settled: str = ""
    price: float = 0
    most: float = 0
    amount: float = 0
    in_scope: float = 0
    performer: str = ""
    sent_out: bool = False
    department: str = ""

    @property
    def order(self) -> tuple[int, str]:
        """By time; of one message by number."""
        return (self.time, self.number)


@dataclass(frozen=True)
class Piece:
    """A settlement, admission, discharge or registration that stands."""

    person: str
    place: str
    visit: str
    time: int
    transaction: str
    message: Message = field(compare=False)
    lines: tuple[Line, ...] = ()

    @property
    def kind(self) -> str:
        """Its med_type."""
        return text_of(self.message, "med_type")


@dataclass
class Facts:
    """All that stands, in order of time, and the tables. sold: settlements as far as their trace codes stand.

    deleted: what deletes records, by its upload; came_in: rows of stock that say which boxes are there; stock: rows of
    stock; opened: settlements, whatever became of them, that sell parts of packs.
    booked: bills of stays, whatever became of them, what takes them back, and what deletes or gives back their lines.
    """

    tables: Tables
    pieces: list[Piece] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    sold: list[Piece] = field(default_factory=list)
    deleted: list[Piece] = field(default_factory=list)
    came_in: list[Piece] = field(default_factory=list)
    stock: list[Piece] = field(default_factory=list)
    opened: list[Piece] = field(default_factory=list)
    booked: list[Piece] = field(default_factory=list)

    def of(self, *transactions: str) -> list[Piece]:
        """The pieces of these transactions."""
        return [one for one in self.pieces if one.transaction in transactions]


def facts(messages: Iterable[Message], tables: Tables) -> Facts:
    """Read messages that came in order of their inf_time."""
    every = list(messages)
    found = Facts(tables)
    for number, message in enumerate(every):
        transaction, later = text_of(message, "infno"), every[number + 1 :]
        found.booked += _booked(message, transaction)
        if transaction in SETTLEMENTS:
            time = seconds(message["setl_time"])
            by, lines = SETTLEMENTS[transaction], tuple(_lines(message))
            reach = 63 * DAY if transaction == "2304" else 72 * HOUR
            if not _is_named(message, later, by, "setl_id", time + reach):
                found.pieces.append(_piece(message, time, lines))
                found.lines += lines
            if not _is_named(message, later, by, "setl_id", time + 90 * DAY):
                found.sold.append(_piece(message, time, lines))
        elif transaction in ("2401", "2402", "2201"):
            time = seconds(message["endtime" if transaction == "2402" else "begntime"])
            cancel = {"2401": "2404", "2402": "2405", "2201": "2202"}[transaction]
            reach = 72 * HOUR if transaction == "2201" else 63 * DAY
            if not _is_named(message, later, cancel, "mdtrt_id", time + reach):
                found.pieces.append(_piece(message, time, ()))
        elif transaction in ("2204", "2301"):
            found.lines += [one for one in _lines(message) if not _is_cancelled(one, later)]
        elif transaction in ("2205", "2302", "2404", "2405", "3507"):
            found.deleted.append(_piece(message, seconds(message["inf_time"]), ()))
    found.stock = sorted(_rows_of_stock(every), key=lambda one: one.time)
    found.came_in = [one for one in found.stock if one.transaction == "3503"]
    found.opened = [
        _piece(one, seconds(one["setl_time"]), tuple(_lines(one))) for one in every if one["infno"] in SETTLEMENTS
    ]
    found.lines = _latest(found.lines)
    found.pieces = _last_sent(found.pieces)
    found.pieces.sort(key=lambda one: one.time)
    found.sold.sort(key=lambda one: one.time)
    found.deleted.sort(key=lambda one: one.time)
    found.booked.sort(key=lambda one: one.time)
    return found


def _booked(message: Message, transaction: str) -> list[Piece]:
    gives_back = transaction == "2301" and any(one.count < 0 for one in _lines(message))
    is_booked = transaction in ("2304", "2305", "2302") or gives_back
    return [_piece(message, seconds(message["inf_time"]), ())] if is_booked else []


def _last_sent(pieces: list[Piece]) -> list[Piece]:
    """Of an admission, a discharge or a registration that was sent again the last one."""
    last = {(one.transaction, one.place, one.visit): one for one in pieces}
    return [
        one for one in pieces if one.transaction in SETTLEMENTS or one is last[one.transaction, one.place, one.visit]
    ]


def _piece(message: Message, time: int, lines: tuple[Line, ...]) -> Piece:
    names = ("psn_no", "fixmedins_code", "mdtrt_id")
    person, place, visit = (text_of(message, name) for name in names)
    return Piece(person, place, visit, time, text_of(message, "infno"), message, lines)


def _is_named(message: Message, later: list[Message], by: str, name: str, until: int) -> bool:
    """Whether a later message of the institution takes this one back, in time."""
    return any(
        text_of(one, "infno") == by
        and one["fixmedins_code"] == message["fixmedins_code"]
        and one[name] == message[name]
        and seconds(one["inf_time"]) <= until
        for one in later
    )


TIMES = {
    "3501": "invdate", "3502": "inv_chg_time", "3503": "purc_retn_stoin_time", "3504": "purc_retn_stoin_time",
    "3505": "sel_retn_time", "3506": "sel_retn_time",
}  # fmt: skip
SORTS = {"3501": "1", "3502": "2", "3503": "3", "3505": "4"}
"""Transaction -> inv_data_type."""


def _rows_of_stock(every: list[Message]) -> Iterator[Piece]:
    """Those that are not deleted in time."""
    for number, message in enumerate(every):
        infno = text_of(message, "infno")
        if infno in TIMES:
            time = seconds(message[TIMES[infno]])
            if not any(_deletes(one, message, time) for one in every[number + 1 :]):
                yield _piece(message, time, ())


def _deletes(one: Message, row_of_stock: Message, time: int) -> bool:
    """Whether a later message deletes this row, in time."""
    sort = SORTS.get(text_of(row_of_stock, "infno"), "none")
    return (
        text_of(one, "infno") == "3507"
        and (one["fixmedins_code"], one["fixmedins_bchno"])
        == (row_of_stock["fixmedins_code"], row_of_stock.get("fixmedins_bchno"))
        and (text_of(one, "inv_data_type") in ("", sort) and sort != "none")
        and seconds(one["inf_time"]) <= time + 72 * HOUR
    )


def _is_cancelled(line: Line, later: list[Message]) -> bool:
    reach, by = (63 * DAY, "2302") if line.transaction == "2301" else (72 * HOUR, "2205")
    return any(
        text_of(one, "infno") == by
        and (one["fixmedins_code"], one["mdtrt_id"], one["feedetl_sn"]) == (line.place, line.visit, line.number)
        and seconds(one["inf_time"]) <= line.time + reach
        for one in later
    )


def _lines(message: Message) -> Iterator[Line]:
    of_message = message.get("feedetail", [])
    assert isinstance(of_message, list)
    for one in of_message:
        yield Line(
            person=text_of(message, "psn_no"),
            place=text_of(message, "fixmedins_code"),
            visit=text_of(message, "mdtrt_id"),
            number=text_of(one, "feedetl_sn"),
            item=text_of(one, "med_list_codg"),
            count=float(one["cnt"]),
            days=abs(float(one.get("prd_days", 0))),
            kind=text_of(message, "med_type"),
            rxno=text_of(one, "rxno"),
            doctor=text_of(one, "bilg_dr_codg"),
            list_type=text_of(one, "list_type"),
            circulated=text_of(one, "rx_circ_flag") == "1",
            flag=text_of(one, "rx_circ_flag"),
            time=seconds(one["fee_ocur_time"]),
            transaction=text_of(message, "infno"),
            message=text_of(message, "msgid"),
            settled=text_of(message, "setl_id"),
            price=float(one["pric"]),
            most=float(one.get("pric_uplmt_amt", 0)),
            amount=float(one["det_item_fee_sumamt"]),
            in_scope=float(one.get("inscp_scp_amt", 0)),
            performer=text_of(one, "orders_dr_code"),
            sent_out=text_of(one, "etip_flag") == "1",
            department=text_of(one, "bilg_dept_codg"),
        )


def _latest(lines: Iterable[Line]) -> list[Line]:
    """Of a line that was sent several times the latest upload."""
    latest = {(one.place, one.visit, one.number): one for one in lines}
    return sorted(latest.values(), key=lambda one: one.order)


def substance(item: str, time: int, tables: Tables) -> str:
    """What an item is the same as; empty for solvents."""
    known = row(tables, "drugs", "med_list_codg", item, time) or {}
    western = fullmatch(r"X.{22}", item) is not None
    atc = known.get("atc") or (item[1:4] if western else "")
    if atc[:3] in ("B05", "V07"):
        return ""
    return known.get("group") or (item[:10] if western else item)


def is_drug(line: Line, tables: Tables) -> bool:
    """Whether a line is a drug line."""
    if line.transaction in ("2301", "2304") or line.kind.startswith("2"):
        return False
    if line.list_type:
        return line.list_type.startswith("1")
    is_service = len(line.item) == 15 and line.item.startswith("00")
    return not is_service or row(tables, "drugs", "med_list_codg", line.item, line.time) is not None

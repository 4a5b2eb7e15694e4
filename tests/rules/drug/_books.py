"""A shop that uploads its whole stock: counted, bought, changed, settled."""

from __future__ import annotations

from itertools import count

from rules.engine.rule import Rule
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY
from tests.oracle.wire import RAMIPRIL, SHOP, Body, line, settlement, stock, text
from tests.rules._messages import standing_after

_numbers = count(1)


def table(**row: str) -> Reference:
    """A shop that uploads its stock."""
    reference = Reference()
    of_shop = {"fixmedins_code": SHOP, "status": "active", "kind": "pharmacy", "stock_uploaded": "1"}
    reference.put("institutions", of_shop | row)
    return reference


def moment(day: float) -> int:
    """So many days after 2026-03-05 00:00, in whole seconds."""
    return at("00:00") + round(day * DAY / 1_000) * 1_000


def _row(infno: str, day: float, fields: Body) -> Body:
    number = f"{next(_numbers)}"
    named: Body = {"fixmedins_bchno": f"N{number}", "msgid": f"k{number}"}
    return stock(infno, moment(day), **named | fields)


def counted(day: float, packs: float, **fields: object) -> Body:
    """A row of a count."""
    return _row("3501", day, {"cnt": packs} | fields)


def bought(day: float, packs: float, **fields: object) -> Body:
    """A purchase."""
    return _row("3503", day, {"cnt": packs} | fields)


def given_back(day: float, packs: float, **fields: object) -> Body:
    """A purchase goes back to the supplier."""
    return _row("3504", day, {"cnt": packs} | fields)


def changed(day: float, packs: float, kind: str, **fields: object) -> Body:
    """A change of stock."""
    return _row("3502", day, {"cnt": packs, "inv_chg_type": kind} | fields)


def opened(day: float, **fields: object) -> Body:
    """A report of a sale of which a pack was opened."""
    return _row("3505", day, {"cnt": 1, "trdn_flag": "1"} | fields)


def settled(day: float, packs: float = 1, **fields: object) -> Body:
    """So many packs in one settlement."""
    number, when = f"{next(_numbers)}", moment(day)
    signed: Body = {"init_feedetl_sn": "1"} if packs < 0 else {}
    lines = [line("1", when, cnt=packs, med_list_codg=fields.pop("item", RAMIPRIL), **signed)]
    ids: Body = {"msgid": f"s{number}", "setl_id": f"S{number}", "mdtrt_id": f"V{number}", "psn_no": number}
    return settlement(when, **ids | {"feedetail": lines} | fields)


def late(body: Body, days: float) -> Body:
    """The same, uploaded later."""
    return body | {"inf_time": text(moment(days))}


def found(rule: Rule, *bodies: Body, reference: Reference | None = None) -> list[tuple[float, float, str]]:
    """Value, limit and severity of what stands, uploaded in order."""
    order = sorted(bodies, key=lambda one: str(one["inf_time"]))
    standing = standing_after(rule, order, reference or table())
    return [(one.measure.value, one.measure.limit, one.severity) for one in standing]

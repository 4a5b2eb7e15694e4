"""One content in the notations of different systems: numbers as text, codes as numbers, times in several shapes.

Each notation is a function from the name and the value of a field to the value as another system writes it. It
leaves alone what it is not for, so one after the other can be put over a whole message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from .forms import Wire

Notation = Callable[[str, object], object]
"""Name and value of a field -> its value in another notation."""

DECIMALS = {
    "cnt": 4,
    "sel_retn_cnt": 4,
    "purc_retn_cnt": 4,
    "inv_cnt": 4,
    "pric": 6,
    "pric_uplmt_amt": 6,
    "prd_days": 2,
    "medfee_sumamt": 2,
    "fund_pay_sumamt": 2,
    "hifp_pay": 2,
    "acct_pay": 2,
    "maf_pay": 2,
    "psn_cash_pay": 2,
    "cash_payamt": 2,
    "psn_pay": 2,
    "balc": 2,
    "inscp_scp_amt": 2,
    "fulamt_ownpay_amt": 2,
    "det_item_fee_sumamt": 2,
    "sumamt": 2,
    "fund_payamt": 2,
}
"""Numbers, and with how many decimals systems write them as text."""
FLAGS = frozenset({"rx_circ_flag", "trdn_flag", "refd_setl_flag", "mid_setl_flag", "curr_drord_flag"})
SHORT_CODES = FLAGS | {
    "med_type",
    "insutype",
    "psn_type",
    "gend",
    "setl_type",
    "list_type",
    "hilist_type",
    "med_chrgitm_type",
    "opter_type",
    "diag_type",
    "dscg_way",
    "trig_scen",
    "insuplc_admdvs",
    "mdtrtarea_admvs",
    "mdtrt_setl_type",
    "min_prcunt_type",
    "inv_data_type",
}
"""Codes that some systems keep as integers."""
PADDED = frozenset(
    {
        "fixmedins_code",
        "psn_no",
        "patn_id",
        "mdtrt_id",
        "curr_mdtrt_id",
        "setl_id",
        "init_setl_id",
        "med_list_codg",
        "hilist_code",
        "feedetl_sn",
        "rx_id",
        "rxno",
        "chrg_bchno",
        "fixmedins_bchno",
        "dise_codg",
        "diag_code",
        "dscg_maindiag_code",
        "atddr_no",
        "bilg_dr_codg",
        "opter",
        "dev_no",
        "omsgid",
        "manu_lotnum",
        "drug_trac_codg",
        "drugtracinfo",
    }
)
"""Codes and ids that come out of columns of a fixed width, and trace codes, which come out of scanners."""
FOLDED = frozenset({"fixmedins_code", "med_list_codg", "hilist_code"})
"""Codes of which upper and lower case are one."""
MOMENTS = frozenset(
    {
        "inf_time",
        "setl_time",
        "fee_ocur_time",
        "drord_begn_date",
        "begntime",
        "endtime",
        "diag_time",
        "dscg_time",
        "sel_retn_time",
    }
)
DAYS = frozenset({"brdy", "die_date"})
"""Days; some systems write them with a time of 00:00:00."""
OTHER_NAMES = {
    "bilg_dr_codg": "bilg_dr_code",
    "psn_part_amt": "psn_pay",
    "psn_cash_pay": "cash_payamt",
    "mdtrtarea_admvs": "mdtrtarea_admdvs",
    "med_list_codg": "hilist_code",
    "psn_no": "patn_id",
    "fixmedins_code": "medins_id",
    "drug_trac_info": "drugtracinfo",
    "drugtracinfo": "drug_trac_info",
}
"""The interface's own spelling -> the other one that is in use in some provinces."""


def rewritten(message: Wire, notation: Notation) -> Wire:
    """A message with every field in another notation."""
    return {name: _rewritten(name, value, notation) for name, value in message.items()}


def _rewritten(name: str, value: object, notation: Notation) -> object:
    if isinstance(value, dict):
        return rewritten(value, notation)
    if isinstance(value, list):
        return [_rewritten(name, one, notation) for one in value]
    return notation(name, value)


def respelled(message: Wire, names: Mapping[str, str]) -> Wire:
    """A message with fields under these other names."""
    return {names.get(name, name): _respelled(value, names) for name, value in message.items()}


def _respelled(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return respelled(value, names)
    if isinstance(value, list):
        return [_respelled(one, names) for one in value]
    return value


def as_text(name: str, value: object) -> object:
    """A number as text, with the decimals of its column.

    >>> as_text("cnt", 1), as_text("medfee_sumamt", 30.5), as_text("med_type", "11")
    ('1.0000', '30.50', '11')
    """
    if name in DECIMALS and isinstance(value, int | float):
        return f"{value:.{DECIMALS[name]}f}"
    return value


def without_decimals(name: str, value: object) -> object:
    """A whole number without its decimals.

    >>> without_decimals("medfee_sumamt", 30.0), without_decimals("medfee_sumamt", 30.5)
    (30, 30.5)
    """
    if name in DECIMALS and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def as_integer(name: str, value: object) -> object:
    """A code as an integer, where it has no leading zero.

    >>> as_integer("med_type", "11"), as_integer("med_chrgitm_type", "09"), as_integer("psn_no", "11")
    (11, '09', '11')
    """
    if name in SHORT_CODES and isinstance(value, str) and value.isdigit() and str(int(value)) == value:
        return int(value)
    return value


def as_truth(name: str, value: object) -> object:
    """A flag as true or false.

    >>> as_truth("trdn_flag", "1"), as_truth("trdn_flag", "0"), as_truth("med_type", "1")
    (True, False, '1')
    """
    if name in FLAGS and value in ("0", "1"):
        return value == "1"
    return value


def padded(blank: str) -> Notation:
    """Codes and ids with this behind them.

    >>> padded("  ")("setl_id", "S1"), padded("  ")("med_type", "11")
    ('S1  ', '11')
    """
    return lambda name, value: f"{value}{blank}" if name in PADDED and isinstance(value, str) and value else value


def lowered(name: str, value: object) -> object:
    """Codes of institutions and items in lower case.

    >>> lowered("fixmedins_code", "P34102100001"), lowered("setl_id", "S1")
    ('p34102100001', 'S1')
    """
    return value.lower() if name in FOLDED and isinstance(value, str) else value


def timed(shape: Callable[[str], str]) -> Notation:
    """Every time in this shape.

    >>> sorted(timed(shape)("setl_time", "2026-03-05 09:02:00") for shape in SHAPES.values())
    ['2026-03-05 09:02:00.000', '2026-03-05T09:02:00', '2026-03-05T09:02:00+08:00',
     '2026/3/5 9:02:00', '20260305090200', '20260305090200000']
    """
    return lambda name, value: shape(value) if name in MOMENTS and isinstance(value, str) and _is_full(value) else value


def _is_full(moment: str) -> bool:
    return len(moment) == len("yyyy-MM-dd HH:mm:ss")


def with_midnight(name: str, value: object) -> object:
    """Days with a time of 00:00:00.

    >>> with_midnight("brdy", "1986-10-04"), with_midnight("manu_date", "2025-01-01")
    ('1986-10-04 00:00:00', '2025-01-01')
    """
    return f"{value} 00:00:00" if name in DAYS and isinstance(value, str) and len(value) == 10 else value


def _digits(moment: str) -> str:
    return "".join(one for one in moment if one.isdigit())


def _slashes(moment: str) -> str:
    day, time = moment.split()
    year, month, number = day.split("-")
    hour, rest = time.split(":", 1)
    return f"{year}/{int(month)}/{int(number)} {int(hour)}:{rest}"


SHAPES: dict[str, Callable[[str], str]] = {
    "T": lambda moment: moment.replace(" ", "T"),
    "offset": lambda moment: f"{moment.replace(' ', 'T')}+08:00",
    "fraction": lambda moment: f"{moment}.000",
    "14 digits": _digits,
    "17 digits": lambda moment: f"{_digits(moment)}000",
    "slashes": _slashes,
}
"""Name -> yyyy-MM-dd HH:mm:ss in another shape."""


def drawn(rng: Random) -> list[Notation]:
    """The notations of one system: each kind of field in one way throughout a message."""
    found: list[Notation] = []
    draw = rng.random()
    if draw < 0.6:
        found.append(as_text if draw < 0.4 else without_decimals)
    draw = rng.random()
    if draw < 0.15:
        found.append(as_truth)
    if draw < 0.5:
        found.append(as_integer)
    if rng.random() < 0.2:
        found.append(lowered)
    if rng.random() < 0.2:
        found.append(padded(rng.choice((" ", "  ", "\t", "\r"))))
    if rng.random() < 0.6:
        found += [with_midnight, timed(SHAPES[rng.choice(list(SHAPES))])]
    return found

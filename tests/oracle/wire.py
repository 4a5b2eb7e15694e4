"""Messages as institutions send them, made in one call: a dictionary of wire names for each transaction."""

from __future__ import annotations

from itertools import count

import msgspec

from rules.times import DAY, HOUR, MINUTE, clock, parse

Body = dict[str, object]

MONDAY = parse("2026-03-02 00:00:00")
SHOP, OTHER_SHOP, HOSPITAL = "P34102100029", "P34102100030", "H34102100001"
RAMIPRIL, RAMIPRIL_TOO, METFORMIN = "XC09AAL001A001010100001", "XC09AAL001A002010100002", "XA10BAE001A001010100001"
BOX = "81234560000000000017"

_numbers = count(1)


def text(moment: int) -> str:
    """A moment as the interface writes it, in Beijing."""
    return clock(moment, "%Y-%m-%d %H:%M:%S")


def raw(body: Body) -> bytes:
    """The message as it stands on the topic."""
    return msgspec.json.encode(body)


def message(infno: str, at: int = MONDAY, /, **fields: object) -> Body:
    """Any message; uploaded at once unless inf_time says otherwise."""
    header: Body = {
        "msgid": f"M{next(_numbers)}", "infno": infno, "fixmedins_code": SHOP, "inf_time": text(at), "psn_no": "1",
        "insuplc_admdvs": "341021", "mdtrtarea_admvs": "341021", "opter": "o1", "opter_type": "1",
    }  # fmt: skip
    return header | fields


def line(number: int | str, at: int = MONDAY, /, **fields: object) -> Body:
    """One fee line."""
    defaults: Body = {
        "feedetl_sn": str(number), "med_list_codg": RAMIPRIL, "cnt": 1, "pric": 20.5, "det_item_fee_sumamt": 20.5,
        "fee_ocur_time": text(at),
    }  # fmt: skip
    return defaults | fields


def settlement(at: int = MONDAY, /, infno: object = "2102", **fields: object) -> Body:
    """A settlement that stands."""
    number = next(_numbers)
    defaults: Body = {
        "setl_id": f"S{number}", "mdtrt_id": f"V{number}", "med_type": "41", "setl_time": text(at),
        "medfee_sumamt": 50, "fund_pay_sumamt": 40,
    }  # fmt: skip
    return message(str(infno), at, **defaults | fields)


def reversal(setl_id: str, at: int = MONDAY, /, infno: str = "2103", **fields: object) -> Body:
    """A settlement is taken back."""
    return message(infno, at, **{"setl_id": setl_id, "setl_time": text(at)} | fields)


def message_reversal(msgid: object, at: int = MONDAY, /, oinfno: str = "2102", **fields: object) -> Body:
    """A message is taken back."""
    return message("2601", at, **{"omsgid": msgid, "oinfno": oinfno} | fields)


def fee_lines(visit: str, lines: list[Body], at: int = MONDAY, /, infno: str = "2204", **fields: object) -> Body:
    """Lines of a visit are uploaded."""
    return message(infno, at, **{"mdtrt_id": visit, "feedetail": lines, "med_type": "11"} | fields)


def question(at: int = MONDAY, /, infno: object = "2101", **fields: object) -> Body:
    """A pre-settlement."""
    return message(str(infno), at, **{"med_type": "41", "medfee_sumamt": 50} | fields)


def admission(visit: str, at: int = MONDAY, /, **fields: object) -> Body:
    """A stay begins."""
    return message("2401", at, **{"mdtrt_id": visit, "begntime": text(at), "med_type": "21"} | fields)


def discharge(visit: str, at: int = MONDAY, /, **fields: object) -> Body:
    """A stay ends."""
    return message("2402", at, **{"mdtrt_id": visit, "endtime": text(at)} | fields)


def stock(infno: str, at: int = MONDAY, /, **fields: object) -> Body:
    """A message about stock."""
    body = message(infno, at, **{"med_list_codg": RAMIPRIL, "cnt": 1, "time": text(at)} | fields)
    del body["psn_no"]
    return body


def deletion(number: str, at: int = MONDAY, /, **fields: object) -> Body:
    """What was reported of stock under this number is deleted."""
    body = message("3507", at, **{"fixmedins_bchno": number, "inv_data_type": "4"} | fields)
    del body["psn_no"]
    return body


__all__ = [
    "BOX",
    "DAY",
    "HOSPITAL",
    "HOUR",
    "METFORMIN",
    "MINUTE",
    "MONDAY",
    "OTHER_SHOP",
    "RAMIPRIL",
    "RAMIPRIL_TOO",
    "SHOP",
    "Body",
]

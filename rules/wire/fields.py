"""What comes in: the messages of the national interface, as they stand on the wire.

Wire names (psn_no, setl_id) appear here and nowhere else; every other module uses the attribute names.
One struct a kind, one definition a field: decoding, refusals and the published schema are all made from it.
Field lengths follow the interface document (30 for most identifiers) with room to spare.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta, field

Code = Annotated[str, Meta(min_length=1, max_length=64)]
"""An identifier or a code: always a string, for leading zeros count."""
Short = Annotated[str, Meta(max_length=200)]
"""An optional code or a name; an empty string means that it is absent."""
Money = Annotated[float, Meta(ge=-1e12, le=1e12)]
"""Yuan with two decimals (16,2)."""
Number = Annotated[float, Meta(ge=-1e12, le=1e12)]
"""A quantity (16,4), a price (16,6) or days (4,2)."""
Flag = str | int | None
"""0 or 1; systems in the field send it as text or as a number."""
_Part = TypeVar("_Part")
if TYPE_CHECKING:
    Parts = list[_Part]
else:
    Parts = list[_Part] | None
"""A list that may be absent. The decoder takes null too, which `normalise` turns into the empty list."""


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One fee line: what was dispensed or done, when, how much of it."""

    line: Code = field(name="feedetl_sn")
    item: Code = field(name="med_list_codg")
    count: Number = field(name="cnt")
    price: Number = field(name="pric")
    amount: Money = field(name="det_item_fee_sumamt")
    occurred: datetime = field(name="fee_ocur_time")
    takes_back: Short | None = field(name="init_feedetl_sn", default=None)
    prescription: Short | None = field(name="rxno", default=None)
    circulated: Flag = field(name="rx_circ_flag", default=None)
    days: Number | None = field(name="prd_days", default=None)
    department: Short | None = field(name="bilg_dept_codg", default=None)
    physician: Short | None = field(name="bilg_dr_codg", default=None)
    list_type: Short | None = field(name="list_type", default=None)
    charge_type: Short | None = field(name="med_chrgitm_type", default=None)
    in_scope: Money | None = field(name="inscp_scp_amt", default=None)
    price_limit: Number | None = field(name="pric_uplmt_amt", default=None)
    sent_out: Flag = field(name="etip_flag", default=None)


class TraceCode(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One scanned trace code; split says that the pack was opened and sold in parts."""

    code: Annotated[str, Meta(min_length=1, max_length=100)] = field(name="drug_trac_codg")
    line: Short | None = field(name="feedetl_sn", default=None)
    split: Flag = field(name="trdn_flag", default=None)
    smallest_unit: Flag = field(name="min_prcunt_type", default=None)


class Diagnosed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One diagnosis of a visit."""

    code: Short | None = field(name="diag_code", default=None)
    kind: Short | None = field(name="diag_type", default=None)
    time: Short | None = field(name="diag_time", default=None)
    physician: Short | None = field(name="dise_dor_no", default=None)


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The header that every message carries."""

    message: Code = field(name="msgid")
    transaction: Code = field(name="infno")
    institution: Code = field(name="fixmedins_code")
    uploaded: datetime = field(name="inf_time")
    institution_name: Short | None = field(name="fixmedins_name", default=None)
    insured_in: Short | None = field(name="insuplc_admdvs", default=None)
    place: Short | None = field(name="mdtrtarea_admvs", default=None)
    operator: Short | None = field(name="opter", default=None)
    operator_type: Flag = field(name="opter_type", default=None)
    device: Short | None = field(name="dev_no", default=None)


class PersonMessage(Message, kw_only=True, omit_defaults=True):
    """A message about one insured person; the number becomes a pseudonym at the door."""

    person: Code = field(name="psn_no")


class Registration(PersonMessage, kw_only=True, omit_defaults=True):
    """2201: an outpatient is registered."""

    visit: Code = field(name="mdtrt_id")
    began: datetime = field(name="begntime")
    insurance: Short | None = field(name="insutype", default=None)
    credential: Short | None = field(name="mdtrt_cert_type", default=None)
    department: Short | None = field(name="dept_code", default=None)
    physician: Short | None = field(name="atddr_no", default=None)


class VisitCancel(PersonMessage, kw_only=True, omit_defaults=True):
    """2202, 2404, 2405: a registration, an admission or a discharge is taken back."""

    visit: Code = field(name="mdtrt_id")


class Diagnosis(PersonMessage, kw_only=True, omit_defaults=True):
    """2203, 2203A: the diagnoses of a visit."""

    visit: Code = field(name="mdtrt_id")
    visit_type: Short | None = field(name="med_type", default=None)
    disease: Short | None = field(name="dise_codg", default=None)
    diagnoses: Parts[Diagnosed] = field(name="diseinfo", default_factory=list)
    began: datetime | None = field(name="begntime", default=None)


class FeeLines(PersonMessage, kw_only=True, omit_defaults=True):
    """2204, 2301: fee lines of a visit."""

    visit: Code = field(name="mdtrt_id")
    lines: Annotated[list[Line], Meta(min_length=1)] = field(name="feedetail")
    visit_type: Short | None = field(name="med_type", default=None)


class FeeLinesCancel(PersonMessage, kw_only=True, omit_defaults=True):
    """2205, 2302: fee lines are taken back; "0000" means all lines of the visit."""

    visit: Code = field(name="mdtrt_id")
    taken_back: Code | Annotated[list[Code], Meta(min_length=1)] = field(name="feedetl_sn")


class PreSettlement(PersonMessage, kw_only=True, omit_defaults=True):
    """2101, 2206, 2303, 3101, 3102: a question asked before money moves."""

    visit_type: Code = field(name="med_type")
    total: Money = field(name="medfee_sumamt")
    visit: Short | None = field(name="mdtrt_id", default=None)
    insurance: Short | None = field(name="insutype", default=None)
    credential: Short | None = field(name="mdtrt_cert_type", default=None)
    scene: Flag = field(name="trig_scen", default=None)
    lines: Parts[Line] = field(name="feedetail", default_factory=list)
    trace_codes: Parts[TraceCode] = field(name="drug_trac_info", default_factory=list)


class Settlement(PersonMessage, kw_only=True, omit_defaults=True):
    """2102, 2207, 2304: money has moved."""

    settlement: Code = field(name="setl_id")
    visit: Code = field(name="mdtrt_id")
    visit_type: Code = field(name="med_type")
    settled: datetime = field(name="setl_time")
    total: Money = field(name="medfee_sumamt")
    fund: Money = field(name="fund_pay_sumamt")
    insurance: Short | None = field(name="insutype", default=None)
    person_type: Short | None = field(name="psn_type", default=None)
    credential: Short | None = field(name="mdtrt_cert_type", default=None)
    sex: Short | None = field(name="gend", default=None)
    born: Short | None = field(name="brdy", default=None)
    age: Number | None = field(name="age", default=None)
    basic_fund: Money | None = field(name="hifp_pay", default=None)
    account: Money | None = field(name="acct_pay", default=None)
    assistance: Money | None = field(name="maf_pay", default=None)
    own_share: Money | None = field(name="psn_part_amt", default=None)
    cash: Money | None = field(name="psn_cash_pay", default=None)
    from_family: Money | None = field(name="acct_mulaid_pay", default=None)
    balance: Money | None = field(name="balc", default=None)
    in_scope: Money | None = field(name="inscp_scp_amt", default=None)
    self_paid: Money | None = field(name="fulamt_ownpay_amt", default=None)
    way: Short | None = field(name="setl_type", default=None)
    refund: Flag = field(name="refd_setl_flag", default=None)
    original: Short | None = field(name="init_setl_id", default=None)
    interim: Flag = field(name="mid_setl_flag", default=None)
    discharged: Short | None = field(name="dscg_time", default=None)
    employer: Short | None = field(name="emp_name", default=None)
    invoice: Short | None = field(name="invono", default=None)
    lines: Parts[Line] = field(name="feedetail", default_factory=list)
    trace_codes: Parts[TraceCode] = field(name="drug_trac_info", default_factory=list)


class Reversal(PersonMessage, kw_only=True, omit_defaults=True):
    """2103, 2208, 2305: a settlement is taken back."""

    settlement: Code = field(name="setl_id")
    settled: datetime = field(name="setl_time")
    visit: Short | None = field(name="mdtrt_id", default=None)


class MessageReversal(PersonMessage, kw_only=True, omit_defaults=True):
    """2601: a message is taken back as if it had never been sent."""

    reversed_message: Code = field(name="omsgid")
    reversed_transaction: Code = field(name="oinfno")


class Admission(PersonMessage, kw_only=True, omit_defaults=True):
    """2401: a stay begins."""

    visit: Code = field(name="mdtrt_id")
    began: datetime = field(name="begntime")
    visit_type: Code = field(name="med_type")
    insurance: Short | None = field(name="insutype", default=None)
    disease: Short | None = field(name="dise_codg", default=None)
    main_diagnosis: Short | None = field(name="dscg_maindiag_code", default=None)
    diagnoses: Parts[Diagnosed] = field(name="diseinfo", default_factory=list)
    department: Short | None = field(name="adm_dept_codg", default=None)
    bed: Short | None = field(name="adm_bed", default=None)
    physician: Short | None = field(name="atddr_no", default=None)
    telephone: Short | None = field(name="tel", default=None)
    contact: Short | None = field(name="coner_name", default=None)
    employer: Short | None = field(name="emp_name", default=None)


class Discharge(PersonMessage, kw_only=True, omit_defaults=True):
    """2402: a stay ends."""

    visit: Code = field(name="mdtrt_id")
    ended: datetime = field(name="endtime")
    main_diagnosis: Short | None = field(name="dscg_maindiag_code", default=None)
    way: Short | None = field(name="dscg_way", default=None)
    died: Short | None = field(name="die_date", default=None)


class Stock(Message, kw_only=True, omit_defaults=True):
    """3501-3507: stock was counted, changed, bought, sold, returned or deleted.

    Each transaction has its own name for the quantity and for the time; one of each is required.
    """

    item: Code = field(name="med_list_codg")
    count: Number | None = field(name="cnt", default=None)
    sold_count: Number | None = field(name="sel_retn_cnt", default=None)
    bought_count: Number | None = field(name="purc_retn_cnt", default=None)
    counted: Number | None = field(name="inv_cnt", default=None)
    time: Short | None = None
    sold_time: Short | None = field(name="sel_retn_time", default=None)
    bought_time: Short | None = field(name="purc_retn_stoin_time", default=None)
    changed_time: Short | None = field(name="inv_chg_time", default=None)
    counted_time: Short | None = field(name="invdate", default=None)
    person: Short | None = field(name="psn_no", default=None)
    lot: Short | None = field(name="manu_lotnum", default=None)
    supplier: Short | None = field(name="spler_name", default=None)
    settlement: Short | None = field(name="setl_id", default=None)
    split: Flag = field(name="trdn_flag", default=None)
    trace_codes: Parts[TraceCode] = field(name="drugtracinfo", default_factory=list)
    prescription: Short | None = field(name="rxno", default=None)


_STOCK: tuple[str, type[Message]] = ("stock", Stock)
_KINDS: dict[str, tuple[str, type[Message]]] = {
    "2201": ("registration", Registration),
    "2202": ("registration_cancel", VisitCancel),
    "2203": ("diagnosis", Diagnosis),
    "2203A": ("diagnosis", Diagnosis),
    "2204": ("fee_lines", FeeLines),
    "2301": ("fee_lines", FeeLines),
    "2205": ("fee_lines_cancel", FeeLinesCancel),
    "2302": ("fee_lines_cancel", FeeLinesCancel),
    "2101": ("pre_settlement", PreSettlement),
    "2206": ("pre_settlement", PreSettlement),
    "2303": ("pre_settlement", PreSettlement),
    "3101": ("pre_settlement", PreSettlement),
    "3102": ("pre_settlement", PreSettlement),
    "2102": ("settlement", Settlement),
    "2207": ("settlement", Settlement),
    "2304": ("settlement", Settlement),
    "2103": ("reversal", Reversal),
    "2208": ("reversal", Reversal),
    "2305": ("reversal", Reversal),
    "2601": ("message_reversal", MessageReversal),
    "2401": ("admission", Admission),
    "2404": ("admission_cancel", VisitCancel),
    "2402": ("discharge", Discharge),
    "2405": ("discharge_cancel", VisitCancel),
}
KINDS: dict[str, tuple[str, type[Message]]] = _KINDS | dict.fromkeys(
    ("3501", "3502", "3503", "3504", "3505", "3505A", "3506", "3507"), _STOCK
)
"""Transaction id -> kind of event, struct. A transaction that is not here is counted and skipped."""


def item_type(field_type: object) -> object:
    """What the list that a field takes holds; None where it takes no list."""
    if get_origin(field_type) is list:
        return get_args(field_type)[0]
    return next((held for one in get_args(field_type) if (held := item_type(one))), None)


LISTS = {
    struct: {one.name: one.encode_name for one in msgspec.structs.fields(struct) if item_type(one.type)}
    for _, struct in KINDS.values()
}
"""Struct -> its lists: attribute -> name on the wire."""

_AMOUNTS: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Line: ("count", "price", "amount", "in_scope"),
    PreSettlement: ("total",),
    Settlement: (
        *("total", "fund", "basic_fund", "account", "assistance", "own_share", "cash", "from_family"),
        *("in_scope", "self_paid"),
    ),
    Stock: ("count", "sold_count", "bought_count", "counted"),
}
AMOUNTS = {
    struct: {one.name: one.encode_name for one in msgspec.structs.fields(struct) if one.name in names}
    for struct, names in _AMOUNTS.items()
}
"""Struct -> what is negative only where something explains it: attribute -> name on the wire."""

OTHER_SPELLINGS = {
    "bilg_dr_code": "bilg_dr_codg",
    "psn_pay": "psn_part_amt",
    "cash_payamt": "psn_cash_pay",
    "mdtrtarea_admdvs": "mdtrtarea_admvs",
    "hilist_code": "med_list_codg",
    "patn_id": "psn_no",
    "medins_id": "fixmedins_code",
}
"""Spellings seen in the field -> the interface's own."""


class Event(msgspec.Struct):
    """One accepted message: its kind, the struct of the wire, and the three times and numbers that decide.

    at: business time, uploaded: the message's own inf_time; both milliseconds UTC.
    identity: 64-bit hash of institution, msgid and normalised body; two arrivals of one message share it.
    late_lines: fee lines that were left out because they came later than the grace.
    """

    kind: str
    body: Message
    at: int
    uploaded: int
    identity: int
    late_lines: int = 0

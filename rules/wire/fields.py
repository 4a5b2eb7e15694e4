"""What comes in: the fields of the national interface that are read, and what we call them.

Wire names (psn_no, setl_id) stand in this folder and nowhere else; every other module uses the attribute names.
One struct a kind, one definition a field: decoding, refusals and the published schema are all made from it.
Field lengths follow the interface document (30 for most identifiers) with room to spare.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, get_args, get_origin

import msgspec
from msgspec import Meta, field

Code = Annotated[str, Meta(min_length=1, max_length=64)]
"""An identifier or a code: always a string, for leading zeros count."""
Folded = Annotated[str, Meta(min_length=1, max_length=64, extra={"folded": True})]
"""A code of which upper and lower case are one."""
Short = Annotated[str, Meta(min_length=1, max_length=200)]
"""An optional code; an empty one is an absent one."""
Name = Annotated[str, Meta(min_length=1, max_length=200, extra={"name": True})]
"""What people read; what is longer than 200 characters is cut."""
Money = Annotated[float, Meta(ge=-1e12, le=1e12)]
"""Yuan with two decimals (16,2)."""
Number = Annotated[float, Meta(ge=-1e12, le=1e12)]
"""A quantity (16,4), a price (16,6) or days (4,2)."""
Flag = Short
"""0 or 1."""
Moment = datetime
"""A time of day with its date; without an offset it is the time of Asia/Shanghai."""
MomentOrDay = Annotated[datetime, Meta(extra={"day_alone": True})]
"""The same, or a date alone: its first moment."""


class Line(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One fee line: what was dispensed or done, when, how much of it."""

    line: Code = field(name="feedetl_sn")
    item: Folded = field(name="med_list_codg")
    count: Number = field(name="cnt")
    price: Number = field(name="pric")
    amount: Money = field(name="det_item_fee_sumamt")
    occurred: datetime = field(name="fee_ocur_time")
    takes_back: Short | None = field(name="init_feedetl_sn", default=None)
    prescription: Short | None = field(name="rxno", default=None)
    circulated: Flag | None = field(name="rx_circ_flag", default=None)
    days: Number | None = field(name="prd_days", default=None)
    department: Short | None = field(name="bilg_dept_codg", default=None)
    physician: Short | None = field(name="bilg_dr_codg", default=None)
    performer: Short | None = field(name="orders_dr_code", default=None)
    list_type: Short | None = field(name="list_type", default=None)
    charge_type: Short | None = field(name="med_chrgitm_type", default=None)
    in_scope: Money | None = field(name="inscp_scp_amt", default=None)
    price_limit: Number | None = field(name="pric_uplmt_amt", default=None)
    sent_out: Flag | None = field(name="etip_flag", default=None)


class TraceCode(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One scanned trace code, as `notation.trace_codes` writes it. split: the pack was opened and sold in parts."""

    code: Annotated[str, Meta(min_length=1, max_length=200)] = field(name="drug_trac_codg")
    line: Short | None = field(name="feedetl_sn", default=None)
    split: Flag | None = field(name="trdn_flag", default=None)
    smallest_unit: Flag | None = field(name="min_prcunt_type", default=None)


class Diagnosed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One diagnosis of a visit."""

    code: Short | None = field(name="diag_code", default=None)
    kind: Short | None = field(name="diag_type", default=None)
    time: MomentOrDay | None = field(name="diag_time", default=None)
    physician: Short | None = field(name="dise_dor_no", default=None)


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The header that every message carries. answered: when the platform replied, where the reply is known."""

    message: Code = field(name="msgid")
    transaction: Code = field(name="infno")
    institution: Folded = field(name="fixmedins_code")
    uploaded: datetime = field(name="inf_time")
    institution_name: Name | None = field(name="fixmedins_name", default=None)
    insured_in: Short | None = field(name="insuplc_admdvs", default=None)
    place: Short | None = field(name="mdtrtarea_admvs", default=None)
    operator: Short | None = field(name="opter", default=None)
    operator_type: Flag | None = field(name="opter_type", default=None)
    device: Short | None = field(name="dev_no", default=None)
    answered: datetime | None = field(name="refmsg_time", default=None)


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
    diagnoses: list[Diagnosed] = field(name="diseinfo", default_factory=list)
    began: datetime | None = field(name="begntime", default=None)


class FeeLines(PersonMessage, kw_only=True, omit_defaults=True):
    """2204, 2301: fee lines of a visit."""

    visit: Code = field(name="mdtrt_id")
    lines: Annotated[list[Line], Meta(min_length=1)] = field(name="feedetail")
    visit_type: Short | None = field(name="med_type", default=None)
    batch: Short | None = field(name="chrg_bchno", default=None)


class FeeLinesCancel(PersonMessage, kw_only=True, omit_defaults=True):
    """2205, 2302: fee lines are taken back, by their batch or one by one.

    EVERYTHING for either means all lines of the visit that no settlement has paid.
    """

    visit: Code = field(name="mdtrt_id")
    batch: Short | None = field(name="chrg_bchno", default=None)
    lines: list[Code] = field(name="feedetl_sn", default_factory=list)


EVERYTHING = "0000"
"""In place of the number of a batch or a line (interface document, 2205 and 2302)."""


class PreSettlement(PersonMessage, kw_only=True, omit_defaults=True):
    """2101, 2206, 2303: a question asked before money moves."""

    visit_type: Code = field(name="med_type")
    total: Money = field(name="medfee_sumamt")
    visit: Short | None = field(name="mdtrt_id", default=None)
    insurance: Short | None = field(name="insutype", default=None)
    credential: Short | None = field(name="mdtrt_cert_type", default=None)
    scene: Flag | None = field(name="trig_scen", default=None)
    lines: list[Line] = field(name="feedetail", default_factory=list)
    trace_codes: list[TraceCode] = field(name="drug_trac_info", default_factory=list)


class Review(PreSettlement, kw_only=True, omit_defaults=True):
    """3101, 3102: the same question, asked of the review of details; it need not say what kind of visit, nor a sum."""

    visit_type: Annotated[str, Meta(max_length=64)] = field(name="med_type", default="")
    total: Money = field(name="medfee_sumamt", default=0.0)


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
    born: date | None = field(name="brdy", default=None)
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
    refund: Flag | None = field(name="refd_setl_flag", default=None)
    original: Short | None = field(name="init_setl_id", default=None)
    interim: Flag | None = field(name="mid_setl_flag", default=None)
    discharged: datetime | None = field(name="dscg_time", default=None)
    employer: Name | None = field(name="emp_name", default=None)
    invoice: Short | None = field(name="invono", default=None)
    batch: Short | None = field(name="chrg_bchno", default=None)
    lines: list[Line] = field(name="feedetail", default_factory=list)
    trace_codes: list[TraceCode] = field(name="drug_trac_info", default_factory=list)


class Reversal(PersonMessage, kw_only=True, omit_defaults=True):
    """2103, 2208, 2305: a settlement is taken back.

    original: where the message was flattened with the reply's own number, the settlement that is meant.
    """

    settlement: Code = field(name="setl_id")
    original: Short | None = field(name="init_setl_id", default=None)
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
    diagnoses: list[Diagnosed] = field(name="diseinfo", default_factory=list)
    department: Short | None = field(name="adm_dept_codg", default=None)
    bed: Short | None = field(name="adm_bed", default=None)
    physician: Short | None = field(name="atddr_no", default=None)
    telephone: Short | None = field(name="tel", default=None)
    contact: Name | None = field(name="coner_name", default=None)
    employer: Name | None = field(name="emp_name", default=None)


class Discharge(PersonMessage, kw_only=True, omit_defaults=True):
    """2402: a stay ends."""

    visit: Code = field(name="mdtrt_id")
    ended: datetime = field(name="endtime")
    main_diagnosis: Short | None = field(name="dscg_maindiag_code", default=None)
    way: Short | None = field(name="dscg_way", default=None)
    died: date | None = field(name="die_date", default=None)


class Stock(Message, kw_only=True, omit_defaults=True):
    """3501-3506: stock was counted, changed, bought, sold or returned; one row of it.

    Each transaction has its own name for the quantity and for the time; one of each is required.
    number: fixmedins_bchno, by which 3507 deletes the row.
    """

    item: Folded = field(name="med_list_codg")
    count: Number | None = field(name="cnt", default=None)
    sold_count: Number | None = field(name="sel_retn_cnt", default=None)
    bought_count: Number | None = field(name="purc_retn_cnt", default=None)
    counted: Number | None = field(name="inv_cnt", default=None)
    time: datetime | None = None
    sold_time: MomentOrDay | None = field(name="sel_retn_time", default=None)
    bought_time: MomentOrDay | None = field(name="purc_retn_stoin_time", default=None)
    changed_time: datetime | None = field(name="inv_chg_time", default=None)
    counted_time: MomentOrDay | None = field(name="invdate", default=None)
    person: Short | None = field(name="psn_no", default=None)
    number: Short | None = field(name="fixmedins_bchno", default=None)
    change: Short | None = field(name="inv_chg_type", default=None)
    lot: Short | None = field(name="manu_lotnum", default=None)
    barcode: Short | None = field(name="drug_prod_barc", default=None)
    supplier: Name | None = field(name="spler_name", default=None)
    settlement: Short | None = field(name="setl_id", default=None)
    split: Flag | None = field(name="trdn_flag", default=None)
    trace_codes: list[TraceCode] = field(name="drugtracinfo", default_factory=list)
    prescription: Short | None = field(name="rxno", default=None)


class StockDeletion(Message, kw_only=True, omit_defaults=True):
    """3507: what was reported of stock under this number is deleted.

    sort: inv_data_type, 1 count, 2 change, 3 purchase, 4 sale.
    """

    number: Code = field(name="fixmedins_bchno")
    sort: Short | None = field(name="inv_data_type", default=None)


def item_type(field_type: object) -> object:
    """What the list that a field takes holds; None where it takes no list."""
    if get_origin(field_type) is list:
        return get_args(field_type)[0]
    return next((held for one in get_args(field_type) if (held := item_type(one))), None)


_AMOUNTS: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Line: ("count", "price", "amount", "in_scope"),
    PreSettlement: ("total",),
    Review: ("total",),
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

PERSONAL = frozenset(
    ("psn_no", "patn_id", "certno", "mdtrt_cert_no", "psn_name", "patn_name", "tel", "emp_name", "coner_name")
)
"""Fields that say who a person is, or lead to one."""

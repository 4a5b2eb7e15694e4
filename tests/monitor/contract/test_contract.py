"""The contract: what is published in machine form is what the door does."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from monitor.contract.export import export
from monitor.contract.feedback import Feedback
from rules.reference import BadRowError, Reference
from rules.wire.door import Door, Refused
from rules.wire.pseudonyms import Pseudonyms
from streams.kafka.topics import Sizes, table

HEADER = {"msgid", "infno", "fixmedins_code", "inf_time"}
REQUIRED = {
    "registration": {"psn_no", "mdtrt_id", "begntime"},
    "registration_cancel": {"psn_no", "mdtrt_id"},
    "diagnosis": {"psn_no", "mdtrt_id"},
    "fee_lines": {"feedetail"},
    "fee_lines_cancel": {"psn_no", "mdtrt_id"},
    "pre_settlement": {"psn_no", "med_type", "medfee_sumamt"},
    "settlement": {"psn_no", "setl_id", "mdtrt_id", "med_type", "setl_time", "medfee_sumamt", "fund_pay_sumamt"},
    "reversal": {"psn_no", "setl_id", "setl_time"},
    "message_reversal": {"psn_no", "omsgid", "oinfno"},
    "admission": {"psn_no", "mdtrt_id", "begntime", "med_type"},
    "admission_cancel": {"psn_no", "mdtrt_id"},
    "discharge": {"psn_no", "mdtrt_id", "endtime"},
    "discharge_cancel": {"psn_no", "mdtrt_id"},
    "stock": {"med_list_codg"},
    "stock_deletion": {"fixmedins_bchno"},
    "review": {"psn_no"},
}
STOCK_TIMES = ("time", "sel_retn_time", "purc_retn_stoin_time", "inv_chg_time", "invdate")
LINE = {"feedetl_sn", "med_list_codg", "cnt", "pric", "det_item_fee_sumamt", "fee_ocur_time"}
SYNPUF = Path(os.environ.get("MONITOR_SYNPUF", "../shared/data/synpuf_pharmacy.jsonl.gz"))


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """The object that a schema is about."""
    return schema["$defs"][schema["$ref"].rpartition("/")[2]]  # type: ignore[no-any-return]


def test_each_kind_requires_what_the_contract_stars() -> None:
    """The starred fields of the contract are the required ones of the schemas, no more and no less."""
    schemas = export()["schemas"]

    found = {kind: set(body(schemas[f"event.{kind}"])["required"]) for kind in REQUIRED}

    assert {kind: HEADER | starred for kind, starred in REQUIRED.items()} == found
    assert set(body(schemas["event.settlement"])["required"]) < set(body(schemas["event.settlement"])["properties"])
    assert set(schemas["event.fee_lines"]["$defs"]["Line"]["required"]) == LINE


def test_every_schema_is_one() -> None:
    """What is exported is JSON Schema, and every reference of the AsyncAPI document leads to one."""
    document = export()
    registry: Registry[Any] = Registry()
    for schema in document["schemas"].values():
        Draft202012Validator.check_schema(schema)
        registry = registry.with_resource(schema["$id"], Resource.from_contents(schema))

    messages = document["asyncapi"]["components"]["messages"]
    payloads = [message["payload"]["schema"]["$ref"] for message in messages.values() if "payload" in message]
    names = [name for channel in document["asyncapi"]["channels"].values() for name in channel["messages"]]

    assert all(registry.contents(urn) for urn in payloads)
    assert set(names) == set(messages)
    assert {"dead-letter", "late-entry", "audit"} == {
        name for name, message in messages.items() if "payload" not in message
    }


def test_every_topic_is_a_channel() -> None:
    """All topics that others may read or write are in the AsyncAPI document, and no other."""
    channels = export()["asyncapi"]["channels"].values()

    topics = {one.name for one in table("settlement", Sizes(1, 1)) if ".internal." not in one.name}
    assert topics == {channel["address"] for channel in channels}
    assert all(channel["messages"] for channel in channels)


def test_a_dead_letter_says_why_in_its_headers() -> None:
    """What its body is nobody promises."""
    letter = export()["asyncapi"]["components"]["messages"]["dead-letter"]

    assert {"error_code", "error_detail", "source"} == set(letter["headers"]["required"])


@pytest.mark.parametrize("row", [{}, {"psn_no": "", "die_date": "2026-03-01"}, {"psn_no": "p_1"}])
def test_schema_and_reader_agree_on_a_row(row: dict[str, str]) -> None:
    """A row of a reference table without its key or a needed column is refused by both; a whole one by neither."""
    good, reference = {"psn_no": "p_1", "die_date": "2026-03-01", "valid_from": "2026-03-01"}, Reference()
    validator = Draft202012Validator(export()["schemas"]["reference.deaths"])

    reference.put("deaths", good)

    assert validator.is_valid(good)
    assert not validator.is_valid(row)
    with pytest.raises(BadRowError):
        reference.put("deaths", row)


def test_the_forms_of_a_time_are_said() -> None:
    """Every field that the door reads as a time says which forms it takes; the others do not."""
    schemas = export()["schemas"]

    said = {
        (kind, name)
        for kind in REQUIRED
        for definition in schemas[f"event.{kind}"]["$defs"].values()
        for name, field in definition["properties"].items()
        if "yyyy-MM-dd HH:mm:ss" in field.get("description", "") and "offset" in field["description"]
    }

    fees = {(kind, "fee_ocur_time") for kind in ("fee_lines", "pre_settlement", "review", "settlement")}
    own = {("registration", "begntime"), ("diagnosis", "begntime"), ("admission", "begntime"), ("discharge", "endtime")}
    settled = {
        ("settlement", "setl_time"),
        ("reversal", "setl_time"),
        ("settlement", "dscg_time"),
        ("settlement", "brdy"),
    }
    own |= {("diagnosis", "diag_time"), ("admission", "diag_time"), ("discharge", "die_date")}
    stock = {("stock", name) for name in STOCK_TIMES}
    header = {(kind, name) for kind in REQUIRED for name in ("inf_time", "refmsg_time")}
    assert header | fees | own | settled | stock == said


def settlement(**changes: object) -> dict[str, object]:
    """A settlement as it stands on the wire."""
    return {
        "msgid": "m1", "infno": "2207", "fixmedins_code": "H34102100001", "inf_time": "2026-03-05 10:00:00",
        "psn_no": "34102100000000000001", "setl_id": "s1", "mdtrt_id": "v1", "med_type": "11",
        "setl_time": "2026-03-05 10:00:00", "medfee_sumamt": 12.5, "fund_pay_sumamt": 10,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"unknown_field": {"a": [1]}}, True),
        ({"setl_time": "2026-03-05T10:00:00+08:00"}, True),
        ({"refd_setl_flag": 1, "init_setl_id": "s0", "medfee_sumamt": -1}, True),
        ({"med_type": 11}, True),
        ({"med_type": 1.5}, False),
        ({"psn_cash_pay": "", "invono": None, "gend": "-", "drug_trac_info": ""}, True),
        ({"drug_trac_info": {"drug_trac_codg": "81234560000000000017"}}, True),
        ({"setl_time": 20260305100000}, True),
        ({"msgid": ""}, False),
        ({"medfee_sumamt": "12.5"}, True),
        ({"medfee_sumamt": "1e3"}, False),
        ({"feedetail": [{"feedetl_sn": "1"}]}, False),
        ({"psn_no": None}, False),
    ],
)
def test_schema_and_door_agree(changes: dict[str, object], good: bool) -> None:  # noqa: FBT001 - a column of the table
    """What the published schema takes, the door takes, and the other way round."""
    schema = export()["schemas"]["event.settlement"]
    message = settlement(**changes)
    door = Door(Pseudonyms("test"))

    try:
        door.open(orjson.dumps(message), int(time.time() * 1000))
        opened = True
    except Refused:
        opened = False

    assert good == Draft202012Validator(schema).is_valid(message)
    assert good == opened


@pytest.mark.skipif(not SYNPUF.is_file(), reason=f"{SYNPUF}: no such file (MONITOR_SYNPUF)")
def test_real_rows_are_what_the_schema_says() -> None:
    """Rows that nobody here wrote validate against the published schema."""
    validator = Draft202012Validator(export()["schemas"]["event.settlement"])
    with gzip.open(SYNPUF) as file:
        rows = [orjson.loads(line) for line in list(file)[::100]]

    assert [] == [error.message for row in rows for error in validator.iter_errors(row)]


def test_feedback_wants_a_reason_unless_it_confirms() -> None:
    """A disposition other than confirmed says why."""
    given = {"alert_id": "0" * 32, "disposition": "confirmed", "by": "inspector", "at": "2026-03-05T10:00:00+08:00"}

    assert Feedback.model_validate(given).disposition == "confirmed"
    with pytest.raises(ValueError, match="expected a reason"):
        Feedback.model_validate(given | {"disposition": "explained"})

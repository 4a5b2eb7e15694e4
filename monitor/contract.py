"""The contract in machine form: JSON Schema of every event kind and of what goes out, AsyncAPI 3 of the topics."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

from monitor.feedback import Feedback
from rules._alert import Alert
from rules._questions import Reminder
from rules.reference import TABLES
from rules.wire.fields import KINDS, Line, Stock

OUT: dict[str, type[msgspec.Struct]] = {"alert": Alert, "reminder": Reminder}
EVENTS = [f"event.{kind}" for kind in dict.fromkeys(kind for kind, _ in KINDS.values())]
NOT_YET = "Not there yet: no worker reads or writes it."


class Channel(NamedTuple):
    """One topic. name: without the prefix. key: of its records. action: what the monitor does with it."""

    name: str
    about: str
    key: str
    action: Literal["send", "receive"]
    messages: list[str]


CHANNELS = [
    Channel(
        "events", "What the settlement system publishes.", "psn_no; stock events fixmedins_code", "receive", EVENTS
    ),
    Channel("alerts", "Alert revisions.", "subject id", "send", ["alert"]),
    Channel("reminders", "Answers to pre-settlements.", "fixmedins_code", "send", ["reminder"]),
    Channel("dead-letter", "What was refused, as received.", "as received", "send", ["dead-letter"]),
    Channel(
        "late",
        "Good events that came after the grace, as received; the header source says where they stood. "
        "What a ledger no longer takes stands here as an entry.",
        "as received",
        "send",
        [*EVENTS, "late-entry"],
    ),
    Channel(
        "rules", f"Rule definitions and changes of their status. {NOT_YET}", "rule_id/version", "receive", ["rule"]
    ),
    Channel("feedback", f"What became of alerts. {NOT_YET}", "alert id", "receive", ["feedback"]),
    Channel("audit", f"Who saw, decided, changed what. {NOT_YET}", "actor", "send", ["audit"]),
    *(
        Channel(
            f"reference.{table}", "Rows of a reference table.", f"{key}/valid_from", "receive", [f"reference.{table}"]
        )
        for table, (key, _) in TABLES.items()
    ),
]
"""Every topic but the internal ones, with the default prefix."""

_HEADERS = {name: {"type": "string"} for name in ("error_code", "error_detail", "source")}
OPEN_MESSAGES: dict[str, dict[str, Any]] = {
    "dead-letter": {
        "summary": "The bytes as received; they need not be JSON.",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "properties": _HEADERS, "required": list(_HEADERS)},
    },
    "late-entry": {
        "summary": "An entry of the topic inside; its form is not promised.",
        "headers": {"type": "object", "properties": {"ledger": {"type": "string"}}, "required": ["ledger"]},
    },
    "rule": {"summary": "A rule definition or a change of its status, with valid_from; its form is not settled."},
    "audit": {"summary": "One act of one person; its form is not settled."},
}
"""Messages whose body has no schema."""


def export() -> dict[str, Any]:
    """{schemas: {name: JSON Schema 2020-12}, transactions: {infno: kind}, asyncapi: document}."""
    kinds = dict(KINDS.values())
    structs: dict[str, type[msgspec.Struct]] = {f"event.{kind}": struct for kind, struct in kinds.items()} | OUT
    schemas = {name: _schema(name, struct) for name, struct in structs.items()}
    schemas["feedback"] = _DIALECT | {"$id": _urn("feedback")} | Feedback.model_json_schema()
    schemas |= {f"reference.{table}": _row_schema(table) for table in TABLES}
    return {
        "schemas": schemas,
        "transactions": {infno: kind for infno, (kind, _) in sorted(KINDS.items())},
        "asyncapi": _asyncapi(list(schemas)),
    }


_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def _urn(name: str) -> str:
    return f"urn:settlement-monitor:{name}"


def _schema(name: str, struct: type[msgspec.Struct]) -> dict[str, Any]:
    (reference,), components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    for title, definition in components.items():
        for field in TIMES.get(title, ()):
            definition["properties"][field]["description"] = TIME
    return {**_DIALECT, "$id": _urn(name), **reference, "$defs": components}


TIME = (
    "yyyy-MM-dd HH:mm:ss, which is the time of Asia/Shanghai, or ISO 8601 with an offset. "
    "A time of day without a date is refused."
)


def _times(struct: type[msgspec.Struct]) -> list[str]:
    """The wire names of the fields that are read as times; those of stock are texts that the door reads."""
    return [
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if field.type in (datetime, datetime | None) or (struct is Stock and field.name.endswith("time"))
    ]


_STRUCTS: list[type[msgspec.Struct]] = [Line, *dict(KINDS.values()).values()]
TIMES = {struct.__name__: _times(struct) for struct in _STRUCTS}
"""Struct of an event -> its times."""


def _row_schema(table: str) -> dict[str, Any]:
    """One row of a reference table: texts, of which some must not be empty."""
    key, needed = TABLES[table]
    text, day = {"type": "string"}, {"type": "string", "description": "A date or a time; empty: open."}
    properties: dict[str, Any] = {name: text | {"minLength": 1} for name in (key, *needed)}
    return {
        **_DIALECT,
        "$id": _urn(f"reference.{table}"),
        "type": "object",
        "properties": properties | {"valid_from": day, "valid_to": day},
        "required": [key, *needed],
        "additionalProperties": {"type": ["string", "null"]},
    }


def _asyncapi(names: list[str]) -> dict[str, Any]:
    channels = {
        one.name: {
            "address": f"settlement.{one.name}",
            "description": f"{one.about} Record key: {one.key}.",
            "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in one.messages},
        }
        for one in CHANNELS
    }
    operations = {
        f"{one.action}.{one.name}": {"action": one.action, "channel": {"$ref": f"#/channels/{one.name}"}}
        for one in CHANNELS
    }
    form = "application/schema+json;version=draft-2020-12"
    messages = {
        name: {
            "name": name,
            "contentType": "application/json",
            "payload": {"schemaFormat": form, "schema": {"$ref": _urn(name)}},
        }
        for name in names
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "settlement-monitor", "version": "1", "description": "Settlement events in, alerts out."},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages | {name: {"name": name, **one} for name, one in OPEN_MESSAGES.items()}},
    }

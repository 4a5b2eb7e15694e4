"""The contract in machine form: JSON Schema of every event kind and of what goes out, AsyncAPI 3 of the topics."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from monitor.contract.feedback import Feedback
from monitor.contract.work import WORK
from monitor.inforce.rulebook import Definition
from rules.engine.alert import Alert
from rules.engine.questions import Reminder
from rules.reference import TABLES
from rules.wire.fields import Diagnosed, FeeLines, Line, TraceCode, item_type
from rules.wire.forms import KINDS, OF_LINES, TRANSACTIONS, Transaction
from rules.wire.notation import day, moment, moment_or_day, number, reader_of

OUT: dict[str, type[msgspec.Struct]] = {"alert": Alert, "reminder": Reminder}
EVENTS = [f"event.{kind}" for kind in KINDS]


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
        "rules", "Rule definitions; of several of one rule the last counts.", "rule_id/version", "receive", ["rule"]
    ),
    Channel("feedback", "What became of alerts: one disposition.", "alert id", "receive", ["feedback"]),
    Channel(
        "work",
        "Who works on which alert, and what was said of it beside dispositions: one act.",
        "alert id",
        "send",
        ["work"],
    ),
    Channel("audit", "Who decided, changed what.", "actor", "send", ["audit"]),
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
    "audit": {
        "summary": "One act of one person: {at, by, what, before, after}; before and after as the act needs them."
    },
}
"""Messages whose body has no schema."""


def export() -> dict[str, Any]:
    """{schemas: {name: JSON Schema 2020-12}, transactions: {infno: kind}, forms: {infno: nodes}, asyncapi}."""
    structs: dict[str, type[msgspec.Struct]] = {f"event.{kind}": struct for kind, struct in KINDS.items()} | OUT
    structs["rule"] = Definition
    schemas = {name: _schema(name, struct) for name, struct in structs.items()}
    schemas["feedback"] = _DIALECT | {"$id": _urn("feedback")} | Feedback.model_json_schema()
    schemas["work"] = _DIALECT | {"$id": _urn("work")} | WORK.json_schema()
    schemas |= {f"reference.{table}": _row_schema(table) for table in TABLES}
    return {
        "schemas": schemas,
        "transactions": {infno: one.kind for infno, one in sorted(TRANSACTIONS.items())},
        "forms": {infno: _nodes(one) for infno, one in sorted(TRANSACTIONS.items())},
        "asyncapi": _asyncapi(list(schemas)),
    }


_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def _nodes(of: Transaction) -> dict[str, Any]:
    """Where the fields of a transaction stand in the forms that are not flat."""
    return {
        "input": [*of.request, *([of.lines] if of.lines else [])],
        "rows": list(of.rows),
        "output": [*of.reply, *([of.limits] if of.limits else [])],
        "needs_reply": of.needs_reply,
    }


def _urn(name: str) -> str:
    return f"urn:settlement-monitor:{name}"


def _schema(name: str, struct: type[msgspec.Struct]) -> dict[str, Any]:
    (reference,), components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    for title, definition in components.items():
        if title in _READ:
            _widen(definition, _READ[title])
    about = {"description": FLAT} if name.startswith("event.") else {}
    return {**_DIALECT, "$id": _urn(name), **about, **reference, "$defs": components}


FLAT = "The flat form. The nodes of the other two, and examples: docs/messages.md; `forms` has the nodes."
TIME = (
    "yyyy-MM-dd HH:mm:ss (also with T, or yyyy/M/d H:mm:ss), 14 or 17 digits, which is the time of Asia/Shanghai; "
    "or ISO 8601 with an offset. A time of day without a date is refused."
)
DAY = f"yyyy-MM-dd, or {TIME}"

_ABSENT: dict[str, Any] = {"enum": [None, "", "-", [], {}]}
_TEXT_OR_DIGITS: list[dict[str, Any]] = [{"type": "string", "minLength": 1}, {"type": ["integer", "boolean"]}]
_NUMBER: list[dict[str, Any]] = [{"type": "number"}, {"type": "string", "pattern": r"^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$"}]
_TIME: list[dict[str, Any]] = [{"type": "string", "minLength": 1}, {"type": "integer"}]
_SHAPES: dict[object, list[dict[str, Any]]] = {number: _NUMBER, moment: _TIME, moment_or_day: _TIME, day: _TIME}
_WORDS: dict[object, str] = {moment: TIME, moment_or_day: DAY, day: DAY}

_STRUCTS: list[type[msgspec.Struct]] = [Line, Diagnosed, TraceCode, *KINDS.values()]
_READ = {struct.__name__: struct for struct in _STRUCTS}


def _widen(definition: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    """Let a schema take every notation that the door takes: numbers as text, codes as numbers, nothing in any shape."""
    for one in msgspec.structs.fields(struct):
        reader, strict = reader_of(one.type), definition["properties"][one.encode_name]
        if reader is None or item_type(one.type):
            shape = {"anyOf": [strict, {"type": ["object", "string"]}, _ABSENT]} if not one.required else strict
        else:
            shape = {"anyOf": [*_SHAPES.get(reader, _TEXT_OR_DIGITS), *([] if one.required else [_ABSENT])]}
        described = {"description": _WORDS[reader]} if reader in _WORDS else {}
        definition["properties"][one.encode_name] = shape | described
    if struct is FeeLines:
        definition["required"] = [name for name in definition["required"] if name not in OF_LINES]


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

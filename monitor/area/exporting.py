"""One lead with its evidence chain, as a document: for who gets it from us, and for who asks later what he got.

It says plainly what is not known. Its SHA-256 is over all of it, written with sorted keys and without blanks, so that
a change is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
import orjson

from monitor.area.deeds import Deed
from monitor.contract.text import Said
from monitor.errors import InputError
from monitor.incidents import incident_of, incidents_of
from monitor.inforce.rulebook import Definition, parameters_of
from rules.catalogue import catalogue
from rules.engine.parameter import UNITS
from rules.times import BEIJING, to_ms
from streams.kafka.clients import started
from streams.kafka.reading import read_all, reader
from streams.kafka.topics import Names, topic_partitions

Alert = Mapping[str, Any]
Document = dict[str, Any]

FORM = "settlement-monitor lead 1"
"""The form of the document."""
NOTICE = Said("疑点线索，待核实，不是认定结论。", "A lead to verify, never a verdict.")
TARGETS: Mapping[str, Said] = {
    "": Said("未指定", "none named"),
    "market": Said("市场监督管理部门", "market regulation"),
    "health": Said("卫生健康部门", "health commission"),
    "police": Said("公安机关", "police"),
    "discipline": Said("纪检监察机关", "discipline inspection and supervision"),
}
"""To whom a lead is referred: the bodies to which the notices have leads transferred."""
_NO_OFFSETS = Said(
    "线索不记录各条报文在主题中的分区和偏移量；可凭机构代码与报文号（msgid）在 {} 主题中查找，该主题保存30天。",
    "Partition and offset of each message: a lead does not hold them. The message is found by institution and msgid on "
    "{}, which keeps 30 days.",
)
_NO_NAMES = Said(
    "参保人身份：仅有假名；凭结算号、就诊号在结算系统中查找本人。",
    "Who the persons are: here are pseudonyms; the settlement or visit leads to the person in the settlement system.",
)
_NO_PARAMETERS = Said(
    "规则 {} 版本 {} 的参数：规则主题与本程序中均无该版本。",
    "The parameters of {} {}: neither the topic of rules nor this program has that version.",
)
_MORE_ROWS = Said("其余 {} 条证据：线索至多列出 {} 条。", "The other {} rows of evidence: a lead holds at most {}.")
_NO_TABLES = Said(
    "参考表各行内容：仅知版本标记 {}。", "What stood in the reference tables: only their mark {} is known."
)


async def parameters_as_in_force(client: Mapping[str, Any], prefix: str, alert: Alert) -> dict[str, object] | None:
    """Every parameter of the rule in the version that wrote an alert; None where nobody knows that version any more.

    Raises KafkaError, OSError, UnreadError where the topic of rules cannot be read.
    """
    rule = catalogue().get(alert["rule_id"])
    if rule is None:
        return None
    defaults = parameters_of(rule)
    if alert["rule_version"] == rule.card.version:
        return defaults
    wanted, found = f"{alert['rule_id']}/{alert['rule_version']}".encode(), None
    async with started(reader(client)) as consumer:
        async for records in read_all(consumer, await topic_partitions(client, Names(prefix).rules)):
            found = next((one.value for one in reversed(records) if one.key == wanted), found)
    if found is None:
        return None
    said, tag = msgspec.json.decode(found, type=Definition), alert["measure"].get("tag")
    return defaults | rule.present_names(said.parameters) | rule.present_names(said.tag.get(tag, {}))


def document_of(  # noqa: PLR0913 - the document is made of as much
    alert: Alert, *, beside: Sequence[Alert], said: Sequence[Mapping[str, Any]],
    done: Sequence[Mapping[str, Any]], parameters: Mapping[str, object] | None, target: str, by: str, prefix: str,
) -> Document:  # fmt: skip
    """The document of a lead, as of now.

    beside: the others of its incident. said: its dispositions. done: the work on it. parameters: of its rule as they
    were in force, None where they are not known. Raises InputError where there is no such target.
    """
    if target not in TARGETS:
        raise InputError(f"target: expected one of {', '.join(filter(None, TARGETS))}")
    events = Names(prefix).events
    content: Document = {
        "form": FORM,
        "notice": NOTICE._asdict(),
        "lead": {name: value for name, value in alert.items() if name != "evidence"},
        "rule": _rule(alert, parameters),
        "law": alert["basis"],
        "evidence": [row | {"source": _source(events, row)} for row in alert["evidence"]],
        "incident": _incident(alert, beside),
        "dispositions": [*said],
        "work": [*done],
        "referral": {"target": target, **TARGETS[target]._asdict()},
        "not_known": [one._asdict() for one in _not_known(alert, parameters, events)],
        "exported": {"area": prefix, "by": by.strip(), "at": datetime.now(BEIJING).isoformat(timespec="milliseconds")},
    }
    return content | {"sha256": mark_of(content)}


def _source(events: str, row: Mapping[str, Any]) -> dict[str, object]:
    """Where the message of a row stands, as far as that is known."""
    return {
        "topic": events, "partition": None, "offset": None,
        "fixmedins_code": row.get("fixmedins_code"), "msgid": row.get("msgid"),
    }  # fmt: skip


def _rule(alert: Alert, parameters: Mapping[str, object] | None) -> dict[str, object]:
    """The rule as it was in force."""
    rule = catalogue().get(alert["rule_id"])
    known = {} if rule is None else rule.parameters()
    shown = None if parameters is None else {
        name: {"value": value, "unit": UNITS[known[name].unit].en, "unit_zh": UNITS[known[name].unit].zh,
               "meaning": known[name].meaning.en, "meaning_zh": known[name].meaning.zh}
        for name, value in parameters.items()
    }  # fmt: skip
    return {"id": alert["rule_id"], "version": alert["rule_version"], "parameters": shown}


def _incident(alert: Alert, beside: Iterable[Alert]) -> dict[str, object]:
    [incident] = incidents_of([alert, *beside])
    leads = [
        {name: one.get(name) for name in ("alert_id", "rule_id", "rule_name", "rule_name_en", "severity", "status")}
        for one in (incident.speaker, *incident.attached)
    ]
    return {"id": incident_of(alert), "speaker": incident.speaker["alert_id"], "leads": leads}


def _not_known(alert: Alert, parameters: Mapping[str, object] | None, events: str) -> Iterator[Said]:
    """What the reader of the document will look for in vain."""
    yield _both(_NO_OFFSETS, events)
    if any(str(row.get("person") or "").startswith("p_") for row in alert["evidence"]):
        yield _NO_NAMES
    if parameters is None:
        yield _both(_NO_PARAMETERS, alert["rule_id"], alert["rule_version"])
    if (left := alert["evidence_count"] - len(alert["evidence"])) > 0:
        yield _both(_MORE_ROWS, left, len(alert["evidence"]))
    if (mark := alert.get("reference_version") or "none") != "none":
        yield _both(_NO_TABLES, mark)


def _both(said: Said, *figures: object) -> Said:
    return Said(said.zh.format(*figures), said.en.format(*figures))


def mark_of(document: Mapping[str, Any]) -> str:
    """The SHA-256 over a document without its `sha256`: JSON in UTF-8 with sorted keys and no blanks, in hex."""
    content = {name: value for name, value in document.items() if name != "sha256"}
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_unchanged(text: bytes) -> bool:
    """Whether a document is as it was exported. Raises InputError where it is none."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict) or document.get("form") != FORM:
        raise InputError(f"expected a lead exported as JSON, of the form {FORM!r}")
    return bool(document.get("sha256") == mark_of(document))


def exported(document: Document) -> Deed:
    """That somebody exported a lead, for the audit topic."""
    lead, said = document["lead"], document["exported"]
    after = {
        "alert_id": lead["alert_id"], "revision": lead.get("revision"), "target": document["referral"]["target"],
        "sha256": document["sha256"],
    }  # fmt: skip
    return Deed("alerts export", said["by"], to_ms(datetime.fromisoformat(said["at"])), None, after)

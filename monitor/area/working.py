"""An act on leads as a deed: onto the topic of work, and onto the audit topic with what stood before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitor.area.deeds import Deed, Message
from monitor.contract.work import OfSubject, Snooze, Snoozed, Work
from rules.times import to_ms
from streams.kafka.topics import Names

WHAT: Mapping[str, str] = {
    "assigned": "alerts assign",
    "commented": "alerts comment",
    "proposed": "alerts propose",
    "approved": "alerts approve",
    "returned": "alerts return",
    "snoozed": "alerts snooze",
    "snooze_ended": "alerts unsnooze",
}
"""Kind of an act -> what the audit record calls it."""


def worked(prefix: str, act: Work, earlier: Iterable[Mapping[str, Any]]) -> Deed:
    """What somebody does with a lead. earlier: what was done with it before, the first one first."""
    before = [one for one in earlier if one["kind"] == act.kind]
    key = "/".join(act.subject) if isinstance(act, OfSubject) else act.alert_id
    message = Message(Names(prefix).work, key, act.model_dump_json().encode())
    return Deed(
        WHAT[act.kind], act.by, to_ms(act.at), before[-1] if before else None, act.model_dump(mode="json"), (message,)
    )


def snoozed(prefix: str, act: Snooze, before: Snoozed | None) -> Deed:
    """What somebody does with all leads of a rule about a subject. before: the snooze that is in force."""
    return worked(prefix, act, ())._replace(before=None if before is None else before.model_dump(mode="json"))

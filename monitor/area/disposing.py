"""A disposition as a deed: onto the feedback topic, and onto the audit topic who said it and what stood before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.area.deeds import Deed, Message
from monitor.contract.feedback import Feedback
from rules.times import to_ms
from streams.kafka.topics import Names


def disposed(prefix: str, said: Feedback, earlier: Sequence[Mapping[str, Any]]) -> Deed:
    """What somebody says of an alert now. earlier: what was said of it before, the first one first."""
    message = Message(Names(prefix).feedback, said.alert_id, said.model_dump_json().encode())
    before, after = earlier[-1] if earlier else None, said.model_dump(mode="json")
    return Deed("alerts dispose", said.by, to_ms(said.at), before, after, (message,))

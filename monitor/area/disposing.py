"""A disposition as a deed: at once, or by two people, of whom one proposes and the other approves or returns.

A proposal stands on the topic of work. Only when it is approved does its disposition come onto the feedback topic, so
whoever reads dispositions reads those that count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.area.deeds import Deed, Message
from monitor.area.working import worked
from monitor.contract.feedback import Feedback, feedback_of
from monitor.contract.work import Approved, Proposed, Returned, act_of, proposal_in
from monitor.errors import InputError
from rules.times import to_ms
from streams.kafka.topics import Names

Said = Mapping[str, Any]


def disposed(prefix: str, said: Feedback, earlier: Sequence[Said]) -> Deed:
    """What somebody says of an alert now. earlier: what was said of it before, the first one first."""
    before, after = earlier[-1] if earlier else None, said.model_dump(mode="json")
    return Deed("alerts dispose", said.by, to_ms(said.at), before, after, (_message(prefix, said),))


def said_now(  # noqa: PLR0913 - a disposition is made of as much
    prefix: str, alert_id: str, disposition: str, reason: str, by: str, *,
    earlier: Sequence[Said], done: Sequence[Said], needs_approval: bool,
) -> Deed:  # fmt: skip
    """What somebody says of an alert now; where it needs approval, a proposal, which replaces an earlier one.

    earlier, done: what was said of it and done with it before, the first one first. Raises InputError.
    """
    if needs_approval:
        act = act_of(Proposed, by, alert_id=alert_id, disposition=disposition, reason=reason)
        return worked(prefix, act, done)
    return disposed(prefix, feedback_of(alert_id, disposition, reason, by), earlier)


def is_same(proposal: Said | None, by: str) -> bool:
    """Whether somebody is who proposed it: such a person does not approve it."""
    return proposal is not None and by.strip().casefold() == proposal["by"].casefold()


def alike(proposal: Said, done: Mapping[str, Sequence[Said]]) -> dict[str, Said]:
    """The proposals of other leads that wait and are the same disposition, with the same reason, of the same person.

    done: by lead, what was done with it.
    """
    waiting = {one: proposal_in(acts) for one, acts in done.items()}
    same = ("disposition", "reason", "by")
    return {one: it for one, it in waiting.items() if it and all(it[name] == proposal[name] for name in same)}


def approved(prefix: str, proposal: Said, by: str) -> Deed:
    """A second reviewer approves: the disposition counts from now on, as said by who proposed it.

    Raises InputError where it is the same person.
    """
    if is_same(proposal, by):
        raise InputError("by: expected another person than the one who proposed it")
    act = act_of(Approved, by, alert_id=proposal["alert_id"], of=proposal["at"])
    said = feedback_of(proposal["alert_id"], proposal["disposition"], proposal["reason"], proposal["by"])
    deed = worked(prefix, act, ())
    return deed._replace(before=proposal, messages=(*deed.messages, _message(prefix, said)))


def returned(prefix: str, proposal: Said, by: str, reason: str) -> Deed:
    """A second reviewer does not approve; also who proposed it may take it back so. Raises InputError."""
    act = act_of(Returned, by, alert_id=proposal["alert_id"], of=proposal["at"], reason=reason)
    return worked(prefix, act, ())._replace(before=proposal)


def _message(prefix: str, said: Feedback) -> Message:
    return Message(Names(prefix).feedback, said.alert_id, said.model_dump_json().encode())

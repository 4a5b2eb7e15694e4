"""Work on leads: who works on one, and what is said of it beside dispositions. One message on the topic of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from monitor.contract.feedback import LONGEST_NAME, LONGEST_REASON, Disposition, check_reason, made_now
from rules.times import to_ms

NOBODY = "-"
"""Who works on a lead that nobody has; nobody is called so."""
LONGEST_TEXT = 1000
"""Characters of a comment. Our assumption: more is a document, and belongs into the case."""
LONGEST_SNOOZE_DAYS = 180
"""Our assumption: what is known for half a year belongs into a table or a parameter."""

Subject = tuple[str, str, str]
"""Rule, kind and id of a subject."""
Name = Annotated[str, Field(max_length=LONGEST_NAME, pattern=r"^([^-]|-.|$)")]
T = TypeVar("T", bound="Act")


class Act(BaseModel):
    """What every message has. by: who does it, a name or a number at work. at: when, with an offset."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    by: str = Field(min_length=1, max_length=LONGEST_NAME)
    at: AwareDatetime


class OfLead(Act):
    """An act on one lead."""

    alert_id: str = Field(pattern=r"^[0-9a-f]{32}$")


class Assigned(OfLead):
    """From now on `to` works on a lead; empty: nobody."""

    kind: Literal["assigned"] = "assigned"
    to: Name = ""


class Commented(OfLead):
    """Something is said of the lead that is no disposition."""

    kind: Literal["commented"] = "commented"
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)


class Proposed(OfLead):
    """A disposition that waits for a second reviewer. reason: required unless it is confirmed."""

    kind: Literal["proposed"] = "proposed"
    disposition: Disposition
    reason: str = Field("", max_length=LONGEST_REASON)

    @model_validator(mode="after")
    def _has_a_reason(self) -> Self:
        check_reason(self.disposition, self.reason)
        return self


class Approved(OfLead):
    """The proposal that was made at the moment `of` counts: the disposition stands on the feedback topic too."""

    kind: Literal["approved"] = "approved"
    of: AwareDatetime


class Returned(OfLead):
    """The proposal that was made at the moment `of` does not count."""

    kind: Literal["returned"] = "returned"
    of: AwareDatetime
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class OfSubject(Act):
    """An act on all leads of one rule about one subject. subject_kind, subject_id: as the alert has them."""

    rule_id: str = Field(min_length=1, max_length=32)
    subject_kind: str = Field(min_length=1, max_length=32)
    subject_id: str = Field(min_length=1, max_length=128)

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return self.rule_id, self.subject_kind, self.subject_id


class Snoozed(OfSubject):
    """Nobody is told of these leads before `until`; the last act on a subject counts."""

    kind: Literal["snoozed"] = "snoozed"
    until: AwareDatetime
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not timedelta() < self.until - self.at <= timedelta(days=LONGEST_SNOOZE_DAYS):
            raise ValueError(f"until: expected 1 to {LONGEST_SNOOZE_DAYS} days from now")
        return self


class SnoozeEnded(OfSubject):
    """These leads are told again from now on."""

    kind: Literal["snooze_ended"] = "snooze_ended"


Snooze = Snoozed | SnoozeEnded
Work = Annotated[
    Assigned | Commented | Proposed | Approved | Returned | Snoozed | SnoozeEnded, Field(discriminator="kind")
]
WORK: TypeAdapter[Work] = TypeAdapter(Work)
"""Reads a message. Raises ValidationError, a ValueError, where it is none."""
SNOOZE: TypeAdapter[Snooze] = TypeAdapter(Annotated[Snooze, Field(discriminator="kind")])
"""Reads a message about snoozes. Raises ValidationError, a ValueError, where it is none."""


def subject_of(alert: Mapping[str, Any]) -> Subject:
    """What an alert is about, as a snooze names it."""
    return alert["rule_id"], alert["subject"]["kind"], alert["subject"]["id"]


def proposal_in(done: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The proposal that waits, among the work on an alert; None where none does."""
    waits: Mapping[str, Any] | None = None
    for one in done:
        if one["kind"] == "proposed":
            waits = one
        elif waits is not None and one.get("of") == waits["at"]:
            waits = None
    return waits


def snooze_of(alert: Mapping[str, Any], kind: type[Snooze], by: str, **given: object) -> Snooze:
    """An act of somebody now on all leads of the rule of an alert about its subject. Raises InputError."""
    rule_id, subject_kind, subject_id = subject_of(alert)
    return act_of(kind, by, rule_id=rule_id, subject_kind=subject_kind, subject_id=subject_id, **given)


def in_force(acts: Iterable[Snooze], now: int) -> dict[Subject, Snoozed]:
    """The snoozes that count now, ms UTC. acts: in any order."""
    last = {one.subject: one for one in sorted(acts, key=lambda one: one.at)}
    return {key: one for key, one in last.items() if isinstance(one, Snoozed) and now < to_ms(one.until)}


def is_name(text: str) -> bool:
    """Whether somebody may be called so."""
    return 0 < len(text.strip()) <= LONGEST_NAME and text.strip() != NOBODY


def act_of(kind: type[T], by: str, **given: object) -> T:
    """An act of somebody now. Raises InputError where something is wrong: which field, what was expected."""
    return made_now(kind, kind.__name__, by=by, **given)

"""Work on leads: who works on one, and what is said of it beside dispositions. One message on the topic of work."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from monitor.contract.feedback import LONGEST_NAME, LONGEST_REASON, Disposition, check_reason
from monitor.errors import InputError
from rules.times import BEIJING

NOBODY = "-"
"""Who works on a lead that nobody has; nobody is called so."""
LONGEST_TEXT = 1000
"""Characters of a comment. Our assumption: more is a document, and belongs into the case."""

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


Work = Annotated[Assigned | Commented | Proposed | Approved | Returned, Field(discriminator="kind")]
WORK: TypeAdapter[Work] = TypeAdapter(Work)
"""Reads a message. Raises ValidationError, a ValueError, where it is none."""


def is_name(text: str) -> bool:
    """Whether somebody may be called so."""
    return 0 < len(text.strip()) <= LONGEST_NAME and text.strip() != NOBODY


def act_of(kind: type[T], by: str, **given: object) -> T:
    """An act of somebody now. Raises InputError where something is wrong: which field, what was expected."""
    try:
        return kind.model_validate({"by": by, "at": datetime.now(BEIJING), **given})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InputError(f"{'.'.join(map(str, first['loc'])) or kind.__name__}: {first['msg']}") from None

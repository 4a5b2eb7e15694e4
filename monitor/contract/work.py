"""Work on leads: who works on one, and what is said of it beside dispositions. One message on the topic of work."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from monitor.contract.feedback import LONGEST_NAME
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


Work = Annotated[Assigned | Commented, Field(discriminator="kind")]
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

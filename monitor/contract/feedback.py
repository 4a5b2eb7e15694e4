"""Feedback: what became of a lead (contract, section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.contract.text import Said
from monitor.errors import InputError
from rules.times import BEIJING

Disposition = Literal["confirmed", "false_positive", "data_error", "explained", "referred"]
DISPOSITIONS: Mapping[Disposition, Said] = {
    "confirmed": Said("属实", "confirmed"),
    "false_positive": Said("不属实", "false positive"),
    "data_error": Said("数据问题", "data error"),
    "explained": Said("合理情形", "explained"),
    "referred": Said("移送", "referred"),
}
"""What a reviewer may say of a lead, in the words of a bureau."""
TODO = "todo"
"""Of what nobody has said anything yet."""
WAITING = "waiting"
"""Of what waits for a second reviewer, whatever was said before."""
LONGEST_REASON = 500
LONGEST_NAME = 64
Message = TypeVar("Message", bound=BaseModel)


class Feedback(BaseModel):
    """A disposition of an alert. reason: required unless it is confirmed. by: who says it, a name or a number at work.

    at: when it was said; with an offset.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    alert_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    disposition: Disposition
    reason: str = Field("", max_length=LONGEST_REASON)
    by: str = Field(min_length=1, max_length=LONGEST_NAME)
    at: AwareDatetime

    @model_validator(mode="after")
    def _has_a_reason(self) -> Self:
        check_reason(self.disposition, self.reason)
        return self


def check_reason(disposition: Disposition, reason: str) -> None:
    """Refuse a disposition without the reason that it needs. Raises ValueError."""
    if disposition != "confirmed" and not reason:
        raise ValueError("reason: expected a reason unless confirmed")


def feedback_of(alert_id: str, disposition: str, reason: str, by: str) -> Feedback:
    """What somebody says of an alert now. Raises InputError where it is no disposition."""
    return made_now(Feedback, "disposition", alert_id=alert_id, disposition=disposition, reason=reason, by=by)


def made_now(kind: type[Message], whole: str, **given: object) -> Message:
    """A message that somebody makes now. whole: its name, for what is wrong with more than one field.

    Raises InputError where something is wrong: which field, what was expected.
    """
    try:
        return kind.model_validate({"at": datetime.now(BEIJING), **given})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InputError(f"{'.'.join(map(str, first['loc'])) or whole}: {first['msg']}") from None

"""Feedback: what became of a lead (contract, section 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Feedback(BaseModel):
    """A disposition of an alert. dspo_way_rea: the reason, at most 500 characters; required unless it is confirmed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    alert_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    dspo_way: Literal["confirmed", "false_positive", "data_error", "explained", "referred"]
    dspo_way_rea: str = Field("", max_length=500)
    by: str = Field(min_length=1, max_length=64)
    at: datetime

    @model_validator(mode="after")
    def _has_a_reason(self) -> Self:
        if self.dspo_way != "confirmed" and not self.dspo_way_rea:
            raise ValueError("dspo_way_rea: expected a reason unless confirmed")
        return self

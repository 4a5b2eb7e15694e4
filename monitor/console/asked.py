"""What a reviewer asks of a list, as it stands in an address; and what he says of leads, as it comes from a form."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from monitor.contract.feedback import LONGEST_NAME, Disposition
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.readmodel import Order, Wanted
from rules.catalogue import catalogue
from rules.engine.finding import Severity
from rules.times import DAY, to_ms

MOST_AT_ONCE = 200
"""So many leads may be disposed of at once. Our assumption: four pages."""


def _none_if_empty(value: Any) -> Any:  # noqa: ANN401 - whatever stands in an address
    value = value.strip() if isinstance(value, str) else value
    return None if value == "" else value


def _is_rule(value: str) -> str:
    if value not in catalogue():
        raise ValueError(f"expected one of {', '.join(catalogue())}")
    return value


_EMPTY = BeforeValidator(_none_if_empty)
_Code = Annotated[str, Field(max_length=64)]


class Told(BaseModel):
    """Why the API does not answer what was asked, in English."""

    detail: str


class Asked(BaseModel):
    """A list of leads, as it stands in an address. What is empty is not asked for.

    severity: at least. days: with a trigger within so many. person: a pseudonym. assignee: NOBODY
    where nobody works on it. overdue: it should have been judged by now. at: so many were looked at before.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule: Annotated[str | None, _EMPTY, WithJsonSchema({"type": "string", "enum": [*catalogue()]})] = None
    severity: Annotated[Severity | None, _EMPTY] = None
    stage: Annotated[Literal["pre", "in", "post"] | None, _EMPTY] = None
    open: bool = False
    disposition: Annotated[Literal["todo", "waiting"] | Disposition | None, _EMPTY] = None
    region: Annotated[Annotated[str, Field(pattern=r"^\d{6}$")] | None, _EMPTY] = None
    institution: Annotated[_Code | None, _EMPTY] = None
    person: Annotated[Annotated[str, Field(pattern=r"^p_[0-9a-f]{1,40}$")] | None, _EMPTY] = None
    days: Annotated[Annotated[int, Field(ge=1, le=3660)] | None, _EMPTY] = None
    assignee: Annotated[Annotated[str, Field(max_length=LONGEST_NAME)] | None, _EMPTY] = None
    overdue: bool = False
    text: Annotated[Annotated[str, Field(max_length=100)] | None, _EMPTY] = None
    order: Annotated[Order, BeforeValidator(lambda value: value or "newest")] = "newest"
    at: int = Field(0, ge=0, le=10_000_000)

    def wanted(self, now: datetime, overdue_before: int, within: Jurisdiction | None) -> Wanted:
        """Which alerts are meant, of those that whoever asks may see. overdue_before: ms UTC.

        Raises ValueError where there is no such rule.
        """
        return Wanted(
            rule=None if self.rule is None else _is_rule(self.rule), min_severity=self.severity, stage=self.stage,
            is_open=self.open, disposition=self.disposition, region=self.region, person=self.person, text=self.text,
            institution=None if self.institution is None else self.institution.upper(),
            assignee=self.assignee, overdue_before=overdue_before if self.overdue else None, within=within,
            since=None if self.days is None else to_ms(now) - self.days * DAY,
        )  # fmt: skip

    @property
    def has_more(self) -> bool:
        """Whether something is asked for that a page shows only on demand."""
        shown = {"rule", "severity", "disposition", "text", "at"}
        return bool(self.model_dump(exclude_defaults=True, exclude=shown))

    def address(self, **other: object) -> str:
        """The part of an address behind the question mark, with some of it changed."""
        said = self.model_dump(exclude_defaults=True) | other
        return urlencode({name: value for name, value in said.items() if value not in (None, "", 0, False)})

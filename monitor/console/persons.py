"""How much of a person a reader sees: a shortened pseudonym, a pseudonym, or, asked for with a reason, who it is."""

from __future__ import annotations

import asyncio
import csv
import re
import time
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import APIRouter, Form, Request, Response
from starlette.exceptions import HTTPException

from monitor.alertpersons import named_in
from monitor.area.deeds import Deed
from monitor.console.access import User
from monitor.console.context import Console, Lead, found
from monitor.console.guard import user_of
from monitor.contract.feedback import LONGEST_REASON
from monitor.errors import ConfigurationError

COLUMNS = ("pseudonym", "person")
"""Of the table that the bureau holds."""
_PSEUDONYM = re.compile(r"\b([pth]_[0-9a-f]{4})[0-9a-f]+")


class TableError(Exception):
    """The table of persons cannot be read: what kind of error it was."""


def shown_to(user: User, alert: Lead) -> Lead:
    """An alert as somebody may see it: to a viewer pseudonyms are shortened, everywhere in it.

    Four digits tell persons on one page apart, and fit several persons of a county.
    """
    return alert if user.may("reviewer") else cast("Lead", _shortened(alert, persons_in(alert)))


def persons_in(alert: Lead) -> list[str]:
    """The persons that an alert names, each once, as it names them."""
    return [one for one in dict.fromkeys(named_in(alert)) if one]


def check_table(path: Path | None) -> None:
    """Refuse a table of persons that has other columns or is not there. Raises ConfigurationError."""
    if path is None:
        return
    try:
        person_of(path, "")
    except TableError as error:
        raise ConfigurationError(f"MONITOR_CONSOLE_PERSONS: {path}: {error}") from None


def person_of(path: Path, pseudonym: str) -> str | None:
    """Who a pseudonym is; None where the table does not have it. Nothing of the table is kept. Raises TableError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {*COLUMNS} <= {*(rows.fieldnames or ())}:
                raise TableError(f"expected the columns {', '.join(COLUMNS)}")
            return next((row["person"] for row in rows if row["pseudonym"] == pseudonym), None)
    except OSError as error:
        raise TableError(error.strerror) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"expected CSV in UTF-8: {type(error).__name__}") from None


def persons_of(console: Console) -> APIRouter:
    """The form with which somebody asks who a person is."""
    router = APIRouter(include_in_schema=False)

    @router.post("/persons")
    async def who(
        request: Request,
        alert_id: Annotated[str, Form(max_length=64)] = "",
        person: Annotated[str, Form(max_length=64)] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        table, user, reason = console.settings.console_persons, user_of(request), reason.strip()
        if not user.name:
            raise HTTPException(403, "forbidden")
        lead = found(await asyncio.to_thread(console.model.one, alert_id, user.within))
        if table is None or person not in persons_in(lead):
            return console.told(request, 404, "person_unknown")
        if not 0 < len(reason) <= LONGEST_REASON:
            return console.wrong(request, "person_reason_missing")
        # First it is written who asks; where that fails nobody is answered.
        asked = {"alert_id": lead["alert_id"], "person": person, "reason": reason}
        await console.write([Deed("console person", user.name, int(1000 * time.time()), None, asked)])
        number = await asyncio.to_thread(person_of, table, person)
        console.log.info("a person was asked for", result="unknown" if number is None else "answered")
        return console.page(request, "person", {"lead": lead, "pseudonym": person, "person": number})

    return router


def _shortened(value: Any, persons: list[str]) -> Any:  # noqa: ANN401 - whatever stands in an alert
    if isinstance(value, str):
        short = _PSEUDONYM.sub(r"\1…", value)
        return "…" if short == value and value in persons else short
    if isinstance(value, dict):
        return {name: _shortened(one, persons) for name, one in value.items()}
    return [_shortened(one, persons) for one in value] if isinstance(value, list) else value

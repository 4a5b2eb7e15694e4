"""What happened to a subject, in time: what its leads saw, when they were found, what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from monitor.readmodel.layout import OPEN, State, score_of
from rules.times import parse

Lead = Mapping[str, Any]
Kind = Literal["seen", "found", "ended", "done"]
MOST = 30
"""So much is told, the last first. Our assumption: a screen."""


class Happened(NamedTuple):
    """One thing that happened to a lead. at: ms UTC.

    seen: its last trigger, `since` the first where there are several, `window` the beginning of what was looked at.
    found: the platform wrote it. ended: it was withdrawn or closed. done: `act`, what somebody said or did.
    """

    at: int
    kind: Kind
    lead: Lead
    since: int | None = None
    window: int | None = None
    act: Mapping[str, str] | None = None


def timeline_of(
    leads: Iterable[Lead], states: Mapping[str, State], acts: Mapping[str, Iterable[Mapping[str, str]]]
) -> list[Happened]:
    """What happened to these leads, the last first. acts: what was said and done, by the id of the lead."""
    found: list[Happened] = []
    for lead in leads:
        one = lead["alert_id"]
        found.append(Happened(score_of(lead), "seen", lead, *_begun(lead)))
        if one in states and states[one].opened:
            found.append(Happened(states[one].opened, "found", lead))
        if lead["status"] not in OPEN and lead.get("detected_at"):
            found.append(Happened(parse(lead["detected_at"]), "ended", lead))
        found += [Happened(parse(act["at"]), "done", lead, act=act) for act in acts.get(one, ())]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def _begun(lead: Lead) -> tuple[int | None, int | None]:
    """The first trigger, None where it is the last too; and the beginning of the window of the last."""
    first, last = lead.get("first_time") or lead["event_time"], lead.get("last_time") or lead["event_time"]
    start = (lead.get("window") or {}).get("start")
    return None if first == last else parse(first), parse(start) if start else None

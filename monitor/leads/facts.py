"""Facts about leads: what the log of leads carries. Each follows from one message, and says it again without harm.

The log (`internal.leads`) brings revisions, dispositions and work, which come on topics of their own, into one order.
All that rules over leads say follows from that order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from monitor.alertpersons import named_in
from monitor.contract.feedback import Feedback
from monitor.contract.work import WORK, Assigned
from rules.catalogue import OVER_LEADS
from rules.engine.finding import SEVERITIES
from rules.times import parse, to_ms

OF_STAYS = ("admission", "discharge", "bill")
"""Roles of the rows of evidence that are of a stay."""


class Found(msgspec.Struct, frozen=True, tag="found", tag_field="kind"):
    """A revision of an alert, as much of it as rules over leads read.

    time: first trigger; found: when this revision was found; due: the first moment after the day until which a lead
    that was found then is to be judged, 0 where nobody is to judge it; ms UTC. persons: those that its evidence names,
    and a person whom it is about. amount: fen. stays: code and name of the institution, and the person, of each stay
    in its evidence; a fact that an earlier build wrote has none.
    """

    alert_id: str
    revision: int
    rule: str
    about: str
    subject: str
    severity: int
    time: int
    found: int
    due: int
    stands: bool
    institution: str
    name: str
    insured_in: str
    place: str
    amount: int
    persons: tuple[str, ...]
    stays: tuple[tuple[str, str, str], ...] = ()


class Said(msgspec.Struct, frozen=True, tag="said", tag_field="kind"):
    """A disposition. at: ms UTC."""

    alert_id: str
    disposition: str
    at: int


class Taken(msgspec.Struct, frozen=True, tag="taken", tag_field="kind"):
    """Somebody took a lead. at: ms UTC."""

    alert_id: str
    at: int


class Hour(msgspec.Struct, frozen=True, tag="hour", tag_field="kind"):
    """An hour has begun, ms UTC."""

    hour: int


class InForce(msgspec.Struct, frozen=True, tag="rules", tag_field="kind"):
    """Which rules over leads are in force from here on.

    definitions: as on the topic of rules, by id; a rule without one has its defaults.
    """

    definitions: tuple[dict[str, Any], ...]


OfLead = Found | Said | Taken
Fact = OfLead | Hour | InForce

encode = msgspec.json.Encoder().encode
decode: Callable[[bytes], Fact] = msgspec.json.Decoder(Fact).decode
"""Reads a fact. Raises msgspec.DecodeError where it is none."""


def found_in(alert: Mapping[str, Any], due: Callable[[int], int]) -> Found | None:
    """What a revision says; None of a shadow rule, of a question before money moves, and of a rule over leads.

    due: until when a lead is to be judged that was found at a moment, both ms UTC. Raises what Python raises where it
    is no alert.
    """
    if alert["shadow"] or alert["stage"] == "pre" or alert["family"] == OVER_LEADS:
        return None
    subject, found = alert["subject"], parse(alert["detected_at"])
    return Found(
        alert_id=alert["alert_id"],
        revision=alert["revision"],
        rule=alert["rule_id"],
        about=subject["kind"],
        subject=subject["id"],
        severity=SEVERITIES.index(alert["severity"]),
        time=parse(alert["first_time"]),
        found=found,
        due=due(found),
        stands=alert["status"] != "withdrawn",
        institution=alert["fixmedins_code"],
        name=alert["fixmedins_name"],
        insured_in=alert["insuplc_admdvs"],
        place=alert["mdtrtarea_admvs"],
        amount=round(alert["vola_amt"] * 100),
        persons=tuple(sorted({*named_in(alert)} - {""})),
        stays=tuple(sorted({*_stays_in(alert)})),
    )


def _stays_in(alert: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Where somebody lay, and who, by the rows of evidence that are of a stay."""
    for row in alert["evidence"]:
        if row.get("role") in OF_STAYS and row["person"]:
            yield row["fixmedins_code"], row["fixmedins_name"], row["person"]


def said_in(value: bytes) -> Said:
    """What a message of the feedback topic says. Raises ValueError where it is no disposition."""
    said = Feedback.model_validate_json(value)
    return Said(said.alert_id, said.disposition, to_ms(said.at))


def taken_in(value: bytes) -> Taken | None:
    """Whether a message of the topic of work takes a lead. Raises ValueError where it is no work."""
    act = WORK.validate_json(value)
    return Taken(act.alert_id, to_ms(act.at)) if isinstance(act, Assigned) and act.to else None

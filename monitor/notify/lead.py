"""What a notification says of a lead: its labels and its words. Nothing here names a person, not even by pseudonym."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Literal

import msgspec

from monitor.history import is_historical
from rules.engine.alert import Status
from rules.engine.finding import Severity
from rules.engine.text import Text
from rules.times import iso, parse

Labels = dict[str, str]
Fate = Literal["told", "held", "shadow", "pre", "historical", "snoozed"]
"""What became of an opening: posted, held back by the cap, not meant for anybody, or for nobody for a while."""

LEAD = "SettlementLead"
"""The alertname of every lead."""
_PLACES_AND_THINGS = frozenset(("institution", "trace_code", "prescription"))
"""Kinds of subjects that are no person and no group of persons."""


class Subject(msgspec.Struct):
    """Whom or what a lead is about."""

    kind: str
    id: str


class Proof(msgspec.Struct):
    """A row of evidence: of it only who must not be named."""

    person: str = ""


class Lead(msgspec.Struct):
    """What is read of an alert revision; the contract has all of it."""

    alert_id: str
    revision: int
    status: Status
    rule_id: str
    rule_name: str
    rule_name_en: str
    shadow: bool
    stage: Literal["pre", "in", "post"]
    severity: Severity
    subject: Subject
    incident_id: str
    fixmedins_code: str
    insuplc_admdvs: str
    mdtrtarea_admvs: str
    last_time: str
    text: Text
    evidence: list[Proof] = []

    @property
    def about(self) -> str:
        """A mark of its rule and its subject, which may be a person."""
        return mark_of((self.rule_id, self.subject.kind, self.subject.id))

    @property
    def is_open(self) -> bool:
        """Whether it is still to be looked at."""
        return self.status in ("opened", "updated")


_decode = msgspec.json.Decoder(Lead).decode


def mark_of(subject: tuple[str, str, str]) -> str:
    """What is remembered of a rule and a subject, so that nobody is named."""
    return blake2b("\x1f".join(subject).encode(), digest_size=16).hexdigest()


def read(value: bytes) -> Lead:
    """Read a revision. Raises ValueError where it is none; its text names places, never values."""
    lead = _decode(value)
    parse(lead.last_time)
    return lead


def silent_for(lead: Lead, appended: int, age: int, live_from: int) -> Fate | None:
    """Why nobody is told of a lead; None where somebody is.

    appended: when the revision was published, ms UTC. age: how far back its last trigger may lie then, ms.
    live_from: before which moment it may not lie in any case, ms UTC.
    """
    if lead.shadow:
        return "shadow"
    if lead.stage == "pre":
        return "pre"
    return "historical" if is_historical(lead.last_time, max(appended - age, live_from)) else None


def labels_of(lead: Lead, area: str, moment: Mapping[str, str]) -> Labels:
    """The labels under which Alertmanager knows a lead; an empty one is none.

    area: prefix of the topics. moment: wave, digest, hours and attached, as they were when the lead was first told.
    """
    labels = {
        "alertname": LEAD,
        "kind": "lead",
        "area": area,
        "rule": lead.rule_id,
        "severity": lead.severity,
        "stage": lead.stage,
        "insuplc_admdvs": lead.insuplc_admdvs,
        "mdtrtarea_admvs": lead.mdtrtarea_admvs,
        "institution": lead.fixmedins_code,
        "incident": lead.incident_id,
        **moment,
    }
    return {name: value for name, value in labels.items() if value}


def annotations_of(lead: Lead, advice: Text | None, opened: int) -> Labels:
    """The words of a notification. advice: of its rule, where the catalogue has it. opened: ms UTC."""
    sentence = lead.text if not _names_somebody(lead) else Text(lead.rule_name, lead.rule_name_en)
    words = {
        "rule_name_zh": lead.rule_name,
        "rule_name_en": lead.rule_name_en,
        "sentence_zh": sentence.zh,
        "sentence_en": sentence.en,
        "advice_zh": advice.zh if advice else "",
        "advice_en": advice.en if advice else "",
        "alert_id": lead.alert_id,
        "opened": iso(opened),
    }
    return {name: value for name, value in words.items() if value}


def _names_somebody(lead: Lead) -> bool:
    """Whether a number or pseudonym of a person stands in the sentence: a rule's fault, which must not leave here."""
    persons = {proof.person for proof in lead.evidence}
    is_region = lead.subject.kind == "group" and lead.subject.id in (lead.insuplc_admdvs, lead.mdtrtarea_admvs)
    if lead.subject.kind not in _PLACES_AND_THINGS and not is_region:
        persons.add(lead.subject.id)
    return any(person in lead.text.zh or person in lead.text.en for person in persons if person)

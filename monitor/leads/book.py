"""The book of leads: every lead as it stands, and the entries that rules over leads judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from monitor.leads.facts import Found, OfLead, Said, Taken
from rules.engine.item import Record
from rules.ledgers import Beside, Growing, Here, Lead, Waiting
from rules.ledgers.leads import GROWTH

FEWEST_TOGETHER = 2
"""A person alone in a lead has no company."""


class Known(msgspec.Struct):
    """A lead.

    first_found: when its first revision was found; due: until when it is to be judged; gone: when it was withdrawn, 0:
    it stands; ms UTC.
    """

    found: Found | None = None
    said: tuple[Said, ...] = ()
    taken: int = 0
    first_found: int = 0
    due: int = 0
    gone: int = 0


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(Known).decode


class Book:
    """Takes facts and gives entries. The same facts in the same order give the same entries."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._changed: set[str] = set()

    def __len__(self) -> int:
        return len(self._known)

    def take(self, fact: OfLead, appended: int) -> list[Record[Lead]]:
        """Note a fact (appended: ms UTC); gives what is new of the lead, nothing where the fact says nothing new."""
        known = self._known.setdefault(fact.alert_id, Known())
        before = known.found
        if not self.note(known, fact):
            return []
        self._changed.add(fact.alert_id)
        found = known.found
        if found is None:
            return []
        common = _common(known, found, appended)
        about = [] if isinstance(fact, Taken) else _about(found, before, common, appended)
        return [*about, *_waiting(known, found, before, common, appended)]

    def drain_changes(self) -> list[tuple[str, bytes]]:
        """The leads of which something was said since the last call, by their ids."""
        changed, self._changed = self._changed, set()
        return [(one, _ENCODE(self._known[one])) for one in sorted(changed)]

    def load(self, saved: Iterable[tuple[str, bytes]]) -> None:
        """Take over leads as `drain_changes` gave them."""
        self._known.update((one, _DECODE(value)) for one, value in saved)

    @staticmethod
    def note(known: Known, fact: OfLead) -> bool:
        """Put a fact to a lead. Returns True if it says something new."""
        if isinstance(fact, Found):
            return _note_found(known, fact)
        if isinstance(fact, Said):
            if fact in known.said:
                return False
            known.said = tuple(sorted((*known.said, fact), key=lambda one: (one.at, one.disposition)))
            return True
        if known.taken and known.taken <= fact.at:
            return False
        known.taken = fact.at
        return True

    def says_something(self, fact: OfLead) -> bool:
        """Whether a fact would say something new; changes nothing."""
        known = self._known.get(fact.alert_id)
        return known is None or self.note(msgspec.structs.replace(known), fact)


def _note_found(known: Known, fact: Found) -> bool:
    before = known.found
    if before is None:
        known.first_found, known.due = fact.found, fact.due
    elif fact.revision <= before.revision or _bare(before) == _bare(fact):
        return False
    known.found = fact
    known.gone = 0 if fact.stands else fact.found
    return True


def _bare(fact: Found) -> Found:
    """What counts of a revision: not which it is, and when it was found."""
    return msgspec.structs.replace(fact, revision=0, found=0, due=0)


def _about(found: Found, before: Found | None, common: dict[str, Any], appended: int) -> Iterator[Record[Lead]]:
    """The lead, as it is said under whom it is about, each institution and place where it is, and each person in it."""
    yield Record("lead", found.subject, [Lead(time=found.time, **common)], appended)
    yield from _here(found, before, common, appended)
    yield from _growing(found, before, common, appended)
    for person in dict.fromkeys((*found.persons, *(before.persons if before else ()))):
        yield from _beside(person, found, before, common, appended)


def _here(found: Found, before: Found | None, common: dict[str, Any], appended: int) -> Iterator[Record[Lead]]:
    """The lead at each institution where it is; one where it is no longer is told so."""
    now, then = _places(found), _places(before) if before else {}
    for place in sorted({*now, *then}):
        name, persons = now.get(place, ("", ()))
        own = common | {"institution": place, "name": name, "stands": found.stands and place in now}
        yield Record("lead", place, [Here(time=found.time, persons=persons, **own)], appended)


def _places(found: Found) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Where a lead is: where the stays of its evidence are, else where it was found. By code: the name and the persons.

    A lead about a stay may be found elsewhere, at a pharmacy at which the patient is seen meanwhile.
    """
    if not found.stays:
        return {found.institution: (found.name, found.persons)}
    names = {place: name for place, name, _ in found.stays}
    persons = {place: dict.fromkeys(one for at, _, one in found.stays if at == place) for place in names}
    return {place: (name, tuple(persons[place])) for place, name in names.items()}


def _growing(found: Found, before: Found | None, common: dict[str, Any], appended: int) -> Iterator[Record[Lead]]:
    """A lead on growth in its place of care; one where it is no longer is told so."""
    if found.rule != GROWTH:
        return
    if before is not None and before.place != found.place:
        gone = common | {"place": before.place, "stands": False}
        yield Record("lead", before.place, [Growing(time=found.time, **gone)], appended)
    yield Record("lead", found.place, [Growing(time=found.time, **common)], appended)


def _waiting(
    known: Known, found: Found, before: Found | None, common: dict[str, Any], appended: int
) -> Iterator[Record[Lead]]:
    """The lead at its institution, where anybody is to judge it; at one where it is no longer it waits for nobody."""
    if not known.due:
        return
    judged = min(filter(None, (known.said[0].at if known.said else 0, known.gone)), default=0)
    taken = min(filter(None, (known.taken, judged)), default=0)
    own: dict[str, Any] = {"time": known.first_found, "due": known.due}
    if before is not None and before.institution != found.institution:
        elsewhere = common | own | {"institution": before.institution}
        gone = Waiting(taken_at=known.first_found, judged_at=known.first_found, **elsewhere)
        yield Record("lead", before.institution, [gone], appended)
    yield Record("lead", found.institution, [Waiting(taken_at=taken, judged_at=judged, **common, **own)], appended)


def _beside(
    person: str, found: Found, before: Found | None, common: dict[str, Any], appended: int
) -> Iterator[Record[Lead]]:
    """The lead under one of its persons; who is no longer in it is told so."""
    others = tuple(one for one in found.persons if one != person)
    is_in = person in found.persons and len(found.persons) >= FEWEST_TOGETHER
    was_in = before is not None and person in before.persons and len(before.persons) >= FEWEST_TOGETHER
    if not is_in and not was_in:
        return
    own = common | {"person": person, "stands": found.stands and is_in}
    yield Record("lead", person, [Beside(time=found.time, others=others if is_in else (), **own)], appended)


def _common(known: Known, found: Found, appended: int) -> dict[str, Any]:
    """The fields that all entries of a lead have."""
    said = known.said[-1] if known.said else None
    return {
        "uploaded": appended, "message": found.alert_id, "identity": int(found.alert_id[-15:], 16),
        "institution": found.institution, "name": found.name, "insured_in": found.insured_in, "place": found.place,
        "person": found.subject if found.about == "person" else "", "amount": found.amount, "rule": found.rule,
        "kind": found.about, "subject": found.subject, "severity": found.severity, "stands": found.stands,
        "said": said.disposition if said else "", "said_at": said.at if said else 0,
    }  # fmt: skip

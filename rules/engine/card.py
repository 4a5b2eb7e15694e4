"""A card: what a rule says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from .text import Text

Stage = Literal["in", "post"]
"""Judged while the visit is going on, or afterwards."""
Subject = Literal["person", "institution", "physician", "trace_code", "prescription", "group"]
"""What an alert is about."""
About = Subject | Literal["actor"]
"""What the alerts of a rule are about. actor: a person, a physician or an institution, as the leads that it judges."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says of itself.

    family: the folder of the rule. ledger: the name of the ledger whose entries it judges. subject: what its alerts are
    about. why: what it sees and why that is suspicious, one sentence. basis: the law and the notice, in Chinese.
    advice: what an inspector looks at first. version: of its code.
    tables: reference tables without which it is off. judges_pre: whether it judges pre-settlements too.
    institution_facing: whether the institution that asks is told the finding. renamed: earlier names of parameters,
    each with the present name. decided: what it decides on beside time, person and amounts, which a row of evidence
    shows: fields by their names in the interface, and columns of reference tables (`drugs.pack_units`).
    """

    id: str
    name: Text
    family: str
    ledger: str
    subject: About
    why: Text
    basis: str
    advice: Text
    stage: Stage = "in"
    version: str = "1"
    tables: tuple[str, ...] = ()
    judges_pre: bool = False
    institution_facing: bool = False
    renamed: Mapping[str, str] = {}
    decided: tuple[str, ...] = ()

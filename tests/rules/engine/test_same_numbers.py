"""Institutions number what they send by themselves: that two of them use one number says nothing."""

from __future__ import annotations

from random import Random

import pytest

from tests.oracle.wire import Body
from tests.oracle.world import (
    TRUE_KINDS,
    Draft,
    Scale,
    a_reference,
    accepted,
    body_of,
    logs,
    run,
    standing_at_end,
    uploaded_of,
    whole_catalogue,
)

NUMBERS = (
    "msgid", "omsgid", "mdtrt_id", "setl_id", "init_setl_id", "feedetl_sn", "init_feedetl_sn", "chrg_bchno",
    "fixmedins_bchno",
)  # fmt: skip
"""What an institution numbers by itself; not the rxno, by which a pharmacy names the prescription of a hospital."""

WEEK = Scale(tuple(range(7)), 7, 90, (0,))


def messages(seed: int) -> list[Body]:
    """A week of three persons at three institutions that all use the same few numbers; no two at one moment."""
    random = Random(seed)
    moments = random.sample([(day, slot) for day in WEEK.days for slot in range(WEEK.slots)], 60)
    fields = ("person", "shop", "visit", "line", "item", "box")
    drafts = [
        Draft(
            kind=random.choice(TRUE_KINDS), day=day, slot=slot, delay=0, message=random.randrange(40),
            target=random.randrange(40), settlement=random.randrange(20), money=random.randrange(4),
            variant=random.randrange(4), **{name: random.randrange(3) for name in fields},
        )
        for day, slot in moments
    ]  # fmt: skip
    return [body_of(one, WEEK) for one in drafts]


def renumbered(name: str, value: object, place: str) -> object:
    """A field of a message, with the institution before each of its numbers; 0000 means all of them."""
    if isinstance(value, dict):
        return {inner: renumbered(inner, one, place) for inner, one in value.items()}
    if isinstance(value, list):
        return [renumbered(name, one, place) for one in value]
    return f"{place}{value}" if name in NUMBERS and value != "0000" else value


def standing(bodies: list[Body]) -> list[tuple[object, ...]]:
    """What stands in the end; its evidence is told by all but numbers."""
    events = sorted(accepted(bodies), key=lambda one: uploaded_of(one[0]))
    [log] = logs([(0, value, uploaded_of(event)) for event, value in events])
    episodes = standing_at_end(run(log, whole_catalogue(), a_reference()).alerts)
    return sorted((*one[:-1], sorted((role, *row) for role, _, _, _, _, *row in one.evidence)) for one in episodes)


@pytest.mark.parametrize("seed", range(12))
def test_no_rule_takes_the_number_of_one_institution_for_that_of_another(seed: int) -> None:
    """Where each institution has numbers of its own the same alerts stand."""
    bodies = messages(seed)
    apart = [
        {name: renumbered(name, value, str(one["fixmedins_code"])) for name, value in one.items()} for one in bodies
    ]
    alerts = standing(bodies)

    assert alerts
    assert alerts == standing(apart)

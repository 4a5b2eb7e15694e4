"""A simulated county, judged in this process by some or all rules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from monitor.inforce.reference import load_reference
from monitor.offline.evaluate import Lead, Score, evaluate, standing
from monitor.offline.replay import replay
from monitor.simulate import Simulation, write_reference
from monitor.simulate.simulation import FRAUDS
from rules.catalogue import OVER_LEADS, catalogue
from rules.engine.watch import Watch
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms

KEY = "evaluation"
COUNTIES = 24
"""So many counties are tried for the episodes of a rule; a scenario that a county has room for once has as many."""
TIMES = 30
"""A scenario is played so often in one county, at most: more would be played on top of one another."""
TIMES_AGAINST_USUAL = 4
"""One that is held against what is usual at its place: more of them in one county are what is usual there."""
AGAINST_USUAL = frozenset(
    {
        "B10",
        "B14",
        "B15",
        "B17",
        "B23",
        "D06",
        "D10",
        "D10-COUNT",
        "D11",
        "D17",
        "D20",
        "I03",
        "I07",
        "I08",
        "I12",
        "S05",
        "S08",
    }
)
"""Rules that hold a day, a week or a month of a place against those before, add up what a month there brings, count
what is much of it there, or have one lead for as long as a place is full."""

ONCE = frozenset({"B15-AREA"})
"""Rules whose fraud takes the whole county: two of it at the same time are one that is twice as strong."""


@dataclass(frozen=True)
class Judged:
    """What became of a county: alerts that stand, its labels, and how many messages it had."""

    leads: list[Lead]
    labels: list[dict[str, Any]]
    messages: int


def scenarios() -> Mapping[str, tuple[str, ...]]:
    """By rule: the names of the frauds that it is meant for."""
    found: dict[str, tuple[str, ...]] = {}
    for one in FRAUDS:
        for rule in one.rules:
            found[rule] = (*found.get(rule, ()), one.name)
    return dict(sorted(found.items()))


def judged(county: Simulation, rules: Sequence[str]) -> Judged:
    """Judge a county by these rules of the catalogue."""
    made = catalogue()
    watches = [Watch(made[rule]()) for rule in rules]  # type: ignore[call-arg]  # every parameter has a default
    revisions: list[dict[str, Any]] = []
    summary, _ = replay(
        _lines(county), watches, _tables(county), Door(Pseudonyms(KEY)),
        on_alert=lambda value, _: revisions.append(_needed(orjson.loads(value))),
    )  # fmt: skip
    assert summary.refused == 0, summary.refused_by_reason
    return Judged(standing(revisions), county.labels(), summary.read)


class Played(NamedTuple):
    """What became of several counties: how one rule did on all of them, how many there were, and their messages."""

    score: Score
    counties: int
    messages: int


def episodes_of(rule: str, episodes: int, persons: int, days: int, seed: int) -> Played:
    """Play counties for one rule until there are enough episodes."""
    times = 1 if rule in ONCE else TIMES_AGAINST_USUAL if rule in AGAINST_USUAL else TIMES
    scores: list[Score] = []
    messages = 0
    while len(scores) < COUNTIES and sum(len(one.episodes) for one in scores) < episodes:
        county = Simulation(
            seed + len(scores), persons, days, look_alikes=False, only=frozenset(scenarios()[rule]), times=times
        )
        found = judged(county, [rule] if catalogue()[rule].card.family != OVER_LEADS else list(catalogue()))
        messages += found.messages
        scores += [one for one in evaluate(found.leads, found.labels) if one.rule == rule] or [_nothing(rule)]
    together = tuple(episode for one in scores for episode in one.episodes)
    return Played(replace(scores[0], episodes=together), len(scores), messages)


def _nothing(rule: str) -> Score:
    """Of a county in which nothing of the rule was played or found."""
    return Score(rule, 0, 0, (), 0, (), 0, is_labelled=False, historical=0)


def _needed(revision: dict[str, Any]) -> dict[str, Any]:
    """A revision without its texts and the fields of its evidence: millions must fit into memory."""
    evidence = [{"msgid": one["msgid"], "event_time": one["event_time"]} for one in revision["evidence"]]
    return {name: value for name, value in revision.items() if name not in ("text", "advice", "basis")} | {
        "evidence": evidence
    }


def _lines(county: Simulation) -> Iterator[tuple[int, bytes]]:
    for number, (_, body) in enumerate(county.events(), 1):
        yield number, orjson.dumps(body)


def _tables(county: Simulation) -> Reference:
    with tempfile.TemporaryDirectory() as folder:
        write_reference(county.reference(), Path(folder))
        return load_reference(Path(folder), Pseudonyms(KEY))

"""The examples of rules, played: what they ask of their rule, what it answers, and with which findings."""

from __future__ import annotations

import doctest
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from types import ModuleType
from typing import NamedTuple, cast

from rules import testing
from rules.catalogue import catalogue
from rules.engine.alert import Alert, AlertState, Moment, write
from rules.engine.entry import Entry
from rules.engine.episode import Episode, Trigger, trigger
from rules.engine.finding import Finding, Undecidable
from rules.engine.rule import DayRule, Rule
from rules.engine.watch import Watch
from rules.engine.window import Window
from rules.reference import Reference
from rules.times import DAY, FAR

Bins = dict[int, list[int]]


class Call(NamedTuple):
    """A rule judged over rows, as its example does it: entries of one key, or the sums of an institution's days."""

    rule: Rule
    rows: list[Entry] | Bins
    reference: Reference


@dataclass
class Played:
    """An example that has run. values: what its expressions gave, as text; truths: whether that was something."""

    values: list[str]
    truths: list[bool]
    calls: list[Call]


def play(rule: type[Rule], parameter: str = "", by: int = 0) -> Played:
    """Run the example of a rule, with one parameter moved from where the example has it."""
    played = Played([], [], [])
    names = dict(vars(module_of(rule)))
    for example in doctest.DocTestParser().get_examples(inspect.getdoc(rule) or ""):
        names[rule.__name__] = partial(_made, rule, parameter, by)
        names |= {name: _listening(played, name) for name in ("judge", "judge_days") if name in names}
        try:
            value = eval(compile(example.source.strip(), "<example>", "eval"), names)  # noqa: S307 - our own docstring
        except SyntaxError:
            exec(example.source, names)  # noqa: S102 - likewise
        except (Undecidable, LookupError) as why:
            played.values.append(repr(why))
            played.truths.append(False)
        else:
            played.values.append(repr(value))
            played.truths.append(bool(value))
    return played


def _made(rule: type[Rule], parameter: str, by: int, **given: object) -> Rule:
    """The rule as the example makes it, but for one parameter."""
    one = rule(**given)  # type: ignore[arg-type]  # what the example gives
    return altered(one, parameter, by) if parameter else one


def example_of(rule: type[Rule]) -> Played:
    """The example of a rule as it stands."""
    return _example(rule.card.id)


@cache
def _example(rule: str) -> Played:
    return play(catalogue()[rule])


def _listening(played: Played, name: str) -> Callable[..., list[Finding]]:
    """The real function, which also writes down what it was asked."""
    real = getattr(testing, name)

    def listening(rule: Rule, rows: list[Entry] | Bins, reference: Reference | None = None) -> list[Finding]:
        played.calls.append(Call(rule, rows, reference or Reference()))
        return cast("list[Finding]", real(rule, rows, reference))

    return listening


def module_of(rule: type[Rule]) -> ModuleType:
    """The file in which a rule lies."""
    return sys.modules[rule.__module__]


def findings(call: Call) -> Iterator[Trigger]:
    """The findings of a call, as triggers."""
    if isinstance(call.rows, dict):
        for day, said in zip(sorted(call.rows), answers(call), strict=True):
            if isinstance(said, Finding):
                yield Trigger(day + DAY, 0, str(day), str(day), testing.HOSPITAL, "", "", "", said)
        return
    for (entry, _), said in zip(windows(call), answers(call), strict=True):
        if isinstance(said, Finding):
            yield trigger(entry, said)


def windows(call: Call) -> Iterator[tuple[Entry, Window]]:
    """Each entry of a call with a fresh window that ends with it."""
    order = sorted(cast("list[Entry]", call.rows), key=lambda one: (one.time, one.id))
    for position, entry in enumerate(order):
        window = Window(order, call.rule.span)
        window.move_to(position)
        yield entry, window


def _checked(call: Call, entry: Entry, window: Window) -> Finding | str | None:
    try:
        return call.rule.check(entry, window, call.reference)
    except Undecidable as why:
        return str(why)


def _checked_day(rule: DayRule, day: int, bins: Bins, reference: Reference) -> Finding | str | None:
    try:
        return rule.check_day(day, bins, reference, testing.HOSPITAL)
    except Undecidable as why:
        return str(why)


def answers(call: Call) -> list[Finding | str | None]:
    """All that a rule says to a call."""
    if isinstance(call.rows, dict):
        rule = cast("DayRule", call.rule)
        return [_checked_day(rule, day, call.rows, call.reference) for day in sorted(call.rows)]
    return [_checked(call, entry, window) for entry, window in windows(call)]


def alerts_of(rule: type[Rule]) -> Iterator[tuple[Call, Alert]]:
    """The alerts that the findings of the example become, one each."""
    for call in example_of(rule).calls:
        for found in findings(call):
            yield call, _alert(call, found)


def _alert(call: Call, found: Trigger) -> Alert:
    state = AlertState("0" * 32, 1, found.id, found.time, found.time, "0" * 32, revision=1)
    now = Moment(found.time, FAR, call.reference, [])
    alert = write(Watch(call.rule), ("key", "person"), state, Episode([found], FAR), now, stage=call.rule.card.stage)
    assert now.faults == []
    return alert


def make(rule: type[Rule]) -> Rule:
    """A rule with its defaults."""
    return rule()  # type: ignore[call-arg]  # the base class alone has a field without one


def altered(rule: Rule, parameter: str, by: int = 1) -> Rule:
    """A rule with one parameter moved."""
    return replace(rule, **{parameter: moved(getattr(rule, parameter), by)})  # type: ignore[arg-type]  # of its own type


def moved(value: object, by: int) -> object:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + by
    if isinstance(value, str):
        return f"{value}x"
    assert isinstance(value, tuple)
    return (*value, value[0])

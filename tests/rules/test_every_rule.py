"""What is asked of every rule of the catalogue, once for all of them."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import get_args, get_origin

import msgspec
import pytest

from rules import DayRule, Entry, Finding, Reference, Rule, Text
from rules.catalogue import FAMILIES, catalogue
from rules.engine.card import Subject
from rules.engine.parameter import KINDS, UNITS, is_threshold
from rules.ledgers import LEDGERS, LEDGERS_OF_LEADS
from rules.reference import TABLES
from rules.times import DAY
from tests.rules._examples import Call, alerts_of, altered, answers, example_of, make, module_of, play, windows

ALL_LEDGERS = {one.name: one for one in (*LEDGERS, *LEDGERS_OF_LEADS)}
ROOT = Path(__file__).resolve().parents[2]
RULES = [pytest.param(rule, id=name) for name, rule in catalogue().items()]
every_rule = pytest.mark.parametrize("rule", RULES)

NO_LIMIT = {
    "D04": "the second sale is the finding: two is no parameter",
    "D07": "the second drug is the finding: two is no parameter",
}
"""Rules without a limit that could be moved by one, and why."""


def test_the_catalogue_is_what_lies_in_the_folders() -> None:
    """Every file of a family's folder that is no helper holds one rule, and every id is there once."""
    files = [path for family in FAMILIES for path in (ROOT / "rules" / family).glob("[!_]*.py")]

    assert sorted(path.stem for path in files) == sorted(
        module_of(rule).__name__.rsplit(".", 1)[1] for rule in catalogue().values()
    )


@every_rule
def test_constructs_with_defaults(rule: type[Rule]) -> None:
    """A rule needs nothing to be made; what it states is an unchangeable parameter, or what every rule says."""
    words = {*vars(Rule)["__annotations__"]}
    stated = {name for name, value in vars(rule).items() if is_a_value(name, value)}

    assert hash(make(rule)) == hash(make(rule))
    assert set() == stated - words - {one.name for one in fields(rule)}
    assert {one.name: one.default for one in fields(rule)} == {
        one.name: getattr(make(rule), one.name) for one in fields(rule)
    }


def is_a_value(name: str, value: object) -> bool:
    """Whether an attribute of a class is a value that its author wrote, no method and nothing of Python's own."""
    return not name.startswith("_") and not callable(value) and not isinstance(value, property)


@every_rule
def test_takes_an_override_for_every_parameter(rule: type[Rule]) -> None:
    """Each parameter can be set by itself, and shows in the version of the rule."""
    default = make(rule)

    for one in fields(rule):
        other = altered(default, one.name)
        assert getattr(other, one.name) != getattr(default, one.name)
        assert default.full_version == rule.card.version
        assert other.full_version.startswith(f"{rule.card.version}+")


@every_rule
def test_check_is_pure(rule: type[Rule]) -> None:
    """The same question gets the same answer, and what was shown is left as it was."""
    for call in example_of(rule).calls:
        before = _frozen(call)
        first = deepcopy(answers(call))

        assert first == answers(call)
        assert before == _frozen(call)


def _frozen(call: Call) -> tuple[bytes, str]:
    return msgspec.msgpack.encode(call.rows), repr(call.rule)


@every_rule
def test_nothing_is_left_to_fill(rule: type[Rule]) -> None:
    """Each part that `make rule` left open has been written."""
    twin = Path(inspect.getfile(rule)).with_suffix(".zh.md")
    lines = inspect.getsource(module_of(rule)).splitlines()
    lines += twin.read_text(encoding="utf-8").splitlines() if twin.exists() else []

    assert [] == [f"line {number}: {line.strip()}" for number, line in enumerate(lines, 1) if "TO FILL" in line]


@every_rule
def test_docstring_has_all_its_parts(rule: type[Rule]) -> None:
    """What, why, what an honest county meets, known gaps, example: in this order."""
    text = inspect.getdoc(rule) or ""
    parts = ["Why:", "Honest county", "Known gaps:", "Example:"]
    places = [text.find(f"\n{part}") for part in parts]

    assert text.splitlines()[0].endswith(".")
    assert -1 not in places, [part for part, place in zip(parts, places, strict=True) if place < 0]
    assert places == sorted(places)


@every_rule
def test_every_parameter_has_its_meaning_unit_and_origin(rule: type[Rule]) -> None:
    """In both languages. The origin is a published norm, a precedent or an assumption, each with its source."""
    said = rule.parameters()

    assert [one.name for one in fields(rule)] == list(said)
    for one in said.values():
        assert_both(one.meaning)
        assert_both(one.origin.source)
        assert one.unit in UNITS
        assert one.origin.kind in KINDS


@every_rule
def test_a_limit_is_reached_and_what_is_over_is_exceeded(rule: type[Rule]) -> None:
    """The name of a parameter says so, and its meaning in Chinese too."""
    for name, said in rule.parameters().items():
        words = name.split("_")
        if {"limit", "fewest"} & set(words):
            assert "达到" in said.meaning.zh
        if "over" in words:
            assert "超过" in said.meaning.zh


@every_rule
def test_what_is_said_of_parameters_is_no_part_of_their_values(rule: type[Rule]) -> None:
    """A rule is saved by its values alone, and is the same rule when it is read again."""
    one = make(rule)
    packed = msgspec.msgpack.encode(one)

    assert asdict(one) == {name: _as_saved(value) for name, value in msgspec.msgpack.decode(packed).items()}
    assert one == rule.from_saved(msgspec.Raw(packed))


def _as_saved(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@every_rule
def test_earlier_names_of_parameters_are_read_as_the_present_ones(rule: type[Rule]) -> None:
    """What an earlier build saved goes on with its values."""
    names = rule.card.renamed
    assert set(names.values()) <= {one.name for one in fields(rule)}
    assert set() == set(names) & {one.name for one in fields(rule)}

    for old, new in names.items():
        other = altered(make(rule), new)
        saved = {old if name == new else name: value for name, value in asdict(other).items()}

        assert other == rule.from_saved(msgspec.Raw(msgspec.msgpack.encode(saved)))


@every_rule
def test_example_has_a_finding_and_a_near_miss(rule: type[Rule]) -> None:
    """The example shows what is reported and what is only just not."""
    truths = example_of(rule).truths

    assert (True, True) == (any(truths), not all(truths))
    assert example_of(rule).calls


@every_rule
def test_a_limit_moved_by_one_breaks_the_example(rule: type[Rule]) -> None:
    """The example lies at a limit: with a parameter moved by one a near miss is a finding, or a finding is none."""
    default, told = make(rule), example_of(rule).truths
    numbers = [one.name for one in fields(rule) if type(getattr(default, one.name)) is int and one.name != "quiet"]
    if not numbers or rule.card.id in NO_LIMIT:
        pytest.skip(NO_LIMIT.get(rule.card.id, "it has no numbers"))
    breaking = {name for name in numbers for by in (1, -1) if told != play(rule, name, by).truths}

    assert breaking
    assert {"limit"} & set(numbers) <= breaking


@every_rule
def test_a_threshold_moves_no_time(rule: type[Rule]) -> None:
    """Other thresholds for a tag are judged over the same windows: what is read and kept for a rule stays the same."""
    default = make(rule)
    for one in fields(rule):
        value = getattr(default, one.name)
        if is_threshold(one.name) and isinstance(value, int | float):
            other = replace(default, **{one.name: value + 1})  # type: ignore[arg-type]  # it is a number
            times = [(by.span, by.ahead, by.looks_back, by.quiet) for by in (default, other)]
            assert times[0] == times[1], one.name


@every_rule
def test_names_words_and_basis_are_filled(rule: type[Rule]) -> None:
    """Both languages, and the law or the notice on which the rule stands."""
    assert re.fullmatch(r"[SDIBEA]\d\d(-[A-Z]+)?", rule.card.id)
    assert rule.card.name.zh
    assert chinese(rule.card.name.zh)
    assert rule.card.name.en
    assert not chinese(rule.card.name.en)
    assert chinese(rule.card.basis)
    for said in (rule.card.why, rule.card.advice):
        assert_both(said)
        assert not said.zh.endswith("。")
        assert not said.en.endswith(".")


@every_rule
def test_file_class_id_and_folder_can_be_guessed_from_one_another(rule: type[Rule]) -> None:
    """S01 ConcentratedSwiping lies in credential/s01_concentrated_swiping.py; a variant names itself in its file."""
    _, family, stem = rule.__module__.split(".")
    number, name = rule.card.id.lower().replace("-", "_"), re.sub(r"(?<!^)(?=[A-Z])", "_", rule.__name__).lower()

    assert rule.card.family == family
    assert stem.startswith(number)
    assert stem in {f"{number}_{name}", f"{number.split('_')[0]}_{name}"}


@every_rule
def test_reads_what_there_is(rule: type[Rule]) -> None:
    """Its ledger and its tables exist, and only rules about a person speak in reminders."""
    ledger = ALL_LEDGERS[rule.card.ledger]

    assert set(rule.card.tables) <= set(TABLES)
    assert rule.card.subject in get_args(Subject) or (rule.card.subject == "actor" and "about" in vars(rule.__base__))
    assert not rule.card.institution_facing or (rule.card.judges_pre and ledger.space == "person")


@every_rule
def test_memory_is_bounded(rule: type[Rule]) -> None:
    """What is kept for a rule has an end: quiet of at most 30 days, and four years in all."""
    one = make(rule)

    assert 0 < one.quiet <= 30 * 86_400
    assert 0 < one.span
    assert 0 <= one.ahead
    assert 0 < one.shown <= one.span
    assert one.span + one.ahead + one.quiet_ms <= 4 * 365 * DAY


@every_rule
def test_has_nothing_to_say_about_fewer_entries_than_its_guard_names(rule: type[Rule]) -> None:
    """A page with fewer entries is not even looked at."""
    for call in example_of(rule).calls:
        if isinstance(call.rows, list):
            rows, few = call.rows, call.rule.guard.fewest - 1
            runs = [rows[first : first + few] for first in range(len(rows))]

            assert {None} >= {said for run in runs for said in answers(call._replace(rows=run))}


@every_rule
def test_its_guard_is_necessary(rule: type[Rule]) -> None:
    """Where it excludes a finding, the check has none; what it asks is there on every entry that the rule judges."""
    guard = make(rule).guard
    asked = {one[0] for one in (guard.distinct, guard.sum_over) if one is not None}

    assert all(hasattr(kind, name) for kind in kinds_of(rule) for name in asked)
    assert guard.distinct is None or guard.fewest >= guard.distinct[1]
    for call in example_of(rule).calls:
        if isinstance(call.rows, list):
            for (_, window), said in zip(windows(call), answers(call), strict=True):
                assert call.rule.guard.allows(window) or not isinstance(said, Finding)


@every_rule
def test_its_guard_takes_every_value_of_a_parameter(rule: type[Rule]) -> None:
    """The engine tests it outside of what isolates a rule, so it must not fail: not with zero either."""
    numbers = [name for name, value in asdict(make(rule)).items() if type(value) is int]
    rows = [call.rows for call in example_of(rule).calls if isinstance(call.rows, list)]

    for changed in (replace(make(rule), **{name: 0}) for name in numbers):
        for _, window in (one for some in rows for one in windows(Call(changed, some, Reference()))):
            assert changed.guard.allows(window) in (True, False)


@every_rule
def test_judges_the_entries_of_its_ledger(rule: type[Rule]) -> None:
    """The type that it names is the type of what its ledger keeps: `Rule[Swipe]` for a ledger of swipes."""
    ledger = ALL_LEDGERS[rule.card.ledger]

    assert issubclass(rule, DayRule) or kinds_of(rule) == {feed.entry for feed in ledger.feeds}


def kinds_of(rule: type[Rule]) -> set[type[Entry]]:
    """The kinds of entries that a rule names: of `Rule[Visit | Fill]` both."""
    bases = [base for one in rule.__mro__ for base in getattr(one, "__orig_bases__", ())]
    named = next((get_args(base)[0] for base in bases if issubclass(get_origin(base) or object, Rule)), Entry)
    return set(get_args(named)) or {named}


@every_rule
def test_sentences_are_filled_and_name_nobody(rule: type[Rule]) -> None:
    """Each finding of the example gives a sentence in both languages, without a person in it or in its details."""
    told = list(alerts_of(rule))

    assert told
    for call, alert in told:
        assert_both(alert.text)
        persons = {one.person for one in call.rows if one.person} if isinstance(call.rows, list) else set()
        for person in persons:
            alone = rf"(?<![A-Za-z0-9_]){re.escape(person)}(?![A-Za-z0-9_])"
            assert not re.search(alone, f"{alert.text} {alert.measure}")


@every_rule
def test_sentence_gives_value_and_limit(rule: type[Rule]) -> None:
    """What was measured has a name and a unit."""
    for _, alert in alerts_of(rule):
        assert alert.measure.name
        assert alert.measure.unit
        assert re.fullmatch(r"[a-z0-9_]+", alert.measure.name)


def test_rules_import_nothing_that_is_forbidden_to_them() -> None:
    """No Kafka, Redis, clock or environment, and nothing of the layers above; chance has no place in a rule either."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    forbidden = {name for one in contracts for name in one.get("forbidden_modules", ())}
    forbidden |= {"monitor", "streams", "random", "tests"}
    imported = {
        (path.name, name) for path in (ROOT / "rules").rglob("*.py") for name in _imports(ast.parse(path.read_text()))
    }

    assert set() == {(file, name) for file, name in imported if name in forbidden}


def _imports(tree: ast.Module) -> Iterator[str]:
    """The top-level names of all imports in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def chinese(text: str) -> bool:
    """Whether there is a Chinese character in the text."""
    return re.search(r"[一-鿿]", text) is not None


def assert_both(text: Text) -> None:
    """Both languages are there, each in its own characters."""
    assert chinese(text.zh)
    assert text.en
    assert "{" not in text.zh + text.en
    assert "None" not in text.zh + text.en

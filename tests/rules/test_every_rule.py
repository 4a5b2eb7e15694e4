"""What is asked of every rule of the catalogue, once for all of them."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from rules.catalogue import FAMILIES, catalogue
from rules.engine.rule import Rule
from rules.engine.text import Text
from rules.ledgers import LEDGERS
from rules.reference import TABLES
from rules.times import DAY
from tests.rules._examples import Call, alerts_of, altered, answers, example_of, make, module_of, play

ROOT = Path(__file__).resolve().parents[2]
RULES = [pytest.param(rule, id=name) for name, rule in catalogue().items()]
every_rule = pytest.mark.parametrize("rule", RULES)

NO_LIMIT = {"D04": "the second sale is the finding: two is no parameter"}
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
        assert (rule.version, True) == (default.full_version, other.full_version.startswith(f"{rule.version}+"))


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
    lines = inspect.getsource(module_of(rule)).splitlines()

    assert [] == [f"line {number}: {line.strip()}" for number, line in enumerate(lines, 1) if "TO FILL" in line]


@every_rule
def test_docstring_has_all_its_parts(rule: type[Rule]) -> None:
    """What, why, parameters with their meaning, known gaps, example: in this order."""
    text = inspect.getdoc(rule) or ""
    parts = ["Why:", "Parameters:", "Known gaps:", "Example:"]
    places = [text.find(f"\n{part}") for part in parts]

    assert text.splitlines()[0].endswith(".")
    assert -1 not in places, [part for part, place in zip(parts, places, strict=True) if place < 0]
    assert places == sorted(places)


@every_rule
def test_docstring_explains_every_parameter(rule: type[Rule]) -> None:
    """No parameter without its meaning."""
    text = inspect.getdoc(rule) or ""
    section = text[text.index("\nParameters:") : text.index("\nKnown gaps:")]
    named = set(re.findall(r"\w+", " ".join(re.findall(r"^ {4}([\w, ]+?)(?: \([^)]*\))?:", section, re.MULTILINE))))

    assert set() == {one.name for one in fields(rule)} - named


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
    if not numbers or rule.id in NO_LIMIT:
        pytest.skip(NO_LIMIT.get(rule.id, "it has no numbers"))
    breaking = {name for name in numbers for by in (1, -1) if told != play(rule, name, by).truths}

    assert breaking
    assert {"limit"} & set(numbers) <= breaking


@every_rule
def test_names_words_and_basis_are_filled(rule: type[Rule]) -> None:
    """Both languages, and the law or the notice on which the rule stands."""
    assert re.fullmatch(r"[SDIBE]\d\d(-[A-Z]+)?", rule.id)
    assert rule.name_zh
    assert chinese(rule.name_zh)
    assert rule.name_en
    assert not chinese(rule.name_en)
    assert chinese(rule.basis)
    assert_both(rule.to_check)


@every_rule
def test_file_class_id_and_folder_can_be_guessed_from_one_another(rule: type[Rule]) -> None:
    """S01 ConcentratedSwiping lies in credential/s01_concentrated_swiping.py; a variant names itself in its file."""
    _, family, stem = rule.__module__.split(".")
    number, name = rule.id.lower().replace("-", "_"), re.sub(r"(?<!^)(?=[A-Z])", "_", rule.__name__).lower()

    assert rule.family == family
    assert stem.startswith(number)
    assert stem in {f"{number}_{name}", f"{number.split('_')[0]}_{name}"}


@every_rule
def test_reads_what_there_is(rule: type[Rule]) -> None:
    """Its ledger and its tables exist, and only rules about a person speak in reminders."""
    [ledger] = [one for one in LEDGERS if one.name == rule.ledger]

    assert set(rule.tables) <= set(TABLES)
    assert rule.subject in ("person", "institution", "physician", "trace_code", "group")
    assert not rule.institution_facing or (rule.judges_pre and ledger.space == "person")


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
def test_has_nothing_to_say_about_fewer_entries_than_it_names(rule: type[Rule]) -> None:
    """A page with fewer entries than `fewest` is not even looked at."""
    for call in example_of(rule).calls:
        if isinstance(call.rows, list):
            rows, few = call.rows, call.rule.fewest - 1
            runs = [rows[first : first + few] for first in range(len(rows))]

            assert {None} >= {said for run in runs for said in answers(call._replace(rows=run))}


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

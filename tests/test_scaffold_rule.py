"""`make rule`: what it writes, what it refuses, and that its rule fails until it is filled."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mode

import pytest

from monitor.rulepage import MARKS_ZH
from rules.catalogue import FAMILIES, catalogue, of_messages
from rules.ledgers import LEDGERS
from tests.scaffold_rule import FAMILY_OF, LONGEST, ROOT, SUBJECTS, main, subject_of

COPIED = (
    "Makefile",
    "pyproject.toml",
    "tests/__init__.py",
    "tests/scaffold_rule.py",
    "tests/rules/__init__.py",
    "tests/rules/_examples.py",
    "tests/rules/test_every_rule.py",
)
ASKED = ("S99", "wandering_card", "visits")
"""No rule has such a number."""
EXAMPLE = "ID={} NAME={} LEDGER={}".format(*ASKED)
"""What is typed in the example."""
RULE, TEST = "rules/credential/s99_wandering_card.py", "tests/rules/credential/test_s99.py"
TWIN = "rules/credential/s99_wandering_card.zh.md"

# One rule for each ledger, a variant, another family than that of the letter, and the longest lines.
OF_EVERY_KIND = [
    *((f"S{number}", f"over_{ledger.name}", ledger.name) for number, ledger in enumerate(LEDGERS, 40)),
    ("D90-PAIR", "twice", "sales"),
    ("E90", "n" * (LONGEST - len("e90_")), "stays"),
    ("S90", "elsewhere", "agreements", "entitlement"),
]
IDS = [asked[0] for asked in OF_EVERY_KIND]

THERE = {
    "test_constructs_with_defaults",
    "test_takes_an_override_for_every_parameter",
    "test_docstring_has_all_its_parts",
    "test_a_limit_is_reached_and_what_is_over_is_exceeded",
    "test_what_is_said_of_parameters_is_no_part_of_their_values",
    "test_earlier_names_of_parameters_are_read_as_the_present_ones",
    "test_judges_the_entries_of_its_ledger",
    "test_file_class_id_and_folder_can_be_guessed_from_one_another",
    "test_reads_what_there_is",
    "test_memory_is_bounded",
}
"""What is asked of every rule and is there from the start."""
TO_FILL = {
    "test_nothing_is_left_to_fill",
    "test_check_is_pure",
    "test_every_parameter_has_its_meaning_unit_and_origin",
    "test_its_guard_is_necessary",
    "test_example_has_a_finding_and_a_near_miss",
    "test_a_limit_moved_by_one_breaks_the_example",
    "test_names_words_and_basis_are_filled",
    "test_sentences_are_filled_and_name_nobody",
    "test_sentence_gives_value_and_limit",
}
"""What is asked of every rule and only its author can write."""

FILLING = {
    '[visit(at("10:00"))])]\n        TO FILL: [3]': '[visit(at(f"10:{one}0")) for one in range(3)])]\n        [3]',
    "TO FILL: [], for it is a near miss": "[]",
    'raise NotImplementedError("TO FILL: check of S99")': """\
if window.count < self.limit:
            return None
        return Finding(
            measure="visits", value=window.count, limit=self.limit, unit="visits", severity="info", evidence=[]
        )""",
    'raise NotImplementedError("TO FILL: sentence of S99")': """\
value = episode.peak.value
        return Text(f"{value:g}次结算", f"{value:g} visits")""",
    "TO FILL": "已填",
}
"""What an author may write for what is marked, in this order."""


def copy(tree: Path) -> Path:
    """A tree with the rules, what `make rule` needs, and what is asked of every rule."""
    shutil.copytree(ROOT / "rules", tree / "rules", ignore=shutil.ignore_patterns("__pycache__"))
    for path in COPIED:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tree / path)
    (tree / ".venv").symlink_to(sys.prefix)
    return tree


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a tree, with nothing of the make or the pytest that runs this."""
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


def run_module(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in a tree."""
    return run(tree, sys.executable, "-m", *arguments)


def make_rule(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `make rule` in a tree, whose .venv is this one."""
    return run(tree, "make", "--old-file=setup", "rule", *words)


def files_in(tree: Path) -> set[str]:
    """The files of a tree that a person may have written."""
    return {str(path.relative_to(tree)) for folder in ("rules", "tests") for path in (tree / folder).rglob("*.py")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with a rule of every kind."""
    tree = copy(tmp_path_factory.mktemp("made"))
    for asked in OF_EVERY_KIND:
        assert main(asked, tree) == 0
    return tree


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree without a new rule."""
    return copy(tmp_path)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The folders into which rules and their tests are written, with nothing in them."""
    for folder in (f"{where}/{family}" for where in ("rules", "tests/rules") for family in FAMILIES):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def test_make_rule_writes_the_rule_and_its_test(tree: Path) -> None:
    """The files that CONTRIBUTING.md names, no other of Python, and it tells which they are."""
    before = files_in(tree)
    done = make_rule(tree, "ID=S99", "NAME=wandering_card", "LEDGER=visits")

    assert (0, "") == (done.returncode, done.stderr)
    assert {RULE, TEST} == files_in(tree) - before
    assert [RULE, TEST, TWIN] == done.stdout.splitlines()[:3]


def test_the_chinese_page_has_all_its_parts_to_fill(bare: Path) -> None:
    """Each part is there, and marked."""
    assert 0 == main(ASKED, bare)
    paragraphs = (bare / TWIN).read_text("utf-8").split("\n\n")

    assert ["", *MARKS_ZH] == [next((mark for mark in MARKS_ZH if one.startswith(mark)), "") for one in paragraphs]
    assert all("TO FILL" in one for one in paragraphs)


@pytest.mark.parametrize(
    "part",
    [
        '"""Rule S99:', "Why:", "Honest county", "Known gaps:", "name=", "basis=", "advice=", "3_600,", "3,", "origin=",
        'unit="persons"', "quiet: int", "raise NotImplementedError",
    ],
)  # fmt: skip
def test_what_only_its_author_knows_is_marked(bare: Path, part: str) -> None:
    """Words, figures and code: on each line that has them."""
    assert main(ASKED, bare) == 0
    lines = [line.strip() for line in (bare / RULE).read_text().splitlines()]
    marked = ["TO FILL" in line for line in lines if line.startswith(part)]

    assert marked
    assert all(marked)


def test_make_rule_says_no_in_one_line(tree: Path) -> None:
    """Its own line comes before that of make, and make ends with 2."""
    before = files_in(tree)
    done = make_rule(tree, "ID=S06", "NAME=wandering_card", "LEDGER=visits", "FAMILY=credential")
    said = done.stderr.splitlines()

    assert "rule: ID: expected a new one, S06 is rules/credential/s06_impossible_travel.py" == said[0]
    assert (2, "", True) == (done.returncode, done.stdout, said[1].startswith("make: "))
    assert (2, before) == (len(said), files_in(tree))


def test_make_help_names_it() -> None:
    """With the arguments that it needs."""
    done = run(ROOT, "make", "help")

    assert f"make rule {EXAMPLE}" in done.stdout


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "Makefile", "tests/scaffold_rule.py"])
def test_the_example_can_be_typed_as_it_stands(name: str) -> None:
    """It is the same everywhere, and no rule has its number."""
    found = re.findall(r"make rule (ID=\S+ NAME=\w+ LEDGER=\w+)", (ROOT / name).read_text(encoding="utf-8"))

    assert [EXAMPLE] == found
    assert [] == [rule_id for rule_id in catalogue() if rule_id.partition("-")[0] == ASKED[0]]


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        (("S99", "wandering_card", "visits"), (RULE, TEST)),
        (("S99", "wandering_card", "visits", ""), (RULE, TEST)),
        (
            ("S99", "wandering_card", "visits", "drug"),
            ("rules/drug/s99_wandering_card.py", "tests/rules/drug/test_s99.py"),
        ),
        (("D99", "resale", "sales"), ("rules/drug/d99_resale.py", "tests/rules/drug/test_d99.py")),
        (("I99", "empty_bed", "stays"), ("rules/inpatient/i99_empty_bed.py", "tests/rules/inpatient/test_i99.py")),
        (("B99", "growth", "spending"), ("rules/billing/b99_growth.py", "tests/rules/billing/test_b99.py")),
        (("E99", "two_names", "visits"), ("rules/entitlement/e99_two_names.py", "tests/rules/entitlement/test_e99.py")),
        (("S06-DAY", "day", "visits"), ("rules/credential/s06_day.py", "tests/rules/credential/test_s06_day.py")),
        (("S06-DAY", "far", "visits"), ("rules/credential/s06_day_far.py", "tests/rules/credential/test_s06_day.py")),
    ],
)
def test_family_and_files_follow_from_id_and_name(bare: Path, asked: tuple[str, ...], files: tuple[str, str]) -> None:
    """The letter of the id gives the family, unless FAMILY does; a variant names itself in its file."""
    assert 0 == main(asked, bare)
    assert set(files) == files_in(bare)


WORDS = "NAME: expected words in lower case, as wandering_card, was"
DIGITS = "ID: expected one of SDIBE and two digits, as S99 or S99-PAIR, was"
CLASS = "means something else in the rule's file"
OF_LEDGERS = ", ".join(sorted(ledger.name for ledger in LEDGERS))


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        *(
            ((wrong, *ASKED[1:]), f"{DIGITS} {wrong!r}")
            for wrong in ("", "s05", "X05", "S5", "S055", "S05-pair", "S05\n")
        ),
        (("S01-TILL", *ASKED[1:]), "ID: expected a new one, S01-TILL is rules/credential/s01_till.py"),
        *(
            (("S99", wrong, "visits"), f"{WORDS} {wrong!r}")
            for wrong in ("", "Card", "two-cards", "2_cards", "cards_2", "_card", "card_", "a__b", "../card", "卡")
        ),
        (("S99", "entry", "visits"), f"NAME: expected another, Entry {CLASS}"),
        (("S99", "day_rule", "visits"), f"NAME: expected another, DayRule {CLASS}"),
        (("S99", "warning", "visits"), f"NAME: expected another, Warning {CLASS}"),
        (("S99", "none", "visits"), f"NAME: expected another, None {CLASS}"),
        (("S99", "n" * 41, "visits"), f"NAME: expected a file name of at most 44 characters, was 's99_{'n' * 41}'"),
        (("S99", "wandering_card", "visit"), f"LEDGER: expected one of {OF_LEDGERS}, was 'visit'"),
        ((*ASKED, "cards"), f"FAMILY: expected one of {', '.join(FAMILIES)}, was 'cards'"),
        (("S99",), "expected ID NAME LEDGER [FAMILY], was 'S99'"),
    ],
)
def test_what_cannot_be_a_rule_is_refused(
    bare: Path, capsys: pytest.CaptureFixture[str], asked: tuple[str, ...], line: str
) -> None:
    """In one line, with exit code 2, and nothing is written."""
    assert 2 == main(asked, bare)
    assert ("", f"rule: {line}\n") == capsys.readouterr()
    assert set() == files_in(bare)


@pytest.mark.parametrize("there", [RULE, TEST])
def test_a_file_that_is_there_is_left_alone(bare: Path, capsys: pytest.CaptureFixture[str], there: str) -> None:
    """Refused too, and the other file is not written."""
    (bare / there).write_text("mine\n")

    assert 2 == main(ASKED, bare)
    assert ("", f"rule: expected no {there}, it is there already\n") == capsys.readouterr()
    assert ({there}, "mine\n") == (files_in(bare), (bare / there).read_text())


@pytest.mark.slow
def test_ruff_and_mypy_take_the_files_as_they_are(made: Path) -> None:
    """Each kind of rule is clean before it is filled."""
    new = sorted(files_in(made) - files_in(ROOT))
    commands = [("ruff", "check"), ("ruff", "format", "--check"), ("mypy", f"--cache-dir={made / 'cache'}")]

    assert 2 * len(OF_EVERY_KIND) == len(new)
    for command in commands:
        done = run_module(made, *command, *new)
        assert 0 == done.returncode, done.stdout + done.stderr


def outcomes(tree: Path, *arguments: str) -> Iterator[tuple[str, str, str]]:
    """How each test of the rules by these arguments came out: PASSED or FAILED, its name, and the id of its rule."""
    done = run_module(tree, "pytest", "-q", "-rA", "--tb=line", "-p", "no:cacheprovider", *arguments)
    for found in re.finditer(r"^(\w+) \S+::(test_\w+)\[([A-Z0-9-]+)\]", done.stdout, re.MULTILINE):
        yield found[1], found[2], found[3]


@pytest.mark.slow
def test_what_is_asked_of_every_rule_fails_until_it_is_filled(made: Path) -> None:
    """All parts are there; those that only the author can write fail, for each kind of rule."""
    found = set(outcomes(made, "tests/rules/test_every_rule.py", "-k", " or ".join(IDS)))

    assert {("PASSED", name, one) for name in THERE for one in IDS} <= found
    assert {("FAILED", name, one) for name in TO_FILL for one in IDS} <= found


def test_its_own_test_says_what_is_to_fill(made: Path) -> None:
    """Nothing passes, and each failure names it."""
    tests = sorted(path for path in files_in(made) - files_in(ROOT) if path.startswith("tests/"))
    done = run_module(made, "pytest", "-q", "--tb=line", "-p", "no:cacheprovider", *tests)
    said = [line for line in done.stdout.splitlines() if re.match(r"/.*: (Failed|NotImplementedError): TO FILL", line)]

    assert done.stdout.splitlines()[-1].startswith(f"{3 * len(IDS)} failed in"), done.stdout
    assert 3 * len(IDS) == len(said)


def test_once_filled_it_is_a_rule_as_every_other(tree: Path) -> None:
    """Nothing that is asked of every rule is missing from what is to be filled."""
    assert main(ASKED, tree) == 0
    text = (tree / RULE).read_text("utf-8")
    for left, right in FILLING.items():
        assert left in text
        text = text.replace(left, right)
    (tree / RULE).write_text(text, "utf-8")
    (tree / TWIN).write_text((tree / TWIN).read_text("utf-8").replace("TO FILL", "已填"), "utf-8")
    done = run_module(
        tree, "pytest", "-q", "-p", "no:cacheprovider", "-k", "S99", "tests/rules/test_every_rule.py", RULE
    )

    assert 0 == done.returncode, done.stdout


def test_letters_and_subjects_are_those_of_the_catalogue() -> None:
    """A letter stands for the family of most of its rules: S09 alone lies elsewhere, in entitlement."""
    rules = of_messages().values()
    subjects = {ledger.name: subject_of(ledger) for ledger in LEDGERS}
    most = {letter: mode(rule.card.family for rule in rules if rule.card.id[0] == letter) for letter in FAMILY_OF}

    assert most == FAMILY_OF
    assert set() == {rule.card.id for rule in rules if subjects[rule.card.ledger] != rule.card.subject}
    assert set(SUBJECTS) == {ledger.space for ledger in LEDGERS}

"""The three files of a new rule, for a person to fill: make rule ID=S99 NAME=wandering_card LEDGER=visits.

All that tests/rules/test_every_rule.py asks of a rule is there. What only its author knows is marked TO FILL, and the
tests fail until that is filled.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import rules
from rules.catalogue import FAMILIES, catalogue
from rules.engine.ledger import Ledger
from rules.ledgers import LEDGERS
from rules.times import DAY

ROOT = Path(__file__).parents[1]
FAMILY_OF = {"S": "credential", "D": "drug", "I": "inpatient", "B": "billing", "E": "entitlement"}
"""The family of a rule by the letter of its id, where FAMILY says nothing else."""
SUBJECTS = {
    "person": "person", "institution": "institution", "physician": "physician", "token": "trace_code", "group": "group",
}  # fmt: skip
"""What an alert is about, by the key space of the ledger; of tokens `prescriptions` keeps other ones."""
LONGEST = 44
"""Characters of the name of a rule's file, so that each line that holds it is short enough."""
WIDTH = 116
"""Characters of a line of a method."""
ALSO = {"stay": ', "admission", "v1"'}
"""What a row of rules/testing.py needs besides its time."""


ENTRY_NAMES = (
    "SECOND", "Card", "Episode", "Finding", "Guard", "Names", "Reference", "Rule", "Text", "Window", "assumption",
    "ends_after", "parameter",
)  # fmt: skip
DAY_NAMES = (
    "SECOND", "Card", "DayRule", "Episode", "Finding", "Names", "Reference", "Text", "assumption", "ends_after",
    "parameter",
)  # fmt: skip

ENTRY_CHECK = '''\
    @property
    def guard(self) -> Guard:
        """TO FILL: the cheapest condition that every finding needs. Leave this out where one entry is enough."""
        return Guard()

    $signature
        """TO FILL: judge the entry over the window that ends with it."""
        raise NotImplementedError("TO FILL: check of $id")'''

DAY_CHECK = '''\
    def check_day(
        self, day: int, bins: Mapping[int, list[int]], reference: Reference, institution: str
    ) -> Finding | None:
        """TO FILL: judge the day by its sums and those of the days before."""
        raise NotImplementedError("TO FILL: check_day of $id")'''

RULE = '''\
"""Rule $id: TO FILL."""

from __future__ import annotations
$typing
from rules import (
$imports
)


class $class_name($base):
    """TO FILL: what is seen, in one sentence.

    Why: TO FILL: the law or the notice that names it, and what no number is published for.

    Honest county of 200,000 (TO FILL: the command that makes the figure): TO FILL. That is TO FILL alerts a month in
    200,000.

    Known gaps: TO FILL: what it does not see, and what it sees wrongly.

    Example:
        >>> from rules.testing import $names
        >>> rule = $class_name()
        >>> $judge(rule, $rows)
        TO FILL: [], for it is a near miss
        >>> [found.value for found in $judge(rule, $rows)]
        TO FILL: [3]

    """

    card = Card(
        id="$id",
        name=Text("TO FILL", "$name_en"),
        family="$family",$stage
        ledger="$ledger",
        subject="$subject",
        why=Text("TO FILL", "TO FILL"),
        basis="TO FILL",
        advice=Text("TO FILL", "TO FILL"),
    )

    window: int = parameter(
        $window,  # TO FILL
        "TO FILL",
        "TO FILL: how far back is counted",
        unit="s",
        origin=assumption("TO FILL", "TO FILL: else published or precedent"),
    )
    limit: int = parameter(
        3,  # TO FILL
        "达到该数即触发 TO FILL",
        "TO FILL: so many set it off",
        unit="persons",  # TO FILL
        origin=assumption("TO FILL", "TO FILL: else published or precedent"),
    )
    quiet: int = ends_after($window)  # TO FILL

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.window * SECOND

$check

    def sentence(self, episode: Episode, names: Names) -> Text:
        """TO FILL: what was seen, the value against the limit."""
        raise NotImplementedError("TO FILL: sentence of $id")
'''

TEST = '''\
"""$id: TO FILL."""

from __future__ import annotations

import pytest

from rules.$family.$stem import $class_name
from rules.testing import $names

RULE = $class_name()


def test_the_limit_and_its_near_miss() -> None:
    """TO FILL: what is only just no finding, and what is one."""
    assert [] == $judge(RULE, $rows)
    pytest.fail("TO FILL: each limit of $id with a near miss")


def test_what_is_exempt() -> None:
    """TO FILL: what looks like a finding and is none."""
    pytest.fail("TO FILL: each exemption of $id")


def test_the_figure_of_an_honest_county() -> None:
    """TO FILL: how often honest people meet the defaults."""
    pytest.fail("TO FILL: the figure that the page of $id states")
'''

CHINESE = """\
TO FILL: 一句话说明看到什么。

为何可疑：TO FILL：点名的法规或文件；未公布数值的如实说明。

正常的县（20万参保人；TO FILL：得出数字的命令）：TO FILL。即20万参保人每月约TO FILL条。

已知不足：TO FILL：看不到什么，误报什么。

示例：TO FILL：示例说明什么，哪一例差一点不触发。
"""


class RefusedError(Exception):
    """The files cannot be made as asked; the message says why in one line."""


@dataclass(frozen=True)
class Shape:
    """What a rule over entries and a rule over the sums of days do not share.

    check: the methods that judge. names, rows: of rules/testing.py, to judge an example with.
    """

    base: str
    signature: str
    typing: str
    imports: str
    stage: str
    check: str
    window: str
    judge: str
    names: str
    rows: str


def subject_of(ledger: Ledger) -> str:
    """What an alert is about that comes of this ledger."""
    return "prescription" if ledger.name == "prescriptions" else SUBJECTS[ledger.space]


@dataclass(frozen=True)
class NewRule:
    """A rule that is not written yet."""

    id: str
    name: str
    ledger: Ledger
    family: str

    @property
    def stem(self) -> str:
        """The name of its file: the id and the name. A variant that is called as its id ends has it once."""
        number, _, variant = self.id.lower().partition("-")
        if variant in ("", self.name):
            return f"{number}_{self.name}"
        return f"{number}_{variant}_{self.name}"

    @property
    def files(self) -> dict[str, str]:
        """Path -> text."""
        shape = shape_of(self.ledger)
        words = vars(shape) | {
            "id": self.id,
            "stem": self.stem,
            "class_name": class_of(self.name),
            "name_en": self.name.replace("_", " ").capitalize(),
            "family": self.family,
            "ledger": self.ledger.name,
            "subject": subject_of(self.ledger),
        }
        words["check"] = Template(shape.check).substitute(words)
        return {
            f"rules/{self.family}/{self.stem}.py": Template(RULE).substitute(words),
            f"tests/rules/{self.family}/test_{self.id.lower().replace('-', '_')}.py": Template(TEST).substitute(words),
            f"rules/{self.family}/{self.stem}.zh.md": CHINESE,
        }


def class_of(name: str) -> str:
    """The class that a name gives.

    >>> class_of("wandering_card")
    'WanderingCard'
    """
    return "".join(word.capitalize() for word in name.split("_"))


def shape_of(ledger: Ledger) -> Shape:
    """A ledger that sums up whole days is judged by the day, every other by the entry."""
    if ledger.bin == DAY:
        return Shape(
            base="DayRule",
            signature="",
            typing="\nfrom collections.abc import Mapping\n",
            imports=_listed(DAY_NAMES),
            stage='\n        stage="post",',
            check=DAY_CHECK,
            window="604_800",
            judge="judge_days",
            names="judge_days, spent",
            rows="spent([10_000])",
        )
    kinds = [feed.entry.__name__ for feed in ledger.feeds]
    row = kinds[0].lower()
    kind = " | ".join(kinds)
    return Shape(
        base=f"Rule[{kind}]",
        signature=signature_of(kind),
        typing="",
        imports=_listed((*ENTRY_NAMES, *kinds)),
        stage="",
        check=ENTRY_CHECK,
        window="3_600",
        judge="judge",
        names=", ".join(sorted(["at", "judge", row])),
        rows=f'[{row}(at("10:00"){ALSO.get(row, "")})]',
    )


def signature_of(kind: str) -> str:
    """The head of `check`, on one line where it fits.

    >>> signature_of("Swipe")
    'def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:'
    """
    arguments = f"self, entry: {kind}, window: Window[{kind}], reference: Reference"
    line = f"def check({arguments}) -> Finding | None:"
    if len(line) <= WIDTH:
        return line
    if len(arguments) <= WIDTH - len("    "):
        return f"def check(\n        {arguments}\n    ) -> Finding | None:"
    return "def check(\n        " + arguments.replace(", ", ",\n        ") + ",\n    ) -> Finding | None:"


def _listed(names: Sequence[str]) -> str:
    """Names as an import lists them: constants, classes, functions."""
    order = sorted(names, key=lambda name: (not name.isupper(), name.islower(), name))
    return "\n".join(f"    {name}," for name in order)


def asked_for(arguments: Sequence[str]) -> NewRule:
    """The rule that the arguments describe: id, name, ledger, and the family or nothing. Refuses what cannot be one."""
    if len(arguments) not in (3, 4):
        raise RefusedError(f"expected ID NAME LEDGER [FAMILY], was {' '.join(arguments)!r}")
    rule_id, name, ledger = arguments[:3]
    _check_id(rule_id)
    _check_name(name)
    ledgers = {one.name: one for one in LEDGERS}
    _check_choice("LEDGER", ledger, sorted(ledgers))
    family = "".join(arguments[3:]) or FAMILY_OF[rule_id[0]]
    _check_choice("FAMILY", family, FAMILIES)
    rule = NewRule(rule_id, name, ledgers[ledger], family)
    if len(rule.stem) > LONGEST:
        raise RefusedError(f"NAME: expected a file name of at most {LONGEST} characters, was {rule.stem!r}")
    return rule


def _check_id(rule_id: str) -> None:
    letters = "".join(FAMILY_OF)
    if not re.fullmatch(rf"[{letters}][0-9][0-9](-[A-Z]+)?", rule_id):
        raise RefusedError(f"ID: expected one of {letters} and two digits, as S99 or S99-PAIR, was {rule_id!r}")
    if taken := catalogue().get(rule_id):
        raise RefusedError(f"ID: expected a new one, {rule_id} is {taken.__module__.replace('.', '/')}.py")


def _check_name(name: str) -> None:
    """A file and a class are called by the name, and each is guessed from the other."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*", name):
        raise RefusedError(f"NAME: expected words in lower case, as wandering_card, was {name!r}")
    class_name = class_of(name)
    if hasattr(builtins, class_name) or class_name in rules.__all__:
        raise RefusedError(f"NAME: expected another, {class_name} means something else in the rule's file")


def _check_choice(argument: str, given: str, choices: Sequence[str]) -> None:
    if given not in choices:
        raise RefusedError(f"{argument}: expected one of {', '.join(choices)}, was {given!r}")


def write(rule: NewRule, root: Path) -> None:
    """Write the files below the root; none where one of them is there."""
    for path in rule.files:
        if (root / path).exists():
            raise RefusedError(f"expected no {path}, it is there already")
    for path, text in rule.files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, "utf-8")


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Make the files and tell which. Returns the exit code: 2 where it refuses."""
    try:
        rule = asked_for(arguments)
        write(rule, root)
    except RefusedError as why:
        sys.stderr.write(f"rule: {why}\n")
        return 2
    for path in rule.files:
        sys.stdout.write(f"{path}\n")
    tests = " ".join(["tests/rules/test_every_rule.py", *(path for path in rule.files if path.endswith(".py"))])
    sys.stdout.write(f"Fill what is marked TO FILL. Until then these fail: make test ARGS='{tests}'\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

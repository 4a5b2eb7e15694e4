"""docs/coverage.md: no phrase of the notices is without an answer, and what it is served by is there."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import typer

from monitor.cli import app
from monitor.handbook.coverage import (
    NOTICES,
    PLANNED,
    REASONS,
    SECTIONS,
    SHOWN,
    coverage_page,
    coverage_page_zh,
    fate_of,
    is_rule,
    phrases,
    rules_of,
)
from monitor.handbook.pages import DOCS
from monitor.settings import Settings
from rules.catalogue import catalogue
from rules.columns import TABLE_COLUMNS

NOT_BUILT = {
    "B22",
}  # fmt: skip
"""Numbers of the catalogue that phrases wait for. This list may only shrink: what is built leaves it."""
MOST = {"not yet": 12, "no": 46}
"""Phrases that nothing serves yet, and that no stream can show. These numbers may only shrink."""


def test_every_phrase_is_answered() -> None:
    """By what serves it, or by the reason why nothing can; and that reason fits what is said of it."""
    for one in phrases():
        given_up = [by for by in one.by if by.startswith("no:")]
        assert all(one), one
        assert one.section in SECTIONS
        assert one.notice in NOTICES
        assert one.shown in SHOWN
        assert (one.shown == "no") == bool(given_up), one
        assert not given_up or len(one.by) == 1, one


def test_what_serves_a_phrase_is_there() -> None:
    """A rule that is in the catalogue or in the list above, a metric, a command, a page, a setting, a table."""
    known = {
        "no": set(REASONS),
        "later": set(PLANNED),
        "table": set(TABLE_COLUMNS),
        "setting": {f"MONITOR_{one.upper()}" for one in Settings.model_fields},
        "metric": set(re.findall(r"`(settlement_\w+)`", (DOCS / "metrics.md").read_text(encoding="utf-8"))),
        "command": {name.replace(" ", "-") for name in commands(typer.main.get_command(app))},
        "page": {"alerts", "notifying", "rules", "tags"},
    }
    named = {by for one in phrases() for by in one.by}

    assert set() == {by for by in named if is_rule(by) and bool(rules_of(by)) == (by in NOT_BUILT)}
    views = (by.partition(":") for by in named if not is_rule(by))
    assert [] == [(kind, name) for kind, _, name in views if name not in known[kind]]


def commands(command: object, before: str = "") -> set[str]:
    """The names of all commands below one, their words apart by blanks."""
    found: set[str] = set()
    for name, child in getattr(command, "commands", {}).items():
        found |= {f"{before}{name}"} | commands(child, f"{before}{name} ")
    return found


def test_lists_of_what_is_not_built_have_nothing_else() -> None:
    """What is built leaves the list, and what no phrase waits for does not stand in it."""
    asked = {by for one in phrases() for by in one.by}

    assert {by for by in asked if is_rule(by) and not rules_of(by)} == NOT_BUILT
    assert {f"later:{name}" for name in PLANNED} | {f"no:{name}" for name in REASONS} == {
        by for by in asked if by.startswith(("later:", "no:"))
    }


def test_every_rule_serves_a_phrase() -> None:
    """By its number."""
    asked = {by for one in phrases() for by in one.by}

    assert set() == {name for name in catalogue() if name.partition("-")[0] not in asked}


def test_phrases_that_a_rule_names_as_its_basis_name_the_rule() -> None:
    """What a card quotes from a notice is one of the phrases, and the rule serves each phrase with these words."""
    found = phrases()
    for rule in catalogue().values():
        number = rule.card.id.partition("-")[0]
        for quoted in re.findall(r"“([^”]+)”", re.sub(r"[‘’]", "", rule.card.basis)):
            hits = [one for one in found if bare(quoted) in bare(one.phrase)]
            assert hits, (rule.card.id, quoted)
            assert [] == [(rule.card.id, one.phrase) for one in hits if number not in one.by]


def bare(phrase: str) -> str:
    """A phrase without the quotation marks inside it."""
    return re.sub(r"[“”‘’]", "", phrase)


def test_no_more_phrases_wait_or_are_given_up() -> None:
    """As the pages sum them up."""
    counts = Counter(fate_of(one) for one in phrases())

    assert {fate: counts[fate] for fate in ("not yet", "no") if counts[fate] > MOST[fate]} == {}
    for page in (coverage_page(), coverage_page_zh()):
        assert f"| {len(phrases())} | {counts['served']} | {counts['not yet']} | {counts['no']} |" in page


def test_no_phrase_stands_twice_in_a_section() -> None:
    """With the same notice."""
    counts = Counter((one.section, one.notice, one.phrase) for one in phrases())

    assert [] == [one for one, count in counts.items() if count > 1]


@pytest.mark.parametrize("name", ["coverage.md", "coverage.zh.md"])
def test_links_lead_somewhere(name: str) -> None:
    """To a page of docs/ and, where they name one, to a heading of it."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for file, _, heading in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", text)):
        assert (DOCS / file).exists(), file
        heads = re.findall(r"^#+ (.+)$", (DOCS / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert not heading or heading in {one.lower().replace(" ", "-") for one in heads}, (file, heading)

"""docs/operations.md and its Chinese twin: what they name is there, and both name the same."""

from __future__ import annotations

import re

import pytest

from monitor.handbook.pages import DOCS, commands_page
from monitor.settings import Settings, variable
from rules.catalogue import catalogue, of_messages
from rules.times import DAY
from streams.kafka.topics import Sizes, table

NAMES = ("operations.md", "operations.zh.md")
OF_COMPOSE = {"MONITOR_WORKERS"}
"""What docker-compose.yml alone reads."""


def page(name: str) -> str:
    """A page of docs/."""
    return (DOCS / name).read_text(encoding="utf-8")


def sections(name: str) -> list[str]:
    """What stands before the first heading, and behind each one."""
    return re.split(r"^## ", page(name), flags=re.MULTILINE)


def blocks(text: str) -> list[str]:
    """The lines of the shell blocks, without their comments."""
    found = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return [re.sub(r"\s*# .*", "", line) for line in found.splitlines()]


def without_blocks(text: str) -> str:
    """The prose, in one line."""
    return " ".join(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL).split())


def figures(text: str) -> set[str]:
    """The numbers of the prose, but for those in code and in links; 20万 is 200,000."""
    bare = re.sub(r"(\d)万", r"\g<1>0000", re.sub(r"`[^`]*`|\]\([^)]*\)", " ", without_blocks(text)))
    found = re.findall(r"(?<![A-Za-z0-9.,-])\d[\d.,]*(?![A-Za-z0-9])", bare)
    return {one.rstrip(".,").replace(",", "") for one in found}


def links(text: str) -> set[str]:
    """The files to which links lead, whatever their language."""
    return {link.replace(".zh.md", ".md") for link in re.findall(r"\]\(([^#)]+)", text)}


@pytest.mark.parametrize("number", range(len(sections(NAMES[0]))))
def test_a_section_says_the_same_in_both_languages(number: int) -> None:
    """Commands, settings, names and numbers, section by section."""
    english, chinese = (sections(name) for name in NAMES)

    assert len(english) == len(chinese)
    one, other = english[number], chinese[number]
    assert blocks(one) == blocks(other)
    assert set(re.findall(r"`([^`]+)`", without_blocks(one))) == set(re.findall(r"`([^`]+)`", without_blocks(other)))
    assert set(re.findall(r"MONITOR_[A-Z_]+", one)) == set(re.findall(r"MONITOR_[A-Z_]+", other))
    assert figures(one) == figures(other)
    assert links(one) == links(other)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_named_is_there(name: str) -> None:
    """Settings, and commands with their options."""
    known = {variable(one) for one in Settings.model_fields} | OF_COMPOSE
    options = {
        title: set(re.findall(r"`(--[a-z-]+)`", rest))
        for title, _, rest in (one.partition("\n") for one in commands_page().split("\n## monitor "))
    }
    said = [*re.findall(r"`([^`]+)`", without_blocks(page(name))), *blocks(page(name))]
    calls = [found[1].split() for one in said if (found := re.search(r"(?:^|--rm )monitor ([a-z].*)", one))]

    assert calls
    assert set(re.findall(r"MONITOR_[A-Z_]+[A-Z]", page(name))) <= known
    for call in calls:
        title = " ".join(call[:2]) if " ".join(call[:2]) in options else call[0]
        group = {option for other, of in options.items() if other.split()[0] == title for option in of}
        assert title in options or group, call
        assert {one for one in call if one.startswith("--")} <= options.get(title, group), call


@pytest.mark.parametrize("name", NAMES)
def test_every_topic_and_its_retention_is_told(name: str) -> None:
    """The table of topics: each once, by its name or with those of its kind, and how long it is kept."""
    rows = re.findall(r"^\| (`settlement\.[^|]*) \| ([^|]*) \|", page(name), re.MULTILINE)
    told = [(one, kept) for names, kept in rows for one in re.findall(r"`([^`]+)`", names)]

    wanted = {re.sub(r"reference\..*", "reference.*", one.name): one.config for one in table("settlement", Sizes(8, 8))}

    assert sorted(wanted) == sorted(one for one, _ in told)
    for one, kept in told:
        days = int(wanted[one].get("retention.ms", 0)) // DAY
        number = str(days // 365 if days >= 365 else days)
        assert number in figures(kept) if days else re.search("newest|最新", kept), (one, kept)


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_over_leads_are_named(name: str) -> None:
    """They run in another process than all others."""
    first = re.split(r" judge leads| 以线索", sections(name)[-1])[0]

    assert sorted(catalogue().keys() - of_messages()) == re.findall(r"[A-Z]\d\d[-A-Z]*", first)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_sections(name: str) -> None:
    """Of the page itself, as GitHub names them."""
    titles = [one.partition("\n")[0] for one in sections(name)[1:]]
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}

    assert set(re.findall(r"\]\(#([^)]+)\)", page(name))) <= anchors

"""docs/messages.md: its examples are understood, and every transaction is there."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from monitor.handbook.examples import FLAT, Example, examples, laid_out
from monitor.handbook.messages import NAMES, messages_page, notation
from monitor.handbook.pages import DOCS
from rules.times import parse
from rules.wire.door import Door, Opened
from rules.wire.fields import EVERYTHING, OTHER_SPELLINGS, FeeLines, Line, Stock
from rules.wire.forms import KINDS, LISTS, TRANSACTIONS
from rules.wire.pseudonyms import Pseudonyms

DOOR = Door(Pseudonyms("test"))
APPENDED = parse("2026-03-05T10:01:00")
OF_REPLY = ("inscp_scp_amt", "pric_uplmt_amt", "med_chrgitm_type")
ALL = list(examples())
TRANSACTIONS_SHOWN = list(dict.fromkeys(one.infno for one in ALL))


def opened(example: Example) -> Opened:
    """What the door understands of an example, as its JSON in the page says it."""
    return DOOR.open(laid_out(example.message).encode(), APPENDED)


def content(opened: Opened, *, of_request: bool) -> list[Any]:
    """The events of a message; of_request: without what only the reply says of fee lines."""
    events: list[Any] = []
    for event in opened.events:
        body = msgspec.to_builtins(event.body)
        if of_request and isinstance(event.body, FeeLines):
            body["feedetail"] = [
                {name: value for name, value in line.items() if name not in OF_REPLY} for line in body["feedetail"]
            ]
        events.append((event.kind, body, event.at, event.uploaded, event.identity))
    return events


@pytest.mark.parametrize("example", ALL, ids=lambda one: f"{one.infno}-{one.form}")
def test_every_example_is_understood_without_remark(example: Example) -> None:
    """Nothing of an example is cut, late, or a bad trace code."""
    found = opened(example)

    assert (0, 0, 0, {}) == (found.late_lines, found.bad_codes, found.missing_codes, found.cut)


@pytest.mark.parametrize("infno", TRANSACTIONS_SHOWN)
def test_all_forms_of_a_transaction_mean_the_same(infno: str) -> None:
    """One identity, the same events; a request alone only lacks what the reply says of fee lines."""
    forms = {one.form: opened(one) for one in ALL if one.infno == infno}
    flat, reply = forms["flat"], forms["reply"]

    assert len({one.identity for one in forms.values()}) == 1
    assert content(flat, of_request=False) == content(reply, of_request=False)
    if "request" in forms:
        assert content(flat, of_request=True) == content(forms["request"], of_request=True)


def test_a_request_without_its_reply_is_shown_only_where_it_is_taken() -> None:
    """What needs its reply has two forms, all else three."""
    shown = {infno: [one.form for one in ALL if one.infno == infno] for infno in TRANSACTIONS}

    for infno, forms in shown.items():
        assert forms == (["flat", "reply"] if TRANSACTIONS[infno].needs_reply else ["flat", "request", "reply"])


def test_a_reply_says_what_only_a_reply_can_say() -> None:
    """No request of an example states the result of its transaction."""
    for one in ALL:
        if one.form == "flat":
            continue
        asked = laid_out(one.message["input"])
        assert not [name for name in TRANSACTIONS[one.infno.removesuffix("A")].result if f'"{name}"' in asked]


def test_every_transaction_is_on_the_page() -> None:
    """With its name, its kind, an example, and a heading for its kind."""
    page = messages_page()

    assert list(TRANSACTIONS) == [one["infno"] for one in FLAT]
    assert NAMES.keys() == TRANSACTIONS.keys()
    for infno, one in TRANSACTIONS.items():
        assert f"| {infno} | {NAMES[infno]} | [{one.kind}](#{one.kind}) |" in page
        assert f"\n### {infno}\n" in page
    assert all(f"\n## {kind}\n" in page for kind in KINDS)


def test_every_field_and_spelling_is_on_the_page() -> None:
    """What the door reads is in a table."""
    page = messages_page()
    structs: list[type[msgspec.Struct]] = [Line, *KINDS.values()]
    names = {one.encode_name for struct in structs for one in msgspec.structs.fields(struct)}
    names |= OTHER_SPELLINGS.keys() | {node for nodes in LISTS.values() for node in nodes}
    names |= {node for one in TRANSACTIONS.values() for node in (*one.request, *one.reply, *one.rows)}

    assert [] == [name for name in sorted(names) if f"`{name}`" not in page]
    assert EVERYTHING in page


def test_headings_are_links_of_their_own() -> None:
    """No heading stands twice: the links of the page lead to one place each."""
    page = messages_page()
    headings = [re.sub(r"\W", "-", one.lower()) for one in re.findall(r"^#+ (.+)$", page, re.MULTILINE)]

    assert len(headings) == len(set(headings))
    assert set(re.findall(r"\(#([\w-]+)\)", page)) <= set(headings)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("med_list_codg", "folded code, up to 64"),
        ("spler_name", "name"),
        ("sel_retn_time", "time or date"),
        ("inv_chg_time", "time"),
        ("cnt", "number"),
        ("lot", "code, up to 200"),
        ("drugtracinfo", "list of [trace code](#trace-code)"),
    ],
)
def test_a_notation_is_told_in_words(field: str, words: str) -> None:
    """Of each type of field."""
    types = {name: one.type for one in msgspec.structs.fields(Stock) for name in (one.encode_name, one.name)}

    assert words == notation(types[field])


@pytest.mark.parametrize("name", ["publishing.md", "publishing.zh.md"])
def test_the_pages_on_publishing_show_one_example_of_each_form(name: str) -> None:
    """The very examples that are opened above, so they cannot fall behind."""
    page = (DOCS / name).read_text(encoding="utf-8")
    known = {laid_out(one.message): one.form for one in ALL}

    blocks = re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)

    assert ["reply", "request", "flat"] == [known.get(block, "not an example") for block in blocks]


@pytest.mark.parametrize(
    "name", ["messages.md", "publishing.md", "publishing.zh.md", "operations.md", "operations.zh.md"]
)
def test_links_lead_to_files(name: str) -> None:
    """Of the pages for publishers and operators."""
    page = (DOCS / name).read_text(encoding="utf-8")

    assert [] == [link for link in re.findall(r"\]\(([^#)]+)\)", page) if not (DOCS / link).exists()]


@pytest.mark.parametrize("name", ["publishing.md", "publishing.zh.md"])
def test_every_transaction_is_named_to_publishers(name: str) -> None:
    """Also those that take something back."""
    page = (DOCS / name).read_text(encoding="utf-8")
    unnamed = {infno for infno in TRANSACTIONS if infno not in page}

    assert unnamed == {"3502", "3503"}  # of the range 3501 to 3507

"""A lead as a document: what stands in it, what is said not to be known, and that a change is seen."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from monitor.area.exporting import TARGETS, Document, document_of, exported, is_unchanged, mark_of
from monitor.errors import InputError
from rules.catalogue import catalogue
from tests.rules._examples import alerts_of


def lead(**more: object) -> dict[str, Any]:
    """An alert of S01."""
    _, alert = next(alerts_of(catalogue()["S01"]))
    found: dict[str, Any] = msgspec.to_builtins(alert)
    return found | more


SAID = [{"alert_id": "a", "disposition": "referred", "reason": "转出", "by": "王五", "at": "2026-03-05T10:00:00+08:00"}]
DONE = [{"kind": "commented", "alert_id": "a", "text": "已核", "by": "王五", "at": "2026-03-05T09:00:00+08:00"}]


def document(alert: dict[str, Any], **more: Any) -> Document:  # noqa: ANN401 - of each argument another type
    """A document of an alert."""
    given: dict[str, Any] = {
        "beside": [], "said": SAID, "done": DONE, "parameters": {"limit": 8}, "target": "police", "by": " 王五 ",
        "prefix": "area",
    }  # fmt: skip
    return document_of(alert, **given | more)


def test_everything_that_a_reader_needs_is_in_it() -> None:
    """The sentence, each row with its message, rule, parameters, law, what was said, incident and target."""
    alert = lead()
    other = lead(alert_id="b" * 32, severity="critical")

    made = document(alert, beside=[other])

    assert alert["text"] == made["lead"]["text"]
    assert alert["evidence"] == [{k: v for k, v in row.items() if k != "source"} for row in made["evidence"]]
    assert {(row["msgid"], "area.events", None, None) for row in alert["evidence"]} == {
        (one["msgid"], one["topic"], one["partition"], one["offset"])
        for one in (row["source"] for row in made["evidence"])
    }
    assert ("S01", alert["rule_version"], 8) == (
        made["rule"]["id"], made["rule"]["version"], made["rule"]["parameters"]["limit"]["value"],
    )  # fmt: skip
    assert (alert["basis"], SAID, DONE) == (made["law"], made["dispositions"], made["work"])
    assert ("b" * 32, ["b" * 32, alert["alert_id"]]) == (
        made["incident"]["speaker"], [one["alert_id"] for one in made["incident"]["leads"]],
    )  # fmt: skip
    assert ("police", "公安机关", "王五") == (
        made["referral"]["target"],
        made["referral"]["zh"],
        made["exported"]["by"],
    )


@pytest.mark.parametrize(
    ("more", "parameters", "said"),
    [
        ({}, {}, ["分区和偏移量", "参保人身份"]),
        ({"evidence": []}, {}, ["分区和偏移量", "其余"]),
        ({}, None, ["分区和偏移量", "参保人身份", "规则 S01"]),
        ({"evidence_count": 70}, {}, ["分区和偏移量", "参保人身份", "其余"]),
        ({"reference_version": "abc"}, {}, ["分区和偏移量", "参保人身份", "参考表"]),
    ],
)
def test_what_is_not_known_is_said(more: dict[str, Any], parameters: dict[str, object] | None, said: list[str]) -> None:
    """Each gap by its own sentence, and no sentence where there is no gap."""
    alert = lead(reference_version="none")
    alert["evidence"] = [row | {"person": "p_1"} for row in alert["evidence"]]

    found = document(alert | more, parameters=parameters)["not_known"]

    assert len(said) == len(found)
    assert all(one in sentence["zh"] for one, sentence in zip(said, found, strict=True))


def changed(one: Any) -> list[Any]:  # noqa: ANN401 - a piece of JSON
    """All pieces of JSON that differ from one in one place."""
    if isinstance(one, dict):
        return [one | {name: other} for name, value in one.items() for other in changed(value)] + [one | {"new": 1}]
    if isinstance(one, list):
        return [[*one[:at], other, *one[at + 1 :]] for at, value in enumerate(one) for other in changed(value)] + [[1]]
    return [f"{one}x"]


def test_a_change_anywhere_is_seen() -> None:
    """In whatever layout the document is written, and in every place."""
    made = document(lead())

    assert is_unchanged(orjson.dumps(made))
    assert is_unchanged(orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    others = [one for one in changed(made) if one["form"] == made["form"]]
    assert len(others) > 100
    assert not [one for one in others if is_unchanged(orjson.dumps(one))]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"lead", orjson.dumps({"form": "other", "sha256": "0"})])
def test_what_is_no_export_is_refused(text: bytes) -> None:
    """It is neither changed nor unchanged."""
    with pytest.raises(InputError, match="expected a lead exported"):
        is_unchanged(text)


def test_the_audit_record_says_who_what_and_to_whom() -> None:
    """With the mark, by which a paper is found again; no row of evidence stands in it."""
    made = document(lead())

    deed = exported(made)

    assert ("alerts export", "王五", None, ()) == (deed.what, deed.by, deed.before, deed.messages)
    assert {"alert_id", "revision", "target", "sha256"} == {*deed.after}
    assert (mark_of(made), "police") == (deed.after["sha256"], deed.after["target"])


def test_an_unknown_target_is_refused() -> None:
    """The four that there are, or none."""
    assert 5 == len(TARGETS)
    with pytest.raises(InputError, match="target: expected one of market, health, police, discipline"):
        document(lead(), target="press")

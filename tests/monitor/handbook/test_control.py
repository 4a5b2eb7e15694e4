"""Twenty alerts say by themselves why they are there: what the page answers stands in the alert."""

from __future__ import annotations

import re
from functools import cache

import pytest

from monitor.alerttext import Alert, alert_lines
from monitor.contract.text import Language
from monitor.handbook.control import ANSWERS, Answer, alerts_of_the_page

alerts = cache(alerts_of_the_page)


def figures(text: str) -> set[str]:
    """The numbers, days and codes of a text."""
    return set(re.findall(r"\d{4}-\d\d-\d\d|[A-Z]\d\d|\d+(?:\.\d+)?", text))


def shown(pair: tuple[Alert, list[Alert]], language: Language) -> str:
    """An alert in full."""
    return "\n".join(alert_lines(pair[0], language, pair[1]))


def test_there_are_twenty_of_many_rules() -> None:
    """Each once."""
    assert 20 == len({(one.rule, one.number) for one in ANSWERS})
    assert 14 == len({one.rule for one in ANSWERS})


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: f"{one.rule}-{one.number}")
def test_what_is_answered_stands_in_the_alert(answer: Answer) -> None:
    """Every figure, in both languages; the alert says the limit, and that it is to be verified."""
    pair = alerts()[answer.rule, answer.number]

    for language, text in (("zh", answer.why.zh), ("en", answer.why.en)):
        said = shown(pair, language)  # type: ignore[arg-type]  # the two languages
        assert set() == figures(text) - figures(said)
        assert ("提示阈值" if language == "zh" else "threshold") in said
        assert ("待核实：" if language == "zh" else "to verify: ") in said


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: f"{one.rule}-{one.number}")
def test_a_person_can_be_found_from_the_alert(answer: Answer) -> None:
    """Each row has a settlement or a visit, by which the bureau finds the person behind a pseudonym."""
    alert, _ = alerts()[answer.rule, answer.number]

    assert all(row["setl_id"] or row["mdtrt_id"] for row in alert["evidence"])

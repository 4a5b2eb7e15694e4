"""How good the alerts are, for people, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from monitor.contract.text import Language, Said
from monitor.offline.evaluate import Score
from monitor.rulecolumn import RULE_WIDTH
from monitor.text import padded

_COLUMNS = (
    (Said("规则", "rule"), RULE_WIDTH),
    (Said("线索", "alerts"), 7),
    (Said("准确率", "precision"), 9),
    (Said("标注", "labels"), 7),
    (Said("检出率", "recall"), 7),
    (Said("误报情形", "look-alikes"), 11),
    (Said("延迟(秒)", "delay s"), 8),
)
"""Heading and width; the first stands at the left, figures at the right."""
_NO_LABELS = Said("没有标注", "no labels")


def score_lines(scores: Sequence[Score], language: Language) -> Iterator[str]:
    """A heading and a line for each rule; without labels no figures that rest on them. Then how many are history."""
    yield _line(said.of(language) for said, _ in _COLUMNS)
    for one in scores:
        if one.is_labelled:
            figures = [_number(one.precision, 2), str(one.labelled), _number(one.recall, 2)]
            yield _line([one.rule, str(one.standing), *figures, str(len(one.mistaken)), _number(one.delay, 1)])
        else:
            told = _NO_LABELS.of(language)
            yield _line([one.rule, str(one.standing), told])
    if history := sum(one.historical for one in scores):
        yield f"其中历史线索 {history} 条" if language == "zh" else f"of them historical: {history}"


def _line(cells: Iterable[str]) -> str:
    return " ".join(
        padded(cell, width, right=at > 0) for at, (cell, (_, width)) in enumerate(zip(cells, _COLUMNS, strict=False))
    ).rstrip()


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"

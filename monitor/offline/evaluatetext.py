"""How good the alerts are, for people, in Chinese and English: lines of the terminal, and a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from monitor.contract.text import Language, Said
from monitor.offline.evaluate import BANDS, Burden, Score, interval
from monitor.rulecolumn import rule_cell
from monitor.text import padded
from rules.catalogue import catalogue

_RULE = Said("规则", "rule")
_COLUMNS = (
    (Said("线索", "alerts"), 7),
    (Said("准确率", "precision"), 9),
    (Said("标注", "labels"), 7),
    (Said("检出率", "recall"), 7),
    (Said("95%区间", "95 % of it"), 10),
    (Said("误报情形", "look-alikes"), 11),
    (Said("延迟(秒)", "delay s"), 9),
)
"""Heading and width of the figures behind the rule."""
_NO_LABELS = Said("没有标注", "no labels")
_ALL = Said(
    "全部规则：线索{alerts}条，准确率{precision}（95%区间{around}）",
    "all rules: {alerts} alerts, precision {precision} (95 %: {around})",
)
_TOLD = Said(
    "复核人员收到{incidents}组线索，每10万人每月{rate}组；最多的规则{rule}占{share}",
    "reviewers were told of {incidents} incidents, {rate} a month per 100,000 persons; most by {rule}: {share}",
)
_HISTORY = Said("其中历史线索 {count} 条", "of them historical: {count}")

_BAND_WORDS = dict(zip(BANDS, (Said("弱", "weak"), Said("中", "middle"), Said("强", "strong")), strict=True))
_WORDS = {
    "title": Said("规则评估", "How good the rules are"),
    "sources": Said("线索：{alerts}；标注：{labels}", "Alerts: {alerts}; labels: {labels}"),
    "rule": Said("规则", "Rule"),
    "alerts": Said("线索", "Alerts"),
    "precision": Said("准确率", "Precision"),
    "labels": Said("标注", "Labels"),
    "recall": Said("检出率与95%区间", "Recall and its 95 % interval"),
    "by_strength": Said("按强度：检出／标注", "By strength: found of labelled"),
    "grave": Said("强情形中以高或严重等级检出", "Strong ones found at high or critical"),
    "look_alikes": Said("误报的正常情形", "Look-alikes that alerted"),
    "delay": Said("延迟中位数（秒）", "Median delay (seconds)"),
    "share": Said("占提示的比例", "Part of what reviewers are told"),
    "none": Said("没有标注", "no labels"),
    "help": Said(
        "圆点是检出率，横线是95%区间（威尔逊法），左端为0，右端为1。强度是该情形在其取值范围内的位置，分为三等；"
        "没有写明强度的算强。误报一栏括号内是等级为高或严重的个数。",
        "The dot is recall, the line its 95 % interval (Wilson), from 0 at the left to 1 at the right. Strength is "
        "where a fraud lies in the range it was drawn from, in thirds; one without a stated strength is strong. In "
        "brackets stands how many look-alikes alerted at high or critical.",
    ),
    "verify": Said("线索待核实，不是认定结论。", "Leads to verify, never verdicts."),
}


def score_lines(scores: Sequence[Score], language: Language, told: Burden | None = None) -> Iterator[str]:
    """A heading and a line for each rule; without labels no figures that rest on them. Then what holds of all."""
    yield _line([_RULE.of(language), *(said.of(language) for said, _ in _COLUMNS)])
    for one in scores:
        if one.is_labelled:
            figures = [_number(one.precision, 2), str(len(one.episodes)), _number(one.recall, 2)]
            figures += [_between(one.recall_interval), str(len(one.mistaken)), _number(one.delay, 1)]
            yield _line([one.rule, str(one.standing), *figures])
        else:
            yield _line([one.rule, str(one.standing), _NO_LABELS.of(language)])
    yield from _of_all(scores, language, told)


def score_page(
    scores: Sequence[Score], language: Language, alerts: Path, labels: Path, told: Burden | None = None
) -> str:
    """The same as a page of HTML that fetches nothing, with recall drawn. alerts, labels: the files, for its head."""
    words = {name: said.of(language) for name, said in _WORDS.items()}
    words["sources"] = words["sources"].format(alerts=alerts.name, labels=labels.name)
    names = {rule: getattr(made.card.name, language) for rule, made in catalogue().items()}
    return _TEMPLATE.render(
        scores=scores, told=told, words=words, names=names, lang=language, lines=[*_of_all(scores, language, told)],
        bands={band: said.of(language) for band, said in _BAND_WORDS.items()},
    )  # fmt: skip


def _of_all(scores: Sequence[Score], language: Language, told: Burden | None) -> Iterator[str]:
    known = [one for one in scores if one.is_labelled]
    right, standing = sum(one.right for one in known), sum(one.standing for one in known)
    if standing:
        around = _between(interval(right, standing))
        yield _ALL.of(language).format(alerts=standing, precision=_number(right / standing, 2), around=around)
    if told is not None and told.told:
        rule, share = next(iter(told.shares.items()))
        yield _TOLD.of(language).format(
            incidents=told.told, rate=f"{told.per_month:.1f}", rule=rule, share=f"{share:.0%}"
        )
    if history := sum(one.historical for one in scores):
        yield _HISTORY.of(language).format(count=history)


def _line(cells: Sequence[str]) -> str:
    figures = (padded(cell, width, right=True) for cell, (_, width) in zip(cells[1:], _COLUMNS, strict=False))
    return " ".join((rule_cell(cells[0]), *figures)).rstrip()


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _between(ends: tuple[float, float] | None) -> str:
    return "-" if ends is None else f"{ends[0]:.2f}–{ends[1]:.2f}"


_PAGES = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_PAGES.filters |= {"number": _number, "between": _between}
_TEMPLATE = _PAGES.from_string((Path(__file__).parent / "evaluate.html").read_text(encoding="utf-8"))

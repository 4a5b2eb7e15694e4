"""The pages docs/coverage.md and docs/coverage.zh.md: every phrase of the five notices, and what serves it.

The phrases are quoted in phrases.csv. `shown` says whether settlement data can show what the phrase means: yes, partly
or no. `by` names what serves it, separated by blanks:

- a number of the catalogue, S01: the rules of this number, S01 and S01-GAP; where none is built it says so;
- `metric:`, `command:`, `page:`, `setting:` and `table:`, each with a name (a blank of a command is a hyphen);
- `later:` with a key of PLANNED: a view that is not built yet;
- `no:` with a key of REASONS: why no stream can show it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from monitor.contract.text import Said
from monitor.handbook.markdown import page, page_zh, table
from rules.catalogue import catalogue

FILE = Path(__file__).with_name("phrases.csv")
Fate = Literal["served", "not yet", "no"]
"""What becomes of a phrase: something serves it; nothing does yet; no stream can show it."""

NOTICES: Mapping[str, Said] = {
    "anyue": Said("安岳县八条措施（2024-11-11）", "Anyue county, eight measures (2024-11-11)"),
    "xiji": Said("西吉县监管制度改革（2021-12-15）", "Xiji county, reform of supervision (2021-12-15)"),
    "anhui": Said("安徽省通知（2024-04-10）", "Anhui province, notice (2024-04-10)"),
    "meixian": Said("眉县转发宝鸡市通知（2024-09-27）", "Mei county forwarding Baoji city (2024-09-27)"),
    "shexian": Said("歙县专项整治方案（2025-04-30）", "She county, plan of rectification (2025-04-30)"),
}
SECTIONS: Mapping[str, Said] = {
    "credential": Said("医保凭证与刷卡", "Credentials and swiping"),
    "drug": Said("药品与药店", "Drugs and pharmacies"),
    "inpatient": Said("住院", "Stays"),
    "service": Said("诊疗服务与收费", "Services and billing"),
    "entitlement": Said("待遇资格与报销", "Entitlement and claims"),
    "actors": Said("职业骗保与屡查屡犯", "Professional fraud and repeat offenders"),
    "agency": Said("经办机构与部门", "Agencies and departments"),
    "populations": Said("重点人群", "Key populations"),
    "fields": Said("重点领域与机构类别", "Key fields and kinds of institutions"),
    "mechanisms": Said("监管机制与系统", "Mechanisms and systems"),
}
SHOWN: Mapping[str, Said] = {
    "yes": Said("能", "yes"),
    "partly": Said("部分", "partly"),
    "no": Said("不能", "no"),
}
REASONS: Mapping[str, Said] = {
    "paper": Said("纸质单据、病历和影像的真伪不在结算数据中", "whether paper, records and images are genuine"),
    "money": Said("结算以外的资金往来", "money that moves outside of settlements"),
    "conduct": Said("当面的言行", "what people say and do face to face"),
    "inside": Said("机构或经办的内部管理", "how an institution or an agency is run inside"),
    "elsewhere": Said("数据在其他系统，结算接口中没有", "its data are in other systems, not in the interface"),
    "policy": Said("工作部署或制度，不是数据中发生的事", "an order how to work, or a policy"),
}
"""Why no stream of settlements can show what a phrase means."""
PLANNED: Mapping[str, Said] = {
    "agents": Said(
        "零星报销由同一人代办、付入同一账户：报文不写代办人和账户",
        "claims of many persons by one agent or to one account: no message names either",
    ),
    "images": Said(
        "影像和报告的重复使用：接口不带校验值",
        "images and reports that are used again: the interface carries no checksum of them",
    ),
    "lists": Said("与国家问题清单的对照", "a cross-reference to the national lists of problems"),
    "payout": Said(
        "清算拨付（3203）：接入的报文中没有，3203按月汇总，不指明所付的结算",
        "clearing and payout (3203): no message that is read says it, and 3203 sums up a month and names no settlement",
    ),
    "quality": Said("服务绩效指标", "measures of the quality of service"),
    "orders": Said(
        "没有医嘱的收费：接入的报文中没有医嘱（4402）",
        "charges without an order: no message that is read carries the orders (4402)",
    ),
}
"""Views that serve phrases and are not built yet."""


class Phrase(NamedTuple):
    """A phrase of a notice. english: what it means; by: what serves it, or the reason why nothing can."""

    section: str
    notice: str
    phrase: str
    english: str
    shown: str
    by: tuple[str, ...]


class _Words(NamedTuple):
    """The words of the page in one language. place: of the language in a pair."""

    place: int
    suffix: str
    title: str
    about: str
    fates: tuple[str, ...]
    heads: tuple[str, ...]
    sums: tuple[str, ...]
    total: str
    comma: str
    stop: str
    later: str
    make: Callable[[str, str, str], str]


_EN = _Words(
    place=1,
    suffix=".md",
    title="Coverage",
    about=(
        "Every phrase of the five notices, and the rule, metric or view that serves it, or why no stream of "
        "settlements can show it ([中文](coverage.zh.md)). `shown` says whether settlement data can show what the "
        "phrase means. What is not built yet says so. A rule gives leads, never verdicts; its page says what it does "
        "not see: [rules](rules/README.md)."
    ),
    fates=("served", "not yet", "cannot be shown"),
    heads=("notice", "phrase", "meaning", "shown", "served by"),
    sums=("section", "phrases"),
    total="all",
    comma=", ",
    stop="; ",
    later="not yet: ",
    make=page,
)
_ZH = _Words(
    place=0,
    suffix=".zh.md",
    title="覆盖情况",
    about=(
        "五份文件中的每一项提法，由哪条规则、指标或视图对应；结算数据无法反映的，说明原因（[English](coverage.md)）。"
        "“能否反映”指结算数据能否反映该提法所指的情形；尚未实现的如实注明。规则只给出线索，不作结论；每条规则看不到什么，见[规则](rules/README.zh.md)各页。"
    ),
    fates=("已对应", "尚未实现", "无法反映"),
    heads=("文件", "提法", "能否反映", "对应"),
    sums=("类别", "提法数"),
    total="合计",
    comma="、",
    stop="；",
    later="尚未实现：",
    make=page_zh,
)


def coverage_page() -> str:
    """Every phrase, in English."""
    return _page(_EN)


def coverage_page_zh() -> str:
    """Every phrase, in Chinese."""
    return _page(_ZH)


def phrases() -> list[Phrase]:
    """The phrases, in the order of the file."""
    with FILE.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return [
        Phrase(section, notice, phrase, english, shown, tuple(by.split()))
        for section, notice, phrase, english, shown, by in rows
    ]


def rules_of(number: str) -> list[str]:
    """The ids of the rules of a number of the catalogue; none where it is not built.

    >>> rules_of("I06"), rules_of("S12")
    (['I06-HOME', 'I06-TEL', 'I06-VILLAGE'], [])
    """
    return [one for one in catalogue() if one.partition("-")[0] == number]


def is_rule(by: str) -> bool:
    """Whether it is a number of the catalogue."""
    return re.fullmatch(r"[SDIBEA]\d\d", by) is not None


def fate_of(phrase: Phrase) -> Fate:
    """What becomes of a phrase: one rule or view that is there is enough to serve it."""
    if any(by.startswith("no:") for by in phrase.by):
        return "no"
    there = [by for by in phrase.by if (rules_of(by) if is_rule(by) else not by.startswith("later:"))]
    return "served" if there else "not yet"


def _page(words: _Words) -> str:
    found = phrases()
    parts = [_sums(found, words)]
    for section, said in SECTIONS.items():
        rows = [_row(one, words) for one in found if one.section == section]
        parts.append(f"## {said[words.place]}\n\n{table(words.heads, rows)}")
    return words.make(words.title, words.about, "\n\n".join(parts))


def _sums(found: list[Phrase], words: _Words) -> str:
    """How many phrases of each section are served, are not yet, and cannot be shown."""
    rows = [_sum(said[words.place], [one for one in found if one.section == name]) for name, said in SECTIONS.items()]
    return table((*words.sums, *words.fates), [*rows, _sum(words.total, found)])


def _sum(name: str, found: list[Phrase]) -> tuple[str, ...]:
    counts = Counter(map(fate_of, found))
    return (name, str(len(found)), *(str(counts[fate]) for fate in ("served", "not yet", "no")))


def _row(one: Phrase, words: _Words) -> tuple[str, ...]:
    notice, shown = NOTICES[one.notice][words.place], SHOWN[one.shown][words.place]
    meaning = (one.english,) if words is _EN else ()
    return (notice, f"「{one.phrase}」", *meaning, shown, _served(one, words))


def _served(one: Phrase, words: _Words) -> str:
    """What serves a phrase, each with its link, then what is not built yet; or the reason why nothing can serve it."""
    there: list[str] = []
    later: list[str] = []
    for by in one.by:
        kind, _, name = by.partition(":")
        if kind == "no":
            return REASONS[name][words.place]
        if kind == "later":
            later.append(PLANNED[name][words.place])
        elif not is_rule(by):
            there.append(_VIEWS[kind](name, words))
        elif rules := rules_of(by):
            there += [f"[{rule}](rules/{rule}{words.suffix})" for rule in rules]
        else:
            later.append(by)
    parts = [words.comma.join(there), words.later + words.comma.join(later) if later else ""]
    return words.stop.join(filter(None, parts))


def _command(name: str, _words: _Words) -> str:
    command = f"monitor {name.replace('-', ' ')}"
    return f"[`{command}`](commands.md#{command.replace(' ', '-')})"


def _named_page(name: str, words: _Words) -> str:
    label, file = _PAGES[name]
    return f"[{label[words.place]}]({file[words.place]})"


_PAGES: Mapping[str, tuple[Said, Said]] = {
    "alerts": (Said("线索内容", "what an alert says"), Said("alerts.md", "alerts.md")),
    "notifying": (Said("线索通知谁", "who hears of a lead"), Said("notifying.zh.md", "notifying.md")),
    "tags": (Said("按标签调整阈值", "thresholds by tag"), Said("tags.zh.md", "tags.md")),
    "rules": (Said("规则", "rules"), Said("rules/README.zh.md", "rules/README.md")),
}
"""A page of docs/ -> its label and its file."""
_VIEWS: Mapping[str, Callable[[str, _Words], str]] = {
    "metric": lambda name, _words: f"[`{name}`](metrics.md)",
    "command": _command,
    "page": _named_page,
    "setting": lambda name, _words: f"[`{name}`](settings.md)",
    "table": lambda name, words: f"[{name}](reference{words.suffix}#{name})",
}
"""What serves a phrase beside rules -> how it is written."""

"""The pages docs/rules/: an index, a page for each rule, and what several rules judge by; in English and Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import NamedTuple

from monitor.alertwords import ACTOR, STAGES, SUBJECTS
from monitor.contract.text import Said
from monitor.handbook.markdown import code, page, page_zh, table
from monitor.inforce.rulebook import parameters_of
from monitor.rulepage import MARKS_EN, MARKS_ZH, Marks, chinese, english, parts_of
from rules.catalogue import catalogue
from rules.engine.card import Card
from rules.engine.parameter import KINDS, UNITS, Parameter
from rules.engine.rule import Rule
from rules.engine.text import Text

SHARED: Mapping[str, tuple[str, Said]] = {
    "supply": ("rules.drug._supply", Said("用药量", "Supply")),
    "prescribing": ("rules.drug._prescribing", Said("开方", "Prescribing")),
    "stock": ("rules.drug._stock", Said("进销存账", "Book of a drug's stock")),
    "usual": ("rules.credential._habit", Said("平日水平", "What is usual")),
    "whole-stays": ("rules.ledgers.whole_stays", Said("完整住院", "Whole stays")),
    "convoys": ("rules.inpatient._convoy", Said("结队住院", "Convoys")),
}
"""Page -> the module whose docstring says what several rules judge by, and the title."""
FAMILIES: Mapping[str, Said] = {
    "actors": Said("线索研判", "over leads"),
    "billing": Said("费用", "billing"),
    "credential": Said("医保凭证", "credential"),
    "drug": Said("药品", "drug"),
    "entitlement": Said("待遇资格", "entitlement"),
    "inpatient": Said("住院", "inpatient"),
}
"""Each family of rules in both languages."""


class Words(NamedTuple):
    """The words of the pages in one language. place: of the language in a pair; link: what the other one is called."""

    place: int
    suffix: str
    other: str
    link: str
    title: str
    about: str
    shared: str
    heads: tuple[str, ...]
    facts: tuple[str, ...]
    pre: str
    facing: str
    titles: tuple[str, ...]
    parameters: tuple[str, ...]
    missing: str
    make: Callable[[str, str, str], str]
    marks: Marks
    text: Callable[[type[Rule]], str]
    month: str


EN = Words(
    place=1,
    suffix=".md",
    other=".zh.md",
    link="中文",
    title="Rules",
    about=(
        "Every alert is a lead to verify, never a verdict. Parameters are set in rules.toml, a table for each id: "
        "`[S01]` `limit = 6`; on a cluster `monitor rules put` brings that file into force. A parameter named `limit` "
        "or `fewest` is reached: a value that equals it sets the rule off. One named `over` is exceeded. What serves "
        "each phrase of the notices: [coverage](../coverage.md)."
    ),
    shared="What several rules judge by",
    heads=("id", "name", "stage", "ledger", "needs", "alerts a month in an honest county of 200,000"),
    facts=("family", "stage", "about", "ledger", "tables", "basis", "look first"),
    pre="; questions before settlement too",
    facing="; the institution is told",
    titles=("Why", "What is judged", "Parameters", "Alerts in an honest county", "Known gaps", "Example"),
    parameters=("parameter", "default", "unit", "meaning", "origin", "source"),
    missing="",
    make=page,
    marks=MARKS_EN,
    text=english,
    month=r"that is ([\d.,]+(?: to [\d.,]+)?) alerts? a month in 200,000",
)
ZH = Words(
    place=0,
    suffix=".zh.md",
    other=".md",
    link="English",
    title="规则",
    about=(
        "每条预警都是待核实的线索，不是结论。参数写在 rules.toml 中，每条规则一节，如 `[S01]` `limit = 6`；"
        "在集群上用 `monitor rules put` 生效。名称含 `limit` 或 `fewest` 的参数，达到即触发；"
        "名称含 `over` 的参数，超过才触发。文件中每一项提法由什么对应，见[覆盖情况](../coverage.zh.md)。"
    ),
    shared="多条规则共用的口径",
    heads=("编号", "名称", "环节", "台账", "所需参考表", "20万参保人的正常县每月预警数"),
    facts=("类别", "环节", "对象", "台账", "参考表", "依据", "先查"),
    pre="；预结算时也判断",
    facing="；同时提醒机构",
    titles=("为何可疑", "判定口径", "参数", "正常县的预警数", "已知不足", "示例"),
    parameters=("参数", "默认值", "单位", "含义", "来源", "出处"),
    missing="判定口径、正常县的预警数、已知不足和示例目前只有英文说明：",
    make=page_zh,
    marks=MARKS_ZH,
    text=chinese,
    month=r"即20万参保人每月约?([\d.,]+(?:至[\d.,]+)?)条",
)


def rule_pages() -> dict[str, Callable[[], str]]:
    """File in docs/ -> what makes it: the index, a page for each rule and each shared matter, twice."""
    pages: dict[str, Callable[[], str]] = {}
    for words in (EN, ZH):
        pages[f"rules/README{words.suffix}"] = partial(_index, words)
        for rule in catalogue().values():
            pages[f"rules/{rule.card.id}{words.suffix}"] = partial(rule_page, rule, words)
        for name in SHARED:
            pages[f"rules/{name}{words.suffix}"] = partial(_shared, name, words)
    return pages


def _index(words: Words) -> str:
    rows = [_head_row(rule, words) for rule in catalogue().values()]
    shared = "\n".join(f"- [{said[words.place]}]({name}{words.suffix})" for name, (_, said) in SHARED.items())
    about = f"{words.about} [{words.link}](README{words.other})."
    return words.make(words.title, about, f"{table(words.heads, rows)}\n\n## {words.shared}\n\n{shared}")


def _head_row(rule: type[Rule], words: Words) -> tuple[str, ...]:
    card = rule.card
    link = f"[{card.id}]({card.id}{words.suffix})"
    stage = STAGES[card.stage][words.place]
    return (link, _of(card.name, words), stage, card.ledger, ", ".join(card.tables), month_of(rule, words))


def month_of(rule: type[Rule], words: Words) -> str:
    """Alerts a month in an honest county of 200,000, as the page says; a dash where it does not."""
    told = re.search(words.month, " ".join(words.text(rule).split()), re.IGNORECASE)
    return told[1] if told else "—"


def rule_page(rule: type[Rule], words: Words) -> str:
    """The page of one rule in one language. Where it has no Chinese page, the Chinese one says so and has the rest."""
    card = rule.card
    about = f"[{words.link}]({card.id}{words.other}) · [{words.title}](README{words.suffix}) ·"
    title = f"{card.id} {_of(card.name, words)}"
    return words.make(title, about, "\n\n".join(_body(rule, words)))


def _body(rule: type[Rule], words: Words) -> Iterator[str]:
    why, judged, parameters, honest, gaps, example = words.titles
    text = words.text(rule)
    said = parts_of(text, words.marks)
    yield _markdown(said.what) if text else f"{rule.card.why.zh}。"
    yield table(("", ""), _facts(rule.card, words))
    if not text:
        yield f"{words.missing}[{rule.card.id}]({rule.card.id}{words.other})。"
        yield f"## {parameters}\n\n{_parameters(rule, words)}"
        return
    yield f"## {why}\n\n{_without(words.marks.why, said.why)}"
    if said.judged:
        yield f"## {judged}\n\n{_markdown(said.judged)}"
    yield f"## {parameters}\n\n{_parameters(rule, words)}"
    yield f"## {honest}\n\n{_markdown(said.honest)}"
    yield f"## {gaps}\n\n{_without(words.marks.gaps, said.gaps)}"
    yield f"## {example}\n\n{_example(rule, said.example, words)}"


def _facts(card: Card, words: Words) -> list[tuple[str, str]]:
    place = words.place
    stage = STAGES[card.stage][place]
    stage += words.pre if card.judges_pre else ""
    stage += words.facing if card.institution_facing else ""
    tables = ", ".join(f"[{name}](../reference{words.suffix}#{name})" for name in card.tables) or "—"
    facts = (
        FAMILIES[card.family][place],
        stage,
        (ACTOR if card.subject == "actor" else SUBJECTS[card.subject])[place],
        f"`{card.ledger}`",
        tables,
        card.basis,
        _of(card.advice, words),
    )
    return list(zip(words.facts, facts, strict=True))


def _parameters(rule: type[Rule], words: Words) -> str:
    rows = [_parameter_row(rule, name, said, words) for name, said in rule.parameters().items()]
    return table(words.parameters, rows)


def _parameter_row(rule: type[Rule], name: str, said: Parameter, words: Words) -> tuple[str, ...]:
    default = json.dumps(parameters_of(rule)[name])
    texts = (UNITS[said.unit], said.meaning, KINDS[said.origin.kind], said.origin.source)
    return (f"`{name}`", f"`{default}`", *(_of(text, words) for text in texts))


def _example(rule: type[Rule], said: str, words: Words) -> str:
    """The example that runs; in Chinese with a sentence before it that says what it shows."""
    runs = parts_of(english(rule), MARKS_EN).example.removeprefix(MARKS_EN.example)
    lines = [line.removeprefix("    ") for line in runs.strip("\n").splitlines()]
    block = code("python", "\n".join(lines))
    return block if words is EN else f"{_without(words.marks.example, said)}\n\n{block}"


def _shared(name: str, words: Words) -> str:
    module, said = SHARED[name]
    about = f"[{words.link}]({name}{words.other}) · [{words.title}](README{words.suffix}) ·"
    text = (english if words is EN else chinese)(import_module(module))
    return words.make(said[words.place], about, _markdown(text))


def _of(text: Text, words: Words) -> str:
    return (text.zh, text.en)[words.place]


def _without(mark: str, text: str) -> str:
    """A part without its mark, which the heading says already; its first letter is large then."""
    bare = text.removeprefix(mark).strip()
    return _markdown(bare[:1].upper() + bare[1:])


def _markdown(text: str) -> str:
    r"""A text as Markdown: a list stands apart from what is around it, and a page of docs/rules/ is a link.

    >>> _markdown("It is one\n- of a;\n  or b\n- of c\nNot of d: docs/rules/supply.md")
    'It is one\n\n- of a;\n  or b\n- of c\n\nNot of d: [Supply](supply.md)'
    """
    lines: list[str] = []
    for line in text.splitlines():
        starts, goes_on = line.startswith("- "), line.startswith("  ")
        in_list = bool(lines) and lines[-1].startswith(("- ", "  "))
        if lines and lines[-1] and ((starts and not in_list) or (in_list and not starts and not goes_on and line)):
            lines.append("")
        lines.append(line)
    return re.sub(r"docs/rules/([a-z-]+)((?:\.zh)?\.md)", _link, "\n".join(lines))


def _link(found: re.Match[str]) -> str:
    """A link to what several rules judge by, called by its title."""
    name, suffix = found.groups()
    said = SHARED[name][1]
    return f"[{said.zh if suffix == ZH.suffix else said.en}]({name}{suffix})"

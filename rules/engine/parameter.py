"""A parameter of a rule: its default, and what it means, its unit and its origin, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, field
from typing import Literal, TypeVar

import msgspec

from .text import Text

T = TypeVar("T")

Unit = Literal[
    "s", "min", "h", "days", "weeks", "%", "yuan", "km", "km/h", "persons", "institutions", "stays", "fills", "sales",
    "lines", "units", "deletions", "visits", "settlements", "prescriptions", "codes", "drugs", "leads", "rules",
    "standard deviations", "yes or no", "med_type", "dscg_way", "ATC", "ICD-10",
]  # fmt: skip

UNITS: Mapping[Unit, Text] = {
    "s": Text("秒", "s"),
    "min": Text("分钟", "min"),
    "h": Text("小时", "h"),
    "days": Text("天", "days"),
    "weeks": Text("周", "weeks"),
    "%": Text("%", "%"),
    "yuan": Text("元", "yuan"),
    "km": Text("公里", "km"),
    "km/h": Text("公里/小时", "km/h"),
    "persons": Text("人", "persons"),
    "institutions": Text("家机构", "institutions"),
    "stays": Text("次住院", "stays"),
    "fills": Text("次配药", "fills"),
    "sales": Text("次销售", "sales"),
    "visits": Text("次就诊", "visits"),
    "settlements": Text("次结算", "settlements"),
    "lines": Text("条明细", "lines"),
    "units": Text("个计价单位", "units"),
    "deletions": Text("次删除", "deletions"),
    "prescriptions": Text("张处方", "prescriptions"),
    "standard deviations": Text("倍标准差", "standard deviations"),
    "codes": Text("个追溯码", "trace codes"),
    "drugs": Text("种药品", "drugs"),
    "leads": Text("条线索", "leads"),
    "rules": Text("条规则", "rules"),
    "yes or no": Text("是或否", "yes or no"),
    "med_type": Text("med_type代码", "codes of med_type"),
    "ATC": Text("ATC编码", "ATC codes"),
    "dscg_way": Text("dscg_way代码", "codes of dscg_way"),
    "ICD-10": Text("疾病诊断编码开头", "beginnings of ICD-10 codes"),
}
"""Each unit in both languages."""

KINDS: Mapping[str, Text] = {
    "published": Text("公开规定", "published"),
    "precedent": Text("公开先例", "precedent"),
    "assumption": Text("本项目假设", "assumption"),
}
"""Each kind of origin in both languages."""


class Origin(msgspec.Struct, frozen=True):
    """Where a number comes from: a published norm, a precedent elsewhere, or an assumption of this project.

    source: the norm with its clause and date, the precedent, or what the assumption rests on.
    """

    kind: Literal["published", "precedent", "assumption"]
    source: Text


class Parameter(msgspec.Struct, frozen=True):
    """What a parameter means, its unit, and where its default comes from."""

    meaning: Text
    unit: Unit
    origin: Origin


def origin_text(origin: Origin) -> Text:
    """The kind of an origin with its source.

    >>> origin_text(assumption("与S01相同", "as S01"))
    Text(zh='本项目假设：与S01相同', en='assumption: as S01')
    """
    kind = KINDS[origin.kind]
    return Text(f"{kind.zh}：{origin.source.zh}", f"{kind.en}: {origin.source.en}")


def published(zh: str, en: str) -> Origin:
    """A number of a published norm, with its clause and date."""
    return Origin("published", Text(zh, en))


def precedent(zh: str, en: str) -> Origin:
    """A number that others use."""
    return Origin("precedent", Text(zh, en))


def assumption(zh: str, en: str) -> Origin:
    """A number of this project, with what it rests on."""
    return Origin("assumption", Text(zh, en))


def parameter(default: T, zh: str, en: str, *, unit: Unit, origin: Origin) -> T:
    """A parameter of a rule with its default; zh, en: what it means.

    What is named `limit` or `fewest` is reached: a value that equals it sets the rule off. What is named `over` is
    exceeded: a value that equals it does not.
    """
    return field(default=default, metadata={"parameter": Parameter(Text(zh, en), unit, origin)})


def ends_after(seconds: int, zh: str = "", en: str = "") -> int:
    """The parameter `quiet`. zh, en: why it is so long, where that is not plain."""
    return parameter(
        seconds,
        "超过这一时间没有新的触发，预警即告结束（最长30天）",
        "an alert ends when nothing new came for longer than this (at most 30 days)",
        unit="s",
        origin=assumption(zh or "与统计时间相当", en or "about as long as the time that is counted"),
    )


def of_field(one: Field[object]) -> Parameter:
    """What is said of a field of a rule."""
    said: Parameter = one.metadata["parameter"]
    return said


_MEASURES = ("limit", "fewest", "over", "least", "most", "percent")


def is_threshold(name: str) -> bool:
    """Whether a parameter is a threshold, as its name says: what is measured reaches or exceeds it.

    >>> [is_threshold(name) for name in ("limit", "short_limit", "over_yuan", "window", "longest_days")]
    [True, True, True, False, False]
    """
    return name.partition("_")[0] in _MEASURES or name.endswith("_limit")

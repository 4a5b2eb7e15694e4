"""Sentences in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..times import clock


class Text(msgspec.Struct, frozen=True):
    """A sentence, or a part of one, in both languages."""

    zh: str
    en: str


def span_text(seconds: int) -> Text:
    """A length of time in words.

    >>> span_text(600), span_text(90)
    (Text(zh='10分钟', en='10 min'), Text(zh='90秒', en='90 s'))
    """
    if seconds % 86_400 == 0:
        return Text(f"{seconds // 86_400}天", f"{seconds // 86_400} d")
    if seconds % 60 == 0:
        return Text(f"{seconds // 60}分钟", f"{seconds // 60} min")
    return Text(f"{seconds}秒", f"{seconds} s")


def figure(value: float) -> str:
    """A number as the amounts of a sentence are written.

    >>> figure(8), figure(0.3), figure(20000), figure(1234567.8)
    ('8', '0.3', '20,000', '1,234,568')
    """
    return f"{value:,.0f}" if abs(value) >= 1_000_000 else f"{value:,.6g}"


def reached(limit: float, unit: Text) -> Text:
    """The threshold of a rule that a value sets off which equals it.

    >>> reached(8, Text("人", "persons"))
    Text(zh='提示阈值：8人及以上', en='threshold: 8 persons or more')
    """
    told = figure(limit)
    return Text(f"提示阈值：{told}{unit.zh}及以上", f"threshold: {told} {unit.en} or more")


def exceeded(limit: float, unit: Text) -> Text:
    """The threshold of a rule that only a larger value sets off.

    >>> exceeded(24, Text("小时", "h"))
    Text(zh='提示阈值：超过24小时', en='threshold: more than 24 h')
    """
    told = figure(limit)
    return Text(f"提示阈值：超过{told}{unit.zh}", f"threshold: more than {told} {unit.en}")


def above(value: float, limit: float) -> Text:
    """A value that exceeds its limit, also where both are the same figure once they are rounded.

    >>> above(15.1, 15), above(15, 15)
    (Text(zh='15.1', en='15.1'), Text(zh='略高于15', en='just over 15'))
    """
    told = figure(value)
    return Text(told, told) if value > limit else Text(f"略高于{told}", f"just over {told}")


def listed(parts: Iterable[Text], most: int) -> Text:
    """Parts one after the other; of many the first, and how many there are.

    >>> listed([Text("甲", "A"), Text("乙", "B"), Text("丙", "C")], 2)
    Text(zh='甲、乙等3处', en='A, B and 1 more')
    """
    parts = list(parts)
    shown, more = parts[:most], len(parts) - most
    zh, en = "、".join(one.zh for one in shown), ", ".join(one.en for one in shown)
    return Text(f"{zh}等{len(parts)}处", f"{en} and {more} more") if more > 0 else Text(zh, en)


def period(start: int, end: int) -> Text:
    """From when to when (ms UTC), to the minute, in Beijing.

    >>> from ..times import MINUTE, parse
    >>> period(parse("2026-03-05 14:02:00"), parse("2026-03-05 14:11:30"))
    Text(zh='2026-03-05 14:02至14:11', en='2026-03-05 14:02 to 14:11')
    >>> period(0, 30_000)
    Text(zh='1970-01-01 08:00', en='1970-01-01 08:00')
    """
    first, last = clock(start), clock(end)
    if first == last:
        return Text(first, first)
    until = last.removeprefix(f"{clock(start, '%Y-%m-%d')} ")
    return Text(f"{first}至{until}", f"{first} to {until}")


def days(first: int, last: int) -> Text:
    """From which day to which (first moments, ms UTC).

    >>> days(0, 0), days(0, 86_400_000)
    (Text(zh='1970-01-01', en='1970-01-01'), Text(zh='1970-01-01至1970-01-02', en='1970-01-01 to 1970-01-02'))
    """
    start, end = clock(first, "%Y-%m-%d"), clock(last, "%Y-%m-%d")
    return Text(start, start) if start == end else Text(f"{start}至{end}", f"{start} to {end}")


def yuan(fen: int) -> str:
    """An amount as people read it.

    >>> yuan(234_000)
    '2,340.00'
    """
    return f"{fen / 100:,.2f}"

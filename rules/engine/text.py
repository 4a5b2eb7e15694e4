"""Sentences in Chinese and English."""

from __future__ import annotations

import msgspec


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


class Text(msgspec.Struct, frozen=True):
    """The sentence of an alert in both languages."""

    zh: str
    en: str

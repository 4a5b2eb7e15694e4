"""The report of `monitor contract check` for people, in Chinese and English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from monitor.contract.check import FATES, FIRST_LINES, Fate, Group, Report, numbers
from monitor.text import padded
from rules.wire.reasons import Reason

Language = Literal["zh", "en"]
MOST_REASONS = 50
"""So many reasons are printed; --json has all."""


class Said(NamedTuple):
    """One sentence in two languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The sentence in one of the two."""
        return self.zh if language == "zh" else self.en

    def filled(self, **figures: object) -> Said:
        """Both with their places filled in; a figure that is a sentence itself, in the same language."""
        return Said(self.zh.format(**_in("zh", figures)), self.en.format(**_in("en", figures)))


def _in(language: Language, figures: Mapping[str, object]) -> dict[str, object]:
    return {name: one.of(language) if isinstance(one, Said) else one for name, one in figures.items()}


MEANING: Mapping[str, Said] = {
    "not_json": Said("不是 UTF-8 编码的 JSON；每行应为一条完整报文", "not JSON in UTF-8; a line is one whole message"),
    "not_object": Said("不是 JSON 对象；每行一条报文，不要写成数组", "not an object; one message a line, no array"),
    "not_a_message": Said("没有报文头；请原样转发报文", "no header; forward the message itself"),
    "missing_field": Said("缺少必填字段", "a required field is missing"),
    "missing_node": Said("input 中没有该交易的节点", "input has no node of this transaction"),
    "wrong_type": Said("字段的类型或长度不对", "a field has another type or length"),
    "bad_time": Said("时间格式不对，或缺少日期", "a time in another notation, or without its date"),
    "negative_amount": Said("出现负数，却没有退费标志或原单号", "a negative amount that nothing explains"),
    "too_large": Said("报文过大", "the message is too large"),
    "too_deep": Said("嵌套过深", "the message is nested too deep"),
    "too_many_items": Said("明细、追溯码或行数过多", "too many lines, trace codes or rows"),
    "too_many_reasons": Said("错误过多，其余未列出", "more reasons than are told"),
    "no_result": Said("只有请求，没有应答；请与应答合并后发布", "a request without its reply; publish both together"),
    "upload_ahead": Said("inf_time 在未来；请检查时钟和时区", "inf_time in the future; check clock and time zone"),
    "upload_ancient": Said("inf_time 早于 2000 年；请检查时钟", "inf_time before 2000; check the clock"),
    "business_time_ahead": Said("业务时间晚于 inf_time；请检查时钟", "a business time after inf_time; check the clock"),
    "skipped": Said("本系统不使用的交易，不是错误", "a transaction that is not used; no error"),
    "failed": Said("应答表明交易失败，不计入", "a transaction that failed; it counts nowhere"),
    "late": Said("上传过晚，不再参与检测", "uploaded too late to be judged"),
}
"""Code of a reason -> what it means; docs/publishing.md says what to do."""

_WHERE = Said("{messages} 条，第 {lines} 行", "messages: {messages}; lines: {lines}")
PARTS: Mapping[str, Said] = {
    "late_lines": Said("明细过晚或在未来，未计入", "lines left out, too late or in the future"),
    "bad_codes": Said("不是追溯码", "trace codes that are none"),
    "missing_codes": Said("缺少追溯码", "trace codes that are missing"),
    "cut": Said("字段被截短或舍去", "fields cut or left out"),
}
"""What is left out of messages that are understood, or wrong in them -> what it means."""
_WORDS: Mapping[str, Said] = {
    **PARTS,
    "read": Said("共", "read"),
    "understood": Said("读懂", "understood"),
    "skipped": Said("跳过", "skipped"),
    "failed": Said("失败", "failed"),
    "late": Said("迟到", "late"),
    "refused": Said("拒收", "refused"),
    "infno": Said("交易", "infno"),
    "form": Said("形式", "form"),
    "flat": Said("平铺", "flat"),
    "request": Said("请求", "request"),
    "reply": Said("请求与应答", "request and reply"),
    "other": Said("其他", "other"),
    "all": Said("合计", "all"),
    "why": Said("没有读懂的，按原因：", "What was not understood, by reason:"),
    "noted": Said("读懂的报文中：", "In messages that were understood:"),
    "more": Said("另有原因未列出，见 --json：", "more reasons, see --json:"),
    "nothing": Said("没有一条报文被读懂。", "Nothing was understood."),
    "help": Said("各原因的处理办法：docs/publishing.zh.md", "What to do about each: docs/publishing.md"),
}


def report_lines(report: Report, language: Language) -> Iterator[str]:
    """The report as lines for people."""
    speech = _Speech(language)
    yield from _table(report, speech)
    if report.reasons:
        yield f"\n{speech.word('why')}"
        yield from _reasons(report.by_reason(), speech)
        yield speech.word("help")
    if report.noted:
        yield f"\n{speech.word('noted')}"
        yield from (_note(what, name, group, speech) for (what, name), group in sorted(report.noted.items()))
    if not report.fates["understood"]:
        yield f"\n{speech.word('nothing')}"


class _Speech(NamedTuple):
    """Sentences in one language."""

    language: Language

    def word(self, name: str) -> str:
        """A word of the report; a name that is none stays as it is."""
        return _WORDS.get(name, Said(name, name)).of(self.language)

    def where(self, group: Group) -> str:
        lines = ("、" if self.language == "zh" else ", ").join(map(str, group.lines))
        more = " …" if group.messages > FIRST_LINES else ""
        return _WHERE.of(self.language).format(messages=group.messages, lines=lines + more)


def _table(report: Report, speech: _Speech) -> Iterator[str]:
    yield _row(speech.word("infno"), speech.word("form"), map(speech.word, ("read", *FATES)))
    for infno, form, fates in report.by_transaction():
        yield _counted(speech.word(infno or "-"), speech.word(form), fates)
    yield _counted(speech.word("all"), "", report.fates)


def _counted(infno: str, form: str, fates: Counter[Fate]) -> str:
    return _row(infno, form, (str(number or "-") for number in numbers(fates).values()))


def _row(infno: str, form: str, cells: Iterable[str]) -> str:
    return padded(infno, 8) + padded(form, 18) + "".join(padded(cell, 11, right=True) for cell in cells)


def _reasons(reasons: list[tuple[Fate, Reason, Group]], speech: _Speech) -> Iterator[str]:
    for fate, why, group in reasons[:MOST_REASONS]:
        code = f" {why.code}" if fate == "refused" else ""
        yield f"  {speech.word(fate)}{code}: {MEANING[why.code].of(speech.language)}"
        yield f"    {why.text}"
        yield f"    {speech.where(group)}"
    if len(reasons) > MOST_REASONS:
        yield f"  {speech.word('more')} {len(reasons) - MOST_REASONS}"


def _note(what: str, name: str, group: Group, speech: _Speech) -> str:
    named = f" {name}" if name else ""
    return f"  {speech.word(what)}{named}: {group.count} ({speech.where(group)})"

"""What a reconciliation found, for people, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from monitor.contract.text import Language, Said
from monitor.reconcile.compare import Row, Seen, Verdict
from monitor.reconcile.platformlist import Listed

VERDICTS: Mapping[Verdict, Said] = {
    "adds_up": Said("相符", "adds up"),
    "differs": Said("不符", "differs"),
    "before_taking_back": Said(
        "与撤销前的数相符：清单可能包含后来撤销的结算", "fits before what was taken back: the list may count that too"
    ),
    "never_sent": Said("平台有结算，本系统没有收到该机构的任何报文", "never sent: no message of it was seen"),
    "not_listed": Said("本系统收到了报文，平台清单中没有该机构", "not in the list: messages of it were seen"),
}

_LISTED = Said("平台 {number} 笔 {sum} 元", "platform {number}, {sum} yuan")
_NOT_LISTED = Said("平台无记录", "platform nothing")
_SEEN = Said(
    "接受 {accepted} 笔 {accepted_sum} 元，撤销 {taken_back} 笔 {taken_back_sum} 元，净 {net} 笔 {net_sum} 元",
    "accepted {accepted}, {accepted_sum}; taken back {taken_back}, {taken_back_sum}; net {net}, {net_sum}",
)
_ASIDE: Mapping[str, Said] = {
    "refused": Said("拒收", "refused"),
    "late": Said("迟到", "late"),
    "failed": Said("失败", "failed"),
    "skipped": Said("跳过", "skipped"),
    "duplicates": Said("重复", "duplicate"),
    "refunds_without_original": Said("无原结算号的退费", "refunds without original"),
}
_DIFFERENCE = Said("相差 {number:+} 笔 {sum} 元", "difference {number:+}, {sum} yuan")
_NOWHERE = Said("读不出机构的报文：", "of no institution that can be read: ")
_TOTAL = Said("{day}：{well} 家相符，{wrong} 家不符", "{day}: {well} add up, {wrong} do not")


def report_lines(day: date, rows: Sequence[Row], nowhere: Seen, language: Language) -> Iterator[str]:
    """Every institution that does not add up, what could not be told by institution, and how many there are of each."""
    wrong = [row for row in rows if row.verdict != "adds_up"]
    for row in wrong:
        yield f"{row.institution}  {VERDICTS[row.verdict].of(language)}"
        yield f"  {_numbers(row, language)}"
        if aside := _aside(row.seen, language):
            yield f"  {aside}"
    if aside := _aside(nowhere, language):
        yield f"{_NOWHERE.of(language)}{aside}"
    yield _TOTAL.of(language).format(day=day, well=len(rows) - len(wrong), wrong=len(wrong))


def _numbers(row: Row, language: Language) -> str:
    difference = _DIFFERENCE.of(language).format(number=row.number, sum=_money(row.fund, sign="+"))
    parts = [_listed(row.listed, language), _counted(row.seen, language), difference]
    return ("；" if language == "zh" else "; ").join(parts)


def _aside(seen: Seen, language: Language) -> str:
    """What was not accepted, or came again; empty where there is nothing of it."""
    counted = {what: getattr(seen, what) for what in _ASIDE}
    parts = [f"{_ASIDE[what].of(language)} {number}" for what, number in counted.items() if number]
    return ("，" if language == "zh" else ", ").join(parts)


def _listed(listed: Listed | None, language: Language) -> str:
    if listed is None:
        return _NOT_LISTED.of(language)
    return _LISTED.of(language).format(number=listed.number, sum=_money(listed.fund))


def _counted(seen: Seen, language: Language) -> str:
    return _SEEN.of(language).format(
        accepted=seen.accepted,
        accepted_sum=_money(seen.accepted_fund),
        taken_back=seen.taken_back,
        taken_back_sum=_money(seen.taken_back_fund),
        net=seen.net,
        net_sum=_money(seen.net_fund),
    )


def _money(fen: int, sign: str = "") -> str:
    return f"{fen / 100:{sign},.2f}"

"""What a replay did, for people, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.contract.text import MEANING, PARTS, Language, Said
from monitor.offline.replay import SetAside, Summary
from monitor.rulecolumn import rule_cell

MOST_NAMES = 10
"""So many names of a count are printed; --json has all."""

_FIRST = Said(
    "读入 {read}：接受 {accepted}，重复 {duplicate}，跳过 {skipped}，失败 {failed}，拒收 {refused}，迟到 {late}；"
    "新线索 {alerts_opened}，成立 {alerts_standing}；用时 {seconds:.1f} 秒",
    "read {read}: accepted {accepted}, duplicate {duplicate}, skipped {skipped}, failed {failed}, refused {refused}, "
    "late {late}; alerts opened {alerts_opened}, standing {alerts_standing}; {seconds:.1f} s",
)
_NOT_JUDGED = Said("缺少参考表，未判定的规则", "not judged for want of a table")
_NOTED: Mapping[str, Said] = {
    "skipped_by_infno": Said("跳过，本系统不使用的交易", "skipped, transactions that are not used"),
    "failed_by_infno": Said("失败，应答表明交易未成功", "failed, as the reply says"),
    "late_lines": PARTS["late_lines"],
    "bad_trace_codes": PARTS["bad_codes"],
    "missing_trace_codes": PARTS["missing_codes"],
    "fields_cut": PARTS["cut"],
    "refunds_without_original": Said(
        "退费记录没有原结算号，不计入任何合计", "refunds that name no settlement; they stand in no sum"
    ),
    "retractions_without_target": Said("撤销找不到所撤销的报文", "retractions that found nothing to take back"),
    "without_target_by_institution": Said("其中各机构", "of these, by institution"),
    "message_reversals_without_target": Said(
        "冲正（2601）找不到所冲正的报文，超时之后属正常",
        "2601 that found nothing to take back; normal after a time-out",
    ),
    "sorted_lines": Said("已按 inf_time、msgid 排序的行", "lines put in order of inf_time and msgid"),
    "without_time": Said(
        "其中读不出 inf_time 的行，仍在原来的前一行之后",
        "of these, lines without an inf_time, which stay where they were",
    ),
    "out_of_order": Said(
        "inf_time 早于前面报文超过宽限期，判定结果随行的顺序而变；请加 --sort 重放",
        "messages with an inf_time before that of an earlier line by more than the grace; replay the file with --sort",
    ),
}
"""Field of the summary -> what it means; what is zero is not printed."""
_NEXT: Mapping[str, Said] = {
    "tables": Said(
        "--reference 目录：读入参考表，上列未判定的规则即可判定",
        "--reference FOLDER reads the tables, so that the rules above are judged too",
    ),
    "refused": Said(
        "--dead-letters 文件：写出拒收的报文及原因；monitor contract check 检查整个文件",
        "--dead-letters FILE writes what was refused and why; monitor contract check looks at the whole file",
    ),
    "full": Said("--full：逐条打印线索及证据", "--full prints each lead with its evidence"),
    "alerts": Said(
        "--alerts 文件：写出线索；再用 monitor evaluate 与标注对照",
        "--alerts FILE writes the leads; monitor evaluate then measures them against labels",
    ),
    "evaluate": Said(
        "monitor evaluate --alerts {alerts} --labels 标注文件：与标注对照",
        "monitor evaluate --alerts {alerts} --labels LABELS measures the leads against labels",
    ),
    "put": Said(
        "monitor rules put {other}：使这些规则在集群上生效", "monitor rules put {other} brings those rules into force"
    ),
    "why": Said("monitor rules show {rule}：该规则的说明、依据与参数", "monitor rules show {rule} explains that rule"),
}
_NEXT_HEADING = Said("下一步", "next")
_REFUSED = Said("拒收，按原因", "refused, by reason")
_NOTHING_READ = Said("没有读到任何报文", "nothing was read: expected one JSON object a line, was empty")
_NOTHING = Said(
    "{read} 条报文没有一条被接受；最常见：{code}（{number} 条），{meaning}{words}",
    "nothing was accepted of {read} messages; most often: {code} ({number}): {words}",
)


def summary_lines(summary: Summary, language: Language) -> Iterator[str]:
    """The summary as lines."""
    yield _FIRST.of(language).format_map(vars(summary))
    for rule, number in summary.by_rule.items():
        yield f"  {rule_cell(rule)} {number}"
    if summary.not_judged:
        yield _line(_NOT_JUDGED, _listed(summary.not_judged, language), language)
    if summary.refused_by_reason:
        yield _line(_REFUSED, "", language)
        for code, number in summary.refused_by_reason.items():
            yield f"  {code} {number}  {_meaning(code, language)}"
    for name, meaning in _NOTED.items():
        if counted := getattr(summary, name):
            yield _line(meaning, _counts(counted, language), language)


def next_lines(summary: Summary, language: Language, *, alerts: str, other: str, full: bool) -> Iterator[str]:
    """What to do next.

    alerts: the file of alerts that was written; other: that of the rules that were compared; empty: none. full: whether
    alerts were printed in full.
    """
    rule = max(summary.by_rule, key=lambda name: summary.by_rule[name], default="")
    asked = {
        "tables": bool(summary.not_judged),
        "refused": summary.refused > 0,
        "full": bool(rule) and not full,
        "alerts": bool(rule) and not alerts,
        "evaluate": bool(rule and alerts),
        "put": bool(other),
        "why": bool(rule),
    }
    if any(asked.values()):
        yield _line(_NEXT_HEADING, "", language)
    for name, is_asked in asked.items():
        if is_asked:
            yield f"  {_NEXT[name].of(language).format(rule=rule, alerts=alerts, other=other)}"


def nothing_accepted(read: int, aside: SetAside, language: Language) -> str:
    """Why a file of which nothing was accepted had no effect: the most frequent reason."""
    if not read:
        return _NOTHING_READ.of(language)
    code, words, number = aside.most_often()
    meaning = _meaning(code, language)
    if language == "en":
        words = words or meaning
    elif words:
        words = f"（{words}）"
    return _NOTHING.of(language).format(read=read, code=code, number=number, meaning=meaning, words=words)


def _counts(counted: int | Mapping[str, int], language: Language) -> str:
    if isinstance(counted, int):
        return str(counted)
    first = [f"{name or '-'} {number}" for name, number in list(counted.items())[:MOST_NAMES]]
    return _listed([*first, "…"] if len(counted) > MOST_NAMES else first, language)


def _listed(names: list[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(names)


def _line(meaning: Said, counted: str, language: Language) -> str:
    colon = "：" if language == "zh" else ": "
    return f"{meaning.of(language)}{colon}{counted}".rstrip()


def _meaning(code: str, language: Language) -> str:
    return MEANING.get(code, Said(code, code)).of(language)

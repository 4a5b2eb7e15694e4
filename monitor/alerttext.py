"""An alert for people, in Chinese or in English: as one line, and in full with its evidence as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len

from monitor.contract.text import Language, Said
from monitor.text import padded
from rules.catalogue import catalogue
from rules.times import clock, parse

Alert = Mapping[str, Any]
Row = Mapping[str, Any]

SEVERITIES: Mapping[str, Said] = {
    "info": Said("提示", "info"),
    "warning": Said("一般", "warning"),
    "high": Said("较高", "high"),
    "critical": Said("严重", "critical"),
}
STATUS: Mapping[str, Said] = {
    "opened": Said("新线索", "opened"),
    "updated": Said("更新", "updated"),
    "withdrawn": Said("已撤销", "withdrawn"),
    "closed": Said("已结束", "closed"),
}
CLOSED_BY: Mapping[str, Said] = {
    "quiet": Said("未再发生", "no further finding"),
    "rule_off": Said("规则停用", "the rule is off"),
    "merged": Said("并入另一线索", "merged into another alert"),
}
STAGES: Mapping[str, Said] = {
    "pre": Said("事前", "before the settlement"),
    "in": Said("事中", "during the visit"),
    "post": Said("事后", "afterwards"),
}
SUBJECTS: Mapping[str, Said] = {
    "person": Said("参保人", "person"),
    "institution": Said("机构", "institution"),
    "physician": Said("医师", "physician"),
    "trace_code": Said("追溯码", "trace code"),
    "group": Said("群体", "group"),
}
ROLES: Mapping[str, Said] = {
    "settlement": Said("结算", "settlement"),
    "pre_settlement": Said("预结算", "pre-settlement"),
    "admission": Said("入院", "admission"),
    "discharge": Said("出院", "discharge"),
    "bill": Said("住院结算", "bill"),
    "fee_line": Said("费用明细", "fee line"),
    "sale": Said("销售（随结算）", "sale"),
    "stock_sale": Said("销售（进销存）", "stock sale"),
    "message": Said("报文", "message"),
}
DECIDED: Mapping[str, Said] = {
    "inf_time": Said("上传时间", "uploaded"),
    "fee_ocur_time": Said("服务时间", "time of service"),
    "insuplc_admdvs": Said("参保地", "insured in"),
    "mdtrtarea_admvs": Said("就医地", "place of care"),
    "medfee_sumamt": Said("总费用", "total compared"),
    "mdtrt_cert_type": Said("凭证类型", "credential"),
    "balc": Said("账户余额", "balance"),
    "opter": Said("经办人", "operator"),
    "opter_type": Said("经办类别", "kind of operator"),
    "med_type": Said("医疗类别", "kind of visit"),
    "rxno": Said("处方号", "prescription"),
    "bilg_dr_codg": Said("开单医师", "physician"),
    "prd_days": Said("用药天数", "days"),
    "dscg_maindiag_code": Said("主诊断", "diagnosis"),
    "dscg_way": Said("离院方式", "way of leaving"),
    "mid_setl_flag": Said("中途结算", "interim"),
    "dscg_time": Said("结算所载出院时间", "discharge as billed"),
    "drug_trac_codg": Said("追溯码", "trace code"),
    "trdn_flag": Said("拆零", "opened pack"),
    "die_date": Said("登记死亡日期", "day of death"),
    "status": Said("协议状态", "agreement"),
    "admdvs": Said("登记区划", "registered region"),
    "lat": Said("纬度", "latitude"),
    "lon": Said("经度", "longitude"),
    "group": Said("所属集团", "group"),
    "pack_units": Said("每盒单位数", "units a pack"),
    "daily_units": Said("日用量", "units a day"),
}
"""What rules decide on: field or column -> its heading."""
AGREEMENTS: Mapping[str, Said] = {
    "suspended": Said("中止", "suspended"),
    "terminated": Said("解除", "terminated"),
}
"""Status of an institution in the register, where that is why an alert is there."""
_WORDS: Mapping[str, Said] = {
    "id": Said("线索编号", "alert"),
    "incident": Said("同一事件", "incident"),
    "revision": Said("版本", "revision"),
    "detected": Said("发现时间", "detected"),
    "lasted": Said("发生时间", "from, to"),
    "window": Said("统计区间", "window"),
    "triggers": Said("触发次数", "triggers"),
    "subject": Said("对象", "about"),
    "shadow": Said("试运行规则，不通知", "a shadow rule, pages nobody"),
    "merged": Said("并入线索", "merged into"),
    "warming": Said("数据自此时起完整", "complete from"),
    "degraded": Said("未判定的规则", "rules that were off"),
    "reversed": Said("事后撤销的结算", "settlements reversed afterwards"),
    "rule": Said("规则版本", "version of the rule"),
    "tables": Said("参考表版本", "version of the tables"),
    "why": Said("规则说明", "why"),
    "basis": Said("法律依据", "legal basis, in the original"),
    "evidence": Said("证据", "evidence"),
    "decided": Said("（* 为规则判定所依据的字段）", " (* what the rule decided on)"),
    "same": Said("各行相同", "the same in each row"),
    "more": Said("另有 {} 条未列出", "and {} more"),
    "time": Said("时间", "time"),
    "role": Said("类型", "what"),
    "infno": Said("交易", "transaction"),
    "institution": Said("机构", "institution"),
    "person": Said("参保人", "person"),
    "setl_id": Said("结算号", "settlement"),
    "mdtrt_id": Said("就诊号", "visit"),
    "msgid": Said("报文号", "message"),
    "line": Said("明细号", "line"),
    "amount": Said("基金支付", "fund"),
    "in_scope": Said("医保范围内费用", "in scope"),
    "total": Said("费用", "total"),
    "item": Said("项目", "item"),
    "quantity": Said("数量", "quantity"),
}
_BILLED = ("settlement", "pre_settlement", "bill", "fee_line", "sale")
"""Rows that have an amount; the others put nothing through the fund."""
_COLUMNS = (
    *("time", "role", "infno", "institution", "person", "item", "quantity", "amount", "in_scope", "total"),
    *("setl_id", "mdtrt_id", "line", "msgid"),
)
"""Of the table, in order; what the rule decided on stands behind them."""
_RIGHT = ("quantity", "amount", "in_scope", "total")


class _Speech(NamedTuple):
    language: Language

    def of(self, words: Mapping[str, Said], key: str) -> str:
        """A word in the language; the key itself where there is none."""
        said = words.get(key)
        return key if said is None else self.said(said)

    def said(self, said: Said) -> str:
        """One of the two."""
        return said.zh if self.language == "zh" else said.en

    def word(self, key: str) -> str:
        """One of our own headings."""
        return self.said(_WORDS[key])

    def line(self, key: str, value: str) -> str:
        """A heading and what it says."""
        return f"{self.word(key)}{self.colon}{value}"

    @property
    def colon(self) -> str:
        """Behind a heading."""
        return "：" if self.language == "zh" else ": "

    @property
    def comma(self) -> str:
        """Between parts of a list."""
        return "，" if self.language == "zh" else ", "


def severity_word(severity: str, language: Language) -> str:
    """How severe an alert is, in words."""
    return _Speech(language).of(SEVERITIES, severity)


def alert_line(alert: Alert, language: Language, *, with_id: bool = False) -> str:
    """An alert as one line: how severe, what became of it, the rule and the text. with_id: its id in front."""
    speech = _Speech(language)
    parts = [
        padded(speech.of(SEVERITIES, alert["severity"]), 8),
        padded(speech.of(STATUS, alert["status"]), 9) if with_id else "",
        padded(alert["rule_id"], 9),
        alert["text"][language],
    ]
    return " ".join(filter(None, [alert["alert_id"] if with_id else "", *parts]))


def alert_lines(alert: Alert, language: Language) -> Iterator[str]:
    """An alert in full."""
    speech = _Speech(language)
    yield _title(alert, speech)
    yield alert["text"][language]
    yield from _facts(alert, speech)
    if (rule := catalogue().get(alert["rule_id"])) is not None:
        yield speech.line("why", rule.card.why.zh if language == "zh" else rule.card.why.en)
    yield speech.word("basis") + speech.colon.rstrip()
    yield f"  {alert['basis']}"
    yield from _evidence(alert, speech)


def _title(alert: Alert, speech: _Speech) -> str:
    name = alert["rule_name"] if speech.language == "zh" else alert.get("rule_name_en", "")
    status = speech.of(STATUS, alert["status"])
    if closed_by := alert.get("closed_by"):
        status = f"{status}{speech.comma}{speech.of(CLOSED_BY, closed_by)}"
    severity, stage = speech.of(SEVERITIES, alert["severity"]), speech.of(STAGES, alert["stage"])
    return f"{alert['rule_id']} {name} · {severity} · {status} · {stage}"


def _facts(alert: Alert, speech: _Speech) -> Iterator[str]:
    """What is known of the alert besides its text; what is not said is left out."""
    subject, window = alert.get("subject") or {}, alert.get("window") or {}
    lists = {key: speech.comma.join(alert.get(name) or ()) for key, name in
             (("degraded", "degraded"), ("reversed", "reversed_after"))}  # fmt: skip
    facts = {
        "id": alert["alert_id"],
        "revision": str(alert.get("revision") or ""),
        "incident": _other(alert.get("incident_id"), alert["alert_id"]),
        "subject": f"{speech.of(SUBJECTS, subject['kind'])} {subject['id']}" if subject else "",
        "detected": _moment(alert.get("detected_at")),
        "lasted": _span(alert.get("first_time"), alert.get("last_time"), speech),
        "window": _span(window.get("start"), window.get("end"), speech),
        "triggers": str(alert.get("triggers") or ""),
        "merged": alert.get("merged_into") or "",
        "warming": _moment(alert.get("warming_until")),
        **lists,
        "rule": alert["rule_version"],
        "tables": (alert.get("reference_version") or "").replace("none", ""),
    }
    for key, value in facts.items():
        if value:
            yield speech.line(key, value)
    if alert.get("shadow"):
        yield speech.word("shadow")


def _other(value: str | None, than: str) -> str:
    return "" if value is None or value == than else value


def _moment(iso: str | None) -> str:
    """A time as people in Beijing write it; what is none as it came."""
    if not iso:
        return ""
    try:
        return clock(parse(iso), "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return iso


def _span(start: str | None, end: str | None, speech: _Speech) -> str:
    first, last = _moment(start), _moment(end)
    if first == last:
        return first
    return f"{first}{'至' if speech.language == 'zh' else ' to '}{last}"


def _evidence(alert: Alert, speech: _Speech) -> Iterator[str]:
    """The rows as a table; a column that says the same in every row stands above it."""
    rows = [_cells(row, speech) for row in alert["evidence"]]
    if not rows:
        return
    columns = [name for name in _COLUMNS if any(row[name] for row in rows)]
    columns += dict.fromkeys(name for row in rows for name in row if name not in _COLUMNS)
    shared = [name for name in columns if len(rows) > 1 and len({row.get(name, "") for row in rows}) == 1]
    headings = {name: _heading(name, speech) for name in columns}
    yield f"{speech.line('evidence', str(alert['evidence_count']))}{speech.word('decided')}"
    if shared:
        said = speech.comma.join(f"{headings[name]} {rows[0][name]}" for name in shared)
        yield f"  {speech.line('same', said)}"
    yield from _table([name for name in columns if name not in shared], headings, rows)
    if (more := alert["evidence_count"] - len(rows)) > 0:
        yield f"  {speech.word('more').format(more)}"


def _cells(row: Row, speech: _Speech) -> dict[str, str]:
    """A row as texts; one of an earlier build has fewer fields."""
    role, amount = row.get("role") or "", f"{row['amount']:.2f}"
    is_open = role == "fee_line" and not row["setl_id"]
    found = {
        "time": _moment(row["event_time"]),
        "role": speech.of(ROLES, role),
        "infno": row.get("infno") or "",
        "institution": _named(row.get("fixmedins_name"), row.get("fixmedins_code"), speech),
        "person": row["person"],
        "setl_id": row["setl_id"],
        "mdtrt_id": row.get("mdtrt_id") or "",
        "msgid": "" if row["setl_id"] or row.get("mdtrt_id") else row["msgid"],
        "line": row.get("line") or "",
        "amount": "" if is_open or (role and role not in _BILLED) else amount,
        "in_scope": amount if is_open else "",
        "total": "" if row.get("total") is None else f"{row['total']:.2f}",
        "item": _named(row.get("item_name"), row.get("item"), speech),
        "quantity": "" if row.get("quantity") is None else f"{row['quantity']:g}",
    }
    decided = {f"decided.{name}": _value(name, value, speech) for name, value in (row.get("decided") or {}).items()}
    return found | decided


def _value(name: str, value: str, speech: _Speech) -> str:
    if name == "status":
        return speech.of(AGREEMENTS, value)
    return _moment(value) if name.endswith("_time") else value


def _named(name: str | None, code: str | None, speech: _Speech) -> str:
    if not (name and code):
        return code or ""
    return f"{name}（{code}）" if speech.language == "zh" else f"{name} ({code})"


def _heading(column: str, speech: _Speech) -> str:
    """The heading of a column; of what the rule decided on with its name in the interface."""
    if column in _WORDS:
        return speech.word(column)
    name = column.removeprefix("decided.")
    return f"*{speech.of(DECIDED, name)} {name}"


def _table(columns: Sequence[str], headings: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    cells = [[headings[name] for name in columns], *([row.get(name, "") for name in columns] for row in rows)]
    widths = [max(cell_len(line[at]) for line in cells) for at in range(len(columns))]
    for line in cells:
        parts = (
            padded(text, width, right=name in _RIGHT) for text, width, name in zip(line, widths, columns, strict=True)
        )
        yield f"  {'  '.join(parts)}".rstrip()

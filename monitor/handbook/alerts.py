"""docs/alerts.md: what an alert says, field by field, and the words in which it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.alertwords import CLOSED_BY, DECIDED, ROLES, SEVERITIES, STAGES, STATUS, SUBJECTS
from monitor.contract.text import Said
from monitor.handbook.markdown import page, table
from rules.catalogue import catalogue

ALERT: Mapping[str, Said] = {
    "alert_id": Said("线索编号", "id of the alert; the same in all its revisions"),
    "revision": Said("版本，从1起；同一编号以最大者为准", "number of the revision; the greatest of an id counts"),
    "status": Said("状态", "what became of it, see below"),
    "rule_id": Said("规则编号", "id of the rule"),
    "rule_version": Said(
        "规则版本；参数非默认值时带后缀", "version of the rule, with a mark where parameters are not the defaults"
    ),
    "rule_name": Said("规则名称", "name of the rule, in Chinese"),
    "rule_name_en": Said("规则英文名称", "the same in English"),
    "family": Said("规则类别", "family of the rule"),
    "shadow": Said("试运行规则为 true，不通知任何人", "true where the rule is on trial; it pages nobody"),
    "stage": Said("环节", "when it is judged, see below"),
    "severity": Said("严重程度", "how severe, see below"),
    "sev_deg": Said("严重程度，1至4", "the same as a number, 1-4"),
    "subject": Said("对象：类别与编号；参保人为假名", "kind and id of what it is about; a person is a pseudonym"),
    "scope": Said("判定范围：台账的完整主键", "the whole key of the ledger"),
    "incident_id": Said("同一事件的线索相同", "the same for alerts of one burst"),
    "fixmedins_code": Said("首次触发的机构", "institution of the first trigger"),
    "fixmedins_name": Said("该机构名称，以报文为准", "its name, as the message has it"),
    "insuplc_admdvs": Said("参保地", "where the person is insured"),
    "mdtrtarea_admvs": Said("就医地", "place of care"),
    "event_time": Said("使线索出现的触发时间", "time of the trigger that opened it"),
    "first_time": Said("首次触发时间", "first trigger"),
    "last_time": Said("末次触发时间", "last trigger"),
    "detected_at": Said("本版本的发现时间", "when this revision was found"),
    "window": Said("统计区间", "the stretch of time that is counted"),
    "triggers": Said("触发次数", "how many triggers"),
    "measure": Said(
        "度量：名称、数值、阈值、平日值、单位；阈值按标签另定的，注明标签",
        "what was measured: name, value, threshold, usual value, unit; tag: whose threshold, where not everybody's",
    ),
    "vola_amt": Said("证据涉及的基金，元", "what the evidence put through the fund, yuan"),
    "evidence": Said("证据，按时间，至多50条", "rows by time, at most 50"),
    "evidence_count": Said("证据总数", "how many in all"),
    "text": Said("线索文字，中文与英文", "the text in Chinese and English"),
    "basis": Said("法律与文件依据", "the law and the notice"),
    "reference_version": Said("所用参考表的版本", "which tables were used"),
    "degraded": Said("缺少参考表而未判定的规则", "rules that were off for want of a table"),
    "closed_by": Said("结束原因", "why it ended, see below"),
    "merged_into": Said("并入的线索", "the alert that it became part of"),
    "reversed_after": Said("超出撤销期限后才撤销的结算", "settlements reversed too late to change the alert"),
    "warming_until": Said("数据自此时起完整", "before it the window was not full"),
    "tags": Said(
        "末次触发时机构（及参保人）的标签", "what is said of the institution (and the person) at the last trigger"
    ),
}
"""Field of an alert -> its meaning."""
ROW: Mapping[str, Said] = {
    "role": Said("类型", "what the row is, see below"),
    "infno": Said("交易编号", "the transaction"),
    "msgid": Said("报文号", "the message"),
    "setl_id": Said("结算号；尚未结算的为空", "the settlement; empty of what was not settled"),
    "mdtrt_id": Said("就诊号", "the visit"),
    "line": Said("明细号；追溯码销售为追溯码", "the fee line; of a sale the trace code"),
    "event_time": Said("业务时间", "business time"),
    "fixmedins_code": Said("机构", "the institution"),
    "fixmedins_name": Said("机构名称，以报文为准", "its name, as the message has it"),
    "person": Said("参保人（假名）", "the person, a pseudonym"),
    "amount": Said(
        "基金支付，元；未结算的明细为医保范围内费用",
        "the fund's share, yuan; of a line that was not settled what is in scope",
    ),
    "total": Said("费用总额，元；明细为该行金额；无费用的为空", "the bill, of a line its sum, yuan; null: none"),
    "item": Said("医疗目录编码", "the item"),
    "item_name": Said("药品名称，取自参考表 drugs", "its name by the table drugs"),
    "quantity": Said("数量", "how much of it; null where there is no item"),
    "decided": Said(
        "规则判定所依据的字段，以接口字段名或参考表列名为键", "what the rule decided on, by field or column"
    ),
}
"""Field of a row of evidence -> its meaning."""


def alerts_page() -> str:
    """What an alert says."""
    about = (
        "An alert is a lead (线索), never a verdict. One record of `settlement.alerts` is one revision; "
        "`monitor alerts show` and `monitor replay --full` print it in full. Schema: [contract.json](contract.json)."
    )
    return page("Alerts", about, "\n\n".join(_parts()))


def _parts() -> Iterator[str]:
    yield f"## Fields\n\n{_table('field', ALERT)}"
    yield f"## A row of `evidence`\n\n{_table('field', ROW)}"
    words = {
        "`role`": ROLES, "`status`": STATUS, "`severity`": SEVERITIES, "`stage`": STAGES, "`closed_by`": CLOSED_BY,
        "`subject`": SUBJECTS,
    }  # fmt: skip
    for name, said in words.items():
        yield f"## {name}\n\n{_table('value', said)}"
    yield f"## What a rule decides on\n\n{_decided()}"


def _table(head: str, words: Mapping[str, Said]) -> str:
    return table((head, "含义", "meaning"), [(f"`{name}`", said.zh, said.en) for name, said in words.items()])


def _decided() -> str:
    """Each field and column under `decided`, with the rules that decide on it; a column stands behind its table."""
    rules: dict[str, list[str]] = {}
    for rule in catalogue().values():
        for name in rule.card.decided:
            rules.setdefault(name, []).append(rule.card.id)
    rows = []
    for name, ids in sorted(rules.items()):
        said = DECIDED[name.rpartition(".")[2]]
        rows.append((f"`{name}`", said.zh, said.en, ", ".join(ids)))
    return table(("field, or table and column", "含义", "meaning", "rules"), rows)

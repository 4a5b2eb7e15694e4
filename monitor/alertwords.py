"""The words in which an alert is shown: value or field -> Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.contract.text import Said

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
HISTORICAL = Said("历史", "historical")
"""Of an alert whose last trigger lies before the area went live."""
SNOOZED = Said("已暂停提醒", "snoozed")
"""Of an alert of which nobody is told for a while."""
CLOSED_BY: Mapping[str, Said] = {
    "quiet": Said("之后未再触发", "no further finding"),
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
    "prescription": Said("处方", "prescription"),
    "group": Said("群体", "group"),
}
ACTOR = Said("参保人、医师或机构", "a person, a physician or an institution")
"""What the alerts of a rule are about that judges leads about anybody."""
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
    "lead": Said("线索", "lead"),
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
    "setl_type": Said("结算方式", "way of settling"),
    "rxno": Said("处方号", "prescription"),
    "rx_circ_flag": Said("处方流转", "sent prescription"),
    "med_list_codg": Said("项目", "items"),
    "bilg_dr_codg": Said("开单医师", "physician"),
    "orders_dr_code": Said("执行人员", "who carries it out"),
    "bilg_dept_codg": Said("开单科室", "department"),
    "prd_days": Said("用药天数", "days"),
    "pric": Said("单价", "price"),
    "pric_uplmt_amt": Said("限价", "price limit"),
    "inscp_scp_amt": Said("范围内金额", "in scope of the fund"),
    "dscg_maindiag_code": Said("主诊断", "diagnosis"),
    "dscg_way": Said("离院方式", "way of leaving"),
    "mid_setl_flag": Said("中途结算", "interim"),
    "dscg_time": Said("结算所载出院时间", "discharge as billed"),
    "drug_trac_codg": Said("追溯码", "trace code"),
    "tel": Said("联系电话（假名）", "telephone, a pseudonym"),
    "role": Said("岗位", "role"),
    "assistance": Said("救助类别", "kind of assistance"),
    "insured_from": Said("参保首日", "insured from"),
    "most_per_day": Said("每日限次", "most a day"),
    "most_per_period": Said("期间限次", "most in a period"),
    "period_days": Said("期间天数", "days of the period"),
    "state": Said("待遇限制", "withheld"),
    "household": Said("户（假名）", "household, a pseudonym"),
    "village": Said("村（社区）", "village"),
    "care_home": Said("养老机构", "care home"),
    "employer": Said("参保单位", "employer"),
    "trdn_flag": Said("拆零", "opened pack"),
    "die_date": Said("登记死亡日期", "day of death"),
    "status": Said("状态", "status"),
    "departments": Said("执业科室", "registered departments"),
    "admdvs": Said("登记区划", "registered region"),
    "lat": Said("纬度", "latitude"),
    "lon": Said("经度", "longitude"),
    "group": Said("所属集团", "group"),
    "beds": Said("核准床位", "approved beds"),
    "pack_units": Said("每盒单位数", "units a pack"),
    "daily_units": Said("日用量", "units a day"),
    "alert_id": Said("线索编号", "alert"),
    "rule_id": Said("线索的规则", "rule of the lead"),
    "disposition": Said("线索的处置", "disposition of the lead"),
    "part_of": Said("所属组合项目", "part of"),
    "minutes": Said("每次分钟数", "minutes each"),
    "key": Said("重点监控", "key monitoring"),
    "procured": Said("集采中选情况", "procurement by volume"),
    "registered": Said("列入价格目录", "on the list of prices"),
    "separate": Said("可单独收费", "charged by itself"),
    "covered": Said("基金支付", "paid by the fund"),
    "equipment": Said("所需许可设备", "licensed equipment"),
    "cosmetic_in": Said("可能串换美容的科室", "departments of cosmetic surgery"),
    "dual_channel": Said("双通道药品", "dual-channel"),
}
"""What rules decide on: field or column -> its heading."""
AGREEMENTS: Mapping[str, Said] = {
    "suspended": Said("中止", "suspended"),
    "terminated": Said("解除", "terminated"),
    "revoked": Said("吊销", "revoked"),
    "cancelled": Said("注销", "cancelled"),
    "expired": Said("过期", "expired"),
}
"""Status of an institution's agreement or a physician's registration, where that is why an alert is there."""
WITHHELD: Mapping[str, Said] = {
    "suspended": Said("暂停联网结算", "suspended"),
    "waiting": Said("待遇等待期", "waiting"),
}
"""State of a person in the table of the insured, where that is why an alert is there."""
PROCURED: Mapping[str, Said] = {"won": Said("中选", "won"), "other": Said("非中选", "did not win")}
"""What became of a product in the procurement by volume."""
HEADINGS: Mapping[str, Said] = {
    "id": Said("线索编号", "alert"),
    "incident": Said("同一事件", "incident"),
    "beside": Said("同一事件的其他线索", "other alerts of the incident"),
    "speaks": Said("（代表该事件）", " (speaks for the incident)"),
    "revision": Said("版本", "revision"),
    "detected": Said("本版本生成时间", "this revision made"),
    "first": Said("首次达到阈值", "threshold first met"),
    "last": Said("最近一次达到阈值", "threshold last met"),
    "span": Said("证据起止时间", "evidence from and to"),
    "window": Said("所查的时间范围", "looked at"),
    "triggers": Said("触发次数", "triggers"),
    "subject": Said("对象", "about"),
    "of_telephone": Said(
        "（电话假名；凭证据中的就诊号在入院登记中查号码）",
        " (a telephone under a pseudonym; the visits in the evidence lead to it)",
    ),
    "of_household": Said(
        "（户假名；凭证据中的就诊号查参保人的户）",
        " (a household under a pseudonym; the visits in the evidence lead to it)",
    ),
    "pseudonym": Said(
        "（假名；凭证据中的结算号、就诊号在结算系统中查找本人）",
        " (a pseudonym; the settlement or visit in the evidence leads to the person)",
    ),
    "until": Said("至{}", " until {}"),
    "shadow": Said("试运行规则，不通知", "a shadow rule, pages nobody"),
    "merged": Said("并入线索", "merged into"),
    "tags": Said("参考表标注", "belongs to"),
    "warming": Said("数据自此时起完整", "complete from"),
    "degraded": Said("未判定的规则", "rules that were off"),
    "reversed": Said("事后撤销的结算", "settlements reversed afterwards"),
    "rule": Said("规则版本", "version of the rule"),
    "tables": Said("参考表版本", "version of the tables"),
    "why": Said("规则说明", "why"),
    "basis": Said("法律依据", "legal basis, in the original"),
    "evidence": Said("证据", "evidence"),
    "rows": Said("{}条", "{}"),
    "decided": Said(
        "（* 除时间、机构、参保人和项目外，规则还依据的字段）",
        " (* what the rule decided on besides time, institution, person and item)",
    ),
    "same": Said("各行相同", "the same in each row"),
    "more": Said("另有 {} 条未列出", "and {} more"),
    "time": Said("时间", "time"),
    "role": Said("类型", "what"),
    "infno": Said("交易", "transaction"),
    "institution": Said("机构", "institution"),
    "person": Said("参保人", "person"),
    "setl_id": Said("结算号", "settlement"),
    "open": Said("上传时未结算", "not settled when uploaded"),
    "mdtrt_id": Said("就诊号", "visit"),
    "msgid": Said("报文号", "message"),
    "line": Said("明细号", "line"),
    "amount": Said("基金支付（元）", "fund, yuan"),
    "in_scope": Said("医保范围内费用（元）", "in scope, yuan"),
    "total": Said("费用（元）", "total, yuan"),
    "item": Said("项目", "item"),
    "quantity": Said("数量", "quantity"),
}

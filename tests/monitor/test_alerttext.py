"""An alert as people read it: one language in a line, the evidence as a table, nothing left out that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

import msgspec
import pytest

from monitor.alerttext import alert_line, alert_lines, evidence_of, facts_of
from monitor.alertwords import CLOSED_BY, DECIDED, ROLES, SEVERITIES, STAGES, STATUS, SUBJECTS
from monitor.contract.text import Said
from monitor.rulecolumn import rule_cell
from rules import Rule
from rules.catalogue import catalogue
from rules.drug.d03_split_prescription import SplitPrescription
from rules.engine import card
from rules.engine.alert import Alert, ClosedBy, Status
from rules.engine.entry import Role
from rules.engine.finding import SEVERITIES as DEGREES
from rules.entitlement.e01_overlapping_stays import OverlappingStays
from rules.reference import Reference
from tests.oracle import wire
from tests.oracle.wire import DAY, HOSPITAL, HOUR, MONDAY
from tests.rules._examples import alerts_of
from tests.rules._messages import standing_after

OTHER = "H34102100002"
CHINESE = re.compile(r"[一-鿿，。：；（）]")


def two_stays() -> dict[str, Any]:
    """The alert of two overlapping stays, closed."""
    first, second = {"fixmedins_code": HOSPITAL, "fixmedins_name": "甲医院"}, {"fixmedins_code": OTHER}
    bodies = [
        wire.admission("v1", MONDAY, **first),
        wire.admission("v2", MONDAY + DAY, **second),
        wire.discharge("v1", MONDAY + 3 * DAY, **first),
        wire.settlement(MONDAY + 3 * DAY + HOUR, "2304", mdtrt_id="v1", setl_id="s1", med_type="21", **first),
        wire.discharge("v2", MONDAY + 4 * DAY, **second),
    ]
    [alert] = standing_after(OverlappingStays(), bodies, Reference())
    return as_read(alert)


def as_read(alert: Alert) -> dict[str, Any]:
    """The alert as the read model has it."""
    found: dict[str, Any] = msgspec.to_builtins(alert)
    return found


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (SEVERITIES, DEGREES),
        (STATUS, get_args(Status)),
        (CLOSED_BY, get_args(ClosedBy)),
        (STAGES, ("pre", *get_args(card.Stage))),
        (SUBJECTS, get_args(card.Subject)),
        (ROLES, get_args(Role)),
        (DECIDED, {name.rpartition(".")[2] for rule in catalogue().values() for name in rule.card.decided}),
    ],
)
def test_every_word_of_an_alert_is_told_in_both_languages(words: Mapping[str, Said], known: tuple[str, ...]) -> None:
    """And no word that no alert has."""
    assert set(known) == set(words)
    for said in words.values():
        assert CHINESE.search(said.zh)
        assert not CHINESE.search(said.en)


def test_a_lead_is_shown_in_full() -> None:
    """What it is, when it was found, why the rule is there, on which law, and each entry with what it is."""
    shown = list(alert_lines(two_stays(), "zh"))

    assert "E01 重叠住院 · 一般 · 已结束，之后未再触发 · 事中" == shown[0]
    assert shown[1].startswith(f"{OTHER} 2026-03-03 00:00，收治1名参保人入院，该参保人2026-03-02 00:00起已在甲医院（")
    person = "对象：参保人 1（假名；凭证据中的结算号、就诊号在结算系统中查找本人）"
    assert [person, "首次达到阈值：2026-03-03 00:00:00", "触发次数：1"] == [
        one for one in shown if one.startswith(("对象", "首次达到阈值", "最近一次", "所查", "触发次数"))
    ]
    assert "规则说明：同一参保人不能同时住在两家医院：其中一处可能为冒名住院或挂床" in shown
    assert "  《医疗保障基金使用监督管理条例》第四十一条；歙县方案（2025-04-30）“重复享受医保待遇”" in shown
    assert ["证据：5条（* 除时间、机构、参保人和项目外，规则还依据的字段）", "  各行相同：参保人 1"] == shown[-8:-6]
    heading = r"  时间 +类型 +机构 +基金支付（元）  费用（元）  \*医疗类别 med_type +交易  结算号  就诊号"
    assert re.fullmatch(heading, shown[-6])
    assert [
        "2026-03-02 00:00:00 入院 甲医院（H34102100001） 普通住院（21） 2401 v1",
        "2026-03-03 00:00:00 入院 H34102100002 普通住院（21） 2401 v2",
        "2026-03-05 00:00:00 出院 甲医院（H34102100001） 2402 v1",
        "2026-03-05 01:00:00 住院结算 甲医院（H34102100001） 40.00 50.00 普通住院（21） 2304 s1 v1",
        "2026-03-06 00:00:00 出院 H34102100002 2402 v2",
    ] == [" ".join(line.split()) for line in shown[-5:]]


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ({"kind": "group", "id": "t_1a"}, "群体 t_1a（电话假名；凭证据中的就诊号在入院登记中查号码）"),
        ({"kind": "group", "id": "h_1a"}, "群体 h_1a（户假名；凭证据中的就诊号查参保人的户）"),
        ({"kind": "group", "id": "341021001001"}, "群体 341021001001"),
        ({"kind": "physician", "id": "t_1"}, "医师 t_1"),
    ],
)
def test_a_pseudonym_says_how_it_is_found_out(subject: dict[str, str], told: str) -> None:
    """Of a telephone and of a household too; what is none stands alone."""
    assert ("对象", told) in list(facts_of(two_stays() | {"subject": subject}, "zh"))


def test_amounts_are_written_as_in_the_sentence() -> None:
    """With commas, and with their unit in the heading."""
    alert = two_stays()
    alert["evidence"] = [row | {"role": "bill", "amount": 21024.06, "total": 1000.0} for row in alert["evidence"]]
    shown = evidence_of(alert, "en", {})

    assert [("fund, yuan", "21,024.06"), ("total, yuan", "1,000.00")] == shown.same[2:4]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in catalogue().items()])
def test_no_line_has_two_languages(rule: type[Rule]) -> None:
    """But for the law, which stands by itself, and for names and codes."""
    for _, alert in alerts_of(rule):
        for line in alert_lines(as_read(alert), "en"):
            assert not CHINESE.search(line.replace("雷米普利片", "")) or "》" in line, line
        text = "\n".join(alert_lines(as_read(alert), "zh"))
        coded = re.sub(r"\w*\d\w*", "", text.replace(rule.card.id, "").replace("PET/CT", ""), flags=re.ASCII)
        assert set(re.findall(r"[A-Za-z_]+", coded)) <= {*DECIDED, "key"}, coded


def test_a_line_that_is_not_settled_has_no_share_of_the_fund() -> None:
    """What is in scope stands in a column of its own."""
    lines = [wire.line(n, MONDAY, prd_days=30, rxno=f"r{n}", inscp_scp_amt=18, bilg_dr_codg="d") for n in (1, 2)]
    [alert] = standing_after(SplitPrescription(), [wire.fee_lines("v1", lines)], Reference())
    shown = list(alert_lines(as_read(alert), "zh"))

    assert "医保范围内费用（元） 18.00，费用（元） 20.50，" in shown[-4]
    assert "结算号 上传时未结算" in shown[-4]
    assert "基金支付" not in shown[-4] + shown[-3]


def test_the_time_of_the_evidence_is_that_of_the_sentence() -> None:
    """Where all rows are there; else, and without rows, what was looked at."""
    alert = two_stays() | {"last_time": "2026-03-04T00:00:00+08:00"}
    told, fewer = dict(facts_of(alert, "zh")), dict(facts_of(alert | {"evidence_count": 51}, "zh"))

    assert ("2026-03-02 00:00:00至2026-03-06 00:00:00", None) == (told["证据起止时间"], told.get("所查的时间范围"))
    assert (None, True) == (fewer.get("证据起止时间"), "所查的时间范围" in fewer)
    assert ("2026-03-03 00:00:00", "2026-03-04 00:00:00") == (told["首次达到阈值"], told["最近一次达到阈值"])


def test_what_is_seldom_known_is_said_where_it_is() -> None:
    """Merged, reversed afterwards, not yet complete, of a shadow, of an incident of several leads."""
    alert = two_stays() | {
        "status": "withdrawn", "closed_by": "merged", "merged_into": "a1", "warming_until": "2026-03-09T00:00:00+08:00",
        "degraded": ["E09", "S09"], "reversed_after": ["s1"], "shadow": True, "incident_id": "a2", "evidence_count": 7,
        "tags": ["key", "credit_D", "newer"],
    }  # fmt: skip
    shown = list(alert_lines(alert, "zh"))

    assert "E01 重叠住院 · 一般 · 已撤销，并入另一线索 · 事中" == shown[0]
    assert {
        "同一事件：a2", "并入线索：a1", "数据自此时起完整：2026-03-09 00:00:00", "未判定的规则：E09，S09",
        "事后撤销的结算：s1", "试运行规则，不通知", "参考表标注：重点机构，机构信用等级D，newer",
    } <= set(shown)  # fmt: skip
    assert "  另有 2 条未列出" == shown[-1]


def test_an_alert_of_an_earlier_build_is_shown_as_far_as_it_goes() -> None:
    """Its rows have fewer fields; they are on the topic for ninety days."""
    row = {"msgid": "m1", "setl_id": "", "event_time": "2026-03-05T10:00:00+08:00", "person": "p1", "amount": 12.5}
    alert = {
        "alert_id": "a1", "severity": "high", "status": "opened", "stage": "in", "rule_id": "X01",
        "rule_name": "旧规则", "rule_version": "1", "basis": "旧依据", "text": {"zh": "旧文", "en": "old"},
        "evidence": [row], "evidence_count": 1,
    }  # fmt: skip
    shown = list(alert_lines(alert, "zh"))

    assert [
        "X01 旧规则 · 较高 · 新线索 · 事中",
        "旧文",
        "线索编号：a1",
        "证据起止时间：2026-03-05 10:00:00",
        "规则版本：1",
        "法律依据：",
        "  旧依据",
    ] == shown[:7]
    assert "  2026-03-05 10:00:00  p1               12.50  m1" == shown[-1]


def test_a_line_is_in_one_language_too() -> None:
    """How severe it is, and what became of it where the id stands in front."""
    alert = two_stays() | {"alert_id": "a1"}

    assert alert_line(alert, "zh").startswith(f"一般     {rule_cell('E01')} {OTHER} 2026-03-03 00:00，收治")
    assert alert_line(alert, "en", with_id=True).startswith(
        f"a1 warning  closed    {rule_cell('E01')} {OTHER}, 2026-03-03"
    )


def test_an_alert_of_history_says_so() -> None:
    """In its line, and in full behind its status."""
    alert = two_stays() | {"alert_id": "a1", "historical": True}

    assert alert_line(alert, "zh").startswith(f"一般     {rule_cell('E01')} 历史 {OTHER}")
    assert "，历史 · " in next(iter(alert_lines(alert, "zh")))
    assert ", historical · " in next(iter(alert_lines(alert, "en")))

"""The page docs/leads.md: twenty alerts of simulated traffic, and what a reviewer must be able to read from each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson

from monitor.alerttext import Alert
from monitor.contract.text import Said
from monitor.handbook.markdown import page
from monitor.incidents import incident_of
from monitor.inforce.reference import load_reference
from monitor.inforce.rulebook import load_rules
from monitor.offline.replay import replay
from monitor.simulate import Simulation, write_reference
from rules.engine.alert import Alert as Revision
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms

SEED, PERSONS, DAYS, START = 7, 3000, 30, date(2026, 3, 2)
"""The traffic of the page."""
_PSEUDONYMS = Pseudonyms("example")


class Answer(NamedTuple):
    """What an alert must say by itself. rule, number: which of the rule's alerts, from 1, in the order of opening."""

    rule: str
    number: int
    why: Said
    check: Said


ANSWERS = (
    Answer(
        "D02", 1,
        Said("一次配56天用量，普通门诊（11）只允许7天加1盒（28天用量）。",
             "56 days' supply at once; outpatient (11) allows 7 days and one pack of 28 days."),
        Said("医师写的用药天数与用法；是否长期处方、代他人配药或转卖。",
             "What the physician wrote; a long-term prescription, for another person, or to be resold?"),
    ),
    Answer(
        "D02", 5,
        Said("凭处方在药店一次配168天用量，允许90天加1盒（28天用量）。",
             "168 days' supply at a pharmacy with a prescription; 90 days and one pack of 28 days are allowed."),
        Said("处方天数是否录入有误（超出字段长度）；是否代他人或为转卖配药。",
             "Was the number of days mistyped (it does not fit its field); for another person, or to be resold?"),
    ),
    Answer(
        "D01", 1,
        Said("2026-03-15已配56天量，四天后在另一家药店再配同一药品，此前各次合计预计还可用152天，阈值28天；已是第4次。",
             "56 days' supply on 2026-03-15, again four days later: the fills last 152 days, limit 28; fourth time."),
        Said("是否调整剂量、外出备药、遗失补配，或囤药转卖。", "New dose, travel, loss, or hoarding to resell?"),
    ),
    Answer(
        "D03", 1,
        Said("同一机构同日3张处方，同一药品共18天用量；一张处方只可开7天加1盒（6天用量）。",
             "3 prescriptions of one drug at one place in one day, 18 days' supply; one may hold 7 and a pack of 6."),
        Said("是否不同科室各自开具、更正后重开，或将一张处方拆开。",
             "By different departments, written anew after a correction, or one prescription split?"),
    ),
    Answer(
        "D04", 1,
        Said("同一追溯码（一盒药）在两家药店各售出1次，均未退。",
             "One trace code, one box, sold at two pharmacies, none returned."),
        Said("药盒来源与进货票据，前次销售是否退药未报，是否拆零漏标或扫错码。",
             "Where the box came from, an unreported return, an opened pack not marked, a wrong scan?"),
    ),
    Answer(
        "E01", 1,
        Said("2026-03-04起住在一家医院，2026-03-05又在另一家入院，重叠97.2小时，阈值24小时。",
             "In one hospital from 2026-03-04, admitted to another on 2026-03-05: 97.2 hours at once, limit 24."),
        Said("两院床位、护理与检查记录，患者实际在哪家医院；是否漏传出院登记。",
             "Beds, nursing and tests at both: where was the patient? Or was a discharge not sent?"),
    ),
    Answer(
        "E09", 1,
        Said("登记2026-02-28死亡，2026-03-08、2026-03-09在两家药店有2笔结算。",
             "Died on 2026-02-28 by the register; 2 settlements on 2026-03-08 and 2026-03-09 at two pharmacies."),
        Said("是否冒用死亡人员凭证；核对死亡登记是否有误。",
             "Did another person use the credential; is the register right?"),
    ),
    Answer(
        "I01", 1,
        Said("2026-03-09出院，2天后因同类诊断（N39）再次入同一医院，阈值7天。",
             "Discharged on 2026-03-09, back at the same hospital 2 days later with N39 again, limit 7 days."),
        Said("两次病历：出院时是否达到出院标准，再入院是否为同一次治疗。",
             "Both records: fit to leave then, and one treatment in two bills?"),
    ),
    Answer(
        "I01", 2,
        Said("2026-03-16从同一集团的另一家医院出院，2天后因同类诊断（E11）入院，阈值7天。",
             "Discharged on 2026-03-16 from a hospital of the group, admitted 2 days later with E11, limit 7 days."),
        Said("两次病历；是否为下转康复或同一次治疗分两次结算。",
             "Both records; rehabilitation further down the group, or one treatment in two bills?"),
    ),
    Answer(
        "I05", 1,
        Said("90天内在四家机构住院4次，阈值4次；四次主诊断各不相同。",
             "4 stays at four institutions within 90 days, limit 4; each with another diagnosis."),
        Said("各次住院指征是否充分，是否挂床或被诱导住院。",
             "Was each stay needed; was the bed used, was the person persuaded?"),
    ),
    Answer(
        "S01", 3,
        Said("10分钟内17名参保人在一家药店刷卡，阈值8人，该店平日同时段几乎没有。",
             "17 persons at one pharmacy within 10 minutes, limit 8; next to none is usual there at that hour."),
        Said("是否集中代购、收集医保卡刷卡，或断网后补传（对照上传时间）。",
             "Bought for many, cards collected, or sent late after an outage (compare the time of upload)?"),
    ),
    Answer(
        "S01-GAP", 2,
        Said("同一事件：17名参保人连续刷卡，相邻间隔均不超过2分钟，阈值8人；由S01代表。",
             "The same incident: 17 persons in a row, never more than 2 minutes apart, limit 8; S01 speaks for it."),
        Said("随S01一并核实。", "Look into it with S01."),
    ),
    Answer(
        "S01-GAP", 4,
        Said("22分钟内13名参保人连续刷卡，间隔均不超过2分钟，阈值8人。",
             "13 persons in a row within 22 minutes, never more than 2 minutes apart, limit 8."),
        Said("是否一人持多张凭证，或排队高峰、断网后补传。", "One person with many cards, a queue, or an outage?"),
    ),
    Answer(
        "S01-SIGN", 2,
        Said("10分钟内6名参保人总费用均为39.74元，阈值6人。",
             "6 persons within 10 minutes, each for 39.74 yuan, limit 6."),
        Said("是否收集凭证空刷套刷；是否单位、家庭统一购药。",
             "Collected cards; or one purchase for a firm or family?"),
    ),
    Answer(
        "S01-SIGN", 5,
        Said("10分钟内7名参保人结算后账户余额均不足5元，阈值6人。",
             "7 persons within 10 minutes, each account left with less than 5 yuan, limit 6."),
        Said("是否收集凭证将账户刷空；逐笔对照处方与小票。",
             "Accounts emptied with collected cards? Compare slips one by one."),
    ),
    Answer(
        "S01-SIGN", 6,
        Said("10分钟内7名参保人均为异地参保（330100），阈值6人。",
             "7 persons within 10 minutes, all insured elsewhere (330100), limit 6."),
        Said("是否旅行团等正常客流，或收集异地凭证刷卡。", "A tour group, or collected cards from elsewhere?"),
    ),
    Answer(
        "S01-TILL", 1,
        Said("经办人0000109的窗口10分钟内为24名参保人结算，阈值20人。",
             "The till of clerk 0000109 settled for 24 persons within 10 minutes, limit 20."),
        Said("是否持他人凭证批量结算，或共用账号、断网后补传。",
             "Other people's credentials, a shared account, an outage?"),
    ),
    Answer(
        "S06", 1,
        Said("12分钟内先后在示例县和示例邻县结算，阈值：间隔不足30分钟跨县。",
             "Two counties within 12 minutes; the limit is 30 minutes."),
        Said("是否盗刷、出借凭证，或家属代办；机构所在地登记是否有误。",
             "Stolen or lent, used by the family, or an institution registered in the wrong place?"),
    ),
    Answer(
        "S06", 2,
        Said("13:44与14:24结算的两家机构相距91公里，折合时速136.3公里，阈值120公里。",
             "Two institutions 91 km apart at 13:44 and 14:24, a journey at 136.3 km/h, limit 120."),
        Said("是否盗刷、出借凭证；两家机构的坐标登记是否正确。",
             "Stolen or lent; are both places registered correctly?"),
    ),
    Answer(
        "S09", 1,
        Said("医保协议自2026-03-12起中止，当日仍结算5笔，阈值1笔。",
             "The agreement is suspended from 2026-03-12 on; 5 settlements that day, limit 1."),
        Said("协议状态与起止日期登记是否正确；结算系统为何仍予受理。",
             "Are status and dates registered correctly; why did the settlement system accept them?"),
    ),
)  # fmt: skip
"""Twenty alerts, read one by one."""


class County(NamedTuple):
    """The traffic of the page, judged. uploads: the inf_time of every message (ms UTC); revisions: in order."""

    uploads: list[int]
    labels: list[dict[str, Any]]
    revisions: list[Alert]


@cache
def county() -> County:
    """The traffic of the page; what is given out is not to be changed."""
    simulation = Simulation(SEED, PERSONS, DAYS, START)
    with TemporaryDirectory() as folder:
        write_reference(simulation.reference(), Path(folder))
        tables = load_reference(Path(folder), _PSEUDONYMS, lambda _: None)
    found = County([], simulation.labels(), [])

    def take(value: bytes, _: Revision) -> None:
        found.revisions.append(orjson.loads(value))

    def lines() -> Iterator[bytes]:
        for uploaded, event in simulation.events():
            found.uploads.append(uploaded)
            yield orjson.dumps(event)

    replay(enumerate(lines(), 1), load_rules(None), tables, Door(_PSEUDONYMS), on_alert=take)
    return found


def alerts_of_the_page() -> dict[tuple[str, int], tuple[Alert, list[Alert]]]:
    """The alerts of the traffic as they stand at its end, by rule and number, each with the others of its incident."""
    last = {alert["alert_id"]: alert for alert in county().revisions}
    found: dict[tuple[str, int], tuple[Alert, list[Alert]]] = {}
    numbers: Counter[str] = Counter()
    for alert in last.values():
        numbers[alert["rule_id"]] += 1
        beside = [one for one in last.values() if one is not alert and incident_of(one) == incident_of(alert)]
        found[alert["rule_id"], numbers[alert["rule_id"]]] = (alert, beside)
    return found


def control_page() -> str:
    """Each alert as its reader gets it in one line, and what it must say by itself."""
    about = (
        f"Twenty alerts of `monitor simulate --seed {SEED} --persons {PERSONS} --days {DAYS} --start {START}`, as "
        "`monitor replay --full` shows them with the county's tables. A reader who has only the alert must find what "
        "stands under it: why it fired and what to check. A test holds that each figure of these answers stands in the "
        "alert itself."
    )
    alerts = alerts_of_the_page()
    return page(
        "Twenty leads, read one by one",
        about,
        "\n\n".join(_part(alerts[one.rule, one.number][0], one) for one in ANSWERS),
    )


def _part(alert: Alert, answer: Answer) -> str:
    return (
        f"## {answer.rule} {alert['rule_name']} · {alert['rule_name_en']} ({answer.number})\n\n"
        f"> {alert['text']['zh']}\n>\n> {alert['text']['en']}\n\n"
        f"- 为何提示：{answer.why.zh}\n- 核实什么：{answer.check.zh}\n"
        f"- Why: {answer.why.en}\n- Check: {answer.check.en}"
    )

"""Rule A02: one person, physician or institution is in leads of several rules."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Guard,
    Lead,
    Names,
    Reference,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
)

from ._actor import NOUNS, AboutActors, adds_up


class SeveralRules(AboutActors):
    """One person, physician or institution is the subject of leads of several rules.

    Why: "职业骗保人" (She county, 2025-04-30). Each rule has its honest exceptions; who meets the exceptions of
    several rules within half a year rarely does so by chance. The notices set no number; the figures are our
    assumption.

    Looked at are the leads about one subject by the time of their first trigger, in (t - `days`, t]. Left out are
    leads that were withdrawn, those found to be false, an error of the data or explained, and those of severity
    `info`. Rules are counted by their number in the catalogue: S01 and S01-GAP find the same thing and are one. It
    is a finding from so many rules on: `limit` of a person, `limit_of_physician`, `limit_of_institution`. It is
    `high`; `critical` where a lead among them was `confirmed` or `referred`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: 60 leads a month about
    persons by 20 rules, ten times as often about one person in fifty who is often ill; 90 about 400 institutions by
    20 rules): 0.02 alerts a day, nearly all about institutions. That is 0.6 alerts a month in 200,000.

    Known gaps: only leads whose subject it is are counted, not those whose evidence names it. A trace code, a
    prescription or a household is nobody. One event that two rules see in two ways counts as two.

    Example:
        >>> from rules.testing import at, judge, lead
        >>> rule = SeveralRules()
        >>> three = [lead(at("10:00", day=n), rule=one) for n, one in enumerate(("D01", "S06", "E01"))]
        >>> judge(rule, [three[0], three[1], lead(at("10:00", day=2), rule="D01-DUP")])
        []
        >>> [(one.value, one.severity) for one in judge(rule, three)]
        [(3, 'high')]

    """

    card = Card(
        id="A02",
        name=Text("同一对象触发多条规则", "One actor over several rules"),
        family="actors",
        ledger="actors",
        subject="actor",
        why=Text(
            "同一对象在一段时间内触发多条不同规则，难以用巧合解释，可能是职业骗保",
            "One actor sets off several rules within some time, which is rarely chance: a professional",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；歙县方案（2025-04-30）“职业骗保人”",
        advice=Text(
            "将所列线索并案，按时间排列就诊、购药、住院记录，核对各线索的人员、机构、药品是否相互关联，再决定是否移送",
            "all leads as one case: visits, purchases and stays in order of time; whether persons, institutions and "
            "drugs of the leads belong together; then whether it is to be referred",
        ),
        stage="post",
        decided=("alert_id", "rule_id", "disposition"),
    )

    days: int = parameter(
        180,
        "向前统计线索的天数",
        "length of the time in which leads are counted",
        unit="days",
        origin=assumption("半年", "half a year"),
    )
    limit: int = parameter(
        3,
        "同一参保人触发的规则达到该数即触发",
        "number of rules about one person that sets the rule off",
        unit="rules",
        origin=assumption("正常参保人半年内极少触发三条", "honest people hardly meet three in half a year"),
    )
    limit_of_physician: int = parameter(
        3,
        "同一医师触发的规则达到该数即触发",
        "number of rules about one physician that sets the rule off",
        unit="rules",
        origin=assumption("与参保人相同", "as of a person"),
    )
    limit_of_institution: int = parameter(
        6,
        "同一机构触发的规则达到该数即触发",
        "number of rules about one institution that sets the rule off",
        unit="rules",
        origin=assumption("机构业务多，正常情况下也会触发几条", "an institution does much, and meets some in any case"),
    )
    quiet: int = ends_after(30 * 86_400, "线索往往相隔数周，取最长", "leads are weeks apart: the longest there is")

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many rules as the least limit."""
        least = min(self.limit, self.limit_of_physician, self.limit_of_institution)
        return Guard(fewest=least, distinct=("rule", least))

    def check(self, entry: Lead, window: Window[Lead], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the rules of the leads in the window that ends with this one."""
        if not adds_up(entry):
            return None
        leads = [one for one in window.entries if adds_up(one)]
        numbers, limit = {one.number for one in leads}, self._limit_of(entry)
        if len(numbers) < limit:
            return None
        holds = any(one.holds for one in leads)
        return Finding(
            measure="rules_about_one_actor",
            value=len(numbers),
            limit=limit,
            unit="rules",
            severity="critical" if holds else "high",
            evidence=evidence(leads, self.card),
            details={"kind": entry.kind, "leads": str(len(leads))},
        )

    def _limit_of(self, entry: Lead) -> int:
        """So many rules are too many for one of this kind."""
        others = {"physician": self.limit_of_physician, "institution": self.limit_of_institution}
        return others.get(entry.kind, self.limit)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Whom it is about, how many rules and leads, and where they were."""
        found = episode.peak
        who, limit = NOUNS[found.details["kind"]], reached(found.limit, Text("条规则", "rules"))
        places, leads = names.institutions(found.evidence), found.details["leads"]
        return Text(
            f"{who.zh}{self.days}天内有{leads}条线索，分属{found.value:g}条不同规则（{limit.zh}），见于{places.zh}",
            f"{who.en} has {leads} leads of {found.value:g} rules within {self.days} days ({limit.en}), at {places.en}",
        )

"""Rule A01: somebody of whom a lead was confirmed before trips the same rule again."""

from __future__ import annotations

from rules import (
    CONFIRMED,
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

from ._actor import NOUNS, AboutActors


class RepeatOffence(AboutActors):
    """A lead about somebody of whom a lead of the same rule was confirmed before.

    Why: "屡查屡犯" (She county, 2025-04-30) and "对屡查屡犯、屡教不改的" (Anhui province, 2024-04-10). Who was told
    of a finding and goes on knows what it is. The notices set no number; the figures are our assumption.

    Looked at are the leads of one rule about one person, physician or institution, by the time of their first
    trigger. A lead counts as an earlier offence where it lies in (t - `days`, t], its last disposition is
    `confirmed`, and that was said at or before t, the first trigger of the lead that is judged. So a lead that
    opened before anybody was told is no repetition, however it ends. The lead that is judged may wait for its own
    disposition; it is left out where it was withdrawn, or found to be false, an error of the data or explained. It
    is a finding from `limit` earlier offences on: `high`, from `limit_of_critical` on `critical`. A variant of a
    rule (S01-GAP of S01) is another rule here.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: 150 leads a month
    about 400 honest subjects, of each by four rules, of which two in a hundred are confirmed by mistake): 0.11 alerts
    a day. That is 3.3 alerts a month in 200,000.

    Known gaps: a lead that goes on after it was confirmed is one lead, and no repetition. An institution under a new
    code, and a person whose pseudonym changed with the key, are somebody else. What was found outside of the monitor
    is not known here. A lead that was confirmed more than a year after its first trigger is not taken up.

    Example:
        >>> from rules.testing import at, judge, lead
        >>> rule = RepeatOffence()
        >>> first = lead(at("10:00"), rule="S01", said="confirmed", said_at=at("09:00", day=5))
        >>> judge(rule, [first, lead(at("08:59", day=5), rule="S01")])
        []
        >>> judge(rule, [first, lead(at("10:00", day=365), rule="S01")])
        []
        >>> [(one.value, one.severity) for one in judge(rule, [first, lead(at("09:00", day=5), rule="S01")])]
        [(1, 'high')]
        >>> [one.value for one in judge(rule, [first, lead(at("09:59", day=365), rule="S01")])]
        [1]

    """

    card = Card(
        id="A01",
        name=Text("屡查屡犯", "Repeat offence"),
        family="actors",
        ledger="repeats",
        subject="actor",
        why=Text(
            "此前已查实同类问题，又出现同一规则的新线索，可能屡查屡犯",
            "A lead of the same rule was confirmed before and there is a new one: a repeat offender",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县方案（2025-04-30）“屡查屡犯”；安徽省通知（2024-04-10）“对屡查屡犯、屡教不改的”",
        advice=Text(
            "调取此前查实线索的处理决定、整改报告和退回基金凭证，核对整改是否落实，再核实本次线索；查实的依法从重处理",
            "the decision on the earlier lead, the report on what was put right and the proof of repayment; whether it "
            "was put right; then the new lead itself",
        ),
        stage="post",
        decided=("alert_id", "rule_id", "disposition"),
    )

    days: int = parameter(
        365,
        "此前查实的线索距本次线索的最长天数",
        "length of the time in which an earlier lead counts",
        unit="days",
        origin=assumption("一年，与协议年度相当", "a year, as long as an agreement"),
    )
    limit: int = parameter(
        1,
        "此前查实的线索达到该条数即触发",
        "number of earlier leads that were confirmed that sets the rule off",
        unit="leads",
        origin=assumption("查实一次后再犯即为屡犯", "once is enough to know"),
    )
    limit_of_critical: int = parameter(
        2,
        "此前查实的线索达到该条数定为严重",
        "number of earlier leads that were confirmed from which on it is critical",
        unit="leads",
        origin=assumption("连本次在内三次", "three times with this one"),
    )
    quiet: int = ends_after(
        30 * 86_400, "再犯往往相隔数周，取最长", "repetitions are weeks apart: the longest there is"
    )

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """The lead, and those before it."""
        return Guard(fewest=self.limit + 1)

    def check(self, entry: Lead, window: Window[Lead], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the leads in the window that were confirmed when this one began."""
        if not entry.speaks:
            return None
        earlier = [one for one in window.entries if self._is_before(one, entry)]
        if len(earlier) < self.limit:
            return None
        return Finding(
            measure="earlier_confirmed_leads",
            value=len(earlier),
            limit=self.limit,
            unit="leads",
            severity="critical" if len(earlier) >= self.limit_of_critical else "high",
            evidence=evidence([*earlier, entry], self.card),
            details={"kind": entry.kind, "rule": entry.rule},
        )

    @staticmethod
    def _is_before(one: Lead, entry: Lead) -> bool:
        """Whether a lead was confirmed when another one began."""
        return one.stands and one.said == CONFIRMED and one.said_at <= entry.time and one.message != entry.message

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """Whom it is about, how often it was confirmed before, and within how long."""
        found = episode.peak
        who, limit = NOUNS[found.details["kind"]], reached(found.limit, Text("条", "leads"))
        return Text(
            f"{who.zh}再次出现规则{found.details['rule']}的线索，此前{self.days}天内同一规则已有{found.value:g}条线索查实（{limit.zh}）",
            f"{who.en} is in a lead of rule {found.details['rule']} again; {found.value:g} leads of it were confirmed "
            f"in the {self.days} days before ({limit.en})",
        )

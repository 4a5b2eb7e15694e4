"""An alert: what is kept of it, and the revisions in which it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import msgspec

from ..reference import Reference
from ..times import BEFORE_ALL, iso
from . import card
from .episode import Episode, Folded, Trigger
from .finding import SEVERITIES, Severity
from .names import Names
from .proof import Proof, proof_of
from .rule import Rule
from .scene import Scene, of_triggers
from .tags import REPORTED, TAGS, has_tag, tags_of
from .text import Text, yuan
from .watch import Watch

Status = Literal["opened", "updated", "withdrawn", "closed"]
ClosedBy = Literal["quiet", "rule_off", "merged"]
"""Why an alert ended: no trigger came any more, its rule is no longer in force, it became part of another one."""


class AlertState(msgspec.Struct, array_like=True):
    """What is kept of an alert between its revisions.

    order: number of the alert within its rule and scope, from 1. severity, measure: highest written.
    written: mark of the last content. members: ids of its triggers when last looked at. unsaid: whether its content may
    be another one than it last said.
    """

    id: str
    order: int
    opener: tuple[int, str]
    opener_time: int
    detected_at: int
    incident: str
    status: Status = "opened"
    revision: int = 0
    severity: int = -1
    measure: float = 0.0
    written: str = ""
    members: list[tuple[int, str]] = []
    folded: Folded | None = None
    reversed_after: list[str] = []
    unsaid: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still waits for what comes."""
        return self.status in ("opened", "updated")

    def is_surpassed(self, severity: int, measure: float) -> bool:
        """Whether this is news at once: a higher severity than was ever written, or twice the measure."""
        return severity > self.severity or measure >= 2 * self.measure > 0

    @property
    def lives(self) -> bool:
        """Whether it stands (it may be closed)."""
        return self.status != "withdrawn"


def alert_id(
    rule: str, scope: tuple[str, ...], message: str, line: str, time: int, *, shadow: bool, taken: int = 0
) -> str:
    """The id of an alert: a hash over the rule, the scope and the trigger that first opened it.

    time: of the trigger; an institution may use a msgid again, and an id must not come back with revision 1.
    """
    parts = [rule, *scope, message, line, str(time), "shadow" if shadow else "", str(taken or "")]
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


@dataclass
class Moment:
    """What the engine knows while it works on a record. appended: its append time, ms. reference: the tables in force.

    degraded: rules that are off. faults: rules that failed while they wrote, on which trigger, and what was raised.
    """

    appended: int
    tick: int
    reference: Reference
    degraded: list[str]
    faults: list[tuple[str, Trigger, str]] = field(default_factory=list)


class Subject(msgspec.Struct, frozen=True):
    """Whom or what an alert is about; a person is a pseudonym."""

    kind: card.Subject
    id: str


class Span(msgspec.Struct, frozen=True):
    """A stretch of time, ISO 8601."""

    start: str
    end: str


class Measure(msgspec.Struct, frozen=True):
    """What was measured, its limit, and what is normal for this subject where that is known.

    tag: whose limit it is, where it is not everybody's.
    """

    name: str
    value: float
    limit: float
    usual: float | None
    unit: str
    tag: str | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an alert, as it is published. A lead, never a verdict."""

    alert_id: str
    revision: int
    status: Status
    rule_id: str
    rule_version: str
    rule_name: str
    rule_name_en: str
    family: str
    shadow: bool
    stage: Literal["pre", "in", "post"]
    severity: Severity
    sev_deg: int
    subject: Subject
    scope: tuple[str, ...]
    incident_id: str
    fixmedins_code: str
    fixmedins_name: str
    insuplc_admdvs: str
    mdtrtarea_admvs: str
    event_time: str
    first_time: str
    last_time: str
    detected_at: str
    window: Span
    triggers: int
    measure: Measure
    vola_amt: float
    evidence: list[Proof]
    evidence_count: int
    text: Text
    basis: str
    reference_version: str
    degraded: list[str]
    closed_by: ClosedBy | None = None
    merged_into: str | None = None
    reversed_after: list[str] = []
    warming_until: str | None = None
    tags: list[str] = []


def write(  # noqa: PLR0913 - a revision is made of as much
    watch: Watch, scope: tuple[str, ...], state: AlertState, episode: Episode, now: Moment, *,
    stage: Literal["pre", "in", "post"], closed_by: ClosedBy | None = None, merged_into: str | None = None,
    warm_at: int = BEFORE_ALL,
) -> Alert:  # fmt: skip
    """The next revision of an alert, with the whole content of its episode.

    warm_at: before it (ms UTC) the window of the rule does not hold all that it should.
    """
    first, peak = episode.first, episode.peak
    rule = watch.with_tag(peak.tag).rule
    person = scope[0] if rule.card.subject == "person" else ""
    return Alert(
        alert_id=state.id,
        revision=state.revision,
        status=state.status,
        rule_id=rule.id,
        rule_version=watch.full_version,
        rule_name=rule.card.name.zh,
        rule_name_en=rule.card.name.en,
        family=rule.card.family,
        shadow=watch.shadow,
        stage=stage,
        severity=SEVERITIES[episode.severity],
        sev_deg=episode.severity + 1,
        subject=Subject(*rule.about(scope)),
        scope=scope,
        incident_id=state.incident,
        fixmedins_code=first.institution,
        fixmedins_name=first.name,
        insuplc_admdvs=first.insured_in,
        mdtrtarea_admvs=first.place,
        event_time=iso(state.opener_time),
        first_time=iso(first.time),
        last_time=iso(episode.last_time),
        detected_at=iso(state.detected_at),
        window=Span(iso(first.time - rule.shown), iso(episode.last_time)),
        triggers=episode.count,
        measure=Measure(peak.measure, peak.value, peak.limit, peak.usual, peak.unit, peak.tag or None),
        vola_amt=episode.amount / 100,
        evidence=[proof_of(one, rule.card, now.reference) for one in episode.evidence],
        evidence_count=episode.evidence_count,
        text=words(rule, episode, now, asked=stage == "pre")[0],
        basis=rule.card.basis,
        reference_version=now.reference.version,
        degraded=now.degraded,
        closed_by=closed_by,
        merged_into=merged_into,
        reversed_after=state.reversed_after,
        warming_until=iso(warm_at) if episode.last_time < warm_at else None,
        tags=tags_of(first.institution, person, episode.last_time, now.reference),
    )


def _said(rule: Rule, episode: Episode, names: Names, now: Moment) -> tuple[Text, Scene]:
    """What was seen, where and when, by the rule; where it fails, as measured, for the alert is not to be lost."""
    try:
        return rule.sentence(episode, names), rule.scene(episode)
    except Exception as error:  # noqa: BLE001 - one rule's fault must not stop the others; it is counted and published
        now.faults.append((rule.id, episode.first, type(error).__name__))
        seen = episode.peak
        measured = f"{seen.measure} {seen.value:g} / {seen.limit:g} {seen.unit}"
        return Text(measured, measured), of_triggers(episode)


def words(rule: Rule, episode: Episode, now: Moment, *, asked: bool = False, told_to: str = "") -> tuple[Text, Text]:
    """The whole text of an alert: where, when, what, how much, and what to check; and the what alone.

    asked: it is about a question, of which nothing is settled yet. told_to: the institution that reads it, to which
    others stay unnamed; empty: the bureau.
    """
    names = Names(now.reference, told_to)
    (what, scene), amount = _said(rule, episode, names, now), _amount(episode, asked=asked)
    where, when = names.institution(scene.institution, scene.name, scene.at), scene.when
    advice, tag = rule.card.advice, Text("", "") if told_to else _of_tags(episode, now)
    zh = f"{where.zh}{' ' if where.zh[-1].isascii() else ''}{when.zh}，{what.zh}{amount.zh}{tag.zh}。"
    en = f"{where.en}, {when.en}: {what.en}{amount.en}{tag.en}."
    whole = Text(f"{zh}疑点线索，待核实：{advice.zh}。", f"{en} A lead to verify: {advice.en}.")
    return whole, what


def _of_tags(episode: Episode, now: Moment) -> Text:
    """Whose threshold it is, where it is not everybody's; and that the institution was reported."""
    tag, place = episode.peak.tag, episode.first.institution
    zh, en = (f"，按“{TAGS[tag].zh}”的阈值判定", f"; by the threshold for {TAGS[tag].en}") if tag else ("", "")
    if tag != REPORTED and has_tag(REPORTED, place, "", episode.last_time, now.reference):
        zh, en = f"{zh}，该机构此前收到投诉举报", f"{en}; the institution was reported before"
    return Text(zh, en)


def _amount(episode: Episode, *, asked: bool) -> Text:
    """What the evidence put through the fund; a fee line may not be settled when it is uploaded, stock never is.

    Long because it is one sentence in its cases.
    """
    rows = [one for one in episode.evidence if one.role not in ("stock_sale", "message")]
    if not rows:
        return Text("", "")
    if rows[0].role == "lead":
        return _amount_of_leads(yuan(episode.amount)) if episode.amount else Text("", "")
    is_settled = any(one.settlement and one.role not in ("admission", "discharge") for one in rows)
    is_open = any(one.role == "fee_line" and not one.settlement for one in rows)
    amount = yuan(episode.amount)
    if is_settled:
        zh, en = f"，涉及医保基金支付{amount}元", f"; {amount} yuan of the fund involved"
        if is_open:
            zh, en = f"{zh}（含上传时尚未结算的费用）", f"{en} (with what was not settled when uploaded)"
    elif episode.amount:
        zh, en = f"，涉及医保范围内费用{amount}元", f"; {amount} yuan in scope of the insurance involved"
    else:
        zh = en = ""
    if asked:
        return Text(f"{zh}，本次尚未结算", f"{en}; this visit is not settled yet")
    if is_settled:
        return Text(zh, en)
    return (
        Text(f"{zh}，上传时尚未结算", f"{en}; not settled when uploaded")
        if is_open
        else Text("，尚未结算", "; not settled yet")
    )


def _amount_of_leads(amount: str) -> Text:
    return Text(f"，所列线索涉及医保基金{amount}元", f"; the leads involve {amount} yuan of the fund")

"""The book of leads: what Alertmanager is to know at any moment. Pure: the caller says what time it is.

A lead keeps the labels under which it was first told for as long as it is open, whatever its later revisions say; only
its severity may rise. What it is grouped by is decided once, when it is first told:

- `wave`: the first lead after a pause begins one; what opens within WAVE of its beginning joins it.
- `digest`: the day of the digest that tells it, at the beginning of the working hours.
- `hours`: `working` or `off`.
- `attached`: `yes` where another lead of its incident speaks for it: one that is open, as severe and as urgent.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from monitor.contract.work import LONGEST_SNOOZE_DAYS, Snooze, in_force
from monitor.notify.lead import Fate, Labels, Lead, annotations_of, labels_of, mark_of, silent_for
from rules.engine.finding import SEVERITIES
from rules.engine.text import Text
from rules.times import DAY, HOUR, MINUTE, clock, from_ms, iso, parse, to_ms

WAVE = 4 * MINUTE
"""How long a wave lasts. Alertmanager waits for a minute more before it tells a wave. Our assumption."""
VALID = DAY
"""For so long Alertmanager believes what it was told last: this process may be away for as long. What ended is told
again, and remembered, for as long. Our assumption."""
APART = 5 * MINUTE
"""So much later may what is read first have been published. Our assumption."""
MISFIRES = "SettlementRuleMisfires"
"""The alertname of a rule whose openings are held back."""

Key = tuple[tuple[str, str], ...]
"""Labels as a key."""


class Entry(msgspec.Struct):
    """What is remembered of a lead that was told or held back.

    opened: append time of the revision that opened it; seen: when this process first met it; ended: when its end was
    met, 0 while it is open. All ms UTC. past: labels under which it was told before its severity rose. about: mark of
    its rule and subject; empty where an earlier release wrote it.
    """

    alert_id: str
    revision: int
    rule: str
    fate: Fate
    labels: Labels
    annotations: Labels
    opened: int
    seen: int
    ended: int = 0
    past: list[Labels] = []
    about: str = ""


class Post(msgspec.Struct, frozen=True):
    """What Alertmanager is told: an alert from `starts` to `ends`, ms UTC. It is over where the end is not ahead."""

    labels: Labels
    annotations: Labels
    starts: int
    ends: int


@dataclass(frozen=True)
class Policy:
    """What an area has decided. openings: of a rule in an hour. age: ms. hours: "hh:mm-hh:mm" of the reviewer.

    live_from: from when the area is live, ms UTC; 0 where it always was.
    """

    area: str
    openings: int
    age: int
    hours: str
    live_from: int = 0


class Book:
    """Every lead that is open, or was within the last day. fates: what became of openings since it was last read."""

    def __init__(self, policy: Policy, advice: Mapping[str, Text]) -> None:
        self.fates: Counter[Fate] = Counter()
        self._policy, self._advice = policy, advice
        self._entries: dict[str, Entry] = {}
        self._open: defaultdict[Key, dict[str, None]] = defaultdict(dict)
        self._over: dict[Key, int] = {}
        self._changed: dict[Key, None] = {}
        self._openings: defaultdict[str, list[int]] = defaultdict(list)
        self._incidents: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._held: dict[str, int] = {}
        self._wave = 0
        self._snoozes: list[Snooze] = []

    @property
    def open(self) -> Counter[str]:
        """Severity to the number of leads that Alertmanager is to know as open."""
        found: Counter[str] = Counter()
        for key, ids in self._open.items():
            found[dict(key)["severity"]] += len(ids)
        return found

    def restore(self, entries: Iterable[Entry]) -> None:
        """Take over what was remembered."""
        for entry in sorted(entries, key=lambda one: one.seen):
            self._keep(entry)
            if entry.fate == "told":
                self._wave = parse(entry.labels["wave"])

    def take(self, lead: Lead, appended: int, now: int) -> Entry | None:
        """Take a revision; gives what is to be remembered of the lead, None where that is nothing new.

        appended: when the revision was published, ms UTC.
        """
        known = self._entries.get(lead.alert_id)
        if known is not None and lead.revision <= known.revision:
            return None
        if lead.is_open and lead.about in self._snoozed(now):
            return self._hush(lead, now, known)
        if known is None or known.ended:
            return self._begin(lead, appended, now, known) if lead.is_open else None
        known.revision, known.about = lead.revision, lead.about
        if lead.is_open:
            self._go_on(known, lead, now)
        else:
            self._end(known, now)
        return known

    def snooze(self, acts: Iterable[Snooze], now: int) -> list[Entry]:
        """Take what was said of snoozes. Gives the leads that were told, and are not from now on.

        What a snooze held back is told with its next revision once the snooze is over.
        """
        self._snoozes += acts
        self._snoozes = [one for one in self._snoozes if to_ms(one.at) > now - LONGEST_SNOOZE_DAYS * DAY]
        snoozed = self._snoozed(now)
        hushed = [one for one in self._entries.values() if not one.ended and one.about in snoozed]
        for one in hushed:
            self._end(one, now)
        return hushed

    def _snoozed(self, now: int) -> set[str]:
        """The marks of what nobody is told of now."""
        return {mark_of(subject) for subject in in_force(self._snoozes, now)}

    def _hush(self, lead: Lead, now: int, known: Entry | None) -> Entry | None:
        """A revision of an open lead that is snoozed: where it was told, it no longer is."""
        if lead.status == "opened":
            self.fates["snoozed"] += 1
        if known is None or known.ended:
            return None
        known.revision = lead.revision
        self._end(known, now)
        return known

    def forget(self, now: int) -> list[str]:
        """Forget what ended long enough ago; gives the ids."""
        gone = [one.alert_id for one in self._entries.values() if 0 < one.ended < now - VALID]
        for alert_id in gone:
            del self._entries[alert_id]
        self._over = {key: ended for key, ended in self._over.items() if ended >= now - VALID}
        self._held = {rule: held for rule, held in self._held.items() if held + HOUR >= now - VALID}
        return gone

    def news(self, now: int) -> list[Post]:
        """What changed since this was last asked."""
        changed, self._changed = self._changed, {}
        return [self._post(key, now) for key in changed]

    def all(self, now: int) -> list[Post]:
        """Everything that Alertmanager is to know, what ended within the last day among it."""
        self._changed.clear()
        keys = dict.fromkeys([*self._over, *(key for key, ids in self._open.items() if ids)])
        rules = [_key(misfire(self._policy, rule)[0]) for rule in self._held]
        return [self._post(key, now) for key in (*keys, *rules)]

    def misfiring(self, now: int) -> set[str]:
        """Rules of which an opening was held back within the last hour."""
        return {rule for rule, held in self._held.items() if now < held + HOUR}

    def _begin(self, lead: Lead, appended: int, now: int, known: Entry | None) -> Entry | None:
        """A lead opens, or holds again after it had ended."""
        policy = self._policy
        fate = silent_for(lead, appended, policy.age, policy.live_from) or self._fate(lead.rule_id, appended)
        if lead.status == "opened" or fate in ("told", "held"):
            self.fates[fate] += 1
        if fate not in ("told", "held"):
            return None
        entry = Entry(lead.alert_id, lead.revision, lead.rule_id, fate, {}, {}, appended, now, about=lead.about)
        if fate == "told":
            moment = self._moment(now) | ({"attached": "yes"} if self._is_spoken_for(lead) else {})
            entry.labels = labels_of(lead, self._policy.area, moment)
            entry.annotations = annotations_of(lead, self._advice.get(lead.rule_id), appended)
        if known is not None:
            entry.past = [one for one in (*known.past, known.labels) if one and one != entry.labels]
        self._keep(entry)
        return entry

    def _is_spoken_for(self, lead: Lead) -> bool:
        """Whether another open lead of the incident is told that is as severe, and in progress where this one is.

        Leads of one rule at one institution share their labels, so they are one lead to Alertmanager.
        """
        others = (self._entries[one].labels for one in self._incidents.get(lead.incident_id, ()))
        return any(
            (other["rule"], other.get("institution", "")) != (lead.rule_id, lead.fixmedins_code)
            and SEVERITIES.index(other["severity"]) >= SEVERITIES.index(lead.severity)
            and other["stage"] in ("in", lead.stage)
            for other in others
        )

    def _fate(self, rule: str, appended: int) -> Fate:
        """Told, or held back where as many as are told in an hour opened within the hour before.

        Partitions of the topic are read one after the other: what opened in the minutes after counts too.
        """
        times = self._openings[rule]
        recent = bisect_right(times, appended + APART) - bisect_right(times, appended - HOUR)
        return "held" if recent >= self._policy.openings else "told"

    def _moment(self, now: int) -> Labels:
        """What a lead that is first told now is grouped by."""
        if not 0 <= now - self._wave < WAVE:
            self._wave = now // 1000 * 1000
        start, _, end = self._policy.hours.partition("-")
        time = clock(now, "%H:%M")
        is_working = start <= time < end and from_ms(now).weekday() < 5
        digest = now if time < start else now + DAY
        return {
            "wave": iso(self._wave),
            "digest": clock(digest, "%Y-%m-%d"),
            "hours": "working" if is_working else "off",
        }

    def _go_on(self, known: Entry, lead: Lead, now: int) -> None:
        """A later revision of an open lead. With a higher severity it is another alert to Alertmanager."""
        if known.fate != "told":
            return
        known.annotations = annotations_of(lead, self._advice.get(lead.rule_id), known.opened)
        if SEVERITIES.index(lead.severity) > SEVERITIES.index(known.labels["severity"]):
            self._close(known, known.labels, now)
            known.past.append(known.labels)
            known.labels = {name: value for name, value in known.labels.items() if name != "attached"}
            known.labels["severity"] = lead.severity
        self._keep(known)

    def _end(self, known: Entry, now: int) -> None:
        """A lead is withdrawn or closed."""
        known.ended = now
        if known.fate == "told":
            self._close(known, known.labels, now)

    def _close(self, entry: Entry, labels: Labels, ended: int) -> None:
        """The lead is no longer told under these labels."""
        key = _key(labels)
        self._open[key].pop(entry.alert_id, None)
        if not self._open[key]:
            del self._open[key]
        self._incident_changed(entry, is_open=False)
        self._over[key] = ended
        self._changed[key] = None

    def _keep(self, entry: Entry) -> None:
        """Remember a lead, and have Alertmanager told of it."""
        self._count(entry)
        self._entries[entry.alert_id] = entry
        if entry.fate == "held":
            self._held[entry.rule] = max(entry.seen, self._held.get(entry.rule, 0))
            self._changed[_key(misfire(self._policy, entry.rule)[0])] = None
            return
        over = [*entry.past, *([entry.labels] if entry.ended else [])]
        for labels in over:
            self._over.setdefault(_key(labels), entry.ended or entry.seen)
        if not entry.ended:
            self._open[_key(entry.labels)][entry.alert_id] = None
            self._changed[_key(entry.labels)] = None
            self._incident_changed(entry, is_open=True)

    def _incident_changed(self, entry: Entry, *, is_open: bool) -> None:
        """Note whether a lead is open in its incident, and have the leads told anew that name it."""
        incident = _incident_of(entry)
        if is_open == (entry.alert_id in self._incidents[incident]):
            return
        if is_open:
            self._incidents[incident][entry.alert_id] = None
        else:
            del self._incidents[incident][entry.alert_id]
        self._changed |= {_key(self._entries[one].labels): None for one in self._incidents[incident]}
        if not self._incidents[incident]:
            del self._incidents[incident]

    def _count(self, entry: Entry) -> None:
        """Count an opening once, for the cap."""
        if entry.alert_id in self._entries:
            return
        times = self._openings[entry.rule]
        insort(times, entry.opened)
        del times[: bisect_right(times, times[-1] - DAY)]

    def _post(self, key: Key, now: int) -> Post:
        """An alert as it stands. Several leads may share their labels: it speaks of the last one, and ends with all."""
        labels = dict(key)
        if labels["alertname"] == MISFIRES:
            held = self._held[labels["rule"]]
            return Post(labels, misfire(self._policy, labels["rule"])[1], min(now, held + HOUR), held + HOUR)
        ids = self._open.get(key)
        if ids:
            newest = self._entries[next(reversed(ids))]
            return Post(labels, newest.annotations | self._attached(newest), now, now + VALID)
        ended = self._over[key]
        return Post(labels, {}, ended, ended)

    def _attached(self, entry: Entry) -> Labels:
        """The rules of the other open leads of its incident, for the words of a notification."""
        others = {self._entries[one].rule for one in self._incidents.get(_incident_of(entry), ())} - {entry.rule}
        return {"incident_rules": ", ".join(sorted(others))} if others else {}


def misfire(policy: Policy, rule: str) -> tuple[Labels, Labels]:
    """Labels and words of the one notification that a rule misfires, in the place of its leads."""
    labels = {"alertname": MISFIRES, "kind": "operations", "severity": "warning", "area": policy.area, "rule": rule}
    words = {
        "summary": f"{rule}: more than {policy.openings} leads opened in an hour; the others are held back",
        "summary_zh": f"{rule}：1小时内新增线索超过{policy.openings}条，其余暂不通知，疑似参数或数据异常",
        "description_zh": "多于可阅读的数量。多半是参数不适合本地或数据有误，而非违规。暂未通知的不再补发："
        f"monitor alerts list --rule {rule} --open。",
        "description": "More than anybody can read. Rather a limit that does not fit here, or faulty data, than fraud. "
        f"What is held back is not told later: monitor alerts list --rule {rule} --open.",
        "runbook": f"1. Within 15 min: monitor alerts list --rule {rule} --limit 50; one institution, one software?\n"
        "2. Within the hour: a pension or promotion day belongs into the calendar table; faulty data to its sender.\n"
        '3. Else set status = "shadow" for this rule in rules.toml, then monitor rules put rules.toml.',
        "runbook_zh": f"1. 15分钟内：monitor alerts list --rule {rule} --limit 50，是否集中在一家机构、一个软件？\n"
        "2. 1小时内：养老金发放日、促销日写入 calendar 表；数据有误的通知发送方。\n"
        '3. 否则在 rules.toml 中将该规则设为 status = "shadow"，执行 monitor rules put rules.toml。',
    }
    return labels, words


def _incident_of(entry: Entry) -> str:
    return entry.labels.get("incident", entry.alert_id)


def _key(labels: Labels) -> Key:
    return tuple(sorted(labels.items()))

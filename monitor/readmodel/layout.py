"""What stands in Redis of an area: which keys, under which names an alert is found, and how a revision is written.

An alert is a hash with its latest revision, and with what became of it (`State`). Every name under which it is found
(its rule, its severity, each person in it …) is a sorted set of alert ids by the time of the last trigger; so are all
alerts together. Dispositions of an alert are a sorted set of their own by time, and so is the work on it: they outlast
a withdrawn alert, and may come before it. All of it can be dropped and is built again from the topics. One Redis, no
cluster of them: a script touches keys that only the alert names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from monitor.contract.feedback import TODO, WAITING
from monitor.contract.work import NOBODY
from monitor.incidents import incident_of
from monitor.readmodel.jurisdiction import with_regions_above
from rules.times import DAY, parse

Alert = Mapping[str, Any]

FORM = "5"
"""The form of what stands in Redis. What stands in another form is dropped, and built again from the topics."""
OPEN = ("opened", "updated")
CORRECTED = "corrected"
"""What became of a lead that corrected itself."""
CORRECTED_WITHIN = DAY
"""Our assumption: who notices an error at the counter mends it by the next day."""


@dataclass(frozen=True)
class Keys:
    """The keys of an area. prefix: the first part of its topics' names."""

    prefix: str

    @property
    def newest(self) -> str:
        """All alerts by the time of their last trigger, ms UTC."""
        return f"{self.prefix}:alerts"

    @property
    def costliest(self) -> str:
        """All alerts by the amount at risk, yuan."""
        return f"{self.prefix}:alerts:amount"

    @property
    def due(self) -> str:
        """All alerts by when they opened, the earliest with the greatest score: ms UTC below 0."""
        return f"{self.prefix}:alerts:due"

    @property
    def calendar(self) -> str:
        """The rows of the table `calendar`, by their record keys."""
        return f"{self.prefix}:calendar"

    @property
    def snoozes(self) -> str:
        """What was said of leads that nobody is to be told of, by when it was said, milliseconds since 1970."""
        return f"{self.prefix}:snoozes"

    @property
    def news(self) -> str:
        """The channel on which every revision is told that was taken."""
        return f"{self.prefix}:alerts:news"

    @property
    def form(self) -> str:
        """The form in which all of it stands."""
        return f"{self.prefix}:readmodel:form"

    @property
    def heard(self) -> str:
        """When each institution was last heard of."""
        return f"{self.prefix}:heard"

    @property
    def within(self) -> str:
        """The alerts of a jurisdiction while they are counted, and with `:some` those of them under one more name."""
        return f"{self.prefix}:readmodel:within"

    def alert(self, alert_id: str) -> str:
        """The latest revision of an alert."""
        return f"{self.prefix}:alert:{alert_id}"

    def feedback(self, alert_id: str) -> str:
        """What was said of an alert, by the time at which it was said, milliseconds since 1970."""
        return f"{self.prefix}:feedback:{alert_id}"

    def work(self, alert_id: str) -> str:
        """What was done with an alert beside dispositions, by when it was done, milliseconds since 1970."""
        return f"{self.prefix}:work:{alert_id}"

    def by(self, name: str) -> str:
        """The alerts that are found under a name."""
        return f"{self.prefix}:by:{name}"

    def every(self) -> tuple[str, ...]:
        """Patterns of all keys of the area."""
        named = (self.newest, self.costliest, self.due, self.calendar, self.snoozes, self.heard, self.form)
        return (*named, *(f"{self.prefix}:{kind}:*" for kind in ("alert", "feedback", "work", "by")))


_WAITS = f"disposition:{WAITING}"


class State(msgspec.Struct, frozen=True):
    """What became of an alert. opened: when the platform found it first, ms UTC. assignee: NOBODY where nobody has it.

    is_due: it waits for a disposition, and was not withdrawn. proposed: the disposition that waits for approval, empty
    where none does. is_corrected: it was withdrawn within a day of its opening, and not because it became part of
    another. The alert does not say which message took its trigger back; mostly it is a reversal.
    """

    opened: int = 0
    disposition: str = TODO
    assignee: str = NOBODY
    is_due: bool = True
    proposed: str = ""
    is_corrected: bool = False

    def names(self) -> list[str]:
        """Under which names an alert is found for it."""
        further = [name for name, holds in (("due:yes", self.is_due), (_WAITS, self.proposed)) if holds]
        return [f"disposition:{self.disposition}", f"assignee:{self.assignee}", *further]


def names_of(alert: Alert) -> list[str]:
    """Under which names an alert is found, whatever its state. Raises what Python raises where it is none."""
    subject = alert["subject"]
    persons = {row["person"] for row in alert["evidence"]}
    if subject["kind"] == "person":
        persons.add(subject["id"])
    regions = (alert.get("insuplc_admdvs"), alert.get("mdtrtarea_admvs"))
    said: Mapping[str, Iterable[str | None]] = {
        "rule": [alert["rule_id"]],
        "severity": [alert["severity"]],
        "status": [alert["status"]],
        "state": ["open" if alert["status"] in OPEN else "ended"],
        "open": [alert["severity"]] if alert["status"] in OPEN else [],
        "incident": [incident_of(alert)],
        "institution": [alert.get("fixmedins_code")],
        "stage": [alert.get("stage")],
        "region": {above for region in regions if region for above in with_regions_above(region)},
        "person": persons,
    }
    return sorted(f"{kind}:{value}" for kind, values in said.items() for value in values if value)


def outcome_of(rule: str, outcome: str, month: str = "") -> str:
    """Under which name the leads of a rule are found of which this was said last; with a month, yyyy-mm: said in it.

    Leads that corrected themselves are found under CORRECTED alone, whatever was said of them.
    """
    return f"rule:{rule}|{outcome}|{month}" if month else f"rule:{rule}|{outcome}"


def withdrawn_of(alert: Alert) -> int | None:
    """When an alert was withdrawn because it holds no more, ms UTC; None where it was not."""
    is_gone = alert["status"] == "withdrawn" and not alert.get("closed_by") and not alert.get("merged_into")
    return opened_of(alert) if is_gone else None


def score_of(alert: Alert) -> int:
    """The time of the last trigger, ms UTC. Raises what Python raises where it has none."""
    return parse(alert.get("last_time") or alert["event_time"])


def amount_of(alert: Alert) -> float:
    """The amount at risk, yuan; 0 where nothing was settled."""
    return float(alert.get("vola_amt") or 0)


def opened_of(alert: Alert) -> int:
    """When the platform found a revision, ms UTC. Raises what Python raises where it does not say."""
    return parse(alert.get("detected_at") or alert["event_time"])


# The names of an alert are put in place whenever a revision, a disposition or work on it was taken.
_PLACE = f"""
local function place(id, keys, prefix, seconds)
  local alert, feedback, work, due = unpack(keys)
  local names = cjson.decode(redis.call('HGET', alert, 'names'))
  local last = redis.call('ZREVRANGE', feedback, 0, 0)[1]
  local said, assignee = last and cjson.decode(last)['disposition'] or '{TODO}', '{NOBODY}'
  local proposed, made_at = '', nil
  for _, one in ipairs(redis.call('ZRANGE', work, 0, -1)) do
    local act = cjson.decode(one)
    if act.kind == 'assigned' then assignee = act.to ~= '' and act.to or '{NOBODY}' end
    if act.kind == 'proposed' then proposed, made_at = act.disposition, act.at end
    if act.of and act.of == made_at then proposed, made_at = '', nil end
  end
  local is_due, opened = said == '{TODO}', tonumber(redis.call('HGET', alert, 'opened'))
  local withdrawn = tonumber(redis.call('HGET', alert, 'withdrawn'))
  local is_corrected = withdrawn ~= nil and withdrawn - opened <= {CORRECTED_WITHIN}
  for number = 1, #names do
    if string.sub(names[number], 1, 5) == 'rule:' then
      local outcome = names[number] .. '|' .. (is_corrected and '{CORRECTED}' or said)
      names[#names + 1] = outcome
      if last and not is_corrected then
        names[#names + 1] = outcome .. '|' .. string.sub(cjson.decode(last)['at'], 1, 7)
      end
    end
    if names[number] == 'status:withdrawn' then is_due = false end
  end
  names[#names + 1] = 'disposition:' .. said
  names[#names + 1] = 'assignee:' .. assignee
  if is_due then names[#names + 1] = 'due:yes' end
  if proposed ~= '' then names[#names + 1] = '{_WAITS}' end
  local score, kept = redis.call('HGET', alert, 'score'), {{}}
  for _, name in ipairs(names) do
    kept[name] = true
    redis.call('ZADD', prefix .. name, score, id)
    redis.call('EXPIRE', prefix .. name, seconds)
  end
  for _, name in ipairs(cjson.decode(redis.call('HGET', alert, 'placed') or '[]')) do
    if not kept[name] then redis.call('ZREM', prefix .. name, id) end
  end
  redis.call('ZADD', due, -opened, id)
  local state = {{opened = opened, disposition = said, assignee = assignee, is_due = is_due}}
  state.proposed, state.is_corrected = proposed, is_corrected
  redis.call('HSET', alert, 'placed', cjson.encode(names), 'state', cjson.encode(state))
end
"""
# A revision may come twice, and an older one after a newer one: only a later revision is taken, and told who follows.
# An alert opened when its earliest revision was found.
TAKE_REVISION = (
    _PLACE
    + """
local id, revision, json, score, amount, opened, withdrawn, names, prefix, seconds, news = unpack(ARGV)
local alert, newest, costliest = KEYS[1], KEYS[5], KEYS[6]
local known = redis.call('HGET', alert, 'opened')
local is_earlier = not known or tonumber(opened) < tonumber(known)
local is_later = tonumber(revision) > tonumber(redis.call('HGET', alert, 'revision') or '0')
if is_earlier then redis.call('HSET', alert, 'opened', opened) end
if is_later then
  redis.call('HSET', alert, 'revision', revision, 'json', json, 'score', score, 'withdrawn', withdrawn,
    'names', names)
  redis.call('EXPIRE', alert, seconds)
  redis.call('ZADD', newest, score, id)
  redis.call('ZADD', costliest, amount, id)
end
if is_earlier or is_later then place(id, KEYS, prefix, seconds) end
if is_later then redis.call('PUBLISH', news, json) end
return is_later and 1 or 0
"""
)
# One act of a person: a disposition, or work. It stands in the sorted set that is named last.
TAKE_ACT = (
    _PLACE
    + """
local id, at, json, prefix, seconds = unpack(ARGV)
local alert, into = KEYS[1], KEYS[5]
if redis.call('ZADD', into, at, json) == 0 then return 0 end
redis.call('EXPIRE', into, seconds)
if redis.call('EXISTS', alert) == 1 then place(id, KEYS, prefix, seconds) end
return 1
"""
)

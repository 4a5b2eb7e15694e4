"""What stands in Redis of an area: which keys, under which names an alert is found, and how a revision is written.

An alert is a hash with its latest revision. Every name under which it is found (its rule, its severity, each person in
it …) is a sorted set of alert ids by the time of the last trigger; so are all alerts together. Dispositions of an alert
are a sorted set of their own by time: they outlast a withdrawn alert, and may come before it. All of it can be dropped
and is built again from the topics. One Redis, no cluster of them: a script touches keys that only the alert names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.contract.feedback import TODO
from monitor.incidents import incident_of
from monitor.readmodel.jurisdiction import with_regions_above
from rules.times import parse

Alert = Mapping[str, Any]

FORM = "3"
"""The form of what stands in Redis. What stands in another form is dropped, and built again from the topics."""
OPEN = ("opened", "updated")


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

    def by(self, name: str) -> str:
        """The alerts that are found under a name."""
        return f"{self.prefix}:by:{name}"

    def every(self) -> tuple[str, ...]:
        """Patterns of all keys of the area."""
        named = (self.newest, self.costliest, self.heard, self.form)
        return (*named, *(f"{self.prefix}:{kind}:*" for kind in ("alert", "feedback", "by")))


def names_of(alert: Alert) -> list[str]:
    """Under which names an alert is found, but for its disposition. Raises what Python raises where it is none."""
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
        "incident": [incident_of(alert)],
        "institution": [alert.get("fixmedins_code")],
        "stage": [alert.get("stage")],
        "region": {above for region in regions if region for above in with_regions_above(region)},
        "person": persons,
    }
    return sorted(f"{kind}:{value}" for kind, values in said.items() for value in values if value)


def outcome_of(rule: str, disposition: str) -> str:
    """Under which name the leads of a rule are found of which this was said last."""
    return f"rule:{rule}|{disposition}"


def score_of(alert: Alert) -> int:
    """The time of the last trigger, ms UTC. Raises what Python raises where it has none."""
    return parse(alert.get("last_time") or alert["event_time"])


def amount_of(alert: Alert) -> float:
    """The amount at risk, yuan; 0 where nothing was settled."""
    return float(alert.get("vola_amt") or 0)


# The names of an alert are put in place whenever a revision or a disposition was taken.
_PLACE = f"""
local function place(id, alert, feedback, prefix, seconds)
  local names = cjson.decode(redis.call('HGET', alert, 'names'))
  local last = redis.call('ZREVRANGE', feedback, 0, 0)[1]
  local said = last and cjson.decode(last)['disposition'] or '{TODO}'
  for number = 1, #names do
    if string.sub(names[number], 1, 5) == 'rule:' then names[#names + 1] = names[number] .. '|' .. said end
  end
  names[#names + 1] = 'disposition:' .. said
  local score, kept = redis.call('HGET', alert, 'score'), {{}}
  for _, name in ipairs(names) do
    kept[name] = true
    redis.call('ZADD', prefix .. name, score, id)
    redis.call('EXPIRE', prefix .. name, seconds)
  end
  for _, name in ipairs(cjson.decode(redis.call('HGET', alert, 'placed') or '[]')) do
    if not kept[name] then redis.call('ZREM', prefix .. name, id) end
  end
  redis.call('HSET', alert, 'placed', cjson.encode(names))
end
"""
# A revision may come twice, and an older one after a newer one: only a later revision is taken, and told who follows.
TAKE_REVISION = (
    _PLACE
    + """
local id, revision, json, score, amount, names, prefix, seconds, news = unpack(ARGV)
local alert, feedback, newest, costliest = unpack(KEYS)
if tonumber(revision) <= tonumber(redis.call('HGET', alert, 'revision') or '0') then return 0 end
redis.call('HSET', alert, 'revision', revision, 'json', json, 'score', score, 'names', names)
redis.call('EXPIRE', alert, seconds)
redis.call('ZADD', newest, score, id)
redis.call('ZADD', costliest, amount, id)
place(id, alert, feedback, prefix, seconds)
redis.call('PUBLISH', news, json)
return 1
"""
)
TAKE_FEEDBACK = (
    _PLACE
    + """
local id, at, json, prefix, seconds = unpack(ARGV)
local alert, feedback = unpack(KEYS)
if redis.call('ZADD', feedback, at, json) == 0 then return 0 end
redis.call('EXPIRE', feedback, seconds)
if redis.call('EXISTS', alert) == 1 then place(id, alert, feedback, prefix, seconds) end
return 1
"""
)

"""A model of Alertmanager: whom it calls, and when, by the routes, intervals and inhibit rules of its settings.

It plays what deploy/alertmanager makes use of, at moments that the caller names: ms UTC. tests/deploy/test_calls.py
holds it against the real one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, NamedTuple

from monitor.notify.book import Key, Post
from monitor.notify.lead import Labels
from rules.times import HOUR, MINUTE, SECOND, clock, from_ms

Side = tuple[object, ...]
"""An inhibit rule that labels fit, with the labels that must be equal on both sides."""
UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Call(NamedTuple):
    """A notification about alerts that fire. labels: of one alert in it."""

    moment: int
    receiver: str
    labels: Labels


class Matcher(NamedTuple):
    """One condition on labels, such as `severity =~ "info|warning"`; a label that is not there is empty."""

    name: str
    sign: str
    value: str

    def fits(self, labels: Labels) -> bool:
        """Whether labels meet it."""
        found = labels.get(self.name, "")
        if self.sign == "=~":
            return re.fullmatch(self.value, found) is not None
        return (found == self.value) == (self.sign == "=")


class Route(NamedTuple):
    """What goes to one receiver, and how it is grouped. wait, interval: ms. intervals: empty where at any time."""

    receiver: str
    matchers: list[Matcher]
    group_by: list[str]
    wait: int
    interval: int
    intervals: list[str]
    goes_on: bool


class Alert(NamedTuple):
    """What was posted last under some labels; held back while another one fires that speaks where it yields."""

    labels: Labels
    ends: int
    routes: list[Route]
    speaks: list[Side]
    yields: list[Side]


@dataclass
class Group:
    """Alerts that are told together."""

    route: Route
    members: set[Key] = field(default_factory=set)


class Alertmanager:
    """One Alertmanager. calls: whom it has called so far."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.calls: list[Call] = []
        self._root = _route(settings["route"], settings["route"])
        self._routes = [_route(settings["route"] | one, one) for one in settings["route"]["routes"]]
        self._intervals = {one["name"]: one["time_intervals"] for one in settings["time_intervals"]}
        self._inhibits = [
            (_matchers(one["source_matchers"]), _matchers(one["target_matchers"]), one["equal"])
            for one in settings["inhibit_rules"]
        ]
        self._alerts: dict[Key, Alert] = {}
        self._groups: dict[Key, Group] = {}
        self._looks: list[tuple[int, Key]] = []
        self._log: defaultdict[Key, set[Key]] = defaultdict(set)

    def post(self, posts: Iterable[Post], now: int) -> None:
        """Take what it is told at a moment."""
        self.pass_time(now)
        for post in posts:
            key = tuple(sorted(post.labels.items()))
            known = self._alerts.get(key) or self._alert(post.labels)
            self._alerts[key] = known._replace(ends=post.ends)
            for route in known.routes:
                self._join(route, key, now)

    def pass_time(self, until: int) -> None:
        """Look at each group when it is due."""
        while self._looks and self._looks[0][0] <= until:
            now, name = heappop(self._looks)
            group = self._groups[name]
            self._look(name, group, now)
            group.members = {key for key in group.members if self._fires(key, now)}
            if group.members:
                heappush(self._looks, (now + group.route.interval, name))
            else:
                del self._groups[name]

    def restart(self) -> None:
        """End and begin again: it remembers what it has told, and no alert."""
        self._alerts, self._groups, self._looks = {}, {}, []

    def is_within(self, interval: str, now: int) -> bool:
        """Whether a moment lies in the interval of that name."""
        return any(_contains(one, now) for one in self._intervals[interval])

    def _alert(self, labels: Labels) -> Alert:
        """What the settings say of labels."""
        speaks: list[Side] = []
        yields: list[Side] = []
        for sources, targets, equal in self._inhibits:
            same = (*sources, *targets, *((one, labels.get(one, "")) for one in equal))
            if _fit(sources, labels):
                speaks.append(same)
            if _fit(targets, labels):
                yields.append(same)
        return Alert(labels, 0, self._routes_of(labels), speaks, yields)

    def _routes_of(self, labels: Labels) -> list[Route]:
        found = []
        for route in self._routes:
            if _fit(route.matchers, labels):
                found.append(route)
                if not route.goes_on:
                    break
        return found or [self._root]

    def _join(self, route: Route, key: Key, now: int) -> None:
        """Put an alert into its group; one that is over makes no group."""
        labels = self._alerts[key].labels
        name = (("route", str(route.matchers)), *((one, labels.get(one, "")) for one in route.group_by))
        if name not in self._groups:
            if not self._fires(key, now):
                return
            self._groups[name] = Group(route)
            heappush(self._looks, (now + route.wait, name))
        self._groups[name].members.add(key)

    def _look(self, name: Key, group: Group, now: int) -> None:
        """Call where an alert fires that the last call did not tell."""
        intervals = group.route.intervals
        if intervals and not any(self.is_within(one, now) for one in intervals):
            return
        speaking = group.members - self._held_back(group.members, now)
        firing = {key for key in speaking if self._fires(key, now)}
        if firing and not firing <= self._log[name]:
            self.calls.append(Call(now, group.route.receiver, dict(next(iter(firing)))))
            self._log[name] = firing
        elif speaking and not firing:
            self._log[name] = set()

    def _held_back(self, members: set[Key], now: int) -> set[Key]:
        """What the inhibit rules hold back of a group, also of what is over."""
        spoken = {one for key, alert in self._alerts.items() if self._fires(key, now) for one in alert.speaks}
        return {key for key in members if not spoken.isdisjoint(self._alerts[key].yields)}

    def _fires(self, key: Key, now: int) -> bool:
        return self._alerts[key].ends > now


def _route(inherited: Mapping[str, Any], own: Mapping[str, Any]) -> Route:
    """A route: what it does not say of its grouping is as at the root."""
    return Route(
        inherited["receiver"],
        _matchers(own.get("matchers", [])),
        inherited["group_by"],
        duration(inherited["group_wait"]),
        duration(inherited["group_interval"]),
        own.get("active_time_intervals", []),
        own.get("continue", False),
    )


def _matchers(texts: Iterable[str]) -> list[Matcher]:
    return [Matcher(*re.findall(r'^(\w+) *(=~|!=|=) *"?([^"]*)"?$', text)[0]) for text in texts]


def duration(text: str) -> int:
    """What the settings call 5m, in ms."""
    return int(text[:-1]) * UNITS[text[-1]]


def _fit(matchers: Iterable[Matcher], labels: Labels) -> bool:
    return all(one.fits(labels) for one in matchers)


def _contains(interval: Mapping[str, Any], now: int) -> bool:
    """Whether a moment lies in an interval of weekdays and times of day."""
    days = [one.partition(":") for one in interval.get("weekdays", ["monday:sunday"])]
    is_day = any(DAYS.index(first) <= from_ms(now).weekday() <= DAYS.index(last) for first, _, last in days)
    return is_day and any(one["start_time"] <= clock(now, "%H:%M") < one["end_time"] for one in interval["times"])

"""A list shows what a walk over every alert would show, whatever is asked for and however often things changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from random import Random
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given, strategies

from monitor.contract.feedback import DISPOSITIONS, TODO, WAITING
from monitor.contract.work import NOBODY
from monitor.incidents import incident_of, incidents_of
from monitor.readmodel import readmodel
from monitor.readmodel.jurisdiction import Jurisdiction
from monitor.readmodel.layout import CORRECTED, State, score_of
from monitor.readmodel.projector import Projector
from monitor.readmodel.readmodel import Order, ReadModel, Wanted
from monitor.readmodel.rows import word_of
from monitor.readmodel.store import Store, connect
from monitor.settings import load_settings
from rules.engine.finding import SEVERITIES
from rules.times import DAY, HOUR, iso, parse
from tests.monitor.readmodel.test_readmodel import alert

FIRST = parse("2026-03-05 00:00:00")
REGIONS = ["341021", "341021", "341022", "341103", "110101", None]
JURISDICTIONS = [
    Jurisdiction(("3410",)), Jurisdiction(("341022", "34")), Jurisdiction(("1101",), ("P2",)),
    Jurisdiction((), ("P1",)), Jurisdiction(("999999",), ("P9",)),
]  # fmt: skip
TEXTS = [
    "S7", "lead", "LEAD", "nothing", "刷卡", "药", "超量开药", "0000000007", "s1 n", "s1", "7",
    "person", "erson\u3000a", "Yuan; a lead", "), 97.2", "7.28 yuan", "at 示", ";", "a lead", "例\u3000甲 (p1",
]  # fmt: skip
SENTENCES = [
    {"zh": "线索", "en": "lead"},
    {"zh": "1人刷卡", "en": "2 Persons at 示例\u3000甲 (P1), 97.28 yuan; a lead"},
    {"zh": "2人刷卡", "en": "1 person\u3000at 示例 (P12), 197.2 yuan: a lead"},
]
STATUS = ("opened", "updated", "withdrawn", "closed")
Alert = dict[str, Any]

pytestmark = pytest.mark.redis


def _escaped(one: Alert) -> bytes:
    """As a program writes it that knows no Chinese."""
    return json.dumps(one).encode()


class World:
    """Revisions and dispositions as they come to the topics, and what stands after them."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.alerts: dict[str, Alert] = {}
        self.said: dict[str, str] = {}
        self.opened: dict[str, int] = {}
        self.assigned: dict[str, str] = {}
        self.made: dict[str, str] = {}
        self.proposed: dict[str, str] = {}
        self.revisions: list[bytes] = []
        self.feedback: list[bytes] = []
        self.work: list[bytes] = []
        for _ in range(120):
            self._revise()
        for _ in range(40):
            self._dispose()
        for _ in range(120):
            self._work()

    def _revise(self) -> None:
        draw = self._random
        number = draw.randint(1, 50)
        name = f"{number:032x}"
        before = self.alerts.get(name, {"revision": 0})
        made = alert(
            name, revision=before["revision"] + 1, status=draw.choice(STATUS), rule_id=draw.choice(["S01", "D04"]),
            severity=draw.choice(SEVERITIES), fixmedins_code=draw.choice(["P1", "P2"]),
            stage=draw.choice(["in", "post"]),
            insuplc_admdvs=draw.choice(REGIONS), mdtrtarea_admvs=draw.choice(REGIONS),
            last_time=iso(FIRST + draw.randint(0, 5) * HOUR), detected_at=iso(FIRST + draw.randint(0, 40) * HOUR),
            text=draw.choice(SENTENCES),
            rule_name=draw.choice(["集中刷卡", "超量开药", None]), merged_into=draw.choice([None, None, "b"]),
            vola_amt=draw.choice([0, 10.5, 20]),
            incident_id=f"{draw.choice([number, 3, 7]):032x}",
            subject={"kind": "person", "id": draw.choice(["p_1", "p_2"])},
            evidence=[{"person": draw.choice(["p_2", "p_3"]), "setl_id": f"S{draw.randint(1, 9)}"}],
        )  # fmt: skip
        self.alerts[name] = made
        found = parse(str(made["detected_at"]))
        self.opened[name] = min(found, self.opened.get(name, found))
        self.revisions.append(orjson.dumps(made))

    def _dispose(self) -> None:
        draw, at = self._random, len(self.feedback)
        name = f"{draw.randint(1, 60):032x}"
        said = draw.choice([*DISPOSITIONS])
        self.said[name] = said
        self.feedback.append(
            orjson.dumps({"alert_id": name, "disposition": said, "reason": "核实", "by": "1", "at": iso(FIRST + at)})
        )

    def _work(self) -> None:
        draw, at = self._random, len(self.work)
        name = f"{draw.randint(1, 60):032x}"
        act = {"alert_id": name, "by": "1", "at": iso(FIRST + at)}
        if draw.random() < 0.5:
            self._review(name, act)
            return
        if draw.random() < 0.3:
            self.work.append(orjson.dumps(act | {"kind": "commented", "text": "已电话核实"}))
            return
        to = draw.choice(["张三", "李四", ""])
        self.assigned[name] = to
        self.work.append(orjson.dumps(act | {"kind": "assigned", "to": to}))

    def _review(self, name: str, act: dict[str, Any]) -> None:
        """A proposal; or, of one that waits or did, that it is approved or returned."""
        draw = self._random
        kind = draw.choice(["proposed", "approved", "returned"]) if name in self.made else "proposed"
        if kind == "proposed":
            said = draw.choice([*DISPOSITIONS])
            self.made[name], self.proposed[name] = act["at"], said
            self.work.append(orjson.dumps(act | {"kind": kind, "disposition": said, "reason": "核实"}))
            return
        self.proposed.pop(name, None)
        self.work.append(orjson.dumps(act | {"kind": kind, "of": self.made[name], "reason": "不足"}))

    def state(self, name: str) -> State:
        """What became of an alert."""
        said = self.said.get(name, TODO)
        is_due = said == TODO and self.alerts[name]["status"] != "withdrawn"
        return State(
            self.opened[name],
            said,
            self.assigned.get(name) or NOBODY,
            is_due,
            self.proposed.get(name, ""),
            self.is_corrected(name),
        )

    def is_corrected(self, name: str) -> bool:
        """Whether it held no more within a day, and did not become part of another."""
        last = self.alerts[name]
        is_gone = last["status"] == "withdrawn" and last["merged_into"] is None
        return is_gone and parse(last["detected_at"]) - self.opened[name] <= DAY

    def asked(self) -> tuple[Wanted, Order]:
        """What somebody asks for."""
        draw = self._random

        def perhaps(values: Sequence[Any]) -> Any:  # noqa: ANN401 - of each field another type
            return draw.choice(values) if draw.random() < 0.25 else None

        return Wanted(
            rule=perhaps(["S01", "D04", "S09"]), severity=perhaps(SEVERITIES), status=perhaps(STATUS),
            institution=perhaps(["P1", "P2"]), min_severity=perhaps(SEVERITIES),
            since=perhaps([FIRST + 2 * HOUR, FIRST + 5 * HOUR]), is_open=draw.random() < 0.3,
            person=perhaps(["p_1", "p_2", "p_3"]), stage=perhaps(["in"]), region=perhaps(["341021", "341022"]),
            disposition=perhaps([TODO, WAITING, *DISPOSITIONS]), text=perhaps(TEXTS),
            assignee=perhaps([NOBODY, "张三", "王五"]), overdue_before=perhaps([FIRST, FIRST + 5 * HOUR]),
            within=draw.choice([None, *JURISDICTIONS]),
        ), draw.choice(get_args(Order))  # fmt: skip

    def expected(self, wanted: Wanted, order: Order) -> list[list[str]]:
        """The incidents in order, each with the ids of its alerts: by looking at every alert."""
        free = replace(wanted, within=None)
        found = [
            one for one in self.alerts.values()
            if matches(free, one, self.state(one["alert_id"])) and sees(wanted.within, one)
        ]  # fmt: skip
        found.sort(key=lambda one: self._place(one, order), reverse=True)
        by_incident: dict[str, list[Alert]] = {}
        for one in found:
            by_incident.setdefault(incident_of(one), []).append(one)
        return [ids_of(some) for some in by_incident.values()]

    def _place(self, one: Alert, order: Order) -> tuple[float, float, str]:
        first = {
            "newest": 0.0, "amount": float(one["vola_amt"]), "severity": float(SEVERITIES.index(one["severity"])),
            "due": -float(self.opened[one["alert_id"]]),
        }[order]  # fmt: skip
        return first, 0.0 if order in ("amount", "due") else float(score_of(one)), one["alert_id"]


def matches(wanted: Wanted, one: Alert, state: State) -> bool:
    """Whether an alert in this state is wanted: by looking at each wish, one after the other."""
    persons = {row["person"] for row in one["evidence"]} | {one["subject"]["id"]}
    codes = [code or "" for code in (one["insuplc_admdvs"], one["mdtrtarea_admvs"])]
    rank = SEVERITIES.index(one["severity"])
    said = {state.disposition, *([WAITING] if state.proposed else [])}
    texts = [*one["text"].values(), one["alert_id"], one["rule_name"] or "", one["rule_id"]]
    texts += [row["setl_id"] for row in one["evidence"]]
    wishes = [
        wanted.rule in (None, one["rule_id"]), wanted.severity in (None, one["severity"]),
        wanted.status in (None, one["status"]), wanted.institution in (None, one["fixmedins_code"]),
        wanted.stage in (None, one["stage"]), wanted.person is None or wanted.person in persons,
        wanted.min_severity is None or rank >= SEVERITIES.index(wanted.min_severity),
        wanted.since is None or score_of(one) >= wanted.since,
        not wanted.is_open or one["status"] in ("opened", "updated"),
        wanted.region is None or wanted.region in codes, wanted.disposition is None or wanted.disposition in said,
        wanted.assignee in (None, state.assignee),
        wanted.overdue_before is None or (state.is_due and state.opened < wanted.overdue_before),
        wanted.text is None or any(wanted.text.casefold() in text.casefold() for text in texts),
    ]  # fmt: skip
    return all(wishes)


def sees(within: Jurisdiction | None, one: Alert) -> bool:
    """Whether somebody may see an alert: by looking at each code letter by letter."""
    if within is None:
        return True
    for region in (one["insuplc_admdvs"], one["mdtrtarea_admvs"]):
        for code in within.regions:
            if region is not None and region[: len(code)] == code:
                return True
    return one["fixmedins_code"] in within.institutions


def ids_of(alerts: Iterable[Alert]) -> list[str]:
    """The ids of the alerts of one incident, that which speaks first."""
    [incident] = incidents_of(alerts)
    return [one["alert_id"] for one in (incident.speaker, *incident.attached)]


def taken(redis_url: str, prefix: str, world: World, order: Random) -> ReadModel:
    """A read model into which everything came, revisions, dispositions and work in any order, some twice."""
    settings = load_settings(redis=redis_url, prefix=prefix)
    kinds = {"alerts": world.revisions, "feedback": world.feedback, "work": world.work}
    all_of_it = [(kind, one) for kind, values in kinds.items() for one in values]
    all_of_it += order.sample(all_of_it, 30)
    order.shuffle(all_of_it)
    while all_of_it:
        batch = [all_of_it.pop() for _ in range(min(len(all_of_it), order.randint(1, 30)))]
        Projector(settings).put(**{kind: [one for other, one in batch if other == kind] for kind in kinds})
    return ReadModel(settings)


@pytest.mark.parametrize("few", [0, 5, 10_000])
@pytest.mark.parametrize("seed", range(4))
def test_a_list_is_what_a_walk_over_all_finds(
    redis_url: str, prefix: str, seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each incident once, where its first alert stands; in pages as in one; all are counted. Whichever way is gone."""
    monkeypatch.setattr(readmodel, "FEW", few)
    monkeypatch.setattr(readmodel, "LONGER", few)
    world = World(seed)
    model = taken(redis_url, prefix, world, Random(seed))

    alone: list[tuple[Wanted, Order]] = [(Wanted(within=one), "newest") for one in JURISDICTIONS]
    for wanted, order in [*(world.asked() for _ in range(25)), *alone]:
        expected = world.expected(wanted, order)
        flat = [one for some in expected for one in some]

        listed = model.search(wanted, 1000, order)
        assert flat == [one["alert_id"] for one in listed.newest], (wanted, order)
        assert (len(flat), False, None) == (listed.total, listed.is_more, listed.next_at)
        assert {one: world.said[one] for one in flat if one in world.said} == listed.dispositions
        assert {one: world.state(one) for one in flat} == listed.states

        pages, at = list[str](), 0
        while True:
            page = model.search(wanted, 3, order, at)
            pages += [one["alert_id"] for one in page.newest]
            if page.next_at is None:
                break
            at = page.next_at
        assert flat == pages, (wanted, order)


def test_each_alert_stands_under_its_present_names_alone(redis_url: str, prefix: str) -> None:
    """What an earlier revision or disposition said of it is forgotten."""
    world = World(7)
    model = taken(redis_url, prefix, world, Random(7))

    outcomes = [TODO, *DISPOSITIONS, CORRECTED]
    for within in (None, *JURISDICTIONS):
        counted = model.precision_of(["S01", "D04"], outcomes, within)
        for rule, found in counted.items():
            of_rule = [name for name, one in world.alerts.items() if one["rule_id"] == rule and sees(within, one)]
            said = [CORRECTED if world.is_corrected(one) else world.said.get(one, TODO) for one in of_rule]
            assert (len(of_rule), {one: said.count(one) for one in outcomes}) == found
        assert within is not None or 0 < sum(found.said[CORRECTED] for found in counted.values())


@pytest.mark.parametrize("within", JURISDICTIONS)
def test_one_lead_is_there_for_those_alone_who_may_see_it(redis_url: str, prefix: str, within: Jurisdiction) -> None:
    """By its id, by the beginning of it, beside another, and among the counts; hidden ids make none ambiguous."""
    world = World(3)
    model = taken(redis_url, prefix, world, Random(3))

    seen = {name for name, one in world.alerts.items() if sees(within, one)}

    assert seen == {name for name in world.alerts if model.one(name, within) is not None}
    assert len(seen) == model.count(Wanted(within=within))
    for name in seen:
        beside = {one["alert_id"] for one in model.beside(world.alerts[name], within)}
        incident = incident_of(world.alerts[name])
        assert {one for one in seen - {name} if incident_of(world.alerts[one]) == incident} == beside
    begins = {name[:31] for name in world.alerts}
    for begin in begins:
        of_begin = [name for name in seen if name.startswith(begin)]
        if len(of_begin) < 2:
            found = model.one(begin, within)
            assert of_begin == ([found["alert_id"]] if found else [])


@pytest.mark.parametrize(
    ("code", "has"),
    [("P34102100029", True), ("H34110300001", False), ("P2", True), ("P3", False), ("P341021", False), ("", False)],
)
def test_an_institution_is_of_the_region_in_its_code(code: str, *, has: bool) -> None:
    """Or it is named; a code of another form is of no region."""
    assert Jurisdiction(("3410",), ("P2",)).has_institution(code) == has


def test_precision_is_told_by_the_month_in_which_a_lead_was_judged(redis_url: str, prefix: str) -> None:
    """In Beijing; the last disposition of a lead counts, in its month; none of a lead that corrected itself."""
    names = [f"{number:032x}" for number in range(5)]
    gone = alert(names[4], status="withdrawn", revision=2, detected_at="2026-03-06T14:00:00+08:00")
    said = [
        (0, "confirmed", "2026-03-31T15:59:59Z"), (1, "explained", "2026-03-31T16:00:00Z"),
        (2, "confirmed", "2026-03-05T10:00:00+08:00"), (2, "false_positive", "2026-04-30T23:59:59+08:00"),
        (3, "data_error", "2026-04-01T00:00:00+08:00"), (4, "confirmed", "2026-04-01T00:00:00+08:00"),
    ]  # fmt: skip
    settings = load_settings(redis=redis_url, prefix=prefix)
    acts = [
        {"alert_id": names[at], "disposition": one, "reason": "核实", "by": "1", "at": when} for at, one, when in said
    ]
    alerts = [*(alert(name) for name in names), gone]
    Projector(settings).put(alerts=map(orjson.dumps, alerts), feedback=map(orjson.dumps, acts))

    found = ReadModel(settings).by_month("S01", [*DISPOSITIONS], ["2026-04", "2026-03", "2026-02"])

    assert {"2026-04": 0.0, "2026-03": 1.0, "2026-02": None} == {month: one.precision for month, one in found.items()}
    assert [3, 1, 0] == [one.alerts for one in found.values()]
    assert {"explained": 1, "false_positive": 1, "data_error": 1} == {
        one: number for one, number in found["2026-04"].said.items() if number
    }


@pytest.mark.parametrize(
    ("said", "is_poor"),
    [
        ({"confirmed": 8, "false_positive": 22}, True), ({"confirmed": 9, "false_positive": 21}, False),
        ({"confirmed": 8, "false_positive": 21}, False), ({"explained": 30}, True),
        ({"explained": 29, "data_error": 9}, False), ({}, False),
    ],
)  # fmt: skip
def test_shadow_is_proposed_where_few_of_enough_hold(said: dict[str, int], is_poor: bool) -> None:  # noqa: FBT001 - a column
    """Thirty judged, of which fewer than three in ten hold; errors of the data are not judged."""
    assert is_poor == readmodel.Precision(50, said).is_poor


@pytest.mark.parametrize(
    ("said", "precision"),
    [
        ({}, None),
        ({"data_error": 3}, None),
        ({"confirmed": 2, "referred": 1, "false_positive": 1}, 0.75),
        ({"explained": 2, "data_error": 9}, 0.0),
    ],
)
def test_precision_is_the_part_that_holds(said: dict[str, int], precision: float | None) -> None:
    """Of those that were judged; a fault of the data judges the data."""
    assert readmodel.Precision(20, said).precision == precision


def test_what_is_kept_no_longer_is_let_go_of(redis_url: str, prefix: str) -> None:
    """Counted from the newest alert; nothing of it is left anywhere, and of one that is kept everything is."""
    settings = load_settings(redis=redis_url, prefix=prefix, alerts_days=2)
    times = {"a" * 32: -1, "b" * 32: 0, "c" * 32: 2 * DAY}
    alerts = [alert(name, last_time=iso(FIRST + at), text={"zh": name}) for name, at in times.items()]
    said = [{"alert_id": name, "disposition": "confirmed", "by": "1", "at": iso(FIRST - 1)} for name in times]
    projector = Projector(settings)
    projector.put(alerts=map(orjson.dumps, alerts), feedback=map(orjson.dumps, said))
    path = Store(settings.readmodel_dir, prefix).path()
    assert path is not None

    with closing(connect(path)) as db:
        assert projector.trim(db) == 1

        kept = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - names of ours
            for table in ("alert", "body", "act")
        }
        texts = [db.execute("SELECT count(*) FROM said WHERE said MATCH ?", (3 * one,)).fetchone()[0] for one in "abc"]
        [persons] = db.execute("SELECT count(*) FROM person WHERE person MATCH ?", (word_of("p_1"),)).fetchone()
    assert {"alert": 2, "body": 2, "act": 2} == kept
    assert ([0, 1, 1], 2) == (texts, persons)
    assert ["c" * 32, "b" * 32] == [one["alert_id"] for one in ReadModel(settings).search(Wanted(), 9).newest]


def test_many_that_meet_several_conditions_are_counted_up_to_a_bound(
    redis_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is said that there are more. What the tally has is counted whole."""
    monkeypatch.setattr(readmodel, "COUNTED", 10)
    monkeypatch.setattr(readmodel, "FEW", 10)
    settings = load_settings(redis=redis_url, prefix=prefix)
    Projector(settings).put(alerts=[orjson.dumps(alert(f"a{number}", stage="in")) for number in range(11)])
    model = ReadModel(settings)

    of_both = [
        model.search(Wanted(institution="P1", stage="in"), 5),
        model.search(Wanted(is_open=True, assignee=NOBODY), 5),
    ]

    assert [(10, True), (10, True)] == [(one.total, one.is_more) for one in of_both]
    exact = [model.search(one, 5) for one in (Wanted(institution="P1"), Wanted(rule="S01", stage="in", is_open=True))]
    assert [(11, False), (11, False)] == [(one.total, one.is_more) for one in exact]


LETTERS = strategies.text(alphabet='aAßẞİ药店"\\/\n\u2028é,:04\u0308', max_size=4)


@given(text=LETTERS, name=LETTERS, code=LETTERS, writes=strategies.sampled_from([orjson.dumps, _escaped]))
def test_no_alert_that_says_a_text_is_passed_over(
    text: str, name: str, code: str, writes: Callable[[Alert], bytes]
) -> None:
    """Whatever the letters, and however its JSON is written."""
    one, wanted = alert("1" * 32, rule_name=name, fixmedins_name=code), Wanted(text=text)

    assert wanted.may_say(writes(one)) or not wanted.says(one)


def test_an_alert_without_the_text_is_passed_over() -> None:
    """Else nothing would be gained."""
    assert not Wanted(text="氨氯地平").may_say(orjson.dumps(alert("1" * 32)))

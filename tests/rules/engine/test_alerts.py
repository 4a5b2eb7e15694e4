"""Episodes and alerts: opened, risen, merged, split, withdrawn, held again, closed (contract.md, section 4)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from rules import Episode, Finding, Names, Reference, Scene, Swipe, Text, Window
from rules.engine.alert import Alert
from rules.engine.episode import Proofs, Trigger
from rules.engine.guard import Guard
from rules.engine.ledger import GRACE, WAIT
from rules.engine.watch import Watch
from tests.oracle import wire
from tests.oracle.desk import Desk, short
from tests.oracle.sample_rules import Broken, BusyDay, LongEpisode, ManyPeople, ManySwipes, NothingAfter, SoldTwice
from tests.oracle.wire import DAY, HOUR, MINUTE, MONDAY, Body

NOON = MONDAY + 12 * HOUR


class EverySwipe(ManySwipes):
    """Every swipe of a shop is a trigger; the measure is its yuan."""

    card = replace(ManySwipes.card, id="T20")
    limit: int = 1

    def check(self, entry: Swipe, window: Window[Swipe], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Whether it is a swipe."""
        return self.finding(max(1, entry.amount // 100), [entry])


def swipe(minutes: int, yuan: float = 1, **more: object) -> Body:
    """A settlement of one shop so many minutes after noon; it is called by its minutes."""
    ids: Body = {"msgid": f"M{minutes}", "setl_id": f"S{minutes}", "mdtrt_id": f"V{minutes}", "psn_no": f"{minutes}"}
    return wire.settlement(NOON + minutes * MINUTE, **ids | {"fund_pay_sumamt": yuan, "medfee_sumamt": yuan} | more)


def taken_back(minutes: int, msgid: str | None = None) -> Body:
    """Its reversal."""
    return wire.reversal(f"S{minutes}", NOON + 10 * HOUR, msgid=msgid or f"R{minutes}", psn_no=f"{minutes}")


def ids(alerts: list[Alert]) -> set[str]:
    """The ids of these alerts."""
    return {alert.alert_id for alert in alerts}


def test_a_run_of_triggers_is_one_alert() -> None:
    """A trigger within `quiet` (an hour) of the one before joins it, one a second later opens another."""
    desk = Desk(EverySwipe())
    late = wire.text(NOON + 2 * HOUR + 1000)
    desk.tell(swipe(0), swipe(60), swipe(121, setl_time=late, inf_time=late))
    closed = desk.end().revisions

    assert [("opened", 1, 1), ("opened", 1, 1)] == short(desk.said[:2])
    assert [("closed", 2, 2), ("closed", 2, 1)] == short(closed)


def test_a_revision_is_written_when_severity_rises_or_the_measure_doubles() -> None:
    """And for nothing in between; the measure is the largest, the severity the highest."""
    desk = Desk(EverySwipe(limit=10))
    said = [short(desk.tell(swipe(n, yuan)).revisions) for n, yuan in enumerate((10, 12, 15, 19, 20, 39, 40, 12))]

    assert [[("opened", 1, 1)], [], [("updated", 2, 3)], [], [("updated", 3, 5)], [], [("updated", 4, 7)], []] == said
    [closed] = desk.end().revisions
    assert (5, 8, 40, "critical") == (closed.revision, closed.triggers, closed.measure.value, closed.severity)


def test_a_severity_that_fell_and_comes_back_by_time_alone_is_said() -> None:
    """It is no higher than one that was said before, yet it is not what was said last."""
    desk, day = Desk(LongEpisode()), DAY // MINUTE
    desk.tell(swipe(0), swipe(2 * day), swipe(4 * day))
    said = [desk.tick(NOON + 7 * DAY + HOUR).revisions]
    desk.tell(taken_back(0))
    said += [desk.tick(NOON + after).revisions for after in (7 * DAY + 2 * HOUR, 9 * DAY, 9 * DAY + HOUR)]

    assert [["critical"], ["warning"], ["critical"], []] == [[one.severity for one in each] for each in said]


def test_an_alert_closes_quiet_and_the_wait_for_late_ones_after_its_last_trigger() -> None:
    """By the log's clock; the closing revision carries the whole final content."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0), swipe(30, 2))
    last = NOON + 30 * MINUTE

    assert [] == desk.tick(last + HOUR + WAIT - HOUR).revisions
    [closed] = desk.tick(last + HOUR + WAIT + HOUR).revisions
    assert ("closed", 3, 2) == short([closed])[0]
    assert ["M0", "M30"] == [one.msgid for one in closed.evidence]
    assert 3.0 == closed.vola_amt
    assert [] == desk.end().revisions


def test_what_still_comes_opens_a_closed_alert_again() -> None:
    """Silently: the next closing tells the new content."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0))
    desk.tick(NOON + 5 * DAY)

    assert [] == desk.tell(swipe(20)).revisions
    assert [("closed", 3, 2)] == short(desk.tick(NOON + 6 * DAY).revisions)


def test_a_late_trigger_merges_two_alerts_into_the_one_that_opened_first() -> None:
    """The other is withdrawn with merged_into, and stays so when it is asked again."""
    desk = Desk(EverySwipe())
    first, second = desk.tell(swipe(100), swipe(0)).revisions
    merged = desk.tell(swipe(50)).revisions
    closed = desk.end().revisions

    assert first.alert_id != second.alert_id
    assert [("withdrawn", 2, 1)] == short(merged)
    assert (second.alert_id, first.alert_id) == (merged[0].alert_id, merged[0].merged_into)
    assert [(first.alert_id, 3, None)] == [(one.alert_id, one.triggers, one.merged_into) for one in closed]


def test_a_split_leaves_the_id_with_the_earlier_part() -> None:
    """The later part is a new alert; when the gap is filled again they are one again."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0), swipe(50), swipe(100))
    [first] = ids(desk.said)
    [later] = desk.tell(taken_back(50, "R")).revisions
    again = desk.tell(wire.message_reversal("R", NOON + 11 * HOUR, "2103", psn_no="50")).revisions

    assert ("opened", 1, 1) == short([later])[0]
    assert first != later.alert_id
    assert [("withdrawn", 2, 1)] == short(again)
    assert first == again[0].merged_into
    assert [("closed", 2, 3)] == short(desk.end().revisions)


def test_both_parts_of_a_split_may_begin_with_the_same_opener() -> None:
    """An alert that was opened late in its episode leaves its id to the earlier part; ids stay apart."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(100), swipe(50), swipe(0))
    [only] = ids(desk.said)
    desk.tell(taken_back(50))
    closed = desk.end().revisions

    assert 2 == len(ids(closed))
    assert (only, 1) == (closed[0].alert_id, closed[0].triggers)
    assert closed[0].first_time < closed[1].first_time


def test_parts_of_a_split_stay_apart_when_the_earlier_one_is_too_old_to_change() -> None:
    """Though the trigger that opened the earlier alert is in the later part, and what is left of it is but sums."""
    desk = Desk(EverySwipe())
    midnight = 12 * 60
    between = wire.reversal(f"S{midnight + 20}", NOON + 20 * HOUR, msgid="R", psn_no=f"{midnight + 20}")
    desk.tell(swipe(midnight + 70), swipe(midnight + 20), swipe(midnight - 30), between)
    later = midnight + 90 + desk.engine.memory.bounds["swipes"].retention // MINUTE
    desk.tell(swipe(later), swipe(later + 1))

    assert "withdrawn" not in {alert.status for alert in desk.said}
    assert [1, 1, 2] == [alert.triggers for alert in desk.end().revisions]


def test_a_withdrawn_alert_that_holds_again_keeps_its_id() -> None:
    """The next revision of the same alert is `opened`."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0), taken_back(0, "R"), wire.message_reversal("R", NOON + 11 * HOUR, "2103", psn_no="0"))

    assert [("opened", 1, 1), ("withdrawn", 2, 1), ("opened", 3, 1)] == short(desk.said)
    assert 1 == len(ids(desk.said))


def test_a_withdrawn_alert_says_what_it_had_said() -> None:
    """Its evidence and times are those of before; it stands for nothing any more."""
    desk = Desk(EverySwipe())
    [opened] = desk.tell(swipe(0, 7)).revisions
    [withdrawn] = desk.tell(taken_back(0)).revisions

    assert (opened.evidence, opened.first_time, 7.0) == (withdrawn.evidence, withdrawn.first_time, withdrawn.vola_amt)
    assert [] == desk.end().revisions


def test_an_msgid_that_is_used_again_gives_another_alert() -> None:
    """Months later, when nothing is remembered of the first: no id comes back with revision 1."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0), swipe(100 * 24 * 60), swipe(200 * 24 * 60, msgid="M0", psn_no="0", setl_id="S0"))
    desk.end()

    assert 3 == len(ids(desk.said))


def test_a_finding_holds_only_from_the_tick_at_its_time() -> None:
    """Until then nothing is said; what came in between takes it away."""
    desk = Desk(NothingAfter())
    desk.tell(swipe(0), swipe(30, psn_no="0"), swipe(80, psn_no="0"))
    due = NOON + HOUR + GRACE

    assert [] == desk.tick(due + HOUR).revisions
    assert [("opened", 1, 1)] == short(desk.tick(due + 2 * HOUR).revisions)
    assert ["M80"] == [alert.evidence[0].msgid for alert in desk.said]


def test_a_finding_may_rise_by_time_alone() -> None:
    """At the tick that it names, if it still holds."""
    desk = Desk(SoldTwice(limit=1))
    desk.tell(wire.stock("3505", NOON, drugtracinfo=[{"drug_trac_codg": wire.BOX}]))

    assert [] == desk.tick(NOON + DAY - HOUR).revisions
    assert [("updated", "critical")] == [(one.status, one.severity) for one in desk.tick(NOON + DAY).revisions]


def test_days_are_judged_when_they_are_over_and_their_late_entries_have_come() -> None:
    """A late entry after that judges the day anew; a broken day is isolated."""
    desk = Desk(BusyDay())
    desk.tell(swipe(0, 50, infno="2207", med_type="11"), swipe(DAY // MINUTE, 0.13, infno="2207", med_type="11"))
    end = MONDAY + DAY + WAIT

    assert [] == desk.tick(end - HOUR).revisions
    [opened] = desk.tick(end).revisions
    assert (40.0, 50.0) == (opened.measure.value - 10, opened.vola_amt)
    outcome = desk.tick(end + DAY)
    assert ({"T08": 1}, [("closed", 2, 1)]) == (outcome.errors, short(outcome.revisions))
    more = desk.tell(swipe(1, 100, infno="2207", med_type="11")).revisions
    assert [("updated", 150.0)] == [(one.status, one.measure.value) for one in more]


def test_a_rule_that_raises_is_isolated() -> None:
    """That rule for that entry is skipped and published; the others, and the next entry, go on."""
    desk = Desk(Broken(), EverySwipe())
    outcome = desk.tell(swipe(0, 1), swipe(1, 2))

    assert {"T09": 1} == outcome.errors
    [error] = outcome.rule_errors
    assert [("rule", b"T09"), ("error", b"ValueError")] == error.headers
    assert ["T20", "T09"] == [alert.rule_id for alert in outcome.revisions if alert.status == "opened"]


class Misguarded(EverySwipe):
    """Has a guard that asks for a field that no swipe has."""

    card = replace(ManySwipes.card, id="T22")

    @property
    def guard(self) -> Guard:
        """Wrong."""
        return Guard(distinct=("persn", 1))


def test_a_guard_that_raises_is_isolated_as_its_rule_is() -> None:
    """It is part of the rule."""
    outcome = Desk(Misguarded(), EverySwipe()).tell(swipe(0, 1))

    assert {"T22": 1} == outcome.errors
    assert ["T20"] == [alert.rule_id for alert in outcome.revisions]


class Speechless(EverySwipe):
    """Finds, and cannot say what."""

    card = replace(ManySwipes.card, id="T21")

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """Raise."""
        raise ZeroDivisionError(episode.count)


class Lost(EverySwipe):
    """Finds, and cannot say where."""

    card = replace(ManySwipes.card, id="T21")

    def scene(self, episode: Episode) -> Scene:
        """Raise."""
        raise ZeroDivisionError(episode.count)


@pytest.mark.parametrize("rule", [Speechless(), Lost()], ids=["what", "where"])
def test_a_rule_that_cannot_say_what_it_found_is_isolated(rule: EverySwipe) -> None:
    """Its alert is published with what was measured, and the error with the entry; the others go on."""
    desk = Desk(rule, EverySwipe())
    outcome = desk.tell(swipe(0, 2))

    assert {"T21": 1} == outcome.errors
    [error] = outcome.rule_errors
    assert [("rule", b"T21"), ("error", b"ZeroDivisionError")] == error.headers
    texts = {alert.rule_id: alert.text.en.partition(": ")[2].partition(";")[0] for alert in outcome.revisions}
    assert {"T20": "2 of 1", "T21": "value 2 / 1 things"} == texts


def test_a_shadow_is_told_apart_from_its_rule() -> None:
    """Both may be in force at once: ids, states and the mark differ."""
    desk = Desk(EverySwipe(), shadows=[EverySwipe(limit=2)])
    desk.tell(swipe(0, 2))
    desk.take_over()
    desk.tell(swipe(1, 5))
    desk.end()

    assert 2 == len(ids(desk.said))
    assert {False: [1, 2, 3], True: [1, 2, 3]} == {
        shadow: [alert.revision for alert in desk.said if alert.shadow is shadow] for shadow in (False, True)
    }


def test_alerts_of_one_burst_share_an_incident() -> None:
    """The first one's; a later burst has its own."""
    desk = Desk(EverySwipe(), ManyPeople(limit=2))
    desk.tell(swipe(0), swipe(1), swipe(24 * 60), swipe(24 * 60 + 1))
    incidents = [alert.incident_id for alert in desk.said if alert.status == "opened"]

    assert 4 == len(incidents)
    assert 2 == len(set(incidents))
    assert incidents[0] == incidents[1]


def test_evidence_is_shown_by_time_and_at_most_fifty() -> None:
    """How many there are in all is said beside it; the amount is that of all."""
    desk = Desk(EverySwipe())
    desk.tell(*(swipe(n) for n in reversed(range(60))))
    [closed] = desk.end().revisions

    assert (60, 60.0) == (closed.evidence_count, closed.vola_amt)
    assert [f"M{n}" for n in range(50)] == [one.msgid for one in closed.evidence]


@pytest.mark.parametrize("take_over", [False, True])
def test_an_episode_longer_than_what_is_remembered_is_told_whole(take_over: bool) -> None:  # noqa: FBT001 - a variant
    """What lies before the retention is kept in sum: triggers, first time, amount, count of the evidence."""
    desk = Desk(LongEpisode())
    for day in range(40):
        desk.tell(swipe(day * 1440), swipe(day * 1440 + 20))
        desk.tick(NOON + day * DAY)
        if take_over:
            desk.take_over()
    [page] = [page for page in desk.engine.memory.all_pages().values() if page.ledger.name == "swipes"]
    [closed] = desk.end().revisions[-1:]

    assert len(page.order) < 40
    assert (80, 80) == (closed.triggers, closed.evidence_count)
    assert wire.text(NOON) == closed.first_time.replace("T", " ")[:19]
    assert ["M0", "M20", "M1440"] == [one.msgid for one in closed.evidence[:3]]


def test_a_long_episode_that_was_closed_and_loses_its_end_says_so() -> None:
    """Where only its part before the retention is left, that is what stands."""
    desk = Desk(LongEpisode())
    desk.tick(NOON + 100 * DAY)
    for day in range(24):
        desk.tell(swipe(day * 1440))
    desk.tick(NOON + 101 * DAY)
    [page] = [page for page in desk.engine.memory.all_pages().values() if page.ledger.name == "swipes"]
    kept = [entry.message for entry in page.order]
    desk.tell(*(wire.reversal(f"S{name[1:]}", NOON + int(name[1:]) * MINUTE, psn_no=name[1:]) for name in kept))
    desk.end()

    assert 24 > len(kept) > 0
    assert ("closed", 24 - len(kept)) == (desk.said[-1].status, desk.said[-1].triggers)


def test_a_second_closing_tick_closes_what_came_after_the_first() -> None:
    """Nothing stays open for ever."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0))
    desk.end()
    desk.tell(swipe(10), swipe(200))

    assert [("closed", 3, 2), ("closed", 2, 1)] == short(desk.end().revisions)
    assert [] == desk.end().revisions


@pytest.mark.parametrize("take_over", [False, True])
def test_what_an_open_alert_has_not_said_yet_is_said_at_the_next_tick(take_over: bool) -> None:  # noqa: FBT001 - a variant
    """Once, with the whole content; whoever takes over in between says the same."""
    desk = Desk(EverySwipe())
    said = [short(desk.tell(swipe(minutes)).revisions) for minutes in (0, 10, 5)]
    if take_over:
        desk.take_over()
    ticks = [desk.tick(NOON + hours * HOUR).revisions for hours in (1, 2)]

    assert [[("opened", 1, 1)], [], []] == said
    assert [[("updated", 2, 3)], []] == [short(revisions) for revisions in ticks]
    assert ["M0", "M5", "M10"] == [one.msgid for one in ticks[0][0].evidence]


def test_what_came_and_went_between_two_ticks_is_not_said() -> None:
    """The content is that of the last revision again."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0), swipe(10), taken_back(10))

    assert [] == desk.tick(NOON + HOUR).revisions


def test_an_alert_that_closes_at_a_tick_says_its_news_with_that() -> None:
    """One revision a tick."""
    desk = Desk(EverySwipe())
    desk.tell(swipe(0), swipe(10))

    assert [("closed", 2, 2)] == short(desk.tick(NOON + 10 * DAY).revisions)


def test_a_long_episode_is_not_counted_again_at_every_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a tick says costs what came since the last one, also where something came late or was taken back."""
    counted = [0]
    add = Proofs.add

    def counting(proofs: Proofs, trigger: Trigger) -> None:
        counted[0] += 1
        add(proofs, trigger)

    monkeypatch.setattr(Proofs, "add", counting)
    desk, hours = Desk(EverySwipe()), 20
    for hour in range(hours):
        first = hour * 60
        desk.tell(*(swipe(first + minute) for minute in range(1, 50)), swipe(first), taken_back(first + 7))
        desk.tick(NOON + (hour + 1) * HOUR)

    assert [("updated", 49 * (hour + 1)) for hour in range(hours)] == [
        (a.status, a.triggers) for a in desk.said[-hours:]
    ]
    assert 50 * hours == counted[0]


def test_an_alert_says_what_ended_it() -> None:
    """That nothing came any more, another alert, or that its rule is no longer in force; nothing else does."""
    desk = Desk(EverySwipe(), shadows=[EverySwipe()])
    desk.tell(swipe(100), swipe(0), swipe(50), swipe(400), taken_back(400), swipe(300))
    desk.engine.turn([Watch(EverySwipe())], desk.reference, NOON + 9 * HOUR)
    desk.end()
    ended = [(alert.shadow, alert.status, alert.closed_by) for alert in desk.said if alert.closed_by]

    assert {
        (False, "withdrawn", "merged"), (True, "withdrawn", "merged"),
        (False, "closed", "quiet"), (True, "closed", "rule_off"),
    } == set(ended)  # fmt: skip
    assert {None} == {one.closed_by for one in desk.said if one.status in ("opened", "updated")}
    assert {None} == {one.closed_by for one in desk.said if one.status == "withdrawn" and one.merged_into is None}

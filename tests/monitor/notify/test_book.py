"""What Alertmanager is to know: which leads, under which labels, until when."""

from __future__ import annotations

import json
from copy import copy

import pytest

from monitor.contract.work import Snooze, Snoozed, SnoozeEnded
from monitor.notify.book import MISFIRES, VALID, WAVE, Book, Entry, Policy, Post
from monitor.notify.lead import read
from rules.engine.text import Text
from rules.times import DAY, HOUR, MINUTE, SECOND, iso, parse

NOW = parse("2026-03-05 14:02:07")
"""A Thursday."""
ADVICE = Text("核对就诊登记", "compare the register")
PERSON = "p_0123456789abcdef0123"


def alert() -> dict[str, object]:
    """An alert revision as it stands on the topic, as far as the notifier reads it."""
    return {
        "alert_id": "a1", "revision": 1, "status": "opened", "rule_id": "S01", "rule_name": "集中刷卡",
        "rule_name_en": "Concentrated swiping", "shadow": False, "stage": "in", "severity": "high",
        "subject": {"kind": "institution", "id": "P34102100029"}, "scope": ["P34102100029"], "incident_id": "i1",
        "fixmedins_code": "P34102100029", "insuplc_admdvs": "341021", "mdtrtarea_admvs": "340100",
        "last_time": "2026-03-05T14:02:00+08:00", "text": {"zh": "11名参保人刷卡", "en": "11 persons swiped"},
        "evidence": [{"person": PERSON, "setl_id": "s1"}], "anything": "new",
    }  # fmt: skip


def book(openings: int = 50, live_from: int = 0) -> Book:
    """A book with nothing in it."""
    return Book(Policy("settlement", openings, 7 * DAY, "08:30-17:30", live_from), {"S01": ADVICE})


def take(into: Book, now: int = NOW, /, **of: object) -> Entry | None:
    """Take a revision that was published just now."""
    return into.take(read(json.dumps(alert() | of).encode()), now, now)


def is_firing(post: Post, now: int) -> bool:
    """Whether Alertmanager is to know it as open."""
    return post.ends > now


def test_a_lead_has_the_labels_by_which_it_is_routed() -> None:
    """Rule, severity, stage, both regions, institution, incident; and what it is grouped by."""
    one = book()
    take(one)

    [post] = one.news(NOW)

    assert post.labels == {
        "alertname": "SettlementLead", "kind": "lead", "area": "settlement", "rule": "S01", "severity": "high",
        "stage": "in", "insuplc_admdvs": "341021", "mdtrtarea_admvs": "340100", "institution": "P34102100029",
        "incident": "i1", "wave": "2026-03-05T14:02:07+08:00", "digest": "2026-03-06", "hours": "working",
    }  # fmt: skip
    assert post.annotations == {
        "rule_name_zh": "集中刷卡", "rule_name_en": "Concentrated swiping", "sentence_zh": "11名参保人刷卡",
        "sentence_en": "11 persons swiped", "advice_zh": "核对就诊登记", "advice_en": "compare the register",
        "alert_id": "a1", "opened": "2026-03-05T14:02:07+08:00",
    }  # fmt: skip
    assert (NOW, NOW + VALID) == (post.starts, post.ends)


def test_labels_stay_over_revisions_and_restarts() -> None:
    """Later revisions change the words alone; so Alertmanager knows the lead again."""
    one = book()
    entry = take(one)
    assert entry is not None
    [first] = one.news(NOW)
    take(one, NOW + HOUR, revision=2, status="updated", text={"zh": "12名", "en": "12"}, incident_id="other")
    again = book()
    again.restore([entry])

    [later], [restored] = one.news(NOW + HOUR), again.all(NOW + DAY)

    assert first.labels == later.labels == restored.labels
    assert ("12名", "a1") == (later.annotations["sentence_zh"], restored.annotations["alert_id"])


@pytest.mark.parametrize("status", ["withdrawn", "closed"])
def test_an_end_is_told_and_told_again(status: str) -> None:
    """For as long as Alertmanager may believe what it was told before; then the lead is forgotten."""
    one = book()
    take(one)
    [opened] = one.news(NOW)
    take(one, NOW + MINUTE, revision=2, status=status)

    [news], [again] = one.news(NOW + MINUTE), one.all(NOW + HOUR)

    assert opened.labels == news.labels == again.labels
    assert NOW + MINUTE == news.ends == again.ends
    assert ["a1"] == one.forget(NOW + MINUTE + VALID + 1)
    assert [] == one.all(NOW + 2 * VALID)


def test_a_higher_severity_is_another_alert() -> None:
    """The one of the lower severity is over; a lower severity afterwards changes nothing."""
    one = book()
    take(one)
    one.news(NOW)
    take(one, NOW + 1, revision=2, status="updated", severity="critical")

    news = {post.labels["severity"]: is_firing(post, NOW + 1) for post in one.news(NOW + 1)}
    take(one, NOW + 2, revision=3, status="updated", severity="info")
    [after] = one.news(NOW + 2)

    assert {"high": False, "critical": True} == news
    assert after.labels["severity"] == "critical"


def test_leads_with_the_same_labels_end_with_the_last() -> None:
    """Alertmanager knows one alert of them; it speaks of the newest."""
    one = book()
    take(one)
    take(one, alert_id="a2")
    [post] = one.news(NOW)
    take(one, NOW + 1, alert_id="a2", revision=2, status="closed")
    [still] = one.news(NOW + 1)
    take(one, NOW + 2, alert_id="a1", revision=2, status="closed")
    [over] = one.news(NOW + 2)

    assert ("a2", "a1") == (post.annotations["alert_id"], still.annotations["alert_id"])
    assert (True, False) == (is_firing(still, NOW + 1), is_firing(over, NOW + 2))


@pytest.mark.parametrize("revision", [1, 2])
def test_a_revision_that_was_seen_changes_nothing(revision: int) -> None:
    """A worker that died repeats what it had published; an end is not taken back by it."""
    one = book()
    take(one, revision=2)
    take(one, revision=3, status="closed")
    one.news(NOW)

    assert take(one, revision=revision) is None
    assert [] == one.news(NOW)


@pytest.mark.parametrize(
    ("more", "fate"),
    [
        ({"shadow": True}, "shadow"),
        ({"stage": "pre"}, "pre"),
        ({"last_time": iso(NOW - 7 * DAY - SECOND)}, "historical"),
        ({"last_time": iso(NOW - 7 * DAY)}, "told"),
    ],
)
def test_who_is_told(more: dict[str, object], fate: str) -> None:
    """Nobody of a rule that is tried out, of a pre-settlement, of history; and each is counted."""
    one = book()

    entry = take(one, NOW, **more)

    assert (fate == "told", {fate: 1}) == (entry is not None, dict(one.fates))
    assert (fate == "told") == bool(one.all(NOW))


def test_nobody_is_told_of_what_was_before_the_area_went_live() -> None:
    """However young it is; a lead of history that goes on afterwards is told then."""
    one = book(live_from=NOW)

    assert take(one, NOW, last_time=iso(NOW - SECOND)) is None
    assert {"historical": 1} == dict(one.fates)
    assert take(one, NOW, revision=2, status="updated", last_time=iso(NOW)) is not None


def test_a_rule_that_misfires_is_one_notification() -> None:
    """The fiftieth opening of an hour is told, the next ones are held back; an hour after the last one it is over."""
    one = book()
    for number in range(60):
        take(one, NOW + number, alert_id=f"a{number}", incident_id=f"i{number}")
    take(one, NOW + 60, alert_id="b", rule_id="S02")

    posts = one.all(NOW + 60)
    misfires = [post for post in posts if post.labels["alertname"] == MISFIRES]
    over = [post for post in one.all(NOW + 59 + HOUR) if post.labels["alertname"] == MISFIRES]

    assert (51, 1) == (len(posts) - len(misfires), len(misfires))
    assert {"rule": "S01", "kind": "operations"}.items() <= misfires[0].labels.items()
    assert {"told": 51, "held": 10} == dict(one.fates)
    assert ({"S01"}, set()) == (one.misfiring(NOW + 60), one.misfiring(NOW + 59 + HOUR))
    assert not is_firing(over[0], NOW + 59 + HOUR)
    assert [True, False] == [is_firing(misfires[0], NOW + 60), is_firing(over[0], NOW + 59 + HOUR)]


def test_the_cap_holds_over_partitions() -> None:
    """They are read one after the other, so what was published first may be read last."""
    one = book(openings=2)
    fates = []
    for number, moment in enumerate((NOW + MINUTE, NOW + 2 * MINUTE, NOW, NOW - HOUR)):
        entry = take(one, moment, alert_id=f"a{number}", incident_id=f"i{number}")
        assert entry is not None
        fates.append(entry.fate)

    assert ["told", "told", "held", "told"] == fates


def test_the_cap_holds_over_a_restart() -> None:
    """Openings of the last hour are remembered, those that were held back too."""
    one = book(openings=2)
    entries = [take(one, NOW + number, alert_id=f"a{number}", incident_id=f"i{number}") for number in range(3)]
    again = book(openings=2)
    again.restore(entry for entry in entries if entry is not None)

    held = take(again, NOW + 9, alert_id="a9", incident_id="i9")
    told = take(again, NOW + HOUR + 10, alert_id="c", incident_id="ic")

    assert held is not None
    assert told is not None
    assert ("held", "told") == (held.fate, told.fate)
    assert {"S01"} == again.misfiring(NOW + 10)


def test_what_opens_together_is_one_wave() -> None:
    """From the first lead on for four minutes, also over a restart."""
    one = book()
    first = take(one)
    second = take(one, NOW + WAVE - 1, alert_id="a2", rule_id="S02")
    assert first is not None
    assert second is not None
    again = book()
    again.restore([second, first])
    third = take(again, NOW + WAVE - 1000, alert_id="a3", rule_id="S03")
    fourth = take(again, NOW + WAVE, alert_id="a4", rule_id="S04")
    assert third is not None
    assert fourth is not None

    assert first.labels["wave"] == second.labels["wave"] == third.labels["wave"] != fourth.labels["wave"]


@pytest.mark.parametrize(
    ("moment", "hours", "digest"),
    [
        ("2026-03-05 08:29:59", "off", "2026-03-05"),
        ("2026-03-05 08:30:00", "working", "2026-03-06"),
        ("2026-03-05 17:29:59", "working", "2026-03-06"),
        ("2026-03-05 17:30:00", "off", "2026-03-06"),
        ("2026-03-07 10:00:00", "off", "2026-03-08"),
    ],
)
def test_working_hours_and_the_digest(moment: str, hours: str, digest: str) -> None:
    """The digest is that of the next beginning of the working hours; a Saturday has none of these."""
    one = book()
    now = parse(moment)
    entry = take(one, now, last_time=iso(now))
    assert entry is not None

    assert (hours, digest) == (entry.labels["hours"], entry.labels["digest"])


@pytest.mark.parametrize("place", ["zh", "en"])
@pytest.mark.parametrize(
    ("subject", "named"), [({"kind": "person", "id": "341021198001011234"}, "341021198001011234"), (None, PERSON)]
)
def test_nobody_is_named(place: str, subject: dict[str, str] | None, named: str) -> None:
    """A sentence in which a person stands, be it by pseudonym, is left out; the name of the rule stands for it."""
    one = book()
    text = {"zh": "x", "en": "x"} | {place: f"of {named}."}
    entry = take(one, text=text, subject=subject or {"kind": "institution", "id": "P34102100029"})
    assert entry is not None

    [post] = one.news(NOW)

    assert not {named, PERSON} & {*post.labels.values(), *post.annotations.values()}
    assert ("集中刷卡", "Concentrated swiping") == (post.annotations["sentence_zh"], post.annotations["sentence_en"])
    assert named not in repr(entry)
    assert named not in repr(post)


@pytest.mark.parametrize("region", ["341021", "340100"])
def test_a_region_is_nobody(region: str) -> None:
    """What is said of a county, of insurance or of care, names it; of another group the rule alone is named."""
    one = book()
    text = {"zh": f"{region}有6家机构", "en": f"six in {region}"}
    take(one, text=text, subject={"kind": "group", "id": region})
    take(
        one, alert_id="a2", incident_id="i2", text={"zh": "t_1a", "en": "t_1a"}, subject={"kind": "group", "id": "t_1a"}
    )

    assert [text["zh"], "集中刷卡"] == [post.annotations["sentence_zh"] for post in one.news(NOW)]


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"null", json.dumps(alert() | {"last_time": "soon"}).encode()])
def test_what_is_no_alert_is_refused(value: bytes) -> None:
    """With an error that the caller catches."""
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of them
        read(value)


def test_the_others_of_an_incident_attach() -> None:
    """What is as severe as an open lead or less is spoken for; what is more severe or more urgent speaks itself."""
    one = book()
    take(one, stage="post")
    kinds = [("S02", "high", "post"), ("S03", "info", "post"), ("S04", "critical", "post"), ("S05", "high", "in")]
    for rule, severity, stage in kinds:
        take(one, alert_id=rule, rule_id=rule, severity=severity, stage=stage)
    take(one, alert_id="other", rule_id="S06", incident_id="i2")

    posts = {post.labels["rule"]: post for post in one.news(NOW)}

    assert {"S02", "S03"} == {rule for rule, post in posts.items() if post.labels.get("attached") == "yes"}
    assert "S02, S03, S04, S05" == posts["S01"].annotations["incident_rules"]
    assert "incident_rules" not in posts["S06"].annotations


def test_an_attached_lead_speaks_once_its_severity_rises() -> None:
    """It is another alert to Alertmanager then; and what opens after the speaker ended is not attached."""
    one = book()
    take(one)
    take(one, alert_id="b", rule_id="S02")
    take(one, alert_id="b", rule_id="S02", revision=2, status="updated", severity="critical")
    firing = {post.labels["rule"]: post for post in one.news(NOW) if is_firing(post, NOW)}

    assert ("critical", None) == (firing["S02"].labels["severity"], firing["S02"].labels.get("attached"))
    for alert_id, rule in (("a1", "S01"), ("b", "S02")):
        take(one, NOW + 1, alert_id=alert_id, rule_id=rule, revision=3, status="closed")
    take(one, NOW + 2, alert_id="c", rule_id="S03")
    [last] = [post for post in one.news(NOW + 2) if is_firing(post, NOW + 2)]
    assert ("S03", None, None) == (
        last.labels["rule"], last.labels.get("attached"), last.annotations.get("incident_rules")
    )  # fmt: skip


def test_a_notifier_that_begins_again_knows_who_speaks() -> None:
    """From what it remembered alone."""
    before, after = book(), book()
    entry = take(before)
    assert entry is not None
    after.restore([entry])

    attached = take(after, NOW + 1, alert_id="b", rule_id="S02")

    assert attached is not None
    assert "yes" == attached.labels["attached"]


def snoozed(until: int, **of: str) -> Snoozed:
    """A snooze of the rule at the institution of the alert."""
    about = {"rule_id": "S01", "subject_kind": "institution", "subject_id": "P34102100029"} | of
    return Snoozed.model_validate(about | {"by": "1", "reason": "促销", "at": iso(NOW), "until": iso(until)})


def test_nobody_is_told_of_a_snoozed_lead_until_it_is_over() -> None:
    """It ends by itself: the next revision of the lead is told, and so is the next lead."""
    one = book()
    one.snooze([snoozed(NOW + DAY)], NOW)

    assert take(one) is None
    assert ([], {"snoozed": 1}) == (one.news(NOW), dict(one.fates))
    assert take(one, NOW + DAY - 1, revision=2, status="updated") is None
    assert take(one, NOW + DAY, revision=3, status="updated") is not None
    assert [True] == [is_firing(post, NOW + DAY) for post in one.news(NOW + DAY)]


def test_a_lead_that_was_told_is_over_when_it_is_snoozed() -> None:
    """Alertmanager hears that at once, and what was remembered says it after a restart too."""
    one = book()
    entry = take(one)
    assert entry is not None
    again = book()
    again.restore([copy(entry)])
    for each in (one, again):
        each.news(NOW)
        [hushed] = each.snooze([snoozed(NOW + DAY)], NOW + MINUTE)
        assert ("a1", NOW + MINUTE) == (hushed.alert_id, hushed.ended)
        assert [False] == [is_firing(post, NOW + MINUTE) for post in each.news(NOW + MINUTE)]
        assert 0 == each.open.total()
        assert take(each, NOW + HOUR, revision=2, status="updated") is None


def test_a_lead_of_an_earlier_release_is_over_with_its_next_revision() -> None:
    """Its subject was not remembered then."""
    one = book()
    entry = take(one)
    assert entry is not None
    entry.about = ""
    again = book()
    again.restore([entry])
    assert [] == again.snooze([snoozed(NOW + DAY)], NOW)

    known = take(again, NOW + HOUR, revision=2, status="updated")

    assert known is not None
    assert NOW + HOUR == known.ended


def test_a_snooze_that_was_ended_hushes_nothing() -> None:
    """The last act counts, in whatever order they are read."""
    start = snoozed(NOW + DAY)
    given = start.model_dump() | {"kind": "snooze_ended", "at": iso(NOW + SECOND)}
    end = SnoozeEnded.model_validate(given)
    both: list[list[Snooze]] = [[start, end], [end, start]]
    for acts in both:
        one = book()
        one.snooze(acts, NOW + MINUTE)
        assert take(one, NOW + MINUTE) is not None


@pytest.mark.parametrize(
    "of", [{"rule_id": "S02"}, {"subject_id": "P34102100030"}, {"subject_kind": "person"}], ids=repr
)
def test_a_snooze_hushes_its_own_subject_alone(of: dict[str, str]) -> None:
    """Another rule, another institution, another kind of subject."""
    one = book()
    one.snooze([snoozed(NOW + DAY, **of)], NOW)

    assert take(one) is not None


@pytest.mark.parametrize("until", [NOW, NOW - DAY, NOW + 180 * DAY + SECOND])
def test_a_snooze_ends_within_half_a_year(until: int) -> None:
    """And not before it begins."""
    assert snoozed(NOW + 180 * DAY).reason
    with pytest.raises(ValueError, match="until: expected 1 to 180 days"):
        snoozed(until)

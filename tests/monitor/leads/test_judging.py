"""The log of leads: what feeds it, that facts may come twice, and that rules turn in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import orjson
import pytest

from monitor.inforce.rulebook import load_rules
from monitor.leads.facts import Fact, Found, Hour, InForce, Said, Taken, found_in, said_in, taken_in
from monitor.leads.judging import Judging
from rules.testing import at
from rules.times import DAY, HOUR, iso

START = at("10:00")
ALERT: dict[str, Any] = {
    "alert_id": "0" * 32, "revision": 1, "status": "opened", "rule_id": "S02", "family": "credential", "shadow": False,
    "stage": "in", "severity": "high", "subject": {"kind": "person", "id": "p_1"}, "fixmedins_code": "P1",
    "fixmedins_name": "示例大药房", "insuplc_admdvs": "341021", "mdtrtarea_admvs": "341022",
    "first_time": iso(START), "detected_at": iso(START + HOUR), "vola_amt": 12.34,
    "evidence": [{"person": "p_3"}, {"person": "p_2"}, {"person": "p_3"}, {"person": ""}],
}  # fmt: skip


def found(number: int, time: int, rule: str = "S01", **more: Any) -> Found:  # noqa: ANN401 - fields of several types
    """A lead about an institution, found an hour after it."""
    fields: dict[str, Any] = {
        "alert_id": f"{number:032x}", "revision": 1, "rule": rule, "about": "institution", "subject": "P1",
        "severity": 2, "time": time, "found": time + HOUR, "due": time + 20 * DAY, "stands": True,
        "institution": "P1", "name": "示例大药房", "insured_in": "341021", "place": "341021", "amount": 100,
        "persons": (),
    }  # fmt: skip
    return Found(**(fields | more))


def said(number: int, disposition: str, time: int) -> Said:
    """A disposition of a lead."""
    return Said(f"{number:032x}", disposition, time)


def run(facts: Iterable[tuple[Fact, int]], judging: Judging | None = None) -> list[tuple[str, str, int, bytes]]:
    """Rule, status, revision and bytes of what follows from facts, each appended at a moment."""
    judging = judging or Judging(load_rules(None))
    told: list[tuple[str, str, int, bytes]] = []
    for fact, appended in facts:
        outcome = judging.take(fact, appended)
        pairs = zip(outcome.revisions, outcome.alerts, strict=True)
        told += [(one.rule_id, one.status, one.revision, published.value) for one, published in pairs]
    return told


def brief(facts: Iterable[tuple[Fact, int]]) -> list[tuple[str, str, int]]:
    """The same without the bytes."""
    return [one[:3] for one in run(facts)]


def at_times(*facts: Fact) -> list[tuple[Fact, int]]:
    """Each appended when it says that it was."""
    times = {Found: "found", Said: "at", Taken: "at", Hour: "hour"}
    return [(one, getattr(one, times[type(one)])) for one in facts]


def test_a_revision_becomes_a_fact() -> None:
    """With the persons of its evidence, and the one whom it is about."""
    fact = found_in(ALERT, lambda time: time + DAY)

    assert fact == Found(
        "0" * 32, 1, "S02", "person", "p_1", 2, START, START + HOUR, START + HOUR + DAY, ALERT["status"] == "opened",
        "P1", "示例大药房", "341021", "341022", 1234, ("p_1", "p_2", "p_3"),
    )  # fmt: skip


def test_a_revision_says_who_lay_where() -> None:
    """By the rows of its evidence that are of a stay; what was bought meanwhile is none."""
    rows = [
        {"person": person, "role": role, "fixmedins_code": code, "fixmedins_name": name}
        for person, role, code, name in (
            ("p_2", "admission", "H1", "甲医院"), ("p_2", "discharge", "H1", "甲医院"), ("p_1", "bill", "H2", ""),
            ("p_2", "settlement", "P1", "示例大药房"), ("", "admission", "H3", ""),
        )
    ]  # fmt: skip
    fact = found_in(ALERT | {"evidence": rows}, lambda time: time)

    assert fact is not None
    assert fact.stays == (("H1", "甲医院", "p_2"), ("H2", "", "p_1"))


@pytest.mark.parametrize("left_out", [{"shadow": True}, {"stage": "pre"}, {"family": "actors"}])
def test_what_does_not_feed_rules_over_leads(left_out: dict[str, Any]) -> None:
    """Rules on trial, questions before money moves, and they themselves."""
    assert found_in(ALERT | left_out, lambda time: time) is None


def test_only_who_takes_a_lead_takes_it() -> None:
    """Not who gives it back, and not who says something of it."""
    act = '{"alert_id": "%s", "by": "李", "at": "2026-03-05T10:00:00+08:00", "kind": %s}'
    taken, back, comment = (
        taken_in((act % ("0" * 32, kind)).encode())
        for kind in ('"assigned", "to": "王"', '"assigned", "to": ""', '"commented", "text": "好"')
    )

    assert (Taken("0" * 32, START), None, None) == (taken, back, comment)
    with pytest.raises(ValueError, match="1 validation error"):
        said_in(b'{"alert_id": "1", "disposition": "confirmed", "by": "x", "at": "2026-03-05T10:00:00+08:00"}')


def test_a_lead_is_repeated_once_one_was_confirmed() -> None:
    """It is withdrawn where the earlier one is found wrong after all, and stands again where that is taken back."""
    second = found(2, START + 5 * DAY)
    facts = at_times(
        found(1, START), said(1, "confirmed", START + DAY), Taken(f"{1:032x}", START + HOUR), second,
        said(1, "explained", START + 6 * DAY), said(1, "confirmed", START + 7 * DAY),
    )  # fmt: skip

    # Who says it again after the second lead had begun says it too late for that one.
    assert [("A01", "opened", 1), ("A01", "withdrawn", 2)] == brief(facts)


def test_what_nobody_takes_lies() -> None:
    """From the hour on at which its time is over; who takes it late has taken it late, in the same alert."""
    hours = [Hour(START + n * HOUR) for n in range(24, 28)]
    late = said(1, "confirmed", START + 60 * HOUR)
    facts = at_times(found(1, START), *hours, late, Hour(START + 61 * HOUR))

    told = run(facts)
    assert [("A04", "opened", 1), ("A04", "updated", 2)] == [one[:3] for one in told]
    assert [24.0, 59.0] == [_value(one[3]) for one in told]


def _value(alert: bytes) -> float:
    return float(orjson.loads(alert)["measure"]["value"])


def test_what_is_withdrawn_waits_for_nobody() -> None:
    """Nor does a lead of which it is not said until when it is to be judged."""
    gone = found(1, START, revision=2, stands=False, found=START + 2 * HOUR)

    assert [] == brief(at_times(found(1, START), gone, Hour(START + 40 * DAY)))
    assert [] == brief(at_times(found(1, START, due=0), Hour(START + 40 * DAY)))


def test_a_fact_that_comes_twice_changes_nothing() -> None:
    """Whoever writes the log may write what it had written before it was killed, at any place after it."""
    facts = at_times(
        found(1, START), said(1, "confirmed", START + DAY), Taken(f"{1:032x}", START + 30 * HOUR),
        found(2, START + 5 * DAY), found(2, START + 4 * DAY, revision=2, found=START + 5 * DAY + 2 * HOUR),
        *(Hour(START + (130 + n) * HOUR) for n in range(48)), found(3, START + 8 * DAY, "D04", persons=("p_1", "p_2")),
    )  # fmt: skip
    once = run(facts)

    assert {"A01", "A04"} == {one[0] for one in once}
    for cut in range(1, len(facts) + 1):
        appended = facts[cut - 1][1]
        again = [(fact, appended) for fact, _ in facts[:cut] if not isinstance(fact, Hour)]
        assert once == run([*facts[:cut], *again, *facts[cut:]])


def test_rules_turn_where_the_log_says_so() -> None:
    """An alert of a rule that is switched off closes at the next hour."""
    lying = {"rule_id": "A04", "version": "1", "enabled": True, "status": "live", "valid_from": "", "parameters": {}}
    before = [(InForce((lying,)), START), *at_times(found(1, START), Hour(START + 26 * HOUR))]
    off = (InForce((lying | {"enabled": False},)), START + 26 * HOUR)

    assert [("A04", "opened", 1)] == brief(before)
    assert [("A04", "opened", 1), ("A04", "closed", 2)] == brief([*before, off, (Hour(START + 27 * HOUR), 0)])


def test_a_lead_that_moves_to_another_institution_waits_there() -> None:
    """An earlier trigger that came late may have been elsewhere."""
    moved = found(1, START, revision=2, institution="P2", found=START + 2 * HOUR)
    judging = Judging(load_rules(None))

    run(at_times(found(1, START), moved), judging)
    told = judging.take(Hour(START + 3 * DAY), START + 3 * DAY).revisions
    assert [("A04", ("P2",))] == [(one.rule_id, one.scope) for one in told]


def stay(number: int, person: str, place: str = "H1", **more: Any) -> Found:  # noqa: ANN401 - fields of several types
    """Somebody who lies in a hospital buys at a pharmacy."""
    lay = ((place, "示例医院", person),)
    return found(number, START + number * DAY, "I02", persons=(person,), stays=lay, **more)


def convoy(*persons: str) -> Found:
    """They were admitted together."""
    lay = tuple(("H1", "示例医院", one) for one in persons)
    return found(1, START, "I06-HOME", persons=persons, stays=lay, institution="H1", subject="H1")


def test_a_lead_about_stays_is_at_their_hospital() -> None:
    """Though it was found at the pharmacy; there nothing is said of the hospital's patients."""
    told = run(at_times(convoy("p_1", "p_2", "p_3"), stay(2, "p_1"), stay(3, "p_2"), stay(4, "p_3")))
    found_now = [orjson.loads(one[3]) for one in told if one[0] == "I07"]

    assert [("H1", "示例医院", 3.0)] == [
        (one["fixmedins_code"], one["fixmedins_name"], one["measure"]["value"]) for one in found_now
    ]


def test_a_stay_that_turns_out_to_be_elsewhere_leaves_the_hospital() -> None:
    """The finding there is withdrawn."""
    facts = at_times(convoy("p_1", "p_2", "p_3"), stay(2, "p_1"), stay(3, "p_2"), stay(4, "p_3"))
    moved = stay(4, "p_3", "H2", revision=2, found=START + 5 * DAY)

    assert [("I07", "opened"), ("I07", "withdrawn")] == [
        one[:2] for one in run([*facts, *at_times(moved)]) if one[0] == "I07"
    ]


def test_the_customers_of_a_pharmacy_are_at_the_pharmacy() -> None:
    """On three days cards come together, or their drugs do not add up."""
    five = ("p_1", "p_2", "p_3", "p_4", "p_5")
    leads = [found(n, START + n * DAY, rule, persons=five) for n, rule in enumerate(("S01", "D04", "S02"), 1)]

    assert [("S05", "opened", 1)] == [one for one in brief(at_times(*leads)) if one[0] == "S05"]
    elsewhere = msgspec.structs.replace(leads[2], institution="P2")
    assert [] == [one for one in brief(at_times(*leads[:2], elsewhere)) if one[0] == "S05"]


def grown(number: int, **more: Any) -> Found:  # noqa: ANN401 - fields of several types
    """Outpatient spending grows at an institution."""
    return found(number, START + number * HOUR, "B15", institution=f"H{number}", subject=f"H{number}", **more)


def of_areas(facts: Iterable[tuple[Fact, int]]) -> list[tuple[str, str, int]]:
    """What is said of places."""
    return [one for one in brief(facts) if one[0] == "B15-AREA"]


def test_spending_that_grows_in_a_whole_place_is_told_of_the_place() -> None:
    """Leads of B15 alone are counted; one that is found wrong is no longer, one that is explained still is."""
    six = [grown(number) for number in range(1, 7)]
    other = msgspec.structs.replace(six[5], rule="B14")

    assert [("B15-AREA", "opened", 1)] == of_areas(at_times(*six))
    assert [] == of_areas(at_times(*six[:5], other))
    wrong, explained = (said(3, one, START + DAY) for one in ("data_error", "explained"))
    assert [("B15-AREA", "opened", 1)] == of_areas(at_times(*six, explained))
    assert [("B15-AREA", "opened", 1), ("B15-AREA", "withdrawn", 2)] == of_areas(at_times(*six, wrong))


def test_a_lead_that_turns_out_to_be_in_another_place_leaves_the_first() -> None:
    """And counts at the other; one that only says the same again stays."""
    six = [grown(number) for number in range(1, 7)]
    again = grown(3, revision=2, severity=3, found=START + DAY)
    moved = grown(3, revision=2, place="341022", found=START + DAY)
    back = grown(3, revision=3, found=START + 2 * DAY)
    nowhere = grown(3, revision=2, place="", found=START + DAY)

    assert [("B15-AREA", "opened", 1)] == of_areas(at_times(*six, again))
    assert ["opened", "withdrawn"] == [one[1] for one in of_areas(at_times(*six, moved))]
    assert ["opened", "withdrawn"] == [one[1] for one in of_areas(at_times(*six, nowhere))]
    assert ["opened", "withdrawn", "opened"] == [one[1] for one in of_areas(at_times(*six, moved, back))]
    there = [grown(number, place="341022") for number in (11, 12, 13, 14, 15)]
    assert ["opened", "withdrawn", "opened"] == [one[1] for one in of_areas(at_times(*six, *there, moved))]

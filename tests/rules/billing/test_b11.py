"""B11 and B11-SPEED: one physician's code in two places."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.billing.b11_speed_too_far_apart import TooFarApart
from rules.billing.b11_two_places_at_once import TwoPlacesAtOnce
from rules.engine.finding import Undecidable
from rules.ledgers import Ordered
from rules.ledgers.inside import entries_of
from rules.ledgers.places import kilometres
from rules.reference import Reference
from rules.testing import HOSPITAL, at, judge, ordered
from rules.times import DAY, HOUR, MINUTE, SECOND
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.oracle.world import logs, run
from tests.rules._messages import standing_after

AT_ONCE, SPEED = TwoPlacesAtOnce(), TooFarApart()
CODE = "D341021000017"
CLINIC, FAR = "H34102100003", "H34102200001"
LINE: wire.Body = {"bilg_dr_codg": CODE}


def register(*, clinic: dict[str, str] | None = None, far: dict[str, str] | None = None) -> Reference:
    """The hospital is of a group; 33 km north of it lies another one."""
    reference = Reference()
    row = {"status": "active", "kind": "hospital", "lat": "30.0", "lon": "118.5"}
    for code, more in ((HOSPITAL, {"group": "G1"}), (CLINIC, clinic or {}), (FAR, {"lat": "30.3"} | (far or {}))):
        reference.put("institutions", row | {"fixmedins_code": code} | more)
    return reference


def values(rule: TwoPlacesAtOnce | TooFarApart, lines: list[Ordered], reference: Reference) -> list[float]:
    """The values of the findings."""
    return [one.value for one in judge(rule, lines, reference)]


def pair(minutes: float, elsewhere: str = CLINIC) -> list[Ordered]:
    """A line elsewhere, and one at the hospital so many minutes later."""
    return [ordered(at("10:00"), elsewhere), ordered(at("10:00") + round(minutes * MINUTE))]


def test_ten_minutes_are_half_open() -> None:
    """Ten minutes later is no finding, a second less is one."""
    assert [] == values(AT_ONCE, pair(10), register())
    assert [2] == values(AT_ONCE, pair(10 - 1 / 60), register())


def test_three_places_are_more_than_two() -> None:
    """Each group counts once, an institution without one by itself; the limit is reached."""
    lines = [ordered(at("10:01"), FAR), *pair(5)]

    assert [2, 3] == values(AT_ONCE, lines, register())
    assert [3] == values(replace(AT_ONCE, limit=3), lines, register())


@pytest.mark.parametrize("same", [{"group": "G1"}, {"internet": "1"}, {"kind": "internet"}, {"kind": "mail_order"}])
def test_a_group_and_an_internet_hospital_are_no_other_place(same: dict[str, str]) -> None:
    """There physicians see patients by video; another group is another place."""
    assert [] == values(AT_ONCE, pair(1), register(clinic=same))
    assert [] == values(AT_ONCE, pair(1)[::-1], register(clinic=same))
    assert [2] == values(AT_ONCE, pair(1), register(clinic={"group": "G2"}))
    assert [] == values(SPEED, pair(1, FAR), register(far=same))


def test_an_institution_that_no_register_knows_is_a_place() -> None:
    """Unknown is not the same as known to be one group."""
    assert [2] == values(AT_ONCE, pair(5), Reference())


def test_a_code_of_a_whole_department_is_not_judged() -> None:
    """With thirty persons at one institution within the hour it is counted, with 29 it is a finding."""
    crowd = [ordered(at("09:12") + n * MINUTE, person=f"p{n}") for n in range(29)]
    lines = [*crowd, ordered(at("09:55"), CLINIC, person="p99")]

    assert [] == values(AT_ONCE, lines, register())
    lines[-1:] = [ordered(at("09:48"), CLINIC, person="p99")]
    assert [2] == values(AT_ONCE, lines, register())
    with pytest.raises(Undecidable, match="a code that several physicians share"):
        values(AT_ONCE, [*lines, ordered(at("09:49"), person="p30")], register())
    with pytest.raises(Undecidable):
        values(replace(AT_ONCE, crowd=29), lines, register())


def test_a_crowd_in_one_place_alone_says_nothing() -> None:
    """A department's code that is in no second place is nothing to count."""
    crowd = [ordered(at("09:12") + n * MINUTE, person=f"p{n}") for n in range(40)]

    assert [] == values(AT_ONCE, crowd, register())


def test_nobody_drives_so_fast() -> None:
    """33 km in 16.7 minutes can be driven, in 16.6 not; what is known of no place is not compared."""
    assert [] == values(SPEED, pair(16.7, FAR), register())
    assert [120.6] == values(SPEED, pair(16.6, FAR), register())
    assert [] == values(SPEED, pair(16, FAR), Reference())
    assert [] == values(SPEED, pair(16, FAR), register(far={"lat": ""}))


def test_two_doors_beside_each_other_are_one_place_for_speed() -> None:
    """3.3 km in a minute is a finding, 2 km and less is not looked at; half a minute counts as one."""
    assert [200.2] == values(SPEED, pair(1, FAR), register(far={"lat": "30.03"}))
    assert [200.2] == values(SPEED, pair(0.5, FAR), register(far={"lat": "30.03"}))
    assert [] == values(replace(SPEED, over_speed=100), pair(1, FAR), register(far={"lat": "30.0179"}))
    assert [120.1] == values(replace(SPEED, over_speed=100), pair(1, FAR), register(far={"lat": "30.018"}))


def test_exactly_so_far_and_exactly_so_fast_is_allowed() -> None:
    """To the last digit."""
    there, here = pair(1, FAR)
    length = kilometres(there, here, register())
    assert length is not None

    assert [] == values(replace(SPEED, near_km=length), pair(1, FAR), register())
    not_too_fast = replace(SPEED, over_speed=2 * length)  # type: ignore[arg-type]  # no whole number
    assert [] == values(not_too_fast, pair(30, FAR), register())


def test_a_journey_of_an_hour_is_not_looked_at() -> None:
    """Three degrees north are 334 km, an hour by no road; the window is half open."""
    reference = register(far={"lat": "33.0"})

    assert [] == values(SPEED, pair(60, FAR), reference)
    assert [333.7] == values(SPEED, pair(60 - 1 / 60, FAR), reference)


def left_by(*lines: wire.Body, infno: str = "2204") -> list[Ordered]:
    """What fee lines leave under physicians."""
    opened = Door(Pseudonyms("key", raw=True)).open(wire.raw(wire.fee_lines("V", list(lines), infno=infno)), 1 << 50)
    return [one for record in entries_of(opened).records for one in record.entries if type(one) is Ordered]


@pytest.mark.parametrize(
    ("fields", "infno", "count"),
    [
        ({}, "2204", 1),
        ({}, "2301", 0),
        ({"bilg_dr_codg": "D341021000"}, "2204", 1),
        ({"bilg_dr_codg": "D34102100"}, "2204", 0),
        ({"bilg_dr_codg": "D999999999999"}, "2204", 0),
        ({"cnt": -1, "init_feedetl_sn": "9"}, "2204", 0),
    ],
)
def test_what_counts(fields: wire.Body, infno: str, count: int) -> None:
    """Lines of outpatients, by codes that one person can have."""
    assert count == len(left_by(wire.line(1, **LINE | fields), infno=infno))


def test_every_line_is_under_its_own_physician() -> None:
    """Two physicians of one visit are two keys; a line that names nobody is in neither."""
    found = left_by(wire.line(1, **LINE), wire.line(2, bilg_dr_codg="D341021000025"), wire.line(3))

    assert [(CODE, "1"), ("D341021000025", "2")] == [(one.physician, one.line) for one in found]


def bodies(after: int = 0, first: int = 0) -> list[wire.Body]:
    """Two visits of two persons at two institutions, five minutes apart, with numbers from the first one on."""
    start = wire.MONDAY + after
    return [
        wire.fee_lines(
            f"V{n}", [wire.line(n, time, **LINE)], time, psn_no=str(n), fixmedins_code=code, msgid=f"M{n}",
        )
        for n, time, code in ((first, start, wire.HOSPITAL), (first + 1, start + 5 * MINUTE, FAR))
    ]  # fmt: skip


@pytest.mark.parametrize(("after", "alerts"), [(DAY, 1), (DAY + SECOND, 2)])
def test_an_alert_ends_after_a_day(after: int, alerts: int) -> None:
    """Of places and of journeys."""
    reference = register()
    reference.put("institutions", {
        "fixmedins_code": wire.HOSPITAL, "status": "active", "kind": "hospital", "lat": "30.0", "lon": "118.5",
    })  # fmt: skip
    for rule in (AT_ONCE, SPEED):
        assert alerts == len(standing_after(rule, [*bodies(), *bodies(after, 2)], reference))


def alerts(rule: TwoPlacesAtOnce | TooFarApart, *more: wire.Body) -> list[tuple[str, str, str, str]]:
    """Status, subject and texts of the last alert."""
    reference = register()
    row = {"status": "active", "kind": "hospital", "lat": "30.0", "lon": "118.5"}
    reference.put("institutions", row | {"fixmedins_code": wire.HOSPITAL})
    [log] = logs([(0, wire.raw(one), wire.MONDAY + 2 * HOUR) for one in (*bodies(), *more)])
    last = run(log, [rule], reference).alerts[-1]
    return [(last.status, last.subject.id, last.text.zh, last.text.en)]


def test_the_sentence_names_both_places_and_not_the_physician() -> None:
    """Within ten minutes: when in each, and against which limit."""
    [(_, subject, zh, en)] = alerts(AT_ONCE)

    assert CODE == subject
    assert "同一医师编码10分钟内在2家机构开单：" in zh
    assert "（提示阈值：2家机构及以上，同一集团算一家）" in zh
    assert f"at {wire.HOSPITAL}" in en
    assert f"at {FAR} (threshold: 2 institutions or more, a group is one)" in en
    assert CODE not in zh + en


def test_the_sentence_of_a_journey() -> None:
    """How far, and how fast."""
    [(_, _, zh, en)] = alerts(SPEED)

    assert "同一医师编码先后在相距33公里的两家机构开单：" in zh
    assert "折合时速400.3公里（提示阈值：时速超过120公里）" in zh
    assert "two institutions 33 km apart" in en


@pytest.mark.parametrize(
    ("infno", "fields", "status"),
    [
        ("2205", {"feedetl_sn": "1", "mdtrt_id": "V1"}, "withdrawn"),
        ("2205", {"feedetl_sn": "0000", "mdtrt_id": "V1"}, "closed"),
        ("2601", {"omsgid": "M1", "oinfno": "2204"}, "withdrawn"),
    ],
)
def test_a_line_that_is_cancelled_says_nothing(infno: str, fields: wire.Body, status: str) -> None:
    """By its number or its message. What no bill has settled is known at the person alone, and takes nothing back."""
    later = wire.MONDAY + HOUR + SECOND
    cancel = wire.message(infno, later, **{"psn_no": "1", "fixmedins_code": FAR, "msgid": "C"} | fields)

    assert [status] == [one[0] for one in alerts(AT_ONCE, cancel)]

"""S01-TILL: more outpatients at a till than a clerk can serve."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from rules.credential.s01_till import Till
from rules.engine.window import Window
from rules.ledgers import Swipe
from rules.reference import Reference
from rules.testing import HOSPITAL, at, judge, swipe
from rules.times import HOUR, MINUTE
from tests.oracle.wire import settlement
from tests.rules._log import END, standing, told
from tests.rules._messages import standing_after

RULE = Till()


def queue(count: int, gap: float, **all_of: object) -> list[Swipe]:
    """So many patients at one till, one every `gap` seconds."""
    fields: dict[str, object] = {"institution": HOSPITAL, "transaction": "2207", "visit_type": "11"} | all_of
    return [swipe(at("10:00") + int(gap * 1_000) * number, f"p{number}", **fields) for number in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "last", "expected"), [(19, 599, []), (20, 599, [20]), (20, 600, [])])
def test_twenty_patients_in_ten_minutes(count: int, last: int, expected: list[int]) -> None:
    """The window is half open."""
    patients = [*queue(count - 1, 20), swipe(at("10:00", seconds=last), "last", HOSPITAL)]

    assert expected == [found.value for found in judge(RULE, list(patients))]


def test_a_clerk_who_takes_fifty_seconds() -> None:
    """Has twelve patients in ten minutes, all day long."""
    assert [] == judge(RULE, list(queue(100, 50)))


@pytest.mark.parametrize(("after", "alerts"), [(600, 1), (601, 2)])
def test_an_alert_ends_after_ten_minutes(after: int, alerts: int) -> None:
    """Each time twenty patients in one moment."""
    again = [replace(one, time=at("10:00", seconds=after)) for one in queue(20, 0)]

    assert alerts == len(standing(told(RULE, [*queue(20, 0), *again, END])))


def test_a_patient_counts_once() -> None:
    """Twenty settlements of nineteen patients are nineteen."""
    assert [] == judge(RULE, [*queue(19, 20), *queue(1, 20)])


def limit_after(hourly: int, days: int = 46) -> float:
    """The limit of a till after a past of so many patients an hour."""
    patients = queue(40, 10)
    bins = {at("10:00", day=-day) // HOUR * HOUR: [hourly, 0] for day in range(1, days + 1)}
    window = Window(list(patients), RULE.span, bins)
    window.move_to(39)
    found = RULE.check(patients[39], window, Reference())
    return found.limit if found else 0


def test_the_tills_own_past_raises_the_limit() -> None:
    """Never below 20: with 12 an hour m is 2; with 60 an hour m is 10 and the limit 25.8."""
    assert [20, 25.8] == [limit_after(12), limit_after(60)]


def test_the_figure_of_the_whole_hospital_is_not_that_of_a_till() -> None:
    """What the register has as usual for the institution does not raise the limit of one of its tills."""
    reference = Reference()
    reference.put(
        "institutions", {"fixmedins_code": HOSPITAL, "kind": "hospital", "status": "active", "usual_per_10min": "40"}
    )

    assert [20] == [found.value for found in judge(RULE, list(queue(20, 20)), reference)]
    assert judge(RULE, list(queue(20, 20)))[0].usual is None


def test_without_the_baseline_the_limit_stands_alone() -> None:
    """With `baseline` off it is exactly so many in the window."""
    patients = queue(20, 20)
    window = Window(list(patients), RULE.span, {at("10:00", day=-day) // HOUR * HOUR: [600, 0] for day in range(1, 46)})
    window.move_to(19)

    assert RULE.check(patients[19], window, Reference()) is None
    assert Till(baseline=False).check(patients[19], window, Reference()) is not None


def visits(**header: object) -> list[dict[str, object]]:
    """Twenty outpatient settlements, 20 s apart."""
    return [
        settlement(at("10:00", seconds=20 * number), "2207", psn_no=f"n{number}", med_type="11", **header)
        for number in range(20)
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [({"opter": "o9", "opter_type": "1"}, 1), ({"opter_type": "2"}, 0), ({"opter_type": "3"}, 0), ({"opter": ""}, 0)],
)
def test_only_a_clerk_has_a_till(header: dict[str, object], expected: int) -> None:
    """Terminals, telephones and messages without an operator are left out."""
    assert expected == len(standing_after(RULE, visits(**header), Reference()))


def test_two_tills_are_two_keys() -> None:
    """Ten patients at each of two tills are no burst."""
    both = [*visits(opter="o1")[:10], *visits(opter="o2")[10:]]

    assert [] == standing_after(RULE, both, Reference())


def test_a_backlog_is_for_information() -> None:
    """Where half was uploaded more than five minutes late it may be an outage."""
    patients = [swipe(one.time, one.person, HOSPITAL, uploaded=one.time + 6 * MINUTE) for one in queue(20, 20)]

    assert ["info"] == [found.severity for found in judge(RULE, list(patients))]


def test_the_sentence_names_the_till() -> None:
    """By the number of who settles there; how many outpatients, in how long, against the limit."""
    (alert,) = told(RULE, queue(20, 20, operator="o7"))[:1]

    assert "经办人o7的结算窗口任意10分钟内最多20名参保人门诊结算（提示阈值：20人及以上）" in alert.text.zh
    assert (
        "20 outpatients settled at the till of operator o7 within 10 min (threshold: 20 persons or more)"
        in alert.text.en
    )

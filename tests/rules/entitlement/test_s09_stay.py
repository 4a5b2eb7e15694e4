"""S09-STAY: admitted without an agreement."""

from __future__ import annotations

from itertools import permutations

import pytest

from rules.engine.alert import Alert
from rules.entitlement.s09_stay_admitted_without_agreement import AdmittedWithoutAgreement
from rules.reference import Reference
from rules.testing import at
from rules.times import SECOND
from tests.oracle.wire import HOSPITAL, Body, admission, message, settlement
from tests.rules._messages import effects_of, standing_after

RULE = AdmittedWithoutAgreement()


def register(code: str = HOSPITAL, status: str = "suspended", valid_to: str = "2026-03-10") -> Reference:
    """An agreement that is suspended from 2026-03-05 on."""
    reference, row = Reference(), {"fixmedins_code": code, "kind": "hospital"}
    reference.put("institutions", row | {"status": "active"})
    reference.put("institutions", row | {"status": status, "valid_from": "2026-03-05", "valid_to": valid_to})
    return reference


def admitted(visit: str, clock: str = "09:00", day: int = 0, **fields: object) -> Body:
    """An admission at that time, uploaded as it happens where nothing else is said."""
    return admission(visit, at(clock, day=day), fixmedins_code=HOSPITAL, psn_no=f"n{visit}") | fields


def told(alerts: list[Alert]) -> list[tuple[int, float, str]]:
    """How many triggers, the largest value, and when the first was."""
    return [(one.triggers, one.measure.value, one.first_time) for one in alerts]


@pytest.mark.parametrize(("status", "expected"), [("suspended", 1), ("terminated", 1), ("active", 0), ("pending", 0)])
def test_only_an_explicit_status_counts(status: str, expected: int) -> None:
    """Whatever else the register says is no suspension."""
    assert expected == len(standing_after(RULE, [admitted("1")], register(status=status)))


@pytest.mark.parametrize(
    ("clock", "day", "expected"), [("23:59", -1, 0), ("00:00", 0, 1), ("23:59", 5, 1), ("00:00", 6, 0)]
)
def test_a_suspension_has_a_beginning_and_an_end(clock: str, day: int, expected: int) -> None:
    """valid_to is its last day."""
    assert expected == len(standing_after(RULE, [admitted("1", clock, day)], register()))


@pytest.mark.parametrize(("day", "expected"), [(-1, []), (0, [(1, 1.0, "2026-03-05T09:00:00+08:00")])])
def test_a_stay_counts_when_it_begins(day: int, expected: list[tuple[int, float, str]]) -> None:
    """Those who were admitted before may be treated to the end; the bill adds nothing."""
    bill = settlement(at("15:00", day=4), "2304", fixmedins_code=HOSPITAL, med_type="21", mdtrt_id="1", psn_no="n1")

    assert expected == told(standing_after(RULE, [admitted("1", day=day), bill], register()))


def test_the_value_is_that_of_the_beijing_day() -> None:
    """Two on the first day, one just after midnight: one alert, and the larger day in it."""
    bodies = [admitted("1", "22:00"), admitted("2", "23:59"), admitted("3", "00:00", 1)]

    assert [(3, 2.0, "2026-03-05T22:00:00+08:00")] == told(standing_after(RULE, bodies, register()))


@pytest.mark.parametrize(("late", "expected"), [(0, [2]), (SECOND, [1, 1])])
def test_an_alert_ends_after_a_day_without_an_admission(late: int, expected: list[int]) -> None:
    """A pause of a day goes on, a longer one does not."""
    next_day = admission("2", at("09:00", day=1) + late, fixmedins_code=HOSPITAL, psn_no="n2")
    alerts = standing_after(RULE, [admitted("1"), next_day], register())

    assert expected == [one.triggers for one in alerts]


RESENT = [
    ("00:30", 1, "23:30", 0, [(1, 1.0, "2026-03-05T23:30:00+08:00")]),
    ("00:30", 0, "23:30", -1, []),
    ("23:30", -1, "00:30", 0, [(1, 1.0, "2026-03-05T00:30:00+08:00")]),
]


@pytest.mark.parametrize(("clock", "day", "later", "later_day", "expected"), RESENT)
@pytest.mark.parametrize("turned", [False, True])
def test_an_admission_that_is_sent_again_counts_as_it_was_last_sent(
    clock: str, day: int, later: str, later_day: int, expected: list[tuple[int, float, str]], *, turned: bool
) -> None:
    """Moved across midnight within the suspension, out of it and into it, in whichever order the two arrive."""
    first = admitted("1", clock, day, inf_time="2026-03-06 01:00:00", msgid="m1")
    again = admitted("1", later, later_day, inf_time="2026-03-06 02:00:00", msgid="m2")

    assert expected == told(standing_after(RULE, [again, first] if turned else [first, again], register()))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_cancelled_admission_is_none(order: tuple[int, ...]) -> None:
    """2404 takes back both uploads, in whichever order they arrive."""
    bodies = [
        admitted("1"),
        admitted("1", "10:00"),
        message("2404", at("10:30"), mdtrt_id="1", fixmedins_code=HOSPITAL, psn_no="n1"),
    ]

    assert [] == standing_after(RULE, [bodies[position] for position in order], register())


def test_an_unknown_code_is_a_gap_in_the_register() -> None:
    """It is counted, and no alert."""
    effects = effects_of(RULE, [admitted("1")], register("H34102100099"))

    assert [] == effects.alerts
    assert 1 == effects.counts.undecidable["S09-STAY", "institution not in the register"]


@pytest.mark.parametrize("status", ["active", ""])
def test_nothing_is_kept_where_no_agreement_lapses(status: str) -> None:
    """Neither of an institution that always had one, nor without the register."""
    reference = register(status=status) if status else Reference()

    assert 0 == effects_of(RULE, [admitted("1")], reference).counts.entries["admissions"]


@pytest.mark.parametrize(
    ("status", "zh", "en"), [("suspended", "中止", "suspended"), ("terminated", "解除", "terminated")]
)
def test_the_sentence_says_what_the_register_says(status: str, zh: str, en: str) -> None:
    """Status and numbers, in both languages."""
    bodies = [admitted("1", "08:00"), admitted("2", "20:00"), admitted("3", "08:00", 1)]
    (alert,) = standing_after(RULE, bodies, register(status=status))

    assert f"医保协议自2026-03-05起{zh}，其间仍有入院登记3笔，最多的一天2笔（提示阈值：1笔及以上）" in alert.text.zh
    assert (
        f"the agreement is {en} from 2026-03-05 on, yet patients were admitted: 3, up to 2 in a day "
        "(threshold: 1 in a day or more)"
    ) in alert.text.en

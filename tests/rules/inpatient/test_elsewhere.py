"""S07 and I02: who lies in hospital settles elsewhere."""

from __future__ import annotations

import pytest

from rules.engine.rule import Rule
from rules.inpatient.i02_empty_bed import EmptyBed
from rules.inpatient.s07_treated_elsewhere import TreatedElsewhere
from rules.reference import Reference
from rules.testing import at, judge, stay, visit
from rules.times import DAY
from tests.oracle.wire import HOSPITAL, Body, admission, discharge, line, message, reversal, settlement
from tests.rules._messages import effects_of, standing_after

CREDENTIAL, BED = TreatedElsewhere(), EmptyBed()
THERE = "H34102100002"


def came(**fields: object) -> Body:
    """The admission on 2026-03-05."""
    return admission("V1", at("09:00"), **{"fixmedins_code": HOSPITAL} | fields)


def left(day: int, late: int = 0, **fields: object) -> Body:
    """The discharge so many days later. late: days after which it is uploaded."""
    moment = at("09:00", day=day)
    uploaded = {"inf_time": message("2402", moment + late * DAY)["inf_time"]} if late else {}
    return discharge("V1", moment, **{"fixmedins_code": HOSPITAL} | uploaded | fields)


def seen(*days: int, **fields: object) -> list[Body]:
    """Visits to another hospital, so many days after the admission."""
    more: Body = {"fixmedins_code": THERE, "med_type": "11", "mdtrt_cert_type": "03", "opter_type": "1"}
    return [settlement(at("15:00", day=day), "2207", **more | fields) for day in days]


def bought(*days: int, **fields: object) -> list[Body]:
    """Purchases at a pharmacy."""
    more: Body = {"mdtrt_cert_type": "03", "opter_type": "1"}
    return [settlement(at("15:00", day=day), "2102", **more | fields) for day in days]


def found(rule: Rule, *bodies: Body, reference: Reference | None = None) -> list[tuple[float, str]]:
    """Value and severity of what stands in the end."""
    alerts = standing_after(rule, sorted(bodies, key=lambda one: str(one["inf_time"])), reference or Reference())
    return [(one.measure.value, one.severity) for one in alerts]


@pytest.mark.parametrize(("days", "expected"), [((2,), []), ((2, 3), [(2, "high")]), ((2, 3, 4, 4), [(3, "high")])])
def test_treated_elsewhere_on_two_days(days: tuple[int, ...], expected: list[tuple[float, str]]) -> None:
    """Each day counts once."""
    assert expected == found(CREDENTIAL, came(), *seen(*days), left(7))


@pytest.mark.parametrize(("days", "expected"), [((2, 3), []), ((2, 3, 4), [(3, "high")])])
def test_the_bed_is_empty_on_three_days(days: tuple[int, ...], expected: list[tuple[float, str]]) -> None:
    """At a pharmacy, which is no treatment."""
    assert expected == found(BED, came(), *bought(*days), left(7))
    assert [] == found(CREDENTIAL, came(), *bought(*days), left(7))


def test_the_days_of_admission_and_discharge_do_not_count() -> None:
    """A clinic refers its patient, and the discharged one fetches what is prescribed."""
    assert [] == found(CREDENTIAL, came(), *seen(0, 3, 7), left(7))
    assert [(2, "high")] == found(CREDENTIAL, came(), *seen(1, 6), left(7))


@pytest.mark.parametrize(
    "fields",
    [
        {"opter_type": "2"}, {"opter_type": "3"}, {"mdtrt_cert_type": "01", "acct_mulaid_pay": 5}, {"med_type": "14"},
        {"med_type": "1501"}, {"fund_pay_sumamt": 0}, {"fixmedins_code": HOSPITAL}, {"med_type": "28"},
        {"feedetail": [line(1, at("15:00", day=2), rx_circ_flag="1", rxno="RX0000000017")]},
    ],
)  # fmt: skip
def test_what_a_relative_may_do_meanwhile(fields: Body) -> None:
    """At a distance, on the family's or the own account, for a chronic illness, on a prescription that was sent."""
    assert [(3, "high")] == found(BED, came(), *seen(2, 3, 4), left(7))
    assert [] == found(BED, came(), *seen(2, 3, 4, **fields), left(7))


def test_the_group_of_the_hospital_is_the_hospital() -> None:
    """By the register."""
    reference = Reference()
    for code in (HOSPITAL, THERE):
        row = {"fixmedins_code": code, "status": "active", "kind": "hospital", "group": "G1"}
        reference.put("institutions", row)

    assert [] == found(CREDENTIAL, came(), *seen(2, 3), left(7), reference=reference)


@pytest.mark.parametrize("kind", ["5212", "28"])
def test_stays_beside_which_others_may_be(kind: str) -> None:
    """A newborn has the mother's number."""
    assert [] == found(CREDENTIAL, came(med_type=kind), *seen(2, 3), left(7))


def test_nobody_has_left_so_far() -> None:
    """It is told after three days, and withdrawn by a discharge that lies earlier."""
    bodies = [came(), *seen(2, 3)]
    visits = [visit(at("15:00", day=day), institution=THERE, transaction="2207") for day in (2, 3)]
    [finding] = judge(CREDENTIAL, [stay(at("09:00"), "admission", "V1"), *visits])

    assert [(2, "warning")] == found(CREDENTIAL, *bodies)
    assert [] == found(CREDENTIAL, *bodies, left(3, late=6))
    assert at("15:00", day=6) == finding.due


def test_settled_without_an_end() -> None:
    """The rule does not decide."""
    bill = settlement(at("10:00", day=9), "2304", mdtrt_id="V1", fixmedins_code=HOSPITAL, med_type="21")
    effects = effects_of(CREDENTIAL, [came(), *seen(2, 3), bill], Reference())
    last = {one.alert_id: one.status for one in effects.alerts}

    assert ("S07", "settled without an end") in effects.counts.undecidable
    assert {"withdrawn"} >= set(last.values())
    assert [(2, "high")] == found(CREDENTIAL, came(), *seen(2, 3), bill | {"dscg_time": "2026-03-12 09:00:00"})


def test_what_is_taken_back_does_not_count() -> None:
    """A reversed visit, and a cancelled admission."""
    first, second = seen(2, 3)
    back = reversal(str(second["setl_id"]), at("16:00", day=3), "2208", fixmedins_code=THERE)
    gone = message("2404", at("10:00", day=5), mdtrt_id="V1", fixmedins_code=HOSPITAL)

    assert [] == found(CREDENTIAL, came(), first, second, back, left(7))
    assert [] == found(CREDENTIAL, came(), first, second, gone)


def test_the_sentence_says_where_the_person_was() -> None:
    """In which hospital, since when, and where elsewhere."""
    [known] = standing_after(CREDENTIAL, [came(), *seen(2, 3), left(7)], Reference())
    [open_] = standing_after(BED, [came(), *bought(2, 3, 4)], Reference())

    assert f"1名参保人2026-03-05 09:00起在{HOSPITAL}住院，住院期间有2天在别处结算：2026-03-07" in known.text.zh
    assert "（提示阈值：2天及以上）" in known.text.zh
    assert "since 2026-03-05 09:00 settled elsewhere on 2 d of the stay: 2026-03-07 15:00 at" in known.text.en
    assert "住院，尚未上报出院，住院期间有3天在别处结算" in open_.text.zh

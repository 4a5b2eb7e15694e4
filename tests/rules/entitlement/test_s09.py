"""S09: settled without an agreement."""

from __future__ import annotations

import pytest

from rules.engine.finding import Undecidable
from rules.entitlement.s09_no_agreement import NoAgreement
from rules.reference import Reference
from rules.testing import at, judge, swipe
from tests.oracle.wire import HOSPITAL, SHOP, Body, admission, line, reversal, settlement
from tests.rules._messages import effects_of, standing_after

RULE = NoAgreement()


def register(code: str = SHOP, status: str = "suspended", **suspension: str) -> Reference:
    """An agreement that is suspended from 2026-03-05 on, or for the time that is given."""
    reference, row = Reference(), {"fixmedins_code": code, "kind": "pharmacy"}
    dates = suspension or {"valid_from": "2026-03-05"}
    reference.put("institutions", row | {"status": "active"})
    reference.put("institutions", row | {"status": status} | dates)
    return reference


def bought(clock: str = "10:00", day: int = 0, **fields: object) -> Body:
    """A purchase with one line of its own time."""
    moment = at(clock, day=day)
    return settlement(moment, feedetail=[line(1, moment)], psn_no=f"n{day}{clock}") | fields


@pytest.mark.parametrize(("status", "expected"), [("suspended", 1), ("terminated", 1), ("active", 0), ("pending", 0)])
def test_only_an_explicit_status_counts(status: str, expected: int) -> None:
    """Whatever else the register says is no suspension."""
    assert expected == len(standing_after(RULE, [bought()], register(status=status)))


@pytest.mark.parametrize(
    ("clock", "day", "expected"), [("23:59", -1, 0), ("00:00", 0, 1), ("23:59", 5, 1), ("00:00", 6, 0)]
)
def test_a_suspension_has_a_beginning_and_an_end(clock: str, day: int, expected: int) -> None:
    """valid_to is its last day."""
    reference = register(valid_from="2026-03-05", valid_to="2026-03-10")

    assert expected == len(standing_after(RULE, [bought(clock, day)], reference))


def test_the_time_of_service_counts() -> None:
    """Dispensed while the agreement was in force, settled afterwards."""
    served_before = bought("00:10", feedetail=[line(1, at("23:50", day=-1))])

    assert [] == standing_after(RULE, [served_before], register())


def test_the_day_is_that_of_the_first_line() -> None:
    """Sold before midnight on the last day of the suspension, settled after it."""
    lines = [line(1, at("23:59")), line(2, at("00:04", day=1))]
    [alert] = standing_after(RULE, [bought("00:05", 1, feedetail=lines)], register(valid_to="2026-03-05"))

    assert str(at("00:00")) == alert.scope[1]


def test_one_alert_an_institution_and_day() -> None:
    """Whatever the pauses between them; the next day is another alert."""
    bodies = [bought("00:05"), bought("12:00"), bought("23:55"), bought("00:01", 1)]
    alerts = standing_after(RULE, bodies, register())

    assert [(3, 3.0, 3, 120.0), (1, 1.0, 1, 40.0)] == [
        (one.triggers, one.measure.value, one.evidence_count, one.vola_amt) for one in alerts
    ]
    assert {"critical"} == {one.severity for one in alerts}


@pytest.mark.parametrize(("day", "expected"), [(1, [(2, 2.0)]), (2, [(2, 2.0)]), (3, [(2, 2.0)])])
def test_what_is_settled_days_later_belongs_to_the_day(day: int, expected: list[tuple[int, float]]) -> None:
    """Served at the end of a day at whose beginning another one was settled; three days later is the latest."""
    again = bought("23:59", day, feedetail=[line(1, at("23:59"))])
    alerts = standing_after(RULE, [bought("00:00"), again], register())

    assert expected == [(one.triggers, one.measure.value) for one in alerts]


@pytest.mark.parametrize("taken_back_first", [False, True])
def test_a_reversal_takes_it_back(*, taken_back_first: bool) -> None:
    """What was reversed is no settlement, in whichever order the two arrive."""
    bodies = [bought(setl_id="S1"), reversal("S1", at("10:30"), psn_no="n010:00")]

    assert [] == standing_after(RULE, bodies[::-1] if taken_back_first else bodies, register())


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_refund_is_no_settlement(sign: int) -> None:
    """Money given back while the agreement is suspended, whichever sign its amounts are sent with."""
    refund = bought(medfee_sumamt=sign * 50, fund_pay_sumamt=sign * 40, refd_setl_flag="1")

    assert [] == standing_after(RULE, [refund], register())


def test_settlements_before_the_register_knew_the_institution_are_not_counted() -> None:
    """They stand under the same day, but nothing says that there was no agreement."""
    reference = Reference()
    reference.put("institutions", {
        "fixmedins_code": SHOP, "kind": "pharmacy", "status": "suspended", "valid_from": "2026-03-05 12:00:00",
    })  # fmt: skip

    assert [1.0] == [one.measure.value for one in standing_after(RULE, [bought("10:00"), bought("13:00")], reference)]


@pytest.mark.parametrize("infno", ["2304", "2401"])
def test_a_stay_is_not_judged(infno: str) -> None:
    """Neither its bill nor its admission, which is for S09-STAY."""
    stay = {
        "2304": settlement(at("15:00"), "2304", fixmedins_code=HOSPITAL, med_type="21", mdtrt_id="V1"),
        "2401": admission("V1", at("09:00"), fixmedins_code=HOSPITAL),
    }

    assert [] == standing_after(RULE, [stay[infno]], register(HOSPITAL))


def test_an_unknown_code_is_a_gap_in_the_register() -> None:
    """It is counted, and no alert."""
    effects = effects_of(RULE, [bought()], register("P34102100099"))

    assert [] == effects.alerts
    assert 1 == effects.counts.undecidable["S09", "institution not in the register"]
    with pytest.raises(Undecidable):
        judge(RULE, [swipe(at("10:00"))], register("P34102100099"))


def test_a_status_that_changed_meanwhile_is_obeyed() -> None:
    """The register of the moment of judging decides."""
    assert [] == judge(RULE, [swipe(at("10:00"))], register(status="active"))


def test_without_the_register_the_rule_is_off() -> None:
    """Nothing is kept for it, and it says that it cannot run."""
    effects = effects_of(RULE, [bought()], Reference())

    assert [] == effects.alerts
    assert 0 == effects.counts.entries["agreements"]


@pytest.mark.parametrize(
    ("status", "zh", "en"), [("suspended", "中止", "suspended"), ("terminated", "解除", "terminated")]
)
def test_the_sentence_says_what_the_register_says(status: str, zh: str, en: str) -> None:
    """Status and number, in both languages."""
    (alert,) = standing_after(RULE, [bought("09:00"), bought("10:00")], register(status=status))

    assert f"医保协议自2026-03-05起{zh}，当日仍有结算2笔（提示阈值：1笔及以上）" in alert.text.zh
    assert (
        f"the agreement is {en} from 2026-03-05 on, yet 2 settlements that day (threshold: 1 in a day or more)"
        in alert.text.en
    )

"""B08: more is carried out on a day than its hours allow."""

from __future__ import annotations

import pytest

from rules.billing.b08_more_than_a_day import MoreThanADay
from rules.reference import Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

RULE = MoreThanADay()
RUB, CODE = "004700000010000", "D341021000017"


def table(minutes: str = "40") -> Reference:
    """A treatment of forty minutes."""
    reference = Reference()
    reference.put("items", {"med_list_codg": RUB, "minutes": minutes})
    return reference


def treated(count: float, after: float = 0.4, /, **fields: object) -> Body:
    """So many treatments in one line of a visit, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    names = ("orders_dr_code", "init_feedetl_sn", "med_list_codg")
    of_line = {"orders_dr_code": CODE, "med_list_codg": RUB} | {n: fields.pop(n) for n in names if n in fields}
    number = str(fields.pop("number", f"{count}-{after}"))
    own = line(number, moment, cnt=count, det_item_fee_sumamt=count, **of_line)
    return fee_lines("V1", [own], moment, "2301", med_type="21", fixmedins_code=HOSPITAL) | fields


def values(*bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands."""
    return [round(one.measure.value, 2) for one in standing_after(RULE, bodies, reference or table())]


@pytest.mark.parametrize(("count", "expected"), [(18, []), (18.1, [12.07]), (30, [20])])
def test_more_than_twelve_hours(count: float, expected: list[float]) -> None:
    """Twelve are possible."""
    assert expected == values(treated(count))


@pytest.mark.parametrize(("after", "expected"), [(0, [20]), (1 - SECOND / DAY, [20]), (1, []), (-SECOND / DAY, [])])
def test_the_day_is_that_of_beijing(after: float, expected: list[float]) -> None:
    """Also what comes after the judged line on that day."""
    assert expected == values(treated(15, 0.5), treated(15, after, psn_no="2", mdtrt_id="V2"))


def test_each_person_at_each_institution_by_itself() -> None:
    """Whose patients they are does not matter."""
    for other in ({"orders_dr_code": "D341021000025"}, {"fixmedins_code": "H34102100002"}):
        assert [] == values(treated(15), treated(15, 0.5, **other))


@pytest.mark.parametrize("code", ["", "D34102100", "D111111111111"])
def test_a_code_is_that_of_one_person(code: str) -> None:
    """Too short, or a filler: nobody is named."""
    assert [] == values(treated(30, orders_dr_code=code))


def test_what_is_given_back_or_cancelled_does_not_count() -> None:
    """On the same day; a cancel may come weeks later."""
    cancel = message("2302", at("09:00", day=40), mdtrt_id="V1", feedetl_sn="x", fixmedins_code=HOSPITAL)

    assert [] == values(treated(30, number="x"), cancel)
    assert [] == values(treated(30, number="x"), treated(-15, 0.5, init_feedetl_sn="x"))
    assert [20] == values(treated(30, number="x"), treated(-15, 1.5, init_feedetl_sn="x"))


def test_a_line_of_nothing_is_not_judged() -> None:
    """It sets nothing off by itself."""
    [alert] = standing_after(RULE, [treated(30), treated(0, 0.5)], table())

    assert 1 == alert.triggers


@pytest.mark.parametrize(("after", "alerts"), [(7, 1), (7 + SECOND / DAY, 2)])
def test_an_alert_ends_after_a_week(after: float, alerts: int) -> None:
    """From one day of too many hours to the next."""
    assert alerts == len(values(treated(30), treated(30, 0.4 + after)))


def test_items_that_bind_nobody_leave_nothing() -> None:
    """They cost no memory."""
    assert 0 == effects_of(RULE, [treated(30)], table("")).counts.entries["performed"]
    assert 0 == effects_of(RULE, [treated(30, med_list_codg="001")], table()).counts.entries["performed"]


def test_the_sentences_and_the_rows() -> None:
    """Who, on which day, how many hours, for how many patients."""
    [alert] = standing_after(RULE, [treated(10), treated(10, 0.5, psn_no="2", mdtrt_id="V2")], table())

    assert f"2026-03-05执行人员{CODE}为2名参保人执行的项目合计需13.3小时（提示阈值：超过12小时）" in alert.text.zh
    assert f"what {CODE} carried out on 2026-03-05 for 2 patients takes 13.3 h (threshold: more than 12 h)" in (
        alert.text.en
    )
    assert [{"orders_dr_code": CODE, "minutes": "40"}] * 2 == [row.decided for row in alert.evidence]

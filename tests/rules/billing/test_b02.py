"""B02: the parts of a service are charged one by one."""

from __future__ import annotations

import pytest

from rules.billing.b02_split_charge import SplitCharge
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

RULE = SplitCharge()
WHOLE, FIRST, SECOND_PART, THIRD = (f"00250101000{n}000" for n in range(4))


def table(**whole: str) -> Reference:
    """A group of three tests that are three of its parts."""
    reference = Reference()
    reference.put("items", {"med_list_codg": WHOLE, "parts": "3"} | whole)
    for part in (FIRST, SECOND_PART, THIRD):
        reference.put("items", {"med_list_codg": part, "part_of": WHOLE})
    return reference


def charged(item: str, after: float, /, **fields: object) -> Body:
    """A line of a stay, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    of_line = {name: fields.pop(name) for name in ("cnt", "init_feedetl_sn", "det_item_fee_sumamt") if name in fields}
    own = line(str(fields.pop("number", f"{item}-{after}")), moment, med_list_codg=item, **of_line)
    return fee_lines("V1", [own], moment, "2301", med_type="21", fixmedins_code=HOSPITAL) | fields


def values(*bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(RULE, bodies, reference or table())]


TWO = (charged(FIRST, 0.1), charged(SECOND_PART, 0.2))


@pytest.mark.parametrize(
    ("after", "expected"), [(0, [3]), (1 - SECOND / DAY, [3]), (1, []), (-SECOND / DAY, [])]
)  # fmt: skip
def test_three_parts_on_a_day(after: float, expected: list[float]) -> None:
    """By the Beijing day, also those that come after the judged line."""
    assert expected == values(*TWO, charged(THIRD, after))


def test_different_parts_alone_count() -> None:
    """One part twice is one; the whole is none of its parts."""
    assert [] == values(*TWO, charged(SECOND_PART, 0.3, cnt=2))
    assert [] == values(*TWO, charged(WHOLE, 0.3))


def test_only_of_one_visit_at_one_institution() -> None:
    """Else it may be honest."""
    for other in ({"mdtrt_id": "V2"}, {"fixmedins_code": "H34102100002"}, {"psn_no": "2"}):
        assert [] == values(*TWO, charged(THIRD, 0.3, **other))


@pytest.mark.parametrize(("count", "expected"), [("2", [3]), ("4", []), ("", [])])
def test_the_table_says_how_many_parts_are_the_whole(count: str, expected: list[float]) -> None:
    """Where it says nothing, none are."""
    assert expected == values(*TWO, charged(THIRD, 0.3), reference=table(parts=count))


def test_what_is_given_back_or_cancelled_does_not_count() -> None:
    """On the same day; a cancel may come weeks later, of all lines too."""
    third = charged(THIRD, 0.3, number="x")
    back = charged(THIRD, 0.4, cnt=-1, init_feedetl_sn="x", det_item_fee_sumamt=-20.5)
    later = charged(THIRD, 1.4, cnt=-1, init_feedetl_sn="x", det_item_fee_sumamt=-20.5)
    for number in ("x", "0000"):
        cancel = message("2302", at("09:00", day=40), mdtrt_id="V1", feedetl_sn=number, fixmedins_code=HOSPITAL)
        assert [] == values(*TWO, third, cancel)

    assert [] == values(*TWO, third, back)
    assert [3] == values(*TWO, third, later)


def test_a_part_that_charges_nothing_is_not_judged() -> None:
    """A line with cnt 0 sets nothing off by itself."""
    [alert] = standing_after(RULE, [*TWO, charged(THIRD, 0.3), charged(THIRD, 0.4, cnt=0)], table())

    assert 3 == alert.triggers


@pytest.mark.parametrize(("after", "alerts"), [(7, 1), (7 + SECOND / DAY, 2)])
def test_an_alert_ends_after_a_week(after: float, alerts: int) -> None:
    """Each time three parts in one moment."""
    parts = [charged(part, start) for start in (0.1, 0.1 + after) for part in (FIRST, SECOND_PART, THIRD)]

    assert alerts == len(values(*parts))


def test_other_items_leave_nothing() -> None:
    """They cost no memory; parts are numbers."""
    assert 0 == effects_of(RULE, [charged("001", 0)], table()).counts.entries["bundles"]
    with pytest.raises(BadRowError, match=r"items\.parts: expected a number"):
        table(parts="all")


def test_the_sentences() -> None:
    """Of which service how many parts."""
    [alert] = standing_after(RULE, [*TWO, charged(THIRD, 0.3)], table())

    assert f"同一组合的3个子项目（如项目{THIRD}）在同一日逐项收费，合计61.50元（提示阈值：3项及以上）" in alert.text.zh
    assert f"3 parts of one service (such as the service {THIRD}) were charged one by one" in alert.text.en
    assert [{"part_of": WHOLE}] * 3 == [row.decided for row in alert.evidence]

"""D17 and B14: a key drug, or tests that are sent out, against the weeks before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.billing.b14_sent_out_tests import SentOutTests
from rules.billing.d17_key_drug_grows import KeyDrugGrows
from rules.engine.rule import Rule
from rules.reference import BadRowError, Reference
from rules.testing import at
from rules.times import DAY, SECOND
from tests.oracle.wire import HOSPITAL, METFORMIN, RAMIPRIL, Body, fee_lines, line, message
from tests.rules._messages import effects_of, standing_after

DRUG, TESTS = KeyDrugGrows(), SentOutTests()
TEST = "002507000010000"


def table(key: str = "1") -> Reference:
    """A drug under key monitoring."""
    reference = Reference()
    reference.put("drugs", {"med_list_codg": RAMIPRIL, "key": key, "name": "雷米普利"})
    return reference


def used(count: float, after: float, /, **fields: object) -> Body:
    """So many units in a line of a stay, so many days after 2026-03-05 00:00."""
    moment = at("00:00") + round(after * DAY)
    names = ("med_list_codg", "init_feedetl_sn", "etip_flag")
    of_line = {"med_list_codg": RAMIPRIL} | {name: fields.pop(name) for name in names if name in fields}
    own = line(str(fields.pop("number", f"{after}")), moment, cnt=count, det_item_fee_sumamt=count, **of_line)
    return fee_lines("V1", [own], moment, "2301", med_type="21", fixmedins_code=HOSPITAL) | fields


def sent(count: float, after: float, /, **fields: object) -> Body:
    """So many tests that are sent out."""
    return used(count, after, med_list_codg=TEST, etip_flag="1", **fields)


def weeks(one: Callable[..., Body], usual: float, last: float, **fields: object) -> list[Body]:
    """Eight weeks with this much each, and one with another."""
    return [*(one(usual, 7 * n) for n in range(8)), one(last, 56, **fields)]


def values(rule: Rule, *bodies: Body, reference: Reference | None = None) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in standing_after(rule, bodies, reference or table())]


@pytest.mark.parametrize(("rule", "one", "more"), [(DRUG, used, 140), (TESTS, sent, 30)])
def test_three_times_as_much_and_so_much_more(rule: Rule, one: Callable[..., Body], more: int) -> None:
    """Both: little that trebles is little, and much that grows a little grows little."""
    for usual, last in ((100, 300), (10, 10 + more)):
        assert [last] == values(rule, *weeks(one, usual, last))
        assert [] == values(rule, *weeks(one, usual, last - 1))


@pytest.mark.parametrize(("after", "expected"), [(7, []), (7 - SECOND / DAY, [300])])
def test_the_week_is_half_open(after: float, expected: list[float]) -> None:
    """By fee_ocur_time."""
    assert expected == values(DRUG, *weeks(used, 100, 150), used(150, 56 + after))


@pytest.mark.parametrize(("after", "alerts"), [(14, 1), (14 + SECOND / DAY, 2)])
def test_an_alert_ends_after_two_weeks(after: float, alerts: int) -> None:
    """Grown once, and grown again."""
    assert alerts == len(values(DRUG, *weeks(used, 100, 300), used(400, 56 + after)))


@pytest.mark.parametrize(("first", "expected"), [(0, [500]), (SECOND / DAY, [])])
def test_what_is_new_is_not_judged(first: float, expected: list[float]) -> None:
    """Eight weeks before the judged line it was there."""
    assert expected == values(DRUG, used(1, first), used(500, 56))


def test_what_was_given_back_was_still_in_use() -> None:
    """Nothing a week is usual, and so much more of it is enough; a line of nothing is not judged."""
    before = (used(1, 0), used(-1, 1, init_feedetl_sn="0"))

    assert [] == values(DRUG, *before, used(139, 56))
    assert [140] == values(DRUG, *before, used(140, 56))
    [alert] = standing_after(DRUG, [*weeks(used, 100, 300), used(0, 57)], table())
    assert 1 == alert.triggers


def test_each_institution_and_each_drug_by_itself() -> None:
    """Tests that are sent out are one, whichever they are."""
    other = {"fixmedins_code": "H34102100002"}
    reference = table()
    reference.put("drugs", {"med_list_codg": METFORMIN, "key": "1"})

    assert [] == values(DRUG, *weeks(used, 100, 150), used(150, 57, **other))
    assert [] == values(DRUG, *weeks(used, 100, 150), used(150, 57, med_list_codg=METFORMIN), reference=reference)
    assert [300] == values(TESTS, *weeks(sent, 100, 150), used(150, 57, med_list_codg="003", etip_flag="1"))


def test_what_is_given_back_or_cancelled_counts_off() -> None:
    """A line of a stay may be cancelled weeks later."""
    cancel = message("2302", at("09:00", day=90), mdtrt_id="V1", feedetl_sn="x", fixmedins_code=HOSPITAL)
    before = used(-1, 55.5, init_feedetl_sn="x")

    assert [] == values(DRUG, *weeks(used, 100, 300, number="x"), cancel)
    assert [] == values(DRUG, before, *weeks(used, 100, 300))


def test_other_lines_leave_nothing() -> None:
    """They cost no memory; a flag is 0 or 1."""
    for ledger, rule in (("key_drugs", DRUG), ("sent_out", TESTS)):
        assert 0 == effects_of(rule, [used(9, 0, etip_flag="0")], table("0")).counts.entries[ledger]
    with pytest.raises(BadRowError, match=r"drugs\.key: expected one of 0, 1"):
        table("yes")


def test_the_sentences_and_the_rows() -> None:
    """What, how much in a week, how much is usual."""
    [drug] = standing_after(DRUG, weeks(used, 100, 320), table())
    [tests] = standing_after(TESTS, weeks(sent, 20, 70), Reference())

    assert f"7天内重点监控的雷米普利（{RAMIPRIL}）收费320个计价单位，计320.00元" in drug.text.zh
    assert "（提示阈值：300个计价单位及以上；此前8周平均每周100个）" in drug.text.zh
    assert f"320 units of the key drug 雷米普利 ({RAMIPRIL}) were charged within 7 d, 320.00 yuan" in drug.text.en
    assert f"7天内外送检验（如项目{TEST}）收费70个计价单位" in tests.text.zh
    assert "70 units of tests that were sent out (such as the service 002507000010000) were charged" in tests.text.en
    assert [{"key": "1"}] == [row.decided for row in drug.evidence]

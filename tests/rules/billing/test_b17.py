"""B17: paid stays that are opened again, and settled anew with other lines."""

from __future__ import annotations

from itertools import count

import pytest

from rules.billing.b17_paid_stay_rewritten import PaidStayRewritten
from rules.engine.alert import Alert
from rules.reference import Reference
from rules.testing import at, billed, judge, rewritten
from rules.times import DAY, HOUR, MINUTE, SECOND
from tests.oracle.wire import HOSPITAL, Body, fee_lines, line, message, message_reversal, reversal, settlement, text
from tests.rules._messages import effects_of, standing_after

RULE = PaidStayRewritten()
PLACE: Body = {"fixmedins_code": HOSPITAL}
OLD: Body = {"medfee_sumamt": 5_000, "fund_pay_sumamt": 3_500}
NEW: Body = {"medfee_sumamt": 6_000, "fund_pay_sumamt": 4_200}
_numbers = count(1)


def stay(
    settled: int, after: int = 7 * DAY, *, infno: str = "2304", back: str = "2305", by: str = "2302", again: int = HOUR,
    erased: int = MINUTE, **new: object,
) -> list[Body]:  # fmt: skip
    """A bill, its reversal later, a deletion, and the bill that takes its place. again, erased: later still."""
    number, opened = next(_numbers), settled + after
    visit: Body = {**PLACE, "mdtrt_id": f"V{number}", "psn_no": f"n{number}"}
    bill: Body = {**visit, "med_type": "21"}
    named: Body = {"feedetl_sn": "1"}
    return [
        settlement(settled, infno, **bill | OLD | {"setl_id": f"A{number}"}),
        reversal(f"A{number}", opened, back, **visit),
        message(by, opened + erased, **visit | named),
        settlement(opened + again, infno, **bill | NEW | {"setl_id": f"B{number}"} | new),
    ]


def stays(number: int, after: int = 7 * DAY, /, **more: object) -> list[Body]:
    """So many of them, one an hour, in order of upload."""
    return in_order([one for n in range(number) for one in stay(at("09:00") + n * HOUR, after, **more)])  # type: ignore[arg-type]  # times, or fields of the last bill


def in_order(bodies: list[Body]) -> list[Body]:
    """By upload."""
    return sorted(bodies, key=lambda one: str(one["inf_time"]))


def found(bodies: list[Body]) -> list[Alert]:
    """What stands."""
    return standing_after(RULE, bodies, Reference())


def values(bodies: list[Body]) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in found(bodies)]


@pytest.mark.parametrize(("number", "expected"), [(9, []), (10, [10]), (14, [14])])
def test_ten_stays(number: int, expected: list[float]) -> None:
    """Fewer are no finding, more are one alert."""
    assert expected == values(stays(number))


@pytest.mark.parametrize(("after", "expected"), [(7 * DAY - SECOND, []), (7 * DAY, [10]), (40 * DAY, [10])])
def test_a_bill_that_is_corrected_within_the_week_is_honest(after: int, expected: list[float]) -> None:
    """To the second."""
    assert expected == values(stays(10, after))


@pytest.mark.parametrize(("more", "expected"), [(491, []), (490, []), (489, [10])])
def test_two_in_a_hundred_are_exceeded(more: int, expected: list[float]) -> None:
    """Of the stays that were settled in that time; each counts once, however often it is settled."""
    others = [billed(at("08:00") + n * MINUTE, visit=f"w{n}", settlement=f"t{n}") for n in range(more)]
    cases = [one for n in range(10) for one in rewritten(at("09:00") + n * HOUR, 7)]

    assert expected == [one.value for one in judge(RULE, [*others, *cases])]


def test_all_of_it_lies_within_ninety_days() -> None:
    """The first bill exactly so long before the last one, or a second less."""
    for last, expected in ((90 * DAY, []), (90 * DAY - SECOND, [10])):
        cases = [one for n in range(9) for one in rewritten(at("09:00", day=60) + n * HOUR, 7)]
        *first, new = rewritten(at("09:00"), 7)
        late = [*first, billed(at("09:00") + last, visit=new.visit, amount=600_000)]

        assert expected == [one.value for one in judge(RULE, [*cases, *late])]


@pytest.mark.parametrize(
    "new", [OLD, {"medfee_sumamt": 5_000, "fund_pay_sumamt": 4_000}, {"fund_pay_sumamt": 3_499.99}]
)
def test_a_bill_that_is_the_same_or_cheaper_is_honest(new: Body) -> None:
    """Settled again for another insurance or with assistance; or an institution finds its own mistake."""
    assert [] == values(stays(10, **new))


@pytest.mark.parametrize("new", [{"fund_pay_sumamt": 3_500}, {"medfee_sumamt": 4_999.99, "fund_pay_sumamt": 3_500}])
def test_another_sum_for_no_less_of_the_fund_is_none(new: Body) -> None:
    """To the fen: more for the same, and less for the same."""
    assert [10] == values(stays(10, **new))


def test_the_uploads_tell_the_order() -> None:
    """Where an institution uploads at night: a deletion has no other time, and that is after setl_time of the bill."""
    sent = stays(10)
    others = [one | {"inf_time": text(at("23:00", day=7) + n * SECOND)} for n, one in enumerate(sent[10:])]

    assert [10] == values([*sent[:10], *others])


def test_each_step_is_needed() -> None:
    """Without one of them it is what honest institutions do."""
    cases = [stay(at("09:00") + n * HOUR) for n in range(10)]
    for gone in range(4):
        left = [one for case in cases for number, one in enumerate(case) if number != gone]

        assert [] == values(in_order(left))


@pytest.mark.parametrize(
    ("more", "expected"),
    [({"erased": -SECOND}, []), ({"erased": 0}, [10]), ({"erased": HOUR}, [10]), ({"erased": HOUR + SECOND}, [])],
)
def test_lines_are_deleted_between_the_reversal_and_the_bill(more: dict[str, int], expected: list[float]) -> None:
    """Before and after it is of no account."""
    assert expected == values(stays(10, **more))


@pytest.mark.parametrize(("given", "expected"), [(-1, [10]), (1, [])])
def test_lines_that_are_given_back_are_deleted_too(given: int, expected: list[float]) -> None:
    """2301 with a negative quantity; not new lines."""
    cases = stays(10)
    for body in [one for one in cases if one["infno"] == "2302"]:
        signed: Body = {"cnt": given, "init_feedetl_sn": "1", "det_item_fee_sumamt": 20.5 * given}
        lines = [line(2, at("09:00")), line(3, at("09:00"), **signed)]
        header = {name: body[name] for name in ("inf_time", "psn_no", "fixmedins_code")}
        cases[cases.index(body)] = fee_lines(str(body["mdtrt_id"]), lines, at("09:00"), "2301", **header)

    assert expected == values(cases)


def test_an_interim_bill_is_not_taken_back() -> None:
    """Another bill follows it a month later, and lines are deleted in between."""
    cases = [one for one in stays(10, 30 * DAY) if one["infno"] != "2305"]

    assert [] == values(cases)


def test_another_bill_of_the_stay_says_nothing_of_this_one() -> None:
    """An early bill that stands, and a late one that is corrected at once."""
    cases = []
    for n in range(10):
        early, *case = stay(at("09:00") + n * HOUR)
        late = early | {"msgid": f"L{n}", "setl_id": f"L{n}", "setl_time": case[0]["inf_time"]}
        late |= {"inf_time": case[0]["inf_time"]}
        cases += [early, late, case[0] | {"setl_id": f"L{n}"}, *case[1:]]

    assert [] == values(in_order(cases))


def test_of_another_stay_or_institution_it_is_none() -> None:
    """A deletion of another visit; five stays each at two institutions."""
    wrong = [one | {"mdtrt_id": "W"} if one["infno"] == "2302" else one for one in stays(10)]
    elsewhere = [one | {"fixmedins_code": "H34102100002"} for one in stays(5)]

    assert [] == values(wrong)
    assert [] == values(in_order([*stays(5), *elsewhere]))


@pytest.mark.parametrize("infno", ["2302", "2305"])
def test_what_names_another_person_reaches_nothing(infno: str) -> None:
    """A reversal or a deletion with this visit that states somebody else."""
    wrong = [one | {"psn_no": "other"} if one["infno"] == infno else one for one in stays(10)]

    assert [] == values(wrong)


def test_a_bill_of_which_the_message_was_taken_back_was_never_made() -> None:
    """2601 of the first bill of one stay; of the deletion of one; a reversal leaves what was said."""
    first, *others = stays(10)
    erased = next(one for one in others if one["infno"] == "2302")
    for gone in (first, erased):
        moment = at("10:00", day=0 if gone is first else 7)
        undone = message_reversal(gone["msgid"], moment, oinfno=str(gone["infno"]), **PLACE)

        assert [] == values(in_order([first, *others, undone | {"psn_no": gone["psn_no"]}]))


def test_a_bill_that_is_opened_twice_counts_once() -> None:
    """Its last rewriting is the evidence."""
    cases = [one for n in range(9) for one in rewritten(at("09:00") + n * HOUR, 7)]
    first = rewritten(at("12:00"), 7)
    back = at("12:00", day=20)
    again = [
        billed(back, "reversal", first[0].visit, settlement=first[-1].settlement),
        billed(back + MINUTE, "deletion", first[0].visit, settlement=""),
        billed(back + HOUR, "bill", first[0].visit, 700_000),
    ]

    assert [10, 10] == [one.value for one in judge(RULE, [*cases, *first, *again])]


def test_outpatients_and_visits_without_a_number_are_not_kept() -> None:
    """They cost no memory."""
    sent = [
        *stays(3, infno="2207", back="2208", by="2205"),
        message("2305", at("09:00"), setl_id="S", setl_time="2026-03-05 09:00:00"),
        fee_lines("V", [line(1, at("09:00"))], at("09:00"), "2301"),
    ]

    assert 0 == effects_of(RULE, sent, Reference()).counts.entries["stay_bills"]


@pytest.mark.parametrize(("late", "alerts"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_one_end_the_alert(late: int, alerts: int) -> None:
    """To the second, after the tenth."""
    last = at("09:00") + 9 * HOUR + 7 * DAY + HOUR
    again = stay(last + 30 * DAY + late - HOUR - 7 * DAY)

    assert alerts == len(values(in_order([*stays(10), *again])))


def test_of_many_deletions_of_a_stay_the_first_is_listed() -> None:
    """Line by line there may be hundreds; a row tells one message."""
    cases = [one for n in range(10) for one in rewritten(at("09:00") + n * HOUR, 7)]
    more = [
        billed(one.time + n * MINUTE, "deletion", one.visit, settlement="")
        for one in cases for n in range(1, 4) if one.piece == "deletion"
    ]  # fmt: skip

    [found] = judge(RULE, [*cases, *more])
    assert {one.message for one in cases} == {row.message for row in found.evidence}


def test_the_alert() -> None:
    """What the fund paid on the first bills it got back; all four messages of a stay are listed."""
    [one] = found(stays(10))

    assert (10 * 4_200.0, 40) == (one.vola_amt, one.evidence_count)
    assert ["bill", "message", "message", "bill"] == [
        row.role for row in one.evidence if row.mdtrt_id == one.evidence[0].mdtrt_id
    ]
    assert "90天内有10次住院在结算满7天后被冲正、删除费用明细并重新结算，费用改变而基金支付未减少" in one.text.zh
    assert "（提示阈值：10次及以上，且超过同期的2%），占同期10次住院结算的100%" in one.text.zh
    assert "within 90 d 10 stays were taken back 7 d or more after they were settled, had lines" in one.text.en
    assert (
        "(threshold: 10 stays or more, and more than 2 % of all), 100 % of the 10 stays settled in that time"
        in one.text.en
    )

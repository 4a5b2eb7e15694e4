"""B23: the bills of one institution that are handed in pass through one clerk of the agency."""

from __future__ import annotations

from itertools import count

import pytest

from rules.billing.b23_clerk_and_institution import ClerkAndInstitution
from rules.engine.alert import Alert
from rules.ledgers import Claimed
from rules.reference import Reference
from rules.testing import at, claimed, judge
from rules.times import DAY, HOUR, MINUTE, SECOND
from tests.oracle.wire import Body, reversal, settlement
from tests.rules._messages import effects_of, standing_after

RULE = ClerkAndInstitution()
HERE, THERE = "H33010000001", "H33010000002"
_numbers = count(1)


def claim(after: float, opter: object = "c1", place: str = HERE, /, **fields: object) -> Body:
    """A bill that was handed in is paid so many days after 2026-03-05."""
    number = next(_numbers)
    more: Body = {
        "fixmedins_code": place, "setl_id": f"S{number}", "mdtrt_id": f"V{number}", "psn_no": f"n{number}",
        "setl_type": "1", "med_type": "11", "opter": opter, "medfee_sumamt": 120, "fund_pay_sumamt": 100,
    }  # fmt: skip
    return settlement(at("09:00") + round(after * DAY), "2207") | more | fields


def others(number: int = 20, mine: int = 5, /, **fields: object) -> list[Body]:
    """Bills of another institution, one an hour; so many of them by the clerk herself."""
    return [claim(n / 24, "c1" if n < mine else "c2", THERE, **fields) for n in range(number)]


def own(number: int = 8, every: float = 1, first: float = 2, /, **fields: object) -> list[Body]:
    """Bills of the institution by one clerk, on the days after that."""
    return [claim(first + n * every, **fields) for n in range(number)]


def found(*bodies: list[Body]) -> list[Alert]:
    """What stands."""
    sent = sorted((body for some in bodies for body in some), key=lambda one: str(one["inf_time"]))
    return standing_after(RULE, sent, Reference())


def values(*bodies: list[Body]) -> list[float]:
    """The values of what stands."""
    return [one.measure.value for one in found(*bodies)]


@pytest.mark.parametrize(("number", "expected"), [(7, []), (8, [8]), (12, [12])])
def test_eight_bills_of_one_institution(number: int, expected: list[float]) -> None:
    """Fewer are no finding, more are one alert."""
    assert expected == values(others(), own(number))


@pytest.mark.parametrize(("days", "expected"), [(3, []), (4, [8])])
def test_a_pile_that_is_done_in_one_sitting_is_honest(days: int, expected: list[float]) -> None:
    """So many days, by the clock of Beijing."""
    bills = [claim(2 + n % days + n / 100) for n in range(8)]

    assert expected == values(others(), bills)


def test_a_day_begins_at_midnight() -> None:
    """Eight bills around three midnights lie on four days."""
    midnights = [at("00:00", day=n) - at("09:00") for n in (3, 4, 5)]
    moments = [(midnight + step) / DAY for midnight in midnights for step in (-MINUTE, 0, MINUTE)]

    assert [9] == values(others(), [claim(moment) for moment in moments])


@pytest.mark.parametrize(("count", "more", "expected"), [(8, 2, [8]), (8, 3, []), (19, 5, [])])
def test_four_fifths_of_the_bills_of_the_institution(count: int, more: int, expected: list[float]) -> None:
    """Of ten eight are enough, of 24 nineteen are not."""
    shared = [claim(1.5 + n / 100, "c2") for n in range(more)]

    assert expected == values(others(), own(count, 0.6), shared)


@pytest.mark.parametrize(("number", "expected"), [(19, []), (20, [8])])
def test_an_agency_with_little_else_to_do_is_not_judged(number: int, expected: list[float]) -> None:
    """How it shares its work does not show."""
    assert expected == values(others(number), own())


@pytest.mark.parametrize(
    ("count", "mine", "expected"),
    [(20, 0, []), (20, 1, [8]), (20, 10, [8]), (20, 11, []), (20, 20, []), (91, 46, []), (91, 45, [8])],
)
def test_a_clerk_who_does_most_of_the_work_is_honest(count: int, mine: int, expected: list[float]) -> None:
    """So is who settles for no other institution: it is the institution's own till."""
    assert expected == values(others(count, mine), own())


def test_of_two_clerks_one_has_the_stays() -> None:
    """Each kind of bill is looked at by itself."""
    stays = own(infno="2304", med_type="21")

    assert [] == values(others(), stays)
    assert [8] == values(others(infno="2304", med_type="21"), stays)
    assert [8] == values(others(infno="2102", med_type="41"), own(4, 2), own(4, 2, 3, infno="2102", med_type="41"))


@pytest.mark.parametrize("fields", [{"setl_type": "2"}, {"setl_type": None}, {"insuplc_admdvs": "341022"}])
def test_only_bills_that_this_agency_pays(fields: Body) -> None:
    """Those that went through the network, or that another county pays, do not count."""
    assert [] == values(others(), own(7), own(1, 1, 9, **fields))
    assert [] == values(others(19), own(), others(1, 0, **fields))


def test_what_is_not_handed_in_or_of_an_unknown_clerk_is_not_kept() -> None:
    """It costs no memory."""
    sent = [claim(0, setl_type="2"), claim(1, None), claim(2, insuplc_admdvs=None), claim(3, setl_type=None)]

    assert 0 == effects_of(RULE, sent, Reference()).counts.entries["agencies"]


@pytest.mark.parametrize(("last", "expected"), [(30, []), (30 - SECOND / DAY, [8])])
def test_thirty_days_are_half_open(last: float, expected: list[float]) -> None:
    """The first bill exactly so long before the last one, or a second less."""
    later = [claim(10 + n / 24, "c2" if n else "c1", THERE) for n in range(20)]

    assert expected == values(own(7, 1, 0), later, own(1, 1, last))


def test_what_is_taken_back_does_not_count() -> None:
    """Of a stay also weeks later, of the rest within three days."""
    visits, stays = own(), own(infno="2304", med_type="21")
    for bills, by, later, expected in (
        (visits, "2208", 2, []), (visits, "2208", 4, [8]), (stays, "2305", 40, []), (stays, "2305", 64, [8]),
    ):  # fmt: skip
        last = bills[-1]
        same = {name: last[name] for name in ("fixmedins_code", "psn_no", "mdtrt_id")}
        back = reversal(str(last["setl_id"]), at("09:00", day=9 + later), by, **same)
        kind: Body = {name: last[name] for name in ("infno", "med_type")}

        assert expected == values(others(**kind), bills, [back])


@pytest.mark.parametrize(("late", "alerts"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_one_end_the_alert(late: int, alerts: int) -> None:
    """To the second, after the eighth."""
    second = [
        *(claim(33 + n / 24, "c1" if n < 5 else "c2", THERE) for n in range(20)),
        *own(6, 0.5, 36), *own(2, 0, 9 + 30 + late / DAY),
    ]  # fmt: skip

    assert alerts == len(values(others(), own(), second))


def test_a_clerk_may_have_all_where_the_limit_says_so() -> None:
    """Then the guard does not ask for two."""
    bills: list[Claimed] = [claimed(at("09:00") + n * HOUR, institution=THERE) for n in range(20)]
    bills += [claimed(at("09:00", day=1 + n), institution=HERE) for n in range(8)]
    lenient = ClerkAndInstitution(most_elsewhere=100)

    assert [8] == [one.value for one in judge(lenient, bills)]
    assert [] == judge(RULE, bills)
    assert (1, 2) == tuple((one.guard.distinct or ("", 0))[1] for one in (lenient, RULE))


def test_the_alert() -> None:
    """Whose agency, which clerk, how many of how many, on how many days."""
    [one] = found(others(), own(), [claim(2.2, "c2")])

    assert ("group", "341021") == (one.subject.kind, one.subject.id)
    assert (("341021", "visit"), 800.0, 8) == (one.scope, one.vola_amt, one.evidence_count)
    assert {"c1"} == {row.decided["opter"] for row in one.evidence}
    assert f"30天内，参保地341021的经办人c1办理{HERE}的手工报销8笔（提示阈值：8笔及以上）" in one.text.zh
    assert "占该机构全部9笔的89%，分布在8天，其他机构的报销多由他人办理" in one.text.zh
    assert "within 30 d the clerk c1 of the agency of county 341021 paid 8 claims by hand (threshold: 8" in one.text.en
    assert f"for bills of {HERE}, of 9 in all, on 8 days, while others paid most bills" in one.text.en

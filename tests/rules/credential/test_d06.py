"""D06: on one day far more purchases than usual without a trace code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.credential.d06_sold_without_codes import SoldWithoutCodes
from rules.ledgers import Swipe
from rules.ledgers.inside import entries_of
from rules.ledgers.traced import TRACED
from rules.reference import Reference
from rules.testing import at, judge_days, swipe
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from tests.oracle import wire
from tests.rules._log import END, standing, told

RULE = SoldWithoutCodes()
LINE = wire.line(1)
BOX: wire.Body = {"drug_trac_codg": wire.BOX, "feedetl_sn": "1"}
NO_PACK: wire.Body = {"drug_trac_codg": "0" * 20, "feedetl_sn": "1"}


def found(before: list[int], today: list[int], rule: SoldWithoutCodes = RULE) -> list[float]:
    """The values of the findings on a day after four weeks of such days: settlements, and those without a code."""
    days = {at("00:00", day=-1 - day): before for day in range(28)}
    return [one.value for one in judge_days(rule, days | {at("00:00"): today})]


def test_both_limits() -> None:
    """Twenty at the least; of 400 settlements with one in five usual more than 40 over the 80."""
    assert [] == found([100, 0], [19, 19])
    assert [100.0] == found([100, 0], [20, 20])
    assert [] == found([400, 80], [400, 120])
    assert [30.2] == found([400, 80], [400, 121])
    assert [] == found([400, 400], [400, 400])
    assert [100.0] == found([100, 0], [19, 19], replace(RULE, fewest=19))


@pytest.mark.parametrize(
    ("lines", "codes", "traced"),
    [
        ([LINE], [BOX], True),
        ([LINE], [], False),
        ([LINE], [NO_PACK], True),
        ([LINE | {"list_type": "101"}], [], False),
        ([LINE | {"list_type": "301"}], [], None),
        ([LINE | {"list_type": "301"}, wire.line(2)], [], False),
        ([LINE | {"cnt": -1, "init_feedetl_sn": "9"}], [], None),
        ([], [], None),
    ],
)
def test_what_is_a_sale_without_a_code(lines: list[wire.Body], codes: list[wire.Body], traced: bool | None) -> None:  # noqa: FBT001 - a column
    """Drug lines, and none of the codes of the settlement."""
    body = wire.settlement(feedetail=lines, drug_trac_info=codes)
    opened = Door(Pseudonyms("key", raw=True)).open(wire.raw(body), 1 << 50)
    [entry] = [one for record in entries_of(opened).records for one in record.entries if isinstance(one, Swipe)]

    assert traced is entry.traced


@pytest.mark.parametrize(
    ("infno", "kind", "traced", "kept"),
    [
        ("2102", "41", True, True),
        ("2102", "41", False, True),
        ("2207", "41", False, True),
        ("2207", "11", False, False),
        ("2102", "41", None, False),
    ],
)
def test_what_is_counted(infno: str, kind: str, traced: bool | None, kept: bool) -> None:  # noqa: FBT001 - columns
    """Settlements of pharmacies that sell drugs."""
    [feed] = TRACED.feeds
    entry = swipe(at("10:00"), transaction=infno, visit_type=kind, traced=traced)

    assert kept == (feed.key(entry, Reference()) is not None)
    assert TRACED.summed(entry) == int(traced is False)


def test_a_second_day_within_four_weeks_is_found_at_a_small_pharmacy() -> None:
    """The first of them is not what is usual; a third one is held against the second."""
    days = {at("00:00", day=day): [10, 0] for day in range(60)}
    first, second, third, later = ({at("00:00", day=day): [35, 25]} for day in (28, 40, 52, 57))

    assert 1 == len(judge_days(RULE, days | first))
    assert 2 == len(judge_days(RULE, days | first | second))
    assert 2 == len(judge_days(RULE, days | first | second | third))
    assert 3 == len(judge_days(RULE, days | first | second | later))
    assert 1 == len(judge_days(replace(RULE, left_out=0), days | first | second))


@pytest.mark.parametrize(("first", "second", "more"), [([200, 100], [10, 5], 1), ([10, 5], [200, 100], 0)])
def test_of_days_alike_the_earlier_is_left_out(first: list[int], second: list[int], more: int) -> None:
    """Half of each is without a code: a large day that is kept makes more usual than a small one."""
    days = {at("00:00", day=-1 - day): [100, 5] for day in range(28)}
    days |= {at("00:00", day=-20): first, at("00:00", day=-3): second}

    assert more == len(judge_days(RULE, days | {at("00:00"): [100, 20]})) - len(judge_days(RULE, days))


@pytest.mark.parametrize(("after", "alerts"), [(2, 1), (3, 2)])
def test_days_at_most_two_apart_are_one_alert(after: int, alerts: int) -> None:
    """Forty a day, then 20 more of this kind on one day, and 90 on another."""
    log = [swipe(at("10:00", day=day, seconds=n), f"p{n}", traced=True) for day in range(32) for n in range(40)]
    for day, count in ((28, 20), (28 + after, 90)):
        log += [swipe(at("15:00", day=day, seconds=n), f"q{n}", traced=False) for n in range(count)]

    assert alerts == len(standing(told(RULE, [*sorted(log, key=lambda one: one.time), END])))


def test_from_settlements_to_the_alert() -> None:
    """Four weeks of ten a day with codes, then 25 without; another pharmacy never sends any."""
    log = [
        swipe(at("10:00", day=day, seconds=n), f"p{n}", place, traced=place == "P1")
        for day in range(29)
        for n in range(10)
        for place in ("P1", "P2")
    ]
    log += [swipe(at("15:00", day=28, seconds=n), f"q{n}", place, traced=False)
            for n in range(25) for place in ("P1", "P2")]  # fmt: skip
    alerts = told(RULE, [*sorted(log, key=lambda one: one.time), END])

    assert [("P1", "closed")] == [(one.scope[0], one.status) for one in alerts if one.status == "closed"]
    assert (
        "P1 2026-04-02，有25笔药品结算未上传追溯码，占当日35笔的71.4%（提示阈值：超过5.5%；该机构平日0.4%）"
    ) in alerts[-1].text.zh
    assert "25 of 35 settlements named no trace code of a drug, 71.4 %" in alerts[-1].text.en

"""D04: one trace code in several sales; D04-DATA: codes that cannot be any."""

from __future__ import annotations

from itertools import permutations

import pytest

from rules.drug.d04_data_bad_trace_codes import BadTraceCodes
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.engine.alert import Alert
from rules.engine.entry import Entry
from rules.engine.finding import Finding
from rules.reference import Reference
from rules.testing import at, judge, sale
from rules.times import DAY, HOUR, MINUTE, SECOND, clock
from tests.oracle import wire
from tests.oracle.wire import BOX, MONDAY, OTHER_SHOP, RAMIPRIL, SHOP
from tests.oracle.world import logs, run

RULE = TraceCodeReuse()
NOON = at("12:00")
ITEM = "XC09AAA001A001010100001"


def found(*sales: Entry, rule: TraceCodeReuse = RULE, reference: Reference | None = None) -> list[Finding]:
    """The findings over sales of one code."""
    return judge(rule, list(sales), reference)


def packs(units: str) -> Reference:
    """A drug table with one pack."""
    reference = Reference()
    reference.put("drugs", {"med_list_codg": ITEM, "pack_units": units})
    return reference


# What is one sale


def test_a_box_reported_on_both_ways_counts_once() -> None:
    """Joined by setl_id, whichever comes first and however much later the other."""
    for lag in (-HOUR, 0, 20 * SECOND, 40 * DAY):
        assert [] == found(sale(NOON, settlement="s"), sale(NOON + lag, settlement="s", stock=True))


def test_a_second_sale_reported_on_both_ways_is_one_trigger() -> None:
    """The first of its entries; the evidence is the settlement."""
    second = [sale(NOON + DAY, settlement="t", stock=True), sale(NOON + DAY + SECOND, settlement="t", message="paid")]
    findings = found(sale(NOON), *second)

    assert [2] == [one.value for one in findings]
    assert "paid" == findings[0].evidence[1].message


@pytest.mark.parametrize(
    ("lag", "place", "expected"), [(0, SHOP, 0), (DAY, SHOP, 0), (DAY + SECOND, SHOP, 1), (0, OTHER_SHOP, 1)]
)
def test_a_report_without_setl_id_is_of_the_sale_of_that_day_and_place(lag: int, place: str, expected: int) -> None:
    """Within a day at the same institution, in both orders; elsewhere it is another sale."""
    settled = sale(NOON, settlement="s", institution=SHOP)

    assert expected == len(found(settled, sale(NOON + lag, settlement="", institution=place, stock=True)))
    assert expected == len(found(settled, sale(NOON - lag, settlement="", institution=place, stock=True)))


def test_two_settlements_are_two_sales_whatever_else_is_near() -> None:
    """A report without setl_id goes to one of them."""
    sales = [sale(NOON + n * HOUR, settlement=f"s{n}") for n in range(2)]

    assert [2] == [one.value for one in found(*sales, sale(NOON + MINUTE, settlement="", stock=True))]


def test_a_report_sent_twice_counts_once() -> None:
    """The same time of sale at the same place; at another time it was another one."""
    report = [sale(NOON, settlement="", stock=True) for _ in range(2)]

    assert [] == found(*report)
    assert 1 == len(found(report[0], sale(NOON + MINUTE, settlement="", stock=True)))


def test_opened_packs_do_not_count() -> None:
    """trdn_flag 1 on either way, also when the report from stock comes after the settlement."""
    assert [] == found(*(sale(NOON + n * HOUR, split=True) for n in range(3)))
    assert [] == found(sale(NOON), sale(NOON + DAY, split=True, institution="P2"))
    assert [] == found(
        sale(NOON),
        sale(NOON + DAY, institution="P2", settlement="s"),
        sale(NOON + DAY + SECOND, institution="P2", settlement="s", stock=True, split=True),
    )


# How bad it is


def test_two_institutions_are_high_and_after_a_day_critical() -> None:
    """More than a day after the sale that made them two."""
    [second, third] = found(sale(NOON), sale(NOON + DAY, institution="P2"), sale(NOON + 9 * DAY, institution="P2"))

    for one in (second, third):
        assert ("high", "critical", NOON + 2 * DAY + 1) == (one.severity, one.rises_to, one.rises_at)
    assert ["high", "critical"] == [second.severity_at(NOON + 2 * DAY + more) for more in (0, 1)]


def test_one_institution_is_a_warning() -> None:
    """It never left the shop."""
    assert [("warning", None)] == [(one.severity, one.rises_to) for one in found(sale(NOON), sale(NOON + DAY))]


@pytest.mark.parametrize(
    ("quantities", "units", "expected"),
    [
        ((10_000, 10_000), "28", 1), ((5_000, 5_000), "28", 0), ((5_000, 5_001), "28", 1),
        ((140_000, 140_000), "28", 0), ((140_000, 140_001), "28", 1), ((140_000, 140_000), "", 1),
        ((0, 0), "28", 1), ((0, 5_000), "", 1), ((5_000, 5_000), "", 0), ((20_000, 20_000), "0", 1),
    ],
)  # fmt: skip
def test_at_one_institution_more_than_the_pack_must_be_sold(
    quantities: tuple[int, ...], units: str, expected: int
) -> None:
    """Parts of a pack up to 1, units of the drug table above; where nothing is sent, a pack."""
    sales = [sale(NOON + n * DAY, quantity=quantity) for n, quantity in enumerate(quantities)]

    assert expected == len(found(*sales, reference=packs(units)))


def test_the_quantity_is_that_of_the_settlement_before_that_of_the_stock() -> None:
    """Half a pack each, though the stock was booked as whole packs."""
    sales = [
        sale(NOON + n * DAY, quantity=quantity, settlement=f"s{n}", stock=stock)
        for n in range(2)
        for stock, quantity in ((True, 10_000), (False, 5_000))
    ]

    assert [] == found(*sales)


def test_elsewhere_the_quantity_does_not_matter() -> None:
    """Half a pack does not walk from one shop to the next."""
    assert 1 == len(found(sale(NOON, quantity=5_000), sale(NOON + DAY, quantity=5_000, institution="P2")))


def test_sales_are_remembered_for_the_shelf_life() -> None:
    """1,096 days, half open."""
    assert 1 == len(found(sale(NOON), sale(NOON + 1096 * DAY - SECOND)))
    assert [] == found(sale(NOON), sale(NOON + 1096 * DAY))


# Placeholders


@pytest.mark.parametrize(("number", "expected"), [(19, ["high"] * 18), (20, ["info"]), (200, ["info"])])
def test_twenty_sales_a_day_are_an_error_of_the_data(number: int, expected: list[str]) -> None:
    """One finding for the day, with the first twenty as its evidence; nineteen are eighteen sales too many."""
    findings = found(*(sale(NOON + n * SECOND, institution=f"P{n}") for n in range(number)))

    assert expected == [one.severity for one in findings]
    assert number == 19 or 20 == len(findings[0].evidence)


def test_a_placeholder_stays_one_for_thirty_days() -> None:
    """A sale on the day after that is judged again."""
    crowd = [sale(NOON + n * SECOND) for n in range(20)]

    assert 1 == len(found(*crowd, sale(NOON + 30 * DAY + HOUR)))
    assert 2 == len(found(*crowd, sale(NOON + 31 * DAY)))


@pytest.mark.parametrize(("late", "expected"), [(-SECOND, ["info"]), (0, ["info", "warning"])])
def test_the_thirty_days_begin_with_the_end_of_the_crowded_day(late: int, expected: list[str]) -> None:
    """To the second; the crowd itself counts from midnight on."""
    crowd = [sale(at("00:00", seconds=n)) for n in range(20)]

    assert expected == [one.severity for one in found(*crowd, sale(at("00:00", day=31) + late))]


def test_the_sales_before_a_crowded_day_stand() -> None:
    """What was seen then is not made undone."""
    before = [sale(NOON - 2 * DAY), sale(NOON - DAY, institution="P2")]

    assert ["high", "info"] == [one.severity for one in found(*before, *(sale(NOON + n * SECOND) for n in range(20)))]


def test_a_code_with_four_hundred_entries_is_looked_at_for_crowded_days_only() -> None:
    """No pack has so many sales; the findings before that name the first sale and the last nine."""
    often = [sale(NOON + n * DAY) for n in range(401)]
    findings = found(*often, *(sale(NOON + 500 * DAY + n * SECOND) for n in range(20)))

    assert ["warning"] * 399 + ["info"] == [one.severity for one in findings]
    assert [0, *range(391, 400)] == [(one.time - NOON) // DAY for one in findings[398].evidence]


def test_a_bottle_opened_for_a_whole_ward_is_no_placeholder() -> None:
    """A hundred parts a day, and it was sold whole once before: by mistake."""
    parts = [sale(NOON + n * MINUTE, split=True, quantity=100) for n in range(100)]

    assert [] == found(sale(NOON - DAY), *parts)
    assert [2] == [one.value for one in found(sale(NOON - DAY), *parts, sale(NOON + 5 * HOUR))]


# From the wire


def settled(number: str, at_time: int, **fields: object) -> wire.Body:
    """A pharmacy's settlement of one box."""
    traced = {"drug_trac_codg": BOX, "feedetl_sn": "1", "trdn_flag": "0"}
    line = wire.line("1", at_time)
    body = wire.settlement(at_time, feedetail=[line], drug_trac_info=[traced])
    return body | {"setl_id": number, "mdtrt_id": f"V{number}", "psn_no": number} | fields


def reported(number: str, at_time: int, infno: str = "3505", **fields: object) -> wire.Body:
    """The same from stock, or its return."""
    return wire.stock(infno, at_time, **{"setl_id": number, "drugtracinfo": [{"drug_trac_codg": BOX}]} | fields)


def alerts(*bodies: wire.Body, rule: TraceCodeReuse | BadTraceCodes = RULE, final: bool = True) -> list[Alert]:
    """The revisions after these messages, in their order."""
    [log] = logs([(0, wire.raw(body), 1 << 42) for body in bodies], final=final)
    return run(log, [rule], Reference()).alerts


def standing(*bodies: wire.Body) -> list[str]:
    """The severities of the alerts that stand at the end."""
    last = {alert.alert_id: alert for alert in alerts(*bodies)}
    return [alert.severity for alert in last.values() if alert.status != "withdrawn"]


ELSEWHERE: wire.Body = {"fixmedins_code": OTHER_SHOP}
FIRST, SECOND_SALE = settled("a", MONDAY), settled("b", MONDAY + 2 * DAY) | ELSEWHERE


def test_one_box_at_two_counters_rises_with_the_hours() -> None:
    """Opened `high`; a day later `critical`, by the log's own clock."""
    others = [settled(f"o{n}", MONDAY + n * 12 * HOUR, drug_trac_info=[]) for n in range(1, 8)]
    bodies = sorted([FIRST, SECOND_SALE, *others], key=lambda body: str(body["inf_time"]))
    story = [(alert.status, alert.severity) for alert in alerts(*bodies, final=False)]

    assert [("opened", "high"), ("updated", "critical")] == story


BACK = {
    "2103": wire.reversal("a", MONDAY + HOUR, psn_no="a"),
    "2601": wire.message_reversal(FIRST["msgid"], MONDAY + HOUR, psn_no="a"),
    "3506": reported("a", MONDAY + HOUR, "3506"),
    "3506 by its settlement": reported("a", MONDAY + HOUR, "3506", drugtracinfo=[]),
}


@pytest.mark.parametrize("way", BACK)
def test_a_box_that_was_taken_back_is_rightly_sold_again(way: str) -> None:
    """By a reversal, by a reversal of the message, by a return to stock; whichever message comes first."""
    for order in permutations([FIRST, BACK[way], SECOND_SALE]):
        assert [] == standing(*order)


def test_a_return_takes_back_what_was_before_it_only() -> None:
    """Sold, returned, sold, sold: the last two are one too many."""
    again = [settled(number, MONDAY + day * DAY) for number, day in (("b", 2), ("c", 3))]

    assert ["warning"] == standing(FIRST, reported("a", MONDAY + HOUR, "3506"), *again)


def test_a_reversal_takes_back_both_reports_of_the_sale() -> None:
    """The settlement's and the stock's."""
    back = wire.reversal("a", MONDAY + HOUR, psn_no="a")

    assert [] == standing(FIRST, reported("a", MONDAY + SECOND), back, SECOND_SALE)


def test_what_is_no_return_of_a_sale_does_not_take_it_back() -> None:
    """A return to the supplier, and the deletion of a stock report: the box was sold on a card all the same."""
    assert ["critical"] == standing(FIRST, reported("a", MONDAY + HOUR, "3504"), SECOND_SALE)
    assert ["critical"] == standing(FIRST, wire.deletion("N1", MONDAY + HOUR), SECOND_SALE)


def test_a_deleted_stock_report_is_none() -> None:
    """Reported by mistake; it is deleted by the number that stock gave it, at its own shop."""
    first = reported("a", MONDAY, fixmedins_bchno="N1")

    assert ["critical"] == standing(first, SECOND_SALE)
    assert [] == standing(first, wire.deletion("N1", MONDAY + HOUR), SECOND_SALE)
    assert ["critical"] == standing(first, wire.deletion("N2", MONDAY + HOUR), SECOND_SALE)
    assert ["critical"] == standing(first, wire.deletion("N1", MONDAY + HOUR) | ELSEWHERE, SECOND_SALE)


def test_a_return_elsewhere_does_not_take_it_back() -> None:
    """The box came back to a shop that had not sold it."""
    assert ["critical"] == standing(FIRST, reported("x", MONDAY + HOUR, "3506") | ELSEWHERE, SECOND_SALE)


def test_a_sale_may_be_returned_for_ninety_days() -> None:
    """And not later: then it is mentioned only."""
    assert [] == standing(FIRST, reported("a", MONDAY + 90 * DAY, "3506"), settled("b", MONDAY + 91 * DAY))
    assert ["warning"] == standing(FIRST, reported("a", MONDAY + 91 * DAY, "3506"), settled("b", MONDAY + 92 * DAY))


def test_an_upload_sent_again_is_the_same_sale() -> None:
    """The same setl_id in a new message."""
    assert [] == standing(FIRST, FIRST | {"msgid": "again"})


def test_the_flag_of_an_opened_pack_may_stand_on_the_report() -> None:
    """Older systems send trdn_flag once for the whole report of stock."""
    opened = [reported(name, MONDAY + day * DAY, trdn_flag="1") | ELSEWHERE for day, name in enumerate("ab")]

    assert [] == standing(*opened)
    assert ["warning"] == standing(*({**body, "trdn_flag": "0"} for body in opened))


def test_codes_of_one_line_share_its_quantity_and_amount() -> None:
    """Two boxes of one line are one each: half of a line of one pack is half a pack, and half of the fund's share."""
    codes = [{"drug_trac_codg": code, "feedetl_sn": "1", "trdn_flag": "0"} for code in (BOX, BOX[:-1] + "9")]
    boxes = [settled(name, MONDAY + n * DAY, drug_trac_info=codes) for n, name in enumerate("ab")]
    two = [body | {"feedetail": [wire.line("1", MONDAY + n * DAY, cnt=2)]} for n, body in enumerate(boxes)]

    assert [] == standing(*boxes)
    assert ["warning", "warning"] == standing(*two)
    assert {16.4} == {alert.vola_amt for alert in alerts(*two) if alert.status == "closed"}


def test_a_box_sold_before_is_seen_before_it_is_settled() -> None:
    """A pre-settlement elsewhere is an alert of stage pre; asking again after having settled is none."""
    traced = [{"drug_trac_codg": BOX, "feedetl_sn": "1"}]
    question = wire.question(MONDAY + DAY, drug_trac_info=traced, mdtrt_id="V2") | ELSEWHERE
    same_again = wire.question(MONDAY + HOUR, drug_trac_info=traced, psn_no="a")

    assert [("pre", "high")] == [(one.stage, one.severity) for one in alerts(FIRST, question, final=False)]
    assert [] == alerts(FIRST, same_again, final=False)
    assert ["pre"] == [one.stage for one in alerts(FIRST, same_again | {"psn_no": "z", "cnt": 1}, final=False)]


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_a_sale_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    sales = [settled(f"{n}", MONDAY + time) for n, time in enumerate((0, DAY, 31 * DAY + late))]

    assert ["warning"] * expected == standing(*sales)


def test_the_sentences_name_the_code_and_the_places() -> None:
    """In both languages, with the drug and the time of each sale."""
    reuse = alerts(FIRST | {"fixmedins_name": "甲药房"}, SECOND_SALE | {"fixmedins_name": "乙药房"})[-1].text
    crowd = alerts(*(settled(f"s{n}", MONDAY + n * SECOND) for n in range(20)))[-1].text

    first, second = (clock(one) for one in (MONDAY, MONDAY + 2 * DAY))
    assert (
        f"药品{RAMIPRIL}同一盒的追溯码{BOX}售出2次且均未退（提示阈值：超过1次）："
        f"{first}在甲药房（{SHOP}）、{second}在乙药房（{OTHER_SHOP}），涉及医保基金支付"
    ) in reuse.zh
    assert (
        f"trace code {BOX} of one pack of the drug {RAMIPRIL} was sold 2 times, none taken back "
        f"(threshold: more than 1 sale): {first} at 甲药房 ({SHOP}), {second} at 乙药房 ({OTHER_SHOP})"
    ) in reuse.en
    assert (
        f"追溯码{BOX}一日内出现在20次以上销售中（提示阈值：20次及以上），应为占位码或数据错误，销售机构：{SHOP}，"
        in crowd.zh
    )
    assert "stands in 20 or more sales of one day (threshold: 20 sales or more)" in crowd.en


# Codes that cannot be any


@pytest.mark.parametrize(
    ("code", "expected"),
    [("8123456000000000001A", 0), ("7" * 20, 1), (BOX, 0), ("６" * 20, 1), ("6901234567892", 1), ("8123", 1),
     ("(01)06901234567892(21)A1", 0), ("(01)06901234567892(10)A1", 1)],
)  # fmt: skip
def test_a_code_that_can_be_none_is_told(code: str, expected: int) -> None:
    """One digit repeated, digits of another script, a barcode, a code cut off, GS1 without a serial number."""
    body = settled("a", MONDAY, drug_trac_info=[{"drug_trac_codg": code}])

    assert expected == len({alert.alert_id for alert in alerts(body, rule=BadTraceCodes())})


def test_an_institution_has_one_alert_while_bad_codes_come() -> None:
    """A finding a day, each at the first bad code of that day; thirty days of quiet end it."""
    traced = [{"drug_trac_codg": "8123"}]
    days = (0, 0, 0, 20, 49, 79.5)
    bodies = [
        settled(f"s{n}", MONDAY + round(day * DAY) + n * MINUTE, drug_trac_info=traced) for n, day in enumerate(days)
    ]
    closed = [alert for alert in alerts(*bodies, rule=BadTraceCodes()) if alert.status == "closed"]

    assert [(3, 3.0, "info"), (1, 1.0, "info")] == [
        (alert.triggers, alert.measure.value, alert.severity) for alert in closed
    ]
    assert "一日内上传3个无效追溯码（提示阈值：1个及以上），共3天出现" in closed[0].text.zh
    assert "3 trace codes of one day can be none (threshold: 1 in a day or more), on 3 day(s)" in closed[0].text.en


@pytest.mark.parametrize(("late", "expected"), [(0, 1), (SECOND, 2)])
def test_thirty_days_without_a_bad_code_end_the_alert(late: int, expected: int) -> None:
    """To the second."""
    bad = [{"drug_trac_codg": "8123"}]
    bodies = [settled(f"{n}", MONDAY + time, drug_trac_info=bad) for n, time in enumerate((0, 30 * DAY + late))]

    assert expected == len({alert.alert_id for alert in alerts(*bodies, rule=BadTraceCodes())})


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4])
def test_the_day_s_bad_codes_count_to_the_limit(limit: int) -> None:
    """Three at one time, four hours before midnight, and one after it."""
    codes: list[Entry] = [sale(at("20:00"), code="8123") for _ in range(3)]

    findings = judge(BadTraceCodes(limit=limit), [*codes, sale(at("00:00", day=1), code="8123")])

    assert ([3, 1] if limit <= 1 else [3] if limit <= 3 else []) == [one.value for one in findings]

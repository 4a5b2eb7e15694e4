"""What was seen of a day, beside the platform's own counts."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from monitor.cli import app
from monitor.errors import ConfigurationError
from monitor.reconcile.compare import Count, Row, Seen, compare
from monitor.reconcile.platformlist import Listed, read_list
from monitor.reconcile.span import Span, span_of, warning_of_time
from monitor.reconcile.text import report_lines
from rules.times import HOUR, MINUTE, parse
from rules.wire.door import Door, Limits
from rules.wire.pseudonyms import Pseudonyms

DAY = date(2026, 3, 5)
Body = dict[str, Any]


def settlement(number: int = 1, **more: object) -> Body:
    """A settlement of 40 yuan at P1, in the flat form."""
    return {
        "msgid": f"m{number}", "infno": "2102", "fixmedins_code": "P1", "inf_time": "2026-03-05 10:01:00",
        "psn_no": f"34102{number}", "setl_id": f"s{number}", "mdtrt_id": f"v{number}", "med_type": "41",
        "setl_time": "2026-03-05 10:00:00", "medfee_sumamt": 50, "fund_pay_sumamt": 40.0,
    } | more  # fmt: skip


def reversal(number: int = 1, **more: object) -> Body:
    """The reversal of that settlement an hour later."""
    return {
        "msgid": f"r{number}", "infno": "2103", "fixmedins_code": "P1", "inf_time": "2026-03-05 11:00:00",
        "psn_no": f"34102{number}", "setl_id": f"s{number}", "setl_time": "2026-03-05 11:00:00",
    } | more  # fmt: skip


def message_reversal(number: int = 1, **more: object) -> Body:
    """The 2601 that names that settlement's message."""
    return {
        "msgid": f"w{number}", "infno": "2601", "fixmedins_code": "P1", "inf_time": "2026-03-05 11:30:00",
        "psn_no": f"34102{number}", "omsgid": f"m{number}", "oinfno": "2102",
    } | more  # fmt: skip


def counted(*bodies: Body | bytes, appended: int | None = None) -> Count:
    """What is counted of messages."""
    count = Count(DAY, Door(Pseudonyms("key")))
    for body in bodies:
        count.take(body if isinstance(body, bytes) else orjson.dumps(body), appended)
    return count


def seen(*bodies: Body | bytes, appended: int | None = None) -> Seen:
    """What was seen of P1."""
    return counted(*bodies, appended=appended).seen().get("P1", Seen())


def test_a_settlement_counts_once() -> None:
    """Whatever comes again, in whichever form: the same message, and another about the same setl_id."""
    again = settlement(2, setl_id="s1", inf_time="2026-03-05 10:00:30", fund_pay_sumamt=41.0)

    assert Seen(accepted=1, accepted_fund=4100, duplicates=1) == seen(settlement(), settlement(), again)


def test_request_and_reply_are_one_settlement() -> None:
    """The day and the sum stand in the reply."""
    header = {"msgid": "m1", "infno": "2207A", "fixmedins_code": "p1 ", "inf_time": "20260306000100", "infcode": "0"}
    asked = {"psn_no": "341", "mdtrt_id": "v1", "med_type": "11", "medfee_sumamt": "50.00"}
    told = {"setl_id": "s1", "setl_time": "2026-03-05 23:59:59", "fund_pay_sumamt": "40.10"}
    body = header | {"input": {"data": asked}, "output": {"setlinfo": told}}

    assert Seen(accepted=1, accepted_fund=4010) == seen(body)


def test_the_day_is_that_of_beijing() -> None:
    """From its first moment to its last; inf_time does not decide."""
    times = ["2026-03-04 23:59:59", "2026-03-05 00:00:00", "2026-03-05T15:59:59Z", "2026-03-06 00:00:00"]

    assert Seen(accepted=2, accepted_fund=8000) == seen(
        *[settlement(n, setl_time=at, inf_time="2026-03-06 01:00:00") for n, at in enumerate(times)]
    )


TAKEN_BACK = Seen(accepted=1, accepted_fund=4000, taken_back=1, taken_back_fund=4000)
STANDS = Seen(accepted=1, accepted_fund=4000)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([reversal()], TAKEN_BACK),
        ([reversal(inf_time="2026-03-25 11:00:00", setl_time="2026-03-25 11:00:00")], TAKEN_BACK),  # beyond any reach
        ([reversal(infno="2208")], TAKEN_BACK),
        ([reversal(fixmedins_code="P2")], STANDS),
        ([reversal(psn_no="another")], STANDS),
        ([message_reversal()], TAKEN_BACK),
        ([message_reversal(oinfno="2102A")], TAKEN_BACK),
        ([message_reversal(oinfno="2207")], STANDS),
        ([message_reversal(fixmedins_code="P2")], STANDS),
        ([message_reversal(inf_time="2026-03-05 10:00:59")], STANDS),  # not sent after it
        ([message_reversal(inf_time="2026-03-05 10:01:00", msgid="a1")], STANDS),
        ([message_reversal(inf_time="2026-03-05 10:01:00")], TAKEN_BACK),  # in the same second, by msgid after it
        ([reversal(), message_reversal(omsgid="r1", oinfno="2103")], STANDS),
        ([settlement(refd_setl_flag="1", msgid="again")], TAKEN_BACK),
        ([settlement(9, psn_no="341021", fund_pay_sumamt=-40.0, medfee_sumamt=-50, init_setl_id="s1")], TAKEN_BACK),
        ([reversal(2, setl_id="s2")], STANDS),
    ],
)
def test_what_takes_a_settlement_back(others: list[Body], expected: Seen) -> None:
    """A reversal, 2601 or refund row of its institution and person that names it; whichever comes first."""
    assert expected == seen(settlement(), *others) == seen(*others, settlement())


def test_a_message_that_is_taken_back_leaves_the_other_of_its_settlement() -> None:
    """Of two messages about one setl_id the one that stands counts, with its sum."""
    other = settlement(2, setl_id="s1", psn_no="341021", inf_time="2026-03-05 10:05:00", fund_pay_sumamt=30.0)

    assert Seen(accepted=1, accepted_fund=3000) == seen(settlement(), other, message_reversal())


def test_a_refund_that_names_nothing_stands_in_no_sum() -> None:
    """It is counted."""
    refund = settlement(fund_pay_sumamt=-40.0, medfee_sumamt=-50, refd_setl_flag="1")

    assert Seen(refunds_without_original=1) == seen(refund)


FAILED = {"infcode": "-1", "input": {"data": {}}, "output": {}}
ASIDE: list[tuple[Body | bytes, Seen]] = [
    (settlement(psn_no=""), Seen(refused=1)),
    (settlement(infno=""), Seen(refused=1)),
    (reversal(setl_id=None), Seen(refused=1)),
    (settlement(psn_no="", inf_time="2026-03-04 10:00:00"), Seen()),
    (settlement(psn_no="", inf_time="someday"), Seen(refused=1)),
    (settlement(psn_no="", infno="2204"), Seen()),
    (settlement() | FAILED, Seen(failed=1)),
    (settlement(infno="2204") | FAILED, Seen()),
    (settlement(infno="2207B"), Seen(skipped=1)),
    (settlement(infno="1101"), Seen()),
    (settlement(inf_time="2026-03-08 10:00:01"), Seen(late=1)),
    (settlement(inf_time="2026-03-08 10:00:01", setl_time="2026-03-04 10:00:00"), Seen()),
    (reversal(inf_time="2026-03-08 11:00:01"), Seen(late=1)),
    (settlement(infno="2201", begntime="2026-03-05 10:00:00", inf_time="2026-03-08 10:00:01"), Seen()),
]


@pytest.mark.parametrize(("body", "expected"), ASIDE)
def test_what_is_set_aside_about_settlements_is_counted(body: Body | bytes, expected: Seen) -> None:
    """By institution; late messages by their own day, the others by their upload. Other transactions are not."""
    assert expected == seen(body)


def test_what_has_no_time_counts_by_its_append() -> None:
    """In the cluster every message has one."""
    body = orjson.dumps(settlement(psn_no="", inf_time="someday"))

    assert Seen(refused=1) == seen(body, appended=parse("2026-03-05 10:00:00"))
    assert Seen() == seen(body, appended=parse("2026-03-06 10:00:00"))


@pytest.mark.parametrize("body", [b"{", b'"P1"', b'{"infno": "2102", "inf_time": "\\ud800"}', b"[" * 99_999])
def test_what_names_no_institution_is_counted_apart(body: bytes) -> None:
    """It cannot be told by institution, and is not silent."""
    count = counted(body)

    assert Seen(refused=1) == count.nowhere
    assert {} == count.seen()


def rows_of(listed: dict[str, Listed], *bodies: Body) -> list[Row]:
    """The comparison."""
    return compare(listed, counted(*bodies))


@pytest.mark.parametrize(
    ("listed", "bodies", "verdict", "difference"),
    [
        (Listed(1, 4000), [settlement()], "adds_up", (0, 0)),
        (Listed(0, 0), [settlement(), reversal()], "adds_up", (0, 0)),
        (None, [settlement(), reversal()], "adds_up", (0, 0)),
        (Listed(1, 4000), [settlement(), reversal()], "before_taking_back", (-1, -4000)),
        (Listed(1, 4001), [settlement()], "differs", (0, -1)),
        (Listed(2, 4000), [settlement()], "differs", (-1, 0)),
        (Listed(1, 4000), [settlement(psn_no="")], "differs", (-1, -4000)),
        (Listed(1, 4000), [settlement(infno="2204", feedetail=[])], "differs", (-1, -4000)),
        (Listed(1, 4000), [], "never_sent", (-1, -4000)),
        (Listed(0, 0), [], "adds_up", (0, 0)),
        (None, [settlement()], "not_listed", (1, 4000)),
        (None, [settlement(psn_no="")], "not_listed", (0, 0)),
        (None, [settlement() | FAILED], "adds_up", (0, 0)),
    ],
)
def test_what_is_said_of_an_institution(
    listed: Listed | None, bodies: list[Body], verdict: str, difference: tuple[int, int]
) -> None:
    """Its numbers without what was taken back are held against the list."""
    [row] = rows_of({"P1": listed} if listed else {}, *bodies)

    assert (verdict, difference) == (row.verdict, (row.number, row.fund))


def test_the_largest_difference_comes_first() -> None:
    """By sum, then by number; what adds up comes last."""
    listed = {"A": Listed(0, 0), "B": Listed(1, 100), "C": Listed(9, 100), "D": Listed(1, 500), "P1": Listed(1, 4000)}

    assert ["D", "C", "B", "A", "P1"] == [row.institution for row in rows_of(listed, settlement())]


def test_the_cluster_is_read_from_before_the_day_until_nothing_is_in_time() -> None:
    """Two clocks may go ahead, one after the other; the grace follows the day."""
    start = parse("2026-03-05")

    assert Span(start - 20 * MINUTE, start + 96 * HOUR) == span_of(DAY, Limits())


def test_a_day_that_is_not_over_is_told() -> None:
    """Until its end nothing is final."""
    span = Span(0, parse("2026-03-09"))

    assert [] == warning_of_time(span, span.end)
    assert ["the day can still change: its uploads are in time until 2026-03-09T00:00:00+08:00"] == warning_of_time(
        span, span.end - 1
    )


# A slow count


Msg = tuple[str, ...]
TIMES = [f"2026-03-0{day} {hour:02}:30:00" for day in (4, 5) for hour in (1, 12, 23)]


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """A message of few institutions, persons, settlements and msgids, so that they meet."""

    def one_of(*values: str) -> str:
        return draw(st.sampled_from(values))

    infno = one_of("2102", "2102", "2207", "2103", "2208", "2601", "refund")
    at = one_of(*TIMES)
    body: Body = {
        "msgid": one_of("a", "b", "c"), "infno": infno, "fixmedins_code": one_of("P1", "P2"), "inf_time": at,
        "psn_no": one_of("x", "y"),
    }  # fmt: skip
    if infno == "2601":
        return body | {"omsgid": one_of("a", "b", "c"), "oinfno": one_of("2102", "2207", "2103")}
    body |= {"setl_id": one_of("1", "2"), "setl_time": at}
    if infno in ("2103", "2208"):
        return body
    body |= {"mdtrt_id": "v", "med_type": "41", "medfee_sumamt": 50, "fund_pay_sumamt": draw(st.integers(0, 3))}
    if infno != "refund":
        return body
    original = {"init_setl_id": one_of("1", "2")} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        return body | original | {"infno": "2102", "refd_setl_flag": "1"}
    return body | original | {"infno": "2102", "fund_pay_sumamt": -1, "medfee_sumamt": -1, "refd_setl_flag": "1"}


def is_settlement(body: Body) -> bool:
    """Whether it says that money moved."""
    return body["infno"] in ("2102", "2207") and "refd_setl_flag" not in body


def names(taker: Body, body: Body) -> bool:
    """Whether a message takes another back, by what it says; whether it stands itself is asked elsewhere."""
    if any(taker[name] != body[name] for name in ("fixmedins_code", "psn_no")):
        return False
    if taker["infno"] == "2601":
        is_same = (taker["omsgid"], taker["oinfno"]) == (body["msgid"], body["infno"])
        earlier, later = ((one["inf_time"], one["msgid"]) for one in (body, taker))
        return is_same and earlier < later and body["infno"] != "2601"
    if not is_settlement(body) or is_settlement(taker):
        return False
    named = {taker.get("init_setl_id")}
    if taker["infno"] in ("2103", "2208") or taker["fund_pay_sumamt"] >= 0:
        named.add(taker["setl_id"])
    return body["setl_id"] in named


def slowly(messages: list[Body]) -> dict[str, tuple[int, int, int, int]]:
    """For each institution: accepted, its fund, taken back, its fund; every message asked about every other."""
    found: dict[str, tuple[int, int, int, int]] = {}

    def stands(body: Body) -> bool:
        takers = [taker for taker in messages if names(taker, body)]
        return not any(
            taker["infno"] == "2601" or not any(t["infno"] == "2601" and names(t, taker) for t in messages)
            for taker in takers
        )

    for key in {(body["fixmedins_code"], body["setl_id"]) for body in messages if is_settlement(body)}:
        about = [b for b in messages if is_settlement(b) and (b["fixmedins_code"], b["setl_id"]) == key]
        standing = [body for body in about if stands(body)]
        first = min(standing or about, key=lambda body: (body["inf_time"], body["msgid"]))
        if first["setl_time"].startswith("2026-03-05"):
            fund = 100 * first["fund_pay_sumamt"]
            new = (1, fund, 0, 0) if standing else (1, fund, 1, fund)
            before = found.get(key[0], (0, 0, 0, 0))
            found[key[0]] = (before[0] + new[0], before[1] + new[1], before[2] + new[2], before[3] + new[3])
    return found


@settings(deadline=None)
@given(
    messages=st.lists(bodies(), max_size=14, unique_by=lambda body: (body["inf_time"], body["msgid"])),
    dice=st.randoms(use_true_random=False),
)
def test_it_counts_as_a_slow_count_does(messages: list[Body], dice: random.Random) -> None:
    """In any order, with any repeats."""
    sent = [*messages, *dice.choices(messages, k=3)] if messages else []
    dice.shuffle(sent)
    found = {
        institution: (one.accepted, one.accepted_fund, one.taken_back, one.taken_back_fund)
        for institution, one in counted(*sent).seen().items()
        if one.accepted
    }

    assert slowly(messages) == found


# The platform's list


def listed(folder: Path, content: str, encoding: str = "utf-8") -> dict[str, Listed]:
    """A list read."""
    (folder / "list.csv").write_bytes(content.encode(encoding))
    return read_list(folder / "list.csv", DAY)


CHINESE = "机构编码,日期,笔数,基金支付\np1,2026/3/5,2,80\nP2,20260305,1,-40.5\n\nP3,2026-03-04,9,9\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_in_the_encodings_that_offices_have(tmp_path: Path, encoding: str) -> None:
    """Columns by their names; days in three notations; rows of other days are passed over."""
    assert {"P1": Listed(2, 8000), "P2": Listed(1, -4050)} == listed(tmp_path, CHINESE, encoding)


def test_columns_stand_in_any_order(tmp_path: Path) -> None:
    """With others between them."""
    assert {"P1": Listed(2, 8000)} == listed(tmp_path, "day,name,sum,Number,institution\n2026-03-05,x,80.00,2,P1\n")


HEAD = "institution,day,number,sum\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "1: expected the columns institution,day,number,sum or 机构编码,日期,笔数,基金支付"),
        ("institution,day,number\n", "1: expected the columns institution,day,number,sum or .*"),
        (HEAD, " expected rows of 2026-03-05, has none"),
        (HEAD + "P1,2026-03-06,1,1\n", " expected rows of 2026-03-05, has none"),
        (HEAD + ",2026-03-05,1,1\n", "2: institution: expected text of 1 to 64, was missing"),
        (HEAD + "P1,5.3.2026,1,1\n", "2: day: expected yyyy-mm-dd, yyyy/m/d or yyyymmdd, was text of 8"),
        (HEAD + "P1,2026-02-30,1,1\n", "2: day: expected .*, was text of 10"),
        (HEAD + "P1,2026-03-05,x,1\n", "2: number: expected a whole number, was text of 1"),
        (HEAD + "P1,2026-03-05,-1,1\n", "2: number: expected a whole number, was text of 2"),
        (HEAD + "P1,2026-03-05,1,1.234\n", "2: sum: expected yuan with at most two decimals, was text of 5"),
        (HEAD + "P1,2026-03-05,1\n", "2: sum: expected yuan with at most two decimals, was missing"),
        (HEAD + "P1,2026-03-05,1,1\np1,2026/3/5,1,1\n", "3: institution: expected once for each day, .*"),
        (HEAD + "P1,2026-03-05,1," + "1" * 200_000, "2: expected CSV: field larger .*"),
    ],
)
def test_a_wrong_list_is_named_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    """File, line, column, what was expected; never the value."""
    with pytest.raises(ConfigurationError, match=f"^.*list.csv:{said}$"):
        listed(tmp_path, content)


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """It is not there, or no text."""
    with pytest.raises(ConfigurationError, match="No such file"):
        read_list(tmp_path / "nowhere", DAY)
    (tmp_path / "list.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="expected CSV in UTF-8 or GB18030"):
        read_list(tmp_path / "list.csv", DAY)


# The command


def reconcile(folder: Path, content: str, messages: Iterable[Body], *more: str, code: int) -> str:
    """Compare a file of messages with a list; gives what is printed."""
    (folder / "list.csv").write_text(content, encoding="utf-8")
    (folder / "events").write_bytes(b"\n".join(map(orjson.dumps, messages)))
    arguments = ["reconcile", str(folder / "list.csv"), "--day", "2026-03-05", "--events", str(folder / "events")]
    result = CliRunner().invoke(app, [*arguments, *more], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def test_everything_adds_up(tmp_path: Path) -> None:
    """Exit code 0, and one line."""
    said = reconcile(tmp_path, HEAD + "P1,2026-03-05,1,40.00\n", [settlement()], code=0)

    assert "2026-03-05：1 家相符，0 家不符\n" == said


IN_CHINESE = """\
P9  平台有结算，本系统没有收到该机构的任何报文
  平台 1 笔 1,234.50 元；接受 0 笔 0.00 元，撤销 0 笔 0.00 元，净 0 笔 0.00 元；相差 -1 笔 -1,234.50 元
P1  本系统收到了报文，平台清单中没有该机构
  平台无记录；接受 1 笔 40.00 元，撤销 0 笔 0.00 元，净 1 笔 40.00 元；相差 +1 笔 +40.00 元
  重复 1，无原结算号的退费 1
读不出机构的报文：拒收 1
2026-03-05：0 家相符，2 家不符
"""
IN_ENGLISH = """\
P9  never sent: no message of it was seen
  platform 1, 1,234.50 yuan; accepted 0, 0.00; taken back 0, 0.00; net 0, 0.00; difference -1, -1,234.50 yuan
P1  not in the list: messages of it were seen
  platform nothing; accepted 1, 40.00; taken back 0, 0.00; net 1, 40.00; difference +1, +40.00 yuan
  duplicate 1, refunds without original 1
of no institution that can be read: refused 1
2026-03-05: 0 add up, 2 do not
"""


@pytest.mark.parametrize(("lang", "expected"), [("zh", IN_CHINESE), ("en", IN_ENGLISH)])
def test_what_differs_is_listed(tmp_path: Path, lang: str, expected: str) -> None:
    """Exit code 1; both columns, and nobody's number."""
    refund = settlement(5, fund_pay_sumamt=-40.0, medfee_sumamt=-50, refd_setl_flag="1")
    sent = [settlement(), settlement(), refund, {}]

    said = reconcile(tmp_path, HEAD + "P9,2026-03-05,1,1234.50\n", sent, "--lang", lang, code=1)

    assert expected == said


def test_the_same_as_json(tmp_path: Path) -> None:
    """Sums in yuan; the numbers before and after what was taken back."""
    said = orjson.loads(
        reconcile(tmp_path, HEAD + "P1,2026-03-05,1,40\n", [settlement(), reversal()], "--json", code=1)
    )

    [row] = said["institutions"]
    assert ("2026-03-05", [], 0) == (said["day"], said["warnings"], said["of_no_institution"]["refused"])
    assert ("before_taking_back", 1, 40.0, 1, 40.0, 0, 0.0, -1, -40.0) == tuple(
        row[name]
        for name in ("verdict", "platform_number", "platform_sum", "accepted", "accepted_sum", "net", "net_sum",
                     "difference_number", "difference_sum")
    )  # fmt: skip


def test_messages_may_come_on_stdin(tmp_path: Path) -> None:
    """The path - is stdin."""
    (tmp_path / "list.csv").write_text(HEAD + "P1,2026-03-05,1,40\n", encoding="utf-8")
    arguments = ["reconcile", str(tmp_path / "list.csv"), "--day", "2026-03-05", "--events", "-"]

    assert 0 == CliRunner().invoke(app, arguments, input=orjson.dumps(settlement())).exit_code


@pytest.mark.parametrize("day", ["20260305", "2026-3-5x", "yesterday", "0001-01-01", "2026-W10-4"])
def test_a_day_that_is_none_is_refused(tmp_path: Path, day: str) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError, match=f"--day: expected yyyy-mm-dd, was {day}"):
        CliRunner().invoke(app, ["reconcile", str(tmp_path / "x"), "--day", day], catch_exceptions=False)


def test_every_verdict_has_its_words() -> None:
    """In both languages, whichever it is."""
    rows = [
        *rows_of({"P1": Listed(1, 4000)}, settlement(), reversal()),
        *rows_of({"P1": Listed(1, 4001)}, settlement()),
    ]

    assert ["P1  与撤销前的数相符：清单可能包含后来撤销的结算", "P1  不符"] == [
        line for line in report_lines(DAY, rows, Seen(), "zh") if line.startswith("P1")
    ]

"""Replay: what it counts, what it writes, and that it repeats itself."""

from __future__ import annotations

import orjson
import pytest

from monitor.contract.text import Language
from monitor.offline.replay import DeadLetter, SetAside, Summary, replay
from monitor.offline.replaytext import nothing_accepted, summary_lines
from monitor.rulecolumn import rule_cell
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.engine.alert import Alert
from rules.engine.watch import Watch
from rules.reference import Reference
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms


def swipes(number: int) -> list[bytes]:
    """Settlements of as many persons at one pharmacy, ten seconds apart."""
    return [
        orjson.dumps({
            "msgid": f"m{n}", "infno": "2102", "fixmedins_code": "P1", "inf_time": f"2026-03-05 10:0{n // 6}:{n % 6}0",
            "psn_no": f"3410210000{n}", "setl_id": f"s{n}", "mdtrt_id": f"v{n}", "med_type": "41",
            "setl_time": f"2026-03-05 10:0{n // 6}:{n % 6}0", "medfee_sumamt": 50, "fund_pay_sumamt": 40,
        })
        for n in range(number)
    ]  # fmt: skip


def run(lines: list[bytes]) -> tuple[Summary, list[bytes], list[Alert], list[DeadLetter]]:
    """Replay with S01 alone."""
    written: list[bytes] = []
    alerts: list[Alert] = []
    letters: list[DeadLetter] = []

    def on_alert(value: bytes, alert: Alert) -> None:
        written.append(value)
        alerts.append(alert)

    summary, _ = replay(
        enumerate(lines, 1),
        [Watch(ConcentratedSwiping())],
        Reference(),
        Door(Pseudonyms("key")),
        on_alert=on_alert,
        on_dead_letter=letters.append,
    )
    return summary, written, alerts, letters


def test_every_line_is_counted_once() -> None:
    """What was read is the sum of what became of the lines."""
    good = swipes(9)
    late = good[0].replace(b'"m0"', b'"late"').replace(b'"setl_time":"2026-03-05', b'"setl_time":"2026-03-01')
    lines = [*good, good[3], good[3], b"{", late, b'{"infno":"9999"}']

    summary, _, _, letters = run(lines)

    assert (14, 9, 2, 1, 1, 1) == (
        summary.read, summary.accepted, summary.duplicate, summary.skipped, summary.refused, summary.late,
    )  # fmt: skip
    assert [("not_json", "line 12")] == [(letter.error_code, letter.source) for letter in letters]


def test_the_same_input_gives_the_same_bytes() -> None:
    """Two runs write the same revisions."""
    lines = swipes(12)

    assert run(lines)[1] == run(lines)[1]


def test_an_alert_opens_and_closes() -> None:
    """Eight persons open it; the end of the file closes it with its whole content."""
    summary, _, alerts, _ = run(swipes(12))

    assert ["opened", "closed"] == [alert.status for alert in alerts]
    assert ["2026-03-05T10:01:10+08:00"] * 2 == [alert.event_time for alert in alerts]
    assert "2026-03-05T10:01:10+08:00" == alerts[0].detected_at
    assert (12, 480.0, 5) == (alerts[-1].evidence_count, alerts[-1].vola_amt, alerts[-1].triggers)
    assert (1, 1, {"S01": 1}) == (summary.alerts_opened, summary.alerts_standing, summary.by_rule)


def test_a_reversal_withdraws() -> None:
    """What rests on a settlement that is taken back falls with it."""
    back = orjson.dumps({
        "msgid": "r1", "infno": "2103", "fixmedins_code": "P1", "inf_time": "2026-03-05 10:20:00",
        "psn_no": "34102100000",
        "setl_id": "s0", "setl_time": "2026-03-05 10:20:00",
    })  # fmt: skip

    summary, _, alerts, _ = run([*swipes(8), back])

    assert ["opened", "withdrawn"] == [alert.status for alert in alerts]
    assert 0 == summary.alerts_standing


def test_no_persons_number_is_written() -> None:
    """Persons are pseudonyms in everything that goes out."""
    _, written, _, _ = run(swipes(9))

    assert not any(b"3410210000" in value for value in written)


IN_CHINESE = f"""\
读入 14：接受 9，重复 2，跳过 1，失败 0，拒收 1，迟到 1；新线索 1，成立 1；用时 0.0 秒
  {rule_cell("S01")} 1
拒收，按原因：
  not_json 1  不是 UTF-8 编码的 JSON；每行应为一条完整报文
跳过，本系统不使用的交易：9999 1"""
IN_ENGLISH = f"""\
read 14: accepted 9, duplicate 2, skipped 1, failed 0, refused 1, late 1; alerts opened 1, standing 1; 0.0 s
  {rule_cell("S01")} 1
refused, by reason:
  not_json 1  not JSON in UTF-8; a line is one whole message
skipped, transactions that are not used: 9999 1"""


@pytest.mark.parametrize(("language", "expected"), [("zh", IN_CHINESE), ("en", IN_ENGLISH)])
def test_a_summary_says_what_is_not_zero(language: Language, expected: str) -> None:
    """In the language asked for; the rest is not printed."""
    good = swipes(9)
    late = good[0].replace(b'"m0"', b'"late"').replace(b'"setl_time":"2026-03-05', b'"setl_time":"2026-03-01')
    summary, *_ = run([*good, good[3], good[3], b"{", late, b'{"infno":"9999"}'])
    summary.seconds = 0.0

    assert expected == "\n".join(summary_lines(summary, language))


def test_a_summary_names_the_most_frequent_alone() -> None:
    """Of many names the first are printed; a name that is not known is a dash."""
    names = {"": 3} | {f"P{n}": 1 for n in range(20)}
    summary = Summary(not_judged=["S09", "E09"], late_lines=7, without_target_by_institution=names)

    *_, judged, lines, institutions = summary_lines(summary, "en")

    assert "not judged for want of a table: S09, E09" == judged
    assert "lines left out, too late or in the future: 7" == lines
    assert "of these, by institution: - 3, P0 1, P1 1, P2 1, P3 1, P4 1, P5 1, P6 1, P7 1, P8 1, …" == institutions


@pytest.mark.parametrize(
    ("notes", "zh", "en"),
    [
        ([], "没有读到任何报文", "nothing was read: expected one JSON object a line, was empty"),
        (
            [("no_result", "output: x"), ("not_json", "x"), ("no_result", "another")],
            "3 条报文没有一条被接受；最常见：no_result（2 条），只有请求，没有应答；请与应答合并后发布（output: x）",
            "nothing was accepted of 3 messages; most often: no_result (2): output: x",
        ),
        (
            [("skipped", "")],
            "1 条报文没有一条被接受；最常见：skipped（1 条），本系统不使用的交易，不是错误",
            "nothing was accepted of 1 messages; most often: skipped (1): a transaction that is not used; no error",
        ),
        (
            [("new_reason", "words")],
            "1 条报文没有一条被接受；最常见：new_reason（1 条），new_reason（words）",
            "nothing was accepted of 1 messages; most often: new_reason (1): words",
        ),
    ],
)
def test_the_most_frequent_reason_is_said_where_nothing_was_accepted(
    notes: list[tuple[str, str]], zh: str, en: str
) -> None:
    """In one line, with the words of the first message that was refused for it."""
    aside = SetAside()
    for code, words in notes:
        aside.note(code, words)

    assert (zh, en) == (nothing_accepted(len(notes), aside, "zh"), nothing_accepted(len(notes), aside, "en"))


def test_what_does_not_look_like_a_transaction_is_not_told() -> None:
    """Anything may stand in infno, also what names a person; after a hundred the rest is one number too."""
    strange = [orjson.dumps({"infno": infno}) for infno in ("341021199001011234", "张三", "9001", "9002A")]
    many = [orjson.dumps({"infno": str(infno)}) for infno in range(8000, 8150)]

    assert {"other": 2, "9001": 1, "9002A": 1} == run(strange)[0].skipped_by_infno
    told = run([*strange, *many])[0].skipped_by_infno
    assert (101, 54) == (len(told), told["other"])

"""Replay: what it counts, what it writes, and that it repeats itself."""

from __future__ import annotations

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from monitor.errors import ConfigurationError
from monitor.replay import DeadLetter, Summary, read_lines, replay
from rules._alert import Alert
from rules._track import Watch
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
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
        lines,
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


def test_files_are_read_plain_and_zipped(tmp_path: Path) -> None:
    """The content decides, not the name."""
    (tmp_path / "a").write_bytes(b"1\n\n2\n")
    (tmp_path / "b").write_bytes(gzip.compress(b"1\n2\n"))

    assert [b"1", b"2"] == list(read_lines(tmp_path / "a")) == list(read_lines(tmp_path / "b"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (gzip.compress(b"1\n" * 99)[:-9], "ends early"),
        (gzip.compress(b"1\n" * 99)[:10] + b"\xff" * 9, "it is damaged"),
        (b"\x1f\x8bgarbage", "expected a whole gzip file"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A file that is not there, or that ends early or is damaged, is a configuration error of one line."""
    path = tmp_path / "events.gz"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=said):
        list(read_lines(path))


def test_a_pipe_is_read_from_its_first_byte(tmp_path: Path) -> None:
    """Whether it is zipped is seen without taking anything out of it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as writer:
        written = writer.submit(pipe.write_bytes, b"1\n2\n")
        lines = list(read_lines(pipe))

    assert 4 == written.result()
    assert [b"1", b"2"] == lines

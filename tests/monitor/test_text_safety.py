"""Nothing that came from an input steers a terminal, turns the direction of writing, or begins a line of its own."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unicodedata import category

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from monitor.cli import app, main
from monitor.commands.common import out, out_json, out_line
from monitor.offline.board import Board
from monitor.offline.demo import tell
from monitor.readmodel.projector import Projector
from monitor.settings import load_settings
from monitor.text import complain, printable, printable_json
from monitor.worker.logs import set_up_logs

HOSTILE = (
    "店\x1b[2J\x1b]0;owned\x07\x9b31m\x00\x7f\x85\u202e\u2066\u200f\u200b\u2028\u2029\ufeff\U000e0041\ud800\tx"
    "\r\nforged"
)
GIVEN = HOSTILE.replace("\x00", "").replace("\ud800", "")
"""What the system takes for a name of a file, an argument or a variable."""
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def assert_harmless(text: str, lines: int = 1) -> None:
    """So many lines of characters that are seen."""
    assert text.count("\n") == lines
    found = {letter for letter in text.replace("\n", "") if category(letter) in UNSEEN}
    assert found == set()


def test_what_is_printed_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """A line stays one line; the line breaks of ours stay."""
    out_line(HOSTILE)
    assert_harmless(capsys.readouterr().out)

    out("ours\n" + printable(HOSTILE))
    assert_harmless(capsys.readouterr().out, lines=2)

    out(HOSTILE)
    assert_harmless(capsys.readouterr().out, lines=2)


def test_json_is_harmless_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """What is escaped is read back as it was."""
    hostile = HOSTILE.replace("\ud800", "")  # no JSON of ours holds half a surrogate
    out_json({hostile: hostile})
    said = capsys.readouterr().out

    assert_harmless(said, lines=3)
    assert {hostile: hostile} == orjson.loads(said)


@given(text=st.text())
def test_any_text_is_harmless(text: str) -> None:
    """And what was harmless stays as it was; of JSON nothing is lost."""
    encoded = json.dumps(text, ensure_ascii=False)

    assert_harmless(printable(text), lines=0)
    assert text == json.loads(printable_json(encoded))
    assert printable(text) == printable(printable(text))


@pytest.mark.parametrize("text", ["示例大药房（P34102100029）", "a\u3000b", "\u00a0", "e\u0301", "\ue000", "𠮷"])
def test_what_is_harmless_stays(text: str) -> None:
    """Blanks of every width, rare characters, and those of private use."""
    assert text == printable(text) == printable_json(text)


def test_errors_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr."""
    complain(HOSTILE)

    assert_harmless(capsys.readouterr().err)


@pytest.mark.parametrize("content", [None, b"[]"])
@pytest.mark.parametrize("command", ["replay", "demo"])
def test_names_of_files_are_harmless(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
    command: str,
) -> None:
    """Of one that is not there, and of one of another kind."""
    path = tmp_path / GIVEN
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("MONITOR_PERSON_KEY", "key")
    monkeypatch.setattr(sys, "argv", ["monitor", command, str(path)])

    with pytest.raises(SystemExit):
        main()

    stdout, stderr = capsys.readouterr()
    assert "" == stdout
    assert_harmless(stderr)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["rules", "show", GIVEN], "RULES"),
        (["state", "show", GIVEN, "x"], "REFERENCE"),
        (["evaluate", "--alerts", GIVEN, "--labels", GIVEN], "RULES"),
        (["reconcile", GIVEN, "--day", GIVEN], "RULES"),
        (["alerts", "list"], "REDIS"),
        (["topics", "create"], "PREFIX"),
        (["topics", "create"], "PERSONS"),
    ],
)
def test_settings_and_arguments_are_harmless(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], name: str
) -> None:
    """Where an error repeats what is wrong."""
    monkeypatch.setenv(f"MONITOR_{name}", GIVEN)
    monkeypatch.setattr(sys, "argv", ["monitor", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    stdout, stderr = capsys.readouterr()
    assert ("", 2) == (stdout, ended.value.code)
    assert_harmless(stderr)


ALERT = {
    "alert_id": HOSTILE, "severity": "high", "status": "opened", "rule_id": f"S01{HOSTILE}", "rule_name": HOSTILE,
    "text": {"zh": f"{HOSTILE} [red]x[/nope] :skull:", "en": ""},
}  # fmt: skip


def test_the_board_is_harmless() -> None:
    """What an alert says is shown as it is; nothing in it is markup."""
    board = Board(1, "zh")
    board.take(ALERT)
    plain = Console(file=io.StringIO(), width=300, markup=False, emoji=False)

    for terminal in (plain, Console(file=io.StringIO(), width=300)):
        terminal.print(board)

        said = terminal.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
        assert_harmless(said, lines=said.count("\n"))
        assert "[red]x[/nope] :skull:" in said


def test_alerts_without_a_board_are_harmless() -> None:
    """One line each."""
    board = Board(1, "zh")
    board.take(ALERT)
    console = Console(file=io.StringIO(), highlight=False, markup=False, emoji=False)
    tell(board, console)

    said = console.file.getvalue()  # type: ignore[attr-defined]  # as above
    assert_harmless(said)
    assert "[red]x[/nope] :skull:" in said


@contextmanager
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged in the block, as a worker logs it, and by nobody else; the process's own logging is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    set_up_logs("info", logging.Filter())
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_log_lines_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """One JSON object a line, which says what was logged; of libraries and exceptions too."""
    with logged(monkeypatch) as logs:
        structlog.get_logger("settlement_monitor.test").info(HOSTILE, brokers=HOSTILE)
        logging.getLogger("library").warning("%s", HOSTILE)
        logging.getLogger("library").error("failed", exc_info=ValueError(HOSTILE))

    assert_harmless(logs.getvalue(), lines=3)
    own, library, failed = (json.loads(line) for line in logs.getvalue().splitlines())
    assert (HOSTILE, HOSTILE, HOSTILE) == (own["event"], own["brokers"], library["event"])
    assert HOSTILE in failed["exception"]


def message(number: int, **more: object) -> dict[str, object]:
    """A settlement at one pharmacy, whose name is hostile."""
    at = f"2026-03-05 10:0{number // 6}:{number % 6}0"
    return {
        "msgid": f"m{number}", "infno": "2102", "fixmedins_code": f"P1{HOSTILE[:5]}", "fixmedins_name": HOSTILE,
        "inf_time": at, "psn_no": f"341{number}", "setl_id": f"s{number}{HOSTILE[1:9]}", "mdtrt_id": f"v{number}",
        "med_type": "41", "setl_time": at, "medfee_sumamt": 50, "fund_pay_sumamt": 40, "opter": HOSTILE[:40],
    } | more  # fmt: skip


def test_a_replay_of_hostile_messages_is_harmless(tmp_path: Path) -> None:
    """On the terminal, in the file of alerts, and in that of dead letters."""
    events, alerts, letters = (tmp_path / name for name in ("events", "alerts", "letters"))
    refused = message(9) | {"infno": HOSTILE, HOSTILE: HOSTILE}, {HOSTILE: 1}, message(10, setl_time=HOSTILE)
    lines = [json.dumps(one).encode() for one in (*map(message, range(9)), *refused)]
    raw = json.dumps(message(11, setl_id=None), ensure_ascii=False).encode("utf-8", "surrogatepass")
    events.write_bytes(b"\n".join([*lines, raw, HOSTILE.encode("utf-8", "surrogatepass").replace(b"\n", b"")]))
    arguments = ["replay", str(events), "--alerts", str(alerts), "--dead-letters", str(letters)]

    for more in ([], ["--lang", "en"], ["--json"]):
        result = CliRunner().invoke(app, [*arguments, *more], catch_exceptions=False)

        assert 0 == result.exit_code, result.output
        for said in (result.stdout, result.stderr, alerts.read_text("utf-8"), letters.read_text("utf-8")):
            assert_harmless(said, lines=said.count("\n"))
            assert not any(line.startswith("forged") for line in said.splitlines())
    assert len(letters.read_bytes().splitlines()) >= 3
    assert any("店" in line for line in alerts.read_text("utf-8").splitlines())


@pytest.mark.redis
def test_alerts_of_the_read_model_are_harmless(redis_url: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever somebody wrote into it."""
    row = dict.fromkeys(("event_time", "setl_id", "msgid", "person"), GIVEN) | {"amount": 1.0}
    names = ("severity", "status", "rule_id", "rule_name", "stage", "rule_version", "basis")
    alert = dict.fromkeys(names, GIVEN) | {
        "text": {"zh": GIVEN, "en": GIVEN}, "evidence": [row], "evidence_count": 2, "fixmedins_code": "P1",
        "subject": {"kind": GIVEN, "id": GIVEN}, "alert_id": "1", "revision": 1,
        **dict.fromkeys(("event_time", "first_time", "last_time", "detected_at"), "2026-03-05T14:00:00+08:00"),
    }  # fmt: skip
    assert 0 == Projector(load_settings(redis=redis_url, prefix=prefix)).put(alerts=[orjson.dumps(alert)])
    monkeypatch.setenv("MONITOR_REDIS", redis_url)
    monkeypatch.setenv("MONITOR_PREFIX", prefix)

    for arguments, lines in ((["list"], 2), (["show", "1"], 14), (["show", GIVEN], 1)):
        assert_harmless(CliRunner().invoke(app, ["alerts", *arguments]).stdout, lines)
    for arguments in (["list", "--json"], ["show", "1", "--json"]):
        said = CliRunner().invoke(app, ["alerts", *arguments], catch_exceptions=False).stdout
        assert_harmless(said, lines=said.count("\n"))
        assert alert in (orjson.loads(said), *orjson.loads(said))

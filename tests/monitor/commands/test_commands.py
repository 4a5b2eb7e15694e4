"""The commands in this process: what they print, and what they refuse before they touch anything."""

from __future__ import annotations

import gc
import gzip
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner

from monitor import __version__
from monitor.cli import app, main
from monitor.commands.alerts import moment_of
from monitor.errors import ConfigurationError, InputError
from rules.catalogue import catalogue
from rules.times import parse


def run(*arguments: str, code: int = 0) -> str:
    """What a command prints that ends with this code. Raises what the command raises."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.mark.parametrize("option", ["--alerts", "--dead-letters"])
@pytest.mark.parametrize("name", ["events.jsonl", "sub/../events.jsonl", "link.jsonl", "hard.jsonl"])
def test_a_replay_does_not_write_over_what_it_reads(tmp_path: Path, option: str, name: str) -> None:
    """An output that is the input, by whatever name, is refused, and the input stays as it was."""
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"{}\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.jsonl").symlink_to(events)
    (tmp_path / "hard.jsonl").hardlink_to(events)

    with pytest.raises(ConfigurationError, match=f"{option}: expected another file than events, was"):
        run("replay", str(events), option, str(tmp_path / name))

    assert events.read_bytes() == b"{}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay", "events", "--alerts", "same", "--dead-letters", "./same"], "--dead-letters: .* than --alerts"),
        (["replay", "events", "--compare", "same", "--alerts", "same"], "--alerts: .* than --compare"),
        (["replay", "events", "--rules", "same", "--dead-letters", "same"], "--dead-letters: .* than --rules"),
        (["simulate", "--out", "same", "--labels", "same"], "--labels: .* than --out"),
    ],
)
def test_two_outputs_are_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    """Two results in one file would be neither."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events").write_bytes(b"{}\n")

    with pytest.raises(ConfigurationError, match=said):
        run(*arguments)

    assert not (tmp_path / "same").exists()


def test_two_outputs_may_be_thrown_away(tmp_path: Path) -> None:
    """/dev/null is nobody's file."""
    (tmp_path / "events").write_bytes(b"{}\n")

    said = run("replay", str(tmp_path / "events"), "--alerts", "/dev/null", "--dead-letters", "/dev/null", code=1)

    assert "读入 1：" in said


ALERT = {
    "alert_id": "1", "revision": 1, "status": "opened", "rule_id": "S01", "event_time": "2026-03-05T14:02:00+08:00",
    "evidence": [{"msgid": "a"}],
}  # fmt: skip
LABEL = {
    "label": "fraud", "scenario": "burst", "rules": ["S01"], "first_time": "2026-03-05T14:00:00+08:00", "msgids": ["a"]
}  # fmt: skip


def evaluate(folder: Path, alert: object, label: object, *more: str) -> str:
    """Evaluate one good alert and this one against one good label and this one."""
    for name, rows in {"alerts": [ALERT, alert], "labels": [LABEL, label]}.items():
        (folder / name).write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return run("evaluate", "--alerts", str(folder / "alerts"), "--labels", str(folder / "labels"), *more)


def test_alerts_are_measured_against_labels(tmp_path: Path) -> None:
    """Files as the other commands write them, with fields that this one does not need."""
    [score] = orjson.loads(evaluate(tmp_path, ALERT | {"text": {"zh": "x"}, "window": None}, LABEL, "--json"))

    assert (1, 1.0, 2) == (score["alerts"], score["precision"], score["labels"])


def test_how_often_a_reviewer_is_told_needs_persons_and_days(tmp_path: Path) -> None:
    """And the page is written beside it."""
    days = ("--since", "2026-03-01", "--until", "2026-03-30", "--persons", "1000")
    found = orjson.loads(evaluate(tmp_path, ALERT, LABEL, "--json", "--html", str(tmp_path / "page.html"), *days))

    assert (found["told"]["incidents"], found["told"]["per_100000_persons_a_month"]) == (1, 100.0)
    assert "<svg" in (tmp_path / "page.html").read_text()
    with pytest.raises(ConfigurationError, match="--persons: expected --since and --until"):
        evaluate(tmp_path, ALERT, LABEL, "--persons", "1000")
    with pytest.raises(ConfigurationError, match="nowhere"):
        evaluate(tmp_path, ALERT, LABEL, "--html", str(tmp_path / "nowhere" / "page.html"))


@pytest.mark.parametrize(
    ("alert", "label", "said"),
    [
        ([1], LABEL, "alerts:2: expected an alert: Expected `object`, got `array`"),
        ({}, LABEL, "alerts:2: expected an alert: .*required field `alert_id`"),
        (ALERT | {"revision": "1"}, LABEL, r"alerts:2: expected an alert: .* got `str` - at `\$.revision`"),
        (ALERT | {"evidence": [1]}, LABEL, r"alerts:2: expected an alert: .* at `\$.evidence\[0\]`"),
        (ALERT | {"event_time": "soon"}, LABEL, "alerts:2: expected an alert: .*isoformat"),
        (ALERT | {"status": "withdrawn", "event_time": "soon"}, LABEL, "alerts:2: expected an alert: .*isoformat"),
        (ALERT, "x", "labels:2: expected a label: Expected `object`, got `str`"),
        (ALERT, ALERT, "labels:2: expected a label: .*required field `label`"),
        (ALERT, LABEL | {"first_time": "14:00"}, "labels:2: expected a label: "),
    ],
)
def test_a_wrong_row_of_an_evaluation_is_named(tmp_path: Path, alert: object, label: object, said: str) -> None:
    """File, line, and what was expected there."""
    with pytest.raises(ConfigurationError, match=said) as raised:
        evaluate(tmp_path, alert, label)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("folder", ["a-file", "a-file/inside"])
def test_tables_that_cannot_be_written_are_named(tmp_path: Path, folder: str) -> None:
    """A folder that cannot be one is a configuration error, before anything is simulated."""
    (tmp_path / "a-file").touch()
    events, labels = tmp_path / "events", tmp_path / "labels"

    with pytest.raises(ConfigurationError, match=r"a-file.*: expected to write here: "):
        run("simulate", "--out", str(events), "--labels", str(labels), "--reference", str(tmp_path / folder))

    assert not events.exists()


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "zh"),
        ({"LC_MESSAGES": "en_GB", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "en_US", "LANG": "en_US"}, "zh"),
        ({"LC_ALL": "en", "LANG": "zh_CN"}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], lang: str
) -> None:
    """The first variable that is set decides, as everywhere; --lang decides before it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = {"zh": "规则 ", "en": "rule "}

    assert evaluate(tmp_path, ALERT, LABEL).startswith(said[lang])
    assert evaluate(tmp_path, ALERT, LABEL, "--lang", "en").startswith(said["en"])


def test_every_command_with_a_language_takes_it_from_the_locale() -> None:
    """One option, declared once."""
    options = [option for _, option in options_of(typer.main.get_command(app)) if option.name == "lang"]

    assert len(options) > 5
    assert {"_lang_of_locale"} == {getattr(option.default, "__name__", option.default) for option in options}


def test_the_version_is_told() -> None:
    """That of the package, without a command."""
    assert f"settlement-monitor {__version__}\n" == run("--version")


def test_what_is_named_gz_is_written_as_gzip_the_same_each_time(tmp_path: Path) -> None:
    """The events that a plain file has, and the same bytes whenever and wherever they are written."""
    plain, *packed = (tmp_path / name for name in ("plain", "one.gz", "two.gz"))
    for path in (plain, *packed):
        arguments = ["--seed", "3", "--persons", "100", "--days", "2", "--start", "2026-03-01"]
        run("simulate", "--out", str(path), "--labels", str(tmp_path / "labels"), *arguments)

    assert packed[0].read_bytes() == packed[1].read_bytes()
    assert bytes(4) == packed[0].read_bytes()[4:8], "the time in the head of the file"
    assert plain.read_bytes() == gzip.decompress(packed[0].read_bytes())


@pytest.mark.parametrize("events", [[], ["events"]])
def test_a_demo_without_its_tables_does_not_start(tmp_path: Path, events: list[str]) -> None:
    """One line that names the folder, before anything runs."""
    with pytest.raises(ConfigurationError, match="nowhere"):
        run("demo", *events, "--reference", str(tmp_path / "nowhere"))


def commands(command: object, name: str = "monitor") -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    for child_name, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{name} {child_name}")
    if not hasattr(command, "commands") or getattr(command, "invoke_without_command", False):
        yield name, {option for parameter in getattr(command, "params", []) for option in parameter.opts}


def options_of(command: object, name: str = "monitor") -> Iterator[tuple[str, Any]]:
    """Every option and argument of every command."""
    for child_name, child in getattr(command, "commands", {}).items():
        yield from options_of(child, f"{name} {child_name}")
    for parameter in getattr(command, "params", []):
        yield name, parameter


def test_every_result_is_there_as_json() -> None:
    """All commands take --json but those that run until they are stopped, and the one that prints nothing else."""
    without = {name for name, options in commands(typer.main.get_command(app)) if "--json" not in options}

    lasting = {f"monitor {one}" for one in ("demo", "worker", "notify", "readmodel", "exporter", "console")}

    assert lasting | {"monitor contract export", "monitor alerts export"} == without  # these are JSON always


def test_a_simulation_says_how_much_it_wrote(tmp_path: Path) -> None:
    """As JSON: lines of the two files."""
    events, labels = tmp_path / "events", tmp_path / "labels"

    said = run("simulate", "--out", str(events), "--labels", str(labels), "--persons", "100", "--days", "1", "--json")

    lines = {path.name: len(path.read_bytes().splitlines()) for path in (events, labels)}
    assert lines == orjson.loads(said)


@pytest.mark.parametrize(("lang", "said"), [("zh", r"\d+ 条报文，\d+ 条标注\n"), ("en", r"\d+ events, \d+ labels\n")])
def test_a_simulation_speaks_one_language(tmp_path: Path, lang: str, said: str) -> None:
    """The line is of the language that was asked for, and of no other."""
    out = ["--out", str(tmp_path / "events"), "--labels", str(tmp_path / "labels")]

    assert re.fullmatch(said, run("simulate", *out, "--persons", "100", "--days", "1", "--lang", lang))


@pytest.mark.parametrize(("lang", "said"), [("zh", "deaths        1 个键\n"), ("en", "deaths        1 keys\n")])
def test_tables_are_counted_in_one_language(tmp_path: Path, lang: str, said: str) -> None:
    """A table is called as its file is, in both."""
    (tmp_path / "deaths.csv").write_text("psn_no,die_date,valid_from\n341,2026-03-01,\n", encoding="utf-8")

    assert said in run("reference", "validate", str(tmp_path), "--lang", lang)


def test_a_rules_file_says_what_is_in_force(tmp_path: Path) -> None:
    """As JSON: the ids, without those that are switched off."""
    rules = tmp_path / "rules.toml"
    rules.write_text("[S01]\nenabled = false\n", encoding="utf-8")

    said = orjson.loads(run("rules", "validate", str(rules), "--json"))

    assert str(rules) == said["file"]
    assert "D01" in said["in_force"]
    assert "S01" not in said["in_force"]


def test_tables_say_how_many_keys_they_have(tmp_path: Path) -> None:
    """As JSON: a number for each table, 0 for those without a file."""
    (tmp_path / "deaths.csv").write_text("psn_no,die_date,valid_from\n341,2026-03-01,\n", encoding="utf-8")

    said = orjson.loads(run("reference", "validate", str(tmp_path), "--json"))

    assert {
        "deaths": 1, "institutions": 0, "households": 0, "insured": 0, "reports": 0, "persons": 0, "staff": 0,
        "physicians": 0, "employers": 0, "enrolled": 0, "assisted": 0, "recognised": 0, "drugs": 0, "items": 0,
        "equipment": 0, "diagnoses": 0, "calendar": 0,
    } == said  # fmt: skip


@pytest.mark.parametrize("verb", ["list", "retry"])
def test_dead_letters_without_a_broker_are_one_line(verb: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where no broker answers, nothing else is said, and nothing is left open."""
    with pytest.raises(ConfigurationError, match="MONITOR_BROKERS: expected brokers that answer at 127"):
        run("deadletter", verb, "--brokers", "127.0.0.1:1")
    gc.collect()

    assert [] == [record.getMessage() for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize(
    ("option", "known"),
    [
        ("--severity", "info, warning, high, critical"),
        ("--min-severity", "info, warning, high, critical"),
        ("--status", "opened, updated, withdrawn, closed"),
        ("--rule", ", ".join(catalogue())),
    ],
)
def test_no_alert_is_looked_for_that_cannot_be(monkeypatch: pytest.MonkeyPatch, option: str, known: str) -> None:
    """A severity, status or rule that there is not is refused before Redis is asked."""
    monkeypatch.setenv("MONITOR_REDIS", "redis://127.0.0.1:1/0")

    with pytest.raises(ConfigurationError) as raised:
        run("alerts", "list", option, "bogus")

    assert f"{option}: expected one of {known}, was bogus" == str(raised.value)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-03-05", parse("2026-03-05 00:00:00")),
        ("2026-03-05 14:00:00", parse("2026-03-05 14:00:00")),
        ("90m", parse("2026-03-05 12:30:00")),
        ("24h", parse("2026-03-04 14:00:00")),
        ("7d", parse("2026-02-26 14:00:00")),
    ],
)
def test_since_is_a_moment_or_a_length(monkeypatch: pytest.MonkeyPatch, since: str, expected: int) -> None:
    """Of time before now, in Beijing."""
    monkeypatch.setattr("time.time", lambda: parse("2026-03-05 14:00:00") / 1000)

    assert expected == moment_of(since)


@pytest.mark.parametrize("since", ["yesterday", "7w", "-1d", "14:00"])
def test_since_is_nothing_else(since: str) -> None:
    """One line that says what is."""
    with pytest.raises(ConfigurationError, match=f"--since: expected 24h, 7d, yyyy-mm-dd .*, was {since}"):
        moment_of(since)


@pytest.mark.parametrize(
    ("lang", "head", "limit"),
    [
        ("zh", ["S01 集中刷卡", "依据："], "  limit = 8 （人）不同参保人达到该人数即触发。本项目假设："),
        (
            "en",
            ["S01 Concentrated swiping", "Basis: "],
            "  limit = 8 (persons) number of distinct persons that sets the rule off. assumption: ",
        ),
    ],
)
def test_a_rule_is_shown_in_the_language_asked_for(lang: str, head: list[str], limit: str) -> None:
    """Its name, the labels, its page and its parameters; the law is quoted as it is."""
    name, basis, *page = run("rules", "show", "S01", "--lang", lang).splitlines()

    assert head == [name, basis[: len(head[1])]]
    assert [True] == [line.startswith(limit) for line in page if line.startswith("  limit")]
    assert (lang == "en") == ("Why:" in "\n".join(page))
    assert (lang == "zh") == ("为何可疑：" in "\n".join(page))


def test_a_rule_is_shown_as_json_with_what_is_said_of_its_parameters() -> None:
    """Values as they were, and beside them meaning, unit and origin in both languages."""
    shown = json.loads(run("rules", "show", "I05-PAIR", "--json"))
    said = shown["about_parameters"]["days"]

    assert 365 == shown["parameters"]["days"]
    assert ("统计期的天数", "days", "published") == (said["meaning"]["zh"], said["unit"], said["origin"]["kind"])


def test_a_replay_of_nothing_leaves_earlier_results_alone(tmp_path: Path) -> None:
    """A name that was mistyped is no reason to empty the file of the last run."""
    alerts = tmp_path / "alerts.jsonl"
    alerts.write_bytes(b"{}\n")

    with pytest.raises(ConfigurationError, match="No such file"):
        run("replay", str(tmp_path / "mistyped"), "--alerts", str(alerts))

    assert alerts.read_bytes() == b"{}\n"


SWIPE = {
    "msgid": "m1", "infno": "2102", "fixmedins_code": "P1", "inf_time": "2026-03-05 10:00:00", "psn_no": "341",
    "setl_id": "s1", "mdtrt_id": "v1", "med_type": "41", "setl_time": "2026-03-05 10:00:00", "medfee_sumamt": 50,
    "fund_pay_sumamt": 40,
}  # fmt: skip


def replayed(folder: Path, content: bytes, *more: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a replay of this content."""
    (folder / "events").write_bytes(content)
    result = CliRunner().invoke(app, ["replay", str(folder / "events"), *more], catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", 1, "nothing was read: expected one JSON object a line, was empty"),
        (b"{\n{}\n{\n", 1, "nothing was accepted of 3 messages; most often: not_json (2): message: expected "),
        (b'{"infno":"9001"}\n', 1, "nothing was accepted of 1 messages; most often: skipped (1): a transaction that "),
        (orjson.dumps(SWIPE) + b"\n{\n{\n", 0, ""),
    ],
)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_replay_that_accepts_nothing_says_why(
    tmp_path: Path, content: bytes, code: int, said: str, more: list[str]
) -> None:
    """Exit code 1 and one line on stderr, also with --json; bad messages among good ones are no failure."""
    found, stdout, stderr = replayed(tmp_path, content, "--lang", "en", *more)

    lines = [line for line in stderr.splitlines() if "PERSON_KEY" not in line]
    assert (code, bool(said)) == (found, len(lines) == 1)
    assert "".join(lines).startswith(f"monitor: {said}" if said else "")
    assert not more or len(content.splitlines()) == orjson.loads(stdout)["read"]


def test_a_warning_is_told_and_kept(tmp_path: Path) -> None:
    """What follows the end of a gzip file is no error: on stderr and in the summary."""
    code, stdout, stderr = replayed(tmp_path, gzip.compress(orjson.dumps(SWIPE)) + b"garbage", "--json")

    [warning] = orjson.loads(stdout)["warnings"]
    assert 0 == code
    assert f"{tmp_path / 'events'}: what follows the end of the gzip file is passed over" == warning
    assert f"monitor: {warning}" in stderr.splitlines()


def test_a_file_of_another_kind_leaves_earlier_results_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, one line, and with --json a summary of nothing; no output is emptied."""
    events, alerts = tmp_path / "events", tmp_path / "alerts"
    events.write_bytes(b"[" + orjson.dumps(SWIPE) + b"]")
    alerts.write_bytes(b"{}\n")
    monkeypatch.setattr(sys, "argv", ["monitor", "replay", str(events), "--alerts", str(alerts), "--json"])

    with pytest.raises(SystemExit) as ended:
        main()

    stdout, stderr = capsys.readouterr()
    assert 1 == ended.value.code
    assert f"monitor: {events}: expected one JSON object a line, was a JSON array: jq -c '.[]' FILE" in stderr
    assert (0, 0) == (orjson.loads(stdout)["read"], orjson.loads(stdout)["accepted"])
    assert b"{}\n" == alerts.read_bytes()


@pytest.mark.parametrize(
    ("lang", "title", "severity"),
    [
        ("zh", "S01 集中刷卡 · 一般 · 已结束，之后未再触发 · 事中", "一般"),
        ("en", "S01 Concentrated swiping · warning · closed, no further finding · during the visit", "warning"),
    ],
)
def test_a_replay_prints_leads_in_full(tmp_path: Path, lang: str, title: str, severity: str) -> None:
    """What stands in the end, once, with its evidence; without it one line for each that opens."""
    one = {"setl_time": "2026-03-05 10:00:00", "inf_time": "2026-03-05 10:00:01"}
    swipes = [SWIPE | one | {"msgid": f"m{n}", "setl_id": f"s{n}", "psn_no": f"{n}", "balc": 60} for n in range(8)]
    content = b"\n".join(map(orjson.dumps, swipes))
    _, full, _ = replayed(tmp_path, content, "--full", "--lang", lang)
    _, lines, _ = replayed(tmp_path, content, "--lang", lang)

    [lead] = [one for one in full.split("\n\n") if one.removeprefix("  + ").startswith(title)]
    first = next(line for line in lines.splitlines() if " S01 " in line)

    assert {f"s{n}" for n in range(8)} <= set(lead.split())
    assert severity == first.removeprefix("  + ").split()[0]


def test_a_replay_reads_stdin() -> None:
    """The path - is stdin."""
    result = CliRunner().invoke(app, ["replay", "-", "--json"], input=orjson.dumps(SWIPE))

    assert (0, 1) == (result.exit_code, orjson.loads(result.stdout)["accepted"])


def test_stdin_is_not_written_over_either(tmp_path: Path) -> None:
    """A file that comes on stdin has a name too."""
    events = tmp_path / "events"
    events.write_bytes(b"{}\n")
    before = os.dup(0)
    with events.open("rb") as file:
        os.dup2(file.fileno(), 0)
    try:
        with pytest.raises(ConfigurationError, match="--alerts: expected another file than events"):
            run("replay", "-", "--alerts", str(events))
    finally:
        os.dup2(before, 0)
        os.close(before)

    assert b"{}\n" == events.read_bytes()


def test_a_demo_of_a_file_of_another_kind_starts_nothing(tmp_path: Path) -> None:
    """It is named before the broker is there."""
    (tmp_path / "events").write_bytes(b"[]")

    with pytest.raises(InputError, match="was a JSON array"):
        run("demo", str(tmp_path / "events"))

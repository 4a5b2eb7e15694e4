"""The commands as people type them, against a real Kafka and a real Redis."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests._servers import ended_with
from tests.e2e._area import Area, encoded, environment, monitor, until
from tests.kafka._cluster import Kafka

HOSTILE = "\x1b\x9b\u202e\u2028\nforged"
BEIJING = timedelta(hours=8)
INSTITUTIONS = "fixmedins_code,name,kind,status,valid_from\nP34102100029,示例大药房,pharmacy,active,2020-01-01\n"
DEATHS = "psn_no,die_date,valid_from\n34102199000000999901,2026-01-05,2026-01-05\n"


@pytest.fixture
def area(kafka: Kafka, redis_url: str, prefix: str, tmp_path: Path) -> Iterator[Area]:
    """Topics of their own, and no worker left behind."""
    area = Area(kafka, prefix, tmp_path, {"redis": redis_url})
    yield area
    area.end()


def beijing(seconds_ago: float) -> str:
    """A moment as the wire writes it."""
    return f"{datetime.now(UTC) + BEIJING - timedelta(seconds=seconds_ago):%Y-%m-%d %H:%M:%S}"


def settlement(number: int, seconds_ago: float, **more: object) -> dict[str, Any]:
    """One person swipes at the pharmacy."""
    when = beijing(seconds_ago)
    return {
        "msgid": f"m{number}", "infno": "2102", "fixmedins_code": "P34102100029", "fixmedins_name": "示例大药房",
        "inf_time": when, "psn_no": f"3410210000{number:010d}", "setl_id": f"s{number}", "mdtrt_id": f"v{number}",
        "med_type": "41", "setl_time": when, "medfee_sumamt": 60.0, "fund_pay_sumamt": 50.0, "feedetail": [],
    } | more  # fmt: skip


def burst(people: int) -> list[dict[str, Any]]:
    """So many persons swipe within four minutes, an hour ago."""
    return [settlement(number, 3600 - 20 * number) for number in range(people)]


def question(number: int) -> dict[str, Any]:
    """A pre-settlement."""
    asked = settlement(number, 60, infno="2101", msgid=f"q{number}")
    return {name: asked[name] for name in asked if name not in ("setl_id", "setl_time", "fund_pay_sumamt")}


def tables(folder: Path) -> Path:
    """Two small reference tables."""
    folder.mkdir(exist_ok=True)
    (folder / "institutions.csv").write_text(INSTITUTIONS, encoding="utf-8")
    (folder / "deaths.csv").write_text(DEATHS, encoding="utf-8")
    return folder


@pytest.mark.long
@pytest.mark.kafka
@pytest.mark.redis
@pytest.mark.slow
async def test_from_an_empty_cluster_to_an_alert_on_the_terminal(area: Area) -> None:
    """Topics, tables, a worker, events; then the alert, the answer, the state, and what was refused, sent again."""
    assert "created" in area.run("topics", "create", "--lang", "en")
    assert {one["state"] for one in json.loads(area.run("topics", "create", "--json"))} == {"exists"}
    assert "differs" in area.run("topics", "create", "--lang", "en", code=1, entries_partitions=2)

    folder = tables(area.folder / "表 tables")
    assert "institutions  1 keys" in area.run("reference", "validate", str(folder), "--lang", "en")
    assert "deaths        1 rows" in area.run("reference", "load", str(folder), "--lang", "en")
    listed = json.loads(area.run("reference", "list", "--json"))
    assert (listed["institutions"], listed["deaths"], listed["drugs"]) == (1, 1, 0)

    worker = area.worker()
    read_model = area.start("readmodel")
    await until(worker.ready, what="the worker")
    broken = settlement(77, 600, msgid="late-fix", fund_pay_sumamt=-1.0)
    hostile = settlement(78, 600, fixmedins_code=f"H1{HOSTILE}", psn_no=f"3410{HOSTILE}", setl_time=HOSTILE)
    await area.send(encoded(one) for one in [*burst(12), question(501), question(502), broken, hostile])
    await area.judged()

    def alerts() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(area.run("alerts", "list", "--rule", "S01", "--json"))
        return found

    await until(lambda: len(alerts()) == 1, what="the alert in the read model")
    [alert] = alerts()
    assert (alert["rule_id"], alert["fixmedins_code"]) == ("S01", "P34102100029")
    assert "示例大药房（P34102100029）" in area.run("alerts", "list")
    assert "线索，待核实" in area.run("alerts", "list")
    shown = area.run("alerts", "show", alert["alert_id"], "--lang", "en")
    assert "A lead to verify" in shown
    assert alert["evidence"][0]["setl_id"] in shown
    assert "no such alert" in area.run("alerts", "show", "0" * 32, "--lang", "en", code=1)
    assert alert["alert_id"] in area.run("alerts", "show", alert["alert_id"][:6], "--json")
    assert read_model.ready()
    assert area.run("readmodel", "rebuild", "--lang", "en").endswith(" records written\n")
    assert alerts() == [alert]

    reminders = [orjson.loads(record.value or b"") for record in await area.read("reminders")]
    assert sorted(one["msgid"] for one in reminders) == ["q501", "q502"]
    assert {one["fixmedins_code"] for one in reminders} == {"P34102100029"}

    state = json.loads(area.run("state", "show", "institution", "P34102100029", "--json"))
    held = {ledger["ledger"]: ledger for ledger in state["ledgers"]}
    assert alert["alert_id"] in {one["alert_id"] for ledger in held.values() for one in ledger["alerts"]}
    assert all(str(77) not in ledger["key"] for ledger in held.values())
    assert "standing" in area.run("state", "show", "person", "34102100000000000003", "--lang", "en")

    letters = {one["error_code"]: one for one in json.loads(area.run("deadletter", "list", "--json"))}
    assert letters.keys() == {"negative_amount", "bad_time"}
    letter = letters["negative_amount"]
    assert (letter["institution"], letter["infno"], letter["key"][:2]) == ("P34102100029", "2102", "p_")
    assert "死信 0 条\n" == area.run("deadletter", "list", "--code", "not_json")
    for said in (area.run("deadletter", "list"), area.run("state", "show", "institution", f"X{HOSTILE}")):
        assert not any(letter in said for letter in "\x1b\x9b\u202e\u2028")
        assert "forged" not in said.split("\n")
    assert "2 sent again" in area.run("deadletter", "retry", "--lang", "en")
    await area.judged()
    assert len(json.loads(area.run("deadletter", "list", "--json"))) == 4

    assert worker.end(signal.SIGTERM) == 0


@pytest.mark.long
@pytest.mark.kafka
@pytest.mark.redis
@pytest.mark.slow
async def test_a_refused_message_goes_through_when_the_limit_is_mended(area: Area) -> None:
    """A dead letter is the bytes as received: sent again it is judged by what holds then."""
    area.run("topics", "create")
    strict = area.worker(max_bytes=1024)
    await until(strict.ready, what="the worker")
    long = settlement(1, 600, note="x" * 2000)
    await area.send([encoded(long)])
    await area.routed()
    assert [dict(one.headers)["error_code"] for one in await area.read("dead-letter")] == [b"too_large"]
    assert strict.end(signal.SIGTERM) == 0
    assert "changed" in area.run("topics", "configure", "--yes", "--lang", "en")
    worker = area.worker()
    await until(worker.ready, what="the next worker")

    assert "1 sent again" in area.run("deadletter", "retry", "--code", "too_large", "--lang", "en")
    assert {"sent": 0} == json.loads(area.run("deadletter", "retry", "--code", "too_large", "--json"))
    await area.judged()
    assert worker.counts("events_total") == Counter({"settlement": 1})
    assert len(await area.read("dead-letter")) == 1


@pytest.mark.kafka
@pytest.mark.redis
def test_the_doctor_says_what_is_wrong(area: Area) -> None:
    """0 when all is well, 1 when something is not, with the name of the setting."""
    missing = area.run("doctor", "--lang", "en", code=1)
    assert f"PROBLEM {area.prefix}.events" in missing
    area.run("topics", "create")
    full = area.folder / "full"
    simulate("--persons", "6000", "--days", "3", "--reference", str(full), folder=area.folder)
    tables = {path.stem for path in full.glob("*.csv")}
    assert {"institutions", "deaths"} <= tables == set(json.loads(area.run("reference", "load", str(full), "--json")))

    assert "PROBLEM" not in area.run("doctor", "--lang", "en")
    no_redis = area.run("doctor", "--lang", "en", code=1, redis="redis://127.0.0.1:1/0")
    assert next(line for line in no_redis.splitlines() if line.startswith("PROBLEM")).startswith(
        "PROBLEM MONITOR_REDIS"
    )
    assert "PROBLEM MONITOR_BROKERS" in area.run("doctor", "--lang", "en", code=1, brokers="127.0.0.1:1")


@pytest.mark.long
@pytest.mark.kafka
def test_rules_are_put_on_a_cluster(area: Area) -> None:
    """All of a file or nothing of it; what it does not name has its defaults again."""
    area.run("topics", "create")
    rules = area.folder / "rules.toml"

    def live() -> dict[str, tuple[str, str]]:
        rows = json.loads(area.run("rules", "list", "--live", "--json"))
        return {row["id"]: (row["status"], row["version"]) for row in rows}

    defaults = live()
    found = []
    for text, code in (
        ("[S01]\nlimit = 6\n[D01]\nenabled = false\n", 0),
        ("[S01]\nlimit = 7\n[D04]\nlimt = 3\n", 2),
        ('[S01]\nstatus = "shadow"\n', 0),
    ):
        rules.write_text(text, encoding="utf-8")
        area.run("rules", "put", str(rules), code=code)
        found.append({rule: now for rule, now in live().items() if now != defaults[rule]})

    assert found[0] == found[1]
    assert ("off", "live") == (found[0]["D01"][0], found[0]["S01"][0])
    assert found[0].keys() == {"S01", "D01"}
    assert {"S01": ("shadow", defaults["S01"][1])} == found[2]


def simulate(*arguments: str, folder: Path) -> Path:
    """Simulated events in a file."""
    done = monitor(
        "simulate", "--out", str(folder / "events.jsonl"), "--labels", str(folder / "labels.jsonl"), *arguments
    )
    assert done.returncode == 0, done.stderr
    return folder / "events.jsonl"


def wrong(folder: Path) -> list[tuple[str, list[str], dict[str, object]]]:
    """What is wrong, the command, and the settings; each names the place in its one line."""
    rules, table = folder / "rules.toml", folder / "tables"
    rules.write_text("[S01]\nlimt = 3\n", encoding="utf-8")
    tables(table)
    (table / "deaths.csv").write_text("psn_no,die_date\nx,someday\n", encoding="utf-8")
    return [
        ("MONITOR_GRACE_HOURS", ["worker"], {"grace_hours": "long"}),
        ("MONITOR_PREFIX", ["topics", "create"], {"prefix": "Not A Prefix"}),
        ("MONITOR_PERSON_KEY", ["worker"], {"brokers": "kafka.example:9092"}),
        ("MONITOR_BROKERS", ["topics", "create"], {"brokers": "127.0.0.1:1"}),
        ("MONITOR_BROKERS", ["worker"], {"brokers": "kafka..example:9092", "person_key": "test"}),
        ("MONITOR_READMODEL_DIR", ["alerts", "list"], {"readmodel_dir": folder / "nowhere"}),
        ("MONITOR_REDIS", ["alerts", "list", "--follow"], {"redis": "redis://127.0.0.1:1/0"}),
        ("MONITOR_REDIS", ["alerts", "list"], {"redis": "http://127.0.0.1"}),
        ("MONITOR_REDIS", ["readmodel"], {"redis": "http://127.0.0.1"}),
        ("MONITOR_ALERTMANAGER", ["notify"], {"alertmanager": "alertmanager:9093"}),
        ("MONITOR_NOTIFY_HOURS", ["notify"], {"notify_hours": "9-17"}),
        ("--since", ["alerts", "list", "--since", "never"], {}),
        ("MONITOR_METRICS_PORT", ["worker"], {"metrics_port": 70000}),
        ("limt", ["rules", "validate", str(rules)], {}),
        ("limt", ["rules", "put", str(rules)], {}),
        ("monitor rules put", ["worker"], {"rules": rules}),
        ("deaths.csv:2", ["reference", "validate", str(table)], {}),
        ("nowhere", ["reference", "validate", str(folder / "nowhere")], {}),
        ("nowhere", ["replay", str(folder / "nowhere")], {}),
        ("nowhere", ["replay", str(rules), "--alerts", str(folder / "nowhere" / "out")], {}),
        ("S99", ["rules", "show", "S99"], {}),
        ("MONITOR_BROKERS", ["rules", "promote", "S01"], {}),
        ("nobody", ["state", "show", "nobody", "x"], {}),
    ]


def _is_news(line: str) -> bool:
    """The log of a worker on its way up, and that its key is the development key: no traceback."""
    return "MONITOR_PERSON_KEY is not set" in line or (line.startswith("{") and '"exception"' not in line)


@pytest.mark.long
def test_wrong_configuration_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    """The line names the setting, the file or the argument; there is no traceback."""
    said = {}
    for place, arguments, settings in wrong(tmp_path):
        done = monitor(*arguments, env=environment(**{"brokers": "127.0.0.1:1", **settings}))
        lines = [line for line in done.stderr.splitlines() if not _is_news(line)]
        if done.returncode != 2 or len(lines) != 1 or place not in lines[0]:
            said[" ".join(arguments)] = (done.returncode, done.stdout[-500:], done.stderr[-1500:])

    assert said == {}


@pytest.fixture
def odd_place(tmp_path: Path) -> Path:
    """A folder with blanks and Chinese characters in its name."""
    folder = tmp_path / "my settlements 结算 数据"
    folder.mkdir()
    return folder


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The demo without a terminal and without a locale."""
    env = environment() | {"LC_ALL": "C", "TMPDIR": str(folder)}
    with (
        subprocess.Popen(
            [sys.executable, "-m", "monitor", "demo", *arguments], cwd=folder, env=env, text=True, encoding="utf-8",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        ) as process,
        ended_with(process),
    ):  # fmt: skip
        yield process


@pytest.mark.slow
def test_the_demo_plays_a_file_and_ends(odd_place: Path) -> None:
    """Without a terminal, with LC_ALL=C, from a folder of any name: the alerts are told, nothing is left behind."""
    events = odd_place / "events 事件.jsonl"
    events.write_bytes(b"\n".join(value for _, value in map(encoded, burst(12))))
    with demo(odd_place, str(events)) as process:
        said, _ = process.communicate(timeout=240)

    assert process.returncode == 0, said
    assert "示例大药房（P34102100029）" in said
    assert "网页: http://127.0.0.1:" in said
    assert list(odd_place.glob("settlement-monitor-*")) == []


@pytest.mark.slow
def test_a_demo_of_which_nothing_is_accepted_says_why(odd_place: Path) -> None:
    """Exit code 1 and one line with the most frequent reason."""
    events = odd_place / "events.jsonl"
    events.write_bytes(b'{"infno":"2102"}\n{\n{\n')
    with demo(odd_place, str(events), "--lang", "en") as process:
        said, _ = process.communicate(timeout=240)

    assert process.returncode == 1, said
    assert "nothing was accepted of 3 messages; most often: not_json (2): message: expected JSON in UTF-8" in said


def family_of(pid: int) -> dict[int, str]:
    """The command lines of a process and of those that descend from it, by their numbers; of those that still run."""
    done = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [row for line in done.stdout.splitlines() if not (row := line.split(None, 3))[2].startswith("Z")]
    family = {str(pid)}
    for _ in range(3):
        family |= {child for child, parent, *_ in rows if parent in family}
    return {int(child): args for child, _, _, args in rows if child in family}


def wait_until_gone(family: dict[int, str]) -> None:
    """Wait until none of these processes runs."""
    deadline = time.monotonic() + 60
    while left := [pid for pid in family if family_of(pid)]:
        assert time.monotonic() < deadline, {family[pid] for pid in left}
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 143),
        *(pytest.param(*one, marks=pytest.mark.long) for one in ((signal.SIGINT, 0), (signal.SIGHUP, 129))),
    ],
)
def test_a_signal_ends_the_demo_and_all_that_it_started(odd_place: Path, number: signal.Signals, code: int) -> None:
    """While simulated traffic is played: no traceback, no process, no folder is left."""
    with demo(odd_place, "--seed", "3") as process:
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(4))  # the board's first line: it is playing
        family = family_of(process.pid)
        process.send_signal(number)
        rest, _ = process.communicate(timeout=50)

    assert "seed 3" in said
    assert code == process.returncode, rest
    assert "Traceback" not in rest
    assert any("monitor worker" in one for one in family.values())
    wait_until_gone(family)
    assert list(odd_place.glob("settlement-monitor-*")) == []
    assert ("monitor rules show" in rest) == (number == signal.SIGINT), "what to do next, where somebody reads it"


@pytest.mark.long
@pytest.mark.slow
def test_a_closed_terminal_ends_the_demo_and_all_that_it_started(odd_place: Path) -> None:
    """As when a window or a connection is closed: the worker is not left behind."""
    ours, theirs = os.openpty()
    env = environment() | {"LC_ALL": "C", "TMPDIR": str(odd_place), "TERMINAL": os.ttyname(theirs)}
    # The first terminal that a session opens is its own: it gets SIGHUP when that is closed.
    run = f"exec {sys.executable} -m monitor demo --seed 3 <$TERMINAL >$TERMINAL 2>&1"
    command = ["/bin/sh", "-c", run]
    with subprocess.Popen(command, cwd=odd_place, env=env, start_new_session=True) as process, ended_with(process):
        said = b""
        while b"settlement-monitor" not in said:  # the board: it is playing
            said += os.read(ours, 4096)
        os.close(theirs)  # not before it has opened its own: a terminal that nobody has open gives an error
        family = family_of(process.pid)
        os.close(ours)
        code = process.wait(60)

    assert 129 == code
    assert any("monitor worker" in one for one in family.values())
    wait_until_gone(family)
    assert list(odd_place.glob("settlement-monitor-*")) == []

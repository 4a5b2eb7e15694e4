"""`monitor replay` as an analyst types it: what is printed, of which rules and days, and beside other rules."""

from __future__ import annotations

import io
import re
from pathlib import Path

import orjson
import pytest
from rich.console import Console
from typer.testing import CliRunner

from monitor.alerttext import alert_line
from monitor.cli import app
from monitor.errors import ConfigurationError, InputError
from monitor.offline.progress import LONG, FileProgress
from monitor.rulecolumn import rule_cell
from rules.catalogue import catalogue


def burst(institution: str, day: int, persons: int) -> list[bytes]:
    """So many persons swipe at a pharmacy, ten seconds apart, at ten o'clock."""
    moments = [f"2026-03-{day:02} 10:0{n // 6}:{n % 6}0" for n in range(persons)]
    return [
        orjson.dumps({
            "msgid": f"{institution}{day}m{n}", "infno": "2102", "fixmedins_code": institution, "inf_time": moment,
            "psn_no": f"34102{day:02}{n}", "setl_id": f"{institution}{day}s{n}", "mdtrt_id": f"{institution}{day}v{n}",
            "med_type": "41", "setl_time": moment, "medfee_sumamt": 50, "fund_pay_sumamt": 40,
        })
        for n, moment in enumerate(moments)
    ]  # fmt: skip


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A pharmacy with 17 persons on the fifth, another with 9 on the seventh."""
    path = tmp_path / "events"
    path.write_bytes(b"\n".join([*burst("P1", 5, 17), *burst("P2", 7, 9)]))
    return path


def run(*arguments: object, code: int = 0) -> list[str]:
    """The lines that `monitor replay` prints. Raises what it raises."""
    result = CliRunner().invoke(app, ["replay", *map(str, arguments)], catch_exceptions=False)
    assert code == result.exit_code, result.output
    return result.stdout.splitlines()


def of_s01(lines: list[str]) -> list[str]:
    """The lines about alerts of S01."""
    return [line for line in lines if " S01 " in line and "名参保人" in line]


def test_each_alert_is_printed_once_as_it_stands(events: Path) -> None:
    """With all that came after it opened; --follow prints the opening before that."""
    said, followed = of_s01(run(events, "--only", "S01")), of_s01(run(events, "--only", "S01", "--follow"))

    assert [True, True] == [f"最多{persons}名" in line for line, persons in zip(said, (17, 9), strict=True)]
    assert [True, True, False, False] == ["最多8名" in line for line in followed]
    assert said == followed[2:]


def test_the_rules_asked_for_judge_alone(events: Path) -> None:
    """--only, as often as wanted; a rule that there is not, or that is off, is refused."""
    (events.parent / "off.toml").write_text("[S01]\nenabled = false\n")
    summary = orjson.loads("\n".join(run(events, "--only", "S01", "--only", "D01", "--json")))
    without = orjson.loads("\n".join(run(events, "--only", "D01", "--json")))

    assert ({"S01": 2}, {}) == (summary["by_rule"], without["by_rule"])
    with pytest.raises(ConfigurationError, match=r"--only: expected one of .*, was S99"):
        run(events, "--only", "S99")
    with pytest.raises(ConfigurationError, match=r"rules that are in force, S01 is off in .*off\.toml"):
        run(events, "--only", "S01", "--rules", events.parent / "off.toml")


@pytest.mark.parametrize(
    ("span", "institutions"),
    [
        ([], ["P1", "P2"]),
        (["--since", "2026-03-06"], ["P2"]),
        (["--until", "2026-03-06"], ["P1"]),
        (["--since", "2026-03-05", "--until", "2026-03-05"], ["P1"]),
        (["--since", "2026-03-05 10:02:40", "--until", "2026-03-07 10:01:09"], ["P1"]),
        (["--since", "2026-03-05 10:02:41", "--until", "2026-03-07 10:01:10"], ["P2"]),
        (["--since", "2026-03-06", "--until", "2026-03-06"], []),
    ],
)
def test_only_alerts_of_these_days_are_told(events: Path, span: list[str], institutions: list[str]) -> None:
    """On the terminal, in the file and in the numbers; what came before is read for the windows."""
    alerts = events.parent / "alerts"
    said = of_s01(run(events, "--only", "S01", "--alerts", alerts, *span))
    summary = orjson.loads("\n".join(run(events, "--only", "S01", "--json", *span)))
    written = {orjson.loads(line)["fixmedins_code"] for line in alerts.read_bytes().splitlines()}

    assert institutions == [name for name in ("P1", "P2") if any(f"{name}" in line for line in said)]
    assert (set(institutions), len(institutions)) == (written, len(said))
    assert (26, *[len(institutions)] * 2) == tuple(
        summary[name] for name in ("read", "alerts_opened", "alerts_standing")
    )


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (["--since", "soon"], "--since: expected yyyy-mm-dd or yyyy-mm-dd hh:mm:ss, was soon"),
        (["--until", "2026-13-01"], "--until: expected yyyy-mm-dd"),
        (["--since", "2026-03-06", "--until", "2026-03-05"], "--until: expected a time after --since 2026-03-06, was"),
        (["--follow", "--json"], "--follow: expected without --json"),
    ],
)
def test_what_cannot_be_meant_is_refused(events: Path, span: list[str], said: str) -> None:
    """One line, before the file is read."""
    with pytest.raises(ConfigurationError, match=said):
        run(events, *span)


def test_other_rules_are_compared_by_rule_and_day(events: Path) -> None:
    """What opens and what no longer does; an alert that only grows is the same."""
    for name, limit in {"few": 5, "many": 12, "usual": 8}.items():
        (events.parent / f"{name}.toml").write_text(f"[S01]\nlimit = {limit}\n")
    few, many, usual = (events.parent / f"{name}.toml" for name in ("few", "many", "usual"))
    events.write_bytes(b"\n".join([*burst("P1", 5, 17), *burst("P3", 6, 6), *burst("P2", 7, 9)]))

    more, fewer = (run(events, "--only", "S01", "--compare", other) for other in (few, many))
    same = run(events, "--only", "S01", "--compare", usual, "--lang", "en")
    both = orjson.loads("\n".join(run(events, "--only", "S01", "--rules", few, "--compare", many, "--json")))["compare"]

    off = events.parent / "off.toml"
    off.write_text("[S01]\nenabled = false\n")
    assert f"与 {off} 相比：新出现 0 条，不再出现 2 条，不变 0 条" == run(events, "--only", "S01", "--compare", off)[0]
    assert f"与 {few} 相比：新出现 1 条，不再出现 0 条，不变 2 条" == more[0]
    assert f"{rule_cell('S01')} 2026-03-06       1         0" == more[2]
    assert ("+ 2026-03-06 ", "P3") == (more[3][:13], more[3][more[3].index("P3") :][:2])
    assert [f"{rule_cell('S01')} 2026-03-07       0         1", "- 2026-03-07 "] == [fewer[2], fewer[3][:13]]
    assert f"  monitor rules put {usual} brings those rules into force" in same
    assert f"with {usual}: 0 open, 0 no longer, 2 as before" == same[0]
    assert (str(many), 0, 2, 1) == (both["other"], len(both["opens"]), len(both["no_longer"]), both["same"])
    with pytest.raises(ConfigurationError, match="--compare: expected a file of events"):
        run("-", "--compare", few)


def test_a_replay_ends_with_what_to_do_next(events: Path) -> None:
    """What fits what came: tables, what was refused, the evidence, the measuring."""
    alerts = events.parent / "alerts"
    with events.open("ab") as file:
        file.write(b"\n{\n")

    first = run(events, "--only", "S01", "--lang", "en")
    second = run(events, "--only", "S01", "--full", "--alerts", alerts, "--lang", "en")

    assert ["next:", "--dead", "--full", "--aler", "monito"] == [line.strip()[:6] for line in first[-5:]]
    assert f"  monitor evaluate --alerts {alerts} --labels LABELS measures the leads against labels" in second
    assert "  monitor rules show S01 explains that rule" == second[-1]


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("size", [LONG, LONG - 1])
def test_a_long_file_has_a_bar_on_a_terminal(tmp_path: Path, *, terminal: bool, size: int) -> None:
    """And nothing is written where there is none, or where the file is short."""
    path, said = tmp_path / "events", io.StringIO()
    with path.open("wb") as file:
        file.truncate(size)

    with FileProgress(path, "zh", Console(file=said, force_terminal=terminal)) as progress:
        progress.read(size // 2)
        assert [(1, b"x"), (2, b"y")] == list(progress.judging([(1, b"x"), (2, b"y")], lambda: 2))

    shown = terminal and size == LONG
    assert shown == ("读取" in said.getvalue() and "50%" in said.getvalue() and "判定" in said.getvalue())
    assert shown or "" == said.getvalue()


def test_columns_stand_below_each_other_whatever_the_rule() -> None:
    """The longest id of the catalogue leaves its blank, in the list of rules and in the lines of alerts."""
    longest = max(catalogue(), key=len)
    listed = CliRunner().invoke(app, ["rules", "list", "--lang", "zh"]).stdout.splitlines()
    alert = {"severity": "high", "status": "opened", "text": {"zh": "线索"}}
    lines = [alert_line(alert | {"rule_id": rule}, "zh") for rule in ("S01", longest)]

    assert {len(longest) + 1} == {line.index("启用") for line in listed}
    assert 1 == len({line.index("线索") for line in lines})


def acts_on(alerts: Path, *acts: dict[str, str]) -> bytes:
    """What is said of the first lead in a file of revisions."""
    first = orjson.loads(alerts.read_bytes().splitlines()[0])["alert_id"]
    return b"\n".join(orjson.dumps({"alert_id": first, "by": "李"} | act) for act in acts)


def test_rules_over_leads_judge_what_is_said_of_leads(tmp_path: Path) -> None:
    """A pharmacy of which a lead was confirmed trips again, and nobody takes the new lead while time passes."""
    events, alerts, acts = tmp_path / "events", tmp_path / "alerts", tmp_path / "acts"
    events.write_bytes(b"\n".join([*burst("P1", 5, 17), *burst("P1", 10, 17)]))
    run(events, "--alerts", alerts)
    assert b'"family":"actors"' not in alerts.read_bytes()

    taken = {"kind": "assigned", "to": "王", "at": "2026-03-05T12:00:00+08:00"}
    said = {"disposition": "confirmed", "at": "2026-03-06T09:00:00+08:00"}
    comment = {"kind": "commented", "text": "已约谈", "at": "2026-03-12T09:00:00+08:00"}
    again = {"kind": "assigned", "to": "王", "at": "2026-03-12T09:00:00+08:00"}
    acts.write_bytes(acts_on(alerts, said, taken, comment, again))
    lines = run(events, "--feedback", acts)

    assert 1 == len(
        [line for line in lines if rule_cell("A01") in line and "此前365天内同一规则已有1条线索查实" in line]
    )
    lying = [line for line in lines if rule_cell("A04") in line and "发现后无人受理" in line]
    assert ["该机构2条", "该机构3条"] == [
        re.findall("该机构.条", line)[0] for line in lying
    ]  # with those of its variants


def test_a_file_of_acts_holds_nothing_else(tmp_path: Path, events: Path) -> None:
    """The line is named, and nothing of it is shown."""
    acts = tmp_path / "acts"
    acts.write_bytes(b'{"alert_id": "x", "disposition": "confirmed"}')

    with pytest.raises(InputError, match="acts: line 1: expected a disposition or work on a lead"):
        run(events, "--feedback", acts)
    with pytest.raises(ConfigurationError, match=r"--only: expected one of B01, .*, was A01"):
        run(events, "--only", "A01")

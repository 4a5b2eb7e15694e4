"""Settings, rules.toml and tables: what is wrong is named in one line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import orjson
import pytest

from monitor.errors import ConfigurationError
from monitor.inforce.reference import load_reference
from monitor.inforce.rulebook import definitions, load_rules
from monitor.inforce.versions import defined
from monitor.settings import Settings, load_settings
from monitor.worker.worker import check_key, check_state_dir
from rules.times import parse
from rules.wire.pseudonyms import Pseudonyms


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MONITOR_METRICS_PORT", "http", "MONITOR_METRICS_PORT: Input should be a valid integer"),
        ("MONITOR_METRICS_PORT", "70000", "less than or equal to 65535"),
        ("MONITOR_PERSONS", "clear", "MONITOR_PERSONS: Input should be 'pseudonym' or 'raw'"),
        ("MONITOR_PREFIX", "a b", "MONITOR_PREFIX"),
        ("MONITOR_ALERTMANAGER", "alertmanager:9093", "MONITOR_ALERTMANAGER: .*expected http://host:port"),
        ("MONITOR_ALERTMANAGER", "http://a:9093,,http://b:9093", "MONITOR_ALERTMANAGER: .*expected http://host:port"),
        ("MONITOR_NOTIFY_HOURS", "17:30-08:30", "MONITOR_NOTIFY_HOURS: .*expected hh:mm-hh:mm"),
        ("MONITOR_NOTIFY_HOURS", "8:30-17:30", "MONITOR_NOTIFY_HOURS: .*expected hh:mm-hh:mm"),
        ("MONITOR_LIVE_FROM", "2026-3-5", "MONITOR_LIVE_FROM: .*expected yyyy-mm-dd"),
        ("MONITOR_LIVE_FROM", "2026-02-30", "MONITOR_LIVE_FROM: .*expected yyyy-mm-dd"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    """A wrong setting is one line that says which."""
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError, match=said) as raised:
        load_settings()

    assert "\n" not in str(raised.value)


def test_an_area_is_live_from_a_moment_in_beijing() -> None:
    """A day is its first moment; an area that says nothing always was."""
    days = ("2026-03-05", "2026-03-05 00:00:00", "")
    defaults = Settings.model_construct().model_dump()

    moments = [Settings.model_validate({**defaults, "live_from": one}).live_from_ms for one in days]

    assert [parse("2026-03-05T00:00:00+08:00")] * 2 + [0] == moments


def test_no_secret_stands_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came is not repeated: it might be the key."""
    monkeypatch.setenv("MONITOR_MAX_AGE", "s3cret")

    with pytest.raises(ConfigurationError) as raised:
        load_settings()

    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("brokers", "key", "refused"),
    [
        ("127.0.0.1:9092", "", False),
        ("localhost:9092,127.0.0.2:9092", "", False),
        ("[::1]:9092", "", False),
        ("localhost, 127.0.0.1", "", False),
        ("[::1]", "", False),
        ("127.evil.example:9092", "", True),
        ("127.0.0.1.evil.example", "", True),
        ("10.0.0.1:9092", "", True),
        ("[2001:db8::1]:9092", "", True),
        ("kafka:9092", "", True),
        ("127.0.0.1:9092,kafka:9092", "", True),
        ("kafka:9092", "secret", False),
    ],
)
def test_a_worker_without_a_key_stays_on_loopback(brokers: str, key: str, refused: bool) -> None:  # noqa: FBT001 - a column
    """Pseudonyms from a key that everybody knows leave this machine nowhere."""
    settings = Settings(brokers=brokers, person_key=key)

    if refused:
        with pytest.raises(ConfigurationError, match="MONITOR_PERSON_KEY: expected a secret"):
            check_key(settings)
    else:
        check_key(settings)


def test_a_folder_for_what_rests_can_be_written(tmp_path: Path) -> None:
    """It is made where it is not there; what cannot be one is named before anything starts."""
    check_state_dir(Settings(state_dir=tmp_path / "a" / "b"))
    (tmp_path / "file").touch()

    with pytest.raises(
        ConfigurationError, match=r"MONITOR_STATE_DIR: expected a folder that can be written, was .*/file"
    ):
        check_state_dir(Settings(state_dir=tmp_path / "file"))
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(
    "brokers", ["", "kafka:1x", "kafka:0", "kafka:65536", "a:9092,,b:9092", "::1:9092", "a b:9092"]
)
def test_brokers_are_addresses(brokers: str) -> None:
    """What no client can connect to ends every command with one line."""
    with pytest.raises(ConfigurationError, match=r"MONITOR_BROKERS: .*expected host:port"):
        load_settings(brokers=brokers)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[S001]\nlimit = 3", "did you mean S01"),
        ("[S01]\nlimt = 3", "did you mean limit"),
        ("[E01]\noverlap_hours = 48", "overlap_hours: expected a parameter, it is now called over_hours"),
        ("[S01]\nlimit = 'six'", "limit"),
        ("[S01]\nlimit = -1", "expected 0 or more"),
        ("[S01]\nquiet = 2592001", "quiet: expected 0 to 2592000"),
        ("S01 = 3", "expected a table"),
        ("[S01", "expected TOML"),
        ("[S01]\ntag = 3", "tag: expected a table for each tag"),
        ("[S01.tag.credit_E]\nlimit = 3", "did you mean credit_D"),
        ("[S01.tag.key_person]\nlimit = 3", "key_person: expected a tag"),
        ("[S01.tag]\nkey = 3", "tag.key: expected a table of thresholds"),
        ("[S01.tag.key]\n", "tag.key: expected a table of thresholds"),
        ("[S01.tag.key]\nwindow = 300", "tag.key.window: expected a threshold"),
        ("[S09.tag.key]\nlimit = 1", "expected a threshold .this rule has none"),
        ("[S01.tag.key]\nlimit = -1", "expected 0 or more"),
    ],
)
def test_wrong_rules_are_named(tmp_path: Path, text: str, said: str) -> None:
    """A wrong rules.toml says the place and the reason."""
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=said) as raised:
        load_rules(path)

    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def test_rules_take_parameters_and_a_status(tmp_path: Path) -> None:
    """A county sets a limit, shadows one rule and switches another off."""
    path = tmp_path / "rules.toml"
    path.write_text(
        "[S01]\nlimit = 6\nbaseline = false\n[D04]\nstatus = 'shadow'\n[D01]\nenabled = false\n", encoding="utf-8"
    )

    watches = {watch.rule.id: watch for watch in load_rules(path)}

    assert getattr(watches["S01"].rule, "limit", None) == 6
    assert watches["S01"].rule.full_version.startswith("1+")
    assert watches["D04"].shadow
    assert "D01" not in watches


def test_thresholds_by_tag_lie_over_those_for_everybody(tmp_path: Path) -> None:
    """In the order of the tags, whatever that of the file; a cluster is given them as the file has them."""
    path = tmp_path / "rules.toml"
    path.write_text(
        "[S01]\nbaseline = false\n[S01.tag.private]\nlimit = 7\n[S01.tag.reported]\nlimit = 5\n", encoding="utf-8"
    )

    [watch] = [one for one in load_rules(path) if one.rule.id == "S01"]
    [given] = [orjson.loads(value) for key, value in definitions(path) if key.startswith(b"S01/")]

    said = [(tag, asdict(one.rule)["limit"], asdict(one.rule)["baseline"]) for tag, one in watch.tagged]
    assert said == [("reported", 5, False), ("private", 7, False)]
    assert given["tag"] == {"reported": {"limit": 5}, "private": {"limit": 7}}
    assert defined(given) == watch
    assert given["version"] == watch.full_version != watch.rule.full_version


def test_tables_are_effective_dated(tmp_path: Path) -> None:
    """The row that is valid at the time is found; persons are pseudonyms."""
    (tmp_path / "institutions.csv").write_text(
        "fixmedins_code,kind,status,valid_from,valid_to\nP1,pharmacy,active,2026-01-01,2026-02-28\n"
        "P1,pharmacy,suspended,2026-03-01,\n",
        encoding="utf-8-sig",
    )
    (tmp_path / "deaths.csv").write_text("psn_no,die_date,valid_from\n341,2026-03-01,\n", encoding="utf-8")
    names = Pseudonyms("key")

    tables = load_reference(tmp_path, names)

    found = [
        tables.row("institutions", "P1", parse(day)) for day in ("2025-12-31", "2026-02-28 23:59:59", "2026-03-01")
    ]
    assert [None, "active", "suspended"] == [row and row["status"] for row in found]
    assert tables.latest("deaths", "341", 0) is None
    assert tables.latest("deaths", names.person("341"), 0) is not None


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ("deaths", "psn_no,die_date\n1,\n", "deaths.csv:2: deaths.die_date: expected a value"),
        ("deaths", "psn_no,die_date\n1,yesterday\n", "deaths.csv:2: deaths.die_date"),
        (
            "institutions",
            "fixmedins_code,kind,status,valid_from\nP1,pharmacy,active,soon\n",
            "valid_from: expected yyyy-mm-dd, also with a time, was text of 4",
        ),
        (
            "institutions",
            "fixmedins_code,kind,status,valid_from,valid_to\nP1,x,y,2026-01-02,2026-01-01\n",
            "valid_to",
        ),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, table: str, text: str, said: str) -> None:
    """File, line and column, and never what a person's number was."""
    (tmp_path / f"{table}.csv").write_text(text, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=said):
        load_reference(tmp_path, Pseudonyms("key"))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder without any table is a mistake, not an empty reference."""
    with pytest.raises(ConfigurationError, match=r"expected at least one of institutions\.csv"):
        load_reference(tmp_path, Pseudonyms("key"))

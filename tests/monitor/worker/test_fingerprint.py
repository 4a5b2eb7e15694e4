"""The fingerprint of an area: every setting either decides what an alert says, or is named as one that does not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

import monitor
from monitor.area.configure import Comparison
from monitor.settings import MAY_DIFFER, Settings, unknown_variables, variable
from monitor.worker.fingerprint import SECRET, catalogue_version, fingerprint_of
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from streams.kafka.area import Area, DifferentError, check, short

OTHER: dict[str, tuple[object, bool]] = {
    "brokers": ("localhost:9093", False),
    "prefix": ("county", False),
    "events_partitions": (3, False),
    "entries_partitions": (3, False),
    "replication": (3, False),
    "person_key": ("another secret of the county", True),
    "persons": ("raw", True),
    "rules": (Path("rules.toml"), False),
    "reference": (Path("tables"), False),
    "grace_hours": (71.5, True),
    "grace_inpatient_lines_days": (61, True),
    "grace_slow_days": (16, True),
    "ahead_minutes": (11, True),
    "max_bytes": (2048, True),
    "max_items": (3, True),
    "max_depth": (17, True),
    "max_age": (151, True),
    "alignment_hours": (12, True),
    "hold_minutes": (16, False),
    "checkpoint_seconds": (3, False),
    "session_seconds": (21, False),
    "embedded": (True, False),
    "allow_final": (True, True),
    "metrics_host": ("0.0.0.0", False),  # noqa: S104 - nothing listens on it
    "metrics_port": (9465, False),
    "redis": ("redis://127.0.0.1:6380/0", False),
    "alerts_days": (91, False),
    "readmodel_dir": (Path("readmodel"), False),
    "alertmanager": ("http://alertmanager:9093", False),
    "notify_seconds": (61, False),
    "notify_openings": (51, False),
    "notify_age_days": (8, False),
    "notify_hours": ("09:00-17:00", False),
    "log_level": ("debug", False),
    "state_dir": (Path("state"), False),
    "exporter_series": (9_999, False),
    "budgets": ("341021=1", False),
    "console_host": ("localhost", False),
    "console_port": (8471, False),
    "console_access": ("access.toml", False),
    "console_address": ("https://monitor.example", False),
    "console_proxies": ("10.0.0.0/8", False),
    "console_hours": (4, False),
    "console_persons": ("persons.csv", False),
    "console_demo": (True, False),
    "console_secret": ("a secret of thirty-two characters", False),
    "live_from": ("2026-03-05", False),
    "second_reviewer": (True, False),
}
"""Every setting -> another value than its default, and whether that makes other alerts."""

SHARED = "the secret of the county"


def plain(**given: object) -> Settings:
    """The defaults, whatever the environment says."""
    return Settings.model_validate({**Settings.model_construct().model_dump(), "person_key": SHARED, **given})


def test_every_setting_is_asked_about() -> None:
    """A setting that is new must be put into the table; until it is on the list it decides."""
    assert OTHER.keys() == Settings.model_fields.keys()
    assert {name for name, (_, decides) in OTHER.items() if not decides} == MAY_DIFFER


@pytest.mark.parametrize("name", OTHER)
def test_a_worker_that_differs_where_it_matters_is_refused(name: str) -> None:
    """In one line with the name of the setting; where it does not matter the worker starts."""
    value, decides = OTHER[name]
    area = Area("a1", fingerprint_of(plain(), "a1"))
    other = fingerprint_of(plain(**{name: value}), "a1")

    if not decides:
        check(area, other, SECRET)
        return
    with pytest.raises(DifferentError) as raised:
        check(area, other, SECRET)
    line = str(raised.value)
    assert (variable(name) in line, "\n" in line) == (True, False)
    assert f"expected {short(area.fingerprint)}, was {short(other)}" in line
    assert not any(variable(each) in line for each in OTHER if each != name)


def test_the_line_says_both_values_and_no_secret() -> None:
    """Neither a key nor its hash."""
    area = Area("a1", fingerprint_of(plain(), "a1"))
    other = fingerprint_of(plain(person_key="the secret of another county", grace_hours=48), "a1")

    with pytest.raises(DifferentError) as raised:
        check(area, other, SECRET)

    line = str(raised.value)
    assert "MONITOR_GRACE_HOURS: expected 72, was 48; MONITOR_PERSON_KEY differs" in line
    hashes = area.fingerprint["MONITOR_PERSON_KEY"], other["MONITOR_PERSON_KEY"]
    assert not any(secret in line for secret in (SHARED, "the secret of another county", *hashes))


def test_the_hash_of_a_key_is_of_one_area() -> None:
    """Equal keys of two areas do not show; in one area they are equal, and the key stands nowhere."""
    one, again, elsewhere = (fingerprint_of(plain(), area)["MONITOR_PERSON_KEY"] for area in ("a1", "a1", "a2"))

    assert one == again
    assert one != elsewhere
    assert SHARED not in str(fingerprint_of(plain(), "a1"))


def test_an_empty_key_is_the_development_key() -> None:
    """Both make the same pseudonyms."""
    assert fingerprint_of(plain(person_key=""), "a") == fingerprint_of(plain(person_key="development-only"), "a")


def test_code_and_saved_state_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule with another version of its code, or another form of state, makes another fingerprint."""
    before = fingerprint_of(plain(), "a")
    monkeypatch.setattr(ConcentratedSwiping, "card", replace(ConcentratedSwiping.card, version="another"))
    monkeypatch.setattr("monitor.worker.fingerprint.STATE_VERSION", "another")

    after = fingerprint_of(plain(), "a")

    assert {"catalogue", "state"} == {name for name in after if after[name] != before[name]}
    assert catalogue_version() == after["catalogue"]


def test_the_comparison_names_what_differs_and_no_secret() -> None:
    """As lines and as JSON."""
    now = fingerprint_of(plain(person_key="short", max_items=7), "a1")
    found = Comparison("a1", fingerprint_of(plain(), "a1"), now)

    said = "\n".join(found.lines("en"))
    assert "  MONITOR_MAX_ITEMS: expected 2000, was 7" in said
    assert "  MONITOR_PERSON_KEY differs" in said
    assert "  MONITOR_GRACE_HOURS: 72" in said
    assert ["MONITOR_MAX_ITEMS", "MONITOR_PERSON_KEY"] == found.contract()["differ"]
    assert not any(now["MONITOR_PERSON_KEY"] in text for text in (said, str(found.contract())))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MONITOR_GRACE_HOUR", ["MONITOR_GRACE_HOUR (did you mean MONITOR_GRACE_HOURS?)"]),
        ("MONITOR_PERSONKEY", ["MONITOR_PERSONKEY (did you mean MONITOR_PERSON_KEY?)"]),
        ("MONITOR_XYZZY", ["MONITOR_XYZZY"]),
        ("monitor_prefix", []),
        ("MONITORING", []),
        *[(variable(name), []) for name in Settings.model_fields],
    ],
)
def test_a_variable_that_is_no_setting_is_named(name: str, said: list[str]) -> None:
    """With the setting that it may have meant."""
    assert said == unknown_variables({name: "1", "PATH": "/bin"})


def test_the_release_is_that_of_the_package() -> None:
    """It is written down twice."""
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))

    assert project["project"]["version"] == monitor.__version__

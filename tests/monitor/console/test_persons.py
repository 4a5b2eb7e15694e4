"""Who sees how much of a person, and what is written of whoever asks for more."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from confluent_kafka import Producer
from fastapi import FastAPI
from structlog.testing import capture_logs
from typer.testing import CliRunner

from monitor.cli import app as commands
from monitor.console.access import LOCAL, User
from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.console.persons import check_table, person_of, persons_in, shown_to
from monitor.console.words import WORDS
from monitor.errors import ConfigurationError
from monitor.offline.embedded import EmbeddedBroker
from monitor.readmodel.projector import Projector
from monitor.settings import DEVELOPMENT_KEY, Settings, load_settings
from rules.wire.pseudonyms import Pseudonyms
from tests.monitor.console._leads import Lead, leads, read
from tests.monitor.console._people import access_file, browser, logged_in, placed_leads, posted

NUMBER = "341021198001011234"
NAMES = Pseudonyms(DEVELOPMENT_KEY)
PERSON, OTHER = NAMES.person(NUMBER), NAMES.person("another")


def lead_of(person: str = PERSON) -> Lead:
    """A lead about a person, with another one in its evidence, and a telephone on which the rule decided."""
    [one] = [one for one in leads() if one["rule_id"] == "S01"]
    rows = [row | {"person": person if at else OTHER} for at, row in enumerate(one["evidence"])]
    rows[0] = rows[0] | {"decided": {"tel": NAMES.telephone("13800000000")}}
    here = placed_leads()[0][0]["insuplc_admdvs"]
    return one | {"subject": {"kind": "person", "id": person}, "evidence": rows, "insuplc_admdvs": here}


LEAD = lead_of()


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """Brokers inside this process."""
    with EmbeddedBroker() as embedded:
        yield embedded.bootstrap


@pytest.fixture
def settings(redis_url: str, prefix: str, broker: str, tmp_path: Path) -> Settings:
    """Of an area with one lead, and a table that has one of its two persons."""
    Producer({"bootstrap.servers": broker, "log_level": 0}).list_topics(f"{prefix}.audit", timeout=10)
    table = tmp_path / "persons.csv"
    table.write_text(f"pseudonym,person\n{PERSON},{NUMBER}\n", encoding="utf-8")
    settings = load_settings(
        redis=redis_url, prefix=prefix, brokers=broker, console_access=access_file(tmp_path), console_persons=table
    )
    Projector(settings).put(alerts=[orjson.dumps(LEAD)])
    return settings


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The console of that area."""
    return app_of(settings, ConsoleMetrics())


QUERY = {"alert_id": LEAD["alert_id"], "person": PERSON, "reason": "约谈参保人"}


@pytest.mark.redis
async def test_a_viewer_sees_no_pseudonym(app: FastAPI) -> None:
    """Neither on a page nor in a file nor in the API; a reviewer does, and may look for one."""
    addresses = (
        "/",
        "/leads",
        "/leads.csv",
        f"/leads/{LEAD['alert_id']}",
        "/api/leads",
        f"/api/leads/{LEAD['alert_id']}",
    )
    viewer, reviewer = logged_in(app, "viewer"), logged_in(app, "reviewer")
    hidden = (PERSON, OTHER, NAMES.telephone("13800000000"))

    for address in addresses:
        assert not [one for one in hidden if one in viewer.get(address).text], address
    assert f"{PERSON[:6]}…" in viewer.get(addresses[3]).text
    assert PERSON in reviewer.get(addresses[3]).text
    assert PERSON in reviewer.get(addresses[5]).text
    for address in (f"/leads?person={PERSON}", f"/api/leads?person={PERSON}", f"/persons/{PERSON}"):
        assert (403, 200) == (viewer.get(address).status_code, reviewer.get(address).status_code)


def test_where_persons_are_raw_a_viewer_sees_nothing_of_them() -> None:
    """No part of a number is left."""
    shown = shown_to(User("a", "viewer"), lead_of(NUMBER))

    assert NUMBER not in str(shown)
    assert {"…"} == {shown["subject"]["id"], *(row["person"] for row in shown["evidence"][1:])}
    assert lead_of(NUMBER) == shown_to(LOCAL, lead_of(NUMBER))
    assert [NUMBER, OTHER] == persons_in(lead_of(NUMBER))


@pytest.mark.redis
async def test_who_a_person_is_is_answered_once_and_written_down(app: FastAPI, settings: Settings) -> None:
    """Who asked, for which pseudonym, for which lead and why; the number is on that page alone."""
    page = logged_in(app, "approver")
    assert WORDS["who_is_it"].zh in page.get(f"/leads/{LEAD['alert_id']}").text

    with capture_logs() as said:
        answer = posted(page, "/persons", **QUERY)

    assert (200, True, "no-store") == (answer.status_code, NUMBER in answer.text, answer.headers["cache-control"])
    [record] = read(settings.brokers, f"{settings.prefix}.audit")
    assert ("approver", "console person", None, QUERY) == (
        record["by"], record["what"], record["before"], record["after"],
    )  # fmt: skip
    assert NUMBER not in str(record) + str(said) + page.get(f"/leads/{LEAD['alert_id']}").text
    assert page.get("/persons").status_code == 405


@pytest.mark.redis
async def test_a_person_that_the_table_does_not_have_is_audited_too(app: FastAPI, settings: Settings) -> None:
    """It says that it is not there."""
    answer = posted(logged_in(app, "admin"), "/persons", **QUERY | {"person": OTHER})

    assert WORDS["person_not_in_table"].zh in answer.text
    assert [OTHER] == [one["after"]["person"] for one in read(settings.brokers, f"{settings.prefix}.audit")]


@pytest.mark.redis
@pytest.mark.parametrize(
    ("name", "wrong", "status"),
    [
        ("viewer", {}, 403), ("reviewer", {}, 403), ("approver", {"reason": " "}, 422),
        ("approver", {"reason": "x" * 501}, 422), ("approver", {"person": "p_1234"}, 404),
        ("approver", {"alert_id": "0" * 32}, 404), ("approver", {"person": ""}, 404),
    ],
)  # fmt: skip
async def test_who_may_not_ask_or_says_not_why_learns_nothing(
    app: FastAPI, settings: Settings, name: str, wrong: dict[str, str], status: int
) -> None:
    """And nothing is written."""
    answer = posted(logged_in(app, name), "/persons", **QUERY | wrong)

    assert (status, False) == (answer.status_code, NUMBER in answer.text)
    assert [] == read(settings.brokers, f"{settings.prefix}.audit")


@pytest.mark.redis
async def test_without_the_audit_nobody_is_answered(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that is away."""
    monkeypatch.setattr("monitor.area.deeds.SECONDS", 2.0)
    away = app_of(settings.model_copy(update={"brokers": "127.0.0.1:1"}), ConsoleMetrics())

    answer = posted(logged_in(away, "admin"), "/persons", **QUERY)

    assert (503, False) == (answer.status_code, NUMBER in answer.text)


@pytest.mark.redis
async def test_a_table_that_is_gone_is_told(app: FastAPI, settings: Settings) -> None:
    """Without its name and without what stood in it."""
    page = logged_in(app, "admin")
    assert settings.console_persons is not None
    settings.console_persons.unlink()

    answer = posted(page, "/persons", **QUERY)

    assert (503, True) == (answer.status_code, WORDS["table_away"].zh in answer.text)


@pytest.mark.redis
async def test_nobody_asks_where_nobody_logs_in_or_no_table_is_set(settings: Settings) -> None:
    """On this machine without an access file, or without MONITOR_CONSOLE_PERSONS."""
    local = app_of(settings.model_copy(update={"console_access": None}), ConsoleMetrics())
    without = app_of(settings.model_copy(update={"console_persons": None}), ConsoleMetrics())
    page = logged_in(without, "admin")

    assert posted(browser(local), "/persons", **QUERY).status_code == 403
    assert posted(page, "/persons", **QUERY).status_code == 404
    assert WORDS["who_is_it"].zh not in page.get(f"/leads/{LEAD['alert_id']}").text


@pytest.mark.parametrize(
    ("content", "said"), [(b"a,b\n", "expected the columns pseudonym, person"), (b"\xff", "expected CSV in UTF-8")]
)
def test_a_table_that_is_wrong_keeps_it_from_starting(tmp_path: Path, content: bytes, said: str) -> None:
    """In one line."""
    (tmp_path / "a.csv").write_bytes(content)

    for name, expected in (("a.csv", said), ("none.csv", "No such file")):
        with pytest.raises(ConfigurationError, match=f"MONITOR_CONSOLE_PERSONS: .*{name}: {expected}"):
            check_table(tmp_path / name)


def test_the_table_is_made_from_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the key of the area; nobody else on the machine reads it."""
    monkeypatch.setenv("MONITOR_PERSON_KEY", "a key")
    numbers, table = tmp_path / "numbers.txt", tmp_path / "persons.csv"
    numbers.write_text(f"\ufeff{NUMBER}\r\n\n another \n", encoding="utf-8")

    result = CliRunner().invoke(commands, ["access", "persons", str(numbers), "--out", str(table), "--lang", "en"])

    assert (0, f"2 persons: {table}\n") == (result.exit_code, result.output)
    assert [NUMBER, "another", None] == [
        person_of(table, Pseudonyms("a key").person(one)) for one in (NUMBER, "another", "x")
    ]
    assert stat.S_IMODE(table.stat().st_mode) == 0o600

"""A lead is exported from its page: as a file, for the printer, on the audit topic, and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Producer
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from monitor.area.exporting import is_unchanged, parameters_as_in_force
from monitor.cli import app
from monitor.console.app import app_of
from monitor.console.metrics import ConsoleMetrics
from monitor.console.words import WORDS
from monitor.inforce.rulebook import definition, parameters_of, watch_of
from monitor.settings import Settings, load_settings
from rules.catalogue import catalogue
from tests.monitor.console._leads import leads, read
from tests.monitor.console.test_console import form_of

pytestmark = pytest.mark.redis


def form(page: TestClient, **more: str) -> dict[str, str]:
    """A form of the page of the first lead."""
    return {name: form_of(page, leads()[0]["alert_id"])[name] for name in ("csrf", "by")} | more


async def test_a_file_and_a_paper_are_handed_out_and_audited(page: TestClient, settings: Settings) -> None:
    """Each with the mark that the audit record has, and with the name that was typed."""
    one = leads()[0]
    asked = form(page, target="market")

    file = page.post(f"/leads/{one['alert_id'][:8]}/export.json", data=asked)
    paper = page.post(f"/leads/{one['alert_id']}/print", data=asked)

    audit = read(settings.brokers, f"{settings.prefix}.audit")
    assert (200, 200) == (file.status_code, paper.status_code)
    assert is_unchanged(file.content)
    assert f'attachment; filename="lead-{one["alert_id"]}.json"' == file.headers["content-disposition"]
    assert "市场监督管理部门" in paper.text
    assert {("王五", "alerts export", "market", one["alert_id"])} == {
        (said["by"], said["what"], said["after"]["target"], said["after"]["alert_id"]) for said in audit
    }
    marks = {said["after"]["sha256"] for said in audit}
    assert len(marks) == 2
    assert file.json()["sha256"] in marks
    assert [mark for mark in marks if mark in paper.text]
    assert one["text"]["zh"] in paper.text


@pytest.mark.parametrize("part", [pytest.param(1, id="all", marks=pytest.mark.long), pytest.param(8, id="an eighth")])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_lead_can_be_printed(page: TestClient, language: str, part: int) -> None:
    """In both languages, whatever its rule."""
    for one in leads()[::part]:
        paper = page.post(f"/leads/{one['alert_id']}/print", params={"lang": language}, data=form(page))
        assert paper.status_code == 200
        assert "<script>alert" not in paper.text
        assert ("医保基金使用疑点线索" if language == "zh" else "Lead on the use of") in paper.text


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"target": "press"}, 422), ({"target": "police", "by": ""}, 422), ({"by": "x" * 65}, 422), ({"csrf": "x"}, 403)],
)
async def test_nothing_is_handed_out_to_nobody(
    page: TestClient, settings: Settings, wrong: dict[str, str], status: int
) -> None:
    """Nor to whom there is no address; and nothing is audited."""
    asked = form(page, **wrong)
    answers = [page.post(f"/leads/{leads()[0]['alert_id']}/{kind}", data=asked) for kind in ("export.json", "print")]

    assert {status} == {one.status_code for one in answers}
    assert [] == read(settings.brokers, f"{settings.prefix}.audit")


@pytest.mark.usefixtures("page")
def test_what_cannot_be_audited_is_not_handed_out(command: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The brokers are away: on the page as on the command line."""
    monkeypatch.setattr("monitor.area.deeds.SECONDS", 2.0)
    monkeypatch.setenv("MONITOR_BROKERS", "127.0.0.1:1")
    one = leads()[0]["alert_id"]
    other = TestClient(app_of(load_settings(), ConsoleMetrics()), base_url="http://localhost")

    answer = command.invoke(app, ["alerts", "export", one, "--by", "1"])
    paper = other.post(f"/leads/{one}/print", data=form(other))

    assert "" == answer.stdout
    assert "MONITOR_BROKERS" in str(answer.exception)
    assert (503, True) == (paper.status_code, WORDS["kafka_away"].zh in paper.text)


@pytest.mark.usefixtures("page")
def test_a_file_of_the_command_line_can_be_checked(command: CliRunner, settings: Settings, tmp_path: Path) -> None:
    """What was exported is unchanged; a figure that was changed is told, with exit code 1."""
    one, file = leads()[0]["alert_id"], tmp_path / "lead.json"

    answer = command.invoke(app, ["alerts", "export", one[:10], "--to", "health", "--by", "王五"])
    file.write_text(answer.stdout, encoding="utf-8")
    good = command.invoke(app, ["alerts", "verify", str(file)])
    file.write_text(answer.stdout.replace("王五", "李四"), encoding="utf-8")
    bad = command.invoke(app, ["alerts", "verify", str(file), "--lang", "en"])

    assert (0, 0, 1) == (answer.exit_code, good.exit_code, bad.exit_code)
    assert ("与导出时一致" in good.stdout, "it was changed" in bad.stdout) == (True, True)
    [audit] = read(settings.brokers, f"{settings.prefix}.audit")
    assert ("王五", "health") == (audit["by"], audit["after"]["target"])


async def test_parameters_are_those_of_the_version_that_wrote_the_lead(settings: Settings) -> None:
    """The defaults for the plain version, else what stands on the topic of rules; of an unknown version none.

    Of a lead by the threshold for a tag, those for the tag.
    """
    rule, client = catalogue()["S01"], {"bootstrap_servers": settings.brokers}
    given = {"limit": 11, "tag": {"credit_D": {"limit": 6}}}
    made = watch_of(rule, given, "S01")
    key, value = definition(made, given)
    producer = Producer({"bootstrap.servers": settings.brokers, "log_level": 0})
    producer.produce(f"{settings.prefix}.rules", value, key)
    producer.flush(10)

    async def of(version: str, tag: str | None = None) -> dict[str, object] | None:
        alert = {"rule_id": "S01", "rule_version": version, "measure": {"tag": tag}}
        return await parameters_as_in_force(client, settings.prefix, alert)

    plain, other = await of(rule.card.version), await of(made.full_version)
    assert parameters_of(rule) == plain
    assert parameters_of(rule) | {"limit": 11} == other
    assert parameters_of(rule) | {"limit": 6} == await of(made.full_version, "credit_D")
    assert await of("0+ffffff") is None

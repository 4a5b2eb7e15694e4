"""docker-compose.yml: valid, safe as it stands, and every command line in it does what it is there for."""

import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from monitor.settings import Settings
from tests import _redis
from tests._servers import unavailable
from tests.deploy._compose import FILE, MissingError, compose, health_check, services, words
from tests.deploy._processes import DEPLOY, ROOT, eventually, free_ports, run, running
from tests.kafka._cluster import SCRIPT, kafka_version

ONE_SHOT = {"topics", "monitor"}
BUILT = {"topics", "worker", "notify", "readmodel", "exporter", "console", "monitor"}
PULLED = sorted(services().keys() - BUILT)


def test_it_follows_the_compose_specification() -> None:
    """The schema is the one of the compose-spec project, which check-jsonschema carries."""
    done = run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", FILE)

    assert (0, "ok -- validation done\n") == (done.returncode, done.stdout)


def test_without_a_key_for_the_pseudonyms_nothing_starts() -> None:
    """The one secret has no default, and the refusal names it."""
    with pytest.raises(MissingError, match=r"^MONITOR_PERSON_KEY: a secret from which"):
        compose({})


def test_no_secret_stands_in_it() -> None:
    """Whatever sounds like a secret comes from the environment."""
    raw = yaml.safe_load(FILE.read_text())["services"]
    given = [pair for service in raw.values() for pair in service.get("environment", {}).items()]
    secrets = {name: value for name, value in given if re.search("KEY|PASSWORD|SECRET|TOKEN", name)}

    assert {"MONITOR_PERSON_KEY", "MONITOR_CONSOLE_SECRET"} == secrets.keys()
    assert secrets["MONITOR_PERSON_KEY"].startswith("${MONITOR_PERSON_KEY:?")
    assert secrets["MONITOR_CONSOLE_SECRET"] is None


def test_the_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    """The line at the top of the file; run a second time it keeps the key, and git does not see it."""
    [line] = re.findall(r"^# +(\(umask .*)$", FILE.read_text(), re.MULTILINE)
    keys = []
    for _ in range(2):
        assert run("sh", "-c", line, cwd=tmp_path).returncode == 0
        keys.append((tmp_path / ".env").read_text())

    assert keys[0] == keys[1]
    assert re.fullmatch(r"MONITOR_PERSON_KEY=[0-9a-f]{64}\n", keys[0])
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("service", services())
def test_an_image_is_pinned(service: str) -> None:
    """A tag names one release, to the last digit."""
    name, _, tag = services()[service]["image"].rpartition(":")

    assert name
    assert re.fullmatch(r"v?\d+\.\d+\.\d+(-\w+)?", tag)


def test_images_are_those_that_the_tests_know() -> None:
    """The same Kafka runs without Docker, the same Redis in the tests."""
    assert (f"apache/kafka:{kafka_version()}", _redis.IMAGE) == (
        services()["kafka"]["image"],
        services()["redis"]["image"],
    )


@pytest.mark.parametrize("service", services())
def test_a_port_is_open_on_loopback_only(service: str) -> None:
    """Nothing here asks for a password."""
    ports = services()[service].get("ports", [])

    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]


@pytest.mark.parametrize("service", services())
def test_a_service_has_its_share_and_comes_back(service: str) -> None:
    """Memory is bounded; after a crash it is started again, but for what only runs once."""
    one = services()[service]

    assert ("no" if service in ONE_SHOT else "unless-stopped") == one["restart"]
    assert re.fullmatch(r"\d+[MG]", one["deploy"]["resources"]["limits"]["memory"])


@pytest.mark.parametrize("service", services())
def test_a_log_is_bounded(service: str) -> None:
    """A service that says the same again and again does not fill the disk."""
    assert {"driver": "json-file", "options": {"max-size": "20m", "max-file": "5"}} == services()[service]["logging"]


@pytest.mark.parametrize("service", services())
def test_an_older_engine_takes_it(service: str) -> None:
    """An engine before 25 refuses the whole file for a start_interval."""
    assert "start_interval" not in services()[service].get("healthcheck", {})


def test_no_volume_of_an_image_is_left_without_a_name() -> None:
    """What the image of Kafka declares and nobody names would stay behind at every `down`."""
    kafka = services()["kafka"]
    named = [volume.partition(":")[2] for volume in kafka["volumes"]]

    assert {"/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"} == {*named, *kafka["tmpfs"]}


def test_a_topic_that_was_changed_keeps_no_worker_away() -> None:
    """Workers wait for the end of `topics create` with exit code 0."""
    assert words("topics") == ["topics", "create", "--tolerate"]


PAGES = [FILE, DEPLOY / "prometheus" / "rules.yml", *ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_question_starts_nothing(page: Path) -> None:
    """What `docker compose run` depends on is started first, and then `doctor` finds that all is well."""
    asked = re.findall(r"docker compose run(?: --rm| -T| --user \S+(?: -u\)\")?)* ([a-z]+)", page.read_text())

    assert [] == [service for service in asked if "depends_on" in services()[service]]
    assert page.read_text().count("docker compose run ") == len(asked)


def test_the_doctor_has_the_settings_of_all_the_others() -> None:
    """What one of them is told and the doctor is not, it would examine wrongly."""
    told = services()["monitor"]["environment"]
    own = {"MONITOR_LOG_LEVEL", "MONITOR_METRICS_HOST", "MONITOR_METRICS_PORT", "MONITOR_STATE_DIR"}
    own |= {f"MONITOR_CONSOLE_{name}" for name in ("HOST", "ADDRESS", "ACCESS", "PROXIES")}
    others = [services()[name]["environment"] for name in BUILT]

    assert [] == [(n, value) for one in others for n, value in one.items() if n not in own and told.get(n) != value]


def test_every_setting_of_env_reaches_who_reads_it() -> None:
    """Or it is one of these, and why: a setting that is written down and has no effect is worse than none."""
    of_compose = {
        "BROKERS", "METRICS_HOST", "METRICS_PORT", "REDIS", "ALERTMANAGER", "CONSOLE_HOST", "CONSOLE_ACCESS",
    }  # fmt: skip
    folders = {"STATE_DIR", "READMODEL_DIR"}  # in a container
    ports = {"CONSOLE_PORT"}  # of a container: another one outside is set under `ports`
    without_a_cluster = {"RULES", "REFERENCE", "EMBEDDED", "CONSOLE_DEMO"}
    names = {name.upper() for name in Settings.model_fields}
    marked = {f"MONITOR_{name}": f"of {name}" for name in names}
    passed = {
        name.removeprefix("MONITOR_")
        for service in compose(marked)["services"].values()
        for name, value in service["environment"].items()
        if value == marked.get(name)
    }

    assert names - passed == of_compose | folders | ports | without_a_cluster


def test_the_key_and_the_secret_are_told_to_who_needs_them_only() -> None:
    """The pseudonyms are made where messages are read; sessions are signed by the console."""
    marked = {"MONITOR_PERSON_KEY": "key", "MONITOR_CONSOLE_SECRET": "secret"}
    told = {name: service["environment"].values() for name, service in compose(marked)["services"].items()}

    assert {"worker", "exporter", "monitor"} == {name for name, values in told.items() if "key" in values}
    assert {"console"} == {name for name, values in told.items() if "secret" in values}


def test_the_console_starts_only_where_people_log_in() -> None:
    """Its port is open inside: without an access file it would refuse, so `up` alone does not start it."""
    console = services()["console"]

    assert (["console"], "/area/access.toml") == (console["profiles"], console["environment"]["MONITOR_CONSOLE_ACCESS"])
    assert console["ports"] == ["127.0.0.1:8470:8470"]


@pytest.mark.parametrize("service", PULLED)
def test_a_server_has_a_health_check(service: str) -> None:
    """The workers have theirs from the image (test_image.py)."""
    check = services()[service]["healthcheck"]

    assert {"test", "interval", "timeout", "retries", "start_period"} <= check.keys()


def test_a_service_waits_for_what_it_needs() -> None:
    """Health is waited for where there is a check, the end of what runs once, and the read model only starts."""
    needs = {
        (name, needed): how["condition"]
        for name, one in services().items()
        for needed, how in one.get("depends_on", {}).items()
    }

    assert {
        ("topics", "kafka"): "service_healthy",
        ("worker", "kafka"): "service_healthy",
        ("worker", "topics"): "service_completed_successfully",
        ("readmodel", "kafka"): "service_healthy",
        ("readmodel", "topics"): "service_completed_successfully",
        ("readmodel", "redis"): "service_started",
        ("exporter", "kafka"): "service_healthy",
        ("exporter", "topics"): "service_completed_successfully",
        ("console", "kafka"): "service_healthy",
        ("console", "topics"): "service_completed_successfully",
        ("console", "redis"): "service_started",
        ("notify", "kafka"): "service_healthy",
        ("notify", "topics"): "service_completed_successfully",
        ("notify", "alertmanager"): "service_started",
        ("grafana", "prometheus"): "service_started",
    } == needs


def test_what_is_mounted_exists() -> None:
    """Named volumes are declared, folders are in the repository and cannot be written."""
    mounts = [mount.split(":") for one in services().values() for mount in one.get("volumes", [])]
    folders = [mount for mount in mounts if mount[0].startswith(".")]
    named = {mount[0] for mount in mounts} - {mount[0] for mount in folders}

    assert named == compose({"MONITOR_PERSON_KEY": "test"})["volumes"].keys()
    assert all((ROOT / source).is_dir() and mode == "ro" for source, _, mode in folders)


@pytest.mark.parametrize("service", sorted(BUILT))
def test_settings_are_settings(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable of the monitor is one that it reads, with a value that it takes."""
    environment = {name: str(value) for name, value in services()[service]["environment"].items()}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings()

    assert environment == {name: str(getattr(settings, name.removeprefix("MONITOR_").lower())) for name in environment}


# --- the command lines


def test_redis_starts_with_its_command_and_answers_its_health_check(tmp_path: Path) -> None:
    """The same words to the same program, on a socket; without the server the check fails."""
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        unavailable("redis", "no redis-server and redis-cli on PATH")
    socket, (client, *check) = tmp_path / "s", health_check("redis")
    server = [*words("redis"), "--port", "0", "--unixsocket", str(socket), "--dir", str(tmp_path)]
    with running(server, tmp_path / "log"):
        eventually(lambda: run(client, "-s", socket, *check).returncode == 0, "redis is well")

    assert run(client, "-s", socket, *check).returncode != 0


@pytest.fixture
def web_server() -> Iterator[int]:
    """A server that is well under one path, as Grafana is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/health" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_the_health_check_of_grafana_asks_its_server(web_server: int) -> None:
    """Grafana itself is not on this machine: another server answers in its place, under its path."""
    if not shutil.which("wget"):
        pytest.skip("no wget on PATH")
    check = [word.replace(":3000", f":{web_server}") for word in health_check("grafana")]

    assert run(*check).returncode == 0
    assert run(*[word.replace("health", "other") for word in check]).returncode != 0


@pytest.fixture
def jars() -> str:
    """The class path of Kafka's published jars, which are also in its image."""
    if run("sh", SCRIPT, "fetch").returncode:
        pytest.skip("kafka: the jars of deploy/kafka need Java and Maven")
    return f"{DEPLOY}/kafka/.libs/*"


def java(jars: str, *more: str) -> list[str]:
    """Java with Kafka's jars, made to start quickly."""
    return ["java", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", jars, *more]


def places_of_this_machine(folder: Path) -> dict[str, str]:
    """Addresses and folders of the compose file, with those that stand for them in a test."""
    ports = dict(zip((9092, 9093, 29092), free_ports(3), strict=True))
    anywhere = "0.0.0.0"  # noqa: S104 - what the container listens on
    hosts = ("kafka", anywhere, "127.0.0.1")
    places = {f"{host}:{inside}": f"127.0.0.1:{port}" for inside, port in ports.items() for host in hosts}
    return places | {"/var/lib/kafka/data": str(folder / "data")}


def here(value: object, places: dict[str, str]) -> str:
    """A value of the compose file with addresses and folders of this machine."""
    text = str(value)
    for theirs, ours in places.items():
        text = text.replace(theirs, ours)
    return text


@pytest.mark.kafka
@pytest.mark.slow
def test_the_broker_starts_from_its_environment_and_the_topics_are_made(jars: str, tmp_path: Path) -> None:
    """The image's own wrapper makes the settings of the environment; the health check and `topics create` follow."""
    places = places_of_this_machine(tmp_path)
    environment = {name: here(value, places) for name, value in services()["kafka"]["environment"].items()}
    flags = []
    for kind in ("default", "mounted", "final"):
        (tmp_path / kind).mkdir()
        flags += [f"--{kind}-configs-dir", str(tmp_path / kind)]
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (tmp_path / "default" / name).touch()
    made = run(*java(jars, "kafka.docker.KafkaDockerWrapper", "setup", *flags), env=os.environ | environment)
    assert made.returncode == 0, made.stderr
    with running(java(jars, "kafka.Kafka", str(tmp_path / "final" / "server.properties")), tmp_path / "kafka.log"):
        # Each question starts a JVM of its own, which takes from the broker what it needs to start.
        eventually(lambda: listens(places["127.0.0.1:29092"]), "kafka listens", 240)
        eventually(lambda: ask_kafka(jars, places), "kafka is well", 240)
        created, again = create_topics(places), create_topics(places)

    assert (0, {"created"}, 0, {"exists"}) == (
        created.returncode, states(created.stdout), again.returncode, states(again.stdout),
    )  # fmt: skip


def listens(address: str) -> bool:
    """Whether somebody takes connections at host:port."""
    host, _, port = address.rpartition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


def ask_kafka(jars: str, places: dict[str, str]) -> bool:
    """The health check: the script of the image starts this class."""
    heap, script, *arguments = shlex.split(health_check("kafka")[0])
    assert (heap, script) == ("KAFKA_HEAP_OPTS=-Xmx128m", "/opt/kafka/bin/kafka-configs.sh")
    asked = run(*java(jars, "kafka.admin.ConfigCommand", *(here(one, places) for one in arguments)))
    return asked.returncode == 0


def create_topics(places: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The one-shot service, in English."""
    environment = {name: here(value, places) for name, value in services()["topics"]["environment"].items()}
    return run(
        sys.executable, "-m", "monitor", *words("topics"), "--lang", "en", env=os.environ | environment, cwd=ROOT
    )


def states(said: str) -> set[str]:
    """What became of the topics."""
    return {line.split()[0] for line in said.splitlines()}

"""The real Prometheus and Alertmanager under the files of deploy/, which know them only by the names of Compose.

What is changed of the files: addresses and folders, and how long is waited, so that a test sees in seconds what
takes minutes. A Prometheus of Debian 12 (2.42) and an Alertmanager of Debian 12 (0.25) are enough.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from tests.deploy._compose import words
from tests.deploy._processes import DEPLOY, ROOT, eventually, free_port, get, program, running

Process = subprocess.Popen[bytes]
CALLED = "/etc/alertmanager/urls/"


def prometheus_settings(targets: list[str], alertmanager: str, more: Mapping[str, list[str]]) -> dict[str, Any]:
    """prometheus.yml with these workers, this Alertmanager, and a look every second."""
    settings: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    settings["global"] = dict.fromkeys(settings["global"], "1s")
    settings["rule_files"] = [str(DEPLOY / "prometheus" / name) for name in settings["rule_files"]]
    settings["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alertmanager]
    jobs = {job["job_name"]: job for job in settings["scrape_configs"]}
    for name in ("settlement-monitor", "settlement-console"):
        del jobs[name]["dns_sd_configs"]
    jobs["settlement-monitor"]["static_configs"] = [{"targets": targets}]
    for name in ("settlement-notify", "settlement-readmodel", "settlement-exporter", "settlement-console"):
        jobs[name]["static_configs"] = [{"targets": more.get(name, [])}]
    del jobs["settlement-exporter"]["scrape_interval"]
    jobs["alertmanager"]["static_configs"] = [{"targets": [alertmanager]}]
    return settings


ALWAYS = [{"years": ["2000:2100"]}]
NEVER = [{"years": ["2000"]}]


def alertmanager_settings(
    receiver: str, *, hurried: str = "", intervals: Mapping[str, list[dict[str, list[str]]]] | None = None
) -> dict[str, Any]:
    """alertmanager.yml with what stands in the files of its URLs: Alertmanager reads those itself since 0.26.

    hurried: so long is waited at every place, in the place of minutes. intervals: in the place of those of that name.
    """
    settings: dict[str, Any] = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yml").read_text())
    settings["templates"] = [str(DEPLOY / "alertmanager" / "templates" / "*.tmpl")]
    for one in settings["receivers"]:
        for webhook in one["webhook_configs"]:
            webhook["url"] = receiver + webhook.pop("url_file").removeprefix(CALLED)
    if hurried:
        for route in (settings["route"], *settings["route"]["routes"]):
            route.update(group_wait=hurried, group_interval=hurried)
    for one in settings["time_intervals"]:
        one["time_intervals"] = (intervals or {}).get(one["name"], one["time_intervals"])
    return settings


def placed(service: str, **places: str) -> list[str]:
    """The words of a service's command with other values for the flags that name a folder or file."""
    return [
        next((f"--{flag}={value}" for flag, value in places.items() if word.startswith(f"--{flag}=")), word)
        for word in words(service)
    ]


@dataclass(frozen=True)
class Told:
    """One call of Alertmanager."""

    receiver: str
    status: str
    alerts: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Stack:
    """Ports of the servers, and whom Alertmanager called."""

    prometheus: int
    alertmanager: int
    told: list[Told]

    def told_of(self, alert: str) -> set[str]:
        """Who heard of an alert."""
        return {one.receiver for one in self.told if alert in one.alerts}


@contextlib.contextmanager
def operations_room(host: str = "127.0.0.1") -> Iterator[tuple[str, list[Told]]]:
    """A server that Alertmanager can call: its URL, and what it was told under which path. host: where it listens."""
    told: list[Told] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            names = tuple(one["labels"]["alertname"] for one in body["alerts"])
            told.append(Told(self.path.strip("/"), body["status"], names, json.dumps(body, ensure_ascii=False)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((host, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{host}:{server.server_address[1]}/", told
        finally:
            server.shutdown()


@contextlib.contextmanager
def endpoint(folder: Path) -> Iterator[str]:
    """The address of a process with metrics that were fed with settlements."""
    said = folder / "endpoint.log"
    with running([sys.executable, "-m", "tests.deploy._endpoint"], said, cwd=ROOT):
        eventually(lambda: said.read_text().endswith("\n"), "the endpoint says its port")
        yield f"127.0.0.1:{int(said.read_text())}"


@contextlib.contextmanager
def prometheus(
    folder: Path,
    targets: list[str],
    alertmanager: str = "127.0.0.1:1",
    more: Mapping[str, list[str]] | None = None,
) -> Iterator[int]:
    """The port of a Prometheus with the command of the compose file. more: targets of other jobs."""
    binary, port, settings = program("prometheus"), free_port(), folder / "prometheus.yml"
    settings.write_text(yaml.safe_dump(prometheus_settings(targets, alertmanager, more or {})))
    flags = placed("prometheus", **{"config.file": str(settings), "storage.tsdb.path": str(folder / "tsdb")})
    with running([binary, *flags, f"--web.listen-address=127.0.0.1:{port}"], folder / "prometheus.log"):
        eventually(lambda: get(port, "/-/ready")[0] == 200, "Prometheus is ready")
        yield port


@contextlib.contextmanager
def alertmanager(folder: Path, settings: dict[str, Any], port: int | None = None) -> Iterator[tuple[int, Process]]:
    """The port and process of an Alertmanager with the command of the compose file; it keeps its data in the folder."""
    binary, port = program("alertmanager", "prometheus-alertmanager"), port or free_port()
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(settings))
    flags = placed("alertmanager", **{"config.file": str(file), "storage.path": str(folder / "alertmanager")})
    command = [binary, *flags, f"--web.listen-address=127.0.0.1:{port}"]
    with running(command, folder / "alertmanager.log") as process:
        eventually(lambda: get(port, "/-/ready")[0] == 200, "Alertmanager is ready")
        yield port, process


@contextlib.contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """Metrics, Prometheus, Alertmanager and the operations room."""
    program("prometheus")  # before anything is started
    with (
        operations_room() as (receiver, told),
        endpoint(folder) as worker,
        alertmanager(folder, alertmanager_settings(receiver, hurried="1s")) as (manager, _),
        prometheus(folder, [worker], f"127.0.0.1:{manager}") as watcher,
    ):
        yield Stack(watcher, manager, told)

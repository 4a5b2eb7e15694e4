"""`make compose`: docker-compose.yml from the first start to the last `down`, on an engine of its own.

    python -m tests.compose CACHE [--stack-only]

CACHE: the folder that tests/compose/run has prepared. --stack-only: without the tests that take their servers from
containers. Prints what happened, with the seconds since the start; ends with
1 at the first thing that is not as it should be.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.compose._engine import build_stand_ins, engine, run
from tests.compose._stack import EVENTS, PATIENCE, Stack, copy_tree, top_of_file
from tests.deploy._processes import ROOT, eventually, query
from tests.deploy._watch import Told, operations_room

STARTED = time.monotonic()
SUSPENDED = "P34102100099"
PEOPLE = 8
"""So many persons swipe at one shop within three minutes. S01 reports eight: without one of them there is no alert."""
MOST_LINES = 60
"""Of one service while the broker is killed and comes back. The libraries alone write 200 a second."""
SERVERS = ("redis", "alertmanager", "prometheus")
"""Those that processes of the monitor, or Grafana, ask."""
TABLES = {
    "institutions": f"fixmedins_code,kind,status,valid_from\n{SUSPENDED},pharmacy,suspended,2020-01-01\n",
    "deaths": "psn_no,die_date,valid_from\n34102199000000999901,2026-01-05,2026-01-05\n",
}


def say(what: str) -> None:
    """A line of the log of this run."""
    print(f"{time.monotonic() - STARTED:6.1f} s  {what}", flush=True)  # noqa: T201 - a command


def settlement(shop: str, number: int) -> dict[str, Any]:
    """One person swipes at a shop, each 20 s after the one before, all within the last hour."""
    when = f"{datetime.now(UTC) + timedelta(hours=8, seconds=20 * number - 3600):%Y-%m-%d %H:%M:%S}"
    own = f"{shop}n{number}"
    return {
        "msgid": own, "infno": "2102", "fixmedins_code": shop, "inf_time": when, "psn_no": f"3410{own}", "setl_id": own,
        "mdtrt_id": own, "med_type": "41", "setl_time": when, "medfee_sumamt": 60.0, "fund_pay_sumamt": 50.0,
        "feedetail": [],
    }  # fmt: skip


def burst(shop: str) -> list[dict[str, Any]]:
    """A burst at one shop."""
    return [settlement(shop, number) for number in range(PEOPLE)]


def shops() -> Iterator[str]:
    """Shops at which nothing has happened yet."""
    return (f"P341021{number:05d}" for number in range(1, 1000))


def first_start(stack: Stack) -> None:
    """What the top of the file says, from nothing."""
    stack.shell(top_of_file(r"\(umask"))
    stack.shell(top_of_file(r"chmod -R"))
    stack.shell("docker compose build worker")  # the image is one for all services
    say("image built from a clone under umask 077")
    stack.shell(top_of_file(r"docker compose up"))
    say(f"up: {len(stack.containers())} containers, all healthy")
    said = stack.doctor(codes=(1,))
    assert "without their tables" in said, said
    area = stack.folder / "deploy" / "area"
    (area / "tables").mkdir(mode=0o700)
    for name, text in TABLES.items():
        (area / "tables" / f"{name}.csv").write_text(text, encoding="utf-8")
    (area / "rules.toml").write_text("[D02]\nenabled = false\n")
    stack.shell(top_of_file(r"docker compose run .* reference load"))
    stack.shell(top_of_file(r"docker compose run .* rules put"))
    # The workers look every five seconds what was loaded; an event that comes before that is judged without it.
    [mark] = re.findall(r"enabled; version (\w+)", stack.doctor())
    eventually(
        lambda: f'"mark": "{mark}"' in stack.logs("worker"), "the workers to judge by tables and rules", PATIENCE
    )
    say("tables and rules loaded, and in force")


def event_to_alerts(stack: Stack, shop: str) -> set[tuple[str, str]]:
    """A burst, and a settlement without an agreement; gives their two alerts."""
    stack.publish([*burst(shop), settlement(SUSPENDED, 0)])
    say("events published")
    wanted = {("S01", shop), ("S09", SUSPENDED)}
    expect_alerts(stack, wanted)
    say("alerts in the read model: S01 and, by the table, S09")
    return wanted


def alert_to_webhook(stack: Stack, told: list[Told]) -> None:
    """The critical alert is told at once; that is a minute after it came."""
    eventually(
        lambda: any(one.receiver == "at-once" and SUSPENDED in one.body for one in told), "the webhook", PATIENCE
    )
    say("webhook at-once called with S09")
    said = stack.doctor()
    assert "well    notify" in said, said
    assert "well    MONITOR_REDIS" in said, said
    [(enabled, rules)] = re.findall(r"rules: (\d+) of (\d+) enabled", said)
    assert int(enabled) == int(rules) - 1, said


def expect_alerts(stack: Stack, wanted: set[tuple[str, str]]) -> None:
    """Wait until these alerts stand, once each, S01 with every person of its burst."""

    def stand() -> bool:
        found = [(one["rule_id"], one["fixmedins_code"], one["evidence_count"]) for one in stack.alerts()]
        whole = {(rule, shop, PEOPLE if rule == "S01" else 1) for rule, shop in wanted}
        return whole <= set(found) and len({one[:2] for one in found}) == len(found)

    eventually(stand, f"the alerts {sorted(wanted)}", PATIENCE)


def kill_others(stack: Stack, names: Iterator[str]) -> set[tuple[str, str]]:
    """Kill every main process but the broker's once, at once what can do without one another; gives the alerts.

    A burst for each of them is on the way.
    """
    others = [one for one in stack.containers() if one.service not in ("topics", "kafka")]
    later = [one.name for one in others if one.name.endswith("-2") or one.service in SERVERS]
    wanted = set()
    for killed in ([one.name for one in others if one.name not in later], later):
        bursts = [next(names) for _ in killed]
        stack.publish([event for shop in bursts for event in burst(shop)])
        stack.kill(killed)
        wanted |= {("S01", shop) for shop in bursts}
        say(f"killed and back: {', '.join(killed)}")
    return wanted


def nothing_lost(stack: Stack, wanted: set[tuple[str, str]]) -> None:
    """All are well again, and each alert stands once and whole."""
    stack.wait_until_healthy()
    say("all healthy again")
    eventually(stack.all_read, "all events to be read", PATIENCE)
    expect_alerts(stack, wanted)
    say(f"{len(wanted)} alerts, each once and whole: nothing lost, nothing twice")


def kill_broker(stack: Stack, shop: str) -> tuple[str, str]:
    """Kill the broker, and publish a burst when it is back; gives its alert."""
    [broker] = [one.name for one in stack.containers() if one.service == "kafka"]
    before = {service: stack.lines(service) for service in ("worker", "readmodel", "notify", "exporter")}
    stack.kill([broker])
    stack.wait_until_healthy()
    more = {service: stack.lines(service) - number for service, number in before.items()}
    say(f"killed and back: {broker}; lines of the logs while it was away: {more}")
    assert max(more.values()) <= 2 * MOST_LINES, more  # of two workers
    stack.publish(burst(shop))
    return "S01", shop


def watched(stack: Stack) -> None:
    """Prometheus sees every process of the stack."""
    wanted = sum(one.service not in ("topics", "kafka", "redis", "grafana") for one in stack.containers())

    def all_up() -> bool:
        return len(query(9090, "up == 1")) == wanted

    eventually(all_up, f"{wanted} targets of Prometheus", PATIENCE)
    say(f"Prometheus sees all {wanted} targets")


def down_and_up(stack: Stack, wanted: set[tuple[str, str]], shop: str) -> None:
    """What is stored stays, no volume without a name is left, and a topic that was grown keeps no worker away."""
    stack.monitor("topics", "grow", EVENTS, str(len(stack.offsets()["read"]) + 1))
    before = stack.offsets()
    stack.shell(top_of_file(r"docker compose down"))
    volumes = run("docker", "volume", "ls", "--format", "{{.Name}}").split()
    assert all(name.startswith("settlement-monitor_") for name in volumes), volumes
    say(f"down: {len(volumes)} volumes, all with a name")
    stack.shell(top_of_file(r"docker compose up"))
    after = stack.offsets()
    assert before == after, (before, after)
    say(f"up again, with a topic that was grown: the same offsets, {sum(after['read'].values())} events read")
    stack.publish(burst(shop))
    expect_alerts(stack, wanted | {("S01", shop)})
    say("the alerts as before, and the next one")


def broker_away(stack: Stack) -> None:
    """What an operator asks while Kafka is down starts nothing, and says it."""
    stack.shell("docker compose stop kafka")
    said = stack.doctor(codes=(1,))
    assert "PROBLEM MONITOR_BROKERS" in said, said
    assert not any(one.running for one in stack.containers() if one.service == "kafka")
    say("with Kafka stopped doctor finds it, and starts nothing")


def tests_in_containers() -> None:
    """The tests of the shared servers, with Kafka and Redis from containers; the script has brokers to be killed."""
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "tests/kafka/test_cluster.py", "tests/test_servers.py"]
    # This process may be in a container itself; the engine is beside it all the same.
    wanted = {"MONITOR_TEST_REQUIRE": "kafka,redis", "TESTCONTAINERS_CONNECTION_MODE": "docker_host"}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | wanted, capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "skipped" not in done.stdout, done.stdout
    left = run("docker", "ps", "--all", "--quiet")
    assert not left, left
    say(f"tests with servers from containers: {done.stdout.splitlines()[-1]}")


def main(cache: Path, *, stack_only: bool) -> None:
    """The whole run, in order."""
    names = shops()
    with engine(cache), tempfile.TemporaryDirectory(prefix="compose-") as folder:
        say("engine started")
        build_stand_ins(cache / "root.tar")
        say("stand-ins built")
        stack = Stack(Path(folder) / "clone")
        copy_tree(stack.folder)
        try:
            first_start(stack)
            gateway = run(
                "docker",
                "network",
                "inspect",
                "--format",
                "{{(index .IPAM.Config 0).Gateway}}",
                "settlement-monitor_default",
            )
            with operations_room(gateway.strip()) as (url, told):
                for receiver in ("at-once", "reviewer", "digest", "ops"):
                    file = stack.folder / "deploy" / "alertmanager" / "urls" / receiver
                    file.write_text(url + receiver)
                    file.chmod(0o644)
                wanted = event_to_alerts(stack, next(names))
                watched(stack)
                wanted.add(kill_broker(stack, next(names)))
                alert_to_webhook(stack, told)
                wanted |= kill_others(stack, names)
                nothing_lost(stack, wanted)
            down_and_up(stack, wanted, next(names))
            broker_away(stack)
        except BaseException:
            (cache / "compose.log").write_text(run("docker", "compose", "logs", "--no-color", cwd=stack.folder))
            say(f"failed; not healthy: {stack.ill()}; what the containers said last, all of it in {cache}/compose.log:")
            print(run("docker", "compose", "logs", "--no-color", "--tail", "20", cwd=stack.folder))  # noqa: T201 - as above
            raise
        finally:
            run("docker", "compose", "--profile", "*", "down", "--volumes", "--timeout", "1", cwd=stack.folder)
        if not stack_only:
            tests_in_containers()
    say("engine ended")


if __name__ == "__main__":
    main(Path(sys.argv[1]), stack_only="--stack-only" in sys.argv[2:])

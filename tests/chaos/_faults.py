"""The faults: what is done to workers, brokers and topics while there is work to do."""

import csv
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from confluent_kafka import KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from rules.times import DAY, iso, parse
from tests.chaos._crew import START_SECONDS
from tests.chaos._log import wait_for
from tests.chaos._scene import SESSION_SECONDS, Kind, Scene
from tests.chaos._traffic import FIRST, settlement
from tests.e2e._area import encoded, monitor
from tests.e2e.checker import Revision

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
CLOCKS = ("-100d", "+2h", "")
LONE = 3
"""The broker that alone has the first partition of the events."""
SWITCHED = "E09"
"""The rule that is switched on and off; it asks whether a person was dead."""
PHARMACY = "P34600000001"
"""Where those come who are dead."""
MOST_TURNS = 100
"""For more injections there are no persons."""


@contextmanager
def kill(scene: Scene) -> Iterator[set[int]]:
    """End a worker at once; another comes in its place."""
    scene.burst()
    with _killed(scene) as partitions:
        yield partitions


@contextmanager
def kill_in_backlog(scene: Scene) -> Iterator[set[int]]:
    """End a worker at once while all is published already."""
    wait_for(lambda: any(map(scene.crew.partitions_of, scene.crew.members)), 120, "a worker that has partitions")
    scene.pause(0, 5)
    with _killed(scene) as partitions:
        yield partitions


def lead_alone(scene: Scene) -> None:
    """Make the events anew: one broker has the first partition, and nothing else of them."""
    name = scene.log.name("events")
    admin, count = scene.log.admin, len(scene.log.partitions("events"))
    [before] = _ids_of(admin, name)
    for future in admin.delete_topics([name]).values():
        future.result(30)
    nodes = [[LONE]] + [[1 + number % 2] for number in range(1, count)]
    settings = {"message.timestamp.type": "LogAppendTime", "min.insync.replicas": "1"}

    def made() -> bool:
        try:
            topic = NewTopic(name, count, replica_assignment=nodes, config=settings)
            for future in admin.create_topics([topic]).values():
                future.result(30)
        except KafkaException:  # not gone yet
            return False
        return True

    wait_for(made, 60, "the topic of events to be made anew")
    wait_for(lambda: len(ids := _ids_of(admin, name)) == 1 and ids.isdisjoint({before, ""}), 60, "brokers to know it")


def _ids_of(admin: AdminClient, topic: str) -> set[str]:
    """The ids that brokers give for a topic: each question goes to one of them; empty where it does not know it."""
    return {_id_of(admin, topic) for _ in range(20)}


def _id_of(admin: AdminClient, topic: str) -> str:
    try:
        return str(admin.describe_topics(TopicCollection([topic]))[topic].result(30).topic_id)
    except KafkaException:
        return ""


@contextmanager
def leader_withheld(scene: Scene) -> Iterator[None]:
    """The broker of one partition is away while workers are killed, and back before the others stop to wait for it."""
    wait_for(lambda: any(map(scene.crew.partitions_of, scene.crew.members)), 120, "a worker that has partitions")
    yield None
    scene.brokers.kill(LONE)
    for _ in range(3):
        scene.pause(2, 6)
        with _killed(scene):
            pass
    scene.pause(0, 5)
    scene.brokers.start()


@contextmanager
def _killed(scene: Scene, **extra: str) -> Iterator[set[int]]:
    victim = scene.crew.at_work(scene.rng)
    partitions = scene.crew.partitions_of(victim)
    scene.crew.kill(victim)
    yield partitions
    scene.pause(0, SESSION_SECONDS)
    scene.crew.replace(victim, **extra)


@contextmanager
def stop(scene: Scene) -> Iterator[set[int]]:
    """Stop a worker until others have its partitions, then let it go on; every other time its heir is killed then."""
    scene.burst()
    victim = scene.crew.at_work(scene.rng)
    partitions = scene.crew.partitions_of(victim)
    victim.worker.process.send_signal(signal.SIGSTOP)
    yield partitions
    wait_for(lambda: not scene.crew.partitions_of(victim), 6 * SESSION_SECONDS, "heirs of a stopped worker")
    scene.pause(0.5, 3)
    victim.worker.process.send_signal(signal.SIGCONT)
    if scene.turn % 2:
        scene.pause(0, 2)
        heir = next(one for one in scene.crew.members if one is not victim)
        scene.crew.kill(heir)
        scene.crew.replace(heir)


@contextmanager
def join(scene: Scene) -> Iterator[None]:
    """A third worker joins, and the next time leaves."""
    if len(scene.crew.members) == 2:
        newcomer = scene.crew.start()
        wait_for(lambda: "versions read" in newcomer.worker.said(), 60, "a worker that joins")
        scene.burst()
        yield None
    else:
        scene.burst()
        scene.crew.ask_to_end(scene.crew.members[2])
        yield None
        scene.crew.dismiss(scene.crew.members[2])


@contextmanager
def rolling(scene: Scene) -> Iterator[set[int]]:
    """End a worker in order, and start another in its place; each in turn."""
    victim = scene.crew.members[scene.turn % len(scene.crew.members)]
    scene.burst()
    partitions = scene.crew.partitions_of(victim)
    scene.crew.ask_to_end(victim)
    yield partitions
    scene.crew.wait_for_end(victim)
    scene.crew.replace(victim)


@contextmanager
def broker_killed(scene: Scene) -> Iterator[None]:
    """A power cut of one broker of three."""
    scene.burst()
    yield None
    scene.brokers.kill(_node(scene))
    scene.pause(1, 10)
    scene.brokers.start()


@contextmanager
def broker_paused(scene: Scene) -> Iterator[None]:
    """A broker hangs until the others have its partitions, and goes on."""
    scene.burst()
    yield None
    node = _node(scene)
    scene.brokers.pause(node)
    scene.pause(3, 12)
    scene.brokers.resume(node)


@contextmanager
def two_brokers_killed(scene: Scene) -> Iterator[None]:
    """Two of three brokers have a power cut."""
    scene.burst()
    yield None
    for node in scene.rng.sample((1, 2, 3), 2):
        scene.brokers.kill(node)
    scene.pause(1, 10)
    scene.brokers.start()


@contextmanager
def not_enough_replicas(scene: Scene) -> Iterator[None]:
    """All three replicas are asked for, and one broker is away."""
    topics = ("internal.entries", "internal.changelog", "alerts")
    for topic in topics:
        scene.log.configure(topic, min_insync_replicas="3")
    scene.burst()
    yield None
    scene.brokers.kill(_node(scene))
    scene.pause(3, 15)
    scene.brokers.start()
    for topic in topics:
        scene.log.configure(topic, min_insync_replicas="2")


def compact_often(scene: Scene) -> None:
    """Let the changelog be compacted as soon as it can be."""
    scene.log.configure(
        "internal.changelog", segment_ms="1000", min_cleanable_dirty_ratio="0.01", delete_retention_ms="0"
    )
    scene.log.configure_brokers(log_cleaner_backoff_ms="500")


@contextmanager
def compacted(scene: Scene) -> Iterator[set[int]]:
    """End a worker at once when the changelog has lost records by compaction."""

    def stand() -> set[tuple[int, int]]:
        return {(one.partition, one.offset) for one in scene.log.read("internal.changelog")}

    before = stand()
    scene.burst()
    wait_for(lambda: not before <= stand(), 60, "a compacted changelog")
    scene.publisher.send(scene.portion // 2)
    scene.publisher.flush()
    with _killed(scene) as partitions:
        yield partitions


@contextmanager
def rows_loaded(scene: Scene) -> Iterator[set[int]]:
    """Rows are loaded under load and a worker is killed; what they concern comes when every task has passed them."""
    before = _in_force(scene)
    persons = _persons(scene.turn)
    _load_deaths(scene, persons, _now(scene) - 5 * DAY)
    scene.burst()
    with _killed(scene) as partitions:
        yield partitions
    _wait_for_turn(scene, before)
    _use(scene, persons)


def switch_off(scene: Scene) -> None:
    """Load the persons of all turns as dead, and switch the rule off that asks for it."""
    _load_deaths(scene, [person for turn in range(MOST_TURNS) for person in _persons(turn)], FIRST - 5 * DAY)
    _put_rule(scene, enabled=False)


@contextmanager
def rules_put(scene: Scene) -> Iterator[set[int]]:
    """A rule is switched on or off under load and a worker is killed; what it concerns comes only while it is on."""
    before, enabled = _in_force(scene), scene.turn % 2 == 0
    _put_rule(scene, enabled=enabled)
    scene.burst()
    with _killed(scene) as partitions:
        yield partitions
    _wait_for_turn(scene, before)
    if enabled:
        _use(scene, _persons(scene.turn))


def is_of_turns(revision: Revision) -> bool:
    """Whether an alert is of another rule, or of a person for whom the rule was switched on."""
    return bool(revision["rule_id"] != SWITCHED or revision["fixmedins_code"] == PHARMACY)


def _put_rule(scene: Scene, *, enabled: bool) -> None:
    file = scene.area.folder / "rules.toml"
    file.write_text(f"[{SWITCHED}]\nenabled = {str(enabled).lower()}\n")
    scene.area.run("rules", "put", str(file))


def _persons(turn: int) -> list[str]:
    return [f"dead-{turn}-{number}" for number in range(3)]


def _in_force(scene: Scene) -> set[str]:
    return {head.in_force for head in scene.log.heads().values()}


def _wait_for_turn(scene: Scene, before: set[str]) -> None:
    """Let traffic come in until every task judges by what is in force now."""

    def passed() -> bool:
        scene.publisher.send(50)
        time.sleep(1)
        there = _in_force(scene)
        return len(there) == 1 and not there & before

    wait_for(passed, 150, "every task to pass what was loaded")


def _use(scene: Scene, persons: list[str]) -> None:
    """Publish what persons had who are dead."""
    used = [settlement(PHARMACY, person, _now(scene), person) for person in persons]
    scene.publisher.send_also(map(encoded, used))


def _now(scene: Scene) -> int:
    """The upload of what was published last, ms."""
    return parse(orjson.loads(scene.publisher.last[1])["inf_time"])


def _load_deaths(scene: Scene, persons: list[str], at: int) -> None:
    """Put persons who died then into the register, on the topic and among the tables of the replay."""
    assert scene.tables is not None
    died = iso(at)[:10]
    with (scene.tables / "deaths.csv").open(newline="") as file:
        columns = next(csv.reader(file))
    folder = scene.area.folder / f"load-{scene.turn}"
    folder.mkdir()
    for path in (folder / "deaths.csv", scene.tables / "deaths.csv"):
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            if new:
                writer.writeheader()
            writer.writerows({"psn_no": one, "die_date": died, "valid_from": died} for one in persons)
    scene.area.run("reference", "load", str(folder))


@contextmanager
def clock_set(scene: Scene) -> Iterator[set[int]]:
    """A worker is killed, and its heir has a clock that is 100 days behind, two hours ahead, or right."""
    scene.burst()
    shift = CLOCKS[scene.turn % len(CLOCKS)]
    faked = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
    with _killed(scene, **faked if shift else {}) as partitions:
        yield partitions


@contextmanager
def strangers(scene: Scene) -> Iterator[None]:
    """A stranger's transaction on every partition of events and entries is open for a while, and aborted."""
    stranger = Producer({
        "bootstrap.servers": scene.kafka.bootstrap, "transactional.id": f"{scene.area.prefix}-stranger",
        "log_level": 0,
    })  # fmt: skip
    stranger.init_transactions(30)
    scene.burst()
    yield None
    stranger.begin_transaction()
    for topic in ("events", "internal.entries"):
        for tp in scene.log.partitions(topic):
            stranger.produce(tp.topic, b"never said", partition=tp.partition)
    stranger.flush(30)
    scene.pause(0.5, 4)
    stranger.abort_transaction(30)
    with _killed(scene):
        pass


@contextmanager
def trimmed(scene: Scene) -> Iterator[None]:
    """All workers are killed, and a part of what they had still to read is deleted, of events and inside."""
    scene.burst()
    for member in scene.crew.members:
        scene.crew.kill(member)
    yield None
    scene.keep()
    heads = {number: head.offset for number, head in scene.log.heads().items()}
    for topic, done in (("events", scene.log.done("events")), ("internal.entries", heads)):
        ends = scene.log.ends(topic)
        until = {number: (done.get(number, 0) + end + 1) // 2 for number, end in ends.items()}
        scene.log.trim(topic, until)
    scene.spoiled.add(scene.wave)
    for member in scene.crew.members:
        scene.crew.replace(member)
    wait_for(lambda: scene.crew.hopeless or scene.crew.lost or scene.crew.are_ready(), START_SECONDS, "the workers")
    if scene.crew.lost:
        _accept(scene)


def _accept(scene: Scene) -> None:
    """What was lost is a person's to decide: here the person does what the worker's line says, and starts again."""
    for member in scene.crew.members:
        scene.crew.kill(member)
    command = ("topics", "accept-gap", "--yes")
    wait_for(lambda: monitor(*command, env=scene.area.env()).returncode == 0, 60, "the gap to be accepted")
    for member in scene.crew.members:
        scene.crew.replace(member)


def _node(scene: Scene) -> int:
    return scene.rng.choice((1, 2, 3))


KINDS: dict[str, Kind] = {
    "kill": Kind("worker killed with -9", kill),
    "stop": Kind("worker stopped past its session, then continued; every other time its heir killed", stop),
    "join": Kind("worker joins, worker leaves", join),
    "rolling": Kind("rolling restart with SIGTERM", rolling),
    "broker-kill": Kind("one broker of three killed", broker_killed, brokers=3),
    "broker-pause": Kind("one broker of three stopped, then continued", broker_paused, brokers=3),
    "brokers-two": Kind("two brokers of three killed", two_brokers_killed, brokers=3),
    "not-enough-replicas": Kind("one broker away, all replicas asked for", not_enough_replicas, brokers=3),
    "compact": Kind("changelog compacted, then a worker killed", compacted, prepare=compact_often),
    "tables": Kind("rows loaded under load, and a worker killed", rows_loaded),
    "rules": Kind(
        "a rule switched on and off under load, and a worker killed", rules_put, prepare=switch_off, counts=is_of_turns
    ),
    "backlog": Kind("60 days published at once, workers killed", kill_in_backlog, partitions=8, played="backlog"),
    "withheld": Kind(
        "60 days published at once, one partition's broker away, workers killed",
        leader_withheld,
        brokers=3,
        partitions=8,
        played="backlog",
        prepare=lead_alone,
    ),
    "clock": Kind("worker killed, its heir's clock 100 d back or 2 h ahead", clock_set),
    "strangers": Kind("strangers' transaction open, aborted, a worker killed", strangers),
    "trimmed": Kind("events and entries trimmed while all workers are down", trimmed, played="waves"),
}

"""The same traffic in every form says the same: in a file, and on a real Kafka."""

import json
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from monitor.simulate import Simulation, write_reference
from rules.times import HOUR
from tests.e2e._area import Area, Event, environment, key_of, monitor, until
from tests.e2e.checker import differences, faults, read_log, standing

Form = Literal["flat", "reply", "mixed"]
FORMS: tuple[Form, ...] = ("flat", "reply", "mixed")
SLICE = 24 * HOUR
"""Published at once: so no partition is ahead of another by more than the grace."""


def simulation(form: Form, *, by_batch: bool = True) -> Simulation:
    """Two weeks of a small county, with its frauds; cancels by batch, and deletions of stock."""
    return Simulation(33, 2_000, 14, date(2026, 3, 1), by_batch=by_batch, form=form)


def written(folder: Path, form: Form) -> Path:
    """The traffic as a file of messages."""
    path = folder / f"{form}.jsonl"
    lines = (json.dumps(body, ensure_ascii=False) for _, body in simulation(form).events())
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def replayed(path: Path, tables: Path) -> tuple[list[bytes], dict[str, Any]]:
    """The revisions and the summary that the command makes of a file."""
    alerts = path.with_suffix(".alerts")
    done = monitor("replay", str(path), "--json", "--alerts", str(alerts), env=environment(reference=tables))
    assert done.returncode == 0, done.stderr
    return read_log(alerts), json.loads(done.stdout)


def keyed(form: Form) -> Iterator[tuple[int, Event]]:
    """Each message with its inf_time and its record key, which the flat message has in its header."""
    pairs = zip(simulation("flat").events(), simulation(form).events(), strict=True)
    for (uploaded, flat), (_, body) in pairs:
        yield uploaded, (key_of(flat), json.dumps(body, ensure_ascii=False).encode())


def test_a_file_says_the_same_in_every_form(tmp_path: Path) -> None:
    """Flat, request and reply, and all of it mixed with every notation; nothing is refused."""
    write_reference(simulation("flat").reference(), tmp_path / "tables")
    found = {form: replayed(written(tmp_path, form), tmp_path / "tables") for form in FORMS}
    flat, counted = found["flat"]

    assert len(standing(flat)) > 10
    for form in FORMS[1:]:
        log, summary = found[form]
        assert differences(flat, log) == []
        for name in ("read", "accepted", "duplicate", "refused", "failed", "late", "retractions_without_target"):
            assert (name, counted[name]) == (name, summary[name])
    assert counted["refused"] == 0 < counted["duplicate"]


@pytest.mark.kafka
@pytest.mark.long
async def test_a_cluster_says_the_same_of_messages_in_every_form(area: Area, tmp_path: Path) -> None:
    """As a file of the flat ones does; what the workers noted is what `monitor doctor` tells."""
    write_reference(simulation("flat").reference(), tmp_path / "tables")
    log, _ = replayed(written(tmp_path, "flat"), tmp_path / "tables")
    area.run("topics", "create")
    area.run("reference", "load", str(tmp_path / "tables"))
    workers = [area.worker(), area.worker()]
    await until(lambda: all(worker.ready() for worker in workers), what="the workers")
    part: list[Event] = []
    end = 0
    for uploaded, event in keyed("mixed"):
        if uploaded > end:
            await area.send(part)
            await area.routed()
            part, end = [], uploaded + SLICE
        part.append(event)
    unknown = {"infno": "9001", "msgid": "1", "fixmedins_code": "H34102100001", "inf_time": "2026-03-15 00:00:00"}
    await area.send([*part, ("", json.dumps(unknown).encode())])
    await area.routed()
    area.run("topics", "close")
    await area.judged()
    alerts = await area.alerts()

    assert faults(alerts) == []
    assert differences(log, alerts) == []
    assert [worker.end(signal.SIGTERM) for worker in workers] == [0, 0]
    told = monitor("doctor", "--lang", "en", env=area.env()).stdout
    assert "1 messages of a transaction that no rule uses: institution H34102100001, transaction 9001" in told

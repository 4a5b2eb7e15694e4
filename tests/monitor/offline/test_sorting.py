"""replay --sort: what the order of lines is, what it costs, and that a file by institution is judged as one by time."""

from __future__ import annotations

import gzip
import random
import tempfile
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.errors import ConfigurationError
from monitor.offline import sorting
from monitor.offline.replay import DeadLetter, replay
from monitor.offline.sorting import Sorter
from monitor.simulate import Simulation
from rules.catalogue import catalogue
from rules.engine.watch import Watch
from rules.reference import Reference
from rules.times import parse
from rules.wire.door import Door, Failed, Late, Refused, Skipped, stamp_of
from rules.wire.pseudonyms import Pseudonyms

Numbered = Iterable[tuple[int, bytes]]
Judged = tuple[list[bytes], list[tuple[bytes, str, str]], dict[str, object]]
START = date(2026, 1, 1)


def line(minute: int, msgid: str = "m", **more: object) -> bytes:
    """A line with an inf_time and a msgid."""
    return orjson.dumps({"inf_time": f"2026-03-05 10:{minute:02}:00", "msgid": msgid, **more})


def obvious(lines: list[bytes]) -> list[tuple[int, bytes]]:
    """The order, as Python sorts a list that fits in memory."""
    place: tuple[int, str] = (-1, "")
    placed = []
    for number, one in enumerate(lines, 1):
        place = stamp_of(one) or place
        placed.append((place, number, one))
    return [(number, one) for _, number, one in sorted(placed, key=lambda each: each[0])]


LINES = st.lists(
    st.one_of(
        st.builds(line, st.integers(0, 5), st.sampled_from(("a", "b", ""))),
        st.sampled_from((b"{", b"[]", b'{"msgid": "a"}', b'{"inf_time": "soon", "msgid": "a"}', b"\xff")),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(LINES, st.sampled_from((0, 600, 1 << 20)))
def test_lines_are_in_order_of_time_and_msgid(lines: list[bytes], chunk_bytes: int) -> None:
    """Equal ones as they came; one without a time behind the line before it; in one chunk or many."""
    sorter = Sorter(chunk_bytes)

    assert obvious(lines) == list(sorter.sort(lines))
    assert (len(lines), sum(stamp_of(one) is None for one in lines)) == (sorter.lines, sorter.without_time)


def test_more_runs_than_are_merged_at_once_are_merged_in_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run for each line, three at once: five levels."""
    monkeypatch.setattr(sorting, "FAN", 3)
    lines = [line(n % 60, f"m{n}") for n in range(300)]
    random.Random(1).shuffle(lines)

    assert obvious(lines) == list(Sorter(0).sort(lines))


def test_memory_holds_a_chunk_whatever_the_size() -> None:
    """Of 40 MB of lines that come one by one, little more than the chunk of 1 MiB."""

    def lines() -> Iterator[bytes]:
        for number in range(40_000):
            yield line(number * 7 % 60, f"m{number}", filler="x" * 1_000)

    tracemalloc.start()
    try:
        count = sum(1 for _ in Sorter(1 << 20).sort(lines()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 40_000 == count
    assert peak < 16 << 20  # 40 runs with a block each


def test_temporary_files_have_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So nothing is left, however the process ends."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = Sorter(0).sort([line(n) for n in range(9)])
    next(rows)

    assert [] == list(tmp_path.iterdir())


def test_a_folder_for_temporary_files_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the variable that names another."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(
        ConfigurationError, match=r"--sort: expected room .*nowhere \(TMPDIR names another folder\): No"
    ):
        list(Sorter(0).sort([line(1)]))


# The same rules over the same messages


@pytest.fixture(scope="module")
def county() -> tuple[list[bytes], Reference]:
    """Two months of a small county with fraud, repeats and messages that are refused, and its tables."""
    simulation = Simulation(5, 900, 60, START, form="mixed")
    events = [orjson.dumps(event) for _, event in simulation.events()]
    events += [one.replace(b'"psn_no"', b'"no"') for one in events[::200]]
    tables = Reference()
    for table, rows in simulation.reference().items():
        for row in rows:
            person = {"psn_no": Pseudonyms("key").person(row["psn_no"])} if "psn_no" in row else {}
            tables.put(table, row | person)
    return [one for one in events if stamp_of(one) is not None], tables


@pytest.fixture(scope="module")
def by_time(county: tuple[list[bytes], Reference]) -> Judged:
    """What is judged of the county when its messages come by time."""
    events, tables = county
    return judged(enumerate((one for _, one in obvious(events)), 1), tables)


def judged(lines: Numbered, tables: Reference) -> Judged:
    """Every revision, every dead letter without its place, and the summary without what differs by nature."""
    alerts: list[bytes] = []
    letters: list[DeadLetter] = []
    watches = [Watch(rule()) for rule in catalogue().values()]  # type: ignore[call-arg]  # every parameter has a default
    summary, _ = replay(
        lines, watches, tables, Door(Pseudonyms("key")),
        on_alert=lambda value, _: alerts.append(value), on_dead_letter=letters.append,
    )  # fmt: skip
    told = [(letter.value, letter.error_code, letter.error_detail) for letter in letters]
    return alerts, told, asdict(summary) | {"seconds": 0}


@pytest.mark.parametrize("name", [pytest.param("fixmedins_code", marks=pytest.mark.long), "psn_no"])
def test_an_export_by_institution_or_person_is_judged_as_one_by_time(
    county: tuple[list[bytes], Reference], by_time: Judged, name: str
) -> None:
    """Byte for byte: alerts, dead letters but for their lines, and the summary."""
    events, tables = county

    alerts, letters, summary = judged(Sorter(1 << 20).sort(exported(events, name)), tables)

    assert by_time == (alerts, letters, summary)
    assert len(alerts) > 100
    assert len(letters) > 10
    assert 0 == summary["out_of_order"]


@pytest.mark.slow
def test_an_export_by_institution_that_is_not_sorted_says_so(
    county: tuple[list[bytes], Reference], by_time: Judged
) -> None:
    """It is another result."""
    events, tables = county

    alerts, _, summary = judged(enumerate(exported(events, "fixmedins_code"), 1), tables)

    assert by_time[0] != alerts
    assert "--sort" in str(summary["warnings"])


def exported(events: list[bytes], name: str) -> list[bytes]:
    """The same messages in the order of what a field says, else in none."""
    return sorted(random.Random(2).sample(events, len(events)), key=lambda one: of_whom(one, name))


def of_whom(event: bytes, name: str) -> str:
    """The institution or the person of a message in whichever form."""
    found = event.partition(b'"%s":"' % name.encode())[2].partition(b'"')[0]
    return found.decode()


def test_a_stamp_is_what_the_door_reads(county: tuple[list[bytes], Reference]) -> None:
    """Of every message that is let in, in all forms and notations."""
    door, differ = Door(Pseudonyms("key")), []
    accepted = 0
    for one in county[0]:
        try:
            event = door.open(one, parse("2027-01-01")).events[0]
        except (Refused, Skipped, Failed, Late):
            continue
        accepted += 1
        if stamp_of(one) != (event.uploaded, event.body.message):
            differ.append(one)

    assert [] == differ
    assert accepted > 1_000


# The command


def replayed(*arguments: str) -> Result:
    """The command with S01 in force; nothing was accepted, or something was."""
    result = CliRunner().invoke(app, ["replay", *arguments, "--json"])
    assert result.exit_code in (0, 1), result.output
    return result


def settlement(day: int) -> bytes:
    """A settlement of this day of March."""
    at = f"2026-03-{day:02} 10:00:00"
    return orjson.dumps({
        "msgid": f"m{day}", "infno": "2102", "fixmedins_code": "P1", "inf_time": at, "psn_no": "341",
        "setl_id": f"s{day}", "mdtrt_id": f"v{day}", "med_type": "41", "setl_time": at, "medfee_sumamt": 50,
        "fund_pay_sumamt": 40,
    })  # fmt: skip


def test_a_file_out_of_order_is_told_at_its_first_line(tmp_path: Path) -> None:
    """In the summary and on stderr, once, with how many lines there are; the grace itself is no matter."""
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join([settlement(9), settlement(6), settlement(5), b"{", settlement(1), settlement(10)]))

    told = replayed(str(events))

    said = (
        "line 3: expected an inf_time at most 72 h before that of a line above, was 96 h before line 1: "
        "replay this file with --sort"
    )
    summary = orjson.loads(told.stdout)
    assert ([said], 2, 0) == (summary["warnings"], summary["out_of_order"], summary["sorted_lines"])
    assert 1 == told.stderr.count(said)


def test_a_file_is_sorted_where_it_is_asked_for(tmp_path: Path) -> None:
    """Plain or gzip; it says so, with the lines that state no time; a dead letter has the number of its line."""
    events, letters = tmp_path / "events.jsonl.gz", tmp_path / "letters.jsonl"
    events.write_bytes(gzip.compress(b"\n".join([settlement(9), b"{", settlement(1)])))

    told = replayed(str(events), "--sort", "--dead-letters", str(letters))

    summary = orjson.loads(told.stdout)
    assert (3, 1, 0, []) == tuple(
        summary[name] for name in ("sorted_lines", "without_time", "out_of_order", "warnings")
    )
    assert "--sort: the lines are put in order of inf_time and msgid" in told.stderr
    assert "line 2" == orjson.loads(letters.read_bytes())["source"]

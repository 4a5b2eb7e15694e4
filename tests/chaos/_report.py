"""The table of docs/reliability.md, made from lines of results."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

COLUMNS = ("fault", "injections", "in flight", "expected", "missing", "lost revisions", "conflicting",
           "false", "refused", "identical repeats", "detection", "recovery", "restarts needed")  # fmt: skip

Row = dict[str, Any]


def report(files: Iterable[Path]) -> str:
    """A row for each fault, its runs added up, and below the commands. Detection and recovery: the worst run's."""
    rows = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row["fault"] + (f", wrong build {row['mutant']}" if row["mutant"] else ""), []).append(row)
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(_cells(name, of)) + " |" for name, of in kinds.items()]
    lines += ["", "Commands, each with the commit on which it ran:", ""]
    lines += [f"- `{row['command']}` ({row['commit']}){_note(row)}" for of in kinds.values() for row in of]
    return "\n".join(lines)


def _cells(name: str, rows: list[Row]) -> list[str]:
    counted = ("injections", "in_flight", "expected", "missing", "gaps", "conflicting", "false", "refused", "repeats")
    sums = [str(sum(row[column] for row in rows)) for column in counted]
    return [name, *sums, _worst(rows, "detection"), _worst(rows, "recovery"), str(sum(row["restarts"] for row in rows))]


def _worst(rows: list[Row], column: str) -> str:
    figures: list[float] = max((row[column] for row in rows), key=lambda spread: spread[-1:], default=[])
    return " / ".join(f"{figure:g} s" for figure in figures)


def _note(row: Row) -> str:
    notes = []
    if "hang_on_habit" in row:
        notes.append(f"{row['hang_on_habit']} of the expected alerts hang on habit")
    if row["stuck"]:
        notes.append(f"did not come to its end: {row['stuck']}")
    return f": {'; '.join(notes)}" if notes else ""

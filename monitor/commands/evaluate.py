"""The command `monitor evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.common import Json, out, out_json
from monitor.errors import ConfigurationError

if TYPE_CHECKING:
    from monitor.offline.evaluate import Row


def evaluate(
    alerts: Annotated[Path, typer.Option("--alerts", help="Revisions, one a line, as `replay --alerts` writes them.")],
    labels: Annotated[Path, typer.Option("--labels", help="Labels, as `simulate --labels` writes them.")],
    as_json: Json = False,
) -> None:
    """Per rule: precision, recall, delay from the first possible detection. Exit code 1 where a look-alike alerted."""
    from monitor.offline.evaluate import evaluate as score
    from monitor.offline.evaluate import read_alert, read_label

    scores = score(_rows(alerts, read_alert, "an alert"), _rows(labels, read_label, "a label"))
    if as_json:
        out_json([one.row() for one in scores])
    else:
        out(f"{'rule':9} {'alerts':>7} {'precision':>9} {'labels':>7} {'recall':>7} {'look-alikes':>11} {'delay s':>8}")
        for one in scores:
            out(f"{one.rule:9} {one.standing:>7} {_number(one.precision, 2):>9} {one.labelled:>7} "
                f"{_number(one.recall, 2):>7} {len(one.mistaken):>11} {_number(one.delay, 1):>8}")  # fmt: skip
    raise typer.Exit(1 if any(one.mistaken for one in scores) else 0)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _rows(path: Path, read: Callable[[bytes], Row], what: str) -> Iterator[Row]:
    """What stands in a file, one object a line. Raises ConfigurationError."""
    from monitor.lines import read_lines

    for number, line in enumerate(read_lines(path), start=1):
        try:
            yield read(line)
        except ValueError as error:
            raise ConfigurationError(f"{path}:{number}: expected {what}: {error}") from None

"""The command `monitor evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.common import Json, LangOption, out_json, out_line
from monitor.errors import ConfigurationError
from monitor.settings import load_settings

if TYPE_CHECKING:
    from monitor.offline.evaluate import Row


def evaluate(
    alerts: Annotated[Path, typer.Option("--alerts", help="Revisions, one a line, as `replay --alerts` writes them.")],
    labels: Annotated[Path, typer.Option("--labels", help="Labels, as `simulate --labels` writes them.")],
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Per rule: precision, recall, delay from the first possible detection. Exit code 1 where a look-alike alerted.

    Where no label names a rule, its precision and recall are not known. Alerts whose last trigger lies before
    MONITOR_LIVE_FROM count like the others, and are counted as historical too.
    """
    from monitor.offline.evaluate import evaluate as score
    from monitor.offline.evaluate import read_alert, read_label
    from monitor.offline.evaluatetext import score_lines

    live_from = load_settings().live_from_ms
    scores = score(_rows(alerts, read_alert, "an alert"), _rows(labels, read_label, "a label"), live_from)
    if as_json:
        out_json([one.row() for one in scores])
    else:
        for line in score_lines(scores, lang.value):
            out_line(line)
    raise typer.Exit(1 if any(one.mistaken for one in scores) else 0)


def _rows(path: Path, read: Callable[[bytes], Row], what: str) -> Iterator[Row]:
    """What stands in a file, one object a line. Raises ConfigurationError."""
    from monitor.lines import read_lines

    for number, line in enumerate(read_lines(path), start=1):
        try:
            yield read(line)
        except ValueError as error:
            raise ConfigurationError(f"{path}:{number}: expected {what}: {error}") from None

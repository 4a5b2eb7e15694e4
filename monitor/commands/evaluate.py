"""The command `monitor evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.common import Json, LangOption, out_json, out_line, writing
from monitor.errors import ConfigurationError
from monitor.settings import load_settings

if TYPE_CHECKING:
    from monitor.offline.evaluate import Row


def evaluate(
    alerts: Annotated[Path, typer.Option("--alerts", help="Revisions, one a line, as `replay --alerts` writes them.")],
    labels: Annotated[Path, typer.Option("--labels", help="Labels, as `simulate --labels` writes them.")],
    *,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only alerts opened and frauds begun since then: yyyy-mm-dd or 'yyyy-mm-dd hh:mm:ss' (Beijing)."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Only alerts opened and frauds begun until then; of a day until its end.")
    ] = None,
    persons: Annotated[
        int | None,
        typer.Option(min=1, help="Of so many persons: say how often a reviewer is told. Needs --since and --until."),
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with plots here.")] = None,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Per rule: precision, recall with its interval, delay from the first possible detection.

    Exit code 1 where an alert is about a look-alike: where half of its evidence is, or the entry that opened it, and no
    fraud of the rule has as much of it. Where no label names a rule, its precision and recall are not known. Alerts
    whose last trigger lies before MONITOR_LIVE_FROM count like the others, and are counted as historical too.
    """
    from monitor.offline.evaluate import burden, read_alert, read_label
    from monitor.offline.evaluate import evaluate as score
    from monitor.offline.evaluate import standing as standing_of
    from monitor.offline.evaluatetext import score_lines, score_page
    from monitor.offline.standing import span_of

    span = span_of(since, until)
    if persons is not None and not span.is_bounded:
        raise ConfigurationError("--persons: expected --since and --until beside it: a rate needs days")
    live_from = load_settings().live_from_ms
    standing = standing_of(_rows(alerts, read_alert, "an alert"))
    scores = score(standing, _rows(labels, read_label, "a label"), live_from, span)
    told = None if persons is None else burden(standing, persons, span)
    if html is not None:
        with writing(html) as file:
            file.write(score_page(scores, lang.value, alerts, labels, told).encode())
    if as_json:
        rows = [one.row() for one in scores]
        out_json(rows if told is None else {"rules": rows, "told": told.row()})
    else:
        for line in score_lines(scores, lang.value, told):
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

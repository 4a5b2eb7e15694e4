"""The command `monitor replay`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import orjson
import typer

from monitor.commands.common import (
    Json,
    Lang,
    LangOption,
    RulesFile,
    TablesFolder,
    check_apart,
    out_json,
    out_line,
    say_key,
    writing,
)
from monitor.errors import InputError
from monitor.settings import load_settings
from monitor.text import complain, printable_json
from rules.engine.alert import Alert

if TYPE_CHECKING:
    from monitor.offline.replay import SetAside, Summary


def replay(
    events: Annotated[Path, typer.Argument(help="File of events, one JSON object a line, plain or gzip; - is stdin.")],
    rules: RulesFile = None,
    reference: TablesFolder = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Write every revision here, one a line.")] = None,
    dead_letters: Annotated[
        Path | None, typer.Option("--dead-letters", help="Write what was refused here, with its reasons.")
    ] = None,
    *,
    sort: Annotated[
        bool,
        typer.Option(
            "--sort",
            help="Put the lines in order of inf_time and msgid first, as an export by institution or person needs it; "
            "needs as much room as the lines in the folder for temporary files (TMPDIR).",
        ),
    ] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="At the end print each alert that stands in full, with its evidence as a table."),
    ] = False,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Run the rules over a file, without a broker; close everything at the end. Exit code 1: nothing was accepted."""
    from monitor.inforce.reference import load_reference
    from monitor.inforce.rulebook import load_rules
    from monitor.lines import read_lines
    from monitor.offline.replay import DeadLetter, SetAside, Summary
    from monitor.offline.replay import replay as run
    from monitor.offline.sorting import Sorter
    from rules.wire.door import Door

    check_apart({"events": events, "--alerts": alerts, "--dead-letters": dead_letters})
    settings = load_settings(rules=rules, reference=reference)
    say_key(settings)
    watches, tables = load_rules(settings.rules), load_reference(settings.reference, settings.pseudonyms, complain)
    aside, warnings, sorter = SetAside(), list[str](), Sorter()

    def warn(text: str) -> None:
        warnings.append(text)
        complain(text)

    try:
        lines = read_lines(events, warn)  # before what is written is emptied
    except InputError:
        if as_json:
            out_json(Summary().contract())
        raise
    with ExitStack() as files:
        told = _Alerts(lang, files.enter_context(writing(alerts)) if alerts else None, full=full, silent=as_json)
        letters_file = files.enter_context(writing(dead_letters)) if dead_letters else None

        def on_dead_letter(letter: DeadLetter) -> None:
            aside.note(letter.error_code, letter.error_detail.partition("; ")[0])
            if letters_file:
                letters_file.write(letter.as_json() + b"\n")

        if sort:
            complain("--sort: the lines are put in order of inf_time and msgid before the first is judged")
        numbered = sorter.sort(lines) if sort else enumerate(lines, start=1)
        summary, _ = run(numbered, watches, tables, Door(settings.pseudonyms, settings.limits),
                         on_alert=told.take, on_dead_letter=on_dead_letter, warn=warn)  # fmt: skip
    summary.warnings = warnings
    summary.sorted_lines, summary.without_time = sorter.lines, sorter.without_time
    told.tell_in_full()
    _tell_replay(summary, aside, lang, as_json=as_json)


class _Alerts:
    """What is done with each revision: written to a file, and told when an alert opens, or in full at the end."""

    def __init__(self, lang: Lang, file: IO[bytes] | None, *, full: bool, silent: bool) -> None:
        self._lang = lang
        self._file = file
        self._full = full
        self._silent = silent
        self._last: dict[str, bytes] = {}

    def take(self, value: bytes, alert: Alert) -> None:
        """Take a revision (JSON)."""
        from monitor.alerttext import alert_line

        if self._file:
            self._file.write(printable_json(value.decode()).encode() + b"\n")
        if self._silent:
            return
        if self._full:
            self._last[alert.alert_id] = value
        elif alert.status == "opened":
            out_line(alert_line(orjson.loads(value), self._lang.value))

    def tell_in_full(self) -> None:
        """Print what stands, with an empty line behind each."""
        from monitor.alerttext import alert_lines

        for alert in map(orjson.loads, self._last.values()):
            if alert["status"] != "withdrawn":
                for line in (*alert_lines(alert, self._lang.value), ""):
                    out_line(line)


def _tell_replay(summary: Summary, aside: SetAside, lang: Lang, *, as_json: bool) -> None:
    """Print what a replay did; ends the command with exit code 1 where nothing was accepted."""
    from monitor.offline.replaytext import nothing_accepted, summary_lines

    if as_json:
        out_json(summary.contract())
    else:
        for line in summary_lines(summary, lang.value):
            out_line(line)
    if not summary.accepted:
        for code in ("skipped", "failed", "late"):
            aside.note(code, number=getattr(summary, code))
        complain(nothing_accepted(summary.read, aside, lang.value))
        raise typer.Exit(1)

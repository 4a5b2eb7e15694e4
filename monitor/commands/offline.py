"""Commands that need no broker: replay, simulate, evaluate, contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import orjson
import typer

from monitor.commands.common import (
    Json,
    Lang,
    LangOption,
    RulesFile,
    TablesFolder,
    check_apart,
    group,
    out,
    out_json,
    out_line,
    say_key,
    writing,
)
from monitor.errors import ConfigurationError, InputError
from monitor.settings import load_settings
from monitor.text import complain, printable_json
from rules.engine.alert import Alert

if TYPE_CHECKING:
    from monitor.evaluate import Row
    from monitor.replay import SetAside, Summary

contract_app = group("What goes in and what comes out, for other systems.")


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
    lang: LangOption = Lang.zh,
    as_json: Json = False,
) -> None:
    """Run the rules over a file, without a broker; close everything at the end. Exit code 1: nothing was accepted."""
    from monitor.lines import read_lines
    from monitor.reference import load_reference
    from monitor.replay import DeadLetter, SetAside, Summary
    from monitor.replay import replay as run
    from monitor.rulebook import load_rules
    from monitor.sorting import Sorter
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
        alerts_file = files.enter_context(writing(alerts)) if alerts else None
        letters_file = files.enter_context(writing(dead_letters)) if dead_letters else None

        def on_alert(value: bytes, alert: Alert) -> None:
            if alerts_file:
                alerts_file.write(printable_json(value.decode()).encode() + b"\n")
            if not as_json and alert.status == "opened":
                out_line(f"{alert.severity:8} {alert.rule_id:9} {getattr(alert.text, lang.value)}")

        def on_dead_letter(letter: DeadLetter) -> None:
            aside.note(letter.error_code, letter.error_detail.partition("; ")[0])
            if letters_file:
                letters_file.write(letter.as_json() + b"\n")

        if sort:
            complain("--sort: the lines are put in order of inf_time and msgid before the first is judged")
        numbered = sorter.sort(lines) if sort else enumerate(lines, start=1)
        summary, _ = run(numbered, watches, tables, Door(settings.pseudonyms, settings.limits),
                         on_alert=on_alert, on_dead_letter=on_dead_letter, warn=warn)  # fmt: skip
    summary.warnings = warnings
    summary.sorted_lines, summary.without_time = sorter.lines, sorter.without_time
    _tell_replay(summary, aside, lang, as_json=as_json)


def _tell_replay(summary: Summary, aside: SetAside, lang: Lang, *, as_json: bool) -> None:
    """Print what a replay did; ends the command with exit code 1 where nothing was accepted."""
    from monitor.replaytext import nothing_accepted, summary_lines

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


def demo(
    events: Annotated[
        Path | None, typer.Argument(help="Play this file instead of simulated traffic; - is stdin.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=1, help="Of the simulated traffic; else a random one, which is printed.")
    ] = None,
    reference: TablesFolder = None,
    lang: LangOption = Lang.zh,
) -> None:
    """Everything in one go on this machine: embedded broker, worker, labelled traffic, a live board.

    Exit code 1: nothing of a file was accepted.
    """
    from monitor.demo import run_demo

    settings = load_settings(reference=reference)
    say_key(settings)
    raise typer.Exit(run_demo(settings, events, seed, lang.value))


def simulate(
    out_file: Annotated[Path, typer.Option("--out", help="Write the events here, one JSON object a line.")],
    labels: Annotated[Path, typer.Option("--labels", help="Write what is fraud and what only looks like it here.")],
    *,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    persons: Annotated[int, typer.Option("--persons", min=100, help="How many insured persons the county has.")] = 3000,
    days: Annotated[int, typer.Option("--days", min=1, help="How many days.")] = 30,
    start: Annotated[
        str, typer.Option("--start", help="First day, yyyy-mm-dd; else so that the last day was yesterday.")
    ] = "",
    form: Annotated[
        Literal["flat", "reply", "mixed"],
        typer.Option("--form", help="flat, reply (request with reply), or mixed (as different systems send it)."),
    ] = "flat",
    reference: Annotated[
        Path | None, typer.Option("--reference", help="Write the county's reference tables into this folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Labelled traffic of a small county."""
    from monitor.simulate import Simulation, write_reference

    check_apart({"--out": out_file, "--labels": labels})
    simulation = Simulation(seed, persons, days, _first_day(start, days), form=form)
    if reference is not None:
        write_reference(simulation.reference(), reference)
    count = 0
    with writing(out_file) as file:
        for _, event in simulation.events():
            file.write(orjson.dumps(event) + b"\n")
            count += 1
    with writing(labels) as file:
        for label in simulation.labels():
            file.write(orjson.dumps(label) + b"\n")
    if as_json:
        out_json({"events": count, "labels": len(simulation.labels())})
    else:
        out(f"{count} events, {len(simulation.labels())} labels")


def evaluate(
    alerts: Annotated[Path, typer.Option("--alerts", help="Revisions, one a line, as `replay --alerts` writes them.")],
    labels: Annotated[Path, typer.Option("--labels", help="Labels, as `simulate --labels` writes them.")],
    as_json: Json = False,
) -> None:
    """Per rule: precision, recall, delay from the first possible detection. Exit code 1 where a look-alike alerted."""
    from monitor.evaluate import evaluate as score
    from monitor.evaluate import read_alert, read_label

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


def _first_day(start: str, days: int) -> date:
    if not start:
        return date.today() - timedelta(days=days)  # noqa: DTZ011 - a default for people at a terminal
    try:
        return date.fromisoformat(start)
    except ValueError:
        raise ConfigurationError(f"--start: expected yyyy-mm-dd, was {start}") from None


@contract_app.command("export")
def contract_export() -> None:
    """JSON Schema of every event and of what goes out, AsyncAPI of the topics."""
    from monitor.contract import export

    out_json(export())


@contract_app.command("check")
def contract_check(
    file: Annotated[Path, typer.Argument(help="File of messages, one JSON object a line, plain or gzip; - is stdin.")],
    lang: LangOption = Lang.zh,
    as_json: Json = False,
) -> None:
    """How much of a file of messages is understood, and why the rest is not. Exit code 1 where something is refused."""
    from monitor.contractcheck import check
    from monitor.contracttext import report_lines
    from monitor.lines import read_lines
    from rules.wire.door import Door

    settings = load_settings()
    report = check(read_lines(file, complain), Door(settings.pseudonyms, settings.limits))
    if as_json:
        out_json(report.contract())
    else:
        for line in report_lines(report, lang.value):
            out(line)
    raise typer.Exit(0 if report.is_well else 1)

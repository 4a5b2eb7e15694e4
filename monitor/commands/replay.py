"""The command `monitor replay`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from monitor.commands.common import (
    Json,
    Lang,
    LangOption,
    RulesFile,
    TablesFolder,
    check_apart,
    check_one_of,
    out_json,
    out_line,
    say_key,
    writing,
)
from monitor.errors import ConfigurationError, InputError
from monitor.lines import STDIN, Warn
from monitor.settings import Settings, load_settings
from monitor.text import complain, printable_json
from rules.engine.alert import Alert
from rules.engine.watch import Watch
from rules.reference import Reference

if TYPE_CHECKING:
    from monitor.offline.over_leads import OfAct
    from monitor.offline.progress import FileProgress
    from monitor.offline.replay import DeadLetter, SetAside, Summary
    from monitor.offline.standing import Difference, LastRevisions, Span


def replay(
    events: Annotated[Path, typer.Argument(help="File of events, one JSON object a line, plain or gzip; - is stdin.")],
    rules: RulesFile = None,
    reference: TablesFolder = None,
    alerts: Annotated[Path | None, typer.Option("--alerts", help="Write every revision here, one a line.")] = None,
    dead_letters: Annotated[
        Path | None, typer.Option("--dead-letters", help="Write what was refused here, with its reasons.")
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            "--feedback",
            help="File of dispositions and work, one message of the topics feedback and work a line: what rules over "
            "leads judge beside alerts. Without it no lead waits for anybody.",
        ),
    ] = None,
    *,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Judge by this rule alone, one over messages; repeatable.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Only alerts with a trigger since then: 2026-03-05 or '2026-03-05 14:00:00' (Beijing)."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Only alerts with a trigger until then; of a day until its end.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", help="Judge by this rules.toml too, and print which alerts open and which no more."),
    ] = None,
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
    follow: Annotated[
        bool, typer.Option("--follow", help="Print each alert also when it opens, as it is then.")
    ] = False,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """Run the rules over a file, without a broker; close everything at the end. Exit code 1: nothing was accepted.

    Prints each alert that stands, once, as it is at the end; with --compare only those that differ. Of an incident the
    highest alert speaks; the others stand below it, with a + in front.
    """
    from monitor.inforce.reference import load_reference
    from monitor.offline.over_leads import acts_in
    from monitor.offline.standing import compare as difference_of
    from monitor.offline.standing import span_of

    read = {"events": events, "--rules": rules, "--compare": compare, "--feedback": feedback}
    check_apart({**read, "--alerts": alerts, "--dead-letters": dead_letters})
    if follow and as_json:
        raise ConfigurationError("--follow: expected without --json, which prints one result at the end")
    if compare is not None and events == STDIN:
        raise ConfigurationError("--compare: expected a file of events, which is read twice, was stdin")
    settings, span = load_settings(rules=rules, reference=reference), span_of(since, until)
    watches, other_watches = _watches(settings.rules, only), _watches(compare, only)
    if off := sorted({*(only or ())} - {watch.rule.id for watch in watches}):
        raise ConfigurationError(
            f"--only: expected rules that are in force, {', '.join(off)} is off in {settings.rules}"
        )
    say_key(settings)
    tables = load_reference(settings.reference, settings.pseudonyms, complain)
    acts = None if feedback is None else acts_in(feedback)
    plan = _Plan(events, tables, settings, span, lang, acts, sort=sort, full=full, follow=follow, silent=as_json)
    summary, aside, last = plan.first(watches, alerts, dead_letters)
    difference = None
    if compare is not None:
        difference = difference_of(last.standing(), plan.again(other_watches).standing(), str(compare))
    _tell(plan, summary, last, difference, alerts)
    _refuse_nothing(summary, aside, lang)


def _watches(rules: Path | None, only: list[str] | None) -> list[Watch]:
    """The rules in force by a file; of `only` alone, where it names any. Raises ConfigurationError."""
    from monitor.inforce.rulebook import load_rules
    from rules.catalogue import of_messages

    for rule in only or ():
        check_one_of("--only", rule, of_messages())
    return [watch for watch in load_rules(rules) if not only or watch.rule.id in only]


@dataclass(frozen=True)
class _Plan:
    """What a file is judged by beside the rules, and what is told of it."""

    events: Path
    tables: Reference
    settings: Settings
    span: Span
    lang: Lang
    acts: list[OfAct] | None
    sort: bool
    full: bool
    follow: bool
    silent: bool

    def first(
        self, watches: list[Watch], alerts: Path | None, dead_letters: Path | None
    ) -> tuple[Summary, SetAside, LastRevisions]:
        """Judge by the rules in force and write what is asked for."""
        from monitor.offline.replay import SetAside, Summary

        aside, warnings = SetAside(), list[str]()

        def warn(text: str) -> None:
            warnings.append(text)
            complain(text)

        with self._progress() as progress, ExitStack() as files:
            try:
                lines = self._lines(progress, warn)  # before what is written is emptied
            except InputError:
                if self.silent:
                    out_json(Summary().contract())
                raise
            alerts_file = files.enter_context(writing(alerts)) if alerts else None
            letters_file = files.enter_context(writing(dead_letters)) if dead_letters else None

            def on_alert(value: bytes, alert: Alert) -> None:
                if alerts_file:
                    alerts_file.write(printable_json(value.decode()).encode() + b"\n")
                if self.follow and alert.status == "opened":
                    out_line(_line(value, self.lang))

            def on_dead_letter(letter: DeadLetter) -> None:
                aside.note(letter.error_code, letter.error_detail.partition("; ")[0])
                if letters_file:
                    letters_file.write(letter.as_json() + b"\n")

            if self.sort:
                complain("--sort: the lines are put in order of inf_time and msgid before the first is judged")
            summary, last = self._judge(watches, lines, progress, on_alert, on_dead_letter, warn)
        summary.warnings = warnings
        return summary, aside, last

    def again(self, watches: list[Watch]) -> LastRevisions:
        """Judge by other rules; of the file itself all is told already."""
        with self._progress() as progress:
            return self._judge(watches, self._lines(progress), progress)[1]

    def _progress(self) -> FileProgress:
        from monitor.offline.progress import FileProgress

        return FileProgress(self.events, self.lang.value, shown=not self.follow)

    def _lines(self, progress: FileProgress, warn: Warn = lambda _: None) -> Iterator[bytes]:
        from monitor.lines import read_lines

        return read_lines(self.events, warn, progress.read)

    def _judge(
        self, watches: list[Watch], lines: Iterator[bytes], progress: FileProgress,
        on_alert: Callable[[bytes, Alert], None] = lambda _value, _alert: None,
        on_dead_letter: Callable[[DeadLetter], None] = lambda _: None, warn: Warn = lambda _: None,
    ) -> tuple[Summary, LastRevisions]:  # fmt: skip
        from monitor.offline.replay import replay as run
        from monitor.offline.sorting import Sorter
        from monitor.offline.standing import LastRevisions
        from rules.wire.door import Door

        last, sorter = LastRevisions(self._show, self.span), Sorter()

        def take(value: bytes, alert: Alert) -> None:
            last.take(value, alert)
            on_alert(value, alert)

        numbered = progress.judging(sorter.sort(lines), lambda: sorter.lines) if self.sort else enumerate(lines, 1)
        door = Door(self.settings.pseudonyms, self.settings.limits)
        summary, _ = run(numbered, watches, self.tables, door, on_alert=take, on_dead_letter=on_dead_letter,
                         warn=warn, wanted=self.span.meets, acts=self.acts)  # fmt: skip
        summary.sorted_lines, summary.without_time = sorter.lines, sorter.without_time
        return summary, last

    def _show(self, value: bytes) -> tuple[str, ...]:
        """The lines of a revision (JSON) at the end."""
        from monitor.alerttext import alert_lines

        if self.silent:
            return ()
        return (*alert_lines(orjson.loads(value), self.lang.value), "") if self.full else (_line(value, self.lang),)


def _line(value: bytes, lang: Lang) -> str:
    from monitor.alerttext import alert_line

    return alert_line(orjson.loads(value), lang.value)


def _tell(
    plan: _Plan, summary: Summary, last: LastRevisions, difference: Difference | None, alerts: Path | None
) -> None:
    """Print the alerts, or what differs, and what the replay did. alerts: the file of alerts that was written."""
    from monitor.offline.replaytext import next_lines, summary_lines
    from monitor.offline.standing import difference_lines

    if plan.silent:
        out_json(summary.contract() | ({} if difference is None else {"compare": difference.contract()}))
        return
    lines: list[Iterable[str]] = []
    if difference is None or plan.full:
        lines.append(last.lines())
    if difference is not None:
        lines.append(difference_lines(difference, plan.lang.value))
    lines.append(summary_lines(summary, plan.lang.value))
    if summary.accepted:
        other = difference.other if difference else ""
        lines.append(next_lines(summary, plan.lang.value, alerts=str(alerts or ""), other=other, full=plan.full))
    for line in chain.from_iterable(lines):
        out_line(line)


def _refuse_nothing(summary: Summary, aside: SetAside, lang: Lang) -> None:
    """End the command with exit code 1 where nothing was accepted."""
    from monitor.offline.replaytext import nothing_accepted

    if not summary.accepted:
        for code in ("skipped", "failed", "late"):
            aside.note(code, number=getattr(summary, code))
        complain(nothing_accepted(summary.read, aside, lang.value))
        raise typer.Exit(1)

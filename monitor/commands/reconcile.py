"""The command `monitor reconcile`."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, LangOption, out_json, out_line
from monitor.errors import ConfigurationError
from monitor.settings import load_settings
from monitor.text import complain


def reconcile(
    file: Annotated[Path, typer.Argument(help="The platform's list, CSV: institution,day,number,sum in yuan.")],
    day: Annotated[str, typer.Option("--day", help="Business day (setl_time) in Beijing, yyyy-mm-dd.")],
    events: Annotated[
        Path | None,
        typer.Option("--events", help="Read this file of events, plain or gzip, not the cluster; - is stdin."),
    ] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """What was seen of a day, beside the settlement platform's own counts. Exit code 1 where something differs.

    The list has, for each institution, the settlements of the day that stand, and what the fund pays for them. How many
    add up goes onto the audit topic: `monitor doctor` and the console show the last result. Of --events it does not.
    """
    import getpass
    import time

    from monitor.area.deeds import record
    from monitor.area.reconciled import reconciled
    from monitor.lines import read_lines
    from monitor.reconcile.compare import Count, compare
    from monitor.reconcile.platformlist import read_list
    from monitor.reconcile.span import read_span, span_of, warning_of_time
    from monitor.reconcile.text import report_lines
    from rules.wire.door import Door

    settings, of_day = load_settings(brokers=brokers, prefix=prefix), _day(day)
    listed, warnings = read_list(file, of_day), list[str]()
    count = Count(of_day, Door(settings.pseudonyms, settings.limits))
    if events is None:
        span = span_of(of_day, settings.limits)
        read = partial(read_span, client(settings), settings.prefix, span, count.take)
        warnings += [*talk(settings, read), *warning_of_time(span, int(time.time() * 1000))]
    else:
        for message in read_lines(events, warnings.append):
            count.take(message, None)
    rows = compare(listed, count)
    for warning in warnings:
        complain(warning)
    if as_json:
        out_json({"day": day, "institutions": [row.contract() for row in rows],
                  "of_no_institution": count.nowhere.contract(), "warnings": warnings})  # fmt: skip
    else:
        for line in report_lines(of_day, rows, count.nowhere, lang.value):
            out_line(line)
    if events is None:
        deed = reconciled(of_day, ((row.verdict, row.number) for row in rows), getpass.getuser())
        talk(settings, lambda: record(client(settings), settings.prefix, [deed]))
    raise typer.Exit(0 if all(row.verdict == "adds_up" for row in rows) else 1)


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date of the calendar
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 2100:
        raise ConfigurationError(f"--day: expected yyyy-mm-dd, was {text}")
    return day

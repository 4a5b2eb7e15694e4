"""Commands that need a cluster: worker, topics, reference, alerts, deadletter, state, reconcile, doctor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import typer

from monitor.commands.common import (
    Json,
    Lang,
    LangOption,
    RulesFile,
    TablesFolder,
    check_one_of,
    group,
    out_json,
    out_line,
    say_key,
)
from monitor.errors import ConfigurationError, InputError
from monitor.settings import Settings, load_settings
from monitor.text import complain

topics_app = group("All topics with their settings.")
reference_app = group("Reference tables.")
alerts_app = group("Alerts in the read model.")
deadletter_app = group("What was refused.")
state_app = group("What the windows hold.")

T = TypeVar("T")
Prefix = Annotated[str | None, typer.Option("--prefix", help="First part of every topic name.")]
Brokers = Annotated[str | None, typer.Option("--brokers", help="Kafka bootstrap servers, host:port.")]


def worker(brokers: Brokers = None, prefix: Prefix = None, rules: RulesFile = None) -> None:
    """One Faust worker process against a real Kafka; ends with SIGTERM or Ctrl-C."""
    from monitor.worker import check_key, run_worker

    settings = load_settings(brokers=brokers, prefix=prefix, rules=rules)
    check_key(settings)
    say_key(settings)
    run_worker(settings)


@topics_app.command("create")
def topics_create(
    mend: Annotated[bool, typer.Option("--mend", help="Change settings that differ; never partitions.")] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """Create what is missing; say what exists with other settings. Exit code 1 where something differs still."""
    from streams.kafka import area, topics

    settings = load_settings(brokers=brokers, prefix=prefix)
    sizes = topics.Sizes(settings.events_partitions, settings.entries_partitions, replicas=settings.replication)
    found = talk(settings, lambda: topics.create(client(settings), settings.prefix, sizes, mend=mend))
    if topics.Names(settings.prefix).progress in {one.name for one in found if one.state == "created"}:
        talk(settings, lambda: area.write(client(settings), settings.prefix, area.or_new))
    if as_json:
        out_json([{"name": one.name, "state": one.state, "detail": one.detail} for one in found])
    else:
        for one in found:
            out_line(f"{one.state:8} {one.name}{'  ' + one.detail if one.detail else ''}")
    raise typer.Exit(1 if any(one.state == "differs" for one in found) else 0)


@topics_app.command("grow")
def topics_grow(
    name: Annotated[str, typer.Argument(help="Name of a topic, with its prefix.")],
    partitions: Annotated[int, typer.Argument(min=1, help="How many partitions it shall have.")],
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """Give a topic more partitions."""
    from streams.kafka import topics

    settings = load_settings(brokers=brokers, prefix=prefix)
    try:
        talk(settings, lambda: topics.grow(client(settings), settings.prefix, name, partitions))
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    if as_json:
        out_json({"name": name, "partitions": partitions})
    else:
        out_line(f"{name}: {partitions} partitions")


@topics_app.command("close")
def topics_close(brokers: Brokers = None, prefix: Prefix = None, as_json: Json = False) -> None:
    """Ask for the closing tick of a recorded run; workers honour it where MONITOR_ALLOW_FINAL is true."""
    from streams.kafka import topics

    settings = load_settings(brokers=brokers, prefix=prefix)
    talk(settings, lambda: topics.close(client(settings), settings.prefix))
    if as_json:
        out_json({"asked_on": topics.Names(settings.prefix).events})
    else:
        out_line("asked for the closing tick")


@topics_app.command("accept-gap")
def topics_accept_gap(
    topic: Annotated[str | None, typer.Option("--topic", help="Only of this topic, with its prefix.")] = None,
    partition: Annotated[int | None, typer.Option("--partition", min=0, help="Only of this partition.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Go on at the first records that are there.")] = False,
    by: Annotated[
        str | None, typer.Option("--as", help="Who accepts it, for the audit topic; user@host if not.")
    ] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """What workers ended for with exit code 3: offsets that are gone. Exit code 3 where there are some.

    With --yes the workers go on at the first records that are there; refused while a worker runs.
    """
    from monitor.acceptgap import accept, contract, gaps_of
    from monitor.worker import group_of
    from streams.kafka.lost import LOST

    settings = load_settings(brokers=brokers, prefix=prefix)
    how, group = client(settings), group_of(settings)
    found = talk(settings, lambda: gaps_of(how, settings.prefix, group, topic, partition))
    accepted = yes and bool(found)
    if accepted:
        talk(settings, lambda: accept(how, settings.prefix, group, found, by or _person_and_machine()))
    if as_json:
        out_json({"gaps": [contract(gap) for gap in found], "accepted": accepted})
    else:
        for gap in found:
            out_line(f"{gap.what}; {'goes' if accepted else 'would go'} on at {gap.first}")
        after = "accepted; workers may start" if accepted else "with --yes it is accepted"
        out_line(after if found else "nothing is lost")
    raise typer.Exit(LOST if found and not accepted else 0)


@topics_app.command("configure")
def topics_configure(
    yes: Annotated[bool, typer.Option("--yes", help="Change what the area has to these settings.")] = False,
    by: Annotated[
        str | None, typer.Option("--as", help="Who changes it, for the audit topic; user@host if not.")
    ] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """What all workers of the area must have in common, beside these settings. Exit code 1 where something differs.

    With --yes these settings become those of the area; refused while a worker runs, and after one was killed.
    """
    from monitor.configure import change, compare
    from monitor.worker import check_key

    settings = load_settings(brokers=brokers, prefix=prefix)
    check_key(settings)
    found = talk(settings, lambda: compare(settings))
    changed = yes and bool(found.differ)
    if changed:
        talk(settings, lambda: change(settings, by or _person_and_machine()))
    if as_json:
        out_json(found.contract() | {"changed": changed})
    else:
        for line in found.lines():
            out_line(line)
        out_line("changed; workers with these settings may start" if changed else found.advice())
    raise typer.Exit(1 if found.differ and not changed else 0)


def _person_and_machine() -> str:
    import getpass
    import socket

    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a container's user may have no name
        return f"unknown@{socket.gethostname()}"


Tables = Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="A <table>.csv, or a folder with such files.")]


@reference_app.command("validate")
def reference_validate(tables: Tables, as_json: Json = False) -> None:
    """Whether tables would be taken; file, line and reason where not. Their columns: docs/reference.md."""
    from monitor.reference import load_reference
    from rules.reference import TABLES

    read = load_reference(tables, load_settings().pseudonyms, complain)
    _say_counts({table: len(list(read.keys(table))) for table in TABLES}, "keys", as_json=as_json)


@reference_app.command("load")
def reference_load(tables: Tables, brokers: Brokers = None, prefix: Prefix = None, as_json: Json = False) -> None:
    """Write tables to their topics; persons as pseudonyms."""
    from monitor.reference import files_of, load_reference, read_rows, with_pseudonyms
    from monitor.worker import check_key
    from streams.kafka.tables import publish_rows

    settings = load_settings(brokers=brokers, prefix=prefix)
    check_key(settings)
    load_reference(tables, settings.pseudonyms, complain)  # refuses before anything is written
    loaded = {}
    for table, path in files_of(tables).items():
        rows = [with_pseudonyms(table, row, settings.pseudonyms) for _, row in read_rows(path)]
        loaded[table] = talk(settings, partial(publish_rows, client(settings), settings.prefix, table, rows))
    _say_counts(loaded, "rows", as_json=as_json)


@reference_app.command("list")
def reference_list(brokers: Brokers = None, prefix: Prefix = None, as_json: Json = False) -> None:
    """How many keys each table has on its topic."""
    from monitor.inforce import versions_of
    from rules.reference import TABLES

    settings = load_settings(brokers=brokers, prefix=prefix)
    tables = talk(settings, versions_of(client(settings), settings.prefix).newest).reference
    _say_counts({table: len(list(tables.keys(table))) for table in TABLES}, "keys", as_json=as_json)


def _say_counts(counts: Mapping[str, int], of_what: str, *, as_json: bool) -> None:
    """How many of each table."""
    if as_json:
        out_json(counts)
        return
    for table, number in counts.items():
        out_line(f"{table:13} {number} {of_what}")


@alerts_app.command("list")
def alerts_list(
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    severity: Annotated[str | None, typer.Option(help="info, warning, high or critical.")] = None,
    status: Annotated[str | None, typer.Option(help="opened, updated, withdrawn or closed.")] = None,
    institution: Annotated[str | None, typer.Option(help="Only of this institution.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    lang: LangOption = Lang.zh,
    as_json: Json = False,
) -> None:
    """The newest alerts, as the read model has them."""
    from monitor.readmodel import ReadModel, Wanted
    from rules.engine.alert import Status
    from rules.engine.finding import SEVERITIES

    check_one_of("--severity", severity, SEVERITIES)
    check_one_of("--status", status, get_args(Status))
    settings = load_settings()
    found = ReadModel(settings.redis, settings.prefix).newest(Wanted(rule, severity, status, institution), limit)
    if as_json:
        out_json(found)
        return
    for alert in found:
        out_line(
            f"{alert['alert_id']} {alert['severity']:8} {alert['status']:9} {alert['rule_id']:9} "
            f"{alert['text'][lang.value]}"
        )
    out_line(f"{len(found)} alerts")


@alerts_app.command("show")
def alerts_show(
    alert_id: Annotated[str, typer.Argument(help="Id of an alert.")], lang: LangOption = Lang.zh, as_json: Json = False
) -> None:
    """One alert with its evidence. Exit code 1 where the read model has none of that id."""
    from monitor.readmodel import ReadModel

    settings = load_settings()
    alert = ReadModel(settings.redis, settings.prefix).one(alert_id)
    if alert is None:
        out_line(f"{alert_id}: no such alert in the read model")
        raise typer.Exit(1)
    if as_json:
        out_json(alert)
        return
    out_line(
        f"{alert['rule_id']} {alert['rule_name']} · {alert['severity']} · {alert['status']} · {alert['stage']}"
        f" · {alert['rule_version']}"
    )
    out_line(alert["text"][lang.value])
    out_line(f"{alert['basis']}")
    for one in alert["evidence"]:
        out_line(f"  {one['event_time']}  {one['setl_id'] or one['msgid']}  {one['person']}  {one['amount']:.2f}")
    if alert["evidence_count"] > len(alert["evidence"]):
        out_line(f"  and {alert['evidence_count'] - len(alert['evidence'])} more")


Code = Annotated[str | None, typer.Option("--code", help="Only with this error code, such as not_json.")]


@deadletter_app.command("list")
def deadletter_list(
    code: Code = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """What was refused and why, who sent it, and its record key as a pseudonym; never what it said."""
    from monitor.deadletters import list_letters

    settings = load_settings(brokers=brokers, prefix=prefix)
    letters = talk(settings, lambda: list_letters(client(settings), settings.prefix, code, limit, settings.pseudonyms))
    if as_json:
        out_json(letters)
        return
    for one in letters:
        out_line(
            f"{one['at']}  {one['source']:30} {one['institution'] or '-':12} {one['infno'] or '-':5} "
            f"{one['key'] or '-':22} {one['bytes']:8} bytes  {one['error_code']:18} {one['error_detail']}"
        )
    out_line(f"{len(letters)} dead letters")


@deadletter_app.command("retry")
def deadletter_retry(code: Code = None, brokers: Brokers = None, prefix: Prefix = None, as_json: Json = False) -> None:
    """Send once more what was refused and not yet sent again, as it was received."""
    from monitor.deadletters import retry

    settings = load_settings(brokers=brokers, prefix=prefix)
    sent = talk(settings, lambda: retry(client(settings), settings.prefix, code))
    if as_json:
        out_json({"sent": sent})
    else:
        out_line(f"{sent} sent again")


@state_app.command("show")
def state_show(
    kind: Annotated[str, typer.Argument(help="person, institution or token.")],
    name: Annotated[
        str, typer.Argument(help="Number or pseudonym of a person, code of an institution, or a trace code.")
    ],
    brokers: Brokers = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """What the last checkpoint holds about one key, and why an alert is open."""
    from monitor.stateview import SPACES, state_of

    settings = load_settings(brokers=brokers, prefix=prefix)
    check_one_of("kind", kind, SPACES)
    key = settings.pseudonyms.person(name) if kind == "person" and not name.startswith("p_") else name
    view = talk(settings, lambda: state_of(client(settings), settings.prefix, kind, key))
    if as_json:
        out_json(view)
        return
    out_line(f"{kind} {key}, partition {view['partition']}")
    for ledger in view["ledgers"]:
        out_line(
            f"  {ledger['ledger']} {'/'.join(ledger['key'])}: {ledger['standing']} standing of {ledger['held']} held, "
            f"{ledger['first']} to {ledger['last']}"
        )
        for alert in ledger["alerts"]:
            out_line(
                f"    {alert['rule']} {alert['status']} {alert['alert_id']}: {alert['triggers']} triggers, "
                f"{alert['measure']} {alert['value']:g} (limit {alert['limit']:g})"
            )


def reconcile(
    file: Annotated[Path, typer.Argument(help="The platform's list, CSV: institution,day,number,sum in yuan.")],
    day: Annotated[str, typer.Option("--day", help="Business day (setl_time) in Beijing, yyyy-mm-dd.")],
    events: Annotated[
        Path | None,
        typer.Option("--events", help="Read this file of events, plain or gzip, not the cluster; - is stdin."),
    ] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    lang: LangOption = Lang.zh,
    as_json: Json = False,
) -> None:
    """What was seen of a day, beside the settlement platform's own counts. Exit code 1 where something differs.

    The list has, for each institution, the settlements of the day that stand, and what the fund pays for them.
    """
    import time

    from monitor.eventspan import read_span, span_of, warning_of_time
    from monitor.lines import read_lines
    from monitor.platformlist import read_list
    from monitor.reconcile import Count, compare
    from monitor.reconciletext import report_lines
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
    raise typer.Exit(0 if all(row.verdict == "adds_up" for row in rows) else 1)


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date of the calendar
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 2100:
        raise ConfigurationError(f"--day: expected yyyy-mm-dd, was {text}")
    return day


def doctor(
    brokers: Brokers = None,
    prefix: Prefix = None,
    rules: RulesFile = None,
    reference: TablesFolder = None,
    as_json: Json = False,
) -> None:
    """Whether everything is there, and which setting is wrong. Exit code 1 where something is not."""
    from monitor.doctor import examine

    settings = load_settings(brokers=brokers, prefix=prefix, rules=rules, reference=reference)
    findings = examine(settings)
    if as_json:
        out_json([{"what": one.what, "ok": one.ok, "detail": one.detail} for one in findings])
    else:
        for one in findings:
            out_line(f"{'well   ' if one.ok else 'PROBLEM'} {one.what}: {one.detail}")
    raise typer.Exit(0 if all(one.ok for one in findings) else 1)


def client(settings: Settings) -> dict[str, Any]:
    """How to reach the cluster, as aiokafka takes it."""
    return {"bootstrap_servers": settings.brokers}


def talk(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    """Do something on the cluster.

    Raises ConfigurationError where it does not answer, InputError where a topic cannot be read to its end.
    """
    import logging

    from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError

    from streams.kafka.reading import UnreadError
    from streams.kafka.tables import OvertakenError

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    async def bounded() -> T:
        return await work()

    try:
        return asyncio.run(bounded())
    except (KafkaConnectionError, KafkaTimeoutError, OSError):
        raise ConfigurationError(f"MONITOR_BROKERS: expected brokers that answer at {settings.brokers}") from None
    except (OvertakenError, UnreadError) as error:
        raise InputError(str(error)) from None

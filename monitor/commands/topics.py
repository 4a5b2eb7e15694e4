"""Commands about topics: create, mend, grow, close, accept a gap, configure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.commands.cluster import Brokers, Prefix, client, talk
from monitor.commands.common import Json, LangOption, group, out_json, out_line
from monitor.contract.text import Said
from monitor.errors import ConfigurationError
from monitor.settings import load_settings
from monitor.text import padded

if TYPE_CHECKING:
    from streams.kafka.lost import Gap

STATES: Mapping[str, Said] = {
    "created": Said("已创建", "created"),
    "exists": Said("已存在", "exists"),
    "mended": Said("已更正", "mended"),
    "differs": Said("不一致", "differs"),
}
_PARTITIONS = Said("{name}：分区 {partitions} 个", "{name}: {partitions} partitions")
_ASKED = Said("已请求收尾", "asked for the closing tick")
_GOES_ON = Said("{gap}；从 {first} 继续", "{gap}; goes on at {first}")
_WOULD_GO_ON = Said("{gap}；将从 {first} 继续", "{gap}; would go on at {first}")
_ACCEPTED = Said("已确认，可以启动工作进程", "accepted; workers may start")
_WITH_YES = Said("加 --yes 即确认", "with --yes it is accepted")
_NOTHING_LOST = Said("没有丢失", "nothing is lost")
_CHANGED = Said("已更改，可用这些设置启动工作进程", "changed; workers with these settings may start")

topics_app = group("All topics with their settings.")


@topics_app.command("create")
def topics_create(
    mend: Annotated[bool, typer.Option("--mend", help="Change settings that differ; never partitions.")] = False,
    tolerate: Annotated[bool, typer.Option("--tolerate", help="Exit code 0 also where something differs.")] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
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
            state = padded(STATES[one.state].of(lang.value), 8)
            out_line(f"{state} {one.name}{'  ' + one.detail if one.detail else ''}")
    differs = any(one.state == "differs" for one in found)
    raise typer.Exit(1 if differs and not tolerate else 0)


@topics_app.command("grow")
def topics_grow(
    name: Annotated[str, typer.Argument(help="Name of a topic, with its prefix.")],
    partitions: Annotated[int, typer.Argument(min=1, help="How many partitions it shall have.")],
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
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
        out_line(_PARTITIONS.of(lang.value).format(name=name, partitions=partitions))


@topics_app.command("close")
def topics_close(brokers: Brokers = None, prefix: Prefix = None, *, lang: LangOption, as_json: Json = False) -> None:
    """Ask for the closing tick of a recorded run; workers honour it where MONITOR_ALLOW_FINAL is true."""
    from streams.kafka import topics

    settings = load_settings(brokers=brokers, prefix=prefix)
    talk(settings, lambda: topics.close(client(settings), settings.prefix))
    if as_json:
        out_json({"asked_on": topics.Names(settings.prefix).events})
    else:
        out_line(_ASKED.of(lang.value))


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
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """What workers ended for with exit code 3: offsets that are gone. Exit code 3 where there are some.

    With --yes the workers go on at the first records that are there; refused while a worker runs.
    """
    from monitor.area.acceptgap import accept, contract, gaps_of
    from monitor.worker.worker import group_of
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
        for line in _said_of_gaps(found, accepted=accepted):
            out_line(line.of(lang.value))
    raise typer.Exit(LOST if found and not accepted else 0)


def _said_of_gaps(found: Sequence[Gap], *, accepted: bool) -> Iterator[Said]:
    """What is told of offsets that are gone, and what comes of it."""
    from monitor.area.gaptext import gap_text

    goes_on, after = (_GOES_ON, _ACCEPTED) if accepted else (_WOULD_GO_ON, _WITH_YES)
    for gap in found:
        yield goes_on.filled(gap=gap_text(gap), first=gap.first)
    yield after if found else _NOTHING_LOST


@topics_app.command("configure")
def topics_configure(
    yes: Annotated[bool, typer.Option("--yes", help="Change what the area has to these settings.")] = False,
    by: Annotated[
        str | None, typer.Option("--as", help="Who changes it, for the audit topic; user@host if not.")
    ] = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    *,
    lang: LangOption,
    as_json: Json = False,
) -> None:
    """What all workers of the area must have in common, beside these settings. Exit code 1 where something differs.

    With --yes these settings become those of the area; refused while a worker runs, and after one was killed.
    """
    from monitor.area.configure import change, compare
    from monitor.worker.worker import check_key

    settings = load_settings(brokers=brokers, prefix=prefix)
    check_key(settings)
    found = talk(settings, lambda: compare(settings))
    changed = yes and bool(found.differ)
    if changed:
        talk(settings, lambda: change(settings, by or _person_and_machine()))
    if as_json:
        out_json(found.contract() | {"changed": changed})
    else:
        for line in found.lines(lang.value):
            out_line(line)
        out_line((_CHANGED if changed else found.advice()).of(lang.value))
    raise typer.Exit(1 if found.differ and not changed else 0)


def _person_and_machine() -> str:
    import getpass
    import socket

    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a container's user may have no name
        return f"unknown@{socket.gethostname()}"

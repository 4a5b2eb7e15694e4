"""Whom a real Alertmanager calls, beside the model by which docs/notifying.md counts: the same worlds, quicker.

A world lasts from Thursday morning to Saturday's digest. Every wait of deploy/alertmanager is divided by FASTER, and so
is what passes between two revisions; hours in which nothing happens are passed over. Alertmanager's own clock is that
of the machine, so it is started anew with other intervals where reviewers begin and end, and where the digest does.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from monitor.notify.alertmanager import Alertmanager
from monitor.notify.book import Post
from rules.engine.finding import SEVERITIES
from rules.times import MINUTE, SECOND, clock, parse
from tests.deploy._processes import program
from tests.deploy._watch import ALWAYS, NEVER, Told, alertmanager, alertmanager_settings, operations_room
from tests.honest._alertmanager import Alertmanager as Model
from tests.honest._alertmanager import duration
from tests.honest.test_calls import END, SETTINGS, WORLDS, Calls, World, lead

FASTER = 100
MARGIN = 25 * SECOND
"""So much earlier or later may a revision come without another number of calls. It is 0.25 s on the machine's clock."""
SETTLED = 12 * MINUTE
"""By then after a revision all is told: the longest wait and the longest interval are over."""
STRIDE = 20 * MINUTE
"""All waits are whole parts of it: where it is passed over, each group is as near to its next look as before."""
BOUNDS = ("08:30:00", "08:40:00", "18:00:00")
"""Where intervals begin and end."""
BEGIN = parse("2026-03-05 07:50:00")
SLOTS = tuple(parse(f"2026-03-{one}:00") for one in ("05 08:00", "05 10:00", "05 11:00", "05 20:00", "06 10:00"))
SEED, DRAWN, SHAKES, PLAYS = 11, 25, 6, 3

Counts = dict[str, Counter[str]]
"""World -> receiver -> calls."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]  # a play takes three and a half minutes, most of them asleep


def is_bound(moment: int) -> bool:
    """Whether an interval begins or ends."""
    return clock(moment, "%H:%M:%S") in BOUNDS


def moments(worlds: Mapping[str, World]) -> list[int]:
    """When something happens: bounds of intervals, and revisions."""
    bounds = (parse(f"2026-03-0{day} {time}") for day in (5, 6, 7) for time in BOUNDS)
    return sorted(
        {*(one for one in bounds if one < END), *(moment for world in worlds.values() for moment, _ in world)}
    )


def happens(moment: int, worlds: Mapping[str, World], areas: Mapping[str, Calls]) -> list[Post]:
    """Go on to a moment in the models; gives what is posted then."""
    posts = []
    for name, calls in areas.items():
        if is_bound(moment):
            posts += calls.restart_alertmanager(moment)
        for one in (revision for when, revision in worlds[name] if when == moment):
            posts += calls.take(one, moment)
    return posts


def counted(worlds: Mapping[str, World]) -> Counts:
    """Whom the model calls."""
    areas = {name: Calls(name) for name in worlds}
    for moment in moments(worlds):
        happens(moment, worlds, areas)
    return {name: calls.told(END) for name, calls in areas.items()}


class Pace:
    """The clock of the worlds, beside that of the machine: so many seconds since the epoch are this moment."""

    def __init__(self) -> None:
        self.moment = BEGIN
        self.real = time.time()

    async def go_on(self, moment: int) -> None:
        """Wait for a moment."""
        self.real += (moment - self.moment) / FASTER / 1000
        self.moment = moment
        await asyncio.sleep(self.real - time.time())

    def is_late(self) -> bool:
        """Whether it is so much later than it should be that groups may have been looked at meanwhile."""
        return time.time() - self.real > MARGIN / FASTER / 1000

    def jump(self, moment: int) -> None:
        """It is that moment now."""
        self.moment, self.real = moment, time.time()

    def there(self, post: Post) -> Post:
        """The same post as the machine's clock has it."""
        starts, ends = (int(1000 * self.real + (one - self.moment) / FASTER) for one in (post.starts, post.ends))
        return Post(post.labels, post.annotations, starts, ends)


def quick_settings(url: str, moment: int) -> dict[str, Any]:
    """deploy/alertmanager with quicker waits, and with the intervals as they are at this moment."""
    model = Model(SETTINGS)
    names = [one["name"] for one in SETTINGS["time_intervals"]]
    settings = alertmanager_settings(
        url, intervals={one: ALWAYS if model.is_within(one, moment) else NEVER for one in names}
    )
    for route in (settings["route"], *settings["route"]["routes"]):
        for wait in {"group_wait", "group_interval", "repeat_interval"} & route.keys():
            route[wait] = f"{duration(route[wait]) // FASTER}ms"
    return settings


async def called(worlds: Mapping[str, World], folder: Path) -> tuple[Counts, Counts]:
    """Whom the model and the real one call, in the worlds in which this machine could keep the pace."""
    areas = {name: Calls(name) for name in worlds}
    pace = Pace()
    late: set[str] = set()
    with operations_room() as (url, told):
        async with AsyncExitStack() as stack:
            client = await begin(stack, folder, quick_settings(url, BEGIN))
            for moment in moments(worlds):
                await pass_over(pace, moment, client, areas)
                if is_bound(moment):
                    await stack.aclose()
                    client = await begin(stack, folder, quick_settings(url, moment))
                    pace.jump(moment)
                assert 0 == await client.post([pace.there(one) for one in happens(moment, worlds, areas)])
                if pace.is_late():
                    late |= {name for name, world in worlds.items() if any(when == moment for when, _ in world)}
            await pace.go_on(pace.moment + SETTLED)
    real = heard(worlds, told)
    clear = worlds.keys() - late
    return {name: areas[name].told(END) for name in clear}, {name: real[name] for name in clear}


async def begin(stack: AsyncExitStack, folder: Path, settings: dict[str, Any]) -> Alertmanager:
    """Start an Alertmanager, and what posts to it."""
    port, _ = stack.enter_context(alertmanager(folder, settings))
    return await stack.enter_async_context(Alertmanager(f"http://127.0.0.1:{port}"))


async def pass_over(pace: Pace, moment: int, client: Alertmanager, areas: Mapping[str, Calls]) -> None:
    """Go on to a moment; of hours in which nothing happens only what is needed is waited for."""
    if moment - pace.moment > SETTLED:
        await pace.go_on(pace.moment + SETTLED)
        if is_bound(moment):
            return
        pace.jump(pace.moment + (moment - pace.moment - 2 * MINUTE) // STRIDE * STRIDE)
        posts = [one for calls in areas.values() for one in calls.post_all(pace.moment)]
        assert 0 == await client.post([pace.there(one) for one in posts])
    await pace.go_on(moment)


def heard(worlds: Mapping[str, World], told: list[Told]) -> Counts:
    """How often each receiver was called in each world; that all is over calls nobody."""
    found: Counts = {name: Counter() for name in worlds}
    for one in told:
        if one.status == "firing":
            found[json.loads(one.body)["alerts"][0]["labels"]["area"]][one.receiver] += 1
    return found


def drawn(chance: random.Random) -> World:
    """Up to nine revisions in up to three slots: leads of few incidents open, rise and end."""
    world: World = []
    revisions: Counter[int] = Counter()
    severities: dict[int, int] = {}
    for slot in sorted(chance.sample(SLOTS, chance.randint(1, 3))):
        for moment in sorted(slot + chance.randrange(0, 9 * MINUTE, 5 * SECOND) for _ in range(chance.randint(1, 3))):
            number = chance.randrange(4)
            is_over = bool(revisions[number]) and chance.random() < 0.4
            severities[number] = min(3, severities.get(number, chance.choice((1, 1, 2))) + chance.choice((0, 1)))
            revisions[number] += 1
            status = "closed" if is_over else "opened" if revisions[number] == 1 else "updated"
            world.append((
                moment,
                lead(
                    number, SEVERITIES[severities[number]], revision=revisions[number], status=status,
                    stage="post" if number == 3 else "in", incident_id=f"i{number // 2}", rule_id=f"S0{number}",
                ),
            ))  # fmt: skip
    return world


def is_clear(world: World, chance: random.Random) -> bool:
    """Whether it calls the same where its revisions come a little earlier or later."""

    def shaken() -> World:
        return sorted(((when + chance.randint(-MARGIN, MARGIN), one) for when, one in world), key=lambda one: one[0])

    return all(counted({"": world}) == counted({"": shaken()}) for _ in range(SHAKES))


def worlds() -> dict[str, World]:
    """The worlds of `test_who_is_called_how_often` but for the thousand institutions of test_notify.py; drawn ones."""
    chance = random.Random(SEED)
    clear = (world for world in iter(lambda: drawn(chance), []) if is_clear(world, chance))
    known = {name: world for name, (world, _) in WORLDS.items() if len(world) < 1000}
    return known | {f"drawn {number}": next(clear) for number in range(DRAWN)}


async def test_the_real_one_calls_as_often(tmp_path: Path) -> None:
    """Each receiver, in each world. Where this machine was too slow a world is played again; so is one that differs.

    Alertmanager itself may have been kept waiting: a difference is one that stays. On a machine that is busy with other
    tests a few worlds stay for another day; most have to be compared.
    """
    program("alertmanager", "prometheus-alertmanager")
    left = every = worlds()
    differ: dict[str, tuple[Counter[str], Counter[str]]] = {}
    for play in range(PLAYS):
        (folder := tmp_path / str(play)).mkdir()
        model, real = await called(left, folder)
        differ = {name: (model[name], found) for name, found in real.items() if model[name] != found}
        left = {name: world for name, world in left.items() if name in differ or name not in real}
        if not left:
            break

    assert {} == differ
    assert len(left) < len(every) / 2, f"this machine could not keep the pace in {PLAYS} plays: {sorted(left)}"

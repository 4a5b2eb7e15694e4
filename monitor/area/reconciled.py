"""The result of a reconciliation, kept on the audit topic: numbers of institutions and settlements, no person."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from monitor.area.deeds import Deed
from monitor.contract.text import Said
from rules.times import DAY
from streams.kafka.clients import started
from streams.kafka.reading import offsets_at, read_on, reader
from streams.kafka.topics import Names, topic_partitions

WHAT = "reconcile"
"""What the audit record calls it."""
LOOKED_BACK = 31 * DAY
"""So far back a result is looked for. Our assumption: a bureau reconciles every month at least."""
_NONE = Said("近31天没有对账结果", "no result in 31 days")
_RESULT = Said(
    "{day}：{adds_up}家机构相符，{wrong}家不符；多出{more}笔，缺少{fewer}笔（{at}，{by}）",
    "{day}: {adds_up} institutions add up, {wrong} do not; {more} settlements too many, {fewer} missing ({at}, {by})",
)


class Result(NamedTuple):
    """A result that was kept. numbers: `day`, `adds_up` and `wrong` institutions, `more` and `fewer` settlements."""

    at: str
    by: str
    numbers: Mapping[str, Any]

    @property
    def is_well(self) -> bool:
        """Whether every institution added up."""
        return not self.numbers["wrong"]


class _Audited(msgspec.Struct):
    what: str
    at: str = ""
    by: str = ""
    after: dict[str, Any] | None = None


_AUDITED = msgspec.json.Decoder(_Audited)


def reconciled(day: date, found: Iterable[tuple[str, int]], by: str) -> Deed:
    """What a reconciliation of a day found: of each institution the verdict, and how many settlements are too many."""
    found = [*found]
    verdicts = Counter(verdict for verdict, _ in found)
    after = {
        "day": day.isoformat(), "adds_up": verdicts["adds_up"], "wrong": len(found) - verdicts["adds_up"],
        "more": sum(max(0, number) for _, number in found), "fewer": sum(max(0, -number) for _, number in found),
        "verdicts": dict(verdicts),
    }  # fmt: skip
    return Deed(WHAT, by, int(time.time() * 1000), None, after)


async def last_reconciled(client: Mapping[str, Any], prefix: str, now: int) -> Result | None:
    """The last result that was kept in the 31 days before now (ms UTC); None where there is none."""
    partitions = await topic_partitions(client, Names(prefix).audit)
    if not partitions:
        return None
    found: list[Result] = []
    async with started(reader(client)) as consumer:
        async for records in read_on(consumer, await offsets_at(consumer, now - LOOKED_BACK, partitions)):
            found += [one for record in records if (one := _result_in(record.value or b"")) is not None]
    return max(found, key=lambda one: one.at, default=None)


def _result_in(value: bytes) -> Result | None:
    try:
        one = _AUDITED.decode(value)
    except msgspec.DecodeError:
        return None
    return Result(one.at, one.by, one.after) if one.what == WHAT and one.after else None


def text_of(found: Result | None) -> Said:
    """A result in words."""
    return _NONE if found is None else _RESULT.filled(at=found.at[:16].replace("T", " "), by=found.by, **found.numbers)

"""What an area has and what these settings say, side by side; and the one lawful way from the first to the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.contract.text import Language, Said
from monitor.errors import ConfigurationError
from monitor.settings import Settings
from monitor.worker.fingerprint import SECRET, fingerprint_of
from monitor.worker.worker import group_of
from rules.engine.records import VERSION as STATE_VERSION
from streams.kafka import area
from streams.kafka.handover import hindrance

_HEAD = Said(
    "统筹区 {id}：指纹 {stands}，按当前设置为 {now}", "area {id}: fingerprint {stands}, of these settings {now}"
)
_NO_RECORD = Said("（无记录）", "without record")
_THE_SAME = Said("相同", "the same")
_NOBODY_YET = Said(
    "尚无工作进程加入：第一个进程将写入其设置",
    "no worker has joined yet: the first one writes what its settings say",
)
_AS_IT_IS = Said("当前设置与统筹区一致", "these settings are what the area has")
_STOP_ALL = Said(
    "先停止所有工作进程，再运行 monitor topics configure --yes",
    "stop all workers, then monitor topics configure --yes",
)


@dataclass(frozen=True)
class Comparison:
    """What stands and what the settings say now. stands: empty where no worker has joined yet."""

    id: str
    stands: area.Fingerprint
    now: area.Fingerprint

    @property
    def differ(self) -> list[str]:
        """The names of what differs."""
        return area.differing(self.stands, self.now) if self.stands else []

    def lines(self, language: Language) -> list[str]:
        """Both fingerprints, then a line for each name; what differs has both values."""
        name_of_area = self.id or _NO_RECORD.of(language)
        head = _HEAD.of(language).format(id=name_of_area, stands=area.short(self.stands), now=area.short(self.now))
        differ = dict(zip(self.differ, area.told(self.stands, self.now, SECRET), strict=False))
        names = sorted(self.now.items())
        return [head, *(f"  {differ.get(name) or _same(name, value, language)}" for name, value in names)]

    def advice(self) -> Said:
        """What to do."""
        if not self.stands:
            return _NOBODY_YET
        return _STOP_ALL if self.differ else _AS_IT_IS

    def contract(self) -> dict[str, Any]:
        """As JSON, without what is secret."""
        return {
            "area": self.id,
            "fingerprint": {"stands": area.short(self.stands), "now": area.short(self.now)},
            "stands": _shown(self.stands),
            "now": _shown(self.now),
            "differ": self.differ,
        }


def _same(name: str, value: str, language: Language) -> str:
    return f"{name}: {_THE_SAME.of(language) if name in SECRET else value}"


def _shown(fingerprint: area.Fingerprint) -> dict[str, str]:
    return {name: value for name, value in fingerprint.items() if name not in SECRET}


async def compare(settings: Settings) -> Comparison:
    """Read the area and put the settings beside it. Raises ConfigurationError where there is no such area."""
    try:
        stands = await area.read(_client(settings), settings.prefix)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    found = stands or area.Area("")
    return Comparison(found.id, found.fingerprint, fingerprint_of(settings, found.id))


async def change(settings: Settings, by: str) -> None:
    """Give the area what these settings say, and tell the audit topic. Raises ConfigurationError where it must not be.

    by: who does it.
    """
    if why := await hindrance(_client(settings), settings.prefix, group_of(settings), STATE_VERSION):
        raise ConfigurationError(why)

    def changed(stands: area.Area | None) -> area.Area:
        made = area.or_new(stands)
        return area.Area(made.id, fingerprint_of(settings, made.id))

    await area.write(_client(settings), settings.prefix, changed, by)


def _client(settings: Settings) -> dict[str, str]:
    return {"bootstrap_servers": settings.brokers}

"""What an area has and what these settings say, side by side; and the one lawful way from the first to the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.errors import ConfigurationError
from monitor.settings import Settings
from monitor.worker.fingerprint import SECRET, fingerprint_of
from monitor.worker.worker import group_of
from rules.engine.records import VERSION as STATE_VERSION
from streams.kafka import area
from streams.kafka.handover import hindrance


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

    def lines(self) -> list[str]:
        """Both fingerprints, then a line for each name; what differs has both values."""
        head = (
            f"area {self.id or 'without record'}: fingerprint {area.short(self.stands)}, "
            f"of these settings {area.short(self.now)}"
        )
        differ = dict(zip(self.differ, area.told(self.stands, self.now, SECRET), strict=False))
        return [head, *(f"  {differ.get(name) or _same(name, value)}" for name, value in sorted(self.now.items()))]

    def advice(self) -> str:
        """What to do."""
        if not self.stands:
            return "no worker has joined yet: the first one writes what its settings say"
        if not self.differ:
            return "these settings are what the area has"
        return "stop all workers, then monitor topics configure --yes"

    def contract(self) -> dict[str, Any]:
        """As JSON, without what is secret."""
        return {
            "area": self.id,
            "fingerprint": {"stands": area.short(self.stands), "now": area.short(self.now)},
            "stands": _shown(self.stands),
            "now": _shown(self.now),
            "differ": self.differ,
        }


def _same(name: str, value: str) -> str:
    return f"{name}: {'the same' if name in SECRET else value}"


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

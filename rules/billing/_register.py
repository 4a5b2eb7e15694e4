"""What the rules on physicians whom their register does not allow to order share."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    Episode,
    Finding,
    Ordered,
    Reference,
    Undecidable,
    Window,
    against,
    assumption,
    ends_after,
    parameter,
)

from ._lines import CountedLines


class AgainstRegister(CountedLines[Ordered]):
    """Lines of one physician at one institution that the register of physicians does not allow."""

    days: int = parameter(
        7,
        "统计天数",
        "length of the window",
        unit="days",
        origin=assumption("名册更新、编码更正一般不超过一周", "registers and codes are put right within a week"),
    )
    quiet: int = ends_after(604_800, "一周内的并入同一预警", "those of a week stay one alert")

    @property
    def measure(self) -> str:
        """Lines that should not be."""
        return "lines_against_the_register"

    def is_meant(self, found: str) -> bool:
        """Whether this rule is about what the register has against a line."""
        raise NotImplementedError

    def counts(self, line: Ordered, reference: Reference) -> bool:
        """Whether this rule is about what the register has against it."""
        return self.is_meant(against(line, reference))

    def details(self, lines: Sequence[Ordered], reference: Reference) -> dict[str, str]:
        """What the register has against the last one."""
        return {"against": against(lines[-1], reference)}

    def check(self, entry: Ordered, window: Window[Ordered], reference: Reference) -> Finding | None:
        """Count the lines up to this one, of a physician whom the register knows."""
        if against(entry, reference) == "unknown":
            raise Undecidable("a physician who is not in the register")
        return super().check(entry, window, reference)


def last_of(episode: Episode, field: str) -> str:
    """What the last line of the peak was decided on."""
    return episode.peak.evidence[-1].decided.get(field, "")

"""What the rules on items that may not be charged, or not to the fund, share."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    Episode,
    Listed,
    Names,
    Reference,
    Text,
    assumption,
    ends_after,
    parameter,
    reached,
    yuan,
)

from ._lines import CountedLines


class Flagged(CountedLines[Listed]):
    """Lines of one item at one institution that charge what the table of items says not to charge."""

    fewest: int = parameter(
        3,
        "统计天数内这样的明细达到该条数即触发",
        "number of such lines that sets the rule off",
        unit="lines",
        origin=assumption("一两条可能是录入有误", "one or two may be typed wrongly"),
    )
    days: int = parameter(
        7,
        "统计天数",
        "length of the window",
        unit="days",
        origin=assumption("目录调整后一周内应改过来", "a new list is entered within a week"),
    )
    quiet: int = ends_after(604_800, "一周内的并入同一预警", "those of a week stay one alert")

    @property
    def flag(self) -> str:
        """The column of the table of items that is `0`."""
        raise NotImplementedError

    @property
    def least(self) -> int:
        """As many lines."""
        return self.fewest

    @property
    def measure(self) -> str:
        """Lines that should not be."""
        return f"lines_of_an_item_not_{self.flag}"

    def amount_of(self, line: Listed) -> int:
        """What a line charges, fen; 0 where it is none that counts."""
        return line.total

    def sentence_of(self, service: Text, lines: str, sum_: str, limit: Text) -> Text:
        """What is said of so many lines with this sum, yuan."""
        raise NotImplementedError

    def counts(self, line: Listed, reference: Reference) -> bool:
        """Whether the table says not to charge it, and it charges something."""
        row = reference.row("items", line.item, line.time) or {}
        return line.quantity > 0 and row.get(self.flag) == "0" and self.amount_of(line) > 0

    def details(self, lines: Sequence[Listed], reference: Reference) -> dict[str, str]:  # noqa: ARG002 - as every rule
        """Their sum."""
        return {"sum": yuan(sum(map(self.amount_of, lines)))}

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which item, how many lines, how much."""
        found = episode.peak
        service = names.service(found.evidence[-1])
        limit = reached(found.limit, Text("条明细", "lines"))
        return self.sentence_of(service, f"{found.value:g}", found.details["sum"], limit)

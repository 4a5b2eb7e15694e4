"""What the rules on prices above their limit share."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    Episode,
    Names,
    Overpriced,
    Reference,
    Text,
    assumption,
    ends_after,
    parameter,
    reached,
)

from ._lines import CountedLines


class AboveLimit(CountedLines[Overpriced]):
    """Lines of one item at one institution whose price is above the limit that they state."""

    fewest: int = parameter(
        3,
        "统计天数内超过限价的明细达到该条数即触发",
        "number of lines above the limit that sets the rule off",
        unit="lines",
        origin=assumption("一两条可能是录入有误", "one or two may be typed wrongly"),
    )
    days: int = parameter(
        7,
        "统计天数",
        "length of the window",
        unit="days",
        origin=assumption("价格调整后一周内应改过来", "a new price is entered within a week"),
    )
    over_percent: float = parameter(
        0.5,
        "单价超过限价的百分比大于此值才计入",
        "by how much the price exceeds the limit at least",
        unit="%",
        origin=assumption("换算、取整的误差", "what conversion and rounding make"),
    )
    quiet: int = ends_after(604_800, "一周内的并入同一预警", "those of a week stay one alert")

    @property
    def of_drugs(self) -> bool:
        """Whether lines of drugs are judged, else those of services and materials."""
        raise NotImplementedError

    @property
    def least(self) -> int:
        """As many lines."""
        return self.fewest

    @property
    def measure(self) -> str:
        """Lines above the limit."""
        return "lines_above_the_price_limit"

    def counts(self, line: Overpriced, reference: Reference) -> bool:  # noqa: ARG002 - as every rule
        """Whether its price is above its limit."""
        return line.is_drug == self.of_drugs and line.price * 100 > line.most * (100 + self.over_percent)

    def details(self, lines: Sequence[Overpriced], reference: Reference) -> dict[str, str]:  # noqa: ARG002 - as every rule
        """Price and limit of the last one."""
        return {"price": lines[-1].stated("pric"), "most": lines[-1].stated("pric_uplmt_amt")}

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which item, how many lines, at which price against which limit."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("条明细", "lines"))
        row = found.evidence[-1]
        item = names.drug(row) if self.of_drugs else names.service(row)
        price, most = found.details["price"], found.details["most"]
        return Text(
            f"{self.days}天内{item.zh}有{found.value:g}条明细单价高于限价，末条{price}元，限价{most}元（{limit.zh}）",
            f"{item.en} was charged above its price limit in {found.value:g} lines within {self.days} d, the last one "
            f"at {price} yuan with a limit of {most} yuan ({limit.en})",
        )

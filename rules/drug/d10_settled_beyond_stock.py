"""Rule D10: more of a drug is settled than was in stock."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    Card,
    Episode,
    Finding,
    Listed,
    Names,
    Reference,
    Text,
    Window,
    assumption,
    clock,
    day_of,
    ends_after,
    evidence,
    parameter,
    precedent,
    reached,
)

from ._stock import UNITS, Book, OfStock, Row
from ._supply import UNIT


class SettledBeyondStock(OfStock):
    """An institution settles more of a drug than it had counted and taken in since.

    Why: "药品、耗材进销存不符" (Mei county forwarding Baoji city, 2024-09-27). What never came in cannot have been
    handed out: it was settled on paper, or bought where nobody may buy. Public programs call it suspicious from 1.5
    times what was bought on; the other figures are our assumption.

    What the book of a drug's stock is stands in docs/rules/stock.md. Judged is each line with a positive quantity that
    is settled on a day after a count: by the last count on an earlier day, the whole of which lies in the last
    `keep_days`. All that was settled since, up to the time of this line, is held against what there was: what was
    counted and came in since, without what went out since, up to that time; less than nothing is nothing. It is a
    finding if more was settled, by at least `fewest` and by at least `percent` of what there was: `warning`; `high`
    where it is at least `high_percent` of what there was. It is told `wait_days` after the line.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 20 institutions that upload
    their stock, each with 40 drugs that sell so often; for one in 50 of these a year a lot comes from a branch
    unrecorded; and one institution a year forgets the uploads of more than a week, which half of its drugs show):
    0.099 alerts a day. That is 3 alerts a month in 200,000.

    Known gaps: institutions that count their stock outside of the interface, or buy under another med_list_codg than
    they sell. A purchase that is made up. A drug of which one pack is reported as opened: it is not judged until the
    next count. What is sold for cash is not counted, so that a shop with many such customers can settle as much beside
    them. Lines of stays. A hospital that charges tablets where it buys packs, and says it charges packs. Lines of 2204
    count also where no settlement paid them: a hospital that does not cancel (2205) what was not paid or was given back
    is accused. So is one that counts a drug in several places on different days, since the last of these days alone is
    the count; one that the table leaves out for a time in which the drug came in, until it counts again; and one whose
    deliveries are entered more than `wait_days` after they are sold. What is deleted (3507) more than 72 h after its
    own time still counts, also where it was uploaded later than that.

    Example:
        >>> from rules.testing import at, counted, judge, listed
        >>> def shop(packs):
        ...     sold = [listed(at("10:00", day=n), institution="P1", quantity=10_000) for n in range(1, packs + 1)]
        ...     return [counted(at("00:00"), 20), *sold]
        >>> judge(SettledBeyondStock(), shop(29))
        []
        >>> [(found.value, found.limit, found.severity) for found in judge(SettledBeyondStock(), shop(30))]
        [(30.0, 30.0, 'high')]

    """

    card = Card(
        id="D10",
        name=Text("结算数量超出库存", "Settled beyond stock"),
        family="drug",
        stage="post",
        ledger="stock_book",
        subject="institution",
        why=Text(
            "自盘点以来医保结算的数量多于盘点与其后入库之和：多出的部分没有来源，可能是虚假售药或非法购进",
            "More was settled than was counted and came in since: what is beyond has no source, and was sold on paper "
            "or bought unlawfully",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；眉县转发宝鸡市通知（2024-09-27）“药品、耗材进销存不符”",
        advice=Text(
            "10日内盘点该药实物，核对盘点以来的购进票据与随货同行单，是否分店调拨、漏传购进，或计价单位不一致",
            "within 10 days count the drug, and see the invoices and delivery notes since: whether a branch lent it, "
            "an upload is missing, or it is bought in another unit than it is charged in",
        ),
        tables=("institutions",),
    )

    percent: int = parameter(
        10,
        "同时须超出可供数量的该百分比",
        "it must also be so much more than what there was",
        unit="%",
        origin=assumption("漏传零星购进可占一成", "small purchases that were not uploaded may be a tenth"),
    )
    high_percent: int = parameter(
        150,
        "结算数量达到可供数量的该百分比，严重程度为high",
        "what was settled, in per cent of what there was, from which it is `high`",
        unit="%",
        origin=precedent("公开程序：结算数量达到购进的1.5倍", "public programs: settled 1.5 times what was bought"),
    )
    quiet: int = ends_after(2_592_000, "30天内的并入同一预警", "those of 30 days stay one alert")

    def check(self, entry: Row, window: Window[Row], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Hold what was settled since the last count against what there was."""
        if not isinstance(entry, Listed) or entry.quantity <= 0:
            return None
        counted_on = self.last_count(window, entry.time, day_of(entry.time))
        if counted_on is None:
            return None
        book = self.book(window, counted_on, entry.time)
        least = max(book.supply + self.fewest * UNIT, book.supply * (100 + self.percent) / 100)
        return self._finding(entry, book, least) if book.settled >= least else None

    def _finding(self, entry: Listed, book: Book, least: float) -> Finding:
        beyond = _beyond(book)
        is_high = book.settled * 100 >= self.high_percent * book.supply
        return Finding(
            measure="units_settled_since_count",
            value=book.settled / UNIT,
            limit=round(least / UNIT, 1),
            unit="units",
            severity="high" if is_high else "warning",
            evidence=evidence([*book.counts, *beyond], self.card),
            due=entry.time + self.ahead,
            details={
                "since": clock(book.counts[0].time, "%Y-%m-%d"),
                "counted": f"{book.counted / UNIT:g}",
                "came": f"{book.came / UNIT:g}",
                "went": f"{book.went / UNIT:g}",
            },
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which drug, how much of it was settled, and how much there was."""
        found, limit = episode.peak, reached(episode.peak.limit, UNITS)
        drug = names.drug(found.evidence[-1])
        since, counted, came, went = (found.details[name] for name in ("since", "counted", "came", "went"))
        return Text(
            f"自{since}盘点以来，{drug.zh}医保结算{found.value:g}个计价单位（{limit.zh}）；"
            f"盘点{counted}，其后入库{came}、出库{went}",
            f"since the count of {since}, {found.value:g} units of {drug.en} were settled ({limit.en}); {counted} were "
            f"counted, {came} came in since and {went} went out",
        )


def _beyond(book: Book) -> Sequence[Listed]:
    """The last lines, that together are as much as is beyond what there was."""
    missing, found = book.settled - book.supply, []
    for line in reversed(book.lines):
        if missing <= 0:
            break
        if line.quantity > 0:
            found.append(line)
            missing -= line.quantity
    return found[::-1]

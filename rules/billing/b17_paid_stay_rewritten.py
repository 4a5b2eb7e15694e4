"""Rule B17: an institution rewrites the bills of stays that were paid long before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rules import (
    BILL,
    DAY,
    DELETION,
    REVERSAL,
    Billed,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    above,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
)


class Rewriting(NamedTuple):
    """A bill, what took it back, the first deletion of lines after that, and the other bill that took its place."""

    old: Billed
    back: Billed
    deleted: Billed
    new: Billed


class PaidStayRewritten(Rule[Billed]):
    """An institution takes many bills of stays back long after they were paid, deletes lines, and settles them anew.

    Why: "伪造、变造、隐匿、涂改、擅自销毁医学文书、医学证明、会计凭证、电子信息等有关资料" (Mei county, 2024-09-27),
    and article 40 of the regulation. What is wrong on a bill is found when the patient leaves, and corrected on that
    day. Who opens paid stays again weeks later and puts other lines in their place rewrites what the fund was charged
    for. No number is published; the figures are our assumption.

    A stay (mdtrt_id and psn_no) is rewritten where, in this order and by inf_time: it is settled (2304); that bill is
    taken back (2305), `after_days` or more after it; lines of the visit are deleted (2302) or given back (2301 with a
    negative cnt); it is settled again, with another medfee_sumamt, and fund_pay_sumamt is not lower than before. All of
    it lies in (t - `days`, t]. Counted are the stays of one institution that were rewritten up to the judged bill,
    which is the last of one of them. It is a finding, `high`, from `limit` on, if they are also more than
    `over_percent` of the stays that it settled in that time.

    What honest institutions do is none: deleting and uploading again before the bill, as often as they like; a bill
    corrected within the week; one that is settled again as it was, for another insurance or for assistance; one that
    becomes cheaper for the fund, as where an institution finds its own mistakes; one that is taken back for good, as
    after an accident at work; an interim bill, which nobody takes back.

    Honest county of 200,000 (`python -m pytest tests/honest/test_offices.py`, our assumptions: of 36,000 stays a
    year, 15,000 of them at the largest hospital, one in a thousand is opened so late and becomes dearer, which never
    adds up; and at each of ten hospitals a price that was too low is corrected for a whole ward once in ten years):
    0.003 alerts a day. That is 0.1 alerts a month in 200,000.

    Known gaps: bills of outpatients (2205, 2208) are not looked at, nor what is changed without a deletion, or in the
    institution's own system. Who rewrites before settling, or within a week, is not seen; nor who gets the same sum out
    of other lines, or never settles again. Reversals that are sent as rows of a settlement (refd_setl_flag) do not
    count: whoever sends them sends no deletions. Images, reports and papers are not in the messages.

    Example:
        >>> from rules.testing import at, judge, rewritten
        >>> def stays(count, after):
        ...     return [one for n in range(count) for one in rewritten(at("09:00", day=n), after)]
        >>> judge(PaidStayRewritten(), stays(9, 7))
        []
        >>> judge(PaidStayRewritten(), stays(10, 6))
        []
        >>> [(found.value, found.severity) for found in judge(PaidStayRewritten(), stays(10, 7))]
        [(10, 'high')]

    """

    card = Card(
        id="B17",
        name=Text("已结算住院删改重结", "Paid stay rewritten"),
        family="billing",
        stage="post",
        ledger="stay_bills",
        subject="institution",
        why=Text(
            "住院结算多日后冲正、删除费用明细，再以不同费用重新结算，可能篡改、销毁原始收费记录",
            "Stays paid days before are opened, lines deleted, and other charges settled: records may be rewritten",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十九条、第四十条；眉县转发宝鸡市通知（2024-09-27）“伪造、变造、隐匿、涂改、"
        "擅自销毁医学文书、医学证明、会计凭证、电子信息等有关资料”",
        advice=Text(
            "三日内调取前后两次结算清单与被删明细的原始报文，对照病历、医嘱和患者签字的费用清单，问清由谁、因何改动",
            "within three days both bills and the messages of the deleted lines beside the record, the orders and the "
            "list that the patient signed: who changed it, and why",
        ),
    )

    limit: int = parameter(
        10,
        "删改重结的住院达到该次数即触发",
        "number of rewritten stays that sets the rule off",
        unit="stays",
        origin=assumption("正常的大医院每季度约四次", "an honest large hospital has about four a quarter"),
    )
    over_percent: int = parameter(
        2,
        "且超过同期住院结算次数的该比例",
        "and they are more than this part of the stays that were settled",
        unit="%",
        origin=assumption("正常约千分之一", "about one in a thousand is usual"),
    )
    after_days: int = parameter(
        7,
        "结算后至少经过该天数才冲正的才计",
        "days from the bill to its reversal, at least",
        unit="days",
        origin=assumption("差错多在结算当日或当周更正", "mistakes are corrected on the same day, or within the week"),
    )
    days: int = parameter(
        90,
        "统计的天数",
        "within how many days all of it lies",
        unit="days",
        origin=assumption("一个季度", "a quarter of a year"),
    )
    quiet: int = ends_after(2_592_000, "30天：接连的改动只有一条预警", "30 days: one after the other is one alert")

    @property
    def span(self) -> int:
        """The days in which all of it lies, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """Four messages of each stay."""
        return Guard(fewest=4 * self.limit, distinct=("piece", min(3, 4 * self.limit)))

    def check(self, entry: Billed, window: Window[Billed], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Look at the stay of the bill first: few were opened again."""
        of_stay = [one for one in window.entries if (one.visit, one.person) == (entry.visit, entry.person)]
        if not any(one.new.id == entry.id for one in self._rewritings(of_stay)):
            return None
        found, settled = self._rewritten(window.entries)
        percent = 100 * len(found) / settled
        if len(found) < self.limit or percent <= self.over_percent:
            return None
        return Finding(
            measure="rewritten_stays",
            value=len(found),
            limit=self.limit,
            unit="stays",
            severity="high",
            evidence=evidence([piece for one in found for piece in one], self.card),
            # What the fund paid on the bills that were taken back it got back.
            amount=-sum(one.old.amount for one in found),
            details={"settled": str(settled), "percent": str(percent)},
        )

    def _rewritten(self, entries: Iterable[Billed]) -> tuple[list[Rewriting], int]:
        """The last rewriting of each stay that was rewritten, and how many stays were settled."""
        stays: dict[tuple[str, str], list[Billed]] = defaultdict(list)
        for one in entries:
            stays[one.visit, one.person].append(one)
        last = [[*self._rewritings(pieces)][-1:] for pieces in stays.values()]
        settled = sum(any(one.piece == BILL for one in pieces) for pieces in stays.values())
        return [one for some in last for one in some], settled

    def _rewritings(self, pieces: Sequence[Billed]) -> Iterator[Rewriting]:
        """Of one stay. pieces: its bills, their reversals and its deletions, in order."""
        for old, back in self._taken_back(pieces):
            for new in pieces:
                deleted = [one for one in pieces if one.piece == DELETION and back.time <= one.time <= new.time]
                if deleted and _is_another(old, new):
                    yield Rewriting(old, back, deleted[0], new)

    def _taken_back(self, pieces: Sequence[Billed]) -> list[tuple[Billed, Billed]]:
        """The bills of a stay that were taken back late, each with what took it back."""
        bills = {one.settlement: one for one in pieces if one.piece == BILL}
        reversals = [one for one in pieces if one.piece == REVERSAL and one.settlement in bills]
        pairs = [(bills[one.settlement], one) for one in reversals]
        return [(old, back) for old, back in pairs if back.time - old.time >= self.after_days * DAY]

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many stays, after how long, and what part of all."""
        found = episode.peak
        limit, part = reached(found.limit, Text("次", "stays")), self.over_percent
        settled = found.details["settled"]
        percent = above(round(float(found.details["percent"]), 1), part)
        return Text(
            f"{self.days}天内有{found.value:g}次住院在结算满{self.after_days}天后被冲正、删除费用明细并重新结算，"
            f"费用改变而基金支付未减少（{limit.zh}，且超过同期的{part}%），占同期{settled}次住院结算的{percent.zh}%",
            f"within {self.days} d {found.value:g} stays were taken back {self.after_days} d or more after they were "
            f"settled, had lines deleted, and were settled anew otherwise, for no less of the fund ({limit.en}, and "
            f"more than {part} % of all), {percent.en} % of the {settled} stays settled in that time",
        )


def _is_another(old: Billed, new: Billed) -> bool:
    """Whether it is a bill of another sum that costs the fund no less."""
    return new.piece == BILL and new.total != old.total and new.amount >= old.amount

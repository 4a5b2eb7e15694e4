"""Rule D20: an institution sells dear products instead of those that won the procurement."""

from __future__ import annotations

from collections.abc import Iterable

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Guard,
    Listed,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    above,
    assumption,
    ends_after,
    evidence,
    exceeded,
    parameter,
    yuan,
)


class DearInsteadOfWon(Rule[Listed]):
    """Of a substance that is procured by volume an institution gives outpatients mostly dear products that did not win.

    Why: "未严格执行药品耗材带量采购政策，无当理由超过规定要求使用高价非中选产品" (She county, 2025-04-30). What won is
    bought in volume at a low price; where the dear product is given as a rule, the fund loses the difference.

    Looked at are the lines with cnt above 0 of outpatients and pharmacies (2204, 2102 and what else is not 2301, 2303
    or 2304) of drugs that have `procured` in the table `drugs`, by the row that is valid at fee_ocur_time: those of
    one institution and substance (docs/rules/supply.md) in the `days` that end with the judged line. A line of a
    product with `procured` = `other` is judged. It is a finding, `warning`, if at least `fewest` of them are such
    lines, and they are more than `over_percent` of all.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 70 institutions with 20
    such substances that matter; of these 1,400 one in 100 is out of stock for a month once a year): 0.038 alerts a
    day. That is 1.2 alerts a month in 200,000.

    Known gaps: lines of stays are not looked at: they come for two months, and would all be kept for so long. What the
    area agreed upon for an institution is not in the messages, nor why the dear product was given: children, allergies
    and shortages are honest. The share is by lines, not by packs or yuan. What was given before the table had the drug
    is not seen: lines of other drugs are not sent to their institution. A line that a cancel of all lines of a visit
    takes back still counts: at the institution only a cancel that names it is known.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, listed
        >>> reference = Reference()
        >>> for item, procured in (("002", "other"), ("001", "won")):
        ...     row = {"med_list_codg": item, "group": "G", "procured": procured}
        ...     reference.put("drugs", row)
        >>> def given(dear, cheap):
        ...     items = ["001"] * cheap + ["002"] * dear
        ...     return [listed(at("09:00", seconds=n), item=item) for n, item in enumerate(items)]
        >>> judge(DearInsteadOfWon(), given(20, 20), reference)
        []
        >>> judge(DearInsteadOfWon(), given(19, 18), reference)
        []
        >>> [(round(found.value, 1), found.severity) for found in judge(DearInsteadOfWon(), given(20, 19), reference)]
        [(51.3, 'warning')]

    """

    card = Card(
        id="D20",
        name=Text("以高价非中选药品替代中选药品", "Dear product instead of the winner"),
        family="billing",
        ledger="procured",
        subject="institution",
        why=Text(
            "集采品种以高价非中选产品为主，基金多付了差价",
            "Of a substance procured by volume mostly the dear product is given: the fund pays the difference",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县专项整治方案（2025-04-30）“未严格执行药品耗材带量采购政策，"
        "无当理由超过规定要求使用高价非中选产品”",
        advice=Text(
            "10日内核对该机构的约定采购量与完成进度、中选产品库存，抽查处方中选用非中选产品的理由",
            "within 10 days the volume that was agreed upon and how much of it was bought, the stock of the winner, "
            "and in a sample of prescriptions why the other product was chosen",
        ),
        tables=("drugs",),
        decided=("pric", "drugs.procured"),
    )

    over_percent: int = parameter(
        50,
        "非中选产品的明细占该成分全部明细的比例超过该百分比即触发",
        "share of the dear products in all lines of the substance; more set the rule off",
        unit="%",
        origin=assumption("约定采购量通常在半数以上", "more than half is usually agreed upon"),
    )
    fewest: int = parameter(
        20,
        "非中选产品的明细至少达到该条数才触发",
        "so many lines of the dear products at the least",
        unit="lines",
        origin=assumption("用量很小的品种不看", "what is hardly used does not matter"),
    )
    days: int = parameter(
        30,
        "统计天数",
        "length of the window",
        unit="days",
        origin=assumption("约一个月的采购", "about a month of purchases"),
    )
    quiet: int = ends_after(1_209_600, "两周内的并入同一预警", "those of two weeks stay one alert")

    @property
    def span(self) -> int:
        """The days in ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many lines."""
        return Guard(fewest=self.fewest)

    def check(self, entry: Listed, window: Window[Listed], reference: Reference) -> Finding | None:
        """Compare the lines up to this one."""
        if not _is_dear(entry, reference):
            return None
        dear = [one for one in window.entries if _is_dear(one, reference)]
        if len(dear) < self.fewest or len(dear) * 100 <= window.count * self.over_percent:
            return None
        return Finding(
            measure="share_of_products_that_did_not_win",
            value=100 * len(dear) / window.count,
            limit=self.over_percent,
            unit="%",
            severity="warning",
            evidence=evidence(dear, self.card),
            details={"dear": f"{len(dear)}", "all": f"{window.count}", "sum": yuan(_total(dear))},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which drug, how many lines of how many, and what they cost."""
        found, limit = episode.peak, exceeded(episode.peak.limit, Text("%", "%"))
        share, drug = above(round(found.value, 1), found.limit), names.drug(found.evidence[-1])
        dear, every, total = (found.details[name] for name in ("dear", "all", "sum"))
        return Text(
            f"{self.days}天内同一集采成分的{every}条门诊和药店明细中，非中选产品（如{drug.zh}）{dear}条，占{share.zh}%"
            f"（{limit.zh}），计{total}元",
            f"{dear} of {every} lines of a substance procured by volume within {self.days} d, for outpatients, were of "
            f"products that did not win (such as {drug.en}): {share.en} % ({limit.en}), {total} yuan",
        )


def _is_dear(line: Listed, reference: Reference) -> bool:
    row = reference.row("drugs", line.item, line.time) or {}
    return row.get("procured") == "other"


def _total(lines: Iterable[Listed]) -> int:
    return sum(one.total for one in lines)

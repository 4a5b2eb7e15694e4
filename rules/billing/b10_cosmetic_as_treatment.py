"""Rule B10: cosmetic surgery may be charged as an item that the fund pays."""

from __future__ import annotations

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
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
    yuan,
)


class CosmeticAsTreatment(Rule[Listed]):
    """A department in which cosmetic surgery is done charges an item that the fund pays, to person after person.

    Why: "将自费整形美容类项目串换为医保目录内项目收费骗保" (She county, 2025-04-30). A fold in the eyelid is charged
    as a drooping lid, a higher nose as a bent septum. What was done is not in the messages; that a department of
    cosmetology finds the illness in so many of its customers is. The fund does not pay for beauty
    (劳社部发〔1999〕22号, "非疾病治疗项目类"). No number is published; the figures are our assumption.

    Judged are the lines with cnt and `inscp_scp_amt` above 0, of a settlement or uploaded before it (2204, 2301), whose
    `bilg_dept_codg` is among the departments in `cosmetic_in` of the item, by the row of the table `items` that is
    valid at fee_ocur_time. Counted are the different persons of one institution and item in the `days` that end with
    the judged line, by fee_ocur_time. It is a finding, `warning`, from `limit` on, and `high` from twice as many on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: ten departments of
    cosmetology; each treats three persons a month whose illness is that of such an item): 0.004 alerts a day. That is
    0.1 alerts a month in 200,000.

    Known gaps: the area says for which items and departments it is asked; where the column is empty nothing is judged.
    Plastic surgery for burns and clefts is an ordinary department: leave it out. Who orders it under another department
    is not seen, but B12-SCOPE may see the physician. Lines without `bilg_dept_codg` or `inscp_scp_amt` are not judged:
    publish fee lines with their reply. A line that is given back by another one still counts, until it is cancelled by
    its number or its batch (2205, 2302). What was charged before the table had the item is not seen.

    Example:
        >>> from rules.testing import at, judge, listed
        >>> def charged(persons, in_scope=90_000):
        ...     return [listed(at("09:00", day=n), person=f"p{n}", in_scope=in_scope) for n in range(persons)]
        >>> rule = CosmeticAsTreatment()
        >>> judge(rule, charged(9))
        []
        >>> judge(rule, charged(10, 0))
        []
        >>> [(found.value, found.severity) for found in judge(rule, charged(10))]
        [(10, 'warning')]

    """

    card = Card(
        id="B10",
        name=Text("疑似整形美容串换", "Cosmetic surgery as treatment"),
        family="billing",
        ledger="cosmetic",
        subject="institution",
        why=Text(
            "美容科室对一批又一批人收取医保目录内的治疗项目，实际可能是自费的整形美容",
            "A department of cosmetology charges what the fund pays to person after person: it may be cosmetic surgery",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条、第四十条；歙县方案（2025-04-30）“将自费整形美容类项目串换为医保目录内项目收费骗保”",
        advice=Text(
            "10日内调取这些参保人的病历、术前术后照片、手术知情同意书和自费收费票据，核对诊断与实际手术，当面询问做的是什么",
            "within 10 days the records of these persons, pictures before and after, what they signed and paid "
            "themselves; whether it fits the diagnosis; ask them what was done",
        ),
        tables=("items",),
        decided=("bilg_dept_codg", "inscp_scp_amt", "items.cosmetic_in"),
    )

    limit: int = parameter(
        10,
        "统计天数内收取该项目的参保人达到该人数即触发",
        "number of persons who are charged the item that sets the rule off",
        unit="persons",
        origin=assumption("美容科室每月真有此病的不过几人", "few customers of such a department have the illness"),
    )
    days: int = parameter(
        30,
        "统计天数",
        "length of the window",
        unit="days",
        origin=assumption("一个月", "a month"),
    )
    quiet: int = ends_after(30 * 86_400, "一个月内的并入同一预警，取最长", "those of a month stay one alert")

    @property
    def span(self) -> int:
        """The days in ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many persons."""
        return Guard(fewest=self.limit, distinct=("person", self.limit))

    def check(self, entry: Listed, window: Window[Listed], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the persons up to this line."""
        if not _counts(entry):
            return None
        lines = [one for one in window.entries if _counts(one)]
        persons = {one.person for one in lines}
        if len(persons) < self.limit:
            return None
        return Finding(
            measure="persons_with_an_item_for_cosmetics",
            value=len(persons),
            limit=self.limit,
            unit="persons",
            severity="high" if len(persons) >= 2 * self.limit else "warning",
            evidence=evidence(lines, self.card),
            details={"sum": yuan(sum(one.in_scope for one in lines)), "department": entry.department},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """In which department, which item, how many persons, how much."""
        found = episode.peak
        service, code = names.service(found.evidence[-1]), found.details["department"]
        where = Text(f"科室{code}", f"department {code}") if code else Text("某科室", "a department")
        limit, total = reached(found.limit, Text("人", "persons")), found.details["sum"]
        return Text(
            f"{where.zh}在{self.days}天内对{found.value:g}名参保人收取{service.zh}，计入支付范围{total}元（{limit.zh}）",
            f"{where.en} charged {service.en} to {found.value:g} persons within {self.days} d, with "
            f"{total} yuan in scope of the fund ({limit.en})",
        )


def _counts(line: Listed) -> bool:
    """Whether a line gives something, and puts it into the scope of the fund."""
    return line.quantity > 0 and line.in_scope > 0

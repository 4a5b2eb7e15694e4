"""Rule B23: one clerk of an agency pays nearly all bills of one institution that are handed in."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Claimed,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    assumption,
    day_of,
    ends_after,
    evidence,
    parameter,
    reached,
)


class ClerkAndInstitution(Rule[Claimed]):
    """Bills of one institution that are handed in pass through one clerk of an agency in which several work.

    Why: "堵塞漏洞，防范风险，切实防止内外勾结骗取医保基金" (Xiji county, 2021-12-15), and article 37 of the
    regulation. A bill that is handed in goes through no network: only the clerk who enters it has seen it. False bills
    need one clerk who lets them pass, and go to nobody else. No number is published; the figures are our assumption.

    Judged are standing settlements (2102, 2207, 2304) that the agency pays on a bill which was handed in (setl_type 1),
    by the county of insurance (insuplc_admdvs), whose agency pays, those of stays (2304) and all others each for
    themselves. Counted are those of the same institution and opter as the judged one in (t - `days`, t]. It is a
    finding, `high`, from `limit` on, if all of this holds in that time:

    - they lie on at least `fewest_days` different days;
    - they are at least `share` % of the bills of that institution;
    - at least `fewest_elsewhere` bills of other institutions were paid; the same opter paid one of them at least, and
      no more than `most_elsewhere` % of them.

    What honest agencies do is none: a single clerk, or one who pays most of all; one for stays and one for the rest;
    a pile of bills in one sitting; the journey of one person; a hospital's own till that states setl_type 1 by mistake,
    whose opter pays no bill of another institution.

    Honest county of 200,000 (`python -m pytest tests/honest/test_claims.py`, our assumptions: 1,000 bills of stays and
    1,000 others a year; four clerks who take them in turn, and a hospital from which every tenth bill is; once in two
    years a clerk takes care of all bills of one hospital for weeks, as after a failure of its network): 0.0014 alerts a
    day. That is 0.04 alerts a month in 200,000.

    Known gaps: two clerks who share the work of a fraud, or one who lends out the password, are not seen, nor bills of
    many institutions, nor small agencies. Where clerks sit in the townships, one of them may honestly have all bills
    of a hospital to which the people of the township go. Who got the money is not in the messages. Several pairs of
    a county within thirty days are one alert.

    Example:
        >>> from rules.testing import at, claimed, judge
        >>> def paid(count, mine):
        ...     days = [at("09:00", day=n) for n in range(20)]
        ...     others = [claimed(day, "c1" if n < mine else "c2", "H2") for n, day in enumerate(days)]
        ...     return [*others, *(claimed(day, "c1", "H1") for day in days[12 : 12 + count])]
        >>> judge(ClerkAndInstitution(), paid(7, 10))
        []
        >>> judge(ClerkAndInstitution(), paid(8, 11))
        []
        >>> [(found.value, found.severity) for found in judge(ClerkAndInstitution(), paid(8, 10))]
        [(8, 'high')]

    """

    card = Card(
        id="B23",
        name=Text("手工报销集中于同一经办人", "One clerk for one institution"),
        family="billing",
        stage="post",
        ledger="agencies",
        subject="group",
        why=Text(
            "某机构的手工报销几乎全由同一经办人办理，而其他机构的由多人分办，可能内外勾结",
            "Nearly all claims of an institution pass through one clerk while others share the rest: they may collude",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十七条、第四十条；西吉县监管制度改革（2021-12-15）“堵塞漏洞，防范风险，切实防止内外勾结骗取医保基金”",
        advice=Text(
            "由非该经办人的两人复核：十日内向开票机构逐笔核实票据与住院，核对收款账户，查看分办规则与复核记录",
            "two others review: within ten days ask the institution about each bill, compare the accounts to which "
            "money went, and look at how work is shared out and at who approved",
        ),
        decided=("opter", "insuplc_admdvs", "setl_type"),
    )

    limit: int = parameter(
        8,
        "同一经办人办理同一机构的手工报销达到该笔数即触发",
        "number of claims of one institution by one clerk that sets the rule off",
        unit="settlements",
        origin=assumption(
            "正常县每月约80笔，分属多家机构与经办人", "a county has some 80 a month, of many hospitals and clerks"
        ),
    )
    fewest_days: int = parameter(
        4,
        "且分布的天数达到该数",
        "and on so many different days",
        unit="days",
        origin=assumption("成批的票据一两次办完", "a pile of bills is done in one sitting or two"),
    )
    share: int = parameter(
        80,
        "且不低于该机构手工报销的该比例",
        "and this part of the institution's claims at least",
        unit="%",
        origin=assumption("四人轮办时一人约占四分之一", "of four clerks in turn each has about a quarter"),
    )
    fewest_elsewhere: int = parameter(
        20,
        "其他机构的手工报销达到该笔数才判断",
        "claims of other institutions, from which on it is judged",
        unit="settlements",
        origin=assumption("太少则看不出如何分办", "of fewer it does not show how work is shared"),
    )
    most_elsewhere: int = parameter(
        50,
        "且该经办人在其中至多占该比例",
        "and at most this part of them by the same clerk",
        unit="%",
        origin=assumption("至少另有一人承担半数", "others do half of the work at least"),
    )
    days: int = parameter(
        30,
        "统计的天数",
        "within how many days",
        unit="days",
        origin=assumption("一个月", "a month"),
    )
    quiet: int = ends_after(
        2_592_000, "30天：接连的报销只有一条预警", "30 days: one claim after the other is one alert"
    )

    @property
    def span(self) -> int:
        """The days in which claims are counted, ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """As many claims, of several clerks where one may not have all of the others."""
        clerks = 2 if self.most_elsewhere < 100 else 1
        return Guard(fewest=max(clerks, self.limit + self.fewest_elsewhere), distinct=("operator", clerks))

    def check(self, entry: Claimed, window: Window[Claimed], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count what the clerk paid of the institution, then look at what else was paid."""
        here = [one for one in window.entries if one.institution == entry.institution]
        own = [one for one in here if one.operator == entry.operator]
        days = {day_of(one.time) for one in own}
        is_much = len(own) >= self.limit and len(days) >= self.fewest_days
        if not is_much or 100 * len(own) < self.share * len(here) or not self._is_shared(entry, window):
            return None
        return Finding(
            measure="claims_by_one_clerk",
            value=len(own),
            limit=self.limit,
            unit="settlements",
            severity="high",
            evidence=evidence(own, self.card),
            details={"of": str(len(here)), "days": str(len(days))},
        )

    def _is_shared(self, entry: Claimed, window: Window[Claimed]) -> bool:
        """Whether bills of other institutions are paid by the clerk too, but mostly by others."""
        elsewhere = [one for one in window.entries if one.institution != entry.institution]
        own = sum(one.operator == entry.operator for one in elsewhere)
        return len(elsewhere) >= self.fewest_elsewhere and 0 < 100 * own <= self.most_elsewhere * len(elsewhere)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which clerk, how many of how many, on how many days, of which institution."""
        found = episode.peak
        row, of, days = found.evidence[-1], found.details["of"], found.details["days"]
        limit, where = reached(found.limit, Text("笔", "claims")), names.of(row)
        agency, clerk = row.decided["insuplc_admdvs"], row.decided["opter"]
        return Text(
            f"{self.days}天内，参保地{agency}的经办人{clerk}办理{where.zh}的手工报销{found.value:g}笔（{limit.zh}），"
            f"占该机构全部{of}笔的{100 * found.value / float(of):.0f}%，分布在{days}天，其他机构的报销多由他人办理",
            f"within {self.days} d the clerk {clerk} of the agency of county {agency} paid {found.value:g} claims by "
            f"hand ({limit.en}) for bills of {where.en}, of {of} in all, on {days} days, while others paid most bills "
            "of other institutions",
        )

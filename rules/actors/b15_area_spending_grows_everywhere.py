"""Rule B15-AREA: outpatient spending grows too fast at many institutions of one place at once."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Growing,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    of_days,
    parameter,
    reached,
)


class SpendingGrowsEverywhere(Rule[Growing]):
    """Many institutions of one place have a lead of B15 within a week: something happened there.

    Why: "门诊统筹涨幅过快" (Anyue county, eight measures, 2024-11-11). Where outpatient spending grows at one
    institution, its charges are the question. Where it grows at many at once, the reason is rather an epidemic, a new
    policy or a new price, and who looks at each institution by itself asks the same question many times. No number is
    published; the figures are our assumption.

    At each lead of B15 those of its place of care (mdtrtarea_admvs) are looked at whose first trigger is in (t -
    `days`, t], t being that of this lead. Left out are leads that were withdrawn, and those found to be false or an
    error of the data. One that was explained counts: the spending grew, and the reason may be the same everywhere. It
    is a finding where the institutions of these leads are more than `over_percent` % of `institutions`, and `fewest` or
    more. It is a `warning`. The leads of the institutions stand beside it as they are.

    `institutions` is how many institutions of a place can have a lead of B15 at all: those for which the fund pays some
    20,000 to 40,000 yuan or more in a usual week, without pharmacies that settle as med_type 41. Rules over leads know
    no table, so set it for your county; where an area has several, take the usual one.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: an epidemic or a new policy
    once in two years that the calendar does not know; 25 institutions that meet by chance are none, also where each has
    0.6 leads of B15 a year): 0.0014 alerts a day, which are right. That is 0.04 alerts a month in 200,000.

    Known gaps: of a lead the first trigger counts, so growth that comes to one institution after the other, over more
    than a week, is counted in part. A lead whose messages state no mdtrtarea_admvs is in no place. A fraud that many
    institutions learn in one week looks the same: so look afterwards at those that grew most. B15 itself judges nothing
    in the first two months.

    Example:
        >>> from rules.testing import at, growing, judge
        >>> rule = SpendingGrowsEverywhere()
        >>> def leads(count):
        ...     return [growing(at("00:00", day=n), f"H{n}") for n in range(count)]
        >>> judge(rule, leads(5))
        []
        >>> judge(rule, [*leads(5), growing(at("00:00", day=6), "H4")])
        []
        >>> [(one.value, one.limit, one.severity) for one in judge(rule, leads(6))]
        [(6, 6, 'warning')]

    """

    card = Card(
        id="B15-AREA",
        name=Text("区域门诊统筹普遍上涨", "Outpatient spending grows in a whole place"),
        family="actors",
        ledger="growing",
        subject="group",
        why=Text(
            "同一就医地多家机构的门诊统筹支出同时过快上涨，多半另有共同原因，宜先看区域，再看机构",
            "Outpatient spending grows too fast at many institutions of one place at once: look for a common reason "
            "before looking at each institution",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；安岳县八条措施（2024-11-11）“门诊统筹涨幅过快”",
        advice=Text(
            "当周有无疫情通报，门诊统筹待遇、价格和目录有无调整，数据有无补传；原因明确的，先抽查涨幅明显高于其他机构的几家，其余线索可一并说明",
            "disease reports, changes of benefits, prices and lists, and late uploads of that week; where the reason "
            "is clear, sample the few institutions that grew far more than the others, then say so of the other leads",
        ),
        stage="post",
        decided=("alert_id", "rule_id", "disposition", "mdtrtarea_admvs"),
    )

    days: int = parameter(
        7,
        "向前统计线索的天数",
        "length of the time in which leads are counted",
        unit="days",
        origin=assumption("B15按周比较", "B15 compares weeks"),
    )
    over_percent: int = parameter(
        20,
        "有线索的机构超过可比机构的该比例才触发",
        "share of the institutions that the ones with a lead exceed",
        unit="%",
        origin=assumption("五分之一同时上涨，不再是个别机构的事", "a fifth at once is no matter of one or two"),
    )
    institutions: int = parameter(
        25,
        "一地门诊统筹支出较大、B15可能触发的机构数，请按本地实际设置",
        "number of institutions in a place that are large enough for B15; set it for yours",
        unit="institutions",
        origin=assumption(
            "20万参保人的县：县级医院、乡镇卫生院、社区卫生服务中心和较大的民营医院约25家",
            "a county of 200,000 has some 25 hospitals, township and community clinics of that size",
        ),
    )
    fewest: int = parameter(
        5,
        "同时有线索的机构须达到该数",
        "number of institutions with a lead at the least",
        unit="institutions",
        origin=assumption("机构很少的地方，两三家可能是巧合", "where there are few, two or three may be chance"),
    )
    quiet: int = ends_after(7 * 86_400, "与B15的线索相同", "as the leads of B15")

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.days * DAY

    @property
    def least(self) -> int:
        """So many institutions set it off."""
        return max(self.fewest, self.institutions * self.over_percent // 100 + 1)

    @property
    def guard(self) -> Guard:
        """Leads of as many institutions."""
        return Guard(fewest=self.least, distinct=("institution", self.least))

    def check(self, entry: Growing, window: Window[Growing], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the institutions of the leads in the window that ends with this one."""
        leads = [one for one in window.entries if one.happened]
        institutions = {one.institution for one in leads}
        if not entry.happened or len(institutions) < self.least:
            return None
        return Finding(
            measure="institutions_that_grow",
            value=len(institutions),
            limit=self.least,
            unit="institutions",
            severity="warning",
            evidence=evidence(leads, self.card),
        )

    def scene(self, episode: Episode) -> Scene:
        """The place, and the days that B15 judged."""
        return of_days(episode, DAY)._replace(institution=episode.first.place, name="")

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many institutions, of how many, and which."""
        found = episode.peak
        limit, places = reached(found.limit, Text("家", "institutions")), names.institutions(found.evidence)
        return Text(
            f"该就医地{self.days}天内有{found.value:g}家机构门诊统筹涨幅过快（{limit.zh}；此类规模的机构约{self.institutions}家）："
            f"{places.zh}",
            f"outpatient spending grew too fast at {found.value:g} institutions of this place within {self.days} days "
            f"({limit.en}; some {self.institutions} are of that size): {places.en}",
        )

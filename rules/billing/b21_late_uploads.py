"""Rule B21: an institution uploads the settlements of a day more than a day late."""

from __future__ import annotations

from rules import (
    Card,
    Episode,
    Names,
    Severity,
    Swipe,
    Text,
    assumption,
    ends_after,
    is_late,
    parameter,
    reached,
)

from ._of_day import CountedOfDay


class LateUploads(CountedOfDay[Swipe]):
    """An institution uploads many settlements of one day more than 24 hours after they were made.

    Why: "全面、准确、及时上传相关数据至医保系统" (Anyue county, 2024-11-11), and article 39 of the regulation. What
    comes a day late cannot be watched while it happens: a burst of swiping or a card in two places is found only
    afterwards. No number is published; twenty a day are our assumption.

    Counted are the standing settlements of one institution (2102, 2207, 2304) with inf_time more than 24 hours after
    setl_time, by the Beijing day of setl_time, up to the judged one. It is a finding, `info`, from `limit` on.

    Honest county of 200,000 (`python -m pytest tests/honest/test_offices.py`, our assumption: 70 institutions, of which
    each is cut off for more than a day once in two years): 0.096 alerts a day, each of which is true. That is 2.9
    alerts a month in 200,000.

    Known gaps: what comes more than 72 hours late is not taken in at all, and counted as late by the monitor itself
    (docs/metrics.md). Small institutions never have twenty on a day. Missing fields are not looked at.

    Example:
        >>> from rules.testing import at, judge, swipe
        >>> def uploaded(count, after):
        ...     times = [at("09:00", seconds=600 * n) for n in range(count)]
        ...     return [swipe(time, f"p{n}", uploaded=time + after) for n, time in enumerate(times)]
        >>> judge(LateUploads(), uploaded(19, 86_401_000))
        []
        >>> judge(LateUploads(), uploaded(20, 86_400_000))
        []
        >>> [(found.value, found.severity) for found in judge(LateUploads(), uploaded(20, 86_401_000))]
        [(20, 'info')]

    """

    card = Card(
        id="B21",
        name=Text("结算数据上传迟延", "Late uploads"),
        family="billing",
        stage="post",
        ledger="late_uploads",
        subject="institution",
        why=Text(
            "结算数据迟传一天以上，无法实时监控，事后补传还可能修改数据",
            "What is uploaded a day late cannot be watched while it happens, and may have been changed since",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十九条；安岳县八条措施（2024-11-11）“全面、准确、及时上传相关数据至医保系统”",
        advice=Text(
            "三日内核实迟传原因是网络、接口故障还是人为补传，抽查迟传的结算是否真实",
            "within three days whether network or interface failed or somebody entered them later, and a sample of "
            "these settlements: are they genuine",
        ),
    )

    limit: int = parameter(
        20,
        "同一日的结算迟传达到该笔数即触发",
        "number of late settlements of one day that sets the rule off",
        unit="settlements",
        origin=assumption("个别补传属正常", "single ones come late everywhere"),
    )
    quiet: int = ends_after(172_800, "相隔不超过两日的并入同一预警", "days at most two apart stay one alert")

    @property
    def measure(self) -> str:
        """Settlements that came late."""
        return "late_settlements_of_a_day"

    @property
    def severity(self) -> Severity:
        """It says something of the uploads, and of nobody's care."""
        return "info"

    def counts(self, entry: Swipe) -> bool:
        """Whether it was uploaded late."""
        return is_late(entry)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many of the worst day."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("笔", "settlements"))
        return Text(
            f"一日内{found.value:g}笔结算迟于24小时才上传（{limit.zh}）",
            f"{found.value:g} settlements of one day were uploaded more than 24 h late ({limit.en})",
        )

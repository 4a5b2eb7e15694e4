"""Rule D04-DATA: an institution sends trace codes that cannot be any."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Rule,
    Sale,
    Text,
    Window,
    assumption,
    day_of,
    ends_after,
    evidence,
    parameter,
    reached,
)


class BadTraceCodes(Rule[Sale]):
    """An institution sends trace codes that can be none: a barcode, a lot, a code cut off, one digit repeated.

    Why: such a code stands for no pack, so D04 cannot judge it, and a seller who wants to hide a returned drug sends
    one. It is an error of the data first: one alert an institution, `info`, which goes on while bad codes come.

    A good code is 20 digits, not one digit repeated; a GS1 code with (01) and (21); or a code of the manufacturer's
    own, 10 to 64 letters and digits, but not 8 to 14 digits alone. It is not the item, lot, barcode or rxno of its
    line. Any other code is bad; a code that is not sent is not. Counted are the standing sales of the institution
    with a bad code on one Beijing day, each code of a message once. The `limit`-th of a day is the finding; its value
    is how many came on that day.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 60 pharmacies of 50 to
    400 settlements a day, two boxes each, one in 10,000 misread): 0.6 alerts a day. That is 18 alerts a month in
    200,000, all of them `info`.

    Known gaps: a well-formed code that does not exist. Twenty and more sales of one code a day are D04's own `info`.

    Example:
        >>> from rules.testing import at, judge, sale
        >>> rule = BadTraceCodes(limit=2)
        >>> judge(rule, [sale(at("10:00"), code="0" * 20), sale(at("10:00", day=1), code="0" * 20)])
        []
        >>> [found.value for found in judge(rule, [sale(at(f"1{hour}:00"), code="8123") for hour in range(3)])]
        [3]

    """

    card = Card(
        id="D04-DATA",
        name=Text("追溯码数据错误", "Bad trace codes"),
        family="drug",
        ledger="bad_codes",
        subject="institution",
        why=Text(
            "上传的追溯码不符合编码规则，无法核对药品来源",
            "The trace codes that were sent can be none, so that where the drugs came from cannot be checked",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县方案（2025-04-30）“药品追溯码采集规范应用”",
        advice=Text(
            "扫码设备与接口是否漏传、截断或填充占位码", "the scanner and the interface: cut off, left out or filled in"
        ),
        decided=("drug_trac_codg",),
    )

    limit: int = parameter(
        1,
        "一日内无效追溯码达到该数即触发",
        "number of bad codes on one day that sets the rule off",
        unit="codes",
        origin=assumption(
            "正常机构极少出现，且一家机构只有一条预警", "rare at an honest institution, which has one alert"
        ),
    )
    quiet: int = ends_after(2_592_000, "30天：一家机构只有一条预警", "30 days: one institution has one alert")

    @property
    def span(self) -> int:
        """A day, ms; only the Beijing day is counted."""
        return DAY

    @property
    def ahead(self) -> int:
        """The rest of the day, ms."""
        return DAY

    def check(self, entry: Sale, window: Window[Sale], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the bad codes of a day, once."""
        seen = window.of_day(day_of(entry.time))
        number = max(self.limit, 1)
        if len(seen) < number or seen[number - 1].id != entry.id:
            return None
        return Finding(
            measure="bad_trace_codes_in_a_day",
            value=len(seen),
            limit=self.limit,
            unit="codes",
            severity="info",
            evidence=evidence(seen[:50], self.card),
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many on the worst day, on how many days."""
        found, limit = episode.peak, reached(episode.peak.limit, Text("个", "in a day"))
        return Text(
            f"一日内上传{found.value:g}个无效追溯码（{limit.zh}），共{episode.count}天出现",
            f"{found.value:g} trace codes of one day can be none ({limit.en}), on {episode.count} day(s)",
        )

"""Rule D06: on one day a pharmacy settles far more purchases than usual without a trace code."""

from __future__ import annotations

from rules import Card, Episode, Finding, Names, Reference, Text, assumption, parameter

from ._share import Bins, ShareOfDay, days_compared, days_in_a_row, days_left_out, enough_days, share_text


class SoldWithoutCodes(ShareOfDay):
    """A pharmacy settles far more drugs without a trace code on one day than it usually does.

    Why: "虚假购药" (Anhui, 2024-04-10). A box that does not leave the shelf is not scanned, so a purchase on paper has
    no trace code. No number is published; the figures are our assumption.

    Counted are the standing settlements of a pharmacy (2102, or med_type 41) with a drug line, by Beijing day: a line
    with a positive quantity (cnt), and with a list_type that begins with 1 or is not sent. A settlement is without a
    code if its drug_trac_info names none, not a bad one either. A day is held against the days before as in S08,
    without the `left_out` of them whose share is largest: k of its n settlements are without a code, it is a finding if
    k is at least `fewest`, and k / n is more than p + `over_deviations` standard deviations: `warning`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_growth.py`, our assumption: 60 pharmacies of 50 to 400
    settlements a day, where one in twenty is without a code and this part wanders by a fifth from day to day: 10
    alerts a year; and each scanner fails for a day once in four years): 0.07 alerts a day. That is 2.1 alerts a month
    in 200,000. With no day left out chance brings 6 a year, with two 12.5.

    Known gaps: a pharmacy that reports codes with its stock alone (3505) is always without, and so is never told. A day
    on which the scanner fails looks the same. Of the days that were told one does not count into what is usual, as in
    S08: at a small pharmacy a third one within four weeks may not be found. Forgers who scan boxes and keep them: D04
    finds these when they are sold again.

    Example:
        >>> from rules.testing import at, judge_days
        >>> rule = SoldWithoutCodes()
        >>> def without(codes):
        ...     return {at("00:00", day=day): [100, 5] for day in range(28)} | {at("00:00", day=28): [100, codes]}
        >>> judge_days(rule, without(19))
        []
        >>> [(found.value, found.limit, found.severity) for found in judge_days(rule, without(20))]
        [(20.0, 16.0, 'warning')]

    """

    card = Card(
        id="D06",
        name=Text("无追溯码售药骤增", "Sold without codes"),
        family="credential",
        stage="post",
        ledger="traced",
        subject="institution",
        why=Text(
            "虚假购药没有药品出库，也就没有追溯码可扫；当日无追溯码的药品结算远多于平日时提示",
            "A purchase on paper has no box to scan: far more settlements than usual without a trace code",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；安徽省通知（2024-04-10）“虚假购药”",
        advice=Text(
            "10日内核对当日无追溯码结算的出库记录与监控，电话回访其中几名参保人是否领到药品，扫码设备当日是否故障",
            "within 10 days the stock and the video of these settlements, a call to some of the persons whether they "
            "got the drugs; whether the scanner failed that day",
        ),
    )

    fewest: int = parameter(
        20,
        "当日无追溯码的药品结算达到该笔数才触发",
        "number of settlements without a code on the day that sets the rule off",
        unit="settlements",
        origin=assumption("少量拆零、旧库存无码属正常", "some opened packs and old stock have no code"),
    )
    over_deviations: int = parameter(
        5,
        "占比须超过平日加该倍数的标准差",
        "so many standard deviations must the share lie above the usual one",
        unit="standard deviations",
        origin=assumption("与S08相同", "as S08"),
    )
    days: int = days_compared()
    enough: int = enough_days()
    left_out: int = days_left_out()
    quiet: int = days_in_a_row()

    def check_day(self, day: int, bins: Bins, reference: Reference, institution: str) -> Finding | None:  # noqa: ARG002 - as every rule
        """Hold the share of the day against that of the days before."""
        return self.share_of(day, bins, "share_without_codes")

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many were without a code, which part that is, and which part is usual."""
        kind = Text("药品结算未上传追溯码", "named no trace code of a drug")
        return share_text(episode, kind, Text("笔", "settlements"))

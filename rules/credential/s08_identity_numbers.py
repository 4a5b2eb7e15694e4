"""Rule S08: on one day far more people than usual settle by identity number, without a card."""

from __future__ import annotations

from rules import Card, Episode, Finding, Names, Reference, Text, assumption, parameter

from ._share import Bins, ShareOfDay, days_compared, days_in_a_row, days_left_out, enough_days, share_text


class IdentityNumbers(ShareOfDay):
    """An institution settles far more by identity number on one day than it usually does.

    Why: "未严格执行实名制就医管理规定", "未严格执行实名制购药管理规定" (She county, 2025-04-30) and "医保身份核验"
    (Anyue county, 2024-11-11). With the electronic credential (01) or the card (03) the person, or the card, is there.
    An identity number (mdtrt_cert_type 02) can be typed in without either. No number is published; the figures are our
    assumption.

    Counted are the standing settlements of pharmacies and outpatients (2102, 2207) that state mdtrt_cert_type, by
    Beijing day. A day D is judged once it is over. Of n settlements on D k have 02. D is held against those of the
    `days` days before it that have a settlement. With fewer than `enough` of them the rule does not decide (counted as
    `too few days to compare`). Then the `left_out` of them whose share of 02 is largest are left out, of days with the
    same share the earlier one first; the others are the usual days. Where none is left, the rule does not decide
    either. The usual share p is (K + 1) / (N + 2), where K of the N settlements on the usual days have 02.

    The standard deviation is the larger of sqrt(p * (1 - p) / n) and the square root of the mean, over these N
    settlements, of the squared difference between p and the share of their day. It is a finding if k is at least
    `fewest`, and k / n is more than p + `over_deviations` standard deviations: `warning`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_growth.py`, our assumption: 60 pharmacies of 50 to 400
    settlements a day and 6 hospitals of 600, where one settlement in twenty is by identity number and this part wanders
    by a fifth from day to day): on average, 12 a year; with 3 standard deviations 190. That is 1.0 alerts a month in
    200,000. With no day left out they are 6 a year, with two 15.

    Known gaps: whether a number was typed in or the identity card was read is not in the message. A day on which the
    reader of cards fails, or an outreach in a village, looks the same. Who always types numbers in is usual there. One
    day that was told does not count into what is usual; the second one does for four weeks, so that a third one within
    them must be larger: at an institution of few settlements a day it may not be found. A settlement that states no
    credential is not counted.

    Example:
        >>> from rules.testing import at, judge_days
        >>> rule = IdentityNumbers()
        >>> def with_numbers(numbers):
        ...     return {at("00:00", day=day): [100, 5] for day in range(28)} | {at("00:00", day=28): [100, numbers]}
        >>> judge_days(rule, with_numbers(19))
        []
        >>> [(found.value, found.limit, found.severity) for found in judge_days(rule, with_numbers(20))]
        [(20.0, 16.0, 'warning')]

    """

    card = Card(
        id="S08",
        name=Text("身份证号结算骤增", "Sudden use of identity numbers"),
        family="credential",
        stage="post",
        ledger="credentials",
        subject="institution",
        why=Text(
            "不刷医保电子凭证或社保卡、只凭身份证号结算的人次当日远高于平日，可能未核验身份，甚至收集身份信息代刷",
            "Far more people than usual settle by identity number: perhaps nobody has checked who they are",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十九条；"
            "歙县方案（2025-04-30）“未严格执行实名制就医管理规定”“未严格执行实名制购药管理规定”"
        ),
        advice=Text(
            "10日内抽查当日凭身份证号结算的参保人，以监控、签字或电话回访核实是否本人到场，读卡设备当日是否故障、有无下乡义诊",
            "within 10 days a sample of these persons: were they there, by video, signature or telephone; whether the "
            "card reader failed that day, or the staff went to a village",
        ),
    )

    fewest: int = parameter(
        20,
        "当日凭身份证号结算达到该次数才触发",
        "number of settlements by identity number on the day that sets the rule off",
        unit="settlements",
        origin=assumption("少量忘带凭证属正常", "some people always come without a card"),
    )
    over_deviations: int = parameter(
        5,
        "占比须超过平日加该倍数的标准差",
        "so many standard deviations must the share lie above the usual one",
        unit="standard deviations",
        origin=assumption(
            "取3倍时正常县每年预警约190条，取5倍时约12条",
            "with 3 an honest county opens 190 alerts a year, with 5 twelve",
        ),
    )
    days: int = days_compared()
    enough: int = enough_days()
    left_out: int = days_left_out()
    quiet: int = days_in_a_row()

    def check_day(self, day: int, bins: Bins, reference: Reference, institution: str) -> Finding | None:  # noqa: ARG002 - as every rule
        """Hold the share of the day against that of the days before."""
        return self.share_of(day, bins, "share_of_identity_numbers")

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many settled by number, which part that is, and which part is usual."""
        kind = Text("只凭身份证号结算", "were by identity number")
        return share_text(episode, kind, Text("人次", "settlements"))

"""Rule B14: an institution sends far more tests to another one than in the weeks before."""

from __future__ import annotations

from rules import Card, Episode, Names, Text, assumption, parameter

from ._growing import Growing


class SentOutTests(Growing):
    """An institution sends out in a week three times as many tests as in the weeks before.

    Why: "无指征开展检验外送项目" (She county, 2025-04-30). A laboratory outside pays for each sample that it gets;
    where the tests that are sent out treble, it is often not the patients who need them.

    Looked at are the lines with `etip_flag` = `1`, of a settlement or uploaded before it (2204, 2301), of one
    institution. A line with cnt above 0 is judged: the sum of cnt in the seven days that end with it, by
    fee_ocur_time, what is given back counted off, against the mean week of the `weeks` before these. It is a finding,
    `warning`, if it exceeds the mean by at least `percent` and by at least `fewest_more`. Where no line is older than
    seven days and the `weeks`, within another week, tests are not sent out for long enough, and there is none.

    Honest county of 200,000 (`python -m pytest tests/honest/test_charges.py`, our assumption: 30 institutions that
    send tests out; of these one in three a year begins to send a kind of test that it did itself): 0.027 alerts a day.
    That is 0.83 alerts a month in 200,000.

    Known gaps: lines that do not state `etip_flag`. Whether the illness asks for the test is not judged, for a line
    does not say for which illness it is. An institution that sends out much from the first day. Growth that is slower
    than from week to week. A line that a cancel of all lines of a visit takes back still counts: at the institution
    only a cancel that names it is known.

    Example:
        >>> from rules.testing import at, judge, listed
        >>> def sent(usual, last):
        ...     weeks = [*[usual] * 8, last]
        ...     days = [(at("09:00", day=7 * n), count * 10_000) for n, count in enumerate(weeks)]
        ...     return [listed(day, quantity=count, sent_out=True) for day, count in days]
        >>> judge(SentOutTests(), sent(20, 59))
        []
        >>> judge(SentOutTests(), sent(10, 39))
        []
        >>> [(found.value, found.usual, found.severity) for found in judge(SentOutTests(), sent(20, 60))]
        [(60.0, 20.0, 'warning')]

    """

    card = Card(
        id="B14",
        name=Text("外送检验异常增长", "Tests sent out grow"),
        family="billing",
        ledger="sent_out",
        subject="institution",
        why=Text(
            "外送检验数量骤增，可能无指征开展，或按外送数量收取回扣",
            "The tests that are sent out soar: without need, or for what the laboratory pays",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县专项整治方案（2025-04-30）“无指征开展检验外送项目”",
        advice=Text(
            "10日内核对外送协议与检验报告，查外送集中的科室、医师与项目，抽查病历判断有无指征",
            "within 10 days the contract with the laboratory and the reports; which departments, physicians and tests; "
            "in a sample of records whether the illness asked for it",
        ),
        decided=("bilg_dr_codg",),
    )

    fewest_more: int = parameter(
        30,
        "同时增加的数量（cnt）须达到该数",
        "the growth, by cnt, must reach this too",
        unit="units",
        origin=assumption("每日多送4份以上", "more than four more a day"),
    )

    def what(self, names: Names, episode: Episode) -> Text:
        """The tests, and one of them."""
        last = names.service(episode.peak.evidence[-1])
        return Text(f"外送检验（如{last.zh}）", f"tests that were sent out (such as {last.en})")

"""Rule D14: one physician writes more prescriptions within an hour than a person can."""

from __future__ import annotations

from rules import (
    SECOND,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Text,
    Window,
    Written,
    assumption,
    ends_after,
    parameter,
    span_text,
)

from ._prescribing import Prescribing


class PrescribingBurst(Prescribing):
    """Pharmacies sell on more prescriptions of one physician within an hour than a person can write.

    Why: "通过互联网医院，借助人工智能自动生成虚假处方骗保" (She county, 2025-04-30). Who asks, thinks and writes needs
    minutes for a prescription; a machine needs none. Thirty within an hour are one every two minutes. No number is
    published; the figure is our assumption.

    What a prescription of a physician is stands in docs/rules/prescribing.md. Counted are the distinct prescriptions
    of one physician in (t - `window`, t]. It is a finding from `limit` on: `high`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: pharmacies sell on 500
    prescriptions a day, half of them of 10 physicians of internet hospitals, 4 each in the busiest hour with its 16 %
    of the day): 0 alerts a day, or in a year. That is 0 alerts a month in 200,000.

    Known gaps: prescriptions that an internet hospital settles itself. Prescriptions that are written all day and sold
    in one hour, as where a pharmacy settles them all in the evening, look the same. A code that several physicians
    share looks like one who is fast. A machine that works slowly is not seen here (D14-DAY).

    Example:
        >>> from rules.testing import at, judge, written
        >>> rule = PrescribingBurst()
        >>> sold = [written(at("10:00", seconds=100 * n), f"RX{n}") for n in range(30)]
        >>> judge(rule, sold[:29])
        []
        >>> [(found.value, found.severity) for found in judge(rule, sold)]
        [(30, 'high')]

    """

    card = Card(
        id="D14",
        name=Text("医师开方过快", "Prescribing burst"),
        family="drug",
        ledger="physicians",
        subject="physician",
        why=Text(
            "同一医师一小时内的处方多于人工问诊所能开具的数量，可能由机器自动生成或他人冒用其名义",
            "More prescriptions of one physician within an hour than a person can write: a machine, or another person",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县方案（2025-04-30）“借助人工智能自动生成虚假处方”",
        advice=Text(
            "10日内向开方的互联网医院调取问诊记录与电子签名日志，核对开具时间、是否由医师本人操作，再抽查患者是否确有问诊，药店是否集中补录",
            "within 10 days the record of each consultation and the log of signatures at the internet hospital: when "
            "written, and by whom; then whether the patients were seen, and whether the shop entered them all at once",
        ),
        decided=("rxno", "bilg_dr_codg"),
    )

    window: int = parameter(
        3_600,
        "向前统计处方的时间",
        "length of the time in which prescriptions are counted",
        unit="s",
        origin=assumption("一小时", "an hour"),
    )
    limit: int = parameter(
        30,
        "同一医师的处方达到该张数即触发",
        "number of prescriptions of one physician that sets the rule off",
        unit="prescriptions",
        origin=assumption("问诊并开方至少约2分钟", "to ask and to write takes two minutes at the least"),
    )
    quiet: int = ends_after(3_600)

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.window * SECOND

    def check(self, entry: Written, window: Window[Written], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the prescriptions in the window that ends with this sale."""
        return self.pace(window.entries)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many prescriptions, in how long, sold where."""
        length = span_text(self.window)
        return self.pace_text(episode, names, Text(f"{length.zh}内", f"within {length.en}"))

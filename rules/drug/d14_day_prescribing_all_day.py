"""Rule D14-DAY: one physician writes more prescriptions on a day than one who asks every patient."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Text,
    Window,
    Written,
    day_of,
    ends_after,
    parameter,
    precedent,
)

from ._prescribing import Prescribing


class PrescribingAllDay(Prescribing):
    """Pharmacies sell on very many prescriptions of one physician on one day.

    Why: "通过互联网医院，借助人工智能自动生成虚假处方骗保" (She county, 2025-04-30). A machine that is not fast enough
    for D14 works all day. 50 a day is the figure of a published check on prescribers.

    What a prescription of a physician is stands in docs/rules/prescribing.md. Counted are the distinct prescriptions
    of one physician on the Beijing day of the judged settlement, up to it. It is a finding from `limit` on: `high`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: pharmacies sell on 500
    prescriptions a day, half of them of 10 physicians of internet hospitals, 25 each on the mean day): on average, 0.03
    a year. That is 0.003 alerts a month in 200,000.

    Known gaps: prescriptions that an internet hospital settles itself, and those that are sold in other counties: a
    county sees its own part. A physician who really sees 50 patients of one county a day. A code that several share.

    Example:
        >>> from rules.testing import at, judge, written
        >>> rule = PrescribingAllDay()
        >>> sold = [written(at("09:00", seconds=600 * n), f"RX{n}") for n in range(50)]
        >>> judge(rule, sold[:49])
        []
        >>> [(found.value, found.severity) for found in judge(rule, sold)]
        [(50, 'high')]

    """

    card = Card(
        id="D14-DAY",
        name=Text("医师日处方量过大", "Prescribing all day"),
        family="drug",
        ledger="physicians",
        subject="physician",
        why=Text(
            "同一医师一日内在药店结算的处方过多，可能由机器自动生成或他人冒用其名义",
            "Too many prescriptions of one physician are sold on a day: written by a machine, or by another person",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条；歙县方案（2025-04-30）“借助人工智能自动生成虚假处方”",
        advice=Text(
            "10日内向开方的互联网医院调取当日问诊记录与电子签名日志，核对是否由医师本人操作，再抽查患者是否确有问诊、药品是否领取",
            "within 10 days the records of that day's consultations and the log of signatures at the internet "
            "hospital; then whether the patients were seen, and got the drugs",
        ),
        decided=("rxno", "bilg_dr_codg"),
    )

    limit: int = parameter(
        50,
        "同一医师当日处方达到该张数即触发",
        "number of prescriptions of one physician on a day that sets the rule off",
        unit="prescriptions",
        origin=precedent("公开的医师处方核查代码：一日50张", "a published check on prescribers: 50 a day"),
    )
    quiet: int = ends_after(86_400, "一日：连续数日并入同一预警", "a day: days in a row stay one alert")

    @property
    def span(self) -> int:
        """A day, ms."""
        return DAY

    def check(self, entry: Written, window: Window[Written], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the prescriptions of the day up to this sale."""
        return self.pace(window.since(day_of(entry.time)))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many prescriptions on the day, sold where."""
        return self.pace_text(episode, names, Text("一日内", "on one day"))

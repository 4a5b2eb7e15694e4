"""Rule D09: a dual-channel drug from a pharmacy without a prescription that a hospital sent."""

from __future__ import annotations

from rules import (
    DAY,
    PHARMACY,
    Card,
    Episode,
    Fill,
    Finding,
    Names,
    Reference,
    Rule,
    Scene,
    Text,
    Undecidable,
    Window,
    again,
    ends_after,
    evidence,
    of_row,
    reached,
)

from ._supply import dispensed


class WithoutCirculatedPrescription(Rule[Fill]):
    """A pharmacy sells a drug of the dual-channel list without a prescription that a hospital sent.

    Why: "“双通道”药品无处方销售或骗保问题" (She county, 2025-04-30). These drugs are dear, and a pharmacy may sell them
    only on a prescription that came through the prescription circulation platform. There is no number to choose: each
    sale without one is a finding.

    What a drug line, a dispensing and a returned dispensing are stands in docs/rules/supply.md. Judged are the
    dispensings of med_type 41. A line counts where the row of its item in the table `drugs` that is valid at its time
    has `dual_channel` 1. It is without a prescription if it has no rxno, or if it has one and rx_circ_flag says that it
    was not sent (0). Lines of zero or less do not count. The value is the number of these lines; one is a finding:
    `high` where a line has no rxno, else `warning`. Where there is none, and a line has an rxno without rx_circ_flag,
    the rule does not decide (counted as `rx_circ_flag not sent`).

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: 600 patients fetch
    these drugs once a month, one sale in 200 is uploaded without the number): 0.1 alerts a day. That is 3 alerts a
    month in 200,000.

    Known gaps: a table whose `dual_channel` is empty finds nothing. Whether the number exists at a hospital is not
    checked. A pharmacy that sends rx_circ_flag 1 for a paper prescription.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, fill, judge
        >>> reference, rule = Reference(), WithoutCirculatedPrescription()
        >>> reference.put("drugs", {"med_list_codg": "XC09AAA001A001010100001", "dual_channel": "1"})
        >>> judge(rule, [fill(at("10:00"), prescription="r1", circulated="1")], reference)
        []
        >>> sold = [fill(at("10:00"), circulated="1"), fill(at("10:00", day=1), prescription="r1", circulated="0")]
        >>> [(found.value, found.severity) for found in judge(rule, sold, reference)]
        [(1, 'high'), (1, 'warning')]

    """

    card = Card(
        id="D09",
        name=Text("双通道药品无流转处方", "Dual-channel drug without prescription"),
        family="drug",
        ledger="supply",
        subject="person",
        why=Text(
            "“双通道”药品须凭医院流转的处方在药店购买；没有流转处方即结算，可能无处方销售或骗保",
            "A pharmacy may sell a dual-channel drug only on a prescription that a hospital sent",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县方案（2025-04-30）“双通道”药品无处方销售或骗保",
        advice=Text(
            "3日内向药店调取处方原件，在处方流转平台核对处方号、开方医院与医师，核实参保人是否本人购药及病情",
            "within 3 days the prescription itself from the pharmacy; its number, hospital and physician on the "
            "circulation platform; whether the person bought it, and the illness",
        ),
        tables=("drugs",),
        judges_pre=True,
        institution_facing=True,
        decided=("med_type", "rxno", "rx_circ_flag", "drugs.dual_channel"),
    )

    quiet: int = ends_after(2_592_000, "30天：每月购药只有一条预警", "30 days: monthly purchases stay one alert")

    @property
    def span(self) -> int:
        """A day, ms: a dispensing is of one day."""
        return DAY

    @property
    def ahead(self) -> int:
        """The rest of a dispensing's day, ms."""
        return DAY

    def check(self, entry: Fill, window: Window[Fill], reference: Reference) -> Finding | None:
        """Look at the lines of the dispensing that begins with this one.

        Long because a line can lack its prescription, its circulation, or the word on it, and each has another end.
        """
        if not entry.visit_type.startswith(PHARMACY):
            return None
        found = dispensed(entry, window)
        if found is None or found[1].returned:
            return None
        listed = [line for line in found[1].lines if line.quantity > 0 and _is_listed(line, reference)]
        without = [line for line in listed if not line.prescription or line.circulated == "0"]
        if not without:
            if any(not line.circulated for line in listed):
                raise Undecidable("rx_circ_flag not sent")
            return None
        is_bare = any(not line.prescription for line in without)
        return Finding(
            measure="lines_without_prescription",
            value=len(without),
            limit=1,
            unit="lines",
            severity="high" if is_bare else "warning",
            evidence=evidence(without, self.card),
            details={"bare": "1"} if is_bare else {},
        )

    def scene(self, episode: Episode) -> Scene:
        """The sale of which most lines had none."""
        return of_row(episode.peak.evidence[-1])

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Which drug, and what is missing."""
        found, times = episode.peak, again(episode)
        drug, limit = names.drug(found.evidence[-1]), reached(found.limit, Text("条", "line(s)"))
        missing = (
            Text("未填处方号", "without the number of a prescription")
            if "bare" in found.details
            else Text("处方未经流转", "on a prescription that no hospital sent")
        )
        return Text(
            f"1名参保人在药店购“双通道”药品，{found.value:g}条明细{missing.zh}（{limit.zh}）：{drug.zh}{times.zh}",
            f"a person bought a dual-channel drug at a pharmacy, {found.value:g} line(s) {missing.en} "
            f"({limit.en}): {drug.en}{times.en}",
        )


def _is_listed(line: Fill, reference: Reference) -> bool:
    """Whether its item was on the dual-channel list then."""
    return (reference.row("drugs", line.item, line.time) or {}).get("dual_channel") == "1"

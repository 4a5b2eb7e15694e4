"""Rule D18: a hospital writes more drugs on one prescription than the rules allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rules import (
    DAY,
    Card,
    Episode,
    Fill,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Visit,
    Window,
    ends_after,
    evidence,
    exceeded,
    parameter,
    published,
)

DRUGS = ("X", "Z")
"""First letters of the national codes of western drugs and of Chinese patent medicines; those of herbs begin with T."""


class CrowdedPrescription(Rule[Visit | Fill]):
    """A prescription of an outpatient has more than five drugs.

    Why: "不合理用药" and "过度用药" (Anyue county, 2024-11-11). No prescription of western drugs and Chinese patent
    medicines may have more than five of them (处方管理办法, art. 6, no. 7); whether they suit the illness is not in
    the messages.

    Looked at are the standing lines of outpatients (2204, a med_type that does not begin with 2) that name an rxno,
    with an item whose code begins with X or Z. The drugs of a prescription are the substances (docs/rules/supply.md)
    on the lines of the same institution, mdtrt_id and rxno in (t - 1 d, t] whose quantities (cnt) add up to more than
    zero; solvents are left out. Only a line with a positive quantity is judged. It is a finding if they are more than
    `over`: `warning`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`, our assumption: hospitals write 3,000
    prescriptions a day, their systems refuse a sixth drug, and one in 30,000 is two prescriptions under one number):
    0.1 alerts a day. That is 3 alerts a month in 200,000.

    Known gaps: an institution that sends the number of the visit as rxno is told for each visit of many drugs. A drug
    that is given back later counts until then. Doses, interactions and contraindications are not looked at.

    Example:
        >>> from rules.testing import HOSPITAL, at, fill, judge
        >>> def lines(count):
        ...     form = {"institution": HOSPITAL, "transaction": "2204", "visit": "v1", "prescription": "RX1"}
        ...     codes = [f"XA0{n}AAA001A001100001010" for n in range(count)]
        ...     return [fill(at("10:00", seconds=n), item=code, **form) for n, code in enumerate(codes)]
        >>> judge(CrowdedPrescription(), lines(5))
        []
        >>> [(found.value, found.severity) for found in judge(CrowdedPrescription(), lines(6))]
        [(6, 'warning')]

    """

    card = Card(
        id="D18",
        name=Text("单张处方药品过多", "Crowded prescription"),
        family="drug",
        ledger="visits",
        subject="person",
        why=Text(
            "一张处方的药品超过规定种数，可能过度用药，或多张处方合并、药品并非患者所需",
            "A prescription with more drugs than the rules allow: too many of them, or not for the patient's illness",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第三十八条；《处方管理办法》第六条；"
            "安岳县八条措施（2024-11-11）“不合理用药”“过度用药”"
        ),
        advice=Text(
            "10日内调取该处方与病历，由药师点评各药品是否必要、有无重复，并核对是否多张处方共用一个处方号",
            "within 10 days the prescription and the record: a pharmacist says which drugs were needed; whether "
            "several prescriptions share a number",
        ),
        decided=("rxno", "bilg_dr_codg", "med_type"),
    )

    over: int = parameter(
        5,
        "一张处方的药品超过该种数即触发",
        "more drugs on one prescription than this set the rule off",
        unit="drugs",
        origin=published(
            "《处方管理办法》（卫生部令第53号，2007-05-01施行）第六条第七项：每张处方不得超过5种药品",
            "处方管理办法 (2007-05-01), art. 6, no. 7: not more than five drugs on a prescription",
        ),
    )
    quiet: int = ends_after(86_400, "一日：同日的多张处方并入同一预警", "a day: prescriptions of one day are one alert")

    @property
    def span(self) -> int:
        """A day: what a prescription has is charged at once, ms."""
        return DAY

    @property
    def guard(self) -> Guard:
        """More lines than drugs are allowed."""
        return Guard(fewest=self.over + 1)

    def check(self, entry: Visit | Fill, window: Window[Visit | Fill], reference: Reference) -> Finding | None:
        """Count the drugs of the prescription up to this line."""
        if not isinstance(entry, Fill) or not _counts(entry) or entry.quantity <= 0:
            return None
        lines = [one for one in window.entries if isinstance(one, Fill) and _counts(one) and _form(one) == _form(entry)]
        drugs = len(_given(lines, reference))
        if drugs <= self.over:
            return None
        return Finding(
            measure="drugs_of_one_prescription",
            value=drugs,
            limit=self.over,
            unit="drugs",
            severity="warning",
            evidence=evidence(lines, self.card),
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many drugs."""
        found = episode.peak
        limit = exceeded(found.limit, Text("种", "drugs"))
        return Text(
            f"一张门诊处方开具{found.value:g}种药品（{limit.zh}）",
            f"one prescription of an outpatient has {found.value:g} drugs ({limit.en})",
        )


def _counts(line: Fill) -> bool:
    """Whether it is of a western drug or a Chinese patent medicine, and not of a stay."""
    return line.item.startswith(DRUGS) and not line.visit_type.startswith("2")


def _form(line: Fill) -> tuple[str, str, str]:
    """What makes lines one prescription."""
    return (line.institution, line.visit, line.prescription)


def _given(lines: Iterable[Fill], reference: Reference) -> set[str]:
    """The substances that were not given back."""
    amounts: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        amounts[reference.substance(line.item, line.time)] += line.quantity
    return {substance for substance, amount in amounts.items() if substance and amount > 0}

"""Rule I13-TEL: one telephone stands behind admissions to several hospitals."""

from __future__ import annotations

from rules import (
    Brought,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Text,
    Window,
    assumption,
    ends_after,
    parameter,
)

from ._convoy import Convoy, days_counted, injuries, maternity_types, persons_counted


class BrokerTelephone(Convoy[Brought]):
    """Persons who leave one contact telephone are admitted to several institutions.

    Why: "“黑中介”拉拢、诱导参保人虚假住院骗保" (She county, 2025-04-30): a broker brings people to whoever pays. No
    number is published; the figures are our assumption.

    Honest county of 100,000 persons, of whom each family leaves one number and goes to another hospital in three of
    ten cases (`python -m pytest tests/honest/test_convoys.py`): 0.0 alerts a month. That is 0 alerts a month in
    200,000.

    See docs/rules/convoys.md for what counts. The circle is the contact telephone (tel) of the admission, wherever
    that is; the admissions that count must be to at least `places` institutions. A number of fewer than seven digits,
    or of one digit repeated, is none. +86 and what is no digit do not matter.

    Known gaps: a broker with a number for each person is not seen. The number of a village doctor who sends patients to
    whichever hospital is right looks the same.

    Example:
        >>> from rules.testing import at, brought, judge
        >>> stays = [brought(at("09:00", day=9 * n), f"p{n}", institution=f"H{n % 2}") for n in range(4)]
        >>> judge(BrokerTelephone(), [*stays[:3], brought(at("09:00", day=30), "p3", institution="H1")])
        []
        >>> [one.value for one in judge(BrokerTelephone(), stays)]
        [4]

    """

    card = Card(
        id="I13-TEL",
        name=Text("同一电话跨机构住院", "One telephone at several hospitals"),
        family="inpatient",
        ledger="brokers",
        subject="group",
        why=Text(
            "中介为拉来的人留自己的电话，并分送多家医院；同一电话在多家机构的入院人数过多时提示",
            "A broker leaves one number for all, and brings them to several hospitals",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "歙县方案（2025-04-30）“‘黑中介’拉拢、诱导参保人虚假住院骗保”“协助医院组织参保人员虚假住院”"
        ),
        advice=Text(
            "核对该电话的机主，三日内抽访两名患者由谁介绍、有无返利，查看各机构入院指征",
            "whose telephone it is; within three days ask two of the patients who sent them and what they were given",
        ),
        decided=("tel", "med_type", "dscg_maindiag_code"),
    )

    days: int = days_counted(
        30,
        assumption("中介分批送人，多在一个月内", "people are brought in parts, within about a month"),
    )
    limit: int = persons_counted(
        4,
        assumption(
            "10万人的正常县几乎没有",
            "an honest county of 100,000 opens next to none",
        ),
    )
    places: int = parameter(
        2,
        "不同机构不少于该家数才提示",
        "the fewest institutions to which they are admitted",
        unit="institutions",
        origin=assumption("只在一家的，由I06-TEL提示", "at one alone I06-TEL alerts"),
    )
    exempt_types: tuple[str, ...] = maternity_types()
    exempt_diagnoses: tuple[str, ...] = injuries()
    quiet: int = ends_after(2592000)

    def check(self, entry: Brought, window: Window[Brought], reference: Reference) -> Finding | None:
        """Count the persons, if they are at several institutions."""
        found = super().check(entry, window, reference)
        if found is None or len({one.institution for one in found.evidence}) < self.places:
            return None
        return found

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many persons left the number, in how long, at which institutions."""
        found = episode.peak
        where = names.institutions(found.evidence)
        told = self.told(found, Text("留有同一联系电话", "with one contact telephone"))
        return Text(f"{told.zh}，入院机构：{where.zh}", f"{told.en}, at {where.en}")

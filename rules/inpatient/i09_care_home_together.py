"""Rule I09: a care home sends several of its people to one hospital."""

from __future__ import annotations

from rules import (
    Admitted,
    Card,
    Episode,
    Names,
    Text,
    assumption,
    ends_after,
)

from ._convoy import Convoy, days_counted, injuries, maternity_types, persons_counted


class CareHomeTogether(Convoy[Admitted]):
    """Several people of one care home are admitted to one institution within days.

    Why: "与养老、康复、护理机构等勾结，诱导无住院需求的供养老人、康复人员、失能人员虚假住院骗保" (She county,
    2025-04-30). No number is published; a week and four persons are our assumption.

    Honest county of 100,000 persons with five care homes of 100 people, who are admitted 0.5 times a year each, two
    of three to the same hospital (`python -m pytest tests/honest/test_convoys.py`, our assumption): 0.1 alerts a
    month. That is 0.2 alerts a month in 200,000.

    See docs/rules/convoys.md for what counts. The circle is the care home of the person in the table `households`,
    by the row that is valid at the begntime; who has none is left out.

    Known gaps: people who are sent one by one, again and again, are seen by I05 alone. An outbreak brings many at once
    and looks the same.

    Example:
        >>> from rules.testing import admitted, at, judge
        >>> stays = [admitted(at("09:00", day=2 * n), f"p{n}") for n in range(4)]
        >>> judge(CareHomeTogether(), [*stays[:3], admitted(at("09:00", day=7), "p3")])
        []
        >>> [one.value for one in judge(CareHomeTogether(), stays)]
        [4]

    """

    card = Card(
        id="I09",
        name=Text("养老机构结队住院", "Care home admitted together"),
        family="inpatient",
        ledger="care_homes",
        subject="institution",
        why=Text(
            "养老、护理机构可能与医院勾结，把无需住院的老人成批送去住院",
            "A care home may send people to hospital who need none, many at a time, for its share",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "歙县方案（2025-04-30）“与养老、康复、护理机构等勾结，诱导无住院需求的供养老人、康复人员、失能人员虚假住院骗保”"
        ),
        advice=Text(
            "三日内到病房和养老机构核对去向，查看入院指征，核查两机构有无利益往来",
            "within three days see where the people are and whether they needed the stay; ask how the two are linked",
        ),
        tables=("households",),
        decided=("med_type", "dscg_maindiag_code", "households.care_home"),
    )

    days: int = days_counted(
        7,
        assumption("按周轮换送人", "people are sent in turn, by the week"),
    )
    limit: int = persons_counted(
        4,
        assumption(
            "10万人的正常县每月约0.1条",
            "an honest county of 100,000 opens about 0.1 alerts a month",
        ),
    )
    exempt_types: tuple[str, ...] = maternity_types()
    exempt_diagnoses: tuple[str, ...] = injuries()
    quiet: int = ends_after(604800)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many of the care home, in how long."""
        return self.told(episode.peak, Text("同一养老机构", "of one care home"))

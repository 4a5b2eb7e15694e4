"""Rule I06-HOME: several of one household are admitted to one hospital."""

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


class HouseholdTogether(Convoy[Admitted]):
    """Several persons of one household are admitted to one institution within days.

    Why: "同村或同一家庭成员同一时间在同一定点医疗机构住院的" (Baoji city, 2024-09-27) is a key population. "At the same
    time" is the notice's; three days and three persons are our assumption.

    Honest county of 100,000 persons, in whose families one in fifty admissions brings another within two days
    (`python -m pytest tests/honest/test_convoys.py`): 0.15 alerts a month. Two of a household would open 31, so
    they are not enough. That is 0.3 alerts a month in 200,000.

    See docs/rules/convoys.md for what counts. The circle is the household of the person in the table `households`,
    by the row that is valid at the begntime; who has none is left out.

    Known gaps: relatives who are registered in different households are not seen. An outbreak brings many at once and
    looks the same.

    Example:
        >>> from rules.testing import admitted, at, judge
        >>> stays = [admitted(at("09:00", day=n), f"p{n}") for n in range(3)]
        >>> judge(HouseholdTogether(), [*stays[:2], admitted(at("09:00", day=3), "p2")])
        []
        >>> [one.value for one in judge(HouseholdTogether(), stays)]
        [3]

    """

    card = Card(
        id="I06-HOME",
        name=Text("同户结队住院", "Household admitted together"),
        family="inpatient",
        ledger="households",
        subject="institution",
        why=Text(
            "全家先后在同一机构住院，可能是借住院套取基金；同户多人数日内入院时提示",
            "A whole family in hospital within days may be there for the money, not for an illness",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "宝鸡市通知（2024-09-27）“同村或同一家庭成员同一时间在同一定点医疗机构住院的”；歙县方案（2025-04-30）“结队住院”"
        ),
        advice=Text(
            "三日内到病房核对是否在床，比对各人病历是否雷同，询问入院经过",
            "within three days see whether they are in bed, whether the records repeat one another, and how they came",
        ),
        tables=("households",),
        decided=("med_type", "dscg_maindiag_code", "households.household"),
    )

    days: int = days_counted(
        3,
        assumption("同一时间住院，取三天", "at the same time, taken as three days"),
    )
    limit: int = persons_counted(
        3,
        assumption(
            "10万人的正常县每月约0.15条；2人时约31条",
            "an honest county of 100,000 opens 0.15 alerts a month; with 2 persons 31",
        ),
    )
    exempt_types: tuple[str, ...] = maternity_types()
    exempt_diagnoses: tuple[str, ...] = injuries()
    quiet: int = ends_after(259200)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many of the household, in how long."""
        return self.told(episode.peak, Text("同一户", "of one household"))

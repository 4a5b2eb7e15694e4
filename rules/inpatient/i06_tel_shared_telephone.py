"""Rule I06-TEL: several persons with one telephone are admitted to one hospital."""

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


class SharedTelephone(Convoy[Admitted]):
    """Persons who leave one contact telephone are admitted to one institution, one after the other.

    Why: "结队住院" (She county, 2025-04-30), "同村或同一家庭成员同一时间在同一定点医疗机构住院的" (Baoji city,
    2024-09-27). Who brings a group leaves one number for all. No number of persons is published.

    Honest county of 100,000 persons, of whom each family leaves one number
    (`python -m pytest tests/honest/test_convoys.py`): 0.0 alerts a month; with a limit of 3 it would be 1.4, and
    five times as many where people are admitted 0.31 times a year and not 0.18 times. So 4 is our assumption. That
    is 0 alerts a month in 200,000.

    See docs/rules/convoys.md for what counts. The circle is the contact telephone (tel) of the admission; a number
    of fewer than seven digits, or of one digit repeated, is none. +86 and what is no digit do not matter.

    Known gaps: a hospital that fills in its own number for those who have none gives one lead that stays open. A broker
    with a number for each person is not seen. An outbreak brings many at once and looks the same.

    Example:
        >>> from rules.testing import admitted, at, judge
        >>> stays = [admitted(at("09:00", day=9 * n), f"p{n}") for n in range(4)]
        >>> judge(SharedTelephone(), [*stays[:3], admitted(at("09:00", day=30), "p3")])
        []
        >>> [(one.value, one.severity) for one in judge(SharedTelephone(), stays)]
        [(4, 'high')]

    """

    card = Card(
        id="I06-TEL",
        name=Text("同一电话结队住院", "Admissions with one telephone"),
        family="inpatient",
        ledger="telephones",
        subject="institution",
        why=Text(
            "组织者常为被拉来住院的人留同一个联系电话；同一电话在同一机构先后入院的人数过多时提示",
            "Who brings people to hospital leaves one number for all: too many have the same",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "歙县方案（2025-04-30）“结队住院”；宝鸡市通知（2024-09-27）“同村或同一家庭成员同一时间在同一定点医疗机构住院的”"
        ),
        advice=Text(
            "核对该电话的机主，三日内抽访两名患者是否自行就医，查看入院指征与在床情况",
            "whose telephone it is; within three days ask two patients who sent them, and whether they are in bed",
        ),
        decided=("tel", "med_type", "dscg_maindiag_code"),
    )

    days: int = days_counted(
        30,
        assumption("组织者分批送人，多在一个月内", "a group is brought in parts, within about a month"),
    )
    limit: int = persons_counted(
        4,
        assumption(
            "10万人的正常县几乎没有；3人时每月约1.4条",
            "an honest county of 100,000 opens next to none; with 3 persons 1.4 alerts a month",
        ),
    )
    exempt_types: tuple[str, ...] = maternity_types()
    exempt_diagnoses: tuple[str, ...] = injuries()
    quiet: int = ends_after(2592000)

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many persons left the number, in how long."""
        return self.told(episode.peak, Text("留有同一联系电话", "with one contact telephone"))

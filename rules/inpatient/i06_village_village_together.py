"""Rule I06-VILLAGE: many of one village are admitted to one hospital."""

from __future__ import annotations

from math import sqrt

from rules import (
    DAY,
    Admitted,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Text,
    Window,
    assumption,
    day_of,
    ends_after,
    frozen_after,
    parameter,
)

from ._convoy import Convoy, days_counted, injuries, maternity_types, persons_counted

_DAYS = 84
"""So many days the usual number is read from."""
_VILLAGE = Text("同一村（社区）", "of one village")


class VillageTogether(Convoy[Admitted]):
    """More persons of one village are admitted to one institution within days than is usual.

    Why: "同村或同一家庭成员同一时间在同一定点医疗机构住院的" (Baoji city, 2024-09-27); "结队住院" (She county,
    2025-04-30): a car brings a village to the hospital. "At the same time" is the notice's; days and persons are our
    assumption.

    Honest county of 100,000 persons in villages of 1,500, who go to the same hospital in half of the cases
    (`python -m pytest tests/honest/test_convoys.py`): 1.4 alerts a month; without what is usual it would be 2.8.
    That is 2.8 alerts a month in 200,000.

    See docs/rules/convoys.md for what counts. The circle is the village of the person in the table `households`,
    by the row that is valid at the begntime; who has none is left out. The limit is the larger of `limit` and m + 5 *
    sqrt(m). m is the number of standing admissions of the village at the institution, of whatever kind, on the 84 whole
    days of Beijing that ended at least 73 days before the begntime (before inf_time where that is earlier), times
    `days` / 84; where there was none, or `baseline` is off, the limit is `limit`.

    Known gaps: a village that is brought every week makes that its habit. An outbreak brings many at once and looks the
    same.

    Example:
        >>> from rules.testing import admitted, at, judge
        >>> stays = [admitted(at("09:00", seconds=600 * n), f"p{n}", diagnosis="") for n in range(6)]
        >>> judge(VillageTogether(), stays[:5])
        []
        >>> [(one.value, one.severity) for one in judge(VillageTogether(), stays)]
        [(6, 'warning')]

    """

    card = Card(
        id="I06-VILLAGE",
        name=Text("同村结队住院", "Village admitted together"),
        family="inpatient",
        ledger="villages",
        subject="institution",
        why=Text(
            "有人以车接送、免费体检等名义把一村人拉去住院；同村入院人数明显多于平日时提示",
            "A village is brought to hospital by car, or by a free check-up: more are admitted than usual",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "宝鸡市通知（2024-09-27）“同村或同一家庭成员同一时间在同一定点医疗机构住院的”；歙县方案（2025-04-30）“结队住院”"
        ),
        advice=Text(
            "三日内走访两户，问明是否有人组织、接送或免除费用，核对在床情况与入院指征",
            "within three days ask two families who brought them and who pays, and see who is in bed",
        ),
        tables=("households",),
        decided=("med_type", "dscg_maindiag_code", "households.village"),
    )

    days: int = days_counted(
        3,
        assumption("同一时间住院，取三天", "at the same time, taken as three days"),
    )
    limit: int = persons_counted(
        6,
        assumption(
            "10万人的正常县每月约1.4条",
            "an honest county of 100,000 opens about 1.4 alerts a month",
        ),
    )
    baseline: bool = parameter(
        True,
        "人数上限是否提高到m+5√m；m为该村在该机构平日同样天数的入院人次",
        "whether the limit is raised to m + 5 * sqrt(m), where m is the usual number of admissions in as many days",
        unit="yes or no",
        origin=assumption("入院相互独立时近似泊松分布", "admissions that are independent are nearly Poisson"),
    )
    exempt_types: tuple[str, ...] = maternity_types()
    exempt_diagnoses: tuple[str, ...] = injuries()
    quiet: int = ends_after(259200)

    @property
    def looks_back(self) -> int:
        """The days from which the usual number is read, ms."""
        return frozen_after(self.card.ledger) + (_DAYS + 1) * DAY if self.baseline else 0

    def check(self, entry: Admitted, window: Window[Admitted], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Count the persons of the village against what is usual."""
        usual = self._usual(entry, window) if self.baseline else None
        limit = self.limit if usual is None else max(self.limit, usual + 5 * sqrt(usual))
        return self.together(entry, window, limit, usual)

    def _usual(self, entry: Admitted, window: Window[Admitted]) -> float | None:
        """How many admissions are usual in as many days; None where the past has none."""
        end = day_of(min(entry.time, entry.uploaded) - frozen_after(self.card.ledger))
        past = sum(window.bins.get(end - number * DAY, (0,))[0] for number in range(1, _DAYS + 1))
        return past * self.days / _DAYS if past else None

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """How many of the village, in how long, and how many are usual."""
        found = episode.peak
        if found.usual is None:
            return self.told(found, _VILLAGE)
        return self.told(found, _VILLAGE, Text(f"；平日约{found.usual:g}人次", f"; usually about {found.usual:g}"))

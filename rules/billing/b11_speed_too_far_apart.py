"""Rule B11-SPEED: one physician orders at two institutions that are too far apart for the time between."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    HOUR,
    MINUTE,
    Card,
    Episode,
    Finding,
    Names,
    Ordered,
    Reference,
    Text,
    above,
    assumption,
    ends_after,
    evidence,
    kilometres,
    parameter,
)

from ._orders import Orders, crowd_of_one_code, stops_text


class TooFarApart(Orders):
    """One physician's code orders at two institutions, and no journey between them is so fast.

    Why: "雇佣无资质人员冒用他人名义开展诊疗活动骗保" (She county, 2025-04-30). Two hospitals 90 km apart with 30
    minutes between are no finding of B11, and yet nobody drives so fast. The figures are our assumption, those of S06.

    Which lines are compared, which institutions are one place, and which codes are not judged is as in B11. A line is
    held against those of other places in (t - `window`, t], as far as the register has the coordinates of both
    institutions. It is a finding if the journey in a straight line is longer than `near_km` and faster than
    `over_speed`, with at least a minute for it: `high`. The fastest journey is told.

    Honest county of 200,000 (`python -m pytest tests/honest/test_outpatients.py`, our assumption: 20 physicians change
    once a week between institutions that have no group in common and are more than 2 km apart, and once in 100 times a
    line is entered for the first place so late that the journey looks too fast): 0.029 alerts a day. That is 0.9
    alerts a month in 200,000.

    Known gaps: those of B11. Institutions without coordinates are not compared. A wrong place in the register.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, ordered
        >>> reference, row = Reference(), {"status": "active", "kind": "hospital", "lon": "118.5"}
        >>> for code, lat in (("H34102100001", "30.0"), ("H34102200001", "30.289")):
        ...     reference.put("institutions", row | {"fixmedins_code": code, "lat": lat})
        >>> there = ordered(at("10:00"), "H34102200001")
        >>> judge(TooFarApart(), [there, ordered(at("10:17"))], reference)
        []
        >>> found = judge(TooFarApart(), [there, ordered(at("10:16"))], reference)
        >>> [(one.value, one.severity) for one in found]
        [(120.5, 'high')]

    """

    card = Card(
        id="B11-SPEED",
        name=Text("医师异地分身", "Physician too far apart"),
        family="billing",
        ledger="orders",
        subject="physician",
        why=Text(
            "同一医师编码先后在两家相距很远的机构开单，人无法赶到，其中一处可能是无资质人员冒用其名义",
            "One physician's code orders at two institutions between which nobody can have travelled: in one of them "
            "another person may use it",
        ),
        basis="《关于建立定点医药机构相关人员医保支付资格管理制度的指导意见》（医保发〔2024〕23号）；"
        "歙县方案（2025-04-30）“雇佣无资质人员冒用他人名义开展诊疗活动骗保”",
        advice=Text(
            "10日内调取两家机构的排班、电子签名日志与监控，核对当时实际接诊人及其资质，是否补录、远程会诊或机构所在地登记有误",
            "within 10 days the rosters, the logs of signatures and the video of both institutions: who saw the "
            "patients, with which licence; whether lines were entered later, it was a consultation by video, or the "
            "register has a wrong place",
        ),
        decided=("bilg_dr_codg", "institutions.group", "institutions.lat", "institutions.lon"),
    )

    window: int = parameter(
        3_600,
        "向前看行程的时间",
        "how far back a journey is looked at",
        unit="s",
        origin=assumption("与S06相同：超过一小时可乘高铁", "as S06: beyond an hour there are fast trains"),
    )
    over_speed: int = parameter(
        120,
        "两家机构之间的时速超过该值即触发（须登记坐标）",
        "a journey between two institutions that is faster than this sets the rule off; needs coordinates",
        unit="km/h",
        origin=assumption("与S06相同：公路行车难以达到", "as S06: too fast for a journey by road from door to door"),
    )
    near_km: float = parameter(
        2.0,
        "相距不超过该距离的机构不比较",
        "institutions at most this far apart are not compared",
        unit="km",
        origin=assumption("与S06相同：相邻的机构", "as S06: two doors beside each other"),
    )
    crowd: int = crowd_of_one_code()
    quiet: int = ends_after(86_400, "一日：连续数日并入同一预警", "a day: days in a row stay one alert")

    def compare(self, entry: Ordered, elsewhere: Sequence[Ordered], reference: Reference) -> Finding | None:
        """Measure the journey from each of these lines to this one."""
        journeys = [(kilometres(one, entry, reference) or 0.0, one) for one in elsewhere]
        speeds = [
            (length / (max(entry.time - one.time, MINUTE) / HOUR), length, one)
            for length, one in journeys
            if length > self.near_km
        ]
        if not speeds:
            return None
        speed, length, since = max(speeds, key=lambda one: one[:2])
        if speed <= self.over_speed:
            return None
        return Finding(
            measure="speed_of_one_physician",
            value=round(speed, 1),
            limit=self.over_speed,
            unit="km/h",
            severity="high",
            evidence=evidence([since, entry], self.card),
            details={"kilometres": str(round(length))},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How far apart, when in each place, and how fast that would be."""
        found = episode.peak
        apart, speed = found.details["kilometres"], above(found.value, found.limit)
        stops = stops_text(found.evidence, names)
        return Text(
            f"同一医师编码先后在相距{apart}公里的两家机构开单：{stops.zh}，折合时速{speed.zh}公里"
            f"（提示阈值：时速超过{found.limit:g}公里）",
            f"one physician's code ordered at two institutions {apart} km apart: {stops.en}, "
            f"a journey at {speed.en} km/h (threshold: more than {found.limit:g} km/h)",
        )

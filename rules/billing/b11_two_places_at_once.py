"""Rule B11: one physician orders at two institutions within minutes."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    Card,
    Episode,
    Finding,
    Names,
    Ordered,
    Reference,
    Text,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
    span_text,
)

from ._orders import Orders, crowd_of_one_code, place_of, stops_text


class TwoPlacesAtOnce(Orders):
    """One physician's code orders at two institutions within ten minutes.

    Why: "雇佣无资质人员冒用他人名义开展诊疗活动骗保" (She county, 2025-04-30): a person without a licence treats under
    the name of a physician, who treats elsewhere. A missing licence cannot be seen; one name in two places can. No
    number is published; the figures are our assumption.

    What is compared are the standing lines of outpatients (2204) with a positive quantity (cnt) by their bilg_dr_codg
    and their fee_ocur_time. Left out are codes of fewer than 10 characters, which are an institution's own, codes that
    are one character again and again behind the first one, and lines of an institution without a counter (internet 1,
    or kind internet or mail_order in the register). Institutions of one `group` in the register are one place, for
    within it physicians see patients of another house by video; without a group each is a place.

    Counted are the places of one code in (t - `window`, t]. It is a finding from `limit` on: `high`. Not judged, and
    counted as `a code that several physicians share`, is a code with which one institution has lines of `crowd` persons
    or more in the hour up to t: a department orders under it.

    Honest county of 200,000 (`python -m pytest tests/honest/test_outpatients.py`, our assumption: 20 physicians change
    once a week between institutions that have no group in common, and once in 50 times a line is entered for the first
    place after they have arrived at the second): 0.057 alerts a day. That is 1.7 alerts a month in 200,000.

    Known gaps: a name that is used only where its owner does not work at the same time. Lines that are entered later
    than they were ordered. Lines of stays (2301): they run all day without the physician. Who is on leave, retired or
    dead, as the messages have no roster. A group that the register does not know.

    Example:
        >>> from rules.testing import at, judge, ordered
        >>> there = ordered(at("10:00"), "H34102100003")
        >>> judge(TwoPlacesAtOnce(), [there, ordered(at("10:10"))])
        []
        >>> found = judge(TwoPlacesAtOnce(), [there, ordered(at("10:09", seconds=59))])
        >>> [(one.value, one.severity) for one in found]
        [(2, 'high')]

    """

    card = Card(
        id="B11",
        name=Text("医师分身开单", "Physician in two places at once"),
        family="billing",
        ledger="orders",
        subject="physician",
        why=Text(
            "同一医师编码几分钟内在两家机构开单，其中一处可能是无资质人员冒用其名义",
            "One physician's code orders at two institutions within minutes: in one of them another person may use it",
        ),
        basis="《关于建立定点医药机构相关人员医保支付资格管理制度的指导意见》（医保发〔2024〕23号）；"
        "歙县方案（2025-04-30）“雇佣无资质人员冒用他人名义开展诊疗活动骗保”",
        advice=Text(
            "10日内调取两家机构的排班、电子签名日志与监控，核对当时实际接诊人及其资质，是否补录或远程会诊",
            "within 10 days the rosters, the logs of signatures and the video of both institutions: who saw the "
            "patients, with which licence; whether lines were entered later, or it was a consultation by video",
        ),
        decided=("bilg_dr_codg", "institutions.group"),
    )

    window: int = parameter(
        600,
        "向前统计开单机构的时间",
        "length of the time in which places are counted",
        unit="s",
        origin=assumption("十分钟内难以换机构接诊", "nobody changes institution and sees patients in ten minutes"),
    )
    limit: int = parameter(
        2,
        "同一医师编码开单的机构（同一集团算一家）达到该数即触发",
        "number of places of one code that sets the rule off; a group is one place",
        unit="institutions",
        origin=assumption("一人只能在一处", "a person is in one place"),
    )
    crowd: int = crowd_of_one_code()
    quiet: int = ends_after(86_400, "一日：连续数日并入同一预警", "a day: days in a row stay one alert")

    def compare(self, entry: Ordered, elsewhere: Sequence[Ordered], reference: Reference) -> Finding | None:
        """Count the places; the lines elsewhere and this one prove it."""
        places = 1 + len({place_of(one, reference) for one in elsewhere})
        if places < self.limit:
            return None
        return Finding(
            measure="places_of_one_physician",
            value=places,
            limit=self.limit,
            unit="institutions",
            severity="high",
            evidence=evidence([*elsewhere, entry], self.card),
        )

    def sentence(self, episode: Episode, names: Names) -> Text:
        """In how many places within how long, and when in each."""
        found, length = episode.peak, span_text(self.window)
        limit, stops = reached(found.limit, Text("家机构", "institutions")), stops_text(found.evidence, names)
        return Text(
            f"同一医师编码{length.zh}内在{found.value:g}家机构开单：{stops.zh}（{limit.zh}，同一集团算一家）",
            f"one physician's code ordered at {found.value:g} institutions within {length.en}: {stops.en} "
            f"({limit.en}, a group is one)",
        )

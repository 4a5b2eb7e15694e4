"""Rule S06: one person's credential is used in two places, and no journey is so fast."""

from __future__ import annotations

from collections.abc import Iterable

from rules import (
    HOUR,
    MINUTE,
    PHARMACY,
    SECOND,
    Card,
    Episode,
    Evidence,
    Fill,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Text,
    Visit,
    Window,
    above,
    assumption,
    clock,
    ends_after,
    evidence,
    is_in_person,
    kilometres,
    listed,
    of_row,
    parameter,
    period,
    precedent,
    reached,
    span_text,
)

MOST_STOPS = 5
"""So many are named in the sentence; the rows of evidence have all."""


class ImpossibleTravel(Rule[Visit | Fill]):
    """One person settles in two counties within half an hour, too far apart, or at three institutions in an hour.

    Why: "盗刷社会保障卡或医保电子凭证" (Mei county forwarding Baoji city, 2024-09-27): a credential that is in two
    places was stolen, copied or lent. The figures are our assumption. Two institutions of one county within half an
    hour are the walk to the pharmacy next door, 45 to 150 persons a day in a county of 200,000, and are no finding.

    Honest county of 200,000 (`python -m pytest tests/honest/test_traffic.py`, our assumption): if 70 % of these
    carry their prescription, and a third institution within the hour is as likely as a second, 0.1 to 0.6 alerts a
    day; if 2 % of the rest go to the next county, 0.3 to 0.9. That is 12 to 45 alerts a month in 200,000.

    What is compared are the settlements in (t - `window`, t] that say where the person was. These do not: one made at a
    terminal or by telephone (opter_type 2, 3); one of an internet or mail-order institution; one with the electronic
    credential (01) on the account of the family (acct_mulaid_pay above 0); the bill of a stay (2304, or med_type 2x),
    which the office makes when it likes. The county is mdtrtarea_admvs of the message; where it is not sent, that of
    the register.

    A sale on the prescription of a hospital belongs to the visit there and says nothing either: a sale of a pharmacy
    (2102, or med_type 41) with rx_circ_flag 1 on a line, or with an rxno that a hospital has on a line of 2204 or in a
    settlement less than `prescription_hours` before the sale. Each sale is held against the hours before itself,
    whichever settlement is judged.

    Three conditions are asked in this order, and the first that holds is the finding: two counties less than
    `county_minutes` apart; a journey faster than `over_speed`, with at least a minute for it; `places` institutions in
    the window, that of the judged settlement among them. Of a question before settlement it is not known whose account
    will pay, so one with the electronic credential is not judged.

    Known gaps: a relative who buys at home while the patient is treated elsewhere. A wrong place in the register. A
    pharmacy that sets rx_circ_flag on a sale without a prescription is believed. The second half of a journey is judged
    when it comes, so the first institution is not warned.

    Example:
        >>> from rules.testing import at, judge, visit
        >>> home = visit(at("10:00"), institution="P34102100001", county="341021")
        >>> judge(ImpossibleTravel(), [home, visit(at("10:30"), institution="P34102200001", county="341022")])
        []
        >>> found = judge(ImpossibleTravel(), [home, visit(at("10:29"), institution="P34102200001", county="341022")])
        >>> [(one.measure, one.value) for one in found]
        [('counties', 2)]

    """

    card = Card(
        id="S06",
        name=Text("异地瞬时就医", "Impossible travel"),
        family="credential",
        ledger="visits",
        subject="person",
        why=Text(
            "同一参保人在短时间内于两地刷卡，人无法赶到，医保凭证可能被盗刷、出借或复制",
            "One credential is used in two places between which nobody can have travelled: stolen, lent or copied",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十一条；眉县转发宝鸡市通知（2024-09-27）“盗刷社会保障卡或医保电子凭证”"
        ),
        advice=Text(
            "是否盗刷、出借医保凭证，或家属代办、机构所在地登记有误",
            "a credential stolen or lent, a relative who acted for the person, or a wrong place in the register",
        ),
        judges_pre=True,
        institution_facing=True,
        renamed={"speed": "over_speed"},
        decided=(
            "mdtrtarea_admvs",
            "opter_type",
            "mdtrt_cert_type",
            "institutions.admdvs",
            "institutions.lat",
            "institutions.lon",
        ),
    )

    county_minutes: int = parameter(
        30,
        "在两个县（区）结算，间隔不足该时间即触发",
        "settlements in two counties that are less than this apart in time set the rule off",
        unit="min",
        origin=precedent(
            "公开代码中“同一卡30分钟内在两家机构”，此处改为两个县（区）",
            "public code: one card at two institutions within 30 minutes; here in two counties",
        ),
    )
    over_speed: int = parameter(
        120,
        "窗口内两家机构之间的时速超过该值即触发（须登记坐标）",
        "a journey between two institutions that is faster than this sets the rule off; needs coordinates",
        unit="km/h",
        origin=assumption("公路行车难以达到", "too fast for a journey by road from door to door"),
    )
    places: int = parameter(
        3,
        "窗口内结算的机构达到该数即触发",
        "number of institutions within the window that sets the rule off",
        unit="institutions",
        origin=assumption("两家机构多为就近购药", "two are mostly the walk to the pharmacy next door"),
    )
    window: int = parameter(
        3_600,
        "向前看行程的时间",
        "how far back a journey is looked at",
        unit="s",
        origin=assumption("超过一小时可乘高铁", "beyond an hour there are fast trains"),
    )
    near_km: float = parameter(
        2.0,
        "相距不超过该距离的机构，就县（区）和时速视为同一地点（须登记坐标）",
        "institutions at most this far apart count as one place for county and speed; needs coordinates",
        unit="km",
        origin=assumption("县界两侧的相邻机构", "two doors beside each other on a county border"),
    )
    prescription_hours: int = parameter(
        6,
        "外配处方开具早于购药不足该时间",
        "the hospital wrote the prescription less than this before the sale",
        unit="h",
        origin=assumption("就诊当天购药", "the drug is fetched on the day of the visit"),
    )
    quiet: int = ends_after(3_600, "同一次行程只有一条预警", "one journey is one alert")

    @property
    def span(self) -> int:
        """How far back the prescription of the earliest sale in the window may lie, ms."""
        return self.shown + self.fetched_within

    @property
    def fetched_within(self) -> int:
        """The prescription lies less than this before the sale, ms."""
        return self.prescription_hours * HOUR

    @property
    def guard(self) -> Guard:
        """Two institutions, unless one is already too many."""
        fewest = min(2, self.places)
        return Guard(fewest=fewest, distinct=("institution", fewest))

    @property
    def shown(self) -> int:
        """The window in ms."""
        return self.window * SECOND

    def check(self, entry: Visit | Fill, window: Window[Visit | Fill], reference: Reference) -> Finding | None:
        """Compare where the person is now with where the person was in the window."""
        if not isinstance(entry, Visit):
            return None
        stops = self._stops(window, reference)
        if not any(one is entry for one in stops):
            return None
        apart = [one for one in stops if one.institution != entry.institution]
        return (
            self._counties(entry, apart, stops, reference)
            or self._too_fast(entry, apart, stops, reference)
            or self._places(stops)
        )

    def _stops(self, window: Window[Visit | Fill], reference: Reference) -> list[Visit]:
        """The settlements of the window (t - `window`, t] that say where the person was."""
        recent = [one for one in window.last(self.shown) if isinstance(one, Visit) and is_in_person(one, reference)]
        return [one for one in recent if not self._is_on_prescription(one, window.entries)]

    def _is_on_prescription(self, sale: Visit, entries: Iterable[Visit | Fill]) -> bool:
        """Whether a pharmacy sold on the prescription of a hospital: the sale belongs to the visit there.

        Each sale is held against the hours before itself, whichever settlement is judged.
        """
        if not _is_at_pharmacy(sale):
            return False
        if sale.circulated:
            return True
        earliest = sale.time - self.fetched_within
        written = (one for one in entries if earliest < one.time <= sale.time)
        return any(not _prescribed_in(one).isdisjoint(sale.prescriptions) for one in written)

    def _counties(self, visit: Visit, apart: list[Visit], stops: list[Visit], reference: Reference) -> Finding | None:
        """Two counties within half an hour; two doors beside each other on the county border are one place."""
        county = _county(visit, reference)
        others = [
            one
            for one in apart
            if one.time > visit.time - self.county_minutes * MINUTE
            and _county(one, reference) not in ("", county)
            and not self._is_near(one, visit, reference)
        ]
        if not county or not others:
            return None
        return _finding(
            ("counties", "counties"),
            (1 + len({_county(one, reference) for one in others}), 1),
            stops,
            minutes=max(1, round((visit.time - others[0].time) / MINUTE)),
        )

    def _is_near(self, one: Visit, visit: Visit, reference: Reference) -> bool:
        distance = kilometres(one, visit, reference)
        return distance is not None and distance <= self.near_km

    def _too_fast(self, visit: Visit, apart: list[Visit], stops: list[Visit], reference: Reference) -> Finding | None:
        """Farther apart than a person drives in the time between; clocks are trusted to the minute."""
        speeds = [
            (apart_km / (max(visit.time - one.time, MINUTE) / HOUR), apart_km, one.time)
            for one in apart
            if (apart_km := kilometres(one, visit, reference) or 0.0) > self.near_km
        ]
        fastest, farthest, since = max(speeds, default=(0.0, 0.0, 0))
        if fastest <= self.over_speed:
            return None
        measured, details = (round(fastest, 1), self.over_speed), {"kilometres": round(farthest), "since": since}
        return _finding(("speed", "km/h"), measured, stops, **details)

    def _places(self, stops: list[Visit]) -> Finding | None:
        places = len({one.institution for one in stops})
        if places < self.places:
            return None
        return _finding(("institutions", "institutions"), (places, self.places), stops)

    def scene(self, episode: Episode) -> Scene:
        """Where the person was last, from the first place on."""
        rows = episode.peak.evidence
        return of_row(rows[-1])._replace(when=period(rows[0].time, rows[-1].time))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """In which counties or institutions within how long, or how fast, against the limit."""
        found = episode.peak
        told = {"counties": self._of_counties, "speed": self._of_speed}
        return told.get(found.measure, self._of_places)(found, names)

    def _of_counties(self, found: Finding, names: Names) -> Text:
        minutes, limit, rows = found.details["minutes"], self.county_minutes, found.evidence
        stops = _stops_text((one for one in rows if one.time > rows[-1].time - limit * MINUTE), names)
        return Text(
            f"1名参保人{minutes}分钟内先后在{found.value:g}个县（区）结算：{stops.zh}"
            f"（提示阈值：间隔不足{limit}分钟跨县（区）结算）",
            f"one person settled in {found.value:g} counties within {minutes} min: {stops.en} "
            f"(threshold: two counties less than {limit} min apart)",
        )

    def _of_speed(self, found: Finding, names: Names) -> Text:
        last = found.evidence[-1]
        since = next(one for one in found.evidence if str(one.time) == found.details["since"])
        stops, apart = _stops_text([since, last], names), found.details["kilometres"]
        speed = above(found.value, found.limit)
        return Text(
            f"1名参保人先后在相距{apart}公里的两家机构结算：{stops.zh}，折合时速{speed.zh}公里"
            f"（提示阈值：时速超过{found.limit:g}公里）",
            f"one person settled at two institutions {apart} km apart: {stops.en}, "
            f"a journey at {speed.en} km/h (threshold: more than {found.limit:g} km/h)",
        )

    def _of_places(self, found: Finding, names: Names) -> Text:
        length, stops = span_text(self.window), _stops_text(found.evidence, names)
        limit = reached(found.limit, Text("家", "institutions"))
        return Text(
            f"1名参保人{length.zh}内在{found.value:g}家机构结算：{stops.zh}（{limit.zh}）",
            f"one person settled at {found.value:g} institutions within {length.en}: {stops.en} ({limit.en})",
        )


def _stops_text(rows: Iterable[Evidence], names: Names) -> Text:
    """Each stop with its time, its institution and its county, where that is known."""
    return listed([_stop_text(one, names) for one in rows], MOST_STOPS)


def _stop_text(row: Evidence, names: Names) -> Text:
    at, where = clock(row.time, "%H:%M"), names.of(row)
    county = row.decided.get("mdtrtarea_admvs") or names.column("institutions", "admdvs", row)
    if not county:
        return Text(f"{at}在{where.zh}", f"{at} at {where.en}")
    called = names.region(county, row)
    return Text(f"{at}在{called.zh}的{where.zh}", f"{at} at {where.en} in {called.en}")


def _is_at_pharmacy(visit: Visit) -> bool:
    return visit.transaction in ("2101", "2102") or visit.visit_type == PHARMACY


def _prescribed_in(one: Visit | Fill) -> set[str]:
    """The prescriptions that a hospital wrote in this line, or settled in this settlement."""
    if isinstance(one, Fill):
        return {one.prescription}
    return set() if _is_at_pharmacy(one) else set(one.prescriptions)


def _county(visit: Visit, reference: Reference) -> str:
    if visit.county:
        return visit.county
    row = reference.row("institutions", visit.institution, visit.time) or {}
    return row.get("admdvs") or ""


def _finding(
    measure: tuple[str, str], value_and_limit: tuple[float, float], stops: list[Visit], **details: int
) -> Finding:
    """measure: its name and its unit."""
    return Finding(
        measure=measure[0],
        value=value_and_limit[0],
        limit=value_and_limit[1],
        unit=measure[1],
        severity="high",
        evidence=evidence(stops, ImpossibleTravel.card),
        details={name: str(number) for name, number in details.items()},
    )

"""Rule S10: a woman gives birth twice within less time than a pregnancy takes."""

from __future__ import annotations

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Stay,
    Text,
    WholeStay,
    Window,
    assumption,
    clock,
    ends_after,
    evidence,
    listed,
    of_row,
    parameter,
    pieces_within,
    precedent,
    stays_in,
)

_DELIVERIES = 5
"""So many deliveries are named in a sentence."""


class SecondDelivery(Rule[Stay]):
    """Two stays for a delivery of one person begin less time apart than a pregnancy takes.

    Why: "骗取生育保险待遇" (She county, 2025-04-30). A delivery follows another by half a year at the very least: seven
    months are a child that is born early, after a pregnancy that began a month after the birth. The figures are our
    assumption.

    Honest county of 200,000: none, but for errors of the coding, where a later stay has the code of the delivery
    that it follows. If that is so of one in a hundred of the 1,600 deliveries a year (our assumption), 16 stays are
    told in a year. That is 1.3 alerts a month in 200,000.

    A stay is a delivery if its diagnosis (docs/rules/whole-stays.md) begins with one of `deliveries`, its admission
    is known, and none of its pieces is of a kind in `newborns`. Judged is an admission. It is a finding, `high`, if an
    earlier delivery of the person, at whichever institution, began at least `apart` days and less than `days` days
    before it. What is closer is a transfer, or a stay that goes on. The value is the number of whole days between this
    admission and the latest such delivery.

    Known gaps: a delivery that is made up once. Deliveries that are coded as something else. Whole stays of which only
    the bill is known.

    Example:
        >>> from rules.testing import at, judge, stay
        >>> def born(*days):
        ...     return [stay(at("09:00", day=day), "admission", f"v{day}", diagnosis="O80.900") for day in days]
        >>> judge(SecondDelivery(), born(0, 180))
        []
        >>> judge(SecondDelivery(), born(0, 14))
        []
        >>> [(one.value, one.severity) for one in judge(SecondDelivery(), born(0, 179))]
        [(179, 'high')]
        >>> [one.value for one in judge(SecondDelivery(), born(0, 15))]
        [15]

    """

    card = Card(
        id="S10",
        name=Text("短期内再次分娩", "Second delivery too soon"),
        family="entitlement",
        ledger="stays",
        subject="person",
        why=Text(
            "两次分娩相隔不足半年，不合妊娠规律，可能虚报分娩或冒用他人凭证骗取生育待遇",
            "Two deliveries within half a year cannot be: one was made up, or was that of another woman",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；歙县方案（2025-04-30）“骗取生育保险待遇”",
        advice=Text(
            "三日内核对两次分娩记录、出生医学证明与本人身份，排除诊断编码错误",
            "within three days compare the two records and birth certificates: two births, or an error of coding?",
        ),
        decided=("dscg_maindiag_code", "med_type"),
    )

    days: int = parameter(
        180,
        "两次分娩入院相隔不足该天数即触发",
        "two deliveries that begin fewer days apart set the rule off",
        unit="days",
        origin=assumption("足月妊娠约280天，早产亦在半年以上", "a pregnancy takes 280 days, half a year at least"),
    )
    apart: int = parameter(
        15,
        "相隔至少该天数才视为另一次分娩",
        "they count as two deliveries from so many days on",
        unit="days",
        origin=assumption("更近的多为转院或产后再入院", "closer ones are transfers, or stays after the birth"),
    )
    deliveries: tuple[str, ...] = parameter(
        ("O80", "O81", "O82", "O83", "O84"),
        "视为分娩的诊断",
        "diagnoses that are a delivery",
        unit="ICD-10",
        origin=precedent("ICD-10：分娩为O80至O84", "ICD-10: O80 to O84 are deliveries"),
    )
    newborns: tuple[str, ...] = parameter(
        ("5212",),
        "不计入的医疗类别：新生儿",
        "kinds that are not counted: newborn",
        unit="med_type",
        origin=assumption("新生儿常以母亲编号登记", "a newborn is often registered under the number of the mother"),
    )
    longest_days: int = pieces_within(60)
    quiet: int = ends_after(604_800, "每次分娩单独提示", "each delivery is told by itself")

    @property
    def span(self) -> int:
        """From the earlier delivery to the judged one, ms."""
        return self.days * DAY

    @property
    def ahead(self) -> int:
        """How long the pieces of a stay are waited for, ms: the discharge says what the illness was."""
        return self.longest_days * DAY

    @property
    def guard(self) -> Guard:
        """Two admissions."""
        return Guard(fewest=2)

    def check(self, entry: Stay, window: Window[Stay], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Look for a delivery before the one that this admission begins.

        Long because it says what is no second delivery, step by step.
        """
        if entry.piece != "admission":
            return None
        births = [one for one in stays_in(window, self.ahead) if self._is_delivery(one)]
        this = next((one for one in births if one.admission is entry), None)
        before = [one for one in births if one.admitted <= entry.time - self.apart * DAY]
        if this is None or not before:
            return None
        return Finding(
            measure="days_between_deliveries",
            value=(entry.time - before[-1].admitted) // DAY,
            limit=self.days,
            unit="days",
            severity="high",
            evidence=evidence([piece for one in (before[-1], this) for piece in one.pieces], self.card),
        )

    def _is_delivery(self, stay: WholeStay) -> bool:
        of_mother = stay.admission is not None and not stay.is_of(self.newborns)
        return of_mother and stay.diagnosis.upper().startswith(self.deliveries)

    def scene(self, episode: Episode) -> Scene:
        """The later delivery."""
        rows = [one for one in episode.peak.evidence if one.role == "admission"]
        return of_row(max(rows, key=lambda one: (one.time, one.id)))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """Both deliveries, and how many days lie between them."""
        found = episode.peak
        births = [one for one in found.evidence if one.role == "admission"]
        told = ((clock(one.time, "%Y-%m-%d"), names.of(one)) for one in births)
        where = listed([Text(f"{day}在{place.zh}", f"{day} at {place.en}") for day, place in told], _DELIVERIES)
        return Text(
            f"两次分娩入院相隔{found.value:g}天（提示阈值：不足{found.limit:g}天）：{where.zh}",
            f"two deliveries began {found.value:g} d apart (threshold: fewer than {found.limit:g} d): {where.en}",
        )

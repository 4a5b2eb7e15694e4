"""Rule I04: a stay that lasts longer than its illness explains."""

from __future__ import annotations

from math import ceil

from rules import (
    DAY,
    Card,
    Episode,
    Finding,
    Names,
    Reference,
    Rule,
    Stay,
    Text,
    Undecidable,
    WholeStay,
    Window,
    again,
    assumption,
    ends_after,
    evidence,
    exceeded,
    parameter,
    pieces_within,
    stays_in,
)


class OverLongStay(Rule[Stay]):
    """A patient stays in hospital for longer than the illness explains.

    Why: "超长住院" (She county, 2025-04-30): a bed is kept on record after the treatment is over, or is used as a place
    to live. No number is published; both limits are our assumption.

    What a stay, its end, its settlement and an exempt diagnosis are stands in docs/rules/whole-stays.md. A stay whose
    admission is known is judged. Its limit is `over_days`; with an exempt diagnosis at admission or discharge it is
    `over_days_by_plan`. It is a finding, `warning`, if the stay lasts longer than its limit. While its end is not known
    it lasts until its last interim settlement, and a discharge that lies earlier withdraws the finding. The value is
    the length of the stay in days, rounded up to a tenth. A stay that is settled for good without a known end is not
    decided (counted as `settled without an end`).

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: of 36,000 stays a year
    28,800 are of an acute illness, half of them longer than 7 days, lognormal with a sigma of 0.6; 300 are for a
    psychosis or rehabilitation, one in ten of them longer than 90 days): 0.16 alerts a day. With a limit of 30 days
    there are 0.69. That is 5 alerts a month in 200,000.

    Known gaps: a long stay that is cut into several, with a discharge and an admission every month; I01 finds some of
    them. A stay of which nothing is reported after the admission is not told: its discharge may only have been
    forgotten. A coma, severe burns and the like are honest and look the same. Of a stay that lasts longer than
    `longest_days` the true length is not told.

    Example:
        >>> from rules.testing import at, judge, stay
        >>> def lasting(days):
        ...     return [stay(at("09:00"), "admission", "v1"), stay(at("09:00", day=days), "discharge", "v1")]
        >>> judge(OverLongStay(), lasting(45))
        []
        >>> [(found.value, found.severity) for found in judge(OverLongStay(), lasting(46))]
        [(46.0, 'warning')]

    """

    card = Card(
        id="I04",
        name=Text("超长住院", "Over-long stay"),
        family="inpatient",
        ledger="stays",
        subject="person",
        why=Text(
            "住院时间远超病情需要，可能治疗结束后仍挂床，或以住院代替养老、护理",
            "The stay lasts longer than the illness explains: a bed kept on record, or a hospital in place of a home",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；歙县方案（2025-04-30）“超长住院”",
        advice=Text(
            "10日内调阅病程记录、医嘱与护理记录，核对患者是否在床、何时已达到出院标准，是否漏传出院登记",
            "within 10 days the records, orders and nursing notes: is the patient there, since when fit to leave, "
            "or was a discharge not uploaded",
        ),
        decided=("dscg_maindiag_code", "dscg_time"),
    )

    over_days: int = parameter(
        45,
        "住院超过该天数即触发",
        "a stay that lasts longer than this sets the rule off",
        unit="days",
        origin=assumption(
            "正常县取30天时每月预警约20条，取45天时约5条",
            "with 30 days an honest county opens about 20 alerts a month, with 45 about 5",
        ),
    )
    over_days_by_plan: int = parameter(
        90,
        "例外诊断（精神病、康复、肿瘤等）的住院，超过该天数才触发",
        "the same of a stay with an exempt diagnosis (psychosis, rehabilitation, cancer)",
        unit="days",
        origin=assumption("此类治疗以月计", "such a treatment takes months"),
    )
    longest_days: int = pieces_within(180)
    quiet: int = ends_after(604_800, "每次住院单独提示", "each stay is told by itself")

    @property
    def span(self) -> int:
        """How far apart the pieces of a stay may be, ms."""
        return self.longest_days * DAY

    @property
    def shown(self) -> int:
        """The length that is too long, ms."""
        return self.over_days * DAY

    @property
    def ahead(self) -> int:
        """How long the pieces of the stay are waited for, ms."""
        return self.longest_days * DAY

    def check(self, entry: Stay, window: Window[Stay], reference: Reference) -> Finding | None:
        """Measure the stay that an admission begins."""
        if entry.piece != "admission":
            return None
        stay = next(one for one in stays_in(window, self.ahead) if one.admission is entry)
        limit = self.over_days_by_plan if stay.is_by_plan(reference) else self.over_days
        if stay.settled and stay.ended is None:
            raise Undecidable("settled without an end")
        until = stay.pieces[-1].time if stay.ended is None else stay.ended
        if until - stay.admitted <= limit * DAY:
            return None
        return self._finding(stay, until, limit)

    def _finding(self, stay: WholeStay, until: int, limit: int) -> Finding:
        return Finding(
            measure="days_in_hospital",
            value=ceil((until - stay.admitted) * 10 / DAY) / 10,
            limit=limit,
            unit="days",
            severity="warning",
            evidence=evidence(stay.pieces, self.card),
            details={"open": "1" if stay.ended is None else ""},
        )

    def sentence(self, episode: Episode, names: Names) -> Text:  # noqa: ARG002 - as every rule
        """For how long, and whether the patient is still there."""
        found, times = episode.peak, again(episode)
        limit = exceeded(found.limit, Text("天", "d"))
        length = Text(f"至出院共住院{found.value:g}天", f"and discharged after {found.value:g} d")
        if found.details["open"]:
            length = Text(
                f"住院已达{found.value:g}天，尚未上报出院",
                f"and has been there for {found.value:g} d without a discharge so far",
            )
        return Text(
            f"收治1名参保人入院，{length.zh}（{limit.zh}）{times.zh}",
            f"a person was admitted {length.en} ({limit.en}){times.en}",
        )

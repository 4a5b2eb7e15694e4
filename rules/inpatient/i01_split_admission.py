"""Rule I01: discharged, and in again within days for the same illness."""

from __future__ import annotations

from rules import (
    BY_NATURE,
    DAY,
    TRANSFER,
    Card,
    Episode,
    Evidence,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Scene,
    Stay,
    Text,
    Undecidable,
    WholeStay,
    Window,
    again,
    assumption,
    clock,
    ends_after,
    evidence,
    of_row,
    over_new_year,
    parameter,
    pieces_within,
    precedent,
    related,
    stays_in,
)


class SplitAdmission(Rule[Stay]):
    """A patient is admitted again within days of a discharge, by the same institution or group, for the same illness.

    Why: "分解住院" (Baoji city, 2024-09-27; She county, 2025-04-30): one stay is billed as two, so that each stays
    below what is paid for a case. The notices name no number; 7 days are our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: 36,000 stays a year,
    1.5 % of them followed by an unplanned one within a week, 70 % of these at the same institution or group, 30 %
    of those under the same three characters): 0.31 alerts a day. That is 9 alerts a month in 200,000.

    What a stay, its end, its diagnosis group, an exempt diagnosis and an exempt kind are stands in
    docs/rules/whole-stays.md. An admission is compared with each earlier stay (its admission need not be known) of
    the person at the same institution, or at one of the same `group` in the table `institutions`, that ended at
    most `within_days` before it. It is a finding, `high`, if both stays have the same diagnosis group; the latest
    such end is told. Where there is none, and a group is not known, the rule does not decide (counted as `no
    diagnosis`).

    Exempt is an admission of an exempt kind, or whose diagnosis at admission or discharge is exempt. Exempt is an
    earlier stay of an exempt kind; one with an exempt diagnosis at admission or discharge (admitted for Z51 and
    discharged as I20: exempt); one that was left in an exempt way; one that ended in an interim settlement (an interim
    settlement five days before the discharge is none such); and one that ended on 31 December, or at the midnight after
    it, if the admission is at most `year_end_days` later.

    Known gaps: a second stay that is coded otherwise at its discharge is withdrawn. A readmission for a complication of
    the same illness is honest and looks the same. After 8 to 15 days nothing is reported.

    Example:
        >>> from rules.testing import at, judge, stay
        >>> def back_after(days):
        ...     return [stay(at("09:00"), "admission", "v1"), stay(at("10:00", day=5), "discharge", "v1"),
        ...             stay(at("10:00", day=5 + days), "admission", "v2")]
        >>> rule = SplitAdmission()
        >>> judge(rule, back_after(8))
        []
        >>> [found.value for found in judge(rule, back_after(7))]
        [7.0]

    """

    card = Card(
        id="I01",
        name=Text("分解住院", "Split admission"),
        family="inpatient",
        ledger="stays",
        subject="person",
        why=Text(
            "出院几天内又因同类疾病再次入院，可能把一次住院分成两次结算",
            "Discharged and admitted again within days for the same illness: one stay may be billed as two",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；宝鸡市通知（2024-09-27）“分解住院、挂床住院”",
        advice=Text(
            "调阅两次住院病历，核实出院时是否达到出院标准、再入院是否为同一次治疗",
            "the records of both stays: was the patient fit to leave, and is the second the same treatment",
        ),
        decided=("dscg_maindiag_code", "med_type", "dscg_way", "mid_setl_flag", "institutions.group"),
    )

    within_days: int = parameter(
        7,
        "出院后该天数内（含）再次入院即触发",
        "an admission at most this long after a discharge sets the rule off",
        unit="days",
        origin=precedent(
            "公开代码中分解住院的核心间隔为7天", "public code: split stays at most 7 days apart as the core case"
        ),
    )
    exempt_types: tuple[str, ...] = parameter(
        ("23", "28", "52", "5212"),
        "本身会再次住院的医疗类别：转外就医、日间手术、生育、新生儿",
        "kinds that come again by their nature: transferred out, day surgery, maternity, newborn",
        unit="med_type",
        origin=BY_NATURE,
    )
    exempt_ways: tuple[str, ...] = parameter(
        ("2",),
        "首次住院的离院方式，其后本应再住院：转院",
        "ways of leaving the first stay after which another stay is expected: transfer",
        unit="dscg_way",
        origin=TRANSFER,
    )
    year_end_days: int = parameter(
        1,
        "12月31日出院、该天数内再入院，视为年终结账",
        "out on 31 December and in again within this time is the closing of the year's books",
        unit="days",
        origin=assumption("各地年终将在院患者统一结账", "areas settle the whole ward out and in again"),
    )
    longest_days: int = pieces_within(180)
    quiet: int = ends_after(
        2_592_000, "30天：接连的分解住院只有一条预警", "30 days: one split after the other is one alert"
    )

    @property
    def span(self) -> int:
        """Far enough back for the admission of a stay that ended `within_days` ago, ms."""
        return (self.longest_days + self.within_days) * DAY

    @property
    def guard(self) -> Guard:
        """Two pieces of stays."""
        return Guard(fewest=2)

    @property
    def shown(self) -> int:
        """How far back the discharge may lie, ms."""
        return self.within_days * DAY

    @property
    def ahead(self) -> int:
        """How long the pieces of the second stay are waited for, ms."""
        return self.longest_days * DAY

    def check(self, entry: Stay, window: Window[Stay], reference: Reference) -> Finding | None:
        """Look from an admission back at the stays that ended shortly before it.

        Long because it goes through the exemptions of the page one by one.
        """
        if entry.piece != "admission":
            return None
        stays = stays_in(window, self.ahead)
        second = next(one for one in stays if one.admission is entry)
        if second.is_of(self.exempt_types) or second.is_by_plan(reference):
            return None
        before = [one for one in stays if one is not second and self._is_close(one, entry, reference)]
        same = [one for one in before if one.group and one.group == second.group]
        if same:
            return self._finding(max(same, key=_ended), second)
        if any(not (one.group and second.group) for one in before):
            raise Undecidable("no diagnosis")
        return None

    def _is_close(self, first: WholeStay, entry: Stay, reference: Reference) -> bool:
        """Whether a stay ended shortly before this admission where it should not have ended."""
        ended = first.ended
        if ended is None or not 0 <= entry.time - ended <= self.within_days * DAY:
            return False
        return (
            related(first.institution, entry.institution, reference, entry.time)
            and not over_new_year(ended, entry.time, self.year_end_days * DAY)
            and not first.may_come_again(reference, self.exempt_types, self.exempt_ways)
        )

    def _finding(self, first: WholeStay, second: WholeStay) -> Finding:
        elsewhere = "" if first.institution == second.institution else first.institution
        return Finding(
            measure="days_after_discharge",
            value=round((second.admitted - _ended(first)) / DAY, 1),
            limit=self.within_days,
            unit="days",
            severity="high",
            evidence=evidence([*first.pieces, *second.pieces], self.card),
            details={"group": second.group, "elsewhere": elsewhere, "ended": clock(_ended(first))},
        )

    def scene(self, episode: Episode) -> Scene:
        """The second admission."""
        return of_row(_admission(episode.peak))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How soon, for what, and after which institution where it was a sister."""
        found, details = episode.peak, episode.peak.details
        group, ended, days = details["group"], details["ended"], f"{found.limit:g}"
        sister = next((one for one in found.evidence if one.institution == details["elsewhere"]), None)
        from_ = Text("本院", "the same institution")
        if sister is not None:
            where = names.of(sister)
            from_ = Text(f"同一集团的{where.zh}", f"{where.en} of the same group")
        times = again(episode)
        return Text(
            f"1名参保人{ended}自{from_.zh}出院，{found.value:g}天后因同类诊断（{group}）再次入院"
            f"（提示阈值：出院后{days}天内再次入院）{times.zh}",
            f"a person was discharged from {from_.en} on {ended} and admitted again {found.value:g} d later "
            f"for the same diagnosis group {group} (threshold: again within {days} d){times.en}",
        )


def _admission(found: Finding) -> Evidence:
    """The later admission of the two stays."""
    return max((one for one in found.evidence if one.role == "admission"), key=lambda one: (one.time, one.id))


def _ended(stay: WholeStay) -> int:
    return stay.ended or 0

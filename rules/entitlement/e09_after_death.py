"""Rule E09: benefits are drawn in the name of a dead person."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    DAY,
    Card,
    Entry,
    Episode,
    Fill,
    Finding,
    Names,
    Reference,
    Registered,
    Rule,
    Stay,
    Text,
    Visit,
    Window,
    assumption,
    clock,
    day_of,
    ends_after,
    evidence,
    parameter,
    when_died,
)

SETTLES_STAY = ("2303", "2304")
Service = Visit | Fill | Stay | Registered


class AfterDeath(Rule[Service]):
    """A service is given, or a bill settled, for a person more than a day after the registered date of death.

    Why: "冒用他人医保凭证就医购药" (She county, 2025-04-30): the credential of a dead person goes on being used.
    The register may be wrong too, so the first hit is `high` and says so; a second institution or day makes it
    `critical`.

    Honest county of 200,000 (`python -m pytest tests/honest/test_traffic.py`, our assumption): some 300 stays a
    year are honestly settled after the death; these bills are exempt for 30 days. If they come a week later on
    average, 4 a year come after that and are reported. That is 0.3 alerts a month in 200,000.

    Each service is held against the row of the register that is valid when it happens (valid_from, valid_to); in the
    following, D is that row's die_date and a day: 24:00 Beijing time of the day of death. These are hits, each by
    itself:
    - a fee line of 2204 or 2301 with a positive quantity and fee_ocur_time after D;
    - an admission (2401) with begntime after D;
    - an outpatient or pharmacy settlement (2102, 2207) whose time of service is after D: the latest fee_ocur_time of
      the lines that it carries, else its setl_time. It is none where lines of its visit up to then were reported
      (2204): these speak. It is none where its visit was registered (2201) at or before D;
    - the bill of a stay (2304, or any settlement of med_type 2x) where the stay was admitted after D, or where its
      setl_time is more than `settle_days` after D. It is none where a line of the stay before it is a
      hit.
    Nothing else is: not registrations, discharges, diagnoses, negative lines or reversals. A visit is told by
    institution and mdtrt_id. The value is the time of service in days since the beginning of the day of death.

    The hit is `critical` where another hit in (t - `remembered_days`, t] is at another institution or on another
    Beijing day of service; else `high`.

    Known gaps: a death that is registered late is held only against what happens after its row is valid. Lines of a
    stay that are dated after the death are reported although the stay began before. Where a question before settlement
    carries lines, the lines of its visit that came before are not seen: one about a visit before the death is answered
    as if it were of now, unless the visit was registered.

    Example:
        >>> from rules.reference import Reference
        >>> from rules.testing import at, judge, visit
        >>> reference = Reference()
        >>> reference.put("deaths", {"psn_no": "p1", "die_date": "2026-03-04"})
        >>> judge(AfterDeath(), [visit(at("00:00")), visit(at("00:00", day=30), transaction="2304")], reference)
        []
        >>> used = [visit(at("10:00")), visit(at("10:00", day=3))]
        >>> [(found.value, found.severity) for found in judge(AfterDeath(), used, reference)]
        [(1.4, 'high'), (4.4, 'critical')]

    """

    card = Card(
        id="E09",
        name=Text("死亡后就医购药", "Use after death"),
        family="entitlement",
        ledger="services",
        subject="person",
        why=Text(
            "参保人登记死亡之后仍有就医购药或结算，医保凭证可能被他人冒用",
            "Benefits are drawn after the registered death: the credential may be used by somebody else",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条、第四十一条；"
            "歙县专项整治方案（2025-04-30）“冒用他人医保凭证就医购药”"
        ),
        advice=Text(
            "是否冒用死亡人员医保凭证，并核对死亡登记是否有误",
            "the credential used by somebody else, and whether the register of deaths is right",
        ),
        tables=("deaths",),
        judges_pre=True,
        institution_facing=True,
        decided=("fee_ocur_time", "deaths.die_date"),
    )

    settle_days: int = parameter(
        30,
        "死亡前开始的住院，死亡后多少天内可以结算",
        "how long after the death a stay that began before it may be settled",
        unit="days",
        origin=assumption("20万人的县每年约300例正常结算", "a county of 200,000 has some 300 honest cases a year"),
    )
    remembered_days: int = parameter(
        180,
        "此前多少天内另有一次，则严重程度为critical",
        "how long an earlier hit makes the next hit `critical`",
        unit="days",
        origin=assumption("持续冒用", "the credential goes on being used"),
    )
    quiet: int = ends_after(2_592_000, "30天：持续使用只有一条预警", "30 days: continued use is one alert")

    @property
    def span(self) -> int:
        """How far back an earlier hit counts, ms; at least as far as a bill may follow its stay."""
        return max(self.remembered_days, self.settle_days + 1) * DAY

    def check(self, entry: Service, window: Window[Service], reference: Reference) -> Finding | None:
        """Judge the entry, and with it what was drawn after the death before."""
        died = when_died(entry, reference)
        if died is None:
            return None
        hits = self._hits(window.entries, reference)
        if not any(one is entry for one in hits):
            return None
        here = (entry.institution, day_of(_served(entry)))
        elsewhere = [one for one in hits if (one.institution, day_of(_served(one))) != here]
        return Finding(
            measure="days_after_death",
            value=round((_served(entry) - died) / DAY + 1, 1),
            limit=1,
            unit="days",
            severity="critical" if elsewhere else "high",
            evidence=evidence([*elsewhere[:1], entry], self.card),
            details={"died": clock(died - DAY, "%Y-%m-%d")},
        )

    def _hits(self, entries: Sequence[Service], reference: Reference) -> list[Service]:
        """What was drawn after the death, each entry held against the row of the register that stands against it."""
        visits = _Visits(entries, reference)
        return [one for one in entries if self._is_hit(one, visits, when_died(one, reference))]

    def _is_hit(self, one: Service, visits: _Visits, died: int | None) -> bool:
        """Whether a service was given after the death, or a stay is settled that should long have been settled."""
        if died is None:
            return False
        if isinstance(one, Fill):
            return _is_service(one) and one.time > died
        if isinstance(one, Stay):
            return _is_admission(one) and one.time > died
        if isinstance(one, Registered):
            return False
        if one.transaction in SETTLES_STAY or one.visit_type.startswith("2"):
            return self._is_hit_of_stay(one, visits, died)
        return _is_hit_of_visit(one, visits, died)

    def _is_hit_of_stay(self, bill: Visit, visits: _Visits, died: int) -> bool:
        """Whether the stay began after the death, or the exemption of its bill is over; unless its lines are hits."""
        if _visit(bill) in visits.with_hits:
            return False
        return visits.admitted.get(_visit(bill), died) > died or bill.time > died + self.settle_days * DAY

    def sentence(self, episode: Episode, names: Names) -> Text:
        """When the person died, how long after that, how often and where."""
        found, where = episode.peak, names.institutions(episode.evidence)
        died = found.details["died"]
        return Text(
            f"登记死亡日期为{died}的1名参保人，此后仍有就医购药或结算{episode.count}笔，"
            f"最晚在死亡日期之后{found.value:g}天（提示阈值：超过{found.limit:g}天），发生在{where.zh}",
            f"a person whose registered day of death is {died}: {episode.count} services or bills after it, "
            f"the last {found.value:g} days after (threshold: more than {found.limit:g} day), at {where.en}",
        )


class _Visits:
    """What is known of the visits of a person, ms UTC. lines: the latest one; registered, admitted: when it began.

    with_hits: those with a line after the death.
    """

    def __init__(self, entries: Sequence[Service], reference: Reference) -> None:
        """Sort what is known of a person by its visits.

        Long because it is four of such sortings, a line each.
        """
        lines = [one for one in entries if isinstance(one, Fill) and _is_service(one)]
        self.lines = {_visit(one): one.time for one in lines}
        self.with_hits = {_visit(one) for one in lines if one.time > (when_died(one, reference) or one.time)}
        self.registered = {_visit(one): one.time for one in entries if isinstance(one, Registered)}
        self.admitted = {_visit(one): one.time for one in entries if _is_admission(one)}


def _is_hit_of_visit(bill: Visit, visits: _Visits, died: int) -> bool:
    """Whether an outpatient was served after the death, by what the bill says; its lines say more, where they came."""
    if visits.registered.get(_visit(bill), died + 1) <= died:
        return False
    last_line = visits.lines.get(_visit(bill))
    # A question is answered although the lines of its visit are hits already.
    has_spoken = last_line is not None and not (bill.pre and last_line > died)
    return bill.served > died and not has_spoken


def _visit(entry: Entry) -> tuple[str, str]:
    """The institution and the visit number, which other institutions may use too."""
    return (entry.institution, entry.visit)


def _is_admission(one: Service) -> bool:
    return isinstance(one, Stay) and one.piece == "admission"


def _is_service(line: Fill) -> bool:
    """A line that a hospital charges; not one that gives back, nor one of a settlement or question: those speak."""
    return line.quantity > 0 and not line.settlement and not line.pre


def _served(entry: Service) -> int:
    """When the service was given, ms."""
    return entry.served if isinstance(entry, Visit) else entry.time

"""Rule E09: benefits are drawn in the name of somebody who has died."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    DAY,
    Card,
    Episode,
    Fill,
    Finding,
    Names,
    Reference,
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
Service = Visit | Fill | Stay


class AfterDeath(Rule[Service]):
    """A service is given, or a bill settled, for a person more than a day after the registered date of death.

    Why: "冒用他人医保凭证就医购药" (She county, 2025-04-30): the credential of the dead goes on being used. The
    register may be wrong too, so the first hit is `high` and says so; a second institution or day makes it `critical`.
    In a county of 200,000 persons some 300 stays a year are honestly settled after the death (domain/defaults.md):
    exempt for 30 days. If they come a week later on average, 4 a year come after that and are reported
    (tests/honest/test_traffic.py).

    What counts is the time of service: of the fee line, of the admission, or of a settlement the last of its own
    lines, else its own time. The bill of a visit whose lines were reported is judged by them and no second hit; one of
    a visit before the death is none. The bill of a stay counts if the stay began after the death, or when the
    exemption is over. Discharges, negative lines and reversals never count.

    A row of the register that was closed (valid_to) stands against nothing later: it was a mistake.

    Known gaps: a death that is registered late is held only against what comes after the register has it. Lines of a
    stay that are dated after the death are reported although the stay began before. A question before settlement does
    not see the lines of its own visit: one about a visit before the death is answered as if it were of now.

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
        hits = self._hits(window.entries, died)
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

    def _hits(self, entries: Sequence[Service], died: int) -> list[Service]:
        """What was drawn after the death, each thing once: a bill is no news where its lines have spoken."""
        lines = [one for one in entries if isinstance(one, Fill) and _is_service(one)]
        admissions = [one for one in entries if isinstance(one, Stay) and one.piece == "admission" and one.time > died]
        late = [one for one in lines if one.time > died]
        spoken = {one.visit for one in late}
        earlier = {one.visit for one in lines} - spoken
        admitted = {one.visit for one in admissions}
        bills = [
            one
            for one in entries
            if isinstance(one, Visit) and one.visit not in spoken and self._is_hit(one, died, earlier, admitted)
        ]
        return sorted([*late, *admissions, *bills], key=lambda one: (one.time, one.id))

    def _is_hit(self, bill: Visit, died: int, earlier: set[str], admitted: set[str]) -> bool:
        """Whether a settlement is for a service after the death, or for a stay that should long have been settled.

        earlier: outpatient visits before the death, by their lines; admitted: stays that began after it.
        """
        if bill.transaction in SETTLES_STAY or bill.visit_type.startswith("2"):
            return bill.visit in admitted or bill.time > died + self.settle_days * DAY
        return bill.visit not in earlier and bill.served > died

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


def _is_service(line: Fill) -> bool:
    """A line that a hospital charges; not one that gives back, nor one of a settlement or question: those speak."""
    return line.quantity > 0 and not line.settlement and not line.pre


def _served(entry: Service) -> int:
    """When the service was given, ms."""
    return entry.served if isinstance(entry, Visit) else entry.time

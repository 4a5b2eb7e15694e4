"""Rule A03: the same persons stand together in leads of several institutions."""

from __future__ import annotations

from collections.abc import Iterable

from rules import (
    DAY,
    Beside,
    Card,
    Episode,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Text,
    Window,
    assumption,
    ends_after,
    evidence,
    parameter,
    reached,
)


class RingOfPersons(Rule[Beside]):
    """The same persons stand together in the evidence of leads of several institutions.

    Why: "彻底摧毁犯罪网络，斩断非法利益链条" (Anyue county, 2024-11-11). Neighbours meet at one pharmacy; that the
    same people are in a lead together at a third one needs somebody who takes their cards there. No number is
    published; the figures are our assumption.

    Looked at are the leads whose evidence names a person, by the time of their first trigger, in (t - `days`, t];
    left out are those that were withdrawn, or found to be false, an error of the data or explained. A lead counts at
    the institution of its first trigger. A companion of the person is who stands in leads with this person at
    `institutions_limit` institutions or more. It is a finding, `high`, where the person and the companions are
    `limit` persons or more and the lead that is judged names a companion. It is told once for all of them: of the
    person whose pseudonym is the first in order.

    Honest county of 200,000 (`python -m pytest tests/honest/test_leads.py`, our assumption: 100 leads a month name
    ten persons each, a tenth of whom come as one of 200 households of four, nine times of ten to one of its two
    usual shops): 0.022 alerts a day. That is 0.7 alerts a month in 200,000.

    Known gaps: of a lead at most fifty rows are evidence, so of a larger burst some persons are not seen. Companions
    are those of the first person, and may not all know each other. A ring that keeps to one institution is in S02,
    not here.

    Example:
        >>> from rules.testing import at, beside, judge
        >>> rule = RingOfPersons()
        >>> def three(places, others=("p2", "p3")):
        ...     return [beside(at("10:00", day=n), others=others, institution=one) for n, one in enumerate(places)]
        >>> judge(rule, three(["P1", "P2", "P1"]))
        []
        >>> judge(rule, three(["P1", "P2", "P3"], ("p2",)))
        []
        >>> judge(rule, three(["P1", "P2", "P3"], ("p0", "p2")))
        []
        >>> [(one.value, one.severity) for one in judge(rule, three(["P1", "P2", "P3"]))]
        [(3, 'high')]

    """

    card = Card(
        id="A03",
        name=Text("多机构结伙", "The same persons at several institutions"),
        family="actors",
        ledger="company",
        subject="person",
        why=Text(
            "同一批参保人在多家机构的线索中反复一同出现，可能有人收集医保凭证、组织骗保",
            "The same persons stand together in leads of several institutions: somebody collects credentials",
        ),
        basis="《医疗保障基金使用监督管理条例》第四十条、第四十一条；安岳县八条措施（2024-11-11）“彻底摧毁犯罪网络，斩断非法利益链条”",
        advice=Text(
            "将所列线索并案，核对这些参保人是否同住、同单位或同一监护人，医保凭证由谁保管，多家机构之间有无共同的人员；涉嫌犯罪的移送公安机关",
            "all leads as one case: whether the persons live or work together or have one guardian, who keeps their "
            "credentials, and who the institutions have in common; then whether the police are to be told",
        ),
        stage="post",
        decided=("alert_id", "rule_id", "disposition"),
    )

    days: int = parameter(
        180,
        "向前统计线索的天数",
        "length of the time in which leads are counted",
        unit="days",
        origin=assumption("半年", "half a year"),
    )
    institutions_limit: int = parameter(
        3,
        "两人一同出现的机构达到该数即视为同伙",
        "number of institutions at which two persons stand together that makes them companions",
        unit="institutions",
        origin=assumption("邻里同去一两家机构属常情", "neighbours go to one or two together"),
    )
    limit: int = parameter(
        3,
        "本人与同伙达到该人数即触发",
        "number of persons, with the first one, that sets the rule off",
        unit="persons",
        origin=assumption("夫妻二人常一同就医", "a couple goes together"),
    )
    quiet: int = ends_after(30 * 86_400, "线索往往相隔数周，取最长", "leads are weeks apart: the longest there is")

    @property
    def span(self) -> int:
        """The window in ms."""
        return self.days * DAY

    @property
    def guard(self) -> Guard:
        """Leads of as many institutions."""
        return Guard(fewest=self.institutions_limit, distinct=("institution", self.institutions_limit))

    def check(self, entry: Beside, window: Window[Beside], reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Find who stands beside this person at several institutions."""
        leads = [one for one in window.entries if one.speaks]
        group = self._companions(leads)
        is_told_here = all(entry.person < one for one in group)
        if not entry.speaks or not is_told_here or group.isdisjoint(entry.others) or len(group) + 1 < self.limit:
            return None
        together = [one for one in leads if not group.isdisjoint(one.others)]
        return Finding(
            measure="persons_together",
            value=len(group) + 1,
            limit=self.limit,
            unit="persons",
            severity="high",
            evidence=evidence(together, self.card),
            details={"institutions": str(len({one.institution for one in together}))},
        )

    def _companions(self, leads: Iterable[Beside]) -> set[str]:
        """Who stands in leads with this person at so many institutions."""
        places: dict[str, set[str]] = {}
        for one in leads:
            for other in one.others:
                places.setdefault(other, set()).add(one.institution)
        return {other for other, some in places.items() if len(some) >= self.institutions_limit}

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How many persons, at how many institutions, in how long."""
        found = episode.peak
        limit, places = reached(found.limit, Text("人", "persons")), names.institutions(found.evidence)
        number = found.details["institutions"]
        return Text(
            f"{self.days}天内有{found.value:g}名参保人在{number}家机构的线索中一同出现（{limit.zh}），见于{places.zh}",
            f"{found.value:g} persons stand together in leads of {number} institutions within {self.days} days "
            f"({limit.en}), at {places.en}",
        )

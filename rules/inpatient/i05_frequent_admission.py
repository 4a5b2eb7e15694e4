"""Rule I05: a person who is admitted again and again."""

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
    Window,
    counted,
    ends_after,
    parameter,
    pieces_within,
)

from ._frequency import HONEST_COUNTY, YEAR, first_of_year, last_admission, not_counted_types, not_counted_ways, words


class FrequentAdmission(Rule[Stay]):
    """A person is admitted to hospitals, whichever they are, more often than illness explains.

    Why: "住院频繁病例" (Anyue county, eight measures, 2024-11-11) is one of its three named triggers; the national
    class "频繁住院" leaves the number to the counties. The figures are our assumption.

    Honest county of 200,000 (`python -m pytest tests/honest/test_stays.py`, our assumption: 0.18 stays a head and
    year, a fifth of them exempt, illness so unequal that 23 % of those who are admitted in a year are admitted
    again in it): 0.14 alerts a day. That is 4 alerts a month in 200,000.

    What a stay, an exempt diagnosis and an exempt kind are stands in docs/rules/whole-stays.md. A stay counts at its
    admission. Not counted are stays of an exempt kind, with an exempt diagnosis at admission or discharge, that were
    left in an exempt way, or that ended in an interim settlement.

    A limit is reached by an admission at t if so many counted admissions lie in (t - days, t]. It is a finding,
    `warning`, if a limit is reached and no counted admission earlier in the same calendar year (Beijing) reached one:
    it is told once in a year, for as many years as it goes on. Where both limits are reached the shorter count is told.

    Known gaps: a limit that is reached late in December is told again early in January. A chronic illness with bad
    years is honest and looks the same. Stays in regions whose traffic does not come here are not seen. A person with
    more than 300 admissions, discharges and settlements in sight is taken for an error of the data and not judged.

    Example:
        >>> from rules.testing import at, judge, stay
        >>> def admitted(times, every):
        ...     return [stay(at("09:00", day=every * n), "admission", f"v{n}") for n in range(times)]
        >>> rule = FrequentAdmission()
        >>> judge(rule, admitted(4, every=30))
        []
        >>> [found.value for found in judge(rule, admitted(4, every=29))]
        [4]

    """

    card = Card(
        id="I05",
        name=Text("频繁住院", "Frequent admission"),
        family="inpatient",
        ledger="stays",
        subject="person",
        why=Text(
            "同一参保人住院次数明显多于病情需要，可能诱导住院或挂床",
            "A person is admitted more often than illness explains: talked into it, or never there",
        ),
        basis="《医疗保障基金使用监督管理条例》第三十八条；安岳县八条措施（2024-11-11）“住院频繁病例”",
        advice=Text(
            "各次住院指征是否充分，是否挂床或被诱导住院",
            "whether each stay was needed, and whether the patient was there or was talked into it",
        ),
        decided=("dscg_maindiag_code", "med_type", "dscg_way", "mid_setl_flag"),
    )

    short_days: int = parameter(
        90, "较短统计期的天数", "length of the shorter count", unit="days", origin=HONEST_COUNTY
    )
    short_limit: int = parameter(
        4,
        "较短统计期内住院达到该次数即触发",
        "number of stays in the shorter count that sets the rule off",
        unit="stays",
        origin=HONEST_COUNTY,
    )
    long_days: int = parameter(365, "较长统计期的天数", "length of the longer count", unit="days", origin=HONEST_COUNTY)
    long_limit: int = parameter(
        6,
        "较长统计期内住院达到该次数即触发",
        "number of stays in the longer count that sets the rule off",
        unit="stays",
        origin=HONEST_COUNTY,
    )
    exempt_types: tuple[str, ...] = not_counted_types()
    exempt_ways: tuple[str, ...] = not_counted_ways()
    longest_days: int = pieces_within(180)
    quiet: int = ends_after(604_800, "每年只在首次达到时预警", "told once in a year, when a limit is first reached")

    @property
    def span(self) -> int:
        """The longer count, as it was at any admission of the same year, ms."""
        return (YEAR + max(self.short_days, self.long_days)) * DAY

    @property
    def guard(self) -> Guard:
        """As many pieces of stays as the lower limit."""
        return Guard(fewest=min(self.short_limit, self.long_limit))

    @property
    def shown(self) -> int:
        """The longer count, ms."""
        return max(self.short_days, self.long_days) * DAY

    @property
    def ahead(self) -> int:
        """How long the pieces of a stay are waited for, ms: they may make it exempt."""
        return self.longest_days * DAY

    def check(self, entry: Stay, window: Window[Stay], reference: Reference) -> Finding | None:
        """Count the stays up to an admission."""
        if entry.piece != "admission":
            return None
        stays = counted(window, self.ahead, reference, self.exempt_types, self.exempt_ways)
        limits = ((self.short_days, self.short_limit), (self.long_days, self.long_limit))
        return first_of_year(self.card, entry, stays, limits)

    def scene(self, episode: Episode) -> Scene:
        """The admission that reached the limit."""
        return last_admission(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often, in how long, at which institutions."""
        where = names.institutions(episode.peak.evidence)
        return words(episode.peak, Text(f"住院机构：{where.zh}", f"at {where.en}"))

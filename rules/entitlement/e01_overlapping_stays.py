"""Rule E01: in two hospitals at once."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from ..engine.entry import Entry
from ..engine.episode import Episode
from ..engine.finding import Finding, Undecidable, evidence
from ..engine.rule import Rule
from ..engine.text import Text
from ..engine.window import Window
from ..ledgers import Stay
from ..ledgers.whole_stays import WholeStay, stays_in
from ..reference import Reference
from ..times import DAY, HOUR


@dataclass(frozen=True)
class OverlappingStays(Rule):
    """A person is in the care of a second hospital for more than a day while the first has not let go.

    Why: "重复享受医保待遇" (She county, 2025-04-30): somebody else lies in one of the two beds, or nobody. No number is
    published; a day leaves room for admissions and discharges that are entered late in the day.

    Honest county of 200,000 (tests/honest/test_stays.py, our assumption: 36,000 stays a year, 1.5 % of them
    followed by one elsewhere within three days, 30 % of these not marked as transfers, 3 % of discharges uploaded more
    than a day late): 0.01 alerts a day, each a warning that is withdrawn when the discharge comes.

    Parameters:
        overlap_hours: the stays overlap by more than so many hours.
        exempt_types: med_type that may lie beside another stay: newborn (5212, on the mother's number), day surgery
            (28). Beds at home have no national med_type: add the local one.
        exempt_ways: dscg_way of either stay: transfer.
        longest_days: so long after its admission the pieces of a stay are read, days.
        quiet: see Rule.

    A discharge that is not there may still come (72 h): from the hour in which the overlap would be too long it is a
    `warning`, and `high` when both stays are settled. A discharge that comes late and lies earlier withdraws it. Where
    there is none, the discharge time of the final settlement (dscg_time) counts.

    Known gaps: a stay whose admission was not seen, or is older than `longest_days`; a hospital of several sites with a
    code for each; a first stay that was forgotten (neither 2402 nor a final settlement) keeps its warning.

    Example:
        >>> from rules.testing import HOSPITAL, at, judge, stay
        >>> def discharged(hour):
        ...     other = {"institution": "H34102100002"}
        ...     return [stay(at("09:00"), "admission", "v1"), stay(at("09:00", day=2), "admission", "v2", **other),
        ...             stay(at(hour, day=3), "discharge", "v1"), stay(at("09:00", day=5), "discharge", "v2", **other)]
        >>> rule = OverlappingStays()
        >>> judge(rule, discharged("09:00"))
        []
        >>> [(found.value, found.severity) for found in judge(rule, discharged("10:00"))]
        [(25.0, 'warning')]

    """

    id: ClassVar[str] = "E01"
    name_zh: ClassVar[str] = "重叠住院"
    name_en: ClassVar[str] = "Overlapping stays"
    family: ClassVar[str] = "entitlement"
    ledger: ClassVar[str] = "stays"
    subject: ClassVar[str] = "person"
    basis: ClassVar[str] = "《医疗保障基金使用监督管理条例》第四十一条；歙县方案（2025-04-30）“重复享受医保待遇”"
    to_check: ClassVar[Text] = Text(
        "核对两院床位、护理与检查记录，患者重叠期间实际在哪家医院，是否漏传出院登记",
        "bed, nursing and test records of both: where was the patient, or was a discharge not uploaded",
    )

    overlap_hours: int = 24
    exempt_types: tuple[str, ...] = ("5212", "28")
    exempt_ways: tuple[str, ...] = ("2",)
    longest_days: int = 180
    quiet: int = 604_800

    @property
    def span(self) -> int:
        """How far back a stay that still lasts may have begun, ms."""
        return self.longest_days * DAY

    @property
    def fewest(self) -> int:
        """Two stays."""
        return 2

    @property
    def shown(self) -> int:
        """The overlap that is too long, ms."""
        return self.overlap_hours * HOUR

    @property
    def ahead(self) -> int:
        """How long the ends and settlements of both stays are waited for, ms."""
        return self.longest_days * DAY

    def check(self, entry: Entry, window: Window, reference: Reference) -> Finding | None:  # noqa: ARG002 - as every rule
        """Look from an admission at the stays elsewhere that began before it."""
        if not isinstance(entry, Stay) or entry.piece != "admission" or window.count == 1:
            return None
        stays = stays_in(window, self.ahead)
        second = next(one for one in stays if one.admission is entry)
        earlier = [one for one in stays[: stays.index(second)] if one.admission and self._is_elsewhere(one, second)]
        lasting = [one for one in earlier if self._lasts(one, second)]
        overlaps = [self._finding(one, second) for one in lasting if not _hides_an_end(one, second)]
        if overlaps:
            return max(overlaps, key=lambda found: (found.severity == "high", found.due == 0, found.value))
        if lasting:
            raise Undecidable("settled without an end")
        return None

    def _is_elsewhere(self, first: WholeStay, second: WholeStay) -> bool:
        if first.institution == second.institution:
            return False
        return not any(one.is_of(self.exempt_types) or one.way in self.exempt_ways for one in (first, second))

    def _deadline(self, second: WholeStay) -> int:
        """The last moment at which one of the stays may end without overlapping for too long."""
        return second.admitted + self.overlap_hours * HOUR

    def _lasts(self, first: WholeStay, second: WholeStay) -> bool:
        """Whether nothing says that one of the stays ended in time."""
        return all(one.ended is None or one.ended > self._deadline(second) for one in (first, second))

    def _finding(self, first: WholeStay, second: WholeStay) -> Finding:
        """The overlap of two stays; where an end is not known, as if that stay went on."""
        ends = [one.ended for one in (first, second) if one.ended is not None]
        certain = len(ends) == len((first, second))
        until = min(ends, default=self._deadline(second))
        return Finding(
            measure="overlap_hours",
            value=ceil((until - second.admitted) * 10 / HOUR) / 10,
            limit=self.overlap_hours,
            unit="h",
            severity="high" if certain and first.settled and second.settled else "warning",
            evidence=evidence([*first.pieces, *second.pieces]),
            due=0 if certain else self._deadline(second),
            details={
                "first": first.institution,
                "first_name": first.pieces[0].name,
                "open": "" if certain else "open",
            },
        )

    def sentence(self, episode: Episode) -> Text:
        """Where the person was already, and for how long in both."""
        found = episode.peak
        code, name = found.details["first"], found.details["first_name"]
        open_zh, open_en = ("，尚有出院未上报", ", a discharge is still missing") if found.details["open"] else ("", "")
        over_zh, over_en = ("已超过", "more than ") if found.value == found.limit else ("", "")
        return Text(
            f"1名参保人在{name}（{code}）住院未结束时在本院入院，"
            f"两次住院重叠{over_zh}{found.value:g}小时（上限{found.limit:g}小时{open_zh}）",
            f"an insured person was admitted while a stay at {name or 'an institution'} ({code}) went on;"
            f" the stays overlap by {over_en}{found.value:g} h (limit {found.limit:g} h{open_en})",
        )


def _hides_an_end(*stays: WholeStay) -> bool:
    """Whether one of them is settled for good, and nothing says when it ended."""
    return any(one.settled and one.ended is None for one in stays)

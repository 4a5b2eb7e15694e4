"""What the rules on patients who settle elsewhere during a stay share."""

from __future__ import annotations

from collections.abc import Sequence

from rules import (
    BY_NATURE,
    DAY,
    HOUR,
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
    Visit,
    WholeStay,
    Window,
    assumption,
    clock,
    day_of,
    ends_after,
    evidence,
    listed,
    of_row,
    parameter,
    period,
    pieces_within,
    reached,
    related,
    stays_among,
)

MOST_STOPS = 5
"""So many are named in the sentence; the rows of evidence have all."""


class SettledElsewhere(Rule[Stay | Visit]):
    """Days of a stay on which the patient settles at another institution, in person and with the fund."""

    exempt_types: tuple[str, ...] = parameter(
        ("5212", "28"),
        "不计的住院类别：新生儿（5212，用母亲的号）、日间手术（28）；家庭病床无国家代码，请补充本地代码",
        "kinds of stays that do not count: newborn (5212, on the mother's number), day surgery (28); beds at home have "
        "no national code, add the local one",
        unit="med_type",
        origin=BY_NATURE,
    )
    wait_hours: int = parameter(
        72,
        "尚未上报出院的，等待该时间后才提示",
        "so long a discharge is waited for before an alert is opened",
        unit="h",
        origin=assumption("出院登记多在三日内补齐", "discharges are entered within three days"),
    )
    longest_days: int = pieces_within(30)
    quiet: int = ends_after(604_800, "一周内的并入同一预警", "those of a week stay one alert")

    @property
    def span(self) -> int:
        """How far back the stay may have begun, ms."""
        return self.longest_days * DAY

    @property
    def ahead(self) -> int:
        """How long the end of the stay is waited for, ms."""
        return self.longest_days * DAY

    @property
    def guard(self) -> Guard:
        """The admission and as many settlements, at two institutions."""
        return Guard(fewest=max(self.least + 1, 2), distinct=("institution", 2))

    @property
    def least(self) -> int:
        """The number of days that sets the rule off."""
        raise NotImplementedError

    def counts(self, visit: Visit) -> bool:
        """Whether a settlement counts, beside what the ledger keeps."""
        raise NotImplementedError

    def check(self, entry: Stay | Visit, window: Window[Stay | Visit], reference: Reference) -> Finding | None:
        """Look from a settlement back at the stay in which the person lies."""
        if not isinstance(entry, Visit) or not self.counts(entry):
            return None
        stay = self._stay_around(entry, window, reference)
        if stay is None:
            return None
        during = [one for one in window.entries if isinstance(one, Visit) and self._is_during(stay, one, reference)]
        if len({day_of(one.time) for one in during}) < self.least:
            return None
        if stay.settled and stay.ended is None:
            raise Undecidable("settled without an end")
        return self._finding(stay, during)

    def _stay_around(self, visit: Visit, window: Window[Stay | Visit], reference: Reference) -> WholeStay | None:
        """The stay in which the person lies; of several the one that began last."""
        seen = (*window.entries, *window.after(self.ahead))
        stays = stays_among([one for one in seen if isinstance(one, Stay)], self.ahead)
        return next((one for one in reversed(stays) if self._is_around(one, visit, reference)), None)

    def _is_during(self, stay: WholeStay, visit: Visit, reference: Reference) -> bool:
        return self.counts(visit) and self._is_around(stay, visit, reference)

    def _is_around(self, stay: WholeStay, visit: Visit, reference: Reference) -> bool:
        """Whether a settlement is elsewhere, and on none of the days of admission and discharge but between them."""
        if stay.admission is None or stay.is_of(self.exempt_types):
            return False
        day = day_of(visit.time)
        if day <= day_of(stay.admitted) or (stay.ended is not None and day >= day_of(stay.ended)):
            return False
        return not related(stay.institution, visit.institution, reference, visit.time)

    def _finding(self, stay: WholeStay, during: Sequence[Visit]) -> Finding:
        left = stay.ended is not None
        return Finding(
            measure="days_elsewhere",
            value=len({day_of(one.time) for one in during}),
            limit=self.least,
            unit="days",
            severity="high" if left else "warning",
            evidence=evidence([*stay.pieces, *during], self.card),
            due=0 if left else during[-1].time + self.wait_hours * HOUR,
            details={"open": "" if left else "1"},
        )

    def scene(self, episode: Episode) -> Scene:
        """Where the person was last, from the first time on."""
        stops = _stops(episode.peak)
        return of_row(stops[-1])._replace(when=period(stops[0].time, stops[-1].time))

    def sentence(self, episode: Episode, names: Names) -> Text:
        """In which hospital the person was, since when, and where on how many days."""
        found = episode.peak
        admission = next(one for one in found.evidence if one.role == "admission")
        where, since = names.of(admission), clock(admission.time)
        stops = listed([_stop_text(one, names) for one in _stops(found)], MOST_STOPS)
        limit = reached(found.limit, Text("天", "d"))
        still = Text("，尚未上报出院", ", without a discharge so far") if found.details["open"] else Text("", "")
        return Text(
            f"1名参保人{since}起在{where.zh}住院{still.zh}，住院期间有{found.value:g}天在别处结算：{stops.zh}"
            f"（{limit.zh}）",
            f"a person in {where.en} since {since}{still.en} settled elsewhere on {found.value:g} d of the stay: "
            f"{stops.en} ({limit.en})",
        )


def _stops(found: Finding) -> list[Evidence]:
    return [one for one in found.evidence if one.role == "settlement"]


def _stop_text(row: Evidence, names: Names) -> Text:
    at, where = clock(row.time), names.of(row)
    return Text(f"{at}在{where.zh}", f"{at} at {where.en}")

"""Rule D04: one trace code, which stands for one pack, in several sales."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from rules import (
    DAY,
    SECOND,
    Card,
    Episode,
    Evidence,
    Finding,
    Guard,
    Names,
    Reference,
    Rule,
    Sale,
    Scene,
    Text,
    Window,
    assumption,
    clock,
    day_of,
    ends_after,
    evidence,
    exceeded,
    is_own_code,
    listed,
    of_burst,
    parameter,
    reached,
)

_UNIT = 10_000
_NO_PACK = 400
"""A code with more entries in the window stands for no pack, however they lie: only its crowded days are looked at."""
_PROOF = 10
"""So many sales prove a finding: the first and the last ones; those between are in the findings before it."""
MOST_SALES = 5
"""So many are named in the sentence; the rows of evidence have more."""
_STAYS = 30 * DAY
"""So long after a day of too many sales a code stays a placeholder."""

_Together = list[Sale]
"""The entries of one sale: as it was settled, and as it was reported from stock; by (time, id)."""


class TraceCodeReuse(Rule[Sale]):
    """A pack that was sold and not taken back is sold again.

    Why: "回流药" (Anyue county, 2024-11-11; She county, 2025-04-30): bought on a card, collected, sold again. One
    province counts a code that is scanned twice as a clue: 11,869 of them in 11 regions in three months of 2024.

    A sale is what stands under one institution and setl_id, whether it came with the settlement (drug_trac_info of
    2102, 2207, 2304) or from stock (3505, 3505A): one box reported on both ways counts once. A stock report that names
    no settlement belongs to a sale at the same institution at most `join` away that has no such report yet; so does a
    settlement that comes after the report. Sales with trdn_flag 1 are parts of an opened pack and do not count.

    From the second sale on each one is a finding, judged with the sales up to it:
    - at two institutions: `high`, and `critical` from the moment at which the first sale at the second institution is
      more than a day old;
    - at one institution: `warning`, if together more than one pack was sold. The quantity of a sale is that of its
      line, divided by the codes of the line. A quantity up to 1 is a part of a pack; a larger one is divided by the
      pack_units of the table `drugs`, where they are known; no quantity is a pack.
    A code of the manufacturer's own (not 20 digits, not GS1) is a `warning` in either case.

    A code with `placeholder` or more sales on one Beijing day is no code: one `info` finding on that day, and no other
    finding on it and for 30 days. Codes that cannot be right by their form are left to D04-DATA.

    Honest county of 200,000 (`python -m pytest tests/honest/test_drugs.py`): boxes that are taken back and sold
    again, messages and stock reports that come twice, opened packs: 0 alerts. What is left is a box that was
    scanned wrongly or opened without the flag: by our assumption, one in 50,000 of 10,000 boxes a day, 0.2 alerts a
    day. That is 6 alerts a month in 200,000.

    Known gaps: an opened pack whose parts together exceed it; a box resold with a code that was never scanned before; a
    box that comes back more than 90 days after its sale and is rightly sold again; a pharmacy that takes boxes back and
    does not report it (2103, 3506). A code with more than 400 entries is only looked at for crowded days.
    Memory: a box costs a worker 0.7 KB (`python -m tests.bench.memory`) for twice `keep_days` and some months; 10,000
    boxes a day fill 2.6 GB a year. Lower `keep_days` where that is too much: 90 still sees what is brought back and
    sold within the season.

    Example:
        >>> from rules.testing import at, judge, sale
        >>> rule = TraceCodeReuse()
        >>> judge(rule, [sale(at("10:00"), settlement="s1"), sale(at("10:01"), settlement="s1", stock=True)])
        []
        >>> judge(rule, [sale(at("10:00"), split=True), sale(at("10:00", day=9), institution="P2")])
        []
        >>> found = judge(rule, [sale(at("10:00")), sale(at("10:00", day=9), institution="P2")])
        >>> [(one.value, one.severity, one.rises_to) for one in found]
        [(2, 'high', 'critical')]

    """

    card = Card(
        id="D04",
        name=Text("追溯码重复销售", "Trace code reuse"),
        family="drug",
        ledger="sales",
        subject="trace_code",
        why=Text(
            "一个追溯码对应一盒药；售出未退又再次售出，可能是回流药或串换",
            "A trace code stands for one pack; sold again without having been taken back, it may be a returned drug",
        ),
        basis=(
            "《医疗保障基金使用监督管理条例》第四十条；"
            "安岳县八条措施（2024-11-11）“回流药品”，歙县方案（2025-04-30）“回流药”"
        ),
        advice=Text(
            "药盒来源与进货票据、前次销售是否退药未报、是否拆零漏标或扫错码",
            "where the pack came from, whether it had been handed back unreported, opened without the flag, or misread",
        ),
        judges_pre=True,
        decided=("drug_trac_codg", "trdn_flag", "drugs.pack_units"),
    )

    keep_days: int = parameter(
        1096,
        "保留销售记录的天数",
        "how far back sales are remembered",
        unit="days",
        origin=assumption("药品常见有效期36个月", "the 36 months of a usual shelf life"),
    )
    join: int = parameter(
        86_400,
        "没有结算号的进销存上报与结算相隔不超过该时间，视为同一次销售",
        "a stock report without setl_id belongs to a settlement of the same institution at most this far away",
        unit="s",
        origin=assumption("销售数据一般当日上报", "sales are mostly reported on their day"),
    )
    placeholder: int = parameter(
        20,
        "同一追溯码一日内销售达到该次数，按数据错误处理",
        "number of sales of one code on one day that counts as an error of the data",
        unit="sales",
        origin=assumption("真实药盒一日不可能反复销售", "no real pack is sold so often on one day"),
    )
    quiet: int = ends_after(2_592_000, "30天：同一盒药的后续销售并入同一预警", "30 days: further sales stay one alert")

    @property
    def span(self) -> int:
        """How far back sales are remembered, ms."""
        return self.keep_days * DAY

    @property
    def guard(self) -> Guard:
        """Two sales."""
        return Guard(fewest=2)

    @property
    def ahead(self) -> int:
        """How far ahead the report from stock, and the rest of a crowded day, are looked for, ms."""
        return DAY

    def check(self, entry: Sale, window: Window[Sale], reference: Reference) -> Finding | None:
        """Judge the sale that begins with this entry, with those before it."""
        if window.count < 2 or entry.split:
            return None
        if self._is_crowded(entry, window):
            return self._placeholder(self._whole(self._of_day(entry, window)), entry)
        # What comes after the entry may still belong to its sale: the report from stock.
        around = [*window.entries, *window.after(DAY)] if window.count <= _NO_PACK else []
        seen = self._whole(around)
        number = next((n for n, sale in enumerate(seen) if sale[0].id == entry.id), None)
        if number is None or self._was_placeholder(seen[: number + 1]):
            return None
        return self._reused(seen[: number + 1], reference)

    def _is_crowded(self, entry: Sale, window: Window[Sale]) -> bool:
        """Whether too many sales lie on the entry's day."""
        of_day = self._of_day(entry, window)
        if len(of_day) < 4 * self.placeholder:
            return self._are_too_many(of_day)
        # The day goes on, but not its beginning: one look is enough for the thousands that may follow.
        return window.cached(day_of(entry.time), lambda: self._are_too_many(of_day))

    def _are_too_many(self, entries: Sequence[Sale]) -> bool:
        return len(self._whole(entries)) >= self.placeholder

    def _of_day(self, entry: Sale, window: Window[Sale]) -> Sequence[Sale]:
        """The first entries of the entry's day, also those after it: as many as show whether it is crowded."""
        return window.of_day(day_of(entry.time))[: 4 * self.placeholder]

    def _whole(self, entries: Sequence[Sale]) -> list[_Together]:
        """The sales of unopened packs among these entries, in order."""
        sales = self._sales(entries)
        return [sale for sale in sales if not any(one.split for one in sale)]

    def _sales(self, entries: Iterable[Sale]) -> list[_Together]:
        """The entries by sale, in the order of their first ones."""
        sales: list[_Together] = []
        by_settlement: dict[tuple[str, str], _Together] = {}
        at_place: dict[str, list[_Together]] = {}
        unsettled: dict[str, list[_Together]] = {}
        for entry in entries:
            known, place = by_settlement.get((entry.institution, entry.settlement)), entry.institution
            together = known or self._near(entry, (unsettled if entry.settlement else at_place).get(place, []))
            if together is None:
                together = []
                sales.append(together)
                at_place.setdefault(place, []).append(together)
                if not entry.settlement:
                    unsettled.setdefault(place, []).append(together)
            elif entry.settlement and known is None:
                unsettled[place].remove(together)
            together.append(entry)
            if entry.settlement:
                by_settlement[entry.institution, entry.settlement] = together
        return sales

    def _near(self, entry: Sale, sales: list[_Together]) -> _Together | None:
        """Of these sales at its place, the one of which the entry speaks; one of the two names no settlement."""
        for sale in reversed(sales):
            if entry.time - sale[0].time > self.join * SECOND:
                return None
            if entry.pre and any(one.person == entry.person for one in sale):
                return sale
            if all(one.stock != entry.stock or (one.stock and one.time == entry.time) for one in sale):
                return sale
        return None

    def _placeholder(self, crowd: list[_Together], entry: Sale) -> Finding | None:
        """One finding a day: at the sale that makes them too many."""
        seen = crowd[: self.placeholder]
        if len(seen) < self.placeholder or seen[-1][0].id != entry.id:
            return None
        return Finding(
            measure="sales_of_one_code_in_a_day",
            value=self.placeholder,
            limit=self.placeholder,
            unit="sales",
            severity="info",
            evidence=evidence([_spokesman(sale) for sale in seen], self.card),
            details={"code": seen[0][0].code, "error": "1"},
        )

    def _was_placeholder(self, seen: list[_Together]) -> bool:
        """Whether too many sales of the code lie on one of the last days."""
        since = day_of(seen[-1][0].time - _STAYS)
        days = Counter(day_of(sale[0].time) for sale in seen if sale[0].time >= since)
        return max(days.values()) >= self.placeholder

    def _reused(self, seen: list[_Together], reference: Reference) -> Finding | None:
        """What the sales of one code show, in their order.

        Long because a second institution and an own code decide severity, rise and near miss alike.
        """
        first = seen[0]
        second = next((sale[0].time for sale in seen if sale[0].institution != first[0].institution), 0)
        own = is_own_code(first[0].code)
        if len(seen) < 2 or (not second and sum(_packs(sale, reference) for sale in seen) <= _UNIT):
            return None
        return Finding(
            measure="sales_of_one_code",
            value=len(seen),
            limit=1,
            unit="sales",
            severity="high" if second and not own else "warning",
            evidence=evidence([_spokesman(sale) for sale in (first, *seen[1:][1 - _PROOF :])], self.card),
            # More than a day: one that stands for exactly a day does not yet.
            rises_to="critical" if second and not own else None,
            rises_at=second + DAY + 1 if second and not own else 0,
            details={"code": seen[-1][0].code},
        )

    def scene(self, episode: Episode) -> Scene:
        """From the first sale on."""
        return of_burst(episode)

    def sentence(self, episode: Episode, names: Names) -> Text:
        """How often the code was sold, when and where."""
        found = episode.peak
        code, rows = found.details["code"], found.evidence
        if "error" in found.details:
            limit, where = reached(found.limit, Text("次", "sales")), names.institutions(rows)
            return Text(
                f"追溯码{code}一日内出现在{found.value:g}次以上销售中（{limit.zh}），应为占位码或数据错误，销售机构：{where.zh}",
                f"trace code {code} stands in {found.value:g} or more sales of one day ({limit.en}), "
                f"at {where.en}: a placeholder or an error of the data",
            )
        limit, drug = (
            exceeded(found.limit, Text("次", "sale")),
            names.drug(next((one for one in rows if one.item), rows[0])),
        )
        sales = listed([_sale_text(one, names) for one in rows], MOST_SALES)
        return Text(
            f"{drug.zh}同一盒的追溯码{code}售出{found.value:g}次且均未退（{limit.zh}）：{sales.zh}",
            f"trace code {code} of one pack of {drug.en} was sold {found.value:g} times, none taken back "
            f"({limit.en}): {sales.en}",
        )


def _sale_text(row: Evidence, names: Names) -> Text:
    at, where = clock(row.time), names.of(row)
    return Text(f"{at}在{where.zh}", f"{at} at {where.en}")


def _packs(sale: _Together, reference: Reference) -> Fraction:
    """How much of a pack was sold, in ten-thousandths.

    Long because fee lines go before reports of stock, and a quantity may be in packs or in the units of a pack.
    """
    known = next((one for one in sale if one.quantity and not one.stock), None)
    known = known or next((one for one in sale if one.quantity), None)
    if known is None:
        return Fraction(_UNIT)
    units = Fraction((reference.row("drugs", known.item, known.time) or {}).get("pack_units") or 1)
    return Fraction(known.quantity) / (units if known.quantity > _UNIT and units > 0 else 1)


def _spokesman(sale: _Together) -> Sale:
    """The entry that proves a sale: as it was settled, else as it was reported."""
    return next((one for one in sale if not one.stock), sale[0])

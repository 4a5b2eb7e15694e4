"""Random small worlds: few persons, shops, drugs and trace codes, so that everything meets everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import msgspec
from hypothesis import strategies as st

from rules.catalogue import of_messages
from rules.engine import packs
from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.ledger import GRACE
from rules.engine.memory import ROOM
from rules.engine.questions import Reminder
from rules.engine.records import DAY_AT_REST, encode, name_of_record, page_and_day
from rules.engine.rule import Rule
from rules.engine.watch import Watch, with_thresholds
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.times import DAY, HOUR, MINUTE
from rules.wire.door import Door, Late, Opened, Refused, Skipped
from rules.wire.pseudonyms import Pseudonyms
from streams.detect.detector import process
from streams.route.alignment import Lane
from streams.route.router import Router, bundles, encode_tick, partition_of
from tests.oracle import wire
from tests.oracle.twin import Standing, Tagged
from tests.oracle.wire import Body

START = wire.MONDAY + 22 * HOUR
SHOPS = (wire.SHOP, wire.OTHER_SHOP, wire.HOSPITAL)
ITEMS = (wire.RAMIPRIL, wire.RAMIPRIL_TOO, wire.METFORMIN)
BOXES = (wire.BOX, "81234560000000000024", "8123")
MONEY = (0, 13.13, 20.5, 40, 100)
FINAL = 0

KINDS = {
    "pharmacy": 8, "outpatient": 2, "inpatient": 1, "refund": 1, "lines": 4, "cancel_lines": 2, "reversal": 4,
    "message_reversal": 4, "admission": 2, "discharge": 1, "cancel_stay": 1, "registration": 1, "sale": 2,
    "stock_return": 1, "question": 2, "diagnosis": 1, "purchase": 1,
}  # fmt: skip
TRUE_KINDS = [kind for kind, weight in KINDS.items() for _ in range(weight)]

Arrived = tuple[int, bytes, int]
"""Source, value, append time."""
Log = list[tuple[bytes, int]]
"""What one partition of the topic inside holds."""


@dataclass(frozen=True)
class Draft:
    """A message in numbers, most of them an index into a small pool.

    day, slot: when; delay: how late uploaded, minutes; town: towns have nothing in common but the clock.
    """

    kind: str
    day: int
    slot: int
    delay: int
    message: int
    target: int
    person: int
    shop: int
    visit: int
    settlement: int
    line: int
    item: int
    box: int
    money: int
    variant: int
    town: int = 0

    @property
    def code(self) -> str:
        """Of the institution."""
        return SHOPS[self.shop].replace("3410", f"341{self.town}")

    @property
    def box_code(self) -> str:
        """Of the box."""
        return BOXES[self.box].replace("8123", f"812{3 + self.town}")

    def named(self, letter: str, number: int) -> str:
        """An identifier."""
        return f"{letter}{self.town}-{number}"


@dataclass(frozen=True)
class Scale:
    """How a world is laid out: its days, minutes between slots of a day, how many, which delays of upload (minutes)."""

    days: tuple[int, ...]
    step: int
    slots: int
    delays: tuple[int, ...]


SHORT = Scale((0, 1), 20, 12, (0, 0, 0, 2, -5, 70, 30 * 60))
"""All within 72 h: any order is allowed."""
LONG = Scale((*range(16), 19, 26, 27, 28, 29, 44, 45, 70), 17, 9, (0, 0, 0, 2, 300, 40 * 60, 71 * 60))
"""Ten weeks, at first day by day, then with gaps in which windows empty and days are forgotten."""
STEADY = Scale(tuple(range(26)), 29, 5, (0, 0, 0, 2, 300, 71 * 60))
"""Four weeks without a gap, around midnight, where days are forgotten: an episode outlasts what is remembered of it."""
DENSE = Scale((0,), 5, 12, (0, 0, 1, 60))
"""An hour with many ties."""


def drafts(
    scale: Scale, *, largest: int, kinds: Sequence[str] = TRUE_KINDS, pool: int = 3, town: int = 0, bills: int = 21
) -> st.SearchStrategy[list[Draft]]:
    """Worlds of this scale; most of them crowded. pool: how many persons, shops, visits, bills: settlements."""
    small = st.integers(0, pool - 1)
    draft = st.builds(
        Draft,
        kind=st.sampled_from(tuple(kinds)), day=st.sampled_from(scale.days), slot=st.integers(0, scale.slots),
        delay=st.sampled_from(scale.delays), message=st.integers(0, 40), target=st.integers(0, 40), person=small,
        shop=small, visit=small, settlement=st.integers(0, bills - 1), line=small, item=small, box=small,
        money=st.integers(0, 4),
        variant=st.integers(0, 3), town=st.just(town),
    )  # fmt: skip
    return st.one_of(st.lists(draft, min_size=1, max_size=8), st.lists(draft, min_size=largest // 2, max_size=largest))


def body_of(draft: Draft, scale: Scale) -> Body:
    """The message of a draft."""
    at = START + draft.day * DAY + draft.slot * scale.step * MINUTE
    uploaded = at + draft.delay * MINUTE
    header: Body = {
        "msgid": draft.named("M", draft.message), "inf_time": wire.text(uploaded),
        "psn_no": draft.named("", draft.person),
        "fixmedins_code": draft.code, "mdtrt_id": draft.named("V", draft.visit),
    }  # fmt: skip
    return _BODIES[draft.kind](draft, at, header)


def _settlement(draft: Draft, at: int, infno: str, header: Body) -> Body:
    money: Body = {"medfee_sumamt": MONEY[draft.money] + 1, "fund_pay_sumamt": MONEY[draft.money]}
    boxes = (
        [{"drug_trac_codg": draft.box_code, "feedetl_sn": f"{draft.line}", "trdn_flag": "0"}] if draft.variant else []
    )
    more: Body = {"feedetail": _lines(draft, at)} if infno == "2102" else {}
    ids: Body = {"setl_id": draft.named("S", draft.settlement), "med_type": "41" if infno == "2102" else "11"}
    ids["mdtrt_cert_type"] = ("02", "03")[draft.target % 2]
    if draft.box == 2:  # by entitlement, with assistance, on a bill that was handed in; or in another county
        special: Body = {"med_type": "14", "maf_pay": 3, "setl_type": "1", "opter": f"o{draft.item % 2}"}
        ids |= special if draft.line else {"insuplc_admdvs": "330100"}
    return wire.settlement(at, infno, **header | money | ids | more | {"drug_trac_info": boxes})


def _lines(draft: Draft, at: int) -> list[Body]:
    signed: Body = {"cnt": -2, "init_feedetl_sn": "1"} if draft.variant == 3 else {"cnt": 1 + draft.variant}
    on: Body = {"rxno": draft.named("RX0000000", draft.money % 2), "rx_circ_flag": str(draft.variant % 2)}
    on["bilg_dr_codg"] = on["orders_dr_code"] = f"D34102100000{draft.target % 2}"
    on["etip_flag"] = str(draft.money // 2 % 2)
    limit: Body = {"pric_uplmt_amt": (10, 20.5, 999_999)[draft.money % 3], "inscp_scp_amt": (0, 5)[draft.variant % 2]}
    on["bilg_dept_codg"] = f"A0{draft.item}"
    first = wire.line(draft.line, at, med_list_codg=ITEMS[draft.item], **signed, **limit, **on if draft.money else {})
    earlier = wire.line(draft.line + 1, at - draft.money * HOUR, prd_days=7)
    late = wire.line(draft.line + 2, at - 80 * HOUR)
    return [first, earlier, late][: 1 + draft.variant]


def _refund(draft: Draft, at: int, header: Body) -> Body:
    """A row that gives money back, with negative amounts; or the settlement again, said to be taken back."""
    if draft.variant == 3:
        return _settlement(draft, at, "2102", header) | {"refd_setl_flag": "1"}
    named: Body = {"init_setl_id": draft.named("S", draft.target % 10)} if draft.variant else {}
    sums: Body = {"medfee_sumamt": -MONEY[draft.money], "fund_pay_sumamt": -MONEY[draft.money], "refd_setl_flag": "1"}
    return wire.settlement(at, "2102", **header | sums | named | {"setl_id": draft.named("R", draft.settlement)})


def _fee_lines(draft: Draft, at: int, header: Body) -> Body:
    batch: Body = {"chrg_bchno": f"B{draft.item}"} if draft.target % 2 else {}
    infno = "2301" if draft.money == 4 else "2204"
    return wire.fee_lines(draft.named("V", draft.visit), _lines(draft, at), at, infno, **header | batch)


def _cancel_lines(draft: Draft, at: int, header: Body) -> Body:
    named: tuple[Body, ...] = (
        {"feedetl_sn": "0000"},
        {"chrg_bchno": f"B{draft.item}"},
        {"feedetl_sn": ["0", str(draft.line), "2"]},
        {"chrg_bchno": "0000"},
    )
    return wire.message("2205" if draft.variant else "2302", at, **header | named[draft.variant])


def _message_reversal(draft: Draft, at: int, header: Body) -> Body:
    oinfno = ("2102", "2103", "2601", "2204")[draft.variant]
    return wire.message_reversal(draft.named("M", draft.target), at, oinfno, **header)


def _stock_return(draft: Draft, at: int, header: Body) -> Body:
    of_person = {name: value for name, value in header.items() if name not in ("psn_no", "mdtrt_id")}
    if not draft.variant:
        return wire.deletion(f"N{draft.item}", at, **of_person, inv_data_type="4432"[draft.money % 4])
    if draft.settlement % 2:
        return wire.stock("3506", at, **of_person, drugtracinfo=[{"drug_trac_codg": draft.box_code}])
    return wire.stock("3506", at, **of_person, setl_id=draft.named("S", draft.settlement))


def _sale(draft: Draft, at: int, header: Body) -> Body:
    of_stock = {name: value for name, value in header.items() if name not in ("psn_no", "mdtrt_id")}
    if draft.variant:
        of_stock["setl_id"] = draft.named("S", draft.settlement)
    of_stock["fixmedins_bchno"] = f"N{draft.item}"
    return wire.stock("3505", at, **of_stock, drugtracinfo=[{"drug_trac_codg": draft.box_code}])


def _purchase(draft: Draft, at: int, header: Body) -> Body:
    """One or two boxes that come in."""
    of_stock = {name: value for name, value in header.items() if name not in ("psn_no", "mdtrt_id")}
    codes = [draft.box_code, *([draft.box_code[:-1] + "9"] if draft.money else [])]
    infno = ("3503", "3503", "3502", "3501")[draft.variant]
    return wire.stock(
        infno, at, **of_stock, fixmedins_bchno=f"N{draft.item}", drugtracinfo=[{"drug_trac_codg": one} for one in codes]
    )


def _question(draft: Draft, at: int, header: Body) -> Body:
    box = {"drug_trac_codg": draft.box_code, "feedetl_sn": "0"}
    without = {name: value for name, value in header.items() if name != "mdtrt_id"} if draft.variant == 1 else header
    return wire.question(at, "2101", **without, feedetail=_lines(draft, at)[:2], drug_trac_info=[box])


def _stay(draft: Draft, at: int, header: Body) -> Body:
    if draft.kind == "admission":
        ill: Body = {"dscg_maindiag_code": ("J18.9", "O80.9", "S72.0", "")[draft.variant]}
        number = f"139000000{draft.line}" if draft.money else ""
        if draft.box == 2:
            ill["insuplc_admdvs"] = "330100"
        return wire.admission(str(header["mdtrt_id"]), at, **header | ill, tel=number)
    if draft.kind == "discharge":
        return wire.discharge(str(header["mdtrt_id"]), at, **header)
    if draft.kind == "registration":
        return wire.message("2201", at, **header | {"begntime": wire.text(at)})
    return wire.message(("2405", "2404", "2202", "2404")[draft.variant], at, **header)


_BODIES: dict[str, Callable[[Draft, int, Body], Body]] = {
    "pharmacy": lambda draft, at, header: _settlement(draft, at, "2102", header),
    "outpatient": lambda draft, at, header: _settlement(draft, at, "2207", header),
    "inpatient": lambda draft, at, header: _settlement(draft, at, "2304", header),
    "refund": _refund,
    "lines": _fee_lines,
    "cancel_lines": _cancel_lines,
    "reversal": lambda d, at, header: wire.reversal(
        d.named("S", d.settlement), at, ("2103", "2208", "2305")[d.variant % 3], **header
    ),
    "message_reversal": _message_reversal,
    "admission": _stay,
    "discharge": _stay,
    "cancel_stay": _stay,
    "registration": _stay,
    "sale": _sale,
    "purchase": _purchase,
    "stock_return": _stock_return,
    "question": _question,
    "diagnosis": lambda _, at, header: wire.message("2203", at, **header),
}


UPLOADS = {"traced_purchases": "1", "stock_uploaded": "1"}


def a_reference() -> Reference:
    """Tables that every rule of the catalogue can work with: a shop is suspended, a person dies on the third day."""
    reference = Reference("tables")
    row = {"lat": "31.0", "lon": "117.0", "valid_from": "2020-01-01"}
    reference.put(
        "institutions",
        row | {"fixmedins_code": wire.SHOP, "status": "active", "kind": "pharmacy"} | UPLOADS,
    )
    reference.put(
        "institutions",
        row
        | {
            "fixmedins_code": wire.OTHER_SHOP,
            "status": "active",
            "kind": "pharmacy",
            "lat": "33.0",
        }
        | UPLOADS,
    )
    suspended = {"fixmedins_code": wire.HOSPITAL, "status": "suspended", "kind": "hospital", "valid_from": "2026-03-03"}
    suspended["beds"] = "1"
    reference.put("institutions", row | suspended)
    reference.put("deaths", {"psn_no": Pseudonyms("key").person("0-1"), "die_date": "2026-03-04"})
    for person, state in (("0-1", "suspended"), ("0-2", "waiting")):
        row_of = {"psn_no": Pseudonyms("key").person(person), "state": state, "valid_from": "2026-03-03"}
        reference.put("insured", row_of)
    reference.put("staff", {"psn_no": Pseudonyms("key").person("0-1"), "fixmedins_code": wire.HOSPITAL})
    reference.put("staff", {"psn_no": Pseudonyms("key").person("0-2"), "fixmedins_code": wire.SHOP})
    reference.put("physicians", {"bilg_dr_codg": "D341021000000", "status": "revoked", "valid_from": "2026-03-03"})
    reference.put("physicians", {"bilg_dr_codg": "D341021000001", "status": "valid", "departments": "A00"})
    reference.put("assisted", {"psn_no": Pseudonyms("key").person("0-1"), "valid_from": "2026-03-04"})
    reference.put("enrolled", {"psn_no": Pseudonyms("key").person("0-2"), "insured_from": "2026-03-02"})
    for item in (wire.RAMIPRIL, wire.RAMIPRIL_TOO):
        caps = {"most_per_day": "1", "most_per_period": "2", "period_days": "3", "group": "g"}
        caps |= {"part_of": "whole", "minutes": "500"}
        reference.put("items", caps | {"med_list_codg": item})
    for item in ITEMS[1:]:  # the first one leaves nothing that a cancel of all lines does not reach
        flags = {"registered": "0", "separate": "0", "covered": "0", "part_of": "whole", "minutes": "90"}
        flags |= {"equipment": "PET/CT", "cosmetic_in": "A00"}
        reference.put("items", flags | {"med_list_codg": item, "valid_from": "2026-03-03"})
    reference.put("items", {"med_list_codg": "whole", "parts": "2"})
    reference.put("equipment", {"place_and_kind": f"{wire.SHOP}:PET/CT", "valid_from": "2026-03-04"})
    reference.put("equipment", {"place_and_kind": "elsewhere:PET/CT"})
    reference.put("recognised", {"psn_no": Pseudonyms("key").person("0-0"), "valid_from": "2026-03-05"})
    for number in range(3):
        lives = {"household": "h", "village": "v", "care_home": "c"} if number else {"village": "v"}
        reference.put("employers", {"psn_no": Pseudonyms("key").person(f"0-{number}"), "employer": "e"})
        reference.put("households", lives | {"psn_no": Pseudonyms("key").person(f"0-{number}")})
    reference.put("calendar", {"date": "2026-03-05", "kind": "promotion"})
    reference.put(
        "drugs",
        {"med_list_codg": wire.METFORMIN, "group": "metformin", "dual_channel": "1", "procured": "other", "key": "1"},
    )
    reference.put("diagnoses", {"code": "Z51", "exempt": "1"})
    reference.put("diagnoses", {"code": "S72", "exempt": "0", "minor": "1"})
    return reference


LOWERED: dict[str, dict[str, object]] = {
    "S01": {"limit": 2}, "S01-GAP": {"limit": 2}, "S01-SIGN": {"limit": 2}, "S01-TILL": {"limit": 2},
    "S06": {"places": 2}, "I05": {"short_limit": 2, "long_limit": 2}, "I05-PAIR": {"limit": 2},
    "B15": {"least_yuan": 1, "successive_days": 1, "weeks": 1}, "E01": {"over_hours": 1},
    "D01": {"over_days": 1, "over_days_elsewhere": 0}, "I06-TEL": {"limit": 2}, "I06-HOME": {"limit": 2},
    "I06-VILLAGE": {"limit": 2}, "I09": {"limit": 2}, "I13-TEL": {"limit": 2, "places": 1}, "S10": {"apart": 1},
    "D05": {"limit": 2}, "D07": {"most": 3}, "S08": {"fewest": 1, "over_deviations": 0, "enough": 1},
    "D14": {"limit": 2}, "D14-DAY": {"limit": 2}, "B11": {"window": 10_800},
    "B11-SPEED": {"window": 10_800, "crowd": 2}, "S11": {"limit": 2}, "S11-DAY": {"limit": 2},
    "S03": {"limit": 1}, "S03-MONTH": {"limit": 1}, "S04": {"limit": 2, "days": 1},
    "D08": {"fewest": 1}, "D18": {"over": 1}, "D06": {"fewest": 1, "over_deviations": 0, "enough": 1},
    "D13": {"limit": 2},
    "S02": {"limit": 2, "fewest_days": 2, "together": 3_600},
    "S07": {"fewest": 1}, "I02": {"fewest": 1}, "B12": {"fewest": 1}, "B12-SCOPE": {"fewest": 1}, "B10": {"limit": 1},
    "I04": {"over_days": 1, "over_days_by_plan": 2}, "I11": {"limit": 2}, "I03": {"limit": 2, "weeks": 1},
    "I08": {"limit": 1, "percent": 1, "weeks": 4, "least_weeks": 1, "days": 2},
    "I12": {"over_percent": 0, "least_more": -1, "longest_days": 20},
    "B21": {"limit": 2}, "B18": {"limit": 2, "window": 10_800}, "D10-DEL": {"limit": 2},
    "B17": {"limit": 1, "after_days": 0},
    "B23": {"limit": 1, "fewest_days": 1, "fewest_elsewhere": 1, "most_elsewhere": 60},
    "B03": {"fewest": 1}, "D19": {"fewest": 1}, "B04": {"fewest": 1}, "B05": {"fewest": 2}, "B06": {"fewest": 1},
    "D20": {"fewest": 1}, "B13": {"fewest": 1, "grace_days": 1},
    "D11": {"fewest": 1, "over_percent": 1, "enough": 0, "usual_percent": 0, "wait_days": 2},
    "D10": {"fewest": 1, "percent": 1, "wait_days": 2},
    "D10-COUNT": {"fewest": 1, "over_percent": 1, "days": 1, "wait_days": 2},
    "D17": {"fewest_more": 1, "percent": 1, "weeks": 1},
    "B14": {"fewest_more": 1, "percent": 1, "weeks": 1},
    "E02": {"over_yuan": 30},
    "E07": {"limit": 2}, "E07-SUM": {"over_yuan": 15}, "E08": {"fewest": 2, "over_yuan": 20},
}  # fmt: skip
"""Parameters with which so few events are enough."""


def whole_catalogue() -> tuple[Rule, ...]:
    """Every rule over messages, made sensitive."""
    return tuple(kind(**LOWERED.get(id_, {})) for id_, kind in of_messages().items())  # type: ignore[arg-type]


def accepted(bodies: Iterable[Body]) -> list[tuple[Opened, bytes]]:
    """The events that the door lets in, with their bytes; each a moment after its own upload."""
    found = []
    door = a_door()
    for body in bodies:
        value = wire.raw(body)
        try:
            found.append((door.open(value, 1 << 50), value))
        except (Late, Skipped):
            continue
        except Refused as refused:
            raise AssertionError(f"the world is wrong: {refused}: {body}") from None
    return found


def a_door() -> Door:
    """A door with a key of its own."""
    return Door(Pseudonyms("key"))


def uploaded_of(message: Opened) -> int:
    """Its inf_time, ms UTC."""
    return message.events[0].uploaded


def in_some_order(events: Sequence[tuple[Opened, bytes]], random: Random) -> list[bytes]:
    """The messages in an order in which none comes after one with an inf_time greater by more than the grace."""
    times = [uploaded_of(event) for event, _ in events]
    if times and max(times) - min(times) <= GRACE and random.random() < 0.5:
        return random.sample([value for _, value in events], len(events))
    disorder = random.choice((0, HOUR, GRACE, GRACE))
    return [
        value
        for _, value in sorted(
            events, key=lambda one: (uploaded_of(one[0]) + random.randint(0, disorder), random.random())
        )
    ]


def with_repeats(events: Sequence[tuple[Opened, bytes]], random: Random) -> list[tuple[Opened, bytes]]:
    """The same events, some of them two or three times."""
    return [one for one in events for _ in range(random.choice((1, 1, 1, 2, 3)))]


def from_sources(values: Sequence[bytes], random: Random, sources: int) -> list[Arrived]:
    """Each message from one of several sources, in one interleaving; appended in the order of the log."""
    source_of = {value: random.randrange(sources) for value in set(values)}
    arrived, moment = [], 0
    for value in values:
        uploaded = uploaded_of(a_door().open(value, 1 << 50))
        moment = max(moment, uploaded + random.choice((0, 0, MINUTE)))
        arrived.append((source_of[value], value, moment))
    return arrived


def hours_of_next(clock: Lane[None], appended: int) -> list[int]:
    """The hour that passes with the next record of a partition, none or one; not beyond its append time."""
    before, after = clock.clock, clock.ahead(whole=True) or 0
    clock.take()
    return [min(after, appended // HOUR * HOUR)] if after > before else []


def logs(
    arrived: Iterable[Arrived], partitions: int = 1, *, final: bool = True, by_append_time: bool = False
) -> list[Log]:
    """What the partitions of the topic inside hold after a router for each source.

    by_append_time: an hour passes with the append times, not with the events of source 0.
    """
    routers: dict[int, Router] = {}
    inside: list[Log] = [[] for _ in range(partitions)]
    moment = hour = 0
    clock: Lane[None] = Lane()
    arrived = list(arrived)
    for source, value, moment in arrived:
        if source == 0:
            clock.push(None, Router(a_door()).read(value, moment).uploaded)
    for source, value, moment in arrived:
        routed = routers.setdefault(source, Router(a_door())).route([(value, moment)])
        for key, entry in routed.entries:
            for log in inside if key is None else [inside[partition_of(key, partitions)]]:
                log.extend((one, moment) for one in bundles([entry]))
        hours = hours_of_next(clock, moment) if source == 0 and not by_append_time else []
        if by_append_time and moment // HOUR > hour // HOUR:
            hours = [hour := moment // HOUR * HOUR]
        ticks = [encode_tick(one) for one in hours]
        for log in inside:
            log.extend((one, moment) for one in ticks)
    for log in inside:
        log.extend([(encode_tick(FINAL, final=True), moment)] if final else [])
    return inside


@dataclass
class Run:
    """What an engine said over a log, and its state at the end."""

    alerts: list[Alert]
    values: list[bytes]
    reminders: list[bytes]
    state: dict[bytes, bytes]


def run(
    log: Log, rules: Iterable[Rule], reference: Reference, random: Random | None = None, *, room: int = ROOM,
    tagged: Tagged | None = None,
) -> Run:  # fmt: skip
    """Feed a log at once; or, with a source of chance, in batches, saved now and then and taken over by a new engine.

    room: how many pages and retractions are never too many. tagged: rules with other thresholds for some.
    """
    watches = [with_thresholds(Watch(rule), (tagged or {}).get(rule.id, {})) for rule in rules]
    engine = _engine(watches, reference, room)
    result, state = Run([], [], [], {}), dict[bytes, bytes | None]()
    position = 0
    engine.memory.rests_at_once = bool(random and random.random() < 0.5)
    engine.memory.lays_new_pages = random is not None
    while position < len(log):
        size = random.randint(1, 9) if random else len(log)
        outcome = process(engine, log[position : position + size])
        position += size
        result.alerts += outcome.revisions
        result.values += [one.value for one in outcome.alerts]
        result.reminders += [one.value for one in outcome.reminders]
        if random and random.random() < 0.5:
            state |= dict(engine.drain_changes())
            apart(state)  # at each checkpoint each page is saved in one place
            if random.random() < 0.5:
                rests_at_once = engine.memory.rests_at_once
                engine = _engine(watches, reference, room)
                engine.memory.rests_at_once = rests_at_once
                saved = list(state.items())
                random.shuffle(saved)
                engine.load(saved)
    state |= dict(engine.drain_changes())
    result.state = apart(state)
    return result


def apart(state: Mapping[bytes, bytes | None]) -> dict[bytes, bytes]:
    """What stands of saved state, each page by itself: which of them are saved together tells nothing.

    When a page was touched is when its last day was; what its other days say of that tells nothing either.
    """
    found = {name: value for name, value in state.items() if value is not None}
    together = [found.pop(name) for name in [*found] if name.startswith(packs.BEGINNING)]
    parted = [one for value in together for one in packs.apart(value)]
    assert not found.keys() & dict(parted).keys()
    assert len(parted) == len(dict(parted))
    found.update(parted)
    days: dict[bytes, list[bytes]] = {}
    for name in found:
        if name.startswith(name_of_record("entries")[:9]):
            days.setdefault(page_and_day(name)[0], []).append(name)
    for names in days.values():
        touched = max(DAY_AT_REST.decode(found[name]).touched for name in names)
        for name in names if len(names) > 1 else ():
            _, *others = msgspec.msgpack.decode(found[name], type=list[msgspec.Raw])
            found[name] = encode([touched, *others])
    return found


def _engine(watches: Sequence[Watch], reference: Reference, room: int) -> Engine:
    engine = Engine(watches, reference, LEDGERS)
    engine.memory.room = engine.memory.retractions.room = room
    return engine


def standing_at_end(alerts: Iterable[Alert]) -> list[Standing]:
    """The alerts that stand when all is over, as the contract compares them."""
    last = {alert.alert_id: alert for alert in alerts}
    for alert in last.values():
        assert alert.status in ("closed", "withdrawn"), alert
    return sorted(
        Standing(
            alert.rule_id,
            alert.rule_version,
            alert.scope,
            alert.first_time,
            alert.last_time,
            alert.triggers,
            alert.measure.value,
            alert.severity,
            alert.vola_amt,
            alert.evidence_count,
            tuple(
                (
                    one.role,
                    one.msgid,
                    one.setl_id,
                    one.mdtrt_id,
                    one.line,
                    one.event_time,
                    one.fixmedins_code,
                    one.person,
                    one.amount,
                    one.item,
                )
                for one in alert.evidence
            ),
        )
        for alert in last.values()
        if alert.status == "closed" and alert.stage != "pre"
    )


def decoded(reminders: Iterable[bytes]) -> list[Reminder]:
    """Reminders as objects."""
    return [msgspec.json.decode(one, type=Reminder) for one in reminders]


__all__ = ["DAY", "DENSE", "LONG", "SHORT", "Draft", "Scale"]

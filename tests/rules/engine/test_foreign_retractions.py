"""A retraction reaches only what its own institution sent, of the person that it states (contract.md, section 3).

Random worlds with retractions of others strewn in, and a table of the same retractions by the owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

import pytest

from rules.engine.alert import Alert
from rules.engine.rule import Rule
from rules.reference import Reference
from rules.times import parse
from rules.wire.pseudonyms import Pseudonyms
from streams.route.router import Noted
from tests.oracle import wire
from tests.oracle.desk import LATER, Desk
from tests.oracle.sample_rules import BusyDay, LongEpisode, ManyPlaces, ManyStays, ManySwipes, MuchOfIt, SoldTwice
from tests.oracle.wire import BOX, DAY, HOUR, MINUTE, MONDAY, OTHER_SHOP, SHOP, Body
from tests.oracle.world import (
    DENSE,
    LONG,
    SHOPS,
    SHORT,
    TRUE_KINDS,
    Draft,
    Run,
    Scale,
    a_door,
    a_reference,
    body_of,
    logs,
    run,
    standing_at_end,
    whole_catalogue,
)

NOON = MONDAY + 12 * HOUR
STRANGER, OUTSIDER = "P34109999999", "0-9"
"""An institution and a person of whom no world has a message."""
RETRACTIONS = ("refund", "cancel_lines", "reversal", "message_reversal", "cancel_stay", "stock_return")
TELLING = [kind for kind in TRUE_KINDS if kind not in RETRACTIONS]
DELAYS = (-HOUR, 0, 0, MINUTE, HOUR, 20 * HOUR, 71 * HOUR, 100 * HOUR, 30 * DAY)
"""How long after the message that it names a retraction is uploaded; before it, too, and beyond the reach."""
TRANSACTIONS = ("2102", "2103", "2201", "2202", "2203", "2204", "2205", "2207", "2301", "2304", "2401", "2402", "2404",
                "2101", "3505", "3506", "3507", "2601", "9999")  # fmt: skip


class Naming(NamedTuple):
    """A retraction without its sender. named: the numbers by which it names things."""

    infno: str
    fields: Body
    named: frozenset[str]


def namings(body: Body) -> Iterator[Naming]:
    """Every retraction that names something of a message."""
    settlement, visit = str(body.get("setl_id", "")), str(body.get("mdtrt_id", ""))
    if settlement:
        for infno in ("2103", "2208", "2305"):
            yield Naming(infno, {"setl_id": settlement}, frozenset((settlement,)))
        yield from _refunds(settlement)
        yield Naming("3506", {"setl_id": settlement, "drugtracinfo": []}, frozenset((settlement,)))
    if visit:
        for infno, fields in _cancels(body):
            yield Naming(infno, {"mdtrt_id": visit} | fields, frozenset((visit,)))
    codes = frozenset(code for code in map(str, _codes_of(body)) if len(code) == 20)
    if codes:
        traced = [{"drug_trac_codg": code} for code in sorted(codes)]
        yield Naming("3506", {"drugtracinfo": traced}, codes)
    if number := str(body.get("fixmedins_bchno", "")):
        for sort in ("4", ""):
            yield Naming("3507", {"fixmedins_bchno": number, "inv_data_type": sort}, frozenset((number,)))
    message = str(body["msgid"])
    for infno in (str(body["infno"]), *TRANSACTIONS):
        yield Naming("2601", {"omsgid": message, "oinfno": infno}, frozenset((message,)))


def _refunds(settlement: str) -> Iterator[Naming]:
    """A row with negative amounts that names it; and the settlement itself, said to be taken back."""
    back: Body = {"mdtrt_id": "VR", "med_type": "41", "refd_setl_flag": "1"}
    negative: Body = {"medfee_sumamt": -50, "fund_pay_sumamt": -40, "setl_id": "R", "init_setl_id": settlement}
    positive: Body = {"medfee_sumamt": 50, "fund_pay_sumamt": 40, "setl_id": settlement}
    for infno in ("2102", "2207", "2304"):
        yield Naming(infno, back | negative, frozenset((settlement,)))
        yield Naming(infno, back | positive, frozenset((settlement,)))


def _cancels(body: Body) -> Iterator[tuple[str, Body]]:
    """Of a visit, a stay or lines."""
    yield from (("2202", {}), ("2404", {}), ("2405", {}))
    lines: list[str] = ["0", "1", "2", "3", "4"]
    for infno in ("2205", "2302"):
        yield infno, {"feedetl_sn": "0000"}
        yield infno, {"chrg_bchno": "0000"}
        yield infno, {"feedetl_sn": lines}
        yield infno, {"chrg_bchno": body.get("chrg_bchno", "B0")}


def _codes_of(body: Body) -> Iterator[object]:
    for name in ("drug_trac_info", "drugtracinfo"):
        held = body.get(name)
        for one in held if isinstance(held, list) else ():
            yield one["drug_trac_codg"]


def said(naming: Naming, at: int, number: int, institution: str, person: str) -> Body:
    """The retraction as this institution sends it about this person; empty: about nobody."""
    header: Body = {"msgid": f"F{number}", "fixmedins_code": institution}
    timed: Body = {"setl_time": wire.text(at)} if "setl_id" in naming.fields else {}
    if naming.infno.startswith("35"):
        if naming.infno == "3507":
            return wire.deletion(str(naming.fields["fixmedins_bchno"]), at, **header | naming.fields)
        stated: Body = {"psn_no": person} if person else {}
        return wire.stock(naming.infno, at, **header | naming.fields) | stated
    return wire.message(naming.infno, at, **{"psn_no": person} | header | timed | naming.fields)


# Whose a number is.

Owners = dict[str, set[tuple[str, str]]]
"""Number -> institution and person (empty: nobody is stated) of the messages in which it stands."""


def owners_of(bodies: Sequence[Body]) -> Owners:
    """Whose numbers these messages hold."""
    owners: Owners = {}
    for body in bodies:
        owner = (str(body["fixmedins_code"]), str(body.get("psn_no", "")))
        held = [str(body.get(name, "")) for name in ("setl_id", "init_setl_id", "mdtrt_id", "msgid", "omsgid")]
        held += [str(body.get("fixmedins_bchno", "")), *map(str, _codes_of(body))]
        for number in held:
            owners.setdefault(number, set()).add(owner)
    return owners


def a_foreign(rng: Random, bodies: Sequence[Body], owners: Owners, number: int) -> Body:
    """A retraction that names something of a world, sent by somebody to whom it does not belong."""
    target = rng.choice(bodies)
    naming = rng.choice(list(namings(target)))
    at = parse(str(target["inf_time"])) + rng.choice(DELAYS)
    if naming.infno == "2601" and rng.random() < 0.5:
        return _of_another_transaction(rng, target, bodies, naming, at, number)
    owning = {owner for one in naming.named for owner in owners[one]}
    states_person = not naming.infno.startswith("35") or (naming.infno == "3506" and rng.random() < 0.5)
    persons = ("0-0", "0-1", "0-2", OUTSIDER) if states_person else ("",)
    senders = [
        (place, person)
        for place in (*SHOPS, STRANGER)
        for person in persons
        if not any(place == owner[0] and (not person or owner[1] in (person, "")) for owner in owning)
    ]
    near = [one for one in senders if one[0] == target["fixmedins_code"]]
    return said(naming, at, number, *rng.choice(near or senders))


def _of_another_transaction(
    rng: Random, target: Body, bodies: Sequence[Body], naming: Naming, at: int, number: int
) -> Body:
    """A 2601 by the sender itself that names the message as one of a transaction of which it is not."""
    place = target["fixmedins_code"]
    own = {one["infno"] for one in bodies if (one["fixmedins_code"], one["msgid"]) == (place, target["msgid"])}
    other = rng.choice([infno for infno in TRANSACTIONS if infno not in own])
    wrong = naming._replace(fields=naming.fields | {"oinfno": rng.choice((other, f"{other}A"))})
    return said(wrong, at, number, str(place), str(target.get("psn_no", OUTSIDER)))


# Worlds.


def a_world(rng: Random, scale: Scale, kinds: Sequence[str]) -> list[Body]:
    """Messages of a small world; what stock says states its person, for else anybody could mean it."""
    pool = rng.choice((1, 2, 3, 3))
    some = [_a_draft(rng, scale, kinds, pool) for _ in range(rng.randint(15, 40))]
    return [_with_person(body_of(draft, scale), f"0-{draft.person}") for draft in some]


def _with_person(body: Body, person: str) -> Body:
    return body if body["infno"] == "3507" else {"psn_no": person} | body


def _a_draft(rng: Random, scale: Scale, kinds: Sequence[str], pool: int) -> Draft:
    return Draft(
        kind=rng.choice(kinds), day=rng.choice(scale.days), slot=rng.randint(0, scale.slots),
        delay=rng.choice(scale.delays), message=rng.randint(0, 40), target=rng.randint(0, 40),
        person=rng.randrange(pool), shop=rng.randrange(pool), visit=rng.randrange(pool), settlement=rng.randint(0, 20),
        line=rng.randrange(pool), item=rng.randrange(pool), box=rng.randrange(2), money=rng.randint(0, 4),
        variant=rng.randint(0, 3),
    )  # fmt: skip


def in_order(rng: Random, own: Sequence[Body], foreign: Sequence[Body]) -> list[tuple[int, bytes]]:
    """All in one order within the grace, with the number of their source: 0 the world, 1 the others."""
    disorder = rng.choice((0, HOUR, 72 * HOUR))
    both = [(0, body) for body in own] + [(1, body) for body in foreign]
    keyed = [(parse(str(body["inf_time"])) + rng.randint(0, disorder), source, body) for source, body in both]
    return [(source, wire.raw(body)) for _, source, body in sorted(keyed, key=lambda one: one[0])]


def not_over_deletions() -> tuple[Rule, ...]:
    """The catalogue without the rules that count deletions: to them one is something by itself, whatever it names."""
    return tuple(rule for rule in whole_catalogue() if rule.card.ledger != "deletions")


def told(
    values: Sequence[tuple[int, bytes]], rules: Sequence[Rule], reference: Reference, rng: Random | None = None
) -> Run:
    """What an engine says over them; the clock of the log goes by the world's own messages."""
    [log] = logs([(source, value, 1 << 41) for source, value in values])
    return run(log, rules, reference, rng)


@pytest.mark.parametrize("kinds", [TELLING, TRUE_KINDS], ids=["none of their own", "retractions of their own"])
@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(SHORT, id="two days"),
        pytest.param(DENSE, id="an hour", marks=pytest.mark.long),
        pytest.param(LONG, id="ten weeks", marks=pytest.mark.long),
    ],
)
def test_what_others_take_back_changes_no_alert(scale: Scale, kinds: Sequence[str]) -> None:
    """The same revisions and reminders, byte for byte: none more is withdrawn, updated or counted otherwise."""
    rng, rules, reference = Random(f"{len(kinds)}/{scale}"), not_over_deletions(), a_reference()
    alerts: list[Alert] = []

    for _ in range(24):
        own = a_world(rng, scale, kinds)
        owners = owners_of(own)
        foreign = [a_foreign(rng, own, owners, number) for number in range(rng.randint(1, 40))]
        values = in_order(rng, own, foreign)
        without = told([one for one in values if one[0] == 0], rules, reference)
        disturbed = told(values, rules, reference, rng if rng.random() < 0.3 else None)
        alerts += without.alerts

        assert standing_at_end(without.alerts) == standing_at_end(disturbed.alerts), (own, foreign)
        assert without.values == disturbed.values, (own, foreign)
        assert without.reminders == disturbed.reminders, (own, foreign)

    assert len({alert.alert_id for alert in alerts}) > 100
    assert len({alert.rule_id for alert in alerts}) > 5


def test_every_sort_of_retraction_is_among_the_foreign_ones() -> None:
    """By transaction; each is understood, and states what it takes back."""
    rng, door = Random(1), a_door()
    own = [body for _ in range(5) for body in a_world(rng, SHORT, TELLING)]
    foreign = [a_foreign(rng, own, owners_of(own), number) for number in range(2000)]

    found = {door.open(wire.raw(body), LATER).events[0].body.transaction for body in foreign}

    assert {"2103", "2208", "2305", "2102", "2207", "2304", "2601", "2202", "2205", "2302", "2404", "2405", "3506",
            "3507"} == found  # fmt: skip


# The same retractions by the owner.

SWIPE = wire.settlement(NOON, msgid="M", setl_id="S", mdtrt_id="V", drug_trac_info=[{"drug_trac_codg": BOX}])
BAD_CODE = SWIPE | {"drug_trac_info": [{"drug_trac_codg": "8123"}]}
VISIT = wire.settlement(NOON, "2207", msgid="M", setl_id="S", mdtrt_id="V", med_type="11")
BILL = wire.settlement(NOON, "2304", msgid="M", setl_id="S", mdtrt_id="V", med_type="21")
LINES = wire.fee_lines("V", [wire.line(1, NOON), wire.line(2, NOON)], NOON, msgid="M", chrg_bchno="B")
OF_STAY = wire.fee_lines("V", [wire.line(1, NOON)], NOON, "2301", msgid="M")
ADMITTED = wire.admission("V", NOON, msgid="M")
DISCHARGED = wire.discharge("V", NOON, msgid="M")
SALE = wire.stock("3505", NOON, msgid="M", setl_id="S", fixmedins_bchno="N",
                  drugtracinfo=[{"drug_trac_codg": BOX}]) | {"psn_no": "1"}  # fmt: skip
AT = NOON + HOUR
REFUND: Body = {"infno": "2102", "msgid": "R", "mdtrt_id": "VR", "refd_setl_flag": "1"}
NEGATIVE = REFUND | {"setl_id": "R", "init_setl_id": "S", "medfee_sumamt": -50, "fund_pay_sumamt": -40}

OWN: list[tuple[str, Body, Body]] = [
    ("2103", SWIPE, wire.reversal("S", AT)),
    ("2208", VISIT, wire.reversal("S", AT, "2208")),
    ("2305", BILL, wire.reversal("S", AT, "2305")),
    ("a row with negative amounts", SWIPE, wire.settlement(AT, **NEGATIVE)),
    ("a row with a flag", SWIPE, wire.settlement(AT, **REFUND | {"setl_id": "S"})),
    ("2601 of 2102", SWIPE, wire.message_reversal("M", AT)),
    ("2601 of 2102A", SWIPE, wire.message_reversal("M", AT, "2102A")),
    ("2601 of 2207", VISIT, wire.message_reversal("M", AT, "2207")),
    ("2601 of 2304", BILL, wire.message_reversal("M", AT, "2304")),
    ("2601 of 2204", LINES, wire.message_reversal("M", AT, "2204")),
    ("2601 of 2401", ADMITTED, wire.message_reversal("M", AT, "2401")),
    ("2601 of 2402", DISCHARGED, wire.message_reversal("M", AT, "2402")),
    ("2601 of 3505", SALE, wire.message_reversal("M", AT, "3505")),
    ("2205 by batch", LINES, wire.message("2205", AT, mdtrt_id="V", chrg_bchno="B")),
    ("2205 by lines", LINES, wire.message("2205", AT, mdtrt_id="V", feedetl_sn=["1", "2"])),
    ("2205 of all", LINES, wire.message("2205", AT, mdtrt_id="V", feedetl_sn="0000")),
    ("2205 of all batches", LINES, wire.message("2205", AT, mdtrt_id="V", chrg_bchno="0000")),
    ("2302 by list", LINES, wire.message("2302", AT, mdtrt_id="V", feedetl_sn=["1", "2"])),
    ("2302 of all", LINES, wire.message("2302", AT, mdtrt_id="V", feedetl_sn="0000")),
    ("2302 of the lines of a stay", OF_STAY, wire.message("2302", AT, mdtrt_id="V", feedetl_sn="1")),
    ("2601 of 2301", OF_STAY, wire.message_reversal("M", AT, "2301")),
    ("2103 of a bad code", BAD_CODE, wire.reversal("S", AT)),
    ("2404", ADMITTED, wire.message("2404", AT, mdtrt_id="V")),
    ("2405", DISCHARGED, wire.message("2405", AT, mdtrt_id="V")),
    ("3506 by code", SALE, wire.stock("3506", AT, drugtracinfo=[{"drug_trac_codg": BOX}]) | {"psn_no": "1"}),
    ("3506 by code, without a person", SALE, wire.stock("3506", AT, drugtracinfo=[{"drug_trac_codg": BOX}])),
    ("3506 by settlement", SALE, wire.stock("3506", AT, setl_id="S") | {"psn_no": "1"}),
    ("3507", SALE, wire.deletion("N", AT)),
    ("3507 of every sort", SALE, wire.deletion("N", AT, inv_data_type="")),
]
WITH_A_PERSON = [one for one in OWN if "psn_no" in one[2]]
NAMES_BY_MESSAGE = [one for one in OWN if one[0].startswith("2601")]
RULES = (
    ManySwipes(limit=1), ManyPlaces(limit=1), MuchOfIt(limit=1), SoldTwice(limit=1), ManyStays(limit=1),
    BusyDay(limit=1), LongEpisode(), *not_over_deletions(),
)  # fmt: skip
"""One thing alone is enough for an alert."""


def of(cases: list[tuple[str, Body, Body]]) -> pytest.MarkDecorator:
    """Parameters of a test: the message and its retraction."""
    return pytest.mark.parametrize(("message", "retraction"), [one[1:] for one in cases], ids=[one[0] for one in cases])


def a_desk() -> Desk:
    """Where the person is dead and the shop has no agreement, so that every ledger keeps what it can."""
    desk = Desk(*RULES)
    desk.reference = a_reference()
    desk.reference.put("deaths", {"psn_no": Pseudonyms("key").person("1"), "die_date": "2026-02-20"})
    row = {"fixmedins_code": SHOP, "status": "terminated", "kind": "pharmacy", "valid_from": "2026-02-01"}
    desk.reference.put("institutions", row)
    desk.take_over()
    return desk


def standing_after(*bodies: Body) -> list[tuple[str, str]]:
    """Ledger and line of what stands on the pages; that a message came, or a bill was made, always does."""
    desk = a_desk()
    desk.tell(*bodies)
    everything = desk.engine.memory.all_pages().values()
    pages = [page for page in everything if page.ledger.name not in ("messages", "targets", "stay_bills")]
    return sorted((page.ledger.name, entry.line) for page in pages for entry in page.order)


def alerts_after(*bodies: Body) -> list[str]:
    """The alerts that stand when all is over."""
    desk = a_desk()
    desk.tell(*bodies)
    desk.end()
    return [one.rule for one in standing_at_end(desk.said)]


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@of(OWN)
def test_the_owner_takes_back_what_it_names(message: Body, retraction: Body, backwards: bool) -> None:  # noqa: FBT001
    """No entry stands and no alert, whichever comes first."""
    both = [retraction, message] if backwards else [message, retraction]

    assert standing_after(message)
    assert [] == standing_after(*both)
    assert alerts_after(message)
    assert [] == alerts_after(*both)


def assert_takes_nothing_back(foreign: Body, message: Body, *, backwards: bool) -> None:
    """What stands of a message, and its alerts, are the same with a retraction that is not of it."""
    both = [foreign, message] if backwards else [message, foreign]

    assert standing_after(message) == standing_after(*both)
    assert alerts_after(message) == alerts_after(*both)


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@of(OWN)
def test_the_same_by_another_institution_takes_nothing_back(
    message: Body,
    retraction: Body,
    backwards: bool,  # noqa: FBT001
) -> None:
    """It is of the same person, and names the same numbers."""
    assert_takes_nothing_back(retraction | {"fixmedins_code": OTHER_SHOP}, message, backwards=backwards)


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@of(WITH_A_PERSON)
def test_the_same_about_another_person_takes_nothing_back(
    message: Body,
    retraction: Body,
    backwards: bool,  # noqa: FBT001
) -> None:
    """It is of the same institution, and names the same numbers."""
    assert_takes_nothing_back(retraction | {"psn_no": "2"}, message, backwards=backwards)


@of(NAMES_BY_MESSAGE)
def test_a_message_reversal_of_another_transaction_takes_nothing_back(message: Body, retraction: Body) -> None:
    """Whatever else oinfno says."""
    for oinfno in TRANSACTIONS:
        if oinfno != message["infno"]:
            assert standing_after(message) == standing_after(message, retraction | {"oinfno": oinfno})


@pytest.mark.parametrize(
    ("institution", "person", "expected"), [(SHOP, "1", 0), (OTHER_SHOP, "1", 1), (SHOP, "2", 1)],
    ids=["the owner", "another institution", "another person"],
)  # fmt: skip
def test_only_the_owner_s_cancel_finds_its_registration(institution: str, person: str, expected: int) -> None:
    """2202: of a registration no ledger keeps anything, so only that the cancel has found nothing can be seen."""
    desk = Desk(*RULES)
    desk.tell(wire.message("2201", NOON, mdtrt_id="V", begntime=wire.text(NOON)))
    desk.tell(wire.message("2202", AT, mdtrt_id="V", fixmedins_code=institution, psn_no=person))

    noted = desk.tick(NOON + 5 * DAY).noted

    assert expected == noted[Noted("retractions_without_target", "", institution, "2202")]


@pytest.mark.parametrize(
    ("who", "expected"),
    [({}, True), ({"fixmedins_code": OTHER_SHOP}, False), ({"psn_no": "2"}, False), ({"oinfno": "2208"}, False)],
    ids=["the owner", "another institution", "another person", "another transaction"],
)
def test_only_the_owner_undoes_its_reversal(who: Body, expected: bool) -> None:  # noqa: FBT001
    """A 2601 that names a 2103: the settlement stands again or stays taken back."""
    undone = wire.message_reversal("X", AT + HOUR, "2103") | who

    standing = standing_after(SWIPE, wire.reversal("S", AT, msgid="X"), undone)

    assert (standing_after(SWIPE) if expected else []) == standing

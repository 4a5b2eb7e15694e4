"""What stands: identity, slots and taking back (contract.md, section 3)."""

from __future__ import annotations

import pytest

from rules.engine.effects import Counts
from rules.engine.ledger import GRACE
from tests.oracle import wire
from tests.oracle.desk import EVERY_LEDGER, Desk
from tests.oracle.sample_rules import ManySwipes, SoldTwice
from tests.oracle.wire import DAY, HOUR, MINUTE, MONDAY, Body

NOON = MONDAY + 12 * HOUR


def swipe(name: str, at: int = NOON, **more: object) -> Body:
    """A settlement called so."""
    return wire.settlement(at, **{"msgid": f"M{name}", "setl_id": f"S{name}", "mdtrt_id": f"V{name}"} | more)


def stands(desk: Desk, ledger: str) -> list[str]:
    """The messages whose entries stand in a ledger, with the line."""
    pages = [page for page in desk.engine.memory.all_pages().values() if page.ledger.name == ledger]
    return sorted(f"{entry.message}{'/' if entry.line else ''}{entry.line}" for page in pages for entry in page.order)


def uploaded(at: int) -> Body:
    """Another upload time."""
    return {"inf_time": wire.text(at)}


LINES = [wire.line(1, NOON), wire.line(2, NOON)]
VISIT = wire.fee_lines("V1", LINES, NOON, msgid="L")
RETURNED = {"drugtracinfo": [{"drug_trac_codg": wire.BOX}]}
SOLD = wire.stock("3505", NOON, msgid="B", setl_id="SA", **RETURNED)

CASES: list[tuple[str, list[Body], str, list[str]]] = [
    ("a settlement", [swipe("A")], "swipes", ["MA"]),
    ("its reversal", [swipe("A"), wire.reversal("SA", NOON + HOUR)], "swipes", []),
    ("a reversal just within 72 h", [swipe("A"), wire.reversal("SA", NOON + GRACE)], "swipes", []),
    ("a reversal a second later", [swipe("A"), wire.reversal("SA", NOON + GRACE + 1000)], "swipes", ["MA"]),
    ("a reversal uploaded later than it took place",
     [swipe("A"), wire.reversal("SA", NOON + HOUR) | uploaded(NOON + GRACE + 1000)], "swipes", ["MA"]),
    ("a message reversal", [swipe("A"), wire.message_reversal("MA", NOON + HOUR)], "swipes", []),
    ("a message reversal in one batch with its message, sent in the same second",
     [swipe("A"), wire.message_reversal("MA", NOON, msgid="MB")], "swipes", []),
    ("a message of the same second as a message reversal, sent after it",
     [swipe("A"), wire.message_reversal("MA", NOON, msgid="M")], "swipes", ["MA"]),
    ("a message reversal of another institution",
     [swipe("A"), wire.message_reversal("MA", NOON + HOUR, fixmedins_code="P2")], "swipes", ["MA"]),
    ("a reversal whose message is taken back",
     [swipe("A"), wire.reversal("SA", NOON + HOUR, msgid="R"), wire.message_reversal("R", NOON + 2 * HOUR, "2103")],
     "swipes", ["MA"]),
    ("a reversal whose message is taken back too late",
     [swipe("A"), wire.reversal("SA", NOON + HOUR, msgid="R"), wire.message_reversal("R", NOON + 80 * HOUR, "2103")],
     "swipes", []),
    ("a message reversal that names a message reversal",
     [swipe("A"), wire.message_reversal("MA", NOON + HOUR, msgid="X"), wire.message_reversal("X", NOON + HOUR, "2601")],
     "swipes", []),
    ("two reversals, one of them taken back",
     [swipe("A"), wire.reversal("SA", NOON, msgid="R"), wire.reversal("SA", NOON + HOUR, msgid="Q"),
      wire.message_reversal("R", NOON + 2 * HOUR, "2103")], "swipes", []),
    ("two uploads of one settlement: the first counts",
     [swipe("A", msgid="M2"), swipe("A", msgid="M1") | uploaded(NOON + HOUR)], "swipes", ["M2"]),
    ("two uploads at one time: the smaller msgid counts", [swipe("A", msgid="M2"), swipe("A", msgid="M1")], "swipes", ["M1"]),
    ("the first upload is taken back",
     [swipe("A", msgid="M1"), swipe("A", msgid="M2"), wire.message_reversal("M1", NOON + HOUR)], "swipes", ["M2"]),
    ("one settlement number days later is another settlement", [swipe("A"), swipe("A", NOON + 4 * DAY, msgid="M2")],
     "swipes", ["MA", "M2"]),
    ("a message twice", [swipe("A"), swipe("A")], "swipes", ["MA"]),
    ("an msgid used again", [swipe("A"), swipe("B", msgid="MA")], "swipes", ["MA", "MA"]),
    ("an msgid used again, taken back", [swipe("A"), swipe("B", msgid="MA"), wire.message_reversal("MA", NOON + MINUTE)], "swipes", []),
    ("lines", [VISIT], "supply", ["L/1", "L/2"]),
    ("lines uploaded again: the last counts",
     [VISIT, wire.fee_lines("V1", LINES[:1], NOON + HOUR, msgid="K")], "supply", ["K/1", "L/2"]),
    ("all lines cancelled", [VISIT, wire.message("2205", NOON + HOUR, mdtrt_id="V1", feedetl_sn="0000")], "supply", []),
    ("one line cancelled", [VISIT, wire.message("2205", NOON + HOUR, mdtrt_id="V1", feedetl_sn="2")], "supply", ["L/1"]),
    ("lines cancelled, then uploaded again",
     [VISIT, wire.message("2205", NOON + HOUR, mdtrt_id="V1", feedetl_sn="0000"),
      wire.fee_lines("V1", LINES, NOON + 2 * HOUR, msgid="K")], "supply", ["K/1", "K/2"]),
    ("a cancel at the same time acts on the smaller msgid", [VISIT, wire.message("2205", NOON, msgid="M", mdtrt_id="V1", feedetl_sn="0000")],
     "supply", []),
    ("a cancel of the same time and a smaller msgid acts on nothing",
     [VISIT, wire.message("2205", NOON, msgid="A", mdtrt_id="V1", feedetl_sn="0000")], "supply", ["L/1", "L/2"]),
    ("a cancel under the very same time and msgid acts on nothing",
     [VISIT, wire.message("2205", NOON, msgid="L", mdtrt_id="V1", feedetl_sn="0000")], "supply", ["L/1", "L/2"]),
    ("the settlement of an outpatient is reversed: its lines stay",
     [VISIT, swipe("A", infno="2207", mdtrt_id="V1"), wire.reversal("SA", NOON, infno="2208")], "supply", ["L/1", "L/2"]),
    ("a cancel that is taken back",
     [VISIT, wire.message("2205", NOON + HOUR, msgid="C", mdtrt_id="V1", feedetl_sn="0000"),
      wire.message_reversal("C", NOON + 2 * HOUR, "2205")], "supply", ["L/1", "L/2"]),
    ("a stay", [wire.admission("V1", NOON, msgid="A"), wire.discharge("V1", NOON + DAY, msgid="D")], "stays", ["A", "D"]),
    ("an admission cancelled",
     [wire.admission("V1", NOON, msgid="A"), wire.discharge("V1", NOON + DAY, msgid="D"),
      wire.message("2404", NOON + 2 * DAY, mdtrt_id="V1")], "stays", ["D"]),
    ("a discharge cancelled and sent anew",
     [wire.admission("V1", NOON, msgid="A"), wire.discharge("V1", NOON + DAY, msgid="D"),
      wire.message("2405", NOON + 2 * DAY, mdtrt_id="V1"), wire.discharge("V1", NOON + 3 * DAY, msgid="E")],
     "stays", ["A", "E"]),
    ("a registration cancelled", [wire.admission("V1", NOON, msgid="A"), wire.message("2202", NOON, mdtrt_id="V1")], "stays", ["A"]),
    ("a box", [SOLD], "sales", [f"B/{wire.BOX}"]),
    ("a box brought back", [SOLD, wire.stock("3506", NOON + DAY, **RETURNED)], "sales", []),
    ("a box brought back within 90 d", [SOLD, wire.stock("3506", NOON + 90 * DAY, **RETURNED)], "sales", []),
    ("a box brought back later", [SOLD, wire.stock("3506", NOON + 90 * DAY + MINUTE, **RETURNED)], "sales", [f"B/{wire.BOX}"]),
    ("a box brought back, and sold again",
     [SOLD, wire.stock("3506", NOON + DAY, **RETURNED), wire.stock("3505", NOON + 2 * DAY, msgid="B2", **RETURNED)],
     "sales", [f"B2/{wire.BOX}"]),
    ("a sale deleted", [SOLD | {"fixmedins_bchno": "N1"}, wire.deletion("N1", NOON + DAY)], "sales", []),
    ("a purchase deleted", [SOLD | {"fixmedins_bchno": "N1"}, wire.deletion("N1", NOON + DAY, inv_data_type="3")], "sales",
     [f"B/{wire.BOX}"]),
    ("a batch cancelled",
     [VISIT | {"chrg_bchno": "C1"}, wire.message("2205", NOON + HOUR, mdtrt_id="V1", chrg_bchno="C1")], "supply", []),
    ("another batch cancelled",
     [VISIT | {"chrg_bchno": "C1"}, wire.message("2205", NOON + HOUR, mdtrt_id="V1", chrg_bchno="C2")], "supply", ["L/1", "L/2"]),
    ("all that is not settled, after the settlement",
     [VISIT, swipe("A", NOON + MINUTE, infno="2207", mdtrt_id="V1"),
      wire.message("2205", NOON + HOUR, mdtrt_id="V1", chrg_bchno="0000")], "supply", ["L/1", "L/2"]),
    ("all that is not settled, the settlement reversed before",
     [VISIT, swipe("A", NOON + MINUTE, infno="2207", mdtrt_id="V1"), wire.reversal("SA", NOON + 2 * MINUTE, infno="2208"),
      wire.message("2205", NOON + HOUR, mdtrt_id="V1", chrg_bchno="0000")], "supply", []),
    ("all that is not settled, the settlement reversed later",
     [VISIT, swipe("A", NOON + MINUTE, infno="2207", mdtrt_id="V1"), wire.reversal("SA", NOON + 2 * HOUR, infno="2208"),
      wire.message("2205", NOON + HOUR, mdtrt_id="V1", chrg_bchno="0000")], "supply", ["L/1", "L/2"]),
    ("all that is not settled, another batch settled",
     [VISIT | {"chrg_bchno": "C1"}, swipe("A", NOON + MINUTE, infno="2207", mdtrt_id="V1", chrg_bchno="C2"),
      wire.message("2205", NOON + HOUR, mdtrt_id="V1", chrg_bchno="0000")], "supply", []),
    ("lines sent again in another message of the same second: the later reply counts",
     [VISIT | {"refmsg_time": "20260304120000900"}, VISIT | {"msgid": "A", "refmsg_time": "20260304120000950"}], "supply",
     ["A/1", "A/2"]),
    ("a refund that names its original",
     [swipe("A"), swipe("R", NOON + HOUR, fund_pay_sumamt=-40, medfee_sumamt=-50, refd_setl_flag="1", init_setl_id="SA")],
     "swipes", []),
    ("a refund that names none",
     [swipe("A"), swipe("R", NOON + HOUR, fund_pay_sumamt=-40, medfee_sumamt=-50, refd_setl_flag="1")], "swipes", ["MA"]),
]  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@pytest.mark.parametrize(("bodies", "ledger", "expected"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_what_stands(bodies: list[Body], ledger: str, expected: list[str], backwards: bool) -> None:  # noqa: FBT001
    """Whatever the order in which it came, also after a take-over."""
    desk = Desk(ManySwipes(), SoldTwice(), ledgers=EVERY_LEDGER)
    desk.tell(*(reversed(bodies) if backwards else bodies))

    assert sorted(expected) == stands(desk, ledger)
    desk.take_over()
    assert sorted(expected) == stands(desk, ledger)


def test_the_second_arrival_of_a_message_has_no_effect() -> None:
    """It is counted at its institution and nowhere else."""
    desk = Desk(ManySwipes(limit=1))
    body = swipe("A")
    once = desk.tell(body)
    desk.engine.drain_changes()
    again = desk.tell(body, body)

    assert (1, 0) == (len(once.alerts), once.counts.duplicates)
    assert ([], Counts(duplicates=2)) == (again.alerts, again.counts)
    assert [] == desk.engine.drain_changes()


def test_an_msgid_under_another_body_is_counted() -> None:
    """As msgid_reused."""
    outcome = Desk().tell(swipe("A"), swipe("B", msgid="MA"), swipe("A"), swipe("B", msgid="MA", fixmedins_code="P2"))

    assert (1, 1) == (outcome.counts.msgid_reused, outcome.counts.duplicates)


def test_a_reversal_beyond_reach_changes_no_window_and_is_told() -> None:
    """It is counted, and the open alert that rests on the settlement gets an update with reversed_after, once."""
    desk = Desk(ManySwipes(limit=1, quiet=30 * 86_400))
    desk.tell(swipe("A"), swipe("B", NOON + MINUTE))
    late = wire.reversal("SB", NOON + GRACE + HOUR)
    outcome = desk.tell(late, late, wire.reversal("SB", NOON + GRACE + 2 * HOUR))

    assert ["MA", "MB"] == stands(desk, "swipes")
    assert [("updated", ["SB"], 2)] == [(one.status, one.reversed_after, one.triggers) for one in outcome.revisions]
    assert 2 == outcome.counts.late_retractions


@pytest.mark.parametrize(
    "retraction",
    [
        wire.message("2205", NOON + GRACE + HOUR, mdtrt_id="VA", feedetl_sn="0000"),
        wire.message_reversal("R", NOON + GRACE + HOUR, "2103"),
        wire.reversal("SC", NOON + GRACE + HOUR),
        wire.message_reversal("MA", NOON + GRACE + HOUR, fixmedins_code="P2"),
    ],
    ids=["a cancel of lines", "of the reversal of another", "of another", "of another institution"],
)
def test_a_late_retraction_about_something_else_is_not_told(retraction: Body) -> None:
    """Only what would have taken the settlement back is."""
    desk = Desk(ManySwipes(limit=1, quiet=30 * 86_400))
    desk.tell(swipe("A"), swipe("B"), wire.reversal("SB", NOON, msgid="R"))

    assert not any(alert.reversed_after for alert in desk.tell(retraction).revisions)


def test_a_ledger_refuses_what_lies_beyond_its_retention() -> None:
    """Measured by the largest inf_time of that key alone; what is refused says which ledger did."""
    desk = Desk(ManySwipes(limit=1))
    desk.tell(swipe("A", NOON + 60 * DAY))
    outcome = desk.tell(swipe("B"), swipe("C", fixmedins_code=wire.OTHER_SHOP))

    assert ["MA", "MC"] == stands(desk, "swipes")
    assert {b"swipes"} == {dict(one.headers)["ledger"] for one in outcome.late}
    assert 1 == len(outcome.alerts)


def test_what_was_taken_back_stays_so_when_the_retraction_is_forgotten() -> None:
    """Also after a take-over; and a second retraction against it changes nothing."""
    desk = Desk(SoldTwice(limit=1))
    desk.engine.memory.retractions.room = 0
    desk.tell(SOLD, wire.stock("3506", NOON + HOUR, msgid="F", **RETURNED))
    desk.tick(NOON + 200 * DAY)

    assert 0 == len(desk.engine.memory.retractions)
    desk.take_over()
    assert [] == stands(desk, "sales")

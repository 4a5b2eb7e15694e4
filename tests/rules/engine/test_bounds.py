"""How far back a ledger goes, and from when on a day's sums change no more (design: a formula over the largest inf_time)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from rules.billing.b15_outpatient_growth import OutpatientGrowth
from rules.credential._habit import DAYS
from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.credential.s01_till import Till
from rules.engine.engine import Engine
from rules.engine.ledger import SKEW
from rules.engine.retraction import Retraction
from rules.ledgers import LEDGERS, Swipe, frozen_after
from rules.reference import Reference
from rules.testing import HOSPITAL, PHARMACY, at, swipe
from rules.times import DAY, HOUR, MINUTE, SECOND, day_of
from tests.oracle.sample_rules import ManyStays
from tests.rules._log import engine_of, feed, hour

FROZEN = {
    "messages": 13, "targets": 100, "swipes": 13, "tills": 13, "spending": 13, "credentials": 13, "employers": 13,
    "traced": 13, "rounded": 13, "agreements": 13, "admissions": 73, "minor_admissions": 73, "beds": 73, "outsiders": 73,
    "bad_codes": 100, "visits": 16, "services": 73, "insured": 73, "away": 73, "unrecognised": 13, "unassisted": 73,
    "claims": 73, "newcomers": 73, "late_uploads": 13, "deletions": 13, "stay_bills": 73, "agencies": 73, "overpriced": 73, "flagged": 73, "cosmetic": 73, "key_drugs": 73, "sent_out": 73, "performed": 73, "unlicensed": 73, "procured": 16, "received": 100, "stock_book": 22, "bundles": 73, "supply": 16, "therapies": 16, "capped": 73, "stays": 76, "stays_at": 73, "whereabouts": 73,
    "telephones": 73, "households": 73, "villages": 73, "care_homes": 73, "brokers": 73, "sales": 100,
    "prescriptions": 13, "physicians": 13, "orders": 13, "unregistered": 13,
}  # fmt: skip
"""Days: the greater of grace and reach + 72 h, and seven of skew; of visits, lines and stays what a cancel asks for."""


def sums(engine: Engine, ledger: str) -> dict[int, list[int]]:
    """The sums of the only page of a ledger."""
    [page] = [page for page in engine.memory.all_pages().values() if page.ledger.name == ledger]
    return page.bins


def test_each_ledger_is_frozen_after_its_own_time() -> None:
    """Of several ledgers with one name the greatest counts; rules add what they ask for."""
    engine = Engine([], Reference(), LEDGERS)
    stays = engine_of(ManyStays()).memory.bounds["stays"]

    assert FROZEN == {name: bounds.retention / DAY for name, bounds in engine.memory.bounds.items()}
    assert FROZEN == {ledger.name: frozen_after(ledger.name) / DAY for ledger in LEDGERS}
    assert (76 + 2) * DAY + HOUR == stays.retention


def test_what_is_as_old_as_the_retention_is_kept_and_a_second_older_is_refused() -> None:
    """By the largest inf_time seen for that key, not by the clock, and not by another key's."""
    newest = at("12:00", day=30)
    oldest = newest - engine_of(ConcentratedSwiping()).memory.bounds["swipes"].retention
    kept, refused = swipe(oldest), swipe(oldest - SECOND)
    elsewhere = swipe(oldest - SECOND, institution="P2")
    engine = engine_of(ConcentratedSwiping())
    effects = feed(engine, [swipe(newest), kept, refused, elsewhere])

    assert [("swipes", refused)] == effects.refused


LATE = swipe(at("23:55"))
"""It comes when the day of it is just frozen, but not yet older than what S01 keeps."""
NOW = swipe(at("00:05", day=14))


@pytest.mark.parametrize("taken", [False, True])
def test_a_frozen_day_takes_nothing_though_the_entry_is_kept(taken: bool) -> None:  # noqa: FBT001 - a column
    """Neither one more nor one less; it is refused by the ledger's name, and a fresh engine holds the same sums."""
    engine = engine_of(ConcentratedSwiping())
    before, log = [LATE, NOW] if taken else [NOW], list[Swipe | Retraction]([LATE])
    feed(engine, before)
    counted = {start: list(one) for start, one in sums(engine, "swipes").items()}
    if taken:
        keys = [f"s:{PHARMACY}:{LATE.settlement}"]
        log = [
            Retraction(retraction_keys=keys, uploaded=LATE.time + HOUR, message="r", institution=PHARMACY, identity=1)
        ]
    effects = feed(engine, log)
    heir = engine_of(ConcentratedSwiping())
    heir.load(engine.drain_changes())
    [page] = [page for page in engine.memory.all_pages().values() if page.ledger.name == "swipes"]

    assert counted == sums(engine, "swipes") == sums(heir, "swipes")
    assert LATE.id in page.held
    assert [LATE] == [entry for ledger, entry in effects.refused if ledger == "swipes"]


def test_a_day_that_is_not_frozen_yet_takes_what_comes() -> None:
    """Ten minutes earlier the same entry counts."""
    engine = engine_of(ConcentratedSwiping())
    effects = feed(engine, [replace(NOW, uploaded=NOW.uploaded - 10 * MINUTE), LATE])

    assert LATE.time // HOUR * HOUR in sums(engine, "swipes")
    assert [] == effects.refused


@pytest.mark.parametrize("rule", [ConcentratedSwiping(), Till()], ids=lambda rule: rule.id)
def test_a_habit_is_read_from_days_that_what_may_still_come_cannot_reach(rule: ConcentratedSwiping | Till) -> None:
    """The oldest that still changes anything: the 2601 on a reversal, as late and as much out of order as may be."""
    judged = at("12:00", day=40)
    newest_day_read = judged - rule.looks_back + DAYS * DAY
    message_reversal = judged - SKEW
    reversal = message_reversal - 72 * HOUR
    taken_back = reversal - 72 * HOUR

    assert newest_day_read <= taken_back
    assert day_of(taken_back) - newest_day_read < DAY


def test_sums_are_kept_for_what_the_rules_look_back_on() -> None:
    """Of what may still be judged; a clinic's hundred days, a shop's habit."""
    engine = engine_of(OutpatientGrowth())
    feed(engine, (one for day in range(200) for one in (clinic(day), hour(at("10:00", day=day)))))
    days = sorted((at("00:00", day=199) - start) // DAY for start in sums(engine, "spending"))

    assert OutpatientGrowth().span // DAY + frozen_after("spending") // DAY == days[-1]
    assert list(range(len(days))) == days


def clinic(day: int) -> Swipe:
    """A visit to a clinic."""
    return swipe(at("10:00", day=day), institution=HOSPITAL, transaction="2207", visit_type="11")

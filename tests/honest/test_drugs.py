"""How often the rules about drugs alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption unless it names its source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import comb, exp, factorial
from random import Random

import pytest
from msgspec.structs import replace

from rules.drug.d01_dup_same_action import SameAction
from rules.drug.d01_early_refill import EarlyRefill
from rules.drug.d02_over_quantity import OverQuantity
from rules.drug.d03_split_prescription import SplitPrescription
from rules.drug.d04_data_bad_trace_codes import BadTraceCodes
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.drug.d05_resale_accumulation import ResaleAccumulation
from rules.drug.d07_substituted_drug import SubstitutedDrug
from rules.drug.d10_count_still_on_shelf import StillOnShelf
from rules.drug.d10_settled_beyond_stock import SettledBeyondStock
from rules.drug.d11_never_taken_in import NeverTakenIn
from rules.engine.entry import Entry
from rules.engine.episode import runs, trigger
from rules.engine.finding import Finding, Undecidable
from rules.engine.rule import Rule
from rules.engine.window import Window
from rules.ledgers import Fill
from rules.reference import Reference
from rules.testing import HOSPITAL, at, counted, dispensed, fill, judge, listed, moved, received, sale
from rules.times import DAY, HOUR, MINUTE
from tests.oracle import wire
from tests.oracle.world import logs, run, standing_at_end

REFILLS_A_DAY = 200_000 * 0.15 * 2 / 28
"""15 % of the insured take two drugs for good and fetch them every four weeks."""
VISITS_A_DAY = 2_800
SETTLEMENTS_A_DAY = 5_000
"""Outpatient visits, and settlements with drugs (two boxes each) at pharmacies and hospitals."""


def alerts(rule: Rule, entries: Sequence[Entry]) -> int:
    """How many alerts the rule opens over the entries of one key."""
    return len(list(runs([trigger(entry, found) for entry, found in judged(rule, entries)], rule.quiet_ms)))


def judged(rule: Rule, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Finding]]:
    """What the rule finds over the entries of one key."""
    order = sorted(entries, key=lambda one: (one.time, one.id))
    window = Window(order, rule.span)
    for position, entry in enumerate(order):
        window.move_to(position)
        with suppress(Undecidable):
            if (finding := rule.check(entry, window, Reference())) is not None:
                yield entry, finding


def refills(random: Random) -> Iterator[Fill]:
    """Two years of a patient's refills of one drug, fetched when -5 to 10 days remain: 27 % come with more than 6 left.

    Packs of 30 or 28 days from a pharmacy, 28 or 84 days from a hospital; one time in twenty from elsewhere.
    """
    days, kind, place = random.choice([(30, "41", "P1"), (28, "41", "P1"), (28, "14", HOSPITAL), (84, "14", HOSPITAL)])
    time = covered = at("00:00") + random.randrange(28) * DAY
    while time < at("00:00", day=730):
        moment = time // DAY * DAY + random.randrange(1, 9) * HOUR
        packs = 10_000 * days // min(days, 30)
        yield fill(moment, days, "p1", "P2" if random.random() < 0.05 else place, visit_type=kind, quantity=packs)
        covered = max(covered, moment) + days * DAY
        time = covered - round(random.uniform(-5, 10) * DAY)


@pytest.fixture(scope="module")
def patients() -> list[list[Fill]]:
    """The refills of 500 patients."""
    random = Random(1)
    return [list(refills(random)) for _ in range(500)]


def a_day(count: int, patients: list[list[Fill]]) -> float:
    """What happened so often to these patients happens so often a day in the county."""
    return count / sum(map(len, patients)) * REFILLS_A_DAY


def test_early_refills_of_honest_patients(patients: list[list[Fill]]) -> None:
    """Only a refill elsewhere is told, as `info`; nobody reaches the wide limit or a third early fill."""
    told = a_day(sum(alerts(EarlyRefill(), one) for one in patients), patients)
    at_home = [[line for line in one if line.institution != "P2"] for one in patients]
    at_home = [[fill(line.time, line.days / DAY) for line in one] for one in at_home]

    assert 44 == pytest.approx(told, abs=0.5)
    assert 0 == sum(alerts(EarlyRefill(), one) for one in at_home)


def test_early_refills_of_honest_patients_whose_days_are_not_sent(patients: list[list[Fill]]) -> None:
    """What lasts how long is known from when they came before: again only a refill elsewhere is told, as `info`."""
    severities = Counter[str]()
    for one in patients:
        for _, finding in judged(EarlyRefill(), [replace(line, days=0) for line in one]):
            severities[finding.severity] += 1

    assert 5 == pytest.approx(a_day(severities["info"], patients), abs=0.5)
    assert ["info"] == [*severities]


def test_a_reserve_that_is_kept_is_no_early_fill(patients: list[list[Fill]]) -> None:
    """Were every fill with more than 6 days and 20 % left an early one, so many refills were a third one in 90 days."""
    third = 0
    for one in patients:
        early, covered = list[int](), 0
        for line in one:
            if covered - line.time > max(6 * DAY, line.days // 5):
                early.append(line.time)
                third += sum(line.time - 90 * DAY < when for when in early) >= 3
            covered = max(covered, line.time) + line.days

    assert 0.038 == pytest.approx(third / sum(map(len, patients)), abs=0.001)


def test_quantities_of_honest_patients(patients: list[list[Fill]]) -> None:
    """Nobody exceeds; by 117 days flat, without what the last dispensing may be by itself, very many would."""
    flat = 0
    for one in patients:
        for line in one:
            flat += sum(other.days for other in one if line.time - 90 * DAY < other.time <= line.time) > 117 * DAY

    assert 0 == sum(alerts(OverQuantity(), one) for one in patients)
    assert 350 == pytest.approx(a_day(flat, patients), abs=5)


def test_institutions_of_honest_patients(patients: list[list[Fill]]) -> None:
    """Nobody has four in 30 days, nor three: who goes elsewhere once is back at the usual place the next time."""
    shops = ("P2", "P3", "P4")
    scattered = [
        [replace(line, institution=shops[n % 3]) if line.institution == "P2" else line for n, line in enumerate(one)]
        for one in patients
    ]

    assert 0 == sum(alerts(ResaleAccumulation(), one) for one in scattered)
    assert 0 == sum(alerts(ResaleAccumulation(limit=3), one) for one in scattered)


def test_second_drugs_that_are_meant() -> None:
    """One visit in 2,000 has two drugs that act alike: `info`; of two institutions on one day a hundredth of that."""
    one, other = "XC09AAA001A001010100001", "XC09AAA002A001010100001"
    meant = [fill(at("10:00"), institution=HOSPITAL, item=item) for item in (one, other)]
    elsewhere = [meant[0], fill(at("11:00"), institution="P1", item=other)]

    assert ["info", "warning"] == [judge(SameAction(), rows)[0].severity for rows in (meant, elsewhere)]
    assert 1.4 == pytest.approx(VISITS_A_DAY / 2_000)
    assert 0.014 == pytest.approx(VISITS_A_DAY / 200_000)


def test_second_departments_of_honest_patients() -> None:
    """One visit in thirty goes on to a second department, one in forty of those gets the same drug again: `info`."""
    random, rule, told, pairs = Random(1), SplitPrescription(), 0, 4_000
    severities: set[str] = set()
    for _ in range(pairs):
        pack = random.choice((3, 4, 5, 6, 7, 10, 14))
        lines: list[Entry] = []
        for number in range(2):
            packs = -(-random.choice((3, 5, 7)) // pack)
            time, written = at("09:00") + number * HOUR, {"prescription": f"r{number}", "physician": f"D{number}"}
            lines.append(
                fill(time, packs * pack, "p1", HOSPITAL, 900, visit_type="11", quantity=packs * 10_000, **written)
            )
        told += alerts(rule, lines)
        severities |= {found.severity for found in judge(rule, list(lines))}

    assert severities == {"info"}
    assert 1.6 == pytest.approx(VISITS_A_DAY / 30 / 40 * told / pairs, abs=0.05)


def test_boxes_that_honest_shops_sell() -> None:
    """Taken back and sold again, sent twice, reported twice, reported without a settlement, or opened: no alert."""
    random, made = Random(1), list[wire.Body]()
    for number in range(400):
        start = wire.MONDAY + number * MINUTE
        made += honest_sale(random, f"8{number:019d}", f"{number}", start)
    [log] = logs([(0, wire.raw(one), 1 << 42) for one in sorted(made, key=lambda one: str(one["inf_time"]))])

    rules = [TraceCodeReuse(), BadTraceCodes(), SubstitutedDrug()]
    assert [] == standing_at_end(run(log, rules, Reference()).alerts)


def honest_sale(random: Random, box: str, number: str, at_time: int) -> list[wire.Body]:
    """One box; every mishap many times as often as in life."""
    split = "1" if random.random() < 0.2 else "0"
    made = sold(box, f"{number}a", at_time, split, setl_id_in_stock=random.random() < 0.7)
    if random.random() < 0.3:
        made += [{**one, "msgid": f"{one['msgid']}again"} for one in made]
    if split == "1":
        return made + sold(box, f"{number}b", at_time + DAY, split, setl_id_in_stock=True)
    if random.random() < 0.3:
        back = at_time + 9 * MINUTE
        made.append(wire.reversal(f"S{number}a", back))
        made.append(wire.stock("3506", back, drugtracinfo=[{"drug_trac_codg": box}]))
        made += sold(box, f"{number}b", back + HOUR, split, setl_id_in_stock=True)
    return made


def sold(box: str, number: str, at_time: int, split: str, *, setl_id_in_stock: bool) -> list[wire.Body]:
    """A box as it is settled, and as it is reported from stock."""
    line = wire.line("1", at_time)
    traced: wire.Body = {"drug_trac_codg": box, "trdn_flag": split}
    named: wire.Body = {"setl_id": f"S{number}"} if setl_id_in_stock else {}
    numbers: wire.Body = {"setl_id": f"S{number}", "mdtrt_id": f"V{number}", "psn_no": number}
    settled = wire.settlement(at_time, feedetail=[line], drug_trac_info=[{**traced, "feedetl_sn": "1"}])
    return [
        {**settled, **numbers},
        wire.stock("3505", at_time + MINUTE // 3, **named, drugtracinfo=[traced]),
    ]


def test_misread_boxes_of_honest_shops() -> None:
    """60 pharmacies of 50 to 400 settlements a day: one box in 10,000 is misread, and one alert lasts 30 days."""
    random, days, told = Random(1), 360, 0
    for shop in range(60):
        boxes = 2 * (50 + 350 * shop // 59)
        misread = [day for day in range(days) for _ in range(boxes) if random.random() < 1e-4]
        told += alerts(BadTraceCodes(), [sale(at("10:00", day=day), code="8123") for day in misread])

    assert 0.6 == pytest.approx(told / days, abs=0.05)


def test_opened_or_misread_packs() -> None:
    """Of the boxes of a day one in 50,000 is read twice by mistake: the figure of D04 is this product."""
    assert 0.2 == pytest.approx(SETTLEMENTS_A_DAY * 2 / 50_000)


def test_boxes_scanned_against_the_wrong_line() -> None:
    """One in 100,000: the figure of D07 is this product."""
    assert 0.1 == pytest.approx(SETTLEMENTS_A_DAY * 2 / 100_000)


def test_dual_channel_sales_without_their_number() -> None:
    """600 patients once a month, one upload in 200 without the number: the figure of D09 is this product."""
    assert 0.1 == pytest.approx(600 / 30 / 200)


def test_prescriptions_keyed_for_the_wrong_customer_or_fetched_in_parts() -> None:
    """One settlement in ten is on a prescription; 1 in 5,000 and 1 in 2,000: the figures of D12-RXNO."""
    on_prescription = SETTLEMENTS_A_DAY / 10

    assert 0.1 == pytest.approx(on_prescription / 5_000)
    assert 0.25 == pytest.approx(on_prescription / 2_000)


def at_least(count: int, mean: float) -> float:
    """How likely so many of what is independent are, where so many are usual (Poisson)."""
    return 1 - sum(exp(-mean) * mean**number / factorial(number) for number in range(count))


def test_prescriptions_of_honest_physicians() -> None:
    """Half of all by ten physicians of internet hospitals, 16 % of them in the busiest hour: the figures of D14."""
    each_day = SETTLEMENTS_A_DAY / 10 / 2 / 10

    assert 25 == each_day
    assert 4 == pytest.approx(0.16 * each_day)
    assert 0 == pytest.approx(10 * 365 * 13 * at_least(30, 4), abs=1e-6)
    assert 0.03 == pytest.approx(10 * 365 * at_least(50, each_day), abs=0.005)


def shelf(random: Random) -> Iterator[Entry]:
    """A year and a half of a drug at a pharmacy that uploads what it buys.

    It begins with a full shelf, of which nothing came in. A lot comes every week or every month, is uploaded up to
    two weeks late, and is sold the oldest box first, but for one in ten. One box in 200 is read wrongly, at the
    purchase or at the sale; once a year a neighbour lends two.
    """
    a_day, every = random.choice((0.2, 0.5, 1, 3)), random.choice((7, 28))
    boxes, numbers = [f"old{number}" for number in range(round(a_day * every))], iter(range(10_000))
    for day in range(540):
        if day % every == 0:
            lot = [f"{next(numbers):020d}" for _ in range(round(1.2 * a_day * every) if len(boxes) < 40 else 0)]
            if lot:
                yield received(at("08:00", day=day + random.choice((0, 0, 0, 1, 14))), [*_misread(random, lot)])
            boxes += lot
        if random.random() < 1 / 365:
            boxes[:0] = [f"lent{day}-{number}" for number in range(2)]
        for _ in range(min(len(boxes), int(a_day + random.random()))):
            [code] = _misread(random, [boxes.pop(0 if random.random() < 0.9 else -1)])
            yield dispensed(at("10:00", day=day) + random.randrange(9 * HOUR), code)


def _misread(random: Random, codes: Sequence[str]) -> list[str]:
    return [f"{code}x" if random.random() < 1 / 200 else code for code in codes]


def test_boxes_of_honest_shelves_came_in() -> None:
    """Of 80 shelves in a year and a half none is told; where two boxes were enough, many would be."""
    random = Random(1)
    shelves = [list(shelf(random)) for _ in range(80)]
    at_two = sum(alerts(NeverTakenIn(fewest=2, over_percent=10), one) for one in shelves[:20])

    assert 0 == sum(alerts(NeverTakenIn(), one) for one in shelves)
    assert at_two > 10


def test_lots_that_nobody_recorded() -> None:
    """Of 20 institutions with 40 drugs each one in 50 a year; one of the 20 a year forgets uploads, half are told."""
    drugs, forgotten = 20 * 40, 40 / 2
    a_year = drugs / 50 + forgotten

    assert 0.099 == pytest.approx(a_year / 365, abs=0.0005)
    assert 3 == a_year / 12


def kept_shelf(random: Random) -> Iterator[Entry]:
    """A year and a half of a drug at a pharmacy that uploads its whole stock.

    A lot comes every week or every month and is entered up to five days late. A fifth to a half is sold for cash. The
    shelf is counted once a month, a little wrong one time in three; now and then a pack breaks, and a neighbour lends
    some.
    """
    a_day, every, cash = random.choice((0.5, 1, 3, 8)), random.choice((7, 28)), random.uniform(0.2, 0.5)
    there = round(a_day * every)
    for day in range(540):
        if day % every == 0 and there < 2 * a_day * every:
            lot = round(1.2 * a_day * every)
            yield moved(at("08:00", day=day + random.choice((0, 0, 0, 1, 5))), lot)
            there += lot
        if random.random() < 1 / 90:
            much = random.choice((-1, 3))
            yield moved(at("08:30", day=day), much)
            there += much
        sold = min(there, int(a_day + random.random()))
        there -= sold
        for _ in range(sold):
            if random.random() > cash:
                moment = at("10:00", day=day) + random.randrange(9 * HOUR)
                yield listed(moment, institution="P1", quantity=10_000)
        if day % 30 == 0:
            yield counted(at("00:00", day=day), max(there + random.choice((0, 0, 0, 0, 2, -2)), 0))


def test_books_of_honest_shelves_agree() -> None:
    """Of 80 shelves in a year and a half none is told by either rule; where two packs were enough, some would be."""
    random = Random(1)
    shelves = [list(kept_shelf(random)) for _ in range(80)]
    strict = StillOnShelf(fewest=2, over_percent=1, wait_days=1)

    for rule in (SettledBeyondStock(), StillOnShelf()):
        assert 0 == sum(alerts(rule, one) for one in shelves)
    assert 0 < sum(alerts(strict, one) for one in shelves)


def test_wrong_counts_and_deliveries_that_nobody_entered() -> None:
    """The figures of D10 and D10-COUNT: 20 institutions with 40 drugs, one of which forgets uploads once a year."""
    drugs, forgotten = 20 * 40, 40 / 2
    beyond, counts = drugs / 50 + forgotten, drugs * 12 / 1_000 + forgotten

    assert 0.099 == pytest.approx(beyond / 365, abs=0.0005)
    assert 0.081 == pytest.approx(counts / 365, abs=0.0005)
    assert (3, 2.5) == (beyond / 12, round(counts / 12, 1))


def test_specialists_with_one_drug() -> None:
    """50 prescriptions a month each, 45 % of them for one drug at one pharmacy: the figure of D13."""
    chance = 0.9 * 0.5
    a_month = 5 * sum(comb(50, many) * chance**many * (1 - chance) ** (50 - many) for many in range(30, 51))

    assert 0.1 == round(a_month, 1)
    assert 0.004 == pytest.approx(a_month / 30, abs=0.0005)


def test_two_prescriptions_under_one_number() -> None:
    """One in 30,000 of 3,000 a day: the figure of D18."""
    assert 0.1 == 3_000 / 30_000


def test_round_sums_of_honest_pharmacies() -> None:
    """One in twenty by chance is never half of a day; one offer in four years for each of 60: the figure of D08."""
    by_chance = (
        60
        * 30
        * max(
            sum(
                comb(count, many) * 0.05**many * 0.95 ** (count - many)
                for many in range(max(20, count // 2), count + 1)
            )
            for count in range(20, 61)
        )
    )
    a_day = 60 / (4 * 365)

    assert by_chance < 1e-6
    assert 0.041 == pytest.approx(a_day, abs=0.0005)
    assert 1.2 == round(30 * a_day, 1)

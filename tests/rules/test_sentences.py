"""What the text of an alert must never be, asked of every rule: with and without names, tables and settlements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from rules import Entry, Reference, Rule, Stay, Text
from rules.catalogue import catalogue
from rules.credential.s01_sign import Sign
from rules.credential.s06_impossible_travel import ImpossibleTravel
from rules.drug.d01_early_refill import EarlyRefill
from rules.drug.d02_over_quantity import OverQuantity
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.engine.alert import Moment, words
from rules.engine.episode import Episode, Trigger
from rules.entitlement.e01_overlapping_stays import OverlappingStays
from rules.inpatient.i01_split_admission import SplitAdmission
from rules.testing import HOSPITAL, PHARMACY, at, fill, sale, stay, swipe, visit
from rules.times import FAR
from tests.rules._examples import Call, example_of, findings, make

ITEM, TABLET, BOX = "XC09AAA001A001010100001", "XA10BAE001A001010100001", "81234560000000000017"
OTHER, THIRD = "P34102200001", "P34102100030"
NAMES = {PHARMACY: "示例大药房", OTHER: "邻县药房", THIRD: "第三药房", HOSPITAL: "示例医院", "H34102100002": "第二医院"}


def reference(*rows: tuple[str, dict[str, str]]) -> Reference:
    """Tables with these rows."""
    made = Reference()
    for table, row in rows:
        made.put(table, row)
    return made


def institution(code: str, **columns: str) -> tuple[str, dict[str, str]]:
    """A row of the register."""
    return "institutions", {"fixmedins_code": code, "status": "active", "kind": "pharmacy"} | columns


TABLES = reference(
    *(institution(code, name=name, admdvs="341021") for code, name in NAMES.items()),
    ("drugs", {"med_list_codg": ITEM, "name": "雷米普利片"}),
)
"""Names of all, as the bureau may have loaded them."""
FAR_APART = reference(
    institution(PHARMACY, lat="30.0", lon="118.0", group="G1"), institution(OTHER, lat="31.0", lon="118.0"),
    institution(HOSPITAL, group="G1"), institution("H34102100002", group="G1"),
)  # fmt: skip


def cards(**sign: object) -> list[Entry]:
    """Six cards that share a sign, and nothing else."""
    plain = [swipe(at("10:00", seconds=90 * n), f"p{n}", total=2_000 + 700 * n) for n in range(6)]
    return [replace(one, **sign) for one in plain]


def two_stays(*more: Stay) -> list[Entry]:
    """Admissions to two hospitals, and what else is known of them."""
    first, second = (
        stay(at("09:00", day=day), "admission", f"v{day}", institution=place)
        for day, place in ((1, HOSPITAL), (3, "H34102100002"))
    )
    return [first, second, *more]


DISCHARGES = [
    stay(at("09:00", day=6), "discharge", "v1"),
    stay(at("09:00", day=7), "discharge", "v3", institution="H34102100002"),
]
BILLS = [
    stay(at("10:00", day=6), "settlement", "v1", amount=100_000),
    stay(at("10:00", day=7), "settlement", "v3", institution="H34102100002", amount=90_000),
]
BESIDE_EXAMPLES: list[Call] = [
    Call(Sign(), cards(total=8_800), Reference()),
    Call(Sign(amount_percent=50), cards(total=8_800) + cards(total=8_801), Reference()),
    Call(Sign(), cards(elsewhere=True, insured_in="341022"), Reference()),
    Call(Sign(), cards(balance=0), Reference()),
    Call(
        ImpossibleTravel(),
        [visit(at("10:00")), visit(at("10:40"), institution=OTHER, county="341022")],
        FAR_APART,
    ),
    Call(
        ImpossibleTravel(),
        [visit(at("10:00")), visit(at("10:20"), institution=OTHER), visit(at("10:40"), institution=THIRD)],
        Reference(),
    ),
    Call(ImpossibleTravel(places=2), [visit(at("10:00"), county=""), visit(at("10:20"), institution=OTHER, county="")],
         Reference()),
    Call(OverlappingStays(), two_stays(), Reference()),
    Call(OverlappingStays(), two_stays(DISCHARGES[0]), Reference()),
    Call(OverlappingStays(), two_stays(*DISCHARGES, *BILLS), Reference()),
    Call(EarlyRefill(), [fill(at("10:00", day=day), institution=code) for day, code in
                         ((0, PHARMACY), (20, PHARMACY), (40, PHARMACY), (60, OTHER))], Reference()),
    Call(OverQuantity(), [fill(at("10:00", day=day), 60, institution=OTHER if day else PHARMACY) for day in (0, 30)],
         Reference()),
    Call(TraceCodeReuse(), [sale(at("10:00", seconds=n), settlement=f"x{n}", item="") for n in range(20)], Reference()),
    Call(TraceCodeReuse(), [sale(at("10:00", day=n), institution=code, item="", stock=True, settlement="", amount=0)
                            for n, code in enumerate((PHARMACY, OTHER))], Reference()),
    Call(SplitAdmission(), [stay(at("09:00"), "admission", "v1"), stay(at("10:00", day=5), "discharge", "v1"),
                            stay(at("10:00", day=8), "admission", "v2", institution="H34102100002")], FAR_APART),
]  # fmt: skip
"""What the sentences say that no example of a rule brings about."""


class Told(NamedTuple):
    """A text, and what of it is a name or a code."""

    text: Text
    what: Text
    names: set[str]
    codes: set[str]
    episode: Episode


def calls_of(rule: type[Rule]) -> list[Call]:
    """Its example, and what stands above."""
    return [*example_of(rule).calls, *(call for call in BESIDE_EXAMPLES if type(call.rule) is rule)]


def varied(rows: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The rows with and without names, before and after anything is settled."""
    for name in ("", "示例机构"):
        yield [replace(one, name=name) for one in rows]
        yield [replace(one, name=name, settlement="", amount=0) for one in rows]
    yield [replace(one, settlement="") for one in rows]
    mixed = [
        replace(one, settlement="" if n % 2 else "s", name="示例机构" if n % 2 else "") for n, one in enumerate(rows)
    ]
    yield mixed


def told(rule: type[Rule]) -> Iterator[Told]:
    """Every text that the rule gives: of each finding alone, and of all of them as one episode."""
    for call in calls_of(rule):
        for rows in varied(call.rows) if isinstance(call.rows, list) else [call.rows]:
            yield from _told(call.rule, call._replace(rows=rows))


def _told(rule: Rule, call: Call) -> Iterator[Told]:
    found = list(findings(call))
    episodes = [Episode([one], FAR) for one in found] + ([Episode(found, FAR)] if len(found) > 1 else [])
    for tables in (Reference(), TABLES, call.reference):
        for episode in episodes:
            for asked, told_to in ((False, ""), (True, ""), (True, episode.first.institution)):
                now = Moment(0, FAR, tables, [])
                text, what = words(rule, episode, now, asked=asked, told_to=told_to)
                assert now.faults == []
                yield Told(text, what, {*NAMES.values(), "示例机构", "雷米普利片"}, set(codes_of(episode)), episode)


def codes_of(episode: Episode) -> Iterator[str]:
    """What is a code in a text about these triggers."""
    yield episode.first.institution
    for one in [*episode.evidence, *episode.peak.evidence]:
        yield from (one.institution, one.item, one.line, *one.decided.values())
    yield from (BOX, "J06", "J18", "PET/CT", *NAMES, *(row.institution for row in episode.peak.evidence))


def bare(text: str, parts: Iterable[str], mark: str) -> str:
    """The text with these parts, the longest first, replaced by a mark."""
    for part in sorted(filter(None, parts), key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(part)}(?![A-Za-z0-9])", mark, text)
    return text


HOLES = re.compile(
    r"（）|（，|，）|、）|：（|在（|于（|在，|于，|自（|的（|  |，，|、、|，。|、。|：。|；）|^[（，、。： ]|[，、： ]$"
)
HOLES_EN = re.compile(r"\(\)|\( | \)| ,| ;| \.|,,|;;|  |: ;|: \.|at ,|at \(|of \(|^[ (,;:.]|[ ,;:]$")
TWICE = re.compile(r"([一-鿿]{2,})\1|涉及[^。]*涉及|\b([a-z]{2,}) \2\b")


@pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in catalogue().items()])
def test_no_text_has_a_hole_a_word_twice_or_two_languages(rule: type[Rule]) -> None:
    """A code stands for itself where a name is missing, and apart from the figures beside it."""
    seen = 0
    for one in told(rule):
        zh, en = one.text.zh, one.text.en
        seen += 1
        assert not HOLES.search(zh), zh
        assert not HOLES_EN.search(en), en
        assert not TWICE.search(zh), zh
        assert not TWICE.search(en), en
        assert zh.count("（") == zh.count("）"), zh
        chinese = bare(bare(zh, one.names, ""), one.codes, "§")
        assert not re.search(r"[A-Za-z;()]|,(?!\d{3})", chinese), zh
        assert not re.search(r"\d§|§\d|§§", chinese), zh
        assert not re.search(r"[一-鿿（）。、；]", bare(en, one.names, "§").replace("§", "")), en
    assert seen > 0


@pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in catalogue().items()])
def test_the_threshold_is_told_once_in_words_that_fit(rule: type[Rule]) -> None:
    """What is reached is `and more`, what is exceeded is `more than`, and no threshold is called a limit from above."""
    for one in told(rule):
        peak, (threshold,) = one.episode.peak, re.findall(r"提示阈值：([^；）]*)", one.text.zh)
        assert one.text.en.count("(threshold: ") == 1, one.text.en
        assert "上限" not in one.text.zh
        assert ("超过" in threshold) == ("more than" in one.text.en.partition("(threshold: ")[2].partition(")")[0])
        if "及以上" in threshold:
            assert peak.value >= peak.limit
        elif "超过" in threshold:
            assert peak.value > peak.limit or re.search("已超过|略高于", one.text.zh), one.text.zh
        else:
            assert re.search(r"不足\d+天|出院后\d+天内再次入院|间隔不足\d+分钟跨县", threshold), threshold


@pytest.mark.parametrize("rule", [pytest.param(rule, id=name) for name, rule in catalogue().items()])
def test_only_what_was_settled_is_said_to_be_paid(rule: type[Rule]) -> None:
    """Nothing settled is said to be so; stock, messages, sums over days and leads have nothing to settle."""
    for one in told(rule):
        rows = [row for row in one.episode.evidence if row.role not in ("stock_sale", "message", "lead")]
        bills = [row for row in rows if row.role not in ("admission", "discharge")]
        paid, open_ = "涉及医保基金支付" in one.text.zh, "尚未结算" in one.text.zh

        assert paid == any(row.settlement for row in bills)
        assert not rows or paid or open_
        assert rows or not open_


def test_an_institution_is_told_of_no_other() -> None:
    """The bureau reads where a person was before; an institution that asks reads that it was elsewhere."""
    rows = [fill(at("10:00"), institution=PHARMACY), fill(at("10:00", day=5), institution=OTHER)]
    call = Call(make(EarlyRefill), list[Entry](rows), Reference())
    [found] = findings(call)
    bureau, asking = (_words(call.rule, found, told_to)[0].zh for told_to in ("", OTHER))

    assert f"在示例大药房（{PHARMACY}）配30天量" in bureau
    assert "在其他机构配30天量" in asking
    assert PHARMACY not in asking


def _words(rule: Rule, found: Trigger, told_to: str) -> tuple[Text, Text]:
    return words(rule, Episode([found], FAR), Moment(0, FAR, TABLES, []), asked=True, told_to=told_to)


def test_what_a_reminder_says_is_chinese() -> None:
    """Both what happened and what proves it."""
    call = Call(make(EarlyRefill), [fill(at("10:00")), fill(at("10:00", day=5))], Reference())
    [found] = findings(call)
    whole, what = _words(call.rule, found, PHARMACY)

    assert what.zh in whole.zh
    assert not re.search("[A-Za-z]", what.zh.replace(ITEM, "").replace(PHARMACY, ""))

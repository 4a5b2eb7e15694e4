"""Pharmacy settlements that nobody here wrote: D01 and D02 against a script that reads the rows itself."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from rules.credential.s01_concentrated_swiping import ConcentratedSwiping
from rules.drug.d01_early_refill import EarlyRefill
from rules.drug.d02_over_quantity import OverQuantity
from rules.drug.d03_split_prescription import SplitPrescription
from rules.drug.d04_data_bad_trace_codes import BadTraceCodes
from rules.drug.d04_trace_code_reuse import TraceCodeReuse
from rules.engine.alert import Alert
from rules.engine.engine import Engine
from rules.engine.rule import Rule
from rules.engine.watch import Watch
from rules.ledgers import LEDGERS
from rules.reference import Reference
from rules.times import DAY, HOUR, MINUTE, clock, parse
from rules.wire.door import Door
from rules.wire.pseudonyms import Pseudonyms
from streams.detect.detector import process
from streams.route.router import Router, bundles, encode_tick

ROOT = Path(__file__).parents[3]
FILE = Path(os.environ.get("MONITOR_SYNPUF") or ROOT.parent / "shared" / "data" / "synpuf_pharmacy.jsonl.gz")
ORACLE = ROOT / "tests" / "oracle" / "synpuf_refills.py"
BOX = "81234560000000000017"
RULES: tuple[Rule, ...] = (
    ConcentratedSwiping(), EarlyRefill(), OverQuantity(), SplitPrescription(), TraceCodeReuse(), BadTraceCodes(),
)  # fmt: skip

Row = dict[str, object]
Found = tuple[str, str, str, float, float, int]
"""Rule, person, substance, first and last trigger (seconds), how many."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not there: name it in MONITOR_SYNPUF"),
]


def rows() -> list[Row]:
    """The settlements of the file."""
    with gzip.open(FILE) as file:
        return [json.loads(line) for line in file]


def drugs(digits: int) -> Reference:
    """A drug table in which codes that begin with the same digits are one substance."""
    reference = Reference()
    for row in rows():
        code = code_of(row)
        reference.put("drugs", {"med_list_codg": code, "group": code[:digits]})
    return reference


def code_of(row: Row) -> str:
    """The drug of a row; each has one line."""
    lines = row["feedetail"]
    assert isinstance(lines, list)
    return str(lines[0]["med_list_codg"])


def standing(made: Iterable[Row], reference: Reference) -> list[Alert]:
    """The alerts that stand when the rows have gone through the door, the router and the engine."""
    router, engine = Router(Door(Pseudonyms("", raw=True))), Engine([Watch(rule) for rule in RULES], reference, LEDGERS)
    last: dict[str, Alert] = {}
    hour = 0
    for number, row in enumerate(made):
        uploaded = parse(str(row["inf_time"]))
        routed = router.route([(json.dumps(row).encode(), uploaded)])
        assert not routed.dead_letters, f"row {number}: {routed.dead_letters}"
        before, hour = hour, max(hour, uploaded // HOUR * HOUR)
        values = [*bundles(value for _, value in routed.entries), *([encode_tick(hour)] if hour > before else [])]
        last |= {alert.alert_id: alert for alert in process(engine, [(one, uploaded) for one in values]).revisions}
    last |= {alert.alert_id: alert for alert in process(engine, [(encode_tick(0, final=True), 0)]).revisions}
    return [alert for alert in last.values() if alert.status != "withdrawn"]


def by_engine(alerts: Iterable[Alert]) -> list[Found]:
    """What D01 and D02 found, as the script tells it."""
    return sorted(
        (one.rule_id, one.scope[0], one.scope[1], _seconds(one.first_time), _seconds(one.last_time), one.triggers)
        for one in alerts
        if one.rule_id in ("D01", "D02")
    )


def by_script(digits: int) -> list[Found]:
    """What the script finds, which knows nothing of this project."""
    done = subprocess.run([sys.executable, ORACLE, FILE, str(digits)], capture_output=True, check=True, text=True)
    return sorted(tuple(json.loads(line)) for line in done.stdout.splitlines())


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


@pytest.fixture(scope="module")
def of_file() -> list[Alert]:
    """The alerts of the file as it is, substances told by the first nine digits."""
    return standing(rows(), drugs(9))


def test_refills_equal_those_of_the_script(of_file: list[Alert]) -> None:
    """No row is refused, the same refills are found, and no other of these rules says anything."""
    assert by_script(9) == by_engine(of_file)
    assert ["D01"] == [alert.rule_id for alert in of_file]


@pytest.mark.long
def test_hundreds_of_refills_equal_those_of_the_script() -> None:
    """Substances told by the first five digits, the maker: not medicine, but much to compare."""
    found = by_engine(standing(rows(), drugs(5)))

    assert by_script(5) == found
    assert (359, 174) == (sum(one[0] == "D01" for one in found), sum(one[0] == "D02" for one in found))


def spliced(row: Row, number: int, at: int, **fields: object) -> Row:
    """A row of the file once more, with its own numbers, at another time."""
    when, lines = clock(at, "%Y-%m-%d %H:%M:%S"), row["feedetail"]
    assert isinstance(lines, list)
    ids: Row = {"msgid": f"X{number}", "setl_id": f"XS{number}", "mdtrt_id": f"XV{number}"}
    line: Row = {**lines[0], "feedetl_sn": f"XF{number}", "fee_ocur_time": when}
    return {**row, **ids, "inf_time": when, "setl_time": when, "feedetail": [line], **fields}


def test_spliced_in_frauds_are_found_and_nothing_else(of_file: list[Alert]) -> None:
    """A burst of twelve cards, a refill on the fifth of thirty days, and one box at two pharmacies."""
    honest = rows()
    refilled = next(row for row in honest[3_000:] if _days(row) == 30)
    noon = parse("2009-03-03 12:00:00")
    shop = str(honest[0]["fixmedins_code"])
    burst = [
        spliced(honest[n], n, noon + n * MINUTE // 2, psn_no=f"B{n}", fixmedins_code=shop) for n in range(100, 112)
    ]
    early = spliced(refilled, 1, parse(str(refilled["setl_time"])) + 5 * DAY)
    traced = [{"drug_trac_codg": BOX, "feedetl_sn": f"XF{n}", "trdn_flag": "0"} for n in (2, 3)]
    boxes = [
        spliced(honest[4], 2, noon + 40 * DAY, psn_no="T1", fixmedins_code="P1", drug_trac_info=traced[:1]),
        spliced(honest[5], 3, noon + 60 * DAY, psn_no="T2", fixmedins_code="P2", drug_trac_info=traced[1:]),
    ]
    before = {alert.alert_id for alert in of_file}

    made = sorted([*honest, *burst, early, *boxes], key=lambda row: str(row["inf_time"]))
    news = [alert for alert in standing(made, drugs(9)) if alert.alert_id not in before]

    assert [
        ("D01", (refilled["psn_no"], code_of(refilled)[:9]), "warning", {"X1", refilled["msgid"]}),
        ("D04", (BOX,), "critical", {"X2", "X3"}),
        ("S01", (shop,), "warning", {f"X{n}" for n in range(100, 112)}),
    ] == sorted((one.rule_id, one.scope, one.severity, {proof.msgid for proof in one.evidence}) for one in news)


def _days(row: Row) -> object:
    lines = row["feedetail"]
    assert isinstance(lines, list)
    return lines[0]["prd_days"]

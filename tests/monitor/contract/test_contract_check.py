"""`monitor contract check`: how much of a file is understood, why the rest is not, and no word about a person."""

from __future__ import annotations

import ast
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.contract.text import MEANING
from monitor.errors import ConfigurationError
from monitor.handbook.examples import examples
from rules.wire.fields import PERSONAL

ROOT = Path(__file__).parents[3]
PERSON = "34102199000000101234"
SETTLEMENT: dict[str, Any] = {
    "infno": "2207", "msgid": "m1", "inf_time": "2026-03-05 10:00:05", "fixmedins_code": "H34102100001",
    "psn_no": PERSON, "setl_id": "s1", "mdtrt_id": "v1", "med_type": "11", "setl_time": "2026-03-05 10:00:00",
    "medfee_sumamt": 30.0, "fund_pay_sumamt": 20.0,
}  # fmt: skip
HEADER = ("infno", "msgid", "inf_time", "fixmedins_code")
REQUEST = {name: SETTLEMENT[name] for name in HEADER} | {"input": {"data": {"psn_no": PERSON, "mdtrt_id": "v1"}}}
LINE = {
    "feedetl_sn": "1", "med_list_codg": "X1", "cnt": 1, "pric": 1, "det_item_fee_sumamt": 1,
    "fee_ocur_time": "2026-03-05 10:00:00",
}  # fmt: skip


def run(*arguments: str, code: int, given: bytes = b"") -> str:
    """What the command prints that ends with this code. Raises what the command raises."""
    result = CliRunner().invoke(app, ["contract", "check", *arguments], input=given, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def encoded(messages: list[Any]) -> bytes:
    """One message a line; bytes stand as they are."""
    return b"\n".join(one if isinstance(one, bytes) else orjson.dumps(one) for one in messages)


def check(*messages: object, code: int = 1) -> dict[str, Any]:
    """The report on these messages, as --json prints it."""
    report: dict[str, Any] = orjson.loads(run("-", "--json", code=code, given=encoded(list(messages))))
    return report


def reasons(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Fate, code and text of each reason."""
    return [(one["fate"], one["code"], one["text"]) for one in report["reasons"]]


def test_every_example_of_the_page_on_messages_is_understood() -> None:
    """All transactions in all forms: exit code 0, and nothing to say."""
    messages = [one.message for one in examples()]

    report = check(*messages, code=0)

    assert (len(messages), len(messages)) == (report["read"], report["understood"])
    assert ([], []) == (report["reasons"], report["noted"])


def test_messages_are_counted_by_transaction_and_form() -> None:
    """The transaction as it was sent, A and all; a form that could not be read is empty."""
    report = check(
        SETTLEMENT | {"infno": "2207A"},
        REQUEST,
        REQUEST | {"infcode": -1},
        SETTLEMENT | {"infno": "1101"},
        SETTLEMENT | {"setl_time": "2026-03-01 10:00:00"},
        b"nonsense",
    )

    fates = ("understood", "skipped", "failed", "late", "refused")
    rows = [[one["infno"], one["form"], *(name for name in fates if one[name])] for one in report["transactions"]]
    assert [
        ["", "", "refused"],
        ["1101", "flat", "skipped"],
        ["2207", "flat", "late"],
        ["2207", "request", "refused"],
        ["2207", "reply", "failed"],
        ["2207A", "flat", "understood"],
    ] == rows
    assert (6, 1, 1, 1, 1, 2) == tuple(report[name] for name in ("read", *fates))


def test_what_was_not_understood_is_told_by_reason() -> None:
    """Refused first, the most frequent first; each reason once for a message, with the first five lines."""
    wrong = SETTLEMENT | {"feedetail": [LINE | {"cnt": "x"}, LINE | {"cnt": "xyz"}]}
    report = check(SETTLEMENT, *[wrong] * 6, REQUEST, SETTLEMENT | {"infno": "9001"})

    assert [
        ("refused", "wrong_type", "feedetail[].cnt: expected a number, was text"),
        (
            "refused",
            "no_result",
            "output: expected output beside input: 2207 is done only where the reply says so, was missing",
        ),
        ("skipped", "skipped", "infno 9001: expected a transaction that is used"),
    ] == reasons(report)
    assert (6, [2, 3, 4, 5, 6]) == (report["reasons"][0]["messages"], report["reasons"][0]["lines"])
    assert (1, [8]) == (report["reasons"][1]["messages"], report["reasons"][1]["lines"])


def test_a_message_has_every_reason_that_it_has() -> None:
    """A missing field and a wrong time are two reasons of one message."""
    report = check({name: value for name, value in SETTLEMENT.items() if name != "psn_no"} | {"setl_time": "10:00:00"})

    assert {"missing_field", "bad_time"} == {code for _, code, _ in reasons(report)}
    assert 1 == report["refused"]


@pytest.mark.parametrize(("infno", "hours"), [("2207", 72), ("2301", 60 * 24), ("2402", 15 * 24), ("3505", 15 * 24)])
def test_the_grace_of_a_late_message_is_told(infno: str, hours: int) -> None:
    """Each transaction has its own."""
    late = "2025-01-01 10:00:00"
    times = {"setl_time": late, "endtime": late, "sel_retn_time": late}
    rest = {"feedetail": [LINE | {"fee_ocur_time": late}], "med_list_codg": "X", "cnt": 1}

    report = check(SETTLEMENT | times | rest | {"infno": infno})

    assert [("late", "late", f"business time: expected at most {hours} h before inf_time, was earlier")] == reasons(
        report
    )


def test_what_is_noted_of_understood_messages_is_told() -> None:
    """Lines left out, trace codes that are none or missing, fields that were cut."""
    codes = [{"drug_trac_codg": code} for code in ("81002363506433461610", "6901234567892", "")]
    noted = {
        "feedetail": [LINE, LINE | {"feedetl_sn": "2", "fee_ocur_time": "2025-01-01 10:00:00"}],
        "drug_trac_info": codes,
        "age": 850,
    }
    report = check(SETTLEMENT, SETTLEMENT | noted, code=0)

    assert {
        ("late_lines", ""): (1, [2]),
        ("bad_codes", ""): (1, [2]),
        ("missing_codes", ""): (1, [2]),
        ("cut", "age"): (1, [2]),
    } == {(one["what"], one["field"]): (one["count"], one["lines"]) for one in report["noted"]}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([SETTLEMENT], 0),
        ([SETTLEMENT, SETTLEMENT | {"infno": "9001"}], 0),
        ([SETTLEMENT, REQUEST | {"infcode": 1}], 0),
        ([SETTLEMENT, REQUEST], 1),
        ([SETTLEMENT | {"infno": "9001"}], 1),
        ([], 1),
    ],
)
def test_the_exit_code_says_whether_to_go_on(messages: list[object], code: int) -> None:
    """0 where something was understood and nothing refused. What is skipped or has failed is no error."""
    check(*messages, code=code)


def test_a_file_may_be_gzip(tmp_path: Path) -> None:
    """And the same on stdin."""
    (tmp_path / "messages.gz").write_bytes(gzip.compress(encoded([SETTLEMENT])))

    assert "2207" in run(str(tmp_path / "messages.gz"), code=0)
    assert "2207" in run("-", code=0, given=gzip.compress(encoded([SETTLEMENT])))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A configuration error, which ends the command with exit code 2."""
    with pytest.raises(ConfigurationError, match="nothing-here"):
        run(str(tmp_path / "nothing-here"), code=2)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ["请求与应答", "拒收 no_result: 只有请求，没有应答", "1 条，第 2 行", "publishing.zh.md"]),
        ("en", ["request and reply", "refused no_result: a request without", "lines: 2", "publishing.md"]),
    ],
)
def test_people_are_told_in_their_language(language: str, said: list[str]) -> None:
    """Chinese unless English is asked for."""
    done = REQUEST | {"infcode": "0", "output": {"setlinfo": SETTLEMENT}}

    printed = run("-", "--lang", language, code=1, given=encoded([done, REQUEST]))

    assert [] == [words for words in said if words not in printed]
    assert printed.startswith("infno" if language == "en" else "交易")


def test_many_reasons_are_cut_for_people(tmp_path: Path) -> None:
    """The first fifty are printed; --json has all."""
    file = tmp_path / "messages"
    file.write_bytes(encoded([{f"a{chr(97 + n // 26)}{chr(97 + n % 26)}": 1} for n in range(60)]))

    printed = run(str(file), "--lang", "en", code=1)

    assert printed.count("not_a_message") == 50
    assert "more reasons, see --json: 10" in printed
    assert "Nothing was understood." in printed
    assert len(orjson.loads(run(str(file), "--json", code=1))["reasons"]) == 60


def test_so_many_transactions_are_told_apart() -> None:
    """What does not look like a transaction, and what comes after the first hundred, is `other`."""
    odd = [SETTLEMENT | {"infno": PERSON}, SETTLEMENT | {"infno": "王小明"}]
    many = [SETTLEMENT | {"infno": str(number)} for number in range(9000, 9150)]
    report = check(*odd, *many, SETTLEMENT, many[0], code=0)

    told = {one["infno"]: one["read"] for one in report["transactions"]}
    assert (102, 52, 1, 2) == (len(told), told["other"], told["2207"], told["9000"])
    assert PERSON not in str(report)


def with_secrets(value: object) -> object:
    """A message whose personal fields hold what must not be told."""
    if isinstance(value, list):
        return [with_secrets(one) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {name: with_secrets(one) for name, one in value.items()}
    return changed | {name: {"SECRET": "SECRET"} for name in PERSONAL if name in value} | {"setl_time": "SECRET"}


@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_is_told_of_a_person(as_json: bool) -> None:  # noqa: FBT001 - a case of a table
    """No personal field's value stands in the report, whatever is wrong with it."""
    named = dict.fromkeys(PERSONAL, "SECRET" * 60)
    messages = [
        *(with_secrets(one.message) for one in examples()),
        *(named | {"infno": infno} for infno in ("2207", "2401", "3505", "SECRET SECRET")),
        named,
        SETTLEMENT | named,
        {"SECRET 1": 1},
        b'"SECRET"',
        b"SECRET",
    ]

    printed = run("-", *(["--json"] if as_json else []), code=1, given=encoded(messages))

    assert "SECRET" not in printed
    assert PERSON not in printed


def codes_in_the_source() -> Iterator[str]:
    """The code of every reason that rules/wire can give: the first argument of Reason and Unfit."""
    for path in sorted((ROOT / "rules" / "wire").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Reason", "Unfit"):
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def test_every_reason_has_a_meaning_and_stands_in_the_pages_on_publishing() -> None:
    """In both languages; also what becomes of a message that is not refused."""
    codes = {*codes_in_the_source()}

    assert codes | {"skipped", "failed", "late"} == MEANING.keys()
    assert len(codes) > 10
    for name in ("publishing.md", "publishing.zh.md"):
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert [] == [code for code in MEANING if f"| `{code}` |" not in page]

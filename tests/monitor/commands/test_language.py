"""Every command that prints for people does so in the language that was asked for."""

from __future__ import annotations

import pkgutil
import re
import string
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

import monitor
from monitor.area.gaptext import gap_text
from monitor.cli import app
from monitor.console.words import WORDS
from monitor.contract.text import Said
from rules.catalogue import catalogue
from streams.kafka.lost import Gap

SILENT = {
    *("monitor worker", "monitor notify", "monitor exporter", "monitor readmodel", "monitor console"),
    "monitor contract export",
}
"""They print nothing for people: processes that write a log, and a schema."""

NAME_OF_THE_OTHER = WORDS["other_language"]
"""It is written in the other language on purpose."""

_COMMAND = re.compile(r"monitor(?: -{0,2}[a-z][a-z_.-]*)+|`[^`]+`")
_SENTENCE = re.compile(r"[A-Za-z]+,? [a-z]+,? [a-z]+")
_SEEN = re.compile(r"[一-鿿]")


def english(text: str) -> list[str]:
    """The English sentences of a text: three words in a row that are no command of ours, no code, and no error's."""
    lines = [line for line in text.splitlines() if "expected" not in line]
    return [found for line in lines for found in _SENTENCE.findall(_COMMAND.sub("", line))]


def test_an_english_sentence_is_found_among_chinese() -> None:
    """What the other tests here rest on."""
    assert ["stop all workers"] == english("先停止：stop all workers 再运行 monitor topics configure --yes")
    assert [] == english("先停止所有工作进程，再运行 monitor topics configure --yes\nx: expected what is there, was y")


def commands(command: object, name: str = "monitor") -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    for child_name, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{name} {child_name}")
    if not hasattr(command, "commands") or getattr(command, "invoke_without_command", False):
        yield name, {option for parameter in getattr(command, "params", []) for option in parameter.opts}


def test_every_command_that_prints_for_people_takes_a_language() -> None:
    """All but those that print nothing for them."""
    without = {name for name, options in commands(typer.main.get_command(app)) if "--lang" not in options}

    assert SILENT == without


def sayings(found: object) -> Iterator[Said]:
    """What stands in a constant: a sentence, or a mapping with some."""
    if isinstance(found, Said):
        yield found
    elif isinstance(found, Mapping):
        for one in found.values():
            yield from sayings(one)


def all_sayings() -> list[Said]:
    """Every sentence in two languages that stands in a module of ours."""
    names = [one.name for one in pkgutil.walk_packages(monitor.__path__, "monitor.") if "__main__" not in one.name]
    return [said for name in names for value in vars(import_module(name)).values() for said in sayings(value)]


def test_every_sentence_is_there_in_both_languages() -> None:
    """No English sentence in the Chinese one, no Chinese in the English one, and every place to be filled."""

    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    found = [said for said in all_sayings() if said != NAME_OF_THE_OTHER]

    assert len(found) > 300
    assert [] == [said for said in found if english(said.zh) or _SEEN.search(said.en)]
    assert [] == [said for said in found if not places(said.en) <= places(said.zh)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small county with labels and tables, its alerts, a file of rules and the platform's list."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONITOR_PERSON_KEY", "a key of sixteen letters")
    (tmp_path / "rules.toml").write_text("[S01]\nlimit = 6\n[D01]\nenabled = false\n")
    (tmp_path / "list.csv").write_text("institution,day,number,sum\nP1,2026-03-02,1,2.00\n")
    ask("simulate --out events --labels labels --reference tables --persons 800 --days 4 --start 2026-03-02")
    return tmp_path


def ask(words: str, *codes: int) -> str:
    """What a command prints in Chinese. codes: with which it may end beside 0."""
    result = CliRunner().invoke(app, [*words.split(), "--lang", "zh"], catch_exceptions=False)
    assert result.exit_code in (0, *codes), result.output
    return result.output


def test_what_is_printed_in_chinese_is_chinese(folder: Path) -> None:
    """Each command that needs no broker, with something to say; what doctor says where none answers."""
    broken = [
        {"infno": "2102"},
        {"infno": "9001", "msgid": "1", "fixmedins_code": "H1", "inf_time": "2026-03-02 10:00:00"},
    ]
    (folder / "some").write_bytes(b"\n".join(map(orjson.dumps, broken)))
    said = {
        words: ask(words, 1)
        for words in (
            "replay events --reference tables --alerts alerts --dead-letters letters --full --follow",
            "replay some",
            "replay events --compare rules.toml",
            "evaluate --alerts alerts --labels labels",
            "rules list --rules rules.toml",
            *(f"rules show {rule}" for rule in catalogue()),
            "rules validate rules.toml",
            "reference validate tables",
            "contract check events",
            "contract check some",
            "reconcile list.csv --day 2026-03-02 --events events",
            "doctor --brokers 127.0.0.1:1",
        )
    }

    assert {} == {words: found for words, text in said.items() if (found := english(text))}
    assert [] == [words for words, text in said.items() if not _SEEN.search(text)]


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (
            Gap("p.events", 3, 4, 7, 9, 1_772_683_200_000, 1_772_690_400_000),
            (
                "p.events/3：偏移量 4 至 6 的记录未读取即已删除（约自最后判定的小时 2026-03-05T12:00:00+08:00，"
                "至现有第一条记录 2026-03-05T14:00:00+08:00）"
            ),
        ),
        (Gap("p.events", 3, 12, 0, 0), "p.events/3：偏移量 12 超出末尾 0：主题被重建或截断（起始时间未知，至今）"),
        (
            Gap("p.events", 3, None, 7, 9),
            "p.events/3：消费组的偏移量已丢失，而保存的状态仍在；现有记录从 7 开始（起始时间未知，至今）",
        ),
        (
            Gap("p.internal.entries", 0, 9, 7, 9),
            "p.internal.entries/0：偏移量 9 处保存的状态已丢失，现有记录仅从 7 开始（起始时间未知，至今）",
        ),
    ],
)
def test_a_gap_is_told_in_both_languages(gap: Gap, said: str) -> None:
    """The English one is that of the worker."""
    assert Said(said, gap.what) == gap_text(gap)

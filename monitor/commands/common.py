"""What the commands share: options, output, the language of sentences."""

from __future__ import annotations

import gzip
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from typing import IO, Annotated, cast

import orjson
import typer

from monitor.errors import ConfigurationError
from monitor.lines import STDIN
from monitor.settings import DEVELOPMENT_KEY, Settings
from monitor.text import printable, printable_json


class Lang(StrEnum):
    """Language of sentences on the terminal."""

    zh = "zh"
    en = "en"


def lang_of(environment: Mapping[str, str]) -> Lang:
    """The language of a locale, by the first of LC_ALL, LC_MESSAGES and LANG that is set: en… is English, all else zh.

    >>> lang_of({"LC_ALL": "", "LANG": "en_US.UTF-8"}).value, lang_of({"LC_ALL": "C", "LANG": "en_US.UTF-8"}).value
    ('en', 'zh')
    """
    said = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return Lang.en if said.startswith("en") else Lang.zh


def _lang_of_locale() -> Lang:
    return lang_of(os.environ)


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LangOption = Annotated[
    Lang,
    typer.Option(
        "--lang",
        default_factory=_lang_of_locale,
        help="Language of the sentences; else that of the locale (LC_ALL, LC_MESSAGES, LANG), and Chinese where it is "
        "neither.",
        show_default=False,
    ),
]
RulesFile = Annotated[
    Path | None, typer.Option("--rules", help="rules.toml with parameters that differ from the defaults.")
]
TablesFolder = Annotated[Path | None, typer.Option("--reference", help="Folder with reference tables as CSV.")]


def group(about: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(no_args_is_help=True, help=about)


def out(text: str) -> None:
    """Print lines of ours. What came from outside and may hold a line break goes through `out_line`."""
    sys.stdout.write("\n".join(map(printable, text.split("\n"))) + "\n")


def out_line(text: str) -> None:
    """Print one line, whatever stands in it."""
    sys.stdout.write(printable(text) + "\n")


def out_json(value: object) -> None:
    """Print a value as JSON."""
    sys.stdout.write(printable_json(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()) + "\n")


def out_json_line(value: object) -> None:
    """Print a value as JSON in one line, at once."""
    out_line(printable_json(orjson.dumps(value, default=str).decode()))
    sys.stdout.flush()


def say_key(settings: Settings) -> None:
    """Say that the pseudonyms are made from a key that everybody knows."""
    if not settings.person_key and settings.persons != "raw":
        sys.stderr.write(f"MONITOR_PERSON_KEY is not set: pseudonyms are made from the fixed key {DEVELOPMENT_KEY!r}\n")


def check_one_of(name: str, value: str | None, known: Iterable[str]) -> None:
    """Refuse a value that nothing can ever have; None was not asked for. Raises ConfigurationError."""
    if value is not None and value not in known:
        raise ConfigurationError(f"{name}: expected one of {', '.join(known)}, was {value}")


def check_apart(paths: Mapping[str, Path | None]) -> None:
    """Refuse two names for one file: what is written would destroy what is read. Raises ConfigurationError."""
    given = [(name, path) for name, path in paths.items() if path is not None]
    for (name, path), (other_name, other) in combinations(given, 2):
        if _same_file(path, other):
            raise ConfigurationError(f"{other_name}: expected another file than {name}, was {other}")


def _same_file(path: Path, other: Path) -> bool:
    if os.path.realpath(path) == os.path.realpath(other):
        return not path.is_char_device()  # two results may go to /dev/null
    try:
        one, two = _status(path), _status(other)
    except OSError:  # one of them does not exist yet
        return False
    return os.path.samestat(one, two) and stat.S_ISREG(one.st_mode)


def _status(path: Path) -> os.stat_result:
    return os.fstat(0) if path == STDIN else path.stat()


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, or a configuration error that names it; gzip where its name ends with .gz.

    The same content gives the same bytes: no time and no name stand in the gzip file.
    """
    try:
        with ExitStack() as files:
            file: IO[bytes] = files.enter_context(path.open("wb"))
            if path.suffix == ".gz":
                packed = gzip.GzipFile("", "wb", fileobj=file, mtime=0)
                file = cast("IO[bytes]", files.enter_context(packed))
            yield file
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None

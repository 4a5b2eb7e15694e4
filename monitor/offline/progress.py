"""How far a file is read, as a bar on the terminal; on standard error, and nothing where that is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from monitor.contract.text import Language, Said

LONG = 8 << 20
"""Bytes of a file from which on it has a bar. Our assumption: less is read in a few seconds."""
_EVERY = 1000
_READ = Said("读取", "read")
_JUDGED = Said("判定", "judged")


class FileProgress:
    """The bar of a long file: the bytes that are read and, of a sorted file, the lines that are judged after that."""

    def __init__(self, path: Path, language: Language, console: Console | None = None, *, shown: bool = True) -> None:
        """shown: False where lines of the result come on the same terminal meanwhile."""
        console = console or Console(stderr=True)
        size = path.stat().st_size if path.is_file() else 0
        self._language: Language = language
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(), console=console, transient=True, redirect_stdout=False, refresh_per_second=4,
            disable=not (shown and console.is_terminal and size >= LONG),
        )  # fmt: skip
        self._read = self._bar.add_task(_READ.of(language), total=size)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def read(self, size: int) -> None:
        """So many more bytes of the file are read."""
        self._bar.advance(self._read, size)

    def judging(self, lines: Iterable[tuple[int, bytes]], number: Callable[[], int]) -> Iterator[tuple[int, bytes]]:
        """Hand the lines on and show how many are taken. number: of all lines, asked at the first."""
        task = None
        for at, line in enumerate(lines):
            if task is None:
                task = self._bar.add_task(_JUDGED.of(self._language), total=number())
            if at % _EVERY == 0:
                self._bar.update(task, completed=at)
            yield line

"""The text of a CSV file as bureaus and platforms export it: UTF-8, with or without a byte order mark, or GB18030."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from monitor.errors import ConfigurationError
from monitor.lines import foreign_kind

Encoding = Literal["UTF-8", "GB18030"]


def text_of(path: Path) -> tuple[str, Encoding]:
    """The text of a CSV file and its encoding: UTF-8 where it is that without exception.

    Raises ConfigurationError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    if (kind := foreign_kind(content)) is not None:
        raise ConfigurationError(f"{path}: expected CSV in UTF-8 or GB18030, was {kind.what}")
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030"), "GB18030"
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: expected CSV in UTF-8 or GB18030") from None

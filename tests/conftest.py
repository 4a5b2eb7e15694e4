"""The servers that tests share, and the end of the process. The bench is run by hand, it is no test."""

import os
from typing import NoReturn

import pytest

pytest_plugins = ["tests._fixtures"]
collect_ignore = ["bench"]


@pytest.fixture(autouse=True)
def _ends_of_the_process_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a worker at once would end the tests without a word, and with no summary."""

    def end(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", end)

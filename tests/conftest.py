"""The servers that tests share, and the end of the process. The bench is run by hand, it is no test."""

import os
from typing import NoReturn

import pytest

pytest_plugins = ["tests._fixtures"]
collect_ignore = ["bench"]


@pytest.hookimpl(tryfirst=True)  # before xdist looks for its groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in two processes, all that need a broker run in one: they mostly wait, and share it."""
    for item in items:
        if item.get_closest_marker("kafka") is not None:
            item.add_marker(pytest.mark.xdist_group("kafka"))


@pytest.fixture(autouse=True)
def _ends_of_the_process_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a worker at once would end the tests without a word, and with no summary."""

    def end(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", end)

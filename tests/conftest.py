"""The servers that tests share, and the end of the process. The bench is run by hand, it is no test."""

import functools
import os
from pathlib import Path
from typing import NoReturn

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
pytest_plugins = ["tests._fixtures"]
collect_ignore = ["bench"]


class _BrokerTogether(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Shares the tests out by file; those of files that need a broker all run in one process.

    They mostly wait, while another process works, and one broker does for all.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "broker" if _needs_broker(file) else file


@functools.cache
def _needs_broker(file: str) -> bool:
    return "mark.kafka" in (ROOT / file).read_text("utf-8")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How tests are shared out where they run in several processes."""
    return _BrokerTogether(config, log)


@pytest.fixture(autouse=True)
def _ends_of_the_process_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a worker at once would end the tests without a word, and with no summary."""

    def end(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", end)

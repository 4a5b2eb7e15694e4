"""The servers that tests share, and the end of the process. The bench is run by hand, it is no test."""

import os
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests._fixtures"]
collect_ignore = ["bench"]


@pytest.fixture(autouse=True)
def _ends_of_the_process_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a worker at once would end the tests without a word, and with no summary."""

    def end(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", end)


@pytest.fixture(autouse=True)
def _one_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands say by default follows the locale; the tests read Chinese on every machine."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


class ByBroker(LoadScopeScheduling):
    """Hands whole files to the processes; what needs a broker is four pieces, so that four clusters serve them all."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if not _needs_a_broker(file):
            return file
        folder, name = file.split("/")[1], file.rpartition("/")[2]
        if folder == "kafka":
            return "kafka, the later files" if name >= "test_n" else "kafka, the earlier files"
        return "commands" if folder == "e2e" else "faults and deployment"


@cache
def _needs_a_broker(file: str) -> bool:
    return "pytest.mark.kafka" in (Path(__file__).parents[1] / file).read_text("utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByBroker:
    """How tests are shared where there is more than one process (-n)."""
    return ByBroker(config, log)

"""What is known of leads is saved and loaded: whoever goes on from the file says what whoever never stopped says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs

from monitor.leads import saved
from monitor.leads.facts import Fact, Hour, InForce, Taken
from monitor.leads.judging import Judging
from monitor.leads.saved import SavedLeads
from rules.times import DAY, HOUR
from tests.monitor.leads.test_judging import START, at_times, found, grown, said

Log = Sequence[tuple[Fact, int]]
OFF = {"rule_id": "A02", "version": "1", "enabled": False, "status": "live", "valid_from": "", "parameters": {}}


def log_of(seed: int) -> Log:
    """A log of leads that come, are found again, taken and judged, hour by hour; a rule goes and comes back."""
    draw, facts = Random(seed), list[tuple[Fact, int]]()
    facts.append((InForce(()), START))
    for at in range(0, 12 * DAY, 6 * HOUR):
        now = START + at
        facts.append((Hour(now), now))
        for _ in range(draw.randint(0, 4)):
            number, persons = draw.randint(1, 12), tuple(sorted(draw.sample(["p_1", "p_2", "p_3", "p_4"], 2)))
            lead = found(
                number, START + number * DAY // 2, draw.choice(["S01", "D04", "E01", "B15"]), persons=persons,
                revision=at // HOUR, subject=draw.choice(["P1", "P2"]), institution=draw.choice(["P1", "P2"]),
                stands=draw.random() < 0.9, found=now, place=draw.choice(["341021", "341022"]),
            )  # fmt: skip
            verdict = said(number, draw.choice(["confirmed", "explained"]), now)
            choices: list[Fact] = [lead, lead, verdict, Taken(f"{number:032x}", now)]
            facts.append((draw.choice(choices), now))
        if draw.random() < 0.1:
            facts.append((InForce(draw.choice([(), (OFF,)])), now))
    return facts


def told(judging: Judging, log: Log) -> list[bytes]:
    """The revisions that follow."""
    return [one.value for fact, appended in log for one in judging.take(fact, appended).alerts]


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_stopped_goes_on_as_if_never(tmp_path: Path, seed: int) -> None:
    """Wherever it is stopped, what was not saved is judged again and gives the same."""
    draw, log = Random(seed), log_of(seed)
    expected, heard, at = told(Judging(), log), dict[int, list[bytes]](), 0
    while at < len(log):
        judging, kept = Judging(), SavedLeads(tmp_path, "p")
        at = kept.load(judging, 0, len(log))
        with closing(kept):
            for _ in range(draw.randint(1, 4)):
                end = min(len(log), at + draw.randint(1, 9))
                heard |= {n: told(judging, log[n : n + 1]) for n in range(at, end)}
                at = end
                kept.save(judging, at)
            heard |= {n: told(judging, log[n : n + 1]) for n in range(at, min(len(log), at + draw.randint(0, 3)))}

    assert expected == [one for n in range(len(log)) for one in heard[n]]
    assert len(expected) > 5


def saved_by(folder: Path, log: Log) -> SavedLeads:
    """A file into which a log was judged."""
    judging, kept = Judging(), SavedLeads(folder, "p")
    assert kept.load(judging, 0, 0) == 0
    told(judging, log)
    kept.save(judging, len(log))
    return kept


def test_what_cannot_be_gone_on_from_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is behind the end of the log, before its beginning, or of another build."""
    log = log_of(1)
    ours = saved.build()
    for first, end, build in ((0, len(log) - 1, ours), (len(log) + 1, len(log) + 1, ours), (0, len(log), "other")):
        saved_by(tmp_path, log).close()
        with monkeypatch.context() as patch:
            patch.setattr(saved, "build", partial(str, build))
            judging = Judging()
            with closing(SavedLeads(tmp_path, "p")) as kept:
                assert kept.load(judging, first, end) == first
        assert len(judging.book) == 0
        (tmp_path / "p.leads").unlink()


def test_of_two_processes_one_writes(tmp_path: Path) -> None:
    """The other says so, and goes on judging."""
    log = log_of(2)
    first, other, judging = saved_by(tmp_path, log[:9]), SavedLeads(tmp_path, "p"), Judging()
    with closing(first), closing(other), capture_logs() as logs:
        assert other.load(judging, 0, 9) == 9
        told(judging, log[9:20])
        other.save(judging, 20)
        first.save(Judging(), 12)

        assert [("what is known of leads cannot be written", "OperationalError")] == [
            (one["event"], one["reason"]) for one in logs
        ]
        with closing(SavedLeads(tmp_path, "p")) as third:
            assert third.load(Judging(), 0, 20) == 20


@pytest.mark.parametrize("first_page", [True, False])
def test_a_damaged_file_is_told_and_replaced(tmp_path: Path, *, first_page: bool) -> None:
    """The whole log is read then, once: the next start goes on from the file again."""
    log, path = log_of(1), tmp_path / "p.leads"
    saved_by(tmp_path, log).close()
    whole = path.read_bytes()
    path.write_bytes(b"no database " * 100 if first_page else whole[:4096] + b"\xff" * (len(whole) - 4096))
    judging = Judging()
    with capture_logs() as logs, closing(SavedLeads(tmp_path, "p")) as kept:
        assert kept.load(judging, 3, len(log)) == 3
        kept.save(judging, 9)

    assert ["what is known of leads is damaged, its file is replaced"] == [one["event"] for one in logs]
    assert len(judging.book) == 0
    with closing(SavedLeads(tmp_path, "p")) as again:
        assert again.load(Judging(), 3, len(log)) == 9


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """It is left as it is, and the whole log is read."""
    (tmp_path / "p.leads").mkdir()
    with capture_logs() as logs, closing(SavedLeads(tmp_path, "p")) as kept:
        assert kept.load(Judging(), 3, 9) == 3
        kept.save(Judging(), 9)

    assert ["what is known of leads cannot be read"] == [one["event"] for one in logs]


def test_a_place_in_which_spending_grows_is_saved(tmp_path: Path) -> None:
    """The sixth institution comes after a stop, and is the sixth."""
    log = [(InForce(()), START), *at_times(*(grown(number) for number in range(1, 7)))]
    before = Judging()
    assert [] == told(before, log[:6])
    with closing(SavedLeads(tmp_path, "p")) as kept:
        kept.load(before, 0, 0)
        kept.save(before, 6)

    after = Judging()
    with closing(SavedLeads(tmp_path, "p")) as kept:
        assert 6 == kept.load(after, 0, 7)
    assert ["B15-AREA"] == [one.rule_id for one in after.take(*log[6]).revisions]

"""Faults on purpose, with an independent verdict: `python -m tests.chaos KIND... --seed N --minutes M`.

`python -m tests.chaos report FILE` makes the table of docs/reliability.md from a file of results.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos._faults import FAKETIME, KINDS
from tests.chaos._mutants import MUTANTS
from tests.chaos._report import report
from tests.chaos._run import Wanted, run
from tests.chaos._verdict import EXPECTED, FOUND
from tests.kafka._cluster import Kafka, script_cluster

MOST_MINUTES = 10


def main(arguments: list[str]) -> int:
    """Run what is asked for; 0 where every run was sound, 1 where one was not."""
    if arguments[:1] == ["report"]:
        print(report(Path(name) for name in arguments[1:]))  # noqa: T201 - a command
        return 0
    asked = _parser().parse_args(arguments)
    if "clock" in asked.kinds and not FAKETIME.exists():
        sys.stderr.write("clock: expected libfaketime; Debian, Ubuntu: apt-get install faketime\n")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that no worker stays behind
    sound: list[bool] = []
    for brokers in (1, 3):
        kinds = [kind for kind in asked.kinds if KINDS[kind].brokers == brokers]
        if kinds:
            with script_cluster(brokers) as kafka:
                sound += [_run(kind, kafka, asked) for kind in kinds]
    return 0 if all(sound) else 1


def _run(kind: str, kafka: Kafka, asked: argparse.Namespace) -> bool:
    """Run one kind, and tell; gives whether it was sound."""
    seed = asked.seed or random.SystemRandom().randrange(1, 1_000_000)
    wanted = Wanted(kind, seed, asked.minutes, asked.workers, asked.partitions, asked.behind, asked.mutant)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    row = run(wanted, folder, kafka)
    print(json.dumps(row, ensure_ascii=False), flush=True)  # noqa: T201 - a command
    if asked.results:
        with asked.results.open("a") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    if row["sound"]:
        shutil.rmtree(folder)
        return True
    files = f"{folder / EXPECTED} {folder / FOUND}"
    sys.stderr.write(f"{kind}: logs stay in {folder}; how it differs: python -m tests.e2e.checker {files}\n")
    return False


def _parser() -> argparse.ArgumentParser:
    kinds = "\n".join(f"  {name:20} {kind.words}" for name, kind in KINDS.items())
    parser = argparse.ArgumentParser(
        "tests.chaos", description=__doc__, epilog=f"kinds:\n{kinds}", formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("kinds", nargs="+", metavar="KIND", choices=sorted(KINDS))
    parser.add_argument("--seed", type=int, default=0, help="of traffic and moments; drawn where not given")
    parser.add_argument("--minutes", type=_minutes, default=2, help=f"of injections, at most {MOST_MINUTES} (2)")
    parser.add_argument("--results", type=Path, help="file to which a line of JSON is added for each run")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--partitions", type=int, help="of events and entries (4; backlog 8)")
    parser.add_argument("--behind", type=float, default=0.0, help="backlog: part of the records that come 71 h late")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="a wrong build of the worker, to be caught")
    return parser


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"expected more than 0 and at most {MOST_MINUTES}, was {text}")
    return minutes


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

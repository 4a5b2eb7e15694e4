"""Compares two alert logs by E2 of the contract, and asks of each whether it is a log at all.

It imports nothing of what it checks. A log is the values of alert revisions in any order, one JSON object each:
the lines of `monitor replay --alerts`, or the records of the alerts topic.

    python -m tests.e2e.checker A.jsonl B.jsonl
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Revision = dict[str, Any]

SAME = ("rule_id", "rule_version", "scope", "first_time", "last_time", "triggers", "measure", "severity",
        "vola_amt", "evidence", "evidence_count")  # fmt: skip
"""What E2 promises of an alert that stands at the end; of the measure, its largest value."""


def read_log(path: Path) -> list[bytes]:
    """The revisions of a file, as they stand there."""
    return [line for line in path.read_bytes().splitlines() if line.strip()]


def faults(log: Iterable[bytes]) -> list[str]:
    """What makes a log of revisions no log: one revision with two contents, or a revision that is not there."""
    contents: defaultdict[tuple[str, int], set[bytes]] = defaultdict(set)
    for value in log:
        revision = json.loads(value)
        contents[revision["alert_id"], revision["revision"]].add(value)
    found = [
        f"{alert} revision {number}: stands with {len(values)} different contents"
        for (alert, number), values in contents.items()
        if len(values) > 1
    ]
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for alert, number in contents:
        numbers[alert].add(number)
    for alert, there in numbers.items():
        found += [f"{alert} revision {gap}: missing" for gap in range(1, max(there) + 1) if gap not in there]
        found += [f"{alert} revision {number}: expected 1 or more" for number in there if number < 1]
    return sorted(found)


def last_revisions(log: Iterable[bytes]) -> list[Revision]:
    """The last revision of every alert, by its number and not by its place."""
    last: dict[str, Revision] = {}
    for value in log:
        revision = json.loads(value)
        known = last.get(revision["alert_id"])
        if known is None or revision["revision"] >= known["revision"]:
            last[revision["alert_id"]] = revision
    return list(last.values())


def standing(log: Iterable[bytes]) -> list[Revision]:
    """What stands at the end and is promised: not withdrawn, not of a question (stage pre), not in the shadow."""
    return [
        one
        for one in last_revisions(log)
        if one["status"] != "withdrawn" and one["stage"] != "pre" and not one["shadow"]
    ]


def promised(revision: Revision) -> Revision:
    """The part of a revision that E2 speaks of."""
    return {name: revision["measure"]["value"] if name == "measure" else revision[name] for name in SAME}


def differences(first: Iterable[bytes], second: Iterable[bytes]) -> list[str]:
    """Where two logs differ at the end, in words; none where they are equal by E2."""
    left, right = _counted(first), _counted(second)
    only_left, only_right = sorted((left - right).elements()), sorted((right - left).elements())
    found = []
    for text in list(only_left):
        other = next((one for one in only_right if _name(one) == _name(text)), None)
        if other is not None:
            only_left.remove(text)
            only_right.remove(other)
            found.append(f"{_name(text)}: {_change(json.loads(text), json.loads(other))}")
    found += [f"{_name(text)}: stands in the first only" for text in only_left]
    found += [f"{_name(text)}: stands in the second only" for text in only_right]
    return sorted(found)


def _counted(log: Iterable[bytes]) -> Counter[str]:
    """The standing alerts as texts that are equal where the alerts are; one that stands twice counts twice."""
    return Counter(json.dumps(promised(one), sort_keys=True) for one in standing(log))


def _name(text: str) -> str:
    alert = json.loads(text)
    return f"{alert['rule_id']} {'/'.join(alert['scope'])} from {alert['first_time']}"


def _change(left: Revision, right: Revision) -> str:
    return "; ".join(f"{name} {_brief(left[name], right[name])}" for name in SAME if left[name] != right[name])


def _brief(left: Any, right: Any) -> str:  # noqa: ANN401 - any value of JSON
    """Two different values in words; of two lists, what only one of them has."""
    if not (isinstance(left, list) and isinstance(right, list)):
        return f"is {left} in the first, {right} in the second"
    gone, new = [one for one in left if one not in right], [one for one in right if one not in left]
    return f"has {gone} in the first only, {new} in the second only"


def main(names: list[str]) -> int:
    """Compare two files; 0 equal and sound, 1 not, 2 used wrongly."""
    if len(names) != 2:
        sys.stderr.write("usage: python -m tests.e2e.checker A.jsonl B.jsonl\n")
        return 2
    logs = [read_log(Path(name)) for name in names]
    said = [f"{name}: {fault}" for name, log in zip(names, logs, strict=True) for fault in faults(log)]
    said += differences(*logs)
    standing_now = " and ".join(str(len(standing(log))) for log in logs)
    print("\n".join([*said, f"{len(said)} differences; {standing_now} alerts stand"]))  # noqa: T201 - a command
    return 1 if said else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

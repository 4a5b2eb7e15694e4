"""What became of a lead, act by act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.times import parse


def history_of(said: Iterable[Mapping[str, str]], done: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """What was said of a lead and done with it, the last first. A disposition is of kind `disposed`."""
    acts = [{"kind": "disposed", **one} for one in said] + [{**one} for one in done]
    return sorted(acts, key=lambda one: parse(one["at"]), reverse=True)

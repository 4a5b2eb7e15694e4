"""What `monitor doctor` says of one thing that is away."""

from __future__ import annotations

from monitor.area.doctor import redis_check
from monitor.settings import Settings


def test_what_stands_still_without_redis_is_said() -> None:
    """Pages that are open and log-ins, and nothing else: the read model is a file."""
    found = redis_check(Settings(redis="redis://127.0.0.1:1/0"))

    assert not found.ok
    assert found.detail.en == (
        "ConnectionError; nobody who logs in gets through, open pages hear of no new lead; detection and lists go on"
    )
    assert "检测与线索清单不受影响" in found.detail.zh

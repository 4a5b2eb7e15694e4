"""That one function reads topics: what it does stands in tests/kafka/test_reading.py."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
OTHERS = {
    "streams/kafka/faust.py",  # the group's consumer goes on at the head's offset
    "monitor/offline/sorting.py",  # of a file on disk
}
"""Files that put a consumer at an offset by themselves."""


def test_nothing_else_chooses_where_a_consumer_reads() -> None:
    """Who seeks by himself can lose whole partitions where several brokers lead them."""
    files = [path for folder in ("monitor", "streams") for path in (ROOT / folder).rglob("*.py")]
    texts = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in files}
    seeking = {name for name, text in texts.items() if "aiokafka" in text and re.search(r"\.seek(_to_\w+)?\(", text)}

    assert {"streams/kafka/reading.py"} == seeking - OTHERS

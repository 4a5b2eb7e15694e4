"""The table of topics: what must hold for every one of them."""

import pytest

from streams.kafka.topics import Sizes, Topic, table

TOPICS = table("settlement", Sizes(inputs=8, internal=8))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_broker_stamps_what_it_keeps(topic: Topic) -> None:
    """Kept by time or by key: a producer's clock decides neither what is deleted nor what is refused."""
    kept_by_time = topic.config["cleanup.policy"] == "delete"

    assert topic.config["message.timestamp.type"] == "LogAppendTime"
    assert kept_by_time == ("retention.ms" in topic.config)

"""Two reviewers who decide at once of one proposal: one decision stands, and the other is told."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from monitor.area.deeds import record
from monitor.area.disposing import approved, returned, said_now
from monitor.area.reviewing import NotWaitingError, record_reviews
from tests.kafka._area import Area

pytestmark = pytest.mark.kafka


async def test_one_decision_stands(area: Area) -> None:
    """Whoever comes first on the topic; a disposition counts only where that is the approval."""
    counted = 0
    for number in range(6):
        lead = f"{number:032x}"
        proposed = said_now(area.prefix, lead, "confirmed", "", "王五", earlier=(), done=(), needs_approval=True)
        await record(area.client, area.prefix, [proposed])
        proposal = orjson.loads(proposed.messages[0].value)
        ways = [approved(area.prefix, proposal, "李四"), returned(area.prefix, proposal, "赵六", "未附记录")]
        told = await asyncio.gather(
            *(record_reviews(area.client, area.prefix, [one], {}) for one in ways), return_exceptions=True
        )

        assert [type(one) for one in told if one] == [NotWaitingError]
        counted += told[0] is None
    acts = [orjson.loads(one.value or b"")["kind"] for one in await area.kafka.read(area.names.work)]
    assert (6, 6) == (acts.count("proposed"), acts.count("approved") + acts.count("returned"))
    assert counted == acts.count("approved") == len(await area.kafka.read(area.names.feedback))

"""How long the random tests look: seconds by default, for as long as one likes with MONITOR_TEST_EXAMPLES=20000."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_EXAMPLES = int(os.environ.get("MONITOR_TEST_EXAMPLES", "0"))


def examples(quick: int) -> settings:
    """Settings of a random test that looks at so many examples by default; what fails is printed with its blob."""
    return settings(
        max_examples=_EXAMPLES or quick,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )

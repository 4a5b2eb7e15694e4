"""How often what offices do late alerts in an honest county of 200,000: the figures in the pages of B21 and E05.

Every rate below is our assumption.
"""

from __future__ import annotations

import pytest


def test_institutions_that_are_cut_off() -> None:
    """B21: each of 70 once in two years."""
    assert 0.096 == pytest.approx(70 / 2 / 365, abs=0.0005)
    assert 2.9 == pytest.approx(70 / 2 / 12, abs=0.05)


def test_recognitions_that_are_registered_late() -> None:
    """E05: one in a thousand of 20,000 a month."""
    assert 20 == 20_000 / 1_000
    assert 0.67 == pytest.approx(20 / 30, abs=0.005)

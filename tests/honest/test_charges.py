"""How often the rules on charges alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption.
"""

from __future__ import annotations

import pytest


def test_lines_too_many() -> None:
    """One in 2,000 of 36,000 stays a year."""
    assert 0.049 == pytest.approx(36_000 / 2_000 / 365, abs=0.0005)
    assert 1.5 == 36_000 / 2_000 / 12


def test_a_third_scan_that_is_needed() -> None:
    """One in 500 of 30,000 a year."""
    assert 0.16 == pytest.approx(30_000 / 500 / 365, abs=0.005)
    assert 5 == 30_000 / 500 / 12

"""How often the rules about visits alert in an honest county of 200,000: the figures in their pages.

Every rate below is our assumption unless it names its source.
"""

from __future__ import annotations

import pytest

CHANGES_A_DAY = 20 / 7
"""20 physicians change once a week between institutions that have no group in common."""


def test_physicians_who_change_between_institutions() -> None:
    """Once in 50 times a line is entered after they have left, once in 100 so late that they seem to fly."""
    assert 0.057 == pytest.approx(CHANGES_A_DAY / 50, abs=0.0005)
    assert 0.029 == pytest.approx(CHANGES_A_DAY / 100, abs=0.0005)
    assert [1.7, 0.9] == [round(30 * CHANGES_A_DAY / many, 1) for many in (50, 100)]

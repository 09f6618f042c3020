"""How long a paying wallet lasts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tidegate.custody.outlook import LONGEST, lasts


@pytest.mark.parametrize(
    ("units", "out", "left"),
    [
        (100, 100, timedelta(days=1)),
        (50, 100, timedelta(hours=12)),
        (0, 100, timedelta(0)),
        (1, 7, timedelta(seconds=12_342)),  # whole seconds
        (100, 0, None),
        (100, -5, None),
        (10**30, 1, LONGEST),
    ],
)
def test_a_wallet_lasts_as_long_as_the_last_day_says(units: int, out: int, left: timedelta | None) -> None:
    assert lasts(units, out) == left

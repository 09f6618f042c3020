"""How long a paying wallet lasts, if the next day goes like the last one."""

from __future__ import annotations

from datetime import timedelta

DAY = timedelta(hours=24)
LONGEST = timedelta(days=365)
"""Beyond a year nobody asks how long."""


def lasts(units: int, out_24h_units: int) -> timedelta | None:
    """Until it is empty, when it loses as much as in the last 24 hours; None = it does not lose anything."""
    if out_24h_units <= 0:
        return None
    day, longest = int(DAY.total_seconds()), int(LONGEST.total_seconds())
    return timedelta(seconds=min(longest, units * day // out_24h_units))

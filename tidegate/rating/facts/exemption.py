"""Whether an entry of the register of exemptions speaks of a warning sign (S2 Art. 5.3)."""

from __future__ import annotations

from datetime import datetime


def covers(start: datetime, until: datetime, ended_at: datetime | None, at: datetime) -> bool:
    """From its start and before its end, whichever end came first: ending it afterwards makes it no longer."""
    return start <= at < (until if ended_at is None else min(until, ended_at))

"""What retention lots leave free of what is asked for."""

from __future__ import annotations

from datetime import datetime

from tidegate.p2p.lots.lot import Retained
from tidegate.withdrawals.facts import Bound


def bound(retained: Retained | None, asset_id: int, units: int, now: datetime) -> Bound | None:
    """None where no coins of the party are bound."""
    if retained is None:
        return None
    return Bound(retained.free_units(asset_id, now), retained.free_at(asset_id, units, now))

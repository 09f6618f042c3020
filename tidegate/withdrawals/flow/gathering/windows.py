"""What limit windows hold, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidegate.withdrawals import limits
from tidegate.withdrawals.facts import Use


def of_windows(found: Sequence[limits.Window]) -> dict[str, Any]:
    """What the windows hold, as facts: the party's 24 hours have a name of their own, and their counts."""
    party = {w.hours: w for w in found if w.scope == "party"}
    return {
        "used_24h": party[24].used,
        "count_24h": party[24].count,
        "count_ever": party[None].count,
        "windows": tuple(Use(w.scope, w.hours, w.used) for w in found if (w.scope, w.hours) != ("party", 24)),
    }

"""Rolling limits: what a window holds, and what still fits (section 4, invariant I9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Headroom:
    """One window of one scope, micro-USD."""

    scope: str  # "party"
    hours: int
    limit: int
    used: int  # reserved and consumed inside the window

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def used_in_window(total: int, total_before: int, released_inside: int) -> int:
    """Use inside a window: everything ever reserved, minus what was reserved before the window opened,
    minus what was reserved inside it and given back."""
    return total - total_before - released_inside

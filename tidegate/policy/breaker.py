"""The egress breaker (section 4): when too many accounts, destinations or coins leave at once, everything waits.

Binance 2019: many accounts, one transaction, each of them within its own limits. The breaker holds; it never allows
and never rejects, and only people reset it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.policy.behaviour import Egress


@dataclass(frozen=True, slots=True)
class Rush:
    """What was asked for in the window that ends now, and still stands: different accounts, destinations, micro-USD."""

    accounts: int
    destinations: int
    value: int


@dataclass(frozen=True, slots=True)
class Trip:
    """The breaker is open: since when, and which line was passed."""

    number: int  # the first one is 1
    since: datetime
    line: str  # "accounts", "destinations", "value"
    seen: int
    allowed: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Reset:
    """One person asked for the reset of a trip."""

    trip: int
    person: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Breaker:
    """How it stands: the open trip, or None; who asked for its reset so far; when it was reset last."""

    trip: Trip | None
    voices: tuple[Reset, ...]
    trips: int  # so many ever
    reset_at: datetime | None

    @property
    def next(self) -> int:
        """The number of the next trip: everybody who notices it at once calls it the same."""
        return self.trips + 1


def passed(rush: Rush, line: Egress) -> tuple[str, int, int] | None:
    """The first line that is passed: its name, what was seen, what is allowed. The line itself is still allowed."""
    for name, seen, allowed in (
        ("accounts", rush.accounts, line.accounts),
        ("destinations", rush.destinations, line.destinations),
        ("value", rush.value, line.value),
    ):
        if seen > allowed:
            return name, seen, allowed
    return None


def opens(now: datetime, line: Egress) -> datetime:
    """When the window that ends now began. What people have looked at before a reset counts no more (`egress_v`)."""
    return now - timedelta(minutes=line.minutes)


def enough(voices: Sequence[Reset], people: int) -> bool:
    """Whether as many different people as the policy asks for want the reset."""
    return len({voice.person for voice in voices}) >= people

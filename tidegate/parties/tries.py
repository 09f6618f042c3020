"""How often somebody may try to sign in: a few times at once, then after waits that double."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Bound:
    """Wrong tries in a row that cost nothing; the wait after the next one; the longest wait."""

    free: int
    first: timedelta
    longest: timedelta


ACCOUNT = Bound(5, timedelta(minutes=1), timedelta(hours=1))
NETWORK = Bound(30, timedelta(minutes=1), timedelta(hours=1))
"""A network has many people behind it, and a wrong try of one of them is not another one's."""

FORGOTTEN = timedelta(hours=24)
"""Without a wrong try for so long all of them are forgotten."""


def waits_until(wrong: int, newest: datetime, bound: Bound, now: datetime) -> datetime | None:
    """When the next try counts; None where one counts now."""
    if wrong < bound.free or newest + FORGOTTEN <= now:
        return None
    until = newest + min(bound.longest, bound.first * 2 ** min(wrong - bound.free, 20))
    return until if now < until else None


def after(wrong: int, newest: datetime, now: datetime) -> int:
    """How many wrong tries in a row there are with another one."""
    return 1 if newest + FORGOTTEN <= now else wrong + 1

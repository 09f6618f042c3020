"""How long somebody stays signed in, at the console and at the portal, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.refusals import Unauthorised

SEEN_EVERY = timedelta(minutes=1)
"""A request is written down no more often: not one write per click."""


@dataclass(frozen=True, slots=True)
class Sitting:
    idle: timedelta  # after the last request that counts as seen
    life: timedelta  # after the first

    def over(self, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
        return now >= seen_at + self.idle or now >= created_at + self.life

    def check(self, created_at: datetime, seen_at: datetime, ended_at: datetime | None, now: datetime) -> None:
        """Raises Unauthorised `session_ended` for one that somebody ended, `session_expired` for one that is over."""
        if ended_at is not None:
            raise Unauthorised("session_ended", "You were signed out; sign in again.")
        if self.over(created_at, seen_at, now):
            raise Unauthorised("session_expired", "You were signed out after a while; sign in again.")


STAFF = Sitting(timedelta(minutes=30), timedelta(hours=12))
CUSTOMERS = Sitting(timedelta(minutes=15), timedelta(hours=12))

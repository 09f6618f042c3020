"""The allow-list: while it is on, only addresses in the customer's own book may be paid.

Whoever takes an account over wants it off. So it is on at once and off only after a wait, during which the owner is
told and may take it back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.base.times import hours


@dataclass(frozen=True, slots=True)
class AllowList:
    """A customer's choice: who switched it on and when, and whether somebody asked to switch it off."""

    party_id: str
    since: datetime
    on_by: str
    off_asked_at: datetime | None = None  # None = nobody asked
    off_by: str | None = None
    off_from: datetime | None = None  # in force until then

    def is_on(self, now: datetime) -> bool:
        return self.off_from is None or now < self.off_from


def switched_on(current: AllowList | None, party_id: str, by: str, now: datetime) -> AllowList:
    """On from now. One that is on stays as it is; a wish to switch it off is taken back."""
    if current is None or not current.is_on(now):
        return AllowList(party_id, now, by)
    return replace(current, off_asked_at=None, off_by=None, off_from=None)


def switched_off(current: AllowList | None, by: str, now: datetime, off_hours: int) -> AllowList | None:
    """Off after the wait. Asking again does not start the wait anew; what is off stays off."""
    if current is None or current.off_from is not None:
        return current
    return replace(current, off_asked_at=now, off_by=by, off_from=now + hours(off_hours))


def usable_from(booked_at: datetime | None, on: AllowList, entry_hours: int) -> datetime | None:
    """From when an entry may be paid while the list is on; None = never, it is not in the book.

    What was in the book when the list was switched on is trusted at once.
    """
    if booked_at is None:
        return None
    return booked_at if booked_at <= on.since else booked_at + hours(entry_hours)

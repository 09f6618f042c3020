"""How many accounts, destinations and coins leave together, while a batch is judged: each request counts the others.

The committed part comes from the database. What the batch itself takes is added here, request by request, so that
the one which passes the line is found before it is answered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from tidegate.policy.behaviour import Egress
from tidegate.policy.breaker import Rush, Trip, passed
from tidegate.withdrawals.habits import Rushing


@dataclass(frozen=True, slots=True)
class Count:
    """Different accounts and destinations in a window, when the platform's counter had made so many steps."""

    opens: datetime
    step: int
    accounts: int
    destinations: int


@dataclass(slots=True)
class Haste:
    """The breaker's window while a batch is judged. `trip` is the one that holds, from before or of this batch."""

    line: Egress
    next: int  # the number that a trip of this batch would have
    trip: Rushing | None
    value: int
    others: tuple[int, int] | None  # accounts and destinations beside the batch's; None = too few to pass any line
    accounts: set[str] = field(default_factory=set)  # of the batch, and standing in the window
    destinations: set[str] = field(default_factory=set)
    tripped_here: bool = False
    step: int = 0  # of the platform's counter, without the batch
    counted: Count | None = None  # as it was without the batch; None = nobody had to count

    def took(self, party_id: str, destination: str, value: int) -> None:
        """A request was let in."""
        self.value += value
        self.accounts.add(party_id)
        self.destinations.add(destination)

    def would_pass(self, party_id: str, destination: str, value: int) -> Rushing | None:
        """The trip that letting this one in brings about, or None."""
        found = passed(self._with({party_id}, {destination}, value), self.line)
        return None if found is None else Rushing(self.next, *found, self.line.minutes)

    @property
    def rush(self) -> Rush:
        return self._with((), (), 0)

    def _with(self, parties: Collection[str], destinations: Collection[str], value: int) -> Rush:
        accounts, places = self.others or (0, 0)
        return Rush(
            accounts + len(self.accounts.union(parties)) if self.others is not None else 0,
            places + len(self.destinations.union(destinations)) if self.others is not None else 0,
            self.value + value,
        )


def rushing_under(trip: Trip | None) -> Rushing:
    """The breaker as a decision sees it."""
    return Rushing(None) if trip is None else Rushing(trip.number, trip.line, trip.seen, trip.allowed, trip.minutes)

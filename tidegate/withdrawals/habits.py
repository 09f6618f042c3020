"""What a decision knows of a customer's ways and of the platform's haste: parts of Facts.

A part is None where the policy in force looked at nothing of the kind. A value inside is None where nobody knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sessions:
    """What the platform's logins say, whatever order they were told in."""

    login_at: datetime | None = None  # of the newest login; None = none is known
    login_country: str | None = None
    login_complete: bool = False  # the newest login says device, address and country
    device_at: datetime | None = None  # when the newest device was seen for the first time, whoever logged in since
    network_at: datetime | None = None  # the same of the newest network (/24, /48)
    country_at: datetime | None = None  # and of the newest country
    travel_at: datetime | None = None  # latest login that followed one in another country sooner than the policy allows
    travel_minutes: int | None = None  # how soon, rounded down
    travel_from: str | None = None
    travel_to: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """The request against the customer's past and the platform's size, as they were when it was asked for.

    Later decisions about the same withdrawal see the same: a thief who waits before he confirms gains nothing.
    """

    count_1h: int  # other withdrawals that hold or used room
    count_24h: int
    new_addresses_24h: int  # different destinations first named in 24 hours, this one counted
    left_24h_units: int  # what other withdrawals of this asset took in 24 hours and did not give back
    balance_24h_units: int | None  # the balance 24 hours ago; None = the platform keeps its own ledger
    arrived_units: int  # credited in the last minutes
    arrived_minutes: int  # how many minutes the policy looks at; 0 = none
    sent_at: datetime | None  # newest withdrawal that settled
    sent_90d: int  # how many settled in 90 days
    largest_90d: int | None  # micro-USD
    median_90d: int | None
    largest_units: int | None  # largest ever of this asset that settled
    hot_units: int | None  # what the hot wallet was last seen to hold; None = never seen
    hot_as_of: datetime | None
    supply_units: int | None  # coins that exist, as the policy knows


@dataclass(frozen=True, slots=True)
class Rushing:
    """The platform's breaker: the number of the trip that this decision falls under, or None."""

    trip: int | None
    line: str = ""
    seen: int = 0
    allowed: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Everything of this kind that a decision saw."""

    sessions: Sessions | None = None
    asking: Asking | None = None
    rushing: Rushing | None = None


NOTHING = Behaviour()
"""Nobody had looked."""

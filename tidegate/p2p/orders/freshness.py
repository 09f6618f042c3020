"""Which factor may let the coins of an order go: not one that came with a change of credentials (decision 38)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import Conflict
from tidegate.base.times import rfc3339


@dataclass(frozen=True, slots=True)
class Change:
    """A password, factor, e-mail or telephone that was changed, and when withdrawals stop pausing for it."""

    what: str  # "mfa_changed"
    at: datetime
    ends_at: datetime


def too_new(factor_id: str, in_use_since: datetime, changes: Sequence[Change], now: datetime) -> Conflict | None:
    """Section 8, with the pauses of section 10: while withdrawals pause after a change, only a factor that is older
    than the change releases coins.

    Every change counts, not only the newest of its kind: who has taken an account over could make another one after
    their factor, and it would look old. A first factor is no change, and waits for nothing but changes before it.
    """
    pausing = [change for change in changes if now < change.ends_at and change.at <= in_use_since]
    if not pausing:
        return None
    longest = max(pausing, key=lambda change: (change.ends_at, change.at, change.what))
    return Conflict(
        "factor_too_new",
        f"{factor_id} is in use since {rfc3339(in_use_since)}, after {longest.what} at {rfc3339(longest.at)}: it "
        f"releases no coins before {rfc3339(longest.ends_at)}. Confirm with a factor from before the change, or "
        "dispute the order.",
        field="factor",
        until=longest.ends_at,
    )

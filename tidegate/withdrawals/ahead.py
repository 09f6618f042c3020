"""What a customer should see before they confirm: which address of theirs this one could be taken for, and how long it
would wait. Somebody who was tricked has confirmed by the time that a hold letter reaches them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tidegate.base.findings import Finding, Outcome
from tidegate.withdrawals.review import standing


@dataclass(frozen=True, slots=True)
class Ahead:
    waits_until: str | None  # RFC 3339: when the last delay would end; None = nothing delays it
    resembles: str | None  # the address it could be taken for
    whose: str | None  # and whose that is: "customer", "deposit", "hot"


def ahead(findings: Sequence[Finding], cleared: Collection[str]) -> Ahead:
    """What stands in the newest decision and no person has let pass."""
    counting = standing(findings, cleared)
    alike = next((f for f in counting if f.code == "address_look_alike"), None)
    ends = [f.ends_at for f in counting if f.outcome is Outcome.DELAY and f.ends_at is not None]
    return Ahead(
        max(ends, default=None),
        None if alike is None else alike.data["known"],
        None if alike is None else alike.data["whose"],
    )

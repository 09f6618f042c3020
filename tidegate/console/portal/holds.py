"""What is held of a customer's balances: for what, and until when, or who ends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.console.portal.store import Held


@dataclass(frozen=True, slots=True)
class Explained:
    ends: str  # a word of "portal_ends": by itself at a time, or whose turn it is
    at: datetime | None
    href: str | None  # where the customer reads more of it, or acts


_BY_STATUS: dict[tuple[str, str], str] = {
    ("withdrawal", "awaiting_confirmation"): "confirm",
    ("withdrawal", "awaiting_information"): "inform",
    ("withdrawal", "screening"): "checks",
    ("withdrawal", "delayed"): "time",
    ("withdrawal", "in_review"): "person",
    ("withdrawal", "approved"): "paid",
    ("withdrawal", "paying"): "paid",
    ("escrow", "created"): "buyer",
    ("escrow", "paid"): "seller",
    ("escrow", "disputed"): "person",
}
_TIMED = {"confirm", "inform", "time", "buyer"}
"""Ends that come by themselves at a time which stands beside them."""


def explained(held: Held) -> Explained:
    """One hold. Whatever ends neither by itself nor by its customer ends when a person decides."""
    href = {
        "withdrawal": f"/portal/withdrawals/{held.ref}",
        "escrow": f"/portal/desk/orders/{held.ref}",
        "bond": "/portal/desk/bond",
    }.get(held.purpose)
    if held.purpose == "bond":
        return Explained("bond", None, href)
    ends = _BY_STATUS.get((held.purpose, held.status or ""))
    if ends is None:
        ends = "person" if held.until is None else "time"
        return Explained(ends, held.until, href)
    return Explained(ends, held.until if ends in _TIMED else None, href)

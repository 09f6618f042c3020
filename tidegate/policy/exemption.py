"""An exemption from a place's delays: agreed by two people, counted against the place's share, never without an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base.refusals import Conflict, Malformed
from tidegate.base.times import rfc3339

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Exemption:
    """One exemption as stored."""

    id: str  # "exm_…"
    place: str
    party_id: str
    reason: str
    until: datetime
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None

    def status(self, now: datetime) -> str:
        """ "ended", "expired", "in_force" or "proposed"."""
        if self.ended_at is not None:
            return "ended"
        if self.until <= now:
            return "expired"
        return "proposed" if self.approved_at is None else "in_force"


def check_until(until: datetime, now: datetime) -> None:
    """Raises Malformed `until_invalid` for a time that is past or further away than a year."""
    if not now < until <= now + LONGEST:
        raise Malformed(
            "until_invalid",
            f"{rfc3339(until)} is not within the {LONGEST.days} days from now; an exemption is looked at again.",
            field="until",
        )


def check_approval(exemption: Exemption, is_author: bool, now: datetime) -> None:
    """Raises Conflict: `approver_is_author`, `exemption_not_open`. `is_author`: whoever agrees proposed it."""
    status = exemption.status(now)
    if status != "proposed":
        raise Conflict("exemption_not_open", f"{exemption.id} is {status}; it takes no approval.")
    if is_author:
        raise Conflict("approver_is_author", f"{exemption.id} needs a second person; you proposed it.")


def check_share(in_force: int, customers: int, percent: int, place: str) -> None:
    """One more exemption stays within the place's share of customers. Raises Conflict `exemption_share_full`."""
    if (in_force + 1) * 100 > customers * percent:
        raise Conflict(
            "exemption_share_full",
            f"{place} lets {percent} % of its {customers} customers be exempt, and {in_force} are; end another first.",
        )

"""How answers speak of the address book, proofs of ownership, allow-lists."""

from __future__ import annotations

from datetime import datetime

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.screening.flow import AllowList, SavedAddress
from tidegate.screening.ownership import Challenge, Proof


def address(a: SavedAddress, usable_at: datetime | None, warnings: list[str]) -> Said:
    return {
        "id": a.id,
        "customer": a.party_id,
        "network": a.network,
        "address": a.address,
        "memo": a.memo or None,
        "label": a.label,
        "ownership": a.ownership,
        "saved_at": rfc3339(a.saved_at),
        "booked_at": at(a.booked_at),
        "usable_at": at(usable_at),
        "warnings": warnings,
    }


def challenge(c: Challenge) -> Said:
    return {"id": c.id, "address_id": c.address_id, "message": c.message, "expires_at": rfc3339(c.expires_at)}


def proof(p: Proof) -> Said:
    return {
        "address_id": p.address_id,
        "challenge": p.challenge_id,
        "method": p.method,
        "proved_at": rfc3339(p.proved_at),
    }


def allow_list(party_id: str, a: AllowList | None, now: datetime) -> Said:
    return {
        "customer": party_id,
        "on": a is not None and a.is_on(now),
        "since": at(a.since if a else None),
        "on_by": a.on_by if a else None,
        "off_asked_at": at(a.off_asked_at if a else None),
        "off_by": a.off_by if a else None,
        "off_from": at(a.off_from if a else None),
    }

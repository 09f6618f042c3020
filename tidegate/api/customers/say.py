"""How answers speak of customers, what happened to them, their factors, balances and mails."""

from __future__ import annotations

from tidegate.api.say import Said, at, usd
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.ledger.accounts import Balance
from tidegate.notifications.store import MailRow
from tidegate.parties.party import Party
from tidegate.parties.store import Enrolled, Event, Invitation
from tidegate.withdrawals.limits import Headroom


def customer(p: Party) -> Said:
    return {
        "id": p.id,
        "external_id": p.external_id,
        "country": p.country,
        "name": p.name,
        "email": p.email,
        "level": p.level,
        "verified_name": p.verified_name,
        "date_of_birth": p.date_of_birth.isoformat() if p.date_of_birth else None,
        "provider": p.provider,
        "reference": p.reference,
        "language": p.language,
        "created_at": rfc3339(p.created_at),
    }


def factor(f: Enrolled) -> Said:
    return {"id": f.id, "type": f.kind, "name": f.name, "created_at": rfc3339(f.created_at)}


def invitation(i: Invitation) -> Said:
    return {"id": i.id, "customer": i.party_id, "expires_at": rfc3339(i.expires_at)}


def mail(m: MailRow) -> Said:
    return {
        "id": m.id,
        "kind": m.kind,
        "language": m.language,
        "status": m.status,
        "attempts": m.attempts,
        "error": m.error,
        "created_at": rfc3339(m.created_at),
        "sent_at": at(m.sent_at),
    }


def event(e: Event) -> Said:
    return {
        "id": e.id,
        "customer": e.party_id,
        "type": e.type,
        "at": rfc3339(e.at),
        "known_at": rfc3339(e.known_at),
        "device_id": e.device_id,
        "ip": e.ip,
        "country": e.country,
    }


def balance(b: Balance, asset: Asset) -> Said:
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "available": to_text(b.available, asset.decimals),
        "held": {purpose: to_text(units, asset.decimals) for purpose, units in sorted(b.held.items())},
        "total": to_text(b.total, asset.decimals),
    }


def window(h: Headroom) -> Said:
    return {
        "scope": h.scope,
        "subject": h.subject,
        "hours": h.hours,
        "limit": usd(h.limit),
        "used": usd(h.used),
        "left": usd(h.left),
    }

"""How answers speak of keys of machines."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.parties.store import Key


def key(k: Key) -> Said:
    return {
        "id": k.id,
        "role": k.role,
        "customer": k.party_id,
        "label": k.label,
        "scopes": k.scopes,
        "addresses": k.addresses,
        "expires_at": at(k.expires_at),
        "created_by": k.created_by,
        "created_at": rfc3339(k.created_at),
        "revoked_at": at(k.revoked_at),
    }

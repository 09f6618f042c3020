"""How answers speak of restrictions ordered and lifted."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.parties.party import Restriction


def restriction(r: Restriction) -> Said:
    return {
        "id": r.id,
        "party": r.party_id,
        "kind": r.kind,
        "until": at(r.until),
        "value": r.value,
        "reason": r.reason,
        "created_by": r.created_by,
        "created_at": rfc3339(r.created_at),
        "lifted_by": r.lifted_by,
        "lifted_at": at(r.lifted_at),
        "lift_reason": r.lift_reason,
    }

"""How answers speak of appeals."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.rating.appeals.store import AppealRow


def appeal(a: AppealRow) -> Said:
    return {
        "id": a.id,
        "line": a.line_id,
        "merchant": a.subject_id,
        "customer": a.party_id,
        "text": a.text,
        "status": a.status,
        "made_at": rfc3339(a.made_at),
        "answered_at": at(a.answered_at),
    }

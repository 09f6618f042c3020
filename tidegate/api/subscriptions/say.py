"""How answers speak of who is told what."""

from __future__ import annotations

from tidegate.api.say import Said
from tidegate.base.times import rfc3339
from tidegate.notifications.store import Subscription


def subscription(s: Subscription) -> Said:
    return {
        "id": s.id,
        "topic": s.topic,
        "email": s.email,
        "language": s.language,
        "created_by": s.created_by,
        "created_at": rfc3339(s.created_at),
    }

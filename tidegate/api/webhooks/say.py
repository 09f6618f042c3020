"""How answers speak of webhooks."""

from __future__ import annotations

import json
from datetime import datetime

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.notifications.webhooks.endpoint import Endpoint
from tidegate.notifications.webhooks.store import Delivery


def webhook(e: Endpoint, now: datetime) -> Said:
    return {
        "id": e.id,
        "url": e.url,
        "label": e.label,
        "types": e.types,
        "status": e.status,
        "why": e.why,
        "created_by": e.created_by,
        "created_at": rfc3339(e.created_at),
        "last_sequence": e.last_sequence,
        "failing_since": at(e.failing_since),
        "rests_until": rfc3339(e.rests_until) if e.rests_until > now else None,
    }


def delivery(d: Delivery) -> Said:
    return {
        "sequence": d.sequence,
        "event": d.event_id,
        "type": d.type,
        "status": d.status,
        "attempts": d.attempts,
        "next_at": rfc3339(d.next_at) if d.status == "queued" else None,
        "delivered_at": at(d.delivered_at),
        "answer": d.answer,
        "error": d.error,
        "created_at": rfc3339(d.created_at),
        "body": json.loads(d.body),
    }

"""How answers speak of kill switches."""

from __future__ import annotations

from tidegate.api.say import Said
from tidegate.base.times import rfc3339
from tidegate.policy.switch import Switch


def switch(s: Switch) -> Said:
    return {"id": s.id, "scope": s.scope, "subject": s.subject, "reason": s.reason, "since": rfc3339(s.since)}

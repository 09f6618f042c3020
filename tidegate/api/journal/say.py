"""How answers speak of the journal and its feed."""

from __future__ import annotations

from tidegate.api.say import Said
from tidegate.base.times import rfc3339
from tidegate.db.journal import News


def entry(n: News) -> Said:
    return {
        "cursor": f"{n.link}.{n.position}",
        "at": rfc3339(n.at),
        "actor": n.actor,
        "kind": n.kind,
        "subject": n.subject,
        "body": n.content,
    }

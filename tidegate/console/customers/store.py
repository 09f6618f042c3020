"""What support looks at about a customer: where they signed in from, and what happened, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows
from tidegate.db.journal import News


@dataclass(frozen=True, slots=True)
class Seen:
    """A device, a network or a country that the customer signed in from."""

    kind: str
    value: str
    first_at: datetime
    last_at: datetime


def seen(conn: Conn, party_id: str, limit: int) -> list[Seen]:
    """Where a customer signed in from, the latest first."""
    return rows(
        conn,
        Seen,
        """
        SELECT kind, value, first_at, last_at FROM login_seen
         WHERE party_id = %(party)s ORDER BY last_at DESC, kind, value LIMIT %(limit)s
        """,
        {"party": party_id, "limit": limit},
    )


def history(conn: Conn, party_id: str, before: tuple[int, int] | None, limit: int) -> list[News]:
    """What the journal says about a customer, their withdrawals and standing orders, newest first."""
    link, position = before or (None, None)
    return rows(
        conn,
        News,
        """
        SELECT j.link, j.position, j.at, j.actor, j.kind, j.subject, j.body
          FROM (SELECT %(party)s::text AS subject
                UNION ALL SELECT id FROM withdrawal WHERE party_id = %(party)s
                UNION ALL SELECT id FROM standing WHERE party_id = %(party)s) AS s
         CROSS JOIN LATERAL (SELECT * FROM journal o WHERE o.subject = s.subject
                                AND (%(link)s::bigint IS NULL OR (o.link, o.position) < (%(link)s, %(position)s::int))
                              ORDER BY o.link DESC, o.position DESC LIMIT %(limit)s) AS j
         ORDER BY j.link DESC, j.position DESC LIMIT %(limit)s
        """,
        {"party": party_id, "link": link, "position": position, "limit": limit},
    )

"""What the journal says of withdrawals."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.db import Conn, rows
from tidegate.db.journal import News


def requested_payload(conn: Conn, id: str) -> str | None:
    """What the journal says the customer saw when they asked."""
    got = conn.execute(
        """
        SELECT body::jsonb ->> 'payload' FROM journal
         WHERE subject = %(id)s AND kind = 'withdrawal.awaiting_confirmation' ORDER BY link, position LIMIT 1
        """,
        {"id": id},
    ).fetchone()
    return got[0] if got else None


@dataclass(frozen=True, slots=True)
class FactorNote:
    """What the journal says of a withdrawal's factors: which were asked for, or which one was used for what."""

    kind: str
    body: str  # canonical JSON


def factor_notes(conn: Conn, id: str) -> list[FactorNote]:
    """Everything that the journal says of a withdrawal's factors, oldest first."""
    return rows(
        conn,
        FactorNote,
        """
        SELECT kind, body FROM journal
         WHERE subject = %(id)s AND kind IN ('withdrawal.awaiting_confirmation', 'withdrawal.factors_raised',
                                             'factor.used')
         ORDER BY link, position
        """,
        {"id": id},
    )


def timeline(conn: Conn, party_id: str) -> list[News]:
    """What the journal says about a customer and all their withdrawals, oldest first."""
    return rows(
        conn,
        News,
        """
        SELECT link, position, at, actor, kind, subject, body FROM journal
         WHERE subject = %(party)s OR subject IN (SELECT id FROM withdrawal WHERE party_id = %(party)s)
            OR subject IN (SELECT id FROM standing WHERE party_id = %(party)s)
         ORDER BY link, position
        """,
        {"party": party_id},
    )


def has_failed(conn: Conn, subject: str, fault: str) -> bool:
    """Whether the journal has such a fault of a subject already: a step is tried every turn, its fault told once."""
    found = conn.execute(
        """
        SELECT EXISTS (SELECT FROM journal WHERE subject = %(subject)s AND kind = 'step.failed'
                                             AND body::jsonb ->> 'fault' = %(fault)s)
        """,
        {"subject": subject, "fault": fault},
    ).fetchone()
    assert found is not None
    return bool(found[0])

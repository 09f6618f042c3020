"""Leases: one holder of a name at a time, and a token that fences off those who held it before."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.db.core import Conn


def take(conn: Conn, name: str, holder: str, now: datetime, seconds: int) -> int | None:
    """The token for the next `seconds`, or None while somebody else holds the name.

    The holder renews by taking again and keeps its token; a new holder gets a higher one.
    """
    got = conn.execute(
        """
        INSERT INTO lease (name, holder, token, until) VALUES (%(name)s, %(holder)s, 1, %(until)s)
        ON CONFLICT (name) DO UPDATE
           SET holder = excluded.holder, until = excluded.until,
               token = lease.token + (lease.holder <> excluded.holder)::int
         WHERE lease.holder = excluded.holder OR lease.until <= %(now)s
        RETURNING token
        """,
        {"name": name, "holder": holder, "until": now + timedelta(seconds=seconds), "now": now},
    ).fetchone()
    return got[0] if got else None


def holds(conn: Conn, name: str, token: int) -> bool:
    """Whether the token is still the newest; locks the row, so that nobody takes over before this commits."""
    return (
        conn.execute(
            "SELECT 1 FROM lease WHERE name = %(name)s AND token = %(token)s FOR UPDATE",
            {"name": name, "token": token},
        ).fetchone()
        is not None
    )


def give_up(conn: Conn, name: str, holder: str, now: datetime) -> None:
    """Let the next one in at once."""
    conn.execute(
        "UPDATE lease SET until = %(now)s WHERE name = %(name)s AND holder = %(holder)s",
        {"name": name, "holder": holder, "now": now},
    )

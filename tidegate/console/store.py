"""What pages look up across rooms: whether there is news, and whether a worker is at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows


@dataclass(frozen=True, slots=True)
class View:
    """A list's filters, as they stand in its address, under a name."""

    name: str
    query: str


def newest_link(conn: Conn) -> int:
    """The newest link of the journal; 0 before the first."""
    return int(conn.execute("SELECT coalesce(max(seq), 0) FROM journal_link").fetchall()[0][0])


def kinds_between(conn: Conn, after: int, newest: int) -> list[str]:
    """The kinds of the journal's entries after one link and up to another."""
    found = conn.execute(
        "SELECT DISTINCT kind FROM journal WHERE link > %(after)s AND link <= %(newest)s ORDER BY kind",
        {"after": after, "newest": newest},
    ).fetchall()
    return [kind for (kind,) in found]


def worker_seen(conn: Conn, now: datetime) -> bool:
    """Whether a worker has said within its last fifteen seconds that it lives."""
    return (
        conn.execute(
            "SELECT 1 FROM lease WHERE name LIKE 'worker:%%' AND until > %(now)s LIMIT 1", {"now": now}
        ).fetchone()
        is not None
    )


def views(conn: Conn, key_id: str, place: str) -> list[View]:
    """The views that a person keeps of a list, by name."""
    return rows(
        conn,
        View,
        "SELECT name, query FROM console_view WHERE key_id = %(key)s AND place = %(place)s ORDER BY name",
        {"key": key_id, "place": place},
    )


def keep_view(conn: Conn, key_id: str, place: str, view: View, now: datetime) -> None:
    """Keep a list's filters under a name, or others under the same name."""
    conn.execute(
        """
        INSERT INTO console_view (key_id, place, name, query, saved_at)
        VALUES (%(key)s, %(place)s, %(name)s, %(query)s, %(now)s)
        ON CONFLICT (key_id, place, name) DO UPDATE SET query = excluded.query, saved_at = excluded.saved_at
        """,
        {"key": key_id, "place": place, "name": view.name, "query": view.query, "now": now},
    )


def drop_view(conn: Conn, key_id: str, place: str, name: str) -> None:
    """Forget a view; one that is gone already is no fault."""
    conn.execute(
        "DELETE FROM console_view WHERE key_id = %(key)s AND place = %(place)s AND name = %(name)s",
        {"key": key_id, "place": place, "name": name},
    )

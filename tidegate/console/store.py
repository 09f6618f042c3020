"""What pages look up across rooms: whether there is news, and whether a worker is at work."""

from __future__ import annotations

from datetime import datetime

from tidegate.db import Conn


def newest_link(conn: Conn) -> int:
    """The newest link of the journal; 0 before the first."""
    return int(conn.execute("SELECT coalesce(max(seq), 0) FROM journal_link").fetchall()[0][0])


def kinds_since(conn: Conn, link: int) -> tuple[int, list[str]]:
    """The newest link, and the kinds of the entries after `link`."""
    newest = newest_link(conn)
    if newest == link:
        return newest, []
    rows = conn.execute(
        "SELECT DISTINCT kind FROM journal WHERE link > %(after)s AND link <= %(newest)s ORDER BY kind",
        {"after": link, "newest": newest},
    ).fetchall()
    return newest, [kind for (kind,) in rows]


def worker_seen(conn: Conn, now: datetime) -> bool:
    """Whether a worker has said within its last fifteen seconds that it lives."""
    return (
        conn.execute(
            "SELECT 1 FROM lease WHERE name LIKE 'worker:%%' AND until > %(now)s LIMIT 1", {"now": now}
        ).fetchone()
        is not None
    )

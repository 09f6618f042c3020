"""Readers of the journal: news travels up the ladder in order, each piece acted on exactly once.

A reader's cursor moves in the same transaction as what it did about the news; its row lock is the turn-taking
between any number of worker machines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from psycopg.rows import class_row

from tidegate.db.core import Conn, Tx, act
from tidegate.db.journal import News, after

Handler = Callable[[Tx, News], None]


def read(conn: Conn, name: str, handlers: Mapping[str, Handler], now: datetime, limit: int = 100) -> int:
    """Take the next news for reader `name` and act on it; how many entries it moved past.

    Kinds without a handler are passed over. Where a handler raises, its own work is rolled back and the news
    is set aside in `unread`, visible and retried, so that one bad piece does not stop the rest. Later news of the
    same subject waits behind it: "paid" means nothing to who has not heard "paying".
    """
    with act(conn, "worker", now) as tx:
        place = _take_turn(conn, name)
        if place is None:
            return 0
        news = after(conn, *place, limit)
        waiting = _subjects_set_aside(conn, name)
        for item in news:
            if item.kind not in handlers:
                continue
            if item.subject in waiting:
                _set_aside(tx, name, item, "waits for earlier news of the same subject", seconds=0)
            elif not _try(tx, name, handlers[item.kind], item):
                waiting.add(item.subject)
        if news:
            _move_on(conn, name, news[-1])
        return len(news)


def read_all(
    conn: Conn,
    name: str,
    handle: Callable[[Tx, Sequence[News]], None],
    now: datetime,
    limit: int,
    *,
    wait: bool = False,
) -> int:
    """Take the next news for reader `name` all at once; how many entries it moved past.

    For readers that keep a copy of something in sets: what cannot be copied stops the reader, and nobody else.
    `wait`: where another worker has the turn, wait for its end instead of passing.
    """
    with act(conn, "worker", now) as tx:
        place = _take_turn(conn, name, wait)
        if place is None:
            return 0
        news = after(conn, *place, limit)
        if news:
            handle(tx, news)
            _move_on(conn, name, news[-1])
        return len(news)


def retry(conn: Conn, name: str, handlers: Mapping[str, Handler], now: datetime) -> int:
    """Try again what was set aside and is due, each subject's news in its order; how many pieces succeeded."""
    done = 0
    while True:
        with act(conn, "worker", now) as tx:
            with conn.cursor(row_factory=class_row(News)) as cursor:
                item = cursor.execute(
                    """
                    SELECT j.link, j.position, j.at, j.actor, j.kind, j.subject, j.body
                      FROM unread u JOIN journal j USING (link, position)
                     WHERE u.reader = %(name)s AND u.next_at <= %(now)s
                       AND NOT EXISTS (SELECT FROM unread e WHERE e.reader = u.reader AND e.subject = u.subject
                                          AND (e.link, e.position) < (u.link, u.position))
                     ORDER BY u.link, u.position LIMIT 1 FOR UPDATE OF u SKIP LOCKED
                    """,
                    {"name": name, "now": now},
                ).fetchone()
            if item is None:
                return done
            if _try(tx, name, handlers[item.kind], item):
                conn.execute(
                    "DELETE FROM unread WHERE reader = %(name)s AND link = %(link)s AND position = %(position)s",
                    {"name": name, "link": item.link, "position": item.position},
                )
                done += 1


def _move_on(conn: Conn, name: str, last: News) -> None:
    conn.execute(
        "UPDATE reader SET link = %(link)s, position = %(position)s WHERE name = %(name)s",
        {"link": last.link, "position": last.position, "name": name},
    )


def _take_turn(conn: Conn, name: str, wait: bool = False) -> tuple[int, int] | None:
    """The reader's place, locked until the transaction ends; None while another worker has the turn."""
    # Looked for first: an insert that meets a row which somebody is moving on waits for them, conflict or not.
    conn.execute(
        """
        INSERT INTO reader (name) SELECT %(name)s::text WHERE NOT EXISTS (SELECT FROM reader WHERE name = %(name)s)
        ON CONFLICT DO NOTHING
        """,
        {"name": name},
    )
    if wait:
        return conn.execute(
            "SELECT link, position FROM reader WHERE name = %(name)s FOR UPDATE", {"name": name}
        ).fetchone()
    return conn.execute(
        "SELECT link, position FROM reader WHERE name = %(name)s FOR UPDATE SKIP LOCKED", {"name": name}
    ).fetchone()


def _subjects_set_aside(conn: Conn, name: str) -> set[str]:
    found = conn.execute("SELECT DISTINCT subject FROM unread WHERE reader = %(name)s", {"name": name}).fetchall()
    return {subject for (subject,) in found}


def _try(tx: Tx, name: str, handler: Handler, item: News) -> bool:
    noted = len(tx._entries)
    try:
        with tx.conn.transaction():  # a savepoint: a failing handler takes back only its own work
            handler(tx, item)
        return True
    except Exception as fault:  # kept in `unread` with its words: shown, counted and retried, not swallowed
        del tx._entries[noted:]
        _set_aside(tx, name, item, f"{type(fault).__name__}: {fault}"[:2000], seconds=30)
        return False


def _set_aside(tx: Tx, name: str, item: News, why: str, seconds: int) -> None:
    tx.conn.execute(
        """
        INSERT INTO unread (reader, link, position, subject, error, next_at)
        VALUES (%(name)s, %(link)s, %(position)s, %(subject)s, %(error)s, %(next)s)
        ON CONFLICT (reader, link, position) DO UPDATE
           SET failures = unread.failures + 1, error = excluded.error, next_at = excluded.next_at
        """,
        {
            "name": name,
            "link": item.link,
            "position": item.position,
            "subject": item.subject,
            "error": why,
            "next": tx.now + timedelta(seconds=seconds),
        },
    )

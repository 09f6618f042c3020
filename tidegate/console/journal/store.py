"""The journal as an auditor asks for it: newest first, by thing, kind, person and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows
from tidegate.db.journal import News


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show; None = whatever it is. `kind` with a dot at its end means all that begin so."""

    subject: str | None
    kind: str | None
    actor: str | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain; `before` is the tip of the link before it, None where that one is missing."""

    seq: int
    entries: int
    root: bytes
    tip: bytes
    before: bytes | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Seq:
    seq: int | None


def entries(conn: Conn, wanted: Wanted, before: tuple[int, int] | None, limit: int) -> list[News]:
    """Entries that are wanted, newest first, before a place.

    Times are found by link first: links are in order of time, and a page must not walk years to find a week.
    """
    link, position = before or (None, None)
    return rows(
        conn,
        News,
        """
        SELECT link, position, at, actor, kind, subject, body FROM journal
         WHERE (%(subject)s::text IS NULL OR subject = %(subject)s)
           AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
           AND (%(actor)s::text IS NULL OR actor = %(actor)s)
           AND (%(first)s::bigint IS NULL OR link >= %(first)s) AND (%(last)s::bigint IS NULL OR link <= %(last)s)
           AND (%(link)s::bigint IS NULL OR (link, position) < (%(link)s, %(position)s::int))
         ORDER BY link DESC, position DESC LIMIT %(limit)s
        """,
        {
            "subject": wanted.subject,
            "kinds": None if wanted.kind is None else _kinds(conn, wanted.kind),
            "actor": wanted.actor,
            "first": None if wanted.since is None else _first_since(conn, wanted.since),
            "last": None if wanted.until is None else _last_until(conn, wanted.until),
            "link": link,
            "position": position,
            "limit": limit,
        },
    )


def _kinds(conn: Conn, wanted: str) -> list[str]:
    """The kind itself, or all that begin with a text that ends in a dot.

    There are some hundred kinds: they are walked in the index one by one. A range of texts would do in one step, but
    what lies between two texts depends on the database's collation.
    """
    if not wanted.endswith("."):
        return [wanted]
    found = conn.execute(
        """
        WITH RECURSIVE kinds AS (
            SELECT min(kind) AS kind FROM journal
            UNION ALL
            SELECT (SELECT min(j.kind) FROM journal j WHERE j.kind > k.kind) FROM kinds k WHERE k.kind IS NOT NULL
        )
        SELECT kind FROM kinds WHERE starts_with(kind, %(wanted)s)
        """,
        {"wanted": wanted},
    ).fetchall()
    return [kind for (kind,) in found]


def _first_since(conn: Conn, at: datetime) -> int:
    """The first link of a time or later; one that will never be where there is none yet."""
    found = row(conn, _Seq, "SELECT seq FROM journal_link WHERE at >= %(at)s ORDER BY at, seq LIMIT 1", {"at": at})
    return (1 << 62) if found is None or found.seq is None else found.seq


def _last_until(conn: Conn, at: datetime) -> int:
    """The last link of a time or earlier; 0 where there is none."""
    found = row(
        conn, _Seq, "SELECT seq FROM journal_link WHERE at <= %(at)s ORDER BY at DESC, seq DESC LIMIT 1", {"at": at}
    )
    return 0 if found is None or found.seq is None else found.seq


def link(conn: Conn, seq: int) -> Link | None:
    """One link with the tip before it."""
    return row(
        conn,
        Link,
        """
        SELECT l.seq, l.entries, l.root, l.tip, b.tip AS before, l.at
          FROM journal_link l LEFT JOIN journal_link b ON b.seq = l.seq - 1 WHERE l.seq = %(seq)s
        """,
        {"seq": seq},
    )


def of_link(conn: Conn, seq: int) -> Sequence[News]:
    """Every entry of a link, in order."""
    return rows(
        conn,
        News,
        """
        SELECT link, position, at, actor, kind, subject, body FROM journal WHERE link = %(seq)s ORDER BY position
        """,
        {"seq": seq},
    )

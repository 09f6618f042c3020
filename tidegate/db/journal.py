"""The journal: append-only, one hash link per transaction, checked by anyone with a copy.

A link's root is the SHA-256 of its entries' canonical lines; its tip is the SHA-256 of the tip before, its
number and its root. Whoever changes, drops or reorders an entry breaks every tip after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from tidegate.base.canonical import canonical
from tidegate.base.times import rfc3339

if TYPE_CHECKING:
    from tidegate.db.core import Conn

START = bytes(32)


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    actor: str
    kind: str
    subject: str
    body: str  # canonical JSON

    def line(self) -> bytes:
        """What is hashed: every field, in canonical form."""
        return canonical([rfc3339(self.at), self.actor, self.kind, self.subject, self.body]).encode()


@dataclass(frozen=True, slots=True)
class News:
    """An entry with its place, as readers get it."""

    link: int
    position: int
    at: datetime
    actor: str
    kind: str
    subject: str
    body: str

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


def entry(at: datetime, actor: str, kind: str, subject: str, body: Mapping[str, object]) -> Entry:
    return Entry(at, actor, kind, subject, canonical(body))


def root_of(entries: Iterable[Entry]) -> bytes:
    return hashlib.sha256(b"\n".join(item.line() for item in entries)).digest()


def tip_of(before: bytes, seq: int, root: bytes) -> bytes:
    return hashlib.sha256(before + seq.to_bytes(8, "big") + root).digest()


def seal(conn: Conn, entries: list[Entry], now: datetime) -> None:
    """Append the entries under one new link. The tip's row stays locked until the transaction ends."""
    conn.execute(
        """
        WITH tip AS (
            UPDATE journal_tip SET seq = seq + 1, tip = sha256(tip || int8send(seq + 1) || %(root)s)
            RETURNING seq, tip
        ), link AS (
            INSERT INTO journal_link (seq, entries, root, tip, at)
            SELECT seq, %(count)s, %(root)s, tip, %(at)s FROM tip
        )
        INSERT INTO journal (link, position, at, actor, kind, subject, body)
        SELECT tip.seq, e.n - 1, %(at)s, e.actor, e.kind, e.subject, e.body
          FROM tip, unnest(%(actors)s::text[], %(kinds)s::text[], %(subjects)s::text[], %(bodies)s::text[])
               WITH ORDINALITY AS e (actor, kind, subject, body, n)
        """,
        {
            "root": root_of(entries),
            "count": len(entries),
            "at": now,
            "actors": [item.actor for item in entries],
            "kinds": [item.kind for item in entries],
            "subjects": [item.subject for item in entries],
            "bodies": [item.body for item in entries],
        },
    )


def after(conn: Conn, link: int, position: int, limit: int) -> list[News]:
    """Entries after a place, oldest first. Links commit in order, so nothing ever appears behind a reader."""
    with conn.cursor(row_factory=class_row(News)) as cursor:
        return cursor.execute(
            """
            SELECT link, position, at, actor, kind, subject, body FROM journal
             WHERE (link, position) > (%(link)s, %(position)s) ORDER BY link, position LIMIT %(limit)s
            """,
            {"link": link, "position": position, "limit": limit},
        ).fetchall()


def about(conn: Conn, subject: str) -> list[News]:
    """Everything noted about one thing, oldest first."""
    with conn.cursor(row_factory=class_row(News)) as cursor:
        return cursor.execute(
            """
            SELECT link, position, at, actor, kind, subject, body FROM journal
             WHERE subject = %(subject)s ORDER BY link, position
            """,
            {"subject": subject},
        ).fetchall()


@contextmanager
def snapshot(conn: Conn) -> Iterator[None]:
    """Read several things as they stood at one moment; nothing can be written meanwhile."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def links_about(conn: Conn, subjects: Sequence[str]) -> list[dict[str, Any]]:
    """The whole links that hold an entry about some things, oldest first, as anybody can check them:
    {"link", "before", "root", "tip", "entries": [[at, actor, kind, subject, body]]}; hashes in hex, `before` is the
    tip of the link before."""
    found = conn.execute(
        """
        SELECT l.seq, coalesce(b.tip, decode(repeat('00', 32), 'hex')), l.root, l.tip
          FROM journal_link l LEFT JOIN journal_link b ON b.seq = l.seq - 1
         WHERE l.seq IN (SELECT link FROM journal WHERE subject = ANY(%(subjects)s)) ORDER BY l.seq
        """,
        {"subjects": list(subjects)},
    ).fetchall()
    with conn.cursor(row_factory=class_row(News)) as cursor:
        news = cursor.execute(
            """
            SELECT link, position, at, actor, kind, subject, body FROM journal
             WHERE link = ANY(%(links)s) ORDER BY link, position
            """,
            {"links": [seq for seq, *_ in found]},
        ).fetchall()
    entries: dict[int, list[list[str]]] = {}
    for item in news:
        line = [rfc3339(item.at), item.actor, item.kind, item.subject, item.body]
        entries.setdefault(item.link, []).append(line)
    return [
        {"link": seq, "before": before.hex(), "root": root.hex(), "tip": tip.hex(), "entries": entries[seq]}
        for seq, before, root, tip in found
    ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found: `broken` says where the chain first lies, or None."""

    links: int
    entries: int
    tip: str  # hex of the last tip that holds
    broken: str | None


@dataclass(frozen=True, slots=True)
class _Link:
    seq: int
    entries: int
    root: bytes
    tip: bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """What checking some links in a row found: `links` hold up to and with this one; `of` are there in all."""

    links: int
    of: int
    entries: int  # of the links that were checked here
    broken: str | None


def verify_stretch(conn: Conn, after: int, most: int) -> Stretch:
    """Check `most` links after one that holds, for whoever wants to see progress.

    The tip that link has in the database is where this stretch begins. Entries are never changed, so stretches that
    meet say the same as `verify` of the whole; the last one compares with the tip's row, too.
    """
    with snapshot(conn):
        stated = conn.execute("SELECT seq, tip FROM journal_tip").fetchone()
        assert stated is not None  # a migration puts the row there
        begin = conn.execute("SELECT tip FROM journal_link WHERE seq = %(seq)s", {"seq": after}).fetchone()
        if after and begin is None:
            return Stretch(after, stated[0], 0, f"link {after} is missing")
        tip, seq, count = begin[0] if begin else START, after, 0
        for link, entries in _linked(conn, after, after + most):
            broken = _fault(link, entries, seq + 1, tip)
            if broken:
                return Stretch(seq, stated[0], count, broken)
            seq, tip, count = link.seq, link.tip, count + len(entries)
        if seq < after + most and stated != (seq, tip):
            return Stretch(seq, stated[0], count, f"the chain ends at link {seq}, but its tip row says {stated[0]}")
        return Stretch(seq, stated[0], count, None)


def verify(conn: Conn) -> Verdict:
    """Recompute every root and tip from the first entry on, in one snapshot, streaming."""
    with snapshot(conn):
        stated = conn.execute("SELECT seq, tip FROM journal_tip").fetchone()
        tip, seq, count = START, 0, 0
        for link, entries in _linked(conn):
            seq += 1
            broken = _fault(link, entries, seq, tip)
            if broken:
                return Verdict(seq - 1, count, tip.hex(), broken)
            tip, count = link.tip, count + len(entries)
        if stated != (seq, tip):
            return Verdict(
                seq, count, tip.hex(), f"the chain ends at link {seq}, but its tip row says {stated and stated[0]}"
            )
        return Verdict(seq, count, tip.hex(), None)


def _fault(link: _Link, entries: list[Entry], seq: int, before: bytes) -> str | None:
    if link.seq != seq:
        return f"link {seq} is missing: link {link.seq} stands in its place"
    if len(entries) != link.entries:
        return f"link {seq} names {link.entries} entries, but {len(entries)} are there"
    if root_of(entries) != link.root:
        return f"an entry of link {seq} was changed: its root does not match"
    if tip_of(before, seq, link.root) != link.tip:
        return f"link {seq} does not follow from the link before it"
    return None


def _linked(conn: Conn, after: int = 0, last: int = 1 << 62) -> Iterator[tuple[_Link, list[Entry]]]:
    """Each link after one, up to another, with its entries, in order, a thousand links at a time."""
    done = after
    while True:
        with conn.cursor(row_factory=class_row(_Link)) as cursor:
            links = cursor.execute(
                """
                SELECT seq, entries, root, tip FROM journal_link
                 WHERE seq > %(done)s AND seq <= %(last)s ORDER BY seq LIMIT 1000
                """,
                {"done": done, "last": last},
            ).fetchall()
        if not links:
            return
        with conn.cursor(row_factory=class_row(News)) as cursor:
            news = cursor.execute(
                """
                SELECT link, position, at, actor, kind, subject, body FROM journal
                 WHERE link BETWEEN %(first)s AND %(last)s ORDER BY link, position
                """,
                {"first": links[0].seq, "last": links[-1].seq},
            ).fetchall()
        by_link: dict[int, list[Entry]] = {}
        for item in news:
            by_link.setdefault(item.link, []).append(Entry(item.at, item.actor, item.kind, item.subject, item.body))
        for link in links:
            yield link, by_link.get(link.seq, [])
        done = links[-1].seq

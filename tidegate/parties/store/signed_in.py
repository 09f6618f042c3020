"""Who of the staff is signed in: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class StaffSession:
    key_id: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    proven_at: datetime
    way: str  # "key", "link", "password", "passkey"
    country: str | None  # ISO 3166-1 alpha-2; None = nobody said
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Id:
    id: str


def add_session(conn: Conn, hash: bytes, key_id: str, csrf: str, way: str, country: str | None, now: datetime) -> None:
    """Sign a person in."""
    run(
        conn,
        """
        INSERT INTO staff_session (hash, key_id, csrf, way, country, created_at, seen_at, proven_at)
        VALUES (%(hash)s, %(key)s, %(csrf)s, %(way)s, %(country)s, %(now)s, %(now)s, %(now)s)
        """,
        {"hash": hash, "key": key_id, "csrf": csrf, "way": way, "country": country, "now": now},
    )


def session(conn: Conn, hash: bytes) -> StaffSession | None:
    """The session whose cookie has this hash, ended or not."""
    return row(
        conn,
        StaffSession,
        """
        SELECT key_id, csrf, created_at, seen_at, proven_at, way, country, ended_at FROM staff_session
         WHERE hash = %(hash)s
        """,
        {"hash": hash},
    )


def open_sessions(conn: Conn, seen_after: datetime, opened_after: datetime) -> list[StaffSession]:
    """Sessions that nobody ended, used and opened after these times, the latest used first."""
    return rows(
        conn,
        StaffSession,
        """
        SELECT key_id, csrf, created_at, seen_at, proven_at, way, country, ended_at FROM staff_session
         WHERE ended_at IS NULL AND seen_at > %(seen)s AND created_at > %(opened)s ORDER BY seen_at DESC, key_id
        """,
        {"seen": seen_after, "opened": opened_after},
    )


def see_session(conn: Conn, hash: bytes, now: datetime) -> None:
    """Somebody is there; never backwards, whatever order two requests are written in."""
    run(
        conn,
        "UPDATE staff_session SET seen_at = greatest(seen_at, %(now)s) WHERE hash = %(hash)s AND ended_at IS NULL",
        {"hash": hash, "now": now},
    )


def prove_session(conn: Conn, hash: bytes, now: datetime) -> None:
    """Somebody has shown once more who they are."""
    run(
        conn,
        "UPDATE staff_session SET proven_at = greatest(proven_at, %(now)s) WHERE hash = %(hash)s AND ended_at IS NULL",
        {"hash": hash, "now": now},
    )


def add_staff_link(conn: Conn, hash: bytes, key_id: str, now: datetime, expires_at: datetime) -> None:
    """A way in for the person of a key."""
    run(
        conn,
        """
        INSERT INTO staff_link (hash, key_id, made_at, expires_at) VALUES (%(hash)s, %(key)s, %(now)s, %(expires)s)
        """,
        {"hash": hash, "key": key_id, "now": now, "expires": expires_at},
    )


def staff_link_for(conn: Conn, hash: bytes, now: datetime) -> Id | None:
    """The key whose person a link lets in; None where it was used, is over, or never was."""
    return row(
        conn,
        Id,
        "SELECT key_id AS id FROM staff_link WHERE hash = %(hash)s AND used_at IS NULL AND expires_at > %(now)s",
        {"hash": hash, "now": now},
    )


def use_staff_link(conn: Conn, hash: bytes, now: datetime) -> int:
    """Take a link; 0 where somebody else just did."""
    return run(
        conn,
        "UPDATE staff_link SET used_at = %(now)s WHERE hash = %(hash)s AND used_at IS NULL",
        {"hash": hash, "now": now},
    )


def end_session(conn: Conn, hash: bytes, now: datetime) -> Id | None:
    """Sign out; the key of the session that ended just now, or None."""
    return row(
        conn,
        Id,
        """
        UPDATE staff_session SET ended_at = %(now)s WHERE hash = %(hash)s AND ended_at IS NULL
        RETURNING key_id AS id
        """,
        {"hash": hash, "now": now},
    )

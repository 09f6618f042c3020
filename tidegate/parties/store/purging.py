"""Deleting what nobody needs any more: the statements. Each takes its oldest rows first and leaves those that somebody
is busy with."""

from __future__ import annotations

from datetime import datetime

from tidegate.db import Conn, run


def purge_challenges(conn: Conn, before: datetime, limit: int) -> int:
    """Delete what passkeys had to sign, of staff and customers, where its time ended before this; how many rows."""
    old = {"before": before, "limit": limit}
    rows = run(
        conn,
        """
        DELETE FROM passkey_challenge WHERE challenge IN (
            SELECT challenge FROM passkey_challenge WHERE expires_at < %(before)s ORDER BY expires_at LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    rows += run(
        conn,
        """
        DELETE FROM staff_challenge WHERE challenge IN (
            SELECT challenge FROM staff_challenge WHERE expires_at < %(before)s ORDER BY expires_at LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    return rows


def purge_sessions(conn: Conn, before: datetime, limit: int) -> int:
    """Delete sessions of staff and customers last seen, and tries, links and invitations that were over, before this
    time; how many rows."""
    old = {"before": before, "limit": limit}
    rows = run(
        conn,
        """
        DELETE FROM staff_session WHERE hash IN (
            SELECT hash FROM staff_session WHERE greatest(seen_at, ended_at) < %(before)s
             ORDER BY seen_at LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    rows += run(
        conn,
        """
        DELETE FROM customer_session WHERE id IN (
            SELECT id FROM customer_session WHERE seen_at < %(before)s ORDER BY seen_at LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    rows += run(
        conn,
        """
        DELETE FROM sign_in_challenge WHERE challenge IN (
            SELECT challenge FROM sign_in_challenge WHERE expires_at < %(before)s LIMIT %(limit)s
               FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    rows += run(
        conn,
        """
        DELETE FROM sign_in_try WHERE subject IN (
            SELECT subject FROM sign_in_try WHERE newest_at < %(before)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    rows += run(
        conn,
        """
        DELETE FROM sign_in_link WHERE hash IN (
            SELECT hash FROM sign_in_link WHERE expires_at < %(before)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    rows += run(
        conn,
        """
        DELETE FROM invitation WHERE id IN (
            SELECT id FROM invitation WHERE expires_at < %(before)s LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        old,
    )
    return rows

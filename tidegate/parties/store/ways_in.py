"""How staff come in beside their key: passwords with an app, passkeys, and keys that are barred: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class StaffPassword:
    """A password and the app whose code goes with it. `sealed` is the app's secret under the data key."""

    key_id: str
    login: str
    hash: str
    sealed: bytes
    last_step: int
    set_at: datetime


@dataclass(frozen=True, slots=True)
class StaffPasskey:
    id: str  # "way_…"
    key_id: str
    name: str
    credential: bytes
    public_key: bytes
    sign_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StaffChallenge:
    """What an authenticator of somebody who is signed in was asked to sign."""

    key_id: str
    subject: str
    name: str


@dataclass(frozen=True, slots=True)
class Barred:
    """A key that does not open the console any more."""

    key_id: str
    barred_by: str
    barred_at: datetime


def lock_key(conn: Conn, key_id: str) -> None:
    """The key's row, locked until the transaction ends: its ways in change one after the other."""
    conn.execute("SELECT FROM api_key WHERE id = %(id)s FOR UPDATE", {"id": key_id})


def set_staff_password(conn: Conn, made: StaffPassword) -> int:
    """Set it or put it in the place of the one before; 0 where somebody else has that name."""
    return run(
        conn,
        """
        INSERT INTO staff_password (key_id, login, hash, sealed, last_step, set_at)
        SELECT %(key)s, %(login)s, %(hash)s, %(sealed)s, %(step)s, %(at)s
         WHERE NOT EXISTS (SELECT FROM staff_password o WHERE o.login = %(login)s AND o.key_id <> %(key)s)
        ON CONFLICT (key_id) DO UPDATE
           SET login = excluded.login, hash = excluded.hash, sealed = excluded.sealed,
               last_step = excluded.last_step, set_at = excluded.set_at
        """,
        {
            "key": made.key_id,
            "login": made.login,
            "hash": made.hash,
            "sealed": made.sealed,
            "step": made.last_step,
            "at": made.set_at,
        },
    )


def staff_password(conn: Conn, key_id: str) -> StaffPassword | None:
    """The password of a key's person."""
    return row(
        conn,
        StaffPassword,
        "SELECT key_id, login, hash, sealed, last_step, set_at FROM staff_password WHERE key_id = %(id)s",
        {"id": key_id},
    )


def staff_password_by_login(conn: Conn, login: str) -> StaffPassword | None:
    """The password of whoever signs in by that name."""
    return row(
        conn,
        StaffPassword,
        "SELECT key_id, login, hash, sealed, last_step, set_at FROM staff_password WHERE login = %(login)s",
        {"login": login},
    )


def spend_staff_step(conn: Conn, key_id: str, step: int) -> int:
    """Use a time step up; 0 where somebody used it, or a later one, just before."""
    return run(
        conn,
        "UPDATE staff_password SET last_step = %(step)s WHERE key_id = %(id)s AND last_step < %(step)s",
        {"id": key_id, "step": step},
    )


def remove_staff_password(conn: Conn, key_id: str) -> int:
    """Take it away; 0 where there is none."""
    return run(conn, "DELETE FROM staff_password WHERE key_id = %(id)s", {"id": key_id})


def add_staff_passkey(conn: Conn, made: StaffPasskey) -> int:
    """Put a passkey in use; 0 where that key is in use already, whoever has it."""
    return run(
        conn,
        """
        INSERT INTO staff_passkey (id, key_id, name, credential, public_key, sign_count, created_at)
        VALUES (%(id)s, %(key)s, %(name)s, %(credential)s, %(public)s, %(count)s, %(at)s)
        ON CONFLICT (credential) DO NOTHING
        """,
        {
            "id": made.id,
            "key": made.key_id,
            "name": made.name,
            "credential": made.credential,
            "public": made.public_key,
            "count": made.sign_count,
            "at": made.created_at,
        },
    )


def staff_passkeys(conn: Conn, key_id: str) -> list[StaffPasskey]:
    """The passkeys of a key's person, oldest first."""
    return rows(
        conn,
        StaffPasskey,
        """
        SELECT id, key_id, name, credential, public_key, sign_count, created_at FROM staff_passkey
         WHERE key_id = %(id)s ORDER BY created_at, id
        """,
        {"id": key_id},
    )


def staff_passkey(conn: Conn, credential: bytes) -> StaffPasskey | None:
    """The passkey of that name, whoever has it, row-locked: its counter is compared once."""
    return row(
        conn,
        StaffPasskey,
        """
        SELECT id, key_id, name, credential, public_key, sign_count, created_at FROM staff_passkey
         WHERE credential = %(credential)s FOR UPDATE
        """,
        {"credential": credential},
    )


def staff_counted(conn: Conn, id: str, count: int) -> None:
    """Remember the authenticator's counter."""
    run(conn, "UPDATE staff_passkey SET sign_count = %(count)s WHERE id = %(id)s", {"id": id, "count": count})


def remove_staff_passkey(conn: Conn, key_id: str, id: str) -> int:
    """Take it away; 0 where this person has none of that id."""
    return run(conn, "DELETE FROM staff_passkey WHERE id = %(id)s AND key_id = %(key)s", {"id": id, "key": key_id})


def add_staff_challenge(conn: Conn, challenge: bytes, asked: StaffChallenge, until: datetime) -> None:
    """Keep what an authenticator is asked to sign."""
    run(
        conn,
        """
        INSERT INTO staff_challenge (challenge, key_id, subject, name, expires_at)
        VALUES (%(challenge)s, %(key)s, %(subject)s, %(name)s, %(until)s)
        """,
        {"challenge": challenge, "key": asked.key_id, "subject": asked.subject, "name": asked.name, "until": until},
    )


def use_staff_challenge(conn: Conn, challenge: bytes, key_id: str, now: datetime) -> StaffChallenge | None:
    """It is answered, rightly or not, and gone; None where this person was not asked it, or it is over."""
    return row(
        conn,
        StaffChallenge,
        """
        DELETE FROM staff_challenge WHERE challenge = %(challenge)s AND key_id = %(key)s AND expires_at > %(now)s
        RETURNING key_id, subject, name
        """,
        {"challenge": challenge, "key": key_id, "now": now},
    )


def bar_key(conn: Conn, key_id: str, actor: str, now: datetime) -> int:
    """The key opens the console no more; 0 where it did not before."""
    return run(
        conn,
        """
        INSERT INTO staff_key_barred (key_id, barred_by, barred_at) VALUES (%(id)s, %(by)s, %(at)s)
        ON CONFLICT (key_id) DO NOTHING
        """,
        {"id": key_id, "by": actor, "at": now},
    )


def allow_key(conn: Conn, key_id: str) -> int:
    """The key opens the console again; 0 where it did already."""
    return run(conn, "DELETE FROM staff_key_barred WHERE key_id = %(id)s", {"id": key_id})


def barred(conn: Conn, key_id: str) -> Barred | None:
    """Whether the key is barred from the console, by whom and since when."""
    return row(
        conn,
        Barred,
        "SELECT key_id, barred_by, barred_at FROM staff_key_barred WHERE key_id = %(id)s",
        {"id": key_id},
    )


def end_sessions_of(conn: Conn, key_id: str, now: datetime) -> int:
    """Sign a person out everywhere; in how many places."""
    return run(
        conn,
        "UPDATE staff_session SET ended_at = %(now)s WHERE key_id = %(id)s AND ended_at IS NULL",
        {"id": key_id, "now": now},
    )

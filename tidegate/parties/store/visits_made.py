"""Customers' passwords, invitations, sessions and tries to sign in: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.parties.store.enrolled import Enrolled


@dataclass(frozen=True, slots=True)
class Password:
    party_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link to set a password, once."""

    id: str
    party_id: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerSession:
    """A customer who is signed in, as they see it themself."""

    id: str
    party_id: str
    csrf: str
    way: str  # "totp", "passkey", "link"
    ip: str | None
    agent: str
    country: str | None  # ISO 3166-1 alpha-2; None = nobody said
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tries:
    subject: str
    wrong: int
    newest_at: datetime


def set_password(conn: Conn, party_id: str, login: str, hash: str, now: datetime) -> int:
    """Set it or put it in the place of the one before; 0 where another party signs in by that name."""
    return run(
        conn,
        """
        INSERT INTO customer_password AS p (party_id, login, hash, set_at)
        SELECT %(party)s, %(login)s, %(hash)s, %(now)s
         WHERE NOT EXISTS (SELECT FROM customer_password o WHERE o.login = %(login)s AND o.party_id <> %(party)s)
        ON CONFLICT (party_id) DO UPDATE SET login = excluded.login, hash = excluded.hash, set_at = excluded.set_at
        """,
        {"party": party_id, "login": login, "hash": hash, "now": now},
    )


def password(conn: Conn, login: str) -> Password | None:
    """The password of whoever signs in by that name."""
    return row(conn, Password, "SELECT party_id, hash FROM customer_password WHERE login = %(login)s", {"login": login})


def has_password(conn: Conn, party_id: str) -> bool:
    """Whether the party has set a password."""
    return bool(
        rows(conn, Password, "SELECT party_id, hash FROM customer_password WHERE party_id = %(id)s", {"id": party_id})
    )


def add_invitation(conn: Conn, made: Invitation) -> None:
    """Keep an invitation."""
    run(
        conn,
        """
        INSERT INTO invitation (id, party_id, made_by, made_at, expires_at)
        VALUES (%(id)s, %(party)s, %(by)s, %(at)s, %(expires)s)
        """,
        {"id": made.id, "party": made.party_id, "by": made.made_by, "at": made.made_at, "expires": made.expires_at},
    )


def invitation(conn: Conn, id: str) -> Invitation | None:
    """One invitation."""
    return row(
        conn,
        Invitation,
        "SELECT id, party_id, made_by, made_at, expires_at, used_at FROM invitation WHERE id = %(id)s",
        {"id": id},
    )


def use_invitation(conn: Conn, id: str, now: datetime) -> int:
    """It set a password; 1 where it was this call that did. Older ones of its party count no more either."""
    used = run(
        conn, "UPDATE invitation SET used_at = %(now)s WHERE id = %(id)s AND used_at IS NULL", {"id": id, "now": now}
    )
    run(
        conn,
        """
        UPDATE invitation SET used_at = %(now)s WHERE used_at IS NULL
           AND party_id = (SELECT party_id FROM invitation WHERE id = %(id)s)
        """,
        {"id": id, "now": now},
    )
    return used


def add_visit(conn: Conn, made: CustomerSession, hash: bytes) -> None:
    """Sign a customer in."""
    run(
        conn,
        """
        INSERT INTO customer_session (id, hash, party_id, csrf, way, ip, agent, country, created_at, seen_at)
        VALUES (%(id)s, %(hash)s, %(party)s, %(csrf)s, %(way)s, %(ip)s, %(agent)s, %(country)s, %(at)s, %(at)s)
        """,
        {
            "id": made.id,
            "hash": hash,
            "party": made.party_id,
            "csrf": made.csrf,
            "way": made.way,
            "ip": made.ip,
            "agent": made.agent,
            "country": made.country,
            "at": made.created_at,
        },
    )


def visit(conn: Conn, hash: bytes) -> CustomerSession | None:
    """The session whose cookie has this hash, ended or not."""
    return row(
        conn,
        CustomerSession,
        """
        SELECT id, party_id, csrf, way, ip, agent, country, created_at, seen_at, ended_at
          FROM customer_session WHERE hash = %(hash)s
        """,
        {"hash": hash},
    )


def visits(conn: Conn, party_id: str, seen_after: datetime, opened_after: datetime) -> list[CustomerSession]:
    """Where a customer is signed in, the latest seen first."""
    return rows(
        conn,
        CustomerSession,
        """
        SELECT id, party_id, csrf, way, ip, agent, country, created_at, seen_at, ended_at FROM customer_session
         WHERE party_id = %(party)s AND ended_at IS NULL AND seen_at > %(seen)s AND created_at > %(opened)s
         ORDER BY seen_at DESC, id
        """,
        {"party": party_id, "seen": seen_after, "opened": opened_after},
    )


def see_visit(conn: Conn, id: str, now: datetime) -> None:
    """Somebody is there; never backwards, whatever order two requests are written in."""
    run(
        conn,
        "UPDATE customer_session SET seen_at = greatest(seen_at, %(now)s) WHERE id = %(id)s AND ended_at IS NULL",
        {"id": id, "now": now},
    )


def end_visit(conn: Conn, party_id: str, id: str, now: datetime) -> int:
    """Sign a customer out in one place; 1 where it was this call that did."""
    return run(
        conn,
        """
        UPDATE customer_session SET ended_at = %(now)s
         WHERE id = %(id)s AND party_id = %(party)s AND ended_at IS NULL
        """,
        {"id": id, "party": party_id, "now": now},
    )


def end_visits(conn: Conn, party_id: str, but: str | None, now: datetime) -> int:
    """Sign a customer out everywhere, or everywhere but in one place; how many."""
    return run(
        conn,
        """
        UPDATE customer_session SET ended_at = %(now)s
         WHERE party_id = %(party)s AND ended_at IS NULL AND id IS DISTINCT FROM %(but)s::text
        """,
        {"party": party_id, "but": but, "now": now},
    )


def tries(conn: Conn, subjects: Sequence[str], *, lock: bool = False) -> dict[str, Tries]:
    """Wrong tries by subject; with `lock` the rows are locked, in one order for all, until the transaction ends."""
    found = rows(
        conn,
        Tries,
        "SELECT subject, wrong, newest_at FROM sign_in_try WHERE subject = ANY(%(subjects)s::text[]) ORDER BY subject"
        + (" FOR UPDATE" if lock else ""),
        {"subjects": list(subjects)},
    )
    return {item.subject: item for item in found}


def begin_tries(conn: Conn, subjects: Sequence[str], now: datetime) -> None:
    """Rows to lock, where there were none."""
    run(
        conn,
        """
        INSERT INTO sign_in_try (subject, wrong, newest_at)
        SELECT subject, 0, %(now)s FROM unnest(%(subjects)s::text[]) AS u (subject) ORDER BY subject
        ON CONFLICT (subject) DO NOTHING
        """,
        {"subjects": sorted(subjects), "now": now},
    )


def set_tries(conn: Conn, subject: str, wrong: int, now: datetime) -> None:
    """How many there were in a row."""
    run(
        conn,
        "UPDATE sign_in_try SET wrong = %(wrong)s, newest_at = %(now)s WHERE subject = %(subject)s",
        {"subject": subject, "wrong": wrong, "now": now},
    )


def add_sign_in_challenge(conn: Conn, challenge: bytes, until: datetime) -> None:
    """Keep what whoever comes is asked to sign."""
    run(
        conn,
        "INSERT INTO sign_in_challenge (challenge, expires_at) VALUES (%(challenge)s, %(until)s)",
        {"challenge": challenge, "until": until},
    )


def use_sign_in_challenge(conn: Conn, challenge: bytes, now: datetime) -> int:
    """It is answered, rightly or not, and gone; 0 where it was unknown, answered before or over."""
    return run(
        conn,
        "DELETE FROM sign_in_challenge WHERE challenge = %(challenge)s AND expires_at > %(now)s",
        {"challenge": challenge, "now": now},
    )


def owned_passkey(conn: Conn, credential: bytes) -> Enrolled | None:
    """The passkey of that name, whoever has it, row-locked: its counter is compared once."""
    return row(
        conn,
        Enrolled,
        """
        SELECT id, party_id, kind, name, credential, public_key, sign_count, created_at FROM factor
         WHERE credential = %(credential)s AND revoked_at IS NULL FOR UPDATE
        """,
        {"credential": credential},
    )


def add_link(conn: Conn, hash: bytes, party_id: str, until: datetime) -> None:
    """Keep a link of the demo."""
    run(
        conn,
        "INSERT INTO sign_in_link (hash, party_id, expires_at) VALUES (%(hash)s, %(party)s, %(until)s)",
        {"hash": hash, "party": party_id, "until": until},
    )


@dataclass(frozen=True, slots=True)
class Whose:
    party_id: str


def use_link(conn: Conn, hash: bytes, now: datetime) -> Whose | None:
    """Whose link it is, used up; None for one that is unknown, used or over."""
    return row(
        conn,
        Whose,
        """
        UPDATE sign_in_link SET used_at = %(now)s WHERE hash = %(hash)s AND used_at IS NULL AND expires_at > %(now)s
        RETURNING party_id
        """,
        {"hash": hash, "now": now},
    )

"""Factors in use and what authenticators are asked to sign: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor in use. `sealed` is its secret under the platform's data key."""

    id: str
    party_id: str
    sealed: bytes
    last_step: int
    wrong_codes: int  # in a row, since the last right one
    wrong_at: datetime | None  # the newest of them
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A factor in use as its customer sees it. Keys and counts are those of a passkey."""

    id: str
    party_id: str
    kind: str  # "totp", "passkey"
    name: str
    credential: bytes | None
    public_key: bytes | None
    sign_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """What an authenticator is asked to sign: once, for one thing, for a few minutes."""

    challenge: bytes
    party_id: str
    subject: str  # "fac_…" to be, or "wd_…"
    nonce: bytes
    name: str  # of the passkey to be
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Kind:
    party_id: str
    kind: str


def factor(conn: Conn, party_id: str) -> Factor | None:
    """The factor in use, row-locked until the transaction ends: a code is spent by one of two at once."""
    return row(
        conn,
        Factor,
        """
        SELECT id, party_id, sealed, last_step, wrong_codes, wrong_at, created_at FROM factor
         WHERE party_id = %(party)s AND kind = 'totp' AND revoked_at IS NULL FOR UPDATE
        """,
        {"party": party_id},
    )


def add_factor(conn: Conn, id: str, party_id: str, sealed: bytes, now: datetime) -> None:
    """Put a factor in use; a second one of its kind is a constraint error."""
    run(
        conn,
        """
        INSERT INTO factor (id, party_id, kind, sealed, created_at)
        VALUES (%(id)s, %(party)s, 'totp', %(sealed)s, %(now)s)
        """,
        {"id": id, "party": party_id, "sealed": sealed, "now": now},
    )


def revoke_factor(conn: Conn, id: str, now: datetime) -> None:
    """Take a factor out of use, for good."""
    run(conn, "UPDATE factor SET revoked_at = %(now)s WHERE id = %(id)s", {"id": id, "now": now})


def spend_step(conn: Conn, id: str, step: int) -> None:
    """Remember the newest time step whose code was accepted; the wrong ones before it are forgiven."""
    run(
        conn,
        "UPDATE factor SET last_step = %(step)s, wrong_codes = 0, wrong_at = NULL WHERE id = %(id)s",
        {"id": id, "step": step},
    )


def wrong_code(conn: Conn, id: str, in_a_row: int, now: datetime) -> None:
    """Remember a wrong code and how many there were in a row with it."""
    run(
        conn,
        "UPDATE factor SET wrong_codes = %(count)s, wrong_at = %(now)s WHERE id = %(id)s",
        {"id": id, "count": in_a_row, "now": now},
    )


def kinds_of_factors(conn: Conn, ids: Sequence[str]) -> list[Kind]:
    """Which kinds of factor each of the parties has in use."""
    return rows(
        conn,
        Kind,
        "SELECT DISTINCT party_id, kind FROM factor WHERE party_id = ANY(%(ids)s) AND revoked_at IS NULL",
        {"ids": list(ids)},
    )


def factors(conn: Conn, party_id: str) -> list[Enrolled]:
    """What the party has in use, oldest first. The party's lock is what keeps the list still."""
    return rows(
        conn,
        Enrolled,
        """
        SELECT id, party_id, kind, name, credential, public_key, sign_count, created_at FROM factor
         WHERE party_id = %(party)s AND revoked_at IS NULL ORDER BY created_at, id
        """,
        {"party": party_id},
    )


def passkey(conn: Conn, party_id: str, credential: bytes) -> Enrolled | None:
    """The party's passkey of that name, row-locked until the transaction ends: its counter is compared once."""
    return row(
        conn,
        Enrolled,
        """
        SELECT id, party_id, kind, name, credential, public_key, sign_count, created_at FROM factor
         WHERE party_id = %(party)s AND credential = %(credential)s AND revoked_at IS NULL FOR UPDATE
        """,
        {"party": party_id, "credential": credential},
    )


def add_passkey(
    conn: Conn, id: str, party_id: str, name: str, credential: bytes, public_key: bytes, count: int, now: datetime
) -> int:
    """Put a passkey in use; 0 where that key is in use already, whoever has it."""
    return run(
        conn,
        """
        INSERT INTO factor (id, party_id, kind, name, credential, public_key, sign_count, created_at)
        VALUES (%(id)s, %(party)s, 'passkey', %(name)s, %(credential)s, %(key)s, %(count)s, %(now)s)
        ON CONFLICT (credential) WHERE revoked_at IS NULL DO NOTHING
        """,
        {
            "id": id,
            "party": party_id,
            "name": name,
            "credential": credential,
            "key": public_key,
            "count": count,
            "now": now,
        },
    )


def counted(conn: Conn, id: str, count: int) -> None:
    """Remember the authenticator's counter."""
    run(conn, "UPDATE factor SET sign_count = %(count)s WHERE id = %(id)s", {"id": id, "count": count})


def add_challenge(conn: Conn, made: Challenge) -> None:
    """Keep what an authenticator is asked to sign."""
    run(
        conn,
        """
        INSERT INTO passkey_challenge (challenge, party_id, subject, nonce, name, made_at, expires_at)
        VALUES (%(challenge)s, %(party)s, %(subject)s, %(nonce)s, %(name)s, %(made)s, %(expires)s)
        """,
        {
            "challenge": made.challenge,
            "party": made.party_id,
            "subject": made.subject,
            "nonce": made.nonce,
            "name": made.name,
            "made": made.made_at,
            "expires": made.expires_at,
        },
    )


def challenge(conn: Conn, challenge: bytes) -> Challenge | None:
    """A challenge of ours, row-locked until the transaction ends."""
    return row(
        conn,
        Challenge,
        """
        SELECT challenge, party_id, subject, nonce, name, made_at, expires_at, used_at FROM passkey_challenge
         WHERE challenge = %(challenge)s FOR UPDATE
        """,
        {"challenge": challenge},
    )


def newest_challenge(conn: Conn, subject: str) -> Challenge | None:
    """The newest challenge about a factor to be, or about a withdrawal."""
    return row(
        conn,
        Challenge,
        """
        SELECT challenge, party_id, subject, nonce, name, made_at, expires_at, used_at FROM passkey_challenge
         WHERE subject = %(subject)s ORDER BY made_at DESC, challenge LIMIT 1
        """,
        {"subject": subject},
    )


def use_challenge(conn: Conn, challenge: bytes, now: datetime) -> None:
    """It was answered, rightly or not."""
    run(
        conn,
        "UPDATE passkey_challenge SET used_at = %(now)s WHERE challenge = %(challenge)s",
        {"challenge": challenge, "now": now},
    )

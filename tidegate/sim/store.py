"""SQL that looks at what the auditor compares, and at what a house is made of. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.db import Conn, row, rows


@dataclass(frozen=True, slots=True)
class Seen:
    """One withdrawal with everything that must agree with its status."""

    id: str
    party_id: str
    asset_id: int
    address: str
    units: int
    fee_units: int
    status: str
    tx: str | None
    hold: str | None
    limit_taken: bool
    payout: str | None
    waiting_for: str | None
    attempts: int  # ever, the void ones too
    live: int  # that are neither failed nor void
    given_up: list[int]  # nonces of attempts that are void and were not taken again
    failed: str | None  # what a step about it died of


@dataclass(frozen=True, slots=True)
class Account:
    owner: str
    asset_id: int
    posted: int
    held: int


@dataclass(frozen=True, slots=True)
class Noted:
    """A journal entry about a withdrawal."""

    subject: str
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Unread:
    subject: str
    error: str


@dataclass(frozen=True, slots=True)
class Left:
    id: str
    purpose: str
    status: str
    waiting_for: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Credited:
    tx: str
    party_id: str
    asset_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Cursor:
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: str  # as a list in SQL, without those that the database makes of others


@dataclass(frozen=True, slots=True)
class Numbers:
    name: str
    last: int | None


@dataclass(frozen=True, slots=True)
class Count:
    n: int


def seen(conn: Conn, people: Sequence[str]) -> list[Seen]:
    """The withdrawals of some customers, oldest first."""
    return rows(
        conn,
        Seen,
        """
        SELECT w.id, w.party_id, w.asset_id, w.address, w.units, w.fee_units, w.status, w.tx, h.status AS hold,
               u.ref IS NOT NULL AND u.released_at IS NULL AS limit_taken, p.status AS payout,
               coalesce(p.waiting_for, w.waiting_for) AS waiting_for,
               (SELECT count(*) FROM payout_attempt a WHERE a.payout_id = p.id) AS attempts,
               (SELECT count(*) FROM payout_attempt a
                 WHERE a.payout_id = p.id AND a.status NOT IN ('failed', 'void')) AS live,
               ARRAY(SELECT a.nonce FROM payout_attempt a
                      WHERE a.payout_id = p.id AND a.status = 'void'
                        AND NOT EXISTS (SELECT FROM payout_attempt b WHERE b.payout_id = p.id AND b.nonce = a.nonce
                                           AND b.status <> 'void') ORDER BY a.nonce) AS given_up,
               (SELECT max(j.body) FROM journal j WHERE j.subject = w.id AND j.kind = 'step.failed') AS failed
          FROM withdrawal w
          LEFT JOIN ledger_hold h ON h.purpose = 'withdrawal' AND h.ref = w.id
          LEFT JOIN limit_use u ON u.ref = w.id
          LEFT JOIN payout p ON p.purpose = 'withdrawal' AND p.ref = w.id
         WHERE w.party_id = ANY(%(people)s) ORDER BY w.number
        """,
        {"people": list(people)},
    )


def accounts(conn: Conn, people: Sequence[str]) -> list[Account]:
    """What some customers have."""
    return rows(
        conn,
        Account,
        "SELECT owner, asset_id, posted, held FROM ledger_account WHERE owner = ANY(%(people)s) ORDER BY id",
        {"people": list(people)},
    )


def noted(conn: Conn, ids: Sequence[str]) -> list[Noted]:
    """What the journal says about some withdrawals' status, oldest first."""
    return rows(
        conn,
        Noted,
        """
        SELECT subject, kind, body FROM journal
         WHERE subject = ANY(%(ids)s) AND kind LIKE 'withdrawal.%%' ORDER BY link, position
        """,
        {"ids": list(ids)},
    )


def unread(conn: Conn) -> list[Unread]:
    """News that somebody could not digest."""
    return rows(conn, Unread, "SELECT subject, error FROM unread ORDER BY link, position", {})


def credited(conn: Conn) -> list[Credited]:
    """Deposits that became money."""
    return rows(
        conn,
        Credited,
        "SELECT tx, party_id, asset_id, credited AS units FROM deposit WHERE status = 'credited' ORDER BY id",
        {},
    )


def cursor(conn: Conn) -> Cursor:
    """The newest block whose deposits are decided."""
    found = row(conn, Cursor, "SELECT block AS number, hash FROM chain_cursor", {})
    assert found is not None  # the house has one network
    return found


def is_stored(conn: Conn, hash: str) -> bool:
    """Whether bytes are committed."""
    found = row(conn, Count, "SELECT count(*) AS n FROM payout_bytes WHERE hash = %(hash)s", {"hash": hash})
    return found is not None and found.n == 1


def left(conn: Conn) -> list[Left]:
    """Payouts that have not ended, of any purpose."""
    return rows(
        conn,
        Left,
        "SELECT id, purpose, status, waiting_for, detail FROM payout WHERE ended_at IS NULL ORDER BY id",
        {},
    )


def tables(conn: Conn) -> list[Table]:
    """Every table of ours."""
    return rows(
        conn,
        Table,
        """
        SELECT c.oid::regclass::text AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
           AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
         GROUP BY c.oid ORDER BY 1
        """,
        {},
    )


def sequences(conn: Conn) -> list[Numbers]:
    """Where the database's own numbers stand."""
    return rows(
        conn,
        Numbers,
        "SELECT schemaname || '.' || sequencename AS name, last_value AS last FROM pg_sequences ORDER BY 1",
        {},
    )

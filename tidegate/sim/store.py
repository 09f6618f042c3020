"""SQL that looks at what the auditor compares. Nothing here writes."""

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
                 WHERE a.payout_id = p.id AND a.status NOT IN ('failed', 'void')) AS live
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


def scanned_to(conn: Conn) -> int:
    """The newest block whose deposits are decided."""
    found = row(conn, Count, "SELECT max(block) AS n FROM chain_cursor", {})
    return 0 if found is None else found.n

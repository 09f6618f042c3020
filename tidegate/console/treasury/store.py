"""What treasury looks at across wallets: their balances as last seen, and the payments that have not ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows


@dataclass(frozen=True, slots=True)
class Held:
    """What a wallet of ours was last seen to hold of an asset."""

    network: str
    kind: str
    address: str
    next_nonce: int
    asset_id: int
    units: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment that has not ended."""

    id: str
    purpose: str
    ref: str
    network: str
    asset_id: int
    units: int
    status: str
    waiting_for: str | None
    detail: str | None
    failures: int
    stopped_at: datetime | None
    attempt: str | None  # where its newest attempt stands
    nonce: int | None
    hash: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many open payments wait for the same thing. `what` None = for nothing, it is their turn."""

    what: str | None
    count: int


def balances(conn: Conn) -> list[Held]:
    """What the wallets that we look at were last seen to hold."""
    return rows(
        conn,
        Held,
        """
        SELECT w.network, w.kind, w.address, w.next_nonce, b.asset_id, b.units, b.as_of
          FROM wallet_balance b JOIN wallet w ON w.id = b.wallet_id ORDER BY w.network, w.kind, w.id, b.asset_id
        """,
        {},
    )


def open_payments(conn: Conn, stuck: bool, after: tuple[datetime, str] | None, limit: int) -> list[OpenPayment]:
    """Payments that have not ended, oldest first, after a place; `stuck` = those that wait for something."""
    at, id = after or (None, None)
    return rows(
        conn,
        OpenPayment,
        """
        SELECT p.id, p.purpose, p.ref, p.network, p.asset_id, p.units, p.status, p.waiting_for, p.detail, p.failures,
               p.stopped_at, v.attempt_status AS attempt, v.nonce, v.newest_hash AS hash, p.created_at
          FROM payout p JOIN payouts_v v ON v.id = p.id
         WHERE p.ended_at IS NULL AND (NOT %(stuck)s OR p.waiting_for IS NOT NULL OR v.attempt_status = 'unknown')
           AND (%(at)s::timestamptz IS NULL OR (p.created_at, p.id) > (%(at)s, %(id)s::text))
         ORDER BY p.created_at, p.id LIMIT %(limit)s
        """,
        {"stuck": stuck, "at": at, "id": id, "limit": limit},
    )


def waiting(conn: Conn) -> list[Waiting]:
    """Open payments by what they wait for, the most first."""
    return rows(
        conn,
        Waiting,
        """
        SELECT waiting_for AS what, count(*)::int AS count FROM payout
         WHERE ended_at IS NULL GROUP BY waiting_for ORDER BY count DESC, waiting_for
        """,
        {},
    )

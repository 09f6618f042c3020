"""SQL of what only the API asks: figures for operators, and the journal as a feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows


@dataclass(frozen=True, slots=True)
class Work:
    kind: str  # the gauge: "withdrawals_open", "payouts_open", "unread_news", …
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Tip:
    links: int
    tip: bytes
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Beat:
    at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingPayout:
    """A payout that has not ended, for treasury."""

    id: str
    purpose: str
    ref: str
    network: str
    wallet: str
    asset_id: int
    units: int
    status: str
    waiting_for: str | None
    detail: str | None
    failures: int
    nonce: int | None
    hash: str | None
    created_at: datetime


def open_work(conn: Conn) -> list[Work]:
    """How much waits, by kind and reason."""
    return rows(
        conn,
        Work,
        """
        SELECT 'withdrawals_open' AS kind, status AS what, count(*)::int AS count
          FROM withdrawal WHERE ended_at IS NULL GROUP BY status
        UNION ALL
        SELECT 'payouts_open', coalesce(waiting_for, 'nothing'), count(*)::int
          FROM payout WHERE ended_at IS NULL GROUP BY waiting_for
        UNION ALL
        SELECT 'unread_news', reader, count(*)::int FROM unread GROUP BY reader
        UNION ALL
        SELECT 'webhooks', status, count(*)::int FROM webhook_delivery
         WHERE status IN ('queued', 'sending', 'dead') GROUP BY status
        UNION ALL
        SELECT 'webhooks', 'endpoint_disabled', count(*)::int FROM webhook_endpoint WHERE status = 'disabled'
        UNION ALL
        SELECT 'cases_overdue', kind, count(*)::int FROM case_file
         WHERE status = 'open' AND overdue_at IS NOT NULL GROUP BY kind
        UNION ALL
        SELECT 'books_difference_units', a.symbol || '@' || a.network, b.chain_units - b.ledger_units
          FROM book_check b JOIN asset a ON a.id = b.asset_id
        UNION ALL
        SELECT 'books_unexplained_rounds', a.symbol || '@' || a.network, b.rounds
          FROM book_check b JOIN asset a ON a.id = b.asset_id
        UNION ALL
        SELECT 'ledger_accounts_off', 'ledger', accounts FROM ledger_check
        """,
        {},
    )


def last_beat(conn: Conn) -> datetime | None:
    """When the newest worker last said that it lives."""
    found = row(
        conn, Beat, "SELECT max(until) - interval '15 seconds' AS at FROM lease WHERE name LIKE 'worker:%%'", {}
    )
    return found.at if found else None


def tip(conn: Conn) -> Tip:
    """The journal's newest link."""
    found = row(
        conn,
        Tip,
        "SELECT t.seq AS links, t.tip, l.at FROM journal_tip t LEFT JOIN journal_link l ON l.seq = t.seq",
        {},
    )
    assert found is not None  # a migration puts the row there
    return found


def open_payouts(conn: Conn, limit: int) -> list[WaitingPayout]:
    """Payouts that have not ended, oldest first."""
    return rows(
        conn,
        WaitingPayout,
        """
        SELECT p.id, p.purpose, p.ref, p.network, p.wallet_id AS wallet, p.asset_id, p.units, p.status, p.waiting_for,
               p.detail, p.failures, v.nonce, v.newest_hash AS hash, p.created_at
          FROM payout p JOIN payouts_v v ON v.id = p.id
         WHERE p.ended_at IS NULL ORDER BY p.created_at, p.id LIMIT %(limit)s
        """,
        {"limit": limit},
    )

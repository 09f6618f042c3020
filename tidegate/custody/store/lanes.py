"""Payers that fail: a wallet's lane, or one payout, waits until a person resumes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class LaneRow:
    """How a wallet's lane has worked lately."""

    wallet_id: str
    failures: int  # in a row
    last_payout: str | None
    detail: str | None
    next_at: datetime
    stopped_at: datetime | None


def lane(conn: Conn, wallet_id: str) -> LaneRow | None:
    """How a lane has worked; None = it never failed."""
    return row(
        conn,
        LaneRow,
        "SELECT wallet_id, failures, last_payout, detail, next_at, stopped_at FROM lane WHERE wallet_id = %(wallet)s",
        {"wallet": wallet_id},
    )


def stopped_lanes(conn: Conn) -> list[LaneRow]:
    """Lanes that wait for a person."""
    return rows(
        conn,
        LaneRow,
        """
        SELECT wallet_id, failures, last_payout, detail, next_at, stopped_at FROM lane
         WHERE stopped_at IS NOT NULL ORDER BY stopped_at, wallet_id
        """,
        {},
    )


def lane_failed(conn: Conn, state: LaneRow) -> None:
    """Write down a failure; one that has stopped stays so. The lane is fenced."""
    run(
        conn,
        """
        INSERT INTO lane AS l (wallet_id, failures, last_payout, detail, next_at, stopped_at)
        VALUES (%(wallet)s, %(failures)s, %(payout)s, %(detail)s, %(next)s, %(stopped)s)
        ON CONFLICT (wallet_id) DO UPDATE
           SET failures = excluded.failures, last_payout = excluded.last_payout, detail = excluded.detail,
               next_at = excluded.next_at, stopped_at = coalesce(l.stopped_at, excluded.stopped_at)
        """,
        {
            "wallet": state.wallet_id,
            "failures": state.failures,
            "payout": state.last_payout,
            "detail": state.detail,
            "next": state.next_at,
            "stopped": state.stopped_at,
        },
    )


def lane_worked(conn: Conn, wallet_id: str) -> None:
    """Something was signed: the row of failures is broken."""
    run(
        conn,
        """
        UPDATE lane SET failures = 0, last_payout = NULL, detail = NULL
         WHERE wallet_id = %(wallet)s AND failures > 0 AND stopped_at IS NULL
        """,
        {"wallet": wallet_id},
    )


def resume_lane(conn: Conn, wallet_id: str, now: datetime) -> int:
    """Let it work again; 0 where it had not stopped."""
    return run(
        conn,
        """
        UPDATE lane SET failures = 0, last_payout = NULL, detail = NULL, next_at = %(now)s, stopped_at = NULL
         WHERE wallet_id = %(wallet)s AND stopped_at IS NOT NULL
        """,
        {"wallet": wallet_id, "now": now},
    )


def lane_waits(conn: Conn, wallet_id: str, detail: str) -> None:
    """Say of what is queued in a stopped lane that a person has to look."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = 'person', detail = %(detail)s
         WHERE wallet_id = %(wallet)s AND status = 'queued' AND waiting_for IS DISTINCT FROM 'person'
        """,
        {"wallet": wallet_id, "detail": detail},
    )


def lane_goes_on(conn: Conn, wallet_id: str, now: datetime) -> None:
    """What is queued in a resumed lane waits for nobody, but for what has stopped by itself."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = NULL, detail = NULL, next_at = least(next_at, %(now)s)
         WHERE wallet_id = %(wallet)s AND status = 'queued' AND waiting_for = 'person' AND stopped_at IS NULL
        """,
        {"wallet": wallet_id, "now": now},
    )


def stop(conn: Conn, id: str, detail: str, now: datetime) -> None:
    """A queued payout has failed too often; its row is locked."""
    run(
        conn,
        """
        UPDATE payout SET waiting_for = 'person', detail = %(detail)s, failures = failures + 1, stopped_at = %(now)s
         WHERE id = %(id)s AND status = 'queued'
        """,
        {"id": id, "detail": detail, "now": now},
    )


def resume(conn: Conn, id: str, now: datetime) -> int:
    """Try a stopped payout again, its failures forgotten; 0 where it had not stopped."""
    return run(
        conn,
        """
        UPDATE payout SET waiting_for = NULL, detail = NULL, failures = 0, stopped_at = NULL, next_at = %(now)s
         WHERE id = %(id)s AND status = 'queued' AND stopped_at IS NOT NULL
        """,
        {"id": id, "now": now},
    )

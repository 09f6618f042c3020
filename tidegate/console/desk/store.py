"""What the desk's pages look up across rooms: names of payers, ratings that can be corrected, how well orders went."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows


@dataclass(frozen=True, slots=True)
class Name:
    """In whose name money has to come; None = nobody has verified one."""

    id: str
    verified_name: str | None


@dataclass(frozen=True, slots=True)
class Check:
    """A decision that the merchant can correct before it is told."""

    line_id: str
    tier: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Month:
    id: str  # of the run
    month: str


@dataclass(frozen=True, slots=True)
class Service:
    """How a merchant's orders of the last days ended. None = no order was released."""

    ended: int
    completed: int
    cancelled: int  # by the merchant
    release_seconds: int | None  # the middle time from paid to released


def names(conn: Conn, ids: Collection[str]) -> dict[str, str | None]:
    """The verified names of some customers."""
    found = rows(
        conn, Name, "SELECT id, verified_name FROM party WHERE id = ANY(%(ids)s::text[])", {"ids": sorted(set(ids))}
    )
    return {one.id: one.verified_name for one in found}


def checks(conn: Conn, subject_id: str, now: datetime) -> list[Check]:
    """Decisions about a person that they were asked to check, and can correct still; the earliest end first."""
    return rows(
        conn,
        Check,
        """
        SELECT l.id AS line_id, d.tier, d.check_until AS until
          FROM rating_line l JOIN rating_decision d ON d.line_id = l.id
         WHERE l.subject_id = %(subject)s AND NOT d.secret AND d.check_until > %(now)s
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
           AND NOT EXISTS (SELECT FROM rating_publication p WHERE p.line_id = l.id)
         ORDER BY d.check_until, l.id
        """,
        {"subject": subject_id, "now": now},
    )


def months(conn: Conn, run_ids: Collection[str]) -> dict[str, str]:
    """The month that each run rated."""
    found = rows(
        conn, Month, "SELECT id, month FROM rating_run WHERE id = ANY(%(ids)s::text[])", {"ids": sorted(set(run_ids))}
    )
    return {run.id: run.month for run in found}


def service(conn: Conn, party_ids: Collection[str], since: datetime) -> Service:
    """The orders that ended since a time, of the customers who are a merchant's accounts (I-21)."""
    found = row(
        conn,
        Service,
        """
        SELECT count(*)::int AS ended,
               count(*) FILTER (WHERE status IN ('released', 'resolved_release'))::int AS completed,
               count(*) FILTER (WHERE status = 'cancelled' AND cancelled_by = 'merchant')::int AS cancelled,
               (percentile_disc(0.5) WITHIN GROUP (ORDER BY CASE WHEN status = 'released'
                    THEN extract(epoch FROM released_at - paid_at) END))::int AS release_seconds
          FROM p2p_order WHERE merchant_party = ANY(%(parties)s::text[]) AND ended_at >= %(since)s
        """,
        {"parties": sorted(set(party_ids)), "since": since},
    )
    assert found is not None  # an aggregate without groups has a row
    return found

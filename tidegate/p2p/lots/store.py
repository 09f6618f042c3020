"""Retention lots and standings: the statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.p2p.lots.lot import Lot


@dataclass(frozen=True, slots=True)
class Cover:
    """What a party owns of an asset and is not on its way out."""

    party_id: str
    asset_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Standing:
    party_id: str
    tier: str


@dataclass(frozen=True, slots=True)
class Matured:
    id: str
    party_id: str
    asset_id: int


def standings(conn: Conn, ids: Collection[str]) -> list[Standing]:
    """Where the persons stand who some parties are as merchants; without those of whom no rating has spoken."""
    return rows(
        conn,
        Standing,
        """
        SELECT DISTINCT m.party_id, s.tier FROM p2p_merchants_v m JOIN p2p_standing s USING (subject_id)
         WHERE m.party_id = ANY(%(ids)s::text[])
        """,
        {"ids": list(ids)},
    )


def set_standing(conn: Conn, subject_id: str, tier: str, by: str, now: datetime) -> None:
    """Where a person stands from now on."""
    run(
        conn,
        """
        INSERT INTO p2p_standing (subject_id, tier, changed_by, changed_at)
        VALUES (%(subject)s, %(tier)s, %(by)s, %(now)s)
        ON CONFLICT (subject_id) DO UPDATE SET tier = excluded.tier, changed_by = excluded.changed_by,
                                               changed_at = excluded.changed_at
        """,
        {"subject": subject_id, "tier": tier, "by": by, "now": now},
    )


def add(conn: Conn, lot: Lot) -> None:
    """Coins that were bought. One lot per order."""
    run(
        conn,
        """
        INSERT INTO p2p_lot (id, party_id, asset_id, order_id, units, left_units, bought_at, matures_at, status)
        VALUES (%(id)s, %(party_id)s, %(asset_id)s, %(order_id)s, %(units)s, %(left_units)s, %(bought_at)s,
                %(matures_at)s, %(status)s)
        """,
        asdict(lot),
    )


def binding(conn: Conn, ids: Collection[str], now: datetime) -> list[Lot]:
    """The lots of some parties that keep anything behind."""
    return rows(
        conn,
        Lot,
        """
        SELECT id, party_id, asset_id, order_id, units, left_units, bought_at, matures_at, status
          FROM p2p_lot
         WHERE party_id = ANY(%(ids)s::text[]) AND status = 'open' AND matures_at > %(now)s ORDER BY matures_at, id
        """,
        {"ids": list(ids), "now": now},
    )


def shrink(conn: Conn, lots: Sequence[Lot]) -> None:
    """Write down what a sale left of some lots."""
    run(
        conn,
        """
        UPDATE p2p_lot l SET left_units = n.left_units, status = n.status
          FROM unnest(%(ids)s::text[], %(left)s::numeric[], %(statuses)s::text[]) AS n (id, left_units, status)
         WHERE l.id = n.id
        """,
        {
            "ids": [lot.id for lot in lots],
            "left": [lot.left_units for lot in lots],
            "statuses": [lot.status for lot in lots],
        },
    )


def mature(conn: Conn, now: datetime, limit: int) -> list[Matured]:
    """Mark what has matured; rows that somebody else holds come with the next turn."""
    return rows(
        conn,
        Matured,
        """
        UPDATE p2p_lot l SET status = 'matured'
          FROM (SELECT id FROM p2p_lot WHERE status = 'open' AND matures_at <= %(now)s
                 ORDER BY matures_at LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED) d
         WHERE l.id = d.id RETURNING l.id, l.party_id, l.asset_id
        """,
        {"now": now, "limit": limit},
    )


def covers(conn: Conn, ids: Collection[str], before: str | None) -> list[Cover]:
    """What some parties own per asset, without what an order of law or withdrawals (before one) are taking away."""
    return rows(
        conn,
        Cover,
        """
        SELECT a.owner AS party_id, a.asset_id,
               a.posted - coalesce((SELECT sum(h.units) FROM ledger_hold h
                                     WHERE h.account_id = a.id AND h.status = 'open'
                                       AND (h.purpose = 'legal' OR h.purpose = 'withdrawal'
                                            AND (%(before)s::text IS NULL OR h.ref < %(before)s))), 0) AS units
          FROM ledger_account a WHERE a.owner = ANY(%(ids)s::text[])
        """,
        {"ids": list(ids), "before": before},
    )


def of_order(conn: Conn, order_id: str) -> Lot | None:
    """The lot that an order made."""
    return row(
        conn,
        Lot,
        """
        SELECT id, party_id, asset_id, order_id, units, left_units, bought_at, matures_at, status
          FROM p2p_lot WHERE order_id = %(order)s
        """,
        {"order": order_id},
    )


def page(conn: Conn, party_id: str, before: str | None, limit: int) -> list[Lot]:
    """The lots of a party, newest first."""
    return rows(
        conn,
        Lot,
        """
        SELECT id, party_id, asset_id, order_id, units, left_units, bought_at, matures_at, status
          FROM p2p_lot WHERE party_id = %(party)s AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"party": party_id, "before": before, "limit": limit},
    )

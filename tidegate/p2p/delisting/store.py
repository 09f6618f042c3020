"""Assets that the desk lets go: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Delisting:
    """The desk takes no new bonds and ads in an asset."""

    asset_id: int
    last_day: date  # bonds in it should be in another asset by then
    reason: str
    ordered_by: str
    ordered_at: datetime


def hold(conn: Conn, asset_id: int) -> None:
    """Wait for whoever begins something new in an asset, and let nobody begin until the transaction ends."""
    conn.execute("SELECT id FROM asset WHERE id = %(asset)s FOR NO KEY UPDATE", {"asset": asset_id})


def share(conn: Conn, asset_id: int) -> None:
    """Begin something new in an asset: whoever delists it waits until the transaction ends, and sees it."""
    conn.execute("SELECT id FROM asset WHERE id = %(asset)s FOR SHARE", {"asset": asset_id})


def add(conn: Conn, order: Delisting) -> int:
    """Let an asset go; 0 where that is ordered already."""
    return run(
        conn,
        """
        INSERT INTO p2p_delisting (asset_id, last_day, reason, ordered_by, ordered_at)
        VALUES (%(asset)s, %(last_day)s, %(reason)s, %(by)s, %(at)s) ON CONFLICT DO NOTHING
        """,
        {
            "asset": order.asset_id,
            "last_day": order.last_day,
            "reason": order.reason,
            "by": order.ordered_by,
            "at": order.ordered_at,
        },
    )


def get(conn: Conn, asset_id: int) -> Delisting | None:
    """The order about one asset."""
    return row(
        conn,
        Delisting,
        """
        SELECT asset_id, last_day, reason, ordered_by, ordered_at FROM p2p_delisting WHERE asset_id = %(asset)s
        """,
        {"asset": asset_id},
    )


def all_orders(conn: Conn) -> list[Delisting]:
    """Every asset that is let go, by asset."""
    return rows(
        conn,
        Delisting,
        "SELECT asset_id, last_day, reason, ordered_by, ordered_at FROM p2p_delisting ORDER BY asset_id",
        {},
    )

"""Warm and cold wallets, which are looked at and never sent from: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.custody.store.balances import SeenBalance, columns
from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class Watched:
    """A wallet of ours whose key is elsewhere."""

    id: str  # "wch_…"
    network: str
    address: str
    kind: str  # "warm", "cold"
    label: str
    added_by: str
    added_at: datetime


def add_watched(conn: Conn, made: Watched) -> int:
    """Look at it from now on; 0 where somebody added that address before."""
    return run(
        conn,
        """
        INSERT INTO watched_wallet (id, network, address, kind, label, added_by, added_at)
        VALUES (%(id)s, %(network)s, %(address)s, %(kind)s, %(label)s, %(by)s, %(at)s)
        ON CONFLICT (network, address) WHERE removed_at IS NULL DO NOTHING
        """,
        {
            "id": made.id,
            "network": made.network,
            "address": made.address,
            "kind": made.kind,
            "label": made.label,
            "by": made.added_by,
            "at": made.added_at,
        },
    )


def watched(conn: Conn, network: str | None = None) -> list[Watched]:
    """Those that are looked at, on one network or on all."""
    return rows(
        conn,
        Watched,
        """
        SELECT id, network, address, kind, label, added_by, added_at FROM watched_wallet
         WHERE removed_at IS NULL AND (%(network)s::text IS NULL OR network = %(network)s)
         ORDER BY network, kind DESC, added_at, id
        """,
        {"network": network},
    )


def watched_one(conn: Conn, id: str) -> Watched | None:
    """One of them, row-locked."""
    return row(
        conn,
        Watched,
        """
        SELECT id, network, address, kind, label, added_by, added_at FROM watched_wallet
         WHERE id = %(id)s AND removed_at IS NULL FOR UPDATE
        """,
        {"id": id},
    )


def remove_watched(conn: Conn, id: str, actor: str, now: datetime) -> None:
    """It is looked at no more."""
    run(
        conn,
        "UPDATE watched_wallet SET removed_by = %(by)s, removed_at = %(at)s WHERE id = %(id)s AND removed_at IS NULL",
        {"id": id, "by": actor, "at": now},
    )


def observe_watched(conn: Conn, seen: Sequence[SeenBalance]) -> None:
    """Keep what they hold; what is newer stays."""
    run(
        conn,
        """
        INSERT INTO watched_balance AS b (wallet_id, asset_id, units, as_of)
        SELECT * FROM unnest(%(wallets)s::text[], %(assets)s::int[], %(units)s::numeric[], %(ats)s::timestamptz[])
        ON CONFLICT (wallet_id, asset_id) DO UPDATE SET units = excluded.units, as_of = excluded.as_of
         WHERE b.as_of < excluded.as_of
        """,
        columns(seen),
    )


def watched_balances(conn: Conn) -> list[SeenBalance]:
    """What those that are looked at were last seen to hold."""
    return rows(
        conn,
        SeenBalance,
        """
        SELECT b.wallet_id, b.asset_id, b.units, b.as_of
          FROM watched_balance b JOIN watched_wallet w ON w.id = b.wallet_id AND w.removed_at IS NULL
         ORDER BY b.wallet_id, b.asset_id
        """,
        {},
    )

"""What the paying wallets hold, as last seen, and what left them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows, run


@dataclass(frozen=True, slots=True)
class SeenBalance:
    wallet_id: str
    asset_id: int
    units: int
    as_of: datetime


def observe(conn: Conn, seen: Sequence[SeenBalance]) -> None:
    """Keep what wallets hold; what is newer stays."""
    run(
        conn,
        """
        INSERT INTO wallet_balance AS b (wallet_id, asset_id, units, as_of)
        SELECT * FROM unnest(%(wallets)s::text[], %(assets)s::int[], %(units)s::numeric[], %(ats)s::timestamptz[])
        ON CONFLICT (wallet_id, asset_id) DO UPDATE SET units = excluded.units, as_of = excluded.as_of
         WHERE b.as_of < excluded.as_of
        """,
        columns(seen),
    )


def columns(seen: Sequence[SeenBalance]) -> dict[str, object]:
    """Looks as the columns of a statement."""
    return {
        "wallets": [s.wallet_id for s in seen],
        "assets": [s.asset_id for s in seen],
        "units": [s.units for s in seen],
        "ats": [s.as_of for s in seen],
    }


def observed(conn: Conn, wallet_id: str) -> list[SeenBalance]:
    """What a wallet was last seen to hold, by asset."""
    return rows(
        conn,
        SeenBalance,
        "SELECT wallet_id, asset_id, units, as_of FROM wallet_balance WHERE wallet_id = %(wallet)s ORDER BY asset_id",
        {"wallet": wallet_id},
    )


@dataclass(frozen=True, slots=True)
class HotFlow:
    """One asset of a paying wallet: what it held at the last look, and what left it on balance before that."""

    asset_id: int
    hot_units: int
    net_1h_units: int
    net_24h_units: int


def hot_flows(conn: Conn, since: datetime) -> list[HotFlow]:
    """What left each paying wallet, less what was swept into it, where the last look is newer than `since`.

    What is in a block counts as gone, final or not: the look counts it as gone, too. Coins that the operator puts in
    are no inflow: a refill does not end a run, it only makes a greater whole of which the run is a part.
    """
    return rows(
        conn,
        HotFlow,
        """
        WITH look AS (
            SELECT b.asset_id, b.units, b.as_of, w.id AS wallet_id, w.network, w.address
              FROM wallet_balance b JOIN wallet w ON w.id = b.wallet_id WHERE w.kind = 'hot' AND b.as_of > %(since)s
        ), moved AS (
            SELECT p.asset_id, p.wallet_id, p.network, p.address, p.units, p.ended_at AS at
              FROM look l JOIN payout p ON p.asset_id = l.asset_id AND p.status = 'paid'
                                       AND p.ended_at > l.as_of - interval '24 hours'
            UNION ALL
            SELECT p.asset_id, p.wallet_id, p.network, p.address, p.units, NULL
              FROM payout_attempt a JOIN payout p ON p.id = a.payout_id
             WHERE a.ended_at IS NULL AND a.mined_block IS NOT NULL AND a.status = 'confirming'
        ), told AS (
            SELECT l.asset_id, l.units AS hot, coalesce(m.at, l.as_of) > l.as_of - interval '1 hour' AS within_hour,
                   CASE WHEN m.wallet_id = l.wallet_id THEN m.units
                        WHEN m.network = l.network AND m.address = l.address THEN -m.units END AS net
              FROM look l LEFT JOIN moved m ON m.asset_id = l.asset_id
        )
        SELECT asset_id, hot AS hot_units, coalesce(sum(net) FILTER (WHERE within_hour), 0) AS net_1h_units,
               coalesce(sum(net), 0) AS net_24h_units
          FROM told GROUP BY asset_id, hot ORDER BY asset_id
        """,
        {"since": since},
    )

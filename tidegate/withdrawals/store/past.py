"""What customers did before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.db import Conn, rows
from tidegate.policy.behaviour import MOST_COUNTED


@dataclass(frozen=True, slots=True)
class HabitRow:
    """The past of one customer with one asset. Nothing = 0 for what is counted, None for what is not known."""

    party_id: str
    asset_id: int
    new_addresses: int
    left_units: int
    balance_units: int
    arrived_units: int
    sent_at: datetime | None
    sent: int
    largest: int | None
    median: int | None
    largest_units: int | None
    hot_units: int | None
    hot_as_of: datetime | None


def habits(
    conn: Conn, parties: Sequence[str], asset_ids: Sequence[int], networks: Sequence[str], now: datetime, minutes: int
) -> list[HabitRow]:
    """The past of these (party, asset) pairs: 24 hours, the last `minutes`, 90 days, ever.

    At most MOST_COUNTED rows of each kind are read, the newest first, so a machine's account costs no more than that.
    """
    return rows(
        conn,
        HabitRow,
        """
        SELECT p.party_id, p.asset_id,
               (SELECT count(*)::int FROM (SELECT FROM saved_addresses_v
                                            WHERE party_id = p.party_id AND saved_at > %(day)s LIMIT %(most)s) s)
                   AS new_addresses,
               coalesce((SELECT sum(w.units) FILTER (WHERE w.asset_id = p.asset_id)
                           FROM (SELECT asset_id, units FROM withdrawal
                                  WHERE party_id = p.party_id AND created_at > %(day)s
                                    AND status NOT IN ('declined', 'cancelled', 'expired', 'returned', 'seized')
                                  ORDER BY created_at DESC LIMIT %(most)s) w), 0) AS left_units,
               coalesce((SELECT e.posted_after FROM ledger_entries_v e
                          WHERE e.owner = p.party_id AND e.asset_id = p.asset_id AND e.at <= %(day)s
                          ORDER BY e.transfer_id DESC LIMIT 1), 0) AS balance_units,
               coalesce((SELECT sum(d.credited) FROM deposits_v d
                          WHERE d.party_id = p.party_id AND d.asset_id = p.asset_id
                            AND d.decided_at > %(arriving)s), 0) AS arrived_units,
               (SELECT ended_at FROM withdrawal WHERE party_id = p.party_id AND status = 'settled'
                 ORDER BY ended_at DESC LIMIT 1) AS sent_at,
               h.sent, h.largest, h.median,
               (SELECT units FROM withdrawal
                 WHERE party_id = p.party_id AND asset_id = p.asset_id AND status = 'settled'
                 ORDER BY units DESC LIMIT 1) AS largest_units,
               b.units AS hot_units, b.as_of AS hot_as_of
          FROM unnest(%(parties)s::text[], %(assets)s::int[], %(networks)s::text[]) AS p (party_id, asset_id, network)
          LEFT JOIN LATERAL (SELECT count(*)::int AS sent, max(value) AS largest,
                                    percentile_disc(0.5) WITHIN GROUP (ORDER BY value) AS median
                               FROM (SELECT value FROM withdrawal
                                      WHERE party_id = p.party_id AND status = 'settled' AND ended_at > %(season)s
                                      ORDER BY ended_at DESC LIMIT %(most)s) w) h ON true
          LEFT JOIN hot_balances_v b ON b.network = p.network AND b.asset_id = p.asset_id
        """,
        {
            "parties": list(parties),
            "assets": list(asset_ids),
            "networks": list(networks),
            "day": now - timedelta(hours=24),
            "arriving": now - timedelta(minutes=minutes),
            "season": now - timedelta(days=90),
            "most": MOST_COUNTED,
        },
    )


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a party's account that a place's delay begins with."""

    party_id: str
    event: str
    at: datetime


def happened(conn: Conn, party_ids: Sequence[str]) -> list[Happened]:
    """When each event took place: the first and the newest deposit of a state's money, the newest deposit of coins,
    the newest purchase; for who never withdrew, the newest of money and purchases once more as `first_withdrawal`."""
    return rows(
        conn,
        Happened,
        """
        WITH asked AS (SELECT unnest(%(parties)s::text[]) AS party_id), said AS (
            SELECT e.party_id, e.type, min(e.at) AS first, max(e.at) AS newest
              FROM asked JOIN party_events_v e USING (party_id)
             WHERE e.type IN ('fiat_deposit', 'purchase') GROUP BY e.party_id, e.type
        )
        SELECT party_id, 'first_deposit' AS event, first AS at FROM said WHERE type = 'fiat_deposit'
        UNION ALL SELECT party_id, 'each_deposit', newest FROM said WHERE type = 'fiat_deposit'
        UNION ALL SELECT party_id, 'each_purchase', newest FROM said WHERE type = 'purchase'
        UNION ALL SELECT d.party_id, 'each_coin_deposit', max(d.at)
          FROM asked JOIN credited_deposits_v d USING (party_id) GROUP BY d.party_id
        UNION ALL SELECT s.party_id, 'first_withdrawal', max(s.newest)
          FROM said s
         WHERE NOT EXISTS (SELECT FROM withdrawal w WHERE w.party_id = s.party_id AND w.status = 'settled')
         GROUP BY s.party_id
         ORDER BY 1, 2
        """,
        {"parties": list(party_ids)},
    )

"""What customers did before, and how much leaves just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.db import Conn, row, rows
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


@dataclass(frozen=True, slots=True)
class RushRow:
    """What stands in the breaker's window, and how the breaker stands: a trip's fields are None where none holds.

    `accounts` and `destinations` do not count those that were named; None = too few reservations to pass any line.
    """

    trips: int
    number: int | None
    since: datetime | None
    line: str | None
    seen: int | None
    allowed: int | None
    minutes: int | None
    value: int
    accounts: int | None
    destinations: int | None
    known_accounts: list[str] | None  # those of the named ones that stand in the window
    known_destinations: list[str] | None


def rush(
    conn: Conn, start: datetime, more: int, line: int, accounts: Sequence[str], destinations: Sequence[str]
) -> RushRow:
    """The platform's window since `start`, or since the newest reset.

    Its value and an upper bound of what is counted come from the platform's own counter, in a few look-ups. Only
    where the bound and `more` requests could pass `line` are the reservations themselves read and told apart.
    """
    found = row(
        conn,
        RushRow,
        """
        SELECT e.trips, e.number, e.since, e.line, e.seen, e.allowed, e.minutes,
               coalesce(c.total - coalesce(b.total_after, 0) - coalesce(r.value, 0), 0) AS value,
               d.accounts, d.destinations, d.known_accounts, d.known_destinations
          FROM (SELECT v.*, greatest(%(start)s::timestamptz, v.reset_at) AS opens FROM egress_v v) e
          LEFT JOIN limit_counter c ON c.scope = 'platform' AND c.subject = 'platform'
          LEFT JOIN LATERAL (SELECT total_after, step FROM limit_step s
                              WHERE s.scope = c.scope AND s.subject = c.subject AND s.at <= e.opens
                              ORDER BY s.at DESC, s.step DESC LIMIT 1) b ON true
          LEFT JOIN LATERAL (SELECT sum(s.released) AS value FROM limit_step s
                              WHERE s.scope = c.scope AND s.subject = c.subject AND s.at > e.opens
                                AND s.released_count > 0) r ON true
          LEFT JOIN LATERAL (
               SELECT count(DISTINCT u.party) FILTER (WHERE u.party <> ALL(%(accounts)s::text[]))::int AS accounts,
                      count(DISTINCT u.address) FILTER (WHERE u.address <> ALL(%(destinations)s::text[]))::int
                          AS destinations,
                      array_agg(DISTINCT u.party) FILTER (WHERE u.party = ANY(%(accounts)s::text[]))
                          AS known_accounts,
                      array_agg(DISTINCT u.address) FILTER (WHERE u.address = ANY(%(destinations)s::text[]))
                          AS known_destinations
                 FROM (SELECT subjects[array_position(scopes, 'party')] AS party,
                              subjects[array_position(scopes, 'address')] AS address
                         FROM limit_use WHERE ats[1] > e.opens AND released_at IS NULL) u) d
            ON e.number IS NULL AND coalesce(c.count, 0) - coalesce(b.step, 0) + %(more)s > %(line)s
        """,
        {
            "start": start,
            "more": more,
            "line": line,
            "accounts": list(accounts),
            "destinations": list(destinations),
        },
    )
    assert found is not None  # the view has one row, always
    return found

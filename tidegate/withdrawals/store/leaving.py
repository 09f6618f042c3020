"""How much leaves together just now (the egress breaker)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, run


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
    opens: datetime
    step: int  # of the platform's counter
    value: int
    accounts: int | None
    destinations: int | None
    known_accounts: list[str] | None  # those of the named ones that stand in the window
    known_destinations: list[str] | None


def rush(
    conn: Conn,
    start: datetime,
    more: int,
    lines: tuple[int, int],
    accounts: Sequence[str],
    destinations: Sequence[str],
) -> RushRow:
    """The platform's window since `start`, or since the newest reset; `lines` of accounts and of destinations.

    Its value comes from the platform's own counter, in a few look-ups. So does an upper bound of what is counted: the
    window's reservations, or the newest count and what was reserved since. Only where the bound and `more` requests
    could pass a line are the accounts and destinations of the window counted, each once however often it was used.
    """
    found = row(
        conn,
        RushRow,
        """
        SELECT e.trips, e.number, e.since, e.line, e.seen, e.allowed, e.minutes, e.opens, coalesce(c.count, 0) AS step,
               coalesce(c.total - coalesce(b.total_after, 0) - coalesce(r.value, 0), 0) AS value,
               CASE WHEN n.near THEN d.accounts END AS accounts,
               CASE WHEN n.near THEN d.destinations END AS destinations, d.known_accounts, d.known_destinations
          FROM (SELECT v.*, greatest(%(start)s::timestamptz, v.reset_at) AS opens FROM egress_v v) e
          LEFT JOIN limit_counter c ON c.scope = 'platform' AND c.subject = 'platform'
          LEFT JOIN LATERAL (SELECT total_after, step FROM limit_step s
                              WHERE s.scope = c.scope AND s.subject = c.subject AND s.at <= e.opens
                              ORDER BY s.at DESC, s.step DESC LIMIT 1) b ON true
          LEFT JOIN LATERAL (SELECT sum(s.released) AS value FROM limit_step s
                              WHERE s.scope = c.scope AND s.subject = c.subject AND s.at > e.opens
                                AND s.released_count > 0) r ON true
          LEFT JOIN egress_count k ON k.opens <= e.opens
         CROSS JOIN LATERAL (
               SELECT e.number IS NULL
                      AND coalesce(c.count - coalesce(b.step, 0), 0) + %(more)s
                          > least(%(most_accounts)s::int, %(most_destinations)s::int)
                      AND (k.one IS NULL OR k.accounts + c.count - k.step + %(more)s > %(most_accounts)s
                           OR k.destinations + c.count - k.step + %(more)s > %(most_destinations)s) AS near) n
         CROSS JOIN LATERAL (  -- `near` stands inside: as a condition of the join it would be asked after counting
               SELECT count(*) FILTER (WHERE scope = 'party' AND subject <> ALL(%(accounts)s::text[]))::int AS accounts,
                      count(*) FILTER (WHERE scope = 'address' AND subject <> ALL(%(destinations)s::text[]))::int
                          AS destinations,
                      array_agg(subject) FILTER (WHERE scope = 'party' AND subject = ANY(%(accounts)s::text[]))
                          AS known_accounts,
                      array_agg(subject) FILTER (WHERE scope = 'address' AND subject = ANY(%(destinations)s::text[]))
                          AS known_destinations
                 FROM limit_counter u
                WHERE n.near AND u.scope IN ('party', 'address') AND u.at > e.opens
                  AND u.minute >= date_trunc('minute', e.opens AT TIME ZONE 'UTC')
                  AND (u.released_count = 0 AND u.count > 0 OR (
                       SELECT true FROM limit_step s
                        WHERE s.scope = u.scope AND s.subject = u.subject AND s.at > e.opens
                          AND s.count > s.released_count LIMIT 1))) d
        """,
        {
            "start": start,
            "more": more,
            "most_accounts": lines[0],
            "most_destinations": lines[1],
            "accounts": list(accounts),
            "destinations": list(destinations),
        },
    )
    assert found is not None  # the view has one row, always
    return found


def keep_count(conn: Conn, opens: datetime, step: int, accounts: int, destinations: int) -> None:
    """Remember a count for those who come next. The caller holds the platform's counter."""
    run(
        conn,
        """
        INSERT INTO egress_count AS k (opens, step, accounts, destinations)
        VALUES (%(opens)s, %(step)s, %(accounts)s, %(destinations)s)
        ON CONFLICT (one) DO UPDATE SET opens = excluded.opens, step = excluded.step, accounts = excluded.accounts,
                                         destinations = excluded.destinations
         WHERE k.step < excluded.step
        """,
        {"opens": opens, "step": step, "accounts": accounts, "destinations": destinations},
    )

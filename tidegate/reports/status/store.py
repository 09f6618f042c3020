"""What the public status counts: set-based, over what withdrawals publish, for all windows at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.db import Conn, rows
from tidegate.reports.status.published import Held, Times


def times(conn: Conn, hours: Sequence[int], now: datetime) -> list[Times]:
    """How long paid withdrawals took from the request until they were final, one row per asset and window with any."""
    return rows(
        conn,
        Times,
        """
        SELECT t.asset_id, h.hours, count(*)::int AS paid,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY t.seconds)::int AS median_seconds,
               percentile_disc(0.95) WITHIN GROUP (ORDER BY t.seconds)::int AS p95_seconds
          FROM unnest(%(hours)s::int[]) h(hours)
          JOIN (SELECT asset_id, ended_at, extract(epoch FROM ended_at - created_at) AS seconds
                  FROM withdrawal_times_v
                 WHERE paid AND ended_at > %(now)s::timestamptz - make_interval(hours => %(longest)s)) t
            ON t.ended_at > %(now)s::timestamptz - make_interval(hours => h.hours)
         GROUP BY t.asset_id, h.hours
        """,
        {"hours": list(hours), "longest": max(hours), "now": now},
    )


def held(conn: Conn, hours: Sequence[int], now: datetime) -> list[Held]:
    """Confirmed withdrawals that were under way in each window: they have ended in it, or wait still."""
    return rows(
        conn,
        Held,
        """
        SELECT h.hours, count(w.open)::int AS under_way, count(*) FILTER (WHERE w.held)::int AS held,
               count(*) FILTER (WHERE w.held AND NOT w.open)::int AS ended,
               count(*) FILTER (WHERE w.held AND w.paid)::int AS released
          FROM unnest(%(hours)s::int[]) h(hours)
          LEFT JOIN (SELECT ended_at, false AS open, paid, held FROM withdrawal_times_v
                      WHERE ended_at > %(now)s::timestamptz - make_interval(hours => %(longest)s)
                      UNION ALL
                     SELECT NULL, true, false, held FROM withdrawal_times_v WHERE ended_at IS NULL) w
            ON w.open OR w.ended_at > %(now)s::timestamptz - make_interval(hours => h.hours)
         GROUP BY h.hours ORDER BY h.hours
        """,
        {"hours": list(hours), "longest": max(hours), "now": now},
    )

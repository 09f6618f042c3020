"""Limit counters: what windows hold, room taken and given back (decision 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.policy.pack import SCOPES
from tidegate.withdrawals.limits import Subject, Window, opens


@dataclass(frozen=True, slots=True)
class Reservation:
    """Room that a withdrawal takes in every scope: `subjects` as `limits.subjects` names them."""

    ref: str
    value: int
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class UseRow:
    """One reservation and its steps: the lists run side by side."""

    ref: str
    value: int
    scopes: list[str]
    subjects: list[str]
    ats: list[datetime]
    steps: list[int]
    released_at: datetime | None


def lock_counters(conn: Conn, subjects: Sequence[Subject], now: datetime) -> None:
    """Make and lock limit counters in the order given (`limits.in_order`); after accounts, before withdrawals."""
    asked = {"scopes": [scope for scope, _ in subjects], "subjects": [subject for _, subject in subjects], "now": now}
    run(
        conn,
        """
        INSERT INTO limit_counter (scope, subject, at)
        SELECT scope, subject, %(now)s
          FROM unnest(%(scopes)s::text[], %(subjects)s::text[]) WITH ORDINALITY AS s (scope, subject, place)
         WHERE NOT EXISTS (SELECT FROM limit_counter c WHERE c.scope = s.scope AND c.subject = s.subject)
         ORDER BY place ON CONFLICT DO NOTHING
        """,
        asked,
    )
    run(
        conn,
        """
        SELECT 1 FROM unnest(%(scopes)s::text[], %(subjects)s::text[]) WITH ORDINALITY AS s (scope, subject, place)
          JOIN limit_counter c USING (scope, subject)
         ORDER BY place FOR NO KEY UPDATE OF c
        """,
        asked,
    )


def windows(conn: Conn, wanted: Sequence[tuple[str, str, int | None]], now: datetime) -> list[Window]:
    """What windows hold that end now, by (scope, subject, hours); a subject without a counter has none.

    Two index look-ups per window, however many withdrawals it has, and what was given back inside it.
    """
    return rows(
        conn,
        Window,
        """
        SELECT c.scope, c.subject, a.hours,
               c.total - coalesce(b.total_after, 0)
                   - CASE WHEN a.opens IS NULL THEN c.released ELSE coalesce(r.value, 0) END AS used,
               c.count - coalesce(b.step, 0)
                   - CASE WHEN a.opens IS NULL THEN c.released_count ELSE coalesce(r.count, 0) END AS count
          FROM unnest(%(scopes)s::text[], %(subjects)s::text[], %(hours)s::int[], %(opens)s::timestamptz[])
               AS a (scope, subject, hours, opens)
          JOIN limit_counter c ON c.scope = a.scope AND c.subject = a.subject
          LEFT JOIN LATERAL (SELECT total_after, step FROM limit_step s
                              WHERE s.scope = a.scope AND s.subject = a.subject AND s.at <= a.opens
                              ORDER BY s.at DESC, s.step DESC LIMIT 1) b ON true
          LEFT JOIN LATERAL (SELECT sum(s.released) AS value, sum(s.released_count) AS count FROM limit_step s
                              WHERE s.scope = a.scope AND s.subject = a.subject AND s.at > a.opens
                                AND s.released_count > 0) r ON true
        """,
        {
            "scopes": [scope for scope, _, _ in wanted],
            "subjects": [subject for _, subject, _ in wanted],
            "hours": [hours for _, _, hours in wanted],
            "opens": [opens(now, hours) for _, _, hours in wanted],
        },
    )


def reserve(conn: Conn, items: Sequence[Reservation], now: datetime) -> int:
    """Take room in every scope: move the counters on, one step each, and remember where each reservation stands.
    The platform's step after it.

    Counters that nobody had to look at first are locked only here, at the end of the act, in `limits.in_order`.
    """
    by_scope = {scope: [item.subjects[place][1] for item in items] for place, scope in enumerate(SCOPES)}
    moved = conn.execute(
        """
        WITH asked AS (
            SELECT u.ref, u.value, s.place, s.scope, s.subject
              FROM unnest(%(refs)s::text[], %(values)s::numeric[], %(party)s::text[], %(address)s::text[],
                          %(key)s::text[], %(asset)s::text[], %(network)s::text[], %(platform)s::text[])
                   AS u (ref, value, party, address, key, asset, network, platform)
             CROSS JOIN LATERAL (VALUES (1, 'party', party), (2, 'address', address), (3, 'key', key),
                                        (4, 'asset', asset), (5, 'network', network), (6, 'platform', platform))
                   AS s (place, scope, subject)
        ), taken AS (
            SELECT place, scope, subject, sum(value) AS value, count(*) AS count
              FROM asked GROUP BY place, scope, subject
        ), moved AS (
            INSERT INTO limit_counter AS c (scope, subject, at, total, count)
            SELECT scope, subject, %(now)s, value, count FROM taken ORDER BY place, subject COLLATE "C"
            ON CONFLICT (scope, subject) DO UPDATE
               SET total = c.total + excluded.total, count = c.count + excluded.count,
                   at = greatest(c.at, excluded.at)  -- never backwards, or a skewed clock would enter a window twice
            RETURNING scope, subject, at, total, count AS step
        ), stepped AS (
            INSERT INTO limit_step (scope, subject, at, step, value, count, total_after)
            SELECT scope, subject, moved.at, moved.step, taken.value, taken.count, moved.total
              FROM moved JOIN taken USING (scope, subject)
        ), used AS (
            INSERT INTO limit_use (ref, value, scopes, subjects, ats, steps)
            SELECT ref, value, array_agg(scope ORDER BY place), array_agg(subject ORDER BY place),
                   array_agg(at ORDER BY place), array_agg(step ORDER BY place)
              FROM asked JOIN moved USING (scope, subject) GROUP BY ref, value
        )
        SELECT step FROM moved WHERE scope = 'platform'
        """,
        {"refs": [item.ref for item in items], "values": [item.value for item in items], "now": now, **by_scope},
    ).fetchone()
    assert moved is not None  # every reservation is the platform's, too
    return int(moved[0])


def use_of(conn: Conn, ref: str) -> UseRow | None:
    """The reservation of a withdrawal, standing or given back; None where it never had one."""
    return row(
        conn,
        UseRow,
        "SELECT ref, value, scopes, subjects, ats, steps, released_at FROM limit_use WHERE ref = %(ref)s",
        {"ref": ref},
    )


def give_back(conn: Conn, ref: str, now: datetime) -> int:
    """Return a withdrawal's room in every scope, once; in how many it was still standing. Its counters are locked."""
    return run(
        conn,
        """
        WITH ended AS (
            UPDATE limit_use SET released_at = %(now)s WHERE ref = %(ref)s AND released_at IS NULL
            RETURNING value, scopes, subjects, ats, steps
        ), part AS (
            SELECT e.value, p.scope, p.subject, p.at, p.step
              FROM ended e, unnest(e.scopes, e.subjects, e.ats, e.steps) AS p (scope, subject, at, step)
        ), stood AS (
            UPDATE limit_step s SET released = s.released + p.value, released_count = s.released_count + 1
              FROM part p WHERE (s.scope, s.subject, s.at, s.step) = (p.scope, p.subject, p.at, p.step)
        )
        UPDATE limit_counter c SET released = c.released + p.value, released_count = c.released_count + 1
          FROM part p WHERE (c.scope, c.subject) = (p.scope, p.subject)
        """,
        {"ref": ref, "now": now},
    )


@dataclass(frozen=True, slots=True)
class ClassUse:
    """What a party reserved and consumed in a window, micro-USD: of every asset, and of stablecoins alone."""

    party_id: str
    hours: int
    any: int
    stablecoin: int


def class_uses(
    conn: Conn, party_ids: Sequence[str], hours: Sequence[int], stablecoins: Sequence[str], own: str, now: datetime
) -> list[ClassUse]:
    """What parties' windows hold by class of assets, `own` (a withdrawal under review) not counted: one row per party
    and length."""
    return rows(
        conn,
        ClassUse,
        """
        SELECT p.party_id, h.hours, coalesce(sum(u.value), 0) AS any,
               coalesce(sum(u.value) FILTER (WHERE u.subjects[array_position(u.scopes, 'asset')]
                                                   = ANY(%(stablecoins)s::text[])), 0) AS stablecoin
          FROM unnest(%(parties)s::text[]) AS p (party_id)
         CROSS JOIN unnest(%(hours)s::int[], %(opens)s::timestamptz[]) AS h (hours, opens)
          LEFT JOIN LATERAL (
                SELECT w.id AS ref FROM withdrawal w
                 WHERE w.party_id = p.party_id AND w.created_at > h.opens AND w.id <> %(own)s
                 UNION ALL
                SELECT l.decision_id FROM lone_decision l WHERE l.party_id = p.party_id AND l.created_at > h.opens
               ) r ON true
          LEFT JOIN limit_use u ON u.ref = r.ref AND u.released_at IS NULL
         GROUP BY p.party_id, h.hours
        """,
        {
            "parties": list(party_ids),
            "hours": list(hours),
            "opens": [opens(now, length) for length in hours],
            "stablecoins": list(stablecoins),
            "own": own,
        },
    )

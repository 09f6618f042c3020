"""What is looked at about merchants: the book with tiers, and what happened to one, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.console.merchants.graph import Moved, Order
from tidegate.db import Conn, rows
from tidegate.db.journal import News


@dataclass(frozen=True, slots=True)
class Entry:
    """One merchant account in the book, with the tier that its person has."""

    id: str
    name: str
    country: str
    certification: str
    applied_at: datetime
    tier: str
    since: datetime | None  # None = nobody has rated them yet
    short: bool  # a bond of theirs demands something
    open_facts: int  # that nobody has judged


def book(
    conn: Conn, certification: str | None, tier: str | None, country: str | None, before: str | None, limit: int
) -> list[Entry]:
    """Merchant accounts, newest first."""
    return rows(
        conn,
        Entry,
        """
        SELECT m.id, p.name, m.country, m.certification, m.applied_at, m.tier, m.since,
               EXISTS (SELECT FROM p2p_bond b WHERE b.merchant_id = m.id
                          AND b.required - b.locked + b.owed > 0) AS short,
               (SELECT count(*) FROM rating_fact f WHERE f.merchant_id = m.id
                   AND NOT EXISTS (SELECT FROM rating_disposition d WHERE d.fact_id = f.id))::int AS open_facts
          FROM (SELECT a.id, a.party_id, a.country, a.certification, a.applied_at, coalesce(t.tier, 'low') AS tier,
                       t.since
                  FROM p2p_merchant a LEFT JOIN rating_tier t ON t.subject_id = a.subject_id
                 WHERE (%(certification)s::text IS NULL OR a.certification = %(certification)s)
                   AND (%(tier)s::text IS NULL OR coalesce(t.tier, 'low') = %(tier)s)
                   AND (%(country)s::text IS NULL OR a.country = %(country)s)
                   AND (%(before)s::text IS NULL OR a.id < %(before)s)
                 ORDER BY a.id DESC LIMIT %(limit)s) m
          JOIN party p ON p.id = m.party_id
         ORDER BY m.id DESC
        """,
        {"certification": certification, "tier": tier, "country": country, "before": before, "limit": limit},
    )


def history(conn: Conn, subject_id: str, limit: int) -> list[News]:
    """What the journal says about a person's merchant accounts, facts, lines, measures and appeals, newest first."""
    return rows(
        conn,
        News,
        """
        SELECT j.link, j.position, j.at, j.actor, j.kind, j.subject, j.body
          FROM (SELECT id FROM p2p_merchant WHERE subject_id = %(subject)s
                UNION ALL SELECT f.id FROM p2p_merchant m JOIN rating_fact f ON f.merchant_id = m.id
                           WHERE m.subject_id = %(subject)s
                UNION ALL SELECT id FROM rating_line WHERE subject_id = %(subject)s
                UNION ALL SELECT id FROM rating_measure WHERE subject_id = %(subject)s
                UNION ALL SELECT a.id FROM rating_line l JOIN rating_appeal a ON a.line_id = l.id
                           WHERE l.subject_id = %(subject)s) AS s
         CROSS JOIN LATERAL (SELECT * FROM journal o WHERE o.subject = s.id
                              ORDER BY o.link DESC, o.position DESC LIMIT %(limit)s) AS j
         ORDER BY j.link DESC, j.position DESC LIMIT %(limit)s
        """,
        {"subject": subject_id, "limit": limit},
    )


def orders(conn: Conn, ids: Sequence[str]) -> list[Order]:
    """What some orders hang on; ids of other things are absent."""
    return rows(
        conn,
        Order,
        """
        SELECT id, created_at, taker_id, device_id, payer_hash, payee_hash FROM p2p_order
         WHERE id = ANY(%(ids)s::text[]) ORDER BY id
        """,
        {"ids": list(ids)},
    )


def moved(conn: Conn, ids: Sequence[str]) -> list[Moved]:
    """To or from which address some withdrawals and deposits went; ids of other things are absent."""
    return rows(
        conn,
        Moved,
        """
        SELECT id, address FROM withdrawal WHERE id = ANY(%(ids)s::text[])
        UNION ALL SELECT id, sender AS address FROM deposit WHERE id = ANY(%(ids)s::text[])
         ORDER BY id
        """,
        {"ids": list(ids)},
    )


STATES = ("waiting", "second", "checking", "ready", "published")
"""For a person; for a second one; for the merchant's corrections; to be told; told."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A line of a run that no other has superseded, and its state."""

    id: str
    subject_id: str
    name: str
    computed: str
    basis: str
    conduct: str
    consequence: str
    clauses: list[str]
    readings: list[str]
    person: bool
    people: int
    effective_before: str
    proposed: str
    rule: str | None
    decided: str | None
    check_until: datetime | None
    state: str  # of STATES


def board(
    conn: Conn, run_id: str, state: str | None, tier: str | None, after: str, now: datetime, limit: int
) -> list[BoardRow]:
    """The lines of a run by subject, from a subject on; in one state, and with one tier proposed or decided."""
    return rows(
        conn,
        BoardRow,
        """
        SELECT s.id, s.subject_id, y.name, s.computed, s.basis, s.conduct, s.consequence, s.clauses, s.readings,
               s.person, s.people, s.effective_before, s.proposed, s.rule, s.decided, s.check_until, s.state
          FROM (SELECT l.*, d.tier AS decided, d.check_until,
                       CASE WHEN p.line_id IS NOT NULL THEN 'published'
                            WHEN l.person AND d.line_id IS NULL THEN
                                 CASE WHEN EXISTS (SELECT FROM rating_voice v WHERE v.line_id = l.id) THEN 'second'
                                      ELSE 'waiting' END
                            WHEN d.check_until > %(now)s THEN 'checking'
                            ELSE 'ready' END AS state
                  FROM rating_line l
                  LEFT JOIN rating_decision d ON d.line_id = l.id
                  LEFT JOIN rating_publication p ON p.line_id = l.id
                 WHERE l.run_id = %(run)s AND l.subject_id > %(after)s
                   AND NOT EXISTS (SELECT FROM rating_line o WHERE o.supersedes = l.id)) s
          JOIN p2p_merchant m ON m.id = s.subject_id
          JOIN party y ON y.id = m.party_id
         WHERE (%(state)s::text IS NULL OR s.state = %(state)s)
           AND (%(tier)s::text IS NULL OR coalesce(s.decided, s.proposed) = %(tier)s)
         ORDER BY s.subject_id LIMIT %(limit)s
        """,
        {"run": run_id, "state": state, "tier": tier, "after": after, "now": now, "limit": limit},
    )

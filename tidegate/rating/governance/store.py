"""Figures about ratings that were told: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, rows
from tidegate.rating.governance.figures import Frozen, Precision


@dataclass(frozen=True, slots=True)
class Moved:
    before: str
    after: str
    merchants: int


@dataclass(frozen=True, slots=True)
class ToldRow:
    event_id: str
    subject_id: str
    indicator: str
    at: datetime


def told_by_indicators(conn: Conn, subjects: Sequence[str], start: datetime, end: datetime) -> list[ToldRow]:
    """The events about some people that a run's indicators told and that happened in [start, end)."""
    return rows(
        conn,
        ToldRow,
        """
        SELECT event_id, subject_id, indicator, at FROM rating_judged
         WHERE subject_id = ANY(%(subjects)s::text[]) AND source = 'indicator' AND indicator IS NOT NULL
           AND at >= %(start)s AND at < %(end)s
        """,
        {"subjects": list(subjects), "start": start, "end": end},
    )


def moves(conn: Conn, run_id: str) -> list[Moved]:
    """From which tier to which the people of a run went, as they were told."""
    return rows(
        conn,
        Moved,
        """
        SELECT p.before, p.after, count(*)::int AS merchants
          FROM rating_line l JOIN rating_publication p ON p.line_id = l.id
         WHERE l.run_id = %(run)s AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
         GROUP BY p.before, p.after
        """,
        {"run": run_id},
    )


@dataclass(frozen=True, slots=True)
class DecidedRow:
    reviewer: str
    proposed: str
    decided: str


def decided(conn: Conn, start: datetime, end: datetime) -> list[DecidedRow]:
    """Each reviewer's decisions in [start, end), beside what the facts amounted to."""
    return rows(
        conn,
        DecidedRow,
        """
        SELECT v.person AS reviewer, CASE WHEN l.rule IS NULL THEN l.computed ELSE l.proposed END AS proposed,
               d.tier AS decided
          FROM rating_decision d JOIN rating_line l ON l.id = d.line_id JOIN rating_voice v ON v.line_id = l.id
         WHERE d.decided_at >= %(start)s AND d.decided_at < %(end)s ORDER BY v.person, l.id
        """,
        {"start": start, "end": end},
    )


def precision(conn: Conn, start: datetime, end: datetime) -> list[Precision]:
    """What became of each indicator's facts that count in [start, end)."""
    return rows(
        conn,
        Precision,
        """
        SELECT indicator, count(*) FILTER (WHERE disposition = 'confirmed')::int AS confirmed,
               count(*) FILTER (WHERE disposition = 'false_positive')::int AS false,
               count(*) FILTER (WHERE disposition = 'open')::int AS open
          FROM rating_facts_v
         WHERE indicator IS NOT NULL AND greatest(at, known_at) >= %(start)s AND greatest(at, known_at) < %(end)s
         GROUP BY indicator ORDER BY indicator
        """,
        {"start": start, "end": end},
    )


def frozen(conn: Conn, run_id: str, start: datetime, end: datetime) -> list[Frozen]:
    """Per tier as told by a run: its people, and those through whom somebody was frozen in [start, end)."""
    return rows(
        conn,
        Frozen,
        """
        SELECT p.after AS tier, count(*)::int AS merchants,
               count(*) FILTER (WHERE EXISTS (
                   SELECT FROM rating_facts_v f
                    WHERE f.subject_id = p.subject_id AND f.fact = 'counterparty_freeze' AND f.disposition = 'confirmed'
                      AND f.evidence_level IN ('E2', 'E3') AND f.attributed IS DISTINCT FROM false
                      AND greatest(f.at, f.known_at) >= %(start)s AND greatest(f.at, f.known_at) < %(end)s))::int
                   AS frozen
          FROM rating_line l JOIN rating_publication p ON p.line_id = l.id
         WHERE l.run_id = %(run)s AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
         GROUP BY p.after
        """,
        {"run": run_id, "start": start, "end": end},
    )

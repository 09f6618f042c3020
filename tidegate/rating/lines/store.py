"""Lines, and where they stand: decided, told, superseded. The statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as drawn. It is never changed."""

    id: str  # "rln_…"
    run_id: str | None
    subject_id: str
    cause: str
    inputs_hash: str
    facts: list[str]
    counterparties: int | None
    cases_before: list[str]
    conduct: str
    consequence: str
    computed: str
    basis: str
    person: bool
    people: int
    clauses: list[str]
    readings: list[str]
    characterised: bool
    effective_before: str
    proposed: str
    rule: str | None
    policy_version: int
    supersedes: str | None
    restates: str | None  # of a restatement: the line that raised to EXTREME
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a line has come. None = not that far."""

    line_id: str
    superseded_by: str | None
    decided: str | None  # the tier
    decided_at: datetime | None
    check_until: datetime | None
    published_at: datetime | None
    after: str | None  # the tier that held from then on
    voices: int


def add(conn: Conn, made: LineRow) -> None:
    """Keep a line."""
    run(
        conn,
        """
        INSERT INTO rating_line (id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before,
                                 conduct, consequence, computed, basis, person, people, clauses, readings,
                                 characterised, effective_before, proposed, rule, policy_version, supersedes, restates,
                                 made_by, made_at)
        VALUES (%(id)s, %(run_id)s, %(subject_id)s, %(cause)s, %(inputs_hash)s, %(facts)s::text[], %(counterparties)s,
                %(cases_before)s::text[], %(conduct)s, %(consequence)s, %(computed)s, %(basis)s, %(person)s,
                %(people)s, %(clauses)s::text[], %(readings)s::text[], %(characterised)s, %(effective_before)s,
                %(proposed)s, %(rule)s, %(policy_version)s, %(supersedes)s, %(restates)s, %(made_by)s,
                %(made_at)s)
        """,
        {
            "id": made.id,
            "run_id": made.run_id,
            "subject_id": made.subject_id,
            "cause": made.cause,
            "inputs_hash": made.inputs_hash,
            "facts": made.facts,
            "counterparties": made.counterparties,
            "cases_before": made.cases_before,
            "conduct": made.conduct,
            "consequence": made.consequence,
            "computed": made.computed,
            "basis": made.basis,
            "person": made.person,
            "people": made.people,
            "clauses": made.clauses,
            "readings": made.readings,
            "characterised": made.characterised,
            "effective_before": made.effective_before,
            "proposed": made.proposed,
            "rule": made.rule,
            "policy_version": made.policy_version,
            "supersedes": made.supersedes,
            "restates": made.restates,
            "made_by": made.made_by,
            "made_at": made.made_at,
        },
    )


def get(conn: Conn, id: str) -> LineRow | None:
    """One line."""
    return row(
        conn,
        LineRow,
        """
        SELECT id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before, conduct, consequence,
               computed, basis, person, people, clauses, readings, characterised, effective_before, proposed, rule,
               policy_version, supersedes, restates, made_by, made_at
          FROM rating_line WHERE id = %(id)s
        """,
        {"id": id},
    )


def lock(conn: Conn, id: str) -> LineRow | None:
    """One line, row-locked until the transaction ends: two people who decide it take turns."""
    return row(
        conn,
        LineRow,
        """
        SELECT id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before, conduct, consequence,
               computed, basis, person, people, clauses, readings, characterised, effective_before, proposed, rule,
               policy_version, supersedes, restates, made_by, made_at
          FROM rating_line WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def of_run(conn: Conn, run_id: str, after: str, limit: int) -> list[LineRow]:
    """The lines of a run that no other has superseded, by subject, from a subject on."""
    return rows(
        conn,
        LineRow,
        """
        SELECT id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before, conduct, consequence,
               computed, basis, person, people, clauses, readings, characterised, effective_before, proposed, rule,
               policy_version, supersedes, restates, made_by, made_at
          FROM rating_line l WHERE run_id = %(run)s AND subject_id > %(after)s
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
         ORDER BY subject_id LIMIT %(limit)s
        """,
        {"run": run_id, "after": after, "limit": limit},
    )


def of_run_about(conn: Conn, run_id: str, subjects: Sequence[str]) -> list[LineRow]:
    """The lines of a run about some people that no other has superseded."""
    return rows(
        conn,
        LineRow,
        """
        SELECT id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before, conduct, consequence,
               computed, basis, person, people, clauses, readings, characterised, effective_before, proposed, rule,
               policy_version, supersedes, restates, made_by, made_at
          FROM rating_line l WHERE run_id = %(run)s AND subject_id = ANY(%(subjects)s::text[])
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
        """,
        {"run": run_id, "subjects": list(subjects)},
    )


def of_subject(conn: Conn, subject_id: str, limit: int) -> list[LineRow]:
    """The lines of a person, newest first."""
    return rows(
        conn,
        LineRow,
        """
        SELECT id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before, conduct, consequence,
               computed, basis, person, people, clauses, readings, characterised, effective_before, proposed, rule,
               policy_version, supersedes, restates, made_by, made_at
          FROM rating_line WHERE subject_id = %(subject)s ORDER BY made_at DESC, id DESC LIMIT %(limit)s
        """,
        {"subject": subject_id, "limit": limit},
    )


def pending(conn: Conn, subject_id: str) -> list[LineRow]:
    """Lines between months that nobody has told yet, oldest first."""
    return rows(
        conn,
        LineRow,
        """
        SELECT id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before, conduct, consequence,
               computed, basis, person, people, clauses, readings, characterised, effective_before, proposed, rule,
               policy_version, supersedes, restates, made_by, made_at
          FROM rating_line l WHERE subject_id = %(subject)s AND cause IN ('event', 'review')
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
           AND NOT EXISTS (SELECT FROM rating_publication p WHERE p.line_id = l.id)
         ORDER BY id
        """,
        {"subject": subject_id},
    )


@dataclass(frozen=True, slots=True)
class Rising:
    id: str


def rising(conn: Conn, subject_id: str, above: Sequence[str]) -> Rising | None:
    """A line, of a month or between, that proposes one of these tiers and that nobody has told yet; the oldest."""
    return row(
        conn,
        Rising,
        """
        SELECT l.id FROM rating_line l
          LEFT JOIN rating_decision d ON d.line_id = l.id
         WHERE l.subject_id = %(subject)s AND l.cause IN ('month', 'event')
           AND coalesce(d.tier, l.proposed) = ANY(%(above)s::text[])
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
           AND NOT EXISTS (SELECT FROM rating_publication p WHERE p.line_id = l.id)
         ORDER BY l.id LIMIT 1
        """,
        {"subject": subject_id, "above": list(above)},
    )


def queue(conn: Conn, after: str, limit: int) -> list[LineRow]:
    """Lines that wait for a person, of every cause, oldest first."""
    return rows(
        conn,
        LineRow,
        """
        SELECT id, run_id, subject_id, cause, inputs_hash, facts, counterparties, cases_before, conduct, consequence,
               computed, basis, person, people, clauses, readings, characterised, effective_before, proposed, rule,
               policy_version, supersedes, restates, made_by, made_at
          FROM rating_line l WHERE person AND id > %(after)s
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
           AND NOT EXISTS (SELECT FROM rating_decision d WHERE d.line_id = l.id)
           AND NOT EXISTS (SELECT FROM rating_publication p WHERE p.line_id = l.id)
         ORDER BY id LIMIT %(limit)s
        """,
        {"after": after, "limit": limit},
    )


def standing(conn: Conn, ids: Sequence[str]) -> list[Standing]:
    """How far some lines have come."""
    return rows(
        conn,
        Standing,
        """
        SELECT l.id AS line_id, s.id AS superseded_by, d.tier AS decided, d.decided_at, d.check_until,
               p.at AS published_at, p.after,
               (SELECT count(*) FROM rating_voice v WHERE v.line_id = l.id)::int AS voices
          FROM rating_line l
          LEFT JOIN rating_line s ON s.supersedes = l.id
          LEFT JOIN rating_decision d ON d.line_id = l.id
          LEFT JOIN rating_publication p ON p.line_id = l.id
         WHERE l.id = ANY(%(ids)s::text[])
        """,
        {"ids": list(ids)},
    )


@dataclass(frozen=True, slots=True)
class Ready:
    id: str


def ready(conn: Conn, now: datetime, limit: int) -> list[Ready]:
    """Decided lines between months whose time for corrections is over, oldest first."""
    return rows(
        conn,
        Ready,
        """
        SELECT l.id FROM rating_line l JOIN rating_decision d ON d.line_id = l.id
         WHERE l.cause IN ('event', 'review', 'restatement') AND (d.check_until IS NULL OR d.check_until <= %(now)s)
           AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
           AND NOT EXISTS (SELECT FROM rating_publication p WHERE p.line_id = l.id)
         ORDER BY l.id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    )

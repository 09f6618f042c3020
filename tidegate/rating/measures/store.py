"""Measures and the restrictions they became: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure as stored."""

    id: str  # "msr_…"
    subject_id: str
    line_id: str | None
    fact_id: str | None
    measure: str
    value: str | None
    by_text: bool
    article: str
    readings: list[str]
    reversible: bool
    state: str
    starts_at: datetime
    ends_at: datetime | None
    decided_by: list[str]  # empty = by the text
    approved_by: list[str]  # who agreed after them; empty = nobody had to
    reason: str
    evidence: list[str]  # "fct_…": what it stands on
    notice_en: str | None  # what the merchant reads; None = ordered before notices were kept
    notice_zh: str | None
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None


@dataclass(frozen=True, slots=True)
class OrderRow:
    measure_id: str
    restriction_id: str
    party_id: str


def add(conn: Conn, made: MeasureRow) -> None:
    """Keep a measure."""
    run(
        conn,
        """
        INSERT INTO rating_measure (id, subject_id, line_id, fact_id, measure, value, by_text, article, readings,
                                    reversible, state, starts_at, ends_at, decided_by, approved_by, reason, evidence,
                                    notice_en, notice_zh, ended_at, ended_by, end_reason)
        VALUES (%(id)s, %(subject)s, %(line)s, %(fact)s, %(measure)s, %(value)s, %(by_text)s, %(article)s,
                %(readings)s::text[], %(reversible)s, %(state)s, %(starts)s, %(ends)s, %(decided_by)s::text[],
                %(approved_by)s::text[], %(reason)s, %(evidence)s::text[], %(notice_en)s, %(notice_zh)s, %(ended_at)s,
                %(ended_by)s, %(end_reason)s)
        """,
        {
            "id": made.id,
            "subject": made.subject_id,
            "line": made.line_id,
            "fact": made.fact_id,
            "measure": made.measure,
            "value": made.value,
            "by_text": made.by_text,
            "article": made.article,
            "readings": made.readings,
            "reversible": made.reversible,
            "state": made.state,
            "starts": made.starts_at,
            "ends": made.ends_at,
            "decided_by": made.decided_by,
            "approved_by": made.approved_by,
            "reason": made.reason,
            "evidence": made.evidence,
            "notice_en": made.notice_en,
            "notice_zh": made.notice_zh,
            "ended_at": made.ended_at,
            "ended_by": made.ended_by,
            "end_reason": made.end_reason,
        },
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a measure, one time."""

    measure_id: str
    number: int
    state: str
    ends_at: datetime | None
    by: str
    reason: str
    at: datetime


def add_step(conn: Conn, id: str, by: str, reason: str, now: datetime) -> None:
    """Keep how a measure stands from now on, behind what became of it before."""
    run(
        conn,
        """
        INSERT INTO rating_measure_step (measure_id, number, state, ends_at, by, reason, at)
        SELECT m.id, (SELECT count(*) + 1 FROM rating_measure_step s WHERE s.measure_id = m.id), m.state, m.ends_at,
               %(by)s, %(reason)s, %(now)s
          FROM rating_measure m WHERE m.id = %(id)s
        """,
        {"id": id, "by": by, "reason": reason, "now": now},
    )


def steps(conn: Conn, ids: Sequence[str]) -> list[Step]:
    """Every step of some measures, in their order."""
    return rows(
        conn,
        Step,
        """
        SELECT measure_id, number, state, ends_at, by, reason, at FROM rating_measure_step
         WHERE measure_id = ANY(%(ids)s::text[]) ORDER BY measure_id, number
        """,
        {"ids": list(ids)},
    )


def add_order(conn: Conn, order: OrderRow) -> None:
    """Say which restriction a measure became."""
    run(
        conn,
        """
        INSERT INTO rating_measure_order (measure_id, restriction_id, party_id)
        VALUES (%(measure)s, %(restriction)s, %(party)s)
        """,
        {"measure": order.measure_id, "restriction": order.restriction_id, "party": order.party_id},
    )


def get(conn: Conn, id: str) -> MeasureRow | None:
    """One measure."""
    return row(
        conn,
        MeasureRow,
        """
        SELECT id, subject_id, line_id, fact_id, measure, value, by_text, article, readings, reversible, state,
               starts_at, ends_at, decided_by, approved_by, reason, evidence, notice_en, notice_zh, ended_at, ended_by,
               end_reason
          FROM rating_measure WHERE id = %(id)s
        """,
        {"id": id},
    )


def of_subject(conn: Conn, subject_id: str) -> list[MeasureRow]:
    """Every measure about a person, oldest first."""
    return rows(
        conn,
        MeasureRow,
        """
        SELECT id, subject_id, line_id, fact_id, measure, value, by_text, article, readings, reversible, state,
               starts_at, ends_at, decided_by, approved_by, reason, evidence, notice_en, notice_zh, ended_at, ended_by,
               end_reason
          FROM rating_measure WHERE subject_id = %(subject)s ORDER BY id
        """,
        {"subject": subject_id},
    )


def off_boarding(conn: Conn, after: str, limit: int) -> list[MeasureRow]:
    """Whose own coins wait to leave through people, the longest first."""
    return rows(
        conn,
        MeasureRow,
        """
        SELECT id, subject_id, line_id, fact_id, measure, value, by_text, article, readings, reversible, state,
               starts_at, ends_at, decided_by, approved_by, reason, evidence, notice_en, notice_zh, ended_at, ended_by,
               end_reason
          FROM rating_measure
         WHERE measure = 'off_boarding' AND state = 'active' AND id > %(after)s ORDER BY id LIMIT %(limit)s
        """,
        {"after": after, "limit": limit},
    )


def orders(conn: Conn, ids: Sequence[str]) -> list[OrderRow]:
    """The restrictions that some measures became."""
    return rows(
        conn,
        OrderRow,
        """
        SELECT measure_id, restriction_id, party_id FROM rating_measure_order
         WHERE measure_id = ANY(%(ids)s::text[]) ORDER BY measure_id, restriction_id
        """,
        {"ids": list(ids)},
    )


def end(conn: Conn, id: str, state: str, by: str, reason: str, now: datetime) -> int:
    """It holds no longer; 0 where it had ended."""
    return run(
        conn,
        """
        UPDATE rating_measure SET state = %(state)s, ended_at = %(now)s, ended_by = %(by)s, end_reason = %(reason)s
         WHERE id = %(id)s AND state IN ('waiting', 'active')
        """,
        {"id": id, "state": state, "by": by, "reason": reason, "now": now},
    )


def reverse(conn: Conn, id: str, by: str, reason: str, now: datetime) -> int:
    """What was carried out is taken back; 0 where it was not, or has been before."""
    return run(
        conn,
        """
        UPDATE rating_measure SET state = 'reversed', ended_at = %(now)s, ended_by = %(by)s, end_reason = %(reason)s
         WHERE id = %(id)s AND state = 'done'
        """,
        {"id": id, "by": by, "reason": reason, "now": now},
    )


def interim_on(conn: Conn, subject_id: str, facts: Sequence[str]) -> list[MeasureRow]:
    """Interim measures that hold and stand on one of these facts, or on what it corrects, oldest first."""
    return rows(
        conn,
        MeasureRow,
        """
        SELECT m.id, m.subject_id, m.line_id, m.fact_id, m.measure, m.value, m.by_text, m.article, m.readings,
               m.reversible, m.state, m.starts_at, m.ends_at, m.decided_by, m.approved_by, m.reason, m.evidence,
               m.notice_en, m.notice_zh, m.ended_at, m.ended_by, m.end_reason
          FROM rating_measure m JOIN rating_fact f ON f.id = m.fact_id
         WHERE m.subject_id = %(subject)s AND m.state = 'active'
           AND f.event_id IN (SELECT event_id FROM rating_fact WHERE id = ANY(%(facts)s::text[]))
         ORDER BY m.id
        """,
        {"subject": subject_id, "facts": list(facts)},
    )


def prolong(conn: Conn, id: str, until: datetime) -> None:
    """It holds longer."""
    run(
        conn,
        "UPDATE rating_measure SET ends_at = %(until)s WHERE id = %(id)s AND state = 'active'",
        {"id": id, "until": until},
    )


def hand_over(conn: Conn, id: str, subject_id: str) -> None:
    """Two subjects are one: the measure is about the one that stays."""
    run(conn, "UPDATE rating_measure SET subject_id = %(to)s WHERE id = %(id)s", {"id": id, "to": subject_id})


def move_orders(conn: Conn, id: str, to: str, parties: Sequence[str]) -> None:
    """The restrictions on these parties are another measure's from now on."""
    run(
        conn,
        """
        UPDATE rating_measure_order SET measure_id = %(to)s
         WHERE measure_id = %(id)s AND party_id = ANY(%(parties)s::text[])
        """,
        {"id": id, "to": to, "parties": list(parties)},
    )


@dataclass(frozen=True, slots=True)
class _Owner:
    subject_id: str


def owners(conn: Conn, id: str) -> frozenset[str]:
    """Whose facts a measure stands on, as they are known by now: of its line, or of an interim measure its own fact."""
    found = rows(
        conn,
        _Owner,
        """
        SELECT DISTINCT m.subject_id
          FROM rating_measure s
          LEFT JOIN rating_line l ON l.id = s.line_id
          JOIN rating_fact f ON f.id = s.fact_id OR f.id = ANY(l.facts)
          JOIN p2p_merchants_v m ON m.merchant_id = f.merchant_id
         WHERE s.id = %(id)s
        """,
        {"id": id},
    )
    return frozenset(owner.subject_id for owner in found)


@dataclass(frozen=True, slots=True)
class Due:
    id: str
    subject_id: str


def over(conn: Conn, now: datetime, limit: int) -> list[Due]:
    """Measures whose time is over, the earliest first."""
    return rows(
        conn,
        Due,
        """
        SELECT id, subject_id FROM rating_measure WHERE state = 'active' AND ends_at <= %(now)s
         ORDER BY ends_at, id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    )


def waiting(conn: Conn, now: datetime, limit: int) -> list[Due]:
    """Measures that waited for the end of an appeal's time, and whose line nobody is about to take back, the earliest
    first."""
    return rows(
        conn,
        Due,
        """
        SELECT m.id, m.subject_id FROM rating_measure m WHERE m.state = 'waiting' AND m.starts_at <= %(now)s
           AND NOT EXISTS (SELECT FROM rating_appeal a WHERE a.line_id = m.line_id AND a.status = 'open')
           AND NOT EXISTS (SELECT FROM rating_line l WHERE l.restates = m.line_id AND l.person
                              AND NOT EXISTS (SELECT FROM rating_line s WHERE s.supersedes = l.id)
                              AND NOT EXISTS (SELECT FROM rating_publication p WHERE p.line_id = l.id))
         ORDER BY m.starts_at, m.id LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    )

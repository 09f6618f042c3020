"""Facts, what people made of them, and exemptions: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.rating.fact import Disposition, Fact, Kind


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact as stored, with the last disposition."""

    id: str
    merchant_id: str
    subject_id: str
    party_id: str
    fact: str
    at: datetime
    known_at: datetime
    recorded_at: datetime
    recorded_by: str
    source: str
    source_id: str
    article: str | None
    severity: str | None
    serious: bool | None
    counterparty_id: str | None
    order_id: str | None
    evidence_level: str | None
    attributed: bool | None
    kind: str | None
    case_number: str | None
    names_merchant: bool | None
    indicator: str | None
    rule: str | None
    rule_version: str | None
    evidence: str  # canonical JSON
    supersedes: str | None
    event_id: str
    content: str
    disposition: str
    corrected_by: str | None

    def as_fact(self) -> Fact:
        return Fact(
            id=self.id,
            kind=Kind(self.fact),
            at=self.at,
            known_at=self.known_at,
            disposition=Disposition(self.disposition),
            article=self.article,
            severity=self.severity,
            serious=bool(self.serious),
            counterparty=self.counterparty_id,
            level=self.evidence_level,
            attributed=self.attributed,
            action=self.kind,
            case=self.case_number,
            named=bool(self.names_merchant),
        )


@dataclass(frozen=True, slots=True)
class DispositionRow:
    fact_id: str
    number: int
    disposition: str
    reason: str
    exemption_id: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExemptionRow:
    id: str
    merchant_id: str
    article: str
    reason: str
    owner: str
    from_at: datetime
    until: datetime
    made_by: str
    made_at: datetime
    ended_by: str | None
    ended_at: datetime | None


def add(conn: Conn, made: FactRow, case_key: str | None) -> int:
    """Keep a fact; 0 where its source has told it before."""
    return run(
        conn,
        """
        INSERT INTO rating_fact (id, merchant_id, fact, at, known_at, recorded_at, recorded_by, source, source_id,
                                 article, severity, serious, counterparty_id, order_id, evidence_level, attributed,
                                 kind, case_number, case_key, names_merchant, indicator, rule, rule_version, evidence,
                                 supersedes, event_id, content)
        VALUES (%(id)s, %(merchant_id)s, %(fact)s, %(at)s, %(known_at)s, %(recorded_at)s, %(recorded_by)s, %(source)s,
                %(source_id)s, %(article)s, %(severity)s, %(serious)s, %(counterparty_id)s, %(order_id)s,
                %(evidence_level)s, %(attributed)s, %(kind)s, %(case_number)s, %(case_key)s, %(names_merchant)s,
                %(indicator)s, %(rule)s, %(rule_version)s, %(evidence)s, %(supersedes)s, %(event_id)s, %(content)s)
        ON CONFLICT (source, source_id) DO NOTHING
        """,
        {
            "id": made.id,
            "merchant_id": made.merchant_id,
            "fact": made.fact,
            "at": made.at,
            "known_at": made.known_at,
            "recorded_at": made.recorded_at,
            "recorded_by": made.recorded_by,
            "source": made.source,
            "source_id": made.source_id,
            "article": made.article,
            "severity": made.severity,
            "serious": made.serious,
            "counterparty_id": made.counterparty_id,
            "order_id": made.order_id,
            "evidence_level": made.evidence_level,
            "attributed": made.attributed,
            "kind": made.kind,
            "case_number": made.case_number,
            "case_key": case_key,
            "names_merchant": made.names_merchant,
            "indicator": made.indicator,
            "rule": made.rule,
            "rule_version": made.rule_version,
            "evidence": made.evidence,
            "supersedes": made.supersedes,
            "event_id": made.event_id,
            "content": made.content,
        },
    )


def by_source(conn: Conn, source: str, source_id: str) -> FactRow | None:
    """The fact that a source names so."""
    return row(
        conn,
        FactRow,
        """
        SELECT id, merchant_id, subject_id, party_id, fact, at, known_at, recorded_at, recorded_by, source, source_id,
               article, severity, serious, counterparty_id, order_id, evidence_level, attributed, kind, case_number,
               names_merchant, indicator, rule, rule_version, evidence, supersedes, event_id, content, corrected_by,
               disposition
          FROM rating_judged
         WHERE source = %(source)s AND source_id = %(source_id)s
        """,
        {"source": source, "source_id": source_id},
    )


def get(conn: Conn, id: str) -> FactRow | None:
    """One fact, with what was made of it."""
    return next(iter(some(conn, [id])), None)


def some(conn: Conn, ids: Sequence[str]) -> list[FactRow]:
    """Some facts, with what was made of each, oldest first."""
    return rows(
        conn,
        FactRow,
        """
        SELECT id, merchant_id, subject_id, party_id, fact, at, known_at, recorded_at, recorded_by, source, source_id,
               article, severity, serious, counterparty_id, order_id, evidence_level, attributed, kind, case_number,
               names_merchant, indicator, rule, rule_version, evidence, supersedes, event_id, content, corrected_by,
               disposition
          FROM rating_judged
         WHERE id = ANY(%(ids)s::text[]) ORDER BY id
        """,
        {"ids": list(ids)},
    )


@dataclass(frozen=True, slots=True)
class Correction:
    id: str


def correction(conn: Conn, id: str) -> Correction | None:
    """What was told to correct a fact, judged or not."""
    return row(conn, Correction, "SELECT id FROM rating_fact WHERE supersedes = %(id)s", {"id": id})


def of_subjects(conn: Conn, subjects: Sequence[str], start: datetime, end: datetime) -> list[FactRow]:
    """The facts about some people that count in [start, end), corrected ones left out, in order."""
    return rows(
        conn,
        FactRow,
        """
        SELECT id, merchant_id, subject_id, party_id, fact, at, known_at, recorded_at, recorded_by, source, source_id,
               article, severity, serious, counterparty_id, order_id, evidence_level, attributed, kind, case_number,
               names_merchant, indicator, rule, rule_version, evidence, supersedes, event_id, content, corrected_by,
               disposition
          FROM rating_judged
         WHERE subject_id = ANY(%(subjects)s::text[]) AND corrected_by IS NULL
           AND greatest(at, known_at) >= %(start)s AND greatest(at, known_at) < %(end)s
         ORDER BY id
        """,
        {"subjects": list(subjects), "start": start, "end": end},
    )


def current(conn: Conn, subject_id: str, ids: Sequence[str]) -> list[FactRow]:
    """What is known by now of the events that some facts told, as far as they are about a person still, in order."""
    return rows(
        conn,
        FactRow,
        """
        SELECT id, merchant_id, subject_id, party_id, fact, at, known_at, recorded_at, recorded_by, source, source_id,
               article, severity, serious, counterparty_id, order_id, evidence_level, attributed, kind, case_number,
               names_merchant, indicator, rule, rule_version, evidence, supersedes, event_id, content, corrected_by,
               disposition
          FROM rating_judged
         WHERE event_id IN (SELECT event_id FROM rating_fact WHERE id = ANY(%(ids)s::text[]))
           AND subject_id = %(subject)s AND corrected_by IS NULL
         ORDER BY id
        """,
        {"subject": subject_id, "ids": list(ids)},
    )


@dataclass(frozen=True, slots=True)
class CaseBefore:
    subject_id: str
    case_key: str


def cases_before(conn: Conn, subjects: Sequence[str], before: datetime) -> list[CaseBefore]:
    """The authority's cases that named these people before a window; confirmed, not corrected."""
    return rows(
        conn,
        CaseBefore,
        """
        SELECT DISTINCT subject_id, case_key
          FROM rating_judged
         WHERE subject_id = ANY(%(subjects)s::text[]) AND names_merchant AND case_key IS NOT NULL
           AND greatest(at, known_at) < %(before)s AND corrected_by IS NULL AND disposition = 'confirmed'
        """,
        {"subjects": list(subjects), "before": before},
    )


@dataclass(frozen=True, slots=True)
class Opened:
    subject_id: str
    alerts: int


def open_alerts(conn: Conn, subjects: Sequence[str]) -> list[Opened]:
    """How many alerts about these people nobody has judged; those without one are absent."""
    return rows(
        conn,
        Opened,
        """
        SELECT subject_id, count(*)::int AS alerts
          FROM rating_judged
         WHERE subject_id = ANY(%(subjects)s::text[]) AND fact = 'alert' AND corrected_by IS NULL
           AND disposition = 'open'
         GROUP BY subject_id
        """,
        {"subjects": list(subjects)},
    )


def page(
    conn: Conn, merchant: str | None, fact: str | None, disposition: str | None, before: str | None, limit: int
) -> list[FactRow]:
    """Facts, newest first; None = all."""
    return rows(
        conn,
        FactRow,
        """
        SELECT id, merchant_id, subject_id, party_id, fact, at, known_at, recorded_at, recorded_by, source, source_id,
               article, severity, serious, counterparty_id, order_id, evidence_level, attributed, kind, case_number,
               names_merchant, indicator, rule, rule_version, evidence, supersedes, event_id, content, corrected_by,
               disposition
          FROM rating_judged
         WHERE (%(merchant)s::text IS NULL OR merchant_id = %(merchant)s)
           AND (%(fact)s::text IS NULL OR fact = %(fact)s)
           AND (%(disposition)s::text IS NULL OR disposition = %(disposition)s)
           AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"merchant": merchant, "fact": fact, "disposition": disposition, "before": before, "limit": limit},
    )


def add_disposition(conn: Conn, made: DispositionRow) -> None:
    """Keep what a person made of a fact."""
    run(
        conn,
        """
        INSERT INTO rating_disposition (fact_id, number, disposition, reason, exemption_id, by, at)
        VALUES (%(fact)s, %(number)s, %(disposition)s, %(reason)s, %(exemption)s, %(by)s, %(at)s)
        """,
        {
            "fact": made.fact_id,
            "number": made.number,
            "disposition": made.disposition,
            "reason": made.reason,
            "exemption": made.exemption_id,
            "by": made.by,
            "at": made.at,
        },
    )


def dispositions(conn: Conn, fact_id: str) -> list[DispositionRow]:
    """What people made of a fact, in order."""
    return rows(
        conn,
        DispositionRow,
        """
        SELECT fact_id, number, disposition, reason, exemption_id, by, at FROM rating_disposition
         WHERE fact_id = %(fact)s ORDER BY number
        """,
        {"fact": fact_id},
    )


def add_exemption(conn: Conn, made: ExemptionRow) -> None:
    """Write an exemption into the register."""
    run(
        conn,
        """
        INSERT INTO rating_exemption (id, merchant_id, article, reason, owner, from_at, until, made_by, made_at)
        VALUES (%(id)s, %(merchant)s, %(article)s, %(reason)s, %(owner)s, %(from_at)s, %(until)s, %(by)s, %(at)s)
        """,
        {
            "id": made.id,
            "merchant": made.merchant_id,
            "article": made.article,
            "reason": made.reason,
            "owner": made.owner,
            "from_at": made.from_at,
            "until": made.until,
            "by": made.made_by,
            "at": made.made_at,
        },
    )


def exemption(conn: Conn, id: str) -> ExemptionRow | None:
    """One exemption."""
    return row(
        conn,
        ExemptionRow,
        """
        SELECT id, merchant_id, article, reason, owner, from_at, until, made_by, made_at, ended_by, ended_at
          FROM rating_exemption WHERE id = %(id)s
        """,
        {"id": id},
    )


def exemptions(conn: Conn, merchant_id: str) -> list[ExemptionRow]:
    """The exemptions of a merchant, newest first."""
    return rows(
        conn,
        ExemptionRow,
        """
        SELECT id, merchant_id, article, reason, owner, from_at, until, made_by, made_at, ended_by, ended_at
          FROM rating_exemption WHERE merchant_id = %(merchant)s ORDER BY id DESC
        """,
        {"merchant": merchant_id},
    )


def end_exemption(conn: Conn, id: str, by: str, now: datetime) -> int:
    """End it; 0 where it has ended."""
    return run(
        conn,
        "UPDATE rating_exemption SET ended_by = %(by)s, ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL",
        {"id": id, "by": by, "now": now},
    )

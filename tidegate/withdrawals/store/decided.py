"""Decisions, with everything that a replay needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision with everything a replay needs. findings and facts are canonical JSON."""

    id: str
    withdrawal_id: str | None  # None = it stands alone
    stage: str
    at: datetime
    outcome: str
    findings: str
    checks: str  # which answered, erred, timed out, were skipped or are awaited
    facts: str
    facts_hash: str
    policy_version: int
    engine: str
    shadow: str = "[]"  # what rules in shadow would have found: canonical JSON, like findings


def insert_decisions(conn: Conn, items: Sequence[DecisionRow]) -> None:
    """Write decisions; they are never changed."""
    run(
        conn,
        """
        INSERT INTO decision (id, withdrawal_id, stage, at, outcome, findings, facts, facts_hash, policy_version,
                              engine, checks, shadow)
        SELECT * FROM unnest(%(ids)s::text[], %(withdrawals)s::text[], %(stages)s::text[], %(ats)s::timestamptz[],
                             %(outcomes)s::text[], %(findings)s::text[], %(facts)s::text[], %(hashes)s::text[],
                             %(policies)s::int[], %(engines)s::text[], %(checks)s::text[],
                             %(shadows)s::text[])
        """,
        {
            "ids": [d.id for d in items],
            "withdrawals": [d.withdrawal_id for d in items],
            "stages": [d.stage for d in items],
            "ats": [d.at for d in items],
            "outcomes": [d.outcome for d in items],
            "findings": [d.findings for d in items],
            "facts": [d.facts for d in items],
            "hashes": [d.facts_hash for d in items],
            "policies": [d.policy_version for d in items],
            "engines": [d.engine for d in items],
            "checks": [d.checks for d in items],
            "shadows": [d.shadow for d in items],
        },
    )


def decision(conn: Conn, id: str) -> DecisionRow | None:
    """One decision."""
    return row(
        conn,
        DecisionRow,
        """
        SELECT id, withdrawal_id, stage, at, outcome, findings, checks, facts, facts_hash, policy_version, engine,
               shadow
          FROM decision WHERE id = %(id)s
        """,
        {"id": id},
    )


def decisions(conn: Conn, ids: Sequence[str]) -> list[DecisionRow]:
    """Some decisions."""
    return rows(
        conn,
        DecisionRow,
        """
        SELECT id, withdrawal_id, stage, at, outcome, findings, checks, facts, facts_hash, policy_version, engine,
               shadow
          FROM decision WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(ids)},
    )


def decisions_of(conn: Conn, withdrawal_id: str) -> list[DecisionRow]:
    """Every decision about one withdrawal, oldest first."""
    return rows(
        conn,
        DecisionRow,
        """
        SELECT id, withdrawal_id, stage, at, outcome, findings, checks, facts, facts_hash, policy_version, engine,
               shadow
          FROM decision WHERE withdrawal_id = %(id)s ORDER BY at, id
        """,
        {"id": withdrawal_id},
    )


def looked_alike(conn: Conn, ids: Sequence[str]) -> dict[str, str]:
    """Of some withdrawals those whose decision found that the address resembles another one, with the first such."""
    found = conn.execute(
        """
        SELECT DISTINCT ON (w.id) w.id, f -> 'data' ->> 'known'
          FROM withdrawal w
          JOIN decision d ON d.id = w.decision_id AND position('address_look_alike' IN d.findings) > 0
         CROSS JOIN LATERAL jsonb_array_elements(d.findings::jsonb) WITH ORDINALITY AS found (f, place)
         WHERE w.id = ANY(%(ids)s::text[]) AND f ->> 'code' = 'address_look_alike'
         ORDER BY w.id, place
        """,
        {"ids": list(ids)},
    ).fetchall()
    return dict(found)


def first_facts(conn: Conn, withdrawal_id: str) -> str | None:
    """The facts of the decision at the request, as they were kept."""
    got = conn.execute(
        "SELECT facts FROM decision WHERE withdrawal_id = %(id)s AND stage = 'request'", {"id": withdrawal_id}
    ).fetchone()
    return got[0] if got else None

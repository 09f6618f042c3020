"""Warnings that a merchant insisted on, as screening publishes them: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row


@dataclass(frozen=True, slots=True)
class Insisted:
    """A warning, and how a withdrawal insisted on it."""

    warning_id: str
    party_id: str
    network: str
    address: str
    list: str
    category: str
    entry: str
    listed_since: datetime
    text_version: int
    language: str
    shown_at: datetime
    acknowledged_at: datetime
    insisted_withdrawal_id: str
    insisted_at: datetime


def insisted(conn: Conn, warning_id: str, withdrawal_id: str) -> Insisted | None:
    """How a withdrawal insisted on a warning that was shown and acknowledged; None where it did not."""
    return row(
        conn,
        Insisted,
        """
        SELECT id AS warning_id, party_id, network, address, list, category, entry, listed_since, text_version,
               language, shown_at, acknowledged_at, insisted_withdrawal_id, insisted_at
          FROM listed_warnings_v
         WHERE id = %(warning)s AND insisted_withdrawal_id = %(withdrawal)s AND acknowledged_at IS NOT NULL
           AND listed_since <= shown_at
        """,
        {"warning": warning_id, "withdrawal": withdrawal_id},
    )


@dataclass(frozen=True, slots=True)
class Told:
    facts: int


def told_before(conn: Conn, subject_id: str, indicator: str, but: str) -> int:
    """How often this person has insisted before, on other withdrawals than this one; what was judged false is not."""
    found = row(
        conn,
        Told,
        """
        SELECT count(*)::int AS facts FROM rating_facts_v v JOIN rating_fact f ON f.id = v.fact_id
         WHERE v.subject_id = %(subject)s AND v.indicator = %(indicator)s AND v.fact = 'alert'
           AND v.disposition <> 'false_positive' AND f.source_id <> %(but)s
        """,
        {"subject": subject_id, "indicator": indicator, "but": but},
    )
    assert found is not None
    return found.facts

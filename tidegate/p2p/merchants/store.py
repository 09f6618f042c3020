"""Merchants, consents, links, matters: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.p2p.merchants.merchant import Matter, Merchant


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody said about a version of the rules."""

    rules_version: str
    agreed: bool
    actor: str
    at: datetime


def add(conn: Conn, merchant: Merchant) -> int:
    """A new merchant account; 0 where the party has one that is not closed."""
    return run(
        conn,
        """
        INSERT INTO p2p_merchant (id, party_id, subject_id, country, certification, reason, rules_version, applied_at,
                                  changed_at)
        VALUES (%(id)s, %(party)s, %(subject)s, %(country)s, %(certification)s, %(reason)s, %(rules)s, %(applied)s,
                %(changed)s)
        ON CONFLICT DO NOTHING
        """,
        {
            "id": merchant.id,
            "party": merchant.party_id,
            "subject": merchant.subject_id,
            "country": merchant.country,
            "certification": merchant.certification,
            "reason": merchant.reason,
            "rules": merchant.rules_version,
            "applied": merchant.applied_at,
            "changed": merchant.changed_at,
        },
    )


def get(conn: Conn, id: str) -> Merchant | None:
    """One merchant account."""
    return row(
        conn,
        Merchant,
        """
        SELECT id, party_id, subject_id, country, certification, reason, rules_version, applied_at, certified_at,
               exit_from, exit_asked_at, exit_approved_at, closed_at, changed_at
          FROM p2p_merchant WHERE id = %(id)s
        """,
        {"id": id},
    )


def lock_subject(conn: Conn, subject_id: str) -> list[Merchant]:
    """Every merchant account of a person, row-locked in id order until the transaction ends."""
    return rows(
        conn,
        Merchant,
        """
        SELECT id, party_id, subject_id, country, certification, reason, rules_version, applied_at, certified_at,
               exit_from, exit_asked_at, exit_approved_at, closed_at, changed_at
          FROM p2p_merchant WHERE subject_id = %(subject)s ORDER BY id FOR NO KEY UPDATE
        """,
        {"subject": subject_id},
    )


def of_subject(conn: Conn, subject_id: str) -> list[Merchant]:
    """Every merchant account of a person, by id."""
    return rows(
        conn,
        Merchant,
        """
        SELECT id, party_id, subject_id, country, certification, reason, rules_version, applied_at, certified_at,
               exit_from, exit_asked_at, exit_approved_at, closed_at, changed_at
          FROM p2p_merchant WHERE subject_id = %(subject)s ORDER BY id
        """,
        {"subject": subject_id},
    )


def of_party(conn: Conn, party_id: str) -> list[Merchant]:
    """Every merchant account that a customer ever had, oldest first."""
    return rows(
        conn,
        Merchant,
        """
        SELECT id, party_id, subject_id, country, certification, reason, rules_version, applied_at, certified_at,
               exit_from, exit_asked_at, exit_approved_at, closed_at, changed_at
          FROM p2p_merchant WHERE party_id = %(party)s ORDER BY id
        """,
        {"party": party_id},
    )


def page(conn: Conn, certification: str | None, party_id: str | None, before: str | None, limit: int) -> list[Merchant]:
    """Merchant accounts, newest first."""
    return rows(
        conn,
        Merchant,
        """
        SELECT id, party_id, subject_id, country, certification, reason, rules_version, applied_at, certified_at,
               exit_from, exit_asked_at, exit_approved_at, closed_at, changed_at
          FROM p2p_merchant
         WHERE (%(certification)s::text IS NULL OR certification = %(certification)s)
           AND (%(party)s::text IS NULL OR party_id = %(party)s)
           AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"certification": certification, "party": party_id, "before": before, "limit": limit},
    )


def done_leaving(conn: Conn, limit: int) -> list[str]:
    """Merchants who may leave, whom nothing holds any more and who are not gone yet."""
    return [
        str(found[0])
        for found in conn.execute(
            """
            SELECT id FROM p2p_merchant p
             WHERE exit_approved_at IS NOT NULL AND closed_at IS NULL
               AND NOT EXISTS (SELECT FROM p2p_bond b WHERE b.merchant_id = p.id AND (b.locked > 0 OR b.owed > 0))
               AND NOT EXISTS (SELECT FROM p2p_matter m WHERE m.merchant_id = p.id AND m.closed_at IS NULL)
             ORDER BY exit_approved_at LIMIT %(limit)s
            """,
            {"limit": limit},
        ).fetchall()
    ]


def keep(conn: Conn, merchant: Merchant) -> None:
    """Write down where a merchant account stands; the caller has locked it and checked the move."""
    run(
        conn,
        """
        UPDATE p2p_merchant
           SET subject_id = %(subject)s, certification = %(certification)s, reason = %(reason)s,
               rules_version = %(rules)s, applied_at = %(applied)s, certified_at = %(certified)s,
               exit_from = %(exit_from)s, exit_asked_at = %(asked)s, exit_approved_at = %(approved)s,
               closed_at = %(closed)s, changed_at = %(changed)s
         WHERE id = %(id)s
        """,
        {
            "id": merchant.id,
            "subject": merchant.subject_id,
            "certification": merchant.certification,
            "reason": merchant.reason,
            "rules": merchant.rules_version,
            "applied": merchant.applied_at,
            "certified": merchant.certified_at,
            "exit_from": merchant.exit_from,
            "asked": merchant.exit_asked_at,
            "approved": merchant.exit_approved_at,
            "closed": merchant.closed_at,
            "changed": merchant.changed_at,
        },
    )


def add_consent(conn: Conn, merchant_id: str, consent: Consent) -> None:
    """What was said about a version of the rules."""
    run(
        conn,
        """
        INSERT INTO p2p_consent (merchant_id, rules_version, agreed, actor, at)
        VALUES (%(merchant)s, %(version)s, %(agreed)s, %(actor)s, %(at)s)
        """,
        {
            "merchant": merchant_id,
            "version": consent.rules_version,
            "agreed": consent.agreed,
            "actor": consent.actor,
            "at": consent.at,
        },
    )


def consents(conn: Conn, merchant_id: str) -> list[Consent]:
    """What was said about the rules, oldest first."""
    return rows(
        conn,
        Consent,
        "SELECT rules_version, agreed, actor, at FROM p2p_consent WHERE merchant_id = %(merchant)s ORDER BY id",
        {"merchant": merchant_id},
    )


def open_matter(conn: Conn, matter: Matter, actor: str) -> int:
    """Something is open about a merchant; 0 where it is open already."""
    return run(
        conn,
        """
        INSERT INTO p2p_matter (merchant_id, kind, ref, opened_by, opened_at)
        VALUES (%(merchant)s, %(kind)s, %(ref)s, %(actor)s, %(at)s) ON CONFLICT DO NOTHING
        """,
        {
            "merchant": matter.merchant_id,
            "kind": matter.kind,
            "ref": matter.ref,
            "actor": actor,
            "at": matter.opened_at,
        },
    )


def close_matter(conn: Conn, merchant_id: str, ref: str, actor: str, now: datetime) -> int:
    """It is over; 0 where it was not open."""
    return run(
        conn,
        """
        UPDATE p2p_matter SET closed_by = %(actor)s, closed_at = %(now)s
         WHERE merchant_id = %(merchant)s AND ref = %(ref)s AND closed_at IS NULL
        """,
        {"merchant": merchant_id, "ref": ref, "actor": actor, "now": now},
    )


def matters(conn: Conn, merchant_ids: Sequence[str]) -> list[Matter]:
    """What is open about merchants, oldest first."""
    return rows(
        conn,
        Matter,
        """
        SELECT merchant_id, kind, ref, opened_at FROM p2p_matter
         WHERE merchant_id = ANY(%(merchants)s::text[]) AND closed_at IS NULL ORDER BY opened_at, ref
        """,
        {"merchants": list(merchant_ids)},
    )

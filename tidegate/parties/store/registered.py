"""Parties: the statements. Rows are locked first, by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.parties.party import Party, Verified


def add(
    conn: Conn,
    id: str,
    kind: str,
    external_id: str,
    country: str,
    name: str,
    email: str,
    language: str,
    now: datetime,
) -> Party | None:
    """Register a party; None where the external id is taken."""
    return row(
        conn,
        Party,
        """
        INSERT INTO party (id, kind, external_id, country, name, email, language, created_at)
        VALUES (%(id)s, %(kind)s, %(external)s, %(country)s, %(name)s, %(email)s, %(language)s, %(now)s)
        ON CONFLICT (external_id) DO NOTHING
        RETURNING id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
                  reference, version, created_at, language, identified_at
        """,
        {
            "id": id,
            "kind": kind,
            "external": external_id,
            "country": country,
            "name": name,
            "email": email,
            "language": language,
            "now": now,
        },
    )


def lock(conn: Conn, ids: Sequence[str]) -> list[Party]:
    """The parties, row-locked in id order until the transaction ends.

    `NO KEY` lets others insert rows that merely refer to a party (an address, a deposit) meanwhile.
    """
    return rows(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": list(ids)},
    )


def get(conn: Conn, id: str) -> Party | None:
    """One party."""
    return row(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE id = %(id)s
        """,
        {"id": id},
    )


def by_external_id(conn: Conn, external_id: str) -> Party | None:
    """The party that the platform calls so."""
    return row(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE external_id = %(external)s
        """,
        {"external": external_id},
    )


def page(conn: Conn, before: str | None, limit: int) -> list[Party]:
    """Parties, newest first, those registered before `before`."""
    return rows(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party WHERE %(before)s::text IS NULL OR id < %(before)s ORDER BY id DESC LIMIT %(limit)s
        """,
        {"before": before, "limit": limit},
    )


def search(conn: Conn, text: str, before: str | None, limit: int) -> list[Party]:
    """Parties whose id, external id or mail address is `text`, or whose name contains it; newest first."""
    return rows(
        conn,
        Party,
        """
        SELECT id, kind, external_id, country, name, email, level, verified_name, date_of_birth, provider,
               reference, version, created_at, language, identified_at
          FROM party
         WHERE (id = %(text)s OR external_id = %(text)s OR lower(email) = lower(%(text)s)
                OR position(lower(%(text)s) in lower(name)) > 0
                OR position(lower(%(text)s) in lower(coalesce(verified_name, ''))) > 0)
           AND (%(before)s::text IS NULL OR id < %(before)s)
         ORDER BY id DESC LIMIT %(limit)s
        """,
        {"text": text, "before": before, "limit": limit},
    )


def bump(conn: Conn, id: str) -> None:
    """Say that something about the party changed: what was decided on the version before is looked at again."""
    run(conn, "UPDATE party SET version = version + 1 WHERE id = %(id)s", {"id": id})


def set_language(conn: Conn, id: str, language: str) -> None:
    """Write to the party in this language from now on. It decides nothing, so the version stays."""
    run(conn, "UPDATE party SET language = %(language)s WHERE id = %(id)s", {"id": id, "language": language})


def set_identity(conn: Conn, id: str, verified: Verified, now: datetime) -> None:
    """Write down what was verified, all of it, and bump the version."""
    run(
        conn,
        """
        UPDATE party SET level = %(level)s, verified_name = %(name)s, date_of_birth = %(born)s,
               country = coalesce(%(country)s, country), provider = %(provider)s, reference = %(reference)s,
               identified_at = %(now)s, version = version + 1
         WHERE id = %(id)s
        """,
        {
            "id": id,
            "level": verified.level,
            "name": verified.verified_name,
            "born": verified.date_of_birth,
            "country": verified.country,
            "provider": verified.provider,
            "reference": verified.reference,
            "now": now,
        },
    )

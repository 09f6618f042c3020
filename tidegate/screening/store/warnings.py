"""Warnings about addresses on our own blocklist, and who insisted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.db import Conn, row, rows, run
from tidegate.screening.warning import Insistence, ListedWarning, Warned


def add_warning(conn: Conn, w: ListedWarning) -> int:
    """Write a warning down; 0 when this withdrawal was warned by this list before."""
    return run(
        conn,
        """
        INSERT INTO listed_warning (id, party_id, withdrawal_id, network, family, address, list, category, entry,
                                    listed_since, text_version, language, shown_at, shown_evidence)
        VALUES (%(id)s, %(party)s, %(withdrawal)s, %(network)s, %(family)s, %(address)s, %(list)s, %(category)s,
                %(entry)s, %(since)s, %(version)s, %(language)s, %(at)s, %(evidence)s)
        ON CONFLICT (withdrawal_id, list) DO NOTHING
        """,
        {
            "id": w.id,
            "party": w.party_id,
            "withdrawal": w.withdrawal_id,
            "network": w.network,
            "family": w.family,
            "address": w.address,
            "list": w.list,
            "category": w.category,
            "entry": w.entry,
            "since": w.listed_since,
            "version": w.text_version,
            "language": w.language,
            "at": w.shown_at,
            "evidence": w.shown_evidence,
        },
    )


def warning(conn: Conn, id: str) -> ListedWarning | None:
    """A warning, its row locked until the transaction ends."""
    return row(
        conn,
        ListedWarning,
        """
        SELECT id, party_id, withdrawal_id, network, family, address, list, category, entry, listed_since, text_version,
               language, shown_at, shown_evidence, acknowledged_at, acknowledged_by, acknowledged_evidence
          FROM listed_warning WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def warnings_of(conn: Conn, withdrawal_id: str) -> list[ListedWarning]:
    """The warnings that were shown for a withdrawal."""
    return rows(
        conn,
        ListedWarning,
        """
        SELECT id, party_id, withdrawal_id, network, family, address, list, category, entry, listed_since, text_version,
               language, shown_at, shown_evidence, acknowledged_at, acknowledged_by, acknowledged_evidence
          FROM listed_warning WHERE withdrawal_id = %(withdrawal)s ORDER BY list
        """,
        {"withdrawal": withdrawal_id},
    )


def acknowledge(conn: Conn, id: str, by: str, evidence: str, now: datetime) -> int:
    """The customer has read it; 0 when they had before."""
    return run(
        conn,
        """
        UPDATE listed_warning
           SET acknowledged_at = %(now)s, acknowledged_by = %(by)s, acknowledged_evidence = %(evidence)s
         WHERE id = %(id)s AND acknowledged_at IS NULL
        """,
        {"id": id, "by": by, "evidence": evidence, "now": now},
    )


def add_insistence(conn: Conn, i: Insistence) -> int:
    """The customer insists; 0 when this withdrawal did before."""
    return run(
        conn,
        """
        INSERT INTO listed_insistence (warning_id, withdrawal_id, at, by, evidence)
        VALUES (%(warning)s, %(withdrawal)s, %(at)s, %(by)s, %(evidence)s)
        ON CONFLICT (warning_id, withdrawal_id) DO NOTHING
        """,
        {"warning": i.warning_id, "withdrawal": i.withdrawal_id, "at": i.at, "by": i.by, "evidence": i.evidence},
    )


def insistence(conn: Conn, warning_id: str, withdrawal_id: str) -> Insistence | None:
    """How a withdrawal insisted on a warning."""
    return row(
        conn,
        Insistence,
        """
        SELECT warning_id, withdrawal_id, at, by, evidence FROM listed_insistence
         WHERE warning_id = %(warning)s AND withdrawal_id = %(withdrawal)s
        """,
        {"warning": warning_id, "withdrawal": withdrawal_id},
    )


def warned(
    conn: Conn, party_ids: Sequence[str], families: Sequence[str], addresses: Sequence[str], since: datetime
) -> list[Warned]:
    """How far the newest warning of each list about a place has come, shown since then."""
    return rows(
        conn,
        Warned,
        """
        SELECT DISTINCT ON (asked.place, w.list) asked.place::int, w.id, w.list, w.shown_at, w.acknowledged_at,
               (SELECT array_agg(i.withdrawal_id ORDER BY i.at) FROM listed_insistence i
                 WHERE i.warning_id = w.id) AS insisted_by
          FROM unnest(%(parties)s::text[], %(families)s::text[], %(addresses)s::text[])
               WITH ORDINALITY AS asked (party_id, family, address, place)
          JOIN listed_warning w USING (party_id, family, address)
         WHERE w.shown_at >= %(since)s
         ORDER BY asked.place, w.list, w.acknowledged_at DESC NULLS LAST, w.shown_at DESC, w.id DESC
        """,
        {"parties": list(party_ids), "families": list(families), "addresses": list(addresses), "since": since},
    )

"""Who sends to known addresses only."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.db import Conn, rows, run
from tidegate.screening.allow_list import AllowList


def allow_lists(conn: Conn, party_ids: Sequence[str]) -> list[AllowList]:
    """The allow-lists of some parties, whether in force or not."""
    return rows(
        conn,
        AllowList,
        """
        SELECT party_id, since, on_by, off_asked_at, off_by, off_from FROM allow_list
         WHERE party_id = ANY(%(parties)s)
        """,
        {"parties": list(party_ids)},
    )


def put_allow_list(conn: Conn, a: AllowList) -> None:
    """Write a party's allow-list. The caller holds the party's row lock."""
    run(
        conn,
        """
        INSERT INTO allow_list (party_id, since, on_by, off_asked_at, off_by, off_from)
        VALUES (%(party)s, %(since)s, %(on_by)s, %(asked)s, %(off_by)s, %(off)s)
        ON CONFLICT (party_id) DO UPDATE SET (since, on_by, off_asked_at, off_by, off_from) =
            (excluded.since, excluded.on_by, excluded.off_asked_at, excluded.off_by, excluded.off_from)
        """,
        {
            "party": a.party_id,
            "since": a.since,
            "on_by": a.on_by,
            "asked": a.off_asked_at,
            "off_by": a.off_by,
            "off": a.off_from,
        },
    )

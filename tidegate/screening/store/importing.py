"""A list's file becomes entries: staged first, then what is new opens and what is gone closes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, run
from tidegate.screening.lists import Listed, Quarantined


@dataclass(frozen=True, slots=True)
class Closed:
    removed: int  # the file no longer names them
    changed: int  # it says something else of them


def stage(conn: Conn, import_id: str, items: Iterable[Listed]) -> None:
    """Let a file's entries flow into the waiting room, however many there are."""
    with (
        conn.cursor() as cursor,
        cursor.copy(
            "COPY list_staging (import_id, line, family, address, category, entry, rank, valid_from, valid_until)"
            " FROM STDIN"
        ) as copy,
    ):
        for item in items:
            e, span = item.entry, (item.valid_from, item.valid_until)
            copy.write_row((import_id, item.line, e.family, e.address, e.category, e.entry, item.rank, *span))
    conn.execute("ANALYZE list_staging")  # or the comparison below is planned for an empty table


def settle_stage(conn: Conn, import_id: str) -> int:
    """Of several rows about one address keep the one that counts; how many are left."""
    run(
        conn,
        """
        DELETE FROM list_staging s USING (
            SELECT ctid, row_number() OVER (PARTITION BY family, address, valid_from ORDER BY rank, line) AS place
              FROM list_staging WHERE import_id = %(id)s
        ) AS seen WHERE s.ctid = seen.ctid AND seen.place > 1
        """,
        {"id": import_id},
    )
    found = conn.execute("SELECT count(*) FROM list_staging WHERE import_id = %(id)s", {"id": import_id}).fetchone()
    return int(found[0]) if found else 0


def clear_stage(conn: Conn, import_id: str) -> None:
    """Leave the waiting room."""
    run(conn, "DELETE FROM list_staging WHERE import_id = %(id)s", {"id": import_id})


def close(conn: Conn, name: str, import_id: str, now: datetime) -> Closed:
    """End the entries that the file no longer names, and those of which it now says something else."""
    closed = row(
        conn,
        Closed,
        """
        WITH closed AS (
            UPDATE list_entry e SET valid_until = greatest(%(now)s, e.valid_from)
              FROM list_entry old
              LEFT JOIN list_staging s
                     ON s.import_id = %(id)s AND s.family = old.family AND s.address = old.address
             WHERE e.id = old.id AND old.list = %(name)s AND old.valid_until IS NULL
               AND (s.category, s.entry) IS DISTINCT FROM (old.category, old.entry)
            RETURNING s.address IS NULL AS gone
        )
        SELECT count(*) FILTER (WHERE gone)::int AS removed, count(*) FILTER (WHERE NOT gone)::int AS changed
          FROM closed
        """,
        {"name": name, "id": import_id, "now": now},
    )
    assert closed is not None  # an aggregate has one row
    return closed


def open_entries(conn: Conn, name: str, import_id: str, now: datetime) -> int:
    """List whom the file names and the list does not; how many."""
    return run(
        conn,
        """
        INSERT INTO list_entry (list, family, address, category, entry, valid_from)
        SELECT %(name)s, s.family, s.address, s.category, s.entry, %(now)s
          FROM list_staging s WHERE s.import_id = %(id)s
        ON CONFLICT (family, address, list) WHERE valid_until IS NULL DO NOTHING
        """,
        {"name": name, "id": import_id, "now": now},
    )


def rewritten(conn: Conn, name: str, import_id: str) -> int:
    """Entries of a list that a history does not know, or ends at another time than it ended."""
    found = conn.execute(
        """
        SELECT count(*) FROM list_entry e
          LEFT JOIN list_staging s ON s.import_id = %(id)s AND s.family = e.family AND s.address = e.address
                                  AND s.valid_from = e.valid_from
         WHERE e.list = %(name)s AND (s.address IS NULL AND e.valid_until IS NULL
                                      OR e.valid_until IS NOT NULL AND s.valid_until IS DISTINCT FROM e.valid_until)
        """,
        {"name": name, "id": import_id},
    ).fetchone()
    return int(found[0]) if found else 0


def end_by_history(conn: Conn, name: str, import_id: str, now: datetime) -> int:
    """End open entries when the history says, or now where it does not know them; how many ended."""
    return run(
        conn,
        """
        UPDATE list_entry e SET valid_until = greatest(coalesce(s.valid_until, %(now)s), e.valid_from)
          FROM list_entry old
          LEFT JOIN list_staging s ON s.import_id = %(id)s AND s.family = old.family AND s.address = old.address
                                  AND s.valid_from = old.valid_from
         WHERE e.id = old.id AND old.list = %(name)s AND old.valid_until IS NULL
           AND (s.address IS NULL OR s.valid_until IS NOT NULL)
        """,
        {"name": name, "id": import_id, "now": now},
    )


def add_history(conn: Conn, name: str, import_id: str) -> int:
    """Write the spans of a history that the list does not have yet; how many."""
    return run(
        conn,
        """
        INSERT INTO list_entry (list, family, address, category, entry, valid_from, valid_until)
        SELECT %(name)s, s.family, s.address, s.category, s.entry, s.valid_from, s.valid_until
          FROM list_staging s
         WHERE s.import_id = %(id)s
           AND NOT EXISTS (SELECT FROM list_entry e WHERE e.list = %(name)s AND e.family = s.family
                              AND e.address = s.address AND e.valid_from = s.valid_from)
        """,
        {"name": name, "id": import_id},
    )


def imported(
    conn: Conn,
    id: str,
    name: str,
    by: str,
    sha256: str,
    count: int,
    removed: int,
    quarantined: int,
    kept: Sequence[Quarantined],
    now: datetime,
) -> None:
    """Keep what an import did, and what it could not read."""
    run(
        conn,
        """
        INSERT INTO list_import (id, list, at, by, sha256, imported, removed, quarantined)
        VALUES (%(id)s, %(name)s, %(now)s, %(by)s, %(sha)s, %(imported)s, %(removed)s, %(quarantined)s)
        """,
        {
            "id": id,
            "name": name,
            "now": now,
            "by": by,
            "sha": sha256,
            "imported": count,
            "removed": removed,
            "quarantined": quarantined,
        },
    )
    run(
        conn,
        """
        INSERT INTO list_quarantine (import_id, line, reason, text)
        SELECT %(id)s, * FROM unnest(%(lines)s::int[], %(reasons)s::text[], %(texts)s::text[])
        ON CONFLICT (import_id, line) DO NOTHING
        """,
        {
            "id": id,
            "lines": [q.line for q in kept],
            "reasons": [q.reason for q in kept],
            "texts": [q.text for q in kept],
        },
    )
    run(
        conn,
        "UPDATE screening_list SET imported_at = %(now)s, sha256 = %(sha)s WHERE name = %(name)s",
        {"name": name, "now": now, "sha": sha256},
    )

"""Years of working days: the statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tidegate.db import Conn, row, rows, run
from tidegate.rating.calendars.calendar import Year


@dataclass(frozen=True, slots=True)
class YearRow:
    id: str  # "cal_…"
    calendar: str
    year: int
    weekend: list[str]
    hash: str
    source: str
    imported_by: str
    imported_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    replaced_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayRow:
    calendar_id: str
    day: date
    kind: str
    name: str


def add(conn: Conn, id: str, year: Year, source: str, by: str, now: datetime) -> None:
    """Keep an imported year, for a person to look at."""
    run(
        conn,
        """
        INSERT INTO rating_calendar (id, calendar, year, weekend, hash, source, imported_by, imported_at)
        VALUES (%(id)s, %(calendar)s, %(year)s, %(weekend)s::text[], %(hash)s, %(source)s, %(by)s, %(now)s)
        """,
        {
            "id": id,
            "calendar": year.calendar,
            "year": year.year,
            "weekend": list(year.weekend),
            "hash": year.hash,
            "source": source,
            "by": by,
            "now": now,
        },
    )
    run(
        conn,
        """
        INSERT INTO rating_calendar_day (calendar_id, day, kind, name)
        SELECT %(id)s, day, kind, name
          FROM unnest(%(days)s::date[], %(kinds)s::text[], %(names)s::text[]) AS d (day, kind, name)
        """,
        {
            "id": id,
            "days": [line.day.isoformat() for line in year.days],
            "kinds": [line.kind for line in year.days],
            "names": [line.name for line in year.days],
        },
    )


def lock(conn: Conn, id: str) -> YearRow | None:
    """One year, row-locked."""
    return row(
        conn,
        YearRow,
        """
        SELECT id, calendar, year, weekend, hash, source, imported_by, imported_at, confirmed_by, confirmed_at,
               replaced_at
          FROM rating_calendar WHERE id = %(id)s FOR UPDATE
        """,
        {"id": id},
    )


def replace(conn: Conn, calendar: str, year: int, now: datetime) -> int:
    """The confirmed table of a year is no longer the one in force; 0 where there was none."""
    return run(
        conn,
        """
        UPDATE rating_calendar SET replaced_at = %(now)s
         WHERE calendar = %(calendar)s AND year = %(year)s AND confirmed_at IS NOT NULL AND replaced_at IS NULL
        """,
        {"calendar": calendar, "year": year, "now": now},
    )


def confirm(conn: Conn, id: str, by: str, now: datetime) -> None:
    """A person has looked at it."""
    run(
        conn,
        "UPDATE rating_calendar SET confirmed_by = %(by)s, confirmed_at = %(now)s WHERE id = %(id)s",
        {"id": id, "by": by, "now": now},
    )


def confirmed(conn: Conn, calendar: str) -> list[YearRow]:
    """The years in force of a calendar, in order."""
    return rows(
        conn,
        YearRow,
        """
        SELECT id, calendar, year, weekend, hash, source, imported_by, imported_at, confirmed_by, confirmed_at,
               replaced_at
          FROM rating_calendar
         WHERE calendar = %(calendar)s AND confirmed_at IS NOT NULL AND replaced_at IS NULL ORDER BY year
        """,
        {"calendar": calendar},
    )


def listed(conn: Conn) -> list[YearRow]:
    """Every year that was imported, newest first."""
    return rows(
        conn,
        YearRow,
        """
        SELECT id, calendar, year, weekend, hash, source, imported_by, imported_at, confirmed_by, confirmed_at,
               replaced_at
          FROM rating_calendar ORDER BY id DESC
        """,
        {},
    )


def days(conn: Conn, ids: Sequence[str]) -> list[DayRow]:
    """The days of some years, in order."""
    return rows(
        conn,
        DayRow,
        """
        SELECT calendar_id, day, kind, name FROM rating_calendar_day
         WHERE calendar_id = ANY(%(ids)s::text[]) ORDER BY calendar_id, day
        """,
        {"ids": list(ids)},
    )

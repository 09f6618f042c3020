"""Importing a year of working days, and confirming it by a person who looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.canonical import digest
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, NotFound
from tidegate.db import Conn, act
from tidegate.rating.calendars import calendar as rules
from tidegate.rating.calendars import store
from tidegate.rating.calendars.calendar import Calendar, Day, Year
from tidegate.rating.calendars.proposal import proposed
from tidegate.rating.calendars.store import YearRow


@dataclass(frozen=True, slots=True)
class File:
    """A year as a person sees it before they confirm it."""

    row: YearRow
    days: tuple[Day, ...]


def propose(conn: Conn, calendar: str, year: int, actor: str, now: datetime) -> File:
    """Import a year as the library has it. Raises Malformed `calendar_unknown`, `calendar_not_announced`."""
    return import_year(conn, proposed(calendar, year), "holidays", actor, now)


def import_year(conn: Conn, year: Year, source: str, actor: str, now: datetime) -> File:
    """Import a year; it counts once a person has confirmed it. Raises Malformed as `calendar.check` says."""
    rules.check(year)
    id = new_id("cal")
    with act(conn, actor, now) as tx:
        store.add(conn, id, year, source, actor, now)
        tx.note("calendar.imported", id, {"calendar": year.calendar, "year": year.year, "hash": year.hash})
    return get(conn, id)


def confirm(conn: Conn, id: str, hash: str, actor: str, now: datetime) -> File:
    """A person has looked at exactly this table. An earlier one of the year is replaced from now on; runs keep theirs.

    Raises NotFound `calendar_missing`; Conflict `calendar_confirmed`, `calendar_changed`.
    """
    with act(conn, actor, now) as tx:
        found = store.lock(conn, id)
        if found is None:
            raise NotFound("calendar_missing", f"There is no imported year {id}.")
        if found.confirmed_at is not None:
            raise Conflict("calendar_confirmed", f"{id} was confirmed by {found.confirmed_by}.")
        if found.hash != hash:
            raise Conflict("calendar_changed", f"{id} has the hash {found.hash}; that is not the table you looked at.")
        store.replace(conn, found.calendar, found.year, now)
        store.confirm(conn, id, actor, now)
        tx.note("calendar.confirmed", id, {"calendar": found.calendar, "year": found.year, "hash": hash})
    return get(conn, id)


def get(conn: Conn, id: str) -> File:
    """One imported year. Raises NotFound `calendar_missing`."""
    found = next((line for line in store.listed(conn) if line.id == id), None)
    if found is None:
        raise NotFound("calendar_missing", f"There is no imported year {id}.")
    return File(found, _days(conn, [found])[id])


def listed(conn: Conn) -> list[YearRow]:
    """Every year that was imported, newest first."""
    return store.listed(conn)


def in_force(conn: Conn, name: str) -> Calendar:
    """The confirmed years of a calendar."""
    found = store.confirmed(conn, name)
    days = _days(conn, found)
    return Calendar(name, {r.year: Year(r.calendar, r.year, tuple(r.weekend), days[r.id]) for r in found})


def fingerprint(calendar: Calendar, years: Sequence[int]) -> str:
    """What a run pins: the tables of the years in which its deadline was counted."""
    return digest([calendar.years[year].hash for year in sorted(set(years))])


def _days(conn: Conn, found: Sequence[YearRow]) -> dict[str, tuple[Day, ...]]:
    lines = store.days(conn, [line.id for line in found])
    return {line.id: tuple(Day(d.day, d.kind, d.name) for d in lines if d.calendar_id == line.id) for line in found}

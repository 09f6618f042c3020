"""How answers speak of calendars."""

from __future__ import annotations

from tidegate.api.say import Said, at
from tidegate.base.times import rfc3339
from tidegate.rating.calendars.flow import File
from tidegate.rating.calendars.store import YearRow


def year(y: YearRow) -> Said:
    return {
        "id": y.id,
        "calendar": y.calendar,
        "year": y.year,
        "weekend": y.weekend,
        "hash": y.hash,
        "source": y.source,
        "imported_by": y.imported_by,
        "imported_at": rfc3339(y.imported_at),
        "confirmed_by": y.confirmed_by,
        "confirmed_at": at(y.confirmed_at),
        "replaced_at": at(y.replaced_at),
    }


def file(f: File) -> Said:
    days = [{"day": line.day.isoformat(), "kind": line.kind, "name": line.name} for line in f.days]
    return {"year": year(f.row), "days": days}

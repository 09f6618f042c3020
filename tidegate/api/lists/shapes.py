"""What goes in and comes out of calls about screening lists and their imports."""

from __future__ import annotations

from tidegate.api.shapes import At, Out


class ScreeningList(Out):
    name: str
    entries: int
    as_of: At | None
    fresh: bool
    max_age_hours: int


class Lists(Out):
    lists: list[ScreeningList]


class Quarantined(Out):
    line: int
    reason: str


class Imported(Out):
    imported: int
    removed: int
    quarantined: list[Quarantined]


class QuarantinedRow(Quarantined):
    text: str


class Quarantine(Out):
    quarantined: list[QuarantinedRow]

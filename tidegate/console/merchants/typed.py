"""Numbers and days as people type them into forms."""

from __future__ import annotations

from datetime import date

from tidegate.base.refusals import Malformed
from tidegate.console.visit import Visit


def whole(visit: Visit, field: str) -> int | None:
    """A whole number; None = the field is empty. Raises Malformed `<field>_invalid`."""
    text = visit.given(field).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Malformed(f"{field}_invalid", f"{text[:20]!r} is no whole number", field=field)
    return int(text)


def day(visit: Visit, field: str) -> date:
    """A day as a date field sends it. Raises Malformed `<field>_invalid`."""
    text = visit.given(field).strip()
    try:
        return date.fromisoformat(text)
    except ValueError as bad:
        raise Malformed(
            f"{field}_invalid", f'{text[:20]!r} is no day; write it like "2026-03-31"', field=field
        ) from bad

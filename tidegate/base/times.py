"""Time as a fact: aware UTC datetimes in, RFC 3339 text out. Nothing here reads a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache


def rfc3339(at: datetime) -> str:
    """`2026-11-24T10:39:00.123456Z`; microseconds only where there are any."""
    return _said(at.astimezone(UTC))


# A batch says the same few times over and over. In UTC only: elsewhere two times an hour apart can be equal (`fold`).
@lru_cache(maxsize=4096)
def _said(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def from_rfc3339(text: str) -> datetime:
    """The aware UTC time; ValueError for anything without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it like 2026-11-24T10:39:00Z")
    return at.astimezone(UTC)


def hours(count: int) -> timedelta:
    return timedelta(hours=count)

"""The one place that reads the wall clock. Shells (API, worker, commands) call it; rules are told `now`."""

from __future__ import annotations

from datetime import UTC, datetime


def utcnow() -> datetime:
    return datetime.now(UTC)

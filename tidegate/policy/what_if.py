"""Before numbers of the rating or of its indicators change: who would have moved under them in the last twelve months
(rating rulebook, 10).

The rating finds it, above; what is kept here is what the second person looks at before they agree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.base.refusals import Conflict
from tidegate.base.times import rfc3339

MONTHS = 12


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What was found for one version; a version's body never changes, so it was this very draft."""

    version: int
    months: list[str]  # oldest first
    rated: int  # people, once a month
    moves: str  # canonical JSON: month, subject_id, before, after, basis, clauses
    by: str
    at: datetime
    good_until: datetime  # then another month is over, and the twelve are others
    signals: str = "[]"  # canonical JSON: indicator, more, fewer facts than were told

    @property
    def told(self) -> list[dict[str, Any]]:
        """The moves, as they are kept."""
        found: list[dict[str, Any]] = json.loads(self.moves)
        return found

    @property
    def seen(self) -> list[dict[str, Any]]:
        """What the indicators would have told otherwise, as it is kept."""
        found: list[dict[str, Any]] = json.loads(self.signals)
        return found


def check(version: int, newest: WhatIf | None, now: datetime) -> None:
    """Nobody agrees to other numbers of the rating or its indicators unseen.

    Raises Conflict `what_if_missing`, `what_if_outdated`.
    """
    if newest is None:
        raise Conflict(
            "what_if_missing",
            f"Policy version {version} changes numbers of the rating or its indicators; ask first who would have moved "
            f"under them in the last {MONTHS} months, and look at the answer.",
        )
    if now >= newest.good_until:
        raise Conflict(
            "what_if_outdated",
            f"Who would move under policy version {version} was asked at {rfc3339(newest.at)}, and another month is "
            "over since; ask again.",
        )

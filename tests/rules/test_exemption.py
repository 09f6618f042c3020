"""When an exemption speaks of a warning sign, with both sides of each end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidegate.rating.facts.exemption import covers

START, UNTIL = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("at", "ended_at", "held"),
    [
        (START - TICK, None, False),
        (START, None, True),
        (UNTIL - TICK, None, True),
        (UNTIL, None, False),
        (UNTIL - DAY - TICK, UNTIL - DAY, True),
        (UNTIL - DAY, UNTIL - DAY, False),
        (UNTIL, UNTIL + 30 * DAY, False),  # it was over, and was ended once more
        (UNTIL - TICK, UNTIL + 30 * DAY, True),
        (START, START, False),
    ],
)
def test_an_exemption_holds_from_its_start_and_before_its_first_end(
    at: datetime, ended_at: datetime | None, held: bool
) -> None:
    assert covers(START, UNTIL, ended_at, at) is held

"""The allow-list: on at once, off late, and which entries may be paid while it is on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tidegate.screening.allow_list import AllowList, switched_off, switched_on, usable_from

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ON = AllowList("cus_1", NOW, "ada")
GOING = AllowList("cus_1", NOW, "ada", NOW + HOUR, "thief", NOW + 49 * HOUR)


def test_it_is_in_force_until_the_very_moment_it_ends() -> None:
    assert ON.is_on(NOW + 1000 * HOUR)
    assert GOING.is_on(NOW + 48 * HOUR)
    assert not GOING.is_on(NOW + 49 * HOUR)


def test_on_is_on_and_takes_a_wish_to_end_it_back() -> None:
    assert switched_on(None, "cus_1", "ada", NOW) == ON
    assert switched_on(ON, "cus_1", "ben", NOW + HOUR) == ON
    assert switched_on(GOING, "cus_1", "ada", NOW + 2 * HOUR) == ON
    later = NOW + 60 * HOUR
    assert switched_on(GOING, "cus_1", "ada", later) == AllowList("cus_1", later, "ada")


def test_off_takes_its_time_and_does_not_start_anew() -> None:
    assert switched_off(ON, "thief", NOW + HOUR, 48) == GOING
    assert switched_off(GOING, "ada", NOW + 2 * HOUR, 48) == GOING
    assert switched_off(None, "ada", NOW, 48) is None


@pytest.mark.parametrize(
    ("booked_at", "usable"),
    [
        (None, None),
        (NOW - HOUR, NOW - HOUR),
        (NOW, NOW),
        (NOW + HOUR, NOW + 25 * HOUR),  # put in after the switch, perhaps by somebody else
    ],
)
def test_what_was_in_the_book_before_is_trusted_at_once(booked_at: datetime | None, usable: datetime | None) -> None:
    assert usable_from(booked_at, ON, 24) == usable

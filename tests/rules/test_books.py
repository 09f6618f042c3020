"""When a difference between ledger and chain is one, when it is told, and when people are asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.custody import books
from tidegate.custody.books import Checked

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def rounds(*offs: int, moving: int = 0) -> list[Checked]:
    """Rounds that find these differences, of a ledger that says 100."""
    found: list[Checked] = []
    for off in offs:
        found.append(books.round_of(found[-1] if found else None, 1, 9, 100, 100 + off, moving, NOW))
    return found


@pytest.mark.parametrize(
    ("off", "moving", "explained"),
    [
        (0, 0, True),
        (-1, 0, False),
        (1, 0, False),
        (-40, 40, True),
        (-41, 40, False),
        (1, 40, False),  # payments take, they never bring
    ],
)
def test_only_what_is_under_way_explains_a_difference(off: int, moving: int, explained: bool) -> None:
    (found,) = rounds(off, moving=moving)
    assert (found.explained, found.rounds) == (explained, 0 if explained else 1)


@pytest.mark.parametrize(
    ("offs", "noted"),
    [
        ((-5,), [0]),  # one round may fall between payment and settlement
        ((-5, 0), [0, 0]),
        ((-5, 0, -5), [0, 0, 0]),
        ((-5, -5), [0, -5]),
        ((-5, -5, -5), [0, -5, -5]),
        ((-5, -5, -7), [0, -5, -7]),
        ((-5, -5, 0, 0), [0, -5, 0, 0]),
    ],
)
def test_a_difference_is_told_when_it_stands_for_two_rounds(offs: tuple[int, ...], noted: list[int]) -> None:
    assert [found.noted_units for found in rounds(*offs)] == noted


@pytest.mark.parametrize(
    ("offs", "asked"),
    [
        ((-5,) * 3, [False] * 3),
        ((-5,) * 5, [False, False, False, True, False]),
        ((-5, -5, -5, 0, -5), [False] * 5),
        ((-5, -5, -5, -5, -6, -6), [False, False, False, True, True, False]),
    ],
)
def test_people_are_asked_when_patience_ends_and_when_it_changes(offs: tuple[int, ...], asked: list[bool]) -> None:
    found = rounds(*offs)
    assert [books.asks(before, now) for before, now in zip([None, *found], found, strict=False)] == asked


def test_a_round_says_what_it_looked_at() -> None:
    second = rounds(-5, -5)[1]
    assert second == Checked(1, 9, 100, 95, 0, 2, -5, NOW)
    later = books.round_of(second, 1, 10, 100, 95, 5, NOW + timedelta(minutes=1))
    assert later == Checked(1, 10, 100, 95, 5, 0, -5, NOW + timedelta(minutes=1)), "it stays told until it is gone"


@given(st.lists(st.integers(-50, 0), min_size=1, max_size=20))
def test_what_payments_may_have_taken_is_never_told(offs: list[int]) -> None:
    assert {(found.rounds, found.noted_units) for found in rounds(*offs, moving=50)} == {(0, 0)}

"""Figures about the rating itself: overrides, moves, stability, precision, freezes by tier."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tidegate.rating.governance.figures import (
    Frozen,
    Override,
    Precision,
    band,
    matrix,
    overrides,
    rises,
    stability,
    text,
)


def test_overrides_are_counted_up_and_down_per_reviewer() -> None:
    said = [("zoe", "high", "high"), ("ann", "medium", "high"), ("zoe", "high", "medium"), ("ann", "low", "low")]
    assert overrides(said) == [Override("ann", 2, 1, 0), Override("zoe", 2, 0, 1)]
    assert overrides([]) == []


@pytest.mark.parametrize(("decided", "look"), [(10, False), (9, True)])
def test_from_more_than_one_in_ten_people_look(decided: int, look: bool) -> None:
    one = Override("zoe", decided, 1, 0)
    assert (one.rate, one.look) == (Fraction(1, decided), look)
    assert Override("zoe", 0, 0, 0).rate == 0


def test_every_cell_of_the_matrix_is_there() -> None:
    made = matrix({("low", "medium"): 3})
    assert sum(len(row) for row in made.values()) == 16
    assert sum(sum(row.values()) for row in made.values()) == made["low"]["medium"] == 3


@pytest.mark.parametrize(
    ("index", "word"),
    [
        (None, None),
        (Decimal("0.099999"), "stable"),
        (Decimal("0.1"), "notice"),
        (Decimal("0.249999"), "notice"),
        (Decimal("0.25"), "shift"),
    ],
)
def test_bands_of_the_stability_index(index: Decimal | None, word: str | None) -> None:
    assert band(index) == word


def test_stability_is_the_same_to_the_last_digit() -> None:
    one, two = {"low": 90, "medium": 8, "high": 2}, {"low": 70, "medium": 20, "high": 8, "extreme": 2}
    assert stability(one, two) == stability(two, one) == Decimal("0.263602")
    assert stability(one, one) == Decimal("0.000000")
    assert stability({}, one) is stability(one, {}) is None


@pytest.mark.parametrize(
    ("confirmed", "false", "open", "share"), [(3, 1, 9, Fraction(3, 4)), (0, 2, 0, Fraction(0)), (0, 0, 7, None)]
)
def test_precision_is_of_what_people_have_judged(confirmed: int, false: int, open: int, share: Fraction | None) -> None:
    assert Precision("I-01", confirmed, false, open).share == share


FREEZES = {
    "it rises": ([("low", 100, 1), ("medium", 10, 1), ("high", 2, 1)], True),
    "it stays": ([("low", 10, 1), ("medium", 20, 2)], True),
    "it falls": ([("low", 10, 1), ("medium", 100, 1)], False),
    "whatever order they come in": ([("high", 2, 1), ("low", 100, 1)], True),
    "one tier says nothing": ([("low", 10, 1)], None),
    "nor does an empty one": ([("low", 10, 1), ("high", 0, 0)], None),
}


@pytest.mark.parametrize(("rows", "said"), FREEZES.values(), ids=FREEZES)
def test_whether_freezes_rise_with_the_tier(rows: list[tuple[str, int, int]], said: bool | None) -> None:
    assert rises([Frozen(*row) for row in rows]) is said


def test_shares_are_told_exactly() -> None:
    assert (text(Fraction(6, 14)), text(Fraction(0)), text(None)) == ("3/7", "0/1", None)

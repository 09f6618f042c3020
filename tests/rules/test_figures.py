"""The figures by which people judge the rating itself: both sides of each band, by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import log

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

L, M, H, X = "low", "medium", "high", "extreme"


def test_a_reviewer_overrides_up_or_down_once_per_line() -> None:
    said = [("mei", M, H), ("mei", M, M), ("mei", H, M), ("mei", H, L), ("anton", L, L)]
    assert overrides(said) == [Override("anton", 1, 0, 0), Override("mei", 4, 1, 2)]
    assert overrides([]) == []


@pytest.mark.parametrize(
    ("override", "rate", "look"),
    [
        (Override("mei", 10, 1, 0), Fraction(1, 10), False),  # a tenth is still usual
        (Override("mei", 10, 0, 1), Fraction(1, 10), False),
        (Override("mei", 99, 5, 5), Fraction(10, 99), True),
        (Override("mei", 0, 0, 0), Fraction(0), False),
    ],
)
def test_more_than_one_in_ten_is_looked_at(override: Override, rate: Fraction, look: bool) -> None:
    assert (override.rate, override.look) == (rate, look)


def test_every_move_has_its_cell() -> None:
    moved = matrix({(L, M): 3, (X, X): 1})
    assert list(moved) == [L, M, H, X]
    assert moved[L] == {L: 0, M: 3, H: 0, X: 0}
    assert moved[X] == {L: 0, M: 0, H: 0, X: 1}


def test_the_stability_index_by_hand() -> None:
    before, after = {L: 90, M: 8, H: 1, X: 1}, {L: 80, M: 18, H: 1, X: 1}
    by_hand = (0.8 - 0.9) * log(0.8 / 0.9) + (0.18 - 0.08) * log(0.18 / 0.08)
    found = stability(before, after)
    assert found is not None
    assert found == Decimal(f"{by_hand:.6f}")
    assert stability({L: 90, M: 8, H: 2}, {L: 70, M: 20, H: 8, X: 2}) == Decimal("0.263602")  # a tier that was empty
    assert stability(before, before) == 0
    assert stability(after, before) == found, "there and back is as far"
    assert stability({L: 2}, {M: 1}) == stability({L: 4, M: 1, H: 1, X: 1}, {L: 1, M: 2, H: 1, X: 1})  # half a merchant


@pytest.mark.parametrize(("before", "after"), [({}, {L: 1}), ({L: 1}, {}), ({L: 0}, {L: 1}), ({L: 1}, {L: 0})])
def test_a_month_with_nobody_has_no_index(before: dict[str, int], after: dict[str, int]) -> None:
    assert stability(before, after) is None


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (None, None),
        ("0.099999", "stable"),
        ("0.1", "notice"),
        ("0.249999", "notice"),
        ("0.25", "shift"),
    ],
)
def test_the_bands(index: str | None, said: str | None) -> None:
    assert band(None if index is None else Decimal(index)) == said


def test_an_indicator_is_right_of_what_people_have_judged() -> None:
    assert Precision("I-01", 3, 1, 9).share == Fraction(3, 4)
    assert Precision("I-01", 0, 2, 9).share == 0
    assert Precision("I-01", 0, 0, 9).share is None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], None),
        ([Frozen(L, 10, 1)], None),
        ([Frozen(L, 10, 1), Frozen(M, 0, 0)], None),  # a tier with nobody says nothing
        ([Frozen(H, 10, 3), Frozen(L, 10, 1)], True),
        ([Frozen(L, 10, 1), Frozen(M, 20, 2)], True),  # as many are no fall
        ([Frozen(L, 10, 1), Frozen(M, 21, 2)], False),
        ([Frozen(L, 10, 0), Frozen(M, 10, 5), Frozen(H, 10, 4)], False),
    ],
)
def test_whether_freezes_rise_with_the_tier(rows: list[Frozen], said: bool | None) -> None:
    assert rises(rows) is said


def test_a_share_is_told_exactly() -> None:
    assert [text(Fraction(6, 14)), text(Fraction(0)), text(None)] == ["3/7", "0/1", None]

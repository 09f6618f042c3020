"""How amounts are read on pages: in groups of three, nothing rounded, nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.console.render import grouped


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("0", "0"),
        ("999.5", "999.5"),
        ("1000", "1,000"),
        ("12500.50", "12,500.50"),
        ("-46389.7", "-46,389.7"),
        (10**12, "1,000,000,000,000"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("–", "–"),
        ("", ""),
        ("unlimited", "unlimited"),
        ("1e5", "1e5"),
        ("٣٣٣٣", "٣٣٣٣"),
    ],
)
def test_amounts_are_read_in_groups_of_three(told: object, read: str) -> None:
    assert grouped(told) == read


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18))
def test_nothing_but_commas_is_added(amount: object) -> None:
    told = f"{amount:f}"
    assert grouped(told).replace(",", "") == told

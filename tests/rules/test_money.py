"""Amounts: exact from text to units and back, one asset at a time."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.base.money import MAX_UNITS, Asset, BadAmount, Money, WrongAsset, to_text, to_units

USDT = Asset(1, "USDT", "evm-local", 6, "0x0000000000000000000000000000000000000abc")
ETH = Asset(2, "ETH", "evm-local", 18, None)


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("1", 6, 1_000_000),
        ("0.000001", 6, 1),
        ("0", 6, 0),
        ("0.10", 6, 100_000),
        ("12.5000000", 6, 12_500_000),
        ("115792089237316195423570985008687907853269984665640564039457584007913129639935", 0, 2**256 - 1),
        ("0.1", 18, 10**17),
    ],
)
def test_an_amount_is_exact(text: str, decimals: int, units: int) -> None:
    assert to_units(text, decimals) == units


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount_malformed"),
        (" 1", "amount_malformed"),
        ("1\n", "amount_malformed"),
        ("+1", "amount_malformed"),
        ("-1", "amount_malformed"),
        ("01", "amount_malformed"),
        ("1.", "amount_malformed"),
        (".5", "amount_malformed"),
        ("1e3", "amount_malformed"),
        ("1e400", "amount_malformed"),
        ("NaN", "amount_malformed"),
        ("Infinity", "amount_malformed"),
        ("1,000", "amount_malformed"),
        ("１", "amount_malformed"),  # a full-width digit
        ("٣", "amount_malformed"),  # an Arabic digit
        ("1_000", "amount_malformed"),
        ("0x10", "amount_malformed"),
        ("0.0000001", "amount_too_precise"),
        ("1" + "0" * 80, "amount_malformed"),
        ("9" * 78, "amount_too_large"),
    ],
)
def test_what_is_not_an_amount_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(BadAmount) as bad:
        to_units(text, 6)
    assert bad.value.code == code


@given(st.integers(0, MAX_UNITS), st.integers(0, 30))
def test_units_to_text_and_back_always_gives_the_same_units(units: int, decimals: int) -> None:
    assert to_units(to_text(units, decimals), decimals) == units


@given(st.text(max_size=100))
def test_random_text_never_raises_anything_but_bad_amount(text: str) -> None:
    with contextlib.suppress(BadAmount):
        assert 0 <= to_units(text, 6) <= MAX_UNITS


def test_two_assets_never_mix() -> None:
    """BTCPay #6314: amounts of different currencies were compared."""
    with pytest.raises(WrongAsset):
        _ = Money(USDT, 1) + Money(ETH, 1)
    with pytest.raises(WrongAsset):
        _ = Money(USDT, 1) < Money(ETH, 2)


def test_a_float_is_not_money() -> None:
    """HollaEx kept limits as DOUBLE; 0.1 + 0.2 is not 0.3 there."""
    with pytest.raises(TypeError):
        Money(USDT, 1.0)  # type: ignore[arg-type]
    assert Money(USDT, to_units("0.1", 6)) + Money(USDT, to_units("0.2", 6)) == Money(USDT, to_units("0.3", 6))


def test_money_says_itself_as_people_write_it() -> None:
    assert str(Money(USDT, 1_500_000)) == "1.5 USDT"
    assert to_text(-1_500_000, 6) == "-1.5"

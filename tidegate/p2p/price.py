"""Prices in money of a state: whole units of 10^-8 of the currency per coin, never floats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidegate.base.money import BadAmount, to_units
from tidegate.base.refusals import Malformed
from tidegate.policy.pricing import PRICE_DECIMALS, VALUE_DECIMALS

FIAT_DECIMALS = 8
CENT: int = 10 ** (FIAT_DECIMALS - 2)
"""The smallest amount that people pay each other."""

WHOLE = 10_000
"""100 % in hundredths of a percent."""


def market(prices: Sequence[int]) -> int | None:
    """One price of several sources, 10^-12 USD per coin: the middle one, of two the lower. None = nobody knows."""
    return sorted(prices)[(len(prices) - 1) // 2] if prices else None


def in_fiat(usd: int, currency: int) -> int:
    """A price of 10^-12 USD in the currency of which one costs `currency` micro-USD, to the nearest 10^-8."""
    scale: int = 10 ** (FIAT_DECIMALS + VALUE_DECIMALS)
    over: int = 10**PRICE_DECIMALS * currency
    return (2 * usd * scale + over) // (2 * over)


def of_percent(percent: int, reference: int) -> int:
    """So many hundredths of a percent of a price, to the nearest 10^-8."""
    return (2 * percent * reference + WHOLE) // (2 * WHOLE)


def to_pay(units: int, decimals: int, price: int) -> int:
    """What `units` cost, in 10^-8 of the currency, rounded up to a hundredth: nobody pays less than was agreed."""
    coin: int = 10**decimals
    cents = -(-units * price // (coin * CENT))
    return cents * CENT


def read(text: str, field: str) -> int:
    """A price that somebody wrote. Raises Malformed `price_zero` or the code of the amount."""
    try:
        price = to_units(text, FIAT_DECIMALS)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field=field) from bad
    if price == 0:
        raise Malformed("price_zero", "The price is 0; name what one coin costs.", field=field)
    if price >= 10**30:
        raise Malformed("amount_too_large", f"{text[:40]} is no price of one coin.", field=field)
    return price


def check_fiat(fiat: str, currencies: Mapping[str, int]) -> None:
    """Raises Malformed `fiat_unknown`."""
    if fiat not in currencies:
        known = ", ".join(sorted(currencies)) or "none yet"
        raise Malformed("fiat_unknown", f"{fiat[:20]!r} is not traded here; known are {known}.", field="fiat")

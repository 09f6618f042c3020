"""What units are worth, in whole micro-USD. A price is USD per coin in whole units of 10^-12 USD."""

from __future__ import annotations

PRICE_DECIMALS = 12
VALUE_DECIMALS = 6


def value_micro_usd(units: int, decimals: int, price: int) -> int:
    """The value of `units` of an asset with `decimals`, rounded up: nothing of worth ever counts as nothing."""
    scale: int = 10 ** (decimals + PRICE_DECIMALS - VALUE_DECIMALS)
    return -(-units * price // scale)

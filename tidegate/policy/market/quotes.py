"""Prices as people and programs write them, read strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.money import Asset, BadAmount, to_units
from tidegate.base.refusals import Malformed
from tidegate.policy.market.series import Bar, RefusedPrice
from tidegate.policy.pricing import PRICE_DECIMALS

_SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
MOST_SOURCES = 10
"""Of one asset: every source is asked at every decision."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One price of one asset: `price`, or `open`, `high`, `low`, `close` of a bar of `minutes`. Decimal USD."""

    asset: str
    network: str
    at: datetime
    price: str | None = None
    open: str | None = None
    high: str | None = None
    low: str | None = None
    close: str | None = None
    volume: str | None = None
    minutes: int | None = None  # None = 1


def source_name(text: str) -> str:
    """The source's name. Raises Malformed `source_malformed`."""
    if not _SOURCE.fullmatch(text):
        raise Malformed(
            "source_malformed",
            f'{text[:60]!r} is not a source; write 1 to 40 of a-z, 0-9, ".", "_", "-", like "venue-a"',
            field="source",
        )
    return text


def bar_of(quote: Quote, asset: Asset | None) -> Bar | RefusedPrice:
    """The bar that a quote says, or why it says none: `asset_unknown`, `price_incomplete`, `price_malformed`."""
    if asset is None:
        return RefusedPrice("asset_unknown", f"{quote.asset}@{quote.network} is not an asset here")
    sides = (quote.open, quote.high, quote.low, quote.close)
    if quote.price is not None and (any(side is not None for side in sides) or quote.minutes is not None):
        return RefusedPrice("price_incomplete", "Send either price, or open, high, low and close with minutes")
    texts = sides if quote.price is None else (quote.price,) * 4
    if None in texts:
        return RefusedPrice("price_incomplete", "Send price, or all of open, high, low and close")
    try:
        opened, high, low, close = (to_units(text, PRICE_DECIMALS) for text in texts if text is not None)
        volume = None if quote.volume is None else to_units(quote.volume, PRICE_DECIMALS)
    except BadAmount as bad:
        return RefusedPrice("price_malformed", str(bad))
    seconds = 0 if quote.price is not None else 60 * (quote.minutes or 1)
    return Bar(quote.at, seconds, opened, high, low, close, volume)

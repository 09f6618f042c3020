"""Prices of exchanges through ccxt, which knows their public interfaces. An extra: `pip install 'tidegate[prices]'`.

Bars of a minute, not tickers: a bar says when it was, so that a venue that repeats an old price for ever looks as old
as it is; and its low is seen, where a ticker asked every half minute would have missed it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tidegate.base.prices import Candle, FeedFault, NoPrices

TIMEOUT = 10.0
BARS = 5
"""How many are asked for: as many as a worker that paused for some minutes would miss without harm."""


class CcxtFeed:
    """One exchange. Not shared between threads."""

    def __init__(
        self,
        venue: str,
        markets: Mapping[tuple[str, str], str],
        urls: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        """`venue` as ccxt spells it ("kraken"); `markets` its symbol of each asset ("ETH/USD"); `urls` other addresses
        of its interfaces, as for a gateway. Raises FeedFault."""
        try:
            import ccxt
        except ImportError as fault:
            raise FeedFault(
                f"Prices of {venue} need the extra `prices`, which is not installed: pip install 'tidegate[prices]'"
            ) from fault
        if venue not in ccxt.exchanges:
            raise FeedFault(f"ccxt {ccxt.__version__} knows no exchange {venue!r}; it knows kraken, coinbase, …")
        self._venue, self._markets, self._fault = venue, dict(markets), ccxt.BaseError
        self._exchange: Any = getattr(ccxt, venue)({"timeout": int(timeout * 1000), "enableRateLimit": True})
        self._exchange.number = str  # prices as the venue wrote them, never as floats
        self._exchange.session.trust_env = False  # the environment's proxies are none of ours
        if urls:
            self._exchange.urls = {**self._exchange.urls, "api": {**self._exchange.urls["api"], **urls}}
        if not self._exchange.has["fetchOHLCV"] or "1m" not in (self._exchange.timeframes or {}):
            raise FeedFault(f"{venue} has no bars of a minute; name another exchange")

    @property
    def assets(self) -> Collection[tuple[str, str]]:
        return self._markets.keys()

    def candles(self, asset: str, network: str) -> Sequence[Candle]:
        symbol = self._markets[asset, network]
        try:
            said = self._exchange.fetch_ohlcv(symbol, "1m", limit=BARS)
            return sorted((_candle(bar) for bar in said), key=lambda bar: bar.at)[-BARS:]
        except self._fault as fault:
            raise NoPrices(f"{self._venue} {symbol}: {type(fault).__name__} {fault}"[:300]) from fault
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, OSError) as fault:
            # What an answer of another shape makes of a library that expects the right one.
            raise NoPrices(f"{self._venue} {symbol}: not an answer: {type(fault).__name__} {fault}"[:300]) from fault

    def close(self) -> None:
        self._exchange.session.close()


def _candle(bar: Any) -> Candle:
    at, *prices, _ = bar  # the volume counts for nothing
    if len(prices) != 4 or not all(isinstance(price, str) for price in prices):
        raise TypeError(f"{bar!r} is no bar")
    return Candle(datetime.fromtimestamp(int(at) / 1000, UTC), 1, *prices)

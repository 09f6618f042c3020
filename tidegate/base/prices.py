"""Prices as a venue told them, and what whoever fetches them has to offer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Candle:
    """One bar of a market: decimal text as the venue wrote it, in USD or what the operator takes for USD."""

    at: datetime  # its start
    minutes: int
    open: str
    high: str
    low: str
    close: str


class NoPrices(Exception):
    """The venue gave no usable answer: nobody knows the price."""


class FeedFault(Exception):
    """The settings name something that cannot be asked; the message says what to do."""


class Feed(Protocol):
    """One venue."""

    @property
    def assets(self) -> Collection[tuple[str, str]]:
        """What it has prices of: (symbol, network)."""
        ...

    def candles(self, asset: str, network: str) -> Sequence[Candle]:
        """The newest bars of one asset, oldest first; the last one may not have ended. Raises NoPrices."""
        ...

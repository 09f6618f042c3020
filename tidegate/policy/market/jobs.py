"""Fetching prices: ask a venue with nothing locked, then take in what it said like anybody's prices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from tidegate.base.prices import Feed, NoPrices
from tidegate.db import Conn
from tidegate.policy.market import flow
from tidegate.policy.market.quotes import Quote

log = structlog.get_logger("market")

Clock = Callable[[], datetime]


_KNOWN_LAST_TURN = ("price_backwards", "price_changed")
"""A venue may change a bar of some minutes ago; what was told first counts."""


def fetch(conn: Conn, source: str, feed: Feed, clock: Clock) -> int:
    """Ask one venue about each of its assets; how many new bars were believed.

    An asset of which it says nothing keeps nobody waiting: its price grows stale, and that makes it nervous. Bars that
    have not ended are left for the next turn; any number of workers may ask, for the same bar twice is one bar.
    """
    believed = 0
    for asset, network in sorted(feed.assets):
        try:
            bars = feed.candles(asset, network)
        except NoPrices as silent:
            log.warning("no prices", source=source, asset=f"{asset}@{network}", why=str(silent))
            continue
        now = clock()
        quotes = [
            Quote(
                asset,
                network,
                bar.at,
                open=bar.open,
                high=bar.high,
                low=bar.low,
                close=bar.close,
                minutes=bar.minutes,
            )
            for bar in bars
            if bar.at + timedelta(minutes=bar.minutes) <= now
        ]
        fed = flow.feed(conn, source, quotes, "worker", now)
        believed += fed.accepted
        for refused in fed.refused:
            if refused.code not in _KNOWN_LAST_TURN:
                log.warning("price refused", source=source, asset=f"{asset}@{network}", why=refused.message)
    return believed

"""Prices of an exchange through ccxt, against a local server that speaks one exchange's public interface.

What this does not prove: that the real exchange still speaks so. ccxt follows that, and nothing here reaches out.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from house import ETH, NETWORK, USDT, House, furnish

from tidegate import worker
from tidegate.base.prices import Candle, FeedFault, NoPrices
from tidegate.db import Conn
from tidegate.integrations.ccxt_prices import CcxtFeed
from tidegate.policy.market import flow as market
from tidegate.policy.market import jobs

MARKETS = {("ETH", NETWORK): "ETH/USD", ("USDT", NETWORK): "USDT/USD"}
PAIRS = {
    "XETHZUSD": {"altname": "ETHUSD", "wsname": "ETH/USD", "base": "XETH", "quote": "ZUSD"},
    "USDTZUSD": {"altname": "USDTUSD", "wsname": "USDT/USD", "base": "USDT", "quote": "ZUSD"},
}
MINUTE = timedelta(minutes=1)


class Exchange:
    """Kraken's `AssetPairs` and `OHLC`, with bars that a test says."""

    def __init__(self) -> None:
        self.bars: dict[str, list[list[Any]]] = {"XETHZUSD": [], "USDTZUSD": []}
        self.broken: dict[str, tuple[int, bytes]] = {}  # pair -> what it answers instead
        self.sleeps = 0.0
        self.asked: list[str] = []
        exchange = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                exchange.asked.append(parts.path)
                time.sleep(exchange.sleeps)
                pair = parse_qs(parts.query).get("pair", [""])[0]
                status, body = exchange.broken.get(pair, (200, b""))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body or json.dumps(exchange.answer(parts.path, pair)).encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, pair: str) -> dict[str, Any]:
        if path.endswith("/AssetPairs"):
            more = {"pair_decimals": 2, "lot_decimals": 8, "lot_multiplier": 1, "leverage_buy": [], "leverage_sell": []}
            more |= {"fees": [[0, 0.26]], "fees_maker": [[0, 0.16]], "status": "online", "ordermin": "0.01"}
            return {"error": [], "result": {id: {**more, **said} for id, said in PAIRS.items()}}
        if path.endswith("/OHLC"):
            return {"error": [], "result": {pair: self.bars[pair], "last": 0}}
        return {"error": [], "result": {}}

    def say(self, pair: str, at: datetime, *prices: str) -> None:
        opened, high, low, close = prices if len(prices) == 4 else prices * 4
        self.bars[pair].append([int(at.timestamp()), opened, high, low, close, "0.0", "1.5", 3])

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    made = Exchange()
    yield made
    made.close()


@pytest.fixture
def feed(exchange: Exchange) -> Iterator[CcxtFeed]:
    made = CcxtFeed("kraken", MARKETS, {"public": exchange.url}, timeout=1)
    yield made
    made.close()


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def fetch(house: House, feed: CcxtFeed) -> int:
    return jobs.fetch(house.conn, "kraken", feed, house.clock)


def regime(house: House, asset: int = ETH.id) -> tuple[str, str, int]:
    found = market.regimes(house.conn, [asset], house.now)[asset]
    return found.name, found.reason, found.sources


class TestContract:
    """What every feed of prices keeps."""

    def test_bars_come_oldest_first_with_their_time_and_the_digits_of_the_venue(
        self, exchange: Exchange, feed: CcxtFeed
    ) -> None:
        start = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        exchange.say("XETHZUSD", start, "2500.10", "2501.000000000001", "2499.9", "2500.30")
        exchange.say("XETHZUSD", start + MINUTE, "0.00000001")
        assert feed.candles("ETH", NETWORK) == [
            Candle(start, 1, "2500.10", "2501.000000000001", "2499.9", "2500.30"),
            Candle(start + MINUTE, 1, *["0.00000001"] * 4),
        ]
        assert set(feed.assets) == set(MARKETS)

    def test_no_bars_are_no_fault(self, feed: CcxtFeed) -> None:
        assert list(feed.candles("ETH", NETWORK)) == []

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, b"oops"),
            (503, b""),
            (429, b"{}"),
            (200, b'{"error": ["EService:Unavailable"], "result": {}}'),
        ],
    )
    def test_a_venue_that_says_no_has_no_price(
        self, exchange: Exchange, feed: CcxtFeed, status: int, body: bytes
    ) -> None:
        exchange.broken["XETHZUSD"] = (status, body)
        with pytest.raises(NoPrices, match="kraken ETH/USD"):
            feed.candles("ETH", NETWORK)

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (200, b"<html>"),
            (200, b"[]"),
            (200, b"null"),
            (200, b'{"error": [], "result": {"XETHZUSD": [[1, "2", "3"]]}}'),
            (200, b'{"error": [], "result": {"XETHZUSD": [["soon", "2", "3", "1", "2", "0", "1", 1]]}}'),
            (200, b'{"error": [], "result": {"XETHZUSD": [[1764000000, null, "3", "1", "2", "0", "1", 1]]}}'),
            (200, b'{"error": [], "result": {"XETHZUSD": [[99999999999999, "2", "3", "1", "2", "0", "1", 1]]}}'),
        ],
    )
    def test_an_answer_that_is_none_tells_nothing(
        self, exchange: Exchange, feed: CcxtFeed, status: int, body: bytes
    ) -> None:
        """Refused or empty: ccxt takes some of these for "no bars". Either way no price is made up."""
        exchange.broken["XETHZUSD"] = (status, body)
        told: Sequence[Candle] = []
        with suppress(NoPrices):
            told = feed.candles("ETH", NETWORK)
        assert told == []

    def test_a_venue_that_hangs_or_is_not_there_is_no_price(self, exchange: Exchange, feed: CcxtFeed) -> None:
        exchange.sleeps = 3
        with pytest.raises(NoPrices, match="Timeout"):
            feed.candles("ETH", NETWORK)
        gone = CcxtFeed("kraken", MARKETS, {"public": "http://127.0.0.1:9"}, timeout=1)
        with pytest.raises(NoPrices):
            gone.candles("ETH", NETWORK)
        gone.close()

    def test_a_market_that_the_venue_does_not_have_is_no_price(self, exchange: Exchange) -> None:
        other = CcxtFeed("kraken", {("ETH", NETWORK): "ETH/XYZ"}, {"public": exchange.url})
        with pytest.raises(NoPrices, match="ETH/XYZ"):
            other.candles("ETH", NETWORK)
        other.close()


def test_prices_of_a_venue_move_the_regime(house: House, exchange: Exchange, feed: CcxtFeed) -> None:
    start = house.now
    exchange.say("XETHZUSD", start, "2500")
    exchange.say("USDTZUSD", start, "1")
    house.wait(minutes=1)
    assert fetch(house, feed) == 2
    assert fetch(house, feed) == 0, "the same bars are the same bars"
    assert regime(house) == ("calm", "calm", 1)
    exchange.say("XETHZUSD", start + MINUTE, "2500", "2500", "1900", "2400")
    house.wait(seconds=59)
    assert fetch(house, feed) == 0, "it has not ended"
    house.wait(seconds=1)
    assert fetch(house, feed) == 1
    assert regime(house) == ("stormy", "fall", 1), "the close hid it"
    assert regime(house, USDT.id)[0] == "calm"


def test_a_venue_that_repeats_an_old_price_grows_stale(house: House, exchange: Exchange, feed: CcxtFeed) -> None:
    exchange.say("XETHZUSD", house.now, "2500")
    house.wait(minutes=1)
    fetch(house, feed)
    for _ in range(10):
        house.wait(minutes=1)
        fetch(house, feed)
    assert regime(house) == ("nervous", "prices_stale", 0)


def test_an_asset_that_is_not_told_keeps_the_others_not_waiting(
    house: House, exchange: Exchange, feed: CcxtFeed
) -> None:
    exchange.say("USDTZUSD", house.now, "1")
    exchange.broken["XETHZUSD"] = (500, b"oops")
    house.wait(minutes=1)
    assert fetch(house, feed) == 1
    assert regime(house, USDT.id)[2] == 1


def test_a_price_that_cannot_be_is_refused_like_anybodys(house: House, exchange: Exchange, feed: CcxtFeed) -> None:
    exchange.say("XETHZUSD", house.now, "2500")
    exchange.say("XETHZUSD", house.now + MINUTE, "2500000000")
    house.wait(minutes=2)
    assert fetch(house, feed) == 1
    assert regime(house)[:2] == ("nervous", "price_jump")


def test_the_worker_has_a_loop_for_each_source(house: House, exchange: Exchange, feed: CcxtFeed) -> None:
    made = worker.loops({}, lambda: None, lambda _: "", house.clock, "w", feeds={"kraken": feed})  # type: ignore[arg-type,return-value]
    (loop,) = [loop for loop in made if loop.name == "prices:kraken"]
    exchange.say("XETHZUSD", house.now, "2500")
    house.wait(minutes=1)
    assert loop.step(house.conn) == 0, "a venue is asked in its time"
    assert regime(house)[2] == 1


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt", None)
    with pytest.raises(FeedFault, match=r"pip install 'tidegate\[prices\]'"):
        CcxtFeed("kraken", MARKETS)


@pytest.mark.parametrize("venue", ["karken", "Exchange", "base", "../kraken", "__init__"])
def test_an_exchange_that_nobody_knows_is_said_at_once(venue: str) -> None:
    with pytest.raises(FeedFault, match="knows no exchange"):
        CcxtFeed(venue, MARKETS)

"""Prices through the database: every tick once, one regime per asset, a journal row per change."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import database
from house import ETH, START, USDT, House, furnish
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.__main__ import main
from tidegate.base.money import Asset
from tidegate.base.refusals import Malformed, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, connect, journal
from tidegate.ledger import store as ledger
from tidegate.policy import flow as policies
from tidegate.policy.market import flow as market
from tidegate.policy.market import replay
from tidegate.policy.market.flow import Fed, Flow
from tidegate.policy.market.params import DEFAULTS
from tidegate.policy.market.quotes import Quote
from tidegate.policy.market.regime import Regime
from tidegate.policy.market.series import Bar
from tidegate.settings import Settings, save

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
USD = 10**12


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def quote(price: str, at: datetime, asset: Asset = ETH) -> Quote:
    return Quote(asset.symbol, asset.network, at, price)


def feed(house: House, source: str, *prices: str, asset: Asset = ETH) -> Fed:
    """One price a minute, each told when it is made."""
    done = Fed(0, 0, [], 0)
    for price in prices:
        done += market.feed(house.conn, source, [quote(price, house.now, asset)], "key_feed", house.now)
        house.wait(minutes=1)
    return done


def regime(house: House, asset: Asset = ETH) -> Regime:
    return market.regimes(house.conn, [asset.id], house.now)[asset.id]


def noted(conn: Conn, asset: Asset = ETH) -> list[dict[str, Any]]:
    return [n.content for n in journal.about(conn, market.subject_of(asset)) if n.kind == market.KIND]


def test_fixed_prices_are_calm_and_an_asset_without_any_price_is_nervous(house: House) -> None:
    btc = Asset(9, "BTC", "bitcoin", 8, None)
    ledger.add_asset(house.conn, btc)
    found = market.regimes(house.conn, [ETH.id, USDT.id, btc.id], house.now)
    assert {id: (r.name, r.reason) for id, r in found.items()} == {
        ETH.id: ("calm", "fixed_price"),
        USDT.id: ("calm", "fixed_price"),
        btc.id: ("nervous", "no_prices"),
    }
    with pytest.raises(NotFound) as refused:
        market.regimes(house.conn, [ETH.id, 77], house.now)
    assert (refused.value.code, "77" in refused.value.message) == ("asset_unknown", True)


def test_a_crash_is_one_row_in_the_journal_with_everything_a_notice_needs(house: House) -> None:
    feed(house, "venue-a", "2500", "2490")
    crashed = house.now
    assert feed(house, "venue-a", "1900", "1890").changes == 1
    assert noted(house.conn) == [
        {
            "asset": "ETH",
            "network": "evm-local",
            "at": rfc3339(crashed),
            "from": "calm",
            "to": "stormy",
            "reason": "fall",
            "multiplier_percent": 25,
            "review_at": rfc3339(crashed + 6 * HOUR),
        }
    ]
    found = regime(house)
    assert (found.name, found.multiplier_percent, found.since, found.sources) == ("stormy", 25, crashed, 1)
    assert regime(house, USDT).name == "calm"
    assert journal.verify(house.conn).broken is None


def test_stale_is_nervous_by_time_alone_and_the_worker_writes_it_down(house: House) -> None:
    feed(house, "venue-a", "2500")
    assert regime(house).name == "calm"
    assert market.review_due(house.conn, "worker", house.now) == 0
    house.wait(minutes=5)
    assert (regime(house).name, regime(house).reason) == ("nervous", "prices_stale")
    assert noted(house.conn) == []
    assert market.review_due(house.conn, "worker", house.now) == 1
    assert market.review_due(house.conn, "worker", house.now) == 0
    assert [(n["at"], n["reason"]) for n in noted(house.conn)] == [(rfc3339(START + 5 * MINUTE), "prices_stale")]
    assert (regime(house).name, regime(house).since) == ("nervous", START + 5 * MINUTE)


def test_without_a_price_there_is_nothing_to_review(house: House) -> None:
    assert market.review_due(house.conn, "worker", house.now) == 0


def test_the_order_inside_one_call_does_not_matter_and_a_repetition_is_counted(house: House) -> None:
    house.wait(hours=1)
    quotes = [quote(price, START + n * MINUTE) for n, price in enumerate(("2500", "2480", "2510"))]
    done = market.feed(house.conn, "venue-a", [quotes[2], quotes[0], quotes[1], quotes[2]], "key", house.now)
    assert (done.accepted, done.duplicates, done.refused) == (3, 1, [])
    again = market.feed(house.conn, "venue-a", quotes, "key", house.now)
    assert (again.accepted, again.duplicates, again.refused) == (0, 3, [])
    assert house.conn.execute("SELECT count(*) FROM market_tick").fetchone() == (3,)


def test_each_price_is_refused_on_its_own_by_name(house: House) -> None:
    feed(house, "venue-a", "2500", "2500")
    now = house.now
    quotes = [
        quote("2500.5", now),
        quote("2400", START),  # said 2500 then
        quote("2400", START + timedelta(seconds=30)),
        quote("2400", now + timedelta(minutes=1)),
        quote("0", now + timedelta(seconds=1)),
        quote("2500000000", now + timedelta(seconds=2)),
        quote("x", now),
        Quote("BTC", "bitcoin", now, "60000"),
    ]
    done = market.feed(house.conn, "venue-a", quotes, "key", now)
    assert done.accepted == 1
    assert [(r.place, r.code) for r in done.refused] == [
        (1, "price_changed"),
        (2, "price_backwards"),
        (3, "price_from_future"),
        (4, "price_not_positive"),
        (5, "price_jump"),
        (6, "price_malformed"),
        (7, "asset_unknown"),
    ]
    assert (regime(house).name, regime(house).reason) == ("nervous", "price_jump")
    with pytest.raises(Malformed) as refused:
        market.feed(house.conn, "Venue A", quotes, "key", now)
    assert refused.value.code == "source_malformed"


def test_the_first_price_is_held_against_the_policys(house: House) -> None:
    done = feed(house, "venue-a", "2500000000")
    assert [r.code for r in done.refused] == ["price_jump"]
    assert regime(house).reason == "fixed_price"


def test_an_asset_has_at_most_ten_sources(house: House) -> None:
    for n in range(10):
        assert market.feed(house.conn, f"venue-{n}", [quote("2500", house.now)], "key", house.now).accepted == 1
    assert [r.code for r in feed(house, "venue-10", "2500").refused] == ["too_many_sources"]
    assert feed(house, "venue-9", "2501").accepted == 1


def test_a_person_lets_a_new_coin_in(house: House) -> None:
    feed(house, "venue-a", "2500")
    assert [r.code for r in feed(house, "venue-a", "9").refused] == ["price_jump"]
    market.restart(house.conn, "ETH", "evm-local", "venue-a", "9", "Redenominated", "anton", house.now)
    house.wait(minutes=1)
    assert feed(house, "venue-a", "9.1").accepted == 1
    assert regime(house).name == "nervous"  # the level that the jump made lasts its time
    for _ in range(7 * 60):
        feed(house, "venue-a", "9")
    assert regime(house).name == "calm"
    (restart,) = [n for n in journal.about(house.conn, "market:ETH@evm-local") if n.kind == "market.source_restarted"]
    assert (restart.actor, restart.content["reason"]) == ("anton", "Redenominated")
    back = market.feed(house.conn, "venue-a", [quote("2400", START)], "key", house.now)
    assert [r.code for r in back.refused] == ["price_changed"]


@pytest.mark.parametrize(
    ("asset", "source", "price", "reason", "code"),
    [
        ("ETH", "venue-b", None, "Gone", "source_unknown"),
        ("BTC", "venue-a", None, "Gone", "asset_unknown"),
        ("ETH", "venue-a", None, " ", "reason_invalid"),
        ("ETH", "Venue", "9", "New", "source_malformed"),
        ("ETH", "venue-a", "0", "New", "price_not_positive"),
        ("ETH", "venue-a", "x", "New", "price_malformed"),
    ],
)
def test_a_persons_word_needs_a_source_a_price_that_can_be_and_a_reason(
    house: House, asset: str, source: str, price: str | None, reason: str, code: str
) -> None:
    feed(house, "venue-a", "2500")
    with pytest.raises((NotFound, Malformed)) as refused:
        market.restart(house.conn, asset, "evm-local", source, price, reason, "anton", house.now)
    assert refused.value.code == code
    assert regime(house).sources == 1


def test_a_source_that_is_gone_for_good_makes_nobody_nervous(house: House) -> None:
    feed(house, "venue-a", "2500")
    house.wait(hours=1)
    assert regime(house).reason == "prices_stale"
    market.restart(house.conn, "ETH", "evm-local", "venue-a", None, "The venue closed", "anton", house.now)
    assert (regime(house).name, regime(house).reason) == ("calm", "fixed_price")


def test_a_person_may_vouch_for_a_first_price(house: House) -> None:
    assert [r.code for r in feed(house, "venue-a", "9").refused] == ["price_jump"]
    market.restart(house.conn, "ETH", "evm-local", "venue-a", "9", "Really", "anton", house.now)
    assert (regime(house).name, regime(house).sources) == ("calm", 1)


def test_a_run_on_the_wallet_tightens_a_fixed_price_too(house: House) -> None:
    quiet, run = Flow(90, 10, 10), Flow(40, 60, 60)
    assert market.observe_outflow(house.conn, {ETH.id: quiet, USDT.id: run}, "worker", house.now) == 1
    assert market.observe_outflow(house.conn, {ETH.id: quiet, USDT.id: run}, "worker", house.now) == 0
    assert [(n["to"], n["reason"]) for n in noted(house.conn, USDT)] == [("stormy", "outflow")]
    assert (regime(house, USDT).name, regime(house, USDT).reason) == ("stormy", "outflow")
    assert regime(house, ETH).name == "calm"
    house.wait(hours=6)
    assert regime(house, USDT).name == "calm"
    assert market.review_due(house.conn, "worker", house.now + timedelta(seconds=1)) == 1
    assert noted(house.conn, USDT)[-1]["to"] == "calm"


def test_twenty_at_once_are_one_history(house: House, database_url: str) -> None:
    """Four venues tell the same five minutes five times, all at once: each price once, one change."""
    prices = ["2500", "2490", "1900", "1890", "1880"]
    quotes = [quote(price, START + n * MINUTE) for n, price in enumerate(prices)]
    now = START + 5 * MINUTE

    def tell(n: int) -> Fed:
        with connect(database_url) as conn:
            return market.feed(conn, f"venue-{n % 4}", quotes, "key", now)

    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(tell, range(20)))
    assert sum(fed.accepted for fed in done) == 4 * 5
    assert sum(fed.duplicates for fed in done) == 16 * 5
    assert [fed.refused for fed in done] == [[]] * 20
    assert [n["to"] for n in noted(house.conn)] == ["stormy"]
    found = market.regimes(house.conn, [ETH.id], now)[ETH.id]
    assert (found.name, found.sources) == ("stormy", 4)


def test_what_was_told_is_never_changed(house: House) -> None:
    feed(house, "venue-a", "2500")
    for change in ("UPDATE market_tick SET close = 1", "DELETE FROM market_tick", "TRUNCATE market_tick"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            house.conn.execute(change)


def test_a_decision_asks_with_one_statement(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(house, "venue-a", "2500")
    policy = policies.active(house.conn, house.now)
    asked: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(cursor: Any, query: Any, *more: Any, **also: Any) -> Any:
        asked.append(query)
        return execute(cursor, query, *more, **also)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    market.regimes(house.conn, [ETH.id, USDT.id], house.now, policy)
    assert len(asked) == 1


# The file and the feed say the same.


@pytest.fixture(scope="module")
def shared(server_url: str, template: str) -> Iterator[House]:
    with database(server_url, template) as url, connect(url) as conn:
        yield furnish(conn)


def rows_of(returns: Sequence[int]) -> list[replay.Row]:
    """Hourly bars; a return of 0 is an hour without a bar."""
    price, rows = 0.0, []
    for hour, move in enumerate(returns):
        after = price + move / 1000
        prices = [round(100 * USD * math.exp(p)) for p in (price, max(price, after) + 0.01, min(price, after), after)]
        if move or hour == 0:
            rows.append(replay.Row(hour + 2, Bar(START + hour * HOUR, 3600, *prices)))
        price = after
    return rows


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-60, 60), min_size=2, max_size=30), st.integers(1, 7))
def test_a_file_replayed_at_once_is_what_the_database_says_bar_by_bar(
    shared: House, returns: list[int], batch: int
) -> None:
    rows = rows_of(returns)
    coin = Asset(100 + next(shared.numbers), f"C{next(shared.numbers)}", "ethereum", 18, f"0x{next(shared.numbers)}")
    ledger.add_asset(shared.conn, coin)
    for start in range(0, len(rows), batch):
        bars = [(row.line, coin, row.bar) for row in rows[start : start + batch]]
        end = bars[-1][2].at + HOUR
        fed = market.record(shared.conn, "file", bars, "key", end)
        assert (fed.accepted, fed.refused) == (len(bars), [])
    done = replay.replay(rows, coin.name, DEFAULTS)
    last = rows[-1].bar.at
    told = [(n["at"], n["from"], n["to"], n["reason"]) for n in noted(shared.conn, coin)]
    expected = [(rfc3339(c.at), c.before.word, c.after.word, c.reason) for c in done.changes if c.at <= last]
    assert told in (expected, expected[:-1])  # what time alone ends is written with the next bar
    found = market.regimes(shared.conn, [coin.id], last)[coin.id]
    assert found.name == (done.changes[-1].after.word if done.changes else "calm")


def test_a_price_file_is_imported_once(
    house: House, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["ts_utc,open,high,low,close,volume"]
    first = int((START - timedelta(days=30)).timestamp())
    lines += [f"{first + 3600 * n},2500,2510,{2490 if n != 500 else 1900},2500,1" for n in range(600)]
    lines[300] = lines[300].replace("2500,2510", "2500,99999")
    file, place = tmp_path / "eth.csv", tmp_path / "settings.json"
    file.write_text("\n".join(lines) + "\n")
    save(Settings(database_url, {}, tmp_path, tmp_path, tmp_path), place)
    ask = ["market", "import", str(file), "--network", "evm-local", "--source", "file", "--settings", str(place)]
    assert main([*ask, "--asset", "ETH"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["accepted"], said["duplicates"]) == (599, 0)
    assert [(r["line"], r["code"]) for r in said["refused"]] == [(301, "price_jump")]
    assert {n["reason"] for n in noted(house.conn)} >= {"price_jump", "fall"}
    assert main([*ask, "--asset", "ETH"]) == 1
    again = json.loads(capsys.readouterr().out)
    assert (again["accepted"], again["duplicates"]) == (0, 599)
    assert main([*ask, "--asset", "BTC"]) == 2
    assert "asset_unknown" in capsys.readouterr().err

"""The views that indicators add to the schema, on rows that the product itself wrote."""

from __future__ import annotations

from typing import Any

import merchant_kit
import pytest
from house import COIN_USDT, RECEIVER, USDT, House, furnish

from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote
from tidegate.screening import flow as screening

SCAM = "0x00000000219ab540356cBB839Cbe05303d7705Fa"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def rows(conn: Conn, view: str) -> list[tuple[Any, ...]]:
    return conn.execute(f"SELECT * FROM {view} ORDER BY 1, 2, 3".encode()).fetchall()


def deposit(house: House, party: str, units: int, sender: str, n: int = 1, reason: str | None = None) -> None:
    """A deposit as the chain's watcher leaves it: credited, or refused for a reason."""
    house.conn.execute(
        """
        INSERT INTO wallet (id, network, address, kind, index, party_id, asset_id, created_at)
        VALUES ('dep:1', 'evm-local', '0x1', 'deposit', 1, %(party)s, 1, %(now)s) ON CONFLICT DO NOTHING
        """,
        {"party": party, "now": house.now},
    )
    house.conn.execute(
        """
        INSERT INTO deposit (id, network, tx, index, block, block_hash, wallet_id, party_id, asset_id, sender, claimed,
                             credited, status, reason, seen_at, decided_at)
        VALUES (%(id)s, 'evm-local', %(id)s, 0, 1, '0x', 'dep:1', %(party)s, 1, %(sender)s, %(units)s,
                CASE WHEN %(reason)s::text IS NULL THEN %(units)s ELSE 0 END,
                CASE WHEN %(reason)s::text IS NULL THEN 'credited' ELSE 'refused' END, %(reason)s, %(now)s, %(now)s)
        """,
        {"id": f"dep_{n}", "party": party, "sender": sender, "units": units, "reason": reason, "now": house.now},
    )


def test_a_share_is_whole_millionths_and_nothing_of_nothing(conn: Conn) -> None:
    shares = "SELECT per_million(1, 3), per_million(2, 3), per_million(5, 0), per_million(0, 7), per_million(%s, %s)"
    assert conn.execute(shares, [10**70, 10**70]).fetchone() == (333_333, 666_666, None, 0, 1_000_000)


def test_a_price_is_whole_and_exact(conn: Conn) -> None:
    prices = "SELECT price_units(7.2), price_units(0.00000001), price_units(%s), price_units(NULL)"
    assert conn.execute(prices, [10**30]).fetchone() == (720_000_000, 1, 10**38, None)


def test_an_instant_is_whole_microseconds(conn: Conn) -> None:
    told = conn.execute("SELECT epoch_us('2026-09-01 00:00:00.000001+00'), epoch_us(NULL)").fetchone()
    assert told == (1_788_220_800_000_001, None)


def test_a_deposit_is_worth_what_the_policy_fixed_then(house: House) -> None:
    who = house.customer()
    deposit(house, who.id, 5 * COIN_USDT + 1, RECEIVER)
    ((party, direction, ref, asset, units, value, at, known, counterpart, address),) = rows(house.conn, "coin_flows_v")
    assert (party, direction, ref, asset, units, value) == (
        who.id,
        "in",
        "dep_1",
        1,
        5 * COIN_USDT + 1,
        5 * COIN_USDT + 1,
    )
    assert (at, known, counterpart, address) == (house.now, house.now, "other", RECEIVER)


def test_before_any_policy_and_after_a_price_went_stale_it_has_no_value(house: House) -> None:
    who = house.customer()
    market.feed(house.conn, "venue-a", [Quote("USDT", USDT.network, house.now, "0.5")], "test", house.now)
    for n, minutes in enumerate((5, 5, -100_000)):  # 5 minutes are fresh, 10 are not; long ago there was no policy
        house.wait(minutes=minutes)
        deposit(house, who.id, 3, RECEIVER, n)
    assert [row[5] for row in rows(house.conn, "coin_flows_v")] == [2, None, None]  # half of 3, rounded up


def test_whose_address_it_was_goes_by_the_lists_as_they_were(house: House) -> None:
    who = house.customer()
    sender = "0x8ba1f109551bD432803012645Ac136ddd64DBA72"
    deposit(house, who.id, 5, sender, 1)
    house.wait(hours=1)
    tags = f"currency,address,category,abuse\nETH,{sender},exchange,\nETH,{SCAM},,scam\n"
    screening.import_list(house.conn, "tags", tags, "test", house.now, format="tags")
    house.wait(hours=1)
    deposit(house, who.id, 5, sender, 2)
    deposit(house, who.id, 5, SCAM, 3)
    own = house.conn.execute("SELECT address FROM own_address WHERE kind = 'hot'").fetchone()
    assert own is not None
    deposit(house, who.id, 5, own[0], 4)
    assert {row[2]: row[8] for row in rows(house.conn, "coin_flows_v")} == {
        "dep_1": "other",
        "dep_2": "exchange",
        "dep_3": "listed",
        "dep_4": "own",
    }


def test_a_deposit_that_brought_nothing_is_no_flow_but_a_sign(house: House) -> None:
    who = house.customer()
    deposit(house, who.id, 10**70, RECEIVER, 1, "no_movement")
    assert rows(house.conn, "coin_flows_v") == []
    assert [row[:4] for row in rows(house.conn, "counterfeits_v")] == [("dep_1", who.id, 1, 10**70)]


def test_a_token_that_is_no_asset_here_is_a_sign(house: House) -> None:
    who = house.customer()
    for n, claimed in enumerate((5, 10**30)):
        house.conn.execute(
            "INSERT INTO unknown_token VALUES (%s, 'evm-local', %s, %s, '2026-11-24', '0xa', '0xb', %s, %s)",
            [f"utk_{n}", f"0x{n}", who.id, claimed, house.now],
        )
    said = [(row[0], row[2], row[3], row[6]) for row in rows(house.conn, "counterfeits_v")]
    assert said == [("utk_0", None, 5, "no_asset"), ("utk_1", None, None, "no_asset")]


def test_what_moved_in_a_bond_is_worth_what_a_deposit_of_as_much_is(house: House) -> None:
    merchant = merchant_kit.applied(house, merchant_kit.person(house))
    market.feed(house.conn, "venue-a", [Quote("USDT", USDT.network, house.now, "0.5")], "test", house.now)
    merchant_kit.lock(house, merchant.id, 10_001 * COIN_USDT + 1)
    deposit(house, merchant.party_id, 10_001 * COIN_USDT + 1, RECEIVER)
    house.wait(minutes=10)
    merchant_kit.lock(house, merchant.id, 7)
    first, second = rows(house.conn, "p2p_bond_movements_v")
    ((*_, worth, _, _, _, _),) = rows(house.conn, "coin_flows_v")
    assert first[4:6] == (10_001 * COIN_USDT + 1, worth)
    assert worth == 5_000_500_001  # half, rounded up
    assert second[4:6] == (7, None), "the price is stale by now"


def test_a_value_of_more_than_38_digits_is_none(house: House) -> None:
    deposit(house, house.customer().id, 10**70, RECEIVER)
    assert [row[4:6] for row in rows(house.conn, "coin_flows_v")] == [(10**70, None)]


def test_the_first_device_is_no_sign_and_the_second_is(house: House) -> None:
    who = house.customer()
    for device in ("phone", "laptop", "phone"):
        house.wait(minutes=1)
        parties.record_event(house.conn, who.id, "login", house.now, "test", house.now, device)
    house.wait(minutes=1)
    parties.record_event(house.conn, who.id, "password_changed", house.now, "test", house.now)
    told = [(sign, ref) for _, sign, ref, _, _ in rows(house.conn, "account_signs_v")]
    assert ("device", "laptop") in told
    assert ("device", "phone") not in told
    assert [sign for sign, _ in told].count("credential") == 1

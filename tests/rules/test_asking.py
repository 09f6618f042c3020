"""A request to withdraw: the good one, and the good one but…: what can never be right is refused at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from refusal_kit import refused

from tidegate.base.money import Asset
from tidegate.policy import flow as policies
from tidegate.policy.pack import parse
from tidegate.withdrawals.asking import Ask, Asked, read

POLICY = parse(policies.shipped("demo"), 7)  # USDT costs 0.1, ether 0.0002
TOKEN, BOB, HOT = (f"0x{'11' * 19}{n:02d}" for n in (1, 2, 3))
USDT = Asset(1, "USDT", "evm-local", 6, TOKEN)
ETH = Asset(2, "ETH", "evm-local", 18, None)
COARSE = Asset(3, "USDT", "bitcoin", 8, None)
ASSETS = {(one.symbol, one.network): one for one in (USDT, ETH, COARSE)}
ASK = Ask("cus_1", "key_1", "USDT", "evm-local", "12.5", address=BOB)
STATED = {"beneficiary": {"name": "Bob", "given_names": "", "kind": "natural"}}


def asked(**but: Any) -> Asked:
    return read(replace(ASK, **but), ASSETS, {HOT}, POLICY)


def test_a_good_request_in_whole_units() -> None:
    assert asked() == Asked(USDT, 12_500_000, 100_000, None, 12_500_000, BOB, None, "")
    more = asked(fee_ceiling="0.1", description="rent", stated=STATED)
    assert (more.fee_ceiling_units, more.description) == (100_000, "rent")
    assert more.stated.receiver is not None
    assert more.stated.receiver.name == "Bob"
    ether = asked(asset="ETH", amount="1")
    assert (ether.units, ether.fee_units, ether.value) == (10**18, 2 * 10**14, 2_500 * 10**6)
    saved = asked(address=None, address_id="adr_1")
    assert (saved.address, saved.address_id) == (None, "adr_1")


def test_a_platform_that_keeps_the_fee_itself_is_asked_none() -> None:
    assert asked(alone=True, amount="0.000001").fee_units == 0


@pytest.mark.parametrize(
    ("but", "code"),
    [
        ({}, None),
        ({"asset": "DOGE"}, "asset_unknown"),
        ({"network": "tron"}, "asset_unknown"),
        ({"amount": "12,5"}, "amount_malformed"),
        ({"amount": "1.0000001"}, "amount_too_precise"),
        ({"amount": "0"}, "amount_zero"),
        ({"amount": "0.1"}, "amount_not_above_fee"),
        ({"amount": "0.100001"}, None),
        ({"amount": "0", "alone": True}, "amount_zero"),
        ({"fee_ceiling": "0.099999"}, "fee_above_ceiling"),
        ({"fee_ceiling": "0.1"}, None),
        ({"fee_ceiling": "none"}, "amount_malformed"),
        ({"fee_ceiling": "0", "alone": True}, None),
        ({"address": None}, "address_missing"),
        ({"address_id": "adr_1"}, "address_missing"),  # and an address
        ({"address": ""}, "address_empty"),
        ({"address": "x" * 200}, "address_malformed"),
        ({"address": "0x" + "aB" * 20}, "address_bad_checksum"),
        ({"address": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}, "address_wrong_network"),
        ({"address": "0x" + "0" * 40}, "address_zero"),
        ({"address": "0x" + "0" * 37 + "1ff"}, "address_precompile"),
        ({"address": "0x" + "0" * 37 + "200"}, None),
        ({"address": "0x" + "0" * 36 + "dead"}, "address_burn"),
        ({"address": TOKEN}, "address_is_token_contract"),
        ({"address": HOT}, "address_is_ours"),
        ({"memo": "7"}, "memo_not_supported"),
        ({"memo": ""}, None),
        ({"description": "x"}, None),
        ({"description": "x" * 500}, None),
        ({"description": "x" * 501}, "description_invalid"),
        ({"description": ""}, "description_invalid"),
        ({"description": "  "}, "description_invalid"),
        ({"description": "two\nlines"}, "description_invalid"),
        ({"stated": {"beneficiary": {}}}, "information_invalid"),
    ],
)
def test_the_good_request_but(but: dict[str, Any], code: str | None) -> None:
    assert refused(lambda: asked(**but)) == code


def test_without_any_asset_that_is_said() -> None:
    assert refused(read, ASK, {}, set(), POLICY) == "asset_unknown"


def test_a_token_of_another_network_is_a_place_like_any_other() -> None:
    assets = {
        ("USDT", "evm-local"): replace(USDT, contract=BOB),
        ("USDT", "ethereum"): replace(USDT, network="ethereum"),
    }
    assert read(replace(ASK, address=TOKEN), assets, set(), POLICY).address == TOKEN

"""What stands at a destination, asked of a real node before coins leave: a token, a contract, a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chain_house import ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import fresh_address
from chain_kit import node as node
from house import NETWORK

from tidegate.base.findings import Outcome
from tidegate.base.outside import Silent
from tidegate.integrations.evm import EvmChain
from tidegate.settings import NetworkSettings, Settings
from tidegate.withdrawals import destination, jobs
from tidegate.withdrawals.facts import DESTINATION_CODE
from tidegate.withdrawals.withdrawal import Status
from tidegate.worker import loops, outside_of

COIN = 10**6
SOMEBODY = fresh_address("somebody")


def look(at: ChainHouse) -> int:
    assert isinstance(at.chain, EvmChain)
    vendor = jobs.NodeVendor({NETWORK: at.chain})
    return jobs.ask_vendors(at.conn, {DESTINATION_CODE: vendor}, lambda: at.house.setting, at.house.clock)


@pytest.fixture
def asking(at: ChainHouse) -> ChainHouse:
    at.house.agree(outside_checks=[{"check": DESTINATION_CODE, "from_value": "0"}])
    return at


def test_a_token_is_never_paid_and_whoever_else_is_gets_the_coins(asking: ChainHouse) -> None:
    at = asking
    token = at.node.deploy("TestUSDT", 1).address  # no asset of ours: the table of assets does not know it
    wallet = at.node.deploy("Splitter").address  # a contract that takes coins, as a shared wallet does
    lent = fresh_address("a person's account that lends itself a contract's code")
    at.node.ask("anvil_setCode", lent, "0x" + destination.DELEGATED.hex() + token[2:])
    ada = at.customer(usdt=1_000 * COIN)
    made = {address: at.house.asked(ada, "40", address=address).id for address in (token, wallet, lent, SOMEBODY)}
    assert look(at) == 4, "while the customer is still typing their code"
    assert look(at) == 0
    said = {address: at.house.confirm(ada, id).status for address, id in made.items()}
    assert said == {token: Status.DECLINED, wallet: Status.APPROVED, lent: Status.APPROVED, SOMEBODY: Status.APPROVED}
    assert at.house.held(ada) == 3 * 40 * COIN, "what was declined is free again"
    at.finish()
    assert [at.tokens(address) > 0 for address in made] == [False, True, True, True]
    at.check_at_rest()


def test_a_node_that_does_not_answer_leaves_it_to_a_person(asking: ChainHouse) -> None:
    at = asking
    ada = at.customer(usdt=100 * COIN)
    id = at.house.asked(ada, "40", address=SOMEBODY).id
    nobody = EvmChain("http://127.0.0.1:9", NETWORK, timeout=1)
    vendor = jobs.NodeVendor({NETWORK: nobody})
    try:
        jobs.ask_vendors(at.conn, {DESTINATION_CODE: vendor}, lambda: at.house.setting, at.house.clock)
    finally:
        nobody.close()
    assert at.house.confirm(ada, id).status is Status.IN_REVIEW
    with pytest.raises(Silent, match="no node of nowhere"):
        vendor.ask("ask_1", json.dumps({"withdrawal": {"network": "nowhere", "address": SOMEBODY}}))


def test_a_worker_asks_the_nodes_of_its_own_networks(asking: ChainHouse, tmp_path: Path) -> None:
    at = asking
    ada = at.customer(usdt=100 * COIN)
    token = at.node.deploy("NoReturnToken", 1).address
    id = at.house.asked(ada, "40", address=token).id
    networks = {NETWORK: NetworkSettings(at.node.url, trace=False)}
    settings = Settings("postgresql://x/y", networks, tmp_path, tmp_path, tmp_path)
    outside = outside_of(settings)
    made = loops({}, lambda: None, lambda _: "", at.house.clock, "w1", outside)  # type: ignore[arg-type, return-value]
    (loop,) = [loop for loop in made if loop.name == f"vendor:{DESTINATION_CODE}"]
    assert (loop.step(at.conn), loop.step(at.conn)) == (1, 0)
    nodes = outside.vendors[DESTINATION_CODE]
    assert isinstance(nodes, jobs.NodeVendor)
    for ours in nodes.nodes.values():
        assert isinstance(ours, EvmChain)
        ours.close()
    assert at.house.confirm(ada, id).status is Status.DECLINED


@pytest.mark.parametrize(
    ("code", "token", "outcome", "words"),
    [
        (b"", False, Outcome.ALLOW, "No contract"),
        (b"\x60", True, Outcome.DECLINE, "a token"),
        (b"\x60", False, Outcome.ALLOW, "1 bytes"),
        (destination.DELEGATED + bytes(20), True, Outcome.ALLOW, "No contract"),  # a person's account (EIP-7702)
        (destination.DELEGATED + bytes(19), True, Outcome.DECLINE, "a token"),
        (destination.DELEGATED + bytes(21), True, Outcome.DECLINE, "a token"),
        (bytes(23), True, Outcome.DECLINE, "a token"),
    ],
)
def test_what_a_nodes_answer_asks_for(code: bytes, token: bool, outcome: Outcome, words: str) -> None:
    said = destination.judge(code, token)
    assert said.outcome is outcome
    assert words in said.detail

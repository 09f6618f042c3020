"""A run on the hot wallet, on a real chain with the worker's own steps: it tightens, is told once, and ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chain_house import NETWORK, ChainHouse, open_chain_house
from chain_kit import Node
from chain_kit import anvil_url as anvil_url
from chain_kit import node as node
from house import ETH, USDT

from tidegate import worker
from tidegate.base.money import Asset
from tidegate.custody import flow as wallets
from tidegate.custody import store
from tidegate.custody.flow import LOOK_FRESH
from tidegate.db import Conn, connect, journal
from tidegate.integrations.evm import EvmChain
from tidegate.policy.market import flow as market
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as decisions
from tidegate.withdrawals.flow import Answer
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


@pytest.fixture
def at(conn: Conn, node: Node, tmp_path: Path) -> Iterator[ChainHouse]:
    """The house with 1,000 USDT in the hot wallet."""
    made = open_chain_house(conn, node, tmp_path)
    assert isinstance(made.chain, EvmChain)
    try:
        made.fund_hot(usdt=1000 * COIN)
        yield made
    finally:
        made.signer.desk.close()
        made.chain.close()


def steps(at: ChainHouse, *names: str) -> None:
    """A turn of some of the worker's loops, as `loops` makes them."""
    made = worker.loops({NETWORK: at.chain}, lambda: at.signer, lambda _: "", at.house.clock, "worker-1")
    by_name = {loop.name: loop.step for loop in made}
    for name in names:
        by_name[name](at.conn)


def look(at: ChainHouse, **later: float) -> None:
    """Some time later the wallets are looked at, and the market is told."""
    at.house.wait(**(later or {"seconds": 30}))
    steps(at, f"observe:{NETWORK}", "outflow", "market")


def drain(at: ChainHouse, people: int, amount: str = "40") -> None:
    """So many customers each take so much out, and all of it is mined."""
    for _ in range(people):
        at.approved(at.customer(usdt=100 * COIN), amount)
    at.finish(3)


def regime(at: ChainHouse, asset: Asset = USDT) -> tuple[str, str, int]:
    found = market.regimes(at.conn, [asset.id], at.house.now)[asset.id]
    return found.name, found.reason, found.multiplier_percent


def told(at: ChainHouse, asset: Asset = USDT) -> list[tuple[str, str, str, int]]:
    found = [n.content for n in journal.about(at.conn, f"market:{asset.name}") if n.kind == market.KIND]
    return [(n["from"], n["to"], n["reason"], n["multiplier_percent"]) for n in found]


def test_twenty_withdrawals_drain_the_wallet_and_limits_multiply_down(at: ChainHouse) -> None:
    ada = at.customer(usdt=900 * COIN, level=1)  # up to 1,000 USD in 24 hours
    look(at)
    assert regime(at)[0] == "calm"
    before = at.approved(ada, "300")
    assert before.status is Status.APPROVED
    drain(at, 20)
    look(at)
    assert regime(at) == ("stormy", "outflow", 25)
    assert regime(at, ETH)[0] == "calm", "the coins that pay for gas have hardly moved"
    assert told(at) == [("calm", "stormy", "outflow", 25)]
    assert at.house.get(before.id).status is Status.SETTLED, "what was approved stays approved"
    (answer,) = at.house.request(at.house.ask_for(ada, "300"))
    assert isinstance(answer, Answer)
    refused = at.house.get(json.loads(answer.body)["id"])
    decision = decisions.decision(at.conn, refused.decision_id)
    assert decision is not None
    assert refused.status is Status.DECLINED
    assert "over_limit_24h" in [f.code for f in withdrawals.findings_of(decision)]


def test_it_is_told_once_and_held_until_the_dwell_time_after_the_last_evidence_is_over(at: ChainHouse) -> None:
    drain(at, 20)
    for _ in range(5):
        look(at)
    assert told(at) == [("calm", "stormy", "outflow", 25)]
    at.fund_hot(usdt=100_000 * COIN)  # 800 of 101,000: no run any more
    look(at)
    assert regime(at)[0] == "stormy", "a level ends by time"
    look(at, hours=5, minutes=50)
    assert regime(at)[0] == "stormy"
    look(at, minutes=15)
    assert regime(at)[0] == "calm"
    assert told(at)[1:] == [("stormy", "calm", "calm_again", 100)]


@pytest.mark.parametrize(("people", "level"), [(6, "calm"), (7, "nervous"), (12, "nervous"), (13, "stormy")])
def test_the_share_that_left_within_the_hour_decides(at: ChainHouse, people: int, level: str) -> None:
    """Of 1,000: 240 are calm, 280 nervous, 480 nervous, 520 stormy."""
    drain(at, people)
    look(at)
    assert regime(at)[0] == level


def test_what_left_long_ago_counts_by_the_day_and_then_not_at_all(at: ChainHouse) -> None:
    drain(at, 13)
    at.house.wait(hours=2)
    look(at)
    assert regime(at)[0] == "calm", "52 percent within 24 hours are no run"
    drain(at, 3)
    at.house.wait(hours=2)
    look(at)
    assert regime(at) == ("nervous", "outflow", 50)
    look(at, hours=24)
    look(at, hours=6, minutes=1)
    assert regime(at)[0] == "calm"


def test_what_is_swept_in_counts_against_what_leaves(at: ChainHouse) -> None:
    at.customer(usdt=900 * COIN)
    drain(at, 9)
    at.sweep()
    at.finish(4)
    at.sweep()
    at.finish(4)
    look(at)
    (tokens, _) = store.hot_flows(at.conn, at.house.now - LOOK_FRESH)
    assert tokens.net_1h_units == tokens.net_24h_units == 9 * 399 * COIN // 10 - 9 * 100 * COIN - 900 * COIN
    assert regime(at)[0] == "calm"


def test_a_wallet_that_nobody_looked_at_lately_tells_nothing(at: ChainHouse) -> None:
    drain(at, 20)
    steps(at, f"observe:{NETWORK}")
    at.house.now += LOOK_FRESH
    steps(at, "outflow", "market")
    assert regime(at)[0] == "calm"
    look(at)
    assert regime(at)[0] == "stormy"


def test_ten_workers_that_look_at_once_tell_it_once(at: ChainHouse, database_url: str) -> None:
    drain(at, 20)
    steps(at, f"observe:{NETWORK}")

    def worker_step(_: int) -> int:
        with connect(database_url) as conn:
            return wallets.tell_outflow(conn, at.house.now)

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(worker_step, range(10))) == 1
    assert told(at) == [("calm", "stormy", "outflow", 25)]

"""The furnished house on a real local chain, with the signer's own desk: what jobs are tested on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from chain_kit import Contract, Node, fresh_address
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from house import ETH, NETWORK, Customer, House, furnish

from tidegate.base.money import Asset
from tidegate.base.signing import Order, Signed
from tidegate.custody import flow as custody
from tidegate.custody import jobs, store
from tidegate.custody.chain import Chain
from tidegate.db import Conn, journal, reader
from tidegate.integrations.anvil import CHAIN_ID
from tidegate.integrations.evm import EvmChain
from tidegate.integrations.signer_client import Described
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.signer.desk import Desk
from tidegate.signer.settings import AssetRule, NetworkRule, SignerSettings
from tidegate.withdrawals import jobs as withdrawal_jobs
from tidegate.withdrawals.withdrawal import Withdrawal

SUPPLY = 10**15
FINALITY = 3
SEED = bytes(range(32))
AUTHORISER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


class DeskSigner:
    """The signer without its socket: the same desk, ledger and rules."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def sign(self, order: Order) -> Signed:
        return self.desk.sign(order)

    def describe(self, network: str) -> Described:
        return Described(self.desk.hot.address, self.desk.xpub)


@dataclass
class ChainHouse:
    """Customers, a chain and a signer; nothing moves unless a test says so."""

    house: House
    node: Node
    chain: Chain
    signer: DeskSigner
    usdt: Contract
    seen: set[str] = field(default_factory=set)

    @property
    def conn(self) -> Conn:
        return self.house.conn

    @property
    def hot(self) -> str:
        return self.signer.desk.hot.address

    def deposit_address(self, who: Customer) -> str:
        return custody.deposit_address(self.conn, who.id, NETWORK, "test", self.house.now)

    def mine(self, blocks: int = 1) -> None:
        self.node.mine(blocks)

    def fund_hot(self, usdt: int = 1_000_000 * 10**6, wei: int = 50 * 10**18) -> None:
        self.node.send_from_faucet(self.hot, wei)
        self.node.transact(self.usdt, "transfer", self.hot, usdt)
        self.settle_deposits()

    def scan(self) -> int:
        return jobs.scan_deposits(self.conn, self.chain, NETWORK, self.house.clock, self.seen)

    def settle_deposits(self) -> None:
        """Mine until what was sent is final, and credit it."""
        self.mine(FINALITY + 1)
        self.scan()

    def customer(self, usdt: int = 0, wei: int = 0, level: int = 2) -> Customer:
        """A customer whose funds came over the chain."""
        who = self.house.customer(level=level)
        address = self.deposit_address(who)
        if usdt:
            self.node.transact(self.usdt, "transfer", address, usdt)
        if wei:
            self.node.send_from_faucet(address, wei)
        if usdt or wei:
            self.settle_deposits()
        return who

    def approved(self, who: Customer, amount: str, **more: str) -> Withdrawal:
        """A withdrawal that waits to be paid, to an address nobody used before."""
        more.setdefault("address", fresh_address(f"{who.id} {amount}"))
        made = self.house.asked(who, amount, **more)
        return self.house.confirm(who, made.id)

    def authorise(self) -> None:
        house = self.house
        withdrawal_jobs.authorise_approved(
            self.conn,
            lambda payload: AUTHORISER.sign(payload).hex(),
            {NETWORK: CHAIN_ID},
            lambda: house.setting,
            house.clock,
        )

    def pay(self, holder: str = "worker-1") -> int:
        return jobs.pay(self.conn, self.chain, self.signer, NETWORK, self.house.clock, holder)

    def watch(self) -> int:
        return jobs.watch(self.conn, self.chain, NETWORK, self.house.clock)

    def sweep(self) -> int:
        return jobs.sweep(self.conn, self.chain, NETWORK, self.house.clock)

    def news(self) -> None:
        acting = handlers(lambda _: self.house.setting)
        while reader.read(self.conn, READER, acting, self.house.now):
            pass
        reader.retry(self.conn, READER, acting, self.house.now)

    def turn(self, blocks: int = 1) -> None:
        """Everything a worker does, once, and time goes on by a second per block."""
        self.house.wait(seconds=max(blocks, 4))
        self.news()
        self.authorise()
        self.pay()
        self.mine(blocks)
        self.watch()
        self.news()
        self.scan()

    def finish(self, turns: int = 8) -> None:
        for _ in range(turns):
            self.turn()

    def payout(self, id: str) -> store.Payout:
        found = store.payout_of(self.conn, "withdrawal", id)
        assert found is not None
        return found

    def tokens(self, address: str) -> int:
        return int(str(self.node.call(self.usdt, "balanceOf", address)))

    def check(self) -> None:
        """What must hold at every moment: the books balance, the journal's chain holds."""
        assert ledger_store.disagreements(self.conn) == []
        assert journal.verify(self.conn).broken is None

    def check_at_rest(self) -> None:
        """And when nothing is under way: what the ledger says we own is what the wallets hold."""
        self.check()
        for book in jobs.books(self.conn, self.chain, NETWORK):
            assert book.ledger_units == book.chain_units, book


def open_chain_house(conn: Conn, node: Node, folder: Path) -> ChainHouse:
    usdt = node.deploy("TestUSDT", SUPPLY)
    asset = Asset(1, "USDT", NETWORK, 6, usdt.address)
    rules = {
        asset.name: AssetRule(usdt.address, 10**12, 10**13),
        ETH.name: AssetRule(None, 10**20, 10**21),
    }
    settings = SignerSettings(
        socket=folder / "unused.sock",
        keystore=folder / "unused",
        ledger=folder / "ledger.sqlite",
        password_file=None,
        authoriser=AUTHORISER.public_key().public_bytes_raw(),
        networks={NETWORK: NetworkRule(CHAIN_ID, 10**16, 10**16, rules)},
    )
    clock_holder: list[House] = []
    desk = Desk(settings, SEED, lambda: clock_holder[0].now)
    chain = EvmChain(node.url, NETWORK, trace=True)
    head = chain.head()
    house = furnish(
        conn, usdt=asset, hot=desk.hot.address, xpub=desk.xpub, finality=FINALITY, start=(head.number, head.hash)
    )
    clock_holder.append(house)
    return ChainHouse(house, node, chain, DeskSigner(desk), usdt)


@pytest.fixture
def at(conn: Conn, node: Node, tmp_path: Path) -> Iterator[ChainHouse]:
    """The house with a funded hot wallet."""
    made = open_chain_house(conn, node, tmp_path)
    chain = made.chain
    assert isinstance(chain, EvmChain)
    try:
        made.fund_hot()
        yield made
    finally:
        made.signer.desk.close()
        chain.close()

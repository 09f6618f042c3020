"""Where coins leave: the signer's desk, and payouts on a local chain."""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench import stage
from tidegate.base.authorisation import Authorisation
from tidegate.base.clock import utcnow
from tidegate.base.money import Asset
from tidegate.base.refusals import Refusal
from tidegate.base.signing import Order, Pay, Signed, Terms
from tidegate.base.times import rfc3339
from tidegate.custody import flow as custody
from tidegate.custody import jobs
from tidegate.db import Conn, reader
from tidegate.demo.faucet import Faucet
from tidegate.integrations.anvil import CHAIN_ID, Anvil, Miner
from tidegate.integrations.evm import EvmChain
from tidegate.integrations.json_rpc import JsonRpc
from tidegate.integrations.signer_client import Described
from tidegate.news import READER, handlers
from tidegate.signer.desk import Desk
from tidegate.signer.settings import AssetRule, NetworkRule, SignerSettings
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import jobs as withdrawal_jobs
from tidegate.withdrawals.asking import Ask

FINALITY = 3
_SEED = bytes(range(32))
_AUTHORISER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


class DeskSigner:
    """The signer without its socket: the same desk, ledger and rules."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def sign(self, order: Order) -> Signed:
        return self._desk.sign(order)

    def describe(self, network: str) -> Described:
        return Described(self._desk.hot.address, self._desk.xpub)


@dataclass
class Money:
    """A chain with a funded hot wallet, the desk that pays from it, and another desk that only signs."""

    rpc: str
    usdt: Asset
    chain: EvmChain
    desk: Desk
    signing: Desk
    node: JsonRpc
    nonces: itertools.count[int] = field(default_factory=itertools.count)

    def approve(self, conn: Conn, payers: list[stage.Customer]) -> None:
        """One withdrawal for each, confirmed with its code, authorised: payouts that wait in the queue."""
        asks = [
            Ask(who.id, who.id, "USDT", stage.NETWORK, "10", stage.address(f"paid {who.id}"), scope=who.id)
            for who in payers
        ]
        for answer in withdrawals.request(conn, asks, withdrawals.setting(conn, utcnow()), utcnow()):
            if isinstance(answer, Refusal):
                raise answer
            made = withdrawals.get(conn, json.loads(answer.body)["id"])
            who = next(payer for payer in payers if payer.id == made.party_id)
            now = utcnow()
            setting = withdrawals.setting(conn, now)
            withdrawals.confirm(conn, made.id, "totp", who.code(now), stage.DATA_KEY, who.id, setting, now)
        while withdrawal_jobs.authorise_approved(
            conn,
            lambda payload: _AUTHORISER.sign(payload).hex(),
            {stage.NETWORK: CHAIN_ID},
            lambda: withdrawals.setting(conn, utcnow()),
            utcnow,
        ):
            pass

    def pay_all(self, conn: Conn, count: int) -> tuple[int, float]:
        """Claim, sign, send, mine, watch, settle, until every payout is final; how many, and the seconds.

        Blocks are mined as soon as a lane has sent what it may have open, so the chain never makes anybody wait.
        """
        signer = DeskSigner(self.desk)
        acting = handlers(lambda c: withdrawals.setting(c, utcnow()))
        while reader.read(conn, READER, acting, utcnow()):  # the news of the load before are not what is measured
            pass
        began, done = time.perf_counter(), 0
        while done < count:
            jobs.pay(conn, self.chain, signer, stage.NETWORK, utcnow, "bench")
            for _ in range(FINALITY):
                self.node.ask("evm_mine")
            jobs.watch(conn, self.chain, stage.NETWORK, utcnow)
            while reader.read(conn, READER, acting, utcnow()):
                pass
            found = conn.execute("SELECT count(*) FROM withdrawal WHERE status = 'settled'").fetchone()
            assert found is not None
            done = int(found[0])
            if time.perf_counter() - began > 120:
                raise AssertionError(f"only {done} of {count} payouts are final")
        seconds = time.perf_counter() - began
        arrived = sum(
            1
            for (to,) in conn.execute("SELECT address FROM withdrawal WHERE status = 'settled'").fetchall()
            if self.chain.balance(to, self.usdt.contract) == 9_900_000  # ten, less the fee
        )
        if arrived != done:
            raise AssertionError(f"{done} payouts are settled, {arrived} have arrived")
        return done, seconds


def orders(money: Money, count: int) -> list[Pay]:
    """Orders that were never signed, as the worker makes them elsewhere."""
    return [_order(money, next(money.nonces)) for _ in range(count)]


def signatures(money: Money, wanted: list[Pay], seconds: float) -> tuple[int, float]:
    """First signatures, one after the other: authorisation checked, bytes built, signed, read back, synced to disk.

    The ledger grows from slice to slice, as it does during a day.
    """
    began, done = time.perf_counter(), 0
    for order in wanted:
        if time.perf_counter() - began > seconds:
            break
        money.signing.sign(order)
        done += 1
    return done, time.perf_counter() - began


def _order(money: Money, number: int) -> Pay:
    said = Authorisation(
        id=f"wd_bench_{number:08}",
        network=stage.NETWORK,
        chain_id=CHAIN_ID,
        asset=money.usdt.name,
        contract=money.usdt.contract,
        address=stage.address(f"signed {number}"),
        memo=None,
        units=9_900_000,
        fee_ceiling_units=10**16,
        decision_id=f"dec_bench_{number:08}",
        policy_version=1,
        not_after=rfc3339(utcnow() + timedelta(hours=1)),
    )
    return Pay(said, _AUTHORISER.sign(said.payload()).hex(), Terms(number, 80_000, 10**9, 10**8))


def _desk(folder: Path, name: str, usdt: Asset, eth: Asset) -> Desk:
    rules = {usdt.name: AssetRule(usdt.contract, 10**12, 10**15), eth.name: AssetRule(None, 10**20, 10**21)}
    settings = SignerSettings(
        socket=folder / "unused.sock",
        keystore=folder / "unused",
        ledger=folder / f"{name}.sqlite",
        password_file=None,
        authoriser=_AUTHORISER.public_key().public_bytes_raw(),
        networks={stage.NETWORK: NetworkRule(CHAIN_ID, 10**16, 10**16, rules)},
    )
    return Desk(settings, _SEED, utcnow)


@contextmanager
def custody_of(conn: Conn, folder: Path) -> Iterator[Money]:
    """A local chain, the desks, and the house furnished for them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    anvil = Anvil(folder / "chain.json", port)
    rpc = anvil.start()
    node = JsonRpc(rpc, timeout=10)
    chain = EvmChain(rpc, stage.NETWORK, trace=True)
    desks: list[Desk] = []
    try:
        eth = Asset(2, "ETH", stage.NETWORK, 18, None)
        miner = Miner(rpc, seconds=0.1)
        miner.start()
        with Faucet(rpc) as faucet:
            usdt = Asset(1, "USDT", stage.NETWORK, 6, faucet.deploy_usdt())
            desks += [_desk(folder, "paying", usdt, eth), _desk(folder, "signing", usdt, eth)]
            faucet.send_coins(desks[0].hot.address, 50 * 10**18)
            faucet.send_tokens(usdt.contract or "", desks[0].hot.address, 1_000_000 * 10**6)
        miner.stop()
        head = chain.head()
        network = custody.Network(stage.NETWORK, CHAIN_ID, FINALITY, desks[0].xpub)
        stage.furnish(conn, usdt, eth, network, desks[0].hot.address, (head.number, head.hash))
        yield Money(rpc, usdt, chain, desks[0], desks[1], node)
    finally:
        for desk in desks:
            desk.close()
        chain.close()
        node.close()
        anvil.stop()

"""Several machines behind one node's address that are not equally far: no two answers need speak of one chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from chain_house import FINALITY, NETWORK, ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import fresh_address
from chain_kit import node as node
from house import ETH

from tidegate.base.chain import Receipt, Sent
from tidegate.custody import jobs, store
from tidegate.db import journal
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


class Several:
    """A real node, and for some questions another machine that answers in its place."""

    def __init__(self, real: object, **others: Callable[..., object]) -> None:
        self.real, self.others = real, others

    def __getattr__(self, name: str) -> object:
        return self.others.get(name) or getattr(self.real, name)


@contextmanager
def machines(at: ChainHouse, **others: Callable[..., object]) -> Iterator[None]:
    real = at.chain
    at.chain = Several(real, **others)  # type: ignore[assignment]
    try:
        yield
    finally:
        at.chain = real


def test_a_receipt_of_a_branch_that_was_given_up_does_not_settle_under_the_head_of_another(at: ChainHouse) -> None:
    """One machine is stuck on a branch, another is ahead on the branch that won: receipt from here, head from there."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    before = at.node.snapshot()
    at.pay()
    at.mine()
    (attempt,) = store.network_attempts(at.conn, NETWORK)
    (version,) = store.versions(at.conn, [attempt.id])
    stuck = at.chain.receipt(version.hash)
    assert stuck is not None
    at.watch()
    at.node.revert(before)  # gone, and the pool with it
    at.mine(FINALITY + 1)
    with machines(at, receipt=lambda _: stuck):
        at.house.wait(seconds=4)
        at.watch()
        at.news()
        assert at.house.get(made.id).status is Status.PAYING
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    at.check_at_rest()


def test_a_deposit_of_a_branch_that_was_given_up_is_not_credited_under_the_head_of_another(at: ChainHouse) -> None:
    ada = at.customer()
    address = at.deposit_address(ada)
    at.settle_deposits()
    before = at.node.snapshot()
    at.node.send_from_faucet(address, 10**18)
    at.mine()
    number = at.chain.head().number
    block, transfers = at.chain.block(number), at.chain.transfers(number)
    assert block is not None
    at.node.revert(before)
    at.mine(FINALITY + 2)
    real = at.chain
    with machines(
        at,
        block=lambda n: block if n == number else real.block(n),
        transfers=lambda n, hash=None: transfers if n == number else real.transfers(n, hash),
        nonce_at=lambda a, b: 0 if b in (block.hash, block.parent) else real.nonce_at(a, b),
        balance=lambda a, c, b=None: 10**18 if b == block.hash else 0 if b == block.parent else real.balance(a, c, b),
    ):
        at.scan()
    assert at.house.available(ada, ETH) == 0
    at.settle_deposits()
    assert at.house.available(ada, ETH) == 0
    after = store.cursor(at.conn, NETWORK)
    assert after is not None
    assert after.block > number, "and the scan goes on"


def test_a_machine_that_is_behind_and_knows_no_receipt_raises_no_alarm(at: ChainHouse) -> None:
    """The nonce is asked of a machine that is ahead, the receipts of one that has not seen these blocks yet."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.mine(jobs.LAGGING)
    behind = at.chain.head().number - jobs.LAGGING
    real = at.chain
    with machines(at, receipt=lambda hash: _up_to(real.receipt(hash), behind)):
        at.watch()
    assert at.payout(made.id).waiting_for is None
    assert _alarms(at, made.id) == 0
    at.watch()
    at.news()
    assert at.house.get(made.id).status is Status.SETTLED


def test_a_nonce_that_somebody_else_spent_is_an_alarm_once_no_machine_can_be_so_far_behind(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    with machines(at, send=lambda raw: Sent(accepted=True, words="")):  # swallowed
        at.pay()
    at.node.ask("anvil_impersonateAccount", at.hot)
    at.node.send({"from": at.hot, "to": fresh_address("thief"), "value": hex(10**18)})
    at.node.ask("anvil_stopImpersonatingAccount", at.hot)
    at.mine(FINALITY + jobs.LAGGING - 1)
    at.watch()
    assert _alarms(at, made.id) == 0
    at.mine()
    at.watch()
    at.watch()
    assert _alarms(at, made.id) == 1, "told once"
    assert at.payout(made.id).waiting_for == "person"


@pytest.mark.parametrize("behind", [True, False])
def test_what_arrives_beside_our_own_payment_is_not_credited_without_its_gas(at: ChainHouse, behind: bool) -> None:
    """A block brings coins to the paying wallet and pays out of it. Whoever does not know the payment's receipt would
    credit less than arrived, for good."""
    ada = at.customer(usdt=100 * COIN)
    at.approved(ada, "40")
    at.authorise()
    at.pay()
    before = _funded(at)
    at.node.send_from_faucet(at.hot, 10**18)
    at.mine(FINALITY + 1)
    real = at.chain
    with machines(at, receipt=lambda hash: None if behind else real.receipt(hash)):
        at.scan()
    assert _funded(at) - before == (0 if behind else 10**18)
    at.scan()
    assert _funded(at) - before == 10**18
    at.watch()
    at.news()
    at.check_at_rest()


def test_a_receipt_that_never_shows_does_not_stop_deposits_for_ever(at: ChainHouse) -> None:
    """Somebody else spent the nonce: people are asked about that payment, and the others' deposits go on."""
    ada = at.customer(usdt=100 * COIN)
    at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.node.send_from_faucet(at.hot, 10**18)
    mined = at.chain.head().number + 1
    at.mine(FINALITY + jobs.LAGGING)
    with machines(at, receipt=lambda _: None):
        at.scan()
        assert _decided(at) == mined - 1
        at.mine()
        at.scan()
    assert _decided(at) == mined + jobs.LAGGING + 1


def _decided(at: ChainHouse) -> int:
    """The newest block whose deposits are decided."""
    found = store.cursor(at.conn, NETWORK)
    assert found is not None
    return found.block


def _up_to(receipt: Receipt | None, block: int) -> Receipt | None:
    return receipt if receipt is not None and receipt.block <= block else None


def _alarms(at: ChainHouse, id: str) -> int:
    return len([news for news in journal.about(at.conn, id) if news.kind == "payout.alarm"])


def _funded(at: ChainHouse) -> int:
    return sum(b.total for b in ledger.balances(at.conn, accounts.EQUITY) if b.asset_id == ETH.id)

"""Several machines behind one node's address that are not equally far: no two answers need speak of one chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chain_house import FINALITY, NETWORK, ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import node as node
from house import ETH

from tidegate.custody import store
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

"""The egress breaker on a real chain: what is approved stays here until people have looked."""

from __future__ import annotations

from chain_house import ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import fresh_address
from chain_kit import node as node

from tidegate.policy import flow as policies
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


def test_the_egress_breaker_holds_what_is_queued_until_it_is_reset(at: ChainHouse) -> None:
    line = {"minutes": 10, "accounts": 1, "destinations": 9, "value": "1000000", "reset_people": 1}
    ada, ben = at.customer(usdt=100 * COIN), at.customer(usdt=100 * COIN)
    at.house.agree(behaviour={"egress": line})
    made = at.approved(ada, "40")
    at.authorise()
    at.house.asked(ben, "10", fresh_address("rush"))
    at.finish(2)
    assert at.payout(made.id).waiting_for == "egress"
    assert at.tokens(made.address) == 0
    at.sweep()  # moves of our own go inwards and go on
    at.finish(2)
    assert at.house.get(made.id).status is Status.APPROVED
    policies.reset_breaker(at.conn, "A campaign of ours", "tess", at.house.now)
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED

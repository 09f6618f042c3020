"""A lawful order against a payment on a real chain: one of the two has the coins, never both, never neither."""

from __future__ import annotations

import hashlib
import threading
import time

import pytest
from chain_house import ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import node as node

from tidegate.cases import flow as cases
from tidegate.db import connect, reader
from tidegate.ledger import accounts
from tidegate.ledger import store as ledger_store
from tidegate.news import READER, handlers
from tidegate.parties import flow as parties
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


def agreed(at: ChainHouse, id: str) -> str:
    """An order that two people agreed to; nobody has heard of it yet."""
    house = at.house
    anna, ben = (parties.create_key(at.conn, "compliance", n, "test", house.now).id for n in ("Anna", "Ben"))
    document = hashlib.sha256(b"order").hexdigest()
    case = withdrawals.propose_seizure(at.conn, id, "35 Gs 1/26", document, anna, house.setting, house.now)
    cases.answer(at.conn, case, ben, "approve", "Order read", house.now)
    return case


@pytest.mark.parametrize("ahead", [-0.02, 0, 0.002, 0.004, 0.006, 0.008, 0.02])
def test_an_order_races_with_a_real_payment(at: ChainHouse, database_url: str, ahead: float) -> None:
    """`ahead`: seconds that the payment starts before the order, or after it; either may win at any of them."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    agreed(at, made.id)
    setting, both = at.house.setting, threading.Barrier(2)

    def seize() -> None:
        with connect(database_url) as conn:
            both.wait(10)
            time.sleep(max(0, ahead))
            reader.read(conn, READER, handlers(lambda _: setting), at.house.now)

    other = threading.Thread(target=seize)
    other.start()
    both.wait(10)
    time.sleep(max(0, -ahead))
    sent = at.pay()
    other.join()
    at.finish()
    status, arrived = at.house.get(made.id).status, at.tokens(made.address)
    seized = ledger_store.posted(at.conn, accounts.LEGAL_HOLD, made.asset_id)
    assert (status, arrived, seized) == (
        (Status.SETTLED, made.net_units, 0) if sent else (Status.SEIZED, 0, made.units)
    )
    assert at.house.available(ada) == 60 * COIN
    assert at.house.held(ada) == 0
    at.check_at_rest()


def test_what_is_being_paid_is_never_seized_and_the_payment_ends_as_it_would_have(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    case = agreed(at, made.id)
    assert at.pay() == 1
    at.news()
    assert at.house.get(made.id).status is Status.PAYING
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert cases.get(at.conn, case).status == "approved"
    at.check_at_rest()


def test_a_seized_withdrawal_is_never_paid(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    agreed(at, made.id)
    at.news()
    assert at.house.get(made.id).status is Status.SEIZED
    at.finish()
    assert (at.tokens(made.address), at.payout(made.id).status) == (0, "cancelled")
    at.check_at_rest()

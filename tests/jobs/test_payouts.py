"""Payouts on a real chain: paid once, settled when final, and every kind of bad luck in between."""

from __future__ import annotations

import pytest
from chain_house import FINALITY, NETWORK, ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import fresh_address
from chain_kit import node as node
from house import ETH

from tidegate.base.chain import Fees, Sent, Unreachable
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict
from tidegate.custody import flow as custody
from tidegate.custody import jobs, store
from tidegate.db import act, journal, lease
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


def test_a_withdrawal_is_paid_once_and_settles_when_final(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.turn()
    assert at.house.get(made.id).status is Status.PAYING
    assert at.tokens(made.address) == made.net_units
    at.turn(FINALITY)
    at.turn()
    settled = at.house.get(made.id)
    assert settled.status is Status.SETTLED
    assert settled.tx is not None
    assert at.chain.receipt(settled.tx) is not None
    assert at.tokens(made.address) == 39_900_000
    assert at.house.available(ada) == 60 * COIN
    at.check_at_rest()


def test_native_coins_are_paid_too(at: ChainHouse) -> None:
    ada = at.customer(wei=10**18)
    made = at.approved(ada, "0.25", asset="ETH")
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.chain.balance(made.address, None) == made.net_units
    at.check_at_rest()


def test_many_are_paid_on_consecutive_nonces(at: ChainHouse) -> None:
    people = [at.customer(usdt=50 * COIN) for _ in range(6)]
    made = [at.approved(who, "10", address=fresh_address(f"many {i}")) for i, who in enumerate(people)]
    at.finish()
    assert {at.house.get(w.id).status for w in made} == {Status.SETTLED}
    assert at.chain.nonce(at.hot) == 6
    assert [at.tokens(w.address) for w in made] == [9_900_000] * 6
    at.check_at_rest()


def test_before_finality_nothing_is_settled(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.turn()
    for confirmations in range(2, FINALITY):
        at.turn()
        assert at.house.get(made.id).status is Status.PAYING, confirmations
    at.turn()
    assert at.house.get(made.id).status is Status.SETTLED


def test_a_reorganised_payout_is_sent_again_with_the_same_bytes(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    before = at.node.snapshot()
    at.mine()
    at.watch()
    (attempt,) = store.network_attempts(at.conn, "evm-local")
    assert attempt.status == "confirming"
    at.node.revert(before)
    at.watch()
    (attempt,) = store.network_attempts(at.conn, "evm-local")
    assert (attempt.status, attempt.mined_block) == ("unknown", None)
    assert "payout.reorged" in [n.kind for n in journal.about(at.conn, made.id)]
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert len(store.versions(at.conn, [attempt.id])) == 1
    assert at.chain.nonce(at.hot) == 1
    at.check_at_rest()


class LosesReplies:
    """A real node whose answers to `send` get lost: the transaction arrives, we hear nothing."""

    def __init__(self, at: ChainHouse) -> None:
        self._chain = at.chain

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def send(self, raw: bytes) -> Sent:
        self._chain.send(raw)
        raise Unreachable("the reply was lost")


def test_a_lost_reply_is_unknown_and_never_paid_twice(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    real = at.chain
    at.chain = LosesReplies(at)  # type: ignore[assignment]
    at.finish()
    at.chain = real
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert at.chain.nonce(at.hot) == 1


class SaysNo:
    """A node that takes every transaction and answers with an error."""

    def __init__(self, at: ChainHouse, words: str) -> None:
        self._chain, self._words = at.chain, words

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def send(self, raw: bytes) -> Sent:
        self._chain.send(raw)
        return Sent(False, self._words)


@pytest.mark.parametrize("words", ["nonce too low", "already known", "insufficient funds", "execution reverted", ""])
def test_a_node_that_lies_about_errors_changes_nothing(at: ChainHouse, words: str) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    real = at.chain
    at.chain = SaysNo(at, words)  # type: ignore[assignment]
    at.finish()
    at.chain = real
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert at.chain.nonce(at.hot) == 1


def test_a_reverting_payout_is_returned_only_when_its_failure_is_final(at: ChainHouse) -> None:
    bouncer = at.node.deploy("Bouncer")
    ada = at.customer(wei=10**18)
    made = at.approved(ada, "0.25", asset="ETH", address=bouncer.address)

    class Estimates:
        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def gas_for(self, *args: object) -> int:
            return 50_000

    real = at.chain
    at.chain = Estimates()  # type: ignore[assignment]
    at.turn()
    assert at.house.get(made.id).status is Status.PAYING
    at.finish()
    at.chain = real
    assert at.house.get(made.id).status is Status.RETURNED
    assert at.house.available(ada, ETH) == 10**18
    at.check_at_rest()


def test_a_receiver_that_takes_no_coins_gets_none_and_the_customer_has_them_back(at: ChainHouse) -> None:
    bouncer = at.node.deploy("Bouncer")
    ada = at.customer(wei=10**18)
    made = at.approved(ada, "0.25", asset="ETH", address=bouncer.address)
    for _ in range(jobs.REVERTS):
        at.turn()
        at.house.wait(seconds=60)
    at.news()
    assert at.house.get(made.id).status is Status.RETURNED
    assert at.chain.nonce(at.hot) == 0
    at.check_at_rest()


def test_a_hanging_payout_is_made_dearer_on_the_same_nonce(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.house.wait(seconds=91)
    at.pay()
    (attempt,) = store.network_attempts(at.conn, "evm-local")
    first, second = store.versions(at.conn, [attempt.id])
    assert second.max_fee * 100 >= first.max_fee * 110
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert at.chain.nonce(at.hot) == 1
    at.check_at_rest()


def test_a_dear_day_is_waited_out_before_and_after_the_send(at: ChainHouse) -> None:
    """The ceiling is ours to keep; asked to pass it, the signer would refuse, and a refusal counts as a failure."""
    made = at.approved(at.customer(usdt=100 * COIN), "40")
    at.authorise()
    cheap, dear = at.chain, Dear(at)
    at.chain = dear  # type: ignore[assignment]
    at.pay()
    waiting = at.payout(made.id)
    assert (waiting.status, waiting.waiting_for, waiting.failures) == ("queued", "fee_ceiling", 0)
    at.chain = cheap
    at.house.wait(seconds=4)
    at.pay()
    at.chain = dear  # type: ignore[assignment]
    at.house.wait(seconds=91)
    at.pay()
    hanging = at.payout(made.id)
    assert (hanging.status, hanging.waiting_for) == ("paying", "fee_ceiling")
    (attempt,) = store.network_attempts(at.conn, "evm-local")
    assert len(store.versions(at.conn, [attempt.id])) == 1
    at.chain = cheap
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    at.check_at_rest()


def test_a_payout_that_somebody_bumps_is_made_dearer_at_once_and_once(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    with pytest.raises(Conflict, match="queued"):
        custody.bump(at.conn, made.id, "The customer waits", "key_treasury", at.house.now)
    at.pay()
    (attempt,) = store.network_attempts(at.conn, "evm-local")
    at.house.wait(seconds=5)
    at.pay()
    assert len(store.versions(at.conn, [attempt.id])) == 1  # not by itself, so soon
    custody.bump(at.conn, made.id, "The customer waits", "key_treasury", at.house.now)
    at.house.wait(seconds=1)
    for _ in range(3):
        at.pay()
    first, second = store.versions(at.conn, [attempt.id])
    assert second.max_fee * 100 >= first.max_fee * 110
    at.mine()
    at.watch()
    with pytest.raises(Conflict) as refused:
        custody.bump(at.conn, made.id, "Still waiting", "key_treasury", at.house.now)
    assert refused.value.code == "payout_not_bumpable"
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert at.chain.nonce(at.hot) == 1
    at.check_at_rest()


def test_an_abandoned_payout_is_cancelled_on_its_nonce_and_returned(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.news()
    custody.abandon(at.conn, made.id, "Customer reported a scam", "key_treasury", at.house.now)
    at.pay()
    at.finish()
    assert at.house.get(made.id).status is Status.RETURNED
    assert at.tokens(made.address) == 0
    assert at.chain.nonce(at.hot) == 1
    assert at.house.available(ada) == 100 * COIN
    at.check_at_rest()


def test_abandoning_what_was_mined_first_pays_it_and_only_it(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.mine()
    custody.abandon(at.conn, made.id, "Too late", "key_treasury", at.house.now)
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units


def test_a_freeze_after_approval_keeps_the_coins_here(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    order = parties.freeze(at.conn, ada.id, "Court order", "key_officer", at.house.now)
    at.finish(3)
    assert at.payout(made.id).waiting_for == "freeze"
    assert at.tokens(made.address) == 0
    parties.lift(at.conn, order.id, "Lifted", "key_officer", at.house.now)
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED


def test_a_kill_switch_stops_payouts_and_lets_them_go_on(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    switch = policies.switch_on(at.conn, "asset", "USDT@evm-local", "Depeg", "key_treasury", at.house.now)
    at.finish(3)
    assert at.payout(made.id).waiting_for == "kill_switch"
    policies.switch_off(at.conn, switch.id, "key_treasury", at.house.now)
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED


def test_an_empty_hot_wallet_waits_for_liquidity(at: ChainHouse) -> None:
    ada = at.customer(usdt=2_000_000 * COIN, level=3)
    at.house.wait(hours=1)
    mades = [at.approved(ada, "900", address=fresh_address(f"liquid {i}")) for i in range(2)]
    at.node.ask("anvil_impersonateAccount", at.hot)
    at.node.transact(at.usdt, "transfer", fresh_address("elsewhere"), at.tokens(at.hot) - 1000 * COIN, sender=at.hot)
    at.mine()
    at.conn.execute("UPDATE wallet SET next_nonce = 1 WHERE kind = 'hot'")
    at.finish()
    statuses = sorted(at.house.get(m.id).status for m in mades)
    assert statuses == [Status.APPROVED, Status.SETTLED]
    waiting = next(m for m in mades if at.house.get(m.id).status is Status.APPROVED)
    assert at.payout(waiting.id).waiting_for == "liquidity"
    at.node.transact(at.usdt, "transfer", at.hot, 1000 * COIN)
    at.finish()
    assert at.house.get(waiting.id).status is Status.SETTLED


def test_coins_that_are_short_do_not_stop_what_can_be_paid(at: ChainHouse) -> None:
    """A node that estimates a payment beyond our balance says neither yes nor "would revert": it was the whole lane
    that waited for the node then."""
    ada, bob = at.customer(wei=10 * 10**18), at.customer(usdt=100 * COIN)
    at.node.ask("anvil_setBalance", at.hot, hex(10**17))
    at.chain = LikeGeth(at)  # type: ignore[assignment]
    short = at.approved(ada, "0.3", asset="ETH")
    payable = at.approved(bob, "40")
    at.finish()
    assert at.house.get(payable.id).status is Status.SETTLED
    assert at.house.get(short.id).status is Status.APPROVED
    assert at.payout(short.id).waiting_for == "liquidity"
    at.node.ask("anvil_setBalance", at.hot, hex(10 * 10**18))
    at.finish()
    assert at.house.get(short.id).status is Status.SETTLED


class LikeGeth:
    """anvil, but with geth's answer to an estimate of more coins than the sender has: an error, and no revert."""

    def __init__(self, at: ChainHouse) -> None:
        self._chain = at.chain

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def gas_for(self, sender: str, contract: str | None, receiver: str, units: int) -> int:
        if contract is None and self._chain.balance(sender, None) < units:
            raise Unreachable("insufficient funds for transfer")
        return self._chain.gas_for(sender, contract, receiver, units)


def test_gas_that_the_signer_will_never_give_is_planned_anew_when_prices_fall(at: ChainHouse) -> None:
    """Planned on a dear day it asks for more than the signer's table allows, and would stand in the way for ever."""
    ada = at.customer(usdt=100 * COIN)
    at.chain = Dear(at)  # type: ignore[assignment]
    at.sweep()
    at.finish()
    assert [p.status for p in moves(at)] == ["queued"]
    at.chain = at.chain._chain  # type: ignore[attr-defined]
    for _ in range(12):
        at.turn()
        at.house.wait(seconds=10)
        at.sweep()
    assert [(p.purpose, p.status) for p in moves(at)] == [("gas", "failed"), ("gas", "paid"), ("sweep", "paid")]
    assert at.tokens(at.deposit_address(ada)) == 0
    at.check_at_rest()


class Dear:
    """A real node on a day when gas is dear."""

    def __init__(self, at: ChainHouse) -> None:
        self._chain = at.chain

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def fees(self) -> Fees:
        return Fees(500 * 10**9, 10**9)


def test_a_sweep_is_never_made_dearer_than_its_address_can_pay(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    at.sweep()
    at.finish()
    at.sweep()
    at.house.wait(seconds=4)
    real, at.chain = at.chain, Dear(at)  # type: ignore[assignment]
    at.pay()
    at.chain = real
    at.sweep()
    at.house.wait(seconds=4)
    at.pay()  # sent at the price of a quiet day
    at.chain = Dear(at)  # type: ignore[assignment]
    for _ in range(3):
        at.house.wait(seconds=100)
        at.pay()
    at.chain = real
    sweeps = store.network_attempts(at.conn, "evm-local")
    assert [len(store.versions(at.conn, [a.id])) for a in sweeps] == [1]
    assert moves(at)[-1].waiting_for == "liquidity"
    at.finish()
    assert moves(at)[-1].status == "paid"
    assert at.tokens(at.deposit_address(ada)) == 0
    at.check_at_rest()


def moves(at: ChainHouse) -> list[store.Payout]:
    """Gas and sweeps, oldest first."""
    ids = at.conn.execute("SELECT id FROM payout WHERE purpose <> 'withdrawal' ORDER BY id").fetchall()
    return [p for (id,) in ids if (p := store.payout(at.conn, id)) is not None]


def test_an_authorisation_that_lapsed_in_the_queue_is_renewed_after_another_look(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.house.wait(minutes=61)
    at.pay()
    assert at.payout(made.id).waiting_for == "authorisation"
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    found = at.conn.execute("SELECT stage FROM decision WHERE withdrawal_id = %s", (made.id,)).fetchall()
    assert [stage for (stage,) in found].count("pay") == 2


def test_a_lapse_is_told_once_though_a_freeze_came_between(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.house.wait(minutes=61)
    at.pay()
    order = parties.freeze(at.conn, ada.id, "looks odd", "officer", at.house.now)
    at.house.wait(minutes=2)
    at.pay()
    parties.lift(at.conn, order.id, "looked at", "officer", at.house.now)
    at.house.wait(minutes=2)
    at.pay()
    assert at.payout(made.id).waiting_for == "authorisation"
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    assert [n.kind for n in journal.about(at.conn, made.id)].count("payout.lapsed") == 1


def test_a_payout_held_for_over_does_not_start_for_a_worker_whose_clock_is_behind(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    behind = at.house.now
    at.house.wait(minutes=61)
    at.pay()
    at.conn.execute("UPDATE payout SET next_at = %s", (behind,))
    jobs.pay(at.conn, at.chain, at.signer, NETWORK, lambda: behind, "worker-behind")
    assert at.payout(made.id).status == "queued"


def test_a_nonce_spent_by_somebody_else_asks_for_a_person(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.node.ask("anvil_impersonateAccount", at.hot)
    before = at.node.snapshot()
    at.authorise()
    at.pay()
    at.node.revert(before)  # our transaction is gone from the pool, and somebody with our key is faster
    at.node.ask("anvil_impersonateAccount", at.hot)
    at.node.send({"from": at.hot, "to": fresh_address("thief"), "value": "0x1"})
    at.mine(FINALITY + jobs.LAGGING)
    at.watch()
    at.watch()
    assert at.payout(made.id).waiting_for == "person"
    at.finish(3)
    assert at.house.get(made.id).status is Status.PAYING
    assert at.house.held(ada) == 40 * COIN
    assert [n.kind for n in journal.about(at.conn, made.id)].count("payout.alarm") == 1


def test_a_restored_backup_refuses_to_start(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    at.approved(ada, "40")
    at.finish()
    jobs.check_wallets(at.conn, at.chain, at.signer, "evm-local")
    at.conn.execute("UPDATE wallet SET next_nonce = 0 WHERE kind = 'hot'")
    with pytest.raises(jobs.WrongChain, match="backup"):
        jobs.check_wallets(at.conn, at.chain, at.signer, "evm-local")
    at.conn.execute("UPDATE wallet SET next_nonce = 5 WHERE kind = 'hot'")
    with pytest.raises(jobs.WrongChain, match="no open attempt"):
        jobs.check_wallets(at.conn, at.chain, at.signer, "evm-local")


def test_deposits_are_swept_into_the_hot_wallet_with_gas_sent_first(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    address = at.deposit_address(ada)
    before = at.tokens(at.hot)
    for _ in range(12):
        at.turn()
        at.sweep()
    assert at.tokens(address) == 0
    assert at.tokens(at.hot) == before + 100 * COIN
    assert at.house.available(ada) == 100 * COIN
    assert [d.status for d in custody.deposits(at.conn, ada.id)] == ["credited"]
    at.check_at_rest()


def test_a_token_that_is_no_asset_is_credited_to_nobody_and_kept_once_a_day_as_a_sign(at: ChainHouse) -> None:
    ada = at.customer(usdt=5 * COIN)
    false = at.node.deploy("TestUSDT", 10**30)  # the same code under another address, and the same name
    for units in (7 * COIN, 9 * COIN):
        at.node.transact(false, "transfer", at.deposit_address(ada), units)
        at.node.transact(false, "transfer", at.hot, units)  # a wallet of ours and of nobody: dust
        at.settle_deposits()
    at.house.wait(days=1)
    at.node.transact(false, "transfer", at.deposit_address(ada), 1)
    at.settle_deposits()
    assert at.house.available(ada) == 5 * COIN
    seen = at.conn.execute("SELECT contract, claimed FROM unknown_tokens_v ORDER BY at").fetchall()
    assert seen == [(false.address, 7 * COIN), (false.address, 1)]
    signs = at.conn.execute("SELECT party_id, asset_id, reason FROM counterfeits_v").fetchall()
    assert signs == [(ada.id, None, "no_asset")] * 2
    at.check()


def test_a_registered_token_is_booked_by_what_arrived_whatever_its_events_say(at: ChainHouse) -> None:
    """Rulebook section 8: a fee on the way, an event without movement, and a transfer that answers "false"."""
    ada = at.customer()
    address = at.deposit_address(ada)
    sent = {"FeeToken": "transfer", "FakeEventToken": "fake", "FalseToken": "transfer"}
    tokens = [at.node.deploy(name, 10**9) for name in sent]
    assets = [Asset(n, f"T{n}", NETWORK, 6, token.address) for n, token in enumerate(tokens, start=3)]
    with act(at.conn, "test", at.house.now):
        for asset in assets:
            ledger_store.add_asset(at.conn, asset)
    for token, function in zip(tokens, sent.values(), strict=True):
        at.node.transact(token, function, address, 1_000)
        at.node.transact(token, function, at.hot, 1_000)  # a wallet of ours is funded by no more, either
    at.settle_deposits()
    assert [at.house.available(ada, asset) for asset in assets] == [990, 0, 0]
    told = {(d.asset_id, d.claimed, d.credited, d.status, d.reason) for d in custody.deposits(at.conn, ada.id)}
    assert told == {(3, 1_000, 990, "credited", "less_arrived"), (4, 1_000, 0, "refused", "no_movement")}
    at.check_at_rest()


def test_native_deposits_are_swept_and_their_rest_is_not_chased(at: ChainHouse) -> None:
    ada = at.customer(wei=10**18)
    for _ in range(14):
        at.turn()
        at.sweep()
    assert at.chain.balance(at.deposit_address(ada), None) < 10**16
    assert at.house.available(ada, ETH) == 10**18
    assert at.sweep() == 0
    at.check_at_rest()


def test_a_withdrawal_to_another_customers_deposit_address_stays_in_the_books(at: ChainHouse) -> None:
    ada, ben = at.customer(usdt=100 * COIN), at.customer()
    made = at.approved(ada, "40", address=at.deposit_address(ben))
    at.turn()
    done = at.house.get(made.id)
    assert done.status is Status.SETTLED
    assert done.tx is not None
    assert done.tx.startswith("internal:trf_")
    assert (at.house.available(ada), at.house.available(ben)) == (60 * COIN, 39_900_000)
    at.finish(3)
    assert at.house.available(ben) == 39_900_000
    assert at.chain.nonce(at.hot) == 0
    at.check_at_rest()


def test_two_workers_share_the_lane(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    at.approved(ada, "40")
    at.authorise()
    token = lease.take(at.conn, "lane:hot:evm-local", "somebody else", at.house.now, 20)
    assert token is not None
    assert at.pay("worker-2") == 0
    at.house.wait(seconds=21)
    assert at.pay("worker-2") == 1

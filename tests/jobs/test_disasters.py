"""What went wrong elsewhere when coins moved, made to happen here on a real chain, under its name.

`docs/rules/disasters.md` tells every case with what holds here and the test that shows it. A death after any single
line of a payment is in `test_crash.py`; here are the particular deaths that cost others their coins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Barrier

import psycopg
import pytest
from chain_house import AUTHORISER, FINALITY, SEED, ChainHouse, DeskSigner
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import fresh_address
from chain_kit import node as node
from house import ETH, NETWORK, Customer

from tidegate.base.authorisation import Authorisation
from tidegate.base.canonical import canonical
from tidegate.base.chain import Sent, Transfer, Unreachable
from tidegate.base.refusals import Conflict
from tidegate.base.signing import Order, Signed
from tidegate.codec import evm_transaction as codec
from tidegate.custody import flow as custody
from tidegate.custody import jobs, store
from tidegate.custody.payouts import FAILURES
from tidegate.db import connect, journal
from tidegate.integrations.evm import EvmChain
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.signer.desk import Desk
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status, Withdrawal

COIN = 10**6


class Odd:
    """A real node, but for what a test changes."""

    def __init__(self, at: ChainHouse, **changed: Callable[..., object]) -> None:
        self.real = at.chain
        self.changed = changed

    def __getattr__(self, name: str) -> object:
        return self.changed.get(name) or getattr(self.real, name)


@contextmanager
def odd(at: ChainHouse, **changed: Callable[..., object]) -> Iterator[None]:
    """For so long the node answers these questions in this way, and everything else as it is."""
    real = at.chain
    at.chain = Odd(at, **changed)  # type: ignore[assignment]
    try:
        yield
    finally:
        at.chain = real


class Counting(DeskSigner):
    """The real signer, and what it was asked for."""

    asked: list[Order]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.asked = []

    def sign(self, order: Order) -> Signed:
        self.asked.append(order)
        return super().sign(order)


def versions(at: ChainHouse, withdrawal_id: str) -> list[store.Bytes]:
    """Every byte that exists for a withdrawal, oldest first."""
    payout = at.payout(withdrawal_id)
    found = at.conn.execute("SELECT id FROM payout_attempt WHERE payout_id = %s", (payout.id,)).fetchall()
    return store.versions(at.conn, [id for (id,) in found])


def nonces(at: ChainHouse, withdrawal_id: str) -> list[int]:
    """The nonces of those bytes, read from the bytes themselves."""
    return [codec.decode(version.raw).transaction.nonce for version in versions(at, withdrawal_id)]


def paid_once(at: ChainHouse, who: Customer, made: Withdrawal, before: int) -> None:
    """Settled, arrived, and taken from the customer: each exactly once."""
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert (at.house.available(who), at.house.held(who)) == (before - made.units, 0)
    at.check_at_rest()


def drop_pool(at: ChainHouse) -> None:
    """The node forgets what waits to be mined."""
    at.node.ask("anvil_dropAllTransactions")


# --- the node answers badly --------------------------------------------------------------------------------------


def test_btcpay_6540_a_failed_rebroadcast_is_never_paid_again(at: ChainHouse) -> None:
    """A re-broadcast that failed put the payout back into the queue, where it was signed anew, up to ten times. Here
    ten failing re-broadcasts hand out the same bytes, and the signer is not asked again."""
    at.signer = Counting(at.signer.desk)
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    sent: list[bytes] = []

    def refuse(raw: bytes) -> Sent:
        sent.append(raw)
        return Sent(False, "rejecting replacement transaction: insufficient fee")

    with odd(at, send=refuse):
        for _ in range(10):
            at.house.wait(seconds=4)
            at.news()
            at.authorise()
            at.pay()
            at.watch()
    (only,) = versions(at, made.id)
    assert sent == [only.raw] * 10
    assert len(at.signer.asked) == 1
    assert at.house.get(made.id).status is Status.PAYING
    at.finish()
    paid_once(at, ada, made, 100 * COIN)
    assert at.chain.nonce(at.hot) == 1


def test_btcpay_6365_what_may_have_been_paid_cannot_be_cancelled(at: ChainHouse) -> None:
    """A payout whose payment was on its way was marked cancelled, its coins were free again, and asking once more
    drained the wallet. Here a hundred cancels while nobody knows change nothing."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")

    def lose(raw: bytes) -> Sent:
        at.node.ask("eth_sendRawTransaction", "0x" + raw.hex())
        raise Unreachable("the reply was lost")

    at.authorise()
    with odd(at, send=lose):
        at.pay()
    for n in range(100):
        if n == 50:
            at.news()
        with pytest.raises(Conflict) as said:
            withdrawals.cancel(at.conn, made.id, ada.id, at.house.setting, at.house.now)
        assert said.value.code == "withdrawal_not_cancellable"
    assert at.house.held(ada) == 40 * COIN
    at.finish()
    paid_once(at, ada, made, 100 * COIN)


@pytest.mark.parametrize(
    "fault", [Unreachable("timeout"), RuntimeError("a bug of ours"), MemoryError(), OSError("no space left")]
)
@pytest.mark.parametrize("arrives", [True, False])
def test_peatio_1306_no_exception_at_the_send_gives_the_money_back(
    at: ChainHouse, fault: Exception, arrives: bool
) -> None:
    """Any exception around the send unlocked the customer's funds, whether the coins had gone or not. Here they stay
    held, and the chain says what happened: the payment arrives once either way."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()

    def fail(raw: bytes) -> Sent:
        if arrives:
            at.node.ask("eth_sendRawTransaction", "0x" + raw.hex())
        raise fault

    with odd(at, send=fail):
        for _ in range(3):
            with suppress(type(fault)):
                at.pay()
            at.news()
            at.house.wait(seconds=4)
    assert at.house.get(made.id).status is Status.PAYING
    assert at.house.held(ada) == 40 * COIN
    assert nonces(at, made.id) == [0]
    at.house.wait(seconds=20)
    at.finish()
    paid_once(at, ada, made, 100 * COIN)
    assert at.chain.nonce(at.hot) == 1


def test_peatio_2302_a_receipt_that_succeeded_but_moved_nothing_is_not_paid(at: ChainHouse) -> None:
    """The receipt was not read, and what had moved nothing counted as paid. Here a token answers "false" in a
    transaction that succeeds: nothing is settled, nothing is freed, and a person is asked."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    says_no = at.node.ask("eth_getCode", at.node.deploy("FalseToken", 0).address, "latest")
    at.authorise()
    at.pay()
    at.node.ask("anvil_setCode", at.usdt.address, says_no)
    at.mine(FINALITY + 1)
    for _ in range(3):
        at.watch()
        at.news()
    receipt = at.chain.receipt(versions(at, made.id)[0].hash)
    assert receipt is not None
    assert receipt.succeeded
    assert at.house.get(made.id).status is Status.PAYING
    assert at.house.held(ada) == 40 * COIN
    assert at.payout(made.id).waiting_for == "person"
    assert [n.kind for n in journal.about(at.conn, made.id)].count("payout.alarm") == 1


def test_btcpay_5525_what_always_fails_is_asked_rarely_and_says_why(at: ChainHouse) -> None:
    """A payment that could never succeed was tried again without end and kept the others from being paid. Here the
    pauses grow, it stops after ten failures until a person resumes it, says why, takes no nonce, and everybody else is
    paid meanwhile."""
    network = at.signer.desk._settings.networks[NETWORK]
    tight = {name: replace(rule, limit_per_payout=30 * COIN) for name, rule in network.assets.items()}
    _restart_signer(at, replace(network, assets=tight))
    at.signer = Counting(at.signer.desk)
    ada, ben = at.customer(usdt=100 * COIN), at.customer(usdt=100 * COIN)
    never = at.approved(ada, "40")
    at.authorise()
    at.pay()
    fine = at.approved(ben, "20")
    at.finish()
    assert at.house.get(fine.id).status is Status.SETTLED
    assert 2 <= len([order for order in at.signer.asked if order.id == never.id]) < 8  # not in every one of 8 turns
    for _ in range(120):
        at.house.wait(seconds=10)
        at.pay()
    asked = [order for order in at.signer.asked if order.id == never.id]
    assert len(asked) == FAILURES
    payout = at.payout(never.id)
    assert (payout.status, payout.waiting_for) == ("queued", "person")
    assert "over_payout_limit" in (payout.detail or "")
    assert versions(at, never.id) == []
    assert at.chain.nonce(at.hot) == 1
    assert at.house.held(ada) == 40 * COIN
    withdrawals.cancel(at.conn, never.id, ada.id, at.house.setting, at.house.now)
    assert at.house.available(ada) == 100 * COIN


def _restart_signer(at: ChainHouse, rule: object) -> None:
    """A signer with another table and the ledger of the one before."""
    settings = replace(at.signer.desk._settings, networks={NETWORK: rule})  # type: ignore[dict-item]
    at.signer.desk.close()
    at.signer = DeskSigner(Desk(settings, SEED, at.house.clock))


# --- the books fail after the send -------------------------------------------------------------------------------


def test_btcpay_6343_the_proof_is_committed_before_the_node_hears_of_it(at: ChainHouse, database_url: str) -> None:
    """The transaction's id was saved after the broadcast, and when that failed nobody knew any more that it was
    paid. Here, whenever bytes reach the node, another connection can already read them."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    real = at.chain
    kept: list[tuple[object, ...] | None] = []

    def look_and_send(raw: bytes) -> Sent:
        with connect(database_url) as elsewhere:
            kept.append(
                elsewhere.execute(
                    """
                    SELECT p.ref, p.status FROM payout_bytes b JOIN payout_attempt a ON a.id = b.attempt_id
                      JOIN payout p ON p.id = a.payout_id WHERE b.hash = %s AND b.raw = %s
                    """,
                    (codec.hash_of(raw), raw),
                ).fetchone()
            )
        return real.send(raw)

    with odd(at, send=look_and_send):
        at.authorise()
        at.pay()
        at.house.wait(seconds=91)
        at.pay()  # dearer
        custody.abandon(at.conn, made.id, "Customer reported a scam", "key_treasury", at.house.now)
        at.pay()  # cancelled
        at.finish()
    assert kept == [(made.id, "paying")] * 3
    assert at.house.get(made.id).status is Status.RETURNED
    at.check_at_rest()


def test_peatio_2280_a_database_that_dies_after_the_send_pays_once(at: ChainHouse, database_url: str) -> None:
    """The database connection was lost after the payment, the job was delivered again, and paid again. Here the next
    worker finds the bytes that were sent and goes on with them."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    real, mine = at.chain, at.conn

    def send_and_lose_the_database(raw: bytes) -> Sent:
        said = real.send(raw)
        with connect(database_url) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", (mine.info.backend_pid,))
        return said

    with odd(at, send=send_and_lose_the_database), pytest.raises(psycopg.OperationalError):
        at.pay()
    mine.close()
    at.house.conn = connect(database_url)
    try:
        at.house.wait(seconds=21)
        at.finish()
        paid_once(at, ada, made, 100 * COIN)
        assert nonces(at, made.id) == [0]
        assert at.chain.nonce(at.hot) == 1
    finally:
        at.conn.close()


def test_opencex_a_check_that_turned_against_it_after_the_send_undoes_nothing(at: ChainHouse) -> None:
    """Freeze and limits were checked on every save, also on the one after the send; the exception rolled the row back
    to "created", and it was paid again. Here what has its bytes is finished, and the freeze stops the next one."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    other = at.approved(ada, "10")
    at.authorise()
    at.conn.execute("UPDATE payout SET next_at = next_at + interval '10 seconds' WHERE ref = %s", (other.id,))
    at.pay()  # the other one is not due yet
    parties.freeze(at.conn, ada.id, "Court order", "key_officer", at.house.now)
    parties.restrict(at.conn, ada.id, "withdrawal_limit", None, "Next to nothing", "key_officer", at.house.now, "1")
    rows = f"asset,address\nETH,{made.address}\n"
    screening.import_list(at.conn, "sanctions", rows, "test", at.house.now, force=True)
    at.finish(10)
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.tokens(made.address) == made.net_units
    assert nonces(at, made.id) == [0]
    assert (at.house.get(other.id).status, at.payout(other.id).waiting_for) == (Status.APPROVED, "freeze")
    assert at.tokens(other.address) == 0
    assert at.chain.nonce(at.hot) == 1
    assert (at.house.available(ada), at.house.held(ada)) == (50 * COIN, 10 * COIN)
    at.check_at_rest()


def test_opencex_items_after_the_one_that_raised_are_not_paid_again(at: ChainHouse) -> None:
    """In a batch the fourth payment raised; the whole batch was taken back, and everybody was paid again. Here ten
    are paid, the fourth send raises, and each arrives once."""
    people = [at.customer(usdt=50 * COIN) for _ in range(10)]
    made = [at.approved(who, "10", address=fresh_address(f"batch {n}")) for n, who in enumerate(people)]
    real, count = at.chain, 0

    def raise_at_the_fourth(raw: bytes) -> Sent:
        nonlocal count
        count += 1
        if count == 4:
            raise RuntimeError("the fourth")
        return real.send(raw)

    at.authorise()
    with odd(at, send=raise_at_the_fourth), pytest.raises(RuntimeError, match="the fourth"):
        at.pay()
    at.house.wait(seconds=21)
    for _ in range(10):
        at.turn()
    assert [at.house.get(w.id).status for w in made] == [Status.SETTLED] * 10
    assert [at.tokens(w.address) for w in made] == [w.net_units for w in made]
    assert [at.house.available(who) for who in people] == [40 * COIN] * 10
    assert sorted(n for w in made for n in nonces(at, w.id)) == list(range(10))
    assert at.chain.nonce(at.hot) == 10
    at.check_at_rest()


# --- two at once -------------------------------------------------------------------------------------------------


def test_opencex_evm_one_message_to_two_workers_pays_once(at: ChainHouse, database_url: str) -> None:
    """The task neither locked nor marked what it was about to send, so two of them paid twice. Here four workers at
    once, on connections and clients of their own, give each payout one nonce."""
    people = [at.customer(usdt=50 * COIN) for _ in range(6)]
    made = [at.approved(who, "10", address=fresh_address(f"two workers {n}")) for n, who in enumerate(people)]
    at.authorise()
    workers = 4
    gate = Barrier(workers)

    def work(number: int) -> int:
        chain = EvmChain(at.node.url, NETWORK, trace=True)
        try:
            with connect(database_url) as conn:
                gate.wait()
                return jobs.pay(conn, chain, at.signer, NETWORK, at.house.clock, f"worker-{number}")
        finally:
            chain.close()

    with ThreadPoolExecutor(workers) as threads:
        assert sum(threads.map(work, range(workers))) == 6
    at.finish()
    assert [at.tokens(w.address) for w in made] == [w.net_units for w in made]
    assert sorted(n for w in made for n in nonces(at, w.id)) == list(range(6))
    assert at.chain.nonce(at.hot) == 6
    at.check_at_rest()


def test_btcpay_6314_a_cancel_beside_the_real_worker_pays_or_frees_never_both(
    at: ChainHouse, database_url: str
) -> None:
    """The screen cancelled what the processor was sending. Here a cancel and a worker start together, and the coins
    are either with the receiver or with the customer."""
    for n in range(6):
        ada = at.customer(usdt=100 * COIN)
        made = at.approved(ada, "40", address=fresh_address(f"race {n}"))
        at.authorise()
        gate = Barrier(2)

        def cancel(made: Withdrawal = made, ada: Customer = ada, gate: Barrier = gate) -> bool:
            with connect(database_url) as conn:
                setting, now = at.house.setting, at.house.now
                gate.wait()
                try:
                    withdrawals.cancel(conn, made.id, ada.id, setting, now)
                except Conflict:
                    return False
                return True

        with ThreadPoolExecutor(1) as threads:
            cancelling = threads.submit(cancel)
            gate.wait()
            at.pay()
            cancelled = cancelling.result()
        at.finish()
        ended = (Status.CANCELLED, 0, 100 * COIN) if cancelled else (Status.SETTLED, made.net_units, 60 * COIN)
        assert (at.house.get(made.id).status, at.tokens(made.address), at.house.available(ada)) == ended
    at.check_at_rest()


# --- nonces ------------------------------------------------------------------------------------------------------


def test_orchestrate_42_every_retry_keeps_its_nonce(at: ChainHouse) -> None:
    """A retry took the next nonce, and both were mined. Here a payment that hangs gets dearer versions and at last a
    cancellation, and all their bytes spend the same nonce."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    with odd(at, send=lambda raw: Sent(False, "connection refused")):
        for _ in range(4):
            at.pay()
            at.watch()
            at.house.wait(seconds=91)
        custody.abandon(at.conn, made.id, "Hangs", "key_treasury", at.house.now)
        at.pay()
    assert [v.kind for v in versions(at, made.id)] == ["pay"] * 4 + ["cancel"]
    assert set(nonces(at, made.id)) == {0}
    at.finish()
    assert at.house.get(made.id).status is Status.RETURNED
    assert at.chain.nonce(at.hot) == 1
    assert at.house.available(ada) == 100 * COIN
    at.check_at_rest()


def test_thirdweb_462_a_nonce_goes_back_only_where_no_bytes_exist(at: ChainHouse) -> None:
    """A nonce was handed out again although its transaction could still be mined, and one payment replaced another.
    Here the signer refuses one in the middle: its nonce goes back because nothing was made for it, the sends that
    failed keep theirs, and after a restart no nonce has served two withdrawals and none is left out."""
    network = at.signer.desk._settings.networks[NETWORK]
    tight = {name: replace(rule, limit_per_payout=30 * COIN) for name, rule in network.assets.items()}
    _restart_signer(at, replace(network, assets=tight))
    people = [at.customer(usdt=100 * COIN) for _ in range(5)]
    amounts = ["10", "20", "40", "25", "15"]  # the third is more than the signer signs
    made = [
        at.approved(who, amount, address=fresh_address(f"recycled {n}"))
        for n, (who, amount) in enumerate(zip(people, amounts, strict=True))
    ]
    at.authorise()
    with odd(at, send=lambda raw: Sent(False, "nonce too low")):
        at.pay()
        at.house.wait(seconds=1)
        at.pay()
    assert [nonces(at, w.id) for w in made] == [[0], [1], [], [2], [3]]
    _restart_signer(at, network)
    jobs.check_wallets(at.conn, at.chain, at.signer, NETWORK)
    at.finish(12)
    assert [at.tokens(w.address) for w in made] == [w.net_units for w in made]
    assert sorted(n for w in made for n in nonces(at, w.id)) == list(range(5))
    assert at.chain.nonce(at.hot) == 5
    at.check_at_rest()


def test_thirdweb_462_a_nonce_whose_reply_was_lost_is_nobody_elses(at: ChainHouse) -> None:
    """The signer has signed, and only its reply was lost: whoever got the nonce then would compete with those bytes.
    Here it stays with its payment, and those after it wait for it."""
    made = [at.approved(at.customer(usdt=100 * COIN), "10", address=fresh_address(f"lost {n}")) for n in range(3)]
    at.authorise()
    desk, at.signer = at.signer, Mute(at.signer.desk)
    at.pay()
    at.house.wait(seconds=4)
    at.pay()
    at.signer = desk
    at.finish()
    assert [nonces(at, w.id) for w in made] == [[0], [1], [2]]
    assert [at.tokens(w.address) for w in made] == [w.net_units for w in made]
    at.check_at_rest()


class Mute(DeskSigner):
    """It signs, and nobody hears it."""

    def sign(self, order: Order) -> Signed:
        super().sign(order)
        raise Unreachable("the reply was lost")


# --- what the chain remembers ------------------------------------------------------------------------------------


def test_binance_doge_2021_gone_from_the_pool_is_not_failed(at: ChainHouse) -> None:
    """Payments that had hung for years counted as failed; an upgraded node found them in its wallet and sent them
    again. Here what no node knows any more is still unknown, hours later, and its coins are still held."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    for _ in range(5):
        drop_pool(at)
        at.mine(5)
        with odd(at, send=lambda raw: Sent(False, "not now")):
            at.watch()
            at.news()
        at.house.wait(hours=1)
    assert at.house.get(made.id).status is Status.PAYING
    assert at.house.held(ada) == 40 * COIN
    at.finish()
    paid_once(at, ada, made, 100 * COIN)
    assert at.chain.nonce(at.hot) == 1


def test_binance_doge_2021_what_was_given_back_can_never_be_mined(at: ChainHouse) -> None:
    """I3: funds are free again only when no bytes of ours can pay any more. Every byte that was ever made is sent
    again by somebody who kept it, after the money is back: nothing moves."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.house.wait(seconds=91)
    at.pay()
    custody.abandon(at.conn, made.id, "Customer reported a scam", "key_treasury", at.house.now)
    at.pay()
    at.finish()
    assert at.house.get(made.id).status is Status.RETURNED
    assert at.house.available(ada) == 100 * COIN
    everything = versions(at, made.id)
    assert [v.kind for v in everything] == ["pay", "pay", "cancel"]
    before = at.tokens(at.hot)
    for version in everything:
        assert not at.chain.send(version.raw).accepted
    at.finish(3)
    assert (at.tokens(made.address), at.tokens(at.hot)) == (0, before)
    assert at.chain.nonce(at.hot) == 1
    at.check_at_rest()


def test_mt_gox_a_payment_under_another_id_is_not_given_back(at: ChainHouse) -> None:
    """A payment was looked up by the id it had been sent with; mined under another one it was not found, and was
    credited back or paid again. Here a spent nonce without our receipt is a question for a person, and once the
    chain shows the payment it settles."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.mine(FINALITY + jobs.LAGGING)
    assert at.tokens(made.address) == made.net_units
    with odd(at, receipt=lambda hash: None):
        for _ in range(5):
            at.house.wait(seconds=30)
            at.watch()
            at.news()
            at.pay()
    assert (at.house.get(made.id).status, at.payout(made.id).waiting_for) == (Status.PAYING, "person")
    assert at.house.held(ada) == 40 * COIN
    assert set(nonces(at, made.id)) == {0}
    at.finish(2)
    paid_once(at, ada, made, 100 * COIN)


def test_mt_gox_of_several_ids_whichever_is_mined_settles(at: ChainHouse) -> None:
    """One payment may have several ids: here the dearer version is the newest one we know, and the first one is
    mined."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    with odd(at, send=lambda raw: Sent(False, "replacement transaction underpriced")):
        at.house.wait(seconds=91)
        at.pay()
    first, second = versions(at, made.id)
    assert first.hash != second.hash
    at.mine()
    at.finish()
    assert at.house.get(made.id).tx == first.hash
    paid_once(at, ada, made, 100 * COIN)


def test_a_payout_that_appears_and_disappears_is_posted_once(at: ChainHouse) -> None:
    """Ten reorganisations of one payment: ten times back to unknown, one posting, one nonce."""
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    at.pay()
    at.news()
    for _ in range(10):
        before = at.node.snapshot()
        at.mine()
        at.watch()
        at.node.revert(before)
        at.house.wait(seconds=4)
        at.watch()
    kinds = [n.kind for n in journal.about(at.conn, made.id)]
    assert (kinds.count("payout.mined"), kinds.count("payout.reorged")) == (10, 10)
    assert at.house.get(made.id).status is Status.PAYING
    at.finish()
    paid_once(at, ada, made, 100 * COIN)
    assert at.chain.nonce(at.hot) == 1


# --- deposits ----------------------------------------------------------------------------------------------------


def test_filecoin_2021_a_replaced_deposit_is_credited_once(at: ChainHouse) -> None:
    """A deposit was replaced by a dearer copy; the node called both successful, and 61,000 coins were credited
    twice. Here the node says so too, but the account has grown only once, and that is what is credited."""
    ada = at.customer()
    address = at.deposit_address(ada)
    nonce = int(str(at.node.ask("eth_getTransactionCount", at.node.ask("eth_accounts")[0], "latest")), 16)  # type: ignore[index]
    sender = str(at.node.ask("eth_accounts")[0])  # type: ignore[index]
    pay = {"from": sender, "to": address, "value": hex(10**18), "nonce": hex(nonce)}
    replaced = at.node.send({**pay, "maxFeePerGas": hex(3 * 10**9), "maxPriorityFeePerGas": hex(10**9)})
    mined = at.node.send({**pay, "maxFeePerGas": hex(6 * 10**9), "maxPriorityFeePerGas": hex(3 * 10**9)})
    assert replaced != mined
    at.mine(FINALITY + 1)
    real = at.chain

    def both(number: int, hash: str | None = None) -> list[Transfer] | None:
        shown = real.transfers(number, hash)
        ghosts = [replace(t, tx=replaced) for t in shown or [] if t.tx == mined]
        return None if shown is None else [*ghosts, *shown]

    with odd(at, transfers=both):
        for _ in range(3):
            at.scan()
    assert at.house.available(ada, ETH) == 10**18
    said = {d.tx: (d.status, d.credited) for d in custody.deposits(at.conn, ada.id)}
    assert sorted(said.values()) == [("credited", 10**18), ("refused", 0)]
    at.check_at_rest()


def test_bria_a_deposit_that_is_dropped_and_detected_again_and_again_is_credited_once(at: ChainHouse) -> None:
    """A transaction went from detected to dropped to detected without end, with a posting each time. Here what is
    seen is not posted at all, and what becomes final is posted once."""
    ada = at.customer()
    address = at.deposit_address(ada)
    for _ in range(10):
        before = at.node.snapshot()
        at.node.send_from_faucet(address, 10**18)
        at.mine()
        at.scan()
        assert at.house.available(ada, ETH) == 0
        at.node.revert(before)
        at.mine()
        at.scan()
        at.node.ask("evm_increaseTime", 1)
    at.node.send_from_faucet(address, 10**18)
    at.settle_deposits()
    at.scan()
    at.settle_deposits()
    assert at.house.available(ada, ETH) == 10**18
    said = [d.status for d in custody.deposits(at.conn, ada.id)]
    assert said.count("credited") == 1
    assert set(said) == {"credited", "gone"}
    posted = at.conn.execute("SELECT count(*) FROM ledger_transfer WHERE kind = 'deposit'").fetchone()
    assert posted == (1,)
    at.check_at_rest()


def test_bithumb_2026_coins_that_no_wallet_holds_are_seen_in_the_books(at: ChainHouse) -> None:
    """620,000 BTC were booked, more than ten times what the exchange owned, and no reconciliation stood between. Here
    the ledger is compared with the wallets, and says by how much it is wrong."""
    ada = at.customer(usdt=100 * COIN)
    at.check_at_rest()
    at.house.fund(ada.id, "USDT", 620_000 * 10**12)
    at.check()  # the entries balance: the mistake is in what they say of the world
    wrong = [b for b in jobs.books(at.conn, at.chain, NETWORK) if b.ledger_units != b.chain_units]
    assert [(b.asset, b.ledger_units - b.chain_units) for b in wrong] == [("USDT@evm-local", 620_000 * 10**12)]


# --- authority ---------------------------------------------------------------------------------------------------


def _to(at: ChainHouse, order: Authorisation, thief: str) -> Authorisation:
    return replace(order, address=thief)


def _more(at: ChainHouse, order: Authorisation, thief: str) -> Authorisation:
    return replace(order, units=90 * COIN)


def _again(at: ChainHouse, order: Authorisation, thief: str) -> Authorisation:
    return replace(order, id="wd_made_up", address=thief)


@pytest.mark.parametrize("change", [_to, _more, _again])
def test_bigone_2025_a_payout_that_was_rewritten_in_the_database_moves_no_coins(
    at: ChainHouse, change: Callable[[ChainHouse, Authorisation, str], Authorisation]
) -> None:
    """Attackers changed what the wallet's servers believed, and 27 million dollars left by the ordinary way. Here a
    payout's order is rewritten under the worker's eyes: the signer finds no signature for it, and nothing moves."""
    thief = fresh_address("thief")
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    forged = change(at, custody.authorisation_of(at.payout(made.id)), thief)
    at.conn.execute(
        "UPDATE payout SET order_text = %s, address = %s, units = %s WHERE ref = %s",
        (canonical(forged), forged.address, forged.units, made.id),
    )
    before = at.tokens(at.hot)
    at.finish(3)
    assert (at.tokens(thief), at.tokens(made.address), at.tokens(at.hot)) == (0, 0, before)
    assert at.chain.nonce(at.hot) == 0
    payout = at.payout(made.id)
    assert payout.waiting_for == "signer"
    assert "authorisation_not_signed" in (payout.detail or "")
    assert at.house.held(ada) == 40 * COIN


def test_bigone_2025_a_payout_inserted_into_the_database_moves_no_coins(at: ChainHouse) -> None:
    """A row that was never a withdrawal, with the signature of one that was."""
    thief = fresh_address("thief")
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    real = at.payout(made.id)
    forged = replace(custody.authorisation_of(real), id="wd_never_asked_for", address=thief)
    row = replace(real, id="pay_forged", ref=forged.id, address=thief, order_text=canonical(forged))
    assert store.add_payout(at.conn, row) == 1
    at.finish()
    assert at.tokens(thief) == 0
    assert at.house.get(made.id).status is Status.SETTLED
    assert at.chain.nonce(at.hot) == 1
    assert AUTHORISER.public_key()  # its private half is the worker's, and not in the database
    assert at.payout(forged.id).waiting_for == "signer"


def test_binance_2019_many_accounts_at_once_stop_at_the_signers_limit_of_a_day(at: ChainHouse) -> None:
    """Seven thousand bitcoins of many customers left in one transaction that passed every check of a single
    withdrawal. Here there is no order that pays many, and the signer counts a day's coins over all customers: what
    passes its limit stays held and says why."""
    network = at.signer.desk._settings.networks[NETWORK]
    tight = {name: replace(rule, limit_24h=100 * COIN) for name, rule in network.assets.items()}
    _restart_signer(at, replace(network, assets=tight))
    people = [at.customer(usdt=50 * COIN) for _ in range(6)]
    made = [at.approved(who, "30", address=fresh_address(f"drain {n}")) for n, who in enumerate(people)]
    at.finish(12)
    said = [at.house.get(w.id).status for w in made]
    assert said.count(Status.SETTLED) == 3
    assert sum(at.tokens(w.address) for w in made) == 3 * made[0].net_units
    waiting = [w for w, status in zip(made, said, strict=True) if status is not Status.SETTLED]
    for w in waiting:
        assert at.payout(w.id).waiting_for == "person"  # refused in turn, ten times in a row: the wallet has stopped
        assert "over_day_limit" in (at.payout(w.id).detail or "")
    assert sum(at.house.held(who) for who in people) == 90 * COIN

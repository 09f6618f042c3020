"""Payers that fail on a real chain: ten failures, then a person; and nobody waits for one who is always refused."""

from __future__ import annotations

from typing import Any

import pytest
from chain_house import ChainHouse
from chain_house import at as at
from chain_kit import anvil_url as anvil_url
from chain_kit import fresh_address
from chain_kit import node as node
from house import ETH, NETWORK

from tidegate.base.chain import Unreachable
from tidegate.base.refusals import Conflict, NotFound
from tidegate.base.signing import Order, Pay, Signed, SignerRefused
from tidegate.custody import flow as custody
from tidegate.custody import jobs, payouts, store
from tidegate.db import journal
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status, Withdrawal

COIN = 10**6
HOT = f"hot:{NETWORK}"


class Refuses:
    """The signer's real desk, but it refuses some payments, whatever they say, or is away altogether."""

    def __init__(self, at: ChainHouse, *ids: str, away: bool = False) -> None:
        self._signer, self.ids, self.away, self.asked = at.signer, set(ids), away, list[str]()

    def sign(self, order: Order) -> Signed:
        id = order.authorisation.id if isinstance(order, Pay) else ""
        self.asked.append(id)
        if self.away:
            raise Unreachable("the signer is away")
        if id in self.ids:
            raise SignerRefused("limit_reached", "more than its table allows")
        return self._signer.sign(order)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signer, name)


def kinds(at: ChainHouse, subject: str) -> list[str]:
    return [n.kind for n in journal.about(at.conn, subject)]


def tries(at: ChainHouse, turns: int, seconds: int = 301) -> None:
    """Turns of a worker, as far apart as the longest pause."""
    for _ in range(turns):
        at.house.wait(seconds=seconds)
        at.pay()


def test_a_payout_that_is_always_refused_stops_after_ten_and_says_so_once(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    signer = Refuses(at, made.id)
    at.signer = signer  # type: ignore[assignment]
    while at.payout(made.id).stopped_at is None:
        at.house.now = at.payout(made.id).next_at
        at.pay()
    stopped = at.payout(made.id)
    assert (stopped.waiting_for, stopped.failures, stopped.status) == ("person", payouts.FAILURES, "queued")
    assert len(signer.asked) == payouts.FAILURES
    tries(at, 3)
    assert len(signer.asked) == payouts.FAILURES
    assert kinds(at, made.id).count("payout.alarm") == 1
    # One payout that is always refused is no reason to stop its lane.
    lane = store.lane(at.conn, HOT)
    assert lane is not None
    assert (lane.failures, lane.stopped_at) == (1, None)
    at.signer = signer._signer
    custody.resume_payout(at.conn, stopped.id, "The signer's limit was raised", "tess", at.house.now)
    with pytest.raises(Conflict, match="not stopped"):
        custody.resume_payout(at.conn, stopped.id, "again", "tess", at.house.now)
    at.finish()
    assert at.house.get(made.id).status is Status.SETTLED
    at.check_at_rest()


def test_a_stopped_payout_can_still_be_cancelled(at: ChainHouse) -> None:
    ada = at.customer(usdt=100 * COIN)
    made = at.approved(ada, "40")
    at.authorise()
    store.stop(at.conn, at.payout(made.id).id, "refused", at.house.now)
    withdrawals.cancel(at.conn, made.id, ada.id, at.house.setting, at.house.now)
    assert at.house.available(ada) == 100 * COIN


def test_who_is_always_refused_delays_nobody_behind_it(at: ChainHouse) -> None:
    people = [at.customer(usdt=50 * COIN) for _ in range(4)]
    bad = at.approved(people[0], "10", address=fresh_address("bad"))
    at.authorise()
    signer = Refuses(at, bad.id)
    at.signer = signer  # type: ignore[assignment]
    at.pay()
    for round, who in enumerate(people[1:]):
        good = at.approved(who, "10", address=fresh_address(f"good {round}"))
        at.authorise()
        at.house.wait(seconds=20)  # both are due, and the refused one is the older one
        refused = signer.asked.count(bad.id)
        assert at.pay() == 1
        assert signer.asked.count(bad.id) == refused + 1
        assert at.payout(good.id).status == "paying"
        assert signer.asked.count(good.id) == 1  # it was never taken back
    at.mine(4)
    at.watch()
    assert at.chain.nonce(at.hot) == 3
    at.check()


def test_a_signer_that_is_away_stops_the_lane_after_ten_and_a_person_resumes_it(at: ChainHouse) -> None:
    ada, ben = at.customer(usdt=100 * COIN), at.customer(usdt=100 * COIN)
    made, behind = at.approved(ada, "40"), at.approved(ben, "30")
    at.authorise()
    signer = Refuses(at, away=True)
    at.signer = signer  # type: ignore[assignment]
    at.pay()
    at.pay()
    assert len(signer.asked) == 1  # it waits a little before it asks again
    tries(at, 30)
    assert len(signer.asked) == payouts.FAILURES
    (lane,) = custody.stopped_lanes(at.conn)
    assert (lane.wallet_id, lane.failures, lane.detail) == (HOT, payouts.FAILURES, "the signer is away")
    assert kinds(at, HOT).count("lane.stopped") == 1
    later = at.approved(at.customer(usdt=50 * COIN), "10")
    at.authorise()
    at.pay()
    assert at.payout(later.id).waiting_for == "person"
    at.signer = signer._signer
    tries(at, 2)
    assert at.chain.nonce(at.hot) == 0
    with pytest.raises(NotFound):
        custody.resume_lane(at.conn, "hot:nowhere", "typo", "tess", at.house.now)
    custody.resume_lane(at.conn, HOT, "The signer is back", "tess", at.house.now)
    with pytest.raises(Conflict):
        custody.resume_lane(at.conn, HOT, "again", "tess", at.house.now)
    assert at.payout(later.id).waiting_for is None
    at.finish(12)
    assert {at.house.get(w.id).status for w in (made, behind, later)} == {Status.SETTLED}
    assert kinds(at, HOT).count("lane.resumed") == 1
    at.check_at_rest()


def test_ten_different_payouts_refused_in_a_row_stop_the_lane(at: ChainHouse) -> None:
    made = many(at, payouts.FAILURES)
    signer = Refuses(at, *(w.id for w in made))
    at.signer = signer  # type: ignore[assignment]
    for _ in made:
        assert custody.stopped_lanes(at.conn) == []
        at.pay()
    assert sorted(signer.asked) == sorted(w.id for w in made)  # each was asked for once: none held up another
    (lane,) = custody.stopped_lanes(at.conn)
    assert lane.failures == payouts.FAILURES
    assert {at.payout(w.id).stopped_at for w in made} == {None}
    tries(at, 3)
    assert len(signer.asked) == len(made)
    assert {at.payout(w.id).waiting_for for w in made} == {"person"}


def test_one_that_is_signed_breaks_the_row(at: ChainHouse) -> None:
    made = many(at, 4)
    signer = Refuses(at, *(w.id for w in made))
    at.signer = signer  # type: ignore[assignment]
    for _ in range(3):
        at.pay()
    lane = store.lane(at.conn, HOT)
    assert lane is not None
    assert lane.failures == 3
    signer.ids.clear()
    assert at.pay() == 1  # the fourth
    lane = store.lane(at.conn, HOT)
    assert lane is not None
    assert (lane.failures, lane.last_payout, lane.stopped_at) == (0, None, None)


def many(at: ChainHouse, count: int) -> list[Withdrawal]:
    """So many payouts of different people in one lane."""
    people = [at.customer(usdt=20 * COIN) for _ in range(count)]
    made = [at.approved(who, "10", address=fresh_address(f"row {i}")) for i, who in enumerate(people)]
    at.authorise()
    return made


class NoEstimate:
    """A node that answers everything but what one payment would cost."""

    def __init__(self, at: ChainHouse, receiver: str) -> None:
        self._chain, self._receiver = at.chain, receiver

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    def gas_for(self, sender: str, contract: str | None, receiver: str, units: int) -> int:
        if receiver == self._receiver:
            raise Unreachable("internal error")
        return self._chain.gas_for(sender, contract, receiver, units)


def test_a_payout_that_no_node_can_estimate_stops_alone(at: ChainHouse) -> None:
    ada, ben = at.customer(usdt=100 * COIN), at.customer(usdt=100 * COIN)
    odd, plain = at.approved(ada, "40", address=fresh_address("odd")), at.approved(ben, "30")
    at.authorise()
    at.chain = NoEstimate(at, odd.address)  # type: ignore[assignment]
    at.turn()
    assert at.payout(plain.id).status == "paying"
    waiting = at.payout(odd.id)
    assert (waiting.waiting_for, waiting.failures) == ("node", 1)
    at.conn.execute("UPDATE payout SET failures = %s WHERE ref = %s", (payouts.FAILURES - 1, odd.id))
    at.house.wait(seconds=10)
    at.pay()
    assert at.payout(odd.id).waiting_for == "person"
    assert kinds(at, odd.id).count("payout.alarm") == 1


def test_a_cold_wallet_is_looked_at_and_never_paid_from(at: ChainHouse) -> None:
    cold = fresh_address("vault")
    made = custody.watch_wallet(at.conn, NETWORK, cold.lower(), "cold", "Vault, Zug", "key_treasury", at.house.now)
    assert made.address == cold
    looked = lambda: jobs.observe_watched(at.conn, at.chain, NETWORK, at.house.clock)  # noqa: E731
    assert looked() == 2
    at.node.send_from_faucet(cold, 10**18)
    at.mine()
    at.house.wait(seconds=299)
    assert looked() == 0
    at.house.wait(seconds=1)
    assert looked() == 2
    ((_, seen),) = custody.watched_wallets(at.conn)
    assert {s.asset_id: s.units for s in seen}[ETH.id] == 10**18
    assert [w.id for w in custody.wallets(at.conn, NETWORK) if w.address == cold] == []
    custody.unwatch_wallet(at.conn, made.id, "key_treasury", at.house.now)
    assert custody.watched_wallets(at.conn) == []
    at.house.wait(minutes=6)
    assert looked() == 0


def test_what_the_paying_wallet_holds_is_looked_at_now_and_then(at: ChainHouse) -> None:
    looked = lambda: jobs.observe(at.conn, at.chain, NETWORK, at.house.clock)  # noqa: E731
    assert looked() == 2
    first = {seen.asset_id: seen for seen in store.observed(at.conn, HOT)}
    assert first[1].units == at.tokens(at.hot)
    assert first[ETH.id].units == at.chain.balance(at.hot, None)
    at.house.wait(seconds=29)
    assert looked() == 0
    at.house.wait(seconds=1)
    at.node.send_from_faucet(at.hot, 10**18)
    at.mine()
    assert looked() == 2
    after = {seen.asset_id: seen for seen in store.observed(at.conn, HOT)}
    assert after[ETH.id].units == first[ETH.id].units + 10**18
    assert after[ETH.id].as_of == at.house.now

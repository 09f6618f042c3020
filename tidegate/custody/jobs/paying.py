"""Claim: due payouts get a nonce, or say why they wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.authorisation import Authorisation
from tidegate.base.chain import Unreachable, WouldRevert
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.signing import Terms
from tidegate.base.times import from_rfc3339
from tidegate.custody import store
from tidegate.custody.chain import Chain, Signer
from tidegate.custody.flow import authorisation_of
from tidegate.custody.jobs.lane import REVERTS, Clock, Lane, LostTurn, fails, lapse, wait
from tidegate.custody.jobs.signing import press, sign, withhold
from tidegate.custody.store import Attempt, Payout
from tidegate.db import Conn, Tx, act, lease
from tidegate.ledger import store as ledger_store
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening

ROOM = 16
"""Open nonces per lane: as many as nodes keep of one sender before they drop some."""


def pay(conn: Conn, chain: Chain, signer: Signer, network: str, clock: Clock, holder: str) -> int:
    """Give due payouts a nonce, have them signed, keep the bytes, send them; how many versions were sent.

    Any number of workers may call this; each wallet's lane is worked by one at a time.
    """
    known = store.network(conn, network)
    if known is None:
        return 0
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    done = 0
    for id in store.lanes(conn, network, clock()):
        wallet = store.wallet(conn, id)
        assert wallet is not None  # the query named it
        lane = Lane(conn, chain, signer, wallet, known, assets, clock, holder)
        if not lane.take():
            continue
        try:
            done += _work(lane)
        except Unreachable as away:
            store.all_wait(conn, network, "node", str(away)[:300])
            raise
        except LostTurn:
            continue
        lease.give_up(conn, lane.name, holder, clock())
    return done


def _work(lane: Lane) -> int:
    state = store.lane(lane.conn, lane.wallet.id)
    if state is not None and state.stopped_at is not None:
        why = f"the wallet stopped after {state.failures} failures in a row; the last: {state.detail}"
        store.lane_waits(lane.conn, lane.wallet.id, why)
        return press(lane)  # what was sent is still looked after: only new nonces wait
    if state is not None and lane.clock() < state.next_at:
        return press(lane)
    done = 0
    for attempt in _unsigned(lane):  # claimed before the signer went away, or by somebody who was killed
        if _stopped_since(lane, attempt):
            withhold(lane, attempt)
            return done + press(lane)
        if not sign(lane, attempt):
            return done
        done += 1
    for attempt in _claim(lane):
        if not sign(lane, attempt):
            return done
        done += 1
    return done + press(lane)


def _unsigned(lane: Lane) -> list[Attempt]:
    return [a for a in store.open_attempts(lane.conn, lane.wallet.id) if a.status == "signing"]


def _stopped_since(lane: Lane, attempt: Attempt) -> bool:
    """Whether something came after the claim that stops it: nothing has started as long as there are no bytes."""
    payout = store.payout(lane.conn, attempt.payout_id)
    assert payout is not None
    people = [] if payout.party_id is None else [payout.party_id]
    overlays = _Overlays.gather(lane.conn, people, lane.clock())
    changed = payout.purpose == "withdrawal" and overlays.outdate(payout, authorisation_of(payout))
    return changed or overlays.stop(payout, lane.assets[payout.asset_id]) is not None


def _claim(lane: Lane) -> list[Attempt]:
    """Give nonces to as many due payouts as may go now; the others say why they wait."""
    conn, now = lane.conn, lane.clock()
    room = ROOM - len(store.open_attempts(conn, lane.wallet.id))
    peeked = store.due(conn, lane.wallet.id, now, room) if room > 0 else []
    if not peeked:
        return []
    fees = lane.chain.fees()
    native = next(a for a in lane.assets.values() if a.network == lane.network.id and a.is_native)
    wanted = {native.id, *(p.asset_id for p in peeked)}
    purse = {id: lane.chain.balance(lane.wallet.address, lane.assets[id].contract) for id in wanted}
    # A node that is asked about coins we do not have answers with an error, not with "would revert".
    gas = {p.id: _gas_for(lane, p) if purse[p.asset_id] >= p.units else None for p in peeked}
    tried = False
    lane.renew()
    with act(conn, "worker", lane.clock()) as tx:
        lane.fence()
        wallet = store.lock_wallet(conn, lane.wallet.id)
        assert wallet is not None
        for spoken in store.open_units(conn, wallet.id):
            purse[spoken.asset_id] = purse.get(spoken.asset_id, 0) - spoken.units
            purse[native.id] -= spoken.gas_wei
        people = sorted({p.party_id for p in peeked if p.party_id is not None})
        store.share_parties(conn, people)
        overlays = _Overlays.gather(conn, people, tx.now)
        nonce, made = wallet.next_nonce, []
        # What failed before goes last, and one at a time: refused again, it takes nobody's nonce back but its own.
        for payout in sorted(store.lock_payouts(conn, [p.id for p in peeked]), key=lambda p: (p.failures, p.id)):
            estimate = gas[payout.id]
            if payout.failures and tried:
                continue
            allowed = estimate if isinstance(estimate, int) else 0
            terms = Terms(nonce, allowed, fees.max_fee, fees.tip)
            if _stopped(tx, lane, payout, overlays, terms, estimate, purse, native):
                continue
            tried = tried or payout.failures > 0
            attempt = Attempt(
                id=new_id("att"),
                payout_id=payout.id,
                wallet_id=wallet.id,
                nonce=nonce,
                status="signing",
                gas=terms.gas,
                max_fee=terms.max_fee,
                tip=terms.tip,
                mined_block=None,
                mined_hash=None,
                created_at=tx.now,
                checked_at=None,
            )
            store.add_attempt(conn, attempt)
            store.set_status(conn, payout.id, "paying", None)
            purse[payout.asset_id] -= payout.units
            purse[native.id] -= terms.gas * terms.max_fee
            nonce += 1
            made.append(attempt)
        store.set_next_nonce(conn, wallet.id, nonce)
    return made


Estimate = int | Unreachable | None
"""Gas to allow; no answer about this payout; None = the node says that it would revert."""


def _gas_for(lane: Lane, payout: Payout) -> Estimate:
    """What the node says of one payout. It has just answered about fees and balances, so no answer here is about this
    payout: it must not make the others wait."""
    asset = lane.assets[payout.asset_id]
    try:
        return lane.chain.gas_for(lane.wallet.address, asset.contract, payout.address, payout.units)
    except WouldRevert:
        return None
    except Unreachable as away:
        return away


@dataclass(frozen=True, slots=True)
class _Overlays:
    """What stops payouts just now without having changed their status, and what they must have been judged by."""

    blocked: Mapping[str, str]
    switches: frozenset[tuple[str, str]]
    trip: int | None  # of the platform's egress breaker
    policy: int | None  # the version in force
    lists: str  # their editions now

    @staticmethod
    def gather(conn: Conn, people: Sequence[str], now: datetime) -> _Overlays:
        policy = policies.active_or_none(conn, now)
        return _Overlays(
            {b.party_id: b.kind for b in store.blocking(conn, people, now)},
            frozenset((s.scope, s.subject) for s in store.switches(conn)),
            store.egress_trip(conn),
            None if policy is None else policy.version,
            screening.editions(conn),
        )

    def stop(self, payout: Payout, asset: Asset) -> tuple[str, str] | None:
        """What the payout waits for, and in words why; None where nothing stops it."""
        for scope, subject in (("platform", "platform"), ("network", asset.network), ("asset", asset.name)):
            if (scope, subject) in self.switches:
                return "kill_switch", f"{scope} {subject} is switched off"
        blocked = self.blocked.get(payout.party_id or "")
        if blocked is not None:
            return "freeze", f"{payout.party_id} is under {blocked}"
        if self.trip is not None and payout.purpose == "withdrawal":
            return "egress", f"trip {self.trip} of the egress breaker holds all payments"
        return None

    def outdate(self, payout: Payout, order: Authorisation) -> bool:
        """Whether the policy or a list has changed since it was authorised: then it is looked at once more."""
        return (order.policy_version, payout.lists) != (self.policy, self.lists)


def _stopped(
    tx: Tx,
    lane: Lane,
    payout: Payout,
    overlays: _Overlays,
    terms: Terms,
    gas: Estimate,
    purse: Mapping[int, int],
    native: Asset,
) -> bool:
    """Whether the payout may not start now; then it says why, and when to look again."""
    if payout.waiting_for == "authorisation":
        # Held for over once, it stays over until a newer one comes, even for a worker whose clock is behind: the
        # withdrawal may have been taken back meanwhile. Told once, too, whatever else stops it in between.
        return lapse(tx, payout)
    stop = overlays.stop(payout, lane.assets[payout.asset_id])
    if stop is not None:
        return wait(tx, payout, *stop)
    ceiling = None
    if payout.purpose == "withdrawal":
        order = authorisation_of(payout)
        ceiling = order.fee_ceiling_units
        if from_rfc3339(order.not_after) <= tx.now or overlays.outdate(payout, order):
            return lapse(tx, payout)
    fee = terms.gas * terms.max_fee
    if isinstance(gas, Unreachable):
        return fails(tx, payout, "node", f"no estimate: {gas}"[:300])
    if gas is not None and ceiling is not None and fee > ceiling:
        return wait(tx, payout, "fee_ceiling", f"the network asks up to {fee} wei, the ceiling is {ceiling}")
    need = {payout.asset_id: payout.units}
    need[native.id] = need.get(native.id, 0) + fee
    short = [id for id, units in need.items() if purse.get(id, 0) < units]
    if short:
        id = short[0]
        return wait(tx, payout, "liquidity", f"{need[id]} units of {lane.assets[id].name} needed, {purse[id]} there")
    if gas is None:
        return _would_revert(tx, payout)
    return False


def _would_revert(tx: Tx, payout: Payout) -> bool:
    """The receiver takes no such payment, says the node. It never had bytes, so giving it back is safe."""
    if payout.failures + 1 < REVERTS:
        pause = 2**payout.failures
        return wait(tx, payout, "receiver", "the node says that it would revert", pause, failed=1)
    store.set_status(tx.conn, payout.id, "failed", tx.now)
    tx.note("payout.paying", payout.ref)
    tx.note("payout.failed", payout.ref, {"reason": "receiver_refuses"})
    return True

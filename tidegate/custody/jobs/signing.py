"""The signer makes the bytes of an attempt: they are kept, then sent. Dearer ones take the same nonce."""

from __future__ import annotations

import json
from datetime import timedelta

from tidegate.base.chain import Fees, Unreachable
from tidegate.base.signing import Cancel, Gas, Order, Pay, SignerRefused, Sweep, Terms
from tidegate.custody import payouts as rules
from tidegate.custody import store
from tidegate.custody.flow import authorisation_of
from tidegate.custody.jobs.lane import REVERTS, Lane, fails, lane_fails, lapse, wait
from tidegate.custody.jobs.sending import send, versions_of
from tidegate.custody.store import Attempt, Bytes, Payout
from tidegate.db import Tx, act


def sign(lane: Lane, attempt: Attempt) -> bool:
    """Have the first bytes of an attempt made, keep them, then send them. False = the lane must stop here."""
    payout = store.payout(lane.conn, attempt.payout_id)
    assert payout is not None
    terms = Terms(attempt.nonce, attempt.gas, attempt.max_fee, attempt.tip)
    lane.renew()
    try:
        signed = lane.signer.sign(_order(lane, payout, terms))
    except SignerRefused as no:
        _void(lane, attempt, no)
        return False
    except Unreachable as away:
        with act(lane.conn, "worker", lane.clock()) as tx:
            lane.fence()  # who slept here must not write over what the next one found out
            wait(tx, payout, "signer", str(away)[:300])
            lane_fails(lane, tx, None, str(away)[:300])
        return False
    version = Bytes(
        hash=signed.hash,
        attempt_id=attempt.id,
        seq=0,
        kind="pay",
        raw=signed.raw,
        max_fee=terms.max_fee,
        tip=terms.tip,
        gas=terms.gas,
        created_at=lane.clock(),
        sent=0,
    )
    with act(lane.conn, "worker", lane.clock()) as tx:
        lane.fence()
        store.lock_payout(lane.conn, payout.id)
        store.add_bytes(lane.conn, version)
        store.set_attempt(lane.conn, attempt.id, "unknown")
        store.unwait(lane.conn, payout.id)
        store.lane_worked(lane.conn, lane.wallet.id)
        tx.note("payout.paying", payout.ref, {"nonce": attempt.nonce, "hash": signed.hash, "wallet": lane.wallet.id})
    send(lane.conn, lane.chain, version)
    return True


def _order(lane: Lane, payout: Payout, terms: Terms) -> Order:
    if payout.purpose == "withdrawal":
        assert payout.signature is not None  # the schema says so
        return Pay(authorisation_of(payout), payout.signature, terms)
    said = json.loads(payout.order_text)
    if payout.purpose == "gas":
        return Gas(payout.id, payout.network, int(said["index"]), payout.units, terms)
    return Sweep(payout.id, payout.network, int(said["index"]), said["contract"], payout.units, terms)


def withhold(lane: Lane, attempt: Attempt) -> None:
    """Take back what was claimed and must not start now. Whether there are bytes whose reply was lost, only the signer
    knows: it cancels what it has signed, and of what it has not it says so. Then the nonce goes back.

    The price is not the network's: asked again after another lost reply, it must be the same.
    """
    payout = store.payout(lane.conn, attempt.payout_id)
    assert payout is not None
    order = _order(lane, payout, Terms(attempt.nonce, attempt.gas, attempt.max_fee, attempt.tip))
    price = rules.dearer(attempt.max_fee, attempt.tip, Fees(0, 0))
    terms = Terms(attempt.nonce, TRANSFER_GAS, price.max_fee, price.tip)
    lane.renew()
    try:
        cancelled = lane.signer.sign(Cancel(order.id, payout.network, terms, lane.wallet.index))
        signed = lane.signer.sign(order)  # the bytes of then: whatever becomes of the nonce, their hash is known
    except (SignerRefused, Unreachable) as no:
        with act(lane.conn, "worker", lane.clock()) as tx:
            lane.fence()
            if isinstance(no, SignerRefused) and no.code == "order_unknown":
                _give_back(lane, tx, attempt)
            else:
                wait(tx, payout, "signer", str(no)[:300])
        return
    now = lane.clock()
    versions = [
        Bytes(signed.hash, attempt.id, 0, "pay", signed.raw, attempt.max_fee, attempt.tip, attempt.gas, now, 0),
        Bytes(cancelled.hash, attempt.id, 1, "cancel", cancelled.raw, terms.max_fee, terms.tip, terms.gas, now, 0),
    ]
    with act(lane.conn, "worker", lane.clock()) as tx:
        lane.fence()
        store.lock_payout(lane.conn, payout.id)
        for version in versions:
            store.add_bytes(lane.conn, version)
        store.set_attempt(lane.conn, attempt.id, "abandoning")
        said = {"nonce": attempt.nonce, "hash": cancelled.hash}
        tx.note("payout.paying", payout.ref, {**said, "hash": signed.hash, "wallet": lane.wallet.id})
        tx.note("payout.cancelling", payout.ref, {**said, "max_fee": str(terms.max_fee)})
    send(lane.conn, lane.chain, versions[-1])


def _give_back(lane: Lane, tx: Tx, attempt: Attempt) -> None:
    """No bytes exist and none will: the nonce goes back, with those after it, which have none either."""
    store.lock_wallet(lane.conn, lane.wallet.id)
    after = [a for a in store.open_attempts(lane.conn, lane.wallet.id) if a.nonce >= attempt.nonce]
    for later in sorted(after, key=lambda a: a.payout_id):
        store.lock_payout(lane.conn, later.payout_id)
        store.set_attempt(lane.conn, later.id, "void", tx.now)  # the schema refuses it where bytes exist
        store.set_status(lane.conn, later.payout_id, "queued", None)
    store.set_next_nonce(lane.conn, lane.wallet.id, attempt.nonce)


def _void(lane: Lane, attempt: Attempt, no: SignerRefused) -> None:
    """The signer refuses: it is tried again later, a little less often each time."""
    with act(lane.conn, "worker", lane.clock()) as tx:
        lane.fence()
        _give_back(lane, tx, attempt)
        payout = store.payout(lane.conn, attempt.payout_id)
        assert payout is not None
        if no.code == "authorisation_expired":
            lapse(tx, payout)
            return
        lane_fails(lane, tx, payout.id, f"{no.code}: {no}"[:300])
        if payout.purpose != "withdrawal" and payout.failures + 1 >= REVERTS:
            # A move of our own, sized by the prices of the day it was planned. Given up, it is planned anew.
            store.set_status(tx.conn, payout.id, "failed", tx.now)
            tx.note("payout.failed", payout.ref, {"reason": no.code})
        else:
            fails(tx, payout, "signer", f"{no.code}: {no}"[:300])


def press(lane: Lane) -> int:
    """Raise the price of what hangs, and cancel what shall be abandoned: always on the same nonce."""
    conn, now = lane.conn, lane.clock()
    hanging = [a for a in store.open_attempts(conn, lane.wallet.id) if a.status in ("unknown", "abandoning")]
    versions = versions_of(conn, hanging)
    done = 0
    for attempt in hanging:
        known = versions[attempt.id]
        newest = known[-1]
        cancelling = attempt.status == "abandoning" and all(v.kind == "pay" for v in known)
        asked = attempt.bumped_at is not None and attempt.bumped_at > newest.created_at
        if attempt.mined_block is None and (cancelling or asked or now >= newest.created_at + DEARER_AFTER):
            done += _replace(lane, attempt, newest, "cancel" if attempt.status == "abandoning" else "pay")
    return done


def _replace(lane: Lane, attempt: Attempt, newest: Bytes, kind: str) -> int:
    payout = store.payout(lane.conn, attempt.payout_id)
    assert payout is not None
    price = rules.dearer(newest.max_fee, newest.tip, lane.chain.fees())
    terms = Terms(attempt.nonce, TRANSFER_GAS if kind == "cancel" else attempt.gas, price.max_fee, price.tip)
    ceiling = authorisation_of(payout).fee_ceiling_units if payout.purpose == "withdrawal" else None
    if ceiling is not None and terms.gas * terms.max_fee > ceiling:
        with act(lane.conn, "worker", lane.clock()) as tx:
            wait(tx, payout, "fee_ceiling", f"a replacement would cost {terms.gas * terms.max_fee} of {ceiling} wei")
        return 0
    # Dearer than the account can pay would never be mined, and it is the newest version that is sent again.
    moved = payout.units if kind == "pay" and lane.assets[payout.asset_id].is_native else 0
    need, coins = moved + terms.gas * terms.max_fee, lane.chain.balance(lane.wallet.address, None)
    if need > coins:
        with act(lane.conn, "worker", lane.clock()) as tx:
            wait(tx, payout, "liquidity", f"a replacement needs {need} wei, {coins} there")
        return 0
    order: Order = (
        Cancel(_order(lane, payout, terms).id, payout.network, terms, lane.wallet.index)
        if kind == "cancel"
        else _order(lane, payout, terms)
    )
    lane.renew()
    try:
        signed = lane.signer.sign(order)
    except (SignerRefused, Unreachable) as no:
        with act(lane.conn, "worker", lane.clock()) as tx:
            wait(tx, payout, "signer", f"{no}"[:300])
        return 0
    version = Bytes(
        hash=signed.hash,
        attempt_id=attempt.id,
        seq=newest.seq + 1,
        kind=kind,
        raw=signed.raw,
        max_fee=terms.max_fee,
        tip=terms.tip,
        gas=terms.gas,
        created_at=lane.clock(),
        sent=0,
    )
    with act(lane.conn, "worker", lane.clock()) as tx:
        lane.fence()
        store.lock_payout(lane.conn, payout.id)
        if store.lock_attempt(lane.conn, attempt.id) is None:
            return 0  # it ended meanwhile
        store.add_bytes(lane.conn, version)
        store.unwait(lane.conn, payout.id)
        tx.note(
            "payout.cancelling" if kind == "cancel" else "payout.dearer",
            payout.ref,
            {"nonce": attempt.nonce, "hash": signed.hash, "max_fee": str(terms.max_fee)},
        )
    send(lane.conn, lane.chain, version)
    return 1


DEARER_AFTER = timedelta(seconds=90)


TRANSFER_GAS = 21_000

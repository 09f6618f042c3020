"""What the rungs above ask of custody, each inside somebody's act or one act of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tidegate.base.authorisation import Authorisation
from tidegate.base.canonical import canonical
from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.codec.bip32 import deposit_address as derive
from tidegate.custody import store
from tidegate.custody.books import Checked
from tidegate.custody.store import (
    Attempt,
    DepositRow,
    LaneRow,
    LedgerChecked,
    Network,
    PayoutView,
    SeenBalance,
    Wallet,
    Watched,
)
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.parties.party import check_reason
from tidegate.policy import flow as policies
from tidegate.policy.market import flow as market
from tidegate.screening import flow as screening
from tidegate.screening.address import judge

__all__ = ["DepositRow", "LaneRow", "LedgerChecked", "Network", "PayoutView", "SeenBalance", "Wallet", "Watched"]


def register_network(
    conn: Conn, network: Network, hot_address: str, start_block: int, start_hash: str, actor: str, now: datetime
) -> None:
    """Take a network into use: deposits count from the block after `start_block`. Doing so again changes nothing."""
    with act(conn, actor, now) as tx:
        store.add_network(conn, network)
        hot = Wallet(f"hot:{network.id}", network.id, hot_address, "hot", None, None, 0)
        screening.keep_own(tx, [screening.OwnAddress(network.id, hot_address, "hot", None)])
        if store.add_wallet(conn, hot, now):
            tx.note("network.registered", network.id, {"chain_id": network.chain_id, "hot": hot_address})
        store.start_cursor(conn, network.id, start_block, start_hash)


def networks(conn: Conn) -> list[Network]:
    """Every network in use."""
    return store.networks(conn)


def blocks_seen(conn: Conn) -> dict[str, int]:
    """Per network the chain's newest block as far as our view goes: what is decided, and the blocks to finality."""
    finality = {network.id: network.finality for network in store.networks(conn)}
    return {cursor.network: cursor.block + finality[cursor.network] for cursor in store.cursors(conn)}


def wallets(conn: Conn, network: str) -> list[Wallet]:
    """Every account of ours on a network, the hot wallet first."""
    return store.wallets(conn, network)


LOOK_FRESH = timedelta(minutes=2)
"""How old a look at a wallet may be to tell of a run: four rounds of `jobs.OBSERVE_EVERY`."""


def watch_wallet(conn: Conn, network: str, address: str, kind: str, label: str, actor: str, now: datetime) -> Watched:
    """Look at a warm or cold wallet of ours from now on: what it holds is shown, and nothing is ever paid from it. Its
    address counts as the platform's own.

    Raises NotFound `network_unknown`; Malformed `wallet_kind_unknown`, `label_invalid`, `address_…`; Conflict
    `wallet_known`.
    """
    if kind not in ("warm", "cold"):
        raise Malformed("wallet_kind_unknown", f"{kind[:20]!r} is no kind; give warm or cold.", field="kind")
    if not 1 <= len(label) <= 64 or not label.isprintable() or label != label.strip():
        raise Malformed("label_invalid", "Name the wallet in 1 to 64 printable characters.", field="label")
    with act(conn, actor, now) as tx:
        if store.network(conn, network) is None:
            raise NotFound("network_unknown", f"No network {network[:40]!r} is in use here.", field="network")
        read = judge(network, address)
        if not read.payable or read.normalised is None:
            raise Malformed(
                read.reason or "address_malformed", f"{address[:80]!r} is no such address.", field="address"
            )
        made = Watched(new_id("wch"), network, read.normalised, kind, label, actor, now)
        if store.by_addresses(conn, network, [made.address]) or store.add_watched(conn, made) != 1:
            raise Conflict("wallet_known", f"{made.address} is a wallet of ours already.", field="address")
        screening.keep_own(tx, [screening.OwnAddress(network, made.address, "hot", None)])
        tx.note("wallet.watched", made.id, {"network": network, "address": made.address, "kind": kind})
        return made


def watched_wallets(conn: Conn) -> list[tuple[Watched, list[SeenBalance]]]:
    """Warm and cold wallets, each with what it was last seen to hold."""
    seen = store.watched_balances(conn)
    return [(one, [s for s in seen if s.wallet_id == one.id]) for one in store.watched(conn)]


def unwatch_wallet(conn: Conn, id: str, actor: str, now: datetime) -> None:
    """Look at it no more. Its address stays the platform's own. Raises NotFound `wallet_unknown`."""
    with act(conn, actor, now) as tx:
        found = store.watched_one(conn, id)
        if found is None:
            raise NotFound("wallet_unknown", f"There is no watched wallet {id[:40]!r}.")
        store.remove_watched(conn, id, actor, now)
        tx.note("wallet.unwatched", id, {"network": found.network, "address": found.address})


def tell_outflow(conn: Conn, now: datetime) -> int:
    """Tell the market what left the hot wallets on balance; how many regimes changed.

    A wallet that was not looked at lately tells nothing: what it holds is not known.
    """
    found = store.hot_flows(conn, now - LOOK_FRESH)
    if not found or policies.active_or_none(conn, now) is None:
        return 0
    flows = {f.asset_id: market.Flow(f.hot_units, f.net_1h_units, f.net_24h_units) for f in found}
    return market.observe_outflow(conn, flows, "worker", now)


def platform_addresses(conn: Conn) -> list[str]:
    """Wallets of the platform, on every network: nothing is ever paid out to them."""
    return store.platform_addresses(conn)


def deposit_address(conn: Conn, party_id: str, network: str, actor: str, now: datetime) -> str:
    """A customer's address on a network, always the same one, derived without any private key.

    Raises NotFound for a customer or a network that nobody knows.
    """
    with act(conn, actor, now) as tx:
        if party_id not in parties.lock(conn, [party_id]):
            raise NotFound("customer_unknown", f"There is no customer {party_id}.")
        known = store.lock_network(conn, network)
        if known is None:
            raise NotFound("network_unknown", f"No network {network} is in use here.", field="network")
        found = store.deposit_wallet(conn, network, party_id)
        if found is not None:
            return found.address
        index = store.next_index(conn, network)
        address = derive(known.deposit_xpub, index)
        made = Wallet(f"dep:{network}:{index}", network, address, "deposit", index, party_id, 0)
        if store.add_wallet(conn, made, now) != 1:
            raise LookupError(f"deposit address {made.id} is taken: two keys or two databases use one index")
        screening.keep_own(tx, [screening.OwnAddress(network, address, "deposit", party_id)])
        tx.note("deposit_address.made", party_id, {"network": network, "address": address, "index": index})
        return address


def deposits(conn: Conn, party_id: str | None = None, before: str | None = None, limit: int = 50) -> list[DepositRow]:
    """Deposits, newest first."""
    return store.deposits(conn, party_id, before, limit)


def queue_payout(tx: Tx, order: Authorisation, signature: str, party_id: str, asset_id: int, lists: str) -> None:
    """Hand an authorised withdrawal over; `lists` are the editions that it was screened by. One that is still queued
    gets the newer authorisation; one that has started is a bug of the caller: raises LookupError."""
    hot = store.hot(tx.conn, order.network)
    if hot is None:
        raise LookupError(f"{order.network} has no hot wallet")
    made = store.Payout(
        id=new_id("pay"),
        purpose="withdrawal",
        ref=order.id,
        party_id=party_id,
        network=order.network,
        wallet_id=hot.id,
        asset_id=asset_id,
        address=order.address,
        units=order.units,
        order_text=canonical(order),
        signature=signature,
        status="queued",
        waiting_for=None,
        detail=None,
        failures=0,
        next_at=tx.now,
        created_at=tx.now,
        lists=lists,
    )
    if store.add_payout(tx.conn, made) != 1:
        raise LookupError(f"the payout of {order.id} has started or ended; it takes no new authorisation")


def authorisation_of(payout: store.Payout) -> Authorisation:
    """The order that a withdrawal's payout carries."""
    return Authorisation.read(payout.order_text)


def recall(tx: Tx, withdrawal_id: str) -> bool:
    """Whether nothing can be paid any more: no payout was queued, or the queued one is taken back now.

    The row decides the race: an attempt that has started owns it, and the answer is False.
    """
    if store.recall(tx.conn, withdrawal_id, tx.now):
        tx.note("payout.recalled", withdrawal_id)
        return True
    found = store.payout_of(tx.conn, "withdrawal", withdrawal_id)
    return found is None or found.status == "cancelled"


def stopped_lanes(conn: Conn) -> list[LaneRow]:
    """Wallets that claim nothing until a person resumes them."""
    return store.stopped_lanes(conn)


def resume_lane(conn: Conn, wallet_id: str, reason: str, actor: str, now: datetime) -> None:
    """Let a wallet pay again that stopped after too many failures in a row.

    Raises NotFound `lane_unknown`; Conflict `lane_not_stopped`; Malformed `reason_invalid`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        if store.lock_wallet(conn, wallet_id) is None:
            raise NotFound("lane_unknown", f"There is no wallet {wallet_id[:80]!r} here; GET /v1/treasury names them.")
        if store.resume_lane(conn, wallet_id, now) != 1:
            raise Conflict("lane_not_stopped", f"{wallet_id} has not stopped; there is nothing to resume.")
        store.lane_goes_on(conn, wallet_id, now)
        tx.note("lane.resumed", wallet_id, {"reason": reason})


def resume_payout(conn: Conn, payout_id: str, reason: str, actor: str, now: datetime) -> store.Payout:
    """Try a payout again that stopped after too many failures; they are forgotten.

    Raises NotFound `payout_unknown`; Conflict `payout_not_stopped`; Malformed `reason_invalid`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        payout = store.lock_payout(conn, payout_id)
        if payout is None:
            raise NotFound("payout_unknown", f"There is no payout {payout_id[:80]!r}.")
        if store.resume(conn, payout_id, now) != 1:
            raise Conflict("payout_not_stopped", f"{payout_id} has not stopped; there is nothing to resume.")
        tx.note("payout.resumed", payout.ref, {"reason": reason})
        resumed = store.payout(conn, payout_id)
        assert resumed is not None  # rows are never deleted
        return resumed


def has_lapsed(tx: Tx, withdrawal_id: str) -> bool:
    """Whether a payout stays in the queue until it gets a newer authorisation; its row is locked then."""
    found = store.payout_of(tx.conn, "withdrawal", withdrawal_id)
    payout = None if found is None else store.lock_payout(tx.conn, found.id)
    return payout is not None and payout.status == "queued" and payout.waiting_for == "authorisation"


def payouts_of(conn: Conn, withdrawal_ids: Sequence[str]) -> dict[str, PayoutView]:
    """How far the payouts of some withdrawals have come; those without one are absent."""
    return {view.ref: view for view in store.view_of(conn, withdrawal_ids)}


def abandon(conn: Conn, withdrawal_id: str, reason: str, actor: str, now: datetime) -> None:
    """Ask that a payout which hangs be cancelled on its own nonce. Whichever of the two is mined decides.

    Raises NotFound `payout_unknown`; Conflict `payout_not_abandonable`.
    """
    with act(conn, actor, now) as tx:
        payout, attempt = _hanging(tx, withdrawal_id)
        if payout.status != "paying" or attempt is None or attempt.status not in ("unknown", "confirming"):
            raise Conflict("payout_not_abandonable", f"The payout of {withdrawal_id} is {payout.status}.")
        store.set_attempt(conn, attempt.id, "abandoning")
        tx.note("payout.abandoning", withdrawal_id, {"nonce": attempt.nonce, "reason": reason})


def bump(conn: Conn, withdrawal_id: str, reason: str, actor: str, now: datetime) -> None:
    """Ask that a payout which hangs be made dearer now, on its own nonce, instead of when its time has come. The
    ceiling of its fee, the signer's limits and the coins that pay for it count as ever.

    Raises NotFound `payout_unknown`; Conflict `payout_not_bumpable`; Malformed `reason_invalid`.
    """
    check_reason(reason)
    with act(conn, actor, now) as tx:
        payout, attempt = _hanging(tx, withdrawal_id)
        if attempt is None or attempt.status != "unknown" or attempt.mined_block is not None:
            raise Conflict(
                "payout_not_bumpable",
                f"The payout of {withdrawal_id} is {payout.status}; only one that is sent and in no block can be made "
                "dearer.",
            )
        store.bump(conn, attempt.id, now)
        tx.note("payout.bumped", withdrawal_id, {"nonce": attempt.nonce, "reason": reason})


def _hanging(tx: Tx, withdrawal_id: str) -> tuple[store.Payout, Attempt | None]:
    """The payout of a withdrawal, locked, and its attempt where it has one that has not ended."""
    found = store.payout_of(tx.conn, "withdrawal", withdrawal_id)
    if found is None:
        raise NotFound("payout_unknown", f"There is no payout for {withdrawal_id}.")
    payout = store.lock_payout(tx.conn, found.id)
    assert payout is not None  # rows are never deleted
    attempts = [a for a in store.open_attempts(tx.conn, payout.wallet_id) if a.payout_id == payout.id]
    return payout, attempts[0] if attempts else None


def book_checks(conn: Conn) -> list[Checked]:
    """What the last round of reconciliation found, by asset."""
    return store.book_checks(conn)


def ledger_check(conn: Conn) -> LedgerChecked | None:
    """Whether all accounts added up when it was last looked at; None before the first time."""
    return store.ledger_check(conn)

"""A look before starting, and at what the paying wallet holds."""

from __future__ import annotations

from datetime import timedelta

from tidegate.custody import payouts as rules
from tidegate.custody import store
from tidegate.custody.chain import Chain, Signer
from tidegate.custody.jobs.final import WrongChain
from tidegate.custody.jobs.lane import Clock
from tidegate.db import Conn
from tidegate.ledger import store as ledger_store


def check_wallets(conn: Conn, chain: Chain, signer: Signer, network: str) -> None:
    """Refuse to start where the node, the signer and the database do not speak of the same thing.

    Raises WrongChain: another chain id, another key, or a wallet whose next nonce disagrees with the chain, as
    after a restored backup.
    """
    known, hot = store.network(conn, network), store.hot(conn, network)
    if known is None or hot is None:
        raise WrongChain(f"No network {network} is registered in this database.")
    if chain.chain_id() != known.chain_id:
        raise WrongChain(f"{network} has chain id {known.chain_id}, the node says {chain.chain_id()}.")
    said = signer.describe(network)
    if said.hot_address != hot.address or said.deposit_xpub != known.deposit_xpub:
        raise WrongChain(
            f"The signer pays {network} from {said.hot_address}, the database knows {hot.address}: another key store."
        )
    for wallet in store.wallets(conn, network):
        open_nonces = [a.nonce for a in store.open_attempts(conn, wallet.id)]
        if wallet.next_nonce == 0 and not open_nonces and wallet.kind == "deposit":
            continue  # never used: nothing to compare, and there may be very many
        fault = rules.nonce_fault(wallet.address, wallet.next_nonce, chain.nonce(wallet.address), open_nonces)
        if fault is not None:
            raise WrongChain(fault)


OBSERVE_EVERY = timedelta(seconds=30)


def observe_watched(conn: Conn, chain: Chain, network: str, clock: Clock) -> int:
    """Look what the warm and cold wallets hold and keep it with its time; looks that were due."""
    now = clock()
    assets = [asset for asset in ledger_store.assets(conn) if asset.network == network]
    fresh = {(seen.wallet_id, seen.asset_id) for seen in store.watched_balances(conn) if now - seen.as_of < WATCH_EVERY}
    due = [(w, a) for w in store.watched(conn, network) for a in assets if (w.id, a.id) not in fresh]
    if due:
        seen = [store.SeenBalance(w.id, a.id, chain.balance(w.address, a.contract), now) for w, a in due]
        store.observe_watched(conn, seen)
    return len(due)


WATCH_EVERY = timedelta(minutes=5)


def observe(conn: Conn, chain: Chain, network: str, clock: Clock) -> int:
    """Look what the paying wallet holds and keep it with its time, for decisions, which ask no node; assets seen.

    0 while the last look is fresh.
    """
    hot = store.hot(conn, network)
    if hot is None:
        return 0
    now = clock()
    assets = [asset for asset in ledger_store.assets(conn) if asset.network == network]
    known = {seen.asset_id: seen.as_of for seen in store.observed(conn, hot.id)}
    due = [asset for asset in assets if asset.id not in known or now - known[asset.id] >= OBSERVE_EVERY]
    if due:
        # The time before the look: a balance is never called younger than it is.
        seen = [store.SeenBalance(hot.id, a.id, chain.balance(hot.address, a.contract), now) for a in due]
        store.observe(conn, seen)
    return len(due)

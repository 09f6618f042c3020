"""Deposits move into the hot wallet, gas first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.base.canonical import canonical
from tidegate.base.chain import Fees
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.custody import deposits as rules
from tidegate.custody import store
from tidegate.custody.chain import Chain
from tidegate.custody.jobs.lane import Clock
from tidegate.custody.jobs.signing import TRANSFER_GAS
from tidegate.custody.store import Payout, Wallet
from tidegate.db import Conn, act
from tidegate.ledger import store as ledger_store

SWEEP_GAS = 120_000


def sweep(conn: Conn, chain: Chain, network: str, clock: Clock) -> int:
    """Queue what moves customers' deposits into the hot wallet, gas first; how many payouts were queued.

    The books do not change: what customers own and what the wallets hold together stay the same.
    """
    hot = store.hot(conn, network)
    if hot is None:
        return 0
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    native = next(a for a in assets.values() if a.network == network and a.is_native)
    queued = 0
    for item in store.unswept(conn, network):
        asset = assets[item.asset_id]
        if not rules.worth_sweeping(item.units, asset.is_native, asset.decimals, _fee(chain.fees(), TRANSFER_GAS)):
            continue
        wallet = store.wallet(conn, item.wallet_id)
        assert wallet is not None
        queued += _queue(conn, _next_move(chain, hot, wallet, asset, native), wallet, clock())
    return queued


def _fee(fees: Fees, gas: int) -> int:
    return gas * fees.max_fee


@dataclass(frozen=True, slots=True)
class _Move:
    purpose: str
    payer: Wallet
    asset: Asset
    address: str
    units: int
    contract: str | None


def _next_move(chain: Chain, hot: Wallet, wallet: Wallet, asset: Asset, native: Asset) -> _Move | None:
    """Gas for the address, or the sweep itself where it can pay for it. Twice the fee is kept: prices move."""
    fees = chain.fees()
    coins = chain.balance(wallet.address, None)
    if asset.is_native:
        units = coins - 2 * _fee(fees, TRANSFER_GAS)
        return _Move("sweep", wallet, asset, hot.address, units, None) if units > 0 else None
    if coins < _fee(fees, SWEEP_GAS):
        return _Move("gas", hot, native, wallet.address, 2 * _fee(fees, SWEEP_GAS), None)
    units = chain.balance(wallet.address, asset.contract)
    return _Move("sweep", wallet, asset, hot.address, units, asset.contract) if units > 0 else None


def _queue(conn: Conn, move: _Move | None, wallet: Wallet, now: datetime) -> int:
    if move is None:
        return 0
    id = new_id("pay")
    with act(conn, "worker", now) as tx:
        store.lock_wallet(conn, wallet.id)
        if store.moving(conn, wallet.id, wallet.address):
            return 0  # another worker queued it
        store.add_payout(
            conn,
            Payout(
                id=id,
                purpose=move.purpose,
                ref=id,
                party_id=None,
                network=wallet.network,
                wallet_id=move.payer.id,
                asset_id=move.asset.id,
                address=move.address,
                units=move.units,
                order_text=canonical({"index": wallet.index, "contract": move.contract}),
                signature=None,
                status="queued",
                waiting_for=None,
                detail=None,
                failures=0,
                next_at=now,
                created_at=now,
            ),
        )
        tx.note(f"{move.purpose}.queued", id, {"wallet": wallet.id, "asset": move.asset.name, "units": str(move.units)})
    return 1

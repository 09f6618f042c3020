"""The chain says what happened to what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from tidegate.base.chain import Block, Receipt
from tidegate.base.money import Asset
from tidegate.custody import payouts as rules
from tidegate.custody import store
from tidegate.custody.chain import Chain
from tidegate.custody.jobs.final import LAGGING, reached
from tidegate.custody.jobs.lane import Clock
from tidegate.custody.jobs.sending import send, versions_of
from tidegate.custody.payouts import Fate, Judged, Owed, Version
from tidegate.custody.store import Attempt, Bytes, Payout
from tidegate.db import Conn, Tx, act
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store

log = structlog.get_logger("custody")


def watch(conn: Conn, chain: Chain, network: str, clock: Clock) -> int:
    """Ask the chain about everything that was sent and is not final; how many changed.

    What does not show is sent again, the same bytes.
    """
    attempts = store.network_attempts(conn, network)
    known = store.network(conn, network)
    if not attempts or known is None:
        return 0
    assets = {asset.id: asset for asset in ledger_store.assets(conn)}
    addresses = {wallet.id: wallet.address for wallet in store.wallets(conn, network)}
    head = chain.head()
    # The spent nonce is read before the receipts: one that is mined in between is then found, not missed. And it is
    # read so deep that a machine which is behind shows the receipt as well: otherwise its silence looks like theft.
    settled = max(head.number - known.finality + 1 - LAGGING, 0)
    spent = {id: chain.nonce_at(addresses[id], settled) for id in sorted({a.wallet_id for a in attempts})}
    versions = versions_of(conn, attempts)
    blocks: dict[int, Block] = {}
    changed = 0
    for attempt in attempts:
        payout = store.payout(conn, attempt.payout_id)
        assert payout is not None
        owed = Owed(
            addresses[attempt.wallet_id],
            attempt.nonce,
            assets[payout.asset_id].contract,
            payout.address,
            payout.units,
        )
        receipts = {
            version.hash: receipt
            for version in versions[attempt.id]
            if (receipt := chain.receipt(version.hash)) is not None
        }
        judged = rules.judge(
            owed,
            [Version(v.hash, v.kind) for v in versions[attempt.id]],
            receipts,
            min(
                (reached(chain, r.block, r.block_hash, head, known.finality, blocks) for r in receipts.values()),
                default=head.number,
            ),
            known.finality,
            spent[attempt.wallet_id],
        )
        changed += _record(conn, attempt, payout, judged, assets, clock())
        if judged.fate is Fate.MISSING:
            _resend(conn, chain, attempt, versions[attempt.id], clock())
    return changed


def _record(
    conn: Conn, attempt: Attempt, payout: Payout, judged: Judged, assets: Mapping[int, Asset], now: datetime
) -> int:
    """Write down what the chain says; 1 where it is new."""
    block = judged.receipt.block if judged.receipt else None
    hash = judged.receipt.tx if judged.receipt else None
    moved = (block, hash) != (attempt.mined_block, attempt.mined_hash)
    ends = judged.fate in (Fate.PAID, Fate.FAILED)
    asks = judged.fate in (Fate.WRONG, Fate.FOREIGN)
    if not (moved or ends or asks):
        return 0
    with act(conn, "worker", now) as tx:
        store.lock_payout(conn, payout.id)
        if store.lock_attempt(conn, attempt.id) is None:
            return 0  # another worker recorded its end
        if moved:
            _moved(tx, attempt, payout, judged, block, hash)
        if asks:
            if store.wait(conn, payout.id, "person", judged.words, now, 1):
                tx.note("payout.alarm", payout.ref, {"fate": judged.fate, "detail": judged.words})
                log.error("payout needs a person", payout=payout.ref, detail=judged.words)
                return 1
            return 0
        if ends:
            assert judged.receipt is not None  # only a receipt ends an attempt
            _end(tx, attempt, payout, judged, judged.receipt, assets)
    return 1


def _moved(tx: Tx, attempt: Attempt, payout: Payout, judged: Judged, block: int | None, hash: str | None) -> None:
    store.mined(tx.conn, attempt.id, block, hash, tx.now)
    if attempt.status != "abandoning":
        store.set_attempt(tx.conn, attempt.id, "unknown" if block is None else "confirming")
    if attempt.mined_block is not None and (block is None or hash != attempt.mined_hash):
        tx.note("payout.reorged", payout.ref, {"from": attempt.mined_block, "hash": attempt.mined_hash})
    elif block is not None and attempt.mined_block is None:
        store.unwait(tx.conn, payout.id)
        tx.note("payout.mined", payout.ref, {"block": block, "hash": hash})


def _end(
    tx: Tx, attempt: Attempt, payout: Payout, judged: Judged, receipt: Receipt, assets: Mapping[int, Asset]
) -> None:
    paid = judged.fate is Fate.PAID
    cost = receipt.gas_used * receipt.gas_price
    store.set_attempt(tx.conn, attempt.id, "paid" if paid else "failed", tx.now, cost)
    store.set_status(tx.conn, payout.id, "paid" if paid else "failed", tx.now)
    native = next(a for a in assets.values() if a.network == payout.network and a.is_native)
    if cost:
        ledger.post(tx, "gas", attempt.id, native.id, {accounts.CHAIN: cost, accounts.GAS: -cost})
    if paid:
        tx.note("payout.paid", payout.ref, {"tx": receipt.tx, "block": receipt.block, "gas": str(cost)})
    else:
        tx.note("payout.failed", payout.ref, {"reason": judged.words, "tx": receipt.tx, "gas": str(cost)})


def _resend(conn: Conn, chain: Chain, attempt: Attempt, versions: Sequence[Bytes], now: datetime) -> None:
    if attempt.checked_at is not None and now < attempt.checked_at + RESEND_AFTER:
        return
    send(conn, chain, versions[-1])
    store.mined(conn, attempt.id, None, None, now)


RESEND_AFTER = timedelta(seconds=3)

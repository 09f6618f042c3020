"""Deposits: shown on their way, credited with what really arrived once their block is final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tidegate.base.chain import Block, Transfer
from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.custody import deposits as rules
from tidegate.custody import store
from tidegate.custody.chain import Chain
from tidegate.custody.jobs.final import LAGGING, WrongChain, reached
from tidegate.custody.jobs.lane import Clock
from tidegate.custody.store import DepositRow, Network, Wallet
from tidegate.db import Conn, Tx, act
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties


def scan_deposits(
    conn: Conn, chain: Chain, network: str, clock: Clock, seen: set[str] | None = None, most: int = 50
) -> int:
    """Decide the deposits of blocks that became final, and show those that are on their way; blocks decided.

    `seen` remembers which unfinal blocks this worker has shown already. Raises WrongChain where a block that was
    final has been replaced.
    """
    known, cursor = store.network(conn, network), store.cursor(conn, network)
    if known is None or cursor is None:
        return 0
    head = chain.head()
    done = 0
    blocks: dict[int, Block] = {}
    while done < most and rules.is_final(cursor.block + 1, head.number, known.finality):
        block = blocks.get(cursor.block + 1) or chain.block(cursor.block + 1)
        if block is None:
            return done
        # Believed only under as many blocks as make it final, and from here on all about it is asked by its hash:
        # another machine behind the same address may have another block of this number.
        if reached(chain, block.number, block.hash, head, known.finality, blocks) < block.number + known.finality - 1:
            return done
        if block.parent != cursor.hash:
            raise WrongChain(
                f"{network}: block {cursor.block} was final as {cursor.hash}, and now block {block.number} follows "
                f"{block.parent}. Deposits stop until a person has looked."
            )
        if not _decide(conn, chain, known, block, head, clock):
            return done
        done += 1
        cursor = store.Cursor(network, block.number, block.hash)
    _show(conn, chain, known, cursor.block, head, clock, seen if seen is not None else set())
    return done


@dataclass(frozen=True, slots=True)
class _Found:
    """A transfer to an account of ours, of an asset that we know."""

    wallet: Wallet
    asset: Asset
    transfer: Transfer


@dataclass(frozen=True, slots=True)
class _Incoming:
    """What a block moved to us beside our own gas and sweeps."""

    known: list[_Found]
    unknown: list[tuple[Wallet, Transfer]]  # of contracts that no asset names


def _incoming(conn: Conn, network: str, transfers: Sequence[Transfer]) -> _Incoming:
    """A contract we do not know is no asset, whatever its name."""
    by_contract = {a.contract: a for a in ledger_store.assets(conn) if a.network == network}
    ours = {w.address: w for w in store.by_addresses(conn, network, sorted({t.receiver for t in transfers}))}
    own = store.own_hashes(conn, sorted({t.tx for t in transfers}), ["gas", "sweep"])
    to_us = [(ours[t.receiver], t) for t in transfers if t.receiver in ours and t.tx not in own and t.units > 0]
    return _Incoming(
        [_Found(wallet, by_contract[t.contract], t) for wallet, t in to_us if t.contract in by_contract],
        [(wallet, t) for wallet, t in to_us if t.contract not in by_contract],
    )


def _row(found: _Found, now: datetime) -> DepositRow:
    assert found.wallet.party_id is not None  # deposit addresses have an owner
    t = found.transfer
    return DepositRow(
        id=new_id("dep"),
        network=found.wallet.network,
        tx=t.tx,
        index=t.index,
        block=t.block,
        block_hash=t.block_hash,
        wallet_id=found.wallet.id,
        party_id=found.wallet.party_id,
        asset_id=found.asset.id,
        sender=t.sender,
        claimed=t.units,
        credited=0,
        status="seen",
        reason=None,
        seen_at=now,
        decided_at=None,
    )


def _show(conn: Conn, chain: Chain, network: Network, decided: int, head: Block, clock: Clock, seen: set[str]) -> None:
    """Let customers see what is on its way: it is not money yet."""
    for number in range(max(decided + 1, head.number - network.finality + 2), head.number + 1):
        block = chain.block(number)
        if block is None or block.hash in seen:
            continue
        transfers = chain.transfers(number)
        if transfers is None:
            continue
        arriving = [f for f in _incoming(conn, network.id, transfers).known if f.wallet.kind == "deposit"]
        if arriving:
            with act(conn, "worker", clock()) as tx:
                for found in arriving:
                    deposit = _row(found, tx.now)
                    if store.see_deposit(conn, deposit):
                        tx.note("deposit.seen", deposit.party_id, {"deposit": deposit.id, "tx": deposit.tx})
        seen.add(block.hash)


def _decide(conn: Conn, chain: Chain, network: Network, block: Block, head: Block, clock: Clock) -> bool:
    """Credit what really arrived in a final block. False where the node does not show all of that block now."""
    transfers = chain.transfers(block.number, block.hash)
    if transfers is None or any(t.block_hash != block.hash for t in transfers):
        return False
    may_lag = head.number - block.number < network.finality + LAGGING
    groups: dict[tuple[str, int], list[_Found]] = {}
    incoming = _incoming(conn, network.id, transfers)
    for found in incoming.known:
        groups.setdefault((found.wallet.id, found.asset.id), []).append(found)
    credits: list[tuple[_Found, rules.Credit]] = []
    for group in groups.values():
        first = group[0]
        gained = _gained(conn, chain, first.wallet, first.asset, block, transfers)
        if first.asset.is_native:
            gas = _gas_of(conn, chain, first.wallet, block, may_lag)
            if gas is None:
                return False
            gained += gas
        by_transfer = {f.transfer: f for f in group}
        credits += [(by_transfer[c.transfer], c) for c in rules.credit(list(by_transfer), gained)]
    with act(conn, "worker", clock()) as tx:
        people = sorted({f.wallet.party_id for f, _ in credits if f.wallet.party_id is not None})
        parties.lock(conn, people)
        if store.move_cursor(conn, network.id, block.number - 1, block.number, block.hash) != 1:
            return False  # another worker decided it
        _book(tx, network, block, credits)
        _note_unknown(tx, network, incoming.unknown)
    return True


def _note_unknown(tx: Tx, network: Network, unknown: Sequence[tuple[Wallet, Transfer]]) -> None:
    """Tokens that nobody here has heard of: nothing is credited. Once a day of each contract and customer: whoever
    sends a thousand of them makes one sign."""
    for wallet, t in unknown:
        if wallet.party_id is None or t.contract is None:  # the hot wallet's dust; a chain's own coin is no token
            continue
        made = store.UnknownToken(
            id=new_id("utk"),
            network=network.id,
            contract=t.contract,
            party_id=wallet.party_id,
            day=tx.now.astimezone(UTC).date(),
            tx=t.tx,
            sender=t.sender,
            claimed=t.units,
            at=tx.now,
        )
        if store.see_unknown_token(tx.conn, made):
            tx.note("deposit.unknown_token", made.party_id, {"contract": made.contract, "tx": made.tx})


def _gained(conn: Conn, chain: Chain, wallet: Wallet, asset: Asset, block: Block, transfers: Sequence[Transfer]) -> int:
    """What the account has more after the block: its own spending added back, our own gas for it left out. What it
    paid for the network is not in it."""
    after = chain.balance(wallet.address, asset.contract, block.hash)
    before = chain.balance(wallet.address, asset.contract, block.parent)
    own = store.own_hashes(conn, sorted({t.tx for t in transfers}), ["gas", "sweep"])
    same = [t for t in transfers if t.contract == asset.contract]
    out = sum(t.units for t in same if t.sender == wallet.address)
    sent_ourselves = sum(t.units for t in same if t.receiver == wallet.address and t.tx in own)
    return after - before + out - sent_ourselves


def _gas_of(conn: Conn, chain: Chain, wallet: Wallet, block: Block, may_lag: bool) -> int | None:
    """Network fees that the account paid in one block: by its nonces, since a failed transaction shows no transfer.

    None where a receipt is missing that a machine which is behind (`may_lag`) may show later: less gas than was paid
    would be credited as less than arrived, for good.
    """
    first, after = chain.nonce_at(wallet.address, block.parent), chain.nonce_at(wallet.address, block.hash)
    if first == after:
        return 0
    hashes = store.hashes_of(conn, wallet.id, first, after - 1)
    receipts = [r for h in hashes if (r := chain.receipt(h)) is not None and r.block_hash == block.hash]
    if len(receipts) < after - first and may_lag:
        return None
    return sum(r.gas_used * r.gas_price for r in receipts)


def _book(tx: Tx, network: Network, block: Block, credits: Sequence[tuple[_Found, rules.Credit]]) -> None:
    conn = tx.conn
    for found, _ in credits:
        if found.wallet.kind == "deposit":
            store.see_deposit(conn, _row(found, tx.now))
    rows = {(d.tx, d.index, d.block_hash): d for d in store.seen_at_block(conn, network.id, block.number)}
    for found, credit in credits:
        t = found.transfer
        if found.wallet.kind == "hot":
            if credit.units:
                ref = f"{network.id}:{t.tx}:{t.index}"
                ledger.post(
                    tx,
                    "funding",
                    ref,
                    found.asset.id,
                    {accounts.EQUITY: credit.units, accounts.CHAIN: -credit.units},
                )
                tx.note(
                    "wallet.funded",
                    found.wallet.id,
                    {"asset": found.asset.name, "units": str(credit.units), "tx": t.tx},
                )
            continue
        deposit = rows.pop((t.tx, t.index, t.block_hash))
        status = "credited" if credit.units else "refused"
        store.decide_deposit(conn, deposit.id, status, credit.units, credit.reason, tx.now)
        if credit.units:
            ledger.post(
                tx,
                "deposit",
                deposit.id,
                found.asset.id,
                {deposit.party_id: credit.units, accounts.CHAIN: -credit.units},
            )
        tx.note(
            f"deposit.{status}",
            deposit.party_id,
            {
                "deposit": deposit.id,
                "asset": found.asset.name,
                "claimed": str(t.units),
                "credited": str(credit.units),
                "tx": t.tx,
                "reason": credit.reason,
            },
        )
    for gone in rows.values():  # shown once, but not in the block that became final
        store.decide_deposit(conn, gone.id, "gone", 0, "reorganised", tx.now)
        tx.note("deposit.gone", gone.party_id, {"deposit": gone.id, "tx": gone.tx})

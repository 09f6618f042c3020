"""Moving and holding units, always inside somebody's act. Amounts are whole units."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.base.ids import new_id
from tidegate.db import Conn, Tx
from tidegate.ledger import store
from tidegate.ledger.accounts import Balance


def post(tx: Tx, kind: str, ref: str, asset_id: int, moves: Mapping[str, int]) -> str:
    """Post one transfer of one asset, {owner: signed units} summing to zero; its id.

    Once per (kind, ref): the database refuses a second posting, and an unbalanced one at commit.
    """
    owners = sorted(owner for owner, units in moves.items() if units)
    store.ensure(tx.conn, owners, [asset_id] * len(owners))
    accounts = store.lock(tx.conn, owners, [asset_id] * len(owners))
    transfer_id = new_id("trf")
    store.add_transfer(tx.conn, transfer_id, kind, ref, tx.now)
    store.add_entries(
        tx.conn, transfer_id, [account.id for account in accounts], [moves[account.owner] for account in accounts]
    )
    return transfer_id


def release(tx: Tx, purpose: str, ref: str) -> int:
    """Give a hold back to its owner; the units freed. A hold that is not open any more is a bug: raises LookupError."""
    hold = store.end_hold(tx.conn, purpose, ref, "released", tx.now)
    if hold is None:
        raise LookupError(f"no open {purpose} hold for {ref}")
    return hold.units


def spend(tx: Tx, purpose: str, ref: str, kind: str, receivers: Mapping[str, int]) -> str:
    """Spend a hold: its units leave the holder for `receivers`, {owner: units} summing to the hold. The transfer's id.

    Raises LookupError when no hold is open, ValueError when the receivers' sum is not the hold.
    """
    hold = store.hold_of(tx.conn, purpose, ref)
    if hold is None or hold.status != "open":
        raise LookupError(f"no open {purpose} hold for {ref}")
    if sum(receivers.values()) != hold.units:
        raise ValueError(f"{purpose} hold of {ref} is {hold.units} units, its receivers get {sum(receivers.values())}")
    account = store.owner_of(tx.conn, hold.account_id)
    assert account is not None  # a foreign key says so
    moves = {account.owner: -hold.units, **receivers}
    # All accounts are locked in id order before the first one changes: ending the hold first would lock the
    # holder ahead of the platform's accounts, and a deposit to the same customer the other way round.
    store.ensure(tx.conn, sorted(moves), [account.asset_id] * len(moves))
    store.lock(tx.conn, sorted(moves), [account.asset_id] * len(moves))
    if store.end_hold(tx.conn, purpose, ref, "spent", tx.now) is None:
        raise LookupError(f"the {purpose} hold for {ref} was ended by somebody else")
    return post(tx, kind, ref, account.asset_id, moves)


def balances(conn: Conn, owner: str) -> list[Balance]:
    """Every balance of an owner, explained by purpose of hold, from one snapshot."""
    totals: dict[int, int] = {}
    held: dict[int, dict[str, int]] = {}
    for part in store.parts(conn, owner):
        totals[part.asset_id] = part.posted
        if part.purpose is not None and part.units is not None:
            held.setdefault(part.asset_id, {})[part.purpose] = part.units
    return [Balance(asset_id, total, held.get(asset_id, {})) for asset_id, total in totals.items()]

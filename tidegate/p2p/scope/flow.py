"""Keeping the record of who is rated: called by whatever changes a certification or a bond, in the same act."""

from __future__ import annotations

from collections.abc import Collection

from tidegate.base.refusals import Conflict, NotFound
from tidegate.db import Conn, Tx
from tidegate.p2p.bond import store as bonds
from tidegate.p2p.merchants import store as merchants
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.p2p.scope import scope, store
from tidegate.p2p.scope.store import Interval
from tidegate.parties import flow as parties


def lock(tx: Tx, merchant_id: str, others: Collection[str] = ()) -> Merchant:
    """The merchant account, with everything of its person locked: the party (and `others`, by id), then every account.

    Raises NotFound `merchant_unknown`; Conflict `merchant_changed` where somebody linked it just now.
    """
    found = get(tx.conn, merchant_id)
    parties.lock(tx.conn, {found.party_id, *others})
    for own in merchants.lock_subject(tx.conn, found.subject_id):
        if own.id == merchant_id:
            return own
    raise Conflict("merchant_changed", f"{merchant_id} was linked to another account just now; look and ask again.")


def get(conn: Conn, merchant_id: str) -> Merchant:
    """One merchant account. Raises NotFound `merchant_unknown`."""
    found = merchants.get(conn, merchant_id)
    if found is None:
        raise NotFound("merchant_unknown", f"There is no merchant {merchant_id}.")
    return found


def refresh(tx: Tx, subject_id: str) -> None:
    """Write down whether the person is rated from now on. The caller has locked the person's merchant accounts."""
    own = merchants.of_subject(tx.conn, subject_id)
    locked = bonds.locked_at_all(tx.conn, [merchant.id for merchant in own])
    now = scope.strongest(
        scope.ground(merchant.qualification, int(merchant.id in locked), merchant.exit_open) for merchant in own
    )
    open_one = store.current(tx.conn, subject_id)
    before = None if open_one is None else open_one.ground
    if now == before:
        return
    if before is not None:
        store.end(tx.conn, subject_id, tx.now)
    if now is not None:
        store.begin(tx.conn, subject_id, now.value, tx.now)
    tx.note("merchant.scope", subject_id, {"before": before, "ground": now})


def intervals(conn: Conn, subject_id: str) -> list[Interval]:
    """From when to when a person was rated, oldest first."""
    return store.intervals(conn, subject_id)

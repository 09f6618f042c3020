"""A person behind merchant accounts: looked up, and locked with all their accounts."""

from __future__ import annotations

from tidegate.base.refusals import NotFound
from tidegate.db import Conn, Tx
from tidegate.parties import flow as parties
from tidegate.rating.subjects import store
from tidegate.rating.subjects.store import Account, BondRow


def lock(tx: Tx, subject_id: str) -> list[Account]:
    """Every account of a person, their parties row-locked: whoever decides about them waits or sees it."""
    found = store.accounts(tx.conn, [subject_id])
    parties.lock(tx.conn, sorted({account.party_id for account in found}))
    return found


def accounts(conn: Conn, subject_id: str) -> list[Account]:
    """Every merchant account of a person."""
    return store.accounts(conn, [subject_id])


def account(conn: Conn, merchant_id: str) -> Account:
    """One merchant account. Raises NotFound `merchant_unknown`."""
    found = store.account(conn, merchant_id)
    if found is None:
        raise NotFound("merchant_unknown", f"There is no merchant {merchant_id[:40]!r}.")
    return found


def of_party(conn: Conn, party_id: str) -> list[Account]:
    """The merchant accounts of a customer, oldest first."""
    return store.of_party(conn, party_id)


def bonds(conn: Conn, subject_id: str) -> list[BondRow]:
    """The bonds of a person."""
    return store.bonds(conn, subject_id)

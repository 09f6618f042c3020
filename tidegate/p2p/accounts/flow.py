"""Payment accounts: registering them, seeing them in an order, and what is known of them elsewhere (S2 Art. 5.2d).

The journal never carries a number or a name: it cannot be erased.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime

from tidegate.base import sealing
from tidegate.base.ids import new_id
from tidegate.base.refusals import NotFound
from tidegate.db import Conn, Tx, act
from tidegate.p2p.accounts import account as rules
from tidegate.p2p.accounts import store
from tidegate.p2p.accounts.account import Account, Attestation
from tidegate.p2p.accounts.store import Attested, Shared
from tidegate.parties import flow as parties
from tidegate.policy.pack import Policy


def register(
    conn: Conn,
    party_id: str,
    method: str,
    institution: str,
    number: str | None,
    holder_name: str,
    *,
    data_key: bytes,
    policy: Policy,
    actor: str,
    now: datetime,
) -> Account:
    """A person names an account to pay from or into. One whose holder is not them is kept, and is not verified.

    Named again, it is the same account, with the holder's name as it is said now. Raises NotFound `customer_unknown`;
    Malformed as `account.normalised` and `account.check_holder`.
    """
    with act(conn, actor, now) as tx:
        return see(tx, party_id, method, institution, number, holder_name, data_key=data_key, policy=policy)


def see(
    tx: Tx,
    party_id: str,
    method: str,
    institution: str,
    number: str | None,
    holder_name: str,
    *,
    data_key: bytes,
    policy: Policy,
) -> Account:
    """A person was seen with an account, inside somebody's act: an order, say. Raises as `register`."""
    rules.check_holder(holder_name)
    spelling = rules.normalised(method, institution, number)
    hash = None if spelling is None else rules.hash_of(data_key, spelling)
    owner = parties.lock(tx.conn, [party_id]).get(party_id)
    if owner is None:
        raise NotFound("customer_unknown", f"There is no customer {party_id}.", field="customer")
    score = rules.name_score(holder_name, owner.verified_name)
    verified = rules.is_verified(score, policy.merchants.name_score)
    known = store.same(tx.conn, party_id, hash, institution)
    if known is not None:
        seen = replace(
            known, holder_name=holder_name, name_score=score, verified=verified, last_at=tx.now, retired_at=None
        )
        store.keep(tx.conn, seen)
        return seen
    id = new_id("pac")
    made = Account(
        id=id,
        party_id=party_id,
        method=method,
        institution=institution,
        hash=hash,
        sealed=None if spelling is None else _seal(data_key, spelling, id, party_id),
        ending=None if spelling is None else spelling[-4:],
        holder_name=holder_name,
        name_score=score,
        verified=verified,
        attested_elsewhere=False,
        first_at=tx.now,
        last_at=tx.now,
        retired_at=None,
    )
    added = store.add(tx.conn, made)
    assert added == 1  # the party is locked, and it had none like it
    tx.note("account.added", party_id, {"account": id, "method": method, "verified": verified})
    if hash is not None and (others := store.shared(tx.conn, party_id, [hash])):
        tx.note("account.shared", party_id, {"account": id, "with": sorted({other.party_id for other in others})})
    return made


def attest(conn: Conn, account_id: str, said: Attestation, actor: str, now: datetime) -> Account:
    """An account is used at another platform as well: the merchant says so, or a document does. Again changes nothing.

    Raises NotFound `account_unknown`; Malformed as `account.check_attestation`.
    """
    rules.check_attestation(said, now)
    with act(conn, actor, now) as tx:
        found = get(conn, account_id)
        parties.lock(conn, [found.party_id])
        found = get(conn, account_id)
        line = Attested(found.id, said.platform, said.source, said.since, said.reference, actor, now)
        if store.add_attestation(conn, line):
            store.keep(conn, replace(found, attested_elsewhere=True))
            tx.note("account.attested", found.party_id, {"account": found.id, "source": said.source})
        return get(conn, account_id)


def retire(conn: Conn, account_id: str, actor: str, now: datetime) -> Account:
    """The person uses it no more. What it was seen with stays known. Raises NotFound; Conflict `account_retired`."""
    with act(conn, actor, now) as tx:
        found = get(conn, account_id)
        parties.lock(conn, [found.party_id])
        found = get(conn, account_id)
        rules.check_open(found)
        store.keep(conn, replace(found, retired_at=now))
        tx.note("account.retired", found.party_id, {"account": found.id})
        return get(conn, account_id)


def get(conn: Conn, id: str) -> Account:
    """One account. Raises NotFound `account_unknown`."""
    found = store.get(conn, id)
    if found is None:
        raise NotFound("account_unknown", f"There is no payment account {id}.")
    return found


def of_party(conn: Conn, party_id: str) -> list[Account]:
    """Every account of a person, oldest first."""
    return store.of_party(conn, party_id)


def shared(conn: Conn, party_id: str) -> list[Shared]:
    """Who else was seen with a person's accounts. For staff: it tells one customer about another."""
    return store.shared(conn, party_id, [own.hash for own in of_party(conn, party_id) if own.hash is not None])


def attestations(conn: Conn, party_id: str) -> list[Attested]:
    """What is known of a person's accounts at other platforms."""
    return store.attestations(conn, party_id)


def number_of(id: str, party_id: str, sealed: bytes, data_key: bytes) -> str:
    """The number of an account, for whoever may pay there. Raises `sealing.NotSealedHere`."""
    return rules.number_in(sealing.unseal(data_key, sealed, _about(id, party_id)).decode())


def _about(id: str, party_id: str) -> str:
    return f"{id} of {party_id}"


def _seal(data_key: bytes, spelling: str, id: str, party_id: str) -> bytes:
    return sealing.seal(data_key, os.urandom(sealing.NONCE_BYTES), spelling.encode(), _about(id, party_id))

"""Calls about the address book, proofs of ownership, allow-lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tidegate.api.addresses import say, shapes
from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN
from tidegate.base.refusals import Malformed, NotFound
from tidegate.base.times import hours
from tidegate.db import act
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals.asking import destination


def save_address(call: Call, id: str, body: shapes.NewAddress) -> Any:
    """Put an address into the customer's book, so that its waiting time begins."""
    setting = call.setting()
    address = destination(body.network, body.address, body.memo or "", setting.by_name, setting.ours)
    if body.network not in {asset.network for asset in setting.assets.values()}:
        raise Malformed("network_unknown", f"No asset of {body.network} is handled here.", field="network")
    with act(call.conn, call.actor, call.now) as tx:
        if call.customer(id) not in parties.lock(call.conn, [id]):
            raise NotFound("customer_unknown", f"There is no customer {id}.")
        entry, _ = screening.save(tx, id, body.network, address, body.memo or "", body.label, body.ownership)
    return say.address(entry, _usable_at(call, entry), _warnings(call, [entry])[entry.id])


def list_addresses(call: Call, id: str) -> Any:
    """The customer's address book, newest first."""
    call.party(id)
    book = screening.book(call.conn, id)
    warnings = _warnings(call, book)
    return {"addresses": [say.address(a, _usable_at(call, a), warnings[a.id]) for a in book]}


def remove_address(call: Call, id: str) -> Any:
    """Take an address out of the book. It stays known as one that was named, and under an allow-list it is closed."""
    entry = screening.unbook(call.conn, id, call.party_id, call.actor, call.now)
    return say.address(entry, _usable_at(call, entry), _warnings(call, [entry])[entry.id])


def challenge_ownership(call: Call, id: str) -> Any:
    """A text to sign with the key of a self-hosted address, which proves that it is the customer's."""
    return say.challenge(screening.challenge(call.conn, id, call.party_id, call.gate.platform, call.actor, call.now))


def prove_ownership(call: Call, id: str, body: shapes.OwnershipSignature) -> Any:
    """The newest text, signed. Signatures of contract wallets (EIP-1271) are refused: `signature_kind_unsupported`."""
    return say.proof(screening.prove(call.conn, id, call.party_id, body.signature, call.actor, call.now))


def get_allow_list(call: Call, id: str) -> Any:
    """Whether only addresses in the customer's book may be paid, and who decided that."""
    call.party(id)
    return say.allow_list(id, screening.get_allow_list(call.conn, id), call.now)


def switch_allow_list(call: Call, id: str, body: shapes.SwitchAllowList) -> Any:
    """Pay only addresses in the book, from now on; or ask that this end, which takes as long as the policy says."""
    numbers = call.setting().policy.screening
    done = screening.set_allow_list(call.conn, call.customer(id), body.on, call.actor, numbers, call.now)
    return say.allow_list(id, done, call.now)


def _warnings(call: Call, book: Sequence[screening.SavedAddress]) -> dict[str, list[str]]:
    """What lists say of each entry today, and whether it could be taken for another one that the customer knows."""
    numbers = call.setting().policy.screening_numbers
    found = screening.hits(call.conn, sorted({(a.network, a.address) for a in book}), call.now)
    likes = screening.look_alikes(call.conn, book, numbers.look_alike) if numbers else {}
    warnings: dict[str, list[str]] = {}
    for a in book:
        hits = found.get((a.network, a.address), [])
        listed = any(numbers is None or numbers.action(hit.list, hit.category) != "allow" for hit in hits)
        alike = (a.party_id, a.network, a.address) in likes
        warnings[a.id] = [code for code, said in (("address_listed", listed), ("address_look_alike", alike)) if said]
    return warnings


def _usable_at(call: Call, entry: screening.SavedAddress) -> datetime | None:
    """From when the smallest amount that waits no longer waits; null where new addresses do not wait at all."""
    policy = call.setting().policy
    wait = policy.new_address_hours(policy.new_address_from)
    return None if wait is None else entry.saved_at + hours(wait)


_C = "/v1/customers"

ROUTES: tuple[Route, ...] = (
    Route("POST", _C + "/{id}/addresses", "addresses:write", save_address, shapes.Address, 201, True, "json", UNKNOWN),
    Route("GET", _C + "/{id}/addresses", "addresses:read", list_addresses, shapes.Addresses, refuses=UNKNOWN),
    Route(
        "POST",
        "/v1/addresses/{id}/remove",
        "addresses:write",
        remove_address,
        shapes.Address,
        200,
        True,
        refuses=UNKNOWN,
    ),
    Route(
        "POST",
        "/v1/addresses/{id}/ownership-challenge",
        "addresses:write",
        challenge_ownership,
        shapes.OwnershipChallenge,
        201,
        True,
        refuses=UNFIT,
    ),
    Route(
        "POST",
        "/v1/addresses/{id}/ownership-proof",
        "addresses:write",
        prove_ownership,
        shapes.OwnershipProof,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route("GET", _C + "/{id}/allow-list", "addresses:read", get_allow_list, shapes.AllowList, refuses=UNKNOWN),
    Route(
        "PUT",
        _C + "/{id}/allow-list",
        "addresses:write",
        switch_allow_list,
        shapes.AllowList,
        takes="json",
        refuses=UNFIT,
    ),
)

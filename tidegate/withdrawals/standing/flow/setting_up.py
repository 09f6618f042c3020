"""A customer drafts an instruction, and changes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.money import Asset
from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals.flow import Setting
from tidegate.withdrawals.standing import instruction, store
from tidegate.withdrawals.standing import terms as rules
from tidegate.withdrawals.standing.flow.looking import locked, others
from tidegate.withdrawals.standing.instruction import Instruction, Status
from tidegate.withdrawals.standing.terms import Place, Terms
from tidegate.withdrawals.standing.wanted import Wanted, read


def create(
    conn: Conn, party_id: str, asset_name: tuple[str, str], wanted: Wanted, actor: str, setting: Setting, now: datetime
) -> Instruction:
    """Set one up. Nothing runs before the customer has confirmed it with a code.

    Raises Malformed naming the field; NotFound `customer_unknown`, `address_unknown`; Conflict `factor_missing`,
    `address_not_in_book`, `standing_too_many`, `standing_asset_taken`, `standing_would_fight`.
    """
    asset = setting.by_name.get(asset_name)
    if asset is None:
        raise Malformed("asset_unknown", f"{'@'.join(asset_name)} is not an asset here.", field="asset")
    with act(conn, actor, now) as tx:
        if party_id not in parties.lock(conn, [party_id]):
            raise NotFound("customer_unknown", f"There is no customer {party_id}.", field="customer")
        if "totp" not in parties.factors_of(conn, [party_id])[party_id]:
            raise Conflict("factor_missing", "This customer has no totp factor to confirm this with; enrol one first.")
        terms = read(wanted, asset, _places(conn, party_id, asset, wanted.address_ids), setting.policy)
        instruction.check_room(terms, others(conn, party_id, "", now), setting.policy.standing)
        until = now + timedelta(minutes=setting.policy.confirmation_minutes)
        made = _new(party_id, asset, actor, until, now)
        store.insert(conn, made)
        _propose(tx, made, 1, terms)
        return made


def _new(party_id: str, asset: Asset, actor: str, until: datetime, now: datetime) -> Instruction:
    return Instruction(
        id=new_id("stw"),
        party_id=party_id,
        asset_id=asset.id,
        created_by=actor,
        status=Status.AWAITING_CONFIRMATION,
        reason=None,
        version=0,
        draft=1,
        draft_until=until,
        tries=0,
        approved_at=None,
        alarms=0,
        due_at=None,
        next_at=None,
        waiting_for=None,
        wait_until=None,
        armed=True,
        blind=False,
        runs=0,
        last_at=None,
        place=0,
        skips=0,
        failures=0,
        created_at=now,
        changed_at=now,
    )


def edit(conn: Conn, id: str, wanted: Wanted, actor: str, setting: Setting, now: datetime) -> Instruction:
    """Draft new terms. Those in force stay in force until a code confirms the draft. Raises as `create`."""
    with act(conn, actor, now) as tx:
        i = locked(tx, id)
        asset = setting.assets[i.asset_id]
        terms = read(wanted, asset, _places(conn, i.party_id, asset, wanted.address_ids), setting.policy)
        instruction.check_fight(terms, others(conn, i.party_id, id, now))
        version = store.newest_version(conn, id) + 1
        until = now + timedelta(minutes=setting.policy.confirmation_minutes)
        drafted = replace(i, draft=version, draft_until=until, tries=0, changed_at=now)
        store.keep(conn, drafted)
        _propose(tx, drafted, version, terms)
        return drafted


def _propose(tx: Tx, i: Instruction, version: int, terms: Terms) -> None:
    body = rules.body_of(terms)
    hash = rules.hash_of(i.id, i.party_id, version, body)
    store.add_terms(tx.conn, store.TermsRow(i.id, version, body, hash, tx.now))
    tx.note("standing.proposed", i.id, {"party": i.party_id, "version": version, "payload": hash})


def _places(conn: Conn, party_id: str, asset: Asset, ids: Sequence[str]) -> dict[str, Place]:
    """The entries of the customer's book, as they stand. What is not in the book cannot be paid by itself."""
    found = screening.entries_by_id(conn, [(party_id, id) for id in ids])
    places = {}
    for id in ids:
        entry = found.get((party_id, id))
        field = "destination.address_ids"
        if entry is None:
            raise NotFound("address_unknown", f"There is no saved address {id}.", field=field)
        if entry.network != asset.network:
            raise Conflict("address_wrong_network", f"{id} is on {entry.network}, not {asset.network}.", field=field)
        if entry.booked_at is None:
            raise Conflict("address_not_in_book", f"{id} is not in the address book; save it there first.", field=field)
        places[id] = Place(entry.id, entry.address, entry.memo)
    return places

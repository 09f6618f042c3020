"""The last look before coins move."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tidegate.base.authorisation import Authorisation
from tidegate.base.findings import Outcome
from tidegate.base.money import Asset
from tidegate.base.times import rfc3339
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import Conn, Tx, act
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.switch import stopping
from tidegate.screening import flow as screening
from tidegate.withdrawals import appeals, factors, store
from tidegate.withdrawals.factors import STANDING
from tidegate.withdrawals.flow.confirming import terms_of
from tidegate.withdrawals.flow.deciding import decide
from tidegate.withdrawals.flow.following import follow, move
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import look
from tidegate.withdrawals.review import blocked
from tidegate.withdrawals.withdrawal import Status, Withdrawal, payload_of

Sign = Callable[[bytes], str]
"""Signs an authorisation's payload (Ed25519, hex) with the worker's key, which the API does not hold."""


def authorise(conn: Conn, id: str, sign: Sign, chain_ids: Mapping[str, int], setting: Setting, now: datetime) -> Status:
    """The last look before coins move: review once more, then sign the authorisation and queue the payout.

    What the customer saw is checked against the journal, and the balance against its entries, not only against
    their rows: a row changed behind our back (BigONE 2025) stops here, and again at the signer.
    """
    with act(conn, "worker", now) as tx:
        receiver = _lock_both(tx, id)
        lists = screening.editions(conn)  # before the look: one that is imported meanwhile asks for another look
        looked = look(tx, id, setting)
        withdrawal = looked.withdrawal
        if withdrawal.status is not Status.APPROVED or withdrawal.authorised_at is not None:
            return withdrawal.status
        if blocked(looked.facts):
            _waits(tx, withdrawal, "freeze")
            return withdrawal.status
        if policies.open_trip(conn) is not None:
            _waits(tx, withdrawal, "egress")
            return withdrawal.status
        changed = _changed_behind_us(tx, withdrawal, looked.asset)
        if changed is not None:
            if withdrawal.waiting_for != "person":
                tx.note("withdrawal.tampered", id, {"payload": withdrawal.payload_hash, "what": changed})
            _waits(tx, withdrawal, "person")
            return withdrawal.status
        decision_id, verdict = decide(tx, looked, "pay", setting)
        if verdict.outcome.severity > Outcome.STEP_UP.severity or looked.lacks(verdict, setting.policy):
            return follow(tx, looked, decision_id, verdict, setting)
        if receiver is not None:
            return _transfer(tx, withdrawal, looked.asset, receiver)
        order = _order(withdrawal, looked.asset, decision_id, chain_ids, setting, now)
        custody.queue_payout(tx, order, sign(order.payload()), withdrawal.party_id, withdrawal.asset_id, lists)
        store.authorised(tx.conn, id, now)
        tx.note("withdrawal.authorised", id, {"decision": decision_id, "not_after": order.not_after})
        return Status.APPROVED


def _lock_both(tx: Tx, id: str) -> str | None:
    """The customer of this platform whose deposit address is paid, None for anybody else's. Both parties and both
    accounts are locked here, in order: two who pay each other at once would wait for each other."""
    peek = store.get(tx.conn, id)
    if peek is None:
        return None
    found = screening.own(tx.conn, [(peek.network, peek.address)]).get((peek.network, peek.address), ())
    receiver = next((item.party_id for item in found if item.network == peek.network and item.kind == "deposit"), None)
    if receiver is None or receiver == peek.party_id:
        return None
    both = sorted([peek.party_id, receiver])
    parties.lock(tx.conn, both)
    ledger_store.ensure(tx.conn, both, [peek.asset_id] * 2)
    ledger_store.lock(tx.conn, both, [peek.asset_id] * 2)
    return receiver


def _transfer(tx: Tx, withdrawal: Withdrawal, asset: Asset, receiver: str) -> Status:
    """Section 4, own-platform address: the coins never leave, so the books pay, at once and for good."""
    if stopping(policies.switches(tx.conn), asset) is not None:
        _waits(tx, withdrawal, "kill_switch")
        return withdrawal.status
    move(tx, withdrawal, Status.PAYING)
    moved = ledger.spend(
        tx,
        "withdrawal",
        withdrawal.id,
        "internal",
        {receiver: withdrawal.net_units, accounts.FEES: withdrawal.fee_units},
    )
    tx.note("transfer.received", receiver, {"withdrawal": withdrawal.id, "units": str(withdrawal.net_units)})
    screening.mark_paid(tx, withdrawal.saved_address_id)
    cases.moot(tx, withdrawal.id, "the withdrawal is settled", appeals.ended_by(Status.SETTLED))
    return move(tx, replace(withdrawal, status=Status.PAYING), Status.SETTLED, chain_tx=f"internal:{moved}")


def _changed_behind_us(tx: Tx, withdrawal: Withdrawal, asset: Asset) -> str | None:
    """What does not fit what we remember of it, in words for staff; None where everything does."""
    if not _as_requested(tx, withdrawal, asset):
        return "the withdrawal is not what was asked for and confirmed"
    off = ledger_store.disagreement_of(tx.conn, withdrawal.party_id, withdrawal.asset_id)
    return None if off is None else f"the account does not add up: {off.what}"


def _as_requested(tx: Tx, withdrawal: Withdrawal, asset: Asset) -> bool:
    """What the journal says was asked for, what the row says now, and what every factor was used for are one.

    Every factor that the journal says was ever asked for; a row that asks for others was changed behind our back.
    """
    seen = store.requested_payload(tx.conn, withdrawal.id)
    if not seen == withdrawal.payload_hash == payload_of(withdrawal, asset.name):
        return False
    asked: tuple[str, ...] = ()
    used: dict[str, str | None] = {}  # factor -> the hash of the terms, where it was those
    for note in store.factor_notes(tx.conn, withdrawal.id):
        said = json.loads(note.body)
        if note.kind != "factor.used":
            asked = factors.together(asked, said.get("factors", ["totp"]))  # entries of before name none: it was that
            used.pop(STANDING, None)  # asked again, in person
        elif said["payload"] == seen:
            used[said["factor"]] = said.get("terms")
    if STANDING in used and not used[STANDING] == terms_of(tx, withdrawal, asset) is not None:
        return False
    return factors.met(asked, used) and set(asked) == set(withdrawal.required_factors)


def _waits(tx: Tx, withdrawal: Withdrawal, what: str) -> None:
    if store.waits_for(tx.conn, withdrawal.id, what):
        tx.note("withdrawal.waits", withdrawal.id, {"for": what})


def _order(
    withdrawal: Withdrawal,
    asset: Asset,
    decision_id: str,
    chain_ids: Mapping[str, int],
    setting: Setting,
    now: datetime,
) -> Authorisation:
    policy, native = setting.policy, setting.native(asset.network)
    return Authorisation(
        id=withdrawal.id,
        network=asset.network,
        chain_id=chain_ids[asset.network],
        asset=asset.name,
        contract=asset.contract,
        address=withdrawal.address,
        memo=withdrawal.memo or None,
        units=withdrawal.net_units,
        fee_ceiling_units=policy.fee_ceiling_units(native),
        decision_id=decision_id,
        policy_version=policy.version,
        not_after=rfc3339(now + timedelta(minutes=policy.authorisation_minutes)),
    )

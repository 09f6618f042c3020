"""The seller lets the coins go: they confirm what they see with a factor of theirs, as with a withdrawal.

And as with a withdrawal, somebody who has just changed the locks waits (`freshness.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.base.refusals import Conflict, Forbidden, Refusal
from tidegate.base.times import hours
from tidegate.db import Conn, Tx, act
from tidegate.p2p.ads import ad as ads
from tidegate.p2p.ads.flow import Desk
from tidegate.p2p.orders import order as rules
from tidegate.p2p.orders.flow.moving import hand_over, locked
from tidegate.p2p.orders.flow.paying import Payer, compared
from tidegate.p2p.orders.freshness import Change, too_new
from tidegate.p2p.orders.order import Order, Role, Status
from tidegate.parties import flow as parties
from tidegate.parties.party import RestrictionKind
from tidegate.parties.passkey import Relying
from tidegate.parties.store import Enrolled as InUse
from tidegate.policy.pack import CREDENTIAL_EVENTS


@dataclass(frozen=True, slots=True)
class Code:
    """Of the seller's authenticator app."""

    code: str
    data_key: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """A passkey's answer to a challenge that is bound to the order."""

    credential: Mapping[str, Any]
    relying: Relying


def challenge(conn: Conn, id: str, by: Role, relying: Relying, actor: str, desk: Desk, now: datetime) -> dict[str, Any]:
    """What the seller's browser is asked to sign, bound to what they release. Raises as `order.check_release`; Conflict
    `factor_missing` where they have no passkey, `factor_too_new` where none of them may release yet."""
    with act(conn, actor, now) as tx:
        order = locked(tx, id)
        rules.check_release(order, by)
        keys = [_too_new(tx, order, found, desk) for found in _in_use(tx, order, "passkey")]
        refusals = [refusal for refusal in keys if refusal is not None]
        if refusals and len(refusals) == len(keys):
            raise min(refusals, key=lambda refusal: refusal.until or now)
        minutes = desk.policy.factors.challenge_minutes
        return parties.challenge_passkey(tx, order.seller_party, id, _payload(order, desk), relying, minutes)


def release(
    conn: Conn,
    id: str,
    by: Role,
    holder_name: str | None,
    factor: Code | Signature,
    actor: str,
    desk: Desk,
    now: datetime,
) -> Order:
    """The seller has the money, from an account in this name as their bank says it: the coins are the buyer's.

    Raises as `order.check_release`; Forbidden `trading_blocked`; Conflict `payer_name_mismatch`: dispute it instead;
    then of the factor Forbidden `code_wrong`, `passkey_refused`, `passkey_copied`, TooMany `codes_paused`, Conflict
    `factor_missing`, `factor_too_new`, `challenge_unknown`, `challenge_used`, `challenge_expired`.
    """
    with act(conn, actor, now) as tx:
        order = locked(tx, id)
        rules.check_release(order, by)
        _check_may_release(tx, order)
        order, refusal = compared(tx, order, Payer(holder_name=holder_name), desk)
        # A code is spent, or a wrong one counted, only where nothing else keeps the coins. What was counted stays so:
        # the refusal is raised once this act has committed.
        refusal = refusal or _confirmed(tx, order, factor, desk)
        if refusal is None:
            return hand_over(tx, order, Status.RELEASED, "order.released")
    raise refusal


def _check_may_release(tx: Tx, order: Order) -> None:
    """Coins of somebody who is frozen do not move by their own hand; staff can still resolve the order."""
    orders = parties.restrictions(tx.conn, [order.seller_party], tx.now)[order.seller_party]
    stopped = ads.blocked([found.kind for found in orders if found.kind != RestrictionKind.TRADE_BLOCK])
    if stopped is not None:
        raise Forbidden("trading_blocked", f"The seller's coins are stopped by a {stopped}; dispute the order.")


def _confirmed(tx: Tx, order: Order, factor: Code | Signature, desk: Desk) -> Refusal | None:
    """None where the seller has confirmed this very order, or the refusal that says why it is not so."""
    payload, policy = _payload(order, desk), desk.policy
    if isinstance(factor, Code):
        for app in _in_use(tx, order, "totp"):
            if (refusal := _too_new(tx, order, app, desk)) is not None:
                tx.note("factor.refused", order.id, {"factor": "totp", "why": refusal.code})
                return refusal
        # As long as after a change of factor: whoever types wrong codes may be about to become its owner.
        pause = hours(policy.credential_hold_hours("mfa_changed"))
        tries = policy.confirmation_tries
        used: dict[str, object] = {"factor": "totp"}
        if not parties.check_totp(tx, order.seller_party, factor.code, factor.data_key, tries, pause):
            tx.note("factor.refused", order.id, {"factor": "totp"})
            return Forbidden("code_wrong", "The code is wrong, used already or expired.", field="code")
    else:
        key = parties.check_passkey(tx, order.seller_party, order.id, payload, factor.credential, factor.relying)
        if isinstance(key, Refusal):
            tx.note("factor.refused", order.id, {"factor": "passkey"})
            return key
        if (refusal := _too_new(tx, order, key, desk)) is not None:
            tx.note("factor.refused", order.id, {"factor": "passkey", "why": refusal.code})
            return refusal
        used = {"factor": "passkey", "which": key.id}
    tx.note("factor.used", order.id, {**used, "payload": payload})
    return None


def _in_use(tx: Tx, order: Order, kind: str) -> list[InUse]:
    return [found for found in parties.factors(tx.conn, order.seller_party) if found.kind == kind]


def _too_new(tx: Tx, order: Order, factor: InUse, desk: Desk) -> Conflict | None:
    """Why this factor of the seller's releases nothing yet, or None."""
    pause = {what: hours(desk.policy.credential_hold_hours(what)) for what in CREDENTIAL_EVENTS}
    happened = parties.events_since(tx.conn, order.seller_party, CREDENTIAL_EVENTS, tx.now - max(pause.values()))
    changes = [Change(what, at, at + pause[what]) for what, at in happened]
    return too_new(factor.id, factor.created_at, changes, tx.now)


def _payload(order: Order, desk: Desk) -> str:
    return rules.payload_of(order, desk.assets[order.asset_id].name)

"""The seller lets the coins go: they confirm what they see with a factor of theirs, as with a withdrawal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.base.refusals import Forbidden, Refusal
from tidegate.base.times import hours
from tidegate.db import Conn, Tx, act
from tidegate.p2p.ads import ad as ads
from tidegate.p2p.ads.flow import Desk
from tidegate.p2p.orders import order as rules
from tidegate.p2p.orders.flow.moving import hand_over, locked
from tidegate.p2p.orders.flow.paying import Payer, compared
from tidegate.p2p.orders.order import Order, Role, Status
from tidegate.parties import flow as parties
from tidegate.parties.party import RestrictionKind
from tidegate.parties.passkey import Relying


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
    `factor_missing` where they have no passkey."""
    with act(conn, actor, now) as tx:
        order = locked(tx, id)
        rules.check_release(order, by)
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
    `factor_missing`, `challenge_unknown`, `challenge_used`, `challenge_expired`.
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
        used = {"factor": "passkey", "which": key.id}
    tx.note("factor.used", order.id, {**used, "payload": payload})
    return None


def _payload(order: Order, desk: Desk) -> str:
    return rules.payload_of(order, desk.assets[order.asset_id].name)

"""What is ordered about a customer, by us or by themself, and how it ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from tidegate.base.ids import new_id
from tidegate.base.refusals import Conflict, Forbidden, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.notifications import flow as notifications
from tidegate.parties import party, store
from tidegate.parties.flow.looking import lock_one
from tidegate.parties.party import Party, Restriction


def impose(
    tx: Tx, party_id: str, kind: str, until: datetime | None, reason: str, value: str | None = None
) -> Restriction:
    """Order a restriction inside somebody's act. Locks the party first: whoever decides about it waits or sees it.

    Each order stands on its own: two officers' freezes are two, and lifting one leaves the other.
    """
    checked = party.check_restriction(kind, until, reason, value, tx.now)
    lock_one(tx.conn, party_id)
    order = Restriction(
        new_id("res"), party_id, checked.value, until, value, reason, tx.actor, tx.now, None, None, None
    )
    store.add_restriction(tx.conn, order)
    store.bump(tx.conn, party_id)
    tx.note(
        "party.frozen" if checked is party.RestrictionKind.FREEZE else "party.restricted",
        party_id,
        {"restriction": order.id, "kind": order.kind, "until": until, "value": value, "reason": reason},
    )
    return order


def restrict(
    conn: Conn,
    party_id: str,
    kind: str,
    until: datetime | None,
    reason: str,
    actor: str,
    now: datetime,
    value: str | None = None,
) -> Restriction:
    """Order a restriction. Raises Malformed naming the field; NotFound `customer_unknown`."""
    with act(conn, actor, now) as tx:
        return impose(tx, party_id, kind, until, reason, value)


def freeze(conn: Conn, party_id: str, reason: str, actor: str, now: datetime) -> Restriction:
    """Stop everything outgoing of a customer until somebody lifts it."""
    return restrict(conn, party_id, party.RestrictionKind.FREEZE.value, None, reason, actor, now)


def freeze_own(tx: Tx, party_id: str, reason: str) -> Restriction:
    """The customer stops everything outgoing of their own account. Where they have done so already, that one stands.

    One that is about to end, because its lifting was agreed, does not: something is wrong again.
    """
    lock_one(tx.conn, party_id)
    for order in store.restrictions(tx.conn, [party_id], tx.now):
        if order.is_own_freeze and order.until is None:
            return order
    return impose(tx, party_id, party.RestrictionKind.FREEZE.value, None, reason)


def freeze_by_link(conn: Conn, token: str, now: datetime) -> Restriction:
    """The customer says, with the link of any mail of ours, that something was not them. Again changes nothing.

    It counts long after the link stopped to confirm. Raises NotFound `link_unknown`, Conflict `link_expired`.
    """
    link = notifications.opened(conn, token)
    if link.freeze_until <= now:
        raise Conflict("link_expired", f"This link counted until {rfc3339(link.freeze_until)}; write to support.")
    with act(conn, link.party_id, now) as tx:
        return freeze_own(tx, link.party_id, f"The customer froze their account with the link of {link.mail_id}.")


def frozen_by_owner(conn: Conn, party_id: str, now: datetime) -> bool:
    """Whether a freeze that the customer ordered themself is in force and not about to end."""
    return any(order.is_own_freeze and order.until is None for order in store.restrictions(conn, [party_id], now))


def lift(
    conn: Conn,
    restriction_id: str,
    reason: str,
    actor: str,
    now: datetime,
    compliance: bool = False,
    wait: timedelta = timedelta(hours=24),
) -> Restriction:
    """End a restriction. NotFound `restriction_missing`; Conflict `restriction_already_lifted` naming by whom.

    A customer's own freeze says that somebody else may be in their account, and who asks to lift it may be that
    somebody. So it takes `compliance`, a verification of who they are that is younger than the freeze, and it goes on
    for `wait`, in which nothing leaves and the customer can cancel what waits. Raises Forbidden `lift_not_yours`,
    Conflict `reverification_missing`, `lift_already_agreed`.
    """
    party.check_reason(reason)
    with act(conn, actor, now) as tx:
        order = _restriction(conn, restriction_id)
        owner = lock_one(conn, order.party_id)
        order = _restriction(conn, restriction_id)  # read again: who held the party's lock may have changed it
        if order.is_own_freeze and order.lifted_at is None:
            return _end_own_freeze(tx, owner, order, reason, compliance, wait)
        if not store.lift_restriction(conn, restriction_id, actor, reason, now):
            done = _restriction(conn, restriction_id)
            assert done.lifted_at is not None  # nothing else keeps the row from being lifted
            raise Conflict(
                "restriction_already_lifted",
                f'{restriction_id} was lifted by "{done.lifted_by}" at {rfc3339(done.lifted_at)} already.',
            )
        store.bump(conn, order.party_id)
        tx.note(
            "party.unfrozen" if order.kind == party.RestrictionKind.FREEZE else "party.unrestricted",
            order.party_id,
            {"restriction": order.id, "kind": order.kind, "reason": reason},
        )
        return _restriction(conn, restriction_id)


def _end_own_freeze(
    tx: Tx, owner: Party, order: Restriction, reason: str, compliance: bool, wait: timedelta
) -> Restriction:
    """Agree that a customer's own freeze ends after the wait."""
    if not compliance:
        raise Forbidden("lift_not_yours", f"{order.id} is the customer's own freeze: only compliance lifts it.")
    if order.until is not None:
        raise Conflict("lift_already_agreed", f"{order.id} ends at {rfc3339(order.until)}, as was agreed already.")
    if owner.identified_at is None or owner.identified_at <= order.created_at:
        raise Conflict(
            "reverification_missing",
            f"{order.id} is the customer's own freeze of {rfc3339(order.created_at)}: verify who they are again "
            f"(PUT /v1/customers/{order.party_id}/identity), then lift it.",
        )
    until = tx.now + wait
    ended = store.end_restriction(tx.conn, order.id, until)
    assert ended == 1  # its party is ours, it is not lifted and has no end
    store.bump(tx.conn, order.party_id)
    tx.note(
        "party.unfreeze_agreed",
        order.party_id,
        {"restriction": order.id, "kind": order.kind, "reason": reason, "until": until},
    )
    return _restriction(tx.conn, order.id)


def restriction_page(
    conn: Conn, party_id: str | None = None, before: str | None = None, limit: int = 50
) -> list[Restriction]:
    """Restrictions ever ordered, of one party or of all, newest first."""
    return store.restriction_page(conn, party_id, before, limit)


def _restriction(conn: Conn, id: str) -> Restriction:
    order = store.restriction(conn, id)
    if order is None:
        raise NotFound("restriction_missing", f"There is no restriction {id}.")
    return order
